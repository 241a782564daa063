"""Draw clamped scalars and invert them, so that X25519 can blind and unblind."""

from __future__ import annotations

import numpy as np
from gmpy2 import invert, mpz

from protocols.curve25519.field import ELEMENT_BYTES, ORDER
from protocols.errors import LocalError
from protocols.randomness import Random

_INVERSE_OF_EIGHT = invert(mpz(8), ORDER)
_SMALLEST = mpz(2**254)


def draw_scalars(count: int, random: Random) -> bytes:
    """Draw uniform clamped scalars, 32 bytes each and back to back.

    Clamped (RFC 7748, section 5): bits 0 to 2 and 255 clear, bit 254 set.
    """
    scalars = np.frombuffer(random(count * ELEMENT_BYTES), dtype=np.uint8).copy()
    scalars[0::ELEMENT_BYTES] &= 248
    scalars[31::ELEMENT_BYTES] &= 127
    scalars[31::ELEMENT_BYTES] |= 64
    return scalars.tobytes()


def invert_scalar(scalar: bytes) -> bytes:
    """Return a clamped scalar that undoes a clamped one on u-coordinates of the subgroup.

    X25519 replaces every scalar by a clamped one, 2^254 <= s < 2^255 and s = 0 mod 8, so the
    inverse of r must have that form already.  Write l for the order of the subgroup, l =
    2^252 + d with 0 < d < 2^125.

    *Candidates.*  r is 8 k with 2^251 <= k < 2^252 < l, so it is invertible modulo l.  Let t be
    1 / (8 r) mod l, 0 < t < l.  Then s = 8 t is 1 / r mod l and 0 mod 8, and 8 l - s is -1 / r
    mod l and 0 mod 8.  Both are good: (-s) P and s P share their u-coordinate, and a multiple of
    8 removes the torsion that a dishonest peer may have added.

    *Size.*  If 2^254 <= s < 2^255, s is clamped.  If 8 d < s < 2^254, then 8 l - s lies strictly
    between 8 l - 2^254 = 2^254 + 8 d and 8 l - 8 d = 2^255, so 8 l - s is clamped.  What is left
    is s <= 8 d or s >= 2^255 = 8 l - 8 d, that is t <= d or t >= l - d: there neither candidate
    fits, and no other multiple of 8 below 2^255 is 1 / r or -1 / r modulo l.

    Such r exist (t = 1 gives one), but are at most 2 d values of t out of l - 1, and each t
    belongs to at most one clamped r, so a drawn scalar, uniform over 2^251 values, is one of them
    with probability below 2^-125.  ``LocalError`` is raised then, rather than a wrong scalar
    returned; it is also raised for a scalar that is not clamped.
    """
    r = mpz.from_bytes(scalar, "little")
    if len(scalar) != ELEMENT_BYTES or not _is_clamped(r):
        raise LocalError("only a clamped scalar of 32 bytes can be inverted")
    inverse = 8 * (invert(r, ORDER) * _INVERSE_OF_EIGHT % ORDER)
    if inverse < _SMALLEST:
        inverse = 8 * ORDER - inverse
    if not _is_clamped(inverse):
        raise LocalError("this scalar has no clamped inverse; draw another")
    return bytes(inverse.to_bytes(ELEMENT_BYTES, "little"))


def _is_clamped(scalar: mpz) -> bool:
    return bool(scalar.bit_length() == 255 and scalar % 8 == 0)
