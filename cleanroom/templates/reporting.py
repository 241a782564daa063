"""Put released groups into the words and numbers of a result.

Everything here is post-processing: it sees released numbers only, so it costs no privacy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import hypot, sqrt
from typing import Any

from cleanroom.privacy.intervals import interval, released_sd
from cleanroom.privacy.noise import NoiseSpec
from cleanroom.templates.template import Group, Opened


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
    slots, noise = opened.plan.slots, opened.charge.people
    added = add(groups, len(slots))
    shown: dict[str, Any] = {"people": added.people}
    if slots:
        shown["sums"] = {
            slot.measure: unit(value, slot.decimals)
            for slot, value in zip(slots, added.sums, strict=True)
        }
    if not noise.scale:
        return shown
    deviation = people_sd(noise, groups)
    shown["people_sd"] = deviation
    shown["people_interval"] = list(interval(added.people, deviation, noise.quantile))
    if slots:
        shown |= _sum_intervals(opened, groups, added)
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


def people_in_words(shown: Mapping[str, Any]) -> str:
    """Write a count of people with its interval."""
    people = f"{shown['people']:,} people"
    if "people_interval" not in shown:
        return people
    low, high = shown["people_interval"]
    return f"about {people} (95 %: {max(0, low):,.0f} to {high:,.0f})"
