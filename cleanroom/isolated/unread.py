"""Count the words of columns that nobody asks for, where a column has few of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cleanroom.isolated.columns import Marks, as_value, of_kept
from cleanroom.isolated.items import Items
from cleanroom.isolated.orders import Orders

MOST_VALUES = 64
"""A column with more values has none that are counted."""

MOST_NAMES = 400
"""Most columns whose names are kept."""

LOOKED_AT = 2_000
"""Cells of a batch that say whether a column has many values."""

_LONGEST = 40
_MOST_PLACES = 300
_NATIONAL = r"^[^+\x{ff0b}]*[0-9][^+\x{ff0b}]*$"
_ABROAD = r"^\D*00"
_ZERO = (
    r"^[`\s\p{Sc}+-]*(0[0.,]*(e[+-]?[0-9]+)?)?[\s\p{Sc}\x{5143}]*$"
    r"|^[a-z]{3} ?0[0.,]*$|^0[0.,]* ?[a-z]{3}$"
)
"""Nothing, or a zero, as programs write it: ``0.00``, ``CNY 0``, and ``0E-18`` of a decimal."""

Record = Callable[[int], int]
"""Gives the record of a row of a batch."""

Counts = dict[str, tuple[int, int]]
"""By value its rows, and the first record."""


def as_word(cell: bytes | str | None) -> str:
    """Return a cell as people see it, cut to a few letters."""
    text = cell.decode(errors="replace") if isinstance(cell, bytes) else cell or ""
    return as_value(text[: 4 * _LONGEST])[:_LONGEST]


def counted(known: Counts | None, found: Iterable[tuple[str, int, int]]) -> Counts | None:
    """Return counts with more values, rows and records; None if there are too many values."""
    if known is None:
        return None
    sums = dict(known)
    for value, rows, record in found:
        count, first = sums.get(value, (0, record))
        sums[value] = (count + rows, min(first, record))
    return sums if len(sums) <= MOST_VALUES else None


@dataclass
class Unread:
    """Hold what is known of such columns.

    ``values`` has every name, in the header's order, with what its cells are, or with None where
    they are many, or were not looked at.  ``filled`` has the rows and the first record of cells
    with something in them, which is neither zero nor one of ``nothing``, in columns whose names
    match ``stamps``.  Columns whose names match ``first`` are looked at before others.

    ``abroad`` counts, in columns whose names match ``places``, the cells beside a number in the
    column ``phone`` that does not say its country; ``orders`` are looked at beside others, and
    so are ``items``.

    ``noted`` counts, by kind and column, the cells with a match of the second pattern that
    ``notes`` has for a kind, in columns whose names match the first.

    ``read`` are columns that are asked for, as labels or by a filter, and are counted as well.
    """

    stamps: str = ""
    first: str = ""
    nothing: Sequence[str] = ()
    phone: str = ""
    places: str = ""
    read: Sequence[str] = ()
    orders: Orders = field(default_factory=Orders)
    items: Items = field(default_factory=Items)
    values: dict[str, Counts | None] = field(default_factory=dict)
    filled: dict[str, tuple[int, int]] = field(default_factory=dict)
    abroad: dict[str, Counts] = field(default_factory=dict)
    notes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    noted: dict[str, dict[str, tuple[int, int]]] = field(default_factory=dict)

    def name(self, names: Iterable[str], readable: Sequence[str], most: int) -> list[str]:
        """Remember all names; return those of the ``most`` columns to look at first."""
        self.values = dict.fromkeys(islice(dict.fromkeys(names), MOST_NAMES))
        matching = re.compile(f"(?i){self.first or '^$'}")
        self.items.choose(readable, self.read)
        order = self.items.column.__eq__
        wanted = (
            *(order, self.is_stamp, self.is_place, self.is_note),
            *(self.orders.is_order, matching.search),
        )
        asked = sorted(readable, key=lambda n: not any(is_(n) for is_ in wanted))[:most]
        self.read = [name for name in self.read if not self.is_stamp(name)]
        self.values |= {name: {} for name in (*asked, *self.read)}
        return asked

    def is_stamp(self, name: str) -> bool:
        """Tell whether it matters alone that a cell of a column has something in it."""
        return bool(self.stamps) and re.search(f"(?i){self.stamps}", name) is not None

    def is_place(self, name: str) -> bool:
        """Tell whether a column may say which country a telephone number is of."""
        return bool(self.phone) and re.search(f"(?i){self.places}", name) is not None

    def is_note(self, name: str) -> bool:
        """Tell whether a column may say something of its rows in words among others."""
        return any(re.search(f"(?i){names}", name) for names, _ in self.notes.values())

    def add(
        self, name: str, cells: pa.Array, record: Record, phones: pa.Array | None = None
    ) -> None:
        """Count the cells of a batch; ``phones`` are the numbers beside them, if there are any."""
        if phones is not None and self.is_place(name):
            self._add_abroad(name, cells, record, phones)
        if self.is_note(name):
            self._add_noted(name, cells, record)
        if name not in self.values:
            return
        if self.is_stamp(name):
            self._add_filled(name, cells, record)
            self.values[name] = None
            return
        known = self.values[name]
        if known is None or has_many(cells):
            self.values[name] = None
            return
        texts = cells if pa.types.is_dictionary(cells.type) else cells.dictionary_encode()
        if len(texts.dictionary) > 2 * MOST_VALUES:
            self.values[name] = None
            return
        words = texts.dictionary
        words = words if pa.types.is_binary(words.type) else words.cast(pa.string())
        values = [*words.to_pylist(), ""]  # the last one stands for no value
        codes = texts.indices.fill_null(len(values) - 1).to_numpy()
        rows = np.bincount(codes, minlength=len(values)).tolist()
        found = []
        for code, (value, count) in enumerate(zip(values, rows, strict=True)):
            word = as_word(value)
            if count:
                # Where a value is known, its first row stands in an earlier batch.
                first = known[word][1] if word in known else record(int(np.argmax(codes == code)))
                found.append((word, count, first))
        self.values[name] = counted(known, found)

    def _add_abroad(self, name: str, cells: pa.Array, record: Record, phones: pa.Array) -> None:
        known = self.abroad.setdefault(name, {})
        if len(known) > _MOST_PLACES:
            return
        if has_many(cells, _MOST_PLACES):  # addresses: the first few say so
            cells, phones = cells[:LOOKED_AT], phones[:LOOKED_AT]
        national = pc.and_not(
            pc.match_substring_regex(phones, _NATIONAL), pc.match_substring_regex(phones, _ABROAD)
        )
        places = np.flatnonzero(pc.fill_null(national, False).to_numpy(zero_copy_only=False))
        if not len(places):
            return
        some = cells.take(pa.array(places))
        texts = some if pa.types.is_dictionary(some.type) else some.dictionary_encode()
        words = [as_word(cell) for cell in texts.dictionary.to_pylist()]
        codes = texts.indices.drop_null().to_numpy()
        for code, row, rows in zip(
            *np.unique(codes, return_index=True, return_counts=True), strict=True
        ):
            at = texts.indices.index(int(code)).as_py() if texts.null_count else row
            count, first = known.get(words[code], (0, 0))
            known[words[code]] = count + int(rows), first or record(int(places[at]))

    def _add_noted(self, name: str, cells: pa.Array, record: Record) -> None:
        for kind, (names, words) in self.notes.items():
            if not re.search(f"(?i){names}", name):
                continue
            try:
                texts = cells.cast(pa.string())
                found = pc.match_substring_regex(texts, words, ignore_case=True)
            except pa.ArrowInvalid:
                continue
            rows = np.flatnonzero(pc.fill_null(found, False).to_numpy(zero_copy_only=False))
            if len(rows):
                count, first = self.noted.setdefault(kind, {}).get(name, (0, 0))
                self.noted[kind][name] = (count + len(rows), first or record(int(rows[0])))

    def _add_filled(self, name: str, cells: pa.Array, record: Record) -> None:
        try:
            texts = pc.fill_null(cells.cast(pa.string()), "")
        except pa.ArrowInvalid:
            return
        bare = pc.utf8_lower(pc.utf8_trim_whitespace(texts))
        none = pc.is_in(bare, pa.array(self.nothing, pa.string()))
        empty = pc.or_(none, pc.match_substring_regex(bare, _ZERO))
        rows = np.flatnonzero(~empty.to_numpy(zero_copy_only=False))
        if len(rows):
            count, first = self.filled.get(name, (0, 0))
            self.filled[name] = (count + len(rows), first or record(int(rows[0])))


def numbers_of(
    unread: Unread, columns: Sequence[str], texts: Sequence[pa.Array], kept: Marks | None
) -> pa.Array | None:
    """Return the telephone numbers of a batch's rows that are kept, all of them if None."""
    if unread.phone not in columns:
        return None
    numbers = texts[columns.index(unread.phone)].cast(pa.string())
    return of_kept(numbers, kept)


def has_many(cells: pa.Array, most: int = MOST_VALUES) -> bool:
    """Tell whether the first cells of a batch have too many values to count."""
    return len(pc.unique(cells.slice(0, LOOKED_AT))) > most
