"""Add, double and multiply 32 points of edwards25519 side by side, in a time that nothing changes.

A point is four registers of lanes, X, Y, Z and T with X Y = Z T: the extended coordinates of Hisil,
Wong, Carter and Dawson (ASIACRYPT 2008), for the curve -x^2 + y^2 = 1 + d x^2 y^2 (RFC 8032,
section 5.1).  Their formulas hold for every two points, so nothing branches.  A "cached" point is
Y + X, Y - X, 2 Z and 2 d T.

*Bounds* (``lanes``).  A reduced register is one unit; sums of two are 2, differences 3.  A second
factor has 3 units at most, so that 19 times a limb is below 2^32; the products of both factors'
units are 15 at most, and 25 would still keep ten products below 2^64.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from protocols.curve25519.field import D
from protocols.curve25519.lanes import (
    LANES,
    NUMBER,
    REGISTER,
    REGISTERS,
    U8,
    U32,
    U64,
    WIDE,
    WIDTH,
    add,
    constant,
    copy,
    kernel,
    multiply,
    square,
    square_twice,
    subtract,
    swap,
)
from protocols.curve25519.points import WINDOWS

I8 = npt.NDArray[np.int8]

POINTS = "uint32[:, :, ::1]"
"""Points of several blocks, or a table of cached ones; shape (n, 4, WIDTH)."""

FIXED = "uint32[:, :, ::1]"
"""A table of one point that all lanes share."""


ZERO, ONE, TWICE_D = range(3)
"""Places among the constants ``k`` of a kernel, which copies them: numba passes no global on."""

CONSTANTS = np.stack([constant(0), constant(1), constant(2 * D)])


@kernel(REGISTER, REGISTER, REGISTER)
def choose(to: U32, f: U32, mask: U32) -> None:
    """Write f where the mask is 2^32 - 1; it is 0 in the other lanes."""
    for limb in range(10):
        for lane in range(LANES):
            i = limb * LANES + lane
            to[i] ^= (to[i] ^ f[i]) & mask[lane]


@kernel(REGISTERS, REGISTERS, WIDE)
def double(p: U32, own: U32, wide: U64) -> None:
    """Double a point but for T, which is ``own[3]`` times ``own[0]`` then."""
    a, b, e, f, g = own[0], own[1], own[3], own[4], own[5]
    square(a, p[0], wide)
    square(b, p[1], wide)
    add(e, p[0], p[1])
    square(e, e, wide)
    subtract(g, a, b)
    square_twice(f, p[2], g, wide)
    add(a, a, b)
    subtract(e, a, e)  # 4 units
    multiply(p[0], e, f, wide)
    multiply(p[1], g, a, wide)
    multiply(p[2], g, f, wide)


@kernel(REGISTERS, REGISTERS, REGISTERS, WIDE)
def add_cached(p: U32, q: U32, own: U32, wide: U64) -> None:
    """Add the cached point q to p."""
    a, b, c, d, e = own[0], own[1], own[2], own[3], own[4]
    subtract(a, p[1], p[0])
    multiply(a, a, q[1], wide)
    add(b, p[1], p[0])
    multiply(b, b, q[0], wide)
    multiply(c, p[3], q[3], wide)
    multiply(d, p[2], q[2], wide)
    subtract(e, b, a)
    add(b, b, a)
    subtract(a, d, c)
    add(c, d, c)
    multiply(p[0], a, e, wide)
    multiply(p[1], c, b, wide)
    multiply(p[2], a, c, wide)
    multiply(p[3], e, b, wide)


@kernel(REGISTERS, REGISTERS, REGISTERS, WIDE)
def cache(to: U32, p: U32, k: U32, wide: U64) -> None:
    """Write p as a cached point."""
    add(to[0], p[1], p[0])
    subtract(to[1], p[1], p[0])
    add(to[2], p[2], p[2])
    multiply(to[3], p[3], k[TWICE_D], wide)


@kernel(POINTS, REGISTERS, REGISTERS, REGISTERS, WIDE)
def tabulate(table: U32, p: U32, k: U32, own: U32, wide: U64) -> None:
    """Write p, 2 p, ..., 8 p as cached points; p becomes 8 p."""
    cache(table[0], p, k, wide)
    for place in range(1, len(table)):
        add_cached(p, table[0], own, wide)
        cache(table[place], p, k, wide)


@kernel("int8[:, ::1]", "uint8[:, ::1]")
def recode(digits: I8, scalars: U8) -> None:
    """Write scalars below 2^253, shape (32, LANES) of bytes, as signed digits, lowest first."""
    for lane in range(LANES):
        over = np.int32(0)
        for place in range(WINDOWS):
            nibble = np.int32(scalars[place >> 1, lane] >> (4 * (place & 1)) & 15) + over
            over = (nibble + np.int32(8)) >> 4
            digits[place, lane] = nibble - (over << 4)


@kernel(REGISTERS, "int8[::1]")
def _compare(masks: U32, digits: I8) -> None:
    """Write 2^32 - 1 where a digit has the size 0, ..., 8, or is below zero; 0 where not."""
    for lane in range(LANES):
        sign = np.int32(digits[lane]) >> np.int32(31)
        size = (np.int32(digits[lane]) ^ sign) - sign
        for place in range(9):
            masks[place, lane] = ((size ^ np.int32(place)) - np.int32(1)) >> np.int32(31)
        masks[9, lane] = sign


@kernel(REGISTERS, POINTS, "int8[::1]", REGISTERS, REGISTERS)
def select(to: U32, table: U32, digits: I8, k: U32, own: U32) -> None:
    """Write the cached point that is a digit times the table's first, reading all of the table."""
    masks = own[0].reshape(10, LANES)
    _compare(masks, digits)
    # The identity is (1, 1, 2, 0).
    for coordinate in range(4):
        for limb in range(10):
            for lane in range(LANES):
                i = limb * LANES + lane
                to[coordinate, i] = (
                    (table[0, coordinate, i] & masks[1, lane])
                    | (table[1, coordinate, i] & masks[2, lane])
                    | (table[2, coordinate, i] & masks[3, lane])
                    | (table[3, coordinate, i] & masks[4, lane])
                    | (table[4, coordinate, i] & masks[5, lane])
                    | (table[5, coordinate, i] & masks[6, lane])
                    | (table[6, coordinate, i] & masks[7, lane])
                    | (table[7, coordinate, i] & masks[8, lane])
                )
    for lane in range(LANES):
        one = masks[0, lane] & np.uint32(1)
        to[0, lane] |= one
        to[1, lane] |= one
        to[2, lane] |= one + one
    swap(to[0], to[1], masks[9])
    subtract(own[1], k[ZERO], to[3])
    choose(to[3], own[1], masks[9])


@kernel(POINTS, "uint8[:, :, ::1]")
def multiply_blocks(points: U32, scalars: U8) -> None:
    """Multiply points of shape (blocks, 4, WIDTH) by scalars of shape (blocks, 32, LANES)."""
    table = np.zeros((8, 4, WIDTH), dtype=np.uint32)
    own, chosen = np.zeros((6, WIDTH), dtype=np.uint32), np.zeros((4, WIDTH), dtype=np.uint32)
    digits = np.zeros((WINDOWS, LANES), dtype=np.int8)
    wide, k = np.zeros(WIDTH, dtype=np.uint64), CONSTANTS.copy()
    for block in range(len(points)):
        p = points[block]
        recode(digits, scalars[block])
        tabulate(table, p, k, own, wide)
        neutral(p, k)
        for place in range(WINDOWS - 1, -1, -1):
            _double_four_times(p, own, wide)
            select(chosen, table, digits[place], k, own)
            add_cached(p, chosen, own, wide)


@kernel(REGISTERS, FIXED, NUMBER, "int8[::1]", REGISTERS, REGISTERS)
def select_fixed(to: U32, table: U32, first: int, digits: I8, k: U32, own: U32) -> None:
    """Write what ``select`` does from eight entries that all lanes share, three numbers each."""
    masks = own[0].reshape(10, LANES)
    _compare(masks, digits)
    for coordinate in range(3):
        for limb in range(10):
            a, b = table[first, coordinate, limb], table[first + 1, coordinate, limb]
            c, d = table[first + 2, coordinate, limb], table[first + 3, coordinate, limb]
            e, f = table[first + 4, coordinate, limb], table[first + 5, coordinate, limb]
            g, h = table[first + 6, coordinate, limb], table[first + 7, coordinate, limb]
            for lane in range(LANES):
                to[coordinate, limb * LANES + lane] = (
                    (a & masks[1, lane])
                    | (b & masks[2, lane])
                    | (c & masks[3, lane])
                    | (d & masks[4, lane])
                    | (e & masks[5, lane])
                    | (f & masks[6, lane])
                    | (g & masks[7, lane])
                    | (h & masks[8, lane])
                )
    # The identity is (1, 1, 0).
    for lane in range(LANES):
        one = masks[0, lane] & np.uint32(1)
        to[0, lane] |= one
        to[1, lane] |= one
    swap(to[0], to[1], masks[9])
    subtract(own[1], k[ZERO], to[2])
    choose(to[2], own[1], masks[9])


@kernel(POINTS, FIXED, "uint8[:, :, ::1]")
def multiply_fixed_blocks(points: U32, table: U32, scalars: U8) -> None:
    """Write the point of a table times scalars of shape (blocks, 32, LANES).

    The table has shape (512, 3, 10): 1 to 8 times 16^0, then 16^1 ... 16^63, each as Y + X, Y - X
    and 2 d T where Z is 1.
    """
    own, chosen = np.zeros((6, WIDTH), dtype=np.uint32), np.zeros((3, WIDTH), dtype=np.uint32)
    digits = np.zeros((WINDOWS, LANES), dtype=np.int8)
    wide, k = np.zeros(WIDTH, dtype=np.uint64), CONSTANTS.copy()
    for block in range(len(points)):
        p = points[block]
        recode(digits, scalars[block])
        neutral(p, k)
        for place in range(WINDOWS):
            select_fixed(chosen, table, 8 * place, digits[place], k, own)
            add_affine(p, chosen, own, wide)


@kernel(REGISTERS, REGISTERS, REGISTERS, WIDE)
def add_affine(p: U32, q: U32, own: U32, wide: U64) -> None:
    """Add a point whose Z is 1, as a table of ``multiply_fixed_blocks`` has it."""
    a, b, c, d, e = own[0], own[1], own[2], own[3], own[4]
    subtract(a, p[1], p[0])
    multiply(a, a, q[1], wide)
    add(b, p[1], p[0])
    multiply(b, b, q[0], wide)
    multiply(c, p[3], q[2], wide)
    add(d, p[2], p[2])
    subtract(e, b, a)
    add(b, b, a)
    subtract(a, d, c)  # 4 units
    add(c, d, c)  # 3 units
    multiply(p[0], a, e, wide)
    multiply(p[1], c, b, wide)
    multiply(p[2], a, c, wide)
    multiply(p[3], e, b, wide)


@kernel(REGISTERS, REGISTERS)
def neutral(p: U32, k: U32) -> None:
    """Write the neutral point."""
    copy(p[0], k[ZERO])
    copy(p[1], k[ONE])
    copy(p[2], k[ONE])
    copy(p[3], k[ZERO])


@kernel(REGISTERS, REGISTERS, WIDE)
def _double_four_times(p: U32, own: U32, wide: U64) -> None:
    for _ in range(4):
        double(p, own, wide)
    multiply(p[3], own[3], own[0], wide)


@kernel(POINTS, POINTS)
def add_blocks(points: U32, others: U32) -> None:
    """Add points to points, of one shape (blocks, 4, WIDTH)."""
    own, cached = np.zeros((6, WIDTH), dtype=np.uint32), np.zeros((4, WIDTH), dtype=np.uint32)
    wide, k = np.zeros(WIDTH, dtype=np.uint64), CONSTANTS.copy()
    for block in range(len(points)):
        cache(cached, others[block], k, wide)
        add_cached(points[block], cached, own, wide)


@kernel("uint64[:, ::1]", POINTS)
def to_words(words: U64, points: U32) -> None:
    """Write the first points of blocks with one limb of 51 bits for each pair of limbs."""
    for row in range(len(words)):
        block, lane = row // LANES, row % LANES
        for i in range(20):
            at = i % 5 * 2 * LANES + lane
            low = np.uint64(points[block, i // 5, at])
            high = np.uint64(points[block, i // 5, at + LANES])
            words[row, i] = low + (high << np.uint64(26))


@kernel(POINTS, "uint64[:, ::1]")
def from_words(points: U32, words: U64) -> None:
    """Write points that have limbs of 51 bits, reduced, into blocks; other lanes stay."""
    for row in range(len(words)):
        block, lane = row // LANES, row % LANES
        for i in range(20):
            at = i % 5 * 2 * LANES + lane
            points[block, i // 5, at] = words[row, i] & np.uint64((1 << 26) - 1)
            points[block, i // 5, at + LANES] = words[row, i] >> np.uint64(26)
