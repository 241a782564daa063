"""Derive every person's stage at a snapshot from a party's own events, on its own machine.

The file is streamed: per batch the events are counted by person and clause, and the counts are
joined to those before, so that memory grows with people and never with events.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from pydantic import ValidationError

from cleanroom.errors import InvalidInput
from cleanroom.files import replacing
from cleanroom.ingest import Limits
from cleanroom.ingest.identifiers import normalise_many
from cleanroom.ingest.parse import Fault, parse_time
from cleanroom.ingest.report import Fault as Counted
from cleanroom.ingest.source import Source
from cleanroom.ingest.spec import TimeSpec
from cleanroom.ingest.tally import Tally
from cleanroom.queries.stages.rules import Rules

PENDING = 1 << 20
"""Most rows of partial counts that wait before they are joined, unless there are more people."""

LATEST = (1 << 63) - 1
"""No event is too late to be read: those from the snapshot on do not count."""


@dataclass(frozen=True)
class Columns:
    """Name the columns of the events file; ``format`` and ``zone`` say how times are written."""

    id: str = "id"
    time: str = "time"
    action: str = "action"
    format: str | None = None
    zone: str | None = None

    def times(self) -> TimeSpec:
        """Return how times are read; raise ``InvalidInput`` for a bad format or zone."""
        try:
            return TimeSpec(column=self.time, format=self.format, zone=self.zone)
        except ValidationError as error:
            raise InvalidInput(
                f"{error.errors()[0]['msg'].removeprefix('Value error, ')}."
            ) from None


@dataclass(frozen=True)
class Derived:
    """What a derivation found: ``people`` has the identifier and one column per snapshot.

    ``unusable`` are rows without a usable identifier, left out and counted; ``stages`` are those
    of the rules, lowest first.
    """

    people: pa.Table
    events: int
    unusable: tuple[Counted, ...]
    stages: tuple[str, ...]

    def counts(self) -> dict[str, dict[str, int]]:
        """Return how many people are at each stage, per snapshot."""
        return {
            name: {
                stage: pc.sum(pc.equal(self.people[name], stage)).as_py() or 0
                for stage in self.stages
            }
            for name in self.people.column_names[1:]
        }


def derive(
    rules: Rules,
    events: Path,
    snapshots: Mapping[str, int],
    columns: Columns | None = None,
    profile: str = "raw:v1",
    region: str | None = None,
    limits: Limits | None = None,
) -> Derived:
    """Return each person's highest stage at each snapshot (microseconds since 1970).

    An event counts from ``snapshot - window`` on and before the snapshot.  Whoever is in the file
    is in the result, at ``none`` without an event that counts.  Identifiers are normalised by the
    profile, so that two spellings are one person.  Raises ``InvalidInput`` with the lines of
    interactions that the rules do not know, and of times that cannot be read.
    """
    columns = columns or Columns()
    names = (columns.id, columns.time, columns.action)
    if len(set(names)) != len(names):
        raise InvalidInput("id, time and action are three different columns.", file=events.name)
    if columns.id in snapshots:
        raise InvalidInput(
            f"A snapshot and the identifier's column are both named {columns.id}.",
            remedy="Give the snapshot another name: --at stage=2026-06-01.",
        )
    source = Source(events, names, limits or Limits(), columns.time)
    counter = _Counter(rules, snapshots, columns, partial(_identify, profile, region))
    for batch in source.batches():
        counter.add(batch)
    return counter.finish(source)


def write(people: pa.Table, path: Path) -> None:
    """Write a derived table as CSV, whole or not at all, for the owner alone to read.

    Identifiers are written as they are: the file is for upload, where ``'+86`` would be another
    number than ``+86``.
    """
    with replacing(path) as file:
        pa.csv.write_csv(people, file, pa.csv.WriteOptions(quoting_style="needed"))


def _identify(
    profile: str, region: str | None, column: pa.Array
) -> tuple[pa.Array, npt.NDArray[np.uint8], tuple[str, ...]]:
    cells = column if pa.types.is_string(column.type) else column.cast(pa.string())
    found = normalise_many(cells, profile, region)
    return found.values, found.codes, found.reasons


class _Counter:
    """Count the events of each person by clause and snapshot, batch by batch."""

    def __init__(
        self,
        rules: Rules,
        snapshots: Mapping[str, int],
        columns: Columns,
        identify: partial[tuple[pa.Array, npt.NDArray[np.uint8], tuple[str, ...]]],
    ) -> None:
        self._rules, self._snapshots = rules, snapshots
        self._columns, self._identify = columns, identify
        self._times = columns.times()
        self._known = {name: code for code, name in enumerate(rules.interactions)}
        self._wrong, self._unusable = Tally(), Tally()
        self._merged: pa.Table | None = None
        self._pending: list[pa.Table] = []
        self._waiting = self._rows = 0

    def add(self, batch: pa.RecordBatch) -> None:
        """Take the next rows of the file."""
        codes, unknown = self._interactions(batch.column(self._columns.action))
        parsed = parse_time(batch.column(self._columns.time), self._times, LATEST)
        good = self._wrong.sift([unknown, *parsed.faults], self._rows, batch.num_rows)
        values, faulty, reasons = self._identify(batch.column(self._columns.id))
        faults = [
            (f"{self._columns.id} {why}", faulty == code)
            for code, why in enumerate(reasons[1:], start=1)
        ]
        good &= self._unusable.sift(faults, self._rows, batch.num_rows)
        self._rows += batch.num_rows
        counts = self._clauses(codes[good], parsed.values[good])
        self._collect(pa.table({"id": values.filter(pa.array(good)), **counts}))

    def _interactions(self, column: pa.Array) -> tuple[npt.NDArray[np.int64], Fault]:
        """Return a code per row; a code below 0 is an interaction that no clause names."""
        texts = pc.utf8_trim_whitespace(pc.fill_null(column.cast(pa.string()), ""))
        found = texts.dictionary_encode()
        known = [self._known.get(value, -1) for value in found.dictionary.to_pylist()]
        codes = np.array(known, dtype=np.int64)[found.indices.to_numpy()]
        return codes, (f"{self._columns.action} is not an interaction of the rules", codes < 0)

    def _clauses(
        self, codes: npt.NDArray[np.int64], moments: npt.NDArray[np.int64]
    ) -> dict[str, npt.NDArray[np.int32]]:
        """Return, per snapshot and clause, 1 for each event that counts."""
        counts = {}
        for name, at in self._snapshots.items():
            for place, clause in enumerate(self._rules.clauses):
                wanted = [self._known[interaction] for interaction in clause.interactions]
                since = at - self._rules.microseconds(clause)
                counted = np.isin(codes, wanted) & (moments >= since) & (moments < at)
                counts[f"{name}/{place}"] = counted.astype(np.int32)
        return counts

    def _collect(self, table: pa.Table) -> None:
        self._pending.append(_sum(table))
        self._waiting += self._pending[-1].num_rows
        if self._waiting > max(PENDING, 0 if self._merged is None else self._merged.num_rows):
            self._merge()

    def _merge(self) -> pa.Table:
        parts = [*([] if self._merged is None else [self._merged]), *self._pending]
        self._merged = _sum(pa.concat_tables(parts))
        self._pending, self._waiting = [], 0
        return self._merged

    def finish(self, source: Source) -> Derived:
        """Return the stages; raise if a row cannot be understood or nothing is left."""
        places = source.places([*self._wrong.rows, *self._unusable.rows])
        wrong = self._wrong.faults(places)
        if source.skipped:
            lines = source.locate(source.skipped[:1])
            raise InvalidInput(
                "A row has a different number of fields from the header.",
                file=source.path.name,
                row=lines[source.skipped[0]],
            )
        if wrong:
            raise _refusal(source, wrong[0], self._rules)
        merged = self._merge() if self._pending else pa.table({"id": pa.array([], pa.string())})
        if not merged.num_rows:
            raise InvalidInput("No row can be used.", file=source.path.name)
        merged = merged.sort_by("id")
        stages = {name: self._stages(name, merged) for name in self._snapshots}
        people = pa.table({self._columns.id: merged["id"], **stages})
        return Derived(people, self._rows, self._unusable.faults(places), self._rules.stages)

    def _stages(self, name: str, merged: pa.Table) -> pa.Array:
        stages = self._rules.stages
        reached = np.zeros(merged.num_rows, dtype=np.int8)
        for place, clause in enumerate(self._rules.clauses):
            enough = merged[f"{name}/{place}"].to_numpy() >= clause.at_least
            np.maximum(reached, stages.index(clause.stage) * enough, out=reached, casting="unsafe")
        return pa.array(stages).take(pa.array(reached))


def _sum(table: pa.Table) -> pa.Table:
    """Add up the counts of each person."""
    names = [name for name in table.column_names if name != "id"]
    summed = table.group_by("id", use_threads=False).aggregate([(name, "sum") for name in names])
    return summed.select(["id", *(f"{name}_sum" for name in names)]).rename_columns(["id", *names])


def _refusal(source: Source, fault: Counted, rules: Rules) -> InvalidInput:
    unit = "row" if source.parquet else "line"
    units = unit if len(fault.examples) == 1 else f"{unit}s"
    rows = "row" if fault.rows == 1 else "rows"
    places = ", ".join(map(str, fault.examples))
    more = ", …" if fault.rows > len(fault.examples) else ""
    return InvalidInput(
        f"{fault.rows:,} {rows}: {fault.reason} ({units} {places}{more}).",
        file=source.path.name,
        row=fault.examples[0],
        remedy=f"The rules know: {', '.join(rules.interactions)}."
        if "interaction" in fault.reason
        else None,
    )
