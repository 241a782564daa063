"""Be the receiver, or the sender, of one oblivious function: the two halves of a participant.

The function of x is a row of 53 symbols that only the holder of the key can compute for every x,
and the receiver for the keys of its stores alone.  Both halves work bin by bin and keep of a bin
only what they were asked for.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from protocols.alignment.ot import bins, okvs
from protocols.alignment.ot.extension import (
    Decoder,
    Key,
    Leaves,
    apply_correction,
    correction,
    row_buffer,
)
from protocols.alignment.ot.packing import ROW_BYTES
from protocols.randomness import Random

U64 = npt.NDArray[np.uint64]

KEY_WORDS = 4


def store_rows(keys: int) -> int:
    """Return the positions of each bin's store, where a side has so many keys in all."""
    return okvs.sparse_size(bins.capacity(keys), bins.security_bits(keys)) + okvs.DENSE


def bin_bytes(keys: int) -> int:
    """Return the length of what the receiver sends for one bin."""
    return okvs.SEED_BYTES + store_rows(keys) * ROW_BYTES


class FunctionReceiver:
    """Hold all leaves, and make of the keys of one bin after the other a store and its rows."""

    def __init__(self, leaves: Sequence[Sequence[bytes]], keys: int, random: Random) -> None:
        self._leaves = Leaves(leaves)
        self._capacity, self._security = bins.capacity(keys), bins.security_bits(keys)
        self._products, self._sums = row_buffer(store_rows(keys)), row_buffer(store_rows(keys))
        self._random = random

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
        Decoder(self._products[: len(store)], okvs.seed_words(seed), None).rows(keys, out)
        payload = correction(self._sums, store)
        store.fill(0)
        full.fill(0)
        return seed + payload

    def erase(self) -> None:
        """Overwrite the rows and let go of the leaves."""
        self._products.fill(0)
        self._sums.fill(0)
        self._leaves.erase()


class FunctionSender:
    """Hold the key of the function and, of every symbol, the leaves but the one it names."""

    def __init__(
        self, leaves: Sequence[Sequence[bytes | None]], factors: Sequence[int], keys: int
    ) -> None:
        self.key = Key(factors)
        self._leaves = Leaves(leaves, factors)
        self._rows = row_buffer(store_rows(keys))
        self._count = store_rows(keys)

    def take(self, payload: bytes) -> Decoder:
        """Return what evaluates the function at keys of the next bin, until the bin after it.

        InvalidMessageError for a wrong length, or for bits behind the last symbol.
        """
        self._leaves.rows(self._rows)
        rows = self._rows[: self._count]
        apply_correction(rows, payload[okvs.SEED_BYTES :], self.key)
        return Decoder(rows, okvs.seed_words(payload[: okvs.SEED_BYTES]), self.key)

    def erase(self) -> None:
        """Overwrite the key and the rows, and let go of the leaves."""
        self.key.erase()
        self._rows.fill(0)
        self._leaves.erase()
