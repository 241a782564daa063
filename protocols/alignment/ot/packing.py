"""Lay the four planes of a row out without gaps: 212 bits, 27 bytes on the wire and in a hash."""

from __future__ import annotations

import numpy as np

from protocols.alignment.ot.code import LENGTH, WORDS
from protocols.compiled import compiled

ROW_BYTES = -(-LENGTH * WORDS // 8)
TAIL_BITS = LENGTH * WORDS - 192
"""Bits of the last three bytes that are used: 20."""


@compiled(nogil=True)
def pack(
    p: np.uint64, q: np.uint64, r: np.uint64, s: np.uint64
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    """Return three full words and the 20 bits that are left, of four planes of 53 bits."""
    return (
        p | (q << np.uint64(53)),
        (q >> np.uint64(11)) | (r << np.uint64(42)),
        (r >> np.uint64(22)) | (s << np.uint64(31)),
        s >> np.uint64(33),
    )


@compiled(nogil=True)
def unpack(
    a: np.uint64, b: np.uint64, c: np.uint64, d: np.uint64
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    """Return the four planes again."""
    plane = np.uint64((1 << 53) - 1)
    return (
        a & plane,
        ((a >> np.uint64(53)) | (b << np.uint64(11))) & plane,
        ((b >> np.uint64(42)) | (c << np.uint64(22))) & plane,
        ((c >> np.uint64(31)) | (d << np.uint64(33))) & plane,
    )
