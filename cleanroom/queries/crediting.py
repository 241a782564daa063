"""What the templates that give credit have in common: the platform's rows, the report."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import hypot
from typing import Any

import numpy as np
import numpy.typing as npt

from cleanroom.errors import InvalidInput, PolicyRefusal
from cleanroom.privacy.intervals import interval, ratio_interval
from cleanroom.queries import bounds
from cleanroom.queries.credit.pieces import Dither, Pieces, Touches, cover_pieces, platform_pieces
from cleanroom.queries.credit.rules import WINNER_MODELS, Model, Rule
from cleanroom.queries.credit.ticks import Clock
from cleanroom.queries.credit.tokens import keyed_dither
from cleanroom.queries.credit.vectors import SEPARATOR
from cleanroom.queries.events import CONVERSIONS
from cleanroom.queries.plan import Plan, Question
from cleanroom.queries.reporting import add, everything, held_back, quotient, sum_sd, unit
from cleanroom.queries.rounding import rounding_sd
from cleanroom.queries.template import Group, Leak, Opened, PartyData, PartyRows
from cleanroom.words.estimate import Estimate, leading
from cleanroom.words.languages import Language
from cleanroom.words.tell import tell
from protocols.limits import MAXIMUM_CELLS

_BLOCK = 1 << 17
"""Pieces that are covered at a time."""

ROWS_LEAK = Leak(
    "number of rows and of labels of a job",
    "what the documents give",
    "what the documents give",
    "what the documents give",
)

NAME_LIMIT = 124
"""Most bytes of a key's name: what a sealed entry holds."""


def shares_credit(rule: Rule) -> bool:
    """Tell whether a label of the platform can stand for more than one key."""
    if rule.model is Model.CHANNEL_PAIRS:
        return True
    return rule.model not in WINNER_MODELS and rule.quanta > 1


def in_fewer_parts(question: Question, rule: Rule, campaigns: int, beside: int = 1) -> Rule:
    """Return the rule with so few parts of a credit that its vectors can be counted beforehand.

    How many vectors a file makes is nothing that anybody may learn, so a job always has as many
    labels as its rule could make.  The parts are rounded as before: right on average.  A room
    without noise hides nothing and keeps all parts.

    Raises ``PolicyRefusal`` if even whole credits would make too many vectors.
    """
    if rule.model in WINNER_MODELS or question.agreement.policy.noise == "none":
        return rule
    if rule.model is not Model.CHANNEL_PAIRS:
        rule = replace(rule, quanta=bounds.most_parts(rule, campaigns, beside))
    if bounds.vectors(rule, campaigns) * beside > MAXIMUM_CELLS:
        raise PolicyRefusal(
            f"paths over {campaigns} campaigns can differ in more than {MAXIMUM_CELLS} ways: ask"
            " without synergy, or about fewer campaigns or channels",
            rule="too-many-vectors",
        )
    return rule


def dither_of(question: Question, data: PartyData) -> Dither:
    """Return the bits to round with, bound to the job."""
    return keyed_dither(data.secrets, bytes.fromhex(question.job.identity()))


def winner_rows(pieces: Pieces, names: Mapping[int, str]) -> PartyRows:
    """Make one row per dyadic node of the platform's pieces; its label is the winner's key.

    ``names`` are those of every key that can occur, in the order in which they come out.
    """
    place = np.full(max(names, default=0) + 1, -1, dtype=np.int32)
    place[list(names)] = np.arange(len(names), dtype=np.int32)
    return _rows(pieces, place[pieces.vectors.winners()], names)


def vector_rows(pieces: Pieces, names: Mapping[int, str]) -> PartyRows:
    """Make one row per dyadic node; its label stands for a credit vector over the named keys."""
    place = {key: number for number, key in enumerate(names)}
    vectors = tuple(
        {place[key]: parts for key, parts in vector.items()} for vector in pieces.vectors
    )
    return _rows(pieces, np.arange(len(vectors), dtype=np.int32), names, vectors)


def _rows(
    pieces: Pieces,
    codes: npt.NDArray[np.int32],
    names: Mapping[int, str],
    vectors: tuple[Mapping[int, int], ...] = (),
) -> PartyRows:
    person, level, index, label = _nodes(pieces, codes)
    return PartyRows(
        row=None,
        person=person,
        level=level,
        index=index,
        rows=len(person),
        label=label,
        flag=np.ones(len(person), dtype=np.bool_),
        values=None,
        names=tuple(names.values()),
        vectors=vectors,
    )


def _nodes(pieces: Pieces, codes: npt.NDArray[np.int32]) -> list[npt.NDArray[Any]]:
    """Return person, level, index and label code of every node, as narrow as they go.

    There are some ten million of a million touches, so that every byte of a row counts.
    """
    wide = int(pieces.high.max(initial=0)) >> 31 or int(pieces.person.max(initial=0)) >> 31
    number = np.int64 if wide else np.int32
    columns: list[list[npt.NDArray[Any]]] = [[], [], [], []]
    for begin in range(0, max(len(pieces), 1), _BLOCK):
        nodes = cover_pieces(pieces.take(slice(begin, begin + _BLOCK)))
        columns[0].append(nodes.person.astype(number))
        columns[1].append(nodes.level)
        columns[2].append(nodes.index.astype(number))
        columns[3].append(codes[nodes.label] if len(nodes.label) else nodes.label)
    joined: list[npt.NDArray[Any]] = []
    while columns:
        joined.append(np.concatenate(columns.pop(0)))
    return joined


def cut_pieces(touches: Touches, rule: Rule, clock: Clock, dither: Dither) -> Pieces:
    """Return the platform's pieces; refuse, by a rule, what makes too many credit vectors.

    That is for rooms without noise: elsewhere there are no more vectors than the plan counts.
    """
    try:
        return platform_pieces(touches, rule, clock, dither)
    except InvalidInput as error:
        raise PolicyRefusal(error.sentence, rule="too-many-vectors") from None


def key_text(labels: Sequence[str]) -> str:
    """Write a key's labels as one name; refuse what a sealed entry does not hold."""
    text = SEPARATOR.join(labels)
    if len(text.encode()) > NAME_LIMIT:
        raise PolicyRefusal(
            f"the names of a group need more than {NAME_LIMIT} bytes together", rule="name-length"
        )
    return text


def key_labels(text: str) -> tuple[str, ...]:
    """Read what ``key_text`` wrote."""
    return tuple(text.split(SEPARATOR))


def amount(value: float, units: int, decimals: int) -> float | int:
    """Return a released sum in the unit of the file; whole counts stay integers."""
    return unit(value, decimals) if units == 1 else value / (units * 10**decimals)


def slot_of(
    opened: Opened, groups: Sequence[Group], position: int, kind: str = "conversions"
) -> Estimate:
    """Return one slot of some groups, with its interval if noise or rounding moved it."""
    plan, noise = opened.plan, opened.charge.slots[position]
    slot, scale = plan.slots[position], plan.units * 10 ** plan.slots[position].decimals
    value = add(groups, len(plan.slots)).sums[position]
    shown = Estimate(amount(value, plan.units, slot.decimals), kind)
    deviation = hypot(
        sum_sd(noise, groups, opened.charge.givers), rounding_sd(opened, groups, position)
    )
    if not deviation:
        return shown
    low, high = interval(value, deviation, noise.quantile)
    return replace(shown, sd=deviation / scale, interval=(low / scale, high / scale))


def group_numbers(
    opened: Opened, groups: Sequence[Group], name: str = "conversions"
) -> dict[str, Any]:
    """Report the conversions (slot 0 of the plan) and the sums of some groups."""
    shown = slot_of(opened, groups, 0).fields(name)
    sums: dict[str, dict[str, Any]] = {}
    for position, slot in enumerate(opened.plan.slots[1:], start=1):
        for kind, number in slot_of(opened, groups, position, "sum").fields("sums").items():
            sums.setdefault(kind, {})[slot.measure] = number
    return shown | sums


def other_numbers(opened: Opened) -> dict[str, Any] | None:
    """Report the pool, None if there is none."""
    other = opened.other
    return {"groups": other.pooled, **group_numbers(opened, [other])} if other else None


def share_of(opened: Opened, group: Group, groups: Sequence[Group]) -> Estimate:
    """Return a group's part of all that was attributed; unknown if that may be nothing."""
    part, whole = group.sums[0], add(groups, len(opened.plan.slots)).sums[0]
    noise, givers = opened.charge.slots[0], opened.charge.givers
    own, every = rounding_sd(opened, [group], 0), rounding_sd(opened, groups, 0)
    of_noise = sum_sd(noise, [group], givers)
    # The part's noise is in the whole too; what rounding gave to one it may have taken from the
    # other, or not: the wider interval is that of the first.
    found = ratio_interval(
        part,
        hypot(of_noise, own),
        whole,
        hypot(sum_sd(noise, groups, givers), every),
        covariance=of_noise**2 - own * every,
        quantile=noise.quantile,
    )
    rounded = Estimate(None) if found is None else Estimate(part / whole, "share", None, found)
    return rounded if own else quotient(opened, part, whole, found, "share")


def total_numbers(opened: Opened, some: Sequence[Group] | None = None) -> dict[str, Any]:
    """Report all that was attributed, beside what the brand knows of its own conversions.

    ``some`` are the groups to add up where not all of them are parts of one whole; others of that
    whole may be pooled then.  ``conversions`` (all asked about), ``unattributed`` and
    ``asked_sums`` are the brand's facts, None where the platform receives, or restricts whose
    conversions count: which of them those are, the brand does not know.  Nothing is said of
    what was attributed where every group is held back.
    """
    groups, plan = everything(opened) if some is None else list(some), opened.plan
    shown: dict[str, Any] = {"conversions": None, "unattributed": None}
    attributed = slot_of(opened, groups, 0)
    if held_back(opened):
        attributed = Estimate(None, "conversions")
        shown["attributed"] = None
        if plan.slots[1:]:
            shown["sums"] = {slot.measure: None for slot in plan.slots[1:]}
    else:
        shown |= group_numbers(opened, groups, "attributed")
    if some is not None and opened.other is not None:
        more = [*groups, opened.other]
        attributed = _up_to(attributed, slot_of(opened, more, 0))
        shown |= attributed.fields("attributed")
        shown["sums_bounds"] = {
            slot.measure: [
                min(slot_of(opened, some, place).low or 0.0 for some in (groups, more)),
                max(slot_of(opened, some, place).high or 0.0 for some in (groups, more)),
            ]
            for place, slot in enumerate(plan.slots[1:], start=1)
        }
    platform = any(column.side == "platform" for column in plan.where)
    if opened.question.job.receiver != "brand" or platform:
        return shown
    asked = opened.facts
    shown["conversions"] = asked["conversions"]
    shown |= _rest(asked["conversions"], attributed).fields("unattributed")
    if opened.charge.slots[0].scale:
        shown["conversions_sd"] = 0.0
        shown["conversions_interval"] = [asked["conversions"], asked["conversions"]]
    decimals = {slot.measure: slot.decimals for slot in plan.slots[1:]}
    if decimals:
        shown["asked_sums"] = {
            name: amount(value, 1, decimals[name]) for name, value in asked["sums"].items()
        }
    return shown


def _up_to(one: Estimate, more: Estimate) -> Estimate:
    """Return a number that may be as large as another one."""
    return replace(one, bounds=(one.low, more.high))


def _rest(asked: float, part: Estimate) -> Estimate:
    """Return what is left of an exact number."""
    if part.value is None:
        return Estimate(None, part.unit)

    def ends(pair: tuple[float | None, float | None] | None) -> Any:
        return pair and tuple(None if end is None else asked - end for end in reversed(pair))

    return replace(part, value=asked - part.value, interval=ends(part.interval),
                   bounds=ends(part.bounds))  # fmt: skip


def leader(result: Mapping[str, Any], name: str = "conversions") -> Mapping[str, Any] | None:
    """Return the group that earned most beyond doubt, None if the numbers do not tell it.

    What is pooled counts as a rival: all of it may be one group's.
    """
    shown = [Estimate.read(group, name) for group in result["groups"]]
    rivals = [Estimate.read(result["other"], name)] if result.get("other") else []
    place = leading(shown, rivals)
    return None if place is None or (shown[place].low or 0) <= 0 else result["groups"][place]


def credit_sentence(result: Mapping[str, Any], language: Language) -> str:
    """Say what was attributed and who earned most, if the intervals tell who did."""
    total = result["total"]
    values = {"attributed": Estimate.read(total, "attributed", "conversions")}
    if values["attributed"].bound == "unknown":
        return tell(
            language,
            "How many conversions touches earned is held back.",
            "有多少转化获得归因，未予公布。",
        )
    if total["conversions"] is None:
        found = tell(
            language,
            "Touches earned {attributed} conversions.",
            "{attributed} 次转化获得归因。",
            **values,
        )
    else:
        found = tell(
            language,
            "Touches earned {attributed} of {asked} conversions.",
            "{asked} 次转化中有 {attributed} 次获得归因。",
            asked=Estimate(total["conversions"], "conversions"),
            **values,
        )
    best = leader(result)
    if best is None:
        return found
    more = tell(
        language,
        " Most went to {names}: {earned}.",
        "{names} 贡献最大：{earned}。",
        names=", ".join(best["key"].values()),
        earned=Estimate.read(best, CONVERSIONS, "conversions"),
    )
    return found + more


def bounds_of(opened: Opened) -> dict[str, Any] | None:
    """Report to the brand how many of its conversions its bounds left out or cut."""
    if opened.question.job.receiver != "brand":
        return None
    return {name: opened.facts[name] for name in ("dropped", "clamped", "outside")}


def check_costs(costs: Any) -> dict[str, float]:
    """Return costs by label; refuse what is not an amount of money."""
    if not isinstance(costs, dict) or not all(
        isinstance(cost, int | float)
        and not isinstance(cost, bool)
        and math.isfinite(cost)
        and cost >= 0
        for cost in costs.values()
    ):
        raise InvalidInput("costs are a table of labels and amounts that are not negative")
    return {str(label): float(cost) for label, cost in costs.items()}


def plan_units(rule: Rule, combine: bool) -> int:
    """Return the parts in which sums of a job are counted."""
    return rule.units if combine else 1


def outputs_named(plan: Plan) -> str:
    """Return the name of the one column that a job groups by."""
    return str(plan.columns[0])
