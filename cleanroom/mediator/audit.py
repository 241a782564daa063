"""Read and vouch for a room's log."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from typing import Any

from cleanroom.documents import payloads
from cleanroom.documents.statement import SignedStatement
from cleanroom.errors import Conflict, InvalidInput, NotFound
from cleanroom.mediator import log, statements
from cleanroom.mediator.context import (
    LEFT,
    LOBBY,
    MEMBER,
    Caller,
    Context,
    Membership,
    membership,
    verifying_key,
)
from cleanroom.mediator.ports import Transaction
from cleanroom.mediator.search import Wanted, search
from cleanroom.mediator.statements import Effect, Outcome, Said
from protocols import checkpoint as notes
from protocols.errors import InvalidProofError

ENTRIES_AT_ONCE = 500
"""Most entries of one answer."""

PAGE_BYTES = 4 << 20
"""Most bytes of entries in one answer, but for a single longer one."""


class Audit:
    """Serve the log to the members of its room."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def entries(self, caller: Caller, room: str, start: int, limit: int) -> dict[str, Any]:
        """Return entries from an index on; ``next`` is where to go on, None at the end."""
        place = self._enter(caller, room)
        with self._context.store.read() as transaction:
            size = _size(transaction, place)
            limit = max(0, min(limit, ENTRIES_AT_ONCE, size - start))
            leaves = log.entries(transaction, room, start, limit, PAGE_BYTES)
        following = start + len(leaves)
        return {
            "entries": [json.loads(leaf) for leaf in leaves],
            "size": size,
            "next": following if following < size else None,
        }

    def search(
        self, caller: Caller, room: str, wanted: Wanted, before: int | None, limit: int
    ) -> dict[str, Any]:
        """Return entries that fit, the newest first; ``next`` is below which index to go on."""
        place = self._enter(caller, room)
        with self._context.store.read() as transaction:
            size = _size(transaction, place)
            end = size if before is None else min(before, size)
            found = search(transaction, room, wanted, end, min(limit, ENTRIES_AT_ONCE))
        entries = [json.loads(leaf) for leaf in found.leaves]
        return {"entries": entries, "size": size, "next": found.next}

    def checkpoint(self, caller: Caller, room: str) -> str:
        """Return the signed head of the log, with the cosignatures that it has."""
        place = self._enter(caller, room)
        with self._context.store.read() as transaction:
            if place.place == MEMBER:
                return log.checkpoint(transaction, self._context, room)
            size = _size(transaction, place)
            head = log.root_at(transaction, room, size)
            return log.sign(transaction, self._context, room, size, head)

    def inclusion(self, caller: Caller, room: str, index: int, size: int) -> list[str]:
        """Return the proof that an entry is in the tree of that size, in hex."""
        with self._context.store.read() as transaction:
            self._check(transaction, caller, room, size)
            if not 0 <= index < size:
                raise InvalidInput("the index is not in a tree of that size")
            proof = log.inclusion(transaction, room, index, size)
        return [node.hex() for node in proof]

    def consistency(self, caller: Caller, room: str, first: int, second: int) -> list[str]:
        """Return the proof that one tree begins with another, in hex."""
        with self._context.store.read() as transaction:
            self._check(transaction, caller, room, second)
            if not 0 < first <= second:
                raise InvalidInput("the first size is above zero and at most the second")
            proof = log.consistency(transaction, room, first, second)
        return [node.hex() for node in proof]

    def cosign(self, caller: Caller, signed: SignedStatement) -> Outcome:
        """Keep a member's word that it saw a checkpoint, if it is one of this log."""

        def apply(said: Said) -> Effect:
            text = payloads.AuditCosign.from_json(said.body).checkpoint
            origin = log.origin(said.transaction, self._context, said.room)
            own = self._context.key.verifying_key
            speaker = verifying_key(said.place.member["signing_key"])
            try:
                seen = notes.verify_vouched(text, origin, own, said.party, speaker)
            except InvalidProofError as error:
                raise InvalidInput(str(error)) from None
            if not _is_ours(said.transaction, said.room, seen):
                raise Conflict("that is not a head of this log", rule="checkpoint-differs")
            key: dict[str, Any] = {"room": said.room, "party": said.party, "size": seen.size}
            said.transaction.delete("cosignatures", **key)
            said.transaction.insert("cosignatures", **key, note=text)
            return Effect({"size": seen.size, "root": seen.root.hex()}, {"size": seen.size})

        return statements.state(self._context, caller, signed, "audit.cosign", apply)

    def cosignatures(self, caller: Caller, room: str) -> list[dict[str, Any]]:
        """Return the latest checkpoint that each member has vouched for."""
        with self._context.store.read() as transaction:
            end = _size(transaction, _reader(transaction, caller, room))
            rows = transaction.find("cosignatures", room=room, order="size")
        # An entry vouches for a log without it: of that size, it came after the end.
        latest = {row["party"]: row for row in rows if row["size"] < end}
        return [
            {"party": party, "size": row["size"], "checkpoint": row["note"]}
            for party, row in sorted(latest.items())
        ]

    def note_refusal(
        self,
        caller: Caller,
        request: str,
        rule: str,
        named: Mapping[str, str],
        facts: Mapping[str, Any],
    ) -> None:
        """Leave an entry for an authentic request that was refused before it said anything.

        ``named`` is what the request was about, by noun.  The entry goes to the log of that room
        if the caller is its member, and to the lobby's otherwise.  ``facts`` hold the digest of
        its body: what was refused is never interpreted, and can still be shown to be it.
        """
        with self._context.store.read() as transaction:
            room = _room_of(transaction, caller, named)
        with self._context.store.write(room) as transaction:
            log.append(
                transaction,
                self._context,
                room,
                kind="request",
                actor=caller.name,
                outcome="refused",
                rule=rule,
                detail=log.plain(request),
                facts=facts,
            )
        self._context.bell.ring()

    def _enter(self, caller: Caller, room: str) -> Membership:
        """Let members in; what an auditor reads is itself an entry, made before it reads.

        Who has left reads the log as it was then.
        """
        with self._context.store.read() as transaction:
            place = _reader(transaction, caller, room)
        if place.role != "auditor":
            return place
        with self._context.store.write(room) as transaction:
            place = membership(transaction, caller, room)
            log.append(transaction, self._context, room, kind="audit.read", actor=place.party)
        return place

    @staticmethod
    def _check(transaction: Transaction, caller: Caller, room: str, size: int) -> None:
        if size > _size(transaction, _reader(transaction, caller, room)):
            raise NotFound("the log is not that long")


def _reader(transaction: Transaction, caller: Caller, room: str) -> Membership:
    """Return the place of who may read a room's log.

    An auditor that has left is not let in: what it reads makes an entry, and it makes none.
    """
    place = membership(transaction, caller, room, also=(LEFT,))
    if place.place == LEFT and place.role == "auditor":
        raise NotFound("there is no such room")
    return place


def _size(transaction: Transaction, place: Membership) -> int:
    """Return how long a log is for who reads it."""
    until = place.member["until"]
    return log.size(transaction, place.room["id"]) if until is None else int(until)


def _room_of(transaction: Transaction, caller: Caller, named: Mapping[str, str]) -> str:
    room = named.get("room")
    for noun in ("dataset", "alignment", "delegation", "job"):
        row = transaction.get(f"{noun}s", id=named[noun]) if noun in named else None
        room = row["room"] if row else room
    if room and transaction.get("members", room=room, fingerprint=caller.fingerprint, place=MEMBER):
        return room
    return LOBBY


def _is_ours(transaction: Transaction, room: str, seen: notes.Checkpoint) -> bool:
    if seen.size > log.size(transaction, room):
        return False
    return hmac.compare_digest(log.root_at(transaction, room, seen.size), seen.root)
