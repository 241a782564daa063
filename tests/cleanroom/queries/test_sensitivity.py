"""Take one person out of one party's data: nothing that is released moves by more than planned."""

from __future__ import annotations

from math import sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cleanroom.queries.harness import ask, plan
from tests.cleanroom.queries.staged import FLOW, PARTY, PEOPLE, parties

STAGE = {"stage": {"brand": "before", "platform": "old"}}
QUESTIONS = {
    "overlap": {"group_by": ["platform.old", "brand.before"]},
    "profile": {"group_by": ["platform.old"]},
    "aipl": STAGE,
    "aipl_flow": FLOW,
    "health": {**FLOW, "measure": "spend"},
}
SPEND = dict.fromkeys(PEOPLE, 5000)
"""Everybody spends the most that is declared."""


def released(template, brand, platform, receiver):
    """Return every count that leaves the parties and the mediator, and every sum."""
    answer = ask(template, QUESTIONS[template], *parties(brand, platform, SPEND), receiver=receiver)
    counts = {group.key: group.people for group in answer.opened.groups}
    for base in answer.receiver.plan.base:
        # What the receiver counts in its own file is not released to anybody.
        if base.side != receiver:
            found = answer.opened.base[".".join((base.side, *base.columns))]
            counts |= {("base", *key): count for key, count in found.items()}
    sums = {group.key: sum(group.sums) for group in answer.opened.groups}
    return counts, sums


def moved(before, after):
    change = [before.get(key, 0) - after.get(key, 0) for key in before.keys() | after.keys()]
    return sum(map(abs, change)), sqrt(sum(part * part for part in change))


@pytest.mark.parametrize("template", list(QUESTIONS))
@settings(max_examples=3, deadline=None)
@given(PARTY, PARTY, st.sampled_from(["brand", "platform"]), st.booleans(), st.data())
def test_one_person_moves_no_more_than_the_plan_says(
    template, brand, platform, receiver, from_brand, data
):
    side = brand if from_brand else platform
    side["somebody"] = side["one more"] = ("A", "P")
    (platform if from_brand else brand)["somebody"] = ("none", "L")
    SPEND["somebody"] = SPEND["one more"] = 5000
    before = released(template, brand, platform, receiver)
    del side[data.draw(st.sampled_from(sorted(side)), label="who leaves")]
    after = released(template, brand, platform, receiver)
    sides = parties(brand, platform, SPEND)
    planned = plan(template, QUESTIONS[template], *sides, receiver=receiver).plan
    deltas = [planned.people_delta, *(slot.delta for slot in planned.slots)]
    for delta, (old, new) in zip(deltas, zip(before, after, strict=True), strict=False):
        l1, l2 = moved(old, new)
        assert l1 <= delta.l1 + 1e-9
        assert l2 <= delta.l2 + 1e-9


@pytest.mark.parametrize("template", ["profile", "aipl"])
def test_the_bound_is_reached(template):
    """A matched person of the peer's leaves both the overlap and the peer's base counts."""
    brand = dict.fromkeys(PEOPLE, ("A", "A"))
    platform = dict.fromkeys(PEOPLE, ("P", "P"))
    before, _ = released(template, brand, platform, "brand")
    del platform[PEOPLE[0]]
    after, _ = released(template, brand, platform, "brand")
    delta = plan(template, QUESTIONS[template], *parties(brand, platform, SPEND)).plan.people_delta
    assert moved(before, after) == pytest.approx((delta.l1, delta.l2))
