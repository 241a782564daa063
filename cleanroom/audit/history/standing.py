"""Follow the standing questions: declared, approved by the other side, run in time, stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from cleanroom.audit.entries import Seen
from cleanroom.audit.failures import BadEntry, require
from cleanroom.audit.history.alignments import Alignments
from cleanroom.audit.history.datasets import Datasets
from cleanroom.audit.history.rooms import Rooms
from cleanroom.documents.job import JobDocument
from cleanroom.documents.standing import StandingDocument
from cleanroom.errors import CleanroomError
from cleanroom.privacy.accounting import Ledger
from cleanroom.room import standing as rules
from cleanroom.room.jobs import Asked
from cleanroom.room.standing import Joined
from cleanroom.room.states import StandingState

Charged = Callable[[tuple[str, str], Seen], Ledger]
"""Returns the ledger of a pair at the time of an entry."""


@dataclass
class Standing:
    """One standing question, where it stands, and the runs that were asked."""

    document: StandingDocument
    state: StandingState = StandingState.PROPOSED
    asked: set[int] = field(default_factory=set)
    ended: int | None = None
    """Unix seconds at which it was stopped."""

    def missed(self, now: int) -> list[int]:
        """Return the runs that were not asked in their time, while it stood."""
        return rules.missed(self.document, self.asked, now if self.ended is None else self.ended)


class Standings:
    """Hold the standing questions of a room by their digest."""

    def __init__(self, room: Rooms, datasets: Datasets, alignments: Alignments) -> None:
        self._room = room
        self._datasets = datasets
        self._alignments = alignments
        self._by_digest: dict[str, Standing] = {}

    def take(self, entry: Seen, verb: str, charged: Charged) -> str | None:
        """Apply a statement about a standing question; return the digest of one that it stops."""
        if verb == "propose":
            self._propose(entry, charged)
            return None
        digest = str(entry.body["standing"])
        found = self._of(entry, digest)
        parties = (found.document.brand.party, found.document.platform.party)
        require(entry.actor in parties, entry.number, f"{entry.actor} has no part in it")
        over = found.state == StandingState.STOPPED
        require(not over, entry.number, "the standing question was stopped before")
        if verb == "stop":
            found.state, found.ended = StandingState.STOPPED, entry.time // 1000
            return digest
        waits = found.state == StandingState.PROPOSED
        require(waits, entry.number, "the standing question was approved before")
        own = found.document.party(found.document.submitter)
        require(entry.actor != own, entry.number, f"{entry.actor} approves its own")
        found.state = StandingState.ACTIVE
        return None

    def _propose(self, entry: Seen, charged: Charged) -> None:
        document = StandingDocument.from_json(entry.body["standing"])
        new = document.digest() not in self._by_digest
        require(new, entry.number, "the standing question was declared before")
        own = document.party(document.submitter)
        require(entry.actor == own, entry.number, "it names another submitter")
        pair, now = (document.brand.party, document.platform.party), entry.time // 1000
        try:
            rules.check_standing(self._room.agreement, document)
            rules.check_begins(document, now)
            joined = self._newest(document)
            if joined is None:
                raise BadEntry("it is about datasets that are not aligned", entry.number)
            self._plan(document, joined, now)
            others = [(one.document, one.asked) for one in self._open(pair)]
            rules.check_open(len(others))
            ledger = charged(pair, entry)
            rules.check_budget(self._room.agreement.policy, ledger, [*others, (document, ())], now)
        except CleanroomError as error:
            if isinstance(error, BadEntry):
                raise
            raise BadEntry(f"the standing question: {error}", entry.number) from None
        announced = rules.facts(document, self._room.agreement.policy)
        told = {name: entry.facts.get(name) for name in announced}
        require(told == announced, entry.number, f"it announces {told}, and not {announced}")
        self._by_digest[document.digest()] = Standing(document)

    def _plan(self, document: StandingDocument, joined: Joined, now: int) -> None:
        """Refuse what the agreement does not let anybody ask."""
        job = rules.sample(document, 0, joined)
        brand, platform = (self._datasets.manifest(one) for one in joined[:2])
        Asked(job, self._room.agreement, brand, platform, now).plan  # noqa: B018 - refuses

    def _open(self, pair: tuple[str, str]) -> Iterator[Standing]:
        for one in self._by_digest.values():
            parties = (one.document.brand.party, one.document.platform.party)
            if parties == pair and one.state != StandingState.STOPPED:
                yield one

    def _newest(self, document: StandingDocument) -> Joined | None:
        ready = self._datasets.versions()
        return rules.newest_joined(ready, self._alignments.ready(), document.lines())

    def run(self, entry: Seen, job: JobDocument) -> None:
        """Hold a job that says to be a run against its standing question."""
        if job.standing is None:
            return
        found = self._of(entry, job.standing.standing)
        name = f"run {job.standing.run + 1} of the standing question {found.document.name}"
        active = found.state == StandingState.ACTIVE
        require(active, entry.number, f"{name}: the standing question is {found.state}")
        try:
            rules.check_run(found.document, job)
            rules.check_time(found.document, job.standing.run, entry.time // 1000)
            rules.check_newest(job, self._newest(found.document))
        except CleanroomError as error:
            raise BadEntry(f"{name}: {error}", entry.number) from None
        again = job.standing.run in found.asked
        require(not again, entry.number, f"{name} is asked twice")
        found.asked.add(job.standing.run)

    def amended(self, entry: Seen) -> None:
        """End all of them with the agreement that they were approved under."""
        for one in self._by_digest.values():
            if one.state != StandingState.STOPPED:
                one.state, one.ended = StandingState.STOPPED, entry.time // 1000

    def _of(self, entry: Seen, digest: str) -> Standing:
        found = self._by_digest.get(digest)
        if found is None:
            raise BadEntry("it names a standing question that was never declared", entry.number)
        return found

    def told(self, now: int) -> Iterator[str]:
        """Say of each how often it was asked, which runs were missed, and where it stands."""
        for one in self._by_digest.values():
            missed = ", ".join(str(run + 1) for run in one.missed(now))
            parts = [f"{len(one.asked)} of {one.document.runs} runs"]
            parts += [f"missed: {missed}"] if missed else []
            parts += [one.state.lower()] if one.state != StandingState.ACTIVE else []
            yield f"{one.document.name} ({one.document.digest()[:8]}): {', '.join(parts)}"
