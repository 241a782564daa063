"""Watch whether a number stands again in every row of one order: its total, beside each item.

A column is one of orders by its name, or by what stands in it: a few rows have each of its values,
and these rows are of one moment.  Prices of a product, and what somebody pays every month, are not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cleanroom.isolated.columns import Marks, of_kept

LOOKED_AT = 20_000
"""Rows of a file that are looked at."""

AMOUNTS = 500
"""Orders of several rows whose number is kept."""

MOMENT = ""
"""Stands for the column of orders where it is nowhere: a person's rows of one moment are one."""

_LATER = 6
"""Days between two rows of an order that were paid one after the other."""

_CENT = Decimal("0.01")

_FIRST, _SHOWN, _LONGEST = 2_000, 20, 64
"""Rows, and values, by which columns are chosen; and bytes of a cell that are compared."""

_ITEMS, _ALIKE, _APART = 6, 0.95, 0.5
"""Most rows of an order on average; shares of rows of its moment, and of moments of their own."""

_DAY = re.compile(
    r"(?:[0-9]{4}[-/.年][0-9]{1,2}[-/.月][0-9]{1,2}|[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{2}(?:[0-9]{2})?)"
    r"(?:\D.*)?"
)
_PART = re.compile(r"[-+]?[0-9., ]*[.,](?!0+$)[0-9]{1,6}|.*@.*")
"""Amounts that are not whole, and addresses: no number of an order is either."""

Again = tuple[int, int, int, list[str], int, int, int]
"""Rows below the first of their order, those that have its number, the first, and numbers.

Behind them are the rows whose number is the smallest amount away, as where it was divided, those
whose time is days behind that of the row above in their order, as of instalments, and those that
are another person's than the first of their order.
"""

Codes = npt.NDArray[np.int64]
"""By row a number of its own for each value, negative for none."""

Record = Callable[[int], int]


@dataclass
class Orders:
    """Look at columns whose names match ``pattern`` or that seem so, and at ``numbers`` beside.

    Of the columns that are read, ``people`` identify, ``labels`` tell items apart, of the rows with
    one ``key`` the first counts, and ``time`` says when; if it is empty, a column not read does.
    ``found`` has, by column of orders and one of numbers, what was seen in the first rows, likelier
    columns first.
    """

    pattern: str = ""
    numbers: Sequence[str] = ()
    people: Sequence[str] = ()
    labels: Sequence[str] = ()
    time: str = ""
    key: str = ""
    found: dict[str, dict[str, Again]] = field(default_factory=dict)
    single: bool = False
    """Whether a column that is not read has another value in every row."""
    chosen: list[str] | None = None
    """Columns that nobody asks for and that are looked at, once they are chosen."""
    _day: str = ""
    """The column that says when, if that is none of those that are read."""
    _cells: dict[str, list[pa.Array]] = field(default_factory=dict)
    _records: list[tuple[int, Record]] = field(default_factory=list)
    """Rows before each batch, and what gives the record of one of its rows."""
    _rows: int = 0

    def is_order(self, name: str) -> bool:
        """Tell whether a column is one of orders by its name, and numbers are asked for."""
        return bool(self.numbers) and re.search(f"(?i){self.pattern}", name) is not None

    def choose(self, columns: Mapping[str, pa.Array]) -> None:
        """Choose which columns that nobody asks for are looked at, by their first cells.

        Those named so come first, then those with digits.
        """
        chosen: dict[str, bool] = {}
        days: dict[str, int] = {}
        for name, cells in columns.items() if self.numbers else ():
            some = _plain(cells.slice(0, _FIRST)).dictionary_encode()
            filled, values = len(some) - some.null_count, len(some.dictionary)
            self.single = self.single or values == len(some) > 1
            shown = [_text(one) for one in some.dictionary.slice(0, _SHOWN).to_pylist()]
            if self.is_order(name):
                chosen[name] = True
            elif shown and _DAY.fullmatch(shown[0]):
                days[name] = values
            elif filled / _ITEMS <= values < filled and not any(map(_PART.fullmatch, shown)):
                chosen[name] = any(map(str.isdigit, shown[0]))
        if not self.time and days:
            self._day = max(days, key=lambda name: days[name])
        order = sorted(chosen, key=lambda name: (not self.is_order(name), not chosen[name]))
        self.chosen = [*order, *filter(None, [self._day])]

    def add(
        self,
        columns: Mapping[str, pa.Array],
        texts: Mapping[str, pa.Array],
        kept: Marks | None,
        record: Record,
    ) -> None:
        """Look at the rows of a batch that are ``kept``; the first batch has the columns' names.

        ``columns`` has those that nobody asks for, of these rows, ``texts`` the others, of all.
        """
        if not self.numbers or self._rows >= LOOKED_AT:
            return
        if self.chosen is None:
            self.choose(columns)
        read = dict.fromkeys([*self.numbers, *self.people, *self.labels, self.time, self.key])
        cells = {name: columns[name] for name in self.chosen or ()}
        for name in read:
            if name in texts:
                cells[name] = of_kept(texts[name], kept)
        for name, some in cells.items():
            part = _plain(some.slice(0, LOOKED_AT - self._rows))
            self._cells.setdefault(name, []).append(part)
        self._records.append((self._rows, record))
        self._rows += len(part)

    def finish(self) -> None:
        """Find out of all rows looked at which numbers stand again in the rows of an order."""
        if not self._records:
            return
        texts = {name: pa.concat_arrays(parts) for name, parts in self._cells.items()}
        codes = {name: _codes(cells) for name, cells in texts.items()}
        if self.key in codes:
            counted = np.ones(len(codes[self.key]), dtype=np.bool_)
            counted[_further(codes[self.key])[0]] = False
            for one in codes.values():
                one[~counted] = -1
        person, time = (codes.get(name) for name in (self.people[0], self.time or self._day))
        pair = None if person is None or time is None else _paired(person, time)
        found = []
        for name in self.chosen or ():
            if name == self._day:
                continue
            further = rows, heads, _ = _further(codes[name])
            orders, named = len(np.unique(heads)), self.is_order(name)
            if named or (len(rows) < _ITEMS * orders and _at_once(rows, heads, (time, pair))):
                found.append((not named, 0 if named else -orders, name, further))
        for *_, name, further in sorted(found, key=lambda one: one[:2]):
            self._compare(name, further, texts, codes)
        if pair is not None and self.time:
            rows, heads, above = _further(pair)
            other = [codes[name][rows] != codes[name][heads] for name in self.labels]
            differ = np.logical_or.reduce([np.zeros(len(rows), dtype=np.bool_), *other])
            self._compare(MOMENT, (rows[differ], heads[differ], above[differ]), texts, codes)

    def _compare(
        self,
        name: str,
        further: tuple[Codes, Codes, Codes],
        texts: Mapping[str, pa.Array],
        codes: Mapping[str, Codes],
    ) -> None:
        """Compare rows with the first ones of their orders in each number, and times with above."""
        rows, heads, above = further
        if not len(rows):
            return
        first_of = np.unique(heads)[:AMOUNTS]
        person = codes[self.people[0]]
        apart = 0
        if self.time:
            days = _days(texts[self.time])
            apart = int(np.count_nonzero(np.abs(days[rows] - days[above]) >= _LATER))
        others = int(np.count_nonzero(person[rows] != person[heads]))
        for number in self.numbers:
            amounts = codes[number]
            same = rows[(amounts[rows] == amounts[heads]) & (amounts[rows] >= 0)]
            record = self._record(int(same.min())) if len(same) else 0
            kept = [_text(one) for one in texts[number].take(pa.array(first_of)).to_pylist()]
            unlike = amounts[rows] != amounts[heads]
            pairs = zip(
                texts[number].take(pa.array(rows[unlike])).to_pylist(),
                texts[number].take(pa.array(heads[unlike])).to_pylist(),
                strict=True,
            )
            near = sum(_are_near(one, other) for one, other in pairs)
            told = (len(rows), len(same), record, kept, near, apart, others)
            self.found.setdefault(name, {})[number] = told

    def _record(self, row: int) -> int:
        before, record = next(one for one in reversed(self._records) if one[0] <= row)
        return record(row - before)


def _plain(cells: pa.Array) -> pa.Array:
    """Return the beginnings of cells, null where nothing is in them."""
    if pa.types.is_dictionary(cells.type):
        cells = cells.dictionary_decode()
    if pa.types.is_string(cells.type) or pa.types.is_large_string(cells.type):
        cells = cells.cast(
            pa.large_binary() if pa.types.is_large_string(cells.type) else pa.binary()
        )
    if pa.types.is_binary(cells.type) or pa.types.is_large_binary(cells.type):
        cells = pc.binary_slice(cells, 0, _LONGEST)
        cells = pc.if_else(pc.equal(cells, b""), None, cells)
    return cells


def _text(value: object) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _codes(cells: pa.Array) -> Codes:
    found: Codes = cells.dictionary_encode().indices.fill_null(-1).to_numpy().astype(np.int64)
    return found


def _paired(one: Codes, other: Codes) -> Codes:
    """Return a code for each two of one row; none where one of them is none."""
    pairs: Codes = np.where((one < 0) | (other < 0), -1, one * (other.max(initial=0) + 1) + other)
    return pairs


def _further(codes: Codes) -> tuple[Codes, Codes, Codes]:
    """Return rows with the code of an earlier one, for each the first that has it, and the last."""
    order = np.argsort(codes, kind="stable")
    ordered = codes[order]
    begins = np.ones(len(codes), dtype=np.bool_)
    begins[1:] = ordered[1:] != ordered[:-1]
    heads = order[np.maximum.accumulate(np.where(begins, np.arange(len(codes)), 0))]
    further = ~begins & (ordered >= 0)
    return order[further], heads[further], np.roll(order, 1)[further]


def _days(times: pa.Array) -> Codes:
    """Return the days of times by row; those of other forms than ISO 8601 are all one."""
    found = times.dictionary_encode()
    days = np.array([*map(_day_of, found.dictionary.to_pylist()), 0], dtype=np.int64)
    by_row: Codes = days[found.indices.fill_null(len(days) - 1).to_numpy()]
    return by_row


def _day_of(time: object) -> int:
    try:
        return date.fromisoformat(_text(time)[:10].replace("/", "-")).toordinal()
    except ValueError:
        return 0


def _are_near(one: object, other: object) -> bool:
    """Tell whether two amounts are a cent apart, or one where both are whole."""
    try:
        found = Decimal(_text(one)), Decimal(_text(other))
    except InvalidOperation:
        return False
    whole = all(amount == amount.to_integral_value() for amount in found)
    return abs(found[0] - found[1]) == (1 if whole else _CENT)


def _at_once(rows: Codes, heads: Codes, moments: Sequence[Codes | None]) -> bool:
    """Tell whether the rows of an order are of one moment, which is hardly another order's.

    A time alone is one, unless many orders have it; then who bought is part of it.
    """
    orders = np.unique(heads)
    for moment in moments:
        if moment is not None and len(np.unique(moment[orders])) > _APART * len(orders):
            alike = np.count_nonzero((moment[rows] == moment[heads]) & (moment[rows] >= 0))
            return bool(alike > _ALIKE * len(rows))
    return False


def later(known: Again | None, more: Again, before: int) -> Again:
    """Return what was seen with what was seen of rows whose records stand behind ``before``."""
    rows, same, first, kept, *marks = known or (0, 0, 0, [], 0, 0, 0)
    further, alike, record, amounts, *more_marks = more
    first = first or (record and before + record)
    near, apart, others = (one + two for one, two in zip(marks, more_marks, strict=True))
    return rows + further, same + alike, first, [*kept, *amounts][:AMOUNTS], near, apart, others
