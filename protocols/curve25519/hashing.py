"""Hash bytes to Curve25519 by Elligator 2 (RFC 9380, suites ``curve25519_XMD:SHA-512_ELL2_*``).

Only the u-coordinate of the result is made: X25519 needs no other, and it makes the clearing of
the cofactor three projective doublings.  The arithmetic is gmpy2's and takes a time that depends
on the message: whoever can time single hashes on this machine may learn about an identifier.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from gmpy2 import invert, jacobi, mpz, powmod

from protocols.curve25519.field import ELEMENT_BYTES, A, P
from protocols.errors import LocalError
from protocols.strings import PackedStrings

_FIELD_BYTES = 48  # L of the suites: ceil((255 + 128) / 8), so the bias modulo p is below 2^-128
_HASH_BYTES = 64
_HASH_BLOCK = 128
_ROOT_EXPONENT = (P + 3) // 8
_ROOT_OF_MINUS_ONE = powmod(mpz(2), (P - 1) // 4, P)


def expand_message_xmd(message: bytes, dst: bytes, length: int) -> bytes:
    """Stretch a message to ``length`` uniform bytes with SHA-512 (RFC 9380, section 5.3.1).

    Raise ``LocalError`` for a DST that is empty or above 255 bytes (long ones are not hashed down)
    and for a length outside 1 to 16,320.
    """
    return _expander(dst, length)(message)


def hash_to_curve(message: bytes, dst: bytes) -> bytes:
    """Hash to the prime-order subgroup, indifferentiable from a random oracle.

    This is ``curve25519_XMD:SHA-512_ELL2_RO_`` (RFC 9380, section 8.5).  Return the u-coordinate,
    32 bytes, little-endian.  Raise ``LocalError`` for a bad DST, and for the messages, about one
    in 2^250 and none known, whose hash is the point at infinity, which has no u-coordinate.
    """
    return _random_oracle(dst)(message)


def encode_to_curve(message: bytes, dst: bytes) -> bytes:
    """Encode to the prime-order subgroup: several times faster, about half of all points.

    This is ``curve25519_XMD:SHA-512_ELL2_NU_``: one map and no square root, but an observer can
    tell its outputs from uniform ones, so it is no substitute where a proof asks for a random
    oracle.  Return and raise as ``hash_to_curve``.
    """
    expand = _expander(dst, _FIELD_BYTES)
    candidate, _, _ = _elligator(mpz.from_bytes(expand(message), "big") % P)
    return _times_eight(candidate, mpz(1))


def hash_many(identifiers: PackedStrings, dst: bytes) -> npt.NDArray[np.uint8]:
    """Hash every row as ``hash_to_curve`` does; return an array of shape (rows, 32)."""
    hash_one = _random_oracle(dst)
    hashes = b"".join([hash_one(identifier) for identifier in identifiers])
    return np.frombuffer(hashes, dtype=np.uint8).reshape(-1, ELEMENT_BYTES)


def _expander(dst: bytes, length: int) -> Callable[[bytes], bytes]:
    if not 1 <= len(dst) <= 255:
        raise LocalError(f"a DST has 1 to 255 bytes, not {len(dst)}")
    if not 1 <= length <= 255 * _HASH_BYTES:
        raise LocalError(f"cannot expand a message to {length} bytes")
    suffix = dst + bytes([len(dst)])
    first_suffix = length.to_bytes(2, "big") + b"\x00" + suffix
    suffixes = [bytes([n]) + suffix for n in range(1, -(-length // _HASH_BYTES) + 1)]
    padded = hashlib.sha512(bytes(_HASH_BLOCK))

    def expand(message: bytes) -> bytes:
        state = padded.copy()
        state.update(message + first_suffix)
        first = int.from_bytes(state.digest(), "big")
        blocks, previous = [], 0
        for suffix in suffixes:
            mixed = (first ^ previous).to_bytes(_HASH_BYTES, "big")
            blocks.append(hashlib.sha512(mixed + suffix).digest())
            previous = int.from_bytes(blocks[-1], "big")
        return b"".join(blocks)[:length]

    return expand


def _random_oracle(dst: bytes) -> Callable[[bytes], bytes]:
    expand = _expander(dst, 2 * _FIELD_BYTES)

    def hash_one(message: bytes) -> bytes:
        uniform = expand(message)
        u0, v0 = _map_to_curve(mpz.from_bytes(uniform[:_FIELD_BYTES], "big") % P)
        u1, v1 = _map_to_curve(mpz.from_bytes(uniform[_FIELD_BYTES:], "big") % P)
        # The chord rule, projectively; where u0 = u1 it gives z = 0, which ends in a refusal.
        z = (u1 - u0) ** 2 % P
        return _times_eight(((v1 - v0) ** 2 - (A + u0 + u1) * z) % P, z)

    return hash_one


def _elligator(element: mpz) -> tuple[mpz, mpz, int]:
    """Return u, v^2 and the parity of v that section 6.7.1 of RFC 9380 prescribes (Z = 2)."""
    doubled_square = 2 * element * element % P
    # 1 + 2 e^2 is never zero: -1 is a square modulo p and 2 is not.
    u = P - A * invert(1 + doubled_square, P) % P
    square = u * (u * (u + A) + 1) % P
    # A zero counts as a square, but needs u = 0, and A / (1 + 2 e^2) is never zero.
    if jacobi(square, P) == 1:
        return u, square, 1
    return (-A - u) % P, doubled_square * square % P, 0


def _map_to_curve(element: mpz) -> tuple[mpz, mpz]:
    u, square, parity = _elligator(element)
    root = powmod(square, _ROOT_EXPONENT, P)
    if root * root % P != square:
        root = root * _ROOT_OF_MINUS_ONE % P
    return u, root if root % 2 == parity else P - root


def _times_eight(x: mpz, z: mpz) -> bytes:
    """Clear the cofactor of the point with u = x / z by three doublings that need no v."""
    for _ in range(3):
        xx, zz, xz = x * x, z * z, x * z
        x, z = (xx - zz) ** 2 % P, 4 * xz * (xx + A * xz + zz) % P
    if z == 0:
        raise LocalError("this message hashes to the point at infinity")
    return bytes((x * invert(z, P) % P).to_bytes(ELEMENT_BYTES, "little"))
