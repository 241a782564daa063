"""Count the plain answers about paths: which touches came one after another before an order.

Each person's touches and first order of the month are written down as one line of events, and the
lines are read from the left: no interval is cut and nothing is inserted into counted steps.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import numpy.typing as npt

from cleanroom.demo.clock import DAY, END, START, WINDOW_DAYS
from cleanroom.demo.media import CAMPAIGNS, CHANNEL_OF, CHANNELS
from cleanroom.demo.truth_events import within
from cleanroom.demo.truth_people import Answer, ratio
from cleanroom.demo.world import World

I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]

MOST_CHANNELS = len(CHANNELS)
"""Distinct channels of a path that enter the synergy of pairs: all there are."""


class Paths:
    """Hold the first order of each person in the month, and the touches that qualify for it."""

    def __init__(self, world: World) -> None:
        orders = world.orders
        asked = np.flatnonzero(within(orders.time))
        asked = asked[np.lexsort((orders.time[asked], orders.person[asked]))]
        self.person, first = np.unique(orders.person[asked], return_index=True)
        self.time, self.cents = orders.time[asked[first]], orders.amount[asked[first]]
        self._order_of = np.full(world.people.people, -1, dtype=np.int64)
        self._order_of[self.person] = np.arange(len(self.person))
        touches = world.touches
        read = (touches.time >= START - WINDOW_DAYS * DAY) & (touches.time < END)
        self._touches = touches.person[read], touches.time[read], touches.campaign[read]

    def journeys(self) -> list[tuple[int, list[int]]]:
        """Return each earning order, by its place, with the campaigns before it, oldest first."""
        person, time, campaign = self._touches
        place = self._order_of[person]
        ago = np.where(place >= 0, self.time[place] - time, -1)
        kept = np.flatnonzero((ago > 0) & (ago <= WINDOW_DAYS * DAY))
        kept = kept[np.lexsort((time[kept], place[kept]))]
        places, begins = np.unique(place[kept], return_index=True)
        found = np.split(campaign[kept], begins[1:]) if len(places) else []
        return [(int(p), path.tolist()) for p, path in zip(places, found, strict=True)]

    def steps(self, earning: I64) -> I64:
        """Count the steps of all users: from campaign or start to campaign, order or end.

        An order that earns stands in its person's line; the next touch starts a new line.
        """
        person, time, campaign = self._touches
        order, start, stop = len(CAMPAIGNS), len(CAMPAIGNS), len(CAMPAIGNS) + 1
        who = np.concatenate((person, self.person[earning]))
        at = np.concatenate((time, self.time[earning]))
        what = np.concatenate((campaign, np.full(len(earning), order)))
        # A touch in the second of the order comes after it: it does not qualify.
        line = np.lexsort((what != order, at, who))
        who, what = who[line], what[line]
        counted = np.zeros((start + 1, stop + 1), dtype=np.int64)
        same = who[1:] == who[:-1]
        goes_on = np.r_[False, same & (what[:-1] != order)]
        before = np.where(goes_on, np.r_[start, what[:-1]], start)
        np.add.at(counted, (before, what), 1)
        ends = np.r_[~same, True] & (what != order)
        np.add.at(counted, (what[ends], np.full(int(ends.sum()), stop)), 1)
        return counted


def markov(world: World) -> Answer:
    """Share the first orders of people in proportion to the removal effects of the campaigns."""
    paths = Paths(world)
    earning = np.array([place for place, _ in paths.journeys()], dtype=np.int64)
    counted = paths.steps(earning).astype(np.float64)
    whole = _converts(counted, None)
    # Among very few people nobody may have ordered, and no campaign then earned anything.
    without = np.array([_converts(counted, code) for code in range(len(CAMPAIGNS))])
    effects = 1 - without / whole if whole else np.zeros(len(CAMPAIGNS))
    shares = effects / (effects.sum() or 1)
    cents = int(paths.cents[earning].sum())
    groups = [
        {
            "key": {"platform.campaign": campaign.name},
            "conversions": round(float(shares[code]) * len(earning), 6),
            "sums": {"value": round(float(shares[code]) * cents / 100, 4)},
            "share": round(float(shares[code]), 6),
        }
        for code, campaign in enumerate(CAMPAIGNS)
    ]
    return {"groups": groups, "total": _total(paths, len(earning))}


def _total(paths: Paths, attributed: int) -> Answer:
    asked = len(paths.person)
    return {
        "conversions": asked,
        "attributed": attributed,
        "unattributed": asked - attributed,
    }


def _converts(counted: F64, removed: int | None) -> float:
    """Return the chance of an order from the start; who would meet ``removed`` is lost instead."""
    size = len(counted)
    chance = counted / np.maximum(counted.sum(axis=1, keepdims=True), 1)
    onward = np.zeros((size, size))
    onward[:, : size - 1] = chance[:, : size - 1]
    if removed is not None:
        onward[:, removed] = 0
    return float(np.linalg.solve(np.eye(size) - onward, chance[:, size - 1])[-1])


def sequence(world: World) -> Answer:
    """Share each first order among the steps of its path; hold pairs of channels against chance."""
    paths = Paths(world)
    size = len(CHANNELS)
    steps, cents = np.zeros((size + 1, size)), np.zeros((size + 1, size))
    met = np.zeros((size, size), dtype=np.int64)
    journeys = paths.journeys()
    for place, campaigns in journeys:
        path = CHANNEL_OF[campaigns]
        begun = np.r_[size, path[:-1]]
        np.add.at(steps, (begun, path), 1 / len(path))
        np.add.at(cents, (begun, path), float(paths.cents[place]) / len(path))
        kinds = np.unique(path)
        met[np.ix_(kinds, kinds)] += 1
    groups = [
        {
            "key": {"from": None if before == size else CHANNELS[before], "to": CHANNELS[after]},
            "conversions": round(float(steps[before, after]), 6),
            "sums": {"value": round(float(cents[before, after]) / 100, 4)},
            "rate": ratio(steps[before, after], steps[before].sum()),
        }
        for before, after in zip(*np.nonzero(steps), strict=True)
    ]
    total = _total(paths, len(journeys))
    return {"groups": groups, "total": total, "synergy": _synergy(met, len(journeys))}


def _synergy(met: I64, attributed: int) -> list[Answer]:
    rows = []
    for a, b in combinations(range(len(CHANNELS)), 2):
        expected = ratio(met[a, a] * met[b, b], attributed)
        if expected:
            rows.append(
                {
                    "key": {"first": CHANNELS[a], "second": CHANNELS[b]},
                    "conversions": int(met[a, b]),
                    "expected": expected,
                    "coefficient": ratio(met[a, b] * attributed, met[a, a] * met[b, b]),
                }
            )
    return rows
