"""``overlap`` against a plaintext oracle, through the agents' own code and the engine."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleanroom.queries.overlap import sensitivity
from cleanroom.report.sentences import notes
from tests.cleanroom.queries.harness import Measure, ask, audience, by_key, plan

PEOPLE = [f"person{number}" for number in range(12)]
SPEND = st.dictionaries(st.sampled_from(PEOPLE), st.integers(0, 900), min_size=1)
AGES = st.dictionaries(st.sampled_from(PEOPLE), st.sampled_from(["18-24", "25-34"]), min_size=1)
FEW = settings(max_examples=6, deadline=None)


@FEW
@given(SPEND, AGES, st.sampled_from(["brand", "platform"]))
def test_counts_and_sums_are_those_of_the_matched_people(spend, ages, receiver):
    brand = audience(list(spend), measures={"spend": Measure(list(spend.values()), 9, decimals=2)})
    platform = audience(list(ages), labels={"age": list(ages.values())})
    parameters = {"group_by": ["platform.age"], "measures": ["spend"]}
    result = ask("overlap", parameters, brand, platform, receiver=receiver).result
    both = [person for person in spend if person in ages]
    people = Counter(ages[person] for person in both)
    sums = Counter()
    for person in both:
        sums[ages[person]] += spend[person]
    groups = by_key(result["groups"], "platform.age")
    assert {key[0]: group["people"] for key, group in groups.items()} == people
    assert {key[0]: group["sums"]["spend"] for key, group in groups.items()} == {
        age: sums[age] / 100 for age in people
    }
    assert result["total"]["people"] == len(both)
    assert result["total"]["sums"]["spend"] == sum(sums.values()) / 100


@pytest.mark.parametrize(
    ("receiver", "measures"), [("brand", ["spend"]), ("brand", []), ("platform", ["spend"])]
)
def test_an_answer_says_which_own_values_were_cut(receiver, measures):
    brand = audience(PEOPLE, measures={"spend": Measure([100] * 12, 9, decimals=2)})
    cut = replace(brand, clamped={"spend": 3})
    result = ask("overlap", {"measures": measures}, cut, audience(PEOPLE), receiver=receiver).result
    told = measures and receiver == "brand"
    assert result["quality"]["cut"] == ({"spend": 3} if told else {})
    for language, words in (("en", "count as the bound: 3."), ("zh", "计入的数值：3 个")):
        assert any(words in note for note in notes(result, language)) == bool(told)


def test_noise_is_scaled_to_one_person():
    people = PEOPLE * 1
    brand = audience(people, measures={"spend": Measure([100] * 12, 9, decimals=2)})
    job = plan(
        "overlap", {"measures": ["spend"]}, brand, audience(people), noise="discrete-laplace"
    )
    known = sensitivity.overlap({"spend": 900})
    assert job.plan.people_delta == known.people
    assert job.plan.slots[0].delta == known.measures["spend"]


@pytest.mark.parametrize("receiver", ["brand", "platform"])
def test_noised_numbers_carry_their_interval(receiver):
    people = [f"person{number}" for number in range(64)]
    brand = audience(people, measures={"spend": Measure([100] * 64, 9, decimals=2)})
    answer = ask(
        "overlap",
        {"measures": ["spend"]},
        brand,
        audience(people),
        receiver=receiver,
        noise="discrete-gaussian",
        rho_per_release=2.0,
    )
    total = answer.result["total"]
    assert total["people_sd"] == pytest.approx(2**0.5 * answer.receiver.charge.people.scale)
    low, high = total["people_interval"]
    assert low < total["people"] < high
    # Ten standard deviations: such noise is never seen.
    assert abs(total["people"] - 64) < 10 * total["people_sd"]
    assert abs(total["sums"]["spend"] - 64) < 10 * total["sums_sd"]["spend"]


@pytest.mark.parametrize("least", [0, -900])
def test_a_sum_of_what_is_never_negative_is_not_said_to_be_perhaps(least, monkeypatch):
    # Every draw is nought: the interval lies around the truth and reaches below nought.
    monkeypatch.setattr("cleanroom.privacy.noise._measurement", lambda spec: list)
    people = [f"person{number}" for number in range(64)]
    spend = Measure([1] * 64, 900, least, decimals=2)
    answer = ask(
        "overlap", {"measures": ["spend"]}, audience(people, measures={"spend": spend}),
        audience(people), noise="discrete-gaussian", rho_per_release=0.5,
    )  # fmt: skip
    (group,) = answer.result["groups"]
    low, high = group["sums_interval"]["spend"]
    assert high > 0
    assert low == 0 if least == 0 else low < 0
