"""Check the derivations against brute force: build a table, remove a person, measure the change."""

import math

import numpy as np
import pytest

from cleanroom.errors import InvalidInput
from cleanroom.privacy.noise import Delta
from cleanroom.queries.activation.sensitivity import activation
from cleanroom.queries.aipl.sensitivity import aipl
from cleanroom.queries.aipl_flow.sensitivity import aipl_flow
from cleanroom.queries.attribution.sensitivity import attribution
from cleanroom.queries.funnel.sensitivity import funnel
from cleanroom.queries.lift.sensitivity import lift as of_lift
from cleanroom.queries.lookalike.sensitivity import lookalike
from cleanroom.queries.overlap.sensitivity import overlap
from cleanroom.queries.profile.sensitivity import profile
from cleanroom.queries.purchase_intent.sensitivity import purchase_intent
from cleanroom.queries.reach_frequency.sensitivity import reach_frequency
from cleanroom.queries.sequence.sensitivity import sequence


def moved(before, after):
    change = np.asarray(before, dtype=float) - np.asarray(after, dtype=float)
    return np.abs(change).sum(), math.sqrt((change**2).sum())


def holds(delta, before, after, tight=True):
    l1, l2 = moved(before, after)
    assert l1 <= delta.l1 * (1 + 1e-12)
    assert l2 <= delta.l2 * (1 + 1e-12)
    if tight:
        assert (l1, l2) == pytest.approx((delta.l1, delta.l2))


def test_table_of_the_design():
    root = math.sqrt
    assert overlap({"spend": 500}).people == Delta(1, 1)
    assert overlap({"spend": 500}).measures == {"spend": Delta(500, 500)}
    assert aipl_flow({}).people.l2 == 1
    assert profile(3, {}, base_public=True).people.l2 == pytest.approx(root(3))
    assert profile(3, {}, base_public=False).people == Delta(6, root(6))
    assert aipl({}, base_public=False).people.l2 == pytest.approx(root(2))
    assert aipl({}, base_public=True).people.l2 == 1
    assert reach_frequency(4, {}).people.l2 == pytest.approx(root(5))
    assert funnel(3, 5, {}).people.l2 == pytest.approx(root(3))
    assert funnel(3, 5, {}, closed=False).people.l2 == pytest.approx(root(15))
    assert attribution(10, 5000).measures["conversions"].l2 == 10
    assert attribution(10, 5000).measures["value"].l2 == 5000
    assert sequence(5000).people.l2 == 1
    assert purchase_intent(3, {"browse": 1, "cart": 2.5}).measures["index"].l2 == 10.5
    lift = of_lift(3, 40)
    assert [d.l2 for d in (lift.people, *lift.measures.values())] == [1, 3, 40, 1600]
    assert lookalike(1000, 16).measures["features"] == Delta(4 * 1004, 1004)
    assert activation().people == Delta(1, 1)


def profile_table(overlap_rows, base_rows, columns, values):
    """Count per column and value, the overlap's tables first, then the base's."""
    return [
        sum(row[column] == value for row in rows)
        for rows in (overlap_rows, base_rows)
        for column in range(columns)
        for value in range(values)
    ]


def test_profile_by_removing_a_person():
    rng = np.random.default_rng(1)
    rows = rng.integers(0, 4, (30, 3))
    with_person = profile_table(rows[:10], rows, 3, 4)
    without = profile_table(rows[1:10], rows[1:], 3, 4)
    holds(profile(3, {}, base_public=False).people, with_person, without)


def test_reach_by_removing_a_person():
    # Cells: 3 campaigns and all of them, by frequency 1 to 4; the person saw 2 campaigns.
    cells = np.zeros((4, 4))
    cells[0, 1] = cells[2, 3] = cells[3, 3] = 1
    holds(reach_frequency(2, {}).people, cells.ravel(), np.zeros(16))


def funnel_counts(furthest, closed, steps=4):
    counts = np.zeros((len(furthest), steps))
    for channel, step in enumerate(furthest):
        if closed:
            counts[channel, step] = 1
        else:
            counts[channel, : step + 1] = 1
    return counts.ravel()


@pytest.mark.parametrize("closed", [True, False])
def test_funnel_by_removing_a_person(closed):
    counts = funnel_counts([3, 3, 3], closed)
    holds(funnel(3, 4, {}, closed=closed).people, counts, np.zeros(12))


def test_attribution_by_moving_a_person_to_unattributed():
    # Five conversions of one label; without the platform's rows they are unattributed.
    attributed, unattributed = [5, 0, 0], [0, 0, 5]
    bound = attribution(5, 100, total_released=True).measures["conversions"]
    holds(bound, attributed, unattributed)
    l1, l2 = moved(attributed, unattributed)
    plain = attribution(5, 100).measures["conversions"]
    assert l2 > plain.l2
    assert l1 > plain.l1
    holds(plain, attributed[:2], unattributed[:2])


def test_credits_of_several_labels_change_no_more_than_one_label():
    holds(attribution(5, 100).measures["conversions"], [2.5, 1.5, 1], [0, 0, 0], tight=False)


def test_lookalike_bound_holds_after_flooring():
    rng = np.random.default_rng(4)
    vectors = rng.standard_normal((2000, 16))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    floored = np.floor(50 * vectors)
    # Flooring does lengthen vectors, so the clip norm alone would be no bound.
    assert np.linalg.norm(floored, axis=1).max() > 50
    for vector in floored:
        holds(lookalike(50, 16).measures["features"], vector, 0 * vector, tight=False)


@pytest.mark.parametrize(
    "call",
    [
        lambda: overlap({"spend": 0}),
        lambda: overlap({"spend": math.nan}),
        lambda: profile(0, {}, base_public=True),
        lambda: reach_frequency(0, {}),
        lambda: funnel(0, 4, {}),
        lambda: attribution(0, 100),
        lambda: attribution(3, -1),
        lambda: sequence(10, pairs_per_person=-1),
        lambda: purchase_intent(3, {}),
        lambda: purchase_intent(3, {"browse": -1}),
        lambda: purchase_intent(3, {"browse": 0}),
        lambda: of_lift(3, math.inf),
        lambda: lookalike(0, 4),
    ],
)
def test_bounds_that_bound_nothing_are_refused(call):
    with pytest.raises(InvalidInput):
        call()
