"""See in rows that stand in the order of time how often their clock goes back within a day.

A clock of twelve hours goes from 12:59 to 01:00 twice a day, one of twenty-four never.  In rows of
another order it goes back as often as forth.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from cleanroom.ingest.people import Integers

_LEAST, _A_DAY, _SHARE = 5, 2, 0.3
"""Turns that say something, most of them in a day, and their share of the pairs of rows."""


@dataclass
class Turns:
    """Count pairs of rows of one day, and those in which the later, or the earlier, time is first.

    ``rising`` and ``falling`` say that no day stands below a later, or above one; ``first`` and
    ``last`` are the first and the last time, -1 for none.
    """

    first: int = -1
    last: int = -1
    rising: bool = True
    falling: bool = True
    days: int = 0
    pairs: int = 0
    drops: int = 0
    rises: int = 0

    def add(self, local: Integers, day: int) -> None:
        """Look at further rows: what clocks showed, in seconds, of which a ``day`` has so many."""
        times = local if self.last < 0 else np.concatenate([[self.last], local])
        days, steps = np.diff(times // day), np.diff(times)
        same = days == 0
        self.rising &= bool((days >= 0).all())
        self.falling &= bool((days <= 0).all())
        self.days += int(np.count_nonzero(~same))
        self.pairs += int(np.count_nonzero(same))
        self.drops += int(np.count_nonzero(same & (steps < 0)))
        self.rises += int(np.count_nonzero(same & (steps > 0)))
        self.first = int(times[0]) if self.first < 0 else self.first
        self.last = int(times[-1])

    def absorb(self, document: Mapping[str, Any], day: int) -> None:
        """Add what was seen of rows further below."""
        more = Turns(**document)
        if more.first < 0:
            return
        self.add(np.array([more.first]), day)
        self.rising &= more.rising
        self.falling &= more.falling
        self.days += more.days
        self.pairs += more.pairs
        self.drops += more.drops
        self.rises += more.rises
        self.last = more.last

    def document(self) -> dict[str, Any]:
        """Return all that was counted, in plain values."""
        return asdict(self)

    @property
    def are_of_twelve_hours(self) -> bool:
        """Tell whether the clock went back, as one of twelve hours does, in rows of an order."""
        turns = self.drops if self.rising else self.rises
        ordered = self.rising != self.falling and turns <= _SHARE * self.pairs
        return ordered and _LEAST <= turns <= _A_DAY * (self.days + 1)
