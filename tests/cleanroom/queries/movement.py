"""Count in clear what a job releases before any noise, with one person taken out or not.

The agents' own code makes the rows of both sides; only matching, adding and the noise are left to
plain dictionaries here.  So what is compared with the plan's sensitivity is what a live room would
noise: people in parts where the platform adds credit up, bases as the agent counts them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import sqrt
from typing import Any

import numpy as np

from cleanroom.agent import selection
from cleanroom.agent.job_rows import party_data
from cleanroom.agent.jobs import LocalJob
from cleanroom.documents.agreement import SIDES
from cleanroom.ingest import Table
from cleanroom.ingest.labels import LabelColumn
from cleanroom.queries import where
from cleanroom.queries.plan import BaseCounts
from cleanroom.queries.template import PartyData, PartyRows

Numbers = Counter[Hashable]
Jobs = Mapping[str, LocalJob]


@dataclass(frozen=True)
class Movement:
    """How far one person moves a vector: the sum of magnitudes, and the Euclidean length."""

    l1: float
    l2: float

    @classmethod
    def between(cls, before: Numbers, after: Numbers) -> Movement:
        change = [before[key] - after[key] for key in before.keys() | after.keys()]
        return cls(float(sum(map(abs, change))), sqrt(sum(part * part for part in change)))


@dataclass(frozen=True)
class Released:
    """The vector of people (bases included) and one vector per measure, all without noise."""

    people: Numbers
    slots: tuple[Numbers, ...]

    def moved(self, other: Released) -> list[Movement]:
        pairs = zip((self.people, *self.slots), (other.people, *other.slots), strict=True)
        return [Movement.between(before, after) for before, after in pairs]


def tables(jobs: Jobs) -> dict[str, Table]:
    return {side: jobs[side].dataset.table() for side in SIDES}


def without_one(known: Mapping[str, Table], side: str) -> Iterator[dict[str, Table]]:
    """Yield both sides' tables once for every person of a side who can be taken out."""
    for person in range(len(known[side].people)):
        yield {**known, side: _without(known[side], person)}


def _without(table: Table, person: int) -> Table:
    rows = np.flatnonzero(table.person != person)
    people = np.delete(np.arange(len(table.people)), person)
    kept = table.person[rows]
    return replace(
        table,
        people=table.people.take(people),
        values=table.values.take(people),
        person=kept - (kept > person),
        labels={
            name: LabelColumn(column.codes[rows], column.domain)
            for name, column in table.labels.items()
        },
        measures={name: values[rows] for name, values in table.measures.items()},
        time=None if table.time is None else table.time[rows],
        action=None if table.action is None else table.action[rows],
    )


def released(jobs: Jobs, known: Mapping[str, Table]) -> Released:
    """Return everything that a job releases to its receiver, before noise."""
    job = jobs["brand"]
    people, slots = (_from_rows if job.plan.source == "job" else _from_audiences)(jobs, known)
    for base in job.plan.base:
        # What is public is not protected; what the receiver counts of its own it knows.
        if not base.public and base.side != job.document.receiver:
            people.update(_base(jobs[base.side], base, known[base.side]))
    return Released(people, slots)


def _base(job: LocalJob, base: BaseCounts, table: Table) -> Numbers:
    made = job.template.base_counts(job.question, table, base)
    if made is not None:
        return Counter({("base", base.side, *labels): int(count) for labels, count in made})
    columns = [table.labels[name] for name in base.columns]
    counted: Numbers = Counter()
    for row in range(table.rows):
        labels = (column.domain[column.codes[row]] for column in columns)
        counted["base", base.side, base.columns, *labels] += 1
    return counted


def _from_audiences(jobs: Jobs, known: Mapping[str, Table]) -> tuple[Numbers, tuple[Numbers, ...]]:
    job = jobs["brand"]
    place = {side: dict(zip(known[side].people, range(known[side].rows), strict=True))
             for side in SIDES}  # fmt: skip
    left = selection.restricting(job)
    told = tuple(one for one in selection.conditions(job) if one not in left)
    kept = {side: where.inside(left, side, known[side]) for side in SIDES}
    met = {side: where.inside(told, side, known[side]) for side in SIDES}
    keys = job.template.merged_keys(job.question) if job.plan.merged else ()
    people: Numbers = Counter()
    slots = tuple(Counter() for _ in job.plan.slots)
    for person in place["brand"].keys() & place["platform"].keys():
        row = {side: place[side][person] for side in SIDES}
        if not all(kept[side][row[side]] for side in SIDES):
            continue
        labels = tuple(
            known[column.side]
            .labels[column.name]
            .domain[known[column.side].labels[column.name].codes[row[column.side]]]
            for column in job.plan.cell_columns
        )
        cell = keys.index(job.template.merge(labels)) if job.plan.merged else labels
        if job.plan.margins:
            of = dict(zip(job.plan.cell_columns, labels, strict=True))
            end = all(met[side][row[side]] for side in SIDES)
            people.update(
                (*((column, of[column]) for column in margin.columns), end)
                for margin in job.plan.margins
            )
            continue
        people[cell] += 1
        for slot, sums in zip(job.plan.slots, slots, strict=True):
            side = job.plan.value_side
            sums[cell] += int(known[side].measures[slot.measure][row[side]])
    return people, slots


def _from_rows(jobs: Jobs, known: Mapping[str, Table]) -> tuple[Numbers, tuple[Numbers, ...]]:
    plan = jobs["brand"].plan
    made = {side: _made(jobs[side], known[side]) for side in SIDES}
    people: Numbers = Counter()
    slots = tuple(Counter() for _ in plan.slots)
    at = {token: found for token, *found in _tokens(made["platform"], known["platform"])}
    seen = set()
    for token, row, _ in _tokens(made["brand"], known["brand"]):
        if token not in at:
            continue
        theirs, entry = at[token]
        pair = {"brand": row, "platform": theirs}
        assert row not in seen, "two tokens of one row match"
        seen.add(row)
        counts = all(made[side].flag[pair[side]] for side in SIDES)
        values = made[plan.value_side].values[pair[plan.value_side]] if slots else ()
        # Where every token has a label of its own, it is that of the token which is met.
        labelled = pair | {"platform": entry if plan.veiled else theirs}
        for cell, part in _cells(jobs["brand"], made, labelled):
            people[cell] += part * counts
            for slot, sums in zip(plan.slots, slots, strict=True):
                sums[cell] += part * int(values[slot.slot])
    return people, slots


def _made(job: LocalJob, table: Table) -> PartyRows:
    data: PartyData = party_data(job)
    place = {person: row for row, person in enumerate(data.table.people)}
    secrets = data.secrets[[place[person] for person in table.people]]
    data = replace(data, table=table, secrets=secrets, random=_the_same_for_everybody)
    return job.template.rows(job.question, data)


def _the_same_for_everybody(size: int) -> bytes:
    """Stand in for what is drawn per person: nobody's draws may hang on who else is there."""
    return b"\x5a" * size


def _tokens(made: PartyRows, table: Table) -> Iterator[tuple[Hashable, int, int]]:
    """Yield every token with its row, and its own number."""
    rows = range(made.rows) if made.row is None else made.row.tolist()
    triples = zip(made.person.tolist(), made.level.tolist(), made.index.tolist(), strict=True)
    for entry, (row, (person, level, index)) in enumerate(zip(rows, triples, strict=True)):
        yield (table.people[person], level, index), row, entry


def _cells(job: LocalJob, made: Mapping[str, PartyRows], pair: Mapping[str, int]) -> Any:
    """Return the cells into which a pair is added, with how many parts of it each gets.

    A cell goes by the name that the receiver is told, so that a name that changes is a move, too;
    what the receiver calls its own labels tells it nothing.
    """

    def called(side: str, label: int) -> Hashable:
        return label if side == job.document.receiver else made[side].names[label]

    label = {side: int(made[side].label[pair[side]]) for side in SIDES}
    if job.plan.veiled:
        return [(called("platform", label["platform"]), job.plan.units)]
    if job.plan.hub is not None and job.plan.activates:
        return [((job.plan.hub.segment,), 1)]
    if job.plan.hub is not None:
        often = min(label["platform"] + 1, job.plan.hub.frequencies)
        return [(("known to it", ""), 1), (("frequency", often), 1), (("total", ""), 1)]
    if job.plan.combine:
        vector = made["platform"].vectors[label["platform"]]
        return [(called("platform", name), part) for name, part in vector.items()]
    return [(tuple(called(side, label[side]) for side in SIDES), 1)]
