"""Find the people of a hub whom all others know, or the first one alone, and tell that one who."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Executor
from dataclasses import dataclass, replace

import numpy as np

from cleanroom.engine.layout import SideRows
from cleanroom.engine.match import in_turn, match
from cleanroom.engine.release import Integers, Release, Terms, release_counts
from cleanroom.queries.hub import Hub
from cleanroom.queries.plan import HUB
from protocols.errors import InvalidMessageError
from protocols.randomness import Random


@dataclass(frozen=True)
class Segment:
    """Pair row ``hub[i]`` of the segment with row ``first[i]`` of the first other."""

    hub: Integers
    first: Integers


def find(shape: Hub, hub: SideRows, others: Iterable[SideRows]) -> Segment:
    """Join rows of the hub with those of each other, and keep those of the segment.

    Raises ``InvalidMessageError`` if a side repeats a token, or rows of the hub have another
    number of them than there are others.
    """
    count = len(shape.others)
    known = np.zeros((len(hub), count), dtype=np.bool_)
    at_first = np.full(len(hub), -1, dtype=np.int64)
    for place, own, other in in_turn(hub, others, count):
        rows = match(own, other, HUB)
        known[rows.brand, place] = True
        if place == 0:
            at_first[rows.brand] = rows.platform
    rest = known[:, 1:].all(axis=1) if shape.segment == "all" else ~known[:, 1:].any(axis=1)
    inside = np.flatnonzero(hub.flag & known[:, 0] & rest)
    return Segment(inside, at_first[inside])


def release(
    terms: Terms,
    hub: SideRows,
    others: Iterable[SideRows],
    random: Random,
    executor: Executor | None = None,
) -> Release:
    """Count the segment; return the first one's rows of it if the size passes the threshold.

    Raises ``InvalidMessageError`` if a side's rows are not honest ones; nothing is released then.
    """
    shape = terms.plan.hub
    if shape is None:
        raise InvalidMessageError("the question has no hub")
    found = find(shape, hub, others)
    made = release_counts(terms, [len(found.hub)], lambda _places: [], random, executor)
    return replace(made, matched=np.sort(found.first) if made.groups else None)
