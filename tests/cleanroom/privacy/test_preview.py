import math

import numpy as np
import pytest

from cleanroom.errors import InvalidInput
from cleanroom.privacy.accounting import Ledger, epsilon_of
from cleanroom.privacy.noise import NoiseSpec, draw_share
from cleanroom.privacy.preview import preview_cost, preview_people


def test_preview_of_the_default_policy():
    got = preview_people(NoiseSpec("discrete-gaussian", 10.0), 50, 98)
    assert got.noise_sd == pytest.approx(14.142136)
    assert got.interval == pytest.approx((70.2819, 125.7181), abs=1e-3)
    assert got.tau == 98
    assert got.chance_shown == pytest.approx(0.52, abs=0.001)
    assert got.smallest_likely_shown == 98 + 16


@pytest.mark.parametrize("kind", ["discrete-gaussian", "discrete-laplace"])
def test_the_smallest_group_likely_shown_is_shown_19_times_in_20(kind):
    noise = NoiseSpec(kind, 6.0)
    size = preview_people(noise, 50, 1).smallest_likely_shown
    drawn = size + np.array(draw_share(noise, 40_000))
    got = preview_people(noise, 50, size)
    shown = np.mean(drawn >= got.tau)
    assert shown == pytest.approx(got.chance_shown, abs=0.008)
    assert 0.95 <= got.chance_shown <= 0.965
    assert preview_people(noise, 50, size - 1).chance_shown < 0.95
    small = preview_people(noise, 50, got.tau - 5)
    assert np.mean(got.tau - 5 + np.array(draw_share(noise, 40_000)) >= got.tau) == pytest.approx(
        small.chance_shown, abs=0.012
    )


def test_preview_without_noise_is_exact():
    got = preview_people(NoiseSpec("none", 0), 5, 5)
    assert (got.interval, got.tau, got.chance_shown) == ((5, 5), 5, 1.0)
    assert got.smallest_likely_shown == 5
    assert preview_people(NoiseSpec("none", 0), 5, 4).chance_shown == 0.0


def test_cost_shows_the_ledger_before_and_after():
    got = preview_cost(Ledger.of(0.5).charge(0.1), 0.2, 1e-6)
    assert (got.left_before, got.left_after, got.affordable) == (0.4, 0.2, True)
    assert got.epsilon_before == epsilon_of(0.1, 1e-6)
    assert got.epsilon_after == pytest.approx(epsilon_of(0.3, 1e-6))


def test_a_job_too_dear_is_shown_as_such_and_changes_nothing():
    got = preview_cost(Ledger.of(0.5), 0.6, 1e-6)
    assert (got.affordable, got.left_after, got.epsilon_after) == (False, 0.5, 0.0)
    for bad in (math.nan, -1.0, 0.0):
        with pytest.raises(InvalidInput):
            preview_cost(Ledger.of(0.5), bad, 1e-6)
    with pytest.raises(InvalidInput):
        preview_people(NoiseSpec("none", 0), 5, -1)
