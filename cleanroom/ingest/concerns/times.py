"""Say on which days events were, and notice where their days and months, or years, are others.

Excel takes 03/04/2026 for the fourth of March where its country writes so, and leaves days from 13
on as text; pandas does so cell by cell.  What comes of a month then is one day in many months.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

import numpy as np
import numpy.typing as npt

from cleanroom.ingest.clock import YEAR_2000, find_zone
from cleanroom.ingest.people import Integers
from cleanroom.ingest.report import Concern, Times

_QUARTER, _DAY, _SECOND = 900, 86_400, 10**6
_ENOUGH, _SPREAD = 20, 3
"""Rows with days that may be months, and the months that they have to be in."""

_MONTHS_MEANT, _MONTHS_ALONE = 6, 2
"""Most months that were meant; without a day from 13 on to tell them, fewer."""

_TIMES_AGAIN: Final = 1.5
"""Events of a person from which on they are due every month."""

_OLD_YEARS: Final = 10
"""Reiwa's years are 18 behind in two digits, those of the Republic of China 11."""

_YEAR: Final = 31_556_952


def times(moments: Integers, zone: str | None) -> Times | None:
    """Return the first and the last of some instants (microseconds) by the clocks of a zone."""
    if not len(moments):
        return None
    there = find_zone(zone) if zone else UTC
    first, last = (
        datetime.fromtimestamp(int(one) // _SECOND, UTC).astimezone(there).isoformat()
        for one in (moments.min(), moments.max())
    )
    return Times(first, last, zone or "UTC")


def old(moments: Integers, column: str) -> Iterator[tuple[Concern, int]]:
    """Yield that all times lie many years back; those before 2000 are told of elsewhere."""
    before = (int(time.time()) - _OLD_YEARS * _YEAR) * _SECOND
    if len(moments) and YEAR_2000 * _SECOND <= moments.max() < before:
        last = str(np.datetime64(int(moments.max()), "us"))[:10]
        yield Concern("old", column, len(moments), len(moments), last), 0


def swapped(
    moments: Integers, zone: str | None, column: str, people: int
) -> Iterator[tuple[Concern, int]]:
    """Yield that days up to 12 are the numbers of few months, and their months many.

    Where no later day tells the months that were meant, events that come again for the same
    ``people`` may be due on one day of each month.
    """
    dates, rows = _dates(moments, zone)
    months = dates.astype("datetime64[M]").astype(np.int64) % 12 + 1
    days = (dates - dates.astype("datetime64[M]").astype(dates.dtype)).astype(np.int64) + 1
    either = days <= 12
    meant = np.unique(months[~either]) if (~either).any() else np.unique(days[either])
    alone = bool(either.all())
    few = len(meant) <= (_MONTHS_ALONE if alone else _MONTHS_MEANT)
    beside = ~np.isin(months, meant)
    count, others = int(rows[beside].sum()), len(np.unique(months[beside]))
    if not few or others < _SPREAD or count < _ENOUGH or not np.isin(days[beside], meant).all():
        return
    if alone and (np.ptp(meant) >= len(meant) or rows.sum() > _TIMES_AGAIN * people):
        return
    yield Concern("swapped", column, count, len(moments), ", ".join(map(str, meant.tolist()))), 0


def _dates(moments: Integers, zone: str | None) -> tuple[npt.NDArray[np.datetime64], Integers]:
    """Return the dates that clocks showed, and how many times are of each."""
    quarters = moments // (_QUARTER * _SECOND)
    if not len(quarters):
        return np.zeros(0, dtype="datetime64[D]"), np.zeros(0, dtype=np.int64)
    first = int(quarters.min())
    rows = np.bincount(quarters - first)
    found = np.flatnonzero(rows)
    seconds = (found + first) * _QUARTER
    if zone:
        # Clocks are set at night: noon tells where a day's are.
        there, days = find_zone(zone), seconds // _DAY
        known, which = np.unique(days, return_inverse=True)
        noons = (datetime.fromtimestamp(day * _DAY + _DAY // 2, UTC) for day in known.tolist())
        away = [there.utcoffset(noon.astimezone(there)) for noon in noons]
        seconds += np.array([int(one.total_seconds()) if one else 0 for one in away])[which]
    dates, which = np.unique(seconds // _DAY, return_inverse=True)
    return dates.astype("datetime64[D]"), np.bincount(which, rows[found]).astype(np.int64)
