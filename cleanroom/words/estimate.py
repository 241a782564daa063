"""Say what a number of an answer is worth: exact, an estimate, or a bound on the truth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Bound = Literal["exact", "estimate", "range", "lower", "upper", "unknown"]
"""What is known of the truth.  An ``estimate`` has an interval that holds it with 95 %.  Where
something is held back or cut off there is a ``range``, or a ``lower`` or ``upper`` bound alone;
with noise, each end of these holds with 97.5 %.  ``unknown`` says nothing."""

Interval = tuple[float, float]
Ends = tuple[float | None, float | None]
"""The least and the most that the truth can be; None where that side is open."""


@dataclass(frozen=True)
class Estimate:
    """One number of an answer with what is known of its truth.

    ``unit`` says what is counted.  ``bounds`` are there where the value alone would mislead: then
    it is what was released, and the truth lies within the bounds.
    """

    value: float | None
    unit: str = "number"
    sd: float | None = None
    interval: Interval | None = None
    bounds: Ends | None = None

    @property
    def bound(self) -> Bound:
        """Return what is known of the truth; bounds that the interval has as well add nothing."""
        if self.bounds is not None and self.bounds not in (self.interval, (self.value, self.value)):
            low, high = self.bounds
            if low is None:
                return "unknown" if high is None else "upper"
            return "lower" if high is None else "range"
        if self.value is None:
            return "unknown"
        return "estimate" if self.interval and self.interval[0] < self.interval[1] else "exact"

    @property
    def low(self) -> float | None:
        """Return the least that the truth can be, None if nothing is known."""
        if self.bounds is not None:
            return self.bounds[0]
        return self.interval[0] if self.interval else self.value

    @property
    def high(self) -> float | None:
        """Return the most that the truth can be, None if nothing is known."""
        if self.bounds is not None:
            return self.bounds[1]
        return self.interval[1] if self.interval else self.value

    def fields(self, name: str) -> dict[str, Any]:
        """Return the number, and what belongs to it, as fields of a result."""
        found: dict[str, Any] = {name: self.value}
        if self.sd is not None:
            found[f"{name}_sd"] = self.sd
        if self.interval is not None:
            found[f"{name}_interval"] = list(self.interval)
        if self.bounds is not None:
            found[f"{name}_bounds"] = list(self.bounds)
        return found

    @classmethod
    def read(cls, entry: Mapping[str, Any], name: str, unit: str = "number") -> Estimate:
        """Return the number that ``fields`` wrote under a name; unknown if there is none."""
        sd, interval, bounds = (entry.get(name + end) for end in ("_sd", "_interval", "_bounds"))
        return cls(
            entry.get(name),
            unit,
            sd,
            (interval[0], interval[1]) if interval else None,
            (bounds[0], bounds[1]) if bounds else None,
        )


def leads(best: Estimate, others: Iterable[Estimate]) -> bool:
    """Tell whether a number is beyond doubt larger than each of the others."""
    low = best.low
    return low is not None and all(one.high is not None and one.high < low for one in others)


def leading(shown: Sequence[Estimate], rivals: Iterable[Estimate] = ()) -> int | None:
    """Return the place of the number that is beyond doubt the largest, None if none is.

    ``rivals`` are what is not shown and may be larger.  One number without a rival leads nobody.
    """
    if not shown or any(one.low is None for one in shown):
        return None
    best = max(range(len(shown)), key=lambda at: shown[at].low or 0)
    others = [*shown[:best], *shown[best + 1 :], *rivals]
    return best if others and leads(shown[best], others) else None
