"""Read CSV (RFC 4180) in bulk, and count its records by other means than the parser's."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, NoReturn

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from cleanroom.isolated import record_of
from cleanroom.isolated.columns import (
    FRAMED,
    OTHERS,
    Marks,
    Refusal,
    as_seen,
    find_columns,
    line_for,
    named_once,
    of_kept,
    source,
)
from cleanroom.isolated.endings import is_cut, is_doubled, is_marked
from cleanroom.isolated.filters import Keep, with_kept
from cleanroom.isolated.headers import SecondHeaders
from cleanroom.isolated.records import (
    BLOCK_BYTES,
    Layout,
    Odd,
    count_records,
    locate,
    read_layout,
    read_records,
    too_long,
)
from cleanroom.isolated.rows_of_nothing import with_empty
from cleanroom.isolated.shifted import Shifts
from cleanroom.isolated.text import is_utf8, save_as
from cleanroom.isolated.unread import Record, Unread, numbers_of

MAXIMUM_SKIPPED = 1000
"""Most rows with a wrong number of fields before the file is refused as a whole."""

LOOKED_FOR_HEADER = 30
"""Records among which a header is looked for that is not the first."""

MAXIMUM_UNREAD = 30
"""Most columns, beside those that are asked for, whose cells may say that a row is a total."""

_MARKS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_SURE = re.compile(rb":|[\xe3-\xed\xef][\x80-\xbf]{2}")
"""What names of brands do not have: a colon, or signs of Chinese, Japanese or Korean."""

_LONG = 7
"""Digits from which on a number is hardly a count of rows."""

_OFTEN = 5
"""Rows of one word from which on it is hardly the total of one group."""

_OWN = 8
"""Letters of a number from which on nothing but a person has it."""

_DIGIT = re.compile(rb"[0-9]")
_WHOLE = re.compile(r"\s*[+-]?[0-9]+\s*")


def read_csv(
    path: str,
    columns: list[str],
    skipped: list[int],
    odd: Odd,
    unread: Unread | None = None,
    keep: Keep | None = None,
) -> Iterator[pa.RecordBatch]:
    """Yield the wanted columns block by block; records with a wrong field count are skipped.

    Behind them stands which rows ``keep`` keeps, if it asks for a column; ``unread`` is told of
    those alone.  Raises ``Refusal`` if no record is left, or if another way of counting finds more.
    """
    layout = read_layout(path)
    try:
        raw = find_columns(layout.header, columns)
    except Refusal:
        refuse_lines_above(path, layout, columns)
        raise

    headers = SecondHeaders(path, layout.header, columns)

    def skip(row: Any) -> str:
        skipped.append(row.number - layout.said)
        headers.look(row.text, layout.delimiter, skipped[-1])
        return "error" if len(skipped) > MAXIMUM_SKIPPED else "skip"

    rows, first = 0, layout.header[0]
    looked_at = bool(odd.pattern) and first not in raw and layout.header.count(first) == 1
    odd.starred, unread, keep = not as_seen(first), unread or Unread(), keep or Keep()
    beside = [name for name in layout.header if name not in raw]
    beside = unread.name(beside, named_once(beside), MAXIMUM_UNREAD) if odd.words else []
    asked = [*raw, *dict.fromkeys([*([first] if looked_at else []), *beside])]
    shifts, last = Shifts(odd.nothing, layout.header), None
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
            totals = block.column(len(raw)) if looked_at else None
            batch = block if totals is None else leave_out_totals(block, totals, odd, rows, skipped)
            last = batch.column(layout.header[-1]) if layout.header[-1] in asked else last
            away = [*skipped, *odd.totals]
            headers.check(batch.columns, rows, away)
            texts = [
                as_text(path, column, name, rows, away)
                for column, name in zip(batch.columns, columns, strict=False)
            ]
            by_name = dict(zip(columns, texts, strict=True))
            kept = keep.add(by_name)
            wanted = pa.record_batch(texts, names=columns)
            if odd.words:
                phones, ids = (
                    numbers_of(unread, columns, texts, kept),
                    of_kept(texts[0], kept),
                )
                others, record = _beside(batch, asked[len(raw) :], kept, rows, away)
                for name, cells in others.items():
                    odd.add_total(name, cells, record, ids)
                    unread.add(name, cells, record, phones)
                unread.orders.add(others, by_name, kept, record)
                for name, cells in _beside(wanted, unread.read, kept, rows, away)[0].items():
                    unread.add(name, cells, record, phones)
                shifts.add(_in_order(batch, asked, layout.header), rows, away)
            yield with_kept(
                with_empty(
                    unread.items.add(batch, by_name, wanted), batch.columns if odd.words else []
                ),
                kept,
            )
            rows += batch.num_rows
            headers.refuse()
    except pa.ArrowInvalid as fault:
        headers.refuse()
        refuse_csv(path, layout, str(fault), skipped)
    found, read = count_records(path, layout, odd) - 1, rows + len(skipped) + len(odd.totals)
    odd.shifted = shifts.rows, shifts.records
    look_at_the_end(path, found + 1, last, skipped, odd)
    if found != read:
        raise Refusal(f"The file has {found:,} rows, and {read:,} were read.")
    if skipped and not rows:
        refuse_widths(path, layout, skipped, f"All {len(skipped):,} rows have")


def look_at_the_end(
    path: str, ends: int, last: pa.Array | None, skipped: list[int], odd: Odd
) -> None:
    """Remember how lines end, and the file; ``ends`` is its last record."""
    odd.doubled = is_doubled(path)
    odd.below = 0 if odd.doubled else odd.below
    odd.marked = ends if is_marked(path) else 0
    if not odd.marked and is_cut(
        path, None if ends in (*skipped, *odd.totals) else last, ends in skipped
    ):
        odd.cut = ends


def _in_order(batch: pa.RecordBatch, asked: list[str], header: list[str]) -> list[pa.Array | None]:
    """Return the columns of a block in the header's order, None for those that are not read."""
    there = set(asked)
    return [batch.column(name) if name in there else None for name in header]


def _beside(  # noqa: PLR0917 (a block, and where it stands)
    batch: pa.RecordBatch, names: Sequence[str], kept: Marks | None, rows: int, away: list[int]
) -> tuple[dict[str, pa.Array], Record]:
    """Return columns by name, of the rows that are kept, and what gives a row's record."""
    index = rows + (np.arange(batch.num_rows) if kept is None else np.flatnonzero(kept))

    def record(row: int) -> int:
        return record_of(int(index[row]), away)

    return {name: of_kept(batch.column(name), kept) for name in names}, record


def leave_out_totals(
    batch: pa.RecordBatch, first: pa.Array, odd: Odd, rows: int, skipped: list[int]
) -> pa.RecordBatch:
    """Return a batch, after ``rows`` others, without rows whose ``first`` cells are totals.

    They are remembered.  A row that may be somebody's, as of the brand Colgate Total, stays.
    """
    totals = pc.fill_null(odd.of_totals(first), False).to_numpy(zero_copy_only=False).copy()
    places = np.flatnonzero(totals)
    if not len(places):
        return batch
    ids = pc.fill_null(batch.column(0), b"")
    usual = next(iter(ids.filter(pa.array(~totals)).slice(0, 1).to_pylist()), b"")
    words, own, above = (
        column.take(pa.array(at)).to_pylist()
        for column, at in ((first, places), (ids, places), (ids, np.maximum(places - 1, 0)))
    )
    digits = digits_of_people(own, odd)
    most = len(_DIGIT.findall(usual))
    # A person may call himself Total: with a long number like others', of his own, he is one.
    persons = [
        count is None and one != up and len(one) == len(usual) >= _OWN and bool(_DIGIT.search(one))
        for one, up, count in zip(own, above, digits, strict=True)
    ]
    judged = [
        not (person or (count is None or count == most >= _LONG) and not _SURE.search(word))
        for word, count, person in zip(words, digits, persons, strict=True)
    ]
    rows_of = [*zip(places.tolist(), words, own, above, judged, digits, strict=True)]
    # What adds up a person's rows does not begin them.
    begins = {word for place, word, one, up, sure, _ in rows_of if place and one != up and not sure}
    names = set(names_of_brands(words, first.filter(pa.array(~totals)), odd))
    for place, word, one, up, sure, count in rows_of:
        if word in names:
            totals[place] = not (count is None or count == most > 0)
        else:
            totals[place] = sure or (place and one == up and word not in begins)
    places = np.flatnonzero(totals)
    if len(odd.totals) + len(places) > MAXIMUM_SKIPPED:
        raise Refusal(f"More than {MAXIMUM_SKIPPED:,} rows are totals by their first cell.")
    away = [*skipped, *odd.totals]
    odd.totals += [record_of(rows + place, away) for place in places.tolist()]
    return batch.filter(pa.array(~totals))


def names_of_brands(words: list[bytes], others: pa.Array, odd: Odd) -> Iterator[bytes]:
    """Yield the words of many rows that end as a total does, of a group that is nowhere there."""
    alone = {word.encode() for word in odd.words}
    groups: set[bytes] | None = None
    for word, rows in Counter(words).items():
        group = word.strip().lower().rpartition(b" ")[0].strip()
        if rows < _OFTEN or not group or word.strip().lower() in alone or _SURE.search(word):
            continue
        if groups is None:
            groups = {one.strip().lower() for one in pc.unique(others).to_pylist() if one}
        if group not in groups:
            yield word


def digits_of_people(cells: list[bytes], odd: Odd) -> list[int | None]:
    """Return how many digits identifiers in rows that may be totals have, or None for somebody's.

    One with a letter and no blank is somebody's, unless it is a word for nothing or a total, which
    has -1.  All are looked at together: a file may have many such rows.
    """
    texts = [cell.decode(errors="replace").strip() for cell in cells]
    nothing = set(odd.nothing)
    found: list[int | None] = []
    for text, total in zip(texts, odd.of_words(pa.array(texts)), strict=True):
        word = text.casefold().strip(odd.around)
        if not any(map(str.isalpha, text)):
            found.append(len(_DIGIT.findall(text.encode())))
        else:
            found.append(-1 if total or " " in text or word in nothing else None)
    return found


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
        for mark in OTHERS.replace(layout.delimiter, ""):
            if wanted <= set(map(as_seen, layout.delimiter.join(record).split(mark))):
                raise Refusal(
                    f"The header is on line {line}, and its fields are separated by other marks.",
                    row=line,
                    remedy=FRAMED
                    if record[0].lstrip().startswith("|")
                    else "Remove the lines above it, and save the file with commas or put this "
                    f"line there: {line_for(mark)}",
                )


def refuse_csv(path: str, layout: Layout, fault: str, skipped: list[int]) -> NoReturn:
    """Turn the parser's fault into a sentence without the file's text."""
    if len(skipped) > MAXIMUM_SKIPPED:
        count_records(path, layout, Odd())  # a quote may be to blame, and knows its line
        refuse_widths(path, layout, skipped, f"More than {MAXIMUM_SKIPPED:,} rows have")
    if "straddling" in fault:
        # A quote that never closes is the usual reason, and refused here.
        raise too_long(max(read_records(path, layout, strict=True), key=_bytes)[0])
    # The parser cannot show such a row to whoever skips it, and stops.
    for line, record in read_records(path, layout, strict=True):
        spoilt = ",".join(record).encode(errors="surrogateescape")
        if len(record) != len(layout.header) and not is_utf8(spoilt):
            sentence = "A row with a different number of fields from the header is not UTF-8."
            raise Refusal(sentence, row=line, remedy=save_as(spoilt))
    raise Refusal("The file is not well-formed CSV.")


def _bytes(found: tuple[int, list[str]]) -> int:
    return len("".join(found[1]).encode(errors="surrogateescape"))


def refuse_widths(path: str, layout: Layout, skipped: list[int], start: str) -> NoReturn:
    """Refuse a file whose rows have not as many fields as its header; the first one says why."""
    first = min(skipped)
    records = enumerate(read_records(path, layout), 1)
    line, record = next((found for number, found in records if number == first), (None, []))
    raise Refusal(
        f"{start} a different number of fields from the header ({len(record)} on this line,"
        f" {len(layout.header)} in the header).",
        row=line,
        remedy=suspect(layout, record),
    )


def suspect(layout: Layout, record: list[str]) -> str:
    """Guess why a record has a different number of fields from the header."""
    return next(_guesses(layout, record))


def _guesses(layout: Layout, record: list[str]) -> Iterator[str]:
    mark = _MARKS[layout.delimiter]
    more = len(record) - len(layout.header)
    if more > 0 and any(cell.endswith("\\") for cell in record):
        yield f"A backslash before a {mark} is part of the cell: quote such cells instead."
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
