"""Tell the instants among the times that a Parquet file holds in INT96, a type without a zone.

Spark and Hive write instants in UTC so, Impala and others what a clock showed (PARQUET-861,
HIVE-21290, SPARK-25102).  The footer says which, or nothing does, and then the times are marked.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet

from cleanroom.isolated.columns import source

MARK = {b"int96": b"yes"}
"""Metadata of a column of which nothing tells whether it holds instants or local times."""

_IN_UTC = (b"org.apache.spark.version", b"writer.time.zone", b"writer.zone.conversion.legacy")
"""Keys of footers that Spark writes since 2.4, and Hive since 3.1.2, both of which write UTC."""


def parquet_file(
    path: str, read_dictionary: list[str] | None = None
) -> pyarrow.parquet.ParquetFile:
    """Open a Parquet file; its times in INT96 are finer otherwise, and years beyond 2262 others."""
    return pyarrow.parquet.ParquetFile(
        source(path), read_dictionary=read_dictionary, coerce_int96_timestamp_unit="us"
    )


def fields_of(file: pyarrow.parquet.ParquetFile) -> pa.Schema:
    """Return the columns of a file: times in INT96 are instants if the footer says so.

    Others carry ``MARK``, and keep it where a file is written anew.
    """
    schema, known = file.schema_arrow, file.metadata.metadata or {}
    in_utc = any(key in known for key in _IN_UTC)
    flat = (file.schema.column(place) for place in range(len(file.schema)))
    old = {column.path for column in flat if column.physical_type == "INT96"}
    return pa.schema([_told(field, field.name in old, in_utc=in_utc) for field in schema])


def _told(field: pa.Field, old: bool, *, in_utc: bool) -> pa.Field:
    if old and in_utc:
        return pa.field(field.name, pa.timestamp("us", tz="UTC"))
    marked = old or is_marked(field)
    return pa.field(field.name, field.type, field.nullable, MARK if marked else None)


def is_marked(field: pa.Field) -> bool:
    """Tell whether nothing says what the times of a column are."""
    return MARK.items() <= (field.metadata or {}).items()
