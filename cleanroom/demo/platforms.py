"""Put a second platform beside the first: whom it knows, its room, and the truth about both.

The brand is called acme there and the platforms douyin and weibo: three members of one room.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from cleanroom.demo import truth_people as people
from cleanroom.demo.media import Touches, make_impressions, make_touches
from cleanroom.demo.truth_cross import cross_attribution
from cleanroom.demo.world import World

Bools = npt.NDArray[np.bool_]

_KNOWN = (0.45, 0.25, 0.2)
"""Shares of the people of both, of other customers and of other users that it knows."""


def known_people(world: World, seed: int) -> Bools:
    """Mark the people whom the second platform knows; the same seed marks the same ones."""
    random = np.random.default_rng([seed, 2])
    found = world.people
    kinds = [found.is_matched, found.is_customer, found.is_user]
    marked: Bools = random.random(found.people) < np.select(kinds, _KNOWN)
    return marked


def second_touches(world: World, known: Bools, seed: int) -> Touches:
    """Make up what the second platform showed to the people whom it knows.

    To anybody if it knows nobody, which happens in the smallest examples.
    """
    random = np.random.default_rng([seed, 3])
    made = make_touches(make_impressions(world.people, random), world.people, random)
    people = np.flatnonzero(known if known.any() else ~known)
    someone = random.choice(people, size=world.people.people)
    return replace(made, person=someone[made.person])


def describe(world: World, known: Bools, touches: Touches) -> dict[str, Any]:
    """Return the answers of the room of both platforms, and which of them know a customer."""
    age = people.columns(world)["platform.age_band"]
    customer, first = world.people.is_customer, world.people.is_user
    groups = {"douyin": first & ~known, "weibo": known & ~first, "douyin+weibo": first & known}
    return {
        "jobs": {
            "at-douyin": people.overlap(world, (age,)),
            "at-weibo": people.overlap(world, (age,), known),
            "credit": cross_attribution(world, {"douyin": world.touches, "weibo": touches}),
        },
        "known_to": {name: int((customer & some).sum()) for name, some in groups.items()},
    }
