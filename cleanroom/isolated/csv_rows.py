"""Read CSV (RFC 4180) in bulk, and count its records by other means than the parser's."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, NoReturn

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from cleanroom.isolated import record_of
from cleanroom.isolated.columns import Refusal, as_seen, find_columns, source

MAXIMUM_SKIPPED = 1000
"""Most rows with a wrong number of fields before the file is refused as a whole."""

BLOCK_BYTES = 4 << 20
"""Bytes parsed at once, and the longest row."""

MAXIMUM_ODD = 10
"""Most lines that are named of records that hold what look like rows."""

LOOKED_FOR_HEADER = 30
"""Records among which a header is looked for that is not the first."""

SURVEYED = 1 << 18
"""Bytes whose lines are counted at once."""

_BOM = b"\xef\xbb\xbf"
_SEPARATOR = re.compile('"?sep=([,;\t|])"?\r?\n?')
_MARKS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_WHOLE = re.compile(r"\s*[+-]?[0-9]+\s*")
_GB = re.compile(rb"(?:[\x00-\x7f]|[\xa1-\xf7][\xa1-\xfe])*")
_BLANK_QUOTES = {b' "', b'\t"', b'\xa0"', b'\x80"'}
"""How bytes of a blank before a quote end, in UTF-8: space, tab, no-break and ideographic."""

_BEHIND = "Text follows a closing quote on this line, or in the cell that starts on it."
_DOUBTFUL = "A cell that starts on this line has a backslash before a quote and goes on below."
_LATE = "A cell on this line has blanks before its quote, which then is a letter of the cell."
_TWICE = 'Write a quote inside a quoted cell twice: "27"" screen".'
_BACKSLASH = f"A backslash before a quote is a letter of the cell. {_TWICE}"


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
    that nobody asks for, matches ``pattern`` when ``around`` is stripped from it.
    """

    rows: int = 0
    lines: list[int] = field(default_factory=list)
    totals: list[int] = field(default_factory=list)
    pattern: str = ""
    around: str = " "

    def of_totals(self, first: pa.Array) -> pa.Array:
        """Return which first cells say that their row is a total; none where they are no UTF-8."""
        try:
            text = pc.utf8_normalize(first.cast(pa.string()), "NFKC")
        except pa.ArrowInvalid:
            return pa.repeat(pa.scalar(False), len(first))
        bare = pc.utf8_trim(pc.utf8_lower(text), self.around)
        return pc.match_substring_regex(bare, f"^(?:{self.pattern})$")

    def add(self, line: int) -> None:
        """Count a record, and remember the first few lines."""
        self.rows += 1
        self.lines += [line][: MAXIMUM_ODD - len(self.lines)]


def read_layout(path: str) -> Layout:
    """Return the layout of a CSV file; refuses empty files and a header that is not UTF-8.

    Excel obeys a first line such as ``sep=;``, and writes one where it is asked to.
    """
    with open(path, encoding="utf-8-sig", errors="surrogateescape", newline="") as text:  # noqa: PTH123
        start = text.read(1)
        if not start:
            raise Refusal("The file is empty.")
        line = start + text.readline(15)
    said = _SEPARATOR.fullmatch(line)
    layout = Layout(said[1] if said else ",", said is not None, [])
    header = next((record for _, record in read_records(path, layout)), None)
    if not header:
        raise Refusal("The file has only blank lines.")
    spoilt = ",".join(header).encode(errors="surrogateescape")
    if not is_utf8(spoilt):
        raise Refusal("The header is not UTF-8.", remedy=save_as(spoilt), row=1)
    return replace(layout, header=header)


def read_records(
    path: str, layout: Layout, strict: bool = False
) -> Iterator[tuple[int, list[str]]]:
    """Yield each record, the header first, and the line that it starts on.

    With ``strict`` (RFC 4180), raises ``Refusal`` for a quote that never closes and for text
    behind a closing quote.
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
                if record:
                    yield before + ended + 1, record
                ended, escaped = reader.line_num, False
        except csv.Error as fault:
            # A cell that is longer than the limit is one that never closes.
            open_end = "unexpected end" in str(fault) or "limit" in str(fault)
            sentence = "A quote on this line never closes." if open_end else _BEHIND
            remedy = _BACKSLASH if escaped else _TWICE
            raise Refusal(sentence, row=before + ended + 1, remedy=remedy) from None


def is_utf8(sample: bytes) -> bool:
    """Tell whether bytes are UTF-8."""
    try:
        sample.decode()
    except UnicodeDecodeError:
        return False
    return True


def save_as(sample: bytes) -> str:
    """Say how to save a file that is not UTF-8, from bytes of it that are not."""
    excel = "Save the file as UTF-8, in Excel as 'CSV UTF-8'"
    if _GB.fullmatch(sample):
        return f"{excel}; it looks like GB 18030 (GBK): iconv -f GB18030 -t UTF-8."
    return f"{excel} (it may be GB 18030 or Latin-1)."


def read_csv(
    path: str, columns: list[str], skipped: list[int], odd: Odd
) -> Iterator[pa.RecordBatch]:
    """Yield the wanted columns block by block; records with a wrong field count are skipped.

    Raises ``Refusal`` if that is every record, or if another way of counting finds more.
    """
    layout = read_layout(path)
    try:
        raw = find_columns(layout.header, columns)
    except Refusal:
        refuse_lines_above(path, layout, columns)
        raise

    def skip(row: Any) -> str:
        skipped.append(row.number - layout.said)
        return "error" if len(skipped) > MAXIMUM_SKIPPED else "skip"

    rows = 0
    first = layout.header[0]
    looked_at = bool(odd.pattern) and first not in raw and layout.header.count(first) == 1
    asked = [*raw, first] if looked_at else raw
    try:
        reader = pyarrow.csv.open_csv(
            source(path),
            read_options=pyarrow.csv.ReadOptions(
                use_threads=False, block_size=BLOCK_BYTES, skip_rows=int(layout.said)
            ),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=layout.delimiter, newlines_in_values=True, invalid_row_handler=skip
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(asked, pa.binary()), include_columns=asked
            ),
        )
        for block in reader:
            batch = leave_out_totals(block, odd, rows, skipped) if looked_at else block
            named = zip(batch.columns, columns, strict=False)
            away = [*skipped, *odd.totals]
            texts = [as_text(path, column, name, rows, away) for column, name in named]
            yield pa.record_batch(texts, names=columns)
            rows += batch.num_rows
    except pa.ArrowInvalid as fault:
        refuse_csv(path, layout, str(fault), skipped)
    found, read = count_records(path, layout, odd) - 1, rows + len(skipped) + len(odd.totals)
    if found != read:
        raise Refusal(f"The file has {found:,} rows, and {read:,} were read.")
    if skipped and not rows:
        refuse_widths(path, layout, skipped, f"All {len(skipped):,} rows have")


def leave_out_totals(
    batch: pa.RecordBatch, odd: Odd, rows: int, skipped: list[int]
) -> pa.RecordBatch:
    """Return a batch, after ``rows`` others, without rows of totals, which are remembered."""
    totals = pc.fill_null(odd.of_totals(batch.columns[-1]), False)
    places = np.flatnonzero(totals.to_numpy(zero_copy_only=False))
    if not len(places):
        return batch
    if len(odd.totals) + len(places) > MAXIMUM_SKIPPED:
        raise Refusal(f"More than {MAXIMUM_SKIPPED:,} rows are totals by their first cell.")
    away = [*skipped, *odd.totals]
    odd.totals += [record_of(rows + place, away) for place in places.tolist()]
    return batch.filter(pc.invert(totals))


def refuse_lines_above(path: str, layout: Layout, columns: list[str]) -> None:
    """Refuse a file whose header stands below a title or a description."""
    wanted = set(map(as_seen, columns))
    for line, record in islice(read_records(path, layout), 1, LOOKED_FOR_HEADER):
        if wanted <= set(map(as_seen, record)):
            raise Refusal(
                f"The header is on line {line}, below other lines.",
                row=line,
                remedy="Remove the lines above the header.",
            )


def refuse_csv(path: str, layout: Layout, fault: str, skipped: list[int]) -> NoReturn:
    """Turn the parser's fault into a sentence without the file's text."""
    if len(skipped) > MAXIMUM_SKIPPED:
        count_records(path, layout, Odd())  # a quote may be to blame, and knows its line
        refuse_widths(path, layout, skipped, f"More than {MAXIMUM_SKIPPED:,} rows have")
    if "straddling" in fault:
        for _ in read_records(path, layout, strict=True):
            pass  # a quote that never closes is the usual reason, and this one knows its line
        raise Refusal(f"A row is longer than {BLOCK_BYTES >> 20} MiB.")
    # The parser cannot show such a row to whoever skips it, and stops.
    for line, record in read_records(path, layout, strict=True):
        spoilt = ",".join(record).encode(errors="surrogateescape")
        if len(record) != len(layout.header) and not is_utf8(spoilt):
            sentence = "A row with another number of fields than the header is not UTF-8."
            raise Refusal(sentence, row=line, remedy=save_as(spoilt))
    raise Refusal("The file is not well-formed CSV.")


def refuse_widths(path: str, layout: Layout, skipped: list[int], start: str) -> NoReturn:
    """Refuse a file whose rows have not as many fields as its header; the first one says why."""
    first = min(skipped)
    records = enumerate(read_records(path, layout), 1)
    line, record = next((found for number, found in records if number == first), (None, []))
    raise Refusal(
        f"{start} another number of fields than the header ({len(record)} on this line, "
        f"{len(layout.header)} in the header).",
        row=line,
        remedy=suspect(layout, record),
    )


def suspect(layout: Layout, record: list[str]) -> str:
    """Guess why a record has another number of fields than the header."""
    return next(_guesses(layout, record))


def _guesses(layout: Layout, record: list[str]) -> Iterator[str]:
    mark = _MARKS[layout.delimiter]
    more = len(record) - len(layout.header)
    if more > 0 and any(cell.endswith("\\") for cell in record):
        yield f"A backslash before a {mark} is a letter of the cell: quote such cells instead."
    if more > 0 and not any(record[-more:]):
        yield f"Remove the {mark} at the end of each row, or name that column in the header."
    if more == 1 and record[0] == "1":
        yield "Do rows start with their number, as R writes it? Use write.csv(row.names = FALSE)."
    if more < 0 and not any(map(as_seen, layout.header[more:])):
        yield f"Remove the {mark} at the end of the header."
    for other, name in _MARKS.items():
        if more < 0 and sum(cell.count(other) for cell in record) >= -more:
            yield (
                f"Its fields look as if they were separated by the {name}; the header has {mark}s."
            )
    pairs = zip(record, record[1:], strict=False)
    if more > 0 and any(_WHOLE.fullmatch(a) and _WHOLE.fullmatch(b) for a, b in pairs):
        yield f"Is the {mark} a decimal mark there? Write 19.99, or quote the cell."
    yield f"Quote fields that hold a {mark}, and separate fields by {mark}s."


def locate(path: str, records: list[int]) -> list[int]:
    """Return the line on which each record of a CSV file starts; blank lines are no records."""
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
    found, marks = survey(path)
    if b'"' not in marks:
        return found - layout.said
    escaped = b'\\"' in marks
    found = 0
    for line, record in read_records(path, layout, strict=True):
        found += 1
        if found > 1 and _holds_rows(record, layout):
            odd.add(line)
        if escaped and any(map(_doubtful, record)):
            raise Refusal(_DOUBTFUL, row=line, remedy=_BACKSLASH)
        if len(marks & _BLANK_QUOTES) and any(map(_late_quote, record)):
            raise Refusal(_LATE, row=line, remedy="Remove the blanks before quotes.")
    return found


def survey(path: str) -> tuple[int, set[bytes]]:
    """Return how many lines are not empty, and which marks a file has: quotes, by what is before.

    A byte order mark is no line.
    """
    found = 0
    marks: set[bytes] = set()
    last = b"\n"
    with open(path, "rb") as file:  # noqa: PTH123
        if file.read(3) != _BOM:
            file.seek(0)
        while block := file.read(SURVEYED):
            seen = last + block
            letters = np.frombuffer(seen, dtype=np.uint8)
            ends = (letters == 10) | (letters == 13)
            found += int(np.count_nonzero(ends[:-1] & ~ends[1:]))
            if b'"' in block:
                marks |= {mark for mark in (b'"', b'\\"', *_BLANK_QUOTES) if mark in seen}
            last = block[-1:]
    return found, marks


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


def as_text(path: str, column: pa.Array, name: str, before: int, skipped: list[int]) -> pa.Array:
    """Return a block's column as text, or refuse the file at its first byte that is not UTF-8."""
    try:
        return column.cast(pa.string())
    except pa.ArrowInvalid:
        for index, cell in enumerate(column.to_pylist()):
            check_utf8(path, cell, name, record_of(before + index, skipped))
        raise


def check_utf8(path: str, cell: bytes, name: str, record: int) -> None:
    """Refuse the file at a cell that is not UTF-8."""
    try:
        cell.decode()
    except UnicodeDecodeError as fault:
        sentence = f"Byte {fault.start + 1} of the cell, 0x{cell[fault.start]:02x}, is not UTF-8."
        row = locate(path, [record])[0]
        raise Refusal(sentence, column=name, row=row, remedy=save_as(cell)) from None
