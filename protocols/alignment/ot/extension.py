"""Stretch 456 transferred seeds to a row of 456 bits for every position of a store.

The receiver holds both seeds of every column, the sender one of them, chosen by the bits s.  With
T0 and T1 the columns that AES-CTR makes of the seeds, and C(D) the code words of the store D, the
receiver sends U = T0 + T1 + C(D); the sender adds U where its bit is one and holds
Q = T0 + (s and C(D)).  This is the extension of Ishai, Kilian, Nissim and Petrank (CRYPTO 2003)
with the codes of Kolesnikov, Kumaresan, Rosulek and Trieu (CCS 2016), over the positions of a
store instead of the items (Pinkas, Rosulek, Trieu and Yanai, EUROCRYPT 2020).

Rows are made in chunks.  A row in memory is eight words, one cache line; on the wire 57 bytes:
first the seven full words of every row of the chunk, then the last byte of every row.  Words are
little-endian, in memory too.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes

from protocols.alignment.ot.code import LENGTH, WORDS, byte_tables, code_tables
from protocols.alignment.ot.okvs import place
from protocols.compiled import compiled
from protocols.errors import InvalidMessageError, LocalError

U8 = npt.NDArray[np.uint8]
U64 = npt.NDArray[np.uint64]

CHUNK_ROWS = 1 << 17
"""Rows of a chunk: 7.1 MiB on the wire, so that what each message costs besides is little."""

ROW_BYTES = LENGTH // 8
_TILE = 256
_FULL_WORDS = LENGTH // 64
_STRIDE = CHUNK_ROWS // 64 + WORDS
"""Words between columns: not a power of two, or all columns would share the same cache lines."""


def chunk_rows(total: int) -> list[int]:
    """Return how many rows each chunk of ``total`` rows holds."""
    return [min(CHUNK_ROWS, total - start) for start in range(0, total, CHUNK_ROWS)]


class Columns:
    """Expand seeds chunk by chunk and hand the bits out as rows.

    With a second list of seeds the two expansions are added.  The counter runs on from chunk to
    chunk, so chunks must be asked for in order, each but the last full.  LocalError once erased.
    """

    def __init__(self, seeds: Sequence[bytes], others: Sequence[bytes] | None = None) -> None:
        self._streams = [_key_streams(seeds)] + ([_key_streams(others)] if others else [])
        self._buffer = np.zeros((LENGTH, _STRIDE), dtype=np.uint64)

    def rows(self, count: int, out: U64) -> None:
        """Write the next ``count`` rows to ``out``, uint64 of shape (a multiple of 64, 8)."""
        if not self._streams:
            raise LocalError("the columns have been erased")
        words = -(-count // 64)
        zeros = memoryview(bytes(8 * words))
        targets = [memoryview(column).cast("B") for column in self._buffer[:, :words]]
        for target, stream in zip(targets, self._streams[0], strict=True):
            stream.update_into(zeros, target)
        for streams in self._streams[1:]:
            for target, stream in zip(targets, streams, strict=True):
                stream.update_into(target, target)
        _transpose(self._buffer, words, out)

    def erase(self) -> None:
        """Overwrite the columns and let go of the keys."""
        self._buffer.fill(0)
        self._streams = []


def _key_streams(seeds: Sequence[bytes]) -> list[CipherContext]:
    """Make one AES-CTR key stream per seed; every seed is used for one, so the nonce is zero."""
    counter = modes.CTR(bytes(16))
    return [Cipher(algorithms.AES(seed), counter).encryptor() for seed in seeds]


@compiled(nogil=True)
def _transpose(columns: U64, words: int, out: U64) -> None:
    """Turn columns of bits into rows, 64 by 64 (Warren, "Hacker's Delight", section 7-3).

    The eight blocks of a row are transposed together: the inner loop is one vector operation.
    """
    length = columns.shape[0]
    for word in range(words):
        top = 64 * word
        for i in range(64):
            for block in range(8):
                column = 64 * block + i
                out[top + i, block] = columns[column, word] if column < length else np.uint64(0)
        mask = np.uint64(0x00000000FFFFFFFF)
        step = 32
        while step:
            shift = np.uint64(step)
            for i in range(64):
                if not i & step:
                    for block in range(8):
                        low = out[top + i, block]
                        high = out[top + i + step, block]
                        swap = ((low >> shift) ^ high) & mask
                        out[top + i, block] = low ^ (swap << shift)
                        out[top + i + step, block] = high ^ swap
            step >>= 1
            mask ^= mask << np.uint64(step)


@compiled(nogil=True)
def _add_mapped(tables: U64, bits: np.uint64, out: U64, row: int, column: int) -> None:
    """Add the image of 64 bits under a linear map, given by byte tables, to part of a row."""
    for byte in range(8):
        index = (bits >> np.uint64(8 * byte)) & np.uint64(0xFF)
        for j in range(8):
            out[row, column + j] ^= tables[byte, index, j]


@compiled(nogil=True)
def _correct(rows: U64, store: U64, tables: U64, body: U64, tail: U8) -> None:
    """Add the code words of a stretch of the store to ``rows`` and lay them out for the wire."""
    for i in range(len(store)):
        _add_mapped(tables, store[i], rows, i, 0)
        for j in range(7):
            body[i, j] = rows[i, j]
        tail[i] = np.uint8(rows[i, 7])


@compiled(nogil=True)
def _apply(rows: U64, body: U64, tail: U8, choice: U64) -> None:
    """Add the receiver's rows where the choice bit is one."""
    for i in range(len(tail)):
        for j in range(7):
            rows[i, j] ^= body[i, j] & choice[j]
        rows[i, 7] ^= np.uint64(tail[i]) & choice[7]


@compiled(nogil=True)
def _decode(  # noqa: PLR0917 (compiled loops take no objects)
    rows: U64, keys: U64, seed: U64, dense: U64, code: U64, out: U64
) -> None:
    """Write each key's four words and its decoded row, plus the code word of its value.

    In three short passes over a tile: the processor then waits for many distant rows at once.
    """
    positions = np.empty((_TILE, 3), dtype=np.int64)
    bits = np.empty(_TILE, dtype=np.uint64)
    for first in range(0, len(keys), _TILE):
        count = min(_TILE, len(keys) - first)
        for k in range(count):
            a, b, c, bits[k] = place(keys, first + k, seed, len(rows) - 64)
            positions[k, 0], positions[k, 1], positions[k, 2] = a, b, c
        for k in range(count):
            a, b, c = positions[k, 0], positions[k, 1], positions[k, 2]
            for j in range(8):
                out[first + k, 4 + j] = rows[a, j] ^ rows[b, j] ^ rows[c, j]
        for k in range(count):
            row = first + k
            for j in range(4):
                out[row, j] = keys[row, j]
            _add_mapped(dense, bits[k], out, row, 4)
            if len(code):
                _add_mapped(code, keys[row, 0], out, row, 4)


def correction(rows: U64, store: U64) -> bytes:
    """Return the payload for one stretch of a store, given its rows of T0 + T1, used up."""
    count = len(store)
    body = np.empty((count, _FULL_WORDS), dtype=np.uint64)
    tail = np.empty(count, dtype=np.uint8)
    _correct(rows, store, code_tables(), body, tail)
    return b"".join((body.data, tail.data))


def apply_correction(rows: U64, payload: bytes, choice: U64) -> None:
    """Turn rows of the chosen seeds into rows of Q; InvalidMessageError for a wrong length."""
    count = len(rows)
    if len(payload) != count * ROW_BYTES:
        raise InvalidMessageError("a chunk of corrections has the wrong length")
    full = 8 * _FULL_WORDS * count
    body = np.frombuffer(payload, dtype="<u8", count=_FULL_WORDS * count).astype(np.uint64)
    tail = np.frombuffer(payload, dtype=np.uint8, offset=full).copy()
    _apply(rows, body.reshape(count, _FULL_WORDS), tail, choice)


class Decoder:
    """Decode rows under keys: the receiver's T0 as it is, the sender's Q with its choice bits.

    ``rows`` is uint64 of shape (positions, 8), the 64 dense ones last.  ``choice`` is s as a row,
    or None for the receiver; with it the sum gains (s and C(value)), which for a key of the store
    cancels the same term of Q.
    """

    def __init__(self, rows: U64, seed: U64, choice: U64 | None) -> None:
        self._rows = rows
        self._seed = seed
        self._dense = byte_tables(rows[-64:])
        self._code = code_tables()[:0] if choice is None else code_tables() & choice

    def messages(self, keys: U64, out: U64) -> None:
        """Write the four words of each key and the eight of its row to ``out``, (rows, 12)."""
        _decode(self._rows, keys, self._seed, self._dense, self._code, out)
