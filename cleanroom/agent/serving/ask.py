"""Ask a brand's server for the labels of single people: for a platform's own servers.

Connections are kept.  An answer that does not come in time, or does not verify, is the default
answer; the platform decides beforehand what that is, and never waits longer.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Final

import httpx

from cleanroom.agent.rooms import Room
from cleanroom.agent.serving import wire
from cleanroom.agent.serving.counts import Answer
from cleanroom.agent.serving.publish import Announced, announced, counts_of, question
from cleanroom.agent.serving.transport import Connections, General, connect
from cleanroom.agent.serving.turns import PERSON_SECONDS, Turns
from cleanroom.agent.serving.ways import Passed, Request, Straight, Way, problem_of
from cleanroom.agent.serving.wire import Reply
from cleanroom.errors import CleanroomError, Conflict, InvalidInput, PeerFault, Unreachable
from cleanroom.ingest.identifiers import MANY, messages_of
from cleanroom.room.serving import MINUTE, MINUTES_OF_DAY, granted
from protocols.errors import ProtocolError, RemoteError
from protocols.voprf import NOBODY, OUTPUT_BYTES, Blinded, Table, blind, prepare, table_bytes

TIMEOUT: Final = 0.02
"""Seconds that an answer may take if nothing else is said."""

LEAST_SECONDS: Final = 0.001
"""Seconds that a write or a request gets when no time is left any more."""


@dataclass(frozen=True)
class Label:
    """What is known of one person: a label, None for nobody of the audience, or the default.

    ``answered`` is False where the default stands, and ``problem`` then says why.
    """

    value: str | None
    answered: bool = True
    problem: str = ""


@dataclass(frozen=True)
class Written:
    """People as inputs of the function, and the publication under which they are asked about."""

    known: tuple[Announced, Table]
    inputs: tuple[bytes, ...] = field(repr=False)


@dataclass(frozen=True)
class _Asked:
    """What is sent; ``minute`` is the one in which it was counted as lost, until ``end``."""

    found: Announced
    table: Table
    blinded: Blinded
    began: float
    end: float
    minute: int
    request: Request


@dataclass(frozen=True)
class _Read:
    """What came back; ``minute`` is None where the brand refused, and so counted nothing."""

    labels: list[Label]
    minute: int | None = None


class Asker:
    """Ask under one grant; ``refresh`` first.  Threads may share it."""

    def __init__(
        self,
        room: Room,
        place: int,
        url: str | None,
        *,
        timeout: float = TIMEOUT,
        default: str | None = None,
        http: httpx.Client | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Ask the brand's server at an address, or for None through the room's mediator."""
        self._room, self._place = room, place
        self._way: Way = Passed(room, place) if url is None else Straight(room, url)
        self._identity = room.identity
        self.default, self._clock, self.timeout = default, clock, timeout
        self._http: Connections | General = General(http) if http else connect(self._way.address)
        self._turns = Turns(int(timeout / PERSON_SECONDS))
        self._counts = counts_of(room)
        self._known: tuple[Announced, Table] | None = None
        self.behind = False
        """True once the server has named a newer publication than the one that is asked."""

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def refresh(self) -> str:
        """Take the newest publication and its table; return its identifier.

        Questions go on under the one before until this returns.  Raises ``PeerFault`` for a
        publication that the brand did not sign or a table that is not the one in the log.
        """
        found = announced(self._room, self._place)
        if found is None:
            raise Conflict("nothing has been published", rule="serving-nothing")
        if self._known is None or self._known[0].identity != found.identity:
            table = self._fetch(found)
            prepare()
            # Compiled and loaded with the first question they would be late.
            table.labels([bytes(OUTPUT_BYTES)])
            with suppress(InvalidInput):
                messages_of(found.profile, ["0"] * MANY)
            self._known = found, table
        self.behind = False
        return found.identity

    def _fetch(self, found: Announced) -> Table:
        size = table_bytes(found.terms.entries)
        try:
            response = self._way.table(self._http, lambda: self._question(found), size)
        except httpx.RequestError as error:
            raise Unreachable(
                f"The brand's server does not answer: {type(error).__name__}."
            ) from None
        if response.status_code != 200:
            raise PeerFault(f"The brand's server refuses its table: {problem_of(response)}.")
        digest = hashlib.sha256(response.content).hexdigest()
        if not hmac.compare_digest(digest, found.publication.table):
            raise PeerFault("The brand's server sends a table other than the one it published.")
        try:
            return Table.from_bytes(response.content, found.terms.entries)
        except ProtocolError as error:
            raise PeerFault(str(error)) from None

    def ask(self, identifiers: Sequence[str]) -> list[Label]:
        """Return the label of each person, in order.

        Identifiers are normalised by the audience's profile.  Raises ``InvalidInput`` for one that
        is none, by its place, before anything is sent.
        """
        return self.send(self.written(identifiers), self.timeout)

    def send(self, written: Written, timeout: float) -> list[Label]:
        """Ask what was written; the answer has what is left of so many seconds after blinding."""
        began = monotonic()
        blinded = blind(written.inputs, secrets.token_bytes)
        try:
            asked = self._asked(written, blinded, began, timeout)
            found = self._read(asked, self._http.post(**asked.request))
            self._settle(asked, found)
        except Exception as error:  # noqa: BLE001 (none may cost the platform its request)
            return self._default_for(len(blinded.elements), error)
        return found.labels

    async def ask_async(self, identifiers: Sequence[str]) -> list[Label]:
        """Return the label of each person as ``ask`` does, without holding up the event loop.

        What would be late is not begun: where hundreds ask at once, as many as there is time for
        get an answer, and the others the default within the time-out.
        """
        return await self.send_async(self.written(identifiers), self.timeout)

    async def send_async(self, written: Written, timeout: float) -> list[Label]:
        """Ask what was written as ``send`` does, in a thread once it is its turn.

        One that is not waited for any more, or was cancelled, is not begun; if it was, it ends by
        itself and is counted as what becomes of it.
        """
        count, end = len(written.inputs), monotonic() + timeout
        turn = asyncio.wrap_future(
            self._turns.submit(
                count, end - timeout / 2, lambda: self.send(written, end - monotonic())
            )
        )
        try:
            done, _ = await asyncio.wait([turn], timeout=timeout)
            if not done:
                return [self._default("no answer in time")] * count
            return turn.result()
        except Unreachable as late:
            return self._default_for(count, late)
        finally:
            turn.cancel()

    def written(self, identifiers: Sequence[str]) -> Written:
        """Return people as the function's inputs, under the publication that is asked now.

        Raises ``InvalidInput`` for an identifier that is none, and ``Conflict`` before ``refresh``.
        """
        if self._known is None:
            raise Conflict("refresh comes before the first question", rule="serving-nothing")
        people = messages_of(self._known[0].profile, identifiers)
        head = question(self._identity, b"")
        return Written(self._known, tuple(head + one for one in people))

    def _asked(self, written: Written, blinded: Blinded, began: float, timeout: float) -> _Asked:
        """Count what is about to be sent as lost, which it stays if nothing comes of it."""
        end = began + timeout
        found, table = written.known
        if monotonic() >= end:
            raise Unreachable("no time was left to ask")
        minute = int(self._clock()) // MINUTE
        self._counts.sending(self._place, minute, len(blinded.elements), max(end - monotonic(), 0))
        body = self._question(found, blinded.elements)
        left = max(end - monotonic(), LEAST_SECONDS)
        request = self._way.request(wire.QUESTION_DOMAIN, body, left)
        return _Asked(found, table, blinded, began, end, minute, request)

    def _question(self, found: Announced, elements: Sequence[bytes] = ()) -> bytes:
        nonce, now = secrets.token_bytes(16), int(self._clock() * 1000)
        return wire.Question(found.identity, now, nonce, list(elements)).to_bytes()

    def _read(self, asked: _Asked, came: Reply) -> _Read:
        """Return what came back; raise ``PeerFault`` for what the brand may have counted."""
        response = self._way.read(asked.request, came)
        current = response.headers.get(wire.CURRENT_HEADER)
        self.behind = self.behind or current not in (None, asked.found.identity)
        if response.status_code != 200:
            problem = problem_of(response)
            # A refusal with a problem document was not counted; anything else may have been.
            if response.headers.get("content-type") != wire.PROBLEM:
                raise PeerFault(problem)
            return _Read([self._default(problem)] * len(asked.blinded.elements))
        minute, evaluated, proof = wire.read_answer(response.content)
        if abs(minute - int(self._clock()) // MINUTE) > MINUTES_OF_DAY:
            raise PeerFault("the answer names a minute of a different day")
        public = bytes.fromhex(asked.found.publication.public_key)
        outputs = asked.blinded.finalize(evaluated, proof, public)
        values = asked.found.terms.values
        return _Read([self._label(code, values) for code in asked.table.labels(outputs)], minute)

    def _label(self, code: int, values: Sequence[str]) -> Label:
        if code == NOBODY:
            return Label(None)
        if code >= len(values):
            return self._default("a label that the grant does not have")
        return Label(values[code])

    def _settle(self, asked: _Asked, found: _Read) -> None:
        """Count what came back; what cannot be written in time stays counted as lost."""
        count, wait = len(found.labels), max(asked.end - monotonic(), LEAST_SECONDS)
        with suppress(Unreachable, sqlite3.Error):
            if found.minute is None:
                self._counts.refused(self._place, asked.minute, count, wait)
                return
            hits = sum(one.answered and one.value is not None for one in found.labels)
            answer = Answer(found.minute, count, monotonic() - asked.began, hits)
            self._counts.answered(self._place, asked.minute, answer, wait)

    def _default_for(self, count: int, error: Exception) -> list[Label]:
        told = isinstance(error, (CleanroomError, RemoteError))
        return [self._default(str(error) if told else type(error).__name__)] * count

    def _default(self, problem: str) -> Label:
        return Label(self.default, answered=False, problem=problem)


def confirm(room: Room, place: int) -> list[tuple[int, int]]:
    """Hold the brand's tallies against what was asked here, and say the same; return them.

    Raises ``PeerFault`` for a tally that cannot be: this side's own number is said then, which the
    log keeps as a refused statement beside the brand's.
    """
    found = announced(room, place)
    if found is None:
        return []
    counts, said = counts_of(room), []
    for one in found.waiting:
        if one["party"] != found.party:
            continue
        least, most = counts.between(place, one["minute"])
        fits = least <= one["questions"] <= most
        body = {
            "grant": place,
            "minute": one["minute"],
            "questions": one["questions"] if fits else least,
        }
        if not fits:
            _contradict(room, body, one["questions"])
        room.chain.say("/v1/serving/tallies", "serving.tally", body)
        said.append((one["minute"], one["questions"]))
    return said


def _contradict(room: Room, body: dict[str, Any], claimed: int) -> None:
    """Leave this side's own number in the log and raise ``PeerFault``."""
    with suppress(Conflict):
        room.chain.say("/v1/serving/tallies", "serving.tally", body)
    raise PeerFault(
        f"{_others(room, body['grant'])} counted {claimed:,} questions of a minute in which"
        f" {room.own.name} asked {body['questions']:,}."
    )


def _others(room: Room, place: int) -> str:
    """Return the other side of a grant of serving."""
    grant, terms = granted(room.agreement, place)
    return terms.platform if grant.party == room.own.name else grant.party
