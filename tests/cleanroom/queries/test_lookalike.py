"""``lookalike``: the sum is exact, one vector is protected, and a planted audience is found."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from cleanroom.agent import activation
from cleanroom.agent.notices import notices
from cleanroom.errors import InvalidInput, NotFound, PolicyRefusal
from cleanroom.queries.lookalike import model as lookalike_model
from cleanroom.queries.lookalike import sensitivity
from cleanroom.queries.lookalike.model import SCALE
from cleanroom.queries.registry import template
from tests.cleanroom.queries.harness import Measure, ask, audience, plan

FEW = settings(max_examples=6, deadline=None, phases=set(Phase) - {Phase.shrink})
DIRECTION = np.array([0.6, -0.8, 0.0])
FEATURES = ["f0", "f1", "f2"]
SMALL = {"features": FEATURES, "minimum": 1, "holdout": 0}


def base(people, features):
    """Return a platform's file; features have four decimals and lie within -1 and 1."""
    columns = np.rint(np.clip(features, -1, 1) * 10_000).astype(int).T.tolist()
    measures = {
        name: Measure(column, 1, -1, decimals=4)
        for name, column in zip(FEATURES, columns, strict=True)
    }
    return audience(people, measures=measures)


def planted(users=1500, seed=1, share=0.3):
    """Return users of whom some stand out along a direction, and a seed of such customers."""
    random = np.random.default_rng(seed)
    chosen = random.random(users) < share
    features = random.normal(scale=0.25, size=(users, 3)) + np.outer(chosen, 0.35 * DIRECTION)
    people = [f"u{number}" for number in range(users)]
    return people, features, chosen


def auc(score, positive):
    ranks = np.argsort(np.argsort(score)) + 1.0
    hits, misses = positive.sum(), (~positive).sum()
    return (ranks[positive].sum() - hits * (hits + 1) / 2) / (hits * misses)


@FEW
@given(
    st.lists(st.tuples(*[st.integers(-10_000, 10_000)] * 3), min_size=2, max_size=9),
    st.sets(st.integers(0, 8), min_size=1),
)
def test_the_released_sum_is_that_of_the_clipped_matched_seed(rows, seed):
    people = [f"u{number}" for number in range(len(rows))]
    features = np.array(rows) / 10_000
    matched = sorted(number for number in seed if number < len(rows)) or [0]
    brand = audience([*(f"u{number}" for number in matched), "stranger"])
    answer = ask("lookalike", SMALL, brand, base(people, features), receiver="platform")
    expected = np.zeros(3, dtype=int)
    for row in features[matched]:
        expected += np.floor(row / max(1.0, np.linalg.norm(row)) * SCALE).astype(int)
    assert answer.opened.groups[0].sums == tuple(expected.tolist())
    assert answer.result["total"]["people"] == len(matched)


def test_no_vector_is_longer_than_what_the_noise_is_made_for():
    people, features, _ = planted(200)
    job = plan("lookalike", SMALL, audience(people), base(people, 3 * features),
               receiver="platform")  # fmt: skip
    found = lookalike_model.vectors(job.question, job.dataset.table(), FEATURES)
    known = sensitivity.lookalike(SCALE, 3)
    assert np.linalg.norm(found, axis=1).max() <= known.measures["features"].l2
    assert np.abs(found).sum(axis=1).max() <= known.measures["features"].l1
    assert np.abs(found).max() <= job.plan.slots[0].bound


@pytest.mark.parametrize("noise", ["discrete-gaussian", "discrete-laplace"])
def test_the_slots_together_spend_what_one_vector_costs(noise):
    people, features, _ = planted(64)
    job = plan("lookalike", SMALL, audience(people), base(people, features),
               receiver="platform", noise=noise, rho_per_release=0.1)  # fmt: skip
    whole = sensitivity.lookalike(SCALE, 3).measures["features"]
    norm = whole.l2 if noise == "discrete-gaussian" else whole.l1
    # Half of rho is for the vector: sigma = norm / sqrt(2 rho), in every coordinate alike.
    assert [spec.scale for spec in job.charge.slots] == pytest.approx([norm / 0.1**0.5] * 3)
    assert job.plan.people_delta == sensitivity.lookalike(SCALE, 3).people


@pytest.mark.parametrize("noise", ["none", "discrete-gaussian"])
def test_a_planted_audience_is_found(noise, tmp_path):
    people, features, chosen = planted()
    customers = [who for who, is_in in zip(people, chosen, strict=True) if is_in][:300]
    answer = ask(
        "lookalike",
        {"features": FEATURES, "minimum": 100, "expansion": 10},
        audience([*customers, *(f"stranger{number}" for number in range(200))]),
        base(people, features),
        receiver="platform",
        noise=noise,
        rho_per_release=0.5,
    )
    weights = np.array(answer.result["model"]["weights"])
    assert weights @ DIRECTION > 0.95
    score = lookalike_model.scores(
        answer.platform.question, answer.platform.dataset.table(), answer.result["model"]
    )
    best = auc(features @ DIRECTION, chosen)
    assert auc(score, chosen) > best - 0.02 > 0.75
    assert activation.export(answer.platform, tmp_path / "segment.csv") == 150
    with (tmp_path / "segment.csv").open(newline="") as file:
        header, *rows = list(csv.reader(file))
    assert header == ["raw", "score"]
    found = {who for who, _ in rows}
    wanted = {who for who, is_in in zip(people, chosen, strict=True) if is_in}
    assert len(found & wanted) > 1.8 * 0.3 * 150
    marks = [float(mark.lstrip("'")) for _, mark in rows]
    assert marks == sorted(marks, reverse=True)
    assert activation.export(answer.platform, tmp_path / "segment.txt", 30) == 450
    for percent in (0, 31):
        with pytest.raises(InvalidInput):
            activation.export(answer.platform, tmp_path / "segment.txt", percent)
    with pytest.raises(NotFound):
        activation.segment(answer.brand)
    assert "10 %" in template("lookalike").sentence(answer.result)


def test_who_is_held_out_is_not_summed_and_stays_so():
    people, features, _ = planted(400)
    parameters = {**SMALL, "holdout": 25}
    answer = ask("lookalike", parameters, audience(people), base(people, features),
                 receiver="platform")  # fmt: skip
    table = answer.brand.dataset.table()
    held = lookalike_model.held_out(table, answer.brand.question.brand.nonce, 25)
    assert 60 < held.sum() < 140
    assert answer.result["total"]["people"] == (~held).sum()
    assert lookalike_model.held_out(table, "00" * 16, 25).tolist() != held.tolist()


def test_a_seed_whose_matches_are_too_few_gives_no_model():
    people, features, _ = planted(100)
    brand = audience([*people[:30], *(f"stranger{number}" for number in range(100))])
    answer = ask("lookalike", {**SMALL, "minimum": 50}, brand, base(people, features),
                 receiver="platform")  # fmt: skip
    assert answer.result["model"] is None
    assert answer.result["total"] == {"people": None}
    with pytest.raises(NotFound):
        activation.segment(answer.platform)


def refusal(rule, brand=("a",), receiver="platform", parameters=(), **options):
    with pytest.raises(PolicyRefusal) as refused:
        ask(
            "lookalike", {**SMALL, **dict(parameters)}, audience(list(brand)),
            base(["a", "b"], np.zeros((2, 3))), receiver=receiver, **options,
        )  # fmt: skip
    assert refused.value.rule == rule


def test_what_gives_a_person_away_is_refused():
    live = {"noise": "discrete-gaussian", "k_min": 10, "agreement": {"rehearsal": False}}
    refusal("lookalike-receiver", receiver="brand")
    refusal("seed-minimum", parameters={"minimum": 499}, **live)
    refusal("seed-below-minimum", parameters={"minimum": 65})
    refusal("unknown-measure", parameters={"features": ["f0", "weight"]})
    refusal("too-many-measures", paillier_bits=512)


def test_a_seed_below_the_minimum_gives_no_model_and_tells_its_owner_alone():
    """64 is what a few rows are padded to: a refusal at 60 would tell how few they are."""
    answer = ask("lookalike", {**SMALL, "minimum": 60}, audience(["a"]),
                 base(["a", "b"], np.zeros((2, 3))), receiver="platform")  # fmt: skip
    assert answer.result["model"] is None
    (told,) = notices(answer.brand)
    assert "fewer than the 60" in told
    assert notices(answer.platform) == []


def test_500_is_the_least_seed_by_itself():
    assert template("lookalike").Parameters(features=("f0",)).minimum == 500
