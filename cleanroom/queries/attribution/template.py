"""Which touch earned the conversion: every model, exact, with nobody's journey shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from cleanroom.documents.agreement import PartyRole
from cleanroom.documents.document import Real, Text
from cleanroom.errors import InvalidInput, PolicyRefusal
from cleanroom.privacy.noise import Delta
from cleanroom.queries import bounds, crediting, events, rounding
from cleanroom.queries.attribution import chain, sensitivity
from cleanroom.queries.attribution.costs import COSTS, with_costs
from cleanroom.queries.credit.markov import count_steps
from cleanroom.queries.credit.rules import NEEDED, PRESETS, USED_BY, Model, Rule, make_rule
from cleanroom.queries.credit.ticks import SECOND, Clock
from cleanroom.queries.credit.vectors import KeyNames
from cleanroom.queries.events import CONVERSIONS, TouchParameters
from cleanroom.queries.plan import BaseCounts, Column, Made, Plan, Question
from cleanroom.queries.reporting import everything
from cleanroom.queries.sensitivity import tables
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
from cleanroom.queries.where import CONDITIONS, WHERE, completed
from cleanroom.words.languages import Language

if TYPE_CHECKING:
    from cleanroom.ingest import Table

LEAKS = (
    *COMMON_LEAKS,
    Leak(
        "times, order and paths",
        "own conversions",
        "own touches",
        "padded groups of opaque tokens, which of them matched, under which opaque label",
    ),
    crediting.ROWS_LEAK,
    Leak(
        "credit per label",
        "if receiver: noised, thresholded",
        "if receiver: noised, thresholded",
        "exact match counts of opaque labels; no sums",
    ),
)

STEPS_LEAK = Leak("steps of all paths", "if receiver: exact", "own", "nothing", only=("base",))
"""Of ``markov`` alone: no other model has a base."""


IN_ORDER = (Model.SEQUENCE, Model.CHANNEL_PAIRS)
"""Models that the template ``sequence`` asks for."""


class AttributionParameters(TouchParameters):
    """Choose a model; ``by_action`` tells click-through from view-through."""

    model: Text
    half_life: Text | None = None
    weights: tuple[Real, ...] | None = None
    credits: tuple[Real, ...] | None = None
    profile: Literal["exact", "sampled"] = "exact"
    by_action: bool = False
    where: tuple[Text, ...] = ()


@dataclass(frozen=True)
class Setting:
    """A job's parameters, checked."""

    parameters: AttributionParameters
    rule: Rule
    clock: Clock
    column: Column
    most: int
    caps: dict[str, int]

    @property
    def combine(self) -> bool:
        """Tell whether credit is shared, so that the platform's agent has to add it up."""
        return crediting.shares_credit(self.rule)


class TimedTemplate(Template):
    """Ask about a period; a rehearsal may leave it to the brand's conversions."""

    def complete(
        self,
        parameters: Mapping[str, Any],
        side: PartyRole,
        rehearsal: bool,
        table: Callable[[], Table],
    ) -> dict[str, Any]:
        """Take missing times from the brand's own data, in a rehearsal."""
        filled = complete_times(parameters, side, rehearsal, table)
        if CONDITIONS in self.private_parameters:
            return completed(filled)
        if filled.get(WHERE):
            raise InvalidInput(
                f"{self.name} counts everybody: its base is not limited to some people.",
                remedy="Leave where out.",
            )
        return filled

    def submitter(self, parameters: Mapping[str, Any], receiver: PartyRole) -> PartyRole:
        """Let the brand ask where times are missing: they are taken from its conversions."""
        return receiver if {"start", "end"} <= set(parameters) else "brand"


class Attribution(TimedTemplate):
    """Give the credit of the brand's conversions to the platform's labels."""

    name = "attribution"
    Parameters = AttributionParameters
    kinds = ("events", "events")
    private_parameters = (*COSTS, CONDITIONS)
    choices = {"model": (*(str(one) for one in Model if one not in IN_ORDER), *PRESETS)}
    used_by = USED_BY
    needed_by = NEEDED
    leaks = (*LEAKS, STEPS_LEAK, WHERE_LEAK_AT_HOME)

    def setting(self, question: Question) -> Setting:
        """Check every parameter; raise ``PolicyRefusal`` or ``InvalidInput`` before any charge."""
        parameters: AttributionParameters = self.parameters(question)
        events.check_kinds(question)
        rule = make_rule(
            parameters.model,
            window=parameters.window,
            click_window=parameters.click_window,
            view_window=parameters.view_window,
            boundary=parameters.boundary,
            half_life=parameters.half_life,
            weights=parameters.weights,
            credits=parameters.credits,
            profile=parameters.profile,
            by_action=parameters.by_action,
        )
        if rule.model in IN_ORDER:
            raise InvalidInput(f"{rule.model} is asked with the template sequence")
        if rule.model is Model.MARKOV and parameters.where:
            raise PolicyRefusal(
                "markov needs the steps of all of the platform's paths, which no condition"
                " restricts: ask another model, or leave where out",
                rule="where-of-base",
            )
        most = events.most_conversions(parameters, rule.one_conversion)
        column = events.campaign_column(question, parameters.group_by)
        return Setting(
            parameters,
            crediting.in_fewer_parts(question, rule, question.domain(column)),
            events.clock_of(parameters),
            column,
            most,
            events.caps_of(question, parameters, most),
        )

    def plan(self, question: Question) -> Plan:
        """Group by campaign; slots are the conversions and the measures, in parts of a credit."""
        found = self.setting(question)
        names = KeyNames(found.rule, [""] * question.domain(found.column))
        units = crediting.plan_units(found.rule, found.combine)
        return Plan(
            source="job",
            columns=(found.column,),
            cells=len(names.possible()),
            value_side="brand",
            slots=events.slots_of(question, found.most, found.caps, units, deltas(found)),
            people_delta=events.scaled(tables(1), units),
            base=(steps_base(found.column),) if found.rule.model is Model.MARKOV else (),
            brand_tokens=found.clock.depth + 1,
            combine=found.combine,
            nested=found.most > 1,
            units=units,
            parts=rounding.rounded_parts(found.rule),
            rows=question.brand.people,
            made=Made(
                bounds.groups(question.brand, found.most),
                bounds.nodes(question.platform, found.rule, found.clock),
                bounds.vectors(found.rule, question.domain(found.column)),
            ),
            where=question.where(found.parameters.where, events=True),
        )

    def rows(self, question: Question, data: PartyData) -> PartyRows:
        """Make the brand's groups of conversions, or the platform's nodes of equal credit."""
        found = self.setting(question)
        measures, table = found.parameters.measures, data.counted(found.parameters.where)
        if data.side == "brand":
            values, caps = events.values_of(table, measures), list(found.caps.values())
            asked = events.asked_conversions(table, found.clock, found.most, values, caps)
            return events.brand_rows(question, data, found.clock, asked, measures)
        touches = events.touches_of(question, found.column, table, found.clock)
        dither = crediting.dither_of(question, data)
        pieces = crediting.cut_pieces(touches, found.rule, found.clock, dither)
        names = KeyNames(found.rule, events.campaign_names(question, found.column, table))
        texts = {key: crediting.key_text(names.name(key)) for key in names.possible()}
        make = crediting.vector_rows if found.combine else crediting.winner_rows
        return make(pieces, texts)

    def base_counts(
        self,
        question: Question,
        table: Table,
        base: BaseCounts,  # noqa: ARG002 - there is one alone
    ) -> list[list[object]] | None:
        """Count the steps of the platform's paths: ``[[before, after], number]``, "" for none."""
        found = self.setting(question)
        touches = events.touches_of(question, found.column, table, found.clock)
        names = [*events.campaign_names(question, found.column, table), ""]
        steps = count_steps(touches, found.rule, found.clock)
        return [
            [[names[before], names[after]], int(number)]
            for (before, after), number in np.ndenumerate(steps)
        ]

    def check_own(
        self, question: Question, side: PartyRole, table: Table, private: Mapping[str, Any]
    ) -> None:
        """Refuse events without times, touches without actions that the rule tells, bad costs."""
        found = self.setting(question)
        events.times_of(table)
        if side == "platform":
            check_actions(table, found.rule)
        costs = [crediting.check_costs(private.get(name, {})) for name in COSTS]
        if found.parameters.where and any(costs):
            raise InvalidInput(
                "costs cover everybody a campaign reached: leave out either them or where"
            )

    def notices(
        self, question: Question, side: PartyRole, table: Table, private: Mapping[str, Any]
    ) -> tuple[str, ...]:
        """Tell a platform that asks of costs of what its file does not have."""
        column = self.setting(question).column
        if side != question.job.submitter or side != column.side:
            return ()
        known = table.labels[column.name].domain
        costs = {str(name): None for one in COSTS for name in private.get(one, {})}
        missing = [name for name in costs if name not in known]
        if not missing:
            return ()
        return (
            f"this file has no {column.name} {', '.join(missing)}, for which a cost is given:"
            f" check the spelling (it has {', '.join(sorted(known))})",
        )

    def result(self, opened: Opened) -> dict[str, Any]:
        """List the campaigns with conversions, share and sums; costs if they were given."""
        found = self.setting(opened.question)
        markov = found.rule.model is Model.MARKOV
        groups = chain.groups(opened) if markov else _credit_groups(opened)
        result: dict[str, Any] = {
            "model": found.parameters.model,
            "groups": groups,
            "other": crediting.other_numbers(opened),
            "total": crediting.total_numbers(opened),
        }
        bounds = crediting.bounds_of(opened)
        result |= {"bounds": bounds} if bounds else {}
        return result | with_costs(opened, found.parameters.measures, groups)

    def sentence(self, result: Mapping[str, Any], language: Language = "en") -> str:
        """Say what was attributed and who earned most, if the intervals tell who did."""
        return crediting.credit_sentence(result, language)


def deltas(found: Setting) -> dict[str, Delta]:
    """Return what one person changes, in whole conversions and scaled units of each measure."""
    changes = {
        name: sensitivity.attribution(found.most, cap).measures["value"]
        for name, cap in found.caps.items()
    }
    counted = sensitivity.attribution(found.most, 1).measures[CONVERSIONS]
    return {CONVERSIONS: counted, **changes}


def steps_base(column: Column) -> BaseCounts:
    """Ask the platform for the steps of all its paths, which a chain cannot do without."""
    return BaseCounts("platform", (column.name,), public=True)


def check_actions(table: Table, rule: Rule) -> None:
    """Refuse touches that are not told apart where the rule does tell clicks from views."""
    tells = rule.model in (Model.LAST_CLICK, Model.CLICK_THEN_VIEW) or rule.by_action
    if table.action is None and (tells or rule.click_window != rule.view_window):
        raise PolicyRefusal(
            "the rule tells clicks from views, but the touches have no action: name their column",
            rule="touches-without-action",
        )


def complete_times(
    parameters: Mapping[str, Any], side: PartyRole, rehearsal: bool, table: Callable[[], Table]
) -> dict[str, Any]:
    """Fill in start and end from the brand's conversions; a live room never does."""
    if not rehearsal or {"start", "end"} <= set(parameters):
        return dict(parameters)
    if side != "brand":
        raise InvalidInput("start and end can be left out only if the brand asks the question")
    times = events.times_of(table())
    span = {"start": int(times.min()) // SECOND, "end": int(times.max()) // SECOND + 1}
    return {**span, **parameters}


def _key(opened: Opened, group: Group) -> dict[str, str]:
    labels = crediting.key_labels(group.key[0])
    names = (crediting.outputs_named(opened.plan), "action")
    return dict(zip(names, labels, strict=False))


def _credit_groups(opened: Opened) -> list[dict[str, Any]]:
    every = everything(opened)
    return [
        {
            "key": _key(opened, group),
            **crediting.group_numbers(opened, [group]),
            **crediting.share_of(opened, group, every).fields("share"),
        }
        for group in sorted(opened.groups, key=lambda group: group.key)
    ]


TEMPLATE = Attribution()
