"""How people moved between the stages of AIPL, by the platform's channel that they were seen in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field

from cleanroom.documents.agreement import PartyRole
from cleanroom.documents.document import ColumnName, Document, Text, Whole
from cleanroom.errors import InvalidInput, PolicyRefusal
from cleanroom.queries import bounds, media
from cleanroom.queries.aipl_flow.template import pairs_of
from cleanroom.queries.channel_flow import sensitivity
from cleanroom.queries.channel_flow.rows import Ladder, awaited, statements
from cleanroom.queries.kinds import JoinedParameters
from cleanroom.queries.media import I64
from cleanroom.queries.plan import Column, Made, Plan, Question
from cleanroom.queries.reach import ALL
from cleanroom.queries.reporting import other_of, people_of
from cleanroom.queries.staging import checked, is_up, stages_of
from cleanroom.queries.template import (
    COMMON_LEAKS,
    WHERE_LEAK_AT_HOME,
    Group,
    Leak,
    Opened,
    PartyData,
    PartyRows,
    Template,
)
from cleanroom.queries.where import CONDITIONS
from cleanroom.words.estimate import Estimate, leading
from cleanroom.words.languages import Language
from cleanroom.words.tell import tell

if TYPE_CHECKING:
    from cleanroom.ingest import Table

MOST_CHANNELS = 10


class FlowStages(Document):
    """Name the brand's column of stages, and the platform's if its events have one."""

    brand: ColumnName
    platform: ColumnName | None = None


class ChannelFlowParameters(JoinedParameters):
    """Name the stages before (``from``) and after (``to``), the column of channels and the period.

    ``max_channels`` is per person.  ``start`` and ``end`` are Unix seconds; ``where`` restricts by
    labels of the brand's audience.
    """

    before: FlowStages = Field(alias="from")
    after: FlowStages = Field(alias="to")
    group_by: tuple[Text, ...] = ("platform.channel",)
    max_channels: int | None = Field(default=None, ge=1, le=60)
    start: Whole | None = None
    end: Whole | None = None
    where: tuple[Text, ...] = ()

    @property
    def alone(self) -> bool:
        """Tell whether the brand alone has stages."""
        return self.before.platform is None


class ChannelFlow(Template):
    """Count matched people by channel and by the stages that they came from and are at."""

    name = "channel_flow"
    Parameters = ChannelFlowParameters
    kinds = ("audience", "events")
    by_documents = (
        "channel-flow-receiver",
        "impressions-are-events",
        "stages-of-an-audience",
    )
    receivers = ("brand",)
    private_parameters = (CONDITIONS,)
    leaks = (
        *COMMON_LEAKS,
        WHERE_LEAK_AT_HOME,
        Leak("who is at which stage", "own records'", "own records'", "opaque rows, unlinked"),
        Leak("a person's channels", "nothing", "own", "opaque rows, unlinked"),
        Leak(
            "aggregates",
            "noised, thresholded",
            "nothing",
            "exact match counts of opaque groups; no sums",
        ),
    )

    def plan(self, question: Question) -> Plan:
        """Count a person's move and its start, per channel and over all of them."""
        parameters: ChannelFlowParameters = self.parameters(question)
        media.want_kind(question, "brand", "audience", "stages-of-an-audience")
        media.want_kind(question, "platform", "events", "impressions-are-events")
        media.check_period(parameters.start, parameters.end)
        if question.job.receiver not in self.receivers:
            raise PolicyRefusal(
                "the brand receives flows by channel: with labels that it makes up, the platform"
                " could count one person many times",
                rule="channel-flow-receiver",
            )
        column = media.platform_column(parameters.group_by, "channel")
        channels, ladder = question.domain(column), ladder_of(question, parameters)
        most = most_channels(parameters, channels)
        people = min(question.brand.people, question.platform.people)
        return Plan(
            source="job",
            columns=(column,),
            cells=(channels + 1) * ladder.cells,
            value_side=None,
            slots=(),
            people_delta=sensitivity.channel_flow(most).people,
            brand_tokens=1 if parameters.alone else ladder.moves,
            rows=2 * people * (most + 1),
            made=Made(
                2 * question.brand.people * (most + 1),
                (question.platform.people + bounds.pairs(question.platform, most)) * ladder.cells,
            ),
            where=question.where(parameters.where),
        )

    def check_own(
        self,
        question: Question,
        side: PartyRole,
        table: Table,
        private: Mapping[str, Any],  # noqa: ARG002
    ) -> None:
        """Refuse, on the platform, labels that cannot be told and a period without times."""
        if side == "brand":
            return
        parameters: ChannelFlowParameters = self.parameters(question)
        column = media.platform_column(parameters.group_by, "channel")
        domain = table.labels[column.name].domain
        media.check_times(table, parameters.start, parameters.end)
        media.check_names(domain, column)
        if ALL in domain:
            raise PolicyRefusal(f"a channel must not be called {ALL}", rule="campaign-named-all")

    def rows(self, question: Question, data: PartyData) -> PartyRows:
        """Let the platform answer every pair of stages that the two may make together.

        The brand's rows say, by their tokens alone, what is true of its own pair and of its own
        start, a row for each per place; the platform has a row for every pair and start that may
        come out, of the channel.  Two of them match, and no one learns which.
        """
        parameters: ChannelFlowParameters = self.parameters(question)
        if data.side == "platform":
            return _platform_rows(question, parameters, data)
        column = media.platform_column(parameters.group_by, "channel")
        places = most_channels(parameters, question.domain(column)) + 1
        asked = data.people(parameters.where)
        ladder = ladder_of(question, parameters)
        ends = _ends(ladder, data.table, parameters.before.brand, parameters.after.brand)[:, asked]
        return media.stated(asked, places, statements(ladder, ends, parameters.alone))

    def result(self, opened: Opened) -> dict[str, Any]:
        """List moves by channel with rates and coefficients; the total is everybody once."""
        shown = _Shown(opened, self.parameters(opened.question))
        groups = shown.moves()
        known = [
            (group, found)
            for group in groups
            if is_up(group["key"]["from"], group["key"]["to"])
            and group["key"][shown.column] != ALL
            and (found := Estimate.read(group, "coefficient", "ratio")).low is not None
        ]
        best = leading([found for _, found in known])
        most = None
        if best is not None:
            most = {"key": known[best][0]["key"], **known[best][1].fields("coefficient")}
        return {
            "groups": groups,
            "other": other_of(opened),
            "channels": shown.starts(),
            "total": shown.total(),
            "most": most,
            "rows": dict(opened.facts),
        }

    def sentence(self, result: Mapping[str, Any], language: Language = "en") -> str:
        """Say how many were seen, and which channel moves people up most if that can be told."""
        said = tell(
            language,
            "People known to both sides whom any channel reached: {seen}.",
            "任一渠道触达的双方共有人群：{seen}。",
            seen=Estimate.read(result["total"], "people", "people"),
        )
        most = result.get("most")
        if not most:
            return said
        channel, before, after = (str(one) for one in most["key"].values())
        return said + tell(
            language,
            " Among the moves shown, {channel} stands out most from {before} to {after}: "
            "{coefficient} times the rate of all channels.",
            "所示流转中，{channel} 在 {before} 至 {after} 上最突出："
            "为全部渠道的 {coefficient} 倍。",
            channel=channel,
            before=before,
            after=after,
            coefficient=Estimate.read(most, "coefficient", "ratio"),
        )


def ladder_of(question: Question, parameters: ChannelFlowParameters) -> Ladder:
    """Return the stages of a question; raise ``PolicyRefusal`` for columns of something else."""
    return Ladder(stages_of(question, checked(question, stage_columns(parameters))))


def stage_columns(parameters: ChannelFlowParameters) -> tuple[Column, ...]:
    """Return all columns of stages; ``InvalidInput`` unless they are two snapshots of a side."""
    ours = (parameters.before.brand, parameters.after.brand)
    theirs = (parameters.before.platform, parameters.after.platform)
    if None not in theirs and len(set(theirs)) == 1 or len(set(ours)) == 1:
        raise InvalidInput("from and to name one column: a flow needs two snapshots of each side")
    if theirs.count(None) == 1:
        raise InvalidInput("the platform has a column of stages in both from and to, or in neither")
    found = [*(Column("brand", name) for name in ours)]
    return (*found, *(Column("platform", name) for name in theirs if name))


def most_channels(parameters: ChannelFlowParameters, channels: int) -> int:
    """Return C: what is declared, else all channels, ten at most."""
    return min(channels, parameters.max_channels or MOST_CHANNELS)


def _ends(ladder: Ladder, table: Table, before: str | None, after: str | None) -> I64:
    """Return the highest stage of each person's rows before, and after: shape (2, people)."""
    ends = np.zeros((2, table.people_count), dtype=np.int64)
    for end, name in zip(ends, (before, after), strict=True):
        if name is not None:
            label = table.labels[name]
            # What is not a stage is none: a declared domain may hold a word for an empty cell.
            place = np.maximum(media.place_of(label.domain, ladder.stages), 0)
            np.maximum.at(end, table.person, place[label.codes])
    return ends


def _platform_rows(
    question: Question, parameters: ChannelFlowParameters, data: PartyData
) -> PartyRows:
    column = media.platform_column(parameters.group_by, "channel")
    ladder = ladder_of(question, parameters)
    label, channels = data.table.labels[column.name], question.domain(column)
    chosen = media.within(data.table, parameters.start, parameters.end)
    pairs = np.unique((data.table.person * channels + label.codes)[chosen])
    place = 1 + media.in_random_order(pairs // channels, data.random)
    kept = place <= most_channels(parameters, channels)
    seen = np.unique(data.table.person[chosen])
    person = np.concatenate([(pairs // channels)[kept], seen])
    channel = np.concatenate([(pairs % channels)[kept], np.full(len(seen), len(label.domain))])
    place = np.concatenate([place[kept], np.zeros(len(seen), dtype=np.int64)])
    theirs = parameters.before.platform, parameters.after.platform
    ends, cells = _ends(ladder, data.table, *theirs)[:, person], ladder.cells
    names = [f"{cell}|{name}" for name in (*label.domain, ALL) for cell in range(cells)]
    row, statement, cell = awaited(ladder, ends)
    return media.labelled(
        person[row],
        np.zeros_like(row),
        place[row] * ladder.statements + statement,
        channel[row] * cells + cell,
        media.filled(names, (channels + 1) * cells),
        facts={"dropped_channels": int((~kept).sum())},
    )


class _Shown:
    """The released cells, by channel."""

    def __init__(self, opened: Opened, parameters: ChannelFlowParameters) -> None:
        self._opened = opened
        column = media.platform_column(parameters.group_by, "channel")
        self.column = str(column)
        self._ladder = ladder_of(opened.question, parameters)
        self._moves = pairs_of(self._ladder.stages)
        self._cells: dict[tuple[str, int], Group] = {}
        for group in opened.groups:
            cell, name = group.key[0].split("|", 1)
            self._cells[name, int(cell)] = group
        names = {name for name, _ in self._cells}
        self._names = [*sorted(names - {ALL}), *({ALL} & names)]
        channels = opened.question.domain(column)
        # The brand is told nothing of what a bound below the channels may have cut off.
        self._clipped = most_channels(parameters, channels) < channels

    def moves(self) -> list[dict[str, Any]]:
        """Report every released move of every channel."""
        return [
            {
                "key": {self.column: name, "from": before, "to": after},
                **self._people(name, group),
                **self._rates(name, move),
            }
            for name, (move, (before, after)) in product(self._names, enumerate(self._moves))
            if (group := self._cells.get((name, move)))
        ]

    def starts(self) -> list[dict[str, Any]]:
        """Report who came from which stage, per channel."""
        return [
            {"key": {self.column: name, "from": stage}, **self._people(name, group)}
            for name, (place, stage) in product(self._names, enumerate(self._ladder.stages))
            if (group := self._cells.get((name, self._ladder.moves + place)))
        ]

    def total(self) -> dict[str, Any]:
        """Report everybody who was seen, once; nothing if all of them are held back."""
        starts = range(self._ladder.moves, self._ladder.cells)
        cells = [self._cells.get((ALL, start)) for start in starts]
        groups = [cell for cell in cells if cell]
        missing = bool(self._opened.suppressed) and len(groups) < len(cells)
        if missing and not groups:
            return {"people": None}
        return people_of(self._opened, groups, missing).fields("people")

    def _people(self, channel: str, group: Group) -> dict[str, Any]:
        people = people_of(self._opened, [group])
        if self._clipped and channel != ALL:
            people = replace(people, bounds=(people.low, None))
        return people.fields("people")

    def _rates(self, channel: str, move: int) -> dict[str, Any]:
        """Report a move as a share of those who came from there, and that against all channels."""
        start = self._ladder.moves + move // len(self._ladder.stages)
        cells = [self._cells.get((name, at)) for name in (channel, ALL) for at in (move, start)]
        here, of, every, of_every = ([cell] if cell else [] for cell in cells)
        rate, coefficient = Estimate(None, "rate"), Estimate(None, "ratio")
        if here and of and not (self._clipped and channel != ALL):
            counts = [media.numerator(self._opened, some, None) for some in (here, of)]
            rate = media.quotient(self._opened, counts[0], counts[1], 0.0, "rate")
            if every and of_every and channel != ALL:
                coefficient = media.compound(self._opened, (here, of_every), (of, every), "ratio")
        return rate.fields("rate") | coefficient.fields("coefficient")


TEMPLATE = ChannelFlow()
