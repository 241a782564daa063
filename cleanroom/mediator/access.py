"""Who may knock: admitted parties, nonces that were used, answers that were given."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from functools import lru_cache

from cleanroom.documents.agreement import Card
from cleanroom.errors import Conflict, NotFound, Unauthenticated
from cleanroom.mediator.context import Caller, Context, verifying_key
from cleanroom.mediator.ports import Row, Transaction
from protocols.signing import VerifyingKey

NONCE_SECONDS = 3660
"""Seconds for which a nonce is kept, by when its request was made: as long as any setting allows a
request to be used."""

ANSWER_SECONDS = 7 * 86400
"""Time for which an Idempotency-Key is remembered."""

FORGOTTEN_AT_ONCE = 100
"""Rows that are dropped in one commit, so that no request waits long for it."""

FORGOTTEN_BATCHES = 100
"""Commits of one round."""

MARKING = b"cleanroom/mediator/marks/1"
"""Tells the key of digests from all else that is made with the mediator's key."""

FORGETTING = "forgetting"
"""The writer's place of whoever notes what was dropped."""


@dataclass(frozen=True)
class Answer:
    """A response that was given, to be given again."""

    status: int
    body: bytes
    location: str | None = None


@dataclass(frozen=True)
class Proof:
    """What a verified signature says: under which key, with which nonce, made when."""

    fingerprint: str
    nonce: str
    created: int


@lru_cache(4096)
def key_on(card: str) -> VerifyingKey:
    """Return the signing key of a card in JSON."""
    return verifying_key(Card.parse(card).signing_key)


class OtherRequest(Conflict):
    """Refuse an Idempotency-Key that came with another request before."""

    def __init__(self, caller: Caller) -> None:
        super().__init__("the Idempotency-Key was used for another request", "idempotency-key")
        self.caller = caller


class Access:
    """Admit and recognise parties, once per request.

    Nonces and Idempotency-Keys are texts of the caller's choice, and some callers choose what
    names a person: they are kept as digests under the mediator's own key.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._secret = hmac.digest(context.key.expose(), MARKING, "sha256")

    def _mark(self, text: bytes) -> str:
        return hmac.digest(self._secret, text, "sha256").hex()

    def admit(self, card: Card) -> str:
        """Admit a party, or admit it again; return its key's fingerprint."""
        fingerprint = VerifyingKey(bytes.fromhex(card.signing_key)).fingerprint()
        with self._context.store.write(fingerprint) as transaction:
            transaction.delete("parties", fingerprint=fingerprint)
            transaction.insert(
                "parties",
                fingerprint=fingerprint,
                name=card.name,
                card=card.canonical().decode(),
                admitted=self._context.seconds(),
            )
        return fingerprint

    def revoke(self, fingerprint: str) -> None:
        """Refuse every later request under a key; ``NotFound`` if it was never admitted."""
        with self._context.store.write(fingerprint) as transaction:
            if not transaction.update("parties", {"fingerprint": fingerprint}, revoked=1):
                raise NotFound("no party of that fingerprint was admitted")

    def parties(self) -> list[tuple[Card, bool]]:
        """Return every party ever admitted and whether its key is revoked."""
        with self._context.store.read() as transaction:
            rows = transaction.find("parties")
        return [(Card.parse(row["card"]), bool(row["revoked"])) for row in rows]

    def key(self, fingerprint: str) -> VerifyingKey | None:
        """Return the key of an admitted party, None if it is unknown or revoked."""
        with self._context.store.read() as transaction:
            row = transaction.get("parties", fingerprint=fingerprint, revoked=0)
        if row is None:
            return None
        return key_on(row["card"])

    def enter(
        self, proof: Proof, key: str | None = None, request: bytes = b""
    ) -> tuple[Caller, Answer | None]:
        """Use up a nonce, for good, and note what an Idempotency-Key stands for, in one commit.

        Returns the caller, and the answer that the key was given before, None for a new one.  A
        refusal is not kept: the state may since allow what it did not.

        Raises:
            Unauthenticated: if the nonce was used or the signing key is gone.
            Conflict: if the Idempotency-Key came with another request before.
        """
        until = proof.created + NONCE_SECONDS
        nonce = {"fingerprint": proof.fingerprint, "nonce": self._mark(proof.nonce.encode())}
        with self._context.store.write(proof.fingerprint) as transaction:
            party = transaction.get("parties", fingerprint=proof.fingerprint, revoked=0)
            used = transaction.get("nonces", **nonce) or _was_dropped(transaction, until)
            if party is None or used:
                raise Unauthenticated("the request is not authenticated")
            transaction.insert("nonces", **nonce, until=until)
            caller = Caller(proof.fingerprint, party["name"])
            mark = self._mark(request)
            row = None if key is None else self._note(transaction, caller, key, mark)
        if row is not None and row["request"] != mark:
            raise OtherRequest(caller)
        if row is None or row["status"] is None:
            return caller, None
        return caller, Answer(row["status"], row["body"], row["location"])

    def _note(self, transaction: Transaction, caller: Caller, key: str, request: str) -> Row | None:
        """Return what a key stands for already; note it if it is new."""
        named = {"fingerprint": caller.fingerprint, "key": self._mark(key.encode())}
        row = transaction.get("answers", **named)
        if row is None:
            created = self._context.seconds()
            transaction.insert("answers", **named, request=request, created=created)
        return row

    def remember(self, caller: Caller, key: str, answer: Answer) -> None:
        """Keep an answer for the next time the same request comes."""
        with self._context.store.write(caller.fingerprint) as transaction:
            transaction.update(
                "answers",
                {"fingerprint": caller.fingerprint, "key": self._mark(key.encode())},
                status=answer.status,
                body=answer.body,
                location=answer.location,
            )

    def forget(self) -> None:
        """Drop nonces and answers that nothing can ask for any more; stop after a while."""
        for forget in (self._forget_nonces, self._forget_answers):
            for _ in range(FORGOTTEN_BATCHES):
                if not forget():
                    break

    def _forget_nonces(self) -> bool:
        """Drop a few of the oldest nonces and note how far; return whether there may be more."""
        with self._context.store.read() as transaction:
            rows = transaction.find("nonces", order="until", limit=FORGOTTEN_AT_ONCE)
        old = [row for row in rows if row["until"] < self._context.seconds()]
        if old:
            with self._context.store.write(FORGETTING) as transaction:
                _drop(transaction, "nonces", "nonce", old)
                _note_dropped(transaction, sorted({row["until"] for row in old}))
        return len(old) == FORGOTTEN_AT_ONCE

    def _forget_answers(self) -> bool:
        """Drop a few of the oldest answers; return whether there may be more.

        What lies as far ahead was noted before the clock went back, and would stay for years.
        """
        now = self._context.seconds()
        with self._context.store.read() as transaction:
            rows = transaction.find("answers", limit=FORGOTTEN_AT_ONCE)
        old = [row for row in rows if abs(now - row["created"]) > ANSWER_SECONDS]
        if old:
            with self._context.store.write(FORGETTING) as transaction:
                _drop(transaction, "answers", "key", old)
        return len(old) == FORGOTTEN_AT_ONCE


def _drop(transaction: Transaction, table: str, key: str, rows: list[Row]) -> None:
    for row in rows:
        transaction.delete(table, fingerprint=row["fingerprint"], **{key: row[key]})


def _was_dropped(transaction: Transaction, until: int) -> bool:
    """Tell whether nonces of that age were dropped: the clock went back, and this may be one."""
    spans = transaction.find("dropped_nonces", order="-first", start=until, limit=1)
    return bool(spans) and bool(until <= spans[0]["last"])


def _note_dropped(transaction: Transaction, ages: list[int]) -> None:
    """Note in which spans of time nonces were dropped; ``ages`` are in order.

    Spans and not the latest one alone: a clock that was years ahead for a while must not shut
    everybody out until these years are over.
    """
    for until in ages:
        spans = transaction.find("dropped_nonces", order="-first", start=until, limit=1)
        if not spans or until - spans[0]["last"] > NONCE_SECONDS:
            transaction.insert("dropped_nonces", first=until, last=until)
        elif until > spans[0]["last"]:
            transaction.update("dropped_nonces", {"first": spans[0]["first"]}, last=until)
