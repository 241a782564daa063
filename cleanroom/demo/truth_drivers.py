"""Grow the decision tree of the example's question from the people themselves (Quinlan's ID3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from cleanroom.demo.population import STAGES
from cleanroom.demo.truth_people import Column, columns, ratio
from cleanroom.demo.world import World

ATTRIBUTES = ("brand.tier", "platform.age_band", "platform.city_tier")
BUYERS = ("P", "L")
"""Whoever is at one of these stages in the brand's records after the month has the outcome."""
DEPTH = 2

Bools = npt.NDArray[np.bool_]
Node = dict[str, Any]


def drivers(world: World) -> Node:
    """Split the matched people by what tells most about buying, twice at most."""
    matched = world.people.is_matched
    bought = world.brand_stages[1] >= STAGES.index(BUYERS[0])
    known = columns(world)
    by = [known[name] for name in ATTRIBUTES]
    root, *groups = _grow(matched, bought, by, {})
    gains = {name: gain for gain, name in _gains(matched, bought, by)}
    return {"groups": groups, "total": root, "gains": gains}


def _grow(people: Bools, bought: Bools, by: Sequence[Column], key: dict[str, str]) -> list[Node]:
    """Return a node, then those below it."""
    left = [column for column in by if column[0] not in key]
    best, name = max(_gains(people, bought, left), key=lambda one: one[0], default=(0.0, ""))
    split = name if len(key) < DEPTH and best > 0 else None
    met = people & bought
    nodes: list[Node] = [
        {
            "key": key,
            "people": int(people.sum()),
            "with_outcome": int(met.sum()),
            "rate": ratio(met.sum(), people.sum()),
            "split_by": split,
        }
    ]
    for column, codes, labels in left:
        # Labels as text come in another order than the example lists them.
        for label in sorted(labels) if column == split else ():
            below = people & (codes == labels.index(label))
            if below.any():
                nodes += _grow(below, bought, by, {**key, column: label})
    return nodes


def _gains(people: Bools, bought: Bools, by: Sequence[Column]) -> list[tuple[float, str]]:
    """Return the information gain of each column, in bits."""
    found = []
    for name, codes, labels in by:
        parts = [people & (codes == code) for code in range(len(labels))]
        inside = sum(part.sum() * _entropy(part, bought) for part in parts) / max(1, people.sum())
        found.append((round(float(_entropy(people, bought) - inside), 12), name))
    return found


def _entropy(people: Bools, bought: Bools) -> float:
    both = np.array([(people & bought).sum(), (people & ~bought).sum()])
    shares = both[both > 0] / max(1, both.sum())
    return float(-(shares * np.log2(shares)).sum())
