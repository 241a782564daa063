"""Hash a million rows with SHA-256 (FIPS 180-4) without a Python object per row.

``hashlib`` needs about a microsecond per call, most of it not hashing.  The compiled loops here
take the rows in lanes of ``_LANES``, so that every step of a round is one vector instruction for
several rows.  No step branches on, or indexes by, the contents of a row, only by its length.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from protocols.compiled import compiled
from protocols.errors import LocalError
from protocols.strings import PackedStrings

U8 = npt.NDArray[np.uint8]
U32 = npt.NDArray[np.uint32]
I64 = npt.NDArray[np.int64]

BLOCK_BYTES = 64
DIGEST_BYTES = 32
_LANES = 64


def _first_primes(count: int) -> list[int]:
    primes: list[int] = []
    candidate = 2
    while len(primes) < count:
        if all(candidate % prime for prime in primes):
            primes.append(candidate)
        candidate += 1
    return primes


def _root_fraction(prime: int, degree: int) -> int:
    """Return the first 32 bits of the fractional part of a root, by bisection on integers."""
    low, high = 0, prime << 32
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if middle**degree <= prime << 32 * degree else (low, middle)
    return low & 0xFFFFFFFF


_ROUND = np.array([_root_fraction(prime, 3) for prime in _first_primes(64)], dtype=np.uint32)
INITIAL = np.array([_root_fraction(prime, 2) for prime in _first_primes(8)], dtype=np.uint32)
"""The chaining value before the first block (FIPS 180-4, section 5.3.3)."""


@compiled(inline="always")
def _rotate(word: np.uint32, count: int) -> np.uint32:
    return (word >> np.uint32(count)) | (word << np.uint32(32 - count))


@compiled(nogil=True, boundscheck=False)
def compress(state: U32, words: U32) -> None:
    """Take one block per lane into the chaining values, in place; ``words`` is used up.

    ``state`` is uint32 of shape (8, lanes), ``words`` uint32 of shape (16, lanes), big-endian
    words of the block already turned into integers.
    """
    lanes = state.shape[1]
    work = state.copy()
    for turn in range(64):
        t = turn & 15
        if turn >= 16:
            t1, t9, t14 = (turn + 1) & 15, (turn + 9) & 15, (turn + 14) & 15
            for i in range(lanes):
                x = words[t1, i]
                y = words[t14, i]
                s0 = _rotate(x, 7) ^ _rotate(x, 18) ^ (x >> np.uint32(3))
                s1 = _rotate(y, 17) ^ _rotate(y, 19) ^ (y >> np.uint32(10))
                words[t, i] = np.uint32(words[t, i] + s0 + words[t9, i] + s1)
        a, b, c, d = -turn & 7, (1 - turn) & 7, (2 - turn) & 7, (3 - turn) & 7
        e, f, g, h = (4 - turn) & 7, (5 - turn) & 7, (6 - turn) & 7, (7 - turn) & 7
        constant = _ROUND[turn]
        for i in range(lanes):
            x = work[e, i]
            big1 = _rotate(x, 6) ^ _rotate(x, 11) ^ _rotate(x, 25)
            choice = work[g, i] ^ (x & (work[f, i] ^ work[g, i]))
            first = np.uint32(work[h, i] + big1 + choice + constant + words[t, i])
            y = work[a, i]
            big0 = _rotate(y, 2) ^ _rotate(y, 13) ^ _rotate(y, 22)
            majority = (y & work[b, i]) | (work[c, i] & (y | work[b, i]))
            work[d, i] = np.uint32(work[d, i] + first)
            work[h, i] = np.uint32(first + big0 + majority)
    for row in range(8):
        for i in range(lanes):
            state[row, i] = np.uint32(state[row, i] + work[row, i])


@compiled(inline="always")
def swap(word: np.uint32) -> np.uint32:
    """Reverse the bytes of a word: SHA-256 reads big-endian, memory is little-endian."""
    word = ((word & np.uint32(0x00FF00FF)) << np.uint32(8)) | (
        (word >> np.uint32(8)) & np.uint32(0x00FF00FF)
    )
    return np.uint32((word << np.uint32(16)) | (word >> np.uint32(16)))


@compiled(nogil=True)
def store_digest(state: U32, lane: int, out: U32) -> None:
    """Write as many leading words of one lane's chaining value as ``out`` has room for."""
    for i in range(out.shape[0]):
        out[i] = swap(state[i, lane])


@compiled(nogil=True)
def load_words(block: U8, words: U32, lane: int) -> None:
    """Turn the 64 bytes of one block into the 16 words of one lane."""
    for i in range(16):
        words[i, lane] = np.uint32(
            (np.uint32(block[4 * i]) << np.uint32(24))
            | (np.uint32(block[4 * i + 1]) << np.uint32(16))
            | (np.uint32(block[4 * i + 2]) << np.uint32(8))
            | np.uint32(block[4 * i + 3])
        )


@compiled(nogil=True)
def _fill_block(block: U8, start: int, tail: U8, row: U8, earlier: int) -> None:
    """Write bytes ``[start, start + 64)`` of the padded message ``tail || row`` into ``block``."""
    block[:] = 0
    end = len(tail) + len(row)
    for i in range(start, min(start + 64, len(tail))):
        block[i - start] = tail[i]
    for i in range(max(start, len(tail)), min(start + 64, end)):
        block[i - start] = row[i - len(tail)]
    if start <= end < start + 64:
        block[end - start] = 0x80
    if start + 64 >= end + 9:
        bits = np.uint64(8 * (earlier + end))
        for i in range(8):
            block[63 - i] = np.uint8(bits >> np.uint64(8 * i))


@compiled(nogil=True, boundscheck=False)
def _fill_words(  # noqa: PLR0917 (compiled loops take no objects)
    words: U32, lane: int, buffer: U8, first: int, size: int, start: int, earlier: int
) -> None:
    """Write into a lane the block from ``start`` on of a padded row, which begins at ``first``.

    It is what ``_fill_block`` writes where no tail stands before the row, four bytes at a time.
    """
    whole = min(max(size - start, 0) >> 2, 16)
    at = np.uint64(first + start)
    for i in range(whole):
        words[i, lane] = (
            (np.uint32(buffer[at]) << np.uint32(24))
            | (np.uint32(buffer[at + np.uint64(1)]) << np.uint32(16))
            | (np.uint32(buffer[at + np.uint64(2)]) << np.uint32(8))
            | np.uint32(buffer[at + np.uint64(3)])
        )
        at += np.uint64(4)
    if whole == 16:
        return
    for i in range(whole, 16):
        words[i, lane] = 0
    rest = size - start - 4 * whole
    if rest >= 0:
        last = np.uint32(0x80) << np.uint32(24 - 8 * rest)
        for i in range(rest):
            byte = np.uint32(buffer[at + np.uint64(i)])
            last |= byte << np.uint32(24 - 8 * i)
        words[whole, lane] = last
    if size + 9 <= start + 64:
        bits = np.uint64(8 * (earlier + size))
        words[14, lane] = np.uint32(bits >> np.uint64(32))
        words[15, lane] = np.uint32(bits & np.uint64(0xFFFFFFFF))


@compiled(nogil=True)
def _hash_rows(  # noqa: PLR0917 (compiled loops take no objects)
    state0: U32, earlier: int, tail: U8, buffer: U8, offsets: I64, order: I64, out: U32
) -> None:
    words = np.zeros((16, _LANES), dtype=np.uint32)
    state = np.empty((8, _LANES), dtype=np.uint32)
    block = np.empty(64, dtype=np.uint8)
    for first in range(0, len(order), _LANES):
        batch = order[first : first + _LANES]
        for i in range(8):
            state[i, :] = state0[i]
        longest = len(tail) + offsets[batch[-1] + 1] - offsets[batch[-1]]
        for start in range(0, longest + 9, 64):
            for lane in range(len(batch)):
                first_byte, end = offsets[batch[lane]], offsets[batch[lane] + 1]
                if len(tail) == 0:
                    size = end - first_byte
                    _fill_words(words, lane, buffer, first_byte, size, start, earlier)
                    continue
                _fill_block(block, start, tail, buffer[first_byte:end], earlier)
                load_words(block, words, lane)
            compress(state, words)
            for lane in range(len(batch)):
                size = len(tail) + offsets[batch[lane] + 1] - offsets[batch[lane]] + 9
                if start < size <= start + 64:
                    store_digest(state, lane, out[batch[lane]])


def absorb(blocks: bytes) -> U32:
    """Return the chaining value, uint32 of shape (8,), after whole blocks of 64 bytes.

    It is the public prefix of many messages, taken in once.
    """
    if len(blocks) % BLOCK_BYTES:
        raise LocalError("a chaining value exists after whole blocks only")
    state = INITIAL.reshape(8, 1).copy()
    for words in np.frombuffer(blocks, dtype=">u4").reshape(-1, 16, 1):
        compress(state, words.astype(np.uint32))
    return state[:, 0].copy()


def sha256_many(strings: PackedStrings, prefix: bytes = b"", out: U8 | None = None) -> U8:
    """Return SHA-256(prefix || row) for every row, shape (rows, 32), in ``out`` if it is given.

    Rows of any length, the empty one included; whole blocks of the prefix are hashed once.  It
    holds one index per row besides the result.  Lengths are public: the time depends on them.
    LocalError if the offsets do not ascend within the buffer.
    """
    offsets = np.ascontiguousarray(strings.offsets, dtype=np.int64)
    lengths = np.diff(offsets)
    if len(offsets) == 0 or offsets[0] < 0 or offsets[-1] > len(strings.buffer):
        raise LocalError("the offsets leave the buffer")
    if np.any(lengths < 0):
        raise LocalError("the offsets must ascend")
    whole = len(prefix) - len(prefix) % BLOCK_BYTES
    tail = np.frombuffer(prefix[whole:], dtype=np.uint8)
    blocks = (lengths + len(tail) + 8) // BLOCK_BYTES + 1
    # Neighbours of one batch should need equally many blocks; 16 bits make it a radix sort.
    capped = np.minimum(blocks, 0xFFFF).astype(np.uint16)
    order = np.argsort(capped, kind="stable").astype(np.int64, copy=False)
    if out is None:
        out = np.empty((len(lengths), DIGEST_BYTES), dtype=np.uint8)
    buffer = np.ascontiguousarray(strings.buffer, dtype=np.uint8)
    _hash_rows(absorb(prefix[:whole]), whole, tail, buffer, offsets, order, out.view(np.uint32))
    return out
