"""Watch whether a number stands again in every row of one order: its total, beside each item."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation

import numpy as np
import numpy.typing as npt
import pyarrow as pa

LOOKED_AT = 20_000
"""Rows of a file that are looked at."""

AMOUNTS = 500
"""Orders of several rows whose number is kept."""

_APART = 6
"""Days between two rows of an order that were paid one after the other."""

_CENT = Decimal("0.01")

Again = tuple[int, int, int, list[str], int, int]
"""Rows below the first of their order, those that have its number, the first, and numbers.

Behind them are the rows whose number is the smallest amount away, as where it was divided, and
those whose time is days behind that of the row above in their order, as of instalments.
"""


Marks = npt.NDArray[np.bool_]


@dataclass
class Orders:
    """Look at columns whose names match ``pattern``, and at the ``numbers`` beside them.

    ``time`` is the column of times, or none.  ``found`` has, by such a column and one of numbers,
    what was seen in the first rows.
    """

    pattern: str = ""
    numbers: Sequence[str] = ()
    time: str = ""
    found: dict[str, dict[str, Again]] = field(default_factory=dict)
    _rows: dict[str, int] = field(default_factory=dict)
    _seen: dict[tuple[str, str], tuple[dict[object, object], set[object], dict[object, object]]] = (
        field(default_factory=dict)
    )
    """The number in the first row of each order, the orders of several rows, and the last times."""

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
        some = {
            one: texts[one] if kept is None else texts[one].filter(pa.array(kept))
            for one in {*self.numbers, self.time} - {""}
        }
        cells = {one: column.slice(0, count).to_pylist() for one, column in some.items()}
        times = cells.get(self.time, [None] * count)
        for number in self.numbers:
            self._compare(
                (name, number), orders, list(zip(cells[number], times, strict=True)), record
            )

    def _compare(
        self,
        pair: tuple[str, str],
        orders: Sequence[object],
        beside: Sequence[tuple[object, object]],
        record: Callable[[int], int],
    ) -> None:
        """Compare rows with the first row of their order, however far above it stands."""
        name, number = pair
        known = self.found.get(name, {}).get(number)
        rows, same, first, kept, near, apart = known or (0, 0, 0, [], 0, 0)
        heads, several, last = self._seen.setdefault(pair, ({}, set(), {}))
        for row, (order, (amount, time)) in enumerate(zip(orders, beside, strict=True)):
            if not order:
                continue
            before, last[order] = last.get(order), time
            if order not in heads:
                heads[order] = amount
                continue
            rows += 1
            if order not in several and len(kept) < AMOUNTS:
                kept.append(str(heads[order]))
            several.add(order)
            near += amount != heads[order] and _are_near(amount, heads[order])
            apart += _are_apart(before, time)
            if amount and amount == heads[order]:
                same += 1
                first = first or record(row)
        if rows:
            self.found.setdefault(name, {})[number] = (rows, same, first, kept, near, apart)


def _are_near(one: object, other: object) -> bool:
    """Tell whether two amounts are a cent apart, or one where both are whole."""
    try:
        found = Decimal(str(one)), Decimal(str(other))
    except InvalidOperation:
        return False
    whole = all(amount == amount.to_integral_value() for amount in found)
    return abs(found[0] - found[1]) == (1 if whole else _CENT)


def _are_apart(before: object, after: object) -> bool:
    """Tell whether a time is days behind another one; of other forms than ISO 8601 none is."""
    try:
        days = (str(one)[:10].replace("/", "-") for one in (before, after))
        first, last = map(date.fromisoformat, days)
    except ValueError:
        return False
    return abs((last - first).days) >= _APART


def later(known: Again | None, more: Again, before: int) -> Again:
    """Return what was seen with what was seen of rows whose records stand behind ``before``."""
    rows, same, first, kept, near, apart = known or (0, 0, 0, [], 0, 0)
    further, alike, record, amounts, close, behind = more
    first = first or (record and before + record)
    kept = [*kept, *amounts][:AMOUNTS]
    return rows + further, same + alike, first, kept, near + close, apart + behind
