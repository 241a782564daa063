"""Cut intervals of ticks into dyadic nodes, so that "is this tick inside" becomes equality.

Node ``(level, index)`` is the interval ``[index << level, (index + 1) << level)``.  An interval is
covered by its maximal nodes (the largest that lie inside, at most two of a level); a tick has one
ancestor per level.  The tick lies in the interval exactly if one of its ancestors is in the cover,
and then exactly one is.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from protocols.compiled import compiled
from protocols.errors import LocalError

I64 = npt.NDArray[np.int64]

MAXIMUM_DEPTH = 62
"""Levels above this one would leave 63 bits."""

_LIMIT = 1 << MAXIMUM_DEPTH


def cover(lo: int, hi: int) -> list[tuple[int, int]]:
    """Return the maximal nodes ``(level, index)`` of ``[lo, hi)``, left to right.

    Empty if lo == hi; LocalError unless 0 <= lo <= hi <= 2^62.
    """
    if not 0 <= lo <= hi <= _LIMIT:
        raise LocalError("an interval lies in [0, 2^62] and does not run backwards")
    nodes = []
    while lo < hi:
        level = (hi - lo).bit_length() - 1
        if lo:
            level = min(level, (lo & -lo).bit_length() - 1)
        nodes.append((level, lo >> level))
        lo += 1 << level
    return nodes


@compiled(nogil=True)
def _level_at(lo: int, hi: int, level: int) -> int:
    """Return the level of the largest node that begins at ``lo`` and ends by ``hi``.

    ``level`` is that of the node before it, or 0: ``lo`` is aligned to it, so the search starts
    there and a whole cover costs no more steps than it has levels.
    """
    while level < MAXIMUM_DEPTH and (lo >> level) & 1 == 0 and lo + (2 << level) <= hi:
        level += 1
    while lo + (1 << level) > hi:
        level -= 1
    return level


@compiled(nogil=True)
def _count(lo: I64, hi: I64) -> int:
    total = 0
    for piece in range(len(lo)):
        start, level = lo[piece], 0
        while start < hi[piece]:
            level = _level_at(start, hi[piece], level)
            start += 1 << level
            total += 1
    return total


@compiled(nogil=True)
def _fill(lo: I64, hi: I64, out: I64) -> None:
    row = 0
    for piece in range(len(lo)):
        start, level = lo[piece], 0
        while start < hi[piece]:
            level = _level_at(start, hi[piece], level)
            out[0, row] = piece
            out[1, row] = level
            out[2, row] = start >> level
            start += 1 << level
            row += 1


def covers(lo: npt.NDArray[np.integer], hi: npt.NDArray[np.integer]) -> tuple[I64, I64, I64]:
    """Cover many intervals ``[lo[i], hi[i])`` at once, as ``cover`` does one.

    Returns three arrays with one entry per node: the number i of the interval (ascending), the
    level and the index.  Empty intervals have no node; they may overlap, in any order.
    """
    low, high = (np.ascontiguousarray(side, dtype=np.int64) for side in (lo, hi))
    if low.ndim != 1 or low.shape != high.shape:
        raise LocalError("intervals need as many ends as starts")
    if len(low) and (low.min() < 0 or high.max() > _LIMIT or (low > high).any()):
        raise LocalError("an interval lies in [0, 2^62] and does not run backwards")
    out = np.empty((3, _count(low, high)), dtype=np.int64)
    _fill(low, high, out)
    return out[0], out[1], out[2]


def ancestors(ticks: npt.NDArray[np.integer], depth: int) -> I64:
    """Return the index of every tick's ancestor on each level, shape (ticks, depth + 1).

    Column ``level`` belongs to that level, column 0 is the tick itself.  LocalError unless
    0 <= tick < 2^depth.
    """
    if not 0 <= depth <= MAXIMUM_DEPTH:
        raise LocalError("a tree has a depth of 0 to 62")
    leaves = np.ascontiguousarray(ticks, dtype=np.int64)
    if len(leaves) and (leaves.min() < 0 or leaves.max() >= 1 << depth):
        raise LocalError("a tick is outside of the tree")
    return leaves[:, None] >> np.arange(depth + 1, dtype=np.int64)
