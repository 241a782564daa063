"""The rows of a lift: who is in which arm, and which conversions come after the assignment.

A person's conversions after the assignment are the last ones in time.  A square of their sum is
not a sum of squares, but it telescopes: with S_k the sum from the k-th on, the square is the sum
of S_k^2 - S_(k+1)^2 over the conversions that count.  So every conversion carries its own part,
and the groups of conversions of an attribution job (``cleanroom.queries.credit.groups``) serve.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cleanroom.errors import PolicyRefusal
from cleanroom.queries import media
from cleanroom.queries.credit.groups import Conversions, conversion_groups
from cleanroom.queries.credit.ticks import Clock
from cleanroom.queries.media import I64
from cleanroom.queries.plan import Column
from cleanroom.queries.template import PartyData, PartyRows
from protocols.dyadic import covers

if TYPE_CHECKING:
    from cleanroom.ingest import Table


@dataclass(frozen=True)
class Assignments:
    """Hold people, their arm (0 test, 1 control) and the tick of their assignment, -1 before.

    ``in_both`` is how many of them were assigned to either arm: for the owner's eyes.
    """

    person: I64
    arm: I64
    tick: I64
    in_both: int


def times_of(table: Table) -> I64:
    """Return when people were assigned; refuse a table that does not say."""
    if table.time is None:
        raise PolicyRefusal("the arms have no time of assignment", rule="assignment-time")
    return table.time


def assignments(table: Table, column: Column, clock: Clock, names: tuple[str, str]) -> Assignments:
    """Return each person's first assignment to one of two arms.

    Whoever was assigned to both counts in the arm of the first one, as one is counted by
    intention to treat; of two at one time it is the test arm.
    """
    times, label = times_of(table), table.labels[column.name]
    arm = media.place_of(label.domain, names)[label.codes]
    rows = np.flatnonzero(arm >= 0)
    rows = rows[np.lexsort((arm[rows], times[rows], table.person[rows]))]
    person, first, often = np.unique(table.person[rows], return_index=True, return_counts=True)
    in_control = np.add.reduceat(arm[rows], first) if len(first) else often
    tick = np.clip(clock.tick(times[rows][first]), -1, (1 << clock.depth) - 1)
    both = int(((in_control > 0) & (in_control < often)).sum())
    return Assignments(person, arm[rows][first], tick, both)


def platform_rows(table: Table, column: Column, clock: Clock, names: tuple[str, str]) -> PartyRows:
    """Make one row for each person, and one for each node of the ticks after the assignment."""
    found = assignments(table, column, clock, names)
    end = np.full(len(found.tick), 1 << clock.depth, dtype=np.int64)
    piece, level, index = covers(found.tick + 1, end)
    alone = np.full(len(found.person), clock.depth + 1, dtype=np.int64)
    return media.labelled(
        np.concatenate([found.person, found.person[piece]]),
        np.concatenate([alone, level]),
        np.concatenate([np.zeros_like(alone), index]),
        np.concatenate([found.arm, found.arm[piece]]),
        names,
    )


def brand_rows(
    data: PartyData, clock: Clock, conversions: Conversions, facts: Mapping[str, Any]
) -> PartyRows:
    """Make one flagged row for each person, and one for each group of its conversions."""
    parts = with_squares(conversions)
    groups = conversion_groups(parts, clock.depth, data.random)
    row, level, index = groups.nodes()
    people = np.arange(data.table.people_count, dtype=np.int64)
    alone = np.full(len(people), clock.depth + 1, dtype=np.int64)
    values = np.zeros((len(groups) + len(people), 1 + groups.sums.shape[1]), dtype=np.int64)
    values[: len(groups), 1:] = groups.sums
    values[len(groups) :, 0] = 1
    return PartyRows(
        row=np.concatenate([row, len(groups) + people]),
        person=np.concatenate([groups.person[row], people]),
        level=np.concatenate([level.astype(np.int64), alone]),
        index=np.concatenate([index, np.zeros_like(people)]),
        rows=len(values),
        label=np.zeros(len(values), dtype=np.int32),
        flag=np.arange(len(values)) >= len(groups),
        values=values,
        facts=facts,
    )


def with_squares(conversions: Conversions) -> Conversions:
    """Give each conversion its part of the number and of each sum, and of their squares.

    Takes the conversions by person and tick, as ``bound`` leaves them; columns come by turns.
    """
    ones = np.ones((len(conversions), 1), dtype=np.int64)
    values = np.concatenate([ones, conversions.values], axis=1)
    after = _later(conversions.person, values)
    squares = values * (2 * after + values)
    paired = np.stack([values, squares], axis=2).reshape(len(values), 2 * values.shape[1])
    return Conversions(conversions.person, conversions.tick, paired, conversions.order)


def _later(person: I64, values: I64) -> I64:
    """Return the sum over the same person's later rows."""
    backwards = np.cumsum(values[::-1], axis=0)[::-1] - values
    last = np.searchsorted(person, person, side="right") - 1
    return np.asarray(backwards - backwards[last])
