"""Be the receiver, or the sender, of one oblivious function: the two halves of a participant.

F(x) = SHA-256(prefix || digest of x || row of x), where the row is 456 bits that only the holder of
the choice bits can compute for every x, and the receiver for the keys of its store alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from protocols.alignment.ot import okvs
from protocols.alignment.ot.code import WORDS, to_words
from protocols.alignment.ot.extension import (
    CHUNK_ROWS,
    Columns,
    Decoder,
    apply_correction,
    chunk_rows,
    correction,
)
from protocols.alignment.ot.hashing import hash_rows
from protocols.randomness import Random

U8 = npt.NDArray[np.uint8]
U64 = npt.NDArray[np.uint64]

KEY_WORDS = 4
_EVALUATED_ROWS = 1 << 14


def store_rows(keys: int) -> int:
    """Return the rows of the extension for a store of so many keys."""
    return okvs.sparse_size(keys) + okvs.DENSE


def row_buffer(rows: int) -> U64:
    """Make room for so many rows, rounded up to the 64 that are transposed together."""
    return np.empty((-(-rows // 64) * 64, WORDS), dtype=np.uint64)


def evaluate(decoder: Decoder, keys: U64, prefix: bytes) -> Iterator[tuple[slice, U8]]:
    """Yield F of the keys, stretch by stretch; a stretch is overwritten by the next."""
    messages = np.empty((_EVALUATED_ROWS, KEY_WORDS + WORDS), dtype=np.uint64)
    values = np.empty((_EVALUATED_ROWS, 32), dtype=np.uint8)
    for start in range(0, len(keys), _EVALUATED_ROWS):
        stretch = slice(start, min(start + _EVALUATED_ROWS, len(keys)))
        count = stretch.stop - start
        decoder.messages(keys[stretch], messages[:count])
        hash_rows(messages[:count], prefix, values[:count])
        yield stretch, values[:count]
    messages.fill(0)
    values.fill(0)


class FunctionReceiver:
    """Hold a store of the keys and both seeds of every column.

    The columns are expanded twice, once for the own values and once for the corrections: that
    costs a few per cent and saves a matrix of 64 bytes a row.
    """

    def __init__(
        self, keys: U64, seeds: tuple[Sequence[bytes], Sequence[bytes]], random: Random
    ) -> None:
        self._t0 = Columns(seeds[0])
        self._both = Columns(*seeds)
        self.seed, self._store = okvs.encode(keys, random)
        self._rows = len(self._store)

    def decoder(self, buffer: U64) -> Decoder:
        """Fill the buffer with T0 and return what decodes it."""
        for chunk, count in enumerate(chunk_rows(self._rows)):
            self._t0.rows(count, buffer[chunk * CHUNK_ROWS :])
        self._t0.erase()
        return Decoder(buffer[: self._rows], okvs.seed_words(self.seed), None)

    def corrections(self) -> Iterator[bytes]:
        """Yield the payloads of the chunks of U, then forget store and seeds."""
        rows = row_buffer(CHUNK_ROWS)
        for chunk, count in enumerate(chunk_rows(self._rows)):
            self._both.rows(count, rows)
            start = chunk * CHUNK_ROWS
            yield correction(rows, self._store[start : start + count])
        rows.fill(0)
        self.erase()

    def erase(self) -> None:
        """Overwrite the store and let go of the seeds."""
        self._store.fill(0)
        self._store = self._store[:0].copy()
        self._t0.erase()
        self._both.erase()


class FunctionSender:
    """Hold the choice bits and the chosen seed of every column: the key of the function."""

    def __init__(self, bits: int, seeds: Sequence[bytes], rows: int) -> None:
        self._choice = to_words(bits)
        self._columns = Columns(seeds)
        self._rows = rows
        self.seed = b""

    def take(self, chunk: int, payload: bytes, buffer: U64) -> None:
        """Fill one chunk of the buffer with Q; InvalidMessageError for a wrong length."""
        start = chunk * CHUNK_ROWS
        count = min(CHUNK_ROWS, self._rows - start)
        self._columns.rows(count, buffer[start:])
        apply_correction(buffer[start : start + count], payload, self._choice)

    def decoder(self, buffer: U64) -> Decoder:
        """Return what evaluates the function once every chunk is in."""
        return Decoder(buffer[: self._rows], okvs.seed_words(self.seed), self._choice)

    def erase(self) -> None:
        """Overwrite the choice bits and the columns."""
        self._choice.fill(0)
        self._columns.erase()
