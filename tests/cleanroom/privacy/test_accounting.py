import math
import sys
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleanroom.errors import BudgetExhausted, InvalidInput
from cleanroom.privacy.accounting import (
    UNITS_PER_RHO,
    Ledger,
    epsilon_of,
    rho_gaussian,
    rho_laplace,
    sigma_for,
    split,
)

BAD = [math.nan, math.inf, -math.inf, -0.1, 0.0, 0, 5e-324, sys.float_info.min / 2, True, 1e300]
RHO = st.floats(1e-8, 10)


@pytest.mark.parametrize("bad", [*BAD, "0.1", None])
def test_every_entry_refuses_what_is_no_positive_number(bad):
    for call in (
        lambda: Ledger.of(1.0).charge(bad),
        lambda: Ledger.of(bad),
        lambda: Ledger.of(1.0).give_back(bad),
        lambda: sigma_for(bad, 1.0),
        lambda: sigma_for(0.1, bad),
        lambda: rho_gaussian(1.0, bad),
        lambda: split(bad, ("spend",)),
        lambda: split(0.1, ("spend",), {"people": 1, "spend": bad}),
        lambda: epsilon_of(0.1, bad),
    ):
        with pytest.raises(InvalidInput):
            call()


def test_known_values():
    assert rho_gaussian(1, 10) == 0.005
    assert rho_laplace(2, 10) == pytest.approx(0.02)  # epsilon 0.2, squared and halved
    assert sigma_for(0.005, 1) == pytest.approx(10)
    # 0.5 + 2 sqrt(0.5 ln 10^6) by hand
    assert epsilon_of(0.5, 1e-6) == pytest.approx(5.756522, abs=1e-6)
    assert epsilon_of(0, 1e-6) == 0


@given(RHO, st.floats(0.5, 1e9))
def test_the_noise_never_costs_more_than_was_paid(rho, delta2):
    sigma = sigma_for(rho, delta2)
    assert rho_gaussian(delta2, sigma) <= rho
    assert rho_gaussian(delta2, sigma * (1 - 1e-12)) > rho


@pytest.mark.parametrize("sigma", [1.0, 5.0, 10.0, 40.0])
@pytest.mark.parametrize("delta", [1e-5, 1e-6, 1e-9])
def test_the_shown_epsilon_is_never_below_the_accountant_of_dp_accounting(sigma, delta):
    # Imported here, since that takes longer than all other tests of this file.
    from dp_accounting import GaussianDpEvent, ZCDpEvent
    from dp_accounting.rdp import RdpAccountant

    # 100 releases: composition of ours (a sum of rho) against theirs.
    rho = 100 * rho_gaussian(1, sigma)
    for event in (ZCDpEvent(rho), GaussianDpEvent(sigma / 10)):
        theirs = RdpAccountant().compose(event).get_epsilon(delta)
        assert theirs <= epsilon_of(rho, delta) <= 1.3 * theirs


def test_laplace_in_zcdp_covers_the_accountant_of_dp_accounting():
    from dp_accounting import LaplaceDpEvent
    from dp_accounting.rdp import RdpAccountant

    scale = 10.0
    theirs = RdpAccountant().compose(LaplaceDpEvent(scale), 50).get_epsilon(1e-6)
    assert theirs <= epsilon_of(50 * rho_laplace(1, scale), 1e-6)


def test_half_goes_to_people_and_the_rest_equally_to_measures():
    assert split(0.1) == split(0.1, ())
    assert split(0.1).people == 0.1
    parts = split(0.12, ("spend", "visits", "points"))
    assert parts.people == pytest.approx(0.06)
    assert list(parts.measures) == ["spend", "visits", "points"]
    assert all(rho == pytest.approx(0.02) for rho in parts.measures.values())


def test_shares_say_otherwise():
    parts = split(1.0, ("spend",), {"people": 1, "spend": 3})
    assert (parts.people, parts.measures["spend"]) == (0.25, 0.75)
    for shares in ({"people": 1}, {"spend": 1}, {"people": 1, "spend": 1, "more": 1}):
        with pytest.raises(InvalidInput):
            split(1.0, ("spend",), shares)
    for names in (("spend", "spend"), ("people",)):
        with pytest.raises(InvalidInput):
            split(1.0, names)


@given(RHO, st.integers(1, 20))
def test_shares_never_sum_to_more_than_the_job_pays(rho, count):
    from fractions import Fraction

    parts = split(rho, tuple(f"m{i}" for i in range(count)))
    total = Fraction(parts.people) + sum(map(Fraction, parts.measures.values()))
    assert Fraction(rho) * (1 - Fraction(1, 10**12)) <= total <= Fraction(rho)


def test_a_tenth_ten_times_is_one_and_not_a_unit_more():
    ledger = Ledger.of(1.0)
    for _ in range(10):
        ledger = ledger.charge(0.1)
    assert (ledger.left, ledger.spent, ledger.budget) == (0.0, 1.0, 1.0)
    with pytest.raises(BudgetExhausted):
        ledger.charge(1 / UNITS_PER_RHO)


def test_refusal_names_the_numbers_and_changes_nothing():
    ledger = Ledger.of(0.5).charge(0.3)
    with pytest.raises(BudgetExhausted, match=r"needs rho 0\.25, of 0\.5 only 0\.2 is left"):
        ledger.charge(0.25)
    assert ledger == Ledger.of(0.5).charge(0.3)
    assert ledger.charge(0.2).left == 0


@given(st.lists(st.floats(1e-300, 3), max_size=30))
def test_no_rounding_favours_the_spender(charges):
    from fractions import Fraction

    ledger, paid = Ledger.of(2.0), Fraction(0)
    for rho in charges:
        try:
            ledger = ledger.charge(rho)
        except BudgetExhausted:
            assert paid + Fraction(repr(rho)) > 2 - Fraction(len(charges), UNITS_PER_RHO)
        else:
            paid += Fraction(repr(rho))
    assert paid <= Fraction(ledger.spent_units, UNITS_PER_RHO) <= 2


def test_a_tiny_charge_costs_a_whole_unit_and_a_budget_rounds_down():
    assert Ledger.of(1.0).charge(1e-300).spent_units == 1
    assert Ledger.of(1.9e-12).budget_units == 1
    with pytest.raises(InvalidInput):
        Ledger.of(0.9e-12)


def test_a_period_fills_the_ledger_up_and_a_lifetime_ends_it():
    ledger = Ledger.of(0.5, 1.2).charge(0.5)
    assert (ledger.left, ledger.spent_ever) == (0.0, 0.5)
    ledger = ledger.reach(3).charge(0.4)  # what periods in between left is not added
    assert (ledger.left, ledger.spent, ledger.spent_ever) == (0.1, 0.4, 0.9)
    ledger = ledger.reach(4)
    assert (ledger.left, ledger.spent) == (0.3, 0.0)  # of 0.5 the lifetime leaves 0.3
    with pytest.raises(BudgetExhausted):
        ledger.charge(0.31)
    assert ledger.charge(0.3).reach(5).left == 0.0


def test_an_earlier_period_revives_nothing():
    ledger = Ledger.of(0.5, 4.0).reach(2).charge(0.5)
    assert ledger.reach(1) == ledger.reach(2) == ledger
    with pytest.raises(BudgetExhausted):
        ledger.reach(0).charge(0.1)


def test_a_price_is_given_back_to_the_period_that_it_was_charged_in():
    ledger = Ledger.of(0.5, 1.0).charge(0.5).reach(1).charge(0.2)
    assert ledger.give_back(0.2, 1).left == 0.5
    back = ledger.give_back(0.5, 0)
    assert (back.spent, back.left, back.spent_ever) == (0.2, 0.3, 0.2)


@given(st.lists(st.tuples(st.integers(0, 6), st.sampled_from([0.1, 0.2, 0.25])), max_size=40))
def test_no_period_spends_more_than_its_budget_and_none_together_more_than_the_lifetime(charges):
    ledger, paid = Ledger.of(0.5, 1.3), Counter()
    for period, rho in charges:
        ledger = ledger.reach(period)
        try:
            ledger = ledger.charge(rho)
        except BudgetExhausted:
            continue
        paid[ledger.period] += round(rho * 100)
    assert all(spent <= 50 for spent in paid.values())
    assert sum(paid.values()) <= 130


@pytest.mark.parametrize("units", [(0, 0), (1, -1), (1, 0, -1), (1, 0, 0, -1), (True, 0), (1.5, 0)])
def test_a_stored_ledger_that_cannot_be_is_refused(units):
    with pytest.raises(InvalidInput):
        Ledger(*units)
