"""Hash bytes to Curve25519 by Elligator 2 (RFC 9380, suite ``curve25519_XMD:SHA-512_ELL2_RO_``).

Only the u-coordinate of the result is made: X25519 needs no other, and it makes the clearing of
the cofactor three projective doublings.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from protocols.curve25519.elligator import hash_lanes
from protocols.errors import LocalError
from protocols.strings import PackedStrings

_FIELD_BYTES = 48  # L of the suites: ceil((255 + 128) / 8), so the bias modulo p is below 2^-128
_HASH_BYTES = 64
_HASH_BLOCK = 128


def expand_message_xmd(message: bytes, dst: bytes, length: int) -> bytes:
    """Stretch a message to ``length`` uniform bytes with SHA-512 (RFC 9380, section 5.3.1).

    Raise ``LocalError`` for a DST that is empty or above 255 bytes (long ones are not hashed down)
    and for a length outside 1 to 16,320.
    """
    return expander(dst, length)(message)


def hash_to_curve(message: bytes, dst: bytes) -> bytes:
    """Hash to the prime-order subgroup, indifferentiable from a random oracle.

    This is ``curve25519_XMD:SHA-512_ELL2_RO_`` (RFC 9380, section 8.5).  Return the u-coordinate,
    32 bytes, little-endian.  Raise ``LocalError`` for a bad DST, and for the messages, about one
    in 2^250 and none known, whose hash is the point at infinity, which has no u-coordinate.
    """
    return hash_many(PackedStrings.pack([message]), dst).tobytes()


def hash_many(messages: PackedStrings, dst: bytes) -> npt.NDArray[np.uint8]:
    """Hash every row as ``hash_to_curve`` does; return an array of shape (rows, 32)."""
    expand = expander(dst, 2 * _FIELD_BYTES)
    uniform = np.frombuffer(b"".join(map(expand, messages)), dtype=np.uint8)
    # Big-endian on the wire of the RFC: turned round, the second element stands first.
    turned = uniform.reshape(-1, 2 * _FIELD_BYTES)[:, ::-1]
    hashes = hash_lanes(turned[:, _FIELD_BYTES:], turned[:, :_FIELD_BYTES])
    if len(hashes) and not hashes.any(axis=1).all():
        raise LocalError("a message hashes to the point at infinity")
    return hashes


@lru_cache(64)
def expander(dst: bytes, length: int) -> Callable[[bytes], bytes]:
    """Return ``expand_message_xmd`` for one DST and length: for many messages."""
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
        first = state.digest()
        if len(suffixes) == 1:
            return hashlib.sha512(first + suffixes[0]).digest()[:length]
        blocks = [hashlib.sha512(first + suffixes[0]).digest()]
        for suffix in suffixes[1:]:
            mixed = int.from_bytes(first, "big") ^ int.from_bytes(blocks[-1], "big")
            blocks.append(hashlib.sha512(mixed.to_bytes(_HASH_BYTES, "big") + suffix).digest())
        return b"".join(blocks)[:length]

    return expand
