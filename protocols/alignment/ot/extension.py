"""Stretch the leaves of 53 punctured trees to a row of 53 symbols for every position of a store.

Of the wide code it is 55 of both.

For a symbol with the key D in GF(16), let r_x be the streams of symbols that AES-CTR makes of its
16 leaves.  The receiver knows all of them and takes u = sum of r_x and v = sum of x r_x; the sender
misses r_D and takes w = sum of (D + x) r_x, which is v + D u.  The receiver sends U = u + C(store);
the sender adds D U and holds w = v + D C(store), symbol by symbol.  This is the subspace vector
oblivious linear evaluation of Roy, "SoftSpokenOT" (CRYPTO 2022, sections 3.2 to 3.4), over GF(16)
and with the code of ``code``, used over the positions of a store (Pinkas, Rosulek, Trieu and
Yanai, EUROCRYPT 2020).

Streams are used in chunks of at most 704 words of 64 positions: for each, the four planes
one after the other.  Words are little-endian, in memory too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes

from protocols.alignment.ot.code import (
    FIELD_SIZE,
    NARROW,
    WIDE,
    WORDS,
    code_tables,
    of_length,
    plane_masks,
    scaled_tables,
)
from protocols.alignment.ot.packing import FULL_BYTES, pack, unpack
from protocols.alignment.ot.vectors import plus, put, take
from protocols.compiled import compiled
from protocols.errors import InvalidMessageError, LocalError
from protocols.okvs import byte_tables, place

U8 = npt.NDArray[np.uint8]
U64 = npt.NDArray[np.uint64]

_CHUNK_WORDS = 704
"""Words of a plane that are made at once: the streams of one symbol then fit a core's cache."""

_STRIDE = _CHUNK_WORDS + 8
"""Words between planes: not a power of two, or all planes would share the same cache lines."""

_TILE = 256


def row_buffer(rows: int) -> U64:
    """Make room for so many rows, rounded up to the 64 that are transposed together."""
    return np.empty((-(-rows // 64) * 64, WORDS), dtype=np.uint64)


class Leaves:
    """Expand the leaves of all symbols, a stretch at a time; each goes on where the last ended.

    ``leaves`` holds 16 seeds for each symbol, None for the one that the sender misses, which
    ``factors`` then names; the receiver has all and no factors.  LocalError once erased.
    """

    def __init__(
        self, leaves: Sequence[Sequence[bytes | None]], factors: Sequence[int] | None = None
    ) -> None:
        self._streams = [[None if seed is None else _stream(seed) for seed in of] for of in leaves]
        self._factors = factors if factors is not None else [0] * len(leaves)
        self._leaf = np.zeros((FIELD_SIZE, WORDS * _CHUNK_WORDS), dtype=np.uint64)
        self._partial = np.empty((WORDS, WORDS, _CHUNK_WORDS), dtype=np.uint64)
        self._sums = np.empty((len(leaves), WORDS, _STRIDE), dtype=np.uint64)
        self._products = np.empty((len(leaves), WORDS, _STRIDE), dtype=np.uint64)

    def rows(self, products: U64, sums: U64 | None = None) -> None:
        """Fill row buffers with the next rows of v, or w, and for the receiver with u."""
        if not self._streams:
            raise LocalError("the leaves have been erased")
        for first in range(0, len(products) // 64, _CHUNK_WORDS):
            words = min(_CHUNK_WORDS, len(products) // 64 - first)
            self._expand(words)
            chunk = slice(64 * first, 64 * (first + words))
            _transpose(self._products, words, products[chunk])
            if sums is not None:
                _transpose(self._sums, words, sums[chunk])

    def _expand(self, words: int) -> None:
        zeros = memoryview(bytes(8 * WORDS * words))
        targets = [memoryview(leaf).cast("B") for leaf in self._leaf[:, : WORDS * words]]
        for symbol, (streams, factor) in enumerate(zip(self._streams, self._factors, strict=True)):
            # Leaf x counts x + factor times; the one that is missing would count nothing.
            for x, stream in enumerate(streams):
                if stream is not None:
                    stream.update_into(zeros, targets[x ^ factor])
            _fold(self._leaf, words, self._partial, self._sums[symbol], self._products[symbol])

    def erase(self) -> None:
        """Overwrite what was expanded and let go of the keys."""
        for array in (self._leaf, self._partial, self._sums, self._products):
            array.fill(0)
        self._streams, self._factors = [], []


def _stream(seed: bytes) -> CipherContext:
    """Make the AES-CTR key stream of a seed; every seed is used for one, so the nonce is zero."""
    return Cipher(algorithms.AES(seed), modes.CTR(bytes(16))).encryptor()


@compiled(nogil=True)
def _fold(leaf: U64, words: int, partial: U64, sums: U64, products: U64) -> None:
    """Add up 16 streams, and the products of each with its number, one plane after the other.

    The streams whose number has bit b add up to ``partial[b]``; then sum x r_x is
    s_0 + z (s_1 + z (s_2 + z s_3)), where z takes the planes (p, q, r, s) to (s, p + s, q, r).
    Straight lines, so that the compiler works on several words at once.
    """
    for plane in range(4):
        at = plane * words
        for w in range(words):
            i = at + w
            a0, a1, a2, a3 = leaf[0, i], leaf[1, i], leaf[2, i], leaf[3, i]
            a4, a5, a6, a7 = leaf[4, i], leaf[5, i], leaf[6, i], leaf[7, i]
            a8, a9, a10, a11 = leaf[8, i], leaf[9, i], leaf[10, i], leaf[11, i]
            a12, a13, a14, a15 = leaf[12, i], leaf[13, i], leaf[14, i], leaf[15, i]
            partial[0, plane, w] = a1 ^ a3 ^ a5 ^ a7 ^ a9 ^ a11 ^ a13 ^ a15
            b0, b1, b2, b3 = a0 ^ a1, a2 ^ a3, a4 ^ a5, a6 ^ a7
            b4, b5, b6, b7 = a8 ^ a9, a10 ^ a11, a12 ^ a13, a14 ^ a15
            partial[1, plane, w] = b1 ^ b3 ^ b5 ^ b7
            c0, c1, c2, c3 = b0 ^ b1, b2 ^ b3, b4 ^ b5, b6 ^ b7
            partial[2, plane, w] = c1 ^ c3
            partial[3, plane, w] = c2 ^ c3
            sums[plane, w] = c0 ^ c1 ^ c2 ^ c3
    for w in range(words):
        p, q, r, s = partial[3, 0, w], partial[3, 1, w], partial[3, 2, w], partial[3, 3, w]
        for bit in (2, 1, 0):
            p, q, r, s = (
                s ^ partial[bit, 0, w],
                p ^ s ^ partial[bit, 1, w],
                q ^ partial[bit, 2, w],
                r ^ partial[bit, 3, w],
            )
        products[0, w], products[1, w], products[2, w], products[3, w] = p, q, r, s


@compiled(nogil=True)
def _transpose(planes: U64, words: int, out: U64) -> None:
    """Turn planes of symbols into rows, 64 by 64 (Warren, "Hacker's Delight", section 7-3).

    The four planes of a row are transposed together: the inner loops are vector operations.
    """
    length = planes.shape[0]
    flat = out.reshape(-1)
    for word in range(words):
        top = 64 * word
        for i in range(64):
            for plane in range(4):
                out[top + i, plane] = planes[i, plane, word] if i < length else np.uint64(0)
        mask = np.uint64(0x00000000FFFFFFFF)
        step = 32
        while step:
            shift, size = np.uint64(step), 4 * step
            for first in range(4 * top, 4 * top + 256, 2 * size):
                for low in range(first, first + size):
                    high = low + size
                    swap = ((flat[low] >> shift) ^ flat[high]) & mask
                    flat[low] ^= swap << shift
                    flat[high] ^= swap
            step >>= 1
            mask ^= mask << np.uint64(step)


@compiled(nogil=True)
def _mapped(tables: U64, bits: np.uint64, row: Any) -> Any:
    """Add the image of 64 bits under a linear map, given by byte tables, to a row."""
    for byte in range(8):
        row = plus(tables, 256 * byte + ((bits >> np.uint64(8 * byte)) & np.uint64(0xFF)), row)
    return row


@compiled(nogil=True)
def _ninth(tables: U64, byte: np.uint64, row: Any) -> Any:
    """Add the image of the ninth byte of a value under the wide code."""
    return plus(tables, 2048 + (byte & np.uint64(0xFF)), row)


@compiled(nogil=True)
def _correct(  # noqa: PLR0917 (compiled loops take no objects)
    sums: U64, store: U64, tables: U64, length: int, body: U64, tail: U8
) -> None:
    """Add the code words of a store to ``sums`` and lay them out for the wire."""
    for i in range(len(store)):
        row = _mapped(tables, store[i, 0], take(sums, i))
        if len(tables) > 2048:
            row = _ninth(tables, store[i, 1], row)
        a, b, c, d = pack(row[0], row[1], row[2], row[3], length)
        body[i, 0], body[i, 1], body[i, 2] = a, b, c
        for byte in range(tail.shape[1]):
            tail[i, byte] = np.uint8((d >> np.uint64(8 * byte)) & np.uint64(0xFF))


@compiled(nogil=True)
def _apply(rows: U64, body: U64, tail: U8, masks: U64, length: int) -> np.uint64:
    """Add the receiver's rows, times the key; return what stands in bits that must be zero."""
    beyond = np.uint64(0)
    for i in range(len(tail)):
        d = np.uint64(0)
        for byte in range(tail.shape[1]):
            d |= np.uint64(tail[i, byte]) << np.uint64(8 * byte)
        beyond |= d >> np.uint64(4 * length - 192)
        p, q, r, s = unpack(body[i, 0], body[i, 1], body[i, 2], d, length)
        for plane in range(4):
            rows[i, plane] ^= (
                (p & masks[plane, 0])
                ^ (q & masks[plane, 1])
                ^ (r & masks[plane, 2])
                ^ (s & masks[plane, 3])
            )
    return beyond


@compiled(nogil=True)
def _decode(  # noqa: PLR0917 (compiled loops take no objects)
    rows: U64, keys: U64, seed: U64, dense: U64, code: U64, out: U64
) -> None:
    """Write each key's decoded row, plus the image of its value under ``code`` if there is one.

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
            row = plus(rows, positions[k, 1], take(rows, positions[k, 0]))
            put(out, first + k, plus(rows, positions[k, 2], row))
        for k in range(count):
            row = _mapped(dense, bits[k], take(out, first + k))
            if len(code):
                row = _mapped(code, keys[first + k, 0], row)
            if len(code) > 2048:
                row = _ninth(code, keys[first + k, 3], row)
            put(out, first + k, row)


def correction(sums: U64, store: U64) -> bytes:
    """Return U for the positions of a store, given its rows of u, which are used up.

    ``store`` has one word for each position, or two of the wide code.  First the three full words
    of every row, then the last three bytes of every row, or four.
    """
    words = store.reshape(len(store), -1)
    code = NARROW if words.shape[1] == 1 else WIDE
    body = np.empty((len(words), 3), dtype=np.uint64)
    tail = np.empty((len(words), code.row_bytes - FULL_BYTES), dtype=np.uint8)
    _correct(sums, words, code_tables(code).reshape(-1, WORDS), code.length, body, tail)
    return b"".join((body.data, tail.data))


class Key:
    """Be the secret of a function: one element of GF(16) for every symbol."""

    def __init__(self, factors: Sequence[int]) -> None:
        self.masks = plane_masks(factors)
        self.code = scaled_tables(factors).reshape(-1, WORDS)
        self.row_bytes, self.length = of_length(len(factors)).row_bytes, len(factors)

    def erase(self) -> None:
        """Overwrite the key."""
        self.masks.fill(0)
        self.code.fill(0)


def apply_correction(rows: U64, payload: bytes, key: Key) -> None:
    """Turn rows of w into rows of v + D C(store), in place.

    InvalidMessageError for a wrong length, or for bits behind the last symbol.
    """
    count = len(rows)
    if len(payload) != count * key.row_bytes:
        raise InvalidMessageError("the corrections have the wrong length")
    body = np.frombuffer(payload, dtype="<u8", count=3 * count).astype(np.uint64)
    tail = np.frombuffer(payload, dtype=np.uint8, offset=FULL_BYTES * count).reshape(count, -1)
    if _apply(rows, body.reshape(count, 3), tail, key.masks, key.length):
        raise InvalidMessageError("the corrections have bits behind their last symbol")


@compiled(nogil=True)
def _add_all(tables: U64, words: U64, out: U64) -> None:
    for row in range(len(words)):
        total = _mapped(tables, words[row, 0], take(out, row))
        if len(tables) > 2048:
            total = _ninth(tables, words[row, 1], total)
        put(out, row, total)


def add_code_words(words: U64, key: Key, out: U64) -> None:
    """Add the code word of each word, times the key, to the row of the same number."""
    _add_all(key.code, words.reshape(len(words), -1), out)


class Decoder:
    """Decode rows under keys: the receiver's v as it is, the sender's rows with its key.

    ``rows`` is uint64 of shape (positions, 4), the 64 dense ones last.  With the sender's key the
    sum gains D C(value), which for a key of the store cancels the same term of the rows.
    """

    def __init__(self, rows: U64, seed: U64, key: Key | None) -> None:
        self._rows = rows
        self._seed = seed
        self._dense = byte_tables(rows[-64:]).reshape(-1, WORDS)
        self._code = self._dense[:0] if key is None else key.code

    def rows(self, keys: U64, out: U64) -> None:
        """Write the row of each key to ``out``, uint64 of shape (rows, 4)."""
        _decode(self._rows, keys, self._seed, self._dense, self._code, out)

    def erase(self) -> None:
        """Overwrite the tables of the dense rows; the rows and the key are their holder's."""
        self._dense.fill(0)
