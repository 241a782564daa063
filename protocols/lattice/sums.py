"""Add up rows by group, without opening one.

The constant coefficient of b X^-i is row i of a block.  With sel = sum of X^-i over the chosen rows
of a block, A = sum of a sel, and B = the chosen coefficients of all b added up, B - (A s)_0 is the
sum of the chosen rows and t times that of their errors.  Every block is multiplied with every
group's sel, empty or not: the time depends on the numbers of blocks and groups alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from protocols.compiled import compiled
from protocols.errors import LocalError
from protocols.lattice.ring import I64, U32, U64, add, forward, tables
from protocols.lattice.rows import Blocks
from protocols.lattice.sampler import expand
from protocols.lattice.wire import PRIMES
from protocols.limits import LATTICE_DEGREE, LATTICE_PRIMES
from protocols.paillier.parallel import run_ordered

BLOCKS_PER_TASK = 32
"""Blocks that one task adds up: products of 54 bits, so up to 2^10 of them fit 64 bits."""

MOST_LANES = 32
"""Groups whose sel are transformed side by side: a megabyte, which a core's cache holds."""

Groups = npt.NDArray[np.integer] | Sequence[int]


@dataclass(frozen=True)
class Sums:
    """Hold one sum per group: ``a`` (groups, 5, N) by its values and ``b`` (groups, measures, 5).

    Sums over parts of the rows add up with ``+``, wherever they were made.
    """

    a: U32
    b: U32

    def __add__(self, other: Sums) -> Sums:
        if self.a.shape != other.a.shape or self.b.shape != other.b.shape:
            raise LocalError("sums of different groups or measures do not add up")
        return Sums(add(self.a, other.a), add(self.b[..., None], other.b[..., None])[..., 0])


def no_sums(groups: int, measures: int) -> Sums:
    """Return sums of no rows."""
    return Sums(
        np.zeros((groups, PRIMES, LATTICE_DEGREE), dtype=np.uint32),
        np.zeros((groups, measures, PRIMES), dtype=np.uint32),
    )


def sum_groups(
    context: bytes,
    blocks: Blocks,
    groups: Groups,
    group_count: int,
    executor: Executor | None = None,
) -> Sums:
    """Add up the rows of each group; group -1 is left out.

    ``groups`` has one id in [-1, group_count) per row; rows after the last that is named, which
    fill its block up, belong to none.

    Raises:
        LocalError: on ids out of range or of a number that does not end in the last block.
    """
    ids = np.asarray(groups, dtype=np.int64)
    rows = len(blocks) * LATTICE_DEGREE
    if ids.ndim != 1 or not rows - LATTICE_DEGREE < len(ids) <= rows:
        raise LocalError("there must be one group id per row")
    if len(ids) and not (ids.min() >= -1 and ids.max() < group_count):
        raise LocalError("a group id is out of range")
    filled = np.full(rows, -1, dtype=np.int64)
    filled[: len(ids)] = ids
    total = no_sums(group_count, blocks.values.shape[1])
    for part in run_ordered(executor, _add_up, _tasks(context, blocks, filled, group_count)):
        total += part
    return total


def _tasks(
    context: bytes, blocks: Blocks, ids: I64, group_count: int
) -> Iterator[tuple[bytes, Blocks, I64, int]]:
    for start in range(0, len(blocks), BLOCKS_PER_TASK):
        part = slice(start, start + BLOCKS_PER_TASK)
        chosen = Blocks(blocks.seeds[part], np.asarray(blocks.values[part]))
        yield context, chosen, ids.reshape(-1, LATTICE_DEGREE)[part], group_count


def _add_up(context: bytes, blocks: Blocks, ids: I64, group_count: int) -> Sums:
    a = np.stack([expand(context, seed.tobytes()) for seed in blocks.seeds])
    a_sums = np.empty((group_count, PRIMES, LATTICE_DEGREE), dtype=np.uint32)
    tiles = max(1, -(-group_count // MOST_LANES))
    for first, end in pairwise(group_count * tile // tiles for tile in range(tiles + 1)):
        chosen = np.empty((LATTICE_DEGREE, end - first), dtype=np.uint32)
        for index, prime in enumerate(LATTICE_PRIMES):
            totals = np.zeros(chosen.shape, dtype=np.uint64)
            for part, block_ids in zip(a[:, index], ids, strict=True):
                _choose(block_ids, first, np.uint32(prime), chosen)
                forward(chosen, tables(prime))
                _accumulate(part, chosen, totals)
            a_sums[first:end, index] = (totals % np.uint64(prime)).T
    b_sums = np.zeros((group_count + 1, blocks.values.shape[1], PRIMES), dtype=np.uint64)
    _gather(blocks.values, ids, b_sums)
    primes = np.array(LATTICE_PRIMES, dtype=np.uint64)
    return Sums(a_sums, (b_sums[:group_count] % primes).astype(np.uint32))


@compiled(nogil=True)
def _choose(ids: I64, first: int, prime: np.uint32, out: U32) -> None:
    """Write sel of the groups from ``first`` on: X^-i is -X^(N - i), and 1 for i = 0."""
    out[:] = 0
    for i in range(LATTICE_DEGREE):
        lane = ids[i] - first
        if 0 <= lane < out.shape[1]:
            if i:
                out[LATTICE_DEGREE - i, lane] = prime - np.uint32(1)
            else:
                out[0, lane] = 1


@compiled(nogil=True)
def _accumulate(a: U32, chosen: U32, totals: U64) -> None:
    for j in range(LATTICE_DEGREE):
        for lane in range(totals.shape[1]):
            totals[j, lane] += np.uint64(a[j]) * np.uint64(chosen[j, lane])


@compiled(nogil=True)
def _gather(values: U32, ids: I64, totals: U64) -> None:
    """Add up the coefficients of each group; the last row of ``totals`` takes those of group -1."""
    for block in range(values.shape[0]):
        for measure in range(values.shape[1]):
            for index in range(values.shape[2]):
                for i in range(LATTICE_DEGREE):
                    totals[ids[block, i], measure, index] += np.uint64(
                        values[block, measure, index, i]
                    )
