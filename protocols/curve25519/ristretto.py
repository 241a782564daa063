"""Work with many elements of ristretto255 (RFC 9496) at once, 32 side by side.

Elements and scalars are rows of 32 bytes, little-endian; points are those of ``points``.  Times
depend on how many there are, and on nothing else: no branch and no place in memory follows from an
element or a scalar.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from protocols.curve25519.edwards import (
    CONSTANTS,
    ONE,
    POINTS,
    ZERO,
    add_blocks,
    choose,
    from_words,
    multiply_blocks,
    multiply_fixed_blocks,
    to_words,
)
from protocols.curve25519.field import (
    ROOT_OF_AD_MINUS_ONE,
    ROOT_OF_INVERSE_OF_A_MINUS_D,
    ROOT_OF_MINUS_ONE,
    D,
)
from protocols.curve25519.lanes import (
    LANES,
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
    equal,
    freeze,
    from_lanes,
    kernel,
    multiply,
    power_250,
    scale,
    square,
    square_often,
    subtract,
    to_lanes,
)
from protocols.curve25519.points import POINT

_EACH = (
    *(D, ROOT_OF_MINUS_ONE, ROOT_OF_INVERSE_OF_A_MINUS_D, ROOT_OF_AD_MINUS_ONE),
    *(1 - D * D, (D - 1) ** 2, -1),
)
_D, _IMAGINARY, _INVERSE_ROOT, _ROOT, _ONE_MINUS_D2, _D_MINUS_ONE2, _MINUS_ONE = range(3, 10)
_CONSTANTS = np.concatenate([CONSTANTS, [constant(one) for one in _EACH]])


def decode(rows: U8) -> tuple[U64, npt.NDArray[np.bool_]]:
    """Return the points of rows, shape (n, 32), as ``points`` has them, and which are elements."""
    numbers = to_lanes(rows)
    blocks = np.zeros((len(numbers), 4, WIDTH), dtype=np.uint32)
    masks = np.zeros((len(numbers), LANES), dtype=np.uint32)
    _decode(blocks, masks, numbers)
    return _words(blocks, len(rows)), masks.reshape(-1)[: len(rows)] != 0


def encode(points: U64) -> U8:
    """Return the elements that points are, shape (n, 32)."""
    blocks = _blocks(points)
    numbers = np.zeros((len(blocks), WIDTH), dtype=np.uint32)
    _encode(numbers, blocks)
    return from_lanes(numbers, len(points))


def multiply_each(points: U64, scalars: U8) -> U64:
    """Multiply each point by the scalar below the order at its place, shape (n, 32)."""
    blocks = _blocks(points)
    multiply_blocks(blocks, _by_lanes(scalars, len(blocks)))
    return _words(blocks, len(points))


def multiply_fixed(table: U32, scalars: U8) -> U64:
    """Multiply the point of a table (``edwards``) by each scalar below the order."""
    blocks = np.zeros((-(-len(scalars) // LANES), 4, WIDTH), dtype=np.uint32)
    multiply_fixed_blocks(blocks, table, _by_lanes(scalars, len(blocks)))
    return _words(blocks, len(scalars))


def from_uniform(rows: U8) -> U64:
    """Map rows of 64 uniform bytes to points (RFC 9496, section 4.3.4)."""
    halves = rows.reshape(-1, 2, 32).transpose(1, 0, 2).copy()
    halves[:, :, 31] &= 0x7F
    first, second = (np.zeros((-(-len(rows) // LANES), 4, WIDTH), np.uint32) for _ in range(2))
    _map(first, to_lanes(halves[0]))
    _map(second, to_lanes(halves[1]))
    add_blocks(first, second)
    return _words(first, len(rows))


def _words(blocks: U32, count: int) -> U64:
    found = np.empty((count, POINT), dtype=np.uint64)
    to_words(found, blocks)
    return found


def _blocks(points: U64) -> U32:
    """Return points in lanes; those of lanes that are left over are anything."""
    found = np.zeros((-(-len(points) // LANES), 4, WIDTH), dtype=np.uint32)
    from_words(found, np.ascontiguousarray(points))
    return found


def _by_lanes(scalars: U8, blocks: int) -> U8:
    padded = np.zeros((blocks * LANES, 32), dtype=np.uint8)
    padded[: len(scalars)] = scalars
    return np.ascontiguousarray(padded.reshape(blocks, LANES, 32).transpose(0, 2, 1))


@kernel(REGISTER, REGISTER, REGISTER, WIDE)
def _negative(mask: U32, f: U32, spare: U32, wide: U64) -> None:
    """Set the mask where f is odd below p."""
    freeze(spare, f, wide)
    for lane in range(LANES):
        mask[lane] = np.uint32(0) - (spare[lane] & np.uint32(1))


@kernel(REGISTER, REGISTER, REGISTERS, REGISTERS, WIDE)
def _negate_if(f: U32, mask: U32, k: U32, own: U32, wide: U64) -> None:
    """Negate reduced f where the mask is set; it stays reduced."""
    subtract(own[0], k[ZERO], f)
    scale(own[0], own[0], 1, wide)
    choose(f, own[0], mask)


@kernel(REGISTER, REGISTERS, REGISTERS, WIDE)
def _absolute(f: U32, k: U32, own: U32, wide: U64) -> None:
    """Negate reduced f where it is negative."""
    mask = own[1][:LANES]
    _negative(mask, f, own[0], wide)
    _negate_if(f, mask, k, own, wide)


@kernel(REGISTER, REGISTER, REGISTER, REGISTER, REGISTERS, REGISTERS, WIDE)
def _sqrt_ratio(r: U32, ok: U32, u: U32, v: U32, k: U32, own: U32, wide: U64) -> None:
    """Write the root of u / v, or of i u / v where ``ok`` is 0, the one that is not negative.

    Both are reduced; RFC 9496, section 4.2.
    """
    cube, seventh, check, other = own[0], own[1], own[2], own[3]
    square(cube, v, wide)
    multiply(cube, cube, v, wide)
    square(seventh, cube, wide)
    multiply(seventh, seventh, v, wide)
    multiply(seventh, seventh, u, wide)
    power_250(r, own[4], seventh, own[5], own[6], wide)
    square_often(r, r, 2, wide)
    multiply(r, r, seventh, wide)
    multiply(r, r, cube, wide)
    multiply(r, r, u, wide)
    square(check, r, wide)
    multiply(check, check, v, wide)
    freeze(check, check, wide)
    freeze(other, u, wide)
    equal(check, other, ok)
    flipped, turned = own[4][:LANES], own[5][:LANES]
    subtract(other, k[ZERO], u)
    scale(other, other, 1, wide)
    multiply(seventh, other, k[_IMAGINARY], wide)
    freeze(other, other, wide)
    freeze(seventh, seventh, wide)
    equal(check, other, flipped)
    equal(check, seventh, turned)
    multiply(other, r, k[_IMAGINARY], wide)
    for lane in range(LANES):
        turned[lane] |= flipped[lane]
        ok[lane] |= flipped[lane]
    choose(r, other, turned)
    _absolute(r, k, own[:2], wide)


@kernel(POINTS, REGISTERS, REGISTERS)
def _decode(points: U32, masks: U32, numbers: U32) -> None:
    own, wide = np.zeros((13, WIDTH), dtype=np.uint32), np.zeros(WIDTH, dtype=np.uint64)
    k = _CONSTANTS.copy()
    u1, u2, v, t, root, mask = own[7], own[8], own[9], own[10], own[11], own[12][:LANES]
    for block in range(len(points)):
        s, p, ok = numbers[block], points[block], masks[block]
        scale(s, s, 1, wide)
        square(v, s, wide)
        subtract(u1, k[ONE], v)
        add(u2, k[ONE], v)
        scale(u1, u1, 1, wide)
        scale(u2, u2, 1, wide)
        square(t, u2, wide)
        square(v, u1, wide)
        multiply(v, v, k[_D], wide)
        add(v, v, t)
        scale(v, v, 1, wide)
        subtract(v, k[ZERO], v)
        multiply(t, v, t, wide)
        _sqrt_ratio(root, ok, k[ONE], t, k, own, wide)
        multiply(t, root, u2, wide)
        multiply(p[0], s, t, wide)
        scale(p[0], p[0], 2, wide)
        _absolute(p[0], k, own[:2], wide)
        multiply(t, root, t, wide)
        multiply(t, v, t, wide)
        multiply(p[1], u1, t, wide)
        copy(p[2], k[ONE])
        multiply(p[3], p[0], p[1], wide)
        _negative(mask, p[3], own[0], wide)
        freeze(t, p[1], wide)
        equal(t, k[ZERO], own[1][:LANES])
        for lane in range(LANES):
            ok[lane] &= ~(mask[lane] | own[1, lane])


@kernel(REGISTERS, POINTS)
def _encode(numbers: U32, points: U32) -> None:
    own, wide = np.zeros((14, WIDTH), dtype=np.uint32), np.zeros(WIDTH, dtype=np.uint64)
    k = _CONSTANTS.copy()
    u1, u2, root, den, x, y = own[7], own[8], own[9], own[10], own[11], own[12]
    ok, mask = own[13][:LANES], own[13][LANES : 2 * LANES]
    for block in range(len(points)):
        p, s = points[block], numbers[block]
        add(u1, p[2], p[1])
        subtract(u2, p[2], p[1])
        multiply(u1, u1, u2, wide)
        multiply(u2, p[0], p[1], wide)
        square(x, u2, wide)
        multiply(x, x, u1, wide)
        _sqrt_ratio(root, ok, k[ONE], x, k, own, wide)
        multiply(u1, root, u1, wide)  # den1
        multiply(den, root, u2, wide)  # den2
        multiply(root, u1, den, wide)
        multiply(root, root, p[3], wide)  # 1 / z
        multiply(x, p[3], root, wide)
        _negative(mask, x, own[0], wide)
        multiply(x, p[1], k[_IMAGINARY], wide)
        multiply(y, p[0], k[_IMAGINARY], wide)
        multiply(u1, u1, k[_INVERSE_ROOT], wide)
        choose(den, u1, mask)
        copy(u1, p[0])
        choose(u1, x, mask)
        copy(u2, p[1])
        choose(u2, y, mask)
        multiply(u1, u1, root, wide)
        _negative(mask, u1, own[0], wide)
        _negate_if(u2, mask, k, own, wide)
        subtract(u2, p[2], u2)
        multiply(s, u2, den, wide)
        _absolute(s, k, own[:2], wide)
        freeze(s, s, wide)


@kernel(POINTS, REGISTERS)
def _map(points: U32, numbers: U32) -> None:
    """Map field elements to points (Elligator 2 as in RFC 9496, section 4.3.4)."""
    own, wide = np.zeros((14, WIDTH), dtype=np.uint32), np.zeros(WIDTH, dtype=np.uint64)
    k = _CONSTANTS.copy()
    r, u, v, s, c, t = own[7], own[8], own[9], own[10], own[11], own[12]
    was, is_not = own[13][:LANES], own[13][LANES : 2 * LANES]
    for block in range(len(points)):
        p = points[block]
        scale(t, numbers[block], 1, wide)
        square(r, t, wide)
        multiply(r, r, k[_IMAGINARY], wide)
        add(u, r, k[ONE])
        multiply(u, u, k[_ONE_MINUS_D2], wide)
        multiply(c, r, k[_D], wide)
        subtract(c, k[_MINUS_ONE], c)
        add(v, r, k[_D])
        multiply(v, c, v, wide)
        _sqrt_ratio(s, was, u, v, k, own, wide)
        for lane in range(LANES):
            is_not[lane] = ~was[lane]
        multiply(t, s, t, wide)
        _absolute(t, k, own[:2], wide)
        subtract(t, k[ZERO], t)
        scale(t, t, 1, wide)
        choose(s, t, is_not)
        copy(c, k[_MINUS_ONE])
        choose(c, r, is_not)
        subtract(r, r, k[ONE])
        multiply(c, r, c, wide)
        multiply(c, c, k[_D_MINUS_ONE2], wide)
        subtract(c, c, v)  # N
        multiply(c, c, k[_ROOT], wide)  # w1
        multiply(v, s, v, wide)
        scale(v, v, 2, wide)  # w0
        square(s, s, wide)
        subtract(t, k[ONE], s)  # w2
        add(s, k[ONE], s)  # w3
        multiply(p[0], v, s, wide)
        multiply(p[1], t, c, wide)
        multiply(p[2], c, s, wide)
        multiply(p[3], t, v, wide)
