"""Hold a party's validated columns, ready for alignment, tokens and encryption."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from cleanroom.ingest.report import LabelCount, Report
from protocols.strings import PackedStrings


@dataclass(frozen=True)
class LabelColumn:
    """Hold a label per row: row ``i`` has the value ``domain[codes[i]]``."""

    codes: npt.NDArray[np.int32]
    domain: tuple[str, ...]

    def counts(self, told: Callable[[str], str]) -> tuple[LabelCount, ...]:
        """Return the values that occur, as ``told`` says them, with rows, most frequent first."""
        rows = np.bincount(self.codes, minlength=len(self.domain)).tolist()
        found = sorted(zip(self.domain, rows, strict=True), key=lambda one: (-one[1], one[0]))
        return tuple(LabelCount(told(value), count) for value, count in found if count)


@dataclass(frozen=True)
class Table:
    """Hold the usable rows of one file, as columns of one length.

    ``people`` are the distinct protocol messages in order of first occurrence and ``values`` the
    normalised identifiers in the same order; ``person[row]`` points into both.  In an audience
    every person has exactly one row, and ``person`` counts up.  ``measures`` are scaled integers
    within their declared range, ``time`` microseconds since 1970, ``action`` 1 for a click and 0
    for a view.  The order is the file's: shuffle before anything leaves the party.

    ``identifiers`` is None where a person has one identifier.  Where people have several, of
    ``len(values)`` distinct ones of all kinds, it has shape (people, kinds): the place of each
    among ``people`` and ``values``, or -1 for none; ``person`` then points into its rows.
    """

    people: PackedStrings
    values: PackedStrings
    person: npt.NDArray[np.int64]
    labels: dict[str, LabelColumn]
    measures: dict[str, npt.NDArray[np.int64]]
    time: npt.NDArray[np.int64] | None
    action: npt.NDArray[np.uint8] | None
    report: Report
    identifiers: npt.NDArray[np.int64] | None = None

    @property
    def people_count(self) -> int:
        """Return the number of people, each of whom may have several identifiers."""
        return len(self.people if self.identifiers is None else self.identifiers)

    @property
    def rows(self) -> int:
        """Return the number of usable rows."""
        return len(self.person)

    def only(self, rows: npt.NDArray[np.bool_]) -> Table:
        """Return the marked rows; people keep their numbers, also those without a row left."""
        return replace(
            self,
            person=self.person[rows],
            labels={
                name: LabelColumn(label.codes[rows], label.domain)
                for name, label in self.labels.items()
            },
            measures={name: values[rows] for name, values in self.measures.items()},
            time=None if self.time is None else self.time[rows],
            action=None if self.action is None else self.action[rows],
        )
