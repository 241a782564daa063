"""What did the campaign cause: test against control, by intention to treat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import erfc, sqrt
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from cleanroom.documents.agreement import PartyRole
from cleanroom.documents.document import ColumnName, Document, Text
from cleanroom.errors import PolicyRefusal
from cleanroom.privacy.intervals import combined_sd, interval, relative_lift_interval
from cleanroom.privacy.noise import QUANTILE_GAUSSIAN, Delta
from cleanroom.queries import bounds, events, media
from cleanroom.queries.attribution.template import TimedTemplate
from cleanroom.queries.credit.ticks import Clock
from cleanroom.queries.events import CONVERSIONS, EventParameters
from cleanroom.queries.lift import rows as lift_rows
from cleanroom.queries.plan import BaseCounts, Column, Made, Plan, Question, Slot
from cleanroom.queries.reporting import everything, numbers, people_sd, sum_sd, unit
from cleanroom.queries.sensitivity import tables
from cleanroom.queries.template import (
    COMMON_LEAKS,
    WHERE_LEAK_AT_HOME,
    Group,
    Leak,
    Opened,
    PartyData,
    PartyRows,
)
from cleanroom.queries.where import CONDITIONS
from cleanroom.words.estimate import Estimate
from cleanroom.words.languages import Language
from cleanroom.words.tell import chance_in_words, tell

if TYPE_CHECKING:
    from cleanroom.ingest import Table


class LiftParameters(EventParameters):
    """Name the arms, and what rates are over.

    ``group_by`` is the platform's column of arms; ``test`` and ``control`` are its two labels,
    sealed between the parties.  ``denominator`` is the people of an arm that the brand knows, or
    the whole arm.  ``where`` restricts by labels of the platform's audience; then rates are over
    the people of an arm that the brand knows.
    """

    group_by: tuple[str, ...] = ("platform.arm",)
    test: ColumnName = "test"
    control: ColumnName = "control"
    denominator: Literal["matched", "arm"] | None = None
    where: tuple[Text, ...] = ()


@dataclass(frozen=True)
class Setting:
    """A job's parameters, checked."""

    parameters: LiftParameters
    clock: Clock
    column: Column
    most: int
    caps: dict[str, int]
    whole_arm: bool


class Lift(TimedTemplate):
    """Compare conversions and values of two arms, from the person's assignment on."""

    name = "lift"
    Parameters = LiftParameters
    kinds = ("events", "any")
    by_documents = ("conversions-are-events",)
    private_parameters = ("test", "control", CONDITIONS)
    leaks = (
        *COMMON_LEAKS,
        WHERE_LEAK_AT_HOME,
        Leak(
            "aggregates",
            "if receiver: noised, thresholded",
            "if receiver: noised, thresholded",
            "exact match counts of the two opaque arms; no sums",
        ),
        Leak(
            "times of conversions and assignments",
            "own conversions",
            "own assignments",
            "padded groups of opaque tokens, which of them matched, in which opaque arm",
        ),
        Leak("a person's arm", "nothing", "own", "opaque rows, unlinked"),
        Leak("size of an arm", "if denominator is arm: noised", "own", "nothing"),
    )

    def setting(self, question: Question) -> Setting:
        """Check every parameter; raise ``PolicyRefusal`` or ``InvalidInput`` before any charge."""
        parameters: LiftParameters = self.parameters(question)
        media.want_kind(question, "brand", "events", "conversions-are-events")
        column = media.platform_column(parameters.group_by, "arm")
        question.domain(column)
        most = events.most_conversions(parameters, one=False)
        caps = events.caps_of(question, parameters, most)
        clock = events.clock_of(parameters)
        return Setting(parameters, clock, column, most, caps, whole_arm(parameters, question))

    def plan(self, question: Question) -> Plan:
        """Group by arm; every statistic and its square is a slot with its own noise."""
        found = self.setting(question)
        base = (BaseCounts("platform", (found.column.name,), public=False),)
        return Plan(
            source="job",
            columns=(found.column,),
            cells=2,
            value_side="brand",
            slots=slots_of(question, found),
            people_delta=tables(2 if found.whole_arm else 1),
            base=base if found.whole_arm else (),
            brand_tokens=found.clock.depth + 1,
            nested=found.most > 1,
            rows=min(question.brand.people, question.platform.people) * found.most,
            made=Made(
                question.brand.people + bounds.groups(question.brand, found.most),
                question.platform.people * (1 + max(1, found.clock.depth)),
            ),
            where=question.where(found.parameters.where),
        )

    def check_own(
        self,
        question: Question,  # noqa: ARG002 - a plan was made of it
        side: PartyRole,
        table: Table,
        private: Mapping[str, Any],
    ) -> None:
        """Refuse rows without times, and two arms of one label."""
        if side == "platform":
            arms(private)
            lift_rows.times_of(table)
        else:
            events.times_of(table)

    def notices(
        self, question: Question, side: PartyRole, table: Table, private: Mapping[str, Any]
    ) -> tuple[str, ...]:
        """Tell the platform of an arm without people, and of people in both arms."""
        if side == "brand":
            return ()
        found, names = self.setting(question), arms(private)
        made = lift_rows.assignments(table, found.column, found.clock, names)
        empty = [name for arm, name in enumerate(names) if not (made.arm == arm).any()]
        told = [f"no person of this file is in the arm {name}" for name in empty]
        if made.in_both:
            told.append(
                "people of this file in both arms, each of whom counts in the arm of the first"
                f" assignment: {made.in_both:,}"
            )
        return tuple(told)

    def rows(self, question: Question, data: PartyData) -> PartyRows:
        """Make the brand's people and groups of conversions, or the platform's arms."""
        found = self.setting(question)
        if data.side == "platform":
            table = data.counted(found.parameters.where)
            return lift_rows.platform_rows(table, found.column, found.clock, arms(data.private))
        table = data.table
        values = [table.measures[name] for name in found.parameters.measures]
        stacked = np.array(values, dtype=np.int64).reshape(len(values), table.rows).T
        caps = list(found.caps.values())
        asked = events.asked_conversions(table, found.clock, found.most, stacked, caps)
        facts = asked.facts(found.parameters.measures)
        return lift_rows.brand_rows(data, found.clock, asked.bounded.conversions, facts)

    def result(self, opened: Opened) -> dict[str, Any]:
        """List both arms, then what they differ by, with sampling error and noise together."""
        found = self.setting(opened.question)
        by_name = {group.key[0]: group for group in opened.groups}
        names, other = arms(opened.private), opened.other
        groups = [by_name[name] for name in names if name in by_name]
        sizes = opened.base.get(str(found.column), {})
        people = [_size(opened, found, group, sizes) for group in groups]
        # Neither arm stands alone: then both are pooled, or held back.
        whole = groups or everything(opened)
        total: dict[str, Any] = {
            **(_counted(opened, whole) if whole else {"people": None}),
            "denominator": "arm" if found.whole_arm else "matched",
        }
        if len(groups) == len(names):
            total |= _compare(opened, 0, "rate", groups, people)
            total["measures"] = {
                name: _compare(opened, place, "mean", groups, people)
                for place, name in zip(range(2, 99, 2), found.caps, strict=False)
            }
        return {
            "groups": [
                {"key": {str(found.column): group.key[0]}, **_counted(opened, [group], size)}
                for group, size in zip(groups, people, strict=True)
            ],
            "other": other and {"groups": other.pooled, **_counted(opened, [other])},
            "total": total,
            "rows": _own_rows(opened),
        }

    def sentence(self, result: Mapping[str, Any], language: Language = "en") -> str:
        """Say by how much the campaign changed conversions, or that chance may have."""
        total = result["total"]
        effect = Estimate.read(total, "relative_lift", "lift")
        if effect.value is None:
            return tell(
                language,
                "An arm is too small, or has too few conversions: there is no lift to report.",
                "某组过小或转化过少：没有可报告的增量。",
            )
        low, high = effect.low or 0.0, effect.high or 0.0
        chance = chance_in_words(total, language)
        if low <= 0 <= high:
            return tell(
                language,
                "Chance alone may explain the difference in conversions: {effect}{chance}.",
                "转化的差异可能只是偶然：{effect}{chance}。",
                effect=effect,
                chance=chance,
            )
        return tell(
            language,
            "The campaign changed conversions by {effect}{chance}.",
            "活动使转化变化 {effect}{chance}。",
            effect=effect,
            chance=chance,
        )


def arms(private: Mapping[str, Any]) -> tuple[str, str]:
    """Return the labels of test and control; raise ``PolicyRefusal`` if they are one label."""
    names = LiftArms.from_json(
        {name: private[name] for name in ("test", "control") if name in private}
    )
    if names.test == names.control:
        raise PolicyRefusal("test and control are one label", rule="arms-overlap")
    return names.test, names.control


class LiftArms(Document):
    """The labels of the two arms, as they travel sealed."""

    test: ColumnName = "test"
    control: ColumnName = "control"


def whole_arm(parameters: LiftParameters, question: Question) -> bool:
    """Tell whether rates are over whole arms: wanted, or left open and allowed.

    The brand's file of events knows nobody without one, so rates over the people that it knows
    compare buyers with buyers.  The arm's size is the honest denominator wherever it is granted.
    """
    owner = question.platform.party
    allowed = question.platform.kind == "audience" and (
        question.agreement.rehearsal
        or question.job.receiver == "platform"
        or any((g.party, g.kind) == (owner, "base-counts") for g in question.agreement.grants)
    )
    if parameters.where and parameters.denominator == "arm":
        raise PolicyRefusal(
            "an arm's size counts all of its people: with where, rates are over matched people",
            rule="where-of-base",
        )
    if parameters.denominator is None:
        return allowed and not parameters.where
    if parameters.denominator == "arm" and question.platform.kind != "audience":
        raise PolicyRefusal("the size of an arm needs one row per person", rule="arm-size")
    return parameters.denominator == "arm"


def slots_of(question: Question, found: Setting) -> tuple[Slot, ...]:
    """Return each statistic and its square by turns: conversions first, then the measures."""
    statistics = [(CONVERSIONS, found.most, 0, CONVERSIONS)]
    for name, cap in found.caps.items():
        measure = question.brand.measure(name)
        statistics.append((name, cap, measure.decimals if measure else 0, "sum"))
    slots: list[Slot] = []
    for name, cap, decimals, counted in statistics:
        square = cap * cap
        slots.append(Slot(name, len(slots) + 1, decimals, cap, Delta(cap, cap), counted))
        delta = Delta(square, square)
        slots.append(Slot(f"squared_{name}", len(slots) + 1, 2 * decimals, square, delta, unit=""))
    return tuple(slots)


Number = tuple[float, float]
"""A number and the standard deviation of its noise."""


def _size(
    opened: Opened, found: Setting, group: Group, sizes: Mapping[tuple[str, ...], float]
) -> Number:
    """Return the people that an arm's rates are over."""
    if not found.whole_arm:
        return group.people, people_sd(opened.charge.people, [group])
    owned = opened.question.job.receiver == "platform"
    return sizes.get(group.key, 0.0), 0.0 if owned else opened.base_sigma


def _counted(opened: Opened, groups: list[Group], size: Number | None = None) -> dict[str, Any]:
    """Report people and every statistic of one arm, or of both."""
    found = numbers(opened, groups)
    statistics, squares = (opened.plan.slots[at::2] for at in (0, 1))
    for end in ("", "_sd", "_interval"):
        every = found.pop(f"sums{end}", None)
        if every is None:
            continue
        found[CONVERSIONS + end], *sums = (every[slot.measure] for slot in statistics)
        names = [CONVERSIONS, *(slot.measure for slot in statistics[1:])]
        found[f"squares{end}"] = {
            name: every[slot.measure] for name, slot in zip(names, squares, strict=True)
        }
        if sums:
            found[f"sums{end}"] = dict(zip(names[1:], sums, strict=True))
    if size is not None and opened.base:
        count, deviation = size
        ends = interval(count, deviation, opened.charge.people.quantile)
        arm = Estimate(round(count), "people", deviation, ends)
        found |= (arm if deviation else Estimate(round(count))).fields("arm_people")
    return found


def _own_rows(opened: Opened) -> dict[str, Any]:
    """Report what the receiver knows of its own rows, sums in the unit of the file."""
    decimals = {slot.measure: slot.decimals for slot in opened.plan.slots}
    facts = dict(opened.facts)
    sums = {name: unit(value, decimals[name]) for name, value in facts.get("sums", {}).items()}
    return facts | ({"sums": sums} if sums else {})


def _compare(
    opened: Opened, place: int, what: str, groups: list[Group], people: list[Number]
) -> dict[str, Any]:
    """Compare a statistic per person of the two arms; its square stands in the next slot."""
    scale = 10 ** opened.plan.slots[place].decimals
    kind = "rate" if what == "rate" else "sum"
    means = [_mean(opened, place, group, size) for group, size in zip(groups, people, strict=True)]
    if None in means:
        return {f"{arm}_{what}": None for arm in ("test", "control")}
    (test, test_sd), (control, control_sd) = (mean for mean in means if mean is not None)
    sd = combined_sd(test_sd, control_sd)
    relative = relative_lift_interval(test, test_sd, control, control_sd)
    told = control > 0 and (relative is not None or not sd)
    return {
        **_spread(test / scale, test_sd / scale, kind).fields(f"test_{what}"),
        **_spread(control / scale, control_sd / scale, kind).fields(f"control_{what}"),
        **_spread((test - control) / scale, sd / scale, kind).fields("difference"),
        **Estimate(
            (test - control) / control if told else None, "lift", None, relative if told else None
        ).fields("relative_lift"),
        "p_value": erfc(abs(test - control) / sd / sqrt(2)) if sd > 0 else None,
    }


def _spread(value: float, sd: float, kind: str) -> Estimate:
    return Estimate(value, kind, sd, interval(value, sd)) if sd else Estimate(value, kind)


def _mean(opened: Opened, place: int, group: Group, size: Number) -> Number | None:
    """Return a statistic per person, and its deviation from sampling and noise together.

    The sampling variance is that of a mean of independent people, from the released square; the
    noise of the sum and of the size enter by their first derivatives.  None for an arm that the
    noise does not tell from one of nobody.
    """
    people, people_noise = size
    if people <= max(1.0, QUANTILE_GAUSSIAN * people_noise):
        return None
    mean = group.sums[place] / people
    # A square that noise made too small would make the sampling error too small with it.
    square = group.sums[place + 1] + sum_sd(opened.charge.slots[place + 1], [group])
    variance = max(0.0, square / people - mean**2) * people / (people - 1)
    noise = sum_sd(opened.charge.slots[place], [group])
    return mean, combined_sd(
        sqrt(variance / people), noise / people, abs(mean) * people_noise / people
    )


TEMPLATE = Lift()
