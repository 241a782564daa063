import math

import numpy as np
import pytest
from scipy import optimize, stats

from cleanroom.errors import InvalidInput
from cleanroom.privacy.intervals import (
    combined_sd,
    difference_interval,
    interval,
    ratio_interval,
    relative_lift_interval,
    released_sd,
    share_interval,
    share_sd,
    tgi_interval,
)
from cleanroom.privacy.noise import (
    QUANTILE_GAUSSIAN,
    QUANTILE_LAPLACE,
    TAIL_LAPLACE,
    NoiseSpec,
    draw_share,
)

RUNS = 20_000
GAUSSIAN = NoiseSpec("discrete-gaussian", 10.0)


def coverage(low, high, truth):
    return float(np.mean((np.asarray(low) <= truth) & (truth <= np.asarray(high))))


def unclear(b):
    """Return the chance that b with noise of 10 is not told from zero."""
    return float(stats.norm.cdf((19.59964 - b) / 10))


def shares(noise, count):
    return np.array(draw_share(noise, RUNS * count)).reshape(count, RUNS).sum(axis=0)


def test_constants_come_from_their_definitions():
    assert pytest.approx(stats.norm.ppf(0.975), abs=1e-6) == QUANTILE_GAUSSIAN
    root = optimize.brentq(lambda t: (t + 2) / 4 * math.exp(-t) - 0.025, 1, 9)
    assert root / 2 <= QUANTILE_LAPLACE <= root / 2 + 1e-6
    assert stats.laplace.isf(1e-6) <= TAIL_LAPLACE <= stats.laplace.isf(1e-6) + 1e-6


@pytest.mark.parametrize("kind", ["discrete-gaussian", "discrete-laplace"])
@pytest.mark.parametrize("cells", [1, 4])
def test_interval_covers_what_two_shares_of_noise_do(kind, cells):
    noise = NoiseSpec(kind, 10.0)
    moved = shares(noise, cells + 1)
    sd = released_sd(noise, cells)
    assert moved.std() == pytest.approx(sd, rel=0.05)
    held = np.mean(np.abs(moved) <= interval(0, sd, noise.quantile)[1])
    assert 0.94 <= held <= 0.968


@pytest.mark.parametrize("sigma", [2.0, 2.16, 2.9, 4.0, 7.3])
def test_interval_of_small_noise_is_within_three_points(sigma):
    # The exact law of two shares.
    support = np.arange(-120, 121)
    one = np.exp(-(support**2) / (2 * sigma**2))
    one /= one.sum()
    two = np.convolve(one, one)
    sd = released_sd(NoiseSpec("discrete-gaussian", sigma))
    inside = np.abs(np.arange(-240, 241)) <= interval(0, sd)[1]
    assert abs(two[inside].sum() - 0.95) <= 0.03


def test_a_plain_group_carries_two_shares_and_a_pool_one_more_than_its_cells():
    assert released_sd(GAUSSIAN) == pytest.approx(10 * math.sqrt(2))
    assert released_sd(GAUSSIAN, 8) == pytest.approx(30)
    assert interval(812, 10) == pytest.approx((792.40036, 831.59964))
    assert released_sd(NoiseSpec("none", 0), 5) == 0


def test_difference_of_two_groups():
    low, high = difference_interval(300, 3, 200, 4)
    assert (low, high) == pytest.approx((100 - 5 * 1.959964, 100 + 5 * 1.959964))
    assert combined_sd(3, 4, 12) == 13


@pytest.mark.parametrize("b", [35.0, 60.0, 2000.0])
def test_fieller_holds_its_level_even_near_a_small_denominator(b):
    rng = np.random.default_rng(1)
    a = 500 + 10 * rng.standard_normal(RUNS)
    noisy = b + 10 * rng.standard_normal(RUNS)
    found = [ratio_interval(x, 10, y, 10) for x, y in zip(a, noisy, strict=True)]
    # No interval makes no claim; only a wrong claim counts against the level.
    wrong = sum(i is not None and not i[0] <= 500 / b <= i[1] for i in found)
    assert wrong / RUNS <= 0.056
    assert sum(i is None for i in found) == pytest.approx(RUNS * unclear(b), abs=0.02 * RUNS)


def test_a_denominator_that_may_be_zero_has_no_bounded_ratio():
    assert ratio_interval(100, 10, 19, 10) is None
    assert ratio_interval(100, 10, 20, 10) is not None
    assert share_sd(1, 1, 0, 1) is None
    assert tgi_interval(0.2, 0.01, 0.01, 0.02) is None


def test_exact_numbers_have_exact_ratios():
    assert ratio_interval(30, 0, 60, 0) == (0.5, 0.5)
    assert tgi_interval(0.3, 0, 0.2, 0) == pytest.approx((150, 150))
    assert relative_lift_interval(0.06, 0, 0.05, 0) == pytest.approx((0.2, 0.2))


def test_share_knows_that_the_total_contains_the_part():
    rng = np.random.default_rng(2)
    part = 300 + 14 * rng.standard_normal(RUNS)
    total = part + 500 + 20 * rng.standard_normal(RUNS)
    total_sd = math.hypot(14, 20)
    found = [share_interval(p, 14, t, total_sd) for p, t in zip(part, total, strict=True)]
    assert coverage(*zip(*found, strict=True), 300 / 800) == pytest.approx(0.95, abs=0.01)
    assert np.std(part / total) == pytest.approx(share_sd(300, 14, 800, total_sd), rel=0.03)
    # Ignoring the covariance would make it too wide.
    assert np.ptp(ratio_interval(300, 14, 800, total_sd)) > np.ptp(found[0]) * 1.1


def test_tgi_and_lift_cover_their_truth():
    rng = np.random.default_rng(3)
    test, control = (rate + 0.002 * rng.standard_normal(RUNS) for rate in (0.06, 0.05))
    lift = [relative_lift_interval(t, 0.002, c, 0.002) for t, c in zip(test, control, strict=True)]
    assert coverage(*zip(*lift, strict=True), 0.2) == pytest.approx(0.95, abs=0.01)
    tgi = [tgi_interval(t, 0.002, c, 0.002) for t, c in zip(test, control, strict=True)]
    assert coverage(*zip(*tgi, strict=True), 120) == pytest.approx(0.95, abs=0.01)


def test_bad_numbers_are_refused():
    for call in (
        lambda: interval(math.nan, 1),
        lambda: interval(1, -1),
        lambda: interval(1, math.inf),
        lambda: ratio_interval(1, 1, math.inf, 1),
        lambda: difference_interval(1, math.nan, 1, 1),
        lambda: released_sd(GAUSSIAN, 0),
        lambda: combined_sd(1, -1),
    ):
        with pytest.raises(InvalidInput):
            call()
