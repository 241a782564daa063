"""Notice rows whose cells stand one column away from their own.

A comma that nobody quoted opens a column too many; if the row also lacks its last cell, the count
is right again, and every cell behind the comma is read as its neighbour's.  One odd cell says
nothing.  A row counts only if a cell is of the kind of the column beside it and not of its own,
something else in the row agrees, and no cell up to its end contradicts.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cleanroom.isolated import record_of
from cleanroom.isolated.columns import Marks

MAXIMUM_NAMED = 10
"""Most rows that are named."""

_SAMPLE, _BLOCKS, _LEAST, _VALUES = 600, 4, 6, 60
_FEW, _SELDOM, _NEVER, _USUAL = 2, 0.05, 0.005, 0.01
"""Cells, and shares of a column's cells, that are what they are by accident; of a usual value."""

_LARGE, _FEW_HALVES = r"[+-]?[0-9]{4,}(\.[0-9]*)?", 0.02
_SHORT = 8
"""Bytes from which on a cell is not looked at whether it is all blanks."""

_AROUND = " \t\u00a0\u3000"
_INTEGER, _DECIMAL = r"[+-]?[0-9]+", r"[+-]?[0-9]*[.,][0-9]+"
_KINDS = (
    r"[^@\s]+@[^@\s]+\.[^@\s]+",
    r"[0-9A-Fa-f]{32}|[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64}|[A-Za-z0-9+/_-]{43}=?",
    r"[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}",
)
_WORD = r"\pL{2}"
_HEAD, _BEHIND = "^[+-]?[1-9][0-9]{0,2}$", r"^[0-9]{3}(\.[0-9]+)?$"
"""What is before and behind the comma of 1,234.50."""
_COMMA = r"^\s*[+-]?[0-9]{1,12},[0-9]{1,2}\s*$"
_RUNS = re.compile(r"([^\W\d_]+)|([0-9]+)|(.)", re.DOTALL)

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Kind:
    """What most cells of a column are: of one pattern, or one of few values; ``known`` if either.

    ``padded`` columns often begin with a blank, ``filled`` ones are seldom empty and ``bare`` ones
    seldom anything else.
    """

    pattern: str = ""
    values: pa.Array | None = None
    number: bool = False
    padded: bool = False
    filled: bool = False
    bare: bool = False

    @property
    def known(self) -> bool:
        """Tell whether the column has a kind."""
        return bool(self.pattern) or self.values is not None

    def holds(self, cells: pa.Array) -> Marks:
        """Mark the cells that are of this kind; none if it is not known."""
        if self.values is not None:
            return _marks(pc.is_in(cells, self.values))
        if not self.pattern:
            return np.zeros(len(cells), dtype=np.bool_)
        return _marks(pc.match_substring_regex(cells, _whole(self.pattern)))

    @classmethod
    def of(cls, cells: pa.Array, empty: Marks) -> Kind:
        """Learn the kind of a column from some of its cells, of which some are ``empty``."""
        full = pc.utf8_trim(cells, _AROUND).filter(pa.array(~empty))
        count, few = len(full), max(_FEW, _SELDOM * len(full))
        blank = _begin_blank(cells)
        padded = bool(np.count_nonzero(blank) > few) and _are_padded(cells, blank, empty)
        # What begins with a blank, as few others do, may have stood behind a comma.
        own = pc.utf8_trim(cells, _AROUND).filter(pa.array(~empty & (padded | ~blank)))
        filled = _rows(cells, "") <= max(1, _NEVER * len(cells))
        found: dict[str, Any] = {"padded": padded, "filled": filled}
        found["bare"] = count <= max(_FEW, _SELDOM * len(cells))
        if count - few < _LEAST:
            return cls(**found)
        rows = {one: _rows(full, one) for one in (*_KINDS, _INTEGER, _DECIMAL)}
        numbers = rows[_INTEGER] + rows[_DECIMAL]
        if count - numbers <= few:
            never = max(1, _NEVER * count)
            narrow = [one for one in (_INTEGER, _DECIMAL) if numbers - rows[one] <= never]
            return cls((narrow or [f"{_INTEGER}|{_DECIMAL}"])[0], number=True, **found)
        kinds = [one for one in rows if count - rows[one] <= few]
        if kinds:
            return cls(kinds[0], **found)
        texts, least = own.to_pylist(), max(2, _USUAL * count)
        usual = {text: again for text, again in Counter(texts).items() if again >= least}
        if len(usual) <= _VALUES and len(texts) - sum(usual.values()) <= few:
            return cls(values=pa.array(usual, pa.string()), **found)
        # Learning a shape takes longest, so it comes last.
        shape, alike = Counter(map(_shape, texts)).most_common(1)[0]
        fits = "[0-9]" in shape and count - alike <= few
        return cls(shape if fits else "", **found)


def _marks(found: pa.Array) -> Marks:
    marks: Marks = pc.fill_null(found, False).to_numpy(zero_copy_only=False)
    return marks


def _whole(pattern: str) -> str:
    return f"^(?:{pattern})$"


def _rows(cells: pa.Array, pattern: str) -> int:
    return int(np.count_nonzero(_marks(pc.match_substring_regex(cells, _whole(pattern)))))


def _begin_blank(cells: pa.Array) -> Marks:
    return _marks(pc.match_substring_regex(cells, f"^[{_AROUND}]"))


def _are_padded(cells: pa.Array, blank: Marks, empty: Marks) -> bool:
    """Tell whether most cells begin with a blank, or those that do are like others without."""
    bare = pc.utf8_trim(cells, _AROUND)
    some, others = (bare.filter(pa.array(marks & ~empty)) for marks in (blank, ~blank))
    alike = np.count_nonzero(_marks(pc.is_in(some, others)))
    return len(some) >= len(others) or bool(2 * alike >= len(some))


def _shape(text: str) -> str:
    """Return an expression for all texts with such runs of letters and digits."""
    return "".join(
        r"\pL+" if letters else "[0-9]+" if digits else re.escape(sign)
        for letters, digits, sign in _RUNS.findall(text[:64])
    )


class Shifts:
    """Count such rows of a file, block by block; the columns come in the order of its header."""

    def __init__(self, nothing: Sequence[str], header: Sequence[str] = ()) -> None:
        """Take the words that stand for no value, and the header, in which columns lack a name."""
        self.rows = 0
        self.records: list[int] = []
        self._nothing = pa.array(nothing, pa.string())
        self._nameless = [place for place, name in enumerate(header) if not name.strip(_AROUND)]
        self._kinds: list[Kind] = []
        self._blocks = 0
        self._apart: list[tuple[bool, ...]] = []

    def add(self, columns: Sequence[pa.Array | None], rows: int, away: list[int]) -> None:
        """Look at a block that stands after ``rows`` others; None is a column that is not there."""
        count = max((len(column) for column in columns if column is not None), default=0)
        if not self._kinds or (count >= _SAMPLE and self._blocks % _BLOCKS == 0):
            self._learn(columns, count)
        self._blocks += 1
        found = np.unique(
            np.concatenate(
                [
                    self._behind_a_comma(columns, count),
                    self._gap(columns),
                    self._halves(columns),
                    self._decimals(columns),
                ]
            )
        )
        self.rows += len(found)
        named = found[: MAXIMUM_NAMED - len(self.records)].tolist()
        self.records += [record_of(rows + row, away) for row in named]

    def _learn(self, columns: Sequence[pa.Array | None], count: int) -> None:
        chosen = np.unique(np.linspace(0, max(count - 1, 0), _SAMPLE).astype(np.int64))
        samples = [_text(column, chosen) for column in columns]
        nothing = Kind.of(_text(None), np.zeros(0, dtype=np.bool_))
        self._kinds = [
            Kind.of(cells, self._empty(cells)) if len(cells) else nothing for cells in samples
        ]
        few = max(_FEW, _SELDOM * len(chosen))
        self._apart = [
            tuple(
                0 <= beside < len(samples)
                and not (cells and np.count_nonzero(self._kinds[beside].holds(cells)) > few)
                for beside in (place - 1, place + 1)
            )
            for place, cells in enumerate(one and pc.utf8_trim(one, _AROUND) for one in samples)
        ]

    def _empty(self, cells: pa.Array) -> Marks:
        """Mark cells without a letter or a digit, or with a word for no value."""
        word = pc.is_in(pc.utf8_lower(pc.utf8_trim(cells, _AROUND)), self._nothing)
        return _marks(word) | ~_marks(pc.match_substring_regex(cells, r"[\pL\pN]"))

    def _wrong(self, kind: Kind, bare: pa.Array, empty: Marks) -> Marks:
        """Mark cells of another kind; what has nothing in it is right everywhere."""
        return kind.known & ~empty & ~kind.holds(bare)

    def _behind_a_comma(self, columns: Sequence[pa.Array | None], count: int) -> Rows:
        """Return the rows in which, from one cell on, each is of the column before.

        Column by column from the last one, fewer rows are left in which all cells may be.
        """
        found = [np.zeros(0, dtype=np.int64)]
        rows = np.arange(count)
        clear, faint = np.zeros((2, count), dtype=np.int64)
        for place in range(len(columns) - 1, 0, -1):
            own, left, cells = (
                self._kinds[place],
                self._kinds[place - 1],
                _text(columns[place], rows),
            )
            if not len(cells):
                break
            maybe = self._may_be_wrong(own, cells) | left.holds(cells) | (clear + faint > 0)
            some = np.flatnonzero(maybe)
            cells, seen, clears, faints = (
                cells.take(pa.array(some)), rows[some], clear[some], faint[some]
            )  # fmt: skip
            bare = pc.utf8_trim(cells, _AROUND)
            empty, fits = self._empty(bare), left.holds(bare)
            wrong = self._wrong(own, bare, empty)
            blank = _begin_blank(cells) & (not own.padded)
            proved = ((wrong | blank) & (clears > 0)) | (clears + faints > 1)
            if own.values is not None:
                proved |= wrong & blank & _marks(pc.match_substring_regex(bare, _WORD))
            before = _text(columns[place - 1], seen)
            if left.number and len(before):
                before = pc.utf8_trim(before, _AROUND)
                odd = self._wrong(left, before, self._empty(before))
                proved |= (wrong | (clears + faints > 0)) & _cut(left, odd, before, bare)
            elif left.known and len(before) and wrong.any():
                proved |= wrong & _is_whole_together(left, before, bare)
            found.append(seen[proved])
            strange = (own.bare and not left.number) & ~empty
            strong = (wrong | strange) & fits & self._apart[place][0]
            numbers = own.number and left.number
            clear[some] += strong & (not numbers)
            faint[some] += strong & numbers
            if left.known:
                stays = some[(empty | fits) & ~proved]
                rows, clear, faint = rows[stays], clear[stays], faint[stays]
        return np.concatenate(found)

    def _halves(self, columns: Sequence[pa.Array | None]) -> Rows:
        """Return the rows with halves of a number in a column of numbers and one mostly empty."""
        found = [np.zeros(0, dtype=np.int64)]
        for place, (left, own) in enumerate(itertools.pairwise(self._kinds), 1):
            if not left.number or own.filled:
                continue
            behind = _text(columns[place])
            rows = np.flatnonzero(_marks(pc.match_substring_regex(behind, _BEHIND)))
            if len(rows) and _are_halves(_text(columns[place - 1]), behind, rows):
                found.append(rows)
        return np.concatenate(found)

    def _decimals(self, columns: Sequence[pa.Array | None]) -> Rows:
        """Return the rows with whole numbers, and one or two digits beside, where none has a name.

        They are 12,50 without quotes below a header with a comma too many.  Every number of the
        two columns has to be such a half; the first of all columns may be the number of a row.
        """
        found = [np.zeros(0, dtype=np.int64)]
        for place in (behind for one in self._nameless for behind in {one, one + 1}):
            if not 1 <= place < len(columns) or (place == 1 and 0 in self._nameless):
                continue
            whole, parts = _text(columns[place - 1]), _text(columns[place])
            if len(whole) and len(parts) and _rows(parts, "[0-9]{1,2}") >= _LEAST:
                both = pc.binary_join_element_wise(whole, parts, ",")
                rows = np.flatnonzero(_marks(pc.match_substring_regex(both, _COMMA)))
                if len(rows) == _rows(both, ".*[0-9].*") and _rows(parts, "[0-9]{2}"):
                    found.append(rows)
        return np.concatenate(found)

    def _may_be_wrong(self, kind: Kind, cells: pa.Array) -> Marks:
        """Mark all cells, and some more, that are of another kind or have nothing in them."""
        return ~kind.holds(cells) if kind.known else self._empty(cells)

    def _gap(self, columns: Sequence[pa.Array | None]) -> Rows:
        """Return the rows that end with a gap, before which each cell is of the column behind."""
        last = _text(columns[-1])
        rows = np.flatnonzero(_marks(pc.less(pc.binary_length(last), _SHORT)))
        rows = rows[_marks(pc.equal(pc.utf8_trim(last.take(pa.array(rows)), _AROUND), ""))]
        # Where the last column is often empty, a second cell has to be wrong.
        least = 1 if self._kinds[-1].filled else 2
        found = [rows[:0]]
        clear, odd = np.zeros((2, len(rows)), dtype=np.int64)
        for place in range(len(columns) - 2, -1, -1):
            own, behind, cells = (
                self._kinds[place],
                self._kinds[place + 1],
                _text(columns[place], rows),
            )
            if not len(cells):
                break
            bare = pc.utf8_trim(cells, _AROUND)
            empty, fits = self._empty(bare), behind.holds(bare)
            wrong = self._wrong(own, bare, empty)
            strong = wrong & fits & self._apart[place][1]
            clear, odd = clear + (strong & (not (own.number and behind.number))), odd + wrong
            proved = (clear > 0) & (odd >= least)
            found.append(rows[proved])
            stays = (empty | fits | (not behind.known)) & ~proved
            rows, clear, odd = rows[stays], clear[stays], odd[stays]
        return np.concatenate(found)


def _is_whole_together(kind: Kind, cells: pa.Array, behind: pa.Array) -> Marks:
    """Mark the texts that are of their column's kind with a comma and what is behind: Lee,Ann."""
    apart = ~kind.holds(pc.utf8_trim(cells, _AROUND))
    both = (pc.binary_join_element_wise(cells, behind, comma) for comma in (",", ", "))
    found: Marks = apart & np.logical_or.reduce([kind.holds(one) for one in both])
    return found


def _cut(kind: Kind, wrong: Marks, cells: pa.Array, behind: pa.Array) -> Marks:
    """Mark the numbers that a comma in them cut in two: 12,50 and 1,234.50 and 1,234.

    ``wrong`` says which of the ``cells`` are of another kind than their column.
    """
    decimal, whole = (pc.binary_join_element_wise(cells, behind, sign) for sign in (".", ""))
    head = _marks(pc.match_substring_regex(cells, _HEAD))
    thousands = head & _marks(pc.match_substring_regex(behind, _BEHIND))
    return (kind.holds(decimal) | kind.holds(whole)) & (wrong | thousands)


def _are_halves(before: pa.Array, behind: pa.Array, rows: Rows) -> bool:
    """Tell whether some rows have the first digits of numbers in one column, and the last behind.

    No other number stands behind, none before has four digits without a comma, and the halves have
    the decimals of the others, or a zero that no number begins with, or are few.
    """
    if not len(before) or _rows(behind, r"[+-]?[0-9.]+") > len(rows) or _rows(before, _LARGE):
        return False
    heads, tails = (column.take(pa.array(rows)) for column in (before, behind))
    if not _marks(pc.match_substring_regex(heads, _HEAD)).all():
        return False
    pointed = _marks(pc.match_substring(tails, "."))
    if pointed.any():
        return bool(_rows(before, r"[+-]?[0-9]+\.[0-9]+"))
    zeros = _marks(pc.starts_with(tails, "0"))
    return bool(zeros.any()) or len(rows) <= max(_FEW, _FEW_HALVES * len(behind))


def _text(column: pa.Array | None, rows: Rows | None = None) -> pa.Array:
    """Return a column, or some rows, as text; an empty one if it is not there or not UTF-8."""
    if column is None or not len(column):
        return pa.array([], pa.string())
    try:
        whole = rows is None or len(rows) == len(column)
        return (column if whole else column.take(pa.array(rows))).cast(pa.string())
    except pa.ArrowInvalid:
        return pa.array([], pa.string())
