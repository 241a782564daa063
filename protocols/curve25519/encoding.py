"""Read, write and hash elements of ristretto255 (RFC 9496) one by one, as ``points`` has points.

Nothing here takes a time that depends on an element: no branch and no place in memory does.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from protocols.curve25519.field import (
    ROOT_OF_AD_MINUS_ONE,
    ROOT_OF_INVERSE_OF_A_MINUS_D,
    ROOT_OF_MINUS_ONE,
    D,
)
from protocols.curve25519.lanes import kernel
from protocols.curve25519.points import BITS, WORDS, Point, add_cached, cached, load, store
from protocols.curve25519.words import (
    LOW,
    U64,
    Limbs,
    add,
    chosen,
    constant,
    equal,
    fast,
    frozen,
    multiply,
    negative,
    power,
    reduced,
    square,
    subtract,
)

_ZERO, _ONE, _D, _I, _INVERSE = map(
    constant, (0, 1, D, ROOT_OF_MINUS_ONE, ROOT_OF_INVERSE_OF_A_MINUS_D)
)
_MINUS_ONE, _ONE_MINUS_D2, _D_MINUS_ONE2, _ROOT = map(
    constant, (-1, 1 - D * D, (D - 1) ** 2, ROOT_OF_AD_MINUS_ONE)
)
_LOW, _n = LOW, np.uint64
_NO = _n(0)


@fast
def _absolute(f: Limbs) -> Limbs:
    """Return reduced f, or -f where f is negative."""
    return reduced(chosen(negative(f), f, subtract(_ZERO, f)))


@fast
def _sqrt_ratio(u: Limbs, v: Limbs) -> tuple[Any, Limbs]:
    """Return where u / v is a square, and the root of it, or of i u / v, that is not negative.

    RFC 9496, section 4.2.
    """
    cube = multiply(square(v), v)
    seventh = multiply(multiply(square(cube), v), u)
    r = multiply(multiply(power(seventh), cube), u)
    check = multiply(square(r), v)
    less = reduced(subtract(_ZERO, u))
    flipped = equal(check, less)
    turned = flipped | equal(check, multiply(less, _I))
    found = chosen(turned, r, multiply(r, _I))
    return equal(check, u) | flipped, _absolute(found)


@fast
def _number(words: U64, row: int, at: int) -> Limbs:
    """Return the number in four words, without bit 255."""
    a, b, c, d = words[row, at], words[row, at + 1], words[row, at + 2], words[row, at + 3]
    return (
        a & _LOW,
        (a >> _n(51) | b << _n(13)) & _LOW,
        (b >> _n(38) | c << _n(26)) & _LOW,
        (c >> _n(25) | d << _n(39)) & _LOW,
        d >> _n(12) & _LOW,
    )


@kernel(BITS, WORDS)
def spelled(valid: U64, words: U64) -> None:
    """Clear ``valid`` where four words are not below p, or odd (RFC 9496, section 4.3.1)."""
    for place in range(len(words)):
        s = _number(words, place, 0)
        f = frozen(s)
        wrong = (f[0] ^ s[0]) | (f[1] ^ s[1]) | (f[2] ^ s[2]) | (f[3] ^ s[3]) | (f[4] ^ s[4])
        wrong |= words[place, 3] >> _n(63) | words[place, 0] & _n(1)
        valid[place] &= ~(wrong | (_NO - wrong)) >> _n(63)


@kernel(WORDS, BITS, WORDS)
def decode(to: U64, valid: U64, words: U64) -> None:
    """Write the points of elements, four words each; ``valid`` is 0 where s below p gives none."""
    for place in range(len(words)):
        s = _number(words, place, 0)
        ss = square(s)
        u1, u2 = subtract(_ONE, ss), add(_ONE, ss)
        squared = square(u2)
        v = subtract(_ZERO, add(multiply(square(u1), _D), squared))
        ok, root = _sqrt_ratio(_ONE, multiply(v, squared))
        den = multiply(root, u2)
        x = _absolute(multiply(add(s, s), den))
        y = multiply(multiply(multiply(root, den), v), u1)
        t = multiply(x, y)
        store(to, place, (x, y, _ONE, t))
        valid[place] = ok & ~negative(t) & ~equal(y, _ZERO) & _n(1)


@kernel(WORDS, WORDS)
def encode(to: U64, points: U64) -> None:
    """Write the elements that points are, four words each (RFC 9496, section 4.3.2)."""
    for place in range(len(points)):
        x, y, z, t = load(points, place)
        u1, u2 = multiply(add(z, y), subtract(z, y)), multiply(x, y)
        _, root = _sqrt_ratio(_ONE, multiply(u1, square(u2)))
        den1, den2 = multiply(root, u1), multiply(root, u2)
        inverse = multiply(multiply(den1, den2), t)
        turn = negative(multiply(t, inverse))
        x, y = chosen(turn, x, multiply(y, _I)), chosen(turn, y, multiply(x, _I))
        den = chosen(turn, den2, multiply(den1, _INVERSE))
        y = chosen(negative(multiply(x, inverse)), y, reduced(subtract(_ZERO, y)))
        s = frozen(_absolute(multiply(subtract(z, y), den)))
        to[place, 0] = s[0] | s[1] << _n(51)
        to[place, 1] = s[1] >> _n(13) | s[2] << _n(38)
        to[place, 2] = s[2] >> _n(26) | s[3] << _n(25)
        to[place, 3] = s[3] >> _n(39) | s[4] << _n(12)


@fast
def _mapped(f: Limbs) -> Point:
    """Return the point of a field element (Elligator 2 as in RFC 9496, section 4.3.4)."""
    r = multiply(square(f), _I)
    u = multiply(add(r, _ONE), _ONE_MINUS_D2)
    v = multiply(subtract(_MINUS_ONE, multiply(r, _D)), add(r, _D))
    was, s = _sqrt_ratio(u, v)
    other = reduced(subtract(_ZERO, _absolute(multiply(s, f))))
    s = chosen(was, other, s)
    c = chosen(was, r, _MINUS_ONE)
    n = subtract(multiply(multiply(c, subtract(r, _ONE)), _D_MINUS_ONE2), v)
    w0, w1 = multiply(add(s, s), v), multiply(n, _ROOT)
    ss = square(s)
    w2, w3 = subtract(_ONE, ss), add(_ONE, ss)
    return multiply(w0, w3), multiply(w2, w1), multiply(w1, w3), multiply(w0, w2)


@kernel(WORDS, WORDS)
def from_uniform(to: U64, words: U64) -> None:
    """Write the points that 64 uniform bytes each, as eight words, are mapped to."""
    for place in range(len(words)):
        first, second = _mapped(_number(words, place, 0)), _mapped(_number(words, place, 4))
        store(to, place, add_cached(first, cached(second)))
