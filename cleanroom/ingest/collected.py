"""Hold the usable rows of a file while it is read, and what was seen beside them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cleanroom.ingest.concerns.events import Midnights
from cleanroom.ingest.concerns.look import Look
from cleanroom.ingest.concerns.rounding import RoundedDays
from cleanroom.ingest.concerns.thousands import Thousands
from cleanroom.ingest.numbers import Points
from cleanroom.ingest.people import Integers
from cleanroom.ingest.tally import Tally
from cleanroom.ingest.texts import Texts
from protocols.deferred import Deferred

if TYPE_CHECKING:
    import pyarrow as pa
else:
    pa = Deferred("pyarrow")


@dataclass
class Collected:
    """Hold the usable rows read so far, a list of batches per column.

    ``values`` has the identifiers, kind by kind, null for none, and ``cells`` counts those that
    cannot be used in rows that can.  ``index`` says which row of the file each usable row is, from
    0; ``fields`` has labels as codes, measures as scaled integers, times and actions.
    """

    values: list[list[pa.Array] | Texts]
    cells: list[Tally]
    keys: list[pa.Array] = field(default_factory=list)
    index: list[Integers | range] = field(default_factory=list)
    fields: dict[tuple[str, str], list[npt.NDArray[Any]]] = field(default_factory=dict)
    faulty: Tally = field(default_factory=Tally)
    look: Look = field(default_factory=Look)
    declared: dict[str, Thousands] = field(default_factory=dict)
    """By column of which the decimal sign is declared, where it stands."""
    points: defaultdict[str, Points] = field(default_factory=lambda: defaultdict(Points))
    days: RoundedDays = field(default_factory=RoundedDays)
    midnights: Midnights | None = None
    several: Tally = field(default_factory=Tally)
    """Unusable rows with faults in several columns."""
    worded: list[int] = field(default_factory=list)
    """Unusable rows with words wherever a number or a time should stand."""
    rows: int = 0

    def keep(self, chosen: npt.NDArray[np.bool_]) -> None:
        """Let go of the usable rows that are not chosen."""
        self.keys.clear()
        if chosen.all():
            return
        for place, batches in enumerate(self.values):
            values = pa.chunked_array(batches, type=pa.large_string()).combine_chunks()
            self.values[place] = [values.filter(pa.array(chosen))]
        self.index = [np.concatenate(self.index)[chosen]]
        self.fields = {
            key: [np.concatenate(batches)[chosen]] for key, batches in self.fields.items()
        }

    def take(self, kind: str, name: str, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
        """Join one column's batches and let go of them."""
        batches = self.fields.pop((kind, name), [])
        return np.concatenate(batches).astype(dtype, copy=False) if batches else np.zeros(0, dtype)
