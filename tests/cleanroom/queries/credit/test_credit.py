"""Reports: shares, costs, budgets, intent, Shapley and synergy."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleanroom.errors import InvalidInput
from cleanroom.queries.credit.credit import (
    attribute,
    suggest_budget,
)
from cleanroom.queries.credit.rules import Model, Rule
from cleanroom.queries.credit.sequence import step_rates, synergies
from cleanroom.queries.credit.vectors import CreditVectors, KeyNames
from tests.cleanroom.queries.credit.shapley import shapley_values

A, B = ("A",), ("B",)


def test_a_report_adds_up() -> None:
    report = attribute(
        {A: 2520 * 3, B: 1260},
        {A: {"value": 2520 * 90.0}, B: {"value": 1260 * 10.0}},
        total=6, total_values={"value": 200.0}, units=2520,
        costs={A: 30.0}, revenue="value",
    )  # fmt: skip
    first, second = report.lines
    assert (first.conversions, second.conversions) == (3, 0.5)
    assert (first.share, second.share) == (pytest.approx(6 / 7), pytest.approx(1 / 7))
    assert (report.attributed, report.unattributed) == (3.5, 2.5)
    assert report.unattributed_values == {"value": 200 - 90 - 5}
    assert (first.cost_per_conversion, first.return_on_spend) == (10, 3)
    assert (second.cost, second.cost_per_conversion, second.return_on_spend) == (None, None, None)


def test_noise_below_zero_divides_nothing() -> None:
    report = attribute(
        {A: -3}, {}, total=2, total_values={}, costs={A: 5.0, B: 0.0}, revenue="value"
    )
    (line,) = report.lines
    assert (line.share, line.cost_per_conversion, line.return_on_spend) == (None, None, None)
    assert report.unattributed == 5


def test_a_free_label_has_no_return_on_spend() -> None:
    report = attribute(
        {A: 3}, {A: {"v": 9}}, total=3, total_values={"v": 9}, costs={A: 0}, revenue="v"
    )
    assert report.lines[0].return_on_spend is None
    assert report.lines[0].cost_per_conversion == 0


@given(st.floats(0.1, 0.9), st.floats(1, 1e4))
def test_a_suggested_budget_has_equal_marginal_returns(elasticity: float, total: float) -> None:
    costs, returns = {A: 100.0, B: 400.0, ("C",): 50.0}, {A: 300.0, B: 500.0}
    budget = suggest_budget(costs, returns, total, elasticity)
    assert sum(budget.amounts.values()) == pytest.approx(total)
    assert budget.amounts["C",] == 0

    def marginal(key: tuple[str]) -> float:
        scale = returns[key] / costs[key] ** elasticity
        return scale * elasticity * budget.amounts[key] ** (elasticity - 1)

    assert marginal(A) == pytest.approx(marginal(B))
    assert any(f"{elasticity:g}" in text for text in budget.assumptions)


def test_a_budget_of_what_was_spent() -> None:
    budget = suggest_budget({A: 10.0, B: 10.0}, {A: 1.0, B: 2.0})
    assert budget.amounts == {A: pytest.approx(4), B: pytest.approx(16)}


@pytest.mark.parametrize(
    ("costs", "returns", "total", "elasticity"),
    [({A: 1.0}, {A: 1.0}, None, 1.0), ({A: 1.0}, {A: 1.0}, None, 0.0), ({}, {A: 1.0}, None, 0.5),
     ({A: 0.0}, {A: 1.0}, None, 0.5), ({A: 1.0}, {A: -1.0}, None, 0.5),
     ({A: 1.0}, {A: 1.0}, -1.0, 0.5)],
)  # fmt: skip
def test_no_budget(
    costs: dict[tuple[str, ...], float],
    returns: dict[tuple[str, ...], float],
    total: float | None,
    elasticity: float,
) -> None:
    with pytest.raises(InvalidInput):
        suggest_budget(costs, returns, total, elasticity)


sets = st.dictionaries(
    st.frozensets(st.sampled_from("ABCD"), min_size=1), st.integers(-5, 100), max_size=15
)


@given(sets)
def test_shapley_is_the_mean_over_all_orders_of_arrival(conversions: dict) -> None:  # type: ignore[type-arg]
    def worth(coalition: set[str]) -> int:
        return sum(n for channels, n in conversions.items() if channels <= coalition)

    expected = dict.fromkeys("ABCD", Fraction(0))
    for order in itertools.permutations("ABCD"):
        met: set[str] = set()
        for channel in order:
            before = worth(met)
            met.add(channel)
            expected[channel] += Fraction(worth(met) - before, math.factorial(4))
    found = shapley_values(conversions)
    for channel in "ABCD":
        assert found.get(channel, 0) == pytest.approx(float(expected[channel]))


def test_steps_become_rates() -> None:
    rates = step_rates({("", "A"): 6, ("", "B"): 2, ("A", "B"): -3, ("B", "A"): 1})
    assert rates == {("", "A"): 0.75, ("", "B"): 0.25, ("B", "A"): 1}


def test_synergy_is_one_for_independent_channels() -> None:
    pairs = {("A", "A"): 50, ("B", "B"): 40, ("C", "C"): 10, ("A", "B"): 20, ("A", "C"): 10,
             ("B", "C"): 0}  # fmt: skip
    found = synergies(pairs, 100)
    assert [(s.pair, s.coefficient) for s in found] == [
        (("A", "C"), 2), (("A", "B"), 1), (("B", "C"), 0)
    ]  # fmt: skip
    assert synergies(pairs, 0) == []


def test_vectors_combine_by_their_parts() -> None:
    vectors = CreditVectors(
        np.array([0, 1, 3]), np.array([7, 2, 7]), np.array([10, 4, 6]), total=10
    )
    assert list(vectors) == [{7: 10}, {2: 4, 7: 6}]
    assert vectors.combine(np.array([3, 5])) == {2: 20, 7: 60}
    assert {key: (v.tolist(), n.tolist()) for key, (v, n) in vectors.terms().items()} == {
        2: ([1], [4]), 7: ([0, 1], [10, 6]),
    }  # fmt: skip
    with pytest.raises(ValueError, match="more than one key"):
        vectors.winners()


@pytest.mark.parametrize(
    ("rule", "key", "name", "possible"),
    [
        (Rule(Model.LINEAR), 1, ("B",), 2),
        (Rule(Model.LINEAR, by_action=True), 3, ("B", "click-through"), 4),
        (Rule(Model.LINEAR, by_action=True), 0, ("A", "view-through"), 4),
        (Rule(Model.MARKOV), 5, ("B", ""), 6),
        (Rule(Model.SEQUENCE), 7, ("", "B"), 6),
        (Rule(Model.CHANNEL_PAIRS), 1, ("A", "B"), 3),
    ],
)
def test_keys_have_names(rule: Rule, key: int, name: tuple[str, ...], possible: int) -> None:
    names = KeyNames(rule, ["A", "B"])
    assert names.name(key) == name
    assert key in names.possible()
    assert len(names.possible()) == possible
    assert max(names.possible()) < names.size
