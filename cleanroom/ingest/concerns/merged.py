"""Say where the rows of one person contradict each other: the first one's value counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from cleanroom.ingest.masking import masked
from cleanroom.ingest.people import Integers
from cleanroom.ingest.report import Concern


@dataclass
class Contradictions:
    """Compare, column by column, every further row of a person with the person's first.

    ``again`` are the further rows, ``first`` the first row of each one's person, ``person`` who
    it is; ``differs`` says of each whether a column that was compared is another.
    """

    again: Integers
    first: Integers
    person: Integers
    differs: npt.NDArray[np.bool_] = field(init=False)

    def __post_init__(self) -> None:
        self.differs = np.zeros(len(self.again), dtype=np.bool_)

    def compare(
        self, column: str, values: npt.NDArray[np.generic], text: Callable[[int], str]
    ) -> Iterator[tuple[Concern, int]]:
        """Yield how many people have several values, masked ones, and the first row that differs.

        ``text`` returns a value as the file has it.
        """
        other = values[self.again] != values[self.first]
        self.differs |= other
        if other.any():
            place = int(np.argmax(other))
            one, two = int(values[self.first[place]]), int(values[self.again[place]])
            people = len(np.unique(self.person[other]))
            sample = f"{masked(text(one))} / {masked(text(two))}"
            several = len(np.unique(self.person))
            yield Concern("contradict", column, people, several, sample), int(self.again[place])
