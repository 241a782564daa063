"""Compute modulo p = 2^255 - 19 with 32 elements side by side, in a time that no element changes.

An element is ten limbs of 26 and 25 bits in turn, the sum of limb i times 2^ceil(25.5 i): the
representation of Bernstein's Curve25519 (PKC 2006), here with unsigned limbs.  A register holds 32
elements, limb by limb, ``WIDTH`` numbers of 32 bits; ``wide`` holds sums of products.  So a limb of
all lanes is one run of memory, and the compiler turns a loop over lanes into vector instructions.

*Bounds.*  ``carry`` leaves limbs below 2^26 and 2^25, limb 1 at most 2^17 above: "reduced".  What
``add`` and ``subtract`` make of reduced registers has limbs below 1.5 * 2^27 and 1.5 * 2^26, and so
may every factor have.  19 times such a limb is below 2^32; a sum of ten products is below 2^62.4
(five of even limbs, 171 * 2^52 each with the 19, and five of odd ones, doubled, half of that).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from protocols.compiled import Function, compiled
from protocols.curve25519.field import P

U8 = npt.NDArray[np.uint8]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]

LANES = 32
"""Elements of a register.  With 64 a product's registers leave the nearest cache."""

WIDTH = 10 * LANES
"""Numbers of a register."""

REGISTER, REGISTERS = "uint32[::1]", "uint32[:, ::1]"
WIDE, NUMBER = "uint64[::1]", "int64"
"""Types of the arguments of a ``kernel``."""


def kernel(*types: str) -> Callable[[Function], Function]:
    """Return a decorator: compiled for these types once, and not for each constant argument."""
    signature = f"void({', '.join(types)})"
    return compiled(signature_or_function=signature, nogil=True, boundscheck=False)


_L = LANES
_BITS = tuple(26 - limb % 2 for limb in range(16))
_OFFSETS = tuple(-(-51 * limb // 2) for limb in range(16))
_LOW26, _LOW25, _LOW32 = (np.uint64((1 << bits) - 1) for bits in (26, 25, 32))
_26, _25, _ONE, _NINETEEN = (np.uint64(number) for number in (26, 25, 1, 19))
# 2 p = 2^256 - 38: limbs of twice 2^26 - 19, 2^25 - 1, 2^26 - 1, ...
TWICE_P = np.repeat(np.array([(1 << b + 1) - 2 for b in _BITS[:10]], dtype=np.uint32), LANES)
TWICE_P[:LANES] -= 36


@kernel(REGISTER, WIDE)
def carry(to: U32, wide: U64) -> None:
    """Reduce ten sums per lane; what lies above 2^255 comes back 19 times."""
    for lane in range(_L):
        h0 = wide[lane]
        h1 = wide[_L + lane] + (h0 >> _26)
        h2 = wide[2 * _L + lane] + (h1 >> _25)
        h3 = wide[3 * _L + lane] + (h2 >> _26)
        h4 = wide[4 * _L + lane] + (h3 >> _25)
        h5 = wide[5 * _L + lane] + (h4 >> _26)
        h6 = wide[6 * _L + lane] + (h5 >> _25)
        h7 = wide[7 * _L + lane] + (h6 >> _26)
        h8 = wide[8 * _L + lane] + (h7 >> _25)
        h9 = wide[9 * _L + lane] + (h8 >> _26)
        first = (h0 & _LOW26) + _NINETEEN * (h9 >> _25)
        to[lane] = first & _LOW26
        to[_L + lane] = (h1 & _LOW25) + (first >> _26)
        to[2 * _L + lane] = h2 & _LOW26
        to[3 * _L + lane] = h3 & _LOW25
        to[4 * _L + lane] = h4 & _LOW26
        to[5 * _L + lane] = h5 & _LOW25
        to[6 * _L + lane] = h6 & _LOW26
        to[7 * _L + lane] = h7 & _LOW25
        to[8 * _L + lane] = h8 & _LOW26
        to[9 * _L + lane] = h9 & _LOW25


@kernel(REGISTER, REGISTER, REGISTER, WIDE)
def multiply(  # noqa: PLR0915 (limb by limb: the compiler keeps them apart)
    to: U32, f: U32, g: U32, wide: U64
) -> None:
    """Write f g, reduced, to the register ``to``, which may be f or g."""
    for lane in range(_L):
        f0 = np.uint64(f[lane])
        f1 = np.uint64(f[_L + lane])
        f2 = np.uint64(f[2 * _L + lane])
        f3 = np.uint64(f[3 * _L + lane])
        f4 = np.uint64(f[4 * _L + lane])
        f5 = np.uint64(f[5 * _L + lane])
        f6 = np.uint64(f[6 * _L + lane])
        f7 = np.uint64(f[7 * _L + lane])
        f8 = np.uint64(f[8 * _L + lane])
        f9 = np.uint64(f[9 * _L + lane])
        g0 = np.uint64(g[lane])
        g1 = np.uint64(g[_L + lane])
        g2 = np.uint64(g[2 * _L + lane])
        g3 = np.uint64(g[3 * _L + lane])
        g4 = np.uint64(g[4 * _L + lane])
        g5 = np.uint64(g[5 * _L + lane])
        g6 = np.uint64(g[6 * _L + lane])
        g7 = np.uint64(g[7 * _L + lane])
        g8 = np.uint64(g[8 * _L + lane])
        g9 = np.uint64(g[9 * _L + lane])
        m1 = g1 * _NINETEEN & _LOW32
        m2 = g2 * _NINETEEN & _LOW32
        m3 = g3 * _NINETEEN & _LOW32
        m4 = g4 * _NINETEEN & _LOW32
        m5 = g5 * _NINETEEN & _LOW32
        m6 = g6 * _NINETEEN & _LOW32
        m7 = g7 * _NINETEEN & _LOW32
        m8 = g8 * _NINETEEN & _LOW32
        m9 = g9 * _NINETEEN & _LOW32
        d1 = f1 + f1 & _LOW32
        d3 = f3 + f3 & _LOW32
        d5 = f5 + f5 & _LOW32
        d7 = f7 + f7 & _LOW32
        d9 = f9 + f9 & _LOW32
        # fmt: off
        h0 = f0*g0 + d1*m9 + f2*m8 + d3*m7 + f4*m6 + d5*m5 + f6*m4 + d7*m3 + f8*m2 + d9*m1
        h1 = f0*g1 + f1*g0 + f2*m9 + f3*m8 + f4*m7 + f5*m6 + f6*m5 + f7*m4 + f8*m3 + f9*m2
        h2 = f0*g2 + d1*g1 + f2*g0 + d3*m9 + f4*m8 + d5*m7 + f6*m6 + d7*m5 + f8*m4 + d9*m3
        h3 = f0*g3 + f1*g2 + f2*g1 + f3*g0 + f4*m9 + f5*m8 + f6*m7 + f7*m6 + f8*m5 + f9*m4
        h4 = f0*g4 + d1*g3 + f2*g2 + d3*g1 + f4*g0 + d5*m9 + f6*m8 + d7*m7 + f8*m6 + d9*m5
        h5 = f0*g5 + f1*g4 + f2*g3 + f3*g2 + f4*g1 + f5*g0 + f6*m9 + f7*m8 + f8*m7 + f9*m6
        h6 = f0*g6 + d1*g5 + f2*g4 + d3*g3 + f4*g2 + d5*g1 + f6*g0 + d7*m9 + f8*m8 + d9*m7
        h7 = f0*g7 + f1*g6 + f2*g5 + f3*g4 + f4*g3 + f5*g2 + f6*g1 + f7*g0 + f8*m9 + f9*m8
        h8 = f0*g8 + d1*g7 + f2*g6 + d3*g5 + f4*g4 + d5*g3 + f6*g2 + d7*g1 + f8*g0 + d9*m9
        h9 = f0*g9 + f1*g8 + f2*g7 + f3*g6 + f4*g5 + f5*g4 + f6*g3 + f7*g2 + f8*g1 + f9*g0
        # fmt: on
        wide[lane] = h0
        wide[_L + lane] = h1
        wide[2 * _L + lane] = h2
        wide[3 * _L + lane] = h3
        wide[4 * _L + lane] = h4
        wide[5 * _L + lane] = h5
        wide[6 * _L + lane] = h6
        wide[7 * _L + lane] = h7
        wide[8 * _L + lane] = h8
        wide[9 * _L + lane] = h9
    carry(to, wide)


@kernel(REGISTER, WIDE)
def _square(f: U32, wide: U64) -> None:
    for lane in range(_L):
        f0 = np.uint64(f[lane])
        f1 = np.uint64(f[_L + lane])
        f2 = np.uint64(f[2 * _L + lane])
        f3 = np.uint64(f[3 * _L + lane])
        f4 = np.uint64(f[4 * _L + lane])
        f5 = np.uint64(f[5 * _L + lane])
        f6 = np.uint64(f[6 * _L + lane])
        f7 = np.uint64(f[7 * _L + lane])
        f8 = np.uint64(f[8 * _L + lane])
        f9 = np.uint64(f[9 * _L + lane])
        m5 = f5 * _NINETEEN & _LOW32
        m6 = f6 * _NINETEEN & _LOW32
        m7 = f7 * _NINETEEN & _LOW32
        m8 = f8 * _NINETEEN & _LOW32
        m9 = f9 * _NINETEEN & _LOW32
        d1 = f1 + f1 & _LOW32
        d3 = f3 + f3 & _LOW32
        d5 = f5 + f5 & _LOW32
        d7 = f7 + f7 & _LOW32
        d9 = f9 + f9 & _LOW32
        # fmt: off
        h0 = f0*f0 + d5*m5 + ((d1*m9 + f2*m8 + d3*m7 + f4*m6) << _ONE)
        h1 = ((f0*f1 + f2*m9 + f3*m8 + f4*m7 + f5*m6) << _ONE)
        h2 = d1*f1 + f6*m6 + ((f0*f2 + d3*m9 + f4*m8 + d5*m7) << _ONE)
        h3 = ((f0*f3 + f1*f2 + f4*m9 + f5*m8 + f6*m7) << _ONE)
        h4 = f2*f2 + d7*m7 + ((f0*f4 + d1*f3 + d5*m9 + f6*m8) << _ONE)
        h5 = ((f0*f5 + f1*f4 + f2*f3 + f6*m9 + f7*m8) << _ONE)
        h6 = d3*f3 + f8*m8 + ((f0*f6 + d1*f5 + f2*f4 + d7*m9) << _ONE)
        h7 = ((f0*f7 + f1*f6 + f2*f5 + f3*f4 + f8*m9) << _ONE)
        h8 = f4*f4 + d9*m9 + ((f0*f8 + d1*f7 + f2*f6 + d3*f5) << _ONE)
        h9 = ((f0*f9 + f1*f8 + f2*f7 + f3*f6 + f4*f5) << _ONE)
        # fmt: on
        wide[lane] = h0
        wide[_L + lane] = h1
        wide[2 * _L + lane] = h2
        wide[3 * _L + lane] = h3
        wide[4 * _L + lane] = h4
        wide[5 * _L + lane] = h5
        wide[6 * _L + lane] = h6
        wide[7 * _L + lane] = h7
        wide[8 * _L + lane] = h8
        wide[9 * _L + lane] = h9


@kernel(REGISTER, REGISTER, WIDE)
def square(to: U32, f: U32, wide: U64) -> None:
    """Write f^2, reduced, to the register ``to``, which may be f."""
    _square(f, wide)
    carry(to, wide)


@kernel(REGISTER, REGISTER, REGISTER, WIDE)
def square_twice(to: U32, f: U32, g: U32, wide: U64) -> None:
    """Write 2 f^2 + g, reduced, to the register ``to``, which may be f or g; f is reduced."""
    _square(f, wide)
    for i in range(WIDTH):
        wide[i] += wide[i] + g[i]
    carry(to, wide)


@kernel(REGISTER, REGISTER, REGISTER)
def add(to: U32, f: U32, g: U32) -> None:
    """Write f + g of reduced registers, not reduced."""
    for i in range(WIDTH):
        to[i] = f[i] + g[i]


@kernel(REGISTER, REGISTER, REGISTER)
def subtract(to: U32, f: U32, g: U32) -> None:
    """Write f - g + 2 p of reduced registers, not reduced: no limb is below zero."""
    for i in range(WIDTH):
        to[i] = f[i] + (TWICE_P[i] - g[i])


@kernel(REGISTER, REGISTER, NUMBER, WIDE)
def scale(to: U32, f: U32, number: int, wide: U64) -> None:
    """Write f times a number below 2^20, reduced."""
    for i in range(WIDTH):
        wide[i] = np.uint64(f[i]) * np.uint64(number)
    carry(to, wide)


@kernel(REGISTER, REGISTER)
def copy(to: U32, f: U32) -> None:
    """Write f."""
    for i in range(WIDTH):
        to[i] = f[i]


@kernel(REGISTER, REGISTER, REGISTER)
def swap(f: U32, g: U32, mask: U32) -> None:
    """Swap f and g in the lanes whose mask is 2^32 - 1; it is 0 in the others."""
    for limb in range(10):
        for lane in range(_L):
            i = limb * _L + lane
            change = (f[i] ^ g[i]) & mask[lane]
            f[i] ^= change
            g[i] ^= change


@kernel(REGISTER, REGISTER, WIDE)
def freeze(to: U32, f: U32, wide: U64) -> None:
    """Write the one representative of f that is below p."""
    scale(to, f, 1, wide)
    for lane in range(_L):
        # One more than 2^255 for f + 19: f is p or more.  It is below 2^255 + 2^44, so below 2 p.
        over = np.uint64(19)
        for limb in range(10):
            over = (np.uint64(to[limb * _L + lane]) + over) >> np.uint64(26 - limb % 2)
        over *= _NINETEEN
        for limb in range(10):
            bits = np.uint64(26 - limb % 2)
            over += np.uint64(to[limb * _L + lane])
            to[limb * _L + lane] = over & ((_ONE << bits) - _ONE)
            over >>= bits


@kernel(REGISTER, REGISTER, REGISTER)
def equal(f: U32, g: U32, mask: U32) -> None:
    """Set the mask where two frozen registers hold the same."""
    for lane in range(_L):
        different = np.uint64(0)
        for limb in range(10):
            different |= np.uint64(f[limb * _L + lane] ^ g[limb * _L + lane])
        mask[lane] = ((different - _ONE) >> np.uint64(32)) & _LOW32


@kernel(REGISTER, REGISTER, NUMBER, WIDE)
def square_often(to: U32, f: U32, times: int, wide: U64) -> None:
    """Write f^(2^times), for one time at least."""
    square(to, f, wide)
    for _ in range(times - 1):
        square(to, to, wide)


@kernel(REGISTER, REGISTER, REGISTER, REGISTER, REGISTER, WIDE)
def power_250(to: U32, eleventh: U32, f: U32, first: U32, second: U32, wide: U64) -> None:
    """Write f^(2^250 - 1), and f^11 to ``eleventh``; ``first`` and ``second`` are used up.

    Both exponents that a square root and an inverse need end with it: (p - 5) / 8 = 2^252 - 3 =
    4 (2^250 - 1) + 1, and p - 2 = 2^255 - 21 = 32 (2^250 - 1) + 11.
    """
    square(first, f, wide)  # 2
    square_often(second, first, 2, wide)  # 8
    multiply(second, second, f, wide)  # 9
    multiply(eleventh, second, first, wide)  # 11
    square(first, eleventh, wide)  # 22
    multiply(first, first, second, wide)  # 2^5 - 1
    square_often(second, first, 5, wide)
    multiply(first, second, first, wide)  # 2^10 - 1
    square_often(second, first, 10, wide)
    multiply(to, second, first, wide)  # 2^20 - 1
    square_often(second, to, 20, wide)
    multiply(to, second, to, wide)  # 2^40 - 1
    square_often(to, to, 10, wide)
    multiply(first, to, first, wide)  # 2^50 - 1
    square_often(second, first, 50, wide)
    multiply(to, second, first, wide)  # 2^100 - 1
    square_often(second, to, 100, wide)
    multiply(to, second, to, wide)  # 2^200 - 1
    square_often(to, to, 50, wide)
    multiply(to, to, first, wide)  # 2^250 - 1


@kernel(REGISTERS, WIDE)
def invert_all(registers: U32, wide: U64) -> None:
    """Replace every element of registers by 1 / f, 0 by 0: one inversion for all blocks.

    Each lane is inverted with the product of its elements (Montgomery 1987), 1 standing for 0.
    """
    blocks = len(registers)
    zeros, products = np.zeros((blocks, LANES), np.uint32), np.zeros((blocks, WIDTH), np.uint32)
    own = np.zeros((5, WIDTH), np.uint32)
    total, zero = own[0], own[1]
    total[:LANES] = 1
    for block in range(blocks):
        f, mask = registers[block], zeros[block]
        freeze(f, f, wide)
        equal(f, zero, mask)
        for lane in range(LANES):
            f[lane] |= mask[lane] & np.uint32(1)
        copy(products[block], total)
        multiply(total, total, f, wide)
    power_250(own[1], own[2], total, own[3], own[4], wide)
    square_often(own[1], own[1], 5, wide)
    multiply(total, own[1], own[2], wide)
    for block in range(blocks - 1, -1, -1):
        f, mask = registers[block], zeros[block]
        multiply(products[block], products[block], total, wide)
        multiply(total, total, f, wide)
        for limb in range(10):
            for lane in range(LANES):
                f[limb * LANES + lane] = products[block, limb * LANES + lane] & ~mask[lane]


def to_lanes(numbers: U8) -> U32:
    """Return numbers, shape (n, 32 or 48) of bytes, little-endian, as registers.

    The shape is (blocks, ``WIDTH``); lanes of the last block that nobody asked for are 0.  Limbs
    are below 2^31: those of longer numbers want to be reduced.
    """
    blocks = -(-len(numbers) // LANES)
    words = np.zeros((numbers.shape[1] // 8 + 1, blocks * LANES), dtype=np.uint64)
    words[:-1, : len(numbers)] = np.ascontiguousarray(numbers).view("<u8").T
    limbs = np.zeros((10, blocks * LANES), dtype=np.uint64)
    for limb, (bits, offset) in enumerate(zip(_BITS, _OFFSETS, strict=True)):
        word, shift = divmod(offset, 64)
        if word >= len(words) - 1:
            break
        found = words[word] >> np.uint64(shift)
        if shift + bits > 64:
            found |= words[word + 1] << np.uint64(64 - shift)
        # 2^255 is 19: what lies above it is added to the limb ten places below.
        limbs[limb % 10] += (found & np.uint64((1 << bits) - 1)) * np.uint64(19 ** (limb // 10))
    shaped = limbs.astype(np.uint32).reshape(10, blocks, LANES)
    return np.ascontiguousarray(shaped.transpose(1, 0, 2)).reshape(blocks, WIDTH)


def constant(number: int) -> U32:
    """Return a register with a number modulo p in all lanes."""
    row = np.frombuffer(int(number % P).to_bytes(32, "little"), dtype=np.uint8)
    (register,) = to_lanes(np.tile(row, (LANES, 1)))
    return np.asarray(register, dtype=np.uint32)


def from_lanes(registers: U32, count: int) -> U8:
    """Return the first elements of frozen registers, shape (count, 32), little-endian."""
    limbs = registers.reshape(-1, 10, LANES).transpose(1, 0, 2).reshape(10, -1).astype(np.uint64)
    words = np.zeros((4, limbs.shape[1]), dtype=np.uint64)
    for limb in range(10):
        word, shift = divmod(_OFFSETS[limb], 64)
        words[word] |= limbs[limb] << np.uint64(shift)
        if shift + _BITS[limb] > 64:
            words[word + 1] |= limbs[limb] >> np.uint64(64 - shift)
    return np.ascontiguousarray(words.T[:count]).view(np.uint8).reshape(count, 32)
