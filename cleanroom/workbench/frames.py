"""Take any dataframe and give the same kind back, through Arrow and without importing its library.

What comes in goes to the reader of files as Parquet, in memory where the system can do that, so
that data from elsewhere passes the very same checks as a file.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from cleanroom.errors import InvalidInput
from cleanroom.ingest.frames import ArrowStream, write_parquet

LIBRARIES: Final = ("pandas", "polars", "duckdb", "pyarrow")
"""Libraries whose frames an answer can be returned as."""


Data = ArrowStream | Path | str
"""A dataframe of any library, or the path of a CSV or Parquet file."""


def library(data: Data) -> str | None:
    """Return the library that a dataframe comes from, None for files and for any other."""
    name = type(data).__module__.split(".")[0].lstrip("_")
    return name if name in LIBRARIES else None


def at_hand() -> str:
    """Return the library of frames that the caller works with, as far as that can be seen."""
    return next((name for name in LIBRARIES if name in sys.modules), LIBRARIES[-1])


@contextmanager
def as_files(frames: Mapping[str, Data]) -> Iterator[dict[str, Path]]:
    """Yield where each dataframe can be read as a file for as long as this is open.

    A file is where it lies.  A dataframe becomes Parquet under its own name, which the reader
    shows in its errors.  Raises ``InvalidInput`` for what is neither.
    """
    with tempfile.TemporaryDirectory(prefix="cleanroom-") as folder:
        opened: list[int] = []
        try:
            yield {
                name: _as_file(data, Path(folder) / name, opened) for name, data in frames.items()
            }
        finally:
            for file in opened:
                os.close(file)


def _as_file(data: Data, path: Path, opened: list[int]) -> Path:
    if isinstance(data, str | Path):
        return Path(data).absolute()
    if not isinstance(data, ArrowStream):
        raise InvalidInput(
            f"{path.name} is a {type(data).__name__}, which is not a table.",
            remedy="Give a dataframe, an Arrow table, a query's rows or the path of a file.",
        )
    if hasattr(os, "memfd_create"):
        # Identifiers in clear: they stay in memory, under a name that nobody else can open.
        opened.append(os.memfd_create(path.name, os.MFD_CLOEXEC))
        path.symlink_to(f"/proc/{os.getpid()}/fd/{opened[-1]}")
    else:
        path.touch(0o600)
    write_parquet(data, path)
    return path


def as_frame(columns: Mapping[str, Sequence[Any]], kind: str) -> Any:
    """Return columns as a frame of one of ``LIBRARIES``."""
    table = pa.table({name: list(values) for name, values in columns.items()})
    if kind == "pandas":
        return table.to_pandas()
    if kind == "polars":
        import polars  # noqa: PLC0415

        return polars.from_arrow(table)
    if kind == "duckdb":
        import duckdb  # noqa: PLC0415

        return duckdb.from_arrow(table)
    return table
