"""Refuse a file in which a second header, of another order or other names, stands among the rows.

Where two exports were put together, each row below it would be read under the wrong columns.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cleanroom.isolated import record_of
from cleanroom.isolated.columns import Refusal, as_seen
from cleanroom.isolated.records import locate

REMEDY = (
    "The rows below it may belong to other columns. Combine the files by the names of their"
    " columns, or give each its own dataset; if it is not a header, remove or rename it."
)

_SECOND = "There is a second header here, with other names or in a different order."
_MEET = "The header is at the end of this row: two files were joined within a line."

_FIRST = 2
"""Columns that are looked at in each row: of a row of names, one of the two has one."""

_LEAST, _NEARLY = 2, 0.8
"""Cells of a row, and their share of those that are not empty, that are names of columns."""


_AROUND = ' \t\u00a0\u3000\u200b\ufeff="'
"""What may stand around a name: blanks, marks of byte order, a spreadsheet's formula."""


def are_names(columns: Sequence[pa.Array], names: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Mark the rows that hold nothing but the names of their columns: the header once more."""
    found = np.ones(len(columns[0]), dtype=np.bool_)
    for name, column in zip(names, columns, strict=False):
        if not pa.types.is_string(column.type) or not found.any():
            return np.zeros(len(column), dtype=np.bool_)
        same = pc.equal(pc.utf8_trim(column, _AROUND), as_seen(name).strip(_AROUND))
        found &= pc.fill_null(same, False).to_numpy(zero_copy_only=False)
    return found


def _text(cell: bytes | None) -> str:
    return as_seen((cell or b"").decode(errors="replace"))


class SecondHeaders:
    """Look for such rows block by block; the ``wanted`` columns come first, an identifier's first.

    A row that has every wanted column's own name in it is the header once more, and harms nobody.
    """

    def __init__(self, path: str, header: Sequence[str], wanted: Sequence[str]) -> None:
        self._path = path
        self._header = [as_seen(name) for name in header]
        self._found: tuple[str, str, int] | None = None
        self._wanted = [as_seen(name) for name in wanted]
        names = {name for name in map(as_seen, header) if name} | {n for n in header if n.strip()}
        names |= {f"\ufeff{name}" for name in names} | {f" {name}" for name in names}
        self._names = pa.array(sorted(name.encode() for name in names), pa.binary())

    def check(self, columns: Sequence[pa.Array], rows: int, away: list[int]) -> None:
        """Raise ``Refusal`` at the first such row of a block, of bytes, after ``rows`` others."""
        named = [self._are_names(column) for column in columns[:_FIRST]]
        places = np.flatnonzero(np.logical_or.reduce(named))
        if not len(places):
            return
        some = [column.take(pa.array(places)) for column in columns]
        hits = np.sum([self._are_names(cells) for cells in some], axis=0)
        lengths = [pc.binary_length(pc.fill_null(cells, b"")).to_numpy() for cells in some]
        full = np.sum([length > 0 for length in lengths], axis=0)
        headers = named[0][places] | ((hits >= _LEAST) & (hits >= _NEARLY * full))
        texts = [pa.array(list(map(_text, cells.to_pylist())), pa.string()) for cells in some]
        for place in np.flatnonzero(headers & ~are_names(texts, self._wanted)).tolist():
            record = record_of(rows + int(places[place]), away)
            self._found = _SECOND, REMEDY, record
            self.refuse()

    def look(self, text: str | None, mark: str, record: int) -> None:
        """Remember the first row of another width that is a header, or at which two files meet."""
        if text is None or self._found is not None:
            return
        plain, header = (one.replace('"', "").strip() for one in (text, mark.join(self._header)))
        cells = [as_seen(cell) for cell in plain.split(mark)]
        names = sum(cell in self._header for cell in cells if cell)
        least = min(len(cells), len(self._header))
        if names >= max(min(_LEAST, least), _NEARLY * least) and self._wanted[0] in cells:
            self._found = _SECOND, REMEDY, record
        elif least > 1 and plain.endswith(header):
            self._found = _MEET, "End the first file with a line break.", record

    def refuse(self) -> None:
        """Raise ``Refusal`` for the row that was remembered."""
        if self._found is not None:
            sentence, remedy, record = self._found
            raise Refusal(sentence, row=locate(self._path, [record])[0], remedy=remedy)

    def _are_names(self, column: pa.Array) -> npt.NDArray[np.bool_]:
        found: npt.NDArray[np.bool_] = pc.is_in(column, self._names).to_numpy(zero_copy_only=False)
        return found
