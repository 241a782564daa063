"""Do what a task of Spark does: judge the rows of one part, or look up lines of a file.

No exception leaves a task.  What goes wrong is said in its answer, in words without a cell of the
data; Spark would write an exception's text into its logs, and try again what fails every time.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from cleanroom.errors import InvalidInput
from cleanroom.ingest.frames import write_parquet
from cleanroom.ingest.origin import piece
from cleanroom.ingest.reader import Collector, source_of
from cleanroom.ingest.source import Source
from cleanroom.ingest.spark.parts import (
    Message,
    document_of,
    fit_of,
    rows_of,
    rules,
    stream_of,
)
from cleanroom.ingest.spec import DatasetSpec

COLUMNS = "part bigint, place bigint, document string, rows binary"
_KINDS = (pa.int64(), pa.int64(), pa.string(), pa.binary())
_SCHEMA = pa.schema([*zip(("part", "place", "document", "rows"), _KINDS, strict=True)])

ROWS = 1 << 14
"""Rows of one message: a megabyte where they have few columns."""

PLACE = ("sentence", "file", "row", "column", "remedy")


@dataclass(frozen=True)
class Work:
    """Say what is read, by which description, and which time is the last accepted one.

    ``pieces`` are the paths or URLs of files; ``records`` are, by piece, those whose lines are
    asked for instead of the rows.
    """

    spec: DatasetSpec
    latest: int
    pieces: tuple[str, ...] = ()
    records: dict[int, list[int]] | None = None


def read_pieces(batches: Iterable[pa.RecordBatch], work: Work) -> Iterator[pa.RecordBatch]:
    """Answer for the pieces whose numbers are in the only column."""
    for batch in batches:
        for number in batch.column(0).to_pylist():
            yield from _encoded(messages_of(number, work))


def read_rows(batches: Iterable[pa.RecordBatch], work: Work) -> Iterator[pa.RecordBatch]:
    """Answer for the rows of one partition of a query."""
    yield from _encoded(rows_messages(_partition(), batches, work))


def copy_rows(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Hand rows on as they are."""
    number = _partition()
    yield from _encoded(
        Message(number, rows=stream_of(part)) for batch in batches for part in _parts(batch)
    )


def _partition() -> int:
    from pyspark import TaskContext  # noqa: PLC0415 - workers of Spark alone have it

    context = TaskContext.get()
    return context.partitionId() if context else 0


def messages_of(number: int, work: Work) -> Iterator[Message]:
    """Yield what is to be said of one piece."""

    def read() -> Iterator[Message]:
        with piece(work.pieces[number]) as path:
            if work.records is not None:
                yield _said(number, lines=_lines(path, work, work.records[number]))
            elif len(work.pieces) == 1:
                yield from _judged(number, path, work)
            else:
                fit = fit_of(path)
                yield from _judged(number, path if fit["has_rows"] else None, work, fit=fit)

    return _guarded(number, read)


def rows_messages(number: int, batches: Iterable[pa.RecordBatch], work: Work) -> Iterator[Message]:
    """Yield what is to be said of the rows of one partition, which are read as Parquet."""

    def read() -> Iterator[Message]:
        rows = iter(batches)
        first = next(rows, None)
        if first is None:
            yield from _judged(number, None, work)
            return
        with tempfile.TemporaryDirectory(prefix="cleanroom-") as private:
            path = Path(private) / "query"
            write_parquet(
                pa.RecordBatchReader.from_batches(first.schema, chain([first], rows)), path
            )
            filled = pq.read_metadata(path).num_rows
            yield from _judged(number, path if filled else None, work)

    return _guarded(number, read)


def _judged(number: int, path: Path | None, work: Work, **more: Any) -> Iterator[Message]:
    """Yield the usable rows of a file, and what was counted; without a path there are none."""
    source, collector = None, Collector(work.spec, work.latest, None)
    if path is not None:
        source = source_of(work.spec, path)
        for batch in source.batches():
            for part in _parts(batch):
                collector.add(part)
                yield from (Message(number, rows=rows) for rows in rows_of(collector))
    yield _said(number, **document_of(collector, source), **more)


def _lines(path: Path, work: Work, records: list[int]) -> list[int]:
    found = Source(path, work.spec.columns).locate(records)
    return [found[record] for record in records]


def _guarded(number: int, read: Callable[[], Iterator[Message]]) -> Iterator[Message]:
    try:
        yield from read()
    except InvalidInput as refusal:
        yield _said(number, refusal={name: getattr(refusal, name) for name in PLACE})
    except Exception as fault:  # its text may repeat a cell
        yield _said(number, broken=type(fault).__name__)


def _said(number: int, **document: Any) -> Message:
    return Message(number, json.dumps({"rules": rules(), **document}))


def _parts(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    return (batch.slice(start, ROWS) for start in range(0, batch.num_rows, ROWS))


def _encoded(messages: Iterable[Message]) -> Iterator[pa.RecordBatch]:
    """Yield the messages of one part, each with its place among them."""
    for place, message in enumerate(messages):
        cells = (message.part, place, message.document, message.rows)
        columns = [pa.array([cell], kind) for cell, kind in zip(cells, _KINDS, strict=True)]
        yield pa.record_batch(columns, schema=_SCHEMA)
