"""Make up what the brand's customers did: orders, interactions, and the stages of both sides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cleanroom.demo.clock import DAY, DAYS, END, HOUR, STAGE_DAYS, START, draw_times
from cleanroom.demo.media import Impressions, Touches
from cleanroom.demo.population import ARMS, Population

I64 = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

INTERACTIONS = (
    *("browse", "search", "favourite", "add_to_cart"),
    *("follow", "membership", "sample_claim", "brand_search"),
)
"""浏览, 搜索, 收藏, 加购, 关注, 入会, 领取小样, 品牌搜索."""

_INTERACTION_SHARES = (0.44, 0.14, 0.1, 0.12, 0.06, 0.04, 0.04, 0.06)

CATEGORIES = ("cleanser", "toner", "serum", "cream", "mask", "sunscreen")
_ROUTINES = np.array(
    [
        [0.10, 0.36, 0.36, 0.08, 0.06, 0.04],
        [0.08, 0.06, 0.08, 0.36, 0.06, 0.36],
        [0.30, 0.12, 0.12, 0.16, 0.22, 0.08],
    ]
)
"""What three kinds of customers buy: two pairs of categories go together, by plan."""

ORDERS_A_MONTH = 0.3
LIFT = 0.3
"""The planted effect: so much more people in the test arm order after they were assigned."""

MOST_ORDERS = 4
MOST_AMOUNT = 120_000
"""Nobody orders more than four times in thirty days, nor for more than 1,200 at a time."""

MOST_INTERACTIONS = 10

_BLOCKS = ((-90, -60), (-60, -30), (-30, 0), (0, DAYS), (DAYS, DAYS + 3))
_DRIVEN_BY_VIEW, _DRIVEN_BY_CLICK = 0.006, 0.12


@dataclass(frozen=True)
class Orders:
    """Hold one row per order: person, second, cents, category."""

    person: I64
    time: I64
    amount: I64
    category: I64


@dataclass(frozen=True)
class Interactions:
    """Hold one row per interaction: person, second, kind."""

    person: I64
    time: I64
    kind: I64


def make_orders(population: Population, touches: Touches, random: np.random.Generator) -> Orders:
    """Make orders: of people's own accord, because of the trial, and soon after a touch.

    Touches drive nobody who is in the trial, so that the planted lift is exact in expectation.
    """
    rate = _monthly_rate(population)
    parts = [_own_accord(rate, first, last, random) for first, last in _BLOCKS]
    parts += [_from_trial(population, rate, random), _from_touches(population, touches, random)]
    person, time = (np.concatenate(column) for column in zip(*parts, strict=True))
    # Nobody orders on a whole minute: people are assigned to the trial on those.
    time += time % 60 == 0
    month = (time - START) // (DAYS * DAY)
    kept = keep_first(person * 8 + month + 4, time, MOST_ORDERS)
    person, time = person[kept], time[kept]
    amount = 17_000 * np.exp(
        random.normal(scale=0.55, size=len(person)) + 0.15 * population.affinity[person]
    )
    cents = np.clip(np.rint(amount).astype(np.int64), 1_900, MOST_AMOUNT)
    return Orders(person, time, cents, _categories(population, person, random.spawn(1)[0]))


def _categories(population: Population, person: I64, random: np.random.Generator) -> I64:
    """Draw what each order is of: every customer has one of the routines."""
    routine = random.integers(len(_ROUTINES), size=population.people)[person]
    levels = np.cumsum(_ROUTINES, axis=1)[routine, :-1]
    found: I64 = (random.random(len(person))[:, None] > levels).sum(axis=1).astype(np.int64)
    return found


def _monthly_rate(population: Population) -> npt.NDArray[np.float64]:
    liking = np.exp(0.6 * population.affinity[: population.customers] - 0.18)
    return ORDERS_A_MONTH * liking


def _own_accord(
    rate: npt.NDArray[np.float64], first: int, last: int, random: np.random.Generator
) -> tuple[I64, I64]:
    number = random.poisson(rate * (last - first) / DAYS)
    person = np.repeat(np.arange(len(rate)), number)
    return person, draw_times(random, len(person), first, last)


def _from_trial(
    population: Population, rate: npt.NDArray[np.float64], random: np.random.Generator
) -> tuple[I64, I64]:
    """Draw the orders that only the test arm makes; those before the assignment do not happen."""
    tested = population.is_user & (population.arm == ARMS.index("test"))
    person, time = _own_accord(LIFT * rate * tested[: population.customers], 0, DAYS, random)
    happens = time > population.assigned[person]
    return person[happens], time[happens]


def _from_touches(
    population: Population, touches: Touches, random: np.random.Generator
) -> tuple[I64, I64]:
    chance = np.where(touches.click == 1, _DRIVEN_BY_CLICK, _DRIVEN_BY_VIEW)
    open_to_it = population.is_customer & (population.arm == ARMS.index("none"))
    driven = open_to_it[touches.person] & (random.random(len(chance)) < chance)
    delay = 60 + random.exponential(30 * HOUR, size=int(driven.sum())).astype(np.int64)
    return touches.person[driven], touches.time[driven] + delay


def make_interactions(
    population: Population, touches: Touches, random: np.random.Generator
) -> Interactions:
    """Make what customers do in the brand's shop, some of it within hours of a click."""
    rate = 2.2 * _monthly_rate(population)
    parts = [_own_accord(rate, first, last, random) for first, last in _BLOCKS]
    chance = np.where(touches.click == 1, 0.4, 0.01) * population.is_customer[touches.person]
    driven = random.random(len(chance)) < chance
    delay = 5 + random.exponential(3 * HOUR, size=int(driven.sum())).astype(np.int64)
    parts.append((touches.person[driven], touches.time[driven] + delay))
    person, time = (np.concatenate(column) for column in zip(*parts, strict=True))
    month = (time - START) // (DAYS * DAY)
    kept = keep_first(person * 8 + month + 4, time, MOST_INTERACTIONS)
    kind = random.choice(len(INTERACTIONS), size=len(kept), p=_INTERACTION_SHARES)
    return Interactions(person[kept], time[kept], kind.astype(np.int64))


def keep_first(group: I64, time: I64, most: int) -> I64:
    """Return the rows that are among the first ``most`` of their group, ordered by time."""
    order = np.lexsort((time, group))
    sorted_group = group[order]
    begins = np.flatnonzero(np.r_[True, sorted_group[1:] != sorted_group[:-1]])
    rank = np.arange(len(order)) - np.repeat(begins, np.diff(np.r_[begins, len(order)]))
    kept = order[rank < most]
    return kept[np.argsort(time[kept], kind="stable")]


def brand_stage(population: Population, orders: Orders, acts: Interactions, at: int) -> I64:
    """Return each person's stage in the brand's records of the 90 days before ``at``.

    L two or more orders, P one; I any interaction beyond looking, or looking twice; A one look.
    To browse and to search the category is to look.
    """

    def count(person: I64, time: I64, which: Bools | bool = True) -> I64:
        within = (time >= at - STAGE_DAYS * DAY) & (time < at) & which
        return np.bincount(person[within], minlength=population.people)

    bought = count(orders.person, orders.time)
    looked = count(acts.person, acts.time, acts.kind < 2)
    cared = count(acts.person, acts.time, acts.kind >= 2)
    interest = (cared > 0) | (looked >= 2)
    return np.select([bought >= 2, bought == 1, interest, looked == 1], [4, 3, 2, 1], 0)


def platform_stages(
    population: Population, shown: Impressions, touches: Touches, random: np.random.Generator
) -> tuple[I64, I64]:
    """Return each person's stage in the category on the platform, before and after the month.

    Those who clicked move up more often; whoever saw a campaign is at least at A.
    """
    likes = population.is_customer.astype(np.int64)
    levels = np.cumsum([[0.46, 0.29, 0.16, 0.06, 0.03], [0.25, 0.3, 0.24, 0.13, 0.08]], axis=1)
    before = (random.random(population.people)[:, None] > levels[likes][:, :-1]).sum(axis=1)
    clicked = np.zeros(population.people, dtype=np.bool_)
    clicked[touches.person[touches.click == 1]] = True
    drawn = random.random(population.people)
    up = np.where(clicked, 0.42, 0.15)
    after = np.clip(before + (drawn < up) - (drawn > 0.92), 0, 4)
    seen = np.zeros(population.people, dtype=np.int64)
    seen[shown.person[shown.time < END]] = 1
    return before.astype(np.int64), np.maximum(after, seen).astype(np.int64)
