"""Multiply 32 u-coordinates by 32 scalars side by side: X25519 (RFC 7748, section 5) in lanes."""

from __future__ import annotations

import numpy as np

from protocols.curve25519.lanes import (
    LANES,
    REGISTERS,
    U8,
    U32,
    U64,
    WIDE,
    WIDTH,
    add,
    copy,
    freeze,
    from_lanes,
    invert_all,
    kernel,
    multiply,
    scale,
    square,
    subtract,
    swap,
    to_lanes,
)

_A24 = 121665  # (486662 - 2) / 4


def multiply_lanes(scalars: U8, points: U8) -> U8:
    """Multiply each point by the scalar at its place, clamped; both have shape (n, 32).

    Returns u-coordinates below p, shape (n, 32): 0 for a point whose order divides the scalar.
    Bit 255 of a point is ignored.
    """
    u, clamped = points.copy(), np.zeros((-(-len(points) // LANES) * LANES, 32), dtype=np.uint8)
    u[:, 31] &= 0x7F
    clamped[: len(points)] = scalars
    clamped[:, 0] &= 248
    clamped[:, 31] = clamped[:, 31] & 0x7F | 0x40
    registers = to_lanes(u)
    _multiply(np.ascontiguousarray(clamped.reshape(-1, LANES, 32).transpose(0, 2, 1)), registers)
    return from_lanes(registers, len(points))


@kernel("uint8[:, :, ::1]", REGISTERS)
def _multiply(scalars: U8, registers: U32) -> None:
    """Multiply registers, shape (blocks, WIDTH), by scalars of shape (blocks, 32, LANES)."""
    z, own = np.zeros((5, WIDTH), dtype=np.uint32), np.zeros((5, WIDTH), dtype=np.uint32)
    wide, divisors = np.zeros(WIDTH, dtype=np.uint64), np.empty_like(registers)
    for block in range(len(registers)):
        copy(z[0], registers[block])
        _ladder(z, own, scalars[block], wide)
        copy(registers[block], z[1])
        copy(divisors[block], z[2])
    invert_all(divisors, wide)
    for block in range(len(registers)):
        multiply(own[0], registers[block], divisors[block], wide)
        freeze(registers[block], own[0], wide)


@kernel(REGISTERS, REGISTERS, "uint8[:, ::1]", WIDE)
def _ladder(z: U32, own: U32, scalars: U8, wide: U64) -> None:
    """Leave x2 / z2 = scalar times x1, with z = x1, x2, z2, x3, z3.

    No branch and no place depends on a scalar.
    """
    z[1:] = 0
    z[1, :LANES] = 1
    z[4, :LANES] = 1
    copy(z[3], z[0])
    last, mask = np.zeros(LANES, dtype=np.uint32), np.zeros(LANES, dtype=np.uint32)
    for bit in range(254, -1, -1):
        for lane in range(LANES):
            new = np.uint32(scalars[bit >> 3, lane] >> (bit & 7) & 1)
            mask[lane] = np.uint32(0) - (new ^ last[lane])
            last[lane] = new
        swap(z[1], z[3], mask)
        swap(z[2], z[4], mask)
        _step(z, own, wide)
    # The last three bits of a clamped scalar are 0: there is nothing to swap back.


@kernel(REGISTERS, REGISTERS, WIDE)
def _step(z: U32, own: U32, wide: U64) -> None:
    """Double (x2 : z2) and add it to (x3 : z3), two points whose difference is x1."""
    x1, x2, z2, x3, z3 = z[0], z[1], z[2], z[3], z[4]
    a, b, c, d, e = own[0], own[1], own[2], own[3], own[4]
    add(a, x2, z2)
    subtract(b, x2, z2)
    add(c, x3, z3)
    subtract(d, x3, z3)
    multiply(d, d, a, wide)
    multiply(c, c, b, wide)
    add(x3, d, c)
    square(x3, x3, wide)
    subtract(z3, d, c)
    square(z3, z3, wide)
    multiply(z3, z3, x1, wide)
    square(a, a, wide)
    square(b, b, wide)
    subtract(e, a, b)
    multiply(x2, a, b, wide)
    scale(c, e, _A24, wide)
    add(d, c, a)
    multiply(z2, d, e, wide)
