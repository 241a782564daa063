"""Share conversions equally among the others that touched their person, unseen by all of these.

A row of the hub is a conversion, with one token for each other: of its person, its number among
that person's conversions, and its tick.  A row of an other is a person and such a number, with a
token for every tick at which one of its touches would count.  Labels stand beside tokens, each
under a pad that both sides draw from what the token is made of: the mediator reads the label of a
tick that was met, and of no other one.

A row of an other that two rows of the hub meet is left out, so that nobody is counted at two ticks.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np

from cleanroom.engine.layout import SideRows
from cleanroom.engine.match import in_turn, match_tokens
from cleanroom.engine.release import Integers, Release, Terms, release_counts
from cleanroom.queries.hub import Hub
from cleanroom.queries.plan import HUB
from protocols.errors import InvalidMessageError
from protocols.randomness import Random


@dataclass(frozen=True)
class Credits:
    """Give the cell ``cell[i]`` one of ``among[i]`` equal parts of the hub's row ``row[i]``."""

    row: Integers
    cell: Integers
    among: Integers


def share(shape: Hub, hub: SideRows, others: Iterable[SideRows]) -> Credits:
    """Join rows of the hub with those of each other, and say who gets how much of which.

    Raises ``InvalidMessageError`` if a side repeats a token, or rows of the hub have another
    number of them than there are others.
    """
    count = len(shape.others)
    label = np.full((len(hub), count), -1, dtype=np.int64)
    for at, own, other in in_turn(hub, others, count):
        rows, tokens = match_tokens(own, other, HUB)
        veiled = other.cell[rows.platform, tokens.platform]
        label[rows.brand, at] = (veiled - hub.cell[rows.brand, at]) % shape.credits
    met = label >= 0
    row, place = np.nonzero(met)
    return Credits(row, place * shape.credits + label[row, place], met.sum(axis=1)[row])


def count_people(shape: Hub, hub: SideRows, credits: Credits, *, silent: bool) -> Integers:
    """Count the people of every cell in parts: each counts once in all cells together.

    ``silent`` answers have no noise to keep a sensitivity for: a person counts whole in each cell.
    """
    part = np.full(len(credits.row), shape.units) if silent else shape.units // credits.among
    part = np.where(hub.flag[credits.row], part, 0)
    counts = np.zeros(shape.cells, dtype=np.int64)
    np.add.at(counts, credits.cell, part)
    return counts


def release(
    terms: Terms,
    hub: SideRows,
    others: Iterable[SideRows],
    random: Random,
    executor: Executor | None = None,
) -> Release:
    """Share the hub's rows and release what passes the threshold.

    Raises ``InvalidMessageError`` or ``InvalidCiphertextError`` if a side's rows are not honest
    ones; nothing is released then.
    """
    shape, key, outputs = terms.plan.hub, terms.value_key, terms.plan.outputs
    if shape is None or key is None or hub.ciphertexts is None:
        raise InvalidMessageError("the hub uploaded no ciphertexts")
    credits, ciphertexts = share(shape, hub, others), hub.ciphertexts
    counts = count_people(shape, hub, credits, silent=not terms.charge.people.scale)
    most = len(shape.others)
    weights = [shape.units // among for among in range(1, most + 1)]

    def add(place_of: Integers) -> list[int]:
        # By place and by how many share a row first: one weight is then for a whole sum.
        place = place_of[credits.cell]
        group = np.where(place >= 0, place * most + credits.among - 1, -1)
        found = key.sum_groups(ciphertexts[credits.row], group, outputs * most, executor)
        return [
            key.weighted_product(found[first : first + most], weights)
            for first in range(0, len(found), most)
        ]

    return release_counts(terms, counts.tolist(), add, random, executor)
