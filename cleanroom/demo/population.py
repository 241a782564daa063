"""Make up the people: customers of a skin-care brand and users of a content platform.

A person is a number.  Customers are ``0 .. customers - 1``, users ``customers - matched ..``: the
people in between are known to both sides.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cleanroom.demo.clock import DAY, END, START

I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

AGE_BANDS = ("18-24", "25-34", "35-44", "45-54", "55+", "")
"""The last one is for people whose age the platform does not know; it reads as ``unknown``."""

CITY_TIERS = ("tier-1", "new-tier-1", "tier-2", "tier-3", "tier-4-and-below")
"""一线, 新一线, 二线, 三线, 四线及以下."""

GENDERS = ("female", "male", "")
TIERS = ("silver", "gold", "platinum", "diamond")
ARMS = ("none", "test", "control")
STAGES = ("none", "A", "I", "P", "L")

FEATURES = 8
SEPARATION = 2.0
"""How far the planted audience lies from the others, in standard deviations of their noise."""

MATCH_RATE = 0.42
MOST_SPEND = 300_000
"""The bound of the measure ``spend`` in cents: a person who spent more is clamped to it."""

_FEATURE_NOISE = 0.3
_AGES = ((0.21, 0.27, 0.22, 0.15, 0.11, 0.04), (0.25, 0.38, 0.21, 0.09, 0.04, 0.03))
_CITIES = ((0.12, 0.20, 0.19, 0.22, 0.27), (0.20, 0.28, 0.21, 0.17, 0.14))
_GENDERS = ((0.48, 0.47, 0.05), (0.76, 0.20, 0.04))
_CITY_SPEND = np.array([1.35, 1.2, 1.0, 0.85, 0.75])
_TIER_FROM = (30_000, 80_000, 160_000)


@dataclass(frozen=True)
class Population:
    """Hold what is true of every person, one column each; codes point into the names above.

    ``spend`` and ``category_spend`` are cents, ``joined`` and ``assigned`` seconds since 1970,
    ``affinity`` is how much a person likes the brand, ``activity`` how much one is on the
    platform (mean 1).
    """

    customers: int
    users: int
    matched: int
    age: I64
    city: I64
    gender: I64
    affinity: F64
    activity: F64
    spend: I64
    category_spend: I64
    joined: I64
    arm: I64
    assigned: I64
    planted: Bools
    direction: F64
    features: F64

    @property
    def people(self) -> int:
        """Return how many people there are."""
        return self.customers + self.users - self.matched

    @property
    def first_user(self) -> int:
        """Return the least number of a user."""
        return self.customers - self.matched

    @property
    def is_customer(self) -> Bools:
        """Mark the brand's people."""
        return np.arange(self.people) < self.customers

    @property
    def is_user(self) -> Bools:
        """Mark the platform's people."""
        return np.arange(self.people) >= self.first_user

    @property
    def is_matched(self) -> Bools:
        """Mark the people of both."""
        return self.is_customer & self.is_user

    @property
    def tier(self) -> I64:
        """Return the brand's tier of each person, which follows what the person spent."""
        return np.searchsorted(_TIER_FROM, self.spend, side="right").astype(np.int64)


def make_population(customers: int, users: int, random: np.random.Generator) -> Population:
    """Make up so many customers and users; 42 % of the customers are users."""
    matched = min(round(MATCH_RATE * customers), users)
    people = customers + users - matched
    customer = np.arange(people) < customers
    city = _draw(_CITIES, customer, random)
    affinity = random.normal(size=people)
    planted = random.random(people) < np.where(customer, 0.25, 0.08)
    arm, assigned = _trial(people, random)
    direction = random.normal(size=FEATURES)
    direction /= np.linalg.norm(direction)
    return Population(
        customers=customers,
        users=users,
        matched=matched,
        age=_draw(_AGES, customer, random),
        city=city,
        gender=_draw(_GENDERS, customer, random),
        affinity=affinity,
        activity=random.gamma(2.0, 0.5, size=people),
        spend=_cents(380, 0.8, city, affinity, random),
        category_spend=_cents(220, 0.6, city, affinity, random),
        joined=END - (random.exponential(420 * DAY, size=people)).astype(np.int64) - 1,
        arm=arm,
        assigned=assigned,
        planted=planted,
        direction=direction,
        features=_features(planted, direction, random),
    )


def _draw(
    shares: tuple[tuple[float, ...], tuple[float, ...]],
    customer: Bools,
    random: np.random.Generator,
) -> I64:
    """Draw a label for each person: the first shares are the public's, the others customers'."""
    levels = np.cumsum(shares, axis=1)
    drawn = random.random(len(customer))
    codes = [np.searchsorted(level[:-1], drawn, side="right") for level in levels]
    return np.where(customer, codes[1], codes[0]).astype(np.int64)


def _cents(
    median: float, sigma: float, city: I64, affinity: F64, random: np.random.Generator
) -> I64:
    """Draw skewed (lognormal) amounts: more in large cities and from those who like the brand."""
    noise = random.normal(scale=sigma, size=len(city)) + 0.4 * affinity
    cents: I64 = np.rint(100 * median * _CITY_SPEND[city] * np.exp(noise)).astype(np.int64)
    return cents


def _trial(people: int, random: np.random.Generator) -> tuple[I64, I64]:
    """Put a fifth of the people into the test and a fifth into the control arm.

    They are assigned on whole minutes of the first three days, at which nobody orders.
    """
    arm = random.choice(3, size=people, p=(0.6, 0.2, 0.2)).astype(np.int64)
    return arm, START + 60 * random.integers(3 * 24 * 60, size=people)


def _features(planted: Bools, direction: F64, random: np.random.Generator) -> F64:
    """Draw features in [-1, 1], the planted audience's moved along one direction."""
    noise = random.normal(scale=_FEATURE_NOISE, size=(len(planted), FEATURES))
    away: F64 = planted[:, None].astype(np.float64) * direction
    moved = noise + SEPARATION * _FEATURE_NOISE * away
    return np.asarray(np.round(np.clip(moved, -1, 1), 4), dtype=np.float64)
