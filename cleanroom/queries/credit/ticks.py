"""Turn instants and durations into the whole ticks in which a job reckons.

Instants are int64 microseconds since the Unix epoch, durations whole microseconds.  A clock asks
about conversions in ``[start, end)`` and knows nothing of dates.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cleanroom.errors import InvalidInput

I64 = npt.NDArray[np.int64]

SECOND = 1_000_000
_UNITS = {
    "us": 1,
    "ms": 1_000,
    "s": SECOND,
    "m": 60 * SECOND,
    "h": 3_600 * SECOND,
    "d": 86_400 * SECOND,
    "w": 7 * 86_400 * SECOND,
}
_DURATION = re.compile(r"([0-9]{1,9})(us|ms|s|m|h|d|w)", re.ASCII)

MAXIMUM_DEPTH = 40
"""Most levels above a tick: 2^40 ticks are 34,000 years of seconds, or twelve days of
microseconds; a row of the brand carries one token per level."""

MAXIMUM_REACH = 1 << 40
"""A longer window qualifies everything that any job reads."""


def parse_duration(text: str) -> int:
    """Return the microseconds of "7d", "24h", "30m", "1s" (also w, ms, us).

    One whole number and one unit, nothing else: no sign, no blank, no fraction.  A negative
    duration is an input error like any other text.
    """
    found = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise InvalidInput(
            f"{text!r} is not a duration: write a number and a unit, such as 7d or 30m"
        )
    return int(found[1]) * _UNITS[found[2]]


@dataclass(frozen=True)
class Clock:
    """Count ticks of ``resolution`` from ``start``; conversions before ``end`` are asked about.

    All three are microseconds.  The last tick may reach past ``end``.  Raise ``InvalidInput`` if
    there is no tick at all, or more than 2^40.
    """

    start: int
    end: int
    resolution: int = SECOND

    def __post_init__(self) -> None:
        if self.resolution <= 0:
            raise InvalidInput("the resolution must be longer than zero")
        if self.end <= self.start:
            raise InvalidInput("the end must come after the start")
        if self.depth > MAXIMUM_DEPTH:
            raise InvalidInput("too many ticks: choose a coarser resolution or a shorter time")

    @property
    def ticks(self) -> int:
        """Return N, the number of ticks in which a conversion can fall."""
        return -((self.start - self.end) // self.resolution)

    @property
    def depth(self) -> int:
        """Return D = ceil(log2 N): the root of the dyadic tree over the ticks is at level D."""
        return (self.ticks - 1).bit_length()

    def tick(self, times: I64) -> I64:
        """Return floor((t - start) / resolution), negative before the start."""
        return np.floor_divide(np.asarray(times, dtype=np.int64) - self.start, self.resolution)

    def asked(self, times: I64) -> npt.NDArray[np.bool_]:
        """Mark the conversions in ``[start, end)``."""
        return (times >= self.start) & (times < self.end)

    def reach(self, window: int, strict: bool) -> int:
        """Return the largest difference in ticks at which a touch still qualifies, 0 for never.

        A difference of d ticks qualifies if d >= 1 and d * resolution is at most the window
        (``strict``: less than it).  The window need not be a multiple of the resolution.
        """
        if window < 0:
            raise InvalidInput("a window cannot be negative")
        longest = -(-window // self.resolution) - 1 if strict else window // self.resolution
        return min(max(longest, 0), MAXIMUM_REACH)
