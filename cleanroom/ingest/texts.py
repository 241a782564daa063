"""Hold a column of texts in parts, and put what is much of it aside where nobody reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cleanroom.ingest.identifiers import messages, packed
from cleanroom.scratch import Scratch
from protocols.deferred import Deferred
from protocols.strings import PackedStrings

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc
else:
    pa = Deferred("pyarrow")
    pc = Deferred("pyarrow.compute")

Mask = npt.NDArray[np.bool_]
Form = Callable[[Any], Any]

PART = 1 << 17
"""Rows of which something is made at a time."""

HELD_BYTES = 1 << 26
"""What a column of texts takes of the memory; of a longer one everything is put aside."""


class Texts:
    """Collect texts, none of them null, batch by batch; of what is aside one part is held.

    The parts are those of the batches, put together to ``PART`` rows at least.
    """

    def __init__(self) -> None:
        self._coming: list[pa.Array] = []
        self._held: list[pa.Array] = []
        self._aside: list[tuple[Scratch, int, int]] = []
        self._scratch: Scratch | None = None
        self._rows = self._waiting = self._bytes = 0

    @property
    def type(self) -> pa.DataType:
        """Return the type of all parts."""
        return pa.large_string()

    @property
    def bytes(self) -> int:
        """Return the bytes of all texts together."""
        return self._bytes

    def __len__(self) -> int:
        return self._rows

    def append(self, batch: pa.Array) -> None:
        """Take further rows; ValueError for a null."""
        if batch.null_count:
            raise ValueError("a text that is none")
        self._coming.append(batch)
        self._rows += len(batch)
        self._waiting += len(batch)
        if self._waiting >= PART:
            self._settle()

    def _settle(self) -> None:
        if not self._coming:
            return
        part = pa.chunked_array(self._coming, type=self.type).combine_chunks()
        self._coming, self._waiting = [], 0
        self._bytes += len(packed(part).slice(0, len(part)).buffer)
        self._held.append(part)
        if self._scratch is not None or self._bytes + 8 * self._rows > HELD_BYTES:
            self._put_aside()

    def _put_aside(self) -> None:
        scratch = self._scratch = self._scratch or Scratch()
        for part in self._held:
            strings = packed(part).slice(0, len(part))
            data = strings.offsets.tobytes() + strings.buffer.tobytes()
            self._aside.append((scratch, scratch.write(data), len(part)))
        self._held = []
        pa.default_memory_pool().release_unused()

    def held(self) -> list[pa.Array] | None:
        """Return all batches, and let go of them; None where they are put aside."""
        self._settle()
        if self._scratch is not None:
            return None
        held, self._held, self._rows = self._held, [], 0
        return held

    def parts(self) -> Iterator[pa.Array]:
        """Yield the parts one after the other."""
        self._settle()
        for scratch, number, rows in self._aside:
            data = scratch.read(number)
            buffer = pa.py_buffer(data)
            ends, text = buffer[: 8 * (rows + 1)], buffer[8 * (rows + 1) :]
            yield pa.Array.from_buffers(self.type, rows, [None, ends, text])
        yield from self._held

    def __getitem__(self, row: int | slice) -> Any:
        if isinstance(row, slice):
            if row != slice(0):
                raise IndexError("of texts that are aside a part is chosen")
            return pa.array([], self.type)
        for part in self.parts():
            if row < len(part):
                return part[row]
            row -= len(part)
        raise IndexError(row)

    def chosen(self, rows: Mask) -> Texts:
        """Return the marked rows."""
        found, start = Texts(), 0
        for part in self.parts():
            found.append(part.filter(pa.array(rows[start : start + len(part)])))
            start += len(part)
        return found


Column = Any
"""An array of pyarrow, or ``Texts``."""


def parts(values: Column, size: int = PART) -> Iterator[pa.Array]:
    """Cut an array into views of so many rows; of ``Texts`` the parts are as they are."""
    if isinstance(values, Texts):
        return values.parts()
    return (values.slice(start, size) for start in range(0, len(values), size))


def some(values: Column, count: int = 2_000) -> pa.Array:
    """Return the first values of each part, which say what most of a column is."""
    return pa.concat_arrays([part[:count] for part in parts(values)] or [values[:0]])


def chosen(values: Column, marks: Form) -> pa.Array:
    """Return the values that are marked, part by part: what is made to mark them takes room."""
    found = [part.filter(marks(part)) for part in parts(values)]
    return pa.concat_arrays(found or [pa.array([], values.type)])


def like(values: Column, pattern: str) -> pa.Array:
    """Return the values with a match of a pattern."""
    return chosen(values, lambda part: pc.match_substring_regex(part, pattern))


def number_like(texts: pa.Array, pattern: str) -> int:
    """Return how many texts have a match of a pattern."""
    return int(pc.sum(pc.match_substring_regex(texts, pattern)).as_py() or 0)


def among(texts: pa.Array, values: Column, form: Form = lambda part: part) -> pa.Array:
    """Mark the texts that stand among the values, or among a form of them.

    The table that is made for it is of the texts: they are few, and the values are many.
    """
    if not len(texts) or not len(values):
        return pc.not_equal(texts, texts)
    some = map(form, parts(values, max(PART, len(texts))))
    return pc.is_in(texts, pa.concat_arrays([part.filter(pc.is_in(part, texts)) for part in some]))


def place_of(value: pa.Scalar, values: Column) -> int:
    """Return the first row that holds a value, -1 if none does."""
    start = 0
    for part in parts(values):
        found = int(pc.index(part, value).as_py())
        if found >= 0:
            return start + found
        start += len(part)
    return -1


class Aside(PackedStrings):
    """Stand for texts, or for the protocol's messages of them, that are put aside.

    ``blocks`` yields them one after the other; whoever wants all at once has them in memory.
    """

    def __init__(self, texts: Texts, profile: str | None = None) -> None:
        prefix = 0 if profile is None else len(profile.encode()) + 1
        self.__dict__.update(_texts=texts, _profile=profile)
        self.__dict__["_bytes"] = texts.bytes + prefix * len(texts)

    def __len__(self) -> int:
        return len(self.__dict__["_texts"])

    def __iter__(self) -> Iterator[bytes]:
        for block in self.blocks():
            yield from block

    @property
    def size(self) -> int:
        """Return the bytes of all of them together."""
        return int(self.__dict__["_bytes"])

    def blocks(self) -> Iterator[PackedStrings]:
        """Yield them in blocks."""
        profile = self.__dict__["_profile"]
        for part in self.__dict__["_texts"].parts():
            yield (packed(part) if profile is None else messages(profile, part)).slice(0, len(part))

    @cached_property
    def _whole(self) -> PackedStrings:
        return PackedStrings.join([*self.blocks()])

    @property
    def buffer(self) -> npt.NDArray[np.uint8]:
        """Return all bytes."""
        return self._whole.buffer

    @property
    def offsets(self) -> npt.NDArray[np.int64]:
        """Return where each begins."""
        return self._whole.offsets
