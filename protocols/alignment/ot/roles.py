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
from protocols.alignment.ot.code import NARROW, WIDE, WORDS, Code, of_length
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
from protocols.errors import InvalidMessageError
from protocols.randomness import Random

U64 = npt.NDArray[np.uint64]

KEY_WORDS = 4


def _value_words(code: Code) -> int:
    return -(-code.value_bytes // 8)


def _check_bytes(code: Code) -> int:
    return 8 * CHECKED * (_value_words(code) + WORDS)


def store_rows(keys: int, part_bits: int = 0) -> int:
    """Return the positions of each bin's store, where a side has so many keys in each part."""
    security = bins.security_bits(keys, part_bits)
    return okvs.sparse_size(bins.capacity(keys, part_bits), security) + okvs.DENSE


def bin_bytes(keys: int, code: Code = NARROW, part_bits: int = 0) -> int:
    """Return the length of what the receiver sends for one bin."""
    rows = (store_rows(keys, part_bits) + CHECKED) * code.row_bytes
    return okvs.SEED_BYTES + rows + _check_bytes(code)


class FunctionReceiver:
    """Hold all leaves, and make of the keys of one bin after the other a store and its rows.

    ``prefix`` keeps the challenges of this function apart from every other use of SHA-256.
    """

    def __init__(  # noqa: PLR0917
        self,
        leaves: Sequence[Sequence[bytes]],
        keys: int,
        prefix: bytes,
        random: Random,
        part_bits: int = 0,
    ) -> None:
        self._leaves = Leaves(leaves)
        self._wide = of_length(len(leaves)) == WIDE
        self._capacity = bins.capacity(keys, part_bits)
        self._security = bins.security_bits(keys, part_bits)
        positions = store_rows(keys, part_bits) + CHECKED
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
        wide = {"wide": True} if self._wide else {}
        seed, store = okvs.encode(full, self._random, self._security, **wide)
        self._leaves.rows(self._products, self._sums)
        positions = len(store)
        decoder = Decoder(self._products[:positions], okvs.seed_words(seed), None)
        decoder.rows(keys, out)
        decoder.erase()
        words = np.concatenate([store, self._hiding()])
        sent = seed + correction(self._sums, words)
        subsets = challenge(self._prefix, sent, positions)
        of_words = sums(words.reshape(len(words), -1), subsets)
        of_rows = sums(self._products[: positions + CHECKED], subsets)
        for array in (store, full, words):
            array.fill(0)
        return sent + of_words.tobytes() + of_rows.tobytes()

    def _hiding(self) -> U64:
        """Draw the words of no key that hide the sums."""
        drawn = np.frombuffer(bytearray(self._random(8 * CHECKED)), dtype=np.uint64)
        if not self._wide:
            return drawn
        ninth = np.frombuffer(self._random(8 * CHECKED), dtype=np.uint64) & okvs.NINTH
        return np.stack([drawn, ninth], axis=1)

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
        part_bits: int = 0,
    ) -> None:
        self.key = Key(factors)
        self._code = of_length(len(factors))
        self._leaves = Leaves(leaves, factors)
        self._positions = store_rows(keys, part_bits)
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
        size = _check_bytes(self._code)
        sent, check = payload[:-size], payload[-size:]
        apply_correction(rows, sent[okvs.SEED_BYTES :], self.key)
        self._check(rows, sent, check)
        seed = okvs.seed_words(sent[: okvs.SEED_BYTES])
        self._decoder = Decoder(rows[: self._positions], seed, self.key)
        return self._decoder

    def _check(self, rows: U64, sent: bytes, check: bytes) -> None:
        words = np.frombuffer(check, dtype="<u8").astype(np.uint64)
        values = words[: -CHECKED * WORDS].reshape(CHECKED, -1)
        if (values[:, 1:] > okvs.NINTH).any():
            raise InvalidMessageError("a sum has bits behind the last of its value")
        expected = words[-CHECKED * WORDS :].reshape(CHECKED, WORDS).copy()
        add_code_words(values, self.key, expected)
        found = sums(rows, challenge(self._prefix, sent, self._positions))
        are_code_words = hmac.compare_digest(found.tobytes(), expected.tobytes())
        for array in (found, expected):  # less what was sent, they are the key times code words
            array.fill(0)
        if not are_code_words:
            raise InvalidMessageError("the corrections are not code words")

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
