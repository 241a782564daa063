"""Look at a party's file before anything of it is sent: the same for every front end."""

from __future__ import annotations

from collections.abc import Callable, Collection
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path

from cleanroom.agent.datasets import check_declared, encryption_of
from cleanroom.documents.agreement import RowEncryption
from cleanroom.ingest import Report, read_table, validate_report
from cleanroom.ingest.cost import under_lattice
from cleanroom.ingest.spec import DatasetSpec
from protocols.limits import padded_size


def look(
    spec: DatasetSpec,
    path: Path,
    allowed: Collection[RowEncryption],
    executor: Executor | None = None,
    progress: Callable[[int], None] | None = None,
) -> Report:
    """Return what a file holds, with the encryption that an upload would take and what it costs.

    ``allowed`` are the encryptions of rows that the room allows; ``progress`` is told the rows
    read so far.  Raises ``InvalidInput`` only when the file cannot be read to its end.
    """
    return priced(spec, validate_report(spec, path, executor, progress), allowed)


def priced(spec: DatasetSpec, report: Report, allowed: Collection[RowEncryption]) -> Report:
    """Return a report with the encryption that an upload would take, and what that costs."""
    taken = encryption_of(allowed, spec, padded_size(report.usable))
    if taken is None:
        return report
    cost = report.cost
    if taken.encryption == "lattice":
        cost = under_lattice(cost, report.usable, len(spec.labels), len(spec.ids))
    return replace(report, cost=replace(cost, encryption=taken.encryption, why=taken.why))


def check_live(name: str, spec: DatasetSpec, path: Path, executor: Executor | None = None) -> None:
    """Refuse what an upload to a live room would refuse, with the line that mends it.

    Raises ``InvalidInput`` for labels whose values are not declared.
    """
    if spec.undeclared:
        table = read_table(spec, path, executor)
        check_declared(name, spec, {one: found.domain for one, found in table.labels.items()})
