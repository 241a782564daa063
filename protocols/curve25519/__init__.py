"""Hash to Curve25519, check elements, and multiply them; u-coordinates only, little-endian."""

from protocols.curve25519.elements import (
    check_element,
    check_elements,
    multiply,
    multiply_each,
    multiply_many,
)
from protocols.curve25519.field import ELEMENT_BYTES
from protocols.curve25519.hashing import (
    expand_message_xmd,
    expander,
    hash_many,
    hash_to_curve,
)
from protocols.curve25519.scalars import draw_scalars, invert_scalar

__all__ = [
    "ELEMENT_BYTES",
    "check_element",
    "check_elements",
    "draw_scalars",
    "expand_message_xmd",
    "expander",
    "hash_many",
    "hash_to_curve",
    "invert_scalar",
    "multiply",
    "multiply_each",
    "multiply_many",
]
