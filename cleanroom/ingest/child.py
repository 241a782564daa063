"""Read a file of unknown origin, in a process of its own that may die of it.

This file runs as a script and imports nothing of the project, so that it starts fast and holds
nothing worth stealing.  Standard input carries one JSON request; standard output one Arrow stream
of text columns (or the JSON answer of ``locate``); standard error one JSON document at the end.
No text of the file is ever repeated in an error.

A *record* is a row of the file; in CSV the header is record 1 and blank lines are none, in
Parquet the first row is record 1.
"""

from __future__ import annotations

import csv
import json
import mmap
import resource
import sys
import uuid
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, NoReturn

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

REFUSED = 3
"""Exit code after an orderly refusal; any other but 0 means that the file broke the reader."""

MAXIMUM_SKIPPED = 1000
"""Most rows with a wrong number of fields before the file is refused as a whole."""

BLOCK_BYTES = 4 << 20
"""Bytes parsed at once, and the longest row."""

_TEXT = pa.string()
_INSTANT = pa.timestamp("us", tz="UTC")
_BYTES = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary)


class Refusal(Exception):  # noqa: N818
    """Carry the sentence, the remedy and the place of what is wrong with the file."""

    def __init__(self, sentence: str, **place: Any) -> None:
        super().__init__(sentence)
        self.document = {"sentence": sentence, **place}


def lower(kind: int, value: int) -> None:
    """Lower one limit of this process for good; a stricter one that is set already stays."""
    hard = resource.getrlimit(kind)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (value, value))


def restrain(memory: int, seconds: int) -> None:
    """Limit this process: address space, processor time, no core dump, almost no file output."""
    lower(resource.RLIMIT_CORE, 0)
    lower(resource.RLIMIT_FSIZE, 1 << 20)
    lower(resource.RLIMIT_CPU, seconds)
    if sys.platform != "darwin":  # where the address space has no such limit
        lower(resource.RLIMIT_AS, memory)
    pa.set_cpu_count(1)
    csv.field_size_limit(2 * BLOCK_BYTES)


def read_header(path: str) -> list[str]:
    """Return the column names of a CSV file; refuses empty files and other encodings."""
    with open(path, "rb") as file:  # noqa: PTH123
        start = file.read(4)
    if not start:
        raise Refusal("The file is empty.")
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Refusal("The file is UTF-16.", remedy="Save it as UTF-8.", row=1)
    with open(path, encoding="utf-8-sig", errors="surrogateescape", newline="") as text:  # noqa: PTH123
        header: list[str] = next((record for record in csv.reader(text) if record), [])
    if not header:
        raise Refusal("The file has only blank lines.")
    if any("\ud800" <= letter <= "\udfff" for letter in "".join(header)):
        raise Refusal("The header is not UTF-8.", remedy="Save the file as UTF-8.", row=1)
    return header


def check_columns(names: list[str], wanted: list[str]) -> None:
    """Refuse a missing or repeated column, with the nearest names."""
    for name in wanted:
        if names.count(name) > 1:
            raise Refusal("The header names this column twice.", column=name, row=1)
        if name not in names:
            raise Refusal("There is no such column.", column=name, row=1, remedy=hint(names, name))


def hint(names: list[str], wanted: str) -> str:
    """Guess what is wrong with a header that lacks a column; data in its place is not repeated."""
    if any("@" in name or name.strip().replace(".", "").isdigit() for name in names):
        return "The first line looks like data: add a header."
    if len(names) == 1 and any(mark in names[0] for mark in ";\t|"):
        return "The fields are not separated by commas."
    folded = {name.strip().casefold(): name for name in names if name.isprintable()}
    near = get_close_matches(wanted.strip().casefold(), folded, n=3, cutoff=0.5)
    listed = ", ".join(name[:64] for name in ([folded[key] for key in near] or names[:12]))
    if not listed.isprintable():
        return "The header has names that do not print."
    return f"Did you mean {listed}?" if near else f"The columns are: {listed}."


def read_csv(path: str, columns: list[str], skipped: list[int]) -> Iterator[list[pa.Array]]:
    """Yield the wanted columns block by block; records with a wrong field count are skipped."""
    check_columns(read_header(path), columns)

    def skip(row: Any) -> str:
        skipped.append(row.number)
        if len(skipped) > MAXIMUM_SKIPPED:
            return "error"
        return "skip"

    options = pyarrow.csv.ConvertOptions(
        column_types=dict.fromkeys(columns, pa.binary()), include_columns=columns
    )
    try:
        reader = pyarrow.csv.open_csv(
            path,
            read_options=pyarrow.csv.ReadOptions(use_threads=False, block_size=BLOCK_BYTES),
            parse_options=pyarrow.csv.ParseOptions(
                newlines_in_values=True, invalid_row_handler=skip
            ),
            convert_options=options,
        )
        yield from (batch.columns for batch in reader)
    except pa.ArrowInvalid as fault:
        refuse_csv(path, str(fault), skipped)


def refuse_csv(path: str, fault: str, skipped: list[int]) -> NoReturn:
    """Turn the parser's fault into a sentence without the file's text."""
    if len(skipped) > MAXIMUM_SKIPPED:
        row = locate(path, skipped[:1])[0]
        remedy = "Quote fields that hold commas, and separate fields by commas."
        raise Refusal(
            f"More than {MAXIMUM_SKIPPED:,} rows have another number of fields than the header.",
            row=row,
            remedy=remedy,
        )
    if "straddling" in fault:
        remedy = "Look for a quote that never closes."
        raise Refusal(f"A row is longer than {BLOCK_BYTES >> 20} MiB.", remedy=remedy)
    raise Refusal("The file is not well-formed CSV.")


def locate(path: str, records: list[int]) -> list[int]:
    """Return the line on which each record of a CSV file starts; blank lines are no records."""
    wanted = set(records)
    lines: dict[int, int] = {}
    count = ended = 0
    with open(path, encoding="utf-8-sig", errors="replace", newline="") as text:  # noqa: PTH123
        reader = csv.reader(text)
        for record in reader:
            if record:
                count += 1
                if count in wanted:
                    lines[count] = ended + 1
                    if len(lines) == len(wanted):
                        break
            ended = reader.line_num
    return [lines.get(record, 0) for record in records]


def check_quotes(path: str) -> int | None:
    """Return the records of a CSV file with quotes, its header included; None if it has none.

    The parser takes every way to quote without a word, and gives rows away where a cell does not
    end where its writer meant it to.  So each record is read again, strictly (RFC 4180).

    Raises ``Refusal`` for a quote that never closes, for text behind a closing quote, and for a
    quoted cell over several lines with a backslash before a quote: where it ends is anybody's
    guess.
    """
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:  # noqa: PTH123
        if view.find(b'"') < 0:
            return None
        escaped = view.find(b'\\"') >= 0
    found = ended = line = 0
    with open(path, encoding="utf-8-sig", errors="replace", newline="") as text:  # noqa: PTH123
        reader = csv.reader(text, strict=True)
        try:
            for record in reader:
                line, ended = ended + 1, reader.line_num
                found += bool(record)
                if escaped and ended > line and any(map(_doubtful, record)):
                    raise Refusal(_DOUBTFUL, row=line, remedy=_TWICE)
        except csv.Error as fault:
            # A cell that is longer than the limit is one that never closes.
            open_end = "unexpected end" in str(fault) or "limit" in str(fault)
            sentence = "A quote on this line never closes." if open_end else _BEHIND
            raise Refusal(sentence, row=ended + 1, remedy=_TWICE) from None
    return found


_BEHIND = "Text follows a closing quote on this line, or in the cell that starts on it."
_DOUBTFUL = "A cell that starts on this line has a backslash before a quote and goes on below."
_TWICE = 'Write a quote inside a quoted cell twice: "27"" screen".'


def _doubtful(cell: str) -> bool:
    before_a_quote = '\\"' in cell or cell.endswith("\\")
    return before_a_quote and ("\n" in cell or "\r" in cell)


def as_text(path: str, column: pa.Array, name: str, before: int, skipped: list[int]) -> pa.Array:
    """Return a block's column as text, or refuse the file at its first byte that is not UTF-8."""
    if not pa.types.is_binary(column.type):
        return column
    try:
        return column.cast(_TEXT)
    except pa.ArrowInvalid:
        for index, cell in enumerate(column.to_pylist()):
            check_utf8(path, cell, name, record_of(before + index, skipped))
        raise


def record_of(index: int, skipped: list[int]) -> int:
    """Return the record of the index-th row (from 0) that was not skipped."""
    record = index + 2
    for other in sorted(skipped):
        if other > record:
            break
        record += 1
    return record


def check_utf8(path: str, cell: bytes, name: str, record: int) -> None:
    """Refuse the file at a cell that is not UTF-8."""
    try:
        cell.decode()
    except UnicodeDecodeError as fault:
        remedy = "Save the file as UTF-8 (it may be GB 18030 or Latin-1)."
        sentence = f"Byte {fault.start + 1} of the cell, 0x{cell[fault.start]:02x}, is not UTF-8."
        row = locate(path, [record])[0]
        raise Refusal(sentence, column=name, row=row, remedy=remedy) from None


def read_parquet(path: str, columns: list[str], identifier: str) -> Iterator[list[pa.Array]]:
    """Yield the wanted columns of a Parquet file batch by batch, as text or instants."""
    file = pyarrow.parquet.ParquetFile(path)
    check_columns(file.schema_arrow.names, columns)
    if identifier in columns and rounds(file.schema_arrow.field(identifier).type):
        sentence = "The identifiers are floating-point numbers, which round long ones."
        raise Refusal(sentence, column=identifier, remedy="Write them as text or as integers.")
    for batch in file.iter_batches(batch_size=1 << 16, columns=columns, use_threads=False):
        yield [plain(batch.column(name), name) for name in columns]


def rounds(kind: pa.DataType) -> bool:
    """Say whether a column holds floating-point numbers, in a dictionary or not."""
    return bool(pa.types.is_floating(kind.value_type if pa.types.is_dictionary(kind) else kind))


def plain(column: pa.Array, name: str) -> pa.Array:
    """Return a Parquet column as text, or as an instant if it is a time with a zone."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return plain(column.dictionary_decode(), name)
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        return column.cast(_INSTANT, safe=False)
    if isinstance(kind, pa.BaseExtensionType):
        if kind.extension_name == "arrow.uuid":
            cells = column.storage.to_pylist()
            return pa.array([cell and str(uuid.UUID(bytes=cell)) for cell in cells], _TEXT)
        return plain(column.storage, name)
    if any(test(kind) for test in _BYTES):
        remedy = "Write it as text: digests in hexadecimal digits, UUIDs with hyphens."
        raise Refusal("The column holds bytes, not text.", column=name, remedy=remedy)
    if pa.types.is_nested(kind):
        raise Refusal("The column holds lists or structures.", column=name)
    return column.cast(_TEXT)


def stream(path: str, columns: list[str], identifier: str) -> list[int]:
    """Write the columns to standard output as one Arrow stream; return the skipped records."""
    skipped: list[int] = []
    with open(path, "rb") as file:  # noqa: PTH123
        parquet = file.read(4) == b"PAR1"
    if parquet:
        blocks = read_parquet(path, columns, identifier)
    else:
        blocks = read_csv(path, columns, skipped)
    writer = None
    rows = 0
    for block in blocks:
        named = zip(block, columns, strict=True)
        texts = [as_text(path, column, name, rows, skipped) for column, name in named]
        batch = pa.record_batch(texts, names=columns)
        if writer is None:
            writer = pa.ipc.new_stream(sys.stdout.buffer, batch.schema)
        writer.write_batch(batch)
        rows += batch.num_rows
    if writer is not None:
        writer.close()
    records = None if parquet else check_quotes(path)
    if records is not None and records != rows + len(skipped) + 1:
        raise Refusal(f"The file has {records - 1:,} rows, and {rows + len(skipped):,} were read.")
    if rows + len(skipped) == 0:
        raise Refusal("The file has no rows below its header.")
    return skipped


def main() -> int:
    """Answer the one request, and say in one document how it ended."""
    request = json.load(sys.stdin)
    restrain(request["memory"], request["seconds"])
    try:
        if "records" in request:
            json.dump(locate(request["path"], request["records"]), sys.stdout)
            return 0
        skipped = stream(request["path"], request["columns"], request["identifier"])
        json.dump({"skipped": skipped}, sys.stderr)
    except Refusal as refusal:
        json.dump(refusal.document, sys.stderr)
    except (MemoryError, pa.ArrowMemoryError):
        json.dump({"sentence": "Reading the file takes more memory than is allowed."}, sys.stderr)
    except (pa.ArrowException, OSError, csv.Error, UnicodeError):
        json.dump({"sentence": "The file is damaged or not of its kind."}, sys.stderr)
    else:
        return 0
    return REFUSED


if __name__ == "__main__":
    sys.exit(main())
