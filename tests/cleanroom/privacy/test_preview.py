import numpy as np
import pytest

from cleanroom.errors import InvalidInput
from cleanroom.privacy.noise import NoiseSpec, draw_share
from cleanroom.privacy.preview import preview_people


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


def test_no_group_has_fewer_than_nobody():
    with pytest.raises(InvalidInput):
        preview_people(NoiseSpec("none", 0), 5, -1)
