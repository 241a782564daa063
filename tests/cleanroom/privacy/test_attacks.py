"""Attack the pure pipeline: what works without protection must fail with the default policy."""

import functools
import itertools
import math
from statistics import NormalDist

import numpy as np
import pytest
from scipy import stats

from cleanroom.documents.agreement import Policy
from cleanroom.errors import BudgetExhausted
from cleanroom.privacy.accounting import Ledger, rho_gaussian
from cleanroom.privacy.noise import NoiseSpec, UnsafeNoNoise, draw_share, noise_for
from cleanroom.privacy.release import pool
from cleanroom.queries.overlap.sensitivity import overlap

pytestmark = pytest.mark.long

DEFAULT = Policy(expires=0)
NOISE = noise_for(DEFAULT.noise, DEFAULT.rho_per_release, overlap({}).people)
QUIET = NoiseSpec("none", 0)
TRIALS = 1500
DRAWN = 100_000
"""Exact draws cost tens of microseconds: one heap of them serves every run of a kind of noise."""
DICE = np.random.default_rng(20)


@functools.cache
def drawn(noise):
    return np.array(draw_share(noise, DRAWN, UnsafeNoNoise()))


def shares_of(noise, count):
    """Return shares out of those that were drawn, each as often as any other."""
    return DICE.choice(drawn(noise), count)


def release(counts, k, noise, runs):
    """Run threshold, pool and release ``runs`` times; NaN where a group is suppressed."""
    counts = np.asarray(counts)
    shares = (shares_of(noise, runs * len(counts)).reshape(runs, -1) for _ in range(2))
    noised = counts + next(shares)
    shown = np.full(noised.shape, np.nan)
    rows, like = np.unique(noised, axis=0, return_inverse=True)
    for place, row in enumerate(rows):
        released = np.isin(np.arange(len(row)), list(pool(row, k, noise).released))
        shown[like.ravel() == place] = np.where(released, row, np.nan)
    return shown + next(shares)


def advantage(present, absent):
    """Return true minus false positive rate of a guess."""
    return float(np.mean(present) - np.mean(absent))


def averaging_advantage(jobs, k, noise, trials=TRIALS):
    """Infer one person from the mean of many overlaps of known size 1000, plus the person."""
    guesses = [
        release([size], k, noise, trials * jobs).reshape(trials, jobs).mean(axis=1) >= 1000.5
        for size in (1001, 1000)
    ]
    return advantage(*guesses)


def test_without_protection_two_versions_give_a_person_away():
    people = np.arange(1000, dtype=np.uint64)
    platform = {*range(200, 900), 1000}
    with_target = np.append(people, np.uint64(1000))
    sizes = [len(platform & set(version.tolist())) for version in (with_target, people)]
    first, second = (release([size], 1, QUIET, 1)[0, 0] for size in sizes)
    assert first - second == 1
    assert averaging_advantage(1, 1, QUIET) == 1.0


def test_one_job_on_each_of_two_versions_tells_little_of_the_person_between_them():
    # Two shares of sigma 10: the exact advantage is 0.028, and 0.017 are 6.7 standard errors.
    assert averaging_advantage(1, DEFAULT.k_min, NOISE, 80_000) < 0.045


def test_the_ledger_bounds_what_averaging_learns():
    ledger, jobs = Ledger.of(DEFAULT.rho_budget), 0
    with pytest.raises(BudgetExhausted):
        for jobs in itertools.count():  # noqa: B007
            ledger = ledger.charge(DEFAULT.rho_per_release)
    assert jobs == 100
    # A budget of rho is a Gaussian of mu = sqrt(2 rho): no test does better than this.
    bound = 2 * NormalDist().cdf(math.sqrt(2 * DEFAULT.rho_budget) / 2) - 1
    assert bound < 0.39
    assert averaging_advantage(jobs, DEFAULT.k_min, NOISE) < bound
    # Without the ledger the attacker would have gone on.
    rng = np.random.default_rng(1)
    shown = rng.normal(0, NOISE.scale * math.sqrt(2) / math.sqrt(100 * jobs), TRIALS)
    assert advantage(shown + 1 >= 0.5, shown >= 0.5) > 0.99


def test_seed_stuffing_is_an_oracle_with_an_exact_threshold_only():
    k = DEFAULT.k_min
    exact = [~np.isnan(release([size], k, QUIET, 10)) for size in (k, k - 1)]
    assert advantage(*exact) == 1.0
    noised = [~np.isnan(release([size], k, NOISE, 20_000)) for size in (k, k - 1)]
    # One in a million passes, 0.04 of these: five with a probability below 10^-9.
    assert np.sum(noised) < 5


def lower_bound(present, absent, delta):
    """Bound epsilon from below, wrong once in 10^10, by the best threshold on the released number.

    A suppressed group counts as lower than any number.  The threshold is chosen on one half of
    the runs and measured on the other.
    """
    train, test = (
        [np.where(np.isnan(x), -np.inf, x)[half::2] for x in (present, absent)] for half in (0, 1)
    )

    def epsilon(sample, threshold):
        hits = [int(np.sum(x >= threshold)) for x in sample]
        low = stats.beta.ppf(5e-11, hits[0], len(sample[0]) - hits[0] + 1) if hits[0] else 0.0
        high = stats.beta.isf(5e-11, hits[1] + 1, max(1, len(sample[1]) - hits[1]))
        return math.log((low - delta) / high) if low > delta else 0.0

    finite = np.concatenate(train)
    finite = np.unique(finite[np.isfinite(finite)])
    best = max(finite, key=lambda t: epsilon(train, t), default=0.0)
    return epsilon(test, best)


def tight_epsilon(sigma, delta):
    """Return the exact epsilon of a Gaussian on sensitivity 1 (Balle and Wang 2018, theorem 8)."""
    cdf = NormalDist().cdf

    def spent(epsilon):
        a, b = 1 / (2 * sigma), epsilon * sigma
        return cdf(a - b) - math.exp(epsilon) * cdf(-a - b)

    low, high = 0.0, 50.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if spent(middle) > delta else (low, middle)
    return high


def exact_threshold(counts, k, noise, runs):
    """Release with noise on the number but the threshold on the exact count: the mistake."""
    first, second = (shares_of(noise, runs) for _ in range(2))
    value = (counts[0] + first + second).astype(float)
    return np.where(counts[0] >= k + math.ceil(noise.margin()), value, np.nan)


RUNS = 30_000
AUDITED = NoiseSpec("discrete-gaussian", 1.0)
DELTA = 1e-3


@pytest.mark.parametrize("size", [14, 16, 40])
def test_audit_finds_no_more_epsilon_than_was_charged(size):
    # Sizes around tau = 15, where the decision itself could tell, and far above.
    allowed = tight_epsilon(1.0, DELTA)
    assert rho_gaussian(1, AUDITED.scale) == 0.5
    present, absent = (release([n], 10, AUDITED, RUNS)[:, 0] for n in (size + 1, size))
    assert lower_bound(present, absent, DELTA) < allowed


def test_audit_of_groups_that_pool_finds_no_more_either():
    # The person's group may stand, pool, or drag its neighbour into the pool.
    allowed = tight_epsilon(1.0, DELTA)
    runs = [release([n, 18, 12], 10, AUDITED, RUNS // 2) for n in (16, 15)]
    for cell in range(2):
        assert lower_bound(runs[0][:, cell], runs[1][:, cell], DELTA) < allowed
        assert lower_bound(-runs[0][:, cell], -runs[1][:, cell], DELTA) < allowed


def test_the_audit_sees_too_little_noise_and_an_exact_threshold():
    allowed = tight_epsilon(1.0, DELTA)
    weak = NoiseSpec("discrete-gaussian", 0.25)
    present, absent = (release([n], 10, weak, RUNS)[:, 0] for n in (41, 40))
    assert lower_bound(present, absent, DELTA) > allowed
    present, absent = (exact_threshold([n], 10, AUDITED, RUNS) for n in (15, 14))
    assert lower_bound(present, absent, DELTA) > allowed
