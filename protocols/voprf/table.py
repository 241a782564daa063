"""Publish labels so that whoever has the function's output for an input reads its label.

The table is the key-value store of ``protocols.okvs``: three sparse positions and 64
dense columns for each entry, words of 64 bits.  Of an output y, the bytes 0 to 23 choose the
positions and the word at 24 masks the label, so what is stored is uniform to everybody without
the key: the table's distribution tells no entry, no label and not how many entries are real.
An input without an entry reads a uniform word, and a word is a label if it is below
``VOPRF_LABELS``: a wrong label has a chance of 2^-61.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from protocols import okvs
from protocols.compiled import compiled
from protocols.errors import InvalidMessageError, LocalError
from protocols.limits import VOPRF_LABELS
from protocols.randomness import Random
from protocols.voprf.server import OUTPUT_BYTES

U8 = npt.NDArray[np.uint8]
U64 = npt.NDArray[np.uint64]

SEED_BYTES = okvs.SEED_BYTES
NOBODY = -1
"""What an input without an entry reads as."""

_WORD = 8
_ROW_BYTES = 32


def table_bytes(entries: int) -> int:
    """Return the bytes of a table of that many entries, padding included."""
    return SEED_BYTES + _WORD * (okvs.sparse_size(entries) + okvs.DENSE)


def _rows(outputs: U8) -> U64:
    """Return the rows that outputs stand for: the mask, then the three words of positions."""
    words = np.ascontiguousarray(outputs[:, :_ROW_BYTES]).view("<u8").astype(np.uint64)
    return np.ascontiguousarray(words[:, [3, 0, 1, 2]])


@compiled(nogil=True)
def _read(rows: U64, seed: U64, sparse: int, words: U64, dense: U64, out: U64) -> None:  # noqa: PLR0917
    for row in range(len(rows)):
        out[row] = okvs.difference(rows, row, seed, sparse, dense, words)


@dataclass(frozen=True)
class Table:
    """A table as it is published; ``words`` holds the sparse positions, then the dense columns."""

    seed: bytes
    words: U64

    @classmethod
    def build(
        cls, outputs: U8, labels: npt.NDArray[np.uint8], entries: int, random: Random
    ) -> Table:
        """Store the label of each output, shape (real entries, 64), in a table for ``entries``.

        What is missing is filled with entries that nobody can ask for.  Raise ``LocalError`` if
        there are more than declared, one output has two labels, or a label is none.
        """
        if outputs.ndim != 2 or outputs.shape[1] != OUTPUT_BYTES or len(outputs) != len(labels):
            raise LocalError("there is one output of 64 bytes for each label")
        if len(outputs) > entries or not entries:
            raise LocalError(f"{len(outputs)} entries do not fit a table of {entries}")
        if (labels >= VOPRF_LABELS).any():
            raise LocalError(f"labels are numbered from 0 to {VOPRF_LABELS - 1}")
        padding = np.frombuffer(random(_ROW_BYTES * (entries - len(outputs))), dtype="<u8")
        rows = np.concatenate([_rows(outputs), padding.astype(np.uint64).reshape(-1, 4)])
        rows[: len(labels), 0] ^= labels.astype(np.uint64)
        return cls(*okvs.encode(rows, random))

    @classmethod
    def from_bytes(cls, data: bytes, entries: int) -> Table:
        """Read a table; raise ``InvalidMessageError`` unless it has the size of its entries."""
        if len(data) != table_bytes(entries):
            raise InvalidMessageError(
                f"a table of {entries} entries has {table_bytes(entries)} bytes, not {len(data)}"
            )
        words = np.frombuffer(data, dtype="<u8", offset=SEED_BYTES).astype(np.uint64)
        return cls(data[:SEED_BYTES], words)

    def to_bytes(self) -> bytes:
        """Return the seed and the words, little-endian."""
        return self.seed + self.words.astype("<u8").tobytes()

    @cached_property
    def _lookup(self) -> tuple[U64, int, U64]:
        sparse = len(self.words) - okvs.DENSE
        dense = okvs.byte_tables(self.words[sparse:].reshape(okvs.DENSE, 1))
        return okvs.seed_words(self.seed), sparse, dense

    def labels(self, outputs: list[bytes]) -> list[int]:
        """Return the label of each output, ``NOBODY`` where it has no entry."""
        if any(len(output) != OUTPUT_BYTES for output in outputs):
            raise LocalError(f"an output has {OUTPUT_BYTES} bytes")
        given = np.frombuffer(b"".join(outputs), dtype=np.uint8).reshape(-1, OUTPUT_BYTES)
        seed, sparse, dense = self._lookup
        found = np.empty(len(given), dtype=np.uint64)
        _read(_rows(given), seed, sparse, self.words, dense, found)
        return [int(word) if word < VOPRF_LABELS else NOBODY for word in found.tolist()]
