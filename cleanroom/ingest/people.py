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
    """Hold distinct normalised values in order of first occurrence, and each row's person."""

    values: pa.Array
    person: Integers

    @classmethod
    def find(cls, batches: list[pa.Array]) -> People:
        """Return the people of a column that came in batches."""
        chunked = pa.chunked_array(batches, type=pa.large_string()).dictionary_encode()
        if not chunked.num_chunks:
            return cls(pa.array([], type=pa.large_string()), np.zeros(0, dtype=np.int64))
        person = np.concatenate([chunk.indices.to_numpy() for chunk in chunked.chunks])
        return cls(chunked.chunk(chunked.num_chunks - 1).dictionary, person.astype(np.int64))

    def first_rows(self) -> Integers:
        """Return each person's first row."""
        rows = np.arange(len(self.person), dtype=np.int64)
        first = np.zeros(len(self.values), dtype=np.int64)
        first[self.person[::-1]] = rows[::-1]
        return first


def sum_by_person(values: Integers, people: People) -> Integers:
    """Add up each person's values; a sum of 2^61 or more in magnitude is cut to 2^61.

    The sum in floating point only tells whether the exact one, modulo 2^64, may have wrapped.
    """
    exact = np.zeros(len(people.values), dtype=np.int64)
    np.add.at(exact, people.person, values)
    rough = np.bincount(people.person, weights=values, minlength=len(exact))
    large = np.abs(rough) >= VALUE_LIMIT
    exact[large] = (np.sign(rough[large]) * VALUE_LIMIT).astype(np.int64)
    return exact
