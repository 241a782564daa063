"""Fit and score on the platform: from a noised sum over the seed to the people most like it.

The direction is Fisher's linear discriminant (Fisher 1936): the inverse covariance of the base
times the difference between the seed's mean and the base's.  It needs nothing of the seed but its
sum.  The covariance is shrunk (Ledoit and Wolf 2004), which costs nothing where the base is large
and keeps a small one invertible.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cleanroom.errors import PolicyRefusal
from cleanroom.queries.plan import Question

if TYPE_CHECKING:
    from cleanroom.ingest import Table

I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]

SCALE = 1 << 16
"""Integer units of a vector of norm 1: flooring moves a coordinate by less than 2^-16 of that."""


def vectors(question: Question, table: Table, features: Sequence[str]) -> I64:
    """Return a vector per row of the table: clipped to norm 1, times 2^16, floored to integers.

    Shape (rows, features).  Raises ``PolicyRefusal`` for a feature that the table has not.
    """
    columns = []
    for name in features:
        measure = question.platform.measure(name)
        if measure is None or name not in table.measures:
            raise PolicyRefusal(f"the platform has no measure {name}", rule="unknown-measure")
        columns.append(table.measures[name] / 10**measure.decimals)
    found = np.column_stack(columns)
    norm = np.linalg.norm(found, axis=1, keepdims=True)
    clipped = found / np.maximum(norm, 1.0)
    floored: I64 = np.floor(clipped * SCALE).astype(np.int64)
    return floored


def base_facts(found: I64) -> dict[str, Any]:
    """Return mean and shrunk covariance of the base, as plain lists."""
    # Here and not above: it takes longer to import than most commands take in all.
    from sklearn.covariance import ledoit_wolf  # noqa: PLC0415

    scaled = found / SCALE
    covariance, _ = ledoit_wolf(scaled)
    return {"mean": scaled.mean(axis=0).tolist(), "covariance": covariance.tolist()}


def fit(people: int, sums: Sequence[int], base: Mapping[str, Any]) -> list[float]:
    """Return the unit vector along which the seed stands out from the base."""
    seed = np.array(sums, dtype=np.float64) / SCALE / people
    difference = seed - np.array(base["mean"])
    # A pseudo-inverse: features in which nobody of the base differs get no weight.
    direction = np.linalg.pinv(np.array(base["covariance"]), hermitian=True) @ difference
    length = float(np.linalg.norm(direction))
    return [float(part) for part in direction / length] if length else direction.tolist()


def scores(question: Question, table: Table, model: Mapping[str, Any]) -> F64:
    """Score every row of the base by a model that ``fit`` made."""
    found = vectors(question, table, model["features"]) / SCALE
    return np.asarray(found @ np.array(model["weights"], dtype=np.float64))


def best_first(score: F64) -> I64:
    """Return the rows from the most alike to the least; equal ones keep their order."""
    return np.argsort(-score, kind="stable").astype(np.int64)


def expanded(score: F64, percent: int) -> I64:
    """Return the rows of the best per cent of the base, at least one."""
    return best_first(score)[: max(1, len(score) * percent // 100)]


def held_out(table: Table, nonce: str, percent: int) -> npt.NDArray[np.bool_]:
    """Mark the people of a seed that are not summed: the same ones in every job on one upload.

    Somebody with several identifiers is drawn by the first; without any, somebody is summed.
    """
    key = bytes.fromhex(nonce)
    drawn = [
        int.from_bytes(hashlib.blake2b(value, key=key, digest_size=8).digest(), "big") % 100
        for value in table.people
    ]
    marked = np.array(drawn, dtype=np.int64) < percent
    if table.identifiers is None:
        return marked
    first = np.argmax(table.identifiers >= 0, axis=1)
    found = table.identifiers[np.arange(len(first)), first]
    known: npt.NDArray[np.bool_] = marked[found] & (found >= 0) if len(marked) else found >= 0
    return known
