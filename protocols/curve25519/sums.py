"""Sum many points times as many scalars, all of it public: each digit's place has a lane.

Pippenger's way (SIAM J. Comput. 9, 1980), with 64 places of digits base 16 in 64 lanes.  A lane
adds up the points that have a digit in its place, those of the largest digits first; what it holds
once all digits of 8, of 7 and more, ..., of 1 and more are added are eight sums, whose sum has each
point as often as its digit says.  Then the places are joined.

No lane waits for another but for its last points: that most digits are not zero is all it takes.
Places in memory follow the scalars, so these have to be public.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from protocols.curve25519.edwards import (
    CONSTANTS,
    add_affine,
    add_cached,
    cache,
    neutral,
    to_words,
)
from protocols.curve25519.lanes import LANES, TWICE_P, U8, U32, U64, WIDTH, kernel
from protocols.curve25519.points import (
    BYTES,
    ENTRY,
    POINT,
    WINDOWS,
    WORDS,
    cached,
    double,
    halves,
    load,
    normalise,
    store,
    write_digits,
)
from protocols.curve25519.points import add_cached as add_words
from protocols.curve25519.words import multiply

I8 = npt.NDArray[np.int8]
I64 = npt.NDArray[np.int64]

_SIZES: Final = 8
_SUMS: Final = "uint64[:, :, ::1]"
_ROWS: Final = "uint32[:, :, ::1]"


def sum_many(scalars: U8, batches: U64) -> U64:
    """Return the sum of each batch's points, shape (batches, n, 20), times the scalars, (n, 32)."""
    rows = np.stack([_rows(points) for points in batches])
    sums = np.empty((len(batches), WINDOWS, POINT), np.uint64)
    _add_up(sums, rows, scalars)
    found = np.empty((len(batches), POINT), np.uint64)
    _join(found, sums)
    return found


def _rows(points: U64) -> U32:
    """Return what is added for each point, for its opposite, and for none: 30 limbs each."""
    words = np.empty((len(points), ENTRY), np.uint64)
    normalise(words, points)
    limbs, zero = halves(words), TWICE_P.reshape(10, LANES)[:, 0]
    rows = np.zeros((2 * len(points) + 1, 3, 10), np.uint32)
    rows[0:-1:2] = limbs
    rows[1::2, 0], rows[1::2, 1], rows[1::2, 2] = limbs[:, 1], limbs[:, 0], zero - limbs[:, 2]
    rows[-1, :2, 0] = 1
    return rows.reshape(-1, 30)


@kernel("int64[:, ::1]", "int64[:, ::1]", "int8[:, ::1]", "int64")
def _sort(order: I64, reached: I64, digits: I8, first: int) -> None:
    """Write the rows that each lane adds, the largest digits first, and how many are of a size.

    ``reached[size]`` is the number of digits of that size and above.
    """
    order[:] = 2 * len(digits)
    reached[:] = 0
    for row in range(len(digits)):
        for lane in range(LANES):
            for size in range(1, abs(np.int64(digits[row, first + lane])) + 1):
                reached[size, lane] += 1
    place = reached.copy()
    for row in range(len(digits)):
        for lane in range(LANES):
            digit = np.int64(digits[row, first + lane])
            if digit:
                # Those above it come before it.
                place[abs(digit), lane] -= 1
                order[place[abs(digit), lane], lane] = 2 * row + (digit < 0)


@kernel(_SUMS, _ROWS, BYTES)
def _add_up(sums: U64, rows: U32, scalars: U8) -> None:
    """Write the sum of the points times their digits, for each batch and place."""
    count = len(scalars)
    digits = np.empty((count, WINDOWS), np.int8)
    for row in range(count):
        write_digits(digits[row], scalars, row)
    order = np.empty((count, LANES), np.int64)
    reached = np.empty((_SIZES + 2, LANES), np.int64)
    point, added = np.empty((4, WIDTH), np.uint32), np.empty((3, WIDTH), np.uint32)
    limbs = added.reshape(30, LANES)
    kept, own = np.empty((_SIZES, 4, WIDTH), np.uint32), np.empty((6, WIDTH), np.uint32)
    wide, k, size = np.empty(WIDTH, np.uint64), CONSTANTS.copy(), np.empty(LANES, np.int64)
    for first in range(0, WINDOWS, LANES):
        _sort(order, reached, digits, first)
        most = reached[1].max()
        for batch in range(len(rows)):
            neutral(point, k)
            size[:] = _SIZES
            for step in range(most + 1):
                for lane in range(LANES):
                    while size[lane] and reached[size[lane], lane] == step:
                        size[lane] -= 1
                        for coordinate in range(4):
                            for at in range(lane, WIDTH, LANES):
                                kept[size[lane], coordinate, at] = point[coordinate, at]
                if step < most:
                    for lane in range(LANES):
                        row = rows[batch, order[step, lane]]
                        for limb in range(30):
                            limbs[limb, lane] = row[limb]
                    add_affine(point, added, own, wide)
            for other in range(1, _SIZES):
                cache(point, kept[other], k, wide)
                add_cached(kept[0], point, own, wide)
            to_words(sums[batch, first : first + LANES], kept[:1])


@kernel(WORDS, _SUMS)
def _join(to: U64, sums: U64) -> None:
    """Write the sum of each batch's sums times 16^0, 16^1, ... 16^63."""
    for batch in range(len(sums)):
        p = load(sums[batch], WINDOWS - 1)
        for place in range(WINDOWS - 2, -1, -1):
            x, y, z = p[0], p[1], p[2]
            for _ in range(3):
                x, y, z, e, h = double(x, y, z)
            x, y, z, e, h = double(x, y, z)
            p = add_words((x, y, z, multiply(e, h)), cached(load(sums[batch], place)))
        store(to, batch, p)
