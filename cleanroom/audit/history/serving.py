"""Follow what is served for single people: published, tallied by both sides, withdrawn."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from cleanroom.audit.entries import Seen
from cleanroom.audit.failures import BadEntry
from cleanroom.audit.history.datasets import Datasets
from cleanroom.audit.history.rooms import Rooms
from cleanroom.documents.serving import Publication
from cleanroom.errors import CleanroomError
from cleanroom.room import serving
from cleanroom.room.serving import LATE, MINUTE, MINUTES_OF_DAY, Served, Tally


@dataclass
class Counts:
    """What one side said of one grant: the last minute, the questions of its day and of all."""

    latest: int = -1
    of_day: int = 0
    questions: int = 0


@dataclass
class Grant:
    """Where one grant of serving stands; ``waiting`` holds what one side alone has said."""

    served: Served = field(default_factory=Served)
    sides: dict[str, Counts] = field(default_factory=lambda: defaultdict(Counts))
    waiting: dict[int, int] = field(default_factory=dict)
    agreed: int = 0
    """Questions of which both sides said the same."""


class Serving:
    """Hold the grants of serving by their place in the agreement."""

    def __init__(self, room: Rooms, datasets: Datasets) -> None:
        self._room = room
        self._datasets = datasets
        self.grants: dict[int, Grant] = defaultdict(Grant)

    def take(self, entry: Seen, verb: str) -> None:
        """Apply a statement about serving; a rule that it breaks is named."""
        try:
            {"publish": self._publish, "tally": self._tally, "stop": self._stop}[verb](entry)
        except CleanroomError as error:
            raise BadEntry(f"serving: {error}", entry.number) from None

    def close(self, entry: Seen, dataset: str | None = None) -> None:
        """End what is served: of one dataset, or of all."""
        for grant in self.grants.values():
            if grant.served.closed is None and dataset in (None, grant.served.dataset):
                grant.served.closed = _minute(entry)

    def left(self, entry: Seen, party: str) -> None:
        """End what is served by, or to, a member that an amendment took away."""
        for place, grant in enumerate(self._room.agreement.grants):
            terms = grant.serving
            if terms is None or party not in (grant.party, terms.platform):
                continue
            if place in self.grants and self.grants[place].served.closed is None:
                self.grants[place].served.closed = _minute(entry)

    def _publish(self, entry: Seen) -> None:
        publication = Publication.from_json(entry.body["publication"])
        manifest = self._datasets.ready(entry, publication.dataset)
        # An entry is stamped after it was judged, perhaps in the next minute.
        served, minute = self.grants[publication.grant].served, _minute(entry) - LATE
        serving.check_publication(
            self._room.agreement, served, publication, entry.actor, manifest, minute
        )
        self.grants[publication.grant].served = serving.published(served, publication, minute)

    def _stop(self, entry: Seen) -> None:
        place = entry.body["grant"]
        served = self.grants[place].served
        serving.check_may_stop(self._room.agreement, served, place, entry.actor)
        served.closed = _minute(entry) if served.closed is None else served.closed
        served.stopped = True

    def _tally(self, entry: Seen) -> None:
        place, minute, questions = (entry.body[name] for name in ("grant", "minute", "questions"))
        grant = self.grants[place]
        counts = grant.sides[entry.actor]
        same_day = counts.latest // MINUTES_OF_DAY == minute // MINUTES_OF_DAY
        of_day = counts.of_day if same_day else 0
        tally = Tally(minute, questions, counts.latest, of_day, grant.waiting.get(minute))
        serving.check_tally(
            self._room.agreement, grant.served, place, entry.actor, tally, _minute(entry)
        )
        counts.latest, counts.of_day = minute, of_day + questions
        counts.questions += questions
        if grant.waiting.pop(minute, None) is None:
            grant.waiting[minute] = questions
        else:
            grant.agreed += questions


def _minute(entry: Seen) -> int:
    return entry.time // 1000 // MINUTE
