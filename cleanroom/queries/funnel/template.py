"""Where do people drop out, per channel against all channels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import exp, hypot
from typing import TYPE_CHECKING, Any

from cleanroom.documents.agreement import PartyRole, other_side
from cleanroom.errors import InvalidInput, PeerFault, PolicyRefusal
from cleanroom.queries import media
from cleanroom.queries.funnel import sensitivity
from cleanroom.queries.funnel.rows import (
    STEP,
    FunnelParameters,
    brand_rows,
    channels_of,
    channels_per_person,
    made,
    platform_rows,
    step_columns,
    tokens,
)
from cleanroom.queries.plan import Plan, Question
from cleanroom.queries.reporting import other_of, people_of
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
from cleanroom.words.estimate import Estimate
from cleanroom.words.languages import Language
from cleanroom.words.tell import tell

if TYPE_CHECKING:
    from cleanroom.ingest import Table

STEPS, KNOWN = "steps", "known_steps"
EACH = (", each counted once in every channel.", "，每人在每个渠道各计一次。")


class Funnel(Template):
    """Count matched people at each step of an ordered list, whichever side saw them there."""

    name = "funnel"
    Parameters = FunnelParameters
    kinds = ("any", "any")
    private_parameters = (STEPS, KNOWN, CONDITIONS)
    filled_in = (KNOWN, "number_of_steps")
    leaks = (
        *COMMON_LEAKS,
        WHERE_LEAK_AT_HOME,
        Leak(
            "aggregates",
            "if receiver: noised, thresholded",
            "if receiver: noised, thresholded",
            "exact match counts of opaque groups; no sums",
        ),
        Leak("a person's step and channel", "own step", "own", "opaque rows, unlinked"),
        Leak(
            "names of steps",
            "the list, and which of them the asking side records",
            "the list, and which of them the asking side records",
            "their number",
        ),
    )

    def complete(
        self,
        parameters: Mapping[str, Any],
        side: PartyRole,
        rehearsal: bool,
        table: Callable[[], Table],
    ) -> dict[str, Any]:
        """Add which of the steps the asking side records, so that the peer can tell the rest."""
        column = (parameters.get("step") or {STEP: STEP}).get(side, STEP)
        label = table().labels.get(column or "")
        own = set(label.domain) if label else set()
        steps = media.private_texts(parameters, STEPS)
        if not steps:
            raise InvalidInput("steps is the list of the funnel's steps, the first one first")
        known = [step for step in steps if step in own]
        asked = super().complete(parameters, side, rehearsal, table)
        return {**asked, KNOWN: known, "number_of_steps": len(steps)}

    def plan(self, question: Question) -> Plan:
        """Group people by channel and step."""
        parameters: FunnelParameters = self.parameters(question)
        media.check_period(parameters.start, parameters.end)
        channel, channels = channels_of(parameters, question)
        steps = parameters.number_of_steps
        columns = step_columns(parameters, question)
        if not any(columns.values()):
            raise PolicyRefusal("neither dataset has a column of steps", rule="unknown-label")
        anchor = channel or columns["platform"]
        if anchor is None:
            raise PolicyRefusal(
                "the platform's dataset has neither a channel nor a step", rule="unknown-label"
            )
        deltas = sensitivity.funnel(
            channels_per_person(parameters, channels),
            steps,
            {},
            closed=parameters.closed,
            gathered=question.job.receiver == "platform",
        )
        return Plan(
            source="job",
            columns=(anchor,),
            cells=channels * steps,
            value_side=None,
            slots=(),
            people_delta=deltas.people,
            brand_tokens=tokens(parameters),
            rows=min(question.brand.people, question.platform.people) * channels * steps,
            made=made(question, parameters, channels),
            where=question.where(parameters.where),
        )

    def check_own(
        self, question: Question, side: PartyRole, table: Table, private: Mapping[str, Any]
    ) -> None:
        """Refuse labels too long to be told, a period without times, steps in another number."""
        parameters: FunnelParameters = self.parameters(question)
        if len(media.private_texts(private, STEPS)) != parameters.number_of_steps:
            raise PeerFault("The job has a different number of steps than it declares.")
        channel, _ = channels_of(parameters, question)
        if side == "platform":
            media.check_times(table, parameters.start, parameters.end)
        if side == "platform" and channel:
            media.check_names(table.labels[channel.name].domain, channel)

    def notices(
        self, question: Question, side: PartyRole, table: Table, private: Mapping[str, Any]
    ) -> tuple[str, ...]:
        """Tell a side of steps that it does not record, nor the other one as far as it says."""
        own = step_columns(self.parameters(question), question)[side]
        known = set(table.labels[own.name].domain) if own else set()
        if side != question.job.submitter:
            known |= set(media.private_texts(private, KNOWN))
        missing = [step for step in media.private_texts(private, STEPS) if step not in known]
        if not missing:
            return ()
        other = question.manifest(other_side(side)).party
        return (
            f"this file has no step {', '.join(missing)}: unless {other} records it,"
            " nobody is counted there",
        )

    def rows(self, question: Question, data: PartyData) -> PartyRows:
        """Let the platform answer every step that the two may make together, in one row each.

        The brand's row says what is true of its own steps by its tokens alone; the platform's rows
        are labelled with the step that comes out.  One of them matches, and no one learns which.
        """
        make = brand_rows if data.side == "brand" else platform_rows
        return make(question, self.parameters(question), data)

    def result(self, opened: Opened) -> dict[str, Any]:
        """List people and rates per channel and step, and over all channels."""
        parameters: FunnelParameters = self.parameters(opened.question)
        steps = media.private_texts(opened.private, STEPS)
        channel, domain = channels_of(parameters, opened.question)
        cells = {tuple(group.key[0].split("|", 1)): group for group in opened.groups}
        channels = sorted({name for _, name in cells})
        table = [
            [cells.get((str(place), name)) for place in range(len(steps))] for name in channels
        ]
        # A channel of which nothing is shown is missing in the sums of all as well.
        unseen = [[None] * len(steps)] * (domain - len(channels))
        most = channels_per_person(parameters, domain)
        clipped = most < domain and opened.facts.get("dropped_channels") != 0
        every = _Steps(opened, [*table, *unseen], parameters.closed, clipped)
        groups = []
        for name, row in zip(channels, table, strict=True):
            here = _Steps(opened, [row], parameters.closed, clipped)
            for place, step in enumerate(steps):
                key = {str(channel): name, STEP: step} if channel else {STEP: step}
                groups.append({"key": key, **here.shown(place), **here.against(every, place)})
        shown = [{STEP: step, **every.shown(at)} for at, step in enumerate(steps)]
        total = {name: value for name, value in shown[0].items() if name.startswith("people")}
        return {
            "groups": groups,
            "other": other_of(opened),
            "total": {**(total if parameters.closed else {}), "steps": shown},
            "rows": dict(opened.facts),
        }

    def sentence(self, result: Mapping[str, Any], language: Language = "en") -> str:
        """Say how many people reach the last step, and where most of them are lost."""
        steps = result["total"]["steps"]
        first, last = steps[0], steps[-1]
        channels = any(len(group["key"]) > 1 for group in result["groups"])
        found = tell(
            language,
            "At {first}: {begun}; at {last}: {ended}" + (EACH[0] if channels else "."),
            "{first}：{begun}；{last}：{ended}" + (EACH[1] if channels else "。"),
            first=str(first[STEP]),
            begun=Estimate.read(first, "people", "people"),
            last=str(last[STEP]),
            ended=Estimate.read(last, "people", "people"),
        )
        step = narrowest(steps[1:])
        if step is None:
            return found
        more = tell(
            language,
            " The narrowest step is {step}: {rate} of the step before.",
            "流失最多的一步是 {step}：为上一步的 {rate}。",
            step=str(step[STEP]),
            rate=Estimate.read(step, "step_rate", "rate"),
        )
        return found + more


def narrowest(steps: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Return the step that keeps the smallest share of the one before, None if it is not certain.

    Every rate is known then, and the whole interval of the smallest one lies below the others.
    """
    rates = [Estimate.read(step, "step_rate", "rate") for step in steps]
    if len(rates) < 2 or any(rate.low is None or rate.high is None for rate in rates):  # noqa: PLR2004
        return None
    for step, rate in zip(steps, rates, strict=True):
        if all(_below(rate, other) for other in rates if other is not rate):
            return step
    return None


def _below(one: Estimate, other: Estimate) -> bool:
    return one.high is not None and other.low is not None and one.high < other.low


class _Steps:
    """The released cells of one channel, or of several together, by step."""

    def __init__(
        self,
        opened: Opened,
        table: Sequence[Sequence[Group | None]],
        closed: bool,
        clipped: bool,
    ) -> None:
        """``clipped`` says that people may be missing who are in more channels than count."""
        self._opened, self._table = opened, table
        self._closed, self._clipped = closed, clipped

    def groups_at(self, place: int) -> list[Group]:
        """Return the released groups of people who count at a step."""
        return [group for row in self._table for group in self._cells(row, place) if group]

    def _cells(self, row: Sequence[Group | None], place: int) -> Sequence[Group | None]:
        return row[place:] if self._closed else row[place : place + 1]

    def misses(self, place: int) -> bool:
        """Tell whether a group of people who count at a step may be held back."""
        cells = [cell for row in self._table for cell in self._cells(row, place)]
        return bool(self._opened.suppressed) and None in cells

    def shown(self, place: int) -> dict[str, Any]:
        """Return people at a step and the rate from the step before."""
        missing = self.misses(place)
        people = people_of(self._opened, self.groups_at(place), missing)
        if self._clipped and people.low is not None:
            people = replace(people, bounds=(people.low, None))
        found = {**people.fields("people"), "lower_bound": missing or self._clipped}
        if place == 0:
            return {**found, "step_rate": None}
        return found | self.rate(place).fields("step_rate")

    def _count(self, place: int) -> tuple[float, float]:
        return media.numerator(self._opened, self.groups_at(place), None)

    def rate(self, place: int) -> Estimate:
        """Return the rate from the step before: unknown of nobody, or where a group is missing."""
        if place == 0 or self._clipped or self.misses(place) or self.misses(place - 1):
            return Estimate(None, "rate")
        here, before = self._count(place), self._count(place - 1)
        nested = here[1] ** 2 if self._closed else 0.0
        return media.quotient(self._opened, here, before, nested, "rate")

    def against(self, every: _Steps, place: int) -> dict[str, Any]:
        """Return the rate as a multiple of the one over all channels."""
        here, usual = self.rate(place).value, every.rate(place).value
        value = here / usual if here is not None and usual else None
        if value is None or not media.noisy(self._opened):
            return {"to_all": value if value is None else round(value, 6)}
        bounds = self._bounds(value, every, place) if value else None
        return Estimate(value if bounds else None, "ratio", None, bounds).fields("to_all")

    def _bounds(self, value: float, every: _Steps, place: int) -> tuple[float, float] | None:
        """Return the delta method's interval of a rate over that of all, on the logarithm.

        A channel's own cells are in the total too, so a cell's error enters with both.  None
        where the noise does not tell one of the four counts from zero.
        """
        quantile = self._opened.charge.people.quantile
        slope: dict[tuple[str, ...], float] = {}
        for steps, at, sign in ((self, place, 1), (self, place - 1, -1),
                                (every, place, -1), (every, place - 1, 1)):  # fmt: skip
            count, deviation = steps._count(at)
            if count <= quantile * deviation:
                return None
            for group in steps.groups_at(at):
                slope[group.key] = slope.get(group.key, 0.0) + sign / count
        cells = {group.key: group for at in (place, place - 1) for group in every.groups_at(at)}
        errors = (slope[key] * self._sd(group) for key, group in cells.items())
        spread = exp(quantile * hypot(*errors))
        return value / spread, value * spread

    def _sd(self, group: Group) -> float:
        return media.numerator(self._opened, [group], None)[1]


TEMPLATE = Funnel()
