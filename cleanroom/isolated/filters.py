"""Leave out the rows that the room file does not keep: those with other words in some column."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cleanroom.isolated.columns import Marks, as_value
from cleanroom.isolated.unread import Counts, counted

KEPT = ""
"""The name of the column, behind all that are asked for, that says which rows are kept."""


@dataclass
class Keep:
    """Tell which rows have, in each of some columns, one of the ``wanted`` values.

    Cells are compared as people see them.  The empty value stands for a cell without a value, too:
    for one of the words ``nothing``, without the signs ``around`` them.  ``out`` counts the
    rows by the first column that leaves them out, and ``left`` the values in it; ``met`` are the
    wanted values that occur.
    """

    wanted: Mapping[str, Sequence[str]] = field(default_factory=dict)
    nothing: Sequence[str] = ()
    around: str = ""
    out: dict[str, int] = field(default_factory=dict)
    left: dict[str, Counts | None] = field(default_factory=dict)
    met: dict[str, list[str]] = field(default_factory=dict)

    def add(self, columns: Mapping[str, pa.Array]) -> Marks | None:
        """Return which rows of a batch are kept; None if nothing is asked for."""
        kept = None
        for name, wanted in self.wanted.items():
            texts = pc.fill_null(columns[name].cast(pa.string()), "").dictionary_encode()
            seen = [self._seen(text, wanted) for text in texts.dictionary.to_pylist()]
            codes = texts.indices.to_numpy()
            here = np.array([text in wanted for text in seen], dtype=np.bool_)[codes]
            before = np.ones(len(codes), dtype=np.bool_) if kept is None else kept
            rows = np.bincount(codes[before], minlength=len(seen)).tolist()
            met = {text for text, count in zip(seen, rows, strict=True) if count and text in wanted}
            self.met[name] = sorted({*self.met.get(name, ()), *met})
            out = ((t, n, 0) for t, n in zip(seen, rows, strict=True) if n and t not in wanted)
            self.left[name] = counted(self.left.get(name, {}), out)
            kept = before & here
            self.out[name] = self.out.get(name, 0) + int(np.count_nonzero(before & ~here))
        return kept

    def _seen(self, text: str, wanted: Sequence[str]) -> str:
        plain = as_value(text)
        if plain in wanted:
            return plain
        bare = unicodedata.normalize("NFKC", plain).casefold().strip(self.around)
        return "" if not bare or bare in self.nothing else plain


def with_kept(batch: pa.RecordBatch, kept: Marks | None) -> pa.RecordBatch:
    """Return a batch that says behind its columns which rows are kept; as it is for None."""
    return batch if kept is None else batch.append_column(KEPT, pa.array(kept))
