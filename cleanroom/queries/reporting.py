"""Put released groups into the words and numbers of a result.

Everything here is post-processing: it sees released numbers only, so it costs no privacy.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from math import hypot, sqrt
from typing import Any

from cleanroom.privacy.intervals import interval, ratio_interval, released_sd, share_interval
from cleanroom.privacy.noise import NoiseSpec
from cleanroom.queries.plan import BaseCounts
from cleanroom.queries.template import Group, Opened


def unit(value: float, decimals: int) -> float | int:
    """Return a scaled integer in the unit of the file."""
    return round(value / 10**decimals, decimals) if decimals else round(value)


def people_sd(noise: NoiseSpec, groups: Sequence[Group]) -> float:
    """Return the standard deviation of the people of some released groups added up.

    A count carries the mediator's share of every group pooled in it and one of the peer.
    """
    return hypot(*(released_sd(noise, group.pooled) for group in groups))


def sum_sd(noise: NoiseSpec, groups: Sequence[Group]) -> float:
    """Return the standard deviation of a measure of some released groups added up.

    A sum carries one share of each side, however many groups are pooled in it.
    """
    return released_sd(noise) * sqrt(len(groups))


def add(groups: Sequence[Group], slots: int) -> Group:
    """Add released groups up; none give zero."""
    sums = tuple(sum(group.sums[slot] for group in groups) for slot in range(slots))
    return Group((), sum(group.people for group in groups), sums)


def numbers(opened: Opened, groups: Sequence[Group]) -> dict[str, Any]:
    """Report people and sums of some released groups, with their intervals if there is noise."""
    slots = opened.plan.slots
    added = add(groups, len(slots))
    shown = people_number(opened, added.people, people_sd(opened.charge.people, groups))
    if slots:
        shown["sums"] = {
            slot.measure: unit(value, slot.decimals)
            for slot, value in zip(slots, added.sums, strict=True)
        }
    if slots and opened.charge.people.scale:
        shown |= _sum_intervals(opened, groups, added)
    return shown


def people_number(opened: Opened, value: float, deviation: float) -> dict[str, Any]:
    """Report one count of people, with its interval if the room has noise."""
    noise = opened.charge.people
    shown: dict[str, Any] = {"people": round(value)}
    if noise.scale:
        shown["people_sd"] = deviation
        shown["people_interval"] = list(interval(value, deviation, noise.quantile))
    return shown


Key = tuple[str, ...]


def chosen(opened: Opened, keys: Collection[Key]) -> list[Group]:
    """Return the released groups with one of the keys."""
    return [group for group in opened.groups if group.key in keys]


def hidden(opened: Opened, keys: Collection[Key]) -> int:
    """Return how many people of ``other`` may belong to the keys: none if all are released."""
    released = {group.key for group in opened.groups}
    if opened.other is None or released.issuperset(keys):
        return 0
    return max(0, opened.other.people)


def within(shown: dict[str, Any], pooled: int) -> dict[str, Any]:
    """Add how far a count may be off because people of ``other`` are missing in it.

    ``pooled`` is negative for a difference, where they were not taken off.
    """
    if pooled:
        people = shown["people"]
        shown["people_bounds"] = sorted((people, people + pooled))
    return shown


def share(opened: Opened, part: Collection[Key], whole: Collection[Key]) -> dict[str, Any]:
    """Report the people of some groups as a share of those of others that hold them.

    The rate is of released groups, None of nobody.  ``rate_bounds`` are there if people pooled in
    ``other`` may belong to either.  The noise of the part is in the whole too, and the interval
    knows it (Fieller); it is None if the whole may be nobody.
    """
    noise, parts, wholes = opened.charge.people, chosen(opened, part), chosen(opened, whole)
    people, of = add(parts, 0).people, add(wholes, 0).people
    shown: dict[str, Any] = {"people": people, "of": of, "rate": people / of if of > 0 else None}
    if noise.scale:
        sds = people_sd(noise, parts), people_sd(noise, wholes)
        bounds = share_interval(people, sds[0], of, sds[1], quantile=noise.quantile)
        shown["rate_interval"] = list(bounds) if bounds else None
    more, rest = hidden(opened, part), hidden(opened, set(whole) - set(part))
    if more or rest:
        low = people / (of + rest) if of + rest > 0 else 0.0
        high = (people + more) / (of + more) if of + more > 0 else 1.0
        shown["rate_bounds"] = [low, high]
    return shown


def rate_in_words(shown: Mapping[str, Any]) -> str:
    """Write a share: a range where people pooled in ``other`` leave it open."""
    if "rate_bounds" in shown:
        low, high = shown["rate_bounds"]
        return f"between {low:.1%} and {high:.1%} (some groups are pooled)"
    return "unknown" if shown["rate"] is None else f"{shown['rate']:.1%}"


def mean(opened: Opened, groups: Sequence[Group], position: int) -> dict[str, Any]:
    """Report a measure per person over some groups, in the unit of the file; None of nobody."""
    noise, slot = opened.charge.people, opened.plan.slots[position]
    added, scale = add(groups, len(opened.plan.slots)), 10**slot.decimals
    total = added.sums[position] / scale
    shown: dict[str, Any] = {"mean": total / added.people if added.people > 0 else None}
    if noise.scale:
        bounds = ratio_interval(
            total,
            sum_sd(opened.charge.slots[position], groups) / scale,
            added.people,
            people_sd(noise, groups),
            quantile=noise.quantile,
        )
        shown["mean_interval"] = list(bounds) if bounds else None
    return shown


def _sum_intervals(opened: Opened, groups: Sequence[Group], added: Group) -> dict[str, Any]:
    deviations, intervals = {}, {}
    for position, slot in enumerate(opened.plan.slots):
        noise, scale = opened.charge.slots[position], 10**slot.decimals
        deviation = sum_sd(noise, groups)
        bounds = interval(added.sums[position], deviation, noise.quantile)
        deviations[slot.measure] = deviation / scale
        intervals[slot.measure] = [bound / scale for bound in bounds]
    return {"sums_sd": deviations, "sums_interval": intervals}


def grouped_result(opened: Opened, names: Sequence[str]) -> dict[str, Any]:
    """List groups, other and total the way ``results.json`` shows them."""
    groups = sorted(opened.groups, key=lambda group: group.key)
    other = opened.other
    return {
        "groups": [
            {"key": dict(zip(names, group.key, strict=True)), **numbers(opened, [group])}
            for group in groups
        ],
        "other": {"groups": other.pooled, **numbers(opened, [other])} if other else None,
        "total": numbers(opened, [*groups, *([other] if other else [])]),
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


def people_in_words(shown: Mapping[str, Any]) -> str:
    """Write a count of people with its interval, or the range that pooled groups leave."""
    if "people_bounds" in shown:
        low, high = (max(0, bound) for bound in shown["people_bounds"])
        return f"{low:,} to {high:,} people (some groups are pooled)"
    people = "1 person" if shown["people"] == 1 else f"{shown['people']:,} people"
    if "people_interval" not in shown:
        return people
    if not shown["people"] and not shown["people_sd"]:
        return "fewer people than may be shown"
    low, high = shown["people_interval"]
    return f"about {people} (95 %: {max(0, low):,.0f} to {high:,.0f})"
