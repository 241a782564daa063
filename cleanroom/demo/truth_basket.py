"""Count which categories the matched customers of the month bought together, pair by pair."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np

from cleanroom.demo.clock import END, START
from cleanroom.demo.customers import CATEGORIES
from cleanroom.demo.truth_people import ratio
from cleanroom.demo.world import World


def basket(world: World) -> dict[str, Any]:
    """Return people, support and lift of every pair that somebody bought, and of the categories."""
    orders = world.orders
    counted = (orders.time >= START) & (orders.time < END) & world.people.is_matched[orders.person]
    bought = np.zeros((world.people.people, len(CATEGORIES)), dtype=np.bool_)
    bought[orders.person[counted], orders.category[counted]] = True
    buyers = int(bought.any(axis=1).sum())
    alone = bought.sum(axis=0)
    groups = []
    for one, other in combinations(range(len(CATEGORIES)), 2):
        both = int((bought[:, one] & bought[:, other]).sum())
        if both:
            key = {"category": CATEGORIES[one], "bought_with": CATEGORIES[other]}
            lift = ratio(both * buyers, alone[one] * alone[other])
            support = ratio(both, buyers)
            groups.append({"key": key, "people": both, "support": support, "basket_lift": lift})
    categories = [
        {"key": {"category": name}, "people": int(count), "support": ratio(count, buyers)}
        for name, count in zip(CATEGORIES, alone, strict=True)
        if count
    ]
    return {"groups": groups, "categories": categories, "total": {"people": buyers}}
