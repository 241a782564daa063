"""Divide the keys of a store over bins that are small enough for the processor's cache.

Every bin is a store of its own, padded to the same size, so how keys fall into bins tells nobody
anything.  The bin is the leading bits of a key's last word; the first word, the value, is left out
of it, or two keys of one bin would be easier to confuse.
"""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from protocols.alignment.ot.vectors import put, take
from protocols.compiled import compiled
from protocols.limits import STATISTICAL_BITS, most_of_a_share

U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]

_LARGEST_SINGLE = 1 << 17
_TARGET = 1 << 16
"""Keys of a bin, about: a store and its rows then take some megabytes."""


def bin_bits(count: int) -> int:
    """Return the logarithm of the number of bins for so many keys."""
    return 0 if count <= _LARGEST_SINGLE else round(math.log2(count / _TARGET))


def security_bits(count: int, part_bits: int = 0) -> int:
    """Return the statistical security that one bin must have, so that all together have 40 bits.

    All are those of 2^part_bits parts of an alignment, each with so many keys.
    """
    return STATISTICAL_BITS + bin_bits(count) + part_bits


def capacity(count: int, part_bits: int = 0) -> int:
    """Return how many keys a bin is padded to, so that some bin overflows with chance below 2^-40.

    Keys fall independently and uniformly, so the load of one of B bins is binomial with mean
    m = count / B.
    """
    bits = bin_bits(count)
    if bits == 0:
        return count
    return most_of_a_share(count / (1 << bits), security_bits(count, part_bits))


def bin_of(keys: U64, bits: int) -> npt.NDArray[np.uint16]:
    """Return the bin of every key, shape (rows,), for at most 2^16 bins."""
    if bits == 0:
        return np.zeros(len(keys), dtype=np.uint16)
    return (keys[:, 3] >> np.uint64(64 - bits)).astype(np.uint16)


def sort(keys: U64, bits: int) -> U32:
    """Sort keys by their bin where they lie; return which row each of them was.

    Nothing but the order, four bytes a key, is held beside them.
    """
    order = np.arange(len(keys), dtype=np.uint32)
    if bits:
        loads = np.bincount(bin_of(keys, bits), minlength=1 << bits)
        _exchange(keys, order, 64 - bits, np.cumsum(loads))
    return order


@compiled(nogil=True)
def _exchange(keys: U64, order: U32, shift: int, ends: npt.NDArray[np.int64]) -> None:
    """Bring every key into its bin; a bin ends where the next begins (McIlroy and others, 1993)."""
    next_of = np.empty_like(ends)
    next_of[0] = 0
    next_of[1:] = ends[:-1]
    for own in range(len(ends)):
        while next_of[own] < ends[own]:
            row = next_of[own]
            to = np.int64(keys[row, 3] >> np.uint64(shift))
            other = next_of[to]
            next_of[to] += 1
            if to != own:
                for word in range(4):
                    held = keys[row, word]
                    keys[row, word] = keys[other, word]
                    keys[other, word] = held
                place = order[row]
                order[row] = order[other]
                order[other] = place


@compiled(nogil=True)
def unsort(rows: U64, order: U32, out: U64) -> None:
    """Write every row of ``rows`` to where it stood before ``sort`` gave that order."""
    for row in range(len(order)):
        put(out, np.uint64(order[row]), take(rows, row))


def stretches(keys: U64, bits: int) -> list[slice]:
    """Return where each bin stands in keys that are sorted by their bin, or by finer bins."""
    ends = [0, *np.cumsum(np.bincount(bin_of(keys, bits), minlength=1 << bits)).tolist()]
    return [slice(*two) for two in pairwise(ends)]
