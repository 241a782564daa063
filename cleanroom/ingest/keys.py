"""Leave out events that a file holds twice, by a key such as an order number."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cleanroom.ingest.concerns.likenesses import likenesses
from cleanroom.ingest.people import Integers, Named
from cleanroom.ingest.report import Concern

if TYPE_CHECKING:
    from cleanroom.ingest.collected import Collected


def _no_rows() -> Integers:
    return np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class Repeats:
    """Hold the rows of the file that were left out, and for each the row that it repeats.

    ``differs`` says where a row left out has another person, time, label, measure or action;
    ``noticed`` is what is odd about the keys, each with a row of the file.
    """

    rows: Integers = field(default_factory=_no_rows)
    of: Integers = field(default_factory=_no_rows)
    differs: npt.NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=np.bool_))
    amounts: tuple[int, int] = (0, 0)
    """How many of the rows left out have another amount, and of these how many one below zero."""
    noticed: tuple[tuple[Concern, int], ...] = ()


def leave_out_repeats(read: Collected, column: str) -> Repeats:
    """Keep the first usable row of each key, in the file's order; return what was left out."""
    keys = Named.find(read.keys)
    begins = keys.first_rows()
    first = begins[keys.person]
    rows = np.arange(len(first), dtype=np.int64)
    again = first != rows
    index = np.concatenate([_no_rows(), *read.index])
    differs = _differing(read, rows[again], first[again])
    amounts = _amounts(read, rows[again], first[again])
    read.keep(~again)
    alike = likenesses(keys.values, column, "raw:v1")
    noticed = [(one, int(index[begins[at]])) for one, at in alike]
    return Repeats(index[again], index[first[again]], differs, amounts, tuple(noticed))


def _amounts(read: Collected, rows: Integers, of: Integers) -> tuple[int, int]:
    """Count the rows with another amount than those they repeat, and those below zero of them."""
    other = np.zeros(len(rows), dtype=np.bool_)
    below = other.copy()
    for (kind, _), batches in read.fields.items():
        if kind == "measure":
            amounts = np.concatenate(batches)
            differs = amounts[rows] != amounts[of]
            other |= differs
            below |= differs & (amounts[rows] < 0)
    return int(other.sum()), int(below.sum())


def _differing(read: Collected, rows: Integers, of: Integers) -> npt.NDArray[np.bool_]:
    columns = [Named.find(batches).person for batches in read.values]
    columns += [np.concatenate(batches) for batches in read.fields.values()]
    differs = np.zeros(len(rows), dtype=np.bool_)
    for column in columns:
        differs |= column[rows] != column[of]
    return differs
