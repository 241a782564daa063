"""Read Parquet: every type as its text or as an instant, or refused by column and type."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from cleanroom.isolated.columns import Refusal, check_names, find_columns, named_once, of_kept
from cleanroom.isolated.filters import Keep, with_kept
from cleanroom.isolated.items import Items
from cleanroom.isolated.orders import LOOKED_AT as ROWS
from cleanroom.isolated.orders import Orders
from cleanroom.isolated.text import Spoilt, is_utf8
from cleanroom.isolated.times import fields_of, is_marked, parquet_file
from cleanroom.isolated.unread import LOOKED_AT, Unread, has_many, numbers_of

Rows = npt.NDArray[np.int64]

NUMBERS = {"numbers": "yes"}
"""Metadata of a column of numbers."""

_TEXT = pa.string()
_INSTANT = pa.timestamp("us", tz="UTC")
_BYTES = (
    pa.types.is_binary,
    pa.types.is_large_binary,
    pa.types.is_fixed_size_binary,
    pa.types.is_binary_view,
)


UNTOLD = (
    "The times are in INT96, and the file does not tell whether they are UTC, as Spark and Hive"
    " write it, or local times, as others do."
)
TELL = (
    'For UTC declare zone = "UTC"; local times: write them as TIMESTAMP or as text, or in a query'
    " AT TIME ZONE 'Asia/Shanghai'."
)


class Exact(NamedTuple):
    """Name the columns in which a rounded number would be somebody else, or another hour."""

    identifier: str
    time: str | None = None
    written: bool = False
    """Whether times are declared as text, or numbers, in a format."""
    in_utc: bool = False
    """Whether local times are declared to be those of UTC."""


_BATCH = 1 << 16
"""Rows that are read at once."""

MAXIMUM_UNREAD = 60
"""Most columns, beside those that are asked for, whose first cells are looked at."""


def read_parquet(
    path: str,
    columns: list[str],
    exact: Exact,
    unread: Unread | None = None,
    keep: Keep | None = None,
    spoilt: Spoilt | None = None,
) -> Iterator[pa.RecordBatch]:
    """Yield the wanted columns of a Parquet file batch by batch, as text or instants.

    The fields of columns that hold numbers, not text, say so in their metadata.  Behind them
    stands which rows ``keep`` keeps, if it asks for a column; ``unread`` is told of those alone.
    ``spoilt`` is told of cells that are not UTF-8, in columns that nobody asks for.
    """
    file = parquet_file(path)
    check_names(file.schema_arrow.names)
    raw = find_columns(file.schema_arrow.names, columns)
    told = fields_of(file)
    fields = {name: told.field(own) for name, own in zip(columns, raw, strict=True)}
    kinds = {name: unwrapped(field.type) for name, field in fields.items()}
    for name, kind in kinds.items():
        check_type(kind, name)
    if exact.time and is_marked(fields[exact.time]) and not exact.in_utc:
        raise Refusal(UNTOLD, column=exact.time, remedy=TELL)
    _check_exact(kinds, exact)
    unread, keep, spoilt = unread or Unread(), keep or Keep(), spoilt or Spoilt()
    others = _others(file, raw, unread)
    if others:
        file = parquet_file(path, read_dictionary=others)
    orders = _first_orders(file, unread.orders)
    items = _column_of_items(file, dict(zip(columns, raw, strict=True)), unread.items)
    asked = [*raw, *dict.fromkeys([*others, *items])]
    rows = 0
    for whole in file.iter_batches(batch_size=_BATCH, columns=asked, use_threads=False):
        batch = in_utf8(whole, rows, spoilt, dict(zip(raw, columns, strict=True)))
        named = zip(raw, columns, strict=True)
        found = [readable(_instants(batch.column(own), kinds[name]), name) for own, name in named]
        names = [
            pa.field(name, column.type, metadata=NUMBERS if is_number(kinds[name]) else None)
            for name, column in zip(columns, found, strict=True)
        ]
        read = dict(zip(columns, found, strict=True))
        kept = keep.add(read)
        index = np.arange(batch.num_rows) if kept is None else np.flatnonzero(kept)
        phones = numbers_of(unread, columns, found, kept)
        for name in (*others, *unread.read):
            cells = read[name] if name in read else batch.column(name)
            unread.add(name, of_kept(cells, kept), partial(_record, rows + 1 + index), phones)
        # Batches of one reader end at row groups where those of another do not.
        count = min(batch.num_rows, orders.num_rows - rows)
        if count > 0:
            some, marks = orders.slice(rows, count), None if kept is None else kept[:count]
            beside = {
                name: of_kept(some.column(name).combine_chunks(), marks)
                for name in unread.orders.chosen or ()
            }
            begun = {name: cells.slice(0, count) for name, cells in read.items()}
            unread.orders.add(beside, begun, marks, partial(_record, rows + 1 + index))
        wanted = pa.record_batch(found, schema=pa.schema(names))
        yield with_kept(unread.items.add(batch, read, wanted), kept)
        rows += batch.num_rows
    spoilt.judge()
    if rows != file.metadata.num_rows:
        raise Refusal(f"The file has {file.metadata.num_rows:,} rows, and {rows:,} were read.")


def in_utf8(
    batch: pa.RecordBatch,
    rows: int = 0,
    spoilt: Spoilt | None = None,
    wanted: Mapping[str, str] | None = None,
) -> pa.RecordBatch:
    """Return a batch, after so many rows, in which all text is UTF-8; tell ``spoilt`` of others.

    Raises ``Refusal`` if it is not in a column that is ``wanted``, by its own name and the asked.
    """
    found = {name: _not_utf8(batch.column(name)) for name in batch.schema.names}
    found = {name: cells for name, cells in found.items() if cells}
    for own, name in (wanted or {}).items():
        if own not in found:
            continue
        place = next(place for place, cell in enumerate(found[own]) if cell is not None)
        raise Refusal(
            "The text is not UTF-8.",
            column=name,
            row=rows + 1 + place,
            remedy="Write the column as text in UTF-8.",
        )
    if not found:
        return batch
    for place, cells in enumerate(zip(*found.values(), strict=True)):
        if spoilt is not None and any(cells):
            texts = [(cell or b"").decode(errors="surrogateescape") for cell in cells]
            spoilt.add(rows + 1 + place, [*found], texts)
    columns = {name: batch.column(name) for name in batch.schema.names}
    for name in found:
        values = columns[name].cast(_TEXT).cast(pa.binary()).to_pylist()
        text = [None if cell is None else cell.decode(errors="replace") for cell in values]
        columns[name] = pa.array(text, _TEXT)
    return pa.record_batch([*columns.values()], names=[*columns])


def _not_utf8(column: pa.Array) -> list[bytes | None]:
    """Return the cells that are not UTF-8, with None in the place of others; none if all are."""
    texts = column.dictionary if pa.types.is_dictionary(column.type) else column
    if not (pa.types.is_string(texts.type) or pa.types.is_large_string(texts.type)):
        return []
    try:
        texts.validate(full=True)
    except pa.ArrowInvalid:
        cells = column.cast(_TEXT).cast(pa.binary()).to_pylist()
        return [None if cell is None or is_utf8(cell) else cell for cell in cells]
    return []


def _instants(column: pa.Array, kind: pa.DataType) -> pa.Array:
    """Return a column of times with the zone that the footer tells of them."""
    return column.cast(kind) if pa.types.is_timestamp(column.type) else column


def _record(records: Rows, row: int) -> int:
    return int(records[row])


def _others(file: pyarrow.parquet.ParquetFile, raw: list[str], unread: Unread) -> list[str]:
    """Return the columns that nobody asks for, and that seem to have few values or are stamps."""
    schema = file.schema_arrow
    names = [name for name in schema.names if name not in raw]
    plain = [name for name in named_once(names) if _has_words(schema, name)]
    asked = unread.name(names, plain, MAXIMUM_UNREAD)
    # Few cells are read of columns with many values: the rest of them costs as much as the others.
    some = file.iter_batches(batch_size=LOOKED_AT, columns=asked, use_threads=False)
    first = next(map(in_utf8, some), None)
    unread.orders.choose(
        dict(zip(asked, first.select(asked).columns, strict=True)) if first else {}
    )
    many = [name for name in asked if first and has_many(first.column(name))]
    kinds = (unread.is_stamp, unread.is_place, unread.is_note)
    many = [name for name in many if not any(is_one(name) for is_one in kinds)]
    unread.values |= dict.fromkeys(many)
    return [name for name in asked if first and name not in many]


def _first_orders(file: pyarrow.parquet.ParquetFile, orders: Orders) -> pa.Table:
    """Return the columns that may be of orders, and one that is not empty, as far as looked at."""
    names, rows, found = orders.chosen or file.schema_arrow.names[:1], 0, []
    for batch in file.iter_batches(batch_size=ROWS, columns=names, use_threads=False):
        found.append(in_utf8(batch))
        rows += batch.num_rows
        if rows >= ROWS:
            break
    return pa.Table.from_batches(found) if found else file.schema_arrow.empty_table()


def _column_of_items(
    file: pyarrow.parquet.ParquetFile, raw: Mapping[str, str], items: Items
) -> list[str]:
    """Return the column of orders, if nobody asks for it and cells beside it may be empty."""
    needed = {raw[name] for name in items.needed}
    groups = (file.metadata.row_group(number) for number in range(file.num_row_groups))
    columns = (group.column(place) for group in groups for place in range(group.num_columns))
    if not items.column or not any(
        one.path_in_schema in needed and _may_be_empty(one) for one in columns
    ):
        items.column = ""
    return [items.column] if items.column and not items.key else []


def _may_be_empty(column: pyarrow.parquet.ColumnChunkMetaData) -> bool:
    text = column.physical_type == "BYTE_ARRAY"
    return text or column.statistics is None or column.statistics.null_count != 0


def _has_words(schema: pa.Schema, name: str) -> bool:
    kind = unwrapped(schema.field(name).type)
    words = (pa.types.is_string, pa.types.is_large_string, pa.types.is_boolean)
    tests = (*words, pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal)
    return any(test(kind) for test in (*tests, pa.types.is_temporal))


def _check_exact(kinds: dict[str, pa.DataType], exact: Exact) -> None:
    if pa.types.is_floating(kinds.get(exact.identifier, _TEXT)):
        sentence = "The identifiers are floating-point numbers, which round long ones."
        raise Refusal(
            sentence, column=exact.identifier, remedy="Write them as text or as integers."
        )
    timestamps = pa.types.is_timestamp(kinds.get(exact.time or "", _TEXT))
    if exact.written and timestamps and kinds[exact.time or ""].tz is None:
        raise Refusal(
            "The column holds times of its own, not text in the declared format.",
            column=exact.time,
            remedy="Leave out format, and keep zone.",
        )
    if exact.time and kinds.get(exact.time) in (pa.float16(), pa.float32()):
        sentence = "The times are floating-point numbers of 32 bits or fewer, which round them."
        remedy = "Write them as timestamps, text, integers or floats of 64 bits."
        raise Refusal(sentence, column=exact.time, remedy=remedy)


def is_number(kind: pa.DataType) -> bool:
    """Tell whether the values of a type are numbers, whose point is a decimal one."""
    tests = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal)
    return any(test(kind) for test in tests)


def unwrapped(kind: pa.DataType) -> pa.DataType:
    """Return the type of the values in a dictionary or in an extension type but UUID's."""
    if pa.types.is_dictionary(kind):
        return unwrapped(kind.value_type)
    if isinstance(kind, pa.BaseExtensionType) and kind.extension_name != "arrow.uuid":
        return unwrapped(kind.storage_type)
    return kind


def check_type(kind: pa.DataType, name: str) -> None:
    """Refuse a column whose values have no text that means what they mean."""
    if any(test(kind) for test in _BYTES):
        remedy = "Write it as text: digests in hexadecimal digits, UUIDs with hyphens."
        raise Refusal("The column holds bytes, not text.", column=name, remedy=remedy)
    if pa.types.is_duration(kind):
        remedy = "Write them as numbers of one unit."
        raise Refusal("The column holds durations.", column=name, remedy=remedy)
    if pa.types.is_nested(kind):
        remedy = "Write one text or number a row: each part in a column of its own."
        raise Refusal("The column holds lists or structures.", column=name, remedy=remedy)


def readable(column: pa.Array, name: str) -> pa.Array:
    """Return a column as ``plain`` does, or refuse it by its name and type."""
    try:
        return plain(column)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        sentence = f"The column has a value of type {column.type} that is not read as text or time."
        raise Refusal(sentence, column=name, remedy="Write it as text.") from None


def plain(column: pa.Array) -> pa.Array:
    """Return a column as text, or as an instant if it is a time with a zone.

    Not a number is not a value, and parts of a second finer than a microsecond are cut off.
    """
    kind = column.type
    if pa.types.is_dictionary(kind):
        return plain(column.dictionary_decode())
    if isinstance(kind, pa.BaseExtensionType):
        if kind.extension_name == "arrow.uuid":
            cells = column.storage.to_pylist()
            return pa.array([cell and str(uuid.UUID(bytes=cell)) for cell in cells], _TEXT)
        return plain(column.storage)
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        return column.cast(options=pc.CastOptions(_INSTANT, allow_time_truncate=True))
    if pa.types.is_floating(kind):
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, kind), column)
        return without_exponents(_as_written(column))
    texts = column.cast(_TEXT)
    return without_exponents(texts) if pa.types.is_decimal(kind) else texts


def _as_written(numbers: pa.Array) -> pa.Array:
    """Return floats as the shortest text that stands for them, if that is the number meant.

    Those of 32 bits or fewer are apart by more than a hundredth from 2^17 on: there the shortest
    text is a guess (98765430 for 98765432), so all digits that the file holds are written.
    """
    texts = numbers.cast(_TEXT)
    if numbers.type == pa.float64():
        return texts
    wide = numbers.cast(pa.float64())
    coarse = pc.fill_null(pc.greater_equal(pc.abs(wide), 2.0**17), False)
    return pc.if_else(coarse, wide.cast(_TEXT), texts)


def without_exponents(texts: pa.Array) -> pa.Array:
    """Write every digit of the numbers that a cast writes with an exponent: none is lost yet.

    Zeros, which a decimal of many places writes so too, are ``0``.
    """
    scientific = pc.fill_null(pc.match_substring(texts, "e", ignore_case=True), False)
    if not pc.any(scientific).as_py():
        return texts
    numbers = map(Decimal, texts.filter(scientific).to_pylist())
    whole = [f"{number:f}" if number else "0" for number in numbers]
    return pc.replace_with_mask(texts, scientific, pa.array(whole, _TEXT))
