"""Join the rows of one hub with those of several others, and release who knows which of them."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cleanroom.engine import hub_credit, hub_segment, release
from cleanroom.engine.layout import SideRows
from cleanroom.engine.match import in_turn, match
from cleanroom.engine.release import (
    Inputs,
    Integers,
    Passed,
    Release,
    Terms,
    places_of,
    release_counts,
    threshold,
)
from cleanroom.queries.hub import Hub
from cleanroom.queries.plan import HUB
from protocols.errors import InvalidMessageError
from protocols.randomness import Random

Held = npt.NDArray[np.int16]
"""Shape (rows of the hub, others): 0 where the other has no such row, else 1 + its code."""


@dataclass(frozen=True, kw_only=True)
class HubInputs(Terms):
    """Everything that one release of a hub's rows is computed from.

    Each row of the hub has one token for every other, in their order; ``others`` are taken in turn,
    so that one of them is in memory at a time.
    """

    hub: SideRows
    others: Iterable[SideRows]

    @property
    def valued(self) -> SideRows:
        """Return the rows of the hub: its values are summed, if any are."""
        return self.hub


def join(hub: SideRows, others: Iterable[SideRows], count: int) -> Held:
    """Find each row of the hub at each of ``count`` others, by the token that is for that one.

    Rows without their flag are nobody.  Raises ``InvalidMessageError`` if a side repeats a token,
    or rows of the hub have another number of them.
    """
    held: Held = np.zeros((len(hub), count), dtype=np.int16)
    for place, own, other in in_turn(hub, others, count):
        matches = match(own, other, HUB)
        counted = other.flag[matches.platform]
        held[matches.brand[counted], place] = 1 + other.cell[matches.platform[counted]]
    held[~hub.flag] = 0
    return held


def cells_of(shape: Hub, held: Held, label: Integers) -> Integers:
    """Return the cell of each row of the hub in the first table, -1 for whom nobody knows."""
    number = np.zeros(len(held), dtype=np.int64)
    for place in range(held.shape[1]):
        number |= (held[:, place] > 0).astype(np.int64) << place
    if shape.frequencies:
        return number - 1
    return np.where(number > 0, (number - 1) * shape.labels + label, -1)


def count_people(shape: Hub, held: Held, cell: Integers) -> Integers:
    """Count the rows of the hub in every cell of every table."""
    known = cell >= 0
    if not shape.frequencies:
        return np.bincount(cell[known], minlength=shape.cells).astype(np.int64)
    often = np.minimum(held[known].sum(axis=1, dtype=np.int64), shape.frequencies) - 1
    return np.concatenate(
        [
            np.bincount(cell[known], minlength=shape.sets),
            np.bincount(often, minlength=shape.frequencies),
            [known.sum()],
        ]
    ).astype(np.int64)


def compute_release(inputs: HubInputs, random: Random, executor: Executor | None = None) -> Release:
    """Join all sides and release what passes the threshold.

    Raises ``InvalidMessageError`` or ``InvalidCiphertextError`` if a side's rows are not honest
    ones; nothing is released then.
    """
    if inputs.plan.activates:
        return hub_segment.release(inputs, inputs.hub, inputs.others, random, executor)
    if inputs.plan.veiled:
        return hub_credit.release(inputs, inputs.hub, inputs.others, random, executor)
    cell, counts = _counted(inputs)

    def add(place_of: Integers) -> list[int]:
        place, key = place_of[cell], inputs.value_key
        if inputs.hub.ciphertexts is None or key is None:
            raise InvalidMessageError("the hub uploaded no ciphertexts")
        wanted = place >= 0
        rows = inputs.hub.ciphertexts[wanted]
        return key.sum_groups(rows, place[wanted], inputs.plan.outputs, executor)

    return release_counts(inputs, counts.tolist(), add, random, executor)


def release_joined(
    inputs: Inputs | HubInputs, random: Random, executor: Executor | None = None
) -> Release:
    """Join two sides or a hub with its others, and release as ``compute_release`` does."""
    if isinstance(inputs, HubInputs):
        return compute_release(inputs, random, executor)
    return release.compute_release(inputs, random, executor)


def passing(inputs: HubInputs, random: Random) -> tuple[Passed, Integers]:
    """Return what passes the threshold, and the place of every row of the hub, -1 for none."""
    cell, counts = _counted(inputs)
    passed = threshold(inputs, counts.tolist(), random)
    return passed, places_of(inputs.plan, passed)[cell]


def _counted(inputs: HubInputs) -> tuple[Integers, Integers]:
    shape = inputs.plan.hub
    if shape is None:
        raise InvalidMessageError("the question has no hub")
    held = join(inputs.hub, inputs.others, len(shape.others))
    cell = cells_of(shape, held, inputs.hub.cell)
    return cell, count_people(shape, held, cell)
