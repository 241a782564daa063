"""Choose what reads a party's data: processes of this machine, or Spark."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cleanroom import ingest
from cleanroom.errors import InvalidInput

if TYPE_CHECKING:
    from cleanroom.ingest import Table
    from cleanroom.ingest.spec import DatasetSpec

LOCAL: Final = "local"
SPARK: Final = "spark"

Read = Callable[["DatasetSpec", Path, Executor | None], "Table"]
"""Reads the data that a section describes, in a folder; whether to take it says the report."""


def read_here(spec: DatasetSpec, folder: Path, executor: Executor | None = None) -> Table:
    """Read on this machine."""
    with ingest.opened(spec, folder) as path:
        return ingest.read_unchecked(spec, path, executor)


@contextmanager
def engine(name: str = LOCAL, master: str | None = None) -> Iterator[Read]:
    """Yield what reads datasets; a session of Spark lasts as long as this.

    Raises ``InvalidInput`` for an engine that there is not, and for what Spark lacks here.
    """
    if name not in (LOCAL, SPARK):
        raise InvalidInput(f"There is no engine {name}.", remedy=f"Use {LOCAL} or {SPARK}.")
    if name == LOCAL:
        yield read_here
        return
    from cleanroom.ingest.spark.session import on_spark  # noqa: PLC0415 - an extra

    with on_spark(master) as cluster:
        yield cluster.read
