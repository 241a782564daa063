"""Put one made-up world together: people, what they saw, what they did, who is in which file."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cleanroom.demo.clock import END, START
from cleanroom.demo.customers import (
    Interactions,
    Orders,
    brand_stage,
    make_interactions,
    make_orders,
    platform_stages,
)
from cleanroom.demo.media import (
    Impressions,
    Steps,
    Touches,
    make_impressions,
    make_steps,
    make_touches,
)
from cleanroom.demo.population import Population, make_population
from cleanroom.errors import InvalidInput

I64 = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

FEWEST, MOST = 20, 2_000_000
_REPEATED = 0.005


@dataclass(frozen=True)
class World:
    """Hold everything that the files show, before anything of it is spelled or spoiled.

    ``brand_repeats`` are customers with a second row, which says ``repeat_spend`` cents more;
    ``user_repeats`` are users with a second row, which does not count.  ``brand_step`` is 0, 3 or
    4 of the funnel's steps, -1 for none of the brand's.
    """

    people: Population
    impressions: Impressions
    touches: Touches
    steps: Steps
    orders: Orders
    interactions: Interactions
    brand_stages: tuple[I64, I64]
    platform_stages: tuple[I64, I64]
    brand_step: I64
    brand_repeats: I64
    repeat_spend: I64
    user_repeats: I64
    seeds: I64

    @property
    def spend(self) -> I64:
        """Return what each customer spent in all their rows, cents; not yet clamped."""
        total = self.people.spend.copy()
        total[self.brand_repeats] += self.repeat_spend
        return total

    @property
    def joined(self) -> I64:
        """Return since when each person is a member: at the latest since the first order."""
        since = self.people.joined.copy()
        np.minimum.at(since, self.orders.person, self.orders.time)
        return since


def make_world(customers: int, users: int, seed: int) -> World:
    """Make the same world from the same numbers; raise ``InvalidInput`` for sizes out of range.

    The data are made up, so a seeded generator is right here and nowhere else in the product.
    """
    for what, number in (("people", customers), ("users", users)):
        if not FEWEST <= number <= MOST:
            raise InvalidInput(f"{what} must be {FEWEST} to {MOST:,}, not {number:,}.")
    if seed < 0:
        raise InvalidInput("The seed must not be negative.")
    random = np.random.default_rng(seed)
    people = make_population(customers, users, random)
    impressions = make_impressions(people, random)
    touches = make_touches(impressions, people, random)
    orders = make_orders(people, touches, random)
    interactions = make_interactions(people, touches, random)
    brand_repeats = _some(np.arange(customers), random)
    return World(
        people=people,
        impressions=impressions,
        touches=touches,
        steps=make_steps(impressions, touches, random),
        orders=orders,
        interactions=interactions,
        brand_stages=(
            brand_stage(people, orders, interactions, START),
            brand_stage(people, orders, interactions, END),
        ),
        platform_stages=platform_stages(people, impressions, touches, random),
        brand_step=_brand_step(people, orders),
        brand_repeats=brand_repeats,
        repeat_spend=random.integers(2_000, 60_000, size=len(brand_repeats)),
        user_repeats=_some(np.arange(people.first_user, people.people), random),
        seeds=_seeds(people, random),
    )


def _some(persons: I64, random: np.random.Generator) -> I64:
    number = max(1, round(_REPEATED * len(persons)))
    return np.sort(random.choice(persons, size=number, replace=False))


def _brand_step(people: Population, orders: Orders) -> I64:
    """Return the furthest step in the brand's records of the month: paid, registered, none."""
    step = np.where(people.joined >= START, 3, -1)
    within = (orders.time >= START) & (orders.time < END)
    step[orders.person[within]] = 4
    return step


def _seeds(people: Population, random: np.random.Generator) -> I64:
    """Choose the brand's seed: most of the planted audience it knows, and some by mistake."""
    wanted = np.where(people.planted, 0.85, 0.03) * people.is_customer
    chosen: I64 = np.flatnonzero(random.random(people.people) < wanted)
    return chosen
