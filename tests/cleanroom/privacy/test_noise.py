import math

import numpy as np
import pytest
from scipy import stats

from cleanroom.errors import InvalidInput, PolicyRefusal
from cleanroom.privacy import noise as noise_module
from cleanroom.privacy.accounting import rho_gaussian, rho_laplace
from cleanroom.privacy.noise import (
    LARGEST_SCALE,
    Delta,
    NoiseSpec,
    UnsafeNoNoise,
    draw,
    draw_share,
    noise_for,
)

pytestmark = pytest.mark.long

DRAWS = 100_000
# The samplers are not seeded; a correct one fails a test at this level once in 10^10 runs.
LEVEL = 1e-10


def gaussian_pmf(sigma):
    support = np.arange(-math.ceil(12 * sigma), math.ceil(12 * sigma) + 1)
    weights = np.exp(-(support**2) / (2 * sigma**2))
    return support, weights / weights.sum()


def laplace_pmf(scale):
    support = np.arange(-math.ceil(40 * scale), math.ceil(40 * scale) + 1)
    a = math.exp(-1 / scale)
    return support, (1 - a) / (1 + a) * a ** np.abs(support)


def chi_square(drawn, support, pmf):
    keep = pmf * len(drawn) >= 10
    inside = {int(value): i for i, value in enumerate(support[keep])}
    observed = np.zeros(keep.sum() + 1)
    for value, count in zip(*np.unique(drawn, return_counts=True), strict=True):
        observed[inside.get(int(value), -1)] += count
    expected = np.append(pmf[keep], 1 - pmf[keep].sum()) * len(drawn)
    if expected[-1] < 10:
        observed[-2] += observed[-1]
        expected[-2] += expected[-1]
        observed, expected = observed[:-1], expected[:-1]
    return stats.chisquare(observed, expected * observed.sum() / expected.sum()).pvalue


@pytest.mark.parametrize("sigma", [0.7, 3.0])
def test_gaussian_is_the_exact_discrete_distribution(sigma):
    drawn = np.array(draw("discrete-gaussian", sigma, DRAWS))
    support, pmf = gaussian_pmf(sigma)
    assert chi_square(drawn, support, pmf) > LEVEL
    # The test has the power to see a wrong scale.
    assert chi_square(drawn, *gaussian_pmf(1.05 * sigma)) < LEVEL
    variance = (pmf * support**2).sum()
    assert drawn.var() == pytest.approx(variance, rel=7 * math.sqrt(2 / DRAWS))


@pytest.mark.parametrize("scale", [0.7, 3.0])
def test_laplace_is_the_exact_discrete_distribution(scale):
    drawn = np.array(draw("discrete-laplace", scale, DRAWS))
    support, pmf = laplace_pmf(scale)
    assert chi_square(drawn, support, pmf) > LEVEL
    assert chi_square(drawn, *laplace_pmf(1.05 * scale)) < LEVEL
    assert drawn.var() == pytest.approx((pmf * support**2).sum(), rel=8 * math.sqrt(5 / DRAWS))
    assert NoiseSpec("discrete-laplace", scale).sd ** 2 == pytest.approx((pmf * support**2).sum())


@pytest.mark.parametrize(
    ("kind", "law"), [("discrete-gaussian", stats.norm), ("discrete-laplace", stats.laplace)]
)
def test_large_scales_of_measures_follow_the_continuous_law(kind, law):
    drawn = np.array(draw(kind, 2.0**50, DRAWS // 5), dtype=float)
    assert stats.kstest(drawn / 2.0**50, law.cdf).pvalue > LEVEL
    assert stats.kstest(drawn / 2.0**50, law(scale=1.15).cdf).pvalue < LEVEL


def test_draws_are_integers_and_never_the_same_twice():
    first, second = (draw("discrete-gaussian", 1e6, 100) for _ in range(2))
    assert all(type(value) is int for value in first)
    assert first != second
    assert len(set(first)) > 90
    assert draw("discrete-gaussian", 1.0, 0) == []


def test_no_noise_needs_the_unsafe_marker():
    assert draw("none", 0, 3, UnsafeNoNoise()) == [0, 0, 0]
    for marker in (None, True, UnsafeNoNoise):
        with pytest.raises(PolicyRefusal) as refusal:
            draw("none", 0, 3, marker)
        assert refusal.value.rule == "noise"


def test_the_marker_takes_no_noise_off_a_kind_that_has_some():
    assert any(draw("discrete-gaussian", 1000.0, 20, UnsafeNoNoise()))


@pytest.mark.parametrize(
    "bad", [math.nan, math.inf, -1.0, 0.0, 5e-324, True, "1", 2 * LARGEST_SCALE]
)
@pytest.mark.parametrize("kind", ["discrete-gaussian", "discrete-laplace"])
def test_bad_scales_are_refused(kind, bad):
    with pytest.raises(InvalidInput):
        draw(kind, bad, 1)


@pytest.mark.parametrize(
    ("kind", "scale", "count"),
    [
        ("none", 1.0, 1),
        ("gaussian", 1.0, 1),
        ("discrete-gaussian", 1.0, -1),
        ("discrete-gaussian", 1.0, True),
        ("discrete-gaussian", 1.0, 1 << 30),
    ],
)
def test_other_bad_arguments_are_refused(kind, scale, count):
    with pytest.raises(InvalidInput):
        draw(kind, scale, count, UnsafeNoNoise())


@pytest.mark.parametrize("kind", ["discrete-gaussian", "discrete-laplace"])
def test_a_draw_that_would_leave_its_slot_releases_nothing(kind, monkeypatch):
    monkeypatch.setattr(noise_module, "VALUE_LIMIT", 1000)
    with pytest.raises(PolicyRefusal) as refusal:
        draw(kind, 1e6, 100)
    assert refusal.value.rule == "noise-range"


def test_the_largest_scale_stays_in_its_slot():
    for kind in ("discrete-gaussian", "discrete-laplace"):
        assert all(abs(value) < 1 << 61 for value in draw(kind, LARGEST_SCALE, 2000))


def test_noise_is_scaled_by_the_norm_of_its_kind():
    delta = Delta(l1=4, l2=2)
    gaussian, laplace = (
        noise_for(kind, 0.02, delta) for kind in ("discrete-gaussian", "discrete-laplace")
    )
    assert gaussian.scale == pytest.approx(10)
    assert laplace.scale == pytest.approx(20)
    assert rho_gaussian(delta.l2, gaussian.scale) <= 0.02
    assert rho_laplace(delta.l1, laplace.scale) <= 0.02
    with pytest.raises(InvalidInput):
        noise_for("none", 0.02, delta)
    with pytest.raises(InvalidInput):
        Delta(l1=1, l2=2)


def test_a_share_is_drawn_as_its_specification_says():
    assert draw_share(NoiseSpec("none", 0), 2, UnsafeNoNoise()) == [0, 0]
    spread = np.std(draw_share(NoiseSpec("discrete-laplace", 500.0), 4000))
    assert spread == pytest.approx(500 * math.sqrt(2), rel=0.15)


@pytest.mark.parametrize("scale", [0.2, 0.5, 1.0, 2.5, 10.0])
def test_margin_is_passed_once_in_a_million_by_a_group_one_short(scale):
    # A group of k - 1 people needs noise of margin + 1.
    for kind, law in (("discrete-gaussian", gaussian_pmf), ("discrete-laplace", laplace_pmf)):
        support, pmf = law(scale)
        margin = math.ceil(NoiseSpec(kind, scale).margin())
        assert pmf[support >= margin + 1].sum() <= 1.01e-6


@pytest.mark.parametrize("cells", [2, 3, 10])
def test_margin_of_a_pool_holds_for_the_sum_of_its_noise(cells):
    for kind, law in (("discrete-gaussian", gaussian_pmf), ("discrete-laplace", laplace_pmf)):
        support, pmf = law(3.0)
        total = pmf
        for _ in range(cells - 1):
            total = np.convolve(total, pmf)
        margin = math.ceil(NoiseSpec(kind, 3.0).margin(cells))
        assert total[len(total) // 2 + margin + 1 :].sum() <= 1.01e-6
