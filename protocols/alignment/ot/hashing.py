"""Hash rows of equal width with SHA-256, from words that are already in lanes' reach."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from protocols.compiled import compiled
from protocols.sha256 import absorb, compress, store_digest

U8 = npt.NDArray[np.uint8]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]

PREFIX_BYTES = 64
_LANES = 128


@compiled(nogil=True)
def _swap(word: np.uint32) -> np.uint32:
    """Reverse the bytes of a word: SHA-256 reads big-endian, memory is little-endian."""
    word = ((word & np.uint32(0x00FF00FF)) << np.uint32(8)) | (
        (word >> np.uint32(8)) & np.uint32(0x00FF00FF)
    )
    return np.uint32((word << np.uint32(16)) | (word >> np.uint32(16)))


@compiled(nogil=True)
def _hash_words(initial: U32, rows: U32, out: U8) -> None:
    width = rows.shape[1]
    blocks = (4 * width + 8) // 64 + 1
    state = np.empty((8, _LANES), dtype=np.uint32)
    words = np.zeros((16, _LANES), dtype=np.uint32)
    for first in range(0, len(rows), _LANES):
        count = min(_LANES, len(rows) - first)
        for i in range(8):
            state[i, :] = initial[i]
        for block in range(blocks):
            for turn in range(16):
                word = 16 * block + turn
                if word < width:
                    for lane in range(count):
                        words[turn, lane] = _swap(rows[first + lane, word])
                else:
                    words[turn, :] = np.uint32(0x80000000) if word == width else np.uint32(0)
            if block == blocks - 1:
                words[15, :] = np.uint32(8 * (PREFIX_BYTES + 4 * width))
            compress(state, words)
        for lane in range(count):
            store_digest(state, lane, out[first + lane])


def hash_rows(rows: U64, prefix: bytes, out: U8) -> None:
    """Write SHA-256(prefix || row) for every row to ``out``, uint8 of shape (rows, 32).

    ``rows`` is uint64 of shape (rows, words), contiguous; ``prefix`` is one block of 64 bytes.
    Several times faster than rows of unknown length.
    """
    _hash_words(absorb(prefix), rows.view(np.uint32), out)
