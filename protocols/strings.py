"""Keep a million identifiers in two arrays instead of a million objects."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from protocols.deferred import Deferred

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
else:
    np = Deferred("numpy")


@dataclass(frozen=True)
class PackedStrings:
    """Hold byte strings back to back: row ``i`` is ``buffer[offsets[i]:offsets[i + 1]]``.

    ``buffer`` is uint8, ``offsets`` int64 with one more entry than there are rows; the first
    offset need not be zero, so that a slice shares its buffer.
    """

    buffer: npt.NDArray[np.uint8]
    offsets: npt.NDArray[np.int64]

    @classmethod
    def pack(cls, rows: Sequence[bytes]) -> PackedStrings:
        """Copy byte strings into one buffer."""
        offsets = np.zeros(len(rows) + 1, dtype=np.int64)
        np.cumsum([len(row) for row in rows], out=offsets[1:])
        return cls(np.frombuffer(b"".join(rows), dtype=np.uint8), offsets)

    @classmethod
    def join(cls, parts: Sequence[PackedStrings]) -> PackedStrings:
        """Copy several, one after the other, into one."""
        lengths = np.concatenate([part.offsets[1:] - part.offsets[:-1] for part in parts])
        buffers = [part.buffer[part.offsets[0] : part.offsets[-1]] for part in parts]
        return cls(np.concatenate(buffers), np.concatenate([[0], np.cumsum(lengths)]))

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, row: int) -> bytes:
        return self.buffer[self.offsets[row] : self.offsets[row + 1]].tobytes()

    def __iter__(self) -> Iterator[bytes]:
        whole = self.buffer.tobytes()
        bounds = self.offsets.tolist()
        return (whole[a:b] for a, b in zip(bounds, bounds[1:], strict=False))

    @property
    def size(self) -> int:
        """Return the bytes of all rows together."""
        return int(self.offsets[-1] - self.offsets[0])

    def blocks(self) -> Iterator[PackedStrings]:
        """Yield the rows in blocks, each with a buffer of its own: here all of them at once."""
        yield self.slice(0, len(self))

    def slice(self, start: int, stop: int) -> PackedStrings:
        """Return rows ``[start, stop)`` with a buffer of their own, cheap to send to a process."""
        offsets = self.offsets[start : stop + 1]
        buffer = self.buffer[offsets[0] : offsets[-1]]
        return PackedStrings(buffer, offsets - offsets[0])

    def take(self, rows: npt.NDArray[np.int64]) -> PackedStrings:
        """Return the named rows in the named order."""
        lengths = (self.offsets[1:] - self.offsets[:-1])[rows]
        offsets = np.zeros(len(rows) + 1, dtype=np.int64)
        np.cumsum(lengths, out=offsets[1:])
        source = np.repeat(self.offsets[:-1][rows] - offsets[:-1], lengths)
        source += np.arange(offsets[-1], dtype=np.int64)
        return PackedStrings(self.buffer[source], offsets)
