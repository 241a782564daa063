"""Leave out events that a file holds twice, by a key such as an order number."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cleanroom.ingest.concerns.likenesses import likenesses
from cleanroom.ingest.people import Integers, Named
from cleanroom.ingest.report import Concern
from cleanroom.ingest.rows import column_of
from cleanroom.ingest.sums import total

if TYPE_CHECKING:
    from cleanroom.ingest.collected import Collected
    from cleanroom.ingest.spec import DatasetSpec


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
    columns: str = ""
    """The columns in which they differ, each with so many rows."""
    amounts: tuple[int, int, str] = (0, 0, "")
    """How many have another amount, of these how many one below zero, and their sums."""
    noticed: tuple[tuple[Concern, int], ...] = ()


def leave_out_repeats(read: Collected, spec: DatasetSpec) -> Repeats:
    """Keep the first usable row of each key, in the file's order; return what was left out."""
    keys = Named.find(read.keys)
    begins = keys.first_rows()
    first = begins[keys.person]
    rows = np.arange(len(first), dtype=np.int64)
    again = first != rows
    index = np.concatenate([_no_rows(), *read.index])
    differs, columns = _differing(read, spec, rows[again], first[again])
    amounts = _amounts(read, spec, rows[again], first[again])
    read.keep(~again)
    alike = likenesses(keys.values, spec.key or "", "raw:v1")
    noticed = [(one, int(index[begins[at]])) for one, at in alike]
    return Repeats(index[again], index[first[again]], differs, columns, amounts, tuple(noticed))


def _amounts(
    read: Collected, spec: DatasetSpec, rows: Integers, of: Integers
) -> tuple[int, int, str]:
    """Return what ``Repeats.amounts`` says of rows, and of those that they repeat."""
    other = np.zeros(len(rows), dtype=np.bool_)
    below, left = other.copy(), []
    for (kind, name), batches in read.fields.items():
        if kind == "measure":
            amounts = np.concatenate(batches)
            differs = amounts[rows] != amounts[of]
            other |= differs
            below |= differs & (amounts[rows] < 0)
            if differs.any():
                found = total(amounts[rows][differs], spec.measures[name].decimals)
                left.append(f"{spec.measures[name].column} {Decimal(found.sum):,f}")
    return int(other.sum()), int(below.sum()), ", ".join(left)


def _differing(
    read: Collected, spec: DatasetSpec, rows: Integers, of: Integers
) -> tuple[npt.NDArray[np.bool_], str]:
    """Return which rows differ from those that they repeat, and in which columns how many do."""
    named = zip(spec.ids, read.values, strict=True)
    columns = [(one.column, Named.find(batches).person) for one, batches in named]
    columns += [
        (column_of(spec, *key), np.concatenate(batches)) for key, batches in read.fields.items()
    ]
    differs, told = np.zeros(len(rows), dtype=np.bool_), []
    for name, column in columns:
        other = column[rows] != column[of]
        differs |= other
        if other.any():
            told.append(f"{name} ({int(other.sum()):,})")
    return differs, ", ".join(told)
