"""Answer what a question will cost and show, before anything is spent."""

import math
from dataclasses import dataclass
from statistics import NormalDist

from cleanroom.privacy.checks import whole
from cleanroom.privacy.intervals import Interval, interval, released_sd
from cleanroom.privacy.noise import NoiseSpec
from cleanroom.privacy.release import tau

LIKELY = 0.95
"""The chance with which the smallest group that is likely shown passes the threshold."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What one question would show for a group of ``group_size`` people."""

    noise_sd: float
    interval: Interval
    tau: int
    chance_shown: float
    smallest_likely_shown: int


def preview_people(
    noise: NoiseSpec, k: int, group_size: int, shares: int = 1, givers: int = 1
) -> Preview:
    """Say what the noise does to a group of that many people (0 or more).

    ``noise_sd`` and ``interval`` count the shares of the mediator and of all ``givers``.  The
    threshold sees the mediator's share only, unless ``shares`` says that it sees more; two Laplace
    shares are taken for one wider one then.
    """
    sd = released_sd(noise, 1, givers)
    threshold = tau(k, noise, shares)
    seen = NoiseSpec(noise.kind, noise.scale * math.sqrt(shares))
    return Preview(
        noise_sd=sd,
        interval=interval(whole("group size", group_size, 0), sd, noise.quantile),
        tau=threshold,
        chance_shown=_chance(seen, threshold - group_size),
        smallest_likely_shown=threshold + _likely_margin(seen),
    )


def _chance(noise: NoiseSpec, distance: int) -> float:
    """Return the chance that one share of noise is at least ``distance``."""
    if noise.kind == "none":
        return float(distance <= 0)
    if noise.kind == "discrete-laplace":
        # The tail from t > 0 on is a^t / (1 + a); the rest by symmetry.
        a = math.exp(-1 / noise.scale)
        tail = a ** max(distance, 1 - distance) / (1 + a)
        return tail if distance > 0 else 1 - tail
    return 1 - NormalDist(0, noise.scale).cdf(distance - 0.5)


def _likely_margin(noise: NoiseSpec) -> int:
    """Return the least excess over tau with which a group passes with probability LIKELY."""
    low, high = 0, 1 + math.ceil(4 * noise.scale)
    while low < high:
        middle = (low + high) // 2
        if _chance(noise, -middle) >= LIKELY:
            high = middle
        else:
            low = middle + 1
    return low
