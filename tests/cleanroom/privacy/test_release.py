import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleanroom.errors import InvalidInput
from cleanroom.privacy.noise import NoiseSpec
from cleanroom.privacy.release import (
    Pooled,
    Suppression,
    needed_for_other,
    pool,
    tau,
)

QUIET = NoiseSpec("none", 0)
GAUSSIAN = NoiseSpec("discrete-gaussian", 10.0)
COUNTS = st.one_of(st.integers(-60, 60), st.integers(60, 200), st.integers(200, 5000))
NOISES = st.one_of(
    st.just(QUIET),
    st.builds(NoiseSpec, st.just("discrete-gaussian"), st.floats(0.5, 30)),
    st.builds(NoiseSpec, st.just("discrete-laplace"), st.floats(0.5, 15)),
)


def test_tau_follows_the_formula():
    assert tau(50, GAUSSIAN) == 50 + 48
    assert tau(1, QUIET) == 1
    assert tau(50, NoiseSpec("discrete-laplace", 10.0)) == 50 + 132
    assert needed_for_other(50, GAUSSIAN, 4) == 50 + 96
    assert NormalDist().cdf(-4.753) == pytest.approx(1e-6, rel=0.003)


@given(st.lists(COUNTS, max_size=12), st.integers(1, 100), NOISES)
@settings(max_examples=500, deadline=None)
def test_nothing_small_is_shown_or_left_over(counts, k, noise):
    got = pool(counts, k, noise)
    groups = {cell for cell, count in enumerate(counts) if noise.scale or count}
    # A partition: every group is released or suppressed, and the total is released + other.
    assert set(got.released) | set(got.suppressed) == groups
    assert not set(got.released) & set(got.suppressed)
    assert got.other in ((), got.suppressed)
    assert all(counts[cell] >= tau(k, noise) for cell in got.released)
    # The rest beside what is released is nothing, or several groups that are large enough, so
    # no total whatever gives a single or a small group away.
    rest = sum(counts[cell] for cell in got.suppressed)
    enough = k + 4.753 * noise.scale * math.sqrt(len(got.suppressed))
    if got.released or got.other:
        assert not got.suppressed or (len(got.suppressed) > 1 and rest >= enough)
        assert got.other == got.suppressed
    else:
        assert len(got.suppressed) == 1 or rest < needed_for_other(k, noise, max(1, len(groups)))


@given(st.lists(COUNTS, max_size=12), st.integers(1, 100), NOISES)
@settings(max_examples=200, deadline=None)
def test_no_more_is_suppressed_than_needed(counts, k, noise):
    got = pool(counts, k, noise)
    moved = [cell for cell in got.suppressed if counts[cell] >= tau(k, noise)]
    below = [cell for cell in got.suppressed if counts[cell] < tau(k, noise)]
    if moved:
        assert below
        last = max(moved, key=lambda cell: (counts[cell], cell))
        before = [cell for cell in got.suppressed if cell != last]
        size = sum(counts[cell] for cell in before)
        assert len(before) == 1 or size < needed_for_other(k, noise, len(before))
        assert all(counts[last] <= counts[cell] for cell in got.released)


def test_the_smallest_released_group_joins_a_single_small_one():
    assert pool([500, 30, 120, 300], 50, GAUSSIAN) == Pooled(
        released=(0, 3),
        other=(1, 2),
        suppressed=(1, 2),
        rules=(
            Suppression("minimum-group-size", 1, 98),
            Suppression("complementary", 1, 98),
        ),
    )


def test_small_groups_that_suffice_together_take_no_other_along():
    got = pool([500, 70, 90, 120], 50, GAUSSIAN)
    assert (got.released, got.other) == ((0, 3), (1, 2))
    assert got.rules == (Suppression("minimum-group-size", 2, 98),)


def test_a_pool_that_never_suffices_takes_everything_with_it():
    got = pool([30, 105, -40], 50, GAUSSIAN)
    assert (got.released, got.other, got.suppressed) == ((), (), (0, 1, 2))
    assert got.rules[-1] == Suppression("other-withheld", 3, 50 + math.ceil(47.53 * math.sqrt(3)))


def test_a_group_exactly_at_tau_passes_and_one_less_does_not():
    assert pool([98], 50, GAUSSIAN).released == (0,)
    got = pool([97], 50, GAUSSIAN)
    assert (got.released, got.other, got.suppressed) == ((), (), (0,))


def test_of_equals_the_lowest_index_moves():
    assert pool([200, 200, 10], 50, GAUSSIAN).released == (1,)


def test_without_noise_a_cell_of_nobody_is_no_group():
    assert pool([0, 3, 1, 0], 1, QUIET) == Pooled((1, 2), (), (), ())
    # One cell of three people would be a single small group; the empty one does not hide it.
    assert pool([0, 3, 80], 5, QUIET).released == ()


def test_with_noise_an_empty_cell_is_a_group_like_any_other():
    assert pool([0, 3000], 50, GAUSSIAN).suppressed == (0, 1)


def test_arrays_are_counted_without_overflow():
    counts = np.full(4, (1 << 61) - 1, dtype=np.int64)
    assert pool(counts, 50, GAUSSIAN).released == (0, 1, 2, 3)
    assert pool(np.array([-(1 << 61)] * 8), 50, GAUSSIAN).released == ()


@pytest.mark.parametrize(
    ("counts", "k"),
    [
        ([1], 0),
        ([1], True),
        ([1], 1.5),
        ([1.5], 1),
        ([math.nan], 1),
        ([1 << 62], 1),
        ([1] * 4097, 1),
    ],
)
def test_bad_input_is_refused(counts, k):
    with pytest.raises(InvalidInput):
        pool(counts, k, GAUSSIAN)
