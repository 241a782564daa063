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
"""Rows below another one of their order, those that have its number, the first, and numbers."""


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

    def is_order(self, name: str) -> bool:
        """Tell whether a column says to which order a row belongs, and numbers are asked for."""
        return bool(self.numbers) and re.search(f"(?i){self.pattern}", name) is not None

    def beside(
        self, columns: Sequence[str], texts: Sequence[pa.Array], kept: Marks | None
    ) -> dict[str, pa.Array]:
        """Return the numbers of a batch by their column, of the rows that are kept."""
        found = {
            name: text for name, text in zip(columns, texts, strict=True) if name in self.numbers
        }
        return found if kept is None else {n: t.filter(pa.array(kept)) for n, t in found.items()}

    def add(
        self,
        name: str,
        cells: pa.Array,
        texts: Mapping[str, pa.Array],
        record: Callable[[int], int],
    ) -> None:
        """Look at the cells of a batch; ``texts`` has the numbers beside them."""
        count = min(len(cells), LOOKED_AT - self._rows.get(name, 0))
        if count < 2 or not self.is_order(name):
            return
        self._rows[name] = self._rows.get(name, 0) + count
        codes = _codes(cells.slice(0, count))
        again = np.flatnonzero((codes[1:] == codes[:-1]) & (codes[1:] >= 0)) + 1
        heads = np.setdiff1d(again - 1, again)
        for number in self.numbers if len(again) else ():
            amounts = texts[number].slice(0, count)
            own = _codes(amounts)
            alike = again[(own[again] == own[again - 1]) & (own[again] >= 0)]
            rows, same, first, kept = self.found.get(name, {}).get(number, (0, 0, 0, []))
            first = first or (record(int(alike[0])) if len(alike) else 0)
            more = amounts.take(pa.array(heads[: AMOUNTS - len(kept)])).to_pylist()
            told = (rows + len(again), same + len(alike), first, [*kept, *map(str, more)])
            self.found.setdefault(name, {})[number] = told


def _codes(cells: pa.Array) -> npt.NDArray[np.int64]:
    """Return a number for each cell that is the same for the same ones, -1 for nothing."""
    texts = cells if pa.types.is_dictionary(cells.type) else cells.dictionary_encode()
    nothing = [place for place, one in enumerate(texts.dictionary.to_pylist()) if not one]
    codes = texts.indices.cast(pa.int64()).fill_null(-1).to_numpy(zero_copy_only=False)
    found: npt.NDArray[np.int64] = np.where(np.isin(codes, nothing), -1, codes)
    return found


def later(known: Again | None, more: Again, before: int) -> Again:
    """Return what was seen with what was seen of rows whose records stand behind ``before``."""
    rows, same, first, kept = known or (0, 0, 0, [])
    further, alike, record, amounts = more
    first = first or (record and before + record)
    return rows + further, same + alike, first, [*kept, *amounts][:AMOUNTS]
