"""Write down what a worker found in a part: its usable rows in Arrow, all else in plain values.

Both are checked where they are joined, so that a worker of another version gives no wrong table.
That is no wall against a worker that was taken over: Spark itself unpacks objects of its workers.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow as pa

from cleanroom.ingest import joined
from cleanroom.ingest.reader import Collector
from cleanroom.ingest.source import Source

RULES = ("cleanroom-two-party", "phonenumbers", "pyarrow", "tzdata")
"""Packages of which another version may read a cell otherwise."""


@dataclass(frozen=True)
class Message:
    """Say something of a part: some of its usable rows or, at its end, a document in JSON."""

    part: int
    document: str | None = None
    rows: bytes | None = None


def rules() -> dict[str, str]:
    """Return the versions of all that decides how a cell is read."""
    return {name: version(name) for name in RULES} | {"unicode": unicodedata.unidata_version}


def schema_of(collector: Collector) -> pa.Schema:
    """Return the columns of the usable rows that a collector keeps."""
    texts = [f"identifier {place}" for place in range(len(collector.collected.values))]
    texts += ["key"] if collector.keeps_keys else []
    numbers = ["index", *(" ".join(field) for field in collector.fields)]
    return pa.schema(
        [pa.field(name, pa.large_string()) for name in texts]
        + [pa.field(name, pa.int64()) for name in numbers]
    )


def rows_of(collector: Collector) -> Iterator[bytes]:
    """Yield the usable rows, some at a time, as streams of Arrow, and let go of them."""
    kept, schema = collector.collected, schema_of(collector)
    for place, index in enumerate(kept.index):
        columns = [batches[place] for batches in kept.values if isinstance(batches, list)]
        columns += [kept.keys[place]] if collector.keeps_keys else []
        columns += [index, *(kept.fields[field][place] for field in collector.fields)]
        cast = [
            pa.array(column).cast(field.type) for column, field in zip(columns, schema, strict=True)
        ]
        yield stream_of(pa.record_batch(cast, schema=schema))
    for batches in (*kept.values, kept.keys, kept.index, *kept.fields.values()):
        if isinstance(batches, list):
            batches.clear()


def stream_of(batch: pa.RecordBatch) -> bytes:
    """Return a batch as a stream of Arrow."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as stream:
        stream.write_batch(batch)
    return bytes(sink.getvalue().to_pybytes())


def document_of(collector: Collector, source: Source | None) -> dict[str, Any]:
    """Return all that was counted beside the rows; ``source`` is None for a part without any."""
    kept = collector.collected
    return {
        "rows": kept.rows,
        "cells": [tally.document() for tally in kept.cells],
        "faulty": kept.faulty.document(),
        "look": kept.look.document(),
        "points": {name: points.document() for name, points in kept.points.items()},
        "declared": {name: signs.document() for name, signs in kept.declared.items()},
        "days": kept.days.document(),
        "midnights": kept.midnights and kept.midnights.document(),
        "worded": kept.worded,
        "several": kept.several.document(),
        "labels": {name: builder.document() for name, builder in collector.labels.items()},
        "ending": None if source is None else ending_of(source),
    }


def ending_of(source: Source) -> dict[str, Any]:
    """Return what is known of a file at its end."""
    return {
        "parquet": source.parquet,
        "skipped": source.skipped,
        "totals": source.totals,
        "odd": source.odd,
        "unread": source.unread,
        "owners": source.owners,
        "seldom": source.seldom,
        "shifted": source.shifted,
        "cut": source.cut,
        "marked": source.marked,
        "doubled": source.doubled,
        "spoilt": asdict(source.spoilt),
        "others": source.others,
        "split": source.split,
        "filled": source.filled,
        "noted": source.noted,
        "abroad": source.abroad,
        "orders": source.orders,
        "single": source.single,
        "kept": source.kept.document(),
        "out": source.out,
        "left": source.left,
        "met": source.met,
        "below": source.below,
    }


def fit_of(path: Path) -> dict[str, Any]:
    """Return what tells whether a file belongs to others: its columns, and what it is."""
    text = path.suffix.lower() == ".csv"
    columns = joined.bare_header(path) if text else joined.schema_of(path).serialize().to_pybytes()
    lines = joined.lines_of(path) if text else (0, 0)
    return {
        "columns": columns.hex(),
        "lines": lines[0] - lines[1],
        "digest": joined.digest_of(path).hex(),
        "has_rows": joined.has_rows(path),
    }
