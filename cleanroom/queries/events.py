"""What the templates over events have in common: times, bounds, and the rows of both sides."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final

import numpy as np
import numpy.typing as npt
from pydantic import Field

from cleanroom.documents.document import ColumnName, Real, Text
from cleanroom.errors import InvalidInput, PolicyRefusal
from cleanroom.privacy.noise import Delta
from cleanroom.queries.credit.groups import (
    MAXIMUM_CAP,
    MAXIMUM_CONVERSIONS,
    Bounded,
    Conversions,
    bound,
    conversion_groups,
)
from cleanroom.queries.credit.pieces import Touches
from cleanroom.queries.credit.ticks import SECOND, Clock, parse_duration
from cleanroom.queries.kinds import JoinedParameters
from cleanroom.queries.plan import Column, Question, Slot
from cleanroom.queries.template import PartyData, PartyRows

if TYPE_CHECKING:
    from cleanroom.ingest import Table

U64 = npt.NDArray[np.uint64]

LATEST = 4_102_444_800
"""Unix seconds of the year 2100: what is later was not given in seconds."""

Instant = Annotated[int, Field(ge=0, le=LATEST)]
"""Whole Unix seconds."""

CONVERSIONS = "conversions"
"""The slot that counts conversions, beside the measures that the brand declares."""


class EventParameters(JoinedParameters):
    """Say which conversions are asked about, how finely time is counted, what one person adds.

    ``start`` and ``end`` may be left out in a rehearsal room.  ``max_value_per_person`` is in the
    unit of the file, one number for all measures or one for each.
    """

    start: Instant | None = None
    end: Instant | None = None
    resolution: Text = "1s"
    max_conversions: int | None = Field(default=None, ge=1, le=MAXIMUM_CONVERSIONS)
    max_value_per_person: Real | dict[ColumnName, Real] | None = None
    group_by: tuple[Text, ...] = ("platform.campaign",)
    measures: tuple[ColumnName, ...] = ()


USUAL: Final = {"window": "7d", "boundary": "inclusive"}
"""What stands for a parameter of touches that is left out."""


class TouchParameters(EventParameters):
    """Also say how long before a conversion a touch can earn it: one window, or one each."""

    window: Text | None = None
    click_window: Text | None = None
    view_window: Text | None = None
    boundary: Text | None = None


def check_kinds(question: Question) -> None:
    """Refuse datasets that have one row per person: they know no times."""
    for manifest in (question.brand, question.platform):
        if manifest.kind != "events":
            raise PolicyRefusal(f"dataset {manifest.name} is not a dataset of events", rule="kind")


def clock_of(parameters: EventParameters) -> Clock:
    """Return the job's clock; refuse a job without times, which would tell those of the data."""
    if parameters.start is None or parameters.end is None:
        raise PolicyRefusal(
            "start and end are missing: a live room needs them, since times taken from the data"
            " would reveal something about it; in a rehearsal the brand's agent fills them in",
            rule="times-missing",
        )
    resolution = parse_duration(parameters.resolution)
    return Clock(parameters.start * SECOND, parameters.end * SECOND, resolution)


def campaign_column(question: Question, group_by: tuple[str, ...]) -> Column:
    """Return the one label column of the platform that names who may earn credit."""
    columns = tuple(Column.parse(text) for text in group_by)
    if len(columns) != 1 or columns[0].side != "platform":
        raise InvalidInput("group_by takes one label column of the platform's touches")
    question.domain(columns[0])
    return columns[0]


def most_conversions(parameters: EventParameters, one: bool, default: int = 10) -> int:
    """Return how many conversions of a person enter; ``one`` is all that some models can take."""
    if one and parameters.max_conversions not in (None, 1):
        raise InvalidInput("max_conversions: this model takes one conversion per person")
    return 1 if one else parameters.max_conversions or default


def caps_of(question: Question, parameters: EventParameters, most: int) -> dict[str, int]:
    """Return what one person can add to each measure, in its scaled units."""
    given = parameters.max_value_per_person
    stray = sorted(set(given) - set(parameters.measures)) if isinstance(given, dict) else []
    if stray:
        raise InvalidInput(f"max_value_per_person: {stray[0]} is not among the measures")
    caps = {}
    for name in parameters.measures:
        measure = question.brand.measure(name)
        if measure is None or name == CONVERSIONS:
            raise PolicyRefusal(
                f"dataset {question.brand.name} has no measure {name}", rule="unknown-measure"
            )
        cap = given.get(name) if isinstance(given, dict) else given
        largest = max(abs(measure.minimum), abs(measure.maximum), 1) * most
        caps[name] = largest if cap is None else round(cap * 10**measure.decimals)
        if not 1 <= caps[name] <= MAXIMUM_CAP:
            raise InvalidInput(
                f"max_value_per_person: {name} must lie between one unit and 2^53 units"
            )
    return caps


def slots_of(
    question: Question,
    most: int,
    caps: Mapping[str, int],
    units: int,
    sensitivity: Mapping[str, Delta],
) -> tuple[Slot, ...]:
    """Return the slots of a job: the conversions, then the measures, in parts of ``units``.

    ``sensitivity`` names them all, in whole conversions and scaled units of a measure.
    """
    deltas = {name: scaled(delta, units) for name, delta in sensitivity.items()}
    found = [Slot(CONVERSIONS, 1, 0, most * units, deltas[CONVERSIONS], unit=CONVERSIONS)]
    for place, (name, cap) in enumerate(caps.items(), start=2):
        measure = question.brand.measure(name)
        decimals = measure.decimals if measure else 0
        found.append(Slot(name, place, decimals, cap * units, deltas[name]))
    return tuple(found)


def scaled(delta: Delta, units: int) -> Delta:
    """Return a sensitivity in parts of ``units``."""
    return Delta(delta.l1 * units, delta.l2 * units)


def row_digests(table: Table) -> U64:
    """Return 64 bits per row, made of the row's own content: ties break alike in any file order.

    Two rows with one digest are, but for one pair in 2^64, equal in every column.
    """
    columns: list[npt.NDArray[Any]] = [] if table.time is None else [table.time]
    for name in sorted(table.labels):
        label = table.labels[name]
        digests = [hashlib.sha256(value.encode()).digest()[:8] for value in label.domain]
        columns.append(np.frombuffer(b"".join(digests), dtype="<u8")[label.codes])
    columns += [table.measures[name] for name in sorted(table.measures)]
    columns += [] if table.action is None else [table.action]
    mixed = np.zeros(table.rows, dtype=np.uint64)
    for column in columns:
        mixed = _mix(mixed ^ column.astype(np.uint64))
    return mixed


def _mix(words: U64) -> U64:
    """Scramble 64 bits (the finaliser of SplitMix64: Steele, Lea, Flood 2014)."""
    words = words + np.uint64(0x9E3779B97F4A7C15)
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))


def times_of(table: Table) -> npt.NDArray[np.int64]:
    """Return the times of events in microseconds; refuse a table that has none."""
    if table.time is None:
        raise InvalidInput("The dataset has no times.", remedy='Name their column: time = "...".')
    return table.time


def values_of(table: Table, measures: tuple[str, ...]) -> npt.NDArray[np.int64]:
    """Return the named measures side by side, shape (rows, measures)."""
    stacked = np.array([table.measures[name] for name in measures], dtype=np.int64)
    return stacked.reshape(len(measures), table.rows).T


@dataclass(frozen=True)
class Asked:
    """The brand's conversions that a job is about, bounded, and how many it is not about."""

    bounded: Bounded
    dropped: int
    outside: int

    def facts(self, measures: tuple[str, ...]) -> dict[str, Any]:
        """Return what the brand may know of its own conversions, sums in scaled units."""
        kept = self.bounded.conversions
        sums = kept.values.sum(axis=0).tolist()
        return {
            "conversions": len(kept),
            "sums": dict(zip(measures, sums, strict=True)),
            "dropped": self.dropped,
            "clamped": self.bounded.clamped,
            "outside": self.outside,
        }


def asked_conversions(
    table: Table,
    clock: Clock,
    most: int,
    values: npt.NDArray[np.int64],
    caps: list[int],
    chosen: npt.NDArray[np.bool_] | None = None,
) -> Asked:
    """Keep the conversions in the job's time, the first of each person, their values capped.

    ``chosen`` marks those that a bound of the template's own has left; the others count as
    dropped.
    """
    times = times_of(table)
    inside = clock.asked(times)
    asked = np.flatnonzero(inside if chosen is None else inside & chosen)
    kept = Conversions(
        table.person[asked], clock.tick(times[asked]), values[asked], row_digests(table)[asked]
    )
    bounded = bound(kept, most, np.array(caps, dtype=np.int64))
    found = int(inside.sum())
    return Asked(bounded, found - len(asked) + bounded.dropped, len(times) - found)


def brand_rows(
    question: Question, data: PartyData, clock: Clock, asked: Asked, measures: tuple[str, ...]
) -> PartyRows:
    """Make one row per group of a person's conversions: flag, number, sums."""
    groups = conversion_groups(asked.bounded.conversions, clock.depth, data.random)
    group, level, index = groups.nodes()
    flag = np.ones(len(groups), dtype=np.bool_) if counts_alone(question) else groups.primary
    return PartyRows(
        row=group,
        person=groups.person[group],
        level=level.astype(np.int64),
        index=index,
        rows=len(groups),
        label=np.zeros(len(groups), dtype=np.int32),
        flag=flag,
        values=np.column_stack([groups.primary, groups.count, groups.sums]).astype(np.int64),
        facts=asked.facts(measures),
    )


def counts_alone(question: Question) -> bool:
    """Tell whether one matched row is enough for a release: k is 1 and there is no noise.

    Then whether a group has a row and whether it has a person is the same question, and every
    row is flagged: with primary rows alone an answer for tests would miss conversions at random.
    """
    policy = question.agreement.policy
    return policy.noise == "none" and policy.k_min == 1


def campaign_names(question: Question, column: Column, table: Table) -> list[str]:
    """Return the platform's own labels in the order of their codes: by name, not by file.

    A domain that was declared longer than the table's is filled up with empty names.
    """
    domain = sorted(table.labels[column.name].domain)
    return domain + [""] * (question.domain(column) - len(domain))


def touches_of(question: Question, column: Column | None, table: Table, clock: Clock) -> Touches:
    """Return the platform's touches with campaign codes in the order of ``campaign_names``.

    Without a column all touches are of one campaign.
    """
    campaign, campaigns = np.zeros(table.rows, dtype=np.int64), 1
    if column is not None:
        label, campaigns = table.labels[column.name], question.domain(column)
        domain = sorted(label.domain)
        rank = np.array([domain.index(name) for name in label.domain], dtype=np.int64)
        campaign = rank[label.codes]
    action = table.action
    if action is None:
        action = np.zeros(table.rows, dtype=np.uint8)
    return Touches(
        table.person,
        clock.tick(times_of(table)),
        action,
        campaign,
        row_digests(table),
        campaigns,
    )
