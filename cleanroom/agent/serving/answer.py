"""Answer a platform's questions about single people, within the grant and its quota."""

from __future__ import annotations

import secrets
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from threading import Lock
from time import monotonic
from typing import Final

from cleanroom.agent import amendments, endings
from cleanroom.agent.rooms import Room, verifying_key
from cleanroom.agent.serving import wire
from cleanroom.agent.serving.counts import BUSY_SECONDS, FRESH_SECONDS
from cleanroom.agent.serving.publish import Announced, announced, check_newest, counts_of, folder
from cleanroom.documents.serving import ServingTerms
from cleanroom.errors import (
    CleanroomError,
    Conflict,
    InvalidInput,
    NotFound,
    PolicyRefusal,
    Unauthenticated,
    Unreachable,
)
from cleanroom.files import held
from cleanroom.room.serving import MINUTE, check_sides, granted
from protocols.errors import InvalidElementError, InvalidMessageError
from protocols.limits import VOPRF_BATCH
from protocols.voprf import Elements, ServerKey, prepare

LOOK_SECONDS: Final = 10
"""How often the server asks the mediator how its grant stands."""

UNCONFIRMED_SECONDS: Final = 50
"""Seconds without an answer of the mediator after which nothing is answered any more: so a room
that was closed, or a dataset withdrawn, elsewhere stops the serving within a minute."""

SETTLE_SECONDS: Final = 2 * BUSY_SECONDS
"""Seconds after its end before a minute is tallied: a question may still wait to be counted."""

UNAGREED_MINUTES: Final = 60
"""Age of a tally that the platform has not said too, from which on nothing is answered."""

GRACE_SECONDS: Final = 120
"""Seconds for which the publication before the present one is answered, so that no question is
lost while a platform takes the next table."""


class OldPublication(Conflict):
    """Refuse a question under a publication that is no longer answered; name the present one."""

    def __init__(self, current: str) -> None:
        super().__init__("this publication is no longer answered", rule="serving-old")
        self.current = current


@dataclass(frozen=True)
class Loaded:
    """A publication whose key this process holds; ``until`` is when its answers end."""

    identity: str
    dataset: str
    key: ServerKey = field(repr=False)
    table: bytes = field(repr=False)
    until: float = float("inf")


class Answerer:
    """Answer the questions under one grant; several threads and processes may do so at once."""

    def __init__(self, room: Room, place: int, clock: Callable[[], float]) -> None:
        """Open the counts of a grant; raise ``NotFound`` if the agreement has no such grant."""
        grant, self._terms = granted(room.agreement, place)
        if grant.party != room.own.name:
            raise NotFound("this party has no such grant of serving")
        self.room, self.place, self._clock = room, place, clock
        self.counts = counts_of(room)
        self._platform = verifying_key(room.member(self._terms.platform))
        self._loaded: tuple[Loaded, ...] = ()
        self._looked = float("-inf")
        self._refusal: CleanroomError | None = None
        self._turn = Lock()
        self._took: deque[tuple[int, float]] = deque()

    @property
    def terms(self) -> ServingTerms:
        """Return the terms of the grant."""
        return self._terms

    @property
    def current(self) -> str:
        """Return the publication that is answered now, empty if none is."""
        loaded = self._loaded
        return loaded[0].identity if loaded and self._refusal is None else ""

    def look(self) -> None:
        """Ask the mediator how the grant stands, and load what was published since.

        Raises what the mediator's client raises; the last answer counts until it is too old.
        """
        # Compiling may take longer than the mediator's answer counts.
        prepare()
        self._note_times()
        with self._turn:
            asked = self._clock()
            # Who left is found out here: the mediator may go on showing what served it.
            self.room = amendments.settle(self.room)
            state = self.room.client.room(self.room.identity)["state"]
            found = announced(self.room, self.place)
            self._refusal = self._reason(state, found)
            if self._refusal is not None:
                self._loaded = ()
            elif found is not None and found.identity != self.current:
                self._load(found)
            self._looked = asked

    def _reason(self, state: str, found: Announced | None) -> CleanroomError | None:
        """Return why nothing is answered, None if questions are."""
        try:
            check_sides(self.room.agreement, granted(self.room.agreement, self.place)[0])
        except PolicyRefusal as left:
            return left
        if found is None:
            return Conflict("nothing has been published", rule="serving-nothing")
        ended = (
            (state != "ACTIVE", Conflict(f"the room is {state}", rule="room-state")),
            (found.stopped, Conflict("this grant was withdrawn", rule="serving-stopped")),
            (
                found.closed is not None,
                Conflict("the served dataset was withdrawn", rule="serving-closed"),
            ),
            (
                self._unagreed(found),
                Conflict("the platform has not confirmed the counts", rule="serving-unagreed"),
            ),
        )
        for holds, reason in ended:
            if holds:
                return reason
        try:
            # What this party ended or replaced itself stays so, whatever the mediator shows.
            dataset = found.publication.dataset
            endings.check(self.room.home, self.room.identity, (dataset,))
            check_newest(self.room, found.publication)
        except (PolicyRefusal, Conflict) as refusal:
            return refusal
        return None

    def _unagreed(self, found: Announced) -> bool:
        """Tell whether the platform has left a tally unanswered for too long."""
        late = int(self._clock()) // MINUTE - UNAGREED_MINUTES
        return any(one["party"] == found.party and one["minute"] < late for one in found.waiting)

    def _load(self, found: Announced) -> None:
        identity = found.identity
        kept = folder(self.room, identity)
        key = ServerKey.derive(self.room.home.vault.read(kept / "seed"))
        dataset = found.publication.dataset
        fresh = Loaded(identity, dataset, key, (kept / "table").read_bytes())
        until = self._clock() + GRACE_SECONDS
        # What was withdrawn is not answered, however short ago it was served, and whatever the
        # mediator shows of it.
        home, room = self.room.home, self.room.identity
        before = [
            replace(one, until=until)
            for one in self._loaded[:1]
            if not endings.ended(home, room, "dataset", one.dataset)
            and self.room.client.dataset(one.dataset)["state"] == "READY"
        ]
        self._loaded = (fresh, *before)

    def answer(self, body: bytes, signature: bytes) -> bytes:
        """Answer a signed question.

        Nothing is counted unless everything is: a question that is refused costs no quota.

        Raises:
            InvalidInput: for bytes that are no question, too large a batch or a bad element.
            Unauthenticated: if the platform did not sign it now and once.
            Conflict: for an old publication, an ended grant, or serving that was halted.
            PolicyRefusal: if this home has ended the room or the dataset.
            BudgetExhausted: if the quota does not cover the batch.
            Unreachable: if the mediator has not been heard for too long.
        """
        question = self._authentic(body, signature, wire.QUESTION_DOMAIN)
        loaded = self._find(question.publication)
        if not 1 <= len(question.elements) <= VOPRF_BATCH:
            raise InvalidInput(f"a question is about 1 to {VOPRF_BATCH} people")
        try:
            elements = Elements.read(question.elements)
        except InvalidElementError as error:
            raise InvalidInput(str(error), row=error.index) from None
        began = monotonic()
        minute = self.counts.take(
            self.place, self._terms, question.nonce, len(question.elements), self._clock()
        )
        evaluated, proof = loaded.key.evaluate(elements, secrets.token_bytes)
        self._took.append((minute, monotonic() - began))
        return wire.write_answer(minute, evaluated, proof)

    def table(self, body: bytes, signature: bytes) -> bytes:
        """Return the table of a publication to the platform; raise as ``answer`` does."""
        question = self._authentic(body, signature, wire.TABLE_DOMAIN)
        return self._find(question.publication).table

    def _authentic(self, body: bytes, signature: bytes, domain: str) -> wire.Question:
        try:
            self._platform.verify(domain, body, signature)
        except InvalidMessageError:
            raise Unauthenticated("the request is not authenticated") from None
        question = wire.Question.from_bytes(body)
        if abs(question.milliseconds / 1000 - self._clock()) > FRESH_SECONDS:
            raise Unauthenticated("the request is not authenticated")
        return question

    def _find(self, publication: str) -> Loaded:
        self.check_open()
        now = self._clock()
        for one in self._loaded:
            if one.identity == publication and now < one.until:
                # What this home ended, of people who were erased, is not answered once more.
                endings.check(self.room.home, self.room.identity, (one.dataset,))
                return one
        raise OldPublication(self.current)

    def check_open(self) -> None:
        """Raise the reason for which nothing is answered, if there is one."""
        now = self._clock()
        if now >= self._terms.ends:
            raise Conflict("this grant of serving has ended", rule="serving-ended")
        if now - self._looked > UNCONFIRMED_SECONDS:
            raise Unreachable("the mediator has not confirmed the grant in too long")
        if self._refusal is not None:
            raise self._refusal

    def _note_times(self) -> None:
        """Write down how long answers took since the last look: not once for each."""
        taken = defaultdict(list)
        while self._took:
            minute, seconds = self._took.popleft()
            taken[minute].append(seconds)
        for minute, times in taken.items():
            self.counts.timed(self.place, minute, len(times), sum(times))

    def tally(self) -> int:
        """Say how many questions came in each minute that is over; return how many minutes.

        One process at a time does; another returns at once.  A tally that the mediator refuses
        halts the serving: from then on nobody could check it.
        """
        try:
            with held(self.room.folder / "serving" / "tally.lock", "another process is tallying"):
                return self._tally()
        except Conflict as busy:
            if busy.rule != "home-in-use":
                raise
            return 0

    def _tally(self) -> int:
        done = 0
        over = int(self._clock() - SETTLE_SECONDS) // MINUTE
        for minute in self.counts.unsaid(self.place, over):
            # Closed before it is said: a question that comes later still is refused, not left out.
            questions = self.counts.close(self.place, minute)
            body = {"grant": self.place, "minute": minute, "questions": questions}
            try:
                self.room.chain.say("/v1/serving/tallies", "serving.tally", body)
            except CleanroomError as refusal:
                if refusal.exit_code == Unreachable.exit_code:
                    raise
                rule = str(getattr(refusal, "rule", "invalid-input"))
                # Said before this process ended, and not noted here any more.
                if rule != "serving-order":
                    self.counts.halt(self.place, rule)
                    raise
            self.counts.said(self.place, minute)
            done += 1
        return done
