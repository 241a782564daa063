"""Measure the memory that fetching a dataset's rows takes: python -m benchmarks.source_memory ROWS.

Each source is read in a process of its own, at a tenth of the rows and at all of them.  Prints
rows, seconds and peak resident memory of that process and its children; memory that is flat is
about the same in both lines.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from cleanroom.ingest.origin import opened
from cleanroom.ingest.spec import DatasetSpec

ROW = "'p' || i || '@example.com' AS email, 't' || (i % 3) AS tier, i % 1000 AS spend"
FILES = 10


def spec(**where: str) -> DatasetSpec:
    """Describe an audience that lies somewhere."""
    fields = {"kind": "audience", "id": {"column": "email", "profile": "email:uid2:v1"}}
    return DatasetSpec.model_validate({**fields, "labels": ["tier"], **where})


def write_files(folder: Path, rows: int, kind: str, files: int = FILES) -> None:
    """Write made-up rows as several files."""
    folder.mkdir()
    each = rows // files
    duckdb.execute("SET enable_progress_bar = false")
    for number in range(files):
        rows_of = f"SELECT {ROW} FROM range({number * each}, {(number + 1) * each}) AS made(i)"
        duckdb.sql(f"COPY ({rows_of}) TO '{folder}/{number}.{kind}'")


def query(folder: Path, rows: int) -> DatasetSpec:
    """Return rows that a database makes up while they are read."""
    return spec(query=f"SELECT {ROW} FROM range({rows}) AS made(i)")


def csv(folder: Path, rows: int) -> DatasetSpec:
    """Return a folder of CSV files."""
    write_files(folder / "csv", rows, "csv")
    return spec(file="csv")


def parquet(folder: Path, rows: int) -> DatasetSpec:
    """Return a folder of Parquet files."""
    write_files(folder / "parquet", rows, "parquet")
    return spec(file="parquet")


def iceberg(folder: Path, rows: int) -> DatasetSpec:
    """Return a table of Iceberg with several data files."""
    os.environ["PYICEBERG_CATALOG__LAKE__TYPE"] = "sql"
    os.environ["PYICEBERG_CATALOG__LAKE__URI"] = f"sqlite:///{folder}/catalog.db"
    os.environ["PYICEBERG_CATALOG__LAKE__WAREHOUSE"] = str(folder)
    from pyiceberg.catalog import load_catalog

    write_files(folder / "files", rows, "parquet")
    lake = load_catalog("lake")
    lake.create_namespace("shop")
    first = folder / "files" / "0.parquet"
    table = lake.create_table("shop.crm", schema=pq.read_schema(first))
    table.add_files([str(folder / "files" / f"{number}.parquet") for number in range(FILES)])
    return spec(file="iceberg://lake/shop.crm")


SOURCES: dict[str, Callable[[Path, int], DatasetSpec]] = {
    "query": query,
    "csv": csv,
    "parquet": parquet,
    "iceberg": iceberg,
}


def made(name: str, folder: str, rows: int) -> dict[str, str]:
    """Make the data in a process of its own, whose memory does not count."""
    found = SOURCES[name](Path(folder), rows)
    return {"file": found.file} if found.query is None else {"query": found.query}


def measure(name: str, folder: str, where: dict[str, str], rows: int) -> dict[str, object]:
    """Fetch all rows and return what it took."""
    if name == "iceberg":
        os.environ["PYICEBERG_CATALOG__LAKE__TYPE"] = "sql"
        os.environ["PYICEBERG_CATALOG__LAKE__URI"] = f"sqlite:///{folder}/catalog.db"
    start = time.perf_counter()
    with opened(spec(**where), Path(folder)) as path:
        size = path.stat().st_size
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    peak = sum(resource.getrusage(one).ru_maxrss for one in who)
    return {
        "source": name,
        "rows": rows,
        "seconds": round(time.perf_counter() - start, 1),
        "peak_megabytes": round(peak / 1024),
        "copied_megabytes": round(size / 1e6),
    }


def main(rows: int, names: list[str]) -> None:
    """Measure each source."""
    context = get_context("spawn")
    for name in names or SOURCES:
        for number in (rows // 10, rows):
            with tempfile.TemporaryDirectory() as folder:
                with context.Pool(1) as pool:
                    where = pool.apply(made, (name, folder, number))
                with context.Pool(1) as pool:
                    found = pool.apply(measure, (name, folder, where, number))
                sys.stdout.write(json.dumps(found) + "\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
