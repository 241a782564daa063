"""Sum up the reach of a campaign from its released frequencies, and say what is missing in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import sqrt
from typing import Any

from cleanroom.documents.estimate import Estimate
from cleanroom.privacy.intervals import interval
from cleanroom.queries import media
from cleanroom.queries.reporting import numbers, people_of, sum_of
from cleanroom.queries.template import Group, Opened

ALL = "all"
"""The label of the row that holds every person once, whatever the campaign."""

IMPRESSIONS = "impressions"


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
        return self._clamped and (one.frequency == self.last or 0 < self.most < one.order())

    def marked(self, name: str, one: Named, shown: dict[str, Any]) -> dict[str, Any]:
        """Add to the numbers of one frequency that they are the least that can be."""
        if self.campaigns(name):
            shown["people_bounds"] = [_low(shown, "people"), None]
        if "sums" in shown and (self.impressions(one) or self.campaigns(name)):
            shown["sums_bounds"] = {IMPRESSIONS: [sum_of(self._opened, [one.group], 0).low, None]}
        return shown


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
    shown = numbers(opened, groups) | people_of(opened, groups, missing).fields("people")
    if opened.plan.slots and (missing or any(clip.impressions(one) for one in ones)):
        shown["sums_bounds"] = {IMPRESSIONS: [sum_of(opened, groups, 0).low, None]}
    return shown


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
    matched, common = _matched_impressions(opened, ones)
    found: dict[str, Any] = {
        "campaign": name,
        "frequencies": [one.frequency for one in ones],
        **_least(reach).fields("reach"),
        "reach_lower_bound": missing or dropped,
        "mean_lower_bound": clipped and not (missing or dropped),
        **_least(_impressions_of(opened, matched, clipped or missing or dropped)).fields(
            "matched_impressions"
        ),
        "impressions_counted_up_to": clip.most or clip.frequencies,
    }
    impressions = ones[0].impressions
    if impressions is not None:
        found["impressions"] = impressions
    if missing or dropped:  # what is left out may change a ratio either way
        return found | {"mean_frequency": None}
    people = media.numerator(opened, groups, None)
    often = media.quotient(opened, matched, people, common, "ratio")
    found |= (at_least(often) if clipped else often).fields("mean_frequency")
    if impressions and (opened.plan.slots or not clipped):
        target = media.quotient(opened, matched, (impressions, 0.0), 0.0, "rate")
        found |= (at_least(target) if clipped else target).fields("on_target_rate")
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


def _impressions_of(opened: Opened, matched: tuple[float, float], least: bool) -> Estimate:
    value, deviation = matched
    ends = interval(value, deviation, opened.charge.people.quantile)
    shown = (
        Estimate(value, "events", deviation, ends)
        if media.noisy(opened)
        else Estimate(value, "events")
    )
    return at_least(shown) if least else shown


def _matched_impressions(
    opened: Opened, ones: Sequence[Named]
) -> tuple[tuple[float, float], float]:
    """Return impressions of the reached people, their deviation, and its part shared with reach.

    Without a sum they follow from the distribution: exact below F, F for whoever has more.
    """
    if opened.plan.slots:
        return media.numerator(opened, [one.group for one in ones], 0), 0.0
    each = [(one.order(), *media.numerator(opened, [one.group], None)) for one in ones]
    total = sum(times * people for times, people, _ in each)
    deviation = sqrt(sum((times * sd) ** 2 for times, _, sd in each))
    return (total, deviation), sum(times * sd**2 for times, _, sd in each)
