"""Draw integer noise for releases, from OpenDP's exact samplers.

The samplers take their randomness from the operating system inside OpenDP, on purpose without a
seed: noise that can be drawn again can be taken off again.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cleanroom.documents.agreement import Noise
from cleanroom.errors import InvalidInput, PolicyRefusal
from cleanroom.privacy.accounting import sigma_for
from cleanroom.privacy.checks import non_negative, positive, whole
from protocols.limits import VALUE_LIMIT

LARGEST_SCALE: Final = float(1 << 55)
"""Most noise per share: 2^61 is 64 times that, so a draw beyond it has a chance below 10^-27."""

LARGEST_DRAW: Final = 1 << 20
"""Most numbers of one call."""

TAIL_GAUSSIAN: Final = 4.753
"""Standard deviations that a normal variable exceeds with probability 1.002 in a million."""

TAIL_LAPLACE: Final = 13.122364
"""Scales that a Laplace variable exceeds with probability 10^-6: ln(500,000), rounded up."""

QUANTILE_GAUSSIAN: Final = 1.959964
"""Standard deviations on either side that hold 95 % of a normal variable."""

QUANTILE_LAPLACE: Final = 2.056502
"""Standard deviations that hold 95 % of the sum of two Laplace variables of one scale: the root of
(t + 2) exp(-t) = 0.1, divided by 2.  More summands come closer to the normal figure, so for them
the interval is a little too wide, never too narrow."""


class UnsafeNoNoise:
    """Say, at the place of the call, that results without any noise are wanted.

    Only a rehearsal room may construct it: without noise nothing here is private.
    """


@dataclass(frozen=True, slots=True)
class Delta:
    """How far one person can move a released vector, in L1 and in L2 norm."""

    l1: float
    l2: float

    def __post_init__(self) -> None:
        positive("L1 sensitivity", self.l1)
        positive("L2 sensitivity", self.l2)
        if self.l1 < self.l2:
            raise InvalidInput("an L1 sensitivity is never below the L2 sensitivity")

    def for_kind(self, kind: Noise) -> float:
        """Return the norm that scales this kind of noise: L1 for Laplace, else L2."""
        return self.l1 if kind == "discrete-laplace" else self.l2


@dataclass(frozen=True, slots=True)
class NoiseSpec:
    """The noise of ONE share: ``scale`` is sigma of a Gaussian, b of a Laplace, 0 without noise.

    Both the mediator and the party that does not receive add a share of full scale.
    """

    kind: Noise
    scale: float

    def __post_init__(self) -> None:
        if self.kind not in ("discrete-gaussian", "discrete-laplace", "none"):
            raise InvalidInput("unknown kind of noise")
        if non_negative("noise scale", self.scale) > LARGEST_SCALE:
            raise InvalidInput(f"noise scale must be at most {LARGEST_SCALE:g}")
        if (self.kind == "none") != (self.scale == 0):
            raise InvalidInput("the scale is zero without noise, and only then")

    @property
    def sd(self) -> float:
        """Return the standard deviation of one share; a discrete Gaussian's is at most sigma."""
        if self.kind == "discrete-laplace":
            # Inusah and Kozubowski 2006: variance 2a / (1 - a)^2 with a = exp(-1/b).
            return math.sqrt(2 * math.exp(-1 / self.scale)) / -math.expm1(-1 / self.scale)
        return self.scale

    @property
    def quantile(self) -> float:
        """Return how many standard deviations of a released number make its 95 % interval."""
        return QUANTILE_LAPLACE if self.kind == "discrete-laplace" else QUANTILE_GAUSSIAN

    def margin(self, cells: int = 1) -> float:
        """Return what the mediator's noise on ``cells`` pooled cells exceeds once in a million.

        For Laplace noise and several cells it is larger than needed.
        """
        tail = TAIL_LAPLACE if self.kind == "discrete-laplace" else TAIL_GAUSSIAN
        return tail * self.scale * math.sqrt(whole("cells", cells, 1))


def noise_for(kind: Noise, rho: float, delta: Delta) -> NoiseSpec:
    """Return the least noise of that kind that spends at most ``rho`` on sensitivity ``delta``.

    Raises:
        InvalidInput: for kind ``none`` (name it with ``NoiseSpec("none", 0)`` instead: it has no
            rho), or a scale past ``LARGEST_SCALE``.
    """
    # One formula serves both: see rho_laplace.
    return NoiseSpec(kind, sigma_for(rho, delta.for_kind(kind)))


def draw(kind: Noise, scale: float, count: int, unsafe: UnsafeNoNoise | None = None) -> list[int]:
    """Draw ``count`` independent integers of noise, one share for each of as many cells.

    Raises:
        InvalidInput: for a scale that is not positive, normal and finite, or a count out of range.
        PolicyRefusal: if kind is ``none`` and the caller does not pass ``UnsafeNoNoise()``, or if
            a draw reaches 2^61 and so could leave its slot.
    """
    spec = NoiseSpec(kind, scale)
    if whole("count", count, 0) > LARGEST_DRAW:
        raise InvalidInput(f"count must be at most {LARGEST_DRAW}")
    if spec.kind == "none":
        return _zeros(count, unsafe)
    drawn = _measurement(spec)([0] * count)
    if any(abs(value) >= VALUE_LIMIT for value in drawn):
        raise PolicyRefusal("noise left its slot; nothing is released", rule="noise-range")
    return drawn


def draw_share(spec: NoiseSpec, count: int, unsafe: UnsafeNoNoise | None = None) -> list[int]:
    """Draw one share of noise for ``count`` cells as ``spec`` says; see ``draw``."""
    return draw(spec.kind, spec.scale, count, unsafe)


def _measurement(spec: NoiseSpec) -> Callable[[list[int]], list[int]]:
    # Here and module by module: whoever draws nothing does without, and the prelude of OpenDP
    # would import scikit-learn.
    from opendp import domains, measurements, metrics  # noqa: PLC0415
    from opendp.mod import enable_features  # noqa: PLC0415

    enable_features("contrib")
    domain = domains.vector_domain(domains.atom_domain(T="i64"))
    if spec.kind == "discrete-gaussian":
        make, distance = measurements.make_gaussian, metrics.l2_distance(T="i64")
    else:
        make, distance = measurements.make_laplace, metrics.l1_distance(T="i64")
    sampler: Callable[[list[int]], list[int]] = make(domain, distance, scale=float(spec.scale))
    return sampler


def _zeros(count: int, unsafe: UnsafeNoNoise | None) -> list[int]:
    if not isinstance(unsafe, UnsafeNoNoise):
        raise PolicyRefusal("results without noise are for rehearsal rooms", rule="noise")
    return [0] * count
