"""Notice times that were rounded before they were exported: a few decimals of a day are minutes."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cleanroom.ingest.concerns.look import LOOKS_SHARE
from cleanroom.ingest.numbers import cells_of
from cleanroom.ingest.people import Integers
from cleanroom.ingest.report import Concern

_ENOUGH = 5
"""Decimals of a day that hold its second: half a unit of the last is 0.43 s."""

_QUARTERS, _MINUTES = 24 * 4, 24 * 60


class RoundedDays:
    """Watch day numbers with a fraction of fewer than five decimals.

    Whole quarters of an hour need no more: 46177.5 is noon.  One of 18 whole minutes has four
    decimals, too, so a few such cells say nothing.
    """

    def __init__(self) -> None:
        self._rows = self._parted = self._coarse = self._decimals = 0
        self._first: int | None = None

    def add(self, column: pa.Array, first: int) -> None:
        """Look at the cells of a batch whose rows start at ``first``."""
        cells = cells_of(column)
        plain = pc.match_substring_regex(cells, r"^[0-9]+(\.[0-9]*)?$")
        self._rows += pc.sum(plain).as_py() or 0
        fractions = pc.utf8_rtrim(pc.replace_substring_regex(cells, r"^[^.]*\.?", ""), "0")
        fractions = pc.if_else(plain, fractions, "")
        self._parted += pc.sum(pc.not_equal(fractions, "")).as_py() or 0
        few = fractions.filter(pc.less(pc.utf8_length(fractions), _ENOUGH))
        coarse = [one for one in pc.unique(few).to_pylist() if _no_quarter(one)]
        found = pc.is_in(fractions, pa.array(coarse, pa.string()))
        where = np.flatnonzero(found.to_numpy(zero_copy_only=False))
        self._coarse += len(where)
        self._decimals = max([self._decimals, *map(len, coarse)])
        if len(where) and self._first is None:
            self._first = first + int(where[0])

    def document(self) -> dict[str, Any]:
        """Return all that was seen, in plain values."""
        return {
            "rows": self._rows,
            "parted": self._parted,
            "coarse": self._coarse,
            "decimals": self._decimals,
            "first": self._first,
        }

    def absorb(self, document: Mapping[str, Any], before: int) -> None:
        """Add what was seen of rows that stand behind ``before`` others."""
        self._rows += int(document["rows"])
        self._parted += int(document["parted"])
        self._coarse += int(document["coarse"])
        self._decimals = max(self._decimals, int(document["decimals"]))
        if self._first is None and document["first"] is not None:
            self._first = before + int(document["first"])

    def concerns(self, column: str) -> Iterator[tuple[Concern, int]]:
        """Yield what the fractions say, with a row of the file."""
        if self._first is not None and self._coarse > LOOKS_SHARE * self._parted:
            off = Decimal(_MINUTES // 2).scaleb(-self._decimals).normalize()
            yield (
                Concern("coarse", column, self._coarse, self._rows, f"{off:f}"),
                self._first,
            )
        elif self._rows and not self._parted:
            yield Concern("whole-days", column, self._rows, self._rows), 0


_MAC = 1462 * 86_400 * 10**6
"""Microseconds between 1 January 1904, from which workbooks of Excel for Mac count, and day 0."""


def from_1904(
    moments: npt.NDArray[np.int64], index: Integers, column: str
) -> Iterator[tuple[Concern, int]]:
    """Yield that all times are so old that their days may count from 1904, and the newest one."""
    if len(moments) and moments.max() + _MAC <= time.time() * 10**6:
        newest = int(np.argmax(moments))
        day = str(np.datetime64(int(moments[newest]), "us").astype("datetime64[D]"))
        yield Concern("mac-days", column, len(moments), len(moments), day), int(index[newest])


def _no_quarter(fraction: str) -> bool:
    return bool(Decimal(f"0.{fraction or 0}") * _QUARTERS % 1)
