"""Account for privacy in zero-concentrated differential privacy (zCDP).

The one unit is rho (Bun and Steinke 2016, https://arxiv.org/abs/1605.02065): it adds up over
releases, and a Gaussian of standard deviation sigma on a sum of L2 sensitivity D costs
D^2 / (2 sigma^2).  Rounding never favours the spender: costs go up, budgets and shares go down.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Final, Self

from cleanroom.errors import BudgetExhausted, InvalidInput
from cleanroom.privacy.checks import positive, probability, whole

UNITS_PER_RHO: Final = 10**12
"""The ledger counts in integers of 10^-12 rho, so 0.1 ten times is 1 and nothing drifts."""

LARGEST_RHO: Final = 1_000_000.0
"""Bound on a budget or a charge: it keeps the units within 63 bits, for every database."""


def rho_gaussian(delta2: float, sigma: float) -> float:
    """Return the rho of Gaussian noise ``sigma`` on a vector of L2 sensitivity ``delta2``.

    It holds for the discrete Gaussian on integers alike (Canonne, Kamath and Steinke 2020,
    https://arxiv.org/abs/2004.00010).
    """
    ratio = Fraction(positive("sensitivity", delta2)) / Fraction(positive("sigma", sigma))
    return _round_up(ratio * ratio / 2)


def sigma_for(rho: float, delta2: float) -> float:
    """Return the least sigma, rounded up, for which ``rho_gaussian(delta2, sigma) <= rho``."""
    sigma = positive("sensitivity", delta2) / math.sqrt(2 * positive("rho", rho))
    while rho_gaussian(delta2, sigma) > rho:
        sigma = math.nextafter(sigma, math.inf)
    return sigma


def rho_laplace(delta1: float, scale: float) -> float:
    """Return the rho of Laplace noise on a vector of L1 sensitivity ``delta1``.

    Laplace noise of that scale is epsilon-differentially private with epsilon = delta1 / scale,
    and that is at most epsilon^2 / 2 in zCDP (Bun and Steinke 2016, proposition 1.4): the very
    formula of ``rho_gaussian``, with the scale in sigma's place.
    """
    return rho_gaussian(delta1, scale)


def epsilon_of(rho: float, delta: float) -> float:
    """Translate rho into the epsilon of (epsilon, delta)-differential privacy, for display.

    ``rho + 2 sqrt(rho ln(1/delta))`` (Bun and Steinke 2016, proposition 1.3) is simple and never
    below the optimal conversion; no decision rests on it.  ``rho`` may be zero.
    """
    probability("delta", delta)
    if rho == 0:
        return 0.0
    return rho + 2 * math.sqrt(positive("rho", rho) * -math.log(delta))


@dataclass(frozen=True, slots=True)
class Split:
    """The rho of each release of a job: of its people and, by name, of its measures."""

    people: float
    measures: Mapping[str, float]


def split(
    rho_job: float, measures: tuple[str, ...] = (), shares: Mapping[str, float] | None = None
) -> Split:
    """Divide a job's rho: half to people, the rest equally to its measures.

    Without measures people get all of it.  ``shares`` overrides that with weights for ``"people"``
    and every measure, each positive; only their proportions matter.  Shares are rounded down, so
    their exact sum is at most ``rho_job``.

    Raises:
        InvalidInput: for a measure named twice or ``"people"``, or shares that name anything else
            than what the job releases.
    """
    total = Fraction(positive("rho", rho_job))
    if len({"people", *measures}) != 1 + len(measures):
        raise InvalidInput("measures must have distinct names other than 'people'")
    weights = _default_weights(measures) if shares is None else _weights(measures, shares)
    whole_weight = sum(weights.values())
    rho = {name: _round_down(total * weight / whole_weight) for name, weight in weights.items()}
    return Split(rho["people"], {name: rho[name] for name in measures})


def _default_weights(measures: tuple[str, ...]) -> dict[str, Fraction]:
    return {"people": Fraction(max(1, len(measures))), **dict.fromkeys(measures, Fraction(1))}


def _weights(measures: tuple[str, ...], shares: Mapping[str, float]) -> dict[str, Fraction]:
    if set(shares) != {"people", *measures}:
        raise InvalidInput("shares must name people and each measure, and nothing else")
    return {name: Fraction(positive("share", share)) for name, share in shares.items()}


def _round_up(exact: Fraction) -> float:
    nearest = float(exact)
    return nearest if nearest >= exact else math.nextafter(nearest, math.inf)


def _round_down(exact: Fraction) -> float:
    nearest = float(exact)
    return nearest if nearest <= exact else math.nextafter(nearest, 0.0)


def _units(name: str, rho: float) -> Fraction:
    """Read a float as the decimal that it prints as: 0.1 is a tenth, as its writer meant."""
    if positive(name, rho) > LARGEST_RHO:
        raise InvalidInput(f"{name} must be at most {LARGEST_RHO:g}")
    return Fraction(Decimal(repr(rho))) * UNITS_PER_RHO


@dataclass(frozen=True, slots=True)
class Ledger:
    """The zCDP budget of one room and one pair of parties, in integers of 10^-12 rho.

    ``budget`` bounds what is charged in one period, ``lifetime`` what is charged in all of them;
    without a lifetime there is one period.  A value: ``charge`` returns the next ledger and changes
    nothing.  Whoever stores it makes the step from one to the next atomic, so that of two racing
    jobs exactly one gets the last of it.
    """

    budget_units: int
    spent_units: int = 0
    """In the present period."""
    before_units: int = 0
    """In all periods before it."""
    period: int = 0
    lifetime_units: int | None = None

    def __post_init__(self) -> None:
        whole("budget", self.budget_units, 1)
        for name in ("spent_units", "before_units", "period"):
            whole(name, getattr(self, name), 0)
        if self.lifetime_units is not None:
            whole("lifetime", self.lifetime_units, 1)

    @classmethod
    def of(cls, budget: float, lifetime: float | None = None) -> Self:
        """Open a ledger with that much rho, rounded down to a unit."""
        ever = None if lifetime is None else math.floor(_units("lifetime", lifetime))
        return cls(math.floor(_units("budget", budget)), lifetime_units=ever)

    @property
    def budget(self) -> float:
        """Return the rho that signatures have granted for a period."""
        return self.budget_units / UNITS_PER_RHO

    @property
    def lifetime(self) -> float | None:
        """Return the rho that signatures have granted for all periods; None if there is one."""
        return None if self.lifetime_units is None else self.lifetime_units / UNITS_PER_RHO

    @property
    def spent(self) -> float:
        """Return the rho that jobs accepted in the period have used, failed ones among them."""
        return self.spent_units / UNITS_PER_RHO

    @property
    def spent_ever(self) -> float:
        """Return the rho that accepted jobs have used in all periods."""
        return (self.before_units + self.spent_units) / UNITS_PER_RHO

    @property
    def left(self) -> float:
        """Return the rho that may still be charged in the period."""
        return self._left_units / UNITS_PER_RHO

    @property
    def _left_units(self) -> int:
        left = self.budget_units - self.spent_units
        if self.lifetime_units is not None:
            left = min(left, self.lifetime_units - self.before_units - self.spent_units)
        return max(0, left)

    def reach(self, period: int) -> Self:
        """Return the ledger in a later period, filled up; an earlier one changes nothing."""
        if period <= self.period:
            return self
        before = self.before_units + self.spent_units
        return replace(self, spent_units=0, before_units=before, period=period)

    def charge(self, rho: float) -> Self:
        """Return the ledger after a job of that rho, rounded up to a unit.

        Raises:
            InvalidInput: if rho is not a positive, normal, finite number.
            BudgetExhausted: if less than that is left.
        """
        if math.ceil(_units("rho", rho)) > self._left_units:
            raise BudgetExhausted(
                f"the job needs rho {rho:g}, of {self.budget:g} only {self.left:g} is left"
            )
        return self.count(rho)

    def count(self, rho: float) -> Self:
        """Return the ledger after a job that was accepted already, whatever it may spend now."""
        return replace(self, spent_units=self.spent_units + math.ceil(_units("rho", rho)))

    def give_back(self, rho: float, period: int = 0) -> Self:
        """Return the ledger without the charge of a job that cannot release anything any more.

        ``period`` is the one in which it was charged.
        """
        units = math.ceil(_units("rho", rho))
        if period < self.period:
            return replace(self, before_units=self.before_units - units)
        return replace(self, spent_units=self.spent_units - units)
