"""Notice times that are others than were meant: early, old, of another zone, without an hour."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cleanroom.ingest.clock import DAYS
from cleanroom.ingest.concerns.counts import early, listed
from cleanroom.ingest.concerns.names_of_columns import zone, zone_beside
from cleanroom.ingest.concerns.rounding import from_1904
from cleanroom.ingest.concerns.times import old, one_instant, some_midnights, swapped, swapped_years
from cleanroom.ingest.people import Integers
from cleanroom.ingest.report import Concern

if TYPE_CHECKING:
    from cleanroom.ingest.collected import Collected
    from cleanroom.ingest.rows import Rows
    from cleanroom.ingest.source import Source
    from cleanroom.ingest.spec import TimeSpec


def of_times(
    time: TimeSpec, source: Source, read: Collected, rows: Rows, moments: Integers
) -> Iterator[tuple[Concern, int]]:
    """Yield what is odd about the times (microseconds) of the kept rows, with rows of the file."""
    index = rows.index[rows.kept]
    yield from read.days.concerns(time.column)
    yield from early(moments, index, time.column)
    if not rows.single:
        yield from listed(moments, read.rows + source.kept.left_out)
        yield from old(moments, time.column)
        yield from swapped(moments, time.zone, time.column, rows.people.count)
        for concern, row in swapped_years(moments, time.zone, time.format, time.column):
            yield concern, int(index[row])
    for look in (some_midnights, one_instant):
        for concern, row in look(moments, time.zone, time.column):
            yield concern, int(index[row])
    if read.midnights and (read.midnights.local or time.format):
        yield from zone(time.column, time.zone, moments)
        beside = source.others | source.split
        yield from zone_beside(time.column, time.zone, moments, beside)
    if time.format == DAYS:
        yield from from_1904(moments, index, time.column)
    if read.midnights:
        yield from read.midnights.concerns(time.column, source.others)
