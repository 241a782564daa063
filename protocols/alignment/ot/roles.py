"""Be the receiver, or the sender, of one oblivious function: the two halves of a participant.

The function of x is a row of 53 symbols that only the holder of the key can compute for every x,
and the receiver for the keys of its stores alone.  Both halves work bin by bin and keep of a bin
only what they were asked for.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from protocols import okvs
from protocols.alignment.ot import bins
from protocols.alignment.ot.code import WORDS
from protocols.alignment.ot.consistency import CHECKED, challenge, sums
from protocols.alignment.ot.extension import (
    Decoder,
    Key,
    Leaves,
    add_code_words,
    apply_correction,
    correction,
    row_buffer,
)
from protocols.alignment.ot.packing import ROW_BYTES
from protocols.errors import InvalidMessageError
from protocols.randomness import Random

U64 = npt.NDArray[np.uint64]

KEY_WORDS = 4
_CHECK_BYTES = 8 * CHECKED * (1 + WORDS)


def store_rows(keys: int) -> int:
    """Return the positions of each bin's store, where a side has so many keys in all."""
    return okvs.sparse_size(bins.capacity(keys), bins.security_bits(keys)) + okvs.DENSE


def bin_bytes(keys: int) -> int:
    """Return the length of what the receiver sends for one bin."""
    return okvs.SEED_BYTES + (store_rows(keys) + CHECKED) * ROW_BYTES + _CHECK_BYTES


class FunctionReceiver:
    """Hold all leaves, and make of the keys of one bin after the other a store and its rows.

    ``prefix`` keeps the challenges of this function apart from every other use of SHA-256.
    """

    def __init__(
        self, leaves: Sequence[Sequence[bytes]], keys: int, prefix: bytes, random: Random
    ) -> None:
        self._leaves = Leaves(leaves)
        self._capacity, self._security = bins.capacity(keys), bins.security_bits(keys)
        positions = store_rows(keys) + CHECKED
        self._products, self._sums = row_buffer(positions), row_buffer(positions)
        self._prefix, self._random = prefix, random

    def send(self, keys: U64, out: U64) -> bytes:
        """Return the next bin's message for the sender; write the rows of its keys to ``out``.

        ``keys`` is uint64 of shape (at most the capacity of a bin, 4).
        """
        full = np.empty((self._capacity, KEY_WORDS), dtype=np.uint64)
        full[: len(keys)] = keys
        padding = full[len(keys) :]
        padding[:] = np.frombuffer(self._random(padding.nbytes), np.uint64).reshape(padding.shape)
        seed, store = okvs.encode(full, self._random, self._security)
        self._leaves.rows(self._products, self._sums)
        positions = len(store)
        decoder = Decoder(self._products[:positions], okvs.seed_words(seed), None)
        decoder.rows(keys, out)
        decoder.erase()
        hiding = np.frombuffer(self._random(8 * CHECKED), dtype=np.uint64)
        words = np.concatenate([store, hiding])
        sent = seed + correction(self._sums, words)
        subsets = challenge(self._prefix, sent, positions)
        of_words = sums(words.reshape(-1, 1), subsets)
        of_rows = sums(self._products[: positions + CHECKED], subsets)
        for array in (store, full, words):
            array.fill(0)
        return sent + of_words.tobytes() + of_rows.tobytes()

    def erase(self) -> None:
        """Overwrite the rows and let go of the leaves."""
        self._products.fill(0)
        self._sums.fill(0)
        self._leaves.erase()


class FunctionSender:
    """Hold the key of the function and, of every symbol, the leaves but the one it names.

    ``prefix`` is the receiver's.
    """

    def __init__(
        self,
        leaves: Sequence[Sequence[bytes | None]],
        factors: Sequence[int],
        keys: int,
        prefix: bytes,
    ) -> None:
        self.key = Key(factors)
        self._leaves = Leaves(leaves, factors)
        self._positions = store_rows(keys)
        self._rows = row_buffer(self._positions + CHECKED)
        self._prefix = prefix
        self._decoder: Decoder | None = None

    def take(self, payload: bytes) -> Decoder:
        """Return what evaluates the function at keys of the next bin, until the bin after it.

        InvalidMessageError for a wrong length, for bits behind the last symbol, or unless every
        row of the correction is a code word (see ``consistency``).
        """
        self._forget_decoder()
        self._leaves.rows(self._rows)
        rows = self._rows[: self._positions + CHECKED]
        sent, check = payload[:-_CHECK_BYTES], payload[-_CHECK_BYTES:]
        apply_correction(rows, sent[okvs.SEED_BYTES :], self.key)
        self._check(rows, sent, check)
        seed = okvs.seed_words(sent[: okvs.SEED_BYTES])
        self._decoder = Decoder(rows[: self._positions], seed, self.key)
        return self._decoder

    def _check(self, rows: U64, sent: bytes, check: bytes) -> None:
        words = np.frombuffer(check, dtype="<u8").astype(np.uint64)
        expected = words[CHECKED:].reshape(CHECKED, WORDS).copy()
        add_code_words(words[:CHECKED], self.key, expected)
        found = sums(rows, challenge(self._prefix, sent, self._positions))
        are_code_words = hmac.compare_digest(found.tobytes(), expected.tobytes())
        for array in (found, expected):  # less what was sent, they are the key times code words
            array.fill(0)
        if not are_code_words:
            raise InvalidMessageError("the corrections are no code words")

    def erase(self) -> None:
        """Overwrite the key and the rows, and let go of the leaves."""
        self._forget_decoder()
        self.key.erase()
        self._rows.fill(0)
        self._leaves.erase()

    def _forget_decoder(self) -> None:
        if self._decoder is not None:
            self._decoder.erase()
            self._decoder = None
