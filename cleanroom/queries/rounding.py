"""Say how far rounding may have moved credit that is shared in few parts.

A path's credit is rounded at random to whole parts of a conversion, right on average
(``credit.shares``).  People are rounded independently of each other; all conversions of a person
between the same two touches are rounded alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, sqrt

from cleanroom.queries.credit.rules import QUANTA, WINNER_MODELS, Model, Rule
from cleanroom.queries.credit.vectors import SEPARATOR
from cleanroom.queries.reporting import add, everything, sum_sd
from cleanroom.queries.template import Group, Opened

PAIR = "pair"
"""Marks the name of a key that is a pair of channels; pairs get whole conversions."""


def rounded_parts(rule: Rule) -> int:
    """Return the parts to which a rule rounds, 0 if it does not round or loses nothing that shows.

    The parts of a room without noise are so many that they stand for the credit itself.
    """
    if rule.model in WINNER_MODELS or rule.model is Model.CHANNEL_PAIRS or rule.quanta >= QUANTA:
        return 0
    return rule.quanta


def is_pair(group: Group) -> bool:
    """Tell whether a group counts a pair of channels."""
    return group.key[0].startswith(PAIR + SEPARATOR) and group.key[0].count(SEPARATOR) == 2


def rounding_sd(opened: Opened, groups: Sequence[Group], position: int) -> float:
    """Return an upper bound on the deviation that rounding gives a slot of some groups added up.

    In the slot's own parts.  One person's amount a is rounded to a times a whole number of parts
    within one of the truth, so its variance is at most a^2 / 4, and at most a times the amount
    credited.  Over all people, a is at most what one person can add.  Together, g groups are off
    by at most g parts, or by what the others are; all of them together by nothing.
    """
    plan = opened.plan
    shared = [group for group in everything(opened) if not is_pair(group)]
    counted = [group for group in groups if not is_pair(group)]
    if not plan.parts or len(counted) == len(shared) or not counted:
        return 0.0
    pooled = sum(group.pooled for group in counted)
    together = max(1, min(pooled, plan.cells - pooled))
    most = plan.slots[position].bound / plan.units
    credited = _at_most(opened, counted, position)
    amounts = _at_most(opened, shared, position)
    if not position and "conversions" in opened.facts:
        amounts = min(amounts, opened.facts["conversions"] * plan.units)
    per_part = amounts / plan.units
    if _signed(opened, position):
        per_part, credited = most * _at_most(opened, shared, 0) / plan.units, inf
    return sqrt(most * max(0.0, min(together**2 * per_part / 4, together * credited)))


def _signed(opened: Opened, position: int) -> bool:
    """Tell whether a slot can have amounts below zero, so that a small sum may hide large ones."""
    measure = opened.question.brand.measure(opened.plan.slots[position].measure)
    return measure is not None and measure.minimum < 0


def _at_most(opened: Opened, groups: Sequence[Group], position: int) -> float:
    """Return the most that a slot of some groups can be, but for rounding."""
    noise = opened.charge.slots[position]
    value = add(groups, len(opened.plan.slots)).sums[position]
    return value + noise.quantile * sum_sd(noise, groups)
