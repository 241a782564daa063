"""Add, double and multiply points of edwards25519 one by one.

A point is twenty words: X, Y, Z and T with X Y = Z T, five limbs each (``words``); formulas, bounds
and "cached" points are those of ``edwards``.  What is said to be public takes a time that depends
on the scalars; all else takes none that depends on a scalar or a point: no branch follows from
them, and tables are read as a whole.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from protocols.curve25519.field import D
from protocols.curve25519.lanes import NUMBER, U32, kernel
from protocols.curve25519.words import (
    LIMBS,
    U64,
    Limbs,
    add,
    chosen,
    constant,
    fast,
    multiply,
    opaque,
    power,
    read,
    reduced,
    square,
    subtract,
)

U8 = npt.NDArray[np.uint8]
I8 = npt.NDArray[np.int8]
Point = tuple[Limbs, Limbs, Limbs, Limbs]

WORDS, BITS, BYTES = "uint64[:, ::1]", "uint64[::1]", "uint8[:, ::1]"
POINT: Final = 4 * LIMBS
"""Words of a point."""

_ZERO, _ONE, _TWICE_D = map(constant, (0, 1, 2 * D))
WINDOWS: Final = 64
"""Digits of a scalar, base 16, each from -8 to 8."""
_MULTIPLES: Final = 8
ENTRY: Final = 16
"""Words of a table's entry: Y + X, Y - X and 2 d X Y where Z is 1, and one of padding."""
ENTRIES: Final = WINDOWS * _MULTIPLES
_NO = np.uint64(0)


# --- points


@fast
def _read(rows: U64, row: int, at: int) -> Limbs:
    """Return the element whose limbs stand in a row from a place on."""
    return rows[row, at], rows[row, at + 1], rows[row, at + 2], rows[row, at + 3], rows[row, at + 4]


@fast
def _write(rows: U64, row: int, at: int, f: Limbs) -> None:
    (
        rows[row, at],
        rows[row, at + 1],
        rows[row, at + 2],
        rows[row, at + 3],
        rows[row, at + 4],
    ) = f


@fast
def load(points: U64, row: int) -> Point:
    """Return one of many points."""
    return (
        _read(points, row, 0),
        _read(points, row, 5),
        _read(points, row, 10),
        _read(points, row, 15),
    )


@fast
def store(points: U64, row: int, p: Point) -> None:
    """Write one of many points."""
    _write(points, row, 0, p[0])
    _write(points, row, 5, p[1])
    _write(points, row, 10, p[2])
    _write(points, row, 15, p[3])


@fast
def double(x: Limbs, y: Limbs, z: Limbs) -> tuple[Limbs, Limbs, Limbs, Limbs, Limbs]:
    """Return X, Y, Z of twice a point, and the two factors of T."""
    a, b, c = square(x), square(y), square(z)
    h = add(a, b)
    e = subtract(square(add(x, y)), h)
    g = subtract(b, a)
    f = add(subtract(a, b), add(c, c))
    return multiply(f, e), multiply(g, h), multiply(f, g), e, h


@fast
def cached(p: Point) -> Point:
    """Return Y + X, Y - X, 2 Z and 2 d T."""
    x, y, z, t = p
    return add(y, x), subtract(y, x), add(z, z), multiply(t, _TWICE_D)


@fast
def _factors(p: Point, q: Point) -> Point:
    """Return what the sum of a point and a cached one is a product of, two by two."""
    x, y, z, t = p
    a, b = multiply(subtract(y, x), q[1]), multiply(add(y, x), q[0])
    c, d = multiply(t, q[3]), multiply(z, q[2])
    return subtract(b, a), add(b, a), subtract(d, c), add(d, c)


@fast
def add_cached(p: Point, q: Point) -> Point:
    """Return the sum of a point and a cached one."""
    e, h, f, g = _factors(p, q)
    return _sum_of(e, h, f, g)


@fast
def _add_affine(p: Point, plus: Limbs, less: Limbs, other: Limbs) -> Point:
    """Return the sum of a point and one whose Z is 1."""
    x, y, z, t = p
    a, b, c, d = (
        multiply(subtract(y, x), less),
        multiply(add(y, x), plus),
        multiply(t, other),
        add(z, z),
    )
    return _sum_of(subtract(b, a), add(b, a), subtract(d, c), add(d, c))


@fast
def _sum_of(e: Limbs, h: Limbs, f: Limbs, g: Limbs) -> Point:
    return multiply(e, f), multiply(g, h), multiply(f, g), multiply(e, h)


@kernel(WORDS, WORDS, NUMBER)
def sums(points: U64, others: U64, sign: int) -> None:
    """Add points to points, or take them away if ``sign`` is -1."""
    for place in range(len(points)):
        plus, less, z, t = cached(load(others, place))
        if sign < 0:
            plus, less, t = less, plus, subtract(_ZERO, t)
        store(points, place, add_cached(load(points, place), (plus, less, z, t)))


# --- secret scalars


@fast
def write_digits(digits: I8, scalars: U8, row: int) -> None:
    """Write a scalar below 2^253 as signed digits, base 16, each from -8 to 8, lowest first."""
    over = np.int32(0)
    for place in range(WINDOWS):
        nibble = (np.int32(scalars[row, place >> 1]) >> (4 * (place & 1)) & 15) + over
        over = (nibble + np.int32(8)) >> 4
        digits[place] = nibble - (over << 4)


@fast
def _look_up(found: U64, table: U64, first: int, digit: int) -> np.uint64:
    """Write a table's entry that is the size of a digit, zeros for 0, reading eight entries.

    Return 2^64 - 1 for a digit below zero, 0 for others.
    """
    whole = np.int64(digit)
    sign = whole >> 63
    size = np.uint64((whole ^ sign) - sign)
    for i in range(found.size):
        found[i] = 0
    for entry in range(_MULTIPLES):
        other = size ^ np.uint64(entry + 1)
        mask = opaque(_NO - ((other - np.uint64(1)) >> np.uint64(63)))
        for i in range(found.size):
            found[i] |= table[first + entry, i] & mask
    none = (size - np.uint64(1)) >> np.uint64(63)
    found[0] |= none
    found[LIMBS] |= none
    return np.uint64(sign)


@fast
def _inverse(f: Limbs) -> Limbs:
    """Return 1 / f."""
    cube = multiply(square(f), f)
    return multiply(square(square(square(power(f)))), cube)


@kernel(WORDS, WORDS)
def normalise(table: U64, points: U64) -> None:
    """Write points as entries of a table, with one inversion for all (Montgomery 1987)."""
    products, total = np.empty((len(points), LIMBS), np.uint64), _ONE
    for place in range(len(points)):
        _write(products, place, 0, total)
        total = multiply(total, _read(points, place, 10))
    inverse = _inverse(total)
    for place in range(len(points) - 1, -1, -1):
        p = load(points, place)
        own = multiply(inverse, _read(products, place, 0))
        inverse = multiply(inverse, p[2])
        x, y = multiply(p[0], own), multiply(p[1], own)
        _write(table, place, 0, reduced(add(y, x)))
        _write(table, place, 5, reduced(subtract(y, x)))
        _write(table, place, 10, multiply(multiply(x, y), _TWICE_D))
        table[place, 15] = 0


def halves(entries: U64) -> U32:
    """Return the numbers of a table's entries with the limbs of ``lanes``, shape (n, 3, 10)."""
    limbs = entries[:, : ENTRY - 1].reshape(-1, 3, LIMBS, 1)
    pairs = np.concatenate([limbs & np.uint64((1 << 26) - 1), limbs >> np.uint64(26)], axis=3)
    return pairs.reshape(-1, 3, 2 * LIMBS).astype(np.uint32)


@kernel(WORDS, WORDS)
def tabulate(table: U64, point: U64) -> None:
    """Write a table of one point for ``multiply_fixed``: 1 to 8 times 16^0, 16^1, ... 16^63."""
    points, base = np.empty((ENTRIES, POINT), np.uint64), load(point, 0)
    for window in range(WINDOWS):
        p, first = base, cached(base)
        for multiple in range(_MULTIPLES):
            store(points, window * _MULTIPLES + multiple, p)
            base, p = p, add_cached(p, first)
        x, y, z, e, h = double(base[0], base[1], base[2])
        base = x, y, z, multiply(e, h)
    normalise(table, points)


@kernel(WORDS, WORDS, BYTES)
def multiply_fixed(to: U64, table: U64, scalars: U8) -> None:
    """Write the point of a table times each scalar below 2^253; these are secret."""
    found, digits = np.empty(ENTRY, np.uint64), np.empty(WINDOWS, np.int8)
    for place in range(len(scalars)):
        write_digits(digits, scalars, place)
        p = _ZERO, _ONE, _ONE, _ZERO
        for window in range(WINDOWS):
            sign = _look_up(found, table, window * _MULTIPLES, digits[window])
            plus, less, other = read(found, 0), read(found, 5), read(found, 10)
            p = _add_affine(
                p,
                chosen(sign, plus, less),
                chosen(sign, less, plus),
                chosen(sign, other, subtract(_ZERO, other)),
            )
        store(to, place, p)


# --- public scalars

_BITS: Final = 256
_ODD: Final = 8


@fast
def _sparse(digits: I8, scalar: U8) -> None:
    """Write a scalar below 2^253 with odd digits, -15 to 15, four zeros at least between two."""
    for bit in range(_BITS):
        digits[bit] = scalar[bit >> 3] >> (bit & 7) & 1
    bit = 0
    while bit < _BITS:
        if not digits[bit]:
            bit += 1
            continue
        digit = 0
        for more in range(5):
            if bit + more < _BITS:
                digit += digits[bit + more] << more
                digits[bit + more] = 0
        if digit >= 16:
            digit -= 32
            over = bit + 5
            while digits[over]:
                digits[over] = 0
                over += 1
            digits[over] = 1
        digits[bit] = digit
        bit += 5


@kernel(WORDS, "uint64[:, :, ::1]", BYTES)
def sum_public(to: U64, points: U64, scalars: U8) -> None:
    """Write the sum of all products, with shared doublings (Straus 1964); all of it is public.

    ``points`` has shape (sums, n, 20), and each sum has the same scalars, shape (n, 32).
    """
    count = len(scalars)
    digits = np.empty((count, _BITS), np.int8)
    table = np.empty((count * _ODD, POINT), np.uint64)
    for place in range(count):
        _sparse(digits[place], scalars[place])
    by_bit = np.ascontiguousarray(digits.T)
    for number in range(len(points)):
        own = points[number]
        for place in range(count):
            p = load(own, place)
            x, y, z, e, h = double(p[0], p[1], p[2])
            twice = cached((x, y, z, multiply(e, h)))
            for odd in range(_ODD):
                store(table, place * _ODD + odd, cached(p))
                p = add_cached(p, twice)
        x, y, z, e, h = _ZERO, _ONE, _ONE, _ZERO, _ONE
        for bit in range(_BITS - 1, -1, -1):
            x, y, z, e, h = double(x, y, z)
            for place in range(count):
                digit = by_bit[bit, place]
                if digit:
                    plus, less, z2, t = load(table, place * _ODD + (abs(digit) >> 1))
                    if digit < 0:
                        plus, less, t = less, plus, subtract(_ZERO, t)
                    e, h, f, g = _factors((x, y, z, multiply(e, h)), (plus, less, z2, t))
                    x, y, z = multiply(e, f), multiply(g, h), multiply(f, g)
        store(to, number, (x, y, z, multiply(e, h)))
