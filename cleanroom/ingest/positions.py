"""Know where the rows that a filter kept stand among all rows, at a bit for each."""

from __future__ import annotations

import base64
import zlib
from bisect import bisect_right
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Marks = npt.NDArray[np.bool_]


@dataclass
class Positions:
    """Hold, part by part, which rows were kept; nothing where no row is ever left out."""

    _parts: list[npt.NDArray[np.uint8]] = field(default_factory=list)
    _rows: list[int] = field(default_factory=lambda: [0])
    _kept: list[int] = field(default_factory=lambda: [0])

    def add(self, kept: Marks) -> None:
        """Add rows below those that are known."""
        self._parts.append(np.packbits(kept))
        self._rows.append(self._rows[-1] + len(kept))
        self._kept.append(self._kept[-1] + int(np.count_nonzero(kept)))

    @property
    def left_out(self) -> int:
        """Return how many rows were left out."""
        return self._rows[-1] - self._kept[-1]

    def row(self, place: int) -> int:
        """Return which row is the one that is ``place``-th among those kept, from 0."""
        if not self.left_out:
            return place
        part = bisect_right(self._kept, place) - 1
        kept = np.flatnonzero(self._marks(part))
        return self._rows[part] + int(kept[place - self._kept[part]])

    def before(self, row: int) -> int:
        """Return how many rows before one were kept."""
        if not self.left_out:
            return row
        part = max(0, min(bisect_right(self._rows, row), len(self._parts)) - 1)
        within = self._marks(part)[: row - self._rows[part]]
        return self._kept[part] + int(np.count_nonzero(within))

    def _marks(self, part: int) -> Marks:
        count = self._rows[part + 1] - self._rows[part]
        return np.unpackbits(self._parts[part], count=count).astype(np.bool_)

    def document(self) -> list[tuple[int, str]]:
        """Return all of it in plain values."""
        packed = (base64.b64encode(zlib.compress(part.tobytes())).decode() for part in self._parts)
        return list(zip(map(int, np.diff(self._rows)), packed, strict=True))

    def absorb(self, document: list[tuple[int, str]]) -> None:
        """Add the rows of a part that stands below; raise ``ValueError`` for what is none."""
        for rows, packed in document:
            bits = np.frombuffer(zlib.decompress(base64.b64decode(packed)), dtype=np.uint8)
            self.add(np.unpackbits(bits, count=int(rows)).astype(np.bool_))
