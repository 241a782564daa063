"""Watch whether a number stands again in every row of one order: its total, beside each item."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

LOOKED_AT = 20_000
"""Rows of a file that are looked at."""

AMOUNTS = 500
"""Orders of several rows whose number is kept."""

Again = tuple[int, int, int, list[str]]
"""Rows below the first of their order, those that have its number, the first, and numbers."""


Marks = npt.NDArray[np.bool_]


@dataclass
class Orders:
    """Look at columns whose names match ``pattern``, and at the ``numbers`` beside them.

    ``found`` has, by such a column and one of numbers, what was seen in the first rows.
    """

    pattern: str = ""
    numbers: Sequence[str] = ()
    found: dict[str, dict[str, Again]] = field(default_factory=dict)
    _rows: dict[str, int] = field(default_factory=dict)
    _seen: dict[tuple[str, str], tuple[dict[object, object], set[object]]] = field(
        default_factory=dict
    )
    """The number in the first row of each order, and the orders of several rows."""

    def is_order(self, name: str) -> bool:
        """Tell whether a column says to which order a row belongs, and numbers are asked for."""
        return bool(self.numbers) and re.search(f"(?i){self.pattern}", name) is not None

    def add(
        self,
        name: str,
        cells: pa.Array,
        texts: Mapping[str, pa.Array],
        kept: Marks | None,
        record: Callable[[int], int],
    ) -> None:
        """Look at the cells of a batch in the rows that are ``kept``.

        ``texts`` has the numbers of all rows of the batch, by their column.
        """
        count = min(len(cells), LOOKED_AT - self._rows.get(name, 0))
        if count < 1 or not self.is_order(name):
            return
        self._rows[name] = self._rows.get(name, 0) + count
        orders = cells.slice(0, count).to_pylist()
        for number in self.numbers:
            text = texts[number] if kept is None else texts[number].filter(pa.array(kept))
            self._compare((name, number), orders, text.slice(0, count).to_pylist(), record)

    def _compare(
        self,
        pair: tuple[str, str],
        orders: Sequence[object],
        amounts: Sequence[object],
        record: Callable[[int], int],
    ) -> None:
        """Compare rows with the first row of their order, however far above it stands."""
        name, number = pair
        rows, same, first, kept = self.found.get(name, {}).get(number, (0, 0, 0, []))
        heads, several = self._seen.setdefault(pair, ({}, set()))
        for row, (order, amount) in enumerate(zip(orders, amounts, strict=True)):
            if not order:
                continue
            if order not in heads:
                heads[order] = amount
                continue
            rows += 1
            if order not in several and len(kept) < AMOUNTS:
                kept.append(str(heads[order]))
            several.add(order)
            if amount and amount == heads[order]:
                same += 1
                first = first or record(row)
        if rows:
            self.found.setdefault(name, {})[number] = (rows, same, first, kept)


def later(known: Again | None, more: Again, before: int) -> Again:
    """Return what was seen with what was seen of rows whose records stand behind ``before``."""
    rows, same, first, kept = known or (0, 0, 0, [])
    further, alike, record, amounts = more
    first = first or (record and before + record)
    return rows + further, same + alike, first, [*kept, *amounts][:AMOUNTS]
