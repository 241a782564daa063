"""Count how the matched people that each channel reached moved between the brand's stages."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from cleanroom.demo.clock import END, START
from cleanroom.demo.media import CHANNEL_OF, CHANNELS
from cleanroom.demo.population import STAGES
from cleanroom.demo.truth_people import ratio
from cleanroom.demo.world import World

ALL = "all"


def channel_flow(world: World) -> dict[str, Any]:
    """Return people, rate and coefficient of every move of somebody, by channel and over all."""
    touches = world.touches
    counted = (touches.time >= START) & (touches.time < END)
    counted &= world.people.is_matched[touches.person]
    seen = np.zeros((len(CHANNELS), world.people.people), dtype=np.bool_)
    seen[CHANNEL_OF[touches.campaign[counted]], touches.person[counted]] = True
    before, after = world.brand_stages
    names, size = (*CHANNELS, ALL), len(STAGES)
    flows = {
        name: np.bincount(before[who] * size + after[who], minlength=size * size).reshape(size, -1)
        for name, who in zip(names, (*seen, seen.any(axis=0)), strict=True)
    }
    every = flows[ALL]
    groups = []
    for name, start, end in product(names, range(size), range(size)):
        people, of = int(flows[name][start, end]), flows[name][start].sum()
        usual = every[start, end] / every[start].sum() if people else 0
        if people:
            key = {"platform.channel": name, "from": STAGES[start], "to": STAGES[end]}
            coefficient = None if name == ALL else ratio(people / of, usual)
            rates = {"rate": ratio(people, of), "coefficient": coefficient}
            groups.append({"key": key, "people": people, **rates})
    return {"groups": groups, "total": {"people": int(every.sum())}}
