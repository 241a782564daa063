"""Add encrypted numbers in bulk: products of ciphertexts modulo n^2."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from typing import TYPE_CHECKING

import gmpy2
from gmpy2 import mpz

from protocols.deferred import Deferred
from protocols.errors import LocalError
from protocols.paillier.checks import integers
from protocols.paillier.parallel import run_ordered

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Groups = npt.NDArray[np.integer] | Sequence[int]
else:
    np = Deferred("numpy")

ROWS_PER_TASK = 1024
"""Rows that one task multiplies: some 0.8 MB to send for some 12 ms of work at 3072 bits."""


def sum_groups(
    square: mpz,
    ciphertexts: npt.NDArray[np.uint8],
    groups: Groups,
    group_count: int,
    executor: Executor | None = None,
) -> list[int]:
    """Multiply the rows of each group modulo ``square``; group -1 is left out.

    ``ciphertexts`` is ``(rows, width)`` big-endian bytes, in memory or mapped, already checked;
    ``groups`` one id in [-1, group_count) per row.  An empty group gives 1.

    Raises:
        LocalError: on ids out of range or of another number than the rows.
    """
    ids = np.asarray(groups, dtype=np.int64)
    if ids.shape != ciphertexts.shape[:1]:
        raise LocalError("there must be one group id per ciphertext")
    if len(ids) and not (ids.min() >= -1 and ids.max() < group_count):
        raise LocalError("a group id is out of range")
    products = [mpz(1)] * group_count
    for partial in run_ordered(executor, _multiply_runs, _tasks(square, ciphertexts, ids)):
        for group, product in partial:
            products[group] = products[group] * product % square
    return [int(product) for product in products]


def _tasks(
    square: mpz, ciphertexts: npt.NDArray[np.uint8], ids: npt.NDArray[np.int64]
) -> Iterator[tuple[mpz, npt.NDArray[np.uint8], npt.NDArray[np.int64]]]:
    # Sorted by group, a task holds few groups, so little is left to merge afterwards.
    order = np.argsort(ids, kind="stable")
    order = order[np.searchsorted(ids[order], 0) :]
    for start in range(0, len(order), ROWS_PER_TASK):
        rows = order[start : start + ROWS_PER_TASK]
        yield square, np.asarray(ciphertexts[rows]), ids[rows]


def _multiply_runs(
    square: mpz, ciphertexts: npt.NDArray[np.uint8], ids: npt.NDArray[np.int64]
) -> list[tuple[int, mpz]]:
    values = integers(ciphertexts)
    starts = [0, *(np.flatnonzero(np.diff(ids)) + 1).tolist(), len(values)]
    return [
        (int(ids[start]), multiply(square, values[start:stop]))
        for start, stop in zip(starts, starts[1:], strict=False)
    ]


def multiply(square: mpz, values: Sequence[int]) -> mpz:
    """Multiply numbers modulo ``square``."""
    product = mpz(1)
    for value in values:
        product = product * value % square
    return product


def weighted_product(square: mpz, ciphertexts: Sequence[int], weights: Sequence[int]) -> int:
    """Multiply ``c^w`` over all pairs: an encryption of the weighted sum.

    The squarings are shared by all ciphertexts (Straus 1964), so that each costs about half a
    multiplication per bit of the longest weight.

    Raises:
        LocalError: on a negative weight or lists of different length.
    """
    if len(ciphertexts) != len(weights):
        raise LocalError("there must be one weight per ciphertext")
    if min(weights, default=0) < 0:
        raise LocalError("a weight is negative")
    product = mpz(1)
    for bit in reversed(range(max(weights, default=0).bit_length())):
        product = product * product % square
        for ciphertext, weight in zip(ciphertexts, weights, strict=True):
            if weight >> bit & 1:
                product = gmpy2.mul(product, ciphertext) % square
    return int(product)
