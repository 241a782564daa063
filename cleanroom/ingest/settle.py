"""Join what was read into a table: people, duplicates, ranges, domains, report."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from cleanroom.ingest.collected import Collected
from cleanroom.ingest.concerns.amounts import of_amounts
from cleanroom.ingest.concerns.clocks import of_times
from cleanroom.ingest.concerns.countries import dialled
from cleanroom.ingest.concerns.counts import closing, of_counts, other_table, out_of_range
from cleanroom.ingest.concerns.events import repeated
from cleanroom.ingest.concerns.files import of_file
from cleanroom.ingest.concerns.many_rows import most_rows
from cleanroom.ingest.concerns.names_of_columns import unit
from cleanroom.ingest.concerns.numbers_of_nothing import REPLACES, no_amounts
from cleanroom.ingest.concerns.people import of_people
from cleanroom.ingest.concerns.times import times
from cleanroom.ingest.concerns.units_of_amounts import LOOKED_AT, hundredfold
from cleanroom.ingest.concerns.unread import left_out, unread
from cleanroom.ingest.cost import estimate
from cleanroom.ingest.identified import Identified
from cleanroom.ingest.keys import Repeats, leave_out_repeats
from cleanroom.ingest.labels import BucketBuilder, LabelBuilder
from cleanroom.ingest.masking import looks_like_identifier, masked, shown_label
from cleanroom.ingest.numbers import POINTS
from cleanroom.ingest.people import Integers, in_one, sum_by_person
from cleanroom.ingest.report import Concern, Duplicates, Fault, Report
from cleanroom.ingest.rows import Rows
from cleanroom.ingest.source import Source
from cleanroom.ingest.sums import sums
from cleanroom.ingest.table import LabelColumn, Table
from cleanroom.ingest.tally import EXAMPLES, Tally
from protocols.deferred import Deferred

if TYPE_CHECKING:
    import pyarrow as pa

    from cleanroom.ingest.spec import DatasetSpec
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
    *("alike", "damaged", "filled-down", "lookalikes", "maybe-nothing", "old-ages"),
    *("rounded-labels", "tags"),
)
"""Concerns that show labels, which are masked where they look like identifiers."""


def _measure(
    name: str, values: Integers, spec: DatasetSpec, rows: Rows, refused: Tally
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
    repeats = leave_out_repeats(read, spec) if spec.key else Repeats()
    identified = Identified.find(spec, read.values)
    read.values.clear()
    index = in_one(read.index)
    rows = Rows(spec, identified, index)
    refused = Tally()
    measures, clamped, looked_at = {}, {}, {}
    odd = [*rows.contradictions(read, builders)]
    moments = read.take("time", "", np.int64)[rows.kept] if spec.time else None
    for name in spec.measures:
        column = read.take("measure", name, np.int64)
        odd += unit(spec.measures[name].column, column, spec.measures[name].decimals)
        told = [*of_amounts(name, column, spec, rows, source, moments)]
        told += no_amounts(column, spec.measures[name])
        said = {REPLACES.get(one.kind) for one, _ in told}
        measures[name], clamped[name], cut = _measure(name, column, spec, rows, refused)
        odd += [(one, int(index[row])) for one, row in told]
        odd += [(one, row) for one, row in cut if one.kind not in said]
        looked_at[name] = column[:LOOKED_AT]
    odd += [(one, int(index[row])) for one, row in hundredfold(looked_at, spec)]
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
    actions = read.take("action", "", np.uint8)[rows.kept] if spec.action else None
    between = None
    if spec.time and moments is not None:
        odd += of_times(spec.time, source, read, rows, moments)
        between = None if rows.single else times(moments, spec.time.zone)
    if spec.kind == "events" and not spec.key and moments is not None:
        codes = [label.codes for label in labels.values()]
        columns = [rows.people.person, moments, *measures.values(), *codes]
        columns += [] if actions is None else [actions]
        odd += [(one, int(index[row])) for one, row in repeated(columns, len(index))]
    report = replace(
        _report(spec, source, read, rows, refused, clamped, labels, repeats, odd),
        times=between,
        totals=sums(measures, spec.measures),
    )
    return Table(
        **identified.columns(spec),
        person=rows.people.person if rows.people.single else rows.people.person[rows.kept],
        labels=labels,
        measures=measures,
        time=moments,
        action=actions,
        report=report,
    )


def _report(
    spec: DatasetSpec,
    source: Source,
    read: Collected,
    rows: Rows,
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
        *of_people(rows, {**source.others, **source.split}),
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
    domains = {name: len(column.domain) for name, column in labels.items()}
    concerns = [*of_counts(faults, total, domains, len(rows.kept))]
    concerns += read.look.concerns(spec)
    for column in dict.fromkeys(one.column for one in spec.ids):
        concerns += dialled(read.look.kinds, column)
    unlike = {(one.kind, one.column) for one in concerns}
    concerns += of_file(spec, source, [one.domain for one in labels.values()], total)
    for one in read.several.faults(places):
        concerns.append(Concern("several-faults", "", one.rows, total, places=one.examples))
    concerns += [
        replace(one, places=tuple(places[place] for place in (row, *one.places)))
        for one, row in noticed
    ]
    if spec.key and duplicates.differing:
        counts = (duplicates.differing, duplicates.rows)
        said = same_keys.columns
        concerns.append(Concern("differing", spec.key, *counts, said, places=first[1:]))
        if same_keys.amounts[0]:
            left = same_keys.amounts
            concerns.append(Concern("left-out-amounts", spec.key, *left, places=first[1:]))
    concerns = [
        replace(one, declared=masked(one.declared))
        if one.kind in _SHOWN
        and (("looks-like", one.column) in unlike or looks_like_identifier(one.declared))
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
            name: column.counts(masked if ("looks-like", name) in unlike else shown_label)
            for name, column in labels.items()
        },
        identity=rows.identified.report(spec, read.cells, places, rows.index),
        left_out=left_out(source),
        unread=unread(source, total),
        most_rows={
            one.column: found
            for one, kind in zip(spec.ids, rows.identified.kinds, strict=True)
            if (found := most_rows(kind, one.profile))
        },
    )


def _first_of(repeats: Repeats) -> list[int]:
    """Return the first row that repeats a key after the row it repeats; one that differs first."""
    if not len(repeats.rows):
        return []
    place = int(np.argmax(repeats.differs))
    return [int(repeats.of[place]), int(repeats.rows[place])]


def _first_pair(rows: Rows, repeats: Integers) -> list[int]:
    """Return the first repeated row of the file after the row that it repeats."""
    if not len(repeats):
        return []
    first = rows.first[rows.people.person[repeats[0]]]
    return [int(rows.index[first]), int(rows.index[repeats[0]])]
