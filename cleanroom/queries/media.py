"""What the templates about media share: rows made for one job, and ratios of released numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, hypot, prod
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cleanroom.documents.agreement import PartyRole
from cleanroom.errors import InvalidInput, PolicyRefusal
from cleanroom.privacy.intervals import ratio_interval
from cleanroom.queries.plan import Column, Question
from cleanroom.queries.reporting import add, people_sd, sum_sd
from cleanroom.queries.template import Group, Opened, PartyRows
from cleanroom.words.estimate import Estimate
from protocols.randomness import Random

if TYPE_CHECKING:
    from cleanroom.ingest import Table

I64 = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

SECOND = 1_000_000
"""Microseconds, the unit of ``Table.time``."""

NAME_BYTES = 100
"""Most bytes of a label's value: its sealed name holds 126, some for what is told beside it."""


def platform_column(group_by: Sequence[str], what: str) -> Column:
    """Return the one platform column of ``group_by``; raise ``InvalidInput`` for anything else."""
    columns = [Column.parse(text) for text in group_by]
    if len(columns) != 1 or columns[0].side != "platform":
        raise InvalidInput(f"group_by names the one column of {what}, such as platform.{what}")
    return columns[0]


def want_kind(question: Question, side: PartyRole, kind: str, rule: str) -> None:
    """Raise ``PolicyRefusal`` by a rule if a side's dataset is not of that kind."""
    manifest = question.manifest(side)
    if manifest.kind != kind:
        raise PolicyRefusal(f"{manifest.name} is not a dataset of kind {kind}", rule=rule)


def check_period(start: int | None, end: int | None) -> None:
    """Raise ``InvalidInput`` for a period that ends before it starts."""
    if start is not None and end is not None and end <= start:
        raise InvalidInput("end must come after start")


def check_times(table: Table, start: int | None, end: int | None) -> None:
    """Raise ``InvalidInput`` for a period over rows that have no time."""
    if table.time is None and not (start is None and end is None):
        raise InvalidInput("the job has a period, but the dataset has no time")


def viewed(table: Table, start: int | None, end: int | None) -> Bools:
    """Mark the views of a period: what is within it and is not a click."""
    shown = within(table, start, end)
    return shown if table.action is None else shown & (table.action == 0)


def within(table: Table, start: int | None, end: int | None) -> Bools:
    """Mark the rows whose time lies in ``[start, end)``, in Unix seconds; None is not a bound.

    Raises ``InvalidInput`` if there is a bound and the rows have no time.
    """
    check_times(table, start, end)
    chosen = np.ones(table.rows, dtype=np.bool_)
    if table.time is None:
        return chosen
    if start is not None:
        chosen &= table.time >= start * SECOND
    if end is not None:
        chosen &= table.time < end * SECOND
    return chosen


def check_names(domain: Sequence[str], column: Column) -> None:
    """Raise ``InvalidInput`` if a label is too long to travel as the name of a group."""
    if any(len(name.encode()) > NAME_BYTES for name in domain):
        raise InvalidInput(f"a label of {column} is longer than {NAME_BYTES} bytes")


def private_texts(private: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Return a sealed parameter that is a list of different texts; ``InvalidInput`` otherwise."""
    found = private.get(name, [])
    if not isinstance(found, list) or not all(isinstance(one, str) and one for one in found):
        raise InvalidInput(f"{name} is not a list of names")
    if len(set(found)) != len(found):
        raise InvalidInput(f"{name} names something twice")
    return tuple(found)


def place_of(labels: Sequence[str], domain: Sequence[str]) -> I64:
    """Return the place of each of a column's own labels in a list, -1 if it is not in it."""
    places = {label: place for place, label in enumerate(domain)}
    return np.array([places.get(label, -1) for label in labels], dtype=np.int64)


def in_random_order(person: I64, random: Random) -> I64:
    """Return the rank of each row among its person's rows, in a fresh random order."""
    keys = np.frombuffer(random(8 * len(person)), dtype=np.uint64)
    order = np.lexsort((keys, person))
    by_person = person[order]
    rank = np.empty(len(person), dtype=np.int64)
    rank[order] = np.arange(len(person)) - np.searchsorted(by_person, by_person)
    return rank


def places_of(people: I64, places: int) -> PartyRows:
    """Return unlabelled rows, one per person and place 0 to ``places - 1``, at level 0.

    This is the side that says only who it knows: every person has the same rows.
    """
    person = np.repeat(people, places)
    return unlabelled(person, np.zeros_like(person), np.tile(np.arange(places), len(people)))


def unlabelled(person: I64, level: I64, index: I64) -> PartyRows:
    """Return one row per node ``(person, level, index)``, all of one label."""
    return labelled(person, level, index, np.zeros(len(person), dtype=np.int64), ("",))


@dataclass(frozen=True)
class Said:
    """What rows of one place say: ``rows`` rows each, ``statements`` to choose from.

    Entry i: the row ``row[i]`` of person ``person[i]`` makes the statement ``statement[i]``.
    """

    rows: int
    statements: int
    person: I64
    row: I64
    statement: I64


def stated(people: I64, places: int, said: Said) -> PartyRows:
    """Return unlabelled rows of each person and place, with a token for each statement.

    Persons of ``said`` are places in ``people``.  A token's index is the number of its statement,
    after those of the places before.
    """
    place = np.arange(places, dtype=np.int64)[:, None]
    rows = len(people) * places * said.rows
    index = (place * said.statements + said.statement).reshape(-1)
    return PartyRows(
        row=((said.person * places + place) * said.rows + said.row).reshape(-1),
        person=np.tile(people[said.person], places),
        level=np.zeros(len(index), dtype=np.uint8),
        index=index,
        rows=rows,
        label=np.zeros(rows, dtype=np.int32),
        flag=np.ones(rows, dtype=np.bool_),
        values=None,
    )


def labelled(  # noqa: PLR0917 (columns of one table)
    person: I64,
    level: I64,
    index: I64,
    label: I64,
    names: tuple[str, ...],
    values: I64 | None = None,
    facts: Mapping[str, Any] | None = None,
) -> PartyRows:
    """Return one row per node, each of which counts a person."""
    return PartyRows(
        row=np.arange(len(person), dtype=np.int64),
        person=person,
        level=level,
        index=index,
        rows=len(person),
        label=label.astype(np.int32),
        flag=np.ones(len(person), dtype=np.bool_),
        values=values,
        names=names,
        facts=facts or {},
    )


def filled(names: Sequence[str], cells: int) -> tuple[str, ...]:
    """Return names for all cells; those past the owner's labels are never given to a row.

    A label column may declare more pseudonyms than its owner's file has labels.
    """
    return (*names, *(f"\0{place}" for place in range(len(names), cells)))


def packed(values: I64) -> I64:
    """Return rows of an indicator and one number each, shape (rows, 2)."""
    return np.stack([np.ones_like(values), values], axis=1)


def numerator(opened: Opened, groups: Sequence[Group], slot: int | None) -> tuple[float, float]:
    """Return people (slot None) or a sum of released groups together, with its deviation."""
    added = add(groups, len(opened.plan.slots))
    if slot is None:
        return added.people, people_sd(opened.charge.people, groups) if groups else 0.0
    return added.sums[slot], sum_sd(opened.charge.slots[slot], groups)


def noisy(opened: Opened) -> bool:
    """Tell whether numbers carry noise, and so an interval."""
    return opened.charge.people.scale > 0


def quotient(
    opened: Opened,
    over: tuple[float, float],
    under: tuple[float, float],
    covariance: float,
    kind: str,
) -> Estimate:
    """Return a ratio of two released numbers, each ``(value, deviation)``.

    ``covariance`` is that of their noise: ``over[1] ** 2`` where the other one contains it.
    Unknown of nobody, or where the noise does not tell the denominator from zero.
    """
    if under[0] <= 0:
        return Estimate(None, kind)
    value = round(over[0] / under[0], 6)
    if not noisy(opened):
        return Estimate(value, kind)
    quantile = opened.charge.people.quantile
    bounds = ratio_interval(*over, *under, covariance=covariance, quantile=quantile)
    if bounds is None:
        return Estimate(None, kind)
    return Estimate(value, kind, None, bounds)


def compound(
    opened: Opened,
    over: Sequence[Sequence[Group]],
    under: Sequence[Sequence[Group]],
    kind: str,
) -> Estimate:
    """Return the product of some counts of people over the product of others.

    The interval is the delta method's on the logarithm; a group's noise enters with every count
    that it is in.  Unknown where one of the counts below is nobody, or where the noise does not
    tell a count from zero.
    """
    counts = [numerator(opened, groups, None) for groups in (*over, *under)]
    value, below = (prod(count for count, _ in some)
                    for some in (counts[: len(over)], counts[len(over) :]))  # fmt: skip
    if below <= 0:
        return Estimate(None, kind)
    value = round(value / below, 6)
    if not noisy(opened):
        return Estimate(value, kind)
    quantile = opened.charge.people.quantile
    if any(count <= quantile * deviation for count, deviation in counts):
        return Estimate(None, kind)
    slope: dict[tuple[str, ...], float] = {}
    known: dict[tuple[str, ...], Group] = {}
    for place, ((count, _), groups) in enumerate(zip(counts, (*over, *under), strict=True)):
        for group in groups:
            sign = 1 if place < len(over) else -1
            slope[group.key] = slope.get(group.key, 0.0) + sign / count
            known[group.key] = group
    errors = (part * numerator(opened, [known[key]], None)[1] for key, part in slope.items())
    spread = exp(quantile * hypot(*errors))
    return Estimate(value, kind, None, (value / spread, value * spread))
