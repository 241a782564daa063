"""Answer for the parts of a dataset as the workers of a cluster do, one after the other here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from cleanroom.agent.tables import holds_rows, save_table
from cleanroom.agent.vault import Vault
from cleanroom.ingest import Table
from cleanroom.ingest.engines import read_here
from cleanroom.ingest.origin import pieces
from cleanroom.ingest.reader import latest_now
from cleanroom.ingest.spark.gathered import Gatherer
from cleanroom.ingest.spark.parts import Message
from cleanroom.ingest.spark.worker import Work, messages_of
from cleanroom.ingest.spec import DatasetSpec


def gathered(spec: DatasetSpec, folder: Path) -> Table:
    """Return what comes of all parts, each read by itself."""
    work = Work(spec, latest_now(), tuple(pieces(spec, folder)))
    names = tuple(Path(one).name for one in work.pieces)
    whole = names[0] if len(names) == 1 else f"{Path(spec.file).name} (all)"

    def lookup(records: dict[int, list[int]]) -> Iterator[Message]:
        for number in records:
            yield from messages_of(number, replace(work, records=records))

    said = (message for number in range(len(names)) for message in messages_of(number, work))
    return Gatherer(spec, whole, names, lookup).table(said)


def same_rows(one: Table, other: Table) -> bool:
    """Tell whether two tables hold the same rows in the same order."""
    with TemporaryDirectory() as folder:
        home = Path(folder)
        save_table(Vault(home, bytes(32)), home / "table", one)
        return holds_rows(Vault(home, bytes(32)), home / "table", other)


def equal(one: Table, other: Table) -> bool:
    """Tell whether two tables are the same to the byte, and say the same of their files."""
    return same_rows(one, other) and one.report == other.report


def is_the_same(spec: DatasetSpec, folder: Path) -> bool:
    """Tell whether a folder comes out as one file does that all its files are put together in."""
    return equal(gathered(spec, folder), read_here(spec, folder))
