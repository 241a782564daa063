"""Write what comes through Arrow as Parquet, so that it passes the very checks of a file."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol, runtime_checkable

import pyarrow as pa
import pyarrow.parquet as pq

from cleanroom.errors import InvalidInput
from cleanroom.isolated.times import MARK

_LOCAL = tuple(pa.timestamp(unit) for unit in ("s", "ms", "us", "ns"))


@runtime_checkable
class ArrowStream(Protocol):
    """Whatever can be read through the Arrow PyCapsule interface: a dataframe, a query's rows."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Return a capsule with a stream of Arrow arrays."""
        ...


def write_parquet(data: ArrowStream, path: Path, *, untold: bool = False) -> None:
    """Write batch by batch, so that rows of a query never lie in memory as a whole.

    ``untold`` says that times without a zone may be instants in UTC.  Raises ``InvalidInput`` for
    what is not a table.
    """
    try:
        reader = pa.RecordBatchReader.from_stream(data)
        schema = _plain(reader.schema, untold=untold)
        with pq.ParquetWriter(path, schema) as writer:
            for batch in reader:
                columns = [
                    _as(column, field.type) for column, field in zip(batch, schema, strict=True)
                ]
                writer.write_batch(pa.record_batch(columns, schema=schema))
    except (pa.ArrowException, TypeError, ValueError) as fault:
        raise InvalidInput(f"{path.name} cannot be read as a table: {fault}") from None


def _plain(schema: pa.Schema, *, untold: bool) -> pa.Schema:
    """Return a schema without what frames wrap texts in: categories are their texts."""
    kinds = [
        field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        for field in schema
    ]
    kinds = [pa.string() if _is_text(kind) else kind for kind in kinds]
    return pa.schema(
        [
            pa.field(name, kind, metadata=MARK if untold and kind in _LOCAL else None)
            for name, kind in zip(schema.names, kinds, strict=True)
        ]
    )


def _as(column: pa.Array, kind: pa.DataType) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        # Arrow decodes no categories whose texts are views, as polars has them.
        texts = column.dictionary.cast(kind)
        column = pa.DictionaryArray.from_arrays(column.indices, texts).dictionary_decode()
    return column.cast(kind)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_large_string(kind) or pa.types.is_string_view(kind))
