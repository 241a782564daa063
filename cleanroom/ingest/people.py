"""Find the distinct people of a file, and make one row of each where an audience needs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from protocols.deferred import Deferred
from protocols.limits import VALUE_LIMIT

if TYPE_CHECKING:
    import pyarrow as pa
else:
    pa = Deferred("pyarrow")

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class People:
    """Say whose each row is: ``person[row]`` is a number below ``count``, or -1 for nobody's."""

    person: Integers
    count: int

    def first_rows(self) -> Integers:
        """Return each person's first row."""
        rows = np.flatnonzero(self.person >= 0)
        first = np.zeros(self.count, dtype=np.int64)
        first[self.person[rows[::-1]]] = rows[::-1]
        return first


@dataclass(frozen=True)
class Named(People):
    """Hold distinct normalised values, too, in order of first occurrence."""

    values: pa.Array

    @classmethod
    def find(cls, batches: list[pa.Array]) -> Named:
        """Return the people of a column that came in batches; null is nobody."""
        chunked = pa.chunked_array(batches, type=pa.large_string()).dictionary_encode()
        if not chunked.num_chunks:
            return cls(np.zeros(0, dtype=np.int64), 0, pa.array([], type=pa.large_string()))
        person = np.concatenate(
            [chunk.indices.fill_null(-1).to_numpy() for chunk in chunked.chunks]
        )
        values = chunked.chunk(chunked.num_chunks - 1).dictionary
        return cls(person.astype(np.int64), len(values), values)


def sum_by_person(values: Integers, people: People) -> Integers:
    """Add up each person's values; a sum of 2^61 or more in magnitude is cut to 2^61.

    The sum in floating point only tells whether the exact one, modulo 2^64, may have wrapped.
    """
    exact = np.zeros(people.count, dtype=np.int64)
    np.add.at(exact, people.person, values)
    rough = np.bincount(people.person, weights=values, minlength=len(exact))
    large = np.abs(rough) >= VALUE_LIMIT
    exact[large] = (np.sign(rough[large]) * VALUE_LIMIT).astype(np.int64)
    return exact
