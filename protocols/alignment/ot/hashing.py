"""Hash two rows of every key to its secret: one block of SHA-256 after a block of prefix."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from protocols.alignment.ot.code import LENGTH
from protocols.alignment.ot.packing import pack
from protocols.compiled import compiled
from protocols.sha256 import absorb, compress, store_digest, swap

U8 = npt.NDArray[np.uint8]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]

PREFIX_BYTES = 64
_LANES = 128


@compiled(nogil=True)
def _load_pair(  # noqa: PLR0917 (compiled loops take no objects)
    first: U64, second: U64, row: int, length: int, words: U32, lane: int
) -> None:
    """Write the block of one key: both rows, the bit that ends a message, its length.

    Rows of 53 symbols take 27 bytes each, rows of 55 have no gap between them and take 55 bytes.
    """
    a, b, c, d = pack(first[row, 0], first[row, 1], first[row, 2], first[row, 3], length)
    e, f, g, h = pack(second[row, 0], second[row, 1], second[row, 2], second[row, 3], length)
    # The last bits of the first row share a word with the first of the second.
    at = np.uint64(24 if length == LENGTH else 28)
    rest = np.uint64(64) - at
    d |= e << at
    e = (e >> rest) | (f << at)
    f = (f >> rest) | (g << at)
    g = (g >> rest) | (h << at) | (np.uint64(0x80) << (at + at))
    half = np.uint64(32)
    low = np.uint64(0xFFFFFFFF)
    words[0, lane], words[1, lane] = swap(np.uint32(a & low)), swap(np.uint32(a >> half))
    words[2, lane], words[3, lane] = swap(np.uint32(b & low)), swap(np.uint32(b >> half))
    words[4, lane], words[5, lane] = swap(np.uint32(c & low)), swap(np.uint32(c >> half))
    words[6, lane], words[7, lane] = swap(np.uint32(d & low)), swap(np.uint32(d >> half))
    words[8, lane], words[9, lane] = swap(np.uint32(e & low)), swap(np.uint32(e >> half))
    words[10, lane], words[11, lane] = swap(np.uint32(f & low)), swap(np.uint32(f >> half))
    words[12, lane], words[13, lane] = swap(np.uint32(g & low)), swap(np.uint32(g >> half))
    words[14, lane], words[15, lane] = (
        np.uint32(0),
        np.uint32(8 * (PREFIX_BYTES + (54 if length == LENGTH else 55))),
    )


@compiled(nogil=True)
def _hash_pairs(initial: U32, first: U64, second: U64, length: int, out: U32) -> None:
    state = np.empty((8, _LANES), dtype=np.uint32)
    words = np.zeros((16, _LANES), dtype=np.uint32)
    for start in range(0, len(first), _LANES):
        count = min(_LANES, len(first) - start)
        for i in range(8):
            state[i, :] = initial[i]
        for lane in range(count):
            _load_pair(first, second, start + lane, length, words, lane)
        compress(state, words)
        for lane in range(count):
            store_digest(state, lane, out[start + lane])


def hash_pairs(first: U64, second: U64, prefix: bytes, out: U8, length: int = LENGTH) -> None:
    """Write SHA-256(prefix || first row || second row) to ``out``, uint8 of shape (rows, 32).

    The rows are planes of ``length`` symbols, uint64 of shape (rows, 4), and hashed as their 27
    bytes on the wire, or, of 55 symbols, as 440 bits without a gap;
    ``prefix`` is one block of 64 bytes.  ``out`` may be the memory of ``first`` or ``second``.
    """
    _hash_pairs(absorb(prefix), first, second, length, out.view(np.uint32))
