"""``aipl`` against a plaintext oracle: everybody once, at the highest stage of both sides."""

from __future__ import annotations

from collections import Counter
from math import sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleanroom.errors import CleanroomError, PeerFault
from cleanroom.privacy.noise import Delta
from cleanroom.queries.stages import STAGES
from tests.cleanroom.queries.harness import ask, audience, by_key, plan
from tests.cleanroom.queries.staged import ORDER, PARTY, higher, parties

STAGE = {"stage": {"brand": "before", "platform": "old"}}
FEW = settings(max_examples=6, deadline=None)
NOISY = {"noise": "discrete-gaussian", "rho_per_release": 2.0, "rho_budget": 100.0}
PUBLIC = ({"party": "platform", "kind": "public-base"},)


@FEW
@given(PARTY, PARTY, st.sampled_from(["brand", "platform"]))
def test_every_person_counts_once(brand, platform, receiver):
    result = ask("aipl", STAGE, *parties(brand, platform), receiver=receiver).result
    expected = Counter()
    for person in brand.keys() | platform.keys():
        if person not in platform:
            expected[brand[person][0], "brand_only"] += 1
        elif person not in brand:
            expected[platform[person][0], "platform_only"] += 1
        else:
            expected[higher(brand[person][0], platform[person][0]), "overlap"] += 1
    groups = by_key(result["groups"], "stage", "side")
    assert {key: group["people"] for key, group in groups.items() if group["people"]} == expected
    assert result["total"]["people"] == len(brand.keys() | platform.keys())
    related = sum(count for (stage, _), count in expected.items() if stage != "none")
    assert result["aipl_total"]["people"] == related
    for side, number in result["sides"].items():
        assert number["people"] == sum(n for (_, where), n in expected.items() if where == side)


@FEW
@given(PARTY, PARTY)
def test_without_sides_the_pairs_are_merged_before_the_threshold(brand, platform):
    answer = ask("aipl", {**STAGE, "sides": False}, *parties(brand, platform))
    both = brand.keys() & platform.keys()
    expected = Counter(higher(brand[person][0], platform[person][0]) for person in both)
    groups = by_key(answer.result["groups"], "stage", "side")
    assert {stage: group["people"] for (stage, _), group in groups.items()} == expected
    assert {side for _, side in groups} <= {"overlap"}
    assert answer.result["aipl_total"]["people"] == len(both) - expected["none"]
    assert answer.receiver.plan.cells == 5
    assert answer.receiver.plan.base == ()


def crowd():
    """Return 1000 people a side: 750 matched ones, 30 at each pair, and 250 of either side."""
    both = {f"p{n}": (STAGES[n % 5], STAGES[n // 5 % 5]) for n in range(750)}
    brand = {person: (stage, "none") for person, (stage, _) in both.items()}
    platform = {person: (stage, "none") for person, (_, stage) in both.items()}
    brand |= {f"b{n}": (STAGES[n % 5], "none") for n in range(250)}
    platform |= {f"q{n}": (STAGES[n % 5], "none") for n in range(250)}
    return parties(brand, platform)


@pytest.mark.parametrize(
    ("parameters", "options", "tables"),
    [
        ({}, {}, 2),
        ({}, {"grants": PUBLIC}, 1),
        ({}, {"grants": PUBLIC, "receiver": "platform"}, 2),
        ({"sides": False}, {}, 1),
    ],
)
def test_noise_is_scaled_to_one_person(parameters, options, tables):
    job = plan("aipl", {**STAGE, **parameters}, *crowd(), **NOISY, **options)
    assert job.plan.people_delta == Delta(tables, sqrt(tables))
    assert job.charge.people.scale == pytest.approx(sqrt(tables) / 2)


def test_differences_add_their_noise_up():
    answer = ask("aipl", STAGE, *crowd(), **NOISY)
    sd = answer.receiver.charge.people.sd
    groups = by_key(answer.result["groups"], "stage", "side")
    assert len(answer.opened.groups) == 25
    # One share in the peer's base count, two in every cell; the receiver's own base has none.
    shares = {"platform_only": 1 + 2 * 5, "brand_only": 2 * 5}
    for (stage, side), group in groups.items():
        cells = 2 * (2 * STAGES.index(stage) + 1)
        assert group["people_sd"] == pytest.approx(sd * sqrt(shares.get(side, cells)))
        truth = 30 * cells / 2 if side == "overlap" else 50
        assert abs(group["people"] - truth) < 10 * group["people_sd"]
        low, high = group["people_interval"]
        assert low < group["people"] < high
    total = answer.result["total"]
    assert total["people_sd"] == pytest.approx(sd * sqrt(5 + 2 * 25))
    assert abs(total["people"] - 1250) < 10 * total["people_sd"]
    related = answer.result["aipl_total"]
    assert related["people_sd"] == pytest.approx(sd * sqrt(4 + 2 * 16))
    assert abs(related["people"] - (1250 - 30 - 100)) < 10 * related["people_sd"]
    assert answer.result["base"] == {"brand": "own", "platform": "noised"}


def test_small_groups_are_pooled_and_their_people_kept_in_the_total():
    brand = {f"p{n}": ("A" if n < 20 else "P" if n < 24 else "L", "none") for n in range(27)}
    answer = ask("aipl", STAGE, *parties(brand, brand), k_min=5)
    result = answer.result
    groups = by_key(result["groups"], "stage", "side")
    assert groups["A", "overlap"]["people"] == 20
    assert ("P", "overlap") not in groups
    assert result["other"]["groups"] == 2
    assert result["other"]["people"] == 7
    assert result["sides"]["overlap"]["people"] == result["total"]["people"] == 27
    assert result["sides"]["brand_only"]["people"] == 0
    # The seven people of other may be at any stage whose pairs are not all released.
    assert groups["A", "overlap"]["people_bounds"] == [20, 27]
    assert groups["P", "brand_only"]["people"] == 4
    assert groups["P", "brand_only"]["people_bounds"] == [-3, 4]
    assert result["aipl_total"]["people_bounds"] == [27, 34]
    assert "27 to 34 people" in result["sentence"]


def test_merged_groups_that_are_pooled_leave_a_range():
    brand = {f"p{n}": ("A" if n < 20 else "P" if n < 24 else "L", "none") for n in range(27)}
    result = ask("aipl", {**STAGE, "sides": False}, *parties(brand, brand), k_min=5).result
    assert [group["key"]["stage"] for group in result["groups"]] == ["A"]
    assert result["aipl_total"]["people_bounds"] == [20, 27]


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        (["A", "I", "B"], "stage-values"),
        (["a", "i", "p"], "stage-values"),
    ],
)
def test_other_values_than_stages_are_refused(values, rule):
    bad = audience(list("abc"), labels={"s": values})
    good = audience(list("abc"), labels={"s": ["A", "none", "L"]})
    for sides in ((bad, good), (good, bad)):
        with pytest.raises(CleanroomError) as refusal:
            plan("aipl", {"stage": {"brand": "s", "platform": "s"}}, *sides)
        assert refusal.value.rule == rule


def test_an_empty_cell_in_a_column_of_stages_is_the_stage_none():
    """Otherwise one cell would turn the column into one that nobody can write a map over."""
    full = audience(list("abc"), labels={"s": ["A", "none", "L"]})
    empty = audience(list("abc"), labels={"s": ["A", "unknown", "L"]})
    stage = {"stage": {"brand": "s", "platform": "s"}}
    found = [ask("aipl", stage, one, full).result["groups"] for one in (empty, full)]
    assert found[0] == found[1]


def test_a_column_that_does_not_exist_is_refused():
    good = audience(list("abc"), labels={"s": ["A", "none", "L"]})
    with pytest.raises(CleanroomError) as refusal:
        plan("aipl", {"stage": {"brand": "s", "platform": "t"}}, good, good)
    assert refusal.value.rule == "unknown-label"


def test_the_peers_base_needs_its_grant():
    with pytest.raises(CleanroomError) as refusal:
        plan("aipl", STAGE, *crowd(), **NOISY, agreement={"rehearsal": False})
    assert refusal.value.rule == "grant-base-counts"
    merged = {**STAGE, "sides": False}
    assert plan("aipl", merged, *crowd(), **NOISY, agreement={"rehearsal": False}).plan.merged


def test_a_peer_that_counts_other_labels_is_blamed():
    answer = ask("aipl", STAGE, *crowd())
    answer.opened.base["platform.old"]["B",] = 3.0
    with pytest.raises(PeerFault):
        answer.receiver.template.result(answer.opened)


def test_with_sides_no_map_names_the_stages_to_the_mediator():
    with_sides = ask("aipl", STAGE, *crowd())
    merged = ask("aipl", {**STAGE, "sides": False}, *crowd())
    kinds = [{path.split("/")[-2] for path, _ in a.desk.blobs} for a in (with_sides, merged)]
    assert "cells" not in kinds[0]
    assert "cells" in kinds[1]
    leak = {leak.what: leak for leak in with_sides.receiver.template.leaks}["who is at which stage"]
    assert "opaque pairs" in leak.mediator
    assert tuple(ORDER) == STAGES
