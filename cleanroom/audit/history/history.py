"""Join the books of a room and lead each entry to the one that it belongs into."""

from __future__ import annotations

from dataclasses import dataclass, field

from cleanroom.audit.entries import Seen
from cleanroom.audit.failures import BadEntry, require
from cleanroom.audit.history.alignments import Alignments
from cleanroom.audit.history.amendments import Amendments
from cleanroom.audit.history.chains import Chains
from cleanroom.audit.history.datasets import Datasets
from cleanroom.audit.history.delegations import Delegations
from cleanroom.audit.history.heads import Heads
from cleanroom.audit.history.jobs import Jobs
from cleanroom.audit.history.members import Members
from cleanroom.audit.history.retention import Retained
from cleanroom.audit.history.rooms import Rooms
from cleanroom.audit.history.serving import Serving
from cleanroom.audit.history.standing import Standings
from cleanroom.documents.agreement import Agreement


@dataclass
class Tally:
    """Count what was checked, for the report."""

    entries: int = 0
    statements: int = 0
    refusals: int = 0
    kinds: dict[str, int] = field(default_factory=dict)

    def add(self, entry: Seen) -> None:
        """Count one entry."""
        self.entries += 1
        self.statements += entry.sequence >= 0
        self.refusals += not entry.accepted
        self.kinds[entry.kind] = self.kinds.get(entry.kind, 0) + 1


class History:
    """Take the entries of one room in order; a fault raises ``BadEntry``.

    Memory grows with the datasets, the alignments and the jobs that run, never with the entries:
    the jobs that have ended and old heads that were vouched for are in a temporary file.
    """

    def __init__(self, agreement: Agreement, heads: Heads) -> None:
        self.tally = Tally()
        self.chains = Chains([card.name for card in agreement.members])
        self.members = Members(agreement)
        self.room = Rooms(agreement, self.members)
        self.amendments = Amendments(self.members)
        self.datasets = Datasets(self.room)
        self.alignments = Alignments(self.room, self.datasets)
        self.delegations = Delegations(self.room)
        self.jobs = Jobs(agreement, self.datasets, self.alignments, self.delegations)
        self.standing = Standings(self.room, self.datasets, self.alignments)
        self.serving = Serving(self.room, self.datasets)
        self.retained = Retained(self.room, self.datasets, self.alignments, self.jobs)
        self.heads = heads
        self.time = 0
        """Unix milliseconds of the last entry."""

    def take(self, entry: Seen) -> None:
        """Hold one entry against all before it."""
        require(entry.time >= self.time, entry.number, "the clock runs backwards")
        self.time = entry.time
        self.tally.add(entry)
        if not entry.accepted:
            return
        self.members.check(entry)
        if entry.sequence >= 0:
            self.chains.take(entry)
            self.retained.check(entry)
            self.room.check_open(entry)
        self._dispatch(entry)

    def _dispatch(self, entry: Seen) -> None:
        noun, _, verb = entry.kind.partition(".")
        match noun:
            case "room":
                self._room(entry, verb)
            case "amendment":
                self._amended(entry, self.amendments.take(entry, verb, self.room.agreement))
            case "dataset":
                self._dataset(entry, verb)
            case "data":
                self._data(entry, verb)
            case "alignment":
                self._alignment(entry, verb)
            case "standing":
                self._stopped(entry, self.standing.take(entry, verb, self.jobs.ledger))
            case "job" | "result":
                self._job(entry)
            case "serving":
                self.serving.take(entry, verb)
            case "delegation" | "audit":
                self._members(entry, noun, verb)
            case _:
                raise BadEntry(f"nothing of kind {entry.kind} takes effect", entry.number)

    def _room(self, entry: Seen, verb: str) -> None:
        self.room.take(entry, verb)
        if verb == "close":
            running = bool(self.jobs.running())
            require(not running, entry.number, "the room is closed while a job runs")
            self.serving.close(entry)

    def _amended(self, entry: Seen, agreement: Agreement | None) -> None:
        """Go on under an agreement, if the entry put one in force."""
        if agreement is None:
            return
        gone = self.members.settle(agreement, self.room.agreement)
        if gone is not None:
            self._left(entry, gone)
        self.room.agreement = agreement
        self.retained.amended()
        self.jobs.amend(entry, agreement)
        self.standing.amended(entry)

    def _left(self, entry: Seen, party: str) -> None:
        """End all that rests on the data or the word of a member that was taken away."""
        for dataset in self.datasets.left(party):
            self._withdrawn(entry, dataset)
        self.delegations.left(party)
        self.serving.left(entry, party)
        behalf = [job.terms.document.behalf for job in self.jobs.running()]
        used = any(one is not None and one.agency == party for one in behalf)
        require(not used, entry.number, f"{party} is taken away while a question of it runs")

    def _job(self, entry: Seen) -> None:
        if entry.job is not None and entry.job.run is not None:
            self.standing.run(entry, entry.job.run)
        self.jobs.take(entry, entry.kind)
        if entry.job is not None and entry.facts.get("repeated") is not True:
            self.retained.asked(entry, entry.job.identity)

    def _dataset(self, entry: Seen, verb: str) -> None:
        if verb == "create":
            self.retained.note(entry, "datasets", self.datasets.create(entry))
            return
        for dataset in self.datasets.take(entry, verb):
            self._withdrawn(entry, dataset)

    def _alignment(self, entry: Seen, verb: str) -> None:
        if verb == "propose":
            self.retained.note(entry, "alignments", self.alignments.propose(entry))
        else:
            self.alignments.take(entry, verb)

    def _data(self, entry: Seen, verb: str) -> None:
        if verb == "delete":
            self.retained.deleted(entry)
            return
        for dataset in self.retained.expire(entry):
            self._withdrawn(entry, dataset)

    def _stopped(self, entry: Seen, standing: str | None) -> None:
        runs = [one.terms.document.standing for one in self.jobs.running()]
        running = standing and any(run and run.standing == standing for run in runs)
        require(not running, entry.number, "it is stopped while a run of it is going on")

    def _members(self, entry: Seen, noun: str, verb: str) -> None:
        """Apply what a member says of another one, or of the log."""
        if noun == "delegation":
            revoked = self.delegations.take(entry, verb)
            running = [job.terms.document.behalf for job in self.jobs.running()]
            used = any(one is not None and one.delegation == revoked for one in running)
            require(not used, entry.number, "a delegation is taken back while it is used")
        elif verb == "cosign":
            self.heads.cosigned(entry)

    def _withdrawn(self, entry: Seen, dataset: str) -> None:
        self.alignments.withdrawn(dataset)
        self.serving.close(entry, dataset)
        running = any(dataset in job.terms.document.datasets for job in self.jobs.running())
        require(not running, entry.number, "the dataset is withdrawn while a job uses it")
