"""Sum up the reach of a campaign from its released frequencies, and say what is missing in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import sqrt
from typing import Any

from cleanroom.privacy.intervals import interval
from cleanroom.queries import media
from cleanroom.queries.reporting import people_of, sum_of
from cleanroom.queries.template import Group, Opened
from cleanroom.words.estimate import Estimate

ALL = "all"
"""The label of the row that holds every person once, whatever the campaign."""

IMPRESSIONS = "impressions"
MATCHED = "matched_impressions"
"""What is summed, as the agents name it, and what an answer calls it: a count of rows."""


def buckets(most: int) -> list[str]:
    """Return the frequencies of the distribution: "1" to "F+"."""
    return [*(str(times) for times in range(1, most)), f"{most}+"]


class Named:
    """A released group with what its name says."""

    def __init__(self, group: Group, frequency: str, impressions: str, campaign: str) -> None:
        self.group, self.frequency, self.campaign = group, frequency, campaign
        self.impressions = int(impressions) if impressions else None

    @classmethod
    def read(cls, group: Group) -> Named:
        """Read what the platform named the group."""
        return cls(group, *group.key[0].split("|", 2))

    def order(self) -> int:
        """Return the frequency as a number, the least of the last one."""
        return int(self.frequency.rstrip("+"))


class Clip:
    """What the bounds per person may have cut off, as far as the receiver can tell.

    The platform knows what it dropped.  The brand is told nothing, so whatever a bound could have
    cut makes its numbers lower bounds.
    """

    def __init__(self, opened: Opened, frequencies: int, per_person: int) -> None:
        """``per_person`` is how many campaigns of a person count, of ``frequencies`` each."""
        self._opened = opened
        self.frequencies = frequencies
        self.most = opened.plan.slots[0].bound if opened.plan.slots else 0
        self.last = buckets(frequencies)[-1]
        campaigns = opened.question.domain(opened.plan.columns[0])
        asked = len(media.private_texts(opened.private, "campaigns")) or campaigns
        facts = opened.facts
        self._dropped = facts.get("dropped_campaigns") != 0 and (per_person < min(asked, campaigns))
        self._clamped = facts.get("clamped_impressions") != 0 or not opened.plan.slots

    def campaigns(self, name: str) -> bool:
        """Tell whether people of a campaign may be missing; of all campaigns nobody is."""
        return self._dropped and name != ALL

    def impressions(self, one: Named) -> bool:
        """Tell whether people of a frequency may have more impressions than are counted."""
        return self._clamped and one.frequency == self.last

    def shown(self, name: str, one: Named) -> dict[str, Any]:
        """Report one frequency, where a bound may have cut as the least that can be."""
        found = people_of(self._opened, [one.group]).fields("people")
        dropped = self.campaigns(name)
        if dropped:
            found["people_bounds"] = [_low(found, "people"), None]
        return found | impressions(self._opened, self, [one], dropped)


def _low(shown: Mapping[str, Any], name: str) -> float:
    low = Estimate.read(shown, name).low
    return 0 if low is None else low


def _missing(opened: Opened, clip: Clip, ones: Sequence[Named]) -> bool:
    return bool(opened.suppressed) and len(ones) < clip.frequencies


def total(opened: Opened, clip: Clip, ones: Sequence[Named]) -> dict[str, Any]:
    """Add up whoever was reached; nothing is said if all of them are held back."""
    groups = [one.group for one in ones]
    missing = _missing(opened, clip, ones)
    if missing and not groups:
        return {"people": None}
    shown = people_of(opened, groups, missing).fields("people")
    return shown | impressions(opened, clip, ones, missing)


def impressions(opened: Opened, clip: Clip, ones: Sequence[Named], least: bool) -> dict[str, Any]:
    """Report the impressions of some frequencies where they were summed.

    They are the ``least`` that can be where people may be missing.
    """
    if not opened.plan.slots:
        return {}
    return _impressions(opened, clip, ones, least).fields(MATCHED)


def other(opened: Opened) -> dict[str, Any] | None:
    """Report the pool, None if there is none."""
    if opened.other is None:
        return None
    found = {"groups": opened.other.pooled, **people_of(opened, [opened.other]).fields("people")}
    if opened.plan.slots:
        found |= sum_of(opened, [opened.other], 0).fields(MATCHED)
    return found


def summary(
    opened: Opened, clip: Clip, cap: int | None, name: str, ones: Sequence[Named]
) -> dict[str, Any]:
    """Sum up one campaign from its released frequencies: ratios only where none is missing."""
    groups = [one.group for one in ones]
    missing, dropped = _missing(opened, clip, ones), clip.campaigns(name)
    clipped = any(clip.impressions(one) for one in ones)
    reach = people_of(opened, groups, missing)
    if dropped:
        reach = replace(reach, bounds=(reach.low, None))
    found: dict[str, Any] = {
        "campaign": name,
        "frequencies": [one.frequency for one in ones],
        **_least(reach).fields("reach"),
        "reach_lower_bound": missing or dropped,
        "mean_lower_bound": clipped and not (missing or dropped),
        **_least(_impressions(opened, clip, ones, missing or dropped)).fields(MATCHED),
        "impressions_counted_up_to": clip.most or clip.frequencies,
    }
    every = ones[0].impressions
    if every is not None:
        found["impressions"] = every
    if missing or dropped:  # what is left out may change a ratio either way
        return found | {"mean_frequency": None}
    people = media.numerator(opened, groups, None)
    matched = _matched(opened, clip, ones)
    often = [media.quotient(opened, one, people, common, "ratio") for one, common in matched]
    found |= _most_certain(often, clipped).fields("mean_frequency")
    if every and (opened.plan.slots or not clipped):
        target = [media.quotient(opened, one, (every, 0.0), 0.0, "rate") for one, _ in matched]
        found |= _most_certain(target, clipped).fields("on_target_rate")
    if cap is not None:
        few = [one.group for one in ones if one.order() <= cap]
        part = media.numerator(opened, few, None)
        capped = media.quotient(opened, part, people, part[1] ** 2, "share")
        found |= capped.fields("share_up_to_cap")
    return found


def at_least(one: Estimate) -> Estimate:
    """Return a number as the least that can be: its low end."""
    if one.low is None:
        return Estimate(None, one.unit)
    return Estimate(one.low, one.unit, bounds=(one.low, None))


def _least(one: Estimate) -> Estimate:
    """Return a bound under its low end: what stands beside a lower bound is never above it."""
    return one if one.bounds is None else replace(one, value=one.low, sd=None, interval=None)


def _most_certain(ones: Sequence[Estimate], least: bool) -> Estimate:
    """Return the only estimate, or of lower bounds the highest.

    Each low end holds with 97.5 %, so the higher of two holds with 95 %.
    """
    if not least:
        return ones[0]
    return max((at_least(one) for one in ones), key=lambda one: -1 if one.low is None else one.low)


def _impressions(opened: Opened, clip: Clip, ones: Sequence[Named], least: bool) -> Estimate:
    """Return the impressions of some frequencies, as a bound where more may be."""
    clipped = any(clip.impressions(one) for one in ones)
    shown = [_events(opened, *one) for one, _ in _matched(opened, clip, ones)]
    bound = _most_certain(shown, True)
    if not (clipped or least):
        return shown[0]
    return replace(shown[0], bounds=(max(0, bound.low or 0), None))


def _events(opened: Opened, value: float, deviation: float) -> Estimate:
    if not media.noisy(opened):
        return Estimate(round(value), "events")
    ends = interval(value, deviation, opened.charge.people.quantile)
    return Estimate(round(value), "events", deviation, ends)


Matched = tuple[tuple[float, float], float]
"""Impressions of the reached people with the deviation of their noise, and its part shared with
that of the people."""


def _matched(opened: Opened, clip: Clip, ones: Sequence[Named]) -> list[Matched]:
    """Return the impressions of some frequencies; where the last is cut off, in two ways.

    Below F each person has as many as the frequency says, which is less noisy than their sum.  Of
    the last frequency the sum tells more, or that each person has F at least.
    """
    ways = [True] if opened.plan.slots else [False]
    if opened.plan.slots and any(clip.impressions(one) for one in ones):
        ways.append(False)
    return [_added(opened, clip, ones, summed) for summed in ways]


def _added(opened: Opened, clip: Clip, ones: Sequence[Named], summed: bool) -> Matched:
    total = variance = common = 0.0
    for one in ones:
        if summed and one.frequency == clip.last:
            value, deviation = media.numerator(opened, [one.group], 0)
        else:
            people, noise = media.numerator(opened, [one.group], None)
            value, deviation = one.order() * people, one.order() * noise
            common += one.order() * noise**2
        total, variance = total + value, variance + deviation**2
    return (total, sqrt(variance)), common
