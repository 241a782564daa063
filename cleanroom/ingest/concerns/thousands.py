"""Notice a declared decimal sign that stands between thousands.

``1,000`` is one where the comma is declared as the decimal sign.  Programs that write fractions do
not write three digits behind every sign, of which the last is 0, or none behind 950.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from cleanroom.ingest.numbers import numbers_of
from cleanroom.ingest.report import Concern
from protocols.deferred import Deferred

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc
else:
    pa = Deferred("pyarrow")
    pc = Deferred("pyarrow.compute")

_LEAST, _EXACT = 10, 3
"""Cells that tell, and decimals of a measure that is written with three digits."""


class Thousands:
    """Watch a column of which the decimal sign is declared."""

    def __init__(self, mark: str) -> None:
        self._mark = mark
        self._settled = False
        self._first = -1
        self._rows = self._zeros = self._whole = self._plain = 0

    def add(self, column: pa.Array, first: int) -> None:
        """Look at the cells of a batch whose rows start at ``first``."""
        if self._settled:
            return
        text = numbers_of(column)
        mark = re.escape(self._mark)
        between = pc.match_substring_regex(text, rf"^[+-]?[1-9][0-9]{{0,2}}({mark}[0-9]{{3}})+$")
        others = text.filter(pc.invert(between))
        self._settled = bool(
            pc.any(pc.match_substring_regex(others, rf"{mark}|[0-9]{{4}}")).as_py()
        )
        found = text.filter(between)
        if len(found) and self._first < 0:
            self._first = first + pc.index(between, True).as_py()
        self._rows += len(found)
        self._zeros += _count(pc.ends_with(found, "0"))
        self._whole += _count(pc.ends_with(found, "000"))
        self._plain += _count(pc.match_substring_regex(others, "^[+-]?[1-9][0-9]{0,2}$"))

    def document(self) -> dict[str, Any]:
        """Return all that was seen, in plain values."""
        counts = [self._rows, self._zeros, self._whole, self._plain]
        return {
            "mark": self._mark,
            "settled": self._settled,
            "first": self._first,
            "counts": counts,
        }

    def absorb(self, document: Mapping[str, Any], before: int) -> None:
        """Add what was seen of rows that stand behind ``before`` others."""
        self._settled = self._settled or bool(document["settled"])
        if self._first < 0 <= document["first"]:
            self._first = before + int(document["first"])
        rows, zeros, whole, plain = document["counts"]
        self._rows += int(rows)
        self._zeros += int(zeros)
        self._whole += int(whole)
        self._plain += int(plain)

    def concerns(self, column: str, decimals: int, of: int) -> Iterator[tuple[Concern, int]]:
        """Yield that the sign seems to stand between thousands, with a row of the file.

        ``decimals`` are those of the measure, 0 for buckets alone.
        """
        round_ = self._zeros == self._rows > self._whole and decimals < _EXACT
        if not self._settled and self._rows >= _LEAST and (round_ or (self._plain and self._zeros)):
            yield Concern("between-thousands", column, self._rows, of, self._mark), self._first


def _count(marks: pa.Array) -> int:
    return int(pc.sum(marks).as_py() or 0)
