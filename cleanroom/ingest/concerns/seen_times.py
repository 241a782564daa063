"""Notice local times that a wrong pattern or an export has taken the half of a day, or more, from.

Programs write ``hh`` where ``HH`` was meant, or ``MM`` where minutes were; a day's midnight becomes
one other hour when it is told in another zone; and an export may stamp all rows alike.  A file
that has none of this is left alone after its first few rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from cleanroom.ingest.clock import find_zone
from cleanroom.ingest.concerns.turns import Turns
from cleanroom.ingest.identifiers.nothing import bare
from cleanroom.ingest.identifiers.words import words_in
from cleanroom.ingest.people import Integers
from cleanroom.ingest.report import Concern
from protocols.deferred import Deferred

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc

    from cleanroom.isolated.unread import Counts
else:
    pa = Deferred("pyarrow")
    pc = Deferred("pyarrow.compute")

_FIRST = 64
"""Rows of a block, spread over it, after which most files are left alone."""

_HALF_ROWS, _UTC_ROWS, _HALF_HOURS, _MONTH_ROWS, _ALIKE_ROWS = 60, 200, 11, 50, 20
"""Times that tell: in UTC a day of business of another place may lie between 1 and 13 hours.

Of rows in the order of time fewer do, if the clock goes back within days.
"""

_HALVED_ROWS, _MONTH_HOURS, _MONTH_SECONDS = 5, 6, 10
_MORNING = sum(1 << hour for hour in range(1, 13))
_BEFORE_NOON = words_in("am|a.m|a. m|上午|午前|오전|凌晨|早上|早晨|清晨|sáng")
_AFTER_NOON = words_in("pm|p.m|p. m|下午|午後|오후|中午|晚上|傍晚|chiều")
_HOUR, _DAY = 3600, 86_400
_WRITTEN = r"^\s*([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2}(:[0-9]{2})?)(\D.*)?$"


class Hours:
    """Watch what the clocks showed by which times were taken."""

    def __init__(self, zone: str | None, *, halved: bool = False) -> None:
        """Take the zone of local times; None if each cell says its own.

        ``halved`` says that each cell says which half of its day is meant.
        """
        self._zone = find_zone(zone) if zone else None
        self._rows = self._hours = self._months = self._seconds = 0
        self._half, self._monthly, self._away = not halved, True, False
        self._turns = Turns()
        self._days: tuple[int, int] | None = None
        self._alike: dict[int, tuple[int, int]] | None = {}
        """Times of day, in seconds, with their first and last day; None if there are many."""

    def add(self, cells: pa.Array, moments: Integers) -> None:
        """Look at usable cells, and what instants they are in microseconds since 1970."""
        self._rows += len(moments)
        if not len(moments) or not self._watching:
            return
        self._see(cells, moments, np.unique(np.linspace(0, len(moments) - 1, _FIRST, dtype=int)))
        if self._watching:
            local = self._see(cells, moments, np.arange(len(moments)))
            if self._half:
                self._turns.add(local, _DAY)

    @property
    def _watching(self) -> bool:
        return self._half or self._monthly or self._alike is not None

    def _see(self, cells: pa.Array, moments: Integers, rows: Integers) -> Integers:
        """Look at some rows; return what their clocks showed, in seconds."""
        local, known = self._local(cells.take(pa.array(rows)), moments[rows])
        days, seconds = np.divmod(local, _DAY)
        self._days = _span(self._days, (int(days.min()), int(days.max())))
        self._hours |= _bits(seconds // _HOUR)
        self._half &= known and not self._hours & ~_MORNING
        self._away |= bool((local != moments[rows] // 10**6).any())
        self._seconds |= _bits(seconds % 60)
        months = local.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64) % 12 + 1
        self._months |= _bits(months)
        self._monthly &= bool((seconds // 60 % 60 == months).all())
        found, which = np.unique(seconds, return_inverse=True)
        for place, second in enumerate(found.tolist()) if len(found) <= 2 else ():
            some = days[which == place]
            self._add_alike(second, (int(some.min()), int(some.max())))
        if len(found) > 2:
            self._alike = None
        return local

    def _local(self, cells: pa.Array, moments: Integers) -> tuple[Integers, bool]:
        """Return what clocks showed, in seconds, and whether these were those of the place."""
        if pa.types.is_string(cells.type) and (
            pc.all(pc.match_substring_regex(cells, _WRITTEN)).as_py()
        ):
            written = pc.replace_substring_regex(cells, _WRITTEN, r"\1 \2")
            try:
                found = written.cast(pa.timestamp("s")).cast(pa.int64())
            except pa.ArrowInvalid:  # 24:00
                pass
            else:
                return found.to_numpy(), True
        seconds = moments // 10**6
        if self._zone is None:
            return seconds, False
        hours, which = np.unique(seconds // _HOUR, return_inverse=True)
        away = [
            datetime.fromtimestamp(hour * _HOUR, UTC).astimezone(self._zone).utcoffset()
            for hour in hours.tolist()
        ]
        offsets = np.array([int(one.total_seconds()) if one else 0 for one in away])
        return seconds + offsets[which], True

    def _add_alike(self, second: int, days: tuple[int, int]) -> None:
        if self._alike is None:
            return
        self._alike[second] = _span(self._alike.get(second), days)
        if len(self._alike) > 2:
            self._alike = None

    def document(self) -> dict[str, Any]:
        """Return all that was seen, in plain values."""
        return {
            "rows": self._rows,
            "hours": self._hours,
            "half": self._half,
            "turns": self._turns.document(),
            "away": self._away,
            "seconds": self._seconds,
            "months": self._months,
            "monthly": self._monthly,
            "days": self._days,
            "alike": None if self._alike is None else [[*one] for one in self._alike.items()],
        }

    def absorb(self, document: Mapping[str, Any]) -> None:
        """Add what was seen of other rows."""
        if document["days"] is None:
            return
        self._rows += int(document["rows"])
        self._hours |= int(document["hours"])
        self._half &= bool(document["half"]) and not self._hours & ~_MORNING
        self._turns.absorb(document["turns"], _DAY)
        self._away |= bool(document["away"])
        self._seconds |= int(document["seconds"])
        self._months |= int(document["months"])
        self._monthly &= bool(document["monthly"])
        self._days = _span(self._days, document["days"])
        if document["alike"] is None:
            self._alike = None
        else:
            for second, days in document["alike"]:
                self._add_alike(int(second), days)

    def concerns(
        self, column: str, others: Mapping[str, Counts | None]
    ) -> Iterator[tuple[Concern, int]]:
        """Yield what is odd about the times of a column, with a row of the file.

        ``others`` are the columns that are not read, with their few values.
        """
        if self._days is None:
            return
        several = self._days[0] < self._days[1]
        hours = self._hours.bit_count()
        beside = [name for name, values in others.items() if values and _are_halves(values)]
        clear = self._away or self._turns.are_of_twelve_hours
        enough = self._rows >= (_HALF_ROWS if clear else _UTC_ROWS)
        if self._half and beside and self._rows >= _HALVED_ROWS:
            yield Concern("halves", column, self._rows, self._rows, beside[0]), 0
        elif self._half and several and enough and hours >= _HALF_HOURS:
            yield Concern("half-days", column, self._rows, self._rows), 0
        if self._monthly and self._rows >= _MONTH_ROWS and self._are_months(hours):
            yield Concern("minute-months", column, self._rows, self._rows), 0
        if self._alike and self._rows >= _ALIKE_ROWS and _are_alike(self._alike):
            shown = " / ".join(
                f"{one // _HOUR:02}:{one // 60 % 60:02}:{one % 60:02}"
                for one in sorted(self._alike)
            )
            kind = "one-hour" if several else "one-time"
            yield Concern(kind, column, self._rows, self._rows, shown), 0

    def _are_months(self, hours: int) -> bool:
        """Tell whether a minute that is the month's number is none: of one month it may be."""
        of_one = hours >= _MONTH_HOURS and self._seconds.bit_count() >= _MONTH_SECONDS
        return self._months.bit_count() > 1 or of_one


def _are_halves(values: Counts) -> bool:
    """Tell whether a column says of each row which half of its day is meant, and both occur."""
    words = {bare(value) for value in values} - {""}
    return words <= _BEFORE_NOON | _AFTER_NOON and not words.isdisjoint(_AFTER_NOON)


def _are_alike(times: dict[int, tuple[int, int]]) -> bool:
    """Tell whether all times of day are one, or two an hour apart, one since clocks were set."""
    if len(times) == 1:
        return True
    (one, first), (other, second) = times.items()
    apart = abs(one - other)
    return min(apart, _DAY - apart) == _HOUR and (first[1] < second[0] or second[1] < first[0])


def _bits(values: Integers) -> int:
    return sum(1 << value for value in np.unique(values).tolist())


def _span(known: tuple[int, int] | None, more: tuple[int, int]) -> tuple[int, int]:
    first, last = known or more
    return min(first, more[0]), max(last, more[1])
