"""What one side's own home knows of the questions under each grant: how many, how quick, how near.

Nothing of it is told to anybody: how many of those who were asked about are customers is known to
the platform alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cleanroom.agent.rooms import Room
from cleanroom.agent.serving.counts import Minute
from cleanroom.agent.serving.publish import counts_of, standing
from cleanroom.documents.serving import ServingTerms
from cleanroom.room.serving import NEAR_QUOTA

SHOWN_MINUTES = 15


@dataclass(frozen=True)
class Figures:
    """One grant: what the mediator says of it, and what this home counted."""

    place: int
    party: str
    terms: ServingTerms
    number: int
    ended: bool
    waiting: int
    today: int
    minutes: tuple[Minute, ...]

    @property
    def share(self) -> float:
        """Return the share of the day's quota that is used."""
        return self.today / self.terms.per_day

    @property
    def near(self) -> bool:
        """Tell whether the day's quota is nearly used up."""
        return is_near(self.share)

    @property
    def hit_rate(self) -> float | None:
        """Return the share of hits among the answers of the minutes shown, None without any."""
        answered = sum(one.questions for one in self.minutes)
        return sum(one.hits for one in self.minutes) / answered if answered else None


def is_near(share: float) -> bool:
    """Tell whether a share of the day's quota leaves so little that somebody should know."""
    return share >= NEAR_QUOTA


def figures(room: Room, now: float) -> list[Figures]:
    """Return the figures of all grants of serving that this party is a side of."""
    stands, counts = {one["grant"]: one for one in standing(room)}, counts_of(room)
    nothing: dict[str, Any] = {"number": 0, "stopped": False, "closed": None, "waiting": ()}
    found = []
    for place, grant in enumerate(room.agreement.grants):
        if grant.serving is None or room.own.name not in (grant.party, grant.serving.platform):
            continue
        at = stands.get(place, nothing)
        found.append(
            Figures(
                place,
                grant.party,
                grant.serving,
                at["number"],
                at["stopped"] or at["closed"] is not None,
                len(at["waiting"]),
                counts.asked(place, now),
                tuple(counts.recent(place, SHOWN_MINUTES)),
            )
        )
    return found
