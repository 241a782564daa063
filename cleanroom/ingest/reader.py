"""Read a party's file into validated columns, or say in one place all that is wrong with it."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cleanroom.ingest.clock import DAYS, UTC_ITSELF
from cleanroom.ingest.collected import Collected
from cleanroom.ingest.concerns.countries import beginnings
from cleanroom.ingest.concerns.events import Midnights
from cleanroom.ingest.concerns.orders import FURTHER_ITEM
from cleanroom.ingest.concerns.thousands import Thousands
from cleanroom.ingest.identifier_spec import IdentifierSpec
from cleanroom.ingest.identifiers import Normalised, normalise_many
from cleanroom.ingest.identifiers.nothing import listed
from cleanroom.ingest.identifiers.steps import EMPTY
from cleanroom.ingest.identifiers.totals import TOTAL
from cleanroom.ingest.labels import BucketBuilder, LabelBuilder
from cleanroom.ingest.masking import masked
from cleanroom.ingest.numbers import INFINITE_SHAPE, plainly
from cleanroom.ingest.parse import Fault, Parsed, parse_action, parse_measure, parse_time
from cleanroom.ingest.report import EMPTY_ROW, Report
from cleanroom.ingest.settle import settle
from cleanroom.ingest.source import Limits, Source
from cleanroom.ingest.spec import DatasetSpec, NumberSpec
from cleanroom.ingest.table import Table
from cleanroom.ingest.tally import Tally
from cleanroom.ingest.texts import Texts
from cleanroom.isolated.headers import are_names
from cleanroom.isolated.items import MARK
from cleanroom.isolated.rows_of_nothing import BLANK

SKEW_SECONDS = 86_400
"""How far ahead of this clock a time may lie: clocks and time zones differ by up to a day."""

REPEATED_HEADER = "the row repeats the header, as where files were combined"

_NUMBERS = ("measure", "time")

Parser = Callable[[pa.Array], Parsed]


class Collector:
    """Parse batches as they come and keep their usable rows, ``aside`` where they are many."""

    def __init__(
        self, spec: DatasetSpec, latest: int, executor: Executor | None, *, aside: bool = False
    ) -> None:
        self._spec = spec
        self._executor = executor
        # Of several kinds some are null, and rows of one key are looked for among all of them.
        aside = aside and len(spec.ids) == 1 and not spec.key
        values: list[list[pa.Array] | Texts] = [Texts()] if aside else [[] for _ in spec.ids]
        self.collected = Collected(values=values, cells=[Tally() for _ in spec.ids])
        self.labels: dict[str, LabelBuilder | BucketBuilder] = {
            name: LabelBuilder(name, spec.domains.get(name)) for name in spec.labels
        }
        self.labels |= {name: BucketBuilder(bucket) for name, bucket in spec.buckets.items()}
        buckets = {name: bucket.column for name, bucket in spec.buckets.items()}
        self._fields: dict[tuple[str, str], tuple[str, Parser]] = {
            **{
                ("label", name): (buckets.get(name, name), builder.add)
                for name, builder in self.labels.items()
            },
            **{
                ("measure", name): (measure.column, partial(parse_measure, spec=measure))
                for name, measure in spec.measures.items()
            },
        }
        self._numbers: dict[tuple[str, str], NumberSpec] = {
            **{("label", name): bucket for name, bucket in spec.buckets.items()},
            **{("measure", name): measure for name, measure in spec.measures.items()},
        }
        self._first = {one.column: key for key, one in self._numbers.items()}
        if spec.time is not None:
            parser = partial(parse_time, spec=spec.time, latest=latest)
            self._fields["time", ""] = (spec.time.column, parser)
            if spec.kind == "events":
                self.collected.midnights = Midnights(spec.time)
        if spec.action is not None:
            parser = partial(parse_action, spec=spec.action)
            self._fields["action", ""] = (spec.action.column, parser)

    @property
    def fields(self) -> tuple[tuple[str, str], ...]:
        """Return kind and name of each column but identifiers and keys, in their order."""
        return tuple(self._fields)

    @property
    def keeps_keys(self) -> bool:
        """Tell whether rows have a key."""
        return bool(self._spec.key)

    def add(self, batch: pa.RecordBatch) -> None:
        """Judge the rows of a batch, each by itself, and keep those that are usable."""
        batch, marked = _without_marks(batch, self._spec)
        named = [self._identifiers(one, batch) for one in self._spec.ids]
        nobody = np.logical_and.reduce([found.codes != 0 for found in named])
        headers = are_names(batch.columns, batch.schema.names)
        aside: list[Fault] = [(REPEATED_HEADER, headers), *marked]
        faults = [*aside]
        parsed: dict[tuple[str, str], Parsed] = {}
        columns: dict[str, str] = {}
        for one, found in zip(self._spec.ids, named, strict=True):
            bad = _reasons(one.column, found)
            faults += [(why, mask & nobody) for why, mask in bad]
            columns |= dict.fromkeys((why for why, _ in bad), one.column)
        # That a row has one identifier less says little beside what is wrong with another one.
        faults.sort(key=lambda fault: fault[0].endswith(EMPTY))
        for key, (column, parser) in self._fields.items():
            parsed[key] = parser(self._written_plainly(key, column, batch))
            faults += parsed[key].faults
            columns |= dict.fromkeys((why for why, _ in parsed[key].faults), column)
        if self._spec.key:
            keys, bad = self._keys(batch)
            faults += bad
            columns |= dict.fromkeys((why for why, _ in bad), self._spec.key)

        def sample(reason: str, row: int) -> str:
            cell = batch.column(columns.get(reason, self._spec.ids[0].column))[row]
            return masked(str(cell.as_py() or ""))

        kept = self.collected
        kept.look.add(batch)
        if self._spec.time is not None and self._spec.time.format == DAYS:
            kept.days.add(batch.column(self._spec.time.column), kept.rows)
        kept.worded += self._worded(batch, faults)
        several = _several(faults[len(aside) :], columns)
        several &= ~np.logical_or.reduce([mask for _, mask in aside])
        if self._spec.key:
            # A further item of an order has empty cells, and nothing to mend.
            lacking = [mask for why, mask in faults if not why.endswith(EMPTY)]
            several &= np.logical_or.reduce(lacking)
        for why, mask in faults:
            if TOTAL in why:
                several &= ~mask
        kept.several.add("", kept.rows + _filled(batch, np.flatnonzero(several)))
        usable = kept.faulty.sift(faults, kept.rows, batch.num_rows, sample)
        for place, (one, found) in enumerate(zip(self._spec.ids, named, strict=True)):
            values = found.values
            if len(named) > 1:
                values = pc.if_else(pa.array(found.codes == 0), values, None)
                unused = [
                    (why, mask & usable)
                    for why, mask in _reasons(one.column, found)
                    if not why.endswith(EMPTY)
                ]
                kept.cells[place].sift(unused, kept.rows, batch.num_rows, sample)
            kept.values[place].append(values.filter(pa.array(usable)))
        kept.index.append(_places(kept.rows, usable))
        if kept.midnights and self._spec.time:
            cells = batch.column(self._spec.time.column).filter(pa.array(usable))
            kept.midnights.add(cells, parsed["time", ""].values[usable])
        for key, result in parsed.items():
            kept.fields.setdefault(key, []).append(result.values[usable])
        if self._spec.key:
            kept.keys.append(keys.filter(pa.array(usable)))
        kept.rows += batch.num_rows

    def _worded(self, batch: pa.RecordBatch, faults: list[Fault]) -> list[int]:
        """Return the faulty rows with words in all columns of numbers and times, but no header."""
        headers, *others = (mask for _, mask in faults)
        rows = np.flatnonzero(np.logical_or.reduce([headers, *others]) & ~headers)
        columns = {column for (kind, _), (column, _) in self._fields.items() if kind in _NUMBERS}
        columns |= {measure.column for measure in self._numbers.values()}
        for column in columns:
            cells = batch.column(column)
            if not pa.types.is_string(cells.type):
                return []
            some = cells.take(pa.array(rows)).to_pylist()
            rows = rows[[_is_word(cell or "") for cell in some]] if len(rows) else rows
        return (self.collected.rows + rows).tolist() if columns else []

    def _written_plainly(
        self, key: tuple[str, str], column: str, batch: pa.RecordBatch
    ) -> pa.Array:
        """Return a column, numbers in one notation; those that were numbers in the file have it."""
        cells, spec = batch.column(column), self._numbers.get(key)
        if spec is None or batch.schema.field(column).metadata:
            return cells
        if spec.decimal is None and spec.thousands is None:
            self.collected.points[column].add(cells, self.collected.rows)
        elif spec.decimal and key == self._first[column]:
            watch = self.collected.declared.setdefault(column, Thousands(spec.decimal))
            watch.add(cells, self.collected.rows)
        return plainly(cells, spec)

    def _keys(self, batch: pa.RecordBatch) -> tuple[pa.Array, list[Fault]]:
        """Return the keys as member numbers are read, and what is wrong with some."""
        found = normalise_many(batch.column(self._spec.key).cast(pa.string()), "raw:v1")
        return found.values, _reasons(self._spec.key or "", found)

    def _identifiers(self, spec: IdentifierSpec, batch: pa.RecordBatch) -> Normalised:
        cells = batch.column(spec.column)
        if not pa.types.is_string(cells.type):
            cells = cells.cast(pa.string())
        found = normalise_many(cells, spec.profile, spec.region, self._executor, spec.words)
        if spec.region is None and spec.profile in ("phone:e164:v1", "phone:digits:v1"):
            for start, count in beginnings(cells, found).items():
                self.collected.look.kinds[spec.column, start] += count
        return found


def _without_marks(batch: pa.RecordBatch, spec: DatasetSpec) -> tuple[pa.RecordBatch, list[Fault]]:
    """Return a batch without its columns of marks, and what they mark as faults."""
    aside: list[Fault] = []
    names = batch.schema.names
    while names[-1].startswith((MARK, BLANK)):
        name = names.pop()
        order, lacking = name.removeprefix(MARK), ", ".join(_needed(spec))
        further = f"the row has the {order} of the row above and no {lacking}{FURTHER_ITEM}"
        marks = batch.column(name).to_numpy(zero_copy_only=False)
        aside.append((EMPTY_ROW if name == BLANK else further, marks))
    return batch.select(names), aside


def _needed(spec: DatasetSpec) -> tuple[str, ...]:
    """Return the columns of which the first row of an order has one: amounts, or who bought."""
    amounts = dict.fromkeys(measure.column for measure in spec.measures.values())
    return tuple(amounts or dict.fromkeys(one.column for one in spec.ids))


def _places(first: int, usable: npt.NDArray[np.bool_]) -> range | npt.NDArray[np.int64]:
    """Return the rows that are usable, of a batch that begins with ``first``."""
    return range(first, first + len(usable)) if usable.all() else first + np.flatnonzero(usable)


def _several(faults: list[Fault], columns: dict[str, str]) -> npt.NDArray[np.bool_]:
    """Return which rows have faults in several columns; ``columns`` says where a reason holds."""
    bad: dict[str, npt.NDArray[np.bool_]] = {}
    for why, mask in faults:
        bad[columns[why]] = bad[columns[why]] | mask if columns[why] in bad else mask
    found: npt.NDArray[np.bool_] = (
        np.add.reduce([mask.astype(np.int8) for mask in bad.values()]) > 1
    )
    return found


def _filled(batch: pa.RecordBatch, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return those of some rows that have anything in them: in others there is nothing to mend."""
    some = batch.take(pa.array(rows))
    cells = zip(*(column.to_pylist() for column in some.columns), strict=True)
    filled: npt.NDArray[np.int64] = rows[
        np.array([any(str(cell or "").strip() for cell in row) for row in cells], dtype=bool)
    ]
    return filled


def _is_word(cell: str) -> bool:
    """Tell whether a cell is words, and not one for no value."""
    spoken = any(map(str.isalpha, cell)) and not any(map(str.isdigit, cell))
    return spoken and not INFINITE_SHAPE.fullmatch(cell) and not listed(cell)


def _reasons(column: str, found: Normalised) -> list[Fault]:
    """Return why cells of a column did not normalise, and which."""
    reasons = enumerate(found.reasons[1:], start=1)
    return [(f"{column} {why}", found.codes == code) for code, why in reasons]


def collect(
    spec: DatasetSpec,
    path: Path,
    executor: Executor | None = None,
    progress: Callable[[int], None] | None = None,
    latest: int | None = None,
    limits: Limits | None = None,
    *,
    aside: bool = False,
) -> tuple[Source, Collector]:
    """Read a file to its end, row by row; what its rows have to do with each other comes later.

    Takes and raises what ``read_table`` does; what is put ``aside`` is no list of batches.
    """
    source = source_of(spec, path, limits)
    now = latest_now() if latest is None else latest
    collector = Collector(spec, now, executor, aside=aside)
    for batch in source.batches():
        collector.add(batch)
        if progress is not None:
            progress(collector.collected.rows)
    return source, collector


def source_of(spec: DatasetSpec, path: Path, limits: Limits | None = None) -> Source:
    """Open a file for reading the columns that a description names."""
    time_column = spec.time.column if spec.time else None
    written = spec.time is not None and spec.time.format is not None
    phone = next((one.column for one in spec.ids if one.home), None)
    source = Source(path, spec.columns, limits or Limits(), time_column, written, spec.keep, phone)
    source.key, source.needed = spec.key or "", _needed(spec)
    source.in_utc = spec.time is not None and spec.time.zone in UTC_ITSELF
    source.people = tuple(one.column for one in spec.ids)
    source.labels = tuple(spec.labels)
    source.numbers, source.read = spec.summed, tuple(dict.fromkeys([*spec.labels, *spec.keep]))
    return source


def latest_now() -> int:
    """Return the last time that is accepted now, in microseconds since 1970."""
    return int((time.time() + SKEW_SECONDS) * 1_000_000)


def read_unchecked(
    spec: DatasetSpec,
    path: Path,
    executor: Executor | None = None,
    progress: Callable[[int], None] | None = None,
    *,
    latest: int | None = None,
    limits: Limits | None = None,
) -> Table:
    """Return the table that ``read_table`` would, also if its report forbids taking it.

    Raises ``InvalidInput`` only when the file cannot be read to its end.
    """
    source, collector = collect(spec, path, executor, progress, latest, limits, aside=True)
    return settle(spec, source, collector.collected, collector.labels)


def read_table(
    spec: DatasetSpec,
    path: Path,
    executor: Executor | None = None,
    progress: Callable[[int], None] | None = None,
    *,
    latest: int | None = None,
    limits: Limits | None = None,
) -> Table:
    """Read and validate a CSV or Parquet file; the usable rows come back as columns.

    ``executor`` spreads slow normalisation over processes, ``progress`` is told the rows read so
    far, ``latest`` is the last accepted time in microseconds since 1970 (default: a day from
    now).  Raises ``InvalidInput`` when nothing of the file may be taken: wrong columns or
    encoding, damage, a limit passed, no usable row, duplicates or values that are declared to
    be rejected.
    """
    table = read_unchecked(spec, path, executor, progress, latest=latest, limits=limits)
    table.report.check()
    return table


def validate_report(
    spec: DatasetSpec,
    path: Path,
    executor: Executor | None = None,
    progress: Callable[[int], None] | None = None,
    *,
    latest: int | None = None,
    limits: Limits | None = None,
) -> Report:
    """Return the report that ``read_table`` would give, refusals included instead of raised.

    Raises ``InvalidInput`` only when the file cannot be read to its end.
    """
    table = read_unchecked(spec, path, executor, progress, latest=latest, limits=limits)
    return table.report
