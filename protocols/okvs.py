"""Encode a map from random keys to 64-bit values as a table that is decoded by exclusive or.

An oblivious key-value store with three sparse and 64 dense binary columns per key (Garimella,
Pinkas, Rosulek, Trieu and Yanai, CRYPTO 2021; Raghuraman and Rindal, CCS 2022).  The sparse part
is solved by peeling a random hypergraph; what is left, its 2-core, by Gaussian elimination over
the dense columns.

Keys are rows of four 64-bit words of a salted digest.  The first word is the value.  The others,
mixed with the store's seed, give three distinct positions of the whole table (as in Raghuraman
and Rindal, so that their expansion applies) and 64 dense bits.  A wide value has eight bits more,
the lowest of the last word, in a table of their own with the same seed.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from protocols.compiled import compiled
from protocols.errors import LocalError
from protocols.limits import STATISTICAL_BITS
from protocols.randomness import Random

U8 = npt.NDArray[np.uint8]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]

DENSE = 64
"""Dense columns: 40 for the rank of a random binary matrix with failure 2^-40, the rest for the
rows that may be left in the core."""

NINTH = np.uint64(0xFF)
"""The bits of a key's last word that a wide value has beside the first word."""

SEED_BYTES = 24
LARGEST_CORE = 256
"""A core above this is a failed peeling: below the threshold it holds a handful of rows."""

ATTEMPTS = 16


def sparse_size(count: int, security: int = STATISTICAL_BITS) -> int:
    """Return how many sparse positions make ``count`` keys fail with chance below 2^-security.

    The expansion is the published fit for three positions per key,
    e = 1.223 + (security + 9.2) / 2^(0.555 log2 n + 2.336) (Raghuraman and Rindal, CCS 2022,
    section 4 and their implementation's parameters), with a floor of 1.23, and 32 positions more
    as a margin where the fit is coarse.
    """
    count = max(count, 64)
    slope = 2 ** (0.555 * math.log2(count) + 2.336)
    return math.ceil(max(1.23, 1.223 + (security + 9.2) / slope) * count) + 32


@compiled(nogil=True)
def mix(word: np.uint64) -> np.uint64:
    """Scatter words one to one (Steele, Lea and Flood, "SplittableRandom", OOPSLA 2014)."""
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return word ^ (word >> np.uint64(31))


@compiled(nogil=True)
def place(
    keys: U64, row: int, seed: U64, sparse: int
) -> tuple[np.int64, np.int64, np.int64, np.uint64]:
    """Return the three distinct positions and the dense bits of one key."""
    first = mix(keys[row, 1] ^ seed[0])
    second = mix(keys[row, 2] ^ seed[1])
    third = mix(keys[row, 3] ^ seed[2])
    half = np.uint64(32)
    a = np.int64(((first >> half) * np.uint64(sparse)) >> half)
    b = np.int64(((second >> half) * np.uint64(sparse - 1)) >> half)
    c = np.int64(((third >> half) * np.uint64(sparse - 2)) >> half)
    b += b >= a
    c += c >= min(a, b)
    c += c >= max(a, b)
    dense = (first << half) | (second & np.uint64(0xFFFFFFFF))
    return a, b, c, dense


def byte_tables(rows: U64) -> U64:
    """Return the sums of a linear map, looked up by byte: shape (rows / 8, 256, words).

    Entry ``[i, b]`` is the sum of those of the rows ``8 i`` to ``8 i + 7`` whose bit is set in b.
    """
    grouped = rows.reshape(-1, 8, rows.shape[1])
    tables = np.zeros((grouped.shape[0], 256, rows.shape[1]), dtype=np.uint64)
    for bit in range(8):
        half = 1 << bit
        tables[:, half : 2 * half] = tables[:, :half] ^ grouped[:, bit : bit + 1]
    return tables


@compiled(nogil=True)
def difference(  # noqa: PLR0917 (compiled loops take no objects)
    keys: U64, row: int, seed: U64, sparse: int, dense: U64, table: U64
) -> np.uint64:
    """Return a key's first word plus what the table decodes to: zero where it is the value.

    ``dense`` holds the byte tables of the dense columns of ``table``.
    """
    a, b, c, bits = place(keys, row, seed, sparse)
    value = keys[row, 0] ^ table[a] ^ table[b] ^ table[c]
    for byte in range(8):
        value ^= dense[byte, (bits >> np.uint64(8 * byte)) & np.uint64(0xFF), 0]
    return np.uint64(value)


@compiled(nogil=True)
def _place_all(keys: U64, seed: U64, sparse: int, positions: U32) -> None:
    for row in range(len(keys)):
        a, b, c, _ = place(keys, row, seed, sparse)
        positions[row, 0] = a
        positions[row, 1] = b
        positions[row, 2] = c


@compiled(nogil=True)
def _peel(positions: U32, sparse: int, order: U32, pivots: U32) -> int:
    """Take rows away that alone hold some position; return how many could be taken.

    ``order`` and ``pivots`` name the rows taken, first to last, and the position of each.
    """
    nodes = np.zeros((sparse, 2), dtype=np.uint32)  # degree, exclusive or of the rows
    for row in range(len(positions)):
        for i in range(3):
            nodes[positions[row, i], 0] += np.uint32(1)
            nodes[positions[row, i], 1] ^= np.uint32(row)
    queue = np.empty(sparse, dtype=np.uint32)
    end = 0
    for node in range(sparse):
        if nodes[node, 0] == 1:
            queue[end] = node
            end += 1
    taken = 0
    head = 0
    while head < end:
        node = queue[head]
        head += 1
        if nodes[node, 0] != 1:
            continue
        row = nodes[node, 1]
        order[taken] = row
        pivots[taken] = node
        taken += 1
        for i in range(3):
            other = positions[row, i]
            nodes[other, 0] -= np.uint32(1)
            nodes[other, 1] ^= row
            if nodes[other, 0] == 1:
                queue[end] = other
                end += 1
    return taken


@compiled(nogil=True)
def _substitute(  # noqa: PLR0917 (compiled loops take no objects)
    keys: U64, seed: U64, sparse: int, order: U32, pivots: U32, dense: U64, table: U64
) -> None:
    """Solve the peeled rows, last to first; every other position already has its value."""
    for i in range(len(order) - 1, -1, -1):
        table[pivots[i]] ^= difference(keys, order[i], seed, sparse, dense, table)


def _solve_core(rows: list[list[int]], values: list[int], table: U64) -> bool:
    """Set the table so that the rows left by peeling decode; tell whether that was possible.

    A row is the list of its positions, dense ones included.  Gauss-Jordan elimination on integers
    as bit sets.  A repeated row with the same value is not a contradiction.
    """
    columns = sorted({position for row in rows for position in row})
    bit = {position: 1 << i for i, position in enumerate(columns)}
    reduced: dict[int, tuple[int, int]] = {}
    for row, value in zip(rows, values, strict=True):
        left = sum(bit[position] for position in row)
        for pivot, (other, its_value) in reduced.items():
            if left & pivot:
                left, value = left ^ other, value ^ its_value  # noqa: PLW2901
        if not left:
            if value:
                return False
            continue
        new = left & -left
        for pivot, (other, its_value) in reduced.items():
            if other & new:
                reduced[pivot] = (other ^ left, its_value ^ value)
        reduced[new] = (left, value)
    for pivot, (members, value) in reduced.items():
        for i, position in enumerate(columns):
            if members >> i & 1:
                value ^= int(table[position])  # noqa: PLW2901
        table[columns[pivot.bit_length() - 1]] ^= np.uint64(value)
    return True


def _core(keys: U64, seed: U64, sparse: int, left: npt.NDArray[np.int64]) -> list[list[int]]:
    """List the positions of the rows that peeling left, dense columns behind the sparse ones."""
    rows = []
    for row in left:
        a, b, c, dense = place(keys, row, seed, sparse)
        rows.append(
            [int(a), int(b), int(c), *(sparse + i for i in range(DENSE) if int(dense) >> i & 1)]
        )
    return rows


def encode_once(keys: U64, seed: bytes, sparse: int, *tables: U64) -> int:
    """Fill tables of random words so that every key decodes to its value; return the core's size.

    The second table, if there is one, takes the ninth byte of a wide value.  Minus one, with the
    tables spoilt, if the seed does not serve.
    """
    words = seed_words(seed)
    positions = np.empty((len(keys), 3), dtype=np.uint32)
    _place_all(keys, words, sparse, positions)
    order = np.empty(len(keys), dtype=np.uint32)
    pivots = np.empty(len(keys), dtype=np.uint32)
    taken = _peel(positions, sparse, order, pivots)
    core = len(keys) - taken
    if core > LARGEST_CORE:
        return -1
    peeled = np.zeros(len(keys), dtype=bool)
    peeled[order[:taken]] = True
    left = np.flatnonzero(~peeled)
    for valued, table in zip((keys, _ninth(keys, tables)), tables, strict=False):
        values = [int(value) for value in valued[left, 0]]
        if core and not _solve_core(_core(keys, words, sparse, left), values, table):
            return -1
        dense = byte_tables(table[sparse:].reshape(DENSE, 1))
        _substitute(valued, words, sparse, order[:taken], pivots[:taken], dense, table)
    return core


def _ninth(keys: U64, tables: tuple[U64, ...]) -> U64:
    """Return keys whose value is the ninth byte, where a table takes it."""
    if len(tables) == 1:
        return keys
    valued = keys.copy()
    valued[:, 0] = valued[:, 3] & NINTH
    return valued


def seed_words(seed: bytes) -> U64:
    """Read a store's seed of 24 bytes as three words."""
    return np.frombuffer(seed, dtype="<u8").astype(np.uint64)


def encode(
    keys: U64, random: Random, security: int = STATISTICAL_BITS, *, wide: bool = False
) -> tuple[bytes, U64]:
    """Return a seed and a table of ``sparse_size(rows, security) + 64`` words for all keys.

    ``keys`` is uint64 of shape (rows, 4).  A wide table has two columns.  Positions that no key
    needs are random.  A seed fails with probability below 2^-security; then another is drawn.
    LocalError after 16 of them: the keys repeat, which the caller had to prevent.
    """
    sparse = sparse_size(len(keys), security)
    for _ in range(ATTEMPTS):
        seed = random(SEED_BYTES)
        drawn = [
            np.frombuffer(bytearray(random(8 * (sparse + DENSE))), dtype=np.uint64)
            for _ in range(2 if wide else 1)
        ]
        if not wide:
            if encode_once(keys, seed, sparse, drawn[0]) >= 0:
                return seed, drawn[0]
            continue
        np.bitwise_and(drawn[1], NINTH, out=drawn[1])
        if encode_once(keys, seed, sparse, *drawn) >= 0:
            both = np.stack(drawn, axis=1)
            for table in drawn:
                table.fill(0)
            return seed, both
    raise LocalError("no seed encodes these keys; are identifiers repeated?")
