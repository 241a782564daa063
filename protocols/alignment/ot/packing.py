"""Lay the four planes of a row out without gaps: 212 bits in 27 bytes, or 220 in 28."""

from __future__ import annotations

import numpy as np

from protocols.compiled import compiled

FULL_BYTES = 24
"""Bytes of a row's three full words; the last plane's end follows them on the wire."""


@compiled(nogil=True)
def pack(
    p: np.uint64, q: np.uint64, r: np.uint64, s: np.uint64, length: int
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    """Return three full words and the bits that are left, of four planes of ``length`` bits."""
    one, two, three = np.uint64(length), np.uint64(2 * length - 64), np.uint64(3 * length - 128)
    word = np.uint64(64)
    return (
        p | (q << one),
        (q >> (word - one)) | (r << two),
        (r >> (word - two)) | (s << three),
        s >> (word - three),
    )


@compiled(nogil=True)
def unpack(
    a: np.uint64, b: np.uint64, c: np.uint64, d: np.uint64, length: int
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    """Return the four planes again."""
    one, two, three = np.uint64(length), np.uint64(2 * length - 64), np.uint64(3 * length - 128)
    word = np.uint64(64)
    plane = (np.uint64(1) << one) - np.uint64(1)
    return (
        a & plane,
        ((a >> one) | (b << (word - one))) & plane,
        ((b >> two) | (c << (word - two))) & plane,
        ((c >> three) | (d << (word - three))) & plane,
    )
