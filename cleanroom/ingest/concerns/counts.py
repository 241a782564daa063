"""Notice what counts of rows say: many unusable, of one person, out of range, below a blank."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from cleanroom.ingest.clock import YEAR_2000
from cleanroom.ingest.concerns.orders import FURTHER_ITEM
from cleanroom.ingest.masking import masked
from cleanroom.ingest.people import Integers, Named
from cleanroom.ingest.report import EMPTY_ROW, Concern, Fault

if TYPE_CHECKING:
    from cleanroom.ingest.spec import MeasureSpec

UNUSABLE_SHARE = 0.02
"""A greater share of unusable rows is a concern."""

CLAMPED_SHARE = 0.05
"""A greater share of numbers below, or above, the range of their measure is a concern."""

MANY_VALUES = 100
"""A label with more values is a concern: its groups are small."""

SHEETS = (1 << 16, 1 << 20)
"""Most rows of a sheet, its header included, in workbooks of old (.xls) and of today."""

LIMITS: Final = frozenset(
    [5_000, 10_000, 30_000, 50_000, 100_000, 150_000, 200_000, 500_000, 1_000_000]
)
"""Most rows that reports, shops and consoles of warehouses export at once."""

LISTS: Final = frozenset([1_000, 2_000])
"""Most rows of tools that show a table: by chance, or made up, many other files have as many."""

_SHARED_ROWS, _SHARED_SHARE, _SHARED_TIMES = 5, 0.01, 5
_CLOSING_ROWS, _OTHER_TABLES = 20, 3


def capped(rows: int, *, parquet: bool) -> Iterator[Concern]:
    """Yield that a file has just as many rows as a sheet holds, or as programs export at once."""
    if rows + 1 in SHEETS and not parquet:
        yield Concern("sheet", "", rows + 1, rows)
    elif rows in LIMITS or {rows, rows + 1} & {*SHEETS}:
        yield Concern("capped", "", rows, rows)


def listed(moments: Integers, rows: int) -> Iterator[tuple[Concern, int]]:
    """Yield that a file has as many rows as tools show, the newest first, and its last one."""
    newest_first = len(moments) > 1 and moments[0] > moments[-1] and (np.diff(moments) <= 0).all()
    if rows in LISTS and newest_first:
        yield Concern("capped", "", rows, rows), 0


def shared(people: Named, index: Integers) -> tuple[Concern, int] | None:
    """Return the identifier that far more rows share than others, and its first row."""
    if not people.count or people.single:
        return None
    has = people.person[people.person >= 0]
    counts = np.bincount(has, minlength=people.count)
    top, total = int(np.argmax(counts)), len(has)
    rows = int(counts[top])
    usual = total / len(counts)
    if rows < max(_SHARED_ROWS, _SHARED_SHARE * total, _SHARED_TIMES * usual):
        return None
    first = int(index[np.argmax(people.person == top)])
    return Concern("shared", "", rows, total, masked(people.values[top].as_py())), first


def closing(index: Integers, first: int | None) -> Iterator[tuple[Concern, int]]:
    """Yield how many usable rows stand below a blank line, if they are few: a report's last lines.

    ``index`` says which row of the file each usable row is, ``first`` which one is first there.
    """
    below = index[index >= first] if first is not None else index[:0]
    if 0 < len(below) <= _CLOSING_ROWS:
        yield Concern("closing", "", len(below), len(index)), int(below[0])


def other_table(index: Integers, worded: list[int]) -> Iterator[tuple[Concern, int]]:
    """Yield how many usable rows stand below one that has words where numbers should stand.

    ``worded`` are such rows; many are another fault.
    """
    if 0 < len(worded) <= _OTHER_TABLES:
        below = int(np.count_nonzero(index > worded[0]))
        if below:
            yield Concern("other-table", "", below, len(index)), worded[0]


def early(
    moments: npt.NDArray[np.int64], index: Integers, column: str
) -> Iterator[tuple[Concern, int]]:
    """Yield how many times lie before 2000, as numbers do that count from another year."""
    found = np.flatnonzero(moments < YEAR_2000 * 10**6)
    if len(found):
        yield Concern("early", column, len(found), len(moments)), int(index[found[0]])


def out_of_range(
    values: Integers, measure: MeasureSpec, index: Integers
) -> Iterator[tuple[Concern, int]]:
    """Yield how many numbers lie below and above their range, if these are a greater share."""
    column, few = measure.column, CLAMPED_SHARE * len(values)
    low = np.flatnonzero(values < measure.scaled_min)
    high = np.flatnonzero(values > measure.scaled_max)
    if len(low) > few:
        least = str(measure.min)
        yield Concern("below-range", column, len(low), len(values), least), int(index[low[0]])
    if len(high) > few:
        most = str(measure.max)
        yield Concern("above-range", column, len(high), len(values), most), int(index[high[0]])


def of_counts(
    faults: Iterable[Fault], rows: int, domains: dict[str, int], kept: int
) -> Iterator[Concern]:
    """Yield what the counts of a file say; empty rows, which may be most of it, say nothing."""
    rows -= sum(one.rows for one in faults if one.reason == EMPTY_ROW)
    said = (EMPTY_ROW, FURTHER_ITEM)
    unusable = sum(one.rows for one in faults if not one.reason.endswith(said))
    if rows and unusable / rows > UNUSABLE_SHARE:
        yield Concern("unusable", "", unusable, rows)
    for name, values in domains.items():
        if values > MANY_VALUES:
            yield Concern("many-values", name, values, kept)
