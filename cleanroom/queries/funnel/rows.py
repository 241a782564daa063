"""The rows of a funnel: which steps each side saw a person at, without telling either."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field

from cleanroom.documents.agreement import SIDES, PartyRole
from cleanroom.documents.document import ColumnName, Document, Text, Whole
from cleanroom.queries import bounds, media, rungs
from cleanroom.queries.kinds import JoinedParameters
from cleanroom.queries.media import I64, Bools
from cleanroom.queries.plan import Column, Made, Question
from cleanroom.queries.template import PartyData, PartyRows

if TYPE_CHECKING:
    from cleanroom.ingest import Table

STEP = "step"
MOST_CHANNELS = 10


class StepColumns(Document):
    """Name the label column that holds a person's step, on either side; None where there is none.

    Left out, it is ``step`` on each side that has such a column.
    """

    brand: ColumnName | None = None
    platform: ColumnName | None = None


class FunnelParameters(JoinedParameters):
    """Say which steps there are, in order, and how people count.

    ``steps`` and which of them the asking side records (``known_steps``) are sealed between the
    parties, so the plan has their number alone; the asking agent fills in the last two.
    ``max_channels`` is per person; ``where`` restricts by labels of either side's audience.
    """

    steps: tuple[Text, ...] = ()
    known_steps: tuple[Text, ...] = ()
    number_of_steps: int = Field(default=0, ge=1, le=50, validate_default=True)
    step: StepColumns | None = None
    group_by: tuple[Text, ...] = ()
    count: Literal["closed", "open"] = "closed"
    max_channels: int | None = Field(default=None, ge=1, le=60)
    start: Whole | None = None
    end: Whole | None = None
    where: tuple[Text, ...] = ()

    @property
    def closed(self) -> bool:
        """Tell whether a person counts at every step before the furthest one."""
        return self.count == "closed"


def step_columns(
    parameters: FunnelParameters, question: Question
) -> dict[PartyRole, Column | None]:
    """Return the step column of each side; a named one that is not there is refused."""
    if parameters.step is None:
        return {
            side: Column(side, STEP) if question.manifest(side).label(STEP) else None
            for side in SIDES
        }
    named = {"brand": parameters.step.brand, "platform": parameters.step.platform}
    found = {side: Column(side, name) if (name := named[side]) else None for side in SIDES}
    for column in found.values():
        if column is not None:
            question.domain(column)
    return found


def channels_of(parameters: FunnelParameters, question: Question) -> tuple[Column | None, int]:
    """Return the channel column and its number of labels, or None and one channel of all."""
    if not parameters.group_by:
        return None, 1
    column = media.platform_column(parameters.group_by, "channel")
    return column, question.domain(column)


def channels_per_person(parameters: FunnelParameters, channels: int) -> int:
    """Return the most channels of one person: what is declared, else all, ten at most."""
    return min(channels, parameters.max_channels or MOST_CHANNELS)


def made(question: Question, parameters: FunnelParameters, channels: int) -> Made:
    """Bound the rows of both sides: the brand's per place, the platform's per place and step."""
    steps, places = parameters.number_of_steps, channels_per_person(parameters, channels)
    per_place = 1 if parameters.closed else steps
    return Made(
        question.brand.people * places * per_place, bounds.pairs(question.platform, places) * steps
    )


def tokens(parameters: FunnelParameters) -> int:
    """Return the most statements that a row of the brand makes."""
    return parameters.number_of_steps + 1 if parameters.closed else 2


def _steps_of_rows(table: Table, column: Column | None, steps: Sequence[str]) -> I64:
    """Return the place of each row's step in the list, -1 for a row that names none of it."""
    if column is None:
        return np.full(table.rows, -1, dtype=np.int64)
    label = table.labels[column.name]
    return media.place_of(label.domain, steps)[label.codes]


def _reached(count: int, row: I64, step: I64, steps: int) -> Bools:
    """Mark the steps that each of some people, or pairs, was seen at: shape (count, steps)."""
    reached = np.zeros((count, steps), dtype=np.bool_)
    listed = step >= 0
    reached[row[listed], step[listed]] = True
    return reached


def _furthest(reached: Bools) -> I64:
    """Return the place of each row's last mark, -1 without one."""
    steps = reached.shape[1]
    last = steps - 1 - np.argmax(reached[:, ::-1], axis=1)
    return np.where(reached.any(axis=1), last, -1).astype(np.int64)


def brand_rows(question: Question, parameters: FunnelParameters, data: PartyData) -> PartyRows:
    """Give each person asked about the same number of rows: per place one, or one a step."""
    steps = media.private_texts(data.private, "steps")
    places = channels_per_person(parameters, channels_of(parameters, question)[1])
    table, column = data.table, step_columns(parameters, question)["brand"]
    timed = table.time is not None
    chosen = media.within(table, *((parameters.start, parameters.end) if timed else (None, None)))
    step = _steps_of_rows(table, column, steps)[chosen]
    asked = data.people(parameters.where)
    reached = _reached(table.people_count, table.person[chosen], step, len(steps))[asked]
    said = _closed_statements if parameters.closed else _open_statements
    return media.stated(asked, places, said(reached))


def platform_rows(question: Question, parameters: FunnelParameters, data: PartyData) -> PartyRows:
    """Give each person and channel a row for every step that may come out."""
    steps = media.private_texts(data.private, "steps")
    channel, channels = channels_of(parameters, question)
    chosen = media.within(data.table, parameters.start, parameters.end)
    chosen &= data.inside(parameters.where)
    code = data.table.labels[channel.name].codes if channel else np.zeros_like(data.table.person)
    pairs, row = np.unique((data.table.person * channels + code)[chosen], return_inverse=True)
    column = step_columns(parameters, question)["platform"]
    step = _steps_of_rows(data.table, column, steps)[chosen]
    reached = _reached(len(pairs), row, step, len(steps))
    person = pairs // channels
    place = media.in_random_order(person, data.random)
    kept = place < channels_per_person(parameters, channels)
    await_ = _closed_awaited if parameters.closed else _open_awaited
    pair, statement, label = await_(reached[kept])
    statements = 2 * (len(steps) + parameters.closed)
    index = place[kept][pair] * statements + statement
    names = data.table.labels[channel.name].domain if channel else ("",)
    return media.labelled(
        person[kept][pair],
        np.zeros_like(index),
        index,
        (pairs % channels)[kept][pair] * len(steps) + label,
        media.filled(
            [f"{at}|{name}" for name, at in product(names, range(len(steps)))],
            channels * len(steps),
        ),
        facts={"dropped_channels": int((~kept).sum())},
    )


def _closed_statements(reached: Bools) -> media.Said:
    """Say in one row how far people went: rung 0 is not a step."""
    said = rungs.statements(_furthest(reached) + 1, reached.shape[1] + 1)
    person, statement = np.nonzero(said)
    return media.Said(1, said.shape[1], person, np.zeros_like(person), statement)


def _closed_awaited(reached: Bools) -> tuple[I64, I64, I64]:
    """Return pair, statement and furthest step; nobody counts at no step."""
    rung, count = _furthest(reached) + 1, reached.shape[1] + 1
    pair, label = np.nonzero(rungs.outcomes(rung, count)[:, 1:])
    return pair, rungs.awaited(rung[pair], label + 1, count), label


def _open_statements(reached: Bools) -> media.Said:
    """Say in a row of each step that this is its row and, of who was seen there, that it was."""
    people, steps = reached.shape
    seen, at = np.nonzero(reached)
    person = np.concatenate([np.repeat(np.arange(people), steps), seen])
    step = np.concatenate([np.tile(np.arange(steps), people), at])
    is_seen = np.arange(len(step)) >= people * steps
    return media.Said(steps, 2 * steps, person, step, 2 * step + is_seen)


def _open_awaited(reached: Bools) -> tuple[I64, I64, I64]:
    """Return pair, statement and step: the step's row, whatever it says, of who was seen there."""
    count, steps = reached.shape
    step = np.tile(np.arange(steps), count)
    return np.repeat(np.arange(count), steps), 2 * step + ~reached.reshape(-1), step
