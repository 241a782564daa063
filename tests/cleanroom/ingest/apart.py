"""Read files as the reader's own process does, without starting one for each."""

from __future__ import annotations

from pathlib import Path

from cleanroom.errors import InvalidInput
from cleanroom.ingest.source import Source
from cleanroom.isolated.__main__ import read as read_apart
from cleanroom.isolated.columns import Refusal
from cleanroom.isolated.parquet_rows import Exact
from cleanroom.isolated.records import Odd


def read(path: Path, *columns: str) -> tuple[list[tuple[str, ...]], list[int]]:
    """Return the rows of a file, and the records that are left out."""
    Source(path, columns)  # looks at the first bytes
    skipped: list[int] = []
    try:
        batches = list(read_apart(str(path), list(columns), Exact(columns[0]), skipped, Odd()))
    except Refusal as refusal:
        place = {name: refusal.document.get(name) for name in ("row", "column", "remedy")}
        raise InvalidInput(str(refusal), file=path.name, **place) from None
    return [tuple(row.values()) for batch in batches for row in batch.to_pylist()], skipped
