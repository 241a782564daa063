"""Put released groups into the words and numbers of a result.

Everything here is post-processing: it sees released numbers only, so it costs no privacy.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from math import hypot, sqrt
from typing import Any

from cleanroom.privacy.intervals import (
    Interval,
    interval,
    ratio_interval,
    released_sd,
    share_interval,
)
from cleanroom.privacy.noise import NoiseSpec
from cleanroom.queries.plan import BaseCounts
from cleanroom.queries.template import Group, Opened
from cleanroom.words.estimate import Estimate


def unit(value: float, decimals: int) -> float | int:
    """Return a scaled integer in the unit of the file."""
    return round(value / 10**decimals, decimals) if decimals else round(value)


def people_sd(noise: NoiseSpec, groups: Sequence[Group], givers: int = 1) -> float:
    """Return the standard deviation of the people of some released groups added up.

    A count carries the mediator's share of every group pooled in it and one of each of ``givers``.
    """
    return hypot(*(released_sd(noise, group.pooled, givers) for group in groups))


def sum_sd(noise: NoiseSpec, groups: Sequence[Group], givers: int = 1) -> float:
    """Return the standard deviation of a measure of some released groups added up.

    A sum carries one share of the mediator and of each of ``givers``, however many groups are
    pooled in it.
    """
    return released_sd(noise, 1, givers) * sqrt(len(groups))


def add(groups: Sequence[Group], slots: int) -> Group:
    """Add released groups up; none give zero."""
    sums = tuple(sum(group.sums[slot] for group in groups) for slot in range(slots))
    return Group((), sum(group.people for group in groups), sums)


def numbers(opened: Opened, groups: Sequence[Group]) -> dict[str, Any]:
    """Report people and sums of some released groups, with their intervals if there is noise."""
    shown = people_of(opened, groups).fields("people")
    if not opened.plan.slots:
        return shown
    found = {slot.measure: sum_of(opened, groups, at) for at, slot in enumerate(opened.plan.slots)}
    shown["sums"] = {name: one.value for name, one in found.items()}
    if opened.charge.people.scale:
        shown["sums_sd"] = {name: one.sd for name, one in found.items()}
        shown["sums_interval"] = {name: list(one.interval or ()) for name, one in found.items()}
    return shown


def everything(opened: Opened) -> list[Group]:
    """Return all that was released, the pool last."""
    return [*opened.groups, *([opened.other] if opened.other else [])]


def held_back(opened: Opened) -> bool:
    """Tell whether there were groups and none is released, not even pooled.

    While anything is released, all suppressed groups are in ``other``.
    """
    return bool(opened.suppressed) and not everything(opened)


def total_of(opened: Opened) -> dict[str, Any]:
    """Report everybody; nothing is said where all groups are held back, for that is not nobody."""
    return nothing(opened) if held_back(opened) else numbers(opened, everything(opened))


def other_of(opened: Opened) -> dict[str, Any] | None:
    """Report the pool, None if there is none."""
    other = opened.other
    return {"groups": other.pooled, **numbers(opened, [other])} if other else None


def people_of(opened: Opened, groups: Sequence[Group], missing: bool = False) -> Estimate:
    """Return the people of some released groups, of which ``missing`` others are held back.

    Then the truth lies between these people alone and these with everybody of ``other``.
    """
    people = sum(group.people for group in groups)
    if not missing:
        return people_estimate(
            opened, people, people_sd(opened.charge.people, groups, opened.charge.givers)
        )
    return counted_within(opened, (), groups, False, True)


def counted_within(
    opened: Opened,
    plus: Sequence[Counted],
    groups: Sequence[Group],
    minus: bool,
    missing: bool,
) -> Estimate:
    """Return counts plus, or minus, the people of released groups that may miss some of ``other``.

    ``plus`` are counts with the deviation of their noise.  Each end is widened by the noise in it.
    """
    noise, sign = opened.charge.people, -1 if minus else 1
    known = sum(count for count, _ in plus)
    sds = [sd for _, sd in plus]
    every = [*groups, *([opened.other] if opened.other else [])]
    ends = [
        (
            known + sign * sum(group.people for group in some),
            hypot(people_sd(noise, some, opened.charge.givers), *sds),
        )
        for some in (groups, every)
    ]
    if not missing:
        return people_estimate(opened, *ends[0])
    if opened.other is None:
        return Estimate(None, "people")
    low = min(value - noise.quantile * sd for value, sd in ends)
    high = max(value + noise.quantile * sd for value, sd in ends)
    if not noise.scale:
        low, high = round(low), round(high)
    return replace(people_estimate(opened, *ends[0]), bounds=(low, high))


def people_estimate(opened: Opened, value: float, deviation: float) -> Estimate:
    """Return one count of people, with its interval if the room has noise."""
    noise = opened.charge.people
    if not noise.scale:
        return Estimate(round(value), "people")
    bounds = interval(value, deviation, noise.quantile)
    return Estimate(round(value), "people", deviation, bounds)


def sum_of(opened: Opened, groups: Sequence[Group], position: int) -> Estimate:
    """Return a measure of some released groups added up, in the unit of the file."""
    slot, noise = opened.plan.slots[position], opened.charge.slots[position]
    value = sum(group.sums[position] for group in groups)
    if not opened.charge.people.scale:
        return Estimate(unit(value, slot.decimals), "sum")
    scale, deviation = 10**slot.decimals, sum_sd(noise, groups, opened.charge.givers)
    low, high = interval(value, deviation, noise.quantile)
    if high > 0 and _never_negative(opened, slot.measure):
        low = max(0.0, low)
    ends = (low / scale, high / scale)
    return Estimate(unit(value, slot.decimals), "sum", deviation / scale, ends)


def _never_negative(opened: Opened, measure: str) -> bool:
    """Tell whether a measure is declared to be zero at least, which is so of every sum of it."""
    side = opened.plan.value_side
    declared = opened.question.manifest(side).measure(measure) if side else None
    return declared is not None and declared.minimum >= 0


Key = tuple[str, ...]

Counted = tuple[float, float]
"""A count of people and the standard deviation of its noise."""


def chosen(opened: Opened, keys: Collection[Key]) -> list[Group]:
    """Return the released groups with one of the keys."""
    return [group for group in opened.groups if group.key in keys]


def misses(opened: Opened, keys: Collection[Key]) -> bool:
    """Tell whether a group with one of the keys may be held back."""
    released = {group.key for group in opened.groups}
    return bool(opened.suppressed) and not released.issuperset(keys)


def numbers_with(opened: Opened, keys: Collection[Key]) -> dict[str, Any]:
    """Report people and sums of some keys; with bounds if some of the groups are held back."""
    groups, missing = chosen(opened, keys), misses(opened, keys)
    shown = numbers(opened, groups) | people_of(opened, groups, missing).fields("people")
    if not missing or not opened.plan.slots:
        return shown
    if opened.other is None:
        return nothing(opened)
    more = [*groups, opened.other]
    shown["sums_bounds"] = {
        slot.measure: [
            min(sum_of(opened, some, at).low or 0.0 for some in (groups, more)),
            max(sum_of(opened, some, at).high or 0.0 for some in (groups, more)),
        ]
        for at, slot in enumerate(opened.plan.slots)
    }
    return shown


def nothing(opened: Opened) -> dict[str, Any]:
    """Report that nothing is known of people and sums."""
    shown: dict[str, Any] = {"people": None}
    if opened.plan.slots:
        shown["sums"] = {slot.measure: None for slot in opened.plan.slots}
    return shown


def share(opened: Opened, part: Collection[Key], whole: Collection[Key]) -> dict[str, Any]:
    """Report the people of some groups as a share of those of others that hold them.

    The rate is of released groups, None of nobody.  ``rate_bounds`` are there if people pooled in
    ``other`` may belong to either, as are the bounds of both counts.  The noise of the part is in
    the whole too, and the interval knows it (Fieller); nothing is said of a rate whose whole may
    be nobody.
    """
    parts, wholes = chosen(opened, part), chosen(opened, whole)
    rest = set(whole) - set(part)
    counts = people_of(opened, parts, misses(opened, part)).fields("people") | people_of(
        opened, wholes, misses(opened, whole)
    ).fields("of")
    rate = share_of(opened, parts, wholes)
    if misses(opened, whole):
        pool = [opened.other] if opened.other else []
        least = share_of(opened, parts, [*wholes, *(pool if misses(opened, rest) else [])])
        more = pool if misses(opened, part) else []
        most = share_of(opened, [*parts, *more], [*wholes, *more])
        rate = Estimate(None, "rate")
        if pool:
            low, high = least.low or 0.0, 1.0 if most.high is None else most.high
            rate = Estimate(_ratio(parts, wholes), "rate", bounds=(max(0.0, low), min(1.0, high)))
    return counts | rate.fields("rate")


def share_of(opened: Opened, parts: Sequence[Group], wholes: Sequence[Group]) -> Estimate:
    """Return the people of some groups as a share of those of others that hold them."""
    noise = opened.charge.people
    people, of = add(parts, 0).people, add(wholes, 0).people
    givers = opened.charge.givers
    sds = people_sd(noise, parts, givers), people_sd(noise, wholes, givers)
    bounds = share_interval(people, sds[0], of, sds[1], quantile=noise.quantile)
    return quotient(opened, people, of, bounds, "rate")


def quotient(
    opened: Opened, over: float, under: float, bounds: Interval | None, kind: str
) -> Estimate:
    """Return a ratio with its interval; unknown where the noise leaves no bounded one."""
    if under <= 0 or (opened.charge.people.scale and bounds is None):
        return Estimate(None, kind)
    return Estimate(over / under, kind, None, bounds if opened.charge.people.scale else None)


def _ratio(parts: Sequence[Group], wholes: Sequence[Group]) -> float | None:
    people, of = add(parts, 0).people, add(wholes, 0).people
    return people / of if of > 0 else None


def mean(opened: Opened, groups: Sequence[Group], position: int) -> Estimate:
    """Return a measure per person over some groups, in the unit of the file; unknown of nobody."""
    noise, slot = opened.charge.people, opened.plan.slots[position]
    added, scale = add(groups, len(opened.plan.slots)), 10**slot.decimals
    total = added.sums[position] / scale
    bounds = ratio_interval(
        total,
        sum_sd(opened.charge.slots[position], groups, opened.charge.givers) / scale,
        added.people,
        people_sd(noise, groups, opened.charge.givers),
        quantile=noise.quantile,
    )
    return quotient(opened, total, added.people, bounds, "sum")


def grouped_result(opened: Opened, names: Sequence[str]) -> dict[str, Any]:
    """List groups, other and total the way ``results.json`` shows them."""
    groups = sorted(opened.groups, key=lambda group: group.key)
    return {
        "groups": [
            {"key": dict(zip(names, group.key, strict=True)), **numbers(opened, [group])}
            for group in groups
        ],
        "other": other_of(opened),
        "total": total_of(opened),
    }


def base_sd(opened: Opened, base: BaseCounts) -> float:
    """Return the deviation of one base count: one share of noise, none on public or own counts."""
    return opened.base_sigma if base_kind(opened, base) == "noised" else 0.0


def base_kind(opened: Opened, base: BaseCounts) -> str:
    """Say what a base is: the receiver's own, exact (no noise), the peer's public or noised."""
    if base.side == opened.question.job.receiver:
        return "own"
    if not opened.charge.people.scale:
        return "exact"
    return "public" if base.public else "noised"
