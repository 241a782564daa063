"""Notice identifiers that were cut to the width of a column: those of several people are one then.

SPSS keeps eight letters of a string unless it is told otherwise (``A8``), SAS those of the first
row or of a format (``$8.``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from cleanroom.ingest.masking import masked
from cleanroom.ingest.people import Integers, Named
from cleanroom.ingest.report import Concern
from cleanroom.ingest.texts import parts
from protocols.deferred import Deferred

if TYPE_CHECKING:
    import pyarrow.compute as pc
else:
    pc = Deferred("pyarrow.compute")

_ROWS, _PEOPLE, _EACH, _LEAST = 100, 20, 20, 6
"""Rows from which so few people are odd, rows of the first of them, and the least width of all."""

_WIDE, _NARROW, _TIMES = 5, 20, 4
"""Identifiers of the greatest width, others, and how many times more rows the first have each."""


def crowded(
    people: Named, column: str, profile: str, index: Integers
) -> Iterator[tuple[Concern, int]]:
    """Yield that many rows have few identifiers, or that those of the greatest width are crowded.

    ``index`` says which row of the file each row is; with the concern comes one of them.
    """
    if not people.count or people.single or profile != "raw:v1":
        return
    has = people.person[people.person >= 0]
    rows = np.bincount(has, minlength=people.count)
    widths = np.concatenate([pc.binary_length(part).to_numpy() for part in parts(people.values)])
    top = int(np.argmax(rows))
    few = people.count <= _PEOPLE and len(has) >= _ROWS and rows[top] >= _EACH
    few = few and widths.min() == widths.max() >= _LEAST
    top = top if few else _of_greatest_width(widths, rows)
    if top >= 0:
        told = masked(people.values[top].as_py())
        first = int(index[np.argmax(people.person == top)])
        kind, of = ("few-people", people.count) if few else ("widest", len(told))
        counted = len(has) if few else int(rows[top])
        yield Concern(kind, column, counted, of, told), first


def _of_greatest_width(widths: Integers, rows: Integers) -> int:
    """Return the widest identifier with the most rows, if all of that width have many, else -1."""
    wide = widths == widths.max()
    narrow = int(np.count_nonzero(~wide))
    if np.count_nonzero(wide) < _WIDE or narrow < _NARROW:
        return -1
    usual = float(rows[~wide].mean())
    crowd = float(np.median(rows[wide])) >= _TIMES * usual
    return int(np.argmax(np.where(wide, rows, 0))) if crowd else -1
