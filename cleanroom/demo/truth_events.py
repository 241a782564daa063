"""Count the plain answers about events: reach, funnel, attribution, intent and lift.

Counted with numpy from the world behind the files, with sorting and searching where the product
uses tokens: the two share nothing but the definitions.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cleanroom.demo.clock import DAY, END, START, WINDOW_DAYS
from cleanroom.demo.customers import INTERACTIONS
from cleanroom.demo.media import CAMPAIGNS, CHANNELS, STEPS
from cleanroom.demo.population import ARMS
from cleanroom.demo.truth_people import Answer, money, ratio
from cleanroom.demo.world import World

I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

MOST_FREQUENCY = 4
CAP = 3
"""Impressions per person up to which a plan counts as not overdone."""

INTENT_WEIGHTS = (1, 2, 4, 6, 4, 5, 5, 3)
"""Weight of each interaction in the purchase intent index, as the example's room agrees."""

_SPAN = 1 << 34
"""More seconds than any instant of the example has: joins person and time into one number."""


def reach_frequency(world: World) -> Answer:
    """Count how many customers each campaign reached and how often; ``all`` is each person once."""
    shown = world.impressions
    target = world.people.is_matched[shown.person]
    groups, summary = [], []
    for name, of in _campaigns(shown.campaign):
        often = np.unique(shown.person[of & target], return_counts=True)[1]
        for times in range(1, MOST_FREQUENCY + 1):
            last = times == MOST_FREQUENCY
            label = f"{times}+" if last else str(times)
            people = int((often >= times).sum() if last else (often == times).sum())
            key = {"platform.campaign": name, "frequency": label}
            groups.append({"key": key, "people": people})
        summary.append(_reach(name, often, int(of.sum())))
    return {"groups": groups, "campaigns": summary}


def cross_reach(world: World) -> Answer:
    """Count the customers whom the platform reached at all, and how often, over all campaigns."""
    shown = world.impressions
    target = world.people.is_matched[shown.person]
    often = np.unique(shown.person[target], return_counts=True)[1]
    counts = np.bincount(np.minimum(often, MOST_FREQUENCY), minlength=MOST_FREQUENCY + 1)[1:]
    names = [*map(str, range(1, MOST_FREQUENCY)), f"{MOST_FREQUENCY}+"]
    return {
        "frequency": dict(zip(names, counts.tolist(), strict=True)),
        "total": {"people": len(often), "share_up_to_cap": ratio((often <= CAP).sum(), len(often))},
    }


def _campaigns(codes: I64) -> list[tuple[str, Bools]]:
    named = [(campaign.name, codes == code) for code, campaign in enumerate(CAMPAIGNS)]
    return [*named, ("all", np.ones(len(codes), dtype=np.bool_))]


def _reach(name: str, often: I64, impressions: int) -> Answer:
    return {
        "campaign": name,
        "impressions": impressions,
        "matched_impressions": int(often.sum()),
        "on_target_rate": ratio(often.sum(), impressions),
        "reach": len(often),
        "mean_frequency": ratio(often.sum(), len(often)),
        "share_up_to_cap": ratio((often <= CAP).sum(), len(often)),
    }


def funnel(world: World) -> dict[str, Answer]:
    """Count matched people per channel at each step and those before it (a closed funnel).

    ``platform`` by the platform's steps alone; ``both`` by the further of both sides' steps.
    """
    steps = world.steps
    matched = world.people.is_matched[steps.person]
    furthest = {
        "platform": steps.step[matched],
        "both": np.maximum(steps.step, world.brand_step[steps.person])[matched],
    }
    return {side: _funnel(steps.channel[matched], step) for side, step in furthest.items()}


def _funnel(channel: I64, step: I64) -> Answer:
    table = np.zeros((len(CHANNELS), len(STEPS)), dtype=np.int64)
    np.add.at(table, (channel, step), 1)
    people = table[:, ::-1].cumsum(axis=1)[:, ::-1]
    every = _rates(people.sum(axis=0))
    groups = []
    for code, name in enumerate(CHANNELS):
        for at, step_name in enumerate(STEPS):
            rate, usual = _rates(people[code])[at], every[at]
            key = {"platform.channel": name, "step": step_name}
            against = ratio(rate, usual) if rate is not None and usual else None
            counted = {"people": int(people[code, at]), "step_rate": rate, "to_all": against}
            groups.append({"key": key, **counted})
    total = {"people": people.sum(axis=0).tolist(), "step_rates": every}
    return {"groups": groups, "total": total}


def _rates(people: I64) -> list[float | None]:
    return [
        None,
        *(ratio(after, before) for before, after in zip(people, people[1:], strict=False)),
    ]


class Journeys:
    """Find the touches that qualify for a conversion: before it, at most seven days."""

    def __init__(self, world: World) -> None:
        touches = world.touches
        order = np.lexsort((touches.time, touches.person))
        self._key = touches.person[order] * _SPAN + touches.time[order]
        self.campaign = touches.campaign[order]
        seen = self.campaign[:, None] == np.arange(len(CAMPAIGNS))
        self._before = np.concatenate(
            (np.zeros((1, len(CAMPAIGNS)), dtype=np.int64), seen.cumsum(axis=0))
        )

    def span(self, person: I64, time: I64) -> tuple[I64, I64]:
        """Return where each conversion's touches begin and end in the sorted ones."""
        at = person * _SPAN + time
        return (
            np.searchsorted(self._key, at - WINDOW_DAYS * DAY, side="left"),
            np.searchsorted(self._key, at, side="left"),
        )

    def last(self, person: I64, time: I64) -> F64:
        """Give each conversion to the campaign of its last touch: rows x campaigns."""
        begin, end = self.span(person, time)
        credit = np.zeros((len(person), len(CAMPAIGNS)))
        credited = np.flatnonzero(end > begin)
        credit[credited, self.campaign[end[credited] - 1]] = 1
        return credit

    def linear(self, person: I64, time: I64) -> F64:
        """Share each conversion equally among its touches: rows x campaigns."""
        begin, end = self.span(person, time)
        counts = self._before[end] - self._before[begin]
        return np.asarray(counts / np.maximum(end - begin, 1)[:, None])


def attribution(world: World, model: str) -> Answer:
    """Credit the month's orders to campaigns; ``unattributed`` is what has no touch.

    ``total`` is of all the brand's orders of the month, ``matched`` of people known to both.
    """
    orders = world.orders
    asked = within(orders.time)
    person, time, amount = orders.person[asked], orders.time[asked], orders.amount[asked]
    journeys = Journeys(world)
    credit = getattr(journeys, model.removesuffix("_touch"))(person, time)
    conversions, cents = credit.sum(axis=0), amount @ credit
    attributed = float(conversions.sum())
    groups = [
        {
            "key": {"platform.campaign": campaign.name},
            "conversions": round(float(conversions[code]), 6),
            "sums": {"value": round(float(cents[code]) / 100, 4)},
            "share": ratio(conversions[code], attributed),
        }
        for code, campaign in enumerate(CAMPAIGNS)
    ]
    total = {
        "conversions": len(person),
        "attributed": round(attributed, 6),
        "unattributed": round(len(person) - attributed, 6),
        "sums": {"value": money(amount.sum())},
    }
    known = world.people.is_matched[person]
    matched = {"conversions": int(known.sum()), "sums": {"value": money(amount[known].sum())}}
    return {"groups": groups, "total": total, "matched": matched}


def within(time: I64) -> Bools:
    """Mark the instants of the month that the example's questions ask about."""
    return np.asarray((time >= START) & (time < END))


def purchase_intent(world: World) -> Answer:
    """Credit the month's interactions to campaigns, linearly, weighted, per thousand reached.

    A campaign has reached the users with a touch of it in the month or the week before.
    """
    acts = world.interactions
    asked = within(acts.time)
    credit = Journeys(world).linear(acts.person[asked], acts.time[asked])
    kind = acts.kind[asked]
    counts = np.stack([credit[kind == code].sum(axis=0) for code in range(len(INTERACTIONS))])
    weighted = np.array(INTENT_WEIGHTS) @ counts
    touches = world.touches
    read = (touches.time >= START - WINDOW_DAYS * DAY) & (touches.time < END)
    groups = []
    for code, campaign in enumerate(CAMPAIGNS):
        reached = len(np.unique(touches.person[read & (touches.campaign == code)]))
        each = dict(zip(INTERACTIONS, np.round(counts[:, code], 6).tolist(), strict=True))
        groups.append(
            {
                "key": {"platform.campaign": campaign.name},
                "interactions": each,
                "weighted_interactions": round(float(weighted[code]), 6),
                "reached": reached,
                "index": ratio(1000 * weighted[code], reached),
            }
        )
    return {"groups": groups}


def lift(world: World) -> Answer:
    """Compare both arms by what they ordered after the assignment, within the month.

    ``people`` are those whom the brand's file of orders knows, ``arm_people`` the whole arm, over
    which the rates are.
    """
    people, orders = world.people, world.orders
    counts = within(orders.time) & (orders.time > people.assigned[orders.person])
    bought = np.bincount(orders.person[counts], minlength=people.people)
    spent = np.zeros(people.people, dtype=np.int64)
    np.add.at(spent, orders.person[counts], orders.amount[counts])
    known = np.isin(np.arange(people.people), orders.person)
    groups: list[Answer] = []
    for arm in ("test", "control"):
        whole = people.is_user & (people.arm == ARMS.index(arm))
        who = whole & known
        groups.append(
            {
                "key": {"platform.arm": arm},
                "people": int(who.sum()),
                "arm_people": int(whole.sum()),
                "converters": int((bought[who] > 0).sum()),
                "conversions": int(bought[who].sum()),
                "sums": {"value": money(spent[who].sum())},
                "squares": {
                    "conversions": int((bought[who] ** 2).sum()),
                    "value": round(int((spent[who] ** 2).sum()) / 10_000, 4),
                },
            }
        )
    test, control = ((group["conversions"], group["arm_people"]) for group in groups)
    rates = {"test_rate": ratio(*test), "control_rate": ratio(*control)}
    if not test[1] or not control[1]:
        return {"groups": groups, "total": rates}
    difference = test[0] / test[1] - control[0] / control[1]
    relative = ratio(difference, control[0] / control[1])
    changed = {"difference": round(difference, 6), "relative_lift": relative}
    return {"groups": groups, "total": {**rates, **changed}}
