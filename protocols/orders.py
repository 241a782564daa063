"""Bring numbers into a random order, every order as likely as any other."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from protocols.compiled import compiled
from protocols.randomness import Random

I64 = npt.NDArray[np.int64]
U64 = npt.NDArray[np.uint64]

_DRAWN = 1 << 16
"""Words that are drawn at a time."""


def random_order(count: int, random: Random) -> I64:
    """Return 0..count-1, fewer than 2^32 of them, in a uniformly random order.

    The shuffle of Fisher and Yates (Durstenfeld, CACM 1964).  Numbers below a bound are words times
    the bound, of which the upper half counts, less those words that would count too often (Lemire,
    ACM TOMACS 2019): no order is favoured, by whatever little.
    """
    order, left = np.arange(count, dtype=np.int64), count
    while left > 1:
        words = np.frombuffer(random(8 * min(left - 1, _DRAWN)), dtype=np.uint64)
        left = _exchange(order, left, words)
    return order


@compiled(nogil=True)
def _exchange(order: I64, left: int, words: U64) -> int:
    """Give the last places of the first ``left`` their numbers; return how many places are left."""
    half, low = np.uint64(32), np.uint64(0xFFFFFFFF)
    for word in words:
        bound = np.uint64(left)
        fraction = word * bound  # of 64 bits: the lower half of the product
        if fraction < bound and fraction < (np.uint64(0) - bound) % bound:
            continue
        upper = (word >> half) * bound + ((word & low) * bound >> half)
        place = np.int64(upper >> half)
        left -= 1
        order[left], order[place] = order[place], order[left]
    return left
