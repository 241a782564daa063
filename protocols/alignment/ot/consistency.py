"""Check that the rows of a correction are true code words, so that nobody learns a key from others.

A receiver that adds an error e to some positions of U leaves s e in the rows of the key holder, and
whoever sees which secrets come out (the mediator sees it by the tokens) reads s from them.  So the
receiver proves that all rows are code words: both sides add up the rows under the same 128 random
subsets of positions, and the key holder accepts if its sums are those of v plus s times the code
words of the sums of the store.  An error that is not a code word survives a random subset with
probability 1/2 at most, and so all of them with 2^-128, unless the elements of s that it meets are
guessed: 16^-t for t of them.  This is the check of Roy, "SoftSpokenOT" (CRYPTO 2022, section 5),
after Keller, Orsini and Scholl (CRYPTO 2015), with a matrix of bits as its hash.

The subsets follow from all that the receiver sent for the bin.  What it reveals tells nothing of
its keys: the last 128 positions belong to no key, hold random words, and stand in one subset each.
"""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from protocols.alignment.ot.vectors import WORDS, plus, put, take
from protocols.compiled import compiled

U8 = npt.NDArray[np.uint8]
U64 = npt.NDArray[np.uint64]

CHECKED = 128
"""Subsets, and positions that hide their sums."""

_BYTES = CHECKED // 8


def challenge(prefix: bytes, sent: bytes, positions: int) -> U8:
    """Return in which subsets each position is that belongs to keys, shape (positions, 16)."""
    digest = hashlib.sha256(prefix)
    digest.update(sent)  # megabytes, not copied behind the prefix
    key = digest.digest()[:16]
    stream = Cipher(algorithms.AES(key), modes.CTR(bytes(16))).encryptor()
    drawn = stream.update(bytes(_BYTES * positions))
    return np.frombuffer(drawn, dtype=np.uint8).reshape(positions, _BYTES)


@compiled(nogil=True)
def _gather(rows: U64, subsets: U8, tables: U64) -> None:
    """Add every row to the place that each byte of its subsets names."""
    for row in range(len(subsets)):
        own = take(rows, row)
        for byte in range(subsets.shape[1]):
            place = 256 * byte + subsets[row, byte]
            put(tables, place, plus(tables, place, own))


@compiled(nogil=True)
def _gather_words(words: U64, subsets: U8, tables: U64) -> None:
    """Do the same with words of a store, one or two each."""
    for row in range(len(subsets)):
        for word in range(words.shape[1]):
            own = words[row, word]
            for byte in range(subsets.shape[1]):
                tables[256 * byte + subsets[row, byte], word] ^= own


def sums(rows: U64, subsets: U8) -> U64:
    """Return the sum of each subset of rows, shape (128, words).

    ``rows`` has 128 rows more than ``subsets``, one for each subset.
    """
    tables = np.zeros((_BYTES, 256, rows.shape[1]), dtype=np.uint64)
    gather = _gather if rows.shape[1] == WORDS else _gather_words
    gather(rows, subsets, tables.reshape(_BYTES * 256, -1))
    found = rows[len(subsets) :].copy()
    places = np.arange(256)
    for bit in range(8):
        found[bit::8] ^= np.bitwise_xor.reduce(tables[:, (places >> bit & 1) == 1], axis=1)
    tables.fill(0)
    return found
