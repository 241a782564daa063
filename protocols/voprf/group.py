"""Work in ristretto255 (RFC 9496): elements and scalars, 32 bytes each.

Single ones are libsodium's work, many are computed in lanes.  Multiplying takes a time that depends
on neither the scalar nor the element.  Elements have one spelling each, so they are compared as
bytes.  Everything here follows RFC 9497, section 4.1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import rbcl

from protocols.curve25519 import expand_message_xmd, ristretto
from protocols.curve25519.lanes import LANES
from protocols.errors import InvalidElementError, InvalidKeyError, InvalidMessageError, LocalError
from protocols.randomness import Random

ELEMENT_BYTES = 32
SCALAR_BYTES = 32
PROOF_BYTES = 2 * SCALAR_BYTES
_UNREDUCED_BYTES = 64

ORDER = 2**252 + 27742317777372353535851937790883648493
"""Order of the group (RFC 9496, section 4.1)."""

CONTEXT = b"OPRFV1-\x01-ristretto255-SHA512"
"""The context string of the VOPRF mode (RFC 9497, section 3.1)."""

FEW: Final = 14
"""So many are as quick one by one as 32 of them, or fewer, in lanes."""

_IDENTITY = bytes(ELEMENT_BYTES)


def _rows(packed: Iterable[bytes], width: int = ELEMENT_BYTES) -> npt.NDArray[np.uint8]:
    return np.frombuffer(b"".join(packed), dtype=np.uint8).reshape(-1, width)


def _whole(count: int) -> int:
    """Return how many of a batch go into lanes: what is left over is few."""
    return count - count % LANES if count % LANES <= FEW else count


def split(packed: bytes) -> list[bytes]:
    """Cut packed elements, 32 bytes each; raise ``InvalidMessageError`` if a part is left over."""
    if len(packed) % ELEMENT_BYTES:
        raise InvalidMessageError(f"{len(packed)} bytes are no whole number of elements")
    return [packed[at : at + ELEMENT_BYTES] for at in range(0, len(packed), ELEMENT_BYTES)]


def check_elements(elements: Sequence[bytes]) -> None:
    """Refuse what does not decode to an element, and the identity.

    Raise ``InvalidElementError`` with the place of the first such element.
    """
    whole = _whole(len(elements))
    _check_sizes(elements)
    decoded = ristretto.is_element(_rows(elements[:whole])).tolist() if whole else []
    alone = map(_is_element, elements[whole:])
    _check(elements, [*decoded, *alone])


def _is_element(element: bytes) -> bool:
    # The library reads bit 255 as if it were not set: a second spelling (RFC 9496, section 4.3.1).
    return element[-1] < 0x80 and bool(rbcl.crypto_core_ristretto255_is_valid_point(element))


def _check_sizes(elements: Sequence[bytes]) -> None:
    for index, element in enumerate(elements):
        if len(element) != ELEMENT_BYTES:
            raise InvalidElementError("is not in the group", index)


def _check(elements: Sequence[bytes], decoded: Sequence[bool]) -> None:
    for index, (element, is_one) in enumerate(zip(elements, decoded, strict=True)):
        if not is_one:
            raise InvalidElementError("is not in the group", index)
        if element == _IDENTITY:
            raise InvalidElementError("is the identity", index)


def check_public_key(key: bytes) -> None:
    """Refuse a public key that is no element; raise ``InvalidKeyError``."""
    try:
        check_elements([key])
    except InvalidElementError as error:
        raise InvalidKeyError(f"the public key {error.reason}") from None


def check_scalar(scalar: bytes) -> None:
    """Refuse a scalar that is not below the order; raise ``InvalidMessageError``."""
    if len(scalar) != SCALAR_BYTES or int.from_bytes(scalar, "little") >= ORDER:
        raise InvalidMessageError("a scalar is not below the order of the group")


def hash_to_element(message: bytes) -> bytes:
    """Hash to the group; the identity, which nobody can find, raises ``LocalError``."""
    uniform = expand_message_xmd(message, b"HashToGroup-" + CONTEXT, _UNREDUCED_BYTES)
    element: bytes = rbcl.crypto_core_ristretto255_from_hash(uniform)
    if element == _IDENTITY:
        raise LocalError("this input hashes to the identity")
    return element


def hash_all(messages: Sequence[bytes]) -> list[bytes]:
    """Hash many messages to the group, each as ``hash_to_element`` does."""
    whole, domain = _whole(len(messages)), b"HashToGroup-" + CONTEXT
    if not whole:
        return list(map(hash_to_element, messages))
    uniform = (expand_message_xmd(one, domain, _UNREDUCED_BYTES) for one in messages[:whole])
    elements = split(ristretto.from_uniform(_rows(uniform, _UNREDUCED_BYTES)).tobytes())
    if _IDENTITY in elements:
        raise LocalError("this input hashes to the identity")
    return [*elements, *map(hash_to_element, messages[whole:])]


def hash_to_scalar(message: bytes, dst: bytes = b"HashToScalar-") -> bytes:
    """Hash to a scalar; ``dst`` is what stands before the context string."""
    return reduce(expand_message_xmd(message, dst + CONTEXT, _UNREDUCED_BYTES))


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


def multiply_each(scalars: Sequence[bytes], elements: Sequence[bytes]) -> list[bytes]:
    """Multiply each element by the scalar at its place, as ``multiply`` does."""
    return _multiplied(scalars, elements)[0]


def multiply_checked(scalars: Sequence[bytes], elements: Sequence[bytes]) -> list[bytes]:
    """Multiply what comes from outside; raise as ``check_elements`` does, which lanes do anyway."""
    _check_sizes(elements)
    whole = _whole(len(elements))
    products, decoded = _multiplied(scalars, elements)
    alone = map(_is_element, elements[whole:])
    _check(elements, [*decoded, *alone])
    return products


def _multiplied(
    scalars: Sequence[bytes], elements: Sequence[bytes]
) -> tuple[list[bytes], list[bool]]:
    """Return all products, and of those that were made in lanes which had an element."""
    whole = _whole(len(elements))
    rest = map(multiply, scalars[whole:], elements[whole:])
    if not whole:
        return list(rest), []
    products, valid = ristretto.multiply_each(_rows(scalars[:whole]), _rows(elements[:whole]))
    return [*split(products.tobytes()), *rest], valid.tolist()


def combine(scalars: Sequence[bytes], *batches: Sequence[bytes]) -> list[bytes]:
    """Return for one batch, or two, the sum of each element times the scalar at its place."""
    if len(scalars) > FEW:
        return ristretto.combine(_rows(scalars), *map(_rows, batches))
    return [_sum(list(map(multiply, scalars, elements))) for elements in batches]


def _sum(elements: list[bytes]) -> bytes:
    total = elements[0]
    for element in elements[1:]:
        total = add(total, element)
    return total


def multiply_base(scalar: bytes) -> bytes:
    """Multiply the generator by a scalar, which may be zero."""
    product: bytes = rbcl.crypto_scalarmult_ristretto255_base_allow_scalar_zero(scalar)
    return product


def add(one: bytes, other: bytes) -> bytes:
    """Add two elements that have been checked."""
    total: bytes = rbcl.crypto_core_ristretto255_add(one, other)
    return total


def times(one: bytes, other: bytes) -> bytes:
    """Multiply two scalars."""
    product: bytes = rbcl.crypto_core_ristretto255_scalar_mul(one, other)
    return product


def minus(one: bytes, other: bytes) -> bytes:
    """Subtract a scalar from another."""
    difference: bytes = rbcl.crypto_core_ristretto255_scalar_sub(one, other)
    return difference


def invert_all(scalars: list[bytes]) -> list[bytes]:
    """Invert scalars that are not zero, with one inversion for all (Montgomery 1987)."""
    products = [scalars[0]]
    for scalar in scalars[1:]:
        products.append(times(products[-1], scalar))
    inverse: bytes = rbcl.crypto_core_ristretto255_scalar_invert(products[-1])
    found = []
    for before, scalar in zip(products[-2::-1], scalars[:0:-1], strict=True):
        found.append(times(inverse, before))
        inverse = times(inverse, scalar)
    return [inverse, *reversed(found)]
