"""Follow what is over because it was kept as long as is agreed, and what is signed as deleted."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field

from cleanroom.audit.entries import Seen
from cleanroom.audit.failures import require
from cleanroom.audit.history.alignments import Alignments
from cleanroom.audit.history.datasets import Datasets
from cleanroom.audit.history.jobs import Jobs
from cleanroom.audit.history.rooms import Rooms
from cleanroom.report import measured
from cleanroom.room.retention import TERMS, WHY, begun, end
from cleanroom.room.states import AlignmentState, DatasetState


@dataclass
class Noun:
    """What is kept of one kind, and what became of the rest; times are Unix seconds.

    ``kept`` is in the order in which it began, so that the first is over first.
    """

    kept: OrderedDict[str, int] = field(default_factory=OrderedDict)
    waiting: dict[str, int | None] = field(default_factory=dict)
    """What is over and not signed as deleted, with the second at which it was."""
    deleted: int = 0
    latest: int = 0
    """Seconds between the end of a term and the signature, where they were most."""


class Retained:
    """Hold the mediator's deletions against the terms of the agreement in force.

    Questions are noted while the agreement has terms.  Of those from before, that they were
    answered is all that is known; when they began is not.
    """

    def __init__(self, room: Rooms, datasets: Datasets, alignments: Alignments, jobs: Jobs) -> None:
        self._room = room
        self._datasets = datasets
        self._alignments = alignments
        self._jobs = jobs
        self.nouns = {noun: Noun() for noun in TERMS}

    def note(self, entry: Seen, noun: str, identity: str) -> None:
        """Note that something begins."""
        self.nouns[noun].kept[identity] = entry.time // 1000

    def asked(self, entry: Seen, job: str) -> None:
        """Note a question that was accepted, if it will ever be over."""
        if self._room.agreement.policy.retention is not None:
            self.note(entry, "messages", job)
            self.note(entry, "answers", job)

    def amended(self) -> None:
        """Go on under an amendment, whose terms are those of all that is kept."""
        if self._room.agreement.policy.retention is None:
            for noun in ("messages", "answers"):
                self.nouns[noun].kept.clear()

    def told(self) -> str:
        """Say how much is signed as deleted, and how late; nothing where there are no terms."""
        every = self.nouns.values()
        ended = any(one.waiting or one.deleted for one in every)
        if self._room.agreement.policy.retention is None and not ended:
            return ""
        counts = ", ".join(f"{noun} {one.deleted}" for noun, one in self.nouns.items())
        latest = measured(max(one.latest for one in every))
        return f"{counts}; the latest within {latest} of its end"

    def unsigned(self) -> list[str]:
        """Say what is over and not signed as deleted."""
        waiting = [f"{len(one.waiting)} {noun}" for noun, one in self.nouns.items() if one.waiting]
        return [f"{', '.join(waiting)} are over and not yet signed as deleted."] if waiting else []

    def check(self, entry: Seen) -> None:
        """Refuse a statement that takes effect after something is over that still stands."""
        for noun, known in self.nouns.items():
            latest = begun(self._room.agreement.policy, noun, entry.time // 1000)
            if latest is None:
                return
            while known.kept:
                identity, since = next(iter(known.kept.items()))
                if since > latest:
                    break
                over = self._is_over(noun, identity)
                require(over, entry.number, f"{noun} {identity} are kept longer than agreed")
                del known.kept[identity]

    def _is_over(self, noun: str, identity: str) -> bool:
        """Tell whether something has ended by itself, so that nothing is kept of it."""
        if noun == "datasets":
            return self._datasets.state(identity) == DatasetState.WITHDRAWN
        if noun == "alignments":
            return self._alignments.state(identity) == AlignmentState.FAILED
        return self._jobs.ended.readers(identity) == ()

    def expire(self, entry: Seen) -> Iterator[str]:
        """Take the mediator's word that a term is over; yield the dataset versions that end."""
        for noun, identity in _named(entry):
            known = self.nouns[noun]
            since = known.kept.pop(identity, None)
            if since is None:
                old = noun in ("messages", "answers") and bool(self._jobs.ended.readers(identity))
                require(old, entry.number, f"it ends {noun} {identity}, of which nothing is kept")
                require(identity not in known.waiting, entry.number, "it ends the same twice")
            over = None if since is None else end(self._room.agreement.policy, noun, since)
            agreed = self._room.agreement.policy.retention is not None
            early = not agreed or (over is not None and over > entry.time // 1000)
            require(not early, entry.number, f"{noun} {identity} end before their time is over")
            known.waiting[identity] = over
            self._end(entry, noun, identity)
            if noun == "datasets":
                yield identity

    def _end(self, entry: Seen, noun: str, identity: str) -> None:
        if noun == "datasets":
            self._datasets.expire(entry, identity)
        elif noun == "alignments":
            self._alignments.expire(entry, identity)
            running = any(identity in job.terms.document.alignments for job in self._jobs.running())
            require(not running, entry.number, "an alignment ends while a job depends on it")
        else:
            answered = bool(self._jobs.ended.readers(identity))
            require(answered, entry.number, f"{noun} of a question without an answer end")
            if noun == "answers":
                self._jobs.ended.close(identity)

    def deleted(self, entry: Seen) -> None:
        """Take the mediator's word that it deleted what was over or was taken back, each once."""
        why = entry.facts.get("why")
        for noun, identity in _named(entry, "why"):
            known = self.nouns[noun]
            if noun == "datasets":
                self._datasets.deleted(entry, identity, str(why))
            if why != WHY:
                require(noun == "datasets", entry.number, "nobody took it back")
                known.kept.pop(identity, None)
                continue
            require(identity in known.waiting, entry.number, "it deletes what is not over")
            over = known.waiting.pop(identity)
            known.deleted += 1
            known.latest = max(known.latest, entry.time // 1000 - (over or entry.time // 1000))


def _named(entry: Seen, *others: str) -> Iterator[tuple[str, str]]:
    """Yield what an entry names, with its noun; raise ``BadEntry`` for another form."""
    nouns = [name for name in entry.facts if name not in others]
    known = bool(nouns) and set(nouns) <= TERMS.keys() and set(others) <= entry.facts.keys()
    lists = known and all(isinstance(entry.facts[noun], list) for noun in nouns)
    require(bool(lists), entry.number, "it does not say what is deleted")
    found = [(noun, str(one)) for noun in nouns for one in entry.facts[noun]]
    require(bool(found), entry.number, "it does not say what is deleted")
    yield from found
