"""``basket`` against plain counting of who bought what, through the agents' code and the engine."""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations
from math import sqrt
from random import Random

import numpy as np
import pytest

from cleanroom.agent import job_rows
from cleanroom.agent.notices import notices
from cleanroom.errors import InvalidInput, PolicyRefusal
from cleanroom.queries.basket import rows as basket_rows
from cleanroom.queries.basket.rows import Pairs
from cleanroom.queries.registry import template
from cleanroom.report.sentences import sentence
from tests.cleanroom.queries.harness import ask, audience, by_key, events, plan

CATEGORIES = ["cream", "mask", "serum", "toner"]
AGES = ["18-24", "25-34"]
PEOPLE = [f"p{number}" for number in range(12)]


def drawn(seed, orders=40):
    """Return orders as (person, category, second) and the ages of the platform's people."""
    random = Random(seed)
    rows = [(who, random.choice(CATEGORIES), random.randrange(100)) for who in
            random.choices([*PEOPLE, "stranger"], k=orders)]  # fmt: skip
    return rows, {who: random.choice(AGES) for who in PEOPLE[2:]}


def files(rows, ages):
    who, category, seconds = (list(column) for column in zip(*rows, strict=True))
    return (
        events(who, seconds, labels={"category": category}, domains={"category": CATEGORIES}),
        audience(list(ages), {"age": list(ages.values())}, domains={"age": AGES}),
    )


def bought(rows, ages):
    """Count by definition: the categories of each person whom both sides know."""
    found = defaultdict(set)
    for who, category, _ in rows:
        if who in ages:
            found[who].add(category)
    return found


def support(baskets, *categories):
    return sum(set(categories) <= one for one in baskets) / len(baskets)


@pytest.mark.parametrize("seed", range(4))
def test_pairs_are_those_of_the_definition(seed):
    rows, ages = drawn(seed)
    result = ask("basket", {}, *files(rows, ages)).result
    baskets = list(bought(rows, ages).values())
    pairs = by_key(result["groups"], "category", "bought_with")
    for one, other in combinations(CATEGORIES, 2):
        both = sum({one, other} <= basket for basket in baskets)
        if not both:
            assert (one, other) not in pairs
            continue
        shown = pairs[one, other]
        assert shown["people"] == both
        assert shown["support"] == pytest.approx(both / len(baskets), abs=1e-6)
        alone = support(baskets, one) * support(baskets, other)
        assert shown["basket_lift"] == pytest.approx(both / len(baskets) / alone, abs=1e-6)
    for category, shown in by_key(result["categories"], "category").items():
        assert shown["people"] == sum({*category} <= basket for basket in baskets)
        assert shown["support"] == pytest.approx(support(baskets, *category), abs=1e-6)
    assert result["total"]["people"] == len(baskets) and result["other"] is None
    assert result["rows"] == {"dropped_categories": 0, "clamped_people": 0}


def test_a_label_of_the_platform_splits_the_buyers():
    rows, ages = drawn(7, 60)
    result = ask("basket", {"group_by": ["platform.age"]}, *files(rows, ages)).result
    pairs = by_key(result["groups"], "platform.age", "category", "bought_with")
    assert {age for age, _, _ in pairs} == set(AGES)
    for (age, one, other), shown in pairs.items():
        baskets = [basket for who, basket in bought(rows, ages).items() if ages[who] == age]
        assert shown["people"] == sum({one, other} <= basket for basket in baskets)
        assert shown["support"] == pytest.approx(support(baskets, one, other), abs=1e-6)
    assert result["total"]["people"] == len(bought(rows, ages))


def test_period_categories_and_where_say_what_counts():
    rows, ages = drawn(8, 60)
    asked = {"categories": ["toner", "cream"], "start": 20, "end": 80,
             "where": ["platform.age = '25-34'"]}  # fmt: skip
    result = ask("basket", asked, *files(rows, ages)).result
    chosen = [row for row in rows if row[1] in ("toner", "cream") and 20 <= row[2] < 80]
    known = {who: age for who, age in ages.items() if age == "25-34"}
    baskets = list(bought(chosen, known).values())
    assert result["total"]["people"] == len(baskets) > 0
    (pair,) = result["groups"]
    assert pair["key"] == {"category": "toner", "bought_with": "cream"}
    assert pair["people"] == sum(len(basket) == 2 for basket in baskets) > 0


def test_of_a_person_the_categories_count_that_it_bought_most_often():
    rows = [("p2", "mask", 0), ("p2", "cream", 0), ("p2", "cream", 1), ("p2", "toner", 0),
            ("p2", "toner", 1), ("p3", "mask", 0), ("p3", "cream", 0),
            ("p4", "toner", 0)]  # fmt: skip
    ages = dict.fromkeys(PEOPLE[2:], "18-24")
    result = ask("basket", {"max_categories": 2}, *files(rows, ages)).result
    people = {key: group["people"] for key, group in by_key(
        result["groups"], "category", "bought_with").items()}  # fmt: skip
    assert people == {("cream", "toner"): 1, ("cream", "mask"): 1}
    assert result["rows"] == {"dropped_categories": 1, "clamped_people": 1}
    shown = by_key(result["groups"], "category", "bought_with")["cream", "mask"]
    # Two people bought both, and the brand's own count of clamped people tells that it may be so.
    assert shown["people_bounds"] == [1, 2]
    low, high = shown["basket_lift_bounds"]
    assert low <= 2 / 3 / (2 / 3 * 2 / 3) <= high
    assert result["total"]["people"] == 3 and "people_bounds" not in result["total"]


@pytest.mark.parametrize("most", [2, 3])
def test_what_was_clamped_is_within_the_bounds(most):
    rows, ages = drawn(5, 90)
    clamped = ask("basket", {"max_categories": most}, *files(rows, ages)).result
    whole = ask("basket", {}, *files(rows, ages)).result
    true = by_key(whole["groups"], "category", "bought_with")
    assert clamped["rows"]["clamped_people"] > 0
    for key, shown in by_key(clamped["groups"], "category", "bought_with").items():
        for name in ("people", "support", "basket_lift"):
            low, high = shown[f"{name}_bounds"]
            assert low - 1e-9 <= true[key][name] <= high + 1e-9


def test_noise_is_scaled_to_the_cells_that_one_person_is_in():
    rows, ages = drawn(1)
    for most, cells in ((None, 11), (3, 7), (2, 4)):
        job = plan(
            "basket", {"max_categories": most}, *files(rows, ages), noise="discrete-gaussian"
        )
        assert job.plan.people_delta.l2 == pytest.approx(sqrt(cells))
        assert job.plan.people_delta.l1 == cells


def test_cells_are_numbered_without_a_gap():
    for count in (2, 3, 7):
        pairs = np.array(Pairs(count).listed())
        assert Pairs(count).cell(pairs[:, 0], pairs[:, 1]).tolist() == list(
            range(1 + count, Pairs(count).cells)
        )


def test_noised_lifts_have_an_interval_and_the_leading_pair_is_named():
    """Three pairs have buyers; the smallest is pooled with those that have none."""
    people = [f"p{number}" for number in range(1000)]
    of = [("cream", "mask")] * 300 + [("serum",)] * 300 + [("serum", "toner")] * 300
    of += [("mask", "toner")] * 100
    rows = [(who, one, 0) for who, basket in zip(people, of, strict=True) for one in basket]
    job = ask(
        "basket", {}, *files(rows, dict.fromkeys(people, "18-24")),
        noise="discrete-gaussian", k_min=10, rho_per_release=5.0,
    )  # fmt: skip
    most = job.result["most"]
    assert most["key"] == {"category": "cream", "bought_with": "mask"}
    low, high = most["basket_lift_interval"]
    # Twelve standard deviations: how often 95 % hold the truth is counted in test_truth.
    assert abs(most["basket_lift"] - 300 * 1000 / (300 * 400)) < 3 * (high - low)
    said = job.receiver.template.sentence(job.result)
    assert "cream + mask go together most" in said
    assert "cream + mask 关联最强" in sentence({"template": "basket", **job.result}, "zh")


def test_buyers_that_are_held_back_are_no_zero():
    rows, ages = drawn(2, 6)
    answer = ask("basket", {}, *files(rows, ages), k_min=20)
    assert answer.result["groups"] == [] and answer.result["total"] == {"people": None}
    assert "held back" in answer.receiver.template.sentence(answer.result)


def test_a_category_that_the_brand_does_not_have_has_no_buyers_and_only_the_brand_is_told():
    rows, ages = drawn(3)
    answer = ask("basket", {"categories": ["cream", "soap"]}, *files(rows, ages))
    assert answer.result["groups"] == []
    (told,) = notices(answer.brand)
    assert "soap" in told and notices(answer.platform) == []


@pytest.mark.parametrize(
    ("parameters", "receiver", "rule"),
    [
        ({}, "platform", "basket-receiver"),
        ({"where": ["brand.category = 'cream'"]}, "brand", "where-of-events"),
        ({"category": "brand.brand"}, "brand", "unknown-label"),
    ],
)
def test_what_cannot_be_asked_is_refused(parameters, receiver, rule):
    asked = {"categories": CATEGORIES, **parameters}
    with pytest.raises(PolicyRefusal) as refused:
        plan("basket", asked, *files(*drawn(1)), receiver=receiver)
    assert refused.value.rule == rule


@pytest.mark.parametrize(
    "parameters",
    [
        {"categories": ["cream"]},
        {"categories": ["cream", "cream"]},
        {"max_categories": 1},
        {"category": "platform.age"},
        {"group_by": ["brand.category"]},
        {"start": 5, "end": 5},
        {"category": "brand.nothing"},
    ],
)
def test_senseless_parameters_are_refused(parameters):
    with pytest.raises(InvalidInput):
        plan("basket", parameters, *files(*drawn(1)))


def test_both_sides_name_every_place_of_a_person_once():
    """One row per place is what keeps a person from counting twice in one cell."""
    job = ask("basket", {}, *files(*drawn(1)))
    data = job_rows.party_data(job.brand)
    made = job.brand.template.rows(job.brand.question, data)
    places = list(zip(made.person.tolist(), made.index.tolist(), strict=True))
    assert len(set(places)) == len(places)
    data = job_rows.party_data(job.platform)
    made = job.platform.template.rows(job.platform.question, data)
    places = list(zip(made.person.tolist(), made.index.tolist(), strict=True))
    assert len(set(places)) == len(places) == len(data.table.people) * Pairs(4).cells
    assert made.label.tolist() == made.index.tolist()


def test_rows_are_as_many_as_the_documents_give_whatever_was_bought():
    asked = template("basket")
    for seed in range(6):
        job = plan("basket", {"max_categories": 2 + seed % 3}, *files(*drawn(seed, 80)))
        most = job.plan.made
        assert most is not None
        for side, bound in (("brand", most.brand), ("platform", most.platform)):
            data = job_rows.party_data(job) if side == "brand" else None
            if data is not None:
                assert asked.rows(job.question, data).rows <= bound
    assert basket_rows.MOST_CATEGORIES == 20
