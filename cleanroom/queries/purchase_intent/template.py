"""Which campaign moved intent: the purchase intent index, eight interactions in one number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cleanroom.documents.agreement import PartyRole
from cleanroom.documents.document import Name, Text
from cleanroom.errors import InvalidInput, PolicyRefusal
from cleanroom.ingest.seen import UNKNOWN_LABEL
from cleanroom.queries import bounds, crediting, events, rounding
from cleanroom.queries.attribution.template import LEAKS, TimedTemplate, check_actions
from cleanroom.queries.credit.credit import INTERACTIONS
from cleanroom.queries.credit.groups import MAXIMUM_CONVERSIONS
from cleanroom.queries.credit.rules import Model, Rule, make_rule
from cleanroom.queries.credit.ticks import Clock
from cleanroom.queries.credit.vectors import KeyNames
from cleanroom.queries.events import TouchParameters
from cleanroom.queries.plan import BaseCounts, Column, Made, Plan, Question, Slot
from cleanroom.queries.purchase_intent import sensitivity
from cleanroom.queries.reporting import everything, held_back
from cleanroom.queries.sensitivity import tables
from cleanroom.queries.template import Group, Leak, Opened, PartyData, PartyRows
from cleanroom.words.estimate import Estimate, leading
from cleanroom.words.languages import Language
from cleanroom.words.tell import tell

if TYPE_CHECKING:
    from cleanroom.ingest import Table

INDEX = "index"
"""The one slot that is released: attributed interactions times their weights."""

DECIMALS = 6
"""Weights are counted in millionths."""

PER = 1000
"""The index is per thousand reached people."""


class PurchaseIntentParameters(TouchParameters):
    """Name the industry, whose weights stand in the agreement, and the column of interactions.

    ``max_conversions`` bounds the interactions of each kind per person.
    """

    industry: Name
    interaction: Text = "brand.interaction"


@dataclass(frozen=True)
class Setting:
    """A job's parameters, checked; ``weights`` are millionths by interaction."""

    parameters: PurchaseIntentParameters
    rule: Rule
    clock: Clock
    column: Column
    interaction: Column
    most: int
    weights: dict[str, int]

    @property
    def all_kinds(self) -> int:
        """Return how many interactions of a person can enter, over all kinds."""
        return self.most * len(self.weights)

    @property
    def bound(self) -> int:
        """Return what a person can add to the index, in millionths."""
        return self.most * sum(self.weights.values())


class PurchaseIntent(TimedTemplate):
    """Share weighted interactions among campaigns and hold them against the people reached."""

    name = "purchase_intent"
    Parameters = PurchaseIntentParameters
    kinds = ("events", "events")
    by_documents = ("intent-weights",)
    leaks = (
        *LEAKS,
        Leak(
            "people reached per campaign",
            "if receiver: exact, sealed to it",
            "own",
            "nothing",
        ),
    )

    def setting(self, question: Question) -> Setting:
        """Check every parameter; raise ``PolicyRefusal`` or ``InvalidInput`` before any charge."""
        parameters: PurchaseIntentParameters = self.parameters(question)
        events.check_kinds(question)
        if parameters.measures or parameters.max_value_per_person is not None:
            raise InvalidInput("purchase_intent releases the index only, no measures")
        interaction = Column.parse(parameters.interaction)
        if interaction.side != "brand":
            raise InvalidInput("interaction: the interactions are the brand's")
        question.domain(interaction)
        rule = make_rule(
            Model.LINEAR,
            window=parameters.window,
            click_window=parameters.click_window,
            view_window=parameters.view_window,
            boundary=parameters.boundary,
        )
        column = events.campaign_column(question, parameters.group_by)
        found = Setting(
            parameters,
            crediting.in_fewer_parts(question, rule, question.domain(column)),
            events.clock_of(parameters),
            column,
            interaction,
            events.most_conversions(parameters, one=False),
            weights_of(question, parameters.industry),
        )
        if found.all_kinds > MAXIMUM_CONVERSIONS:
            raise InvalidInput(
                f"max_conversions: {found.most} of each of {len(found.weights)} interactions are"
                f" more than {MAXIMUM_CONVERSIONS} per person"
            )
        return found

    def plan(self, question: Question) -> Plan:
        """Group by campaign; the one slot is the sum of weights times credit."""
        found = self.setting(question)
        units = found.rule.units
        weights = {name: weight / 10**DECIMALS for name, weight in found.weights.items()}
        person = sensitivity.purchase_intent(found.most, weights).measures[INDEX]
        delta = events.scaled(person, units * 10**DECIMALS)
        return Plan(
            source="job",
            columns=(found.column,),
            cells=question.domain(found.column),
            value_side="brand",
            slots=(Slot(INDEX, 2, DECIMALS, found.bound * units, delta, unit=""),),
            people_delta=events.scaled(tables(1), units),
            base=(BaseCounts("platform", (found.column.name,), public=True),),
            brand_tokens=found.clock.depth + 1,
            combine=True,
            units=units,
            parts=rounding.rounded_parts(found.rule),
            rows=question.brand.people,
            made=Made(
                bounds.groups(question.brand, found.all_kinds),
                bounds.nodes(question.platform, found.rule, found.clock),
                bounds.vectors(found.rule, question.domain(found.column)),
            ),
        )

    def rows(self, question: Question, data: PartyData) -> PartyRows:
        """Make the brand's groups of interactions, or the platform's nodes of equal credit."""
        found = self.setting(question)
        if data.side == "brand":
            return self._brand_rows(question, data, found)
        touches = events.touches_of(question, found.column, data.table, found.clock)
        dither = crediting.dither_of(question, data)
        pieces = crediting.cut_pieces(touches, found.rule, found.clock, dither)
        names = KeyNames(found.rule, events.campaign_names(question, found.column, data.table))
        texts = {key: crediting.key_text(names.name(key)) for key in names.possible()}
        return crediting.vector_rows(pieces, texts)

    @staticmethod
    def _brand_rows(question: Question, data: PartyData, found: Setting) -> PartyRows:
        table, label = data.table, data.table.labels[found.interaction.name]
        weight = np.array([found.weights.get(name, 0) for name in label.domain], dtype=np.int64)
        weighed = np.array([name in found.weights for name in label.domain])[label.codes]
        kept = first_of_each_kind(table, found.clock, label.codes, found.most) & weighed
        asked = events.asked_conversions(
            table,
            found.clock,
            found.all_kinds,
            weight[label.codes].reshape(-1, 1),
            [found.bound],
            kept,
        )
        return events.brand_rows(question, data, found.clock, asked, (INDEX,))

    def base_counts(
        self,
        question: Question,
        table: Table,
        base: BaseCounts,  # noqa: ARG002 - there is one alone
    ) -> list[list[object]] | None:
        """Count the distinct people whom each campaign reached in the time that the job reads."""
        found = self.setting(question)
        touches = events.touches_of(question, found.column, table, found.clock)
        names = events.campaign_names(question, found.column, table)
        windows = (found.rule.view_window, found.rule.click_window)
        reach = max(found.clock.reach(window, found.rule.strict) for window in windows)
        read = touches.between(-reach, found.clock.ticks)
        pairs = np.unique(np.stack([read.campaign, read.person]), axis=1)
        reached = np.bincount(pairs[0], minlength=len(names))
        return [[[name], int(n)] for name, n in zip(names, reached, strict=True) if name]

    def check_own(
        self,
        question: Question,
        side: PartyRole,
        table: Table,
        private: Mapping[str, Any],  # noqa: ARG002 - there is none
    ) -> None:
        """Refuse events without times, interactions without a weight, touches without actions."""
        found = self.setting(question)
        events.times_of(table)
        if side == "platform":
            check_actions(table, found.rule)
            return
        named = set(table.labels[found.interaction.name].domain) - {UNKNOWN_LABEL}
        if named - set(found.weights):
            raise PolicyRefusal(
                f"the agreement has no weight for an interaction of {found.interaction}: it has"
                f" {', '.join(sorted(found.weights))}",
                rule="interaction-without-weight",
            )

    def result(self, opened: Opened) -> dict[str, Any]:
        """List the campaigns with weighted interactions, reached people and the index."""
        column = crediting.outputs_named(opened.plan)
        reached = {labels[0]: round(n) for labels, n in opened.base[column].items()}
        groups = sorted(opened.groups, key=lambda group: group.key)
        shown = [
            {
                "key": {column: group.key[0]},
                **index_numbers(opened, [group], reached.get(group.key[0], 0)),
            }
            for group in groups
        ]
        whole: dict[str, Any] = {"weighted_interactions": None}
        if not held_back(opened):
            whole = weighted(opened, everything(opened))
        other = opened.other
        result: dict[str, Any] = {
            "groups": shown,
            "other": {"groups": other.pooled, **weighted(opened, [other])} if other else None,
            "total": whole,
            "most": _most(opened, shown, reached),
        }
        bounds = crediting.bounds_of(opened)
        return result | ({"bounds": bounds} if bounds else {})

    def sentence(self, result: Mapping[str, Any], language: Language = "en") -> str:
        """Name the campaign that moved intent most per person reached, if the intervals tell."""
        if not any(group[INDEX] is not None for group in result["groups"]):
            return tell(
                language,
                "No campaign moved enough people to be shown.",
                "没有活动影响了足够多的人群以供展示。",
            )
        best = [group for group in result["groups"] if group["key"] == result.get("most")]
        if not best:
            return tell(
                language,
                "No campaign clearly moved intent most.",
                "没有活动对购买意向的影响明显最大。",
            )
        return tell(
            language,
            "{name} moved intent most: {index} per thousand people reached.",
            "{name} 对购买意向的影响最大：每千名触达人群 {index}。",
            name=", ".join(best[0]["key"].values()),
            index=Estimate.read(best[0], INDEX, "index"),
        )


def _most(
    opened: Opened, groups: list[dict[str, Any]], reached: Mapping[str, int]
) -> Mapping[str, str] | None:
    """Return the key of the campaign with the largest index, None if that is not certain.

    All that is pooled may be one campaign's that is held back.
    """
    rivals = []
    if opened.other is not None:
        pool = Estimate.read(weighted(opened, [opened.other]), "weighted_interactions")
        names = {group.key[0] for group in opened.groups}
        rivals = [
            Estimate(PER * (pool.high or 0.0) / people)
            for name, people in reached.items()
            if name not in names and people > 0
        ]
    place = leading([Estimate.read(group, INDEX) for group in groups], rivals)
    return None if place is None else groups[place]["key"]


def weights_of(question: Question, industry: str) -> dict[str, int]:
    """Return the signed weights of an industry in millionths; refuse what nobody signed."""
    signed = [item for item in question.agreement.intent_weights if item.industry == industry]
    if len(signed) != 1:
        raise PolicyRefusal(
            f"the agreement has no weights for the industry {industry}", rule="intent-weights"
        )
    weights = signed[0].weights
    unknown = sorted(set(weights) - set(INTERACTIONS))
    if unknown:
        raise PolicyRefusal(
            f"{unknown[0]} is not an interaction: there are {', '.join(INTERACTIONS)}",
            rule="intent-weights",
        )
    scaled = {name: round(weight * 10**DECIMALS) for name, weight in weights.items()}
    if not any(scaled.values()) or any(weight < 0 for weight in scaled.values()):
        raise PolicyRefusal(
            "the weights of the index are never negative and not all zero", rule="intent-weights"
        )
    return scaled


def first_of_each_kind(
    table: Table, clock: Clock, kind: npt.NDArray[np.int32], most: int
) -> npt.NDArray[np.bool_]:
    """Mark the first ``most`` interactions of every kind of every person in the job's time."""
    times = events.times_of(table)
    asked = np.flatnonzero(clock.asked(times))
    keys = (events.row_digests(table)[asked], clock.tick(times[asked]))
    order = asked[np.lexsort((*keys, kind[asked], table.person[asked]))]
    same = (table.person[order][1:] == table.person[order][:-1]) & (
        kind[order][1:] == kind[order][:-1]
    )
    starts = np.flatnonzero(np.concatenate([[True], ~same])[: len(order)])
    rank = np.arange(len(order)) - np.repeat(starts, np.diff(np.append(starts, len(order))))
    kept = np.zeros(table.rows, dtype=np.bool_)
    kept[order[rank < most]] = True
    return kept


def weighted(opened: Opened, groups: list[Group]) -> dict[str, Any]:
    """Report the weighted interactions that some campaigns earned."""
    return crediting.slot_of(opened, groups, 0, "number").fields("weighted_interactions")


def index_numbers(opened: Opened, groups: list[Group], reached: int) -> dict[str, Any]:
    """Report weighted interactions, reached people, and the one per thousand of the other."""
    shown: dict[str, Any] = {**weighted(opened, groups), "reached": reached}
    if reached <= 0:
        return {**shown, INDEX: None}
    found, scale = crediting.slot_of(opened, groups, 0), PER / reached
    index = Estimate((found.value or 0) * scale, "index")
    if found.sd is not None and found.interval is not None:
        low, high = (end * scale for end in found.interval)
        index = replace(index, sd=found.sd * scale, interval=(low, high))
    return shown | index.fields(INDEX)


TEMPLATE = PurchaseIntent()
