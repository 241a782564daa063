"""Leave out events that a file holds twice, by a key such as an order number."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cleanroom.ingest.people import Integers, People

if TYPE_CHECKING:
    from cleanroom.ingest.settle import Collected


def _no_rows() -> Integers:
    return np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class Repeats:
    """Hold the rows of the file that were left out, and for each the row that it repeats.

    ``differs`` says where a row left out has another person, time, label, measure or action.
    """

    rows: Integers = field(default_factory=_no_rows)
    of: Integers = field(default_factory=_no_rows)
    differs: npt.NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=np.bool_))


def leave_out_repeats(read: Collected) -> Repeats:
    """Keep the first usable row of each key, in the file's order; return what was left out."""
    keys = People.find(read.keys)
    first = keys.first_rows()[keys.person]
    rows = np.arange(len(first), dtype=np.int64)
    again = first != rows
    index = np.concatenate([_no_rows(), *read.index])
    differs = _differing(read, rows[again], first[again])
    read.keep(~again)
    return Repeats(index[again], index[first[again]], differs)


def _differing(read: Collected, rows: Integers, of: Integers) -> npt.NDArray[np.bool_]:
    columns = [People.find(read.values).person]
    columns += [np.concatenate(batches) for batches in read.fields.values()]
    differs = np.zeros(len(rows), dtype=np.bool_)
    for column in columns:
        differs |= column[rows] != column[of]
    return differs
