"""``profile`` against a plaintext oracle, with an own, a public and a noised base."""

from __future__ import annotations

from collections import Counter
from math import sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleanroom.errors import CleanroomError, InvalidInput, PolicyRefusal
from cleanroom.privacy.noise import Delta
from tests.cleanroom.queries.harness import Measure, ask, audience, by_key, plan

PEOPLE = [f"person{number}" for number in range(14)]
LABELS = st.tuples(st.sampled_from(["18-24", "25-34", "unknown"]), st.sampled_from("ab"))
PLATFORM = st.dictionaries(st.sampled_from(PEOPLE), LABELS, min_size=1)
BRAND = st.dictionaries(st.sampled_from(PEOPLE), st.integers(-50, 90), min_size=1)
FEW = settings(max_examples=6, deadline=None)
NOISY = {
    "noise": "discrete-gaussian",
    "rho_per_release": 2.0,
    "rho_budget": 100.0,
    "paillier_bits": 512,
}
PUBLIC = ({"party": "platform", "kind": "public-base"},)


def platform_of(labels):
    columns = {
        "age": [age for age, _ in labels.values()],
        "tier": [tier for _, tier in labels.values()],
    }
    return audience(list(labels), labels=columns)


@FEW
@given(BRAND, PLATFORM, st.sampled_from(["brand", "platform"]), st.booleans())
def test_shares_and_index_by_definition(spend, labels, receiver, crossed):
    measure = Measure(list(spend.values()), 9, min=-9, decimals=1)
    columns = ["platform.age", "platform.tier"] if crossed else ["platform.age"]
    parameters = {"group_by": columns, "measures": ["spend"]}
    brand = audience(list(spend), measures={"spend": measure})
    result = ask("profile", parameters, brand, platform_of(labels), receiver=receiver).result
    key = {person: label[: len(columns)] for person, label in labels.items()}
    base = Counter(key.values())
    both = Counter(key[person] for person in spend if person in key)
    groups = by_key(result["groups"], *columns)
    assert set(groups) == set(both)
    for label, group in groups.items():
        share, base_share = both[label] / both.total(), base[label] / len(labels)
        total = sum(spend[person] for person in spend if key.get(person) == label)
        assert group["people"] == both[label]
        assert group["share"] == pytest.approx(share)
        assert group["base_share"] == pytest.approx(base_share)
        assert group["tgi_ratio"] == pytest.approx(share / base_share)
        assert group["tgi_index"] == pytest.approx(100 * share / base_share)
        assert group["sums"]["spend"] == pytest.approx(total / 10)
        assert "share_interval" not in group
    kind = "own" if receiver == "platform" else "exact"
    assert result["base"] == {"side": "platform", "kind": kind, "people": len(labels)}


def test_a_brand_label_is_compared_with_the_brands_base():
    brand = audience(list("abcd"), labels={"tier": ["gold", "gold", "iron", "iron"]})
    result = ask("profile", {"group_by": ["brand.tier"]}, brand, audience(list("abc"))).result
    gold = by_key(result["groups"], "brand.tier")["gold",]
    assert result["base"]["kind"] == "own"
    assert gold["tgi_index"] == pytest.approx(100 * (2 / 3) / (2 / 4))
    assert "TGI 133" in result["sentence"]


def noisy_scene():
    people = [f"person{number}" for number in range(600)]
    ages = ["young" if number % 3 else "old" for number in range(600)]
    return audience(people[:400]), audience(people, labels={"age": ages})


@pytest.mark.parametrize(
    ("options", "kind", "tables"),
    [({}, "noised", 2), ({"grants": PUBLIC}, "public", 1), ({"receiver": "platform"}, "own", 1)],
)
def test_noise_covers_the_base_only_if_it_is_released_noised(options, kind, tables):
    answer = ask("profile", {"group_by": ["platform.age"]}, *noisy_scene(), **NOISY, **options)
    charge, base = answer.receiver.charge, answer.result["base"]
    assert answer.receiver.plan.people_delta == Delta(tables, sqrt(tables))
    # Without measures people get all of rho 2: sigma = L2 / sqrt(2 rho).
    assert charge.people.scale == pytest.approx(sqrt(tables) / 2)
    assert base["kind"] == kind
    expected = charge.people.sd * sqrt(2) if kind == "noised" else 0.0
    assert base["people_sd"] == pytest.approx(expected)
    if kind != "noised":
        assert base["people"] == 600
    assert abs(base["people"] - 600) <= 10 * expected
    old = by_key(answer.result["groups"], "platform.age")["old",]
    assert old["people_sd"] == pytest.approx(sqrt(2) * charge.people.sd)
    for number in ("share", "base_share"):
        low, high = old[f"{number}_interval"]
        assert low <= old[number] <= high
    low, high = old["tgi_interval"]
    assert low < old["tgi_index"] < high
    assert old["tgi_index"] == pytest.approx(100, abs=20)


def test_the_noise_of_a_released_base_differs_from_the_truth():
    counts = set()
    for _ in range(4):
        answer = ask("profile", {"group_by": ["platform.age"]}, *noisy_scene(), **NOISY, rho=0.01)
        counts |= set(answer.opened.base["platform.age"].values())
    # Sigma is 14: eight draws that are all zero do not happen.
    assert counts - {200.0, 400.0}


def test_without_a_grant_a_live_room_refuses():
    live = {"agreement": {"rehearsal": False}, **NOISY}
    arguments = ("profile", {"group_by": ["platform.age"]}, *noisy_scene())
    with pytest.raises(PolicyRefusal) as refusal:
        plan(*arguments, **live)
    assert refusal.value.rule == "grant-base-counts"
    granted = ({"party": "platform", "kind": "base-counts"},)
    assert not plan(*arguments, **live, grants=granted).plan.base[0].public
    assert plan(*arguments, **live, grants=PUBLIC).plan.base[0].public
    assert plan(*arguments, **live, receiver="platform").plan.base


@pytest.mark.parametrize(
    ("parameters", "fault"),
    [
        ({"group_by": []}, InvalidInput),
        ({"group_by": ["age"]}, InvalidInput),
        ({"group_by": ["platform.age"], "base": "public"}, InvalidInput),
        ({"group_by": ["platform.height"]}, "unknown-label"),
        ({"group_by": ["platform.age", "brand.age"]}, "profile-one-side"),
        ({"group_by": ["platform.age", "platform.age"]}, "repeated-label"),
        ({"group_by": ["platform.age"], "measures": ["spend"]}, "unknown-measure"),
    ],
)
def test_bad_questions_are_refused_before_anything_is_spent(parameters, fault):
    side = audience(list("abc"), labels={"age": list("xyz")})
    with pytest.raises(CleanroomError) as refusal:
        plan("profile", parameters, side, side)
    if isinstance(fault, str):
        assert refusal.value.rule == fault
    else:
        assert isinstance(refusal.value, fault)


def test_the_mediator_sees_neither_labels_nor_base_counts():
    answer = ask("profile", {"group_by": ["platform.age"]}, *noisy_scene())
    sent = b"".join(answer.desk.blobs.values())
    said = repr([body for _, _, body in answer.desk.said])
    assert b"young" not in sent  # random bytes hold three letters of their own now and then
    assert "'young'" not in said and "'old'" not in said
    rows = {leak.what: leak for leak in answer.receiver.template.leaks}
    assert rows["people per label in the base"].mediator.startswith("nothing")
