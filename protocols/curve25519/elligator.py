"""Hash uniform bytes to 32 points side by side: Elligator 2, a sum, and the cofactor cleared.

RFC 9380, section 6.7.1, with one power for a quotient and its root as in appendix G.2.1.  Until
one inversion at the end u is a fraction n / d.  Nothing branches on a message.
"""

from __future__ import annotations

import numpy as np

from protocols.curve25519.field import A, P
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
    invert_all,
    kernel,
    multiply,
    power_250,
    scale,
    square,
    square_often,
    subtract,
    swap,
    to_lanes,
)

_COEFFICIENT = int(A)


_ZERO, _ONE, _MINUS_A, _ROOT, _TURN = range(5)
_CONSTANTS = np.array(
    [
        constant(number)
        # The root is that of -1.
        for number in (0, 1, P - A, pow(2, (P - 1) // 4, P), pow(2, (P + 3) // 8, P))
    ]
)


def hash_lanes(first: U8, second: U8) -> U8:
    """Add the points of two field elements and clear the cofactor; 0 for the point at infinity.

    Both have shape (n, 48), little-endian.  Returns u-coordinates, shape (n, 32).
    """
    registers = to_lanes(first)
    _hash(registers, to_lanes(second), _CONSTANTS)
    return from_lanes(registers, len(first))


@kernel(REGISTERS, REGISTERS, REGISTERS)
def _hash(first: U32, second: U32, k: U32) -> None:
    points, own = np.zeros((6, WIDTH), dtype=np.uint32), np.zeros((10, WIDTH), dtype=np.uint32)
    wide, divisors = np.zeros(WIDTH, dtype=np.uint64), np.empty_like(first)
    for block in range(len(first)):
        _map(points, first[block], k, own, wide)
        _map(points[3:], second[block], k, own, wide)
        x, z = own[0], own[1]
        _sum(x, z, points, own[2:], wide)
        for _ in range(3):
            _double(x, z, own[2:], wide)
        copy(first[block], x)
        copy(divisors[block], z)
    invert_all(divisors, wide)
    for block in range(len(first)):
        multiply(own[0], first[block], divisors[block], wide)
        freeze(first[block], own[0], wide)


@kernel(REGISTERS, REGISTER, REGISTERS, REGISTERS, WIDE)
def _map(point: U32, element: U32, k: U32, own: U32, wide: U64) -> None:
    """Write n, d and v of the point that a field element, not reduced, is mapped to.

    Write e for the element, s = 2 e^2 and g for the curve's right side.  u is -A / (1 + s) if g of
    it is a square, and s times that else; g of the second is s times g of the first.
    """
    n, d, v = point[0], point[1], point[2]
    e, s, d3, g, power, root, q, held = (
        own[0],
        own[1],
        own[2],
        own[3],
        own[4],
        own[5],
        own[6],
        own[7],
    )
    mask = np.zeros(LANES, dtype=np.uint32)
    scale(e, element, 1, wide)
    square(s, e, wide)
    scale(s, s, 2, wide)
    add(q, s, k[_ONE])
    scale(d, q, 1, wide)  # never 0: -1 is a square modulo p, and 2 is not
    square(q, d, wide)
    multiply(d3, q, d, wide)
    # g = n^3 + A n^2 d + n d^2 over d^3, with n = -A and n + A d = A s
    scale(g, s, _COEFFICIENT, wide)
    multiply(g, g, k[_MINUS_A], wide)
    add(held, g, q)
    multiply(g, held, k[_MINUS_A], wide)
    # root = g d3^3 (g d3^7)^((p - 5) / 8): its square is g / d3 times a fourth root of 1
    square(held, d3, wide)
    square(q, held, wide)
    multiply(held, held, d3, wide)
    multiply(held, held, g, wide)
    multiply(power, q, held, wide)
    power_250(root, n, power, q, v, wide)
    square_often(root, root, 2, wide)
    multiply(root, root, power, wide)
    multiply(root, root, held, wide)
    multiply(power, root, e, wide)
    multiply(power, power, k[_TURN], wide)  # the same for s g
    multiply(e, g, s, wide)
    _right_root(v, power, k[_ROOT], d3, e, own[8:], mask, wide)
    _right_root(power, root, k[_ROOT], d3, g, own[8:], mask, wide)
    # The mask says now where g of the first is a square.
    swap(v, power, mask)
    multiply(n, s, k[_MINUS_A], wide)
    copy(q, k[_MINUS_A])
    swap(n, q, mask)
    # v is odd for the first, even for the second.
    freeze(v, v, wide)
    subtract(q, k[_ZERO], v)
    scale(q, q, 1, wide)
    for lane in range(LANES):
        mask[lane] ^= np.uint32(0) - (v[lane] & np.uint32(1))
    swap(v, q, mask)


@kernel(REGISTER, REGISTER, REGISTER, REGISTER, REGISTER, REGISTERS, REGISTER, WIDE)
def _right_root(
    to: U32, root: U32, turn: U32, d3: U32, g: U32, own: U32, mask: U32, wide: U64
) -> None:
    """Write the root, or ``turn`` times it, and set the mask where it is one of g / d3.

    If g / d3 is a square at all, that of ``root`` is it or its negative; ``turn`` is a root of -1.
    """
    multiply(to, root, turn, wide)
    _is_root(root, d3, g, own, mask, wide)
    swap(to, root, mask)
    _is_root(to, d3, g, own, mask, wide)


@kernel(REGISTER, REGISTER, REGISTER, REGISTERS, REGISTER, WIDE)
def _is_root(root: U32, d3: U32, g: U32, own: U32, mask: U32, wide: U64) -> None:
    """Set the mask where root^2 d3 = g."""
    square(own[0], root, wide)
    multiply(own[0], own[0], d3, wide)
    freeze(own[0], own[0], wide)
    freeze(own[1], g, wide)
    equal(own[0], own[1], mask)


@kernel(REGISTER, REGISTER, REGISTERS, REGISTERS, WIDE)
def _sum(x: U32, z: U32, points: U32, own: U32, wide: U64) -> None:
    """Add two points by the chord rule; where they share u, z is 0, which ends in a refusal."""
    n, d, v, n2, d2, v2 = points[0], points[1], points[2], points[3], points[4], points[5]
    common, all_three, h = own[0], own[1], own[2]
    multiply(n, n, d2, wide)
    multiply(n2, n2, d, wide)
    multiply(common, d, d2, wide)
    subtract(h, n2, n)
    square(h, h, wide)
    multiply(z, common, h, wide)
    scale(all_three, common, _COEFFICIENT, wide)
    add(d, all_three, n)
    scale(d, d, 1, wide)
    add(all_three, d, n2)
    multiply(all_three, all_three, h, wide)
    subtract(d, v2, v)
    square(d, d, wide)
    square(h, common, wide)
    multiply(h, h, common, wide)
    multiply(d, d, h, wide)
    subtract(x, d, all_three)
    scale(x, x, 1, wide)


@kernel(REGISTER, REGISTER, REGISTERS, WIDE)
def _double(x: U32, z: U32, own: U32, wide: U64) -> None:
    """Double x / z, without v."""
    xx, zz, xz, t = own[0], own[1], own[2], own[3]
    square(xx, x, wide)
    square(zz, z, wide)
    multiply(xz, x, z, wide)
    subtract(t, xx, zz)
    square(x, t, wide)
    scale(t, xz, _COEFFICIENT, wide)
    add(z, t, xx)
    scale(t, z, 1, wide)
    add(z, t, zz)
    multiply(z, z, xz, wide)
    scale(z, z, 4, wide)
