"""Give every value of a label column a small code, and name the values at the end."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cleanroom.errors import InvalidInput
from cleanroom.ingest.concerns.labels_of_nothing import Ages, is_age, of_nobody
from cleanroom.ingest.concerns.likenesses import converted
from cleanroom.ingest.concerns.names_of_states import both_ways
from cleanroom.ingest.concerns.rounding_of_numbers import rounded_labels
from cleanroom.ingest.concerns.spellings import DASH, UNLIKE, alike, several
from cleanroom.ingest.identifiers.nothing import bare, maybe_no_label, no_label
from cleanroom.ingest.identifiers.totals import is_total
from cleanroom.ingest.masking import masked
from cleanroom.ingest.parse import Parsed, parse_bucket
from cleanroom.ingest.report import Concern
from cleanroom.ingest.seen import (
    LABEL_LENGTH,
    LATIN,
    UNKNOWN_LABEL,
    as_seen,
    meant,
    spoilt,
)
from cleanroom.ingest.table import LabelColumn
from protocols.deferred import Deferred
from protocols.limits import MAXIMUM_DOMAIN

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc

    from cleanroom.ingest.spec import BucketSpec
else:
    pa = Deferred("pyarrow")
    pc = Deferred("pyarrow.compute")

_ZERO = re.compile(r"0(?:[.,]0+)?")
_COUNTED = re.compile(r"(.*[^\W\d_].*?)([0-9]{1,9})")
_SHOWN, _WORDS = 3, 5
"""Labels of one group, and words for no value, that are shown."""
_FILLED = 10
"""So many values that count up with their rows are hardly chance."""


def _is_in_two_scripts(label: str) -> bool:
    """Tell whether a word has Latin letters and others that only look like such."""
    words = (word for word in re.findall(r"[^\W\d_]+", label) if not word.isascii())
    return any(re.search("[A-Za-z]", word) and word.translate(LATIN).isascii() for word in words)


def _read_as(label: str) -> str:
    """Return a label, masked, or what its letters were before they were misread."""
    right = meant(label)
    return f"{label} = {right}" if right else masked(label)


def _told(label: str) -> str:
    """Return a label for its owner to see; signs that look like others as escapes."""
    for sign, shown in UNLIKE.items():
        label = label.replace(sign, shown)
    unlike = (s for s in {*label} if not s.isascii() and (DASH.fullmatch(s) or ord(s) in LATIN))
    return label.translate({ord(s): f"\\u{ord(s):04x}" for s in unlike})


_MAYBE = frozenset(
    {
        *("na", "none", "nil", "nul", "void", "missing", "empty", "blank", "nat", "nv", "inf"),
        *("tbd", "tba", "tbc", "unassigned", "not applicable", "no data"),
        *(
            "无",
            "空",
            "空白",
            "没有",
            "不适用",
            "無",
            "なし",
            "없음",
            "нет",
            "leer",
            "keine",
            "vide",
        ),
        *("aucun", "vacío", "nulo", "ninguno", "vuoto"),
    }
)
_QUOTED = re.compile("`.+`|'.+'|\u00b4.+\u00b4|\u2018.+\u2019|\u201c.+\u201d|\u00ab.+\u00bb|\".+\"")
_ODD: tuple[tuple[str, Callable[[str], object]], ...] = (
    ("damaged", spoilt),
    ("quoted", _QUOTED.fullmatch),
    ("total", lambda cell: is_total(bare(cell))),
    (
        "maybe-nothing",
        lambda cell: (bare(cell) in _MAYBE and cell != "none") or maybe_no_label(cell),
    ),
)
"""What a label may be that is none, and how it is recognised; ``none`` is a stage."""


def _zeros_beside_words(labels: set[str]) -> list[str]:
    """Return the zeros if all others are words: what a formula makes of an empty cell."""
    zeros = [one for one in labels if _ZERO.fullmatch(one)]
    words = labels.difference(zeros)
    spoken = all(any(map(str.isalpha, one)) and not re.search("[0-9]", one) for one in words)
    return zeros if len(words) > 1 and spoken else []


class BucketBuilder:
    """Collect a label column that is cut from numbers; its domain follows from the edges alone.

    An empty cell is the label ``unknown``.
    """

    def __init__(self, spec: BucketSpec) -> None:
        self._spec = spec
        self._ages = Ages() if is_age(spec.column) else None

    def add(self, column: pa.Array) -> Parsed:
        """Return a code per row; what is not a number, or below all buckets, is a fault."""
        if self._ages:
            self._ages.add(column)
        return parse_bucket(column, self._spec.column, self._spec.edges)

    def finish(self, codes: npt.NDArray[np.int32]) -> LabelColumn:
        """Return the column with its whole domain, the lowest bucket first."""
        return LabelColumn(codes, (*self._spec.labels, UNKNOWN_LABEL))

    def text(self, code: int) -> str:
        """Return the label of a code."""
        return (*self._spec.labels, UNKNOWN_LABEL)[code]

    def document(self) -> dict[str, Any]:
        """Return what was seen of ages, in plain values; the edges say all else."""
        return {"ages": self._ages.document() if self._ages else None}

    def absorb(self, document: Mapping[str, Any]) -> npt.NDArray[np.int32]:
        """Return the code of each code of another builder of these buckets: they are the same."""
        if self._ages:
            self._ages.absorb(document["ages"])
        return np.arange(len(self._spec.labels) + 1, dtype=np.int32)

    def concerns(self) -> Iterator[tuple[Concern, int]]:
        """Yield that ages are none."""
        if self._ages:
            yield from self._ages.concerns(self._spec.column)


class LabelBuilder:
    """Collect one label column batch by batch, with a code per value in order of occurrence.

    A value is taken ``as_seen``; an empty cell is the label ``unknown``, and so is a word for no
    value that is not declared.  A declared domain always has it, so that one empty cell does not
    show.
    """

    def __init__(self, column: str, declared: tuple[str, ...] | None) -> None:
        self.column = column
        self._declared = frozenset((*declared, UNKNOWN_LABEL)) if declared else None
        always = dict.fromkeys((*declared, UNKNOWN_LABEL)) if declared else ()
        self._known: dict[str, int] = {value: code for code, value in enumerate(always)}
        self._floor = len(self._known)
        self._counts: Counter[str] = Counter()
        self._first: dict[str, int] = {}
        self._rows = 0

    def add(self, column: pa.Array) -> Parsed:
        """Return a code per row; a code below 0 is a fault."""
        texts = pc.fill_null(column.cast(pa.string()), "").dictionary_encode()
        cells = [as_seen(value) for value in texts.dictionary.to_pylist()]
        by_cell = np.array([self._code(cell) for cell in cells], dtype=np.int32)
        which, first, counts = np.unique(
            texts.indices.to_numpy(), return_index=True, return_counts=True
        )
        for cell, row, count in zip(which.tolist(), first.tolist(), counts.tolist(), strict=True):
            if by_cell[cell] >= 0:
                self._counts[cells[cell]] += count
                self._first.setdefault(cells[cell], self._rows + row)
        self._rows += len(column)
        codes = by_cell[texts.indices.to_numpy()]
        strange = f"{self.column} has a line break, a tab or a control character"
        long = f"{self.column} has more than {LABEL_LENGTH} characters"
        outside = f"{self.column} is outside its declared domain"
        return Parsed(codes, ((outside, codes == -1), (strange, codes == -2), (long, codes == -3)))

    def _is_nothing(self, value: str) -> bool:
        declared = self._declared is not None and value in self._declared
        return not declared and value != UNKNOWN_LABEL and bool(value) and no_label(value)

    def _code(self, value: str) -> int:
        value = UNKNOWN_LABEL if not value or self._is_nothing(value) else value
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

    def text(self, code: int) -> str:
        """Return the label of a code that ``add`` gave."""
        return list(self._known)[code]

    def document(self) -> dict[str, Any]:
        """Return all that was collected, in plain values."""
        return {
            "known": [*self._known],
            "counts": self._counts,
            "first": self._first,
            "rows": self._rows,
        }

    def absorb(self, document: Mapping[str, Any]) -> npt.NDArray[np.int32]:
        """Add what a builder of the same column collected further below; return its codes' codes.

        Raises ``InvalidInput`` for too many values, and ``ValueError`` for what is not a label.
        """
        moved = np.array([self._code(value) for value in document["known"]], dtype=np.int32)
        if (moved < 0).any():
            raise ValueError("a value that no builder collects")
        self._counts.update(document["counts"])
        for cell, row in document["first"].items():
            self._first.setdefault(cell, self._rows + int(row))
        self._rows += int(document["rows"])
        return moved

    def concerns(self) -> Iterator[tuple[Concern, int]]:
        """Yield what is odd about the values, each with a row of the file."""
        own = {cell for cell in self._counts if cell and cell != UNKNOWN_LABEL}
        yield from self._concern("nothing", [cell for cell in own if self._is_nothing(cell)])
        if self._is_outline():
            yield Concern("outline", self.column, self._counts[""], self._rows), self._first[""]
        yield from self._concern("rounded-labels", rounded_labels(own), _told)
        if self._declared is not None:
            return
        own -= {cell for cell in own if self._is_nothing(cell)}
        for kind, odd in _ODD:
            told = {"damaged": _read_as, "maybe-nothing": _told}.get(kind, masked)
            found = [cell for cell in own if odd(cell)]
            found += _zeros_beside_words(own - set(found)) if kind == "maybe-nothing" else []
            yield from self._concern(kind, found, told)
        zeros = _zeros_beside_words(own)
        ages = {one: self._counts[one] for one in own if one not in zeros}
        nobody = of_nobody(self.column, ages, self._rows)
        yield from self._concern("old-ages", nobody, _told)
        yield from self._concern("filled-down", self._counting_up(own), _told)
        yield from self._concern("converted", converted(own))
        groups = alike(own)
        of_one = [cell for group in groups for cell in group]
        yield from self._concern("alike", of_one, _told, groups)
        places = both_ways(own)
        named = [cell for group in places for cell in group]
        yield from self._concern("both-ways", named, _told, places)
        mixed = [cell for cell in own.difference(of_one) if _is_in_two_scripts(cell)]
        yield from self._concern("lookalikes", mixed, _told)
        yield from self._concern("tags", several(own), _told)

    def _counting_up(self, own: set[str]) -> list[str]:
        """Return the values of one row each whose last number counts up with the rows."""
        runs: dict[tuple[str, int], list[str]] = {}
        for cell in own:
            found = _COUNTED.fullmatch(cell)
            if found and self._counts[cell] == 1:
                runs.setdefault((found[1], int(found[2]) - self._first[cell]), []).append(cell)
        return [cell for run in runs.values() if len(run) >= _FILLED for cell in run]

    def _is_outline(self) -> bool:
        """Tell whether each value stands once, above empty cells: merged, or not repeated."""
        filled = sum(self._counts.values()) - self._counts[""]
        once = filled == len(self._counts) - 1 and self._first.get("", 0) > 0
        return once and 2 <= filled <= self._counts[""]

    def _concern(
        self,
        kind: str,
        cells: list[str],
        told: Callable[[str], str] = masked,
        groups: Sequence[list[str]] = (),
    ) -> Iterator[tuple[Concern, int]]:
        """Yield what is said of some values, with the first one or its group of ``groups``."""
        if not cells:
            return
        cells = sorted(cells, key=lambda cell: self._first[cell])
        like = next((group for group in groups if cells[0] in group), cells[:1])
        like = sorted(like, key=lambda cell: self._first[cell])[:_SHOWN]
        words = kind.endswith("nothing") or kind == "old-ages"
        sample = ", ".join(map(told, cells[:_WORDS])) if words else " / ".join(map(told, like))
        rows = sum(self._counts[cell] for cell in cells)
        yield Concern(kind, self.column, rows, self._rows, sample), self._first[cells[0]]
