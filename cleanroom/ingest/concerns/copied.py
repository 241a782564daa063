"""Notice amounts that a list has several times: pasted again, or repeated by a join.

Where they are added up, each counts so often.  People who paid the same again and again look alike,
so that either all amounts of all people stand there equally often, or each person has one amount
of its own in every row.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from cleanroom.ingest.people import Integers, People
from cleanroom.ingest.report import Concern

_SHARE, _OWN, _LEAST = 0.7, 0.3, 4
"""Shares of people, and of amounts that are one person's, that tell; and the least people."""

_NEAR, _MOST = 0.25, 0.6
"""How far from the usual one an interval may be, and the share of such that is regular."""

_SO_FAR = re.compile(
    r"(?i)total.?spen[dt]|life.?time|(?:^|[_ ])c?ltv(?:[_ ]|$)|to.?date|累计|累積|누적"
)
"""Names of sums of all that somebody has bought."""

_SEED, _ORDERS, _SAMPLE = 20_260_604, 8, 5_000


def copied(
    column: str, values: Integers, people: People, *, single: bool = False
) -> Iterator[tuple[Concern, int]]:
    """Yield how many people have the same values several times, and a row of the first.

    Where rows are told apart (``single``), as invoices are, few amounts are those of subscriptions.
    """
    rows = np.bincount(people.person, minlength=people.count)
    several = rows > 1
    if people.count == 0 or not several.any() or not values.any():
        return
    times = _every_value(values, people.person, rows)
    if times > 1 and not (single and len(np.unique(values)) < _OWN * people.count):
        yield Concern("copied", column, people.count, people.count, str(times)), 0
        return
    if not _is_likely(values, people.person, several):
        return
    alike = _alike(values, people) & several
    if alike.sum() <= _SHARE * several.sum():
        return
    random = np.random.default_rng(_SEED)
    chance = _alike(random.permutation(values), people) & several
    found, expected, of = (int(marks.sum()) for marks in (alike, chance, several))
    if found - expected <= max(_SHARE * (of - expected), _LEAST):
        return
    amounts = values[people.first_rows()[alike]]
    if len(np.unique(amounts)) >= _OWN * found:
        usual = int(np.argmax(np.bincount(rows[alike])))
        first = int(np.argmax(alike[people.person]))
        yield Concern("copied", column, found, of, str(usual)), first


def of_customers(
    column: str, values: Integers, people: People, moments: Integers
) -> Iterator[tuple[Concern, int]]:
    """Yield how many people have an amount of their own in each of their events, and a first row.

    What somebody pays at equal intervals, such as a premium, is no sum of all their orders, unless
    the column is named so.
    """
    rows = np.bincount(people.person, minlength=people.count)
    if people.count == 0 or not (rows > 1).any() or not _is_likely(values, people.person, rows > 1):
        return
    order = np.lexsort((moments, people.person))
    inside = np.diff(people.person[order]) == 0
    gaps = np.diff(moments[order])[inside]
    later = people.person[order][1:][inside][gaps > 0]
    several = np.bincount(later, minlength=people.count) > 0
    alike = _alike(values, people) & several
    if not several.any() or alike.sum() <= max(_SHARE * several.sum(), _LEAST):
        return
    gaps = gaps[gaps > 0]
    usual = np.median(gaps)
    regular = np.count_nonzero(np.abs(gaps - usual) < _NEAR * usual) > _MOST * len(gaps)
    own = len(np.unique(values[people.first_rows()[alike]])) >= _OWN * alike.sum()
    if own and (_SO_FAR.search(column) or not regular):
        first = int(np.argmax(alike[people.person]))
        yield Concern("of-customers", column, int(alike.sum()), int(several.sum())), first


def _is_likely(values: Integers, person: Integers, several: npt.NDArray[np.bool_]) -> bool:
    """Tell whether some of the people with several rows have one value: most lists have none."""
    some = np.flatnonzero(several)[:_SAMPLE]
    chosen = np.zeros(len(several), dtype=np.bool_)
    chosen[some] = True
    rows = np.flatnonzero(chosen[person])
    known = People(np.searchsorted(some, person[rows]), len(some))
    return bool(2 * _alike(values[rows], known).sum() > _SHARE * len(some))


def _every_value(values: Integers, person: Integers, rows: Integers) -> int:
    """Return how often every value of every person stands there at least; 1 if that is chance."""
    if rows.min() < 2 or int(np.gcd.reduce(rows)) < 2:
        return 1
    times = _common(values, person)
    random = np.random.default_rng(_SEED)
    chance = (_common(random.permutation(values), person) for _ in range(_ORDERS))
    return 1 if times > 1 and any(one > 1 for one in chance) else times


def _common(values: Integers, person: Integers) -> int:
    """Return the greatest common divisor of how often each person has each value."""
    order = np.lexsort((values, person))
    one, other = values[order], person[order]
    begins = np.flatnonzero((one[1:] != one[:-1]) | (other[1:] != other[:-1])) + 1
    return int(np.gcd.reduce(np.diff(np.concatenate([[0], begins, [len(values)]]))))


def _alike(values: Integers, people: People) -> npt.NDArray[np.bool_]:
    """Return which people have one value, not zero, in all their rows."""
    first = values[people.first_rows()]
    other = values != first[people.person]
    others = np.bincount(people.person, weights=other, minlength=people.count)
    alike: npt.NDArray[np.bool_] = (others == 0) & (first != 0)
    return alike
