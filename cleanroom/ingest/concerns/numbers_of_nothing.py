"""Notice numbers of a measure that a spreadsheet has made of others, or that say 'no answer'."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import numpy as np

from cleanroom.ingest.people import Integers
from cleanroom.ingest.report import Concern

if TYPE_CHECKING:
    from cleanroom.ingest.spec import MeasureSpec

_DAYS: Final = (40_000, 60_000)
"""Days since 1900 of the years 2009 to 2064, as spreadsheets count them."""

_TIMES, _SHARE = 100, 0.2
"""How many times the other numbers a day number is at least, and the greatest share of such."""

_CODES: Final = tuple(-int(sign * size) for sign in "89" for size in range(2, 7))

_ENOUGH, _TENTH, _HUNDRED = 10, 0.1, (40, 250)
"""Numbers of a size that tell, the share of them that may be of the other, and how many times
those are greater that were counted in hundredths."""

REPLACES: Final = {
    "day-numbers": "above-range",
    "no-answer": "below-range",
    "hundredths": "above-range",
    "cents": "above-range",
}
"""What need not be said of a measure any more, by what says it better."""


def no_amounts(values: Integers, measure: MeasureSpec) -> Iterator[tuple[Concern, int]]:
    """Yield how many numbers of a measure, one for each row, are none, and the first such row."""
    yield from _day_numbers(values, measure)
    yield from _codes(values, measure)
    yield from _hundredths(values, measure)


def _day_numbers(values: Integers, measure: MeasureSpec) -> Iterator[tuple[Concern, int]]:
    """Yield the whole numbers among small ones that stand for dates; round ones are amounts."""
    unit = 10**measure.decimals
    found = (values >= _DAYS[0] * unit) & (values < _DAYS[1] * unit) & (values % unit == 0)
    days, others = values[found], values[~found]
    if not 0 < len(days) <= _SHARE * len(values) or len(np.unique(days)) == 1:
        return
    near = int(np.abs(others).max()) * _TIMES > int(days.min())
    if near or not (others % unit).any() or not (days % (100 * unit)).any():
        return
    told = f"{int(days.min()) // unit}-{int(days.max()) // unit}"
    concern = Concern("day-numbers", measure.column, len(days), len(values), told)
    yield concern, int(np.argmax(found))


def _hundredths(values: Integers, measure: MeasureSpec) -> Iterator[tuple[Concern, int]]:
    """Yield the whole numbers that are about 100 times the others: cents among euros."""
    unit = 10**measure.decimals
    whole, parts = values[values % unit == 0], values[(values > 0) & (values % unit != 0)]
    whole = whole[whole > 0]
    if measure.decimals < 2 or min(len(whole), len(parts)) < _ENOUGH:
        return
    times = float(np.median(whole)) / float(np.median(parts))
    apart = np.quantile(whole, _TENTH) > np.quantile(parts, 1 - _TENTH)
    round_ones = np.count_nonzero(whole % (10 * unit) == 0)
    if _HUNDRED[0] < times < _HUNDRED[1] and apart and 2 * round_ones < len(whole):
        found = (values % unit == 0) & (values > int(parts.max()))
        told = str(round(times))
        rows = int(np.count_nonzero(found))
        yield Concern("hundredths", measure.column, rows, len(values), told), int(np.argmax(found))


def _codes(values: Integers, measure: MeasureSpec) -> Iterator[tuple[Concern, int]]:
    """Yield the negative numbers that are all one code; a refund would have its purchase."""
    below = np.flatnonzero(values < 0)
    if len(below) < 2 or len(np.unique(values[below])) > 1:
        return
    code, unit = int(values[below[0]]), 10**measure.decimals
    if code % unit == 0 and code // unit in _CODES and not (values == -code).any():
        told = str(code // unit)
        yield Concern("no-answer", measure.column, len(below), len(values), told), int(below[0])
