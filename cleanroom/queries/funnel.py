"""Where do people drop out, per channel against all channels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import exp, hypot
from typing import Any

from cleanroom.documents.agreement import PartyRole
from cleanroom.errors import InvalidInput, PeerFault, PolicyRefusal
from cleanroom.ingest import Table
from cleanroom.queries import media, sensitivity
from cleanroom.queries.funnel_rows import (
    STEP,
    FunnelParameters,
    brand_rows,
    channels_of,
    channels_per_person,
    made,
    platform_rows,
    step_columns,
)
from cleanroom.queries.plan import Plan, Question
from cleanroom.queries.reporting import grouped_result, numbers
from cleanroom.queries.template import (
    COMMON_LEAKS,
    Group,
    Leak,
    Opened,
    PartyData,
    PartyRows,
    Template,
)

STEPS, KNOWN = "steps", "known_steps"


class Funnel(Template):
    """Count matched people at each step of an ordered list, whichever side saw them there."""

    name = "funnel"
    title = "Funnel"
    chinese = "转化漏斗"
    Parameters = FunnelParameters
    private_parameters = (STEPS, KNOWN)
    leaks = (
        *COMMON_LEAKS,
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
            "nothing",
        ),
    )

    def complete(
        self,
        parameters: Mapping[str, Any],
        side: PartyRole,
        rehearsal: bool,  # noqa: ARG002
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
        return {**parameters, KNOWN: known, "number_of_steps": len(steps)}

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
            channels_per_person(parameters, channels), steps, {}, closed=parameters.closed
        )
        return Plan(
            source="job",
            columns=(anchor,),
            cells=channels * steps,
            value_side=None,
            slots=(),
            people_delta=deltas.people,
            rows=min(question.brand.people, question.platform.people) * channels * steps,
            made=made(question, parameters, channels),
        )

    def check_own(
        self, question: Question, side: PartyRole, table: Table, private: Mapping[str, Any]
    ) -> None:
        """Refuse labels too long to be told, a period without times, steps in another number."""
        parameters: FunnelParameters = self.parameters(question)
        if len(media.private_texts(private, STEPS)) != parameters.number_of_steps:
            raise PeerFault("The job has another number of steps than it says.")
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
        return (
            f"this file has no step {', '.join(missing)}: unless the other side records it,"
            " nobody is counted there",
        )

    def rows(self, question: Question, data: PartyData) -> PartyRows:
        """Let the platform answer every step that the brand may have seen a person at.

        The brand's row names, by its token alone, the brand's own step; the platform has a row
        for each such step, labelled with the step that the two make together.  One of them
        matches, and no one learns which.
        """
        make = brand_rows if data.side == "brand" else platform_rows
        return make(question, self.parameters(question), data)

    def result(self, opened: Opened) -> dict[str, Any]:
        """List people and rates per channel and step, and over all channels."""
        parameters: FunnelParameters = self.parameters(opened.question)
        steps = media.private_texts(opened.private, STEPS)
        channel, _ = channels_of(parameters, opened.question)
        cells = {tuple(group.key[0].split("|", 1)): group for group in opened.groups}
        channels = sorted({name for _, name in cells})
        table = [
            [cells.get((str(place), name)) for place in range(len(steps))] for name in channels
        ]
        every = _Steps(opened, table, parameters.closed)
        groups = []
        for name, row in zip(channels, table, strict=True):
            here = _Steps(opened, [row], parameters.closed)
            for place, step in enumerate(steps):
                key = {str(channel): name, STEP: step} if channel else {STEP: step}
                groups.append({"key": key, **here.shown(place), **here.against(every, place)})
        return {
            "groups": groups,
            "other": grouped_result(opened, [STEP])["other"],
            "total": {
                **(numbers(opened, every.groups_at(0)) if parameters.closed else {}),
                "steps": [{STEP: step, **every.shown(at)} for at, step in enumerate(steps)],
            },
            "rows": dict(opened.facts),
        }

    def sentence(self, result: Mapping[str, Any]) -> str:
        """Say how many people reach the last step, and where most of them are lost."""
        steps = result["total"]["steps"]
        rates = [(one["step_rate"], one[STEP]) for one in steps if one["step_rate"] is not None]
        first, last = steps[0], steps[-1]
        found = (
            f"Of {first['people']:,} people at {first[STEP]}, "
            f"{last['people']:,} are seen at {last[STEP]}"
        )
        if not rates:
            return f"{found}."
        rate, step = min(rates)
        return f"{found}; the narrowest step is {step}, with {rate:.1%} of the step before."


class _Steps:
    """The released cells of one channel, or of several together, by step."""

    def __init__(
        self, opened: Opened, table: Sequence[Sequence[Group | None]], closed: bool
    ) -> None:
        self._opened, self._table, self._closed = opened, table, closed
        self._complete = not media.noisy(opened) and opened.charge.k == 1

    def groups_at(self, place: int) -> list[Group]:
        """Return the released groups of people who count at a step."""
        return [group for row in self._table for group in self._cells(row, place) if group]

    def _cells(self, row: Sequence[Group | None], place: int) -> Sequence[Group | None]:
        return row[place:] if self._closed else row[place : place + 1]

    def shown(self, place: int) -> dict[str, Any]:
        """Return people at a step and the rate from the step before."""
        cells = [cell for row in self._table for cell in self._cells(row, place)]
        found = {
            **numbers(self._opened, self.groups_at(place)),
            "lower_bound": not self._complete and None in cells,
        }
        if place == 0:
            return {**found, "step_rate": None}
        here, before = (self._count(at) for at in (place, place - 1))
        nested = here[1] ** 2 if self._closed else 0.0
        return {**found, **media.ratio(self._opened, "step_rate", here, before, nested)}

    def _count(self, place: int) -> tuple[float, float]:
        return media.numerator(self._opened, self.groups_at(place), None)

    def rate(self, place: int) -> float | None:
        """Return the rate from the step before, None of nobody."""
        if place == 0 or not self._count(place - 1)[0]:
            return None
        return self._count(place)[0] / self._count(place - 1)[0]

    def against(self, every: _Steps, place: int) -> dict[str, Any]:
        """Return the rate as a multiple of the one over all channels."""
        here, usual = self.rate(place), every.rate(place)
        value = here / usual if here is not None and usual else None
        bounds = self._bounds(value, every, place) if value else None
        return media.shown("to_all", value, bounds, media.noisy(self._opened))

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
