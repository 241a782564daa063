"""One of the tables of a plan that counts the same people in several."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from cleanroom.queries.plan import Column


@dataclass(frozen=True)
class Margin:
    """One table of a plan that counts the same people in several, by a part of its columns.

    ``columns`` are in cell order, ``sizes`` are their numbers of labels, and ``strides`` what one
    label more adds to the number of a combination of ALL columns of the plan.  Every combination
    has two cells: of people without the plan's outcome, and with it.  ``first`` is the first one.
    """

    columns: tuple[Column, ...]
    sizes: tuple[int, ...]
    strides: tuple[int, ...]
    first: int

    @property
    def cells(self) -> int:
        """Return how many cells the table has."""
        return 2 * prod(self.sizes)

    def cell(
        self, combination: npt.NDArray[np.int64], met: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.int64]:
        """Return the cells of combinations of all columns, with or without the outcome."""
        found = 0 * combination
        for size, stride in zip(self.sizes, self.strides, strict=True):
            found = found * size + combination // stride % size
        return self.first + 2 * found + met
