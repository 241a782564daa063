"""Notice levels that stand in a list day by day, or month by month: no two of them can be added.

A balance, or an amount so far, stands once for each person and each of a few days in a column that
is not read.  Amounts of a month look the same, but do not rise for everybody, month after month.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

import numpy as np

from cleanroom.ingest.people import Integers, People
from cleanroom.ingest.report import Concern

if TYPE_CHECKING:
    from cleanroom.isolated.unread import Counts

_YEAR = "(?:19|20)[0-9]{2}"
_DATE: Final = re.compile(
    rf"{_YEAR}[-/.年]?(?:0?[1-9]|1[0-2])(?:月|[-/.月]?[0-9]{{1,2}}日?)?(?:[ T]00:00.*)?|"
    rf"[0-9]{{1,2}}[-/.][0-9]{{1,2}}[-/.]{_YEAR}|{_YEAR}[- ]?[QW][0-9]{{1,2}}|"
    rf"(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[-. ](?:{_YEAR}|[0-9]{{2}})"
)
_LEVEL: Final = re.compile(
    r"(?i)balance|life.?time|(?:^|_)c?ltv(?:_|$)|cumul|kumul|acumul|running|to.?date|(?:^|_)ytd"
    r"|kontostand|guthaben|saldo|solde|累计|累積|累计|余额|餘額|结余|存量|残高|누적|잔액"
)
"""Names of measures that are levels."""

_PEOPLE, _HALF, _DATES = 10, 0.5, 3
_ALL, _FURTHER, _OWN = 0.98, 1.2, 0.3
"""Shares of people who rise; of their steps, one for each at least; and of their last values."""

_SAMPLE = 500


def snapshots(
    column: str, values: Integers, people: People, others: Mapping[str, Counts | None]
) -> Iterator[tuple[Concern, int]]:
    """Yield how many people have a level for each day of a column, and a row of the first.

    ``others`` are the columns that are not read, with their few values.
    """
    rows = np.bincount(people.person, minlength=people.count)
    if people.count < _PEOPLE or rows.max() < 2:
        return
    for name, found in others.items():
        days = [value for value in found or () if value]
        panel = rows.max() <= len(days) and np.count_nonzero(rows == len(days)) >= _HALF * len(rows)
        if panel and all(map(_DATE.fullmatch, days)):
            if _LEVEL.search(column) or (len(days) >= _DATES and _rise(values, people)):
                first = int(np.argmax(rows[people.person] > 1))
                several = int(np.count_nonzero(rows > 1))
                yield Concern("snapshots", column, several, people.count, name), first
            return


def _rise(values: Integers, people: People) -> bool:
    """Tell whether the values of nearly all people rise, or fall, from row to row.

    Not if the whole list is in the order of its values; a price that was raised once is none.
    """
    steps = np.diff(values)
    if (steps >= 0).all() or (steps <= 0).all():
        return False
    order = np.argsort(people.person, kind="stable")
    person, sorted_values = people.person[order], values[order]
    inside = person[1:] == person[:-1]
    steps, of = np.diff(sorted_values)[inside], person[1:][inside]
    up, down = (np.bincount(of[way], minlength=people.count) for way in (steps > 0, steps < 0))
    moving = (up > 0) | (down > 0)
    count = int(np.count_nonzero(moving))
    one_way = max(int(np.count_nonzero(moving & (other == 0))) for other in (up, down))
    if count < _PEOPLE or one_way < _ALL * count or up.sum() + down.sum() < _FURTHER * count:
        return False
    ends = sorted_values[np.append(np.flatnonzero(~inside), len(person) - 1)]
    some = ends[moving][:_SAMPLE]
    return len(np.unique(some)) >= _OWN * len(some)
