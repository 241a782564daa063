"""Work in ristretto255 (RFC 9496): elements and scalars, 32 bytes each.

Single products with a secret scalar are libsodium's work, all else is computed in
``protocols.curve25519``.  Elements have one spelling each, so they are compared as bytes.
Everything here follows RFC 9497, section 4.1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import rbcl

from protocols.curve25519 import expander, ristretto
from protocols.curve25519.group import Base, combine, decode, encode, from_uniform, whole
from protocols.curve25519.lanes import U8, U64
from protocols.errors import InvalidElementError, InvalidKeyError, InvalidMessageError
from protocols.randomness import Random

ELEMENT_BYTES = 32
SCALAR_BYTES = 32
PROOF_BYTES = 2 * SCALAR_BYTES
_UNREDUCED_BYTES = 64

ORDER = 2**252 + 27742317777372353535851937790883648493
"""Order of the group (RFC 9496, section 4.1)."""

CONTEXT = b"OPRFV1-\x01-ristretto255-SHA512"
"""The context string of the VOPRF mode (RFC 9497, section 3.1)."""

_IDENTITY = bytes(ELEMENT_BYTES)
_HASH_DOMAIN = b"HashToGroup-" + CONTEXT


def rows(packed: Iterable[bytes], width: int = ELEMENT_BYTES) -> U8:
    """Return elements or scalars as rows of bytes."""
    return np.frombuffer(bytearray(b"".join(packed)), dtype=np.uint8).reshape(-1, width)


def split(packed: bytes) -> list[bytes]:
    """Cut packed elements, 32 bytes each; raise ``InvalidMessageError`` if a part is left over."""
    if len(packed) % ELEMENT_BYTES:
        raise InvalidMessageError(f"{len(packed)} bytes are not a whole number of elements")
    return [packed[at : at + ELEMENT_BYTES] for at in range(0, len(packed), ELEMENT_BYTES)]


@dataclass(frozen=True)
class Elements:
    """Elements that were checked, as bytes and as points of ``protocols.curve25519.points``."""

    encoded: tuple[bytes, ...]
    points: U64

    @classmethod
    def read(cls, elements: Sequence[bytes]) -> Elements:
        """Refuse what does not decode to an element, and the identity.

        Raise ``InvalidElementError`` with the place of the first such element.
        """
        for index, element in enumerate(elements):
            if len(element) != ELEMENT_BYTES:
                raise InvalidElementError("is not in the group", index)
        points, valid = decode(rows(elements))
        for index, (element, is_one) in enumerate(zip(elements, valid.tolist(), strict=True)):
            if not is_one:
                raise InvalidElementError("is not in the group", index)
            if element == _IDENTITY:
                raise InvalidElementError("is the identity", index)
        return cls(tuple(elements), points)

    @classmethod
    def of(cls, points: U64) -> Elements:
        """Encode points that were computed here."""
        return cls(tuple(split(encode(points).tobytes())), points)

    def __len__(self) -> int:
        """Return how many they are."""
        return len(self.encoded)

    def times(self, scalar: bytes) -> list[bytes]:
        """Multiply each element by one secret scalar that is not zero."""
        many = whole(len(self))
        alone = [multiply(scalar, element) for element in self.encoded[many:]]
        return _in_lanes(scalar, self.points[:many]) + alone

    def sum(self, scalars: Sequence[bytes]) -> Elements:
        """Return the sum of all products with scalars, which like the elements are public."""
        return Elements.of(combine(rows(scalars), self.points))


def multiply_points(scalar: bytes, points: U64) -> list[bytes]:
    """Multiply points by one secret scalar."""
    many = whole(len(points))
    alone = split(encode(points[many:]).tobytes())
    return _in_lanes(scalar, points[:many]) + [multiply(scalar, one) for one in alone]


def _in_lanes(scalar: bytes, points: U64) -> list[bytes]:
    if not len(points):
        return []
    products = ristretto.multiply_each(points, rows([scalar] * len(points)))
    return split(encode(products).tobytes())


@lru_cache(8)
def base_of(element: bytes) -> Base:
    """Return the tables of an element; raise ``InvalidElementError`` if it is none."""
    return Base.of(Elements.read([element]).points)


def check_public_key(key: bytes) -> None:
    """Refuse a public key that is not an element; raise ``InvalidKeyError``."""
    try:
        base_of(key)
    except InvalidElementError as error:
        raise InvalidKeyError(f"the public key {error.reason}") from None


def check_scalar(scalar: bytes) -> None:
    """Refuse a scalar that is not below the order; raise ``InvalidMessageError``."""
    if len(scalar) != SCALAR_BYTES or int.from_bytes(scalar, "little") >= ORDER:
        raise InvalidMessageError("a scalar is not below the order of the group")


def hash_to_points(messages: Sequence[bytes]) -> U64:
    """Hash messages to the group (RFC 9497, section 4.1).

    One that hashes to the identity, which nobody can find, has an output that is refused.
    """
    uniform = map(expander(_HASH_DOMAIN, _UNREDUCED_BYTES), messages)
    return from_uniform(rows(uniform, _UNREDUCED_BYTES))


def hash_to_scalar(message: bytes, dst: bytes = b"HashToScalar-") -> bytes:
    """Hash to a scalar; ``dst`` is what stands before the context string."""
    return reduce(expander(dst + CONTEXT, _UNREDUCED_BYTES)(message))


def hash_in_public(messages: Iterable[bytes]) -> list[bytes]:
    """Hash messages that are public to scalars, each as ``hash_to_scalar`` does."""
    return [
        (int.from_bytes(uniform, "little") % ORDER).to_bytes(SCALAR_BYTES, "little")
        for uniform in map(expander(b"HashToScalar-" + CONTEXT, _UNREDUCED_BYTES), messages)
    ]


def reduce(uniform: bytes) -> bytes:
    """Reduce 64 bytes, little-endian, modulo the order: the bias is below 2^-259."""
    scalar: bytes = rbcl.crypto_core_ristretto255_scalar_reduce(uniform)
    return scalar


def draw_scalar(random: Random) -> bytes:
    """Draw a scalar that is not zero."""
    while True:
        scalar = reduce(random(_UNREDUCED_BYTES))
        if any(scalar):
            return scalar


def multiply(scalar: bytes, element: bytes) -> bytes:
    """Multiply an element by a scalar; either may be zero.  The element has been checked."""
    try:
        product: bytes = rbcl.crypto_scalarmult_ristretto255(scalar, element)
    except RuntimeError:  # the library's word for the identity
        return _IDENTITY
    return product


def multiply_base(scalar: bytes) -> bytes:
    """Multiply the generator by a scalar, which may be zero."""
    product: bytes = rbcl.crypto_scalarmult_ristretto255_base_allow_scalar_zero(scalar)
    return product


def times(one: bytes, other: bytes) -> bytes:
    """Multiply two scalars."""
    product: bytes = rbcl.crypto_core_ristretto255_scalar_mul(one, other)
    return product


def minus(one: bytes, other: bytes) -> bytes:
    """Subtract a scalar from another."""
    difference: bytes = rbcl.crypto_core_ristretto255_scalar_sub(one, other)
    return difference
