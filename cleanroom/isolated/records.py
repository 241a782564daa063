"""Read the records of a CSV file strictly, and count them by other means than the bulk parser's."""

from __future__ import annotations

import csv
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cleanroom.isolated.columns import Refusal, check_names
from cleanroom.isolated.text import Checked, Spoilt, is_utf8, save_as
from cleanroom.isolated.unread import MOST_VALUES, Record, as_word

BLOCK_BYTES = 4 << 20
"""Bytes parsed at once, and the longest row."""

_MOST_JUDGED = 100_000
_LOOKED_AT, _FEW_VALUES = 2_000, 1_000
"""Cells of a block that say whether its column has few values, each of which is looked at."""

MAXIMUM_ODD = 10
"""Most lines that are named of records that hold what look like rows."""

_RULE = " -=_*"
"""Signs of a line that is drawn between rows and what closes a report."""

_LONGEST_RULE = 512
"""Most bytes of such a line that are looked for where a block ends."""

SURVEYED = 1 << 18
"""Bytes whose lines are counted at once."""

_BOM = b"\xef\xbb\xbf"
_SEPARATOR = re.compile('"?sep=([,;\t|])"?\r?\n?')
_TWO_MARKS = re.compile('\ufeff+("|sep=)')
_BLANK_QUOTES = {b' "', b'\t"', b'\xa0"', b'\x80"'}
"""How bytes of a blank before a quote end, in UTF-8: space, tab, no-break and ideographic."""

_SPOILT = b"\xff"

_MARKED_TWICE = "The file begins with two byte order marks."
_BEHIND = "Text follows a closing quote on this line, or in the cell that starts on it."
_DOUBTFUL = "A cell that starts on this line has a backslash before a quote and goes on below."
_LATE = "A cell on this line has spaces before its quote, which then is part of the cell."
AGAIN = "Is it the right file? Export it again."
"""What to do about a file without a row."""
_TWICE = 'Write a quote inside a quoted cell twice: "27"" screen".'
_BACKSLASH = f"A backslash before a quote is part of the cell. {_TWICE}"


@dataclass(frozen=True)
class Layout:
    """How a CSV file separates fields, whether a first line says so, and its column names."""

    delimiter: str
    said: bool
    header: list[str]


@dataclass
class Odd:
    """Count the records that are read as they stand but hold what look like rows.

    ``totals`` are the records left out because they add up others: their first cell, in a column
    that nobody asks for, matches ``pattern`` when ``around`` is stripped from it, or is a star, as
    SAP marks subtotals, where that column is ``starred``: it has no name.  ``below`` is the
    first record under a blank line that has rows above it, or under a row of empty cells or of
    dashes; 0 if there is none.  ``unread`` counts, by columns that nobody asks for, the cells that
    match ``anywhere``, and has the record of the first one; ``seldom`` counts those that match
    ``perhaps``.  Of many values, only those among ``words`` are matched.  ``owners`` has, by column
    and value that matches ``anywhere``, check sums of two identifiers at most.  ``cut`` is the last
    record of a file that probably ends within it, or 0, ``marked`` that of one
    that ends with Ctrl-Z, and ``doubled`` says that lines end with two carriage returns; ``spoilt``
    are the records with cells that are not UTF-8.
    """

    rows: int = 0
    lines: list[int] = field(default_factory=list)
    totals: list[int] = field(default_factory=list)
    pattern: str = ""
    around: str = " "
    below: int = 0
    words: list[str] = field(default_factory=list)
    anywhere: str = ""
    perhaps: str = ""
    nothing: list[str] = field(default_factory=list)
    unread: dict[str, tuple[int, int]] = field(default_factory=dict)
    seldom: dict[str, tuple[int, int]] = field(default_factory=dict)
    owners: dict[str, dict[str, list[int]]] = field(default_factory=dict)
    shifted: tuple[int, list[int]] = field(default_factory=lambda: (0, []))
    cut: int = 0
    marked: int = 0
    doubled: bool = False
    starred: bool = False
    spoilt: Spoilt = field(default_factory=Spoilt)

    def __post_init__(self) -> None:
        self._judged: dict[bytes | None, tuple[bool, bool]] = {}

    def add_total(self, name: str, cells: pa.Array, record: Record, ids: pa.Array) -> None:
        """Count the cells of a batch that are words for a total, beside the rows' identifiers."""
        some = cells
        if len(pc.unique(cells[:_LOOKED_AT])) > _FEW_VALUES:
            words = pa.array([word.encode() for word in self.words], cells.type)
            some = cells.filter(pc.is_in(cells, words))
        values = pc.unique(some).to_pylist()
        self._judge(values)
        for told, place in ((self.unread, 0), (self.seldom, 1)):
            totals = [value for value in values if self._judged[value][place]]
            if totals:
                known = pc.is_in(cells, pa.array(totals, cells.type))
                found = np.flatnonzero(known.to_numpy(zero_copy_only=False))
                count, first = told.get(name, (0, 0))
                told[name] = (count + len(found), first or record(int(found[0])))
            if place == 0 and len(totals) <= MOST_VALUES:
                self._add_owners(name, totals, cells, ids)

    def _add_owners(
        self, name: str, totals: list[bytes | None], cells: pa.Array, ids: pa.Array
    ) -> None:
        known = self.owners.setdefault(name, {}) if totals else {}
        for total in totals:
            word = as_word(total)
            if len(known.get(word, ())) < 2:
                some = pc.unique(ids.filter(pc.equal(cells, total))).to_pylist()[:2]
                sums = (zlib.crc32((one or "").encode()) for one in some)
                known[word] = owned(known.get(word, ()), sums)

    def _judge(self, values: list[bytes | None]) -> None:
        """Match values once: to compile such long expressions takes longer than most cells do."""
        if len(self._judged) > _MOST_JUDGED:
            self._judged.clear()
        fresh = [value for value in values if value not in self._judged]
        if fresh:
            cells = pa.array(fresh, pa.binary())
            found = (self._match(cells, one).to_pylist() for one in (self.anywhere, self.perhaps))
            self._judged.update(zip(fresh, zip(*found, strict=True), strict=True))

    def of_totals(self, first: pa.Array) -> pa.Array:
        """Return which first cells say that their row is a total; none where they are no UTF-8."""
        return self._match(first, rf"{self.pattern}|\*{{1,9}}" if self.starred else self.pattern)

    def of_words(self, cells: pa.Array) -> list[bool]:
        """Tell which cells are words for a total; to compile the expression takes a millisecond."""
        found = self._match(cells, f"{self.pattern}|{self.perhaps}")
        return [bool(one) for one in found.to_pylist()]

    def _match(self, cells: pa.Array, pattern: str) -> pa.Array:
        try:
            text = pc.utf8_normalize(pc.fill_null(cells.cast(pa.string()), ""), "NFKC")
        except pa.ArrowInvalid:
            return pa.repeat(pa.scalar(False), len(cells))
        bare = pc.utf8_trim(pc.utf8_lower(text), self.around)
        return pc.match_substring_regex(bare, f"^(?:{pattern})$")

    def add(self, line: int) -> None:
        """Count a record, and remember the first few lines."""
        self.rows += 1
        self.lines += [line][: MAXIMUM_ODD - len(self.lines)]


def owned(known: Iterable[int], more: Iterable[int]) -> list[int]:
    """Return two at most of several check sums of identifiers."""
    return sorted({*known, *more})[:2]


def read_layout(path: str) -> Layout:
    """Return the layout of a CSV file; refuses empty files and a header that is not UTF-8.

    Excel obeys a first line such as ``sep=;``, and writes one where it is asked to.
    """
    with open(path, encoding="utf-8-sig", errors="surrogateescape", newline="") as text:  # noqa: PTH123
        start = text.read(1)
        if not start:
            raise Refusal("The file is empty.", remedy=AGAIN)
        line = start + text.readline(15)
    if _TWO_MARKS.match(line):
        raise Refusal(_MARKED_TWICE, row=1, remedy="Remove one: two programs each wrote their own.")
    said = _SEPARATOR.fullmatch(line)
    layout = Layout(said[1] if said else ",", said is not None, [])
    line_of_header, header = next(read_records(path, layout), (0, []))
    check_names(header, line_of_header)
    if not header:
        raise Refusal("The file has only blank lines.", remedy=AGAIN)
    spoilt = ",".join(header).encode(errors="surrogateescape")
    if not is_utf8(spoilt):
        raise Refusal("The header is not UTF-8.", remedy=save_as(spoilt), row=1)
    return replace(layout, header=header)


def read_records(
    path: str, layout: Layout, strict: bool = False, blanks: bool = False
) -> Iterator[tuple[int, list[str]]]:
    """Yield each record, the header first, and the line that it starts on.

    Blank lines are not records; with ``blanks`` these are yielded too, without cells.
    With ``strict`` (RFC 4180), raises ``Refusal`` for a quote that never closes and for text
    behind a closing one.  A cell that is longer than two blocks is refused in any case.
    """
    with open(path, encoding="utf-8-sig", errors="surrogateescape", newline="") as text:  # noqa: PTH123
        before = 1 if layout.said and text.readline() else 0
        escaped = False

        def lines() -> Iterator[str]:
            nonlocal escaped
            for line in text:
                escaped = escaped or '\\"' in line
                yield line

        reader = csv.reader(lines(), delimiter=layout.delimiter, strict=strict)
        ended = 0
        try:
            for record in reader:
                if record or blanks:
                    yield before + ended + 1, record
                ended, escaped = reader.line_num, False
        except csv.Error as fault:
            limit = "limit" in str(fault)
            if limit and _ends(path, before + ended + 1):
                raise too_long(before + ended + 1) from None
            # Any other cell that is longer than the limit is one that never closes.
            open_end = limit or "unexpected end" in str(fault)
            sentence = "A quote on this line never closes." if open_end else _BEHIND
            remedy = _BACKSLASH if escaped else _TWICE
            raise Refusal(sentence, row=before + ended + 1, remedy=remedy) from None


def _ends(path: str, start: int) -> bool:
    """Tell whether the record that starts on a line ends, behind an even number of quotes."""
    quotes = 0
    with open(path, encoding="utf-8-sig", errors="surrogateescape", newline="") as text:  # noqa: PTH123
        for line in islice(text, start - 1, None):
            quotes += line.count('"')
            if quotes % 2 == 0:
                return True
    return False


def too_long(line: int) -> Refusal:
    """Return the refusal of a row that is longer than a block."""
    return Refusal(
        f"The row that starts on this line is longer than {BLOCK_BYTES >> 20} MiB, the most that is"
        " read.",
        row=line,
        remedy="Leave the column with such long cells out of the file, or cut its cells.",
    )


def locate(path: str, records: list[int]) -> list[int]:
    """Return the line on which each record of a CSV file starts; blank lines are not records."""
    wanted = set(records)
    lines: dict[int, int] = {}
    for count, (line, _) in enumerate(read_records(path, read_layout(path)), 1):
        if len(lines) == len(wanted):
            break
        if count in wanted:
            lines[count] = line
    return [lines.get(record, 0) for record in records]


def count_records(path: str, layout: Layout, odd: Odd) -> int:
    """Return the records of a CSV file, its header included, without asking its parser.

    The parser takes every way to quote without a word, and gives rows away where a cell does not
    end where its writer meant it to.  So a file with quotes is read again, strictly (RFC 4180);
    in one without any, each line that is not empty is a record.

    Raises ``Refusal`` as ``read_records`` does, for blanks before a quote, which then is a letter
    of the cell, and for a quoted cell over several lines with a backslash before a quote: where
    it ends is anybody's guess.
    """
    found, marks, above = survey(path, layout.delimiter, layout.said)
    if _SPOILT in marks:
        for number, (_, record) in islice(enumerate(read_records(path, layout), 1), 1, None):
            odd.spoilt.add(number, layout.header, record)
        odd.spoilt.judge()
    if b'"' not in marks:
        odd.below = above and above + 1
        return found - layout.said
    escaped = b'\\"' in marks
    found = 0
    for line, record in read_records(path, layout, strict=True, blanks=True):
        if found > 1 and not odd.below and not "".join(record).strip(_RULE):
            odd.below = found + 1
        if not record:
            continue
        found += 1
        if found > 1 and _holds_rows(record, layout):
            odd.add(line)
        if escaped and any(map(_doubtful, record)):
            raise Refusal(_DOUBTFUL, row=line, remedy=_BACKSLASH)
        if len(marks & _BLANK_QUOTES) and any(map(_late_quote, record)):
            raise Refusal(_LATE, row=line, remedy="Remove the spaces before quotes.")
    return found


def survey(path: str, delimiter: str = "", said: bool = False) -> tuple[int, set[bytes], int]:
    """Return how many lines are not empty, and which marks a file has: quotes, by what is before.

    A byte that UTF-8 does not have is the mark of a file that is not UTF-8.

    The last number is how many records stand above the first line that is blank, or has nothing
    but delimiters and dashes, and has a header and a row above it; 0 if there is none.  A byte
    order mark is not a line; ``said`` tells that the first one is not a record.
    """
    drawn = f"{_RULE}{delimiter}".encode()
    found = above = 0
    marks: set[bytes] = set()
    kept, text = b"\n", Checked()
    with open(path, "rb") as file:  # noqa: PTH123
        if file.read(3) != _BOM:
            file.seek(0)
        while block := file.read(SURVEYED):
            seen = kept + block
            letters = np.frombuffer(seen, dtype=np.uint8)
            ends = (letters == 10) | (letters == 13)
            starts = ends[:-1] & ~ends[1:]
            first = len(kept) - 1
            blank = () if above else _blanks(seen, letters, ends, drawn)
            if len(blank):
                begun = np.concatenate([[0], np.cumsum(starts)])
                numbers = found - said + begun[blank] - begun[first]
                above = next((number for number in numbers.tolist() if number > 1), 0)
            found += int(np.count_nonzero(starts[first:]))
            if b'"' in block:
                marks |= {mark for mark in (b'"', b'\\"', *_BLANK_QUOTES) if mark in seen}
            kept = seen[-_LONGEST_RULE:]
            text.add(block)
    text.add(b"", final=True)
    marks |= {_SPOILT} if text.spoilt else set()
    return found, marks, above


def _blanks(
    seen: bytes, letters: npt.NDArray[np.uint8], ends: npt.NDArray[np.bool_], drawn: bytes
) -> npt.NDArray[np.int64]:
    """Return where the lines end that stand above one that is blank, or all of ``drawn``."""
    at = np.flatnonzero(ends)
    above, below = at[:-1], at[1:]
    one = (letters[above] == 13) & (letters[below] == 10)
    blank = (below - above == 1) & ~one
    signs = np.frombuffer(drawn, dtype=np.uint8)
    for place in np.flatnonzero(np.isin(letters[above + 1], signs)).tolist():
        blank[place] |= not seen[above[place] + 1 : below[place]].strip(drawn)
    found: npt.NDArray[np.int64] = above[blank]
    return found


def _holds_rows(record: list[str], layout: Layout) -> bool:
    """Tell whether each line of a record over several has as many fields as the header.

    A quote that nobody meant to open makes one cell of all rows up to the next quote.
    """
    if not any("\n" in cell or "\r" in cell for cell in record):
        return False
    lines = [line for line in layout.delimiter.join(record).splitlines() if line.strip()]
    marks = len(layout.header) - 1
    return (
        len(lines) > 1
        and marks > 0
        and all(line.count(layout.delimiter) >= marks for line in lines)
    )


def _doubtful(cell: str) -> bool:
    before_a_quote = '\\"' in cell or cell.endswith("\\")
    return before_a_quote and ("\n" in cell or "\r" in cell)


def _late_quote(cell: str) -> bool:
    return cell[:1] not in ("", '"') and cell.lstrip()[:1] == '"'
