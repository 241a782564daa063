"""Notice events that stand in a file twice, and times that have lost their hour."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cleanroom.ingest.clock import DAYS
from cleanroom.ingest.concerns.seen_times import Hours
from cleanroom.ingest.people import Integers
from cleanroom.ingest.report import Concern
from protocols.deferred import Deferred

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc

    from cleanroom.ingest.spec import TimeSpec
    from cleanroom.isolated.unread import Counts
else:
    pa = Deferred("pyarrow")
    pc = Deferred("pyarrow.compute")

_ENOUGH = 3
"""Times of one hour that say something."""

_QUARTER, _DAY = 900 * 10**6, 86_400 * 10**6
_MIDNIGHT = (
    r"(?i)[T ](0?0:00(:00([.,]0+)?)?|12:00(:00)? ?am)( ?(z|utc|gmt|[+-][0-9]{2}:?[0-9]{2}))?$"
)
_HOUR = re.compile("%[HI]")
_AWAY = r"(?i)([0-9] ?(z|utc|gmt)|[+-][0-9]{2}:?[0-9]{2})$|^[0-9.]*$"
"""Times that say which instant they are."""

_LOOKED_AT = 64


class Midnights:
    """Watch whether all times are at the beginning of a day, where they were taken."""

    def __init__(self, spec: TimeSpec) -> None:
        # Whole day numbers of a spreadsheet are told of as such.
        self._all = spec.format != DAYS
        pattern = spec.format or ""
        self._by_day = "%" in pattern and _HOUR.search(pattern) is None
        self._rows = 0
        self.local = False
        """Whether some times are read in the declared zone."""

        self._hours: Hours | None = None
        if self._all and not self._by_day:
            self._hours = Hours(spec.zone, halved="%p" in pattern)

    def add(self, cells: pa.Array, moments: Integers) -> None:
        """Look at usable cells, and what instants they are in microseconds since 1970."""
        self._rows += len(moments)
        self.local = self.local or _are_local(cells.slice(0, _LOOKED_AT))
        if self._hours:
            self._hours.add(cells, moments)
        if not self._all or self._by_day or not len(moments):
            return
        if (moments % _QUARTER).any():
            self._all = False
        elif (moments % _DAY).any():
            written = pa.types.is_string(cells.type)
            found = (
                written and pc.all(pc.match_substring_regex(pc.unique(cells), _MIDNIGHT)).as_py()
            )
            self._all = bool(found)

    def document(self) -> dict[str, Any]:
        """Return all that was seen, in plain values."""
        hours = self._hours.document() if self._hours else None
        return {"all": self._all, "rows": self._rows, "local": self.local, "hours": hours}

    def absorb(self, document: Mapping[str, Any]) -> None:
        """Add what was seen of other rows."""
        self._all = self._all and bool(document["all"])
        self._rows += int(document["rows"])
        self.local = self.local or bool(document["local"])
        if self._hours:
            self._hours.absorb(document["hours"])

    def concerns(
        self, column: str, others: Mapping[str, Counts | None]
    ) -> Iterator[tuple[Concern, int]]:
        """Yield that there is no hour in any time, or what else the hours say.

        ``others`` are the columns that are not read, with their few values.
        """
        if self._all and self._rows >= _ENOUGH:
            yield Concern("midnights", column, self._rows, self._rows), 0
        elif self._hours:
            yield from self._hours.concerns(column, others)


def _are_local(cells: pa.Array) -> bool:
    """Tell whether some times do not say which instant they are, but what a clock showed."""
    if pa.types.is_timestamp(cells.type):
        return cells.type.tz is None
    if not pa.types.is_string(cells.type):
        return False
    told = pc.match_substring_regex(pc.utf8_trim_whitespace(cells), _AWAY)
    return not pc.all(told, min_count=0).as_py()


def repeated(columns: Iterable[npt.NDArray[np.generic]], of: int) -> Iterator[tuple[Concern, int]]:
    """Yield how many rows equal another in all columns, and the first that equals one before it."""
    parts = [column.astype(np.int64, copy=False) for column in columns]
    mixed = np.zeros(of, dtype=np.uint64)
    for part in parts:
        mixed = (mixed ^ (mixed >> np.uint64(29)) ^ part.view(np.uint64)) * np.uint64(_ODD)
    order = np.argsort(mixed, kind="stable")
    before, after = order[:-1], order[1:]
    alike = mixed[before] == mixed[after]
    before, after = before[alike], after[alike]
    for part in parts:
        same = part[before] == part[after]
        before, after = before[same], after[same]
    if len(after):
        yield Concern("repeated", "", len(after), of), int(after.min())


_ODD = 0x9E37_79B9_7F4A_7C15
"""An odd number whose multiples spread over 64 bits (2^64 over the golden ratio)."""
