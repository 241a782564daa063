"""Mark the further items of an order: rows with the order of the row above, and without its amount.

Shops write an order's total, and often who bought, into the first of its rows alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cleanroom.isolated.columns import Marks

MARK = "\0"
"""How the name of the column of marks begins; the name of the column of orders ends it."""

_SELDOM = 0.2
"""A greater share of rows with an amount and the order of the row above: it is in each row."""

_ITEM = "lineitem"
"""How names of columns begin beside which Shopify calls the number of an order Name."""


@dataclass
class Items:
    """Compare rows with the one above, in the ``key`` or in a column named like ``pattern``.

    ``needed`` are columns that are asked for, of which the first row of an order has one.
    """

    pattern: str = ""
    key: str = ""
    needed: Sequence[str] = ()
    column: str = field(default="", init=False)
    """The column of orders, once it is chosen."""
    _last: pa.Array | None = field(default=None, init=False)
    _filled: int = field(default=0, init=False)
    _again: int = field(default=0, init=False)

    def choose(self, names: Sequence[str], read: Sequence[str]) -> None:
        """Choose the column of orders, the first among names that nobody asks for, or the key.

        ``read`` are some that are asked for.
        """
        shop = any(name.casefold().startswith(_ITEM) for name in (*names, *read))
        matching = re.compile(f"(?i){self.pattern or '^$'}")
        orders = (name for name in names if matching.search(name) or (shop and name == "Name"))
        self.column = self.key or next(orders, "") if self.needed else ""

    def add(
        self, batch: pa.RecordBatch, texts: Mapping[str, pa.Array], wanted: pa.RecordBatch
    ) -> pa.RecordBatch:
        """Return the ``wanted`` columns of a batch with marks behind them, if orders are known.

        ``texts`` has the columns that are asked for, by their names.
        """
        if not self.column or not batch.num_rows:
            return wanted
        cells = texts[self.key] if self.key else batch.column(self.column)
        marks = pa.array(self._marks(cells, [texts[name] for name in self.needed]))
        return wanted.append_column(MARK + self.column, marks)

    def _marks(self, cells: pa.Array, needed: Sequence[pa.Array]) -> Marks:
        if pa.types.is_dictionary(cells.type):
            cells = cells.dictionary_decode()
        last, self._last = self._last, cells[-1:]
        blank: Marks = np.logical_and.reduce([_empty(column) for column in needed])
        if not blank.any():
            return blank
        above = cells[:-1] if last is None else pa.concat_arrays([last, cells[:-1]])
        again = np.zeros(len(cells), dtype=np.bool_)
        same = pc.fill_null(pc.equal(cells[len(cells) - len(above) :], above), False)
        again[len(cells) - len(above) :] = same.to_numpy(zero_copy_only=False)
        again &= ~_empty(cells)
        self._filled += int(np.count_nonzero(~blank))
        self._again += int(np.count_nonzero(again & ~blank))
        marks: Marks = blank & again & (self._again <= _SELDOM * self._filled)
        return marks


def _empty(cells: pa.Array) -> Marks:
    """Mark the cells with nothing in them."""
    empty = cells.is_null()
    if pa.types.is_string(cells.type):
        empty = pc.or_(empty, pc.fill_null(pc.equal(pc.utf8_trim_whitespace(cells), ""), False))
    elif pa.types.is_binary(cells.type):
        empty = pc.or_(empty, pc.fill_null(pc.equal(cells, b""), False))
    marks: Marks = empty.to_numpy(zero_copy_only=False)
    return marks
