"""In which order channels work before a conversion, and which of them work together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import exp, hypot
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from pydantic import Field

from cleanroom.documents.agreement import PartyRole
from cleanroom.documents.document import Text
from cleanroom.errors import InvalidInput, PolicyRefusal
from cleanroom.privacy.noise import Delta, NoiseSpec
from cleanroom.queries import bounds, crediting, events, rounding
from cleanroom.queries.attribution.template import LEAKS, TimedTemplate
from cleanroom.queries.credit.pieces import Pieces
from cleanroom.queries.credit.rules import Model, Rule, make_rule
from cleanroom.queries.credit.sequence import synergies
from cleanroom.queries.credit.ticks import Clock
from cleanroom.queries.credit.vectors import KeyNames, canonical
from cleanroom.queries.events import CONVERSIONS, TouchParameters
from cleanroom.queries.plan import Column, Made, Plan, Question
from cleanroom.queries.reporting import sum_sd
from cleanroom.queries.sequence import sensitivity
from cleanroom.queries.template import WHERE_LEAK_AT_HOME, Group, Opened, PartyData, PartyRows
from cleanroom.queries.where import CONDITIONS
from cleanroom.words.estimate import Estimate
from cleanroom.words.languages import Language
from cleanroom.words.tell import tell
from protocols.limits import MAXIMUM_CELLS

if TYPE_CHECKING:
    from cleanroom.ingest import Table

I64 = npt.NDArray[np.int64]


class SequenceParameters(TouchParameters):
    """Ask for steps; ``synergy`` also asks for pairs of the ``channels`` most recent channels."""

    synergy: bool = False
    where: tuple[Text, ...] = ()
    channels: int = Field(default=4, ge=2, le=16)


@dataclass(frozen=True)
class Setting:
    """A job's parameters, checked.

    ``steps`` shares a conversion among the steps of its path, ``pairs`` gives it to every pair of
    channels on it, and is None without synergy.
    """

    parameters: SequenceParameters
    steps: Rule
    pairs: Rule | None
    clock: Clock
    column: Column
    caps: dict[str, int]

    @property
    def cells(self) -> int:
        """Return in how many tables of released cells one person is counted."""
        if self.pairs is None:
            return 1
        return 1 + self.pairs.channels * (self.pairs.channels + 1) // 2

    def vectors(self, campaigns: int) -> int:
        """Return how many credit vectors there can be."""
        beside = 1 if self.pairs is None else bounds.vectors(self.pairs, campaigns)
        return bounds.vectors(self.steps, campaigns) * beside


class Sequence(TimedTemplate):
    """Release the steps between channels before conversions, and the synergy of pairs."""

    name = "sequence"
    Parameters = SequenceParameters
    kinds = ("events", "events")
    private_parameters = (CONDITIONS,)
    leaks = (*LEAKS, WHERE_LEAK_AT_HOME)

    def setting(self, question: Question) -> Setting:
        """Check every parameter; raise ``PolicyRefusal`` or ``InvalidInput`` before any charge."""
        parameters: SequenceParameters = self.parameters(question)
        events.check_kinds(question)
        column = events.campaign_column(question, parameters.group_by)
        campaigns = question.domain(column)
        pairs, beside = None, 1
        if parameters.synergy:
            pairs = replace(_rule(Model.CHANNEL_PAIRS, parameters), channels=parameters.channels)
            beside = bounds.vectors(pairs, campaigns)
        most = events.most_conversions(parameters, one=True)
        rule = _rule(Model.SEQUENCE, parameters)
        return Setting(
            parameters,
            crediting.in_fewer_parts(question, rule, campaigns, beside),
            pairs,
            events.clock_of(parameters),
            column,
            events.caps_of(question, parameters, most),
        )

    def plan(self, question: Question) -> Plan:
        """Group by step, and by pair where synergy is asked for; one conversion per person."""
        found = self.setting(question)
        domain = [""] * question.domain(found.column)
        cells = len(KeyNames(found.steps, domain).possible())
        if found.pairs is not None:
            cells += len(KeyNames(found.pairs, domain).possible())
        units = found.steps.units
        person = sensitivity.sequence(1, pairs_per_person=found.cells - 1)
        changes = {
            name: sensitivity.sequence(cap, pairs_per_person=found.cells - 1).measures["value"]
            for name, cap in found.caps.items()
        }
        deltas: dict[str, Delta] = {CONVERSIONS: person.people, **changes}
        return Plan(
            source="job",
            columns=(found.column,),
            cells=cells,
            value_side="brand",
            slots=events.slots_of(question, 1, found.caps, units, deltas),
            people_delta=events.scaled(person.people, units),
            brand_tokens=found.clock.depth + 1,
            combine=True,
            units=units,
            parts=rounding.rounded_parts(found.steps),
            rows=question.brand.people,
            made=Made(
                bounds.groups(question.brand, 1),
                bounds.nodes(question.platform, found.steps, found.clock),
                found.vectors(question.domain(found.column)),
            ),
            where=question.where(found.parameters.where, events=True),
        )

    def rows(self, question: Question, data: PartyData) -> PartyRows:
        """Make the brand's groups of conversions, or the platform's nodes of equal steps."""
        found = self.setting(question)
        table, measures = data.counted(found.parameters.where), found.parameters.measures
        if data.side == "brand":
            asked = events.asked_conversions(
                table, found.clock, 1, events.values_of(table, measures), list(found.caps.values())
            )
            return events.brand_rows(question, data, found.clock, asked, measures)
        touches = events.touches_of(question, found.column, table, found.clock)
        dither = crediting.dither_of(question, data)
        campaigns = events.campaign_names(question, found.column, table)
        steps = crediting.cut_pieces(touches, found.steps, found.clock, dither)
        names = _names(KeyNames(found.steps, campaigns))
        if found.pairs is None:
            return crediting.vector_rows(steps, names)
        pairs = crediting.cut_pieces(touches, found.pairs, found.clock, dither)
        offset = KeyNames(found.steps, campaigns).size
        both = overlay(steps, pairs, offset)
        for key, name in _names(KeyNames(found.pairs, campaigns)).items():
            names[offset + key] = crediting.key_text((rounding.PAIR, name))
        return crediting.vector_rows(both, names)

    def check_own(
        self,
        question: Question,  # noqa: ARG002 - a plan was made of it
        side: PartyRole,  # noqa: ARG002 - both need times
        table: Table,
        private: Mapping[str, Any],  # noqa: ARG002 - conditions are checked for all templates
    ) -> None:
        """Refuse events without times."""
        events.times_of(table)

    def result(self, opened: Opened) -> dict[str, Any]:
        """List the steps with their rates, the pairs with their synergy.

        A step from the start has ``from`` null.  Conversions are shared by the steps of a path.
        """
        steps = [group for group in opened.groups if not rounding.is_pair(group)]
        asked = self.setting(opened.question).pairs is not None
        result: dict[str, Any] = {
            "groups": [
                {
                    "key": {"from": before or None, "to": after},
                    **crediting.group_numbers(opened, [group]),
                    **self._rate(opened, group, steps).fields("rate"),
                }
                for group, (before, after) in sorted(
                    ((group, _step(group)) for group in steps), key=lambda item: item[1]
                )
            ],
            "other": crediting.other_numbers(opened),
            "total": crediting.total_numbers(opened, steps if asked else None),
        }
        if asked:
            result["synergy"] = _synergy(opened, steps)
        bounds = crediting.bounds_of(opened)
        return result | ({"bounds": bounds} if bounds else {})

    def _rate(self, opened: Opened, group: Group, steps: list[Group]) -> Estimate:
        """Return a step's part of all steps from the same channel.

        Some of those may be pooled: then the rate lies between that of the pool with them and
        that without it.
        """
        before = _step(group)[0]
        from_here = [one for one in steps if _step(one)[0] == before]
        found = self.setting(opened.question)
        # The labels are the platform's: any names tell how many steps there can be.
        domain = [str(number) for number in range(opened.question.domain(found.column))]
        names = KeyNames(found.steps, domain)
        start = "0" if before else ""
        possible = sum(names.name(key)[0] == start for key in names.possible())
        rate = crediting.share_of(opened, group, from_here)
        if not opened.suppressed or len(from_here) >= possible or opened.other is None:
            return rate
        least = crediting.share_of(opened, group, [*from_here, opened.other])
        if rate.high is None or least.low is None:
            return Estimate(None, "rate")
        return Estimate(rate.value, "rate", bounds=(max(0.0, least.low), min(1.0, rate.high)))

    def sentence(self, result: Mapping[str, Any], language: Language = "en") -> str:
        """Name the step between channels that comes before most conversions, if one surely does."""
        between = [group for group in result["groups"] if group["key"]["from"] is not None]
        best = crediting.leader({**result, "groups": between})
        if best is None:
            return tell(
                language,
                "No step from one channel to another stands out.",
                "没有渠道间的步骤明显突出。",
            )
        return tell(
            language,
            "Before conversions, people went most often from {before} to {after}: {count}.",
            "转化之前，最常见的步骤是从 {before} 到 {after}：{count} 次。",
            before=str(best["key"]["from"]),
            after=str(best["key"]["to"]),
            count=Estimate.read(best, CONVERSIONS, "conversions"),
        )


def _synergy(opened: Opened, steps: list[Group]) -> list[dict[str, Any]]:
    """Report every pair whose three counts are told from zero, the strongest first."""
    pairs = {_labels(group)[1:]: group for group in opened.groups if rounding.is_pair(group)}
    counts = {key: group.sums[0] / opened.plan.units for key, group in pairs.items()}
    attributed = sum(group.sums[0] for group in steps) / opened.plan.units
    noise = opened.charge.slots[0]
    sd = sum_sd(noise, steps[:1]) / opened.plan.units
    whole_sd = (
        hypot(sum_sd(noise, steps), rounding.rounding_sd(opened, steps, 0)) / opened.plan.units
    )
    pool = crediting.slot_of(opened, [opened.other], 0).high or 0.0 if opened.other else 0.0
    # Steps that are pooled are conversions as well: there may be more than are counted.
    more = 1 + max(0.0, pool) / attributed if attributed > 0 else 1.0
    shown = []
    for found in synergies({(a, b): n for (a, b), n in counts.items()}, attributed):
        first, second = found.pair
        parts = [(counts[first, first], sd), (counts[second, second], sd), (attributed, whole_sd)]
        expected = _product(found.expected, parts, 1 / more, 1.0, noise)
        coefficient = _product(found.coefficient, [*parts, (found.both, sd)], 1.0, more, noise)
        both = crediting.slot_of(opened, [pairs[found.pair]], 0)
        shown.append(
            {
                "key": {"first": first, "second": second},
                **both.fields(CONVERSIONS),
                **replace(expected, unit="conversions").fields("expected"),
                **coefficient.fields("coefficient"),
            }
        )
    return shown


def _product(
    value: float,
    parts: list[tuple[float, float]],
    least: float,
    most: float,
    noise: NoiseSpec,
) -> Estimate:
    """Return a product of counts, some of them divided by (the delta method on the logarithm).

    Unknown if one of the counts is not told from zero.  ``least`` and ``most`` are by what else
    the value may be off.
    """
    if any(count <= noise.quantile * sd for count, sd in parts if sd):
        return Estimate(None, "ratio")
    spread = exp(noise.quantile * hypot(*(sd / count for count, sd in parts if sd)))
    ends = (value * least / spread, value * most * spread)
    if least < 1 or most > 1:
        return Estimate(value, "ratio", bounds=ends)
    return Estimate(value, "ratio", None, ends if noise.scale else None)


def _rule(model: Model, parameters: SequenceParameters) -> Rule:
    return make_rule(
        model,
        window=parameters.window,
        click_window=parameters.click_window,
        view_window=parameters.view_window,
        boundary=parameters.boundary,
    )


def _labels(group: Group) -> tuple[str, ...]:
    return crediting.key_labels(group.key[0])


def _step(group: Group) -> tuple[str, str]:
    before, after = _labels(group)
    return before, after


def _names(names: KeyNames) -> dict[int, str]:
    return {key: crediting.key_text(names.name(key)) for key in names.possible()}


def overlay(steps: Pieces, pairs: Pieces, offset: int) -> Pieces:
    """Cut two covers of the same ticks at the bounds of both and join their vectors.

    Keys of ``pairs`` are moved up by ``offset`` and a pair counts a whole conversion, in the parts
    of ``steps``.  Both rules give credit exactly where a touch qualifies.
    """
    lows = np.unique(np.stack([np.append(steps.person, pairs.person),
                               np.append(steps.low, pairs.low)]), axis=1)  # fmt: skip
    left = _at(steps, lows)
    right = _at(pairs, lows)
    joint, label = np.unique(
        np.stack([steps.label[left], pairs.label[right]]), axis=1, return_inverse=True
    )
    if joint.shape[1] > MAXIMUM_CELLS:
        raise PolicyRefusal(
            f"the paths differ in more than {MAXIMUM_CELLS} ways: ask without synergy, for fewer"
            " channels or with a shorter window",
            rule="too-many-vectors",
        )
    keys, units, offsets = [], [], [0]
    for step, pair in joint.T.tolist():
        vector = dict(steps.vectors[step])
        vector |= {offset + key: part * steps.vectors.total for key, part in pairs.vectors[pair].items()}  # fmt: skip # noqa: E501
        keys += list(vector)
        units += list(vector.values())
        offsets.append(len(keys))
    vectors, renumber = canonical(
        np.array(offsets), np.array(keys, dtype=np.int64), np.array(units, dtype=np.int64),
        steps.vectors.total,
    )  # fmt: skip
    high = np.minimum(steps.high[left], pairs.high[right])
    return Pieces(lows[0], lows[1], high, renumber[label.reshape(-1)], vectors)


def _at(pieces: Pieces, lows: I64) -> I64:
    """Return the piece that holds each (person, tick)."""
    width = int(pieces.high.max(initial=0)) + 1
    keys = pieces.person * width + pieces.low
    found: I64 = np.searchsorted(keys, lows[0] * width + lows[1], side="right") - 1
    if (pieces.person[found] != lows[0]).any() or (pieces.high[found] <= lows[1]).any():
        raise InvalidInput("The two rules give credit at different times.")
    return found


TEMPLATE = Sequence()
