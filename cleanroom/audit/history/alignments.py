"""Follow the alignments: proposed, joined by both sides, finished by both or failed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from cleanroom.audit.entries import Seen
from cleanroom.audit.failures import BadEntry, require
from cleanroom.audit.history.datasets import Datasets
from cleanroom.audit.history.rooms import Rooms
from cleanroom.documents.alignment import AlignmentDocument
from cleanroom.errors import CleanroomError
from cleanroom.room import periods
from cleanroom.room.alignments import check_alignment, check_count, check_join
from cleanroom.room.states import ATTEMPTS, AlignmentState


@dataclass
class Alignment:
    """One alignment, its attempt, and who has joined and finished it."""

    document: AlignmentDocument
    state: AlignmentState = AlignmentState.PROPOSED
    attempt: int = 1
    joined: set[str] = field(default_factory=set)
    finished: dict[str, str] = field(default_factory=dict)

    @property
    def datasets(self) -> tuple[str, ...]:
        """Return the identifiers of all datasets that are joined."""
        return (*self.document.brand_datasets, *self.document.platform_datasets)

    def datasets_of(self, party: str) -> tuple[str, ...]:
        """Return the identifiers of one side's datasets."""
        is_brand = party == self.document.brand
        return self.document.brand_datasets if is_brand else self.document.platform_datasets


class Alignments:
    """Hold the alignments of a room by their identifier."""

    def __init__(self, room: Rooms, datasets: Datasets) -> None:
        self._room = room
        self._datasets = datasets
        self._by_identity: dict[str, Alignment] = {}
        self._proposed: dict[tuple[str, str], list[int]] = defaultdict(list)
        """By the two parties, the Unix seconds of each proposal: an amendment may bring periods."""

    def take(self, entry: Seen, verb: str) -> None:
        """Apply a statement about an alignment that there is."""
        found = self._by_identity.get(str(entry.body["alignment"]))
        if found is None:
            raise BadEntry("it names an alignment that was never proposed", entry.number)
        sides = (found.document.brand, found.document.platform)
        require(entry.actor in sides, entry.number, f"{entry.actor} has no part in the alignment")
        attempt = entry.body["attempt"]
        require(attempt == found.attempt, entry.number, f"the attempt is {found.attempt}")
        steps = {"join": self._join, "finish": self._finish, "fail": self._fail}
        steps[verb](entry, found)

    def propose(self, entry: Seen) -> str:
        """Add an alignment; return its identifier."""
        document = AlignmentDocument.from_json(entry.body["alignment"])
        rules = self._room.agreement.policy
        identity = document.identity()
        require(identity not in self._by_identity, entry.number, "it was already proposed")
        now, proposed = entry.time // 1000, self._proposed[document.brand, document.platform]
        period = periods.number(rules, now)
        with _allowed(entry):
            before = sum(periods.number(rules, one) == period for one in proposed)
            check_count(rules, before)
        proposed.append(now)
        require(
            entry.actor in (document.brand, document.platform), entry.number, "it is for others"
        )
        sides = [
            [self._datasets.ready(entry, name) for name in names]
            for names in (document.brand_datasets, document.platform_datasets)
        ]
        with _allowed(entry):
            check_alignment(self._room.agreement, document, *sides)
        self._by_identity[identity] = Alignment(document)
        return identity

    def _join(self, entry: Seen, found: Alignment) -> None:
        self._check(entry, found, AlignmentState.PROPOSED)
        require(entry.actor not in found.joined, entry.number, f"{entry.actor} joins twice")
        names = found.datasets_of(entry.actor)
        manifests = [self._datasets.get(entry, name).manifest for name in names]
        with _allowed(entry):
            check_join(self._room.agreement.policy, manifests, entry.body["count"])
        found.joined.add(entry.actor)
        if len(found.joined) == 2:
            found.state = AlignmentState.RUNNING

    def _finish(self, entry: Seen, found: Alignment) -> None:
        self._check(entry, found, AlignmentState.RUNNING)
        own = set(found.datasets_of(entry.actor))
        sent_anew = set(entry.body.get("rows", {}))
        require(sent_anew <= own, entry.number, "it seals rows of somebody else's dataset")
        found.finished[entry.actor] = str(entry.body["transcript"])
        same = len(set(found.finished.values())) == 1
        require(same, entry.number, "the two sides saw different transcripts")
        if len(found.finished) == 2:
            found.state = AlignmentState.READY

    def _fail(self, entry: Seen, found: Alignment) -> None:
        waiting = found.state in (AlignmentState.PROPOSED, AlignmentState.RUNNING)
        require(waiting, entry.number, f"the alignment is {found.state}")
        if found.attempt >= ATTEMPTS:
            found.state = AlignmentState.FAILED
            return
        found.state, found.attempt = AlignmentState.PROPOSED, found.attempt + 1
        found.joined, found.finished = set(), {}

    @staticmethod
    def _check(entry: Seen, found: Alignment, wanted: AlignmentState) -> None:
        require(found.state == wanted, entry.number, f"the alignment is {found.state}")

    def check_joins(self, entry: Seen, identity: str, brand: str, platform: str) -> None:
        """Refuse a job on datasets that the alignment it names has not joined."""
        found = self._by_identity.get(identity)
        if found is None:
            raise BadEntry("it names an alignment that was never proposed", entry.number)
        self._check(entry, found, AlignmentState.READY)
        document = found.document
        joined = brand in document.brand_datasets and platform in document.platform_datasets
        require(joined, entry.number, "the alignment does not join these datasets")

    def ready(self) -> list[AlignmentDocument]:
        """Return the alignments that are ready, in the order of their proposal."""
        found = self._by_identity.values()
        return [one.document for one in found if one.state == AlignmentState.READY]

    def state(self, identity: str) -> AlignmentState:
        """Return where an alignment that there is stands."""
        return self._by_identity[identity].state

    def expire(self, entry: Seen, identity: str) -> None:
        """End an alignment that was kept as long as is agreed."""
        found = self._by_identity[identity]
        stands = found.state != AlignmentState.FAILED
        require(stands, entry.number, "it ends an alignment that has failed")
        found.state = AlignmentState.FAILED

    def withdrawn(self, dataset: str) -> None:
        """End the unfinished alignments of a dataset that is withdrawn."""
        for found in self._by_identity.values():
            unfinished = found.state in (AlignmentState.PROPOSED, AlignmentState.RUNNING)
            if unfinished and dataset in found.datasets:
                found.state = AlignmentState.FAILED


@contextmanager
def _allowed(entry: Seen) -> Iterator[None]:
    """Blame the entry for what the agreement does not allow."""
    try:
        yield
    except CleanroomError as error:
        raise BadEntry(f"the agreement does not allow it: {error}", entry.number) from None
