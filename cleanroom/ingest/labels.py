"""Give every value of a label column a small code, and name the values at the end."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cleanroom.errors import InvalidInput
from cleanroom.ingest.identifiers.steps import UNSEEN
from cleanroom.ingest.parse import Parsed, parse_bucket
from cleanroom.ingest.spec import LABEL_LENGTH, UNKNOWN_LABEL, BucketSpec
from protocols.limits import MAXIMUM_DOMAIN

_BLANK = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_UNSEEN = dict.fromkeys([*UNSEEN, 0x00AD, 0x200C, 0x200D])
"""Soft hyphens and joiners too: no label differs from another by what nobody sees."""


def as_seen(cell: str) -> str:
    """Return a label as a reader sees it: every kind of blank is one, what is unseen is gone."""
    return _BLANK.sub(" ", cell.translate(_UNSEEN)).strip()


@dataclass(frozen=True)
class LabelColumn:
    """Hold a label per row: row ``i`` has the value ``domain[codes[i]]``."""

    codes: npt.NDArray[np.int32]
    domain: tuple[str, ...]


class BucketBuilder:
    """Collect a label column that is cut from numbers; its domain follows from the edges alone.

    An empty cell is the label ``unknown``.
    """

    def __init__(self, spec: BucketSpec) -> None:
        self._spec = spec

    def add(self, column: pa.Array) -> Parsed:
        """Return a code per row; what is no number, or below all buckets, is a fault."""
        return parse_bucket(column, self._spec.column, self._spec.edges)

    def finish(self, codes: npt.NDArray[np.int32]) -> LabelColumn:
        """Return the column with its whole domain, the lowest bucket first."""
        return LabelColumn(codes, (*self._spec.labels, UNKNOWN_LABEL))


class LabelBuilder:
    """Collect one label column batch by batch, with a code per value in order of occurrence.

    A value is taken ``as_seen``; an empty cell is the label ``unknown``.  A declared
    domain always has it, so that one empty cell does not show.
    """

    def __init__(self, column: str, declared: tuple[str, ...] | None) -> None:
        self.column = column
        self._declared = frozenset((*declared, UNKNOWN_LABEL)) if declared else None
        always = dict.fromkeys((*declared, UNKNOWN_LABEL)) if declared else ()
        self._known: dict[str, int] = {value: code for code, value in enumerate(always)}
        self._floor = len(self._known)

    def add(self, column: pa.Array) -> Parsed:
        """Return a code per row; a code below 0 is a fault."""
        texts = pc.fill_null(column.cast(pa.string()), "").dictionary_encode()
        found = [self._code(as_seen(value)) for value in texts.dictionary.to_pylist()]
        codes = np.array(found, dtype=np.int32)[texts.indices.to_numpy()]
        strange = f"{self.column} has a line break, a tab or a control character"
        long = f"{self.column} has more than {LABEL_LENGTH} characters"
        outside = f"{self.column} is outside its declared domain"
        return Parsed(codes, ((outside, codes == -1), (strange, codes == -2), (long, codes == -3)))

    def _code(self, value: str) -> int:
        value = value or UNKNOWN_LABEL
        if len(value) > LABEL_LENGTH:
            return -3
        if not value.isprintable():
            return -2
        if self._declared is not None and value not in self._declared:
            return -1
        if value not in self._known and len(self._known) >= MAXIMUM_DOMAIN:
            raise InvalidInput(
                f"This label has more than {MAXIMUM_DOMAIN:,} different values.",
                column=self.column,
                remedy="Group the values, or leave the column out.",
            )
        return self._known.setdefault(value, len(self._known))

    def finish(self, codes: npt.NDArray[np.int32]) -> LabelColumn:
        """Return the column with its domain sorted: the declared one, or the values that occur."""
        names = np.array(list(self._known), dtype=object)
        used = np.zeros(len(names), dtype=np.bool_)
        used[codes] = True
        used[: self._floor] = True
        domain = tuple(sorted(names[used]))
        place = {value: code for code, value in enumerate(domain)}
        moved = np.array([place.get(value, -1) for value in names], dtype=np.int32)
        return LabelColumn(moved[codes], domain)
