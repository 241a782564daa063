"""Say on which days events were, and notice where their days and months, or years, are others.

Excel takes 03/04/2026 for the fourth of March where its country writes so, and leaves days from 13
on as text; pandas does so cell by cell.  What comes of a month then is one day in many months.
"""

from __future__ import annotations

import re
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

_FAR, _FEWEST, _MOSTLY = 3 * 366, 2, 0.8
"""Days from most others, and how many such times, and what share of them, have to be swapped."""

_YEAR: Final = 31_556_952

_LOOKED_AT = 20_000
_AT_ONCE, _SHARE, _OTHERS, _AFTER = 10, 0.05, 10, 5
"""Times at one hour to the second that are too many: as rows, as a share of all, times those at
another hour, and times those of the five minutes after, when a sale that begins then goes on."""


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


def some_midnights(
    moments: Integers, zone: str | None, column: str
) -> Iterator[tuple[Concern, int]]:
    """Yield how many times are at the beginning of a day while others are not, as days alone are.

    It is that of the declared zone or of UTC; where each cell says its own, it may be any hour.
    """
    at = np.flatnonzero(moments % (_QUARTER * _SECOND) == 0)
    if not max(_AT_ONCE, _SHARE * len(moments)) <= len(at) < len(moments):
        return
    some = moments[at] // _SECOND
    for there in (zone, None) if zone else (None,):
        of_day = (some + _offsets(some, there)) % _DAY
        counts = np.bincount(of_day // _QUARTER, minlength=_DAY // _QUARTER)
        most = 0 if zone else int(counts.argmax())
        count, others = int(counts[most]), counts.sum() - counts[most]
        enough = count >= max(_AT_ONCE, _SHARE * len(moments), _OTHERS * others / 23)
        here = at[of_day == most * _QUARTER]
        if count < len(moments) and enough and count >= _AFTER * _soon(moments, moments[here]):
            hour = f"{most // 4:02}:{most % 4 * 15:02} {there or 'UTC'}"
            yield Concern("some-midnights", column, count, len(moments), hour), int(here[0])
            return


def one_instant(moments: Integers, zone: str | None, column: str) -> Iterator[tuple[Concern, int]]:
    """Yield how many times are one and the same, as a program stamps rows that it imports."""
    some = moments[:: len(moments) // _LOOKED_AT + 1]
    found, counts = np.unique(some, return_counts=True)
    if len(found) < _OTHERS:
        return
    before, most = np.argsort(counts)[-2:]
    rows = np.flatnonzero(moments == found[most])
    enough = len(rows) >= max(_AT_ONCE, _SHARE * len(moments))
    if enough and counts[most] >= _OTHERS * counts[before]:
        shown = times(found[most : most + 1], zone)
        at = f"{shown.first[:19].replace('T', ' ')} {shown.zone}" if shown else ""
        yield Concern("one-instant", column, len(rows), len(moments), at), int(rows[0])


def _soon(moments: Integers, begins: Integers) -> int:
    """Return how many instants are in the five minutes after the times of day of others."""
    day = _DAY * _SECOND
    of_day = moments % day
    after = ((of_day - one) % day for one in np.unique(begins % day))
    return sum(int(((one > 0) & (one <= 300 * _SECOND)).sum()) for one in after)


def swapped_years(
    moments: Integers, zone: str | None, pattern: str | None, column: str
) -> Iterator[tuple[Concern, int]]:
    """Yield the times years from most that are among them if day and year change places.

    ``26.04.03`` is in 2003 by ``%d.%m.%y``, and in 2026 where the year stands first.
    """
    if not {"%d", "%y"} <= {*re.findall("%.", pattern or "")} or not len(moments):
        return
    dates, rows = _dates(moments, zone)
    usual = dates[np.searchsorted(np.cumsum(rows), rows.sum() / 2)]
    far = np.abs((dates - usual).astype(np.int64)) > _FAR
    exchanged, near = _exchanged(dates[far]), dates[~far]
    among = (exchanged >= near.min()) & (exchanged <= near.max())
    count, of = int(rows[far][among].sum()), int(rows[far].sum())
    if count >= _FEWEST and count >= _MOSTLY * of and 2 * of < len(moments):
        days = dates[far][among].astype(np.int64)
        there = moments // (_DAY * _SECOND)
        first = int(np.argmax(np.isin(there, [days - 1, days, days + 1])))
        shown = str(dates[far][among][np.argmin(np.abs(days - there[first]))])
        yield Concern("swapped-years", column, count, len(moments), shown), first


def _exchanged(dates: npt.NDArray[np.datetime64]) -> npt.NDArray[np.datetime64]:
    """Return dates with the day for the last two digits of the year; 1970 for what is none."""
    months = dates.astype("datetime64[M]")
    years = months.astype("datetime64[Y]").astype(np.int64) + 1970
    days = (dates - months.astype(dates.dtype)).astype(np.int64) + 1
    other = ((2000 + days - years) * 12 + months.astype(np.int64)).astype("datetime64[M]")
    found = other.astype(dates.dtype) + (years % 100 - 1)
    right = (years % 100 > 0) & (found.astype("datetime64[M]") == other)
    none = np.datetime64("1970-01-01", "D")
    exchanged: npt.NDArray[np.datetime64] = np.where(right, found, none)
    return exchanged


def _dates(moments: Integers, zone: str | None) -> tuple[npt.NDArray[np.datetime64], Integers]:
    """Return the dates that clocks showed, and how many times are of each."""
    quarters = moments // (_QUARTER * _SECOND)
    if not len(quarters):
        return np.zeros(0, dtype="datetime64[D]"), np.zeros(0, dtype=np.int64)
    first = int(quarters.min())
    rows = np.bincount(quarters - first)
    found = np.flatnonzero(rows)
    seconds = (found + first) * _QUARTER
    seconds += _offsets(seconds, zone)
    dates, which = np.unique(seconds // _DAY, return_inverse=True)
    return dates.astype("datetime64[D]"), np.bincount(which, rows[found]).astype(np.int64)


def _offsets(seconds: Integers, zone: str | None) -> Integers:
    """Return by how many seconds the clocks of a zone were ahead of UTC, day by day."""
    if zone is None:
        return np.zeros(len(seconds), dtype=np.int64)
    # Clocks are set at night: noon tells where a day's are.
    there = find_zone(zone)
    known, which = np.unique(seconds // _DAY, return_inverse=True)
    noons = (datetime.fromtimestamp(day * _DAY + _DAY // 2, UTC) for day in known.tolist())
    away = [there.utcoffset(noon.astimezone(there)) for noon in noons]
    return np.array([int(one.total_seconds()) if one else 0 for one in away])[which]
