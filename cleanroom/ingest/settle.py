"""Join what was read into a table: people, duplicates, ranges, domains, report."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from cleanroom.ingest.clock import DAYS
from cleanroom.ingest.collected import Collected
from cleanroom.ingest.concerns import (
    SHEETS,
    closing,
    early,
    masked,
    of_counts,
    other_table,
    out_of_range,
    shared,
)
from cleanroom.ingest.copied import copied, of_customers
from cleanroom.ingest.cost import estimate
from cleanroom.ingest.countries import dialled
from cleanroom.ingest.elsewhere import totals_elsewhere
from cleanroom.ingest.events import repeated
from cleanroom.ingest.identified import Identified
from cleanroom.ingest.keys import Repeats, leave_out_repeats
from cleanroom.ingest.labels import BucketBuilder, LabelBuilder
from cleanroom.ingest.likenesses import likenesses
from cleanroom.ingest.many_rows import crowded
from cleanroom.ingest.merged import Contradictions
from cleanroom.ingest.names_of_columns import unit, zone
from cleanroom.ingest.numbers import POINTS
from cleanroom.ingest.numbers_of_nothing import REPLACES, no_amounts
from cleanroom.ingest.numbers_of_shops import numbered_anew
from cleanroom.ingest.orders import FURTHER_ITEM, totals
from cleanroom.ingest.parts_of_numbers import no_cents
from cleanroom.ingest.people import Integers, in_one, sum_by_person
from cleanroom.ingest.pivoted import adding_up
from cleanroom.ingest.report import Concern, Duplicates, Fault, Report
from cleanroom.ingest.rounding import from_1904
from cleanroom.ingest.snapshots import snapshots
from cleanroom.ingest.source import Source
from cleanroom.ingest.subtotals import subtotals
from cleanroom.ingest.sums import sums
from cleanroom.ingest.table import LabelColumn, Table
from cleanroom.ingest.tally import EXAMPLES, Tally
from cleanroom.ingest.times import old, swapped, times
from cleanroom.ingest.typed import placeholders
from cleanroom.ingest.unread import left_out, of_filter, of_unread, unread
from protocols.deferred import Deferred

if TYPE_CHECKING:
    import pyarrow as pa

    from cleanroom.ingest.spec import DatasetSpec
    from cleanroom.isolated.unread import Counts
else:
    pa = Deferred("pyarrow")

WRONG_WIDTH = "the row has a different number of fields from the header"
TOTAL_ROW = (
    "the row is a total: its first cell, in a column that is not read, says so; if it is not, leave"
    " that column out"
)
REPEATED = 'a person has more than one row: remove them, or set duplicates = "first" or "sum"'
JOINED = (
    "a person has more than one row, some of which are joined by an identifier that they share:"
    ' remove them, or set duplicates = "first" or "sum"'
)
NOTHING = "no row is usable"
NOTHING_KEPT = "keep leaves every row out: compare its values with those of the column"

_SHOWN = (
    *("alike", "damaged", "filled-down", "lookalikes", "maybe-nothing", "rounded-labels"),
    "tags",
)
"""Concerns that show labels, which are masked where they look like identifiers."""


class _Rows:
    """Know which usable rows a table keeps: all events, or the first row of each person."""

    def __init__(self, spec: DatasetSpec, identified: Identified, index: Integers) -> None:
        self.spec = spec
        self.identified = identified
        self.people = people = identified.people
        self.index = index
        self.single = spec.kind == "audience"
        self.first = people.first_rows()
        further = np.full(len(people.person), self.single)
        further[self.first] = False
        self.again: Integers = np.flatnonzero(further)
        """The rows of an audience that are not their person's first."""
        self.kept = self.first if self.single else np.arange(len(people.person), dtype=np.int64)
        persons = people.person[self.again]
        self.merged = Contradictions(self.again, self.first[persons], persons)

    def contradictions(
        self, read: Collected, builders: Mapping[str, LabelBuilder | BucketBuilder]
    ) -> Iterator[tuple[Concern, int]]:
        """Yield each column in which the rows of one person differ, with a row of the file."""
        for (kind, name), batches in read.fields.items() if len(self.again) else ():
            if kind == "measure" and self.spec.duplicates == "sum":
                continue
            values = np.concatenate(batches)
            column, text = _as_written(self.spec, kind, name, builders)
            for one, row in self.merged.compare(column, values, text):
                if self.spec.duplicates != "reject":
                    yield one, int(self.index[row])


def _as_written(
    spec: DatasetSpec,
    kind: str,
    name: str,
    builders: Mapping[str, LabelBuilder | BucketBuilder],
) -> tuple[str, Callable[[int], str]]:
    """Return the column of a field, and the function from its integers to what stands there."""
    if kind == "label":
        return name, builders[name].text
    if kind == "measure":
        measure = spec.measures[name]
        return measure.column, lambda value: f"{Decimal(value).scaleb(-measure.decimals):f}"
    if kind == "time" and spec.time:
        return spec.time.column, lambda value: str(np.datetime64(value, "us"))
    actions = (spec.action.view, spec.action.click) if spec.action else ()
    return (spec.action.column if spec.action else name), lambda value: actions[value]


def _added_up(
    name: str,
    values: Integers,
    spec: DatasetSpec,
    rows: _Rows,
    source: Source,
    moments: Integers | None,
) -> Iterator[tuple[Concern, int]]:
    """Yield which usable rows count a measure of others once more, by what tells it first."""
    column = spec.measures[name].column
    found: list[tuple[Concern, int]] = []
    if rows.single and spec.duplicates == "sum":
        found = [*snapshots(column, values, rows.people, source.others)]
        found = found or [*subtotals(column, values, rows.people)]
        found = found or [*copied(column, values, rows.people, single=source.single)]
    elif moments is not None and not rows.single:
        found = [*of_customers(column, values, rows.people, moments)]
    yield from found or adding_up(column, values)
    yield from no_cents(spec.measures[name], values, source.others | source.split)


def _measure(
    name: str, values: Integers, spec: DatasetSpec, rows: _Rows, refused: Tally
) -> tuple[Integers, int, list[tuple[Concern, int]]]:
    """Return a measure of the kept rows within its range, how many were clamped, and concerns."""
    measure = spec.measures[name]
    summed = rows.single and spec.duplicates == "sum"
    values = sum_by_person(values, rows.people) if summed else values[rows.kept]
    outside = (values < measure.scaled_min) | (values > measure.scaled_max)
    if measure.out_of_range == "reject":
        reason = f"{measure.column} is outside [{measure.min}, {measure.max}]"
        refused.add(reason, rows.index[rows.kept[outside]])
        return values, 0, []
    cut = [*out_of_range(values, measure, rows.index[rows.kept])]
    return np.clip(values, measure.scaled_min, measure.scaled_max), int(outside.sum()), cut


def settle(
    spec: DatasetSpec,
    source: Source,
    read: Collected,
    builders: Mapping[str, LabelBuilder | BucketBuilder],
) -> Table:
    """Make the table of what was read; whatever forbids taking it stands in its report."""
    repeats = leave_out_repeats(read, spec.key) if spec.key else Repeats()
    identified = Identified.find(spec, read.values)
    read.values.clear()
    index = in_one(read.index)
    rows = _Rows(spec, identified, index)
    refused = Tally()
    measures, clamped = {}, {}
    odd = [*rows.contradictions(read, builders)]
    between = None
    moments = read.take("time", "", np.int64)[rows.kept] if spec.time else None
    for name in spec.measures:
        column = read.take("measure", name, np.int64)
        odd += unit(spec.measures[name].column, column, spec.measures[name].decimals)
        twice = _added_up(name, column, spec, rows, source, moments)
        odd += [(one, int(index[row])) for one, row in twice]
        nothing = [(one, int(index[row])) for one, row in no_amounts(column, spec.measures[name])]
        said = {REPLACES[one.kind] for one, _ in nothing}
        measures[name], clamped[name], cut = _measure(name, column, spec, rows, refused)
        odd += [*nothing, *((one, row) for one, row in cut if one.kind not in said)]
    for name, points in read.points.items():
        refused.add(f"{name} {POINTS}", points.doubtful)
        odd += points.concerns(name, read.rows)
    for name, signs in read.declared.items():
        decimals = (one.decimals for one in spec.measures.values() if one.column == name)
        odd += signs.concerns(name, max(decimals, default=0), read.rows)
    labels = {
        name: builder.finish(read.take("label", name, np.int32)[rows.kept])
        for name, builder in builders.items()
    }
    odd += [one for builder in builders.values() for one in builder.concerns()]
    if spec.time:
        odd += read.days.concerns(spec.time.column)
    if spec.time and moments is not None:
        odd += early(moments, rows.index[rows.kept], spec.time.column)
        if spec.kind == "events":
            between = times(moments, spec.time.zone)
            odd += old(moments, spec.time.column)
            odd += swapped(moments, spec.time.zone, spec.time.column, rows.people.count)
        if read.midnights and (read.midnights.local or spec.time.format):
            odd += zone(spec.time.column, spec.time.zone, moments)
        if spec.time.format == DAYS:
            odd += from_1904(moments, rows.index[rows.kept], spec.time.column)
        odd += read.midnights.concerns(spec.time.column, source.others) if read.midnights else ()
    actions = read.take("action", "", np.uint8)[rows.kept] if spec.action else None
    if spec.kind == "events" and not spec.key and moments is not None:
        codes = [label.codes for label in labels.values()]
        columns = [rows.people.person, moments, *measures.values(), *codes]
        columns += [] if actions is None else [actions]
        odd += [(one, int(index[row])) for one, row in repeated(columns, len(index))]
    report = _report(spec, source, read, rows, refused, clamped, labels, repeats, odd)
    return Table(
        **identified.columns(spec),
        person=rows.people.person if rows.people.single else rows.people.person[rows.kept],
        labels=labels,
        measures=measures,
        time=moments,
        action=actions,
        report=replace(report, times=between, totals=sums(measures, spec.measures)),
    )


def _report(
    spec: DatasetSpec,
    source: Source,
    read: Collected,
    rows: _Rows,
    refused: Tally,
    clamped: dict[str, int],
    labels: dict[str, LabelColumn],
    same_keys: Repeats,
    odd: list[tuple[Concern, int]],
) -> Report:
    repeats = rows.again
    pair = _first_pair(rows, repeats) or _first_of(same_keys)
    below = closing(rows.index, source.first_below())
    noticed = [
        *_noticed(rows, {**source.others, **source.split}),
        *below,
        *other_table(rows.index, read.worded),
        *same_keys.noticed,
        *odd,
    ]
    told = [place for one, row in noticed for place in (row, *one.places)]
    told += rows.identified.rows_of_examples(rows.index)
    told += read.several.rows
    told += [row for cells in read.cells for row in cells.rows]
    places = source.places([*read.faulty.rows, *refused.rows, *pair, *told])
    faults = list(read.faulty.faults(places))
    for why, records in ((WRONG_WIDTH, source.skipped), (TOTAL_ROW, source.totals)):
        if records:
            where = source.locate(records[:EXAMPLES])
            faults.insert(0, Fault(why, len(records), tuple(where.values())))
        faults.sort(key=lambda fault: -fault.rows)
    first = tuple(places[row] for row in pair)
    duplicates = Duplicates(len(repeats), spec.duplicates, first, int(rows.merged.differs.sum()))
    if spec.key:
        duplicates = Duplicates(len(same_keys.rows), "first", first, int(same_keys.differs.sum()))
    refusals = list(refused.faults(places))
    total = read.rows + len(source.skipped) + len(source.totals) + source.kept.left_out
    if len(repeats) and spec.duplicates == "reject":
        joined = rows.identified.joined
        refusals.insert(0, Fault(JOINED if joined else REPEATED, len(repeats), duplicates.first))
    if not len(rows.kept):
        refusals.append(Fault(NOTHING if read.rows else NOTHING_KEPT, total, ()))
    people = rows.people.count
    cores = os.cpu_count() or 1
    unusable = sum(fault.rows for fault in faults)
    domains = {name: len(column.domain) for name, column in labels.items()}
    further = sum(fault.rows for fault in faults if fault.reason.endswith(FURTHER_ITEM))
    concerns = [*of_counts(unusable - further, total, domains, len(rows.kept))]
    concerns += read.look.concerns(spec)
    for column in dict.fromkeys(one.column for one in spec.ids):
        concerns += dialled(read.look.kinds, column)
    unlike = {(one.kind, one.column) for one in concerns}
    concerns += _of_source(spec, source, [one.domain for one in labels.values()], total)
    for one in read.several.faults(places):
        concerns.append(Concern("several-faults", "", one.rows, total, places=one.examples))
    concerns += [
        replace(one, places=tuple(places[place] for place in (row, *one.places)))
        for one, row in noticed
    ]
    if spec.key and duplicates.differing:
        counts = (duplicates.differing, duplicates.rows)
        concerns.append(Concern("differing", spec.key, *counts, places=first[1:]))
        other, negative = same_keys.amounts
        if other:
            counts = (other, negative)
            concerns.append(Concern("left-out-amounts", spec.key, *counts, places=first[1:]))
    concerns = [
        replace(one, declared=masked(one.declared))
        if one.kind in _SHOWN and ("looks-like", one.column) in unlike
        else one
        for one in concerns
    ]
    return Report(
        file=source.path.name,
        unit="row" if source.parquet else "line",
        rows=total,
        usable=len(rows.kept),
        people=people,
        faults=tuple(faults),
        duplicates=duplicates if rows.single or spec.key else None,
        clamped=clamped,
        domains=domains,
        cost=estimate(
            len(rows.kept), people, len(domains), len(clamped), cores, identifiers=len(spec.ids)
        ),
        refusals=tuple(refusals),
        concerns=tuple(concerns),
        labels={
            name: column.counts(masked if ("looks-like", name) in unlike else str)
            for name, column in labels.items()
        },
        identity=rows.identified.report(spec, read.cells, places, rows.index),
        left_out=left_out(source),
        unread=unread(source, total),
    )


def _of_source(
    spec: DatasetSpec, source: Source, domains: Iterable[Iterable[str]], total: int
) -> Iterator[Concern]:
    """Yield what is odd about a file before its cells are looked at."""
    if total + 1 in SHEETS and not source.parquet:
        yield Concern("sheet", "", total + 1, total)
    rows, shifted = source.odd[0], source.shifted[0]
    if rows:
        yield Concern("swallowed", "", rows, total, places=source.odd[1])
    if shifted:
        lines = tuple(source.locate(source.shifted[1]).values())
        yield Concern("shifted", "", shifted, total, places=lines)
    if source.marked:
        mark = tuple(source.locate([source.marked]).values())
        yield Concern("end-mark", "", 1, total, places=mark)
    if source.doubled:
        yield Concern("line-ends", "", total, total)
    if source.cut:
        yield Concern("cut", "", 1, total, places=tuple(source.locate([source.cut]).values()))
    beside = [*totals_elsewhere(source, domains, total)]
    beside += of_unread(spec, source, total)
    beside += totals(source.orders, spec.kind)
    found = source.locate(sorted({record for _, record in beside}))
    yield from (replace(one, places=(found[record],)) for one, record in beside)
    yield from of_filter(spec, source)


def _noticed(rows: _Rows, columns: Mapping[str, Counts | None]) -> Iterator[tuple[Concern, int]]:
    """Yield what is odd about the people, each with a row of the file.

    ``columns`` are others, with their few values.
    """
    for concern, row in rows.identified.crowds(rows.spec):
        yield concern, int(rows.index[row])
    for one, named in zip(rows.spec.ids, rows.identified.kinds, strict=True):
        crowd = shared(named, rows.index)
        if crowd:
            yield crowd
        else:
            yield from crowded(named, one.column, one.profile, rows.index)
        yield from placeholders(named, one.column, one.profile, rows.index)
        if rows.single:
            for concern, row in numbered_anew(named, one.column, one.profile, columns):
                yield concern, int(rows.index[row])
        first = named.first_rows()
        for concern, value in likenesses(named.values, one.column, one.profile):
            yield concern, int(rows.index[first[value]])


def _first_of(repeats: Repeats) -> list[int]:
    """Return the first row that repeats a key after the row it repeats; one that differs first."""
    if not len(repeats.rows):
        return []
    place = int(np.argmax(repeats.differs))
    return [int(repeats.of[place]), int(repeats.rows[place])]


def _first_pair(rows: _Rows, repeats: Integers) -> list[int]:
    """Return the first repeated row of the file after the row that it repeats."""
    if not len(repeats):
        return []
    first = rows.first[rows.people.person[repeats[0]]]
    return [int(rows.index[first]), int(rows.index[repeats[0]])]
