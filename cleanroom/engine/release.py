"""Threshold, sum and mask: from matched rows to ciphertexts that open only what is released."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from cleanroom.documents.agreement import PartyRole
from cleanroom.engine.layout import Bytes, SideRows
from cleanroom.engine.match import Matches, match, match_people
from cleanroom.privacy.release import Pooled, pool, pool_tables
from cleanroom.queries.plan import Charge, Plan
from protocols.errors import InvalidMessageError
from protocols.paillier import PublicKey, release_many
from protocols.randomness import Random, random_below

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What a release obeys, whatever it is made of.

    ``people_noise`` has one number per cell and ``slot_noise`` one row per output (the last is
    for ``other``): the mediator's shares, drawn when the job was accepted.  ``peer_people``
    and ``peer_slots`` have a share of each party that does not receive; these and ``masks`` are
    ciphertexts of shape (outputs, width).
    """

    plan: Plan
    charge: Charge
    receiver_key: PublicKey
    value_key: PublicKey | None
    people_noise: Integers
    slot_noise: Integers
    peer_people: tuple[Bytes, ...] = ()
    peer_slots: tuple[Bytes, ...] = ()
    masks: Bytes | None = None


@dataclass(frozen=True, kw_only=True)
class Inputs(Terms):
    """Everything that one release of matched rows is computed from.

    ``platform_cells`` is how many codes the platform's ``cell`` has: a pair's cell is
    ``brand.cell * platform_cells + platform.cell``, looked up in ``cells`` if the agents sent a
    map.  ``found`` are the matching rows of audiences, where they were looked up before.
    """

    brand: SideRows
    platform: SideRows
    platform_cells: int
    receiver: PartyRole
    cells: npt.NDArray[np.int32] | None = None
    found: Matches | None = None

    @property
    def valued(self) -> SideRows:
        """Return the rows of the side whose values are summed."""
        return self.brand if self.plan.value_side == "brand" else self.platform


@dataclass(frozen=True)
class ReleasedGroup:
    """One released group: where its ciphertexts stand, its cell (-1 for other), cells pooled."""

    position: int
    cell: int
    pooled: int


@dataclass(frozen=True)
class Passed:
    """What passed the threshold: groups with their places, and the noised people of each."""

    groups: tuple[ReleasedGroup, ...]
    pooled: Pooled
    people: tuple[int, ...]


@dataclass(frozen=True)
class Release:
    """What leaves the mediator.

    ``people`` has one ciphertext per released group, in the order of ``groups``, under the
    receiver's key; in rows of a job encryptions of 0 follow, ``plan.outputs`` in all.  ``measures``
    has ``plan.outputs`` of them, whatever is suppressed, under the owner's key; group i's stands at
    ``groups[i].position``.  ``matched`` are the platform's matched rows in rising order, for plans
    that activate and pass the threshold.
    """

    groups: tuple[ReleasedGroup, ...]
    pooled: Pooled
    people: Bytes
    measures: Bytes | None
    matched: Integers | None = None


def compute_release(inputs: Inputs, random: Random, executor: Executor | None = None) -> Release:
    """Match two sides and release what passes the threshold.

    Raises ``InvalidMessageError`` or ``InvalidCiphertextError`` if a side's rows are not honest
    ones; nothing is released then.
    """
    matches = matches_of(inputs)
    cell = pair_cells(inputs, matches)
    counts = count_people(inputs, matches, cell)

    def add(place_of: Integers) -> list[int]:
        return _sums(inputs, matches, place_of[cell], executor)

    release = release_counts(inputs, counts.tolist(), add, random, executor)
    activates = inputs.plan.activates and release.groups
    return replace(release, matched=np.sort(matches.platform) if activates else None)


def matches_of(inputs: Inputs) -> Matches:
    """Return the pairs of rows that a question counts; what leaves people out decides no match."""
    sides = inputs.brand, inputs.platform
    if inputs.found is not None:
        return inputs.found.inside(*sides)
    if inputs.plan.source == "audience":
        return match_people(*sides).inside(*sides)
    return match(*sides, inputs.receiver).inside(*sides)


def release_counts(
    terms: Terms,
    counts: Sequence[int],
    add: Callable[[Integers], list[int]],
    random: Random,
    executor: Executor | None = None,
) -> Release:
    """Add the mediator's noise to the people of every cell and release what passes the threshold.

    ``add`` takes the place of every cell among the outputs, -1 for none (the last entry stands
    for cell -1), and returns the encrypted sums of all outputs.
    """
    passed = threshold(terms, counts, random)
    sums = add(places_of(terms.plan, passed)) if terms.plan.slots and terms.value_key else None
    return finish(terms, passed, sums, random, executor)


def threshold(terms: Terms, counts: Sequence[int], random: Random) -> Passed:
    """Add the mediator's noise to the people of every cell and choose what is released."""
    plan, charge = terms.plan, terms.charge
    noised = [int(n) + int(e) for n, e in zip(counts, terms.people_noise, strict=True)]
    terms_of = (charge.k * charge.units, charge.people, charge.shares)
    firsts = plan.firsts
    pooled = pool_tables(noised, firsts, *terms_of) if firsts else pool(noised, *terms_of)
    groups = _positions(pooled, plan, random)
    people = tuple(
        sum(noised[cell] for cell in (pooled.other if group.cell < 0 else [group.cell]))
        for group in groups
    )
    rules = tuple(replace(rule, needed=charge.in_people(rule.needed)) for rule in pooled.rules)
    return Passed(groups, replace(pooled, rules=rules), people)


def places_of(plan: Plan, passed: Passed) -> Integers:
    """Return the place of every cell among the outputs, -1 for none; the last is that of -1."""
    place_of = np.full(plan.cells + 1, -1, dtype=np.int64)
    for group in passed.groups:
        place_of[list(passed.pooled.other) if group.cell < 0 else group.cell] = group.position
    return place_of


def finish(
    terms: Terms,
    passed: Passed,
    sums: list[int] | None,
    random: Random,
    executor: Executor | None = None,
    wrapped: bool = False,
) -> Release:
    """Encrypt the people and mask the sums of all outputs; ``wrapped`` after a lattice."""
    return Release(
        groups=passed.groups,
        pooled=passed.pooled,
        people=_encrypt_people(terms, passed.groups, passed.people, random, executor),
        measures=_measures(terms, passed.groups, sums, random, executor, wrapped),
    )


def pair_cells(inputs: Inputs, matches: Matches) -> Integers:
    """Return the output cell of each matched pair, -1 where the agents' map drops it."""
    brand = inputs.brand.cell[matches.brand]
    platform = inputs.platform.cell[matches.platform]
    combined: Integers = brand * inputs.platform_cells + platform
    if inputs.cells is None:
        return combined
    mapped = inputs.cells[combined].astype(np.int64)
    if len(mapped) and not (mapped.min() >= -1 and mapped.max() < inputs.plan.cells):
        raise InvalidMessageError("the map of cells points outside the question's groups")
    return mapped


def count_people(inputs: Inputs, matches: Matches, cell: Integers) -> Integers:
    """Count the matched pairs that stand for a person, per cell; with tables in each of them."""
    counted = inputs.brand.flag[matches.brand] & inputs.platform.flag[matches.platform]
    counted &= cell >= 0
    if not inputs.plan.margins:
        return np.bincount(cell[counted], minlength=inputs.plan.cells).astype(np.int64)
    met = matches.met(inputs.brand, inputs.platform)[counted]
    held, people = np.unique(2 * cell[counted] + met, return_counts=True)
    counts = np.zeros(inputs.plan.cells, dtype=np.int64)
    for margin in inputs.plan.margins:
        np.add.at(counts, margin.cell(held // 2, held % 2 == 1), people)
    return counts


def _positions(pooled: Pooled, plan: Plan, random: Random) -> tuple[ReleasedGroup, ...]:
    """Give every released group a random place, so that places say nothing about labels."""
    places = shuffled(plan.outputs, random)
    groups = [
        ReleasedGroup(place, cell, 1) for place, cell in zip(places, pooled.released, strict=False)
    ]
    if pooled.other:
        groups.append(ReleasedGroup(places[len(groups)], -1, len(pooled.other)))
    return tuple(sorted(groups, key=lambda group: group.position))


def shuffled(count: int, random: Random) -> list[int]:
    """Return 0..count-1 in a uniformly random order (Fisher and Yates)."""
    places = list(range(count))
    for last in range(count - 1, 0, -1):
        chosen = random_below(last + 1, random)
        places[last], places[chosen] = places[chosen], places[last]
    return places


def _encrypt_people(
    inputs: Terms,
    groups: Sequence[ReleasedGroup],
    people: Sequence[int],
    random: Random,
    executor: Executor | None,
) -> Bytes:
    """Encrypt the people of every released group.

    Where sides make rows for the job, zeros follow: nobody must see from the time that this takes,
    nor from a digest, how many passed or that none did.
    """
    key = inputs.receiver_key
    count = inputs.plan.people_outputs(len(people))
    fresh = key.encrypt_many([*people, *[0] * (count - len(people))], random, executor)
    for shares in inputs.peer_people:
        for place, group in enumerate(groups):
            fresh[place] = key.add(fresh[place], read_row(key, shares, _share(inputs, group)))
    return as_rows(key, fresh)


def _measures(
    inputs: Terms,
    groups: Sequence[ReleasedGroup],
    sums: list[int] | None,
    random: Random,
    executor: Executor | None,
    wrapped: bool,
) -> Bytes | None:
    key = inputs.value_key
    if sums is None or key is None:
        return None
    slots = [slot.slot for slot in inputs.plan.slots]
    noise = [[0] * len(slots) for _ in sums]
    for group in groups:
        share = _share(inputs, group)
        noise[group.position] = inputs.slot_noise[share].tolist()
        for shares in inputs.peer_slots:
            peer = read_row(key, shares, share)
            sums[group.position] = key.add(sums[group.position], peer)
    if inputs.masks is not None:
        sums = [key.add(c, read_row(key, inputs.masks, place)) for place, c in enumerate(sums)]
    fills = inputs.masks is not None
    return as_rows(key, release_many(key, sums, slots, noise, random, executor, fills, wrapped))


def _share(inputs: Terms, group: ReleasedGroup) -> int:
    """Return the place of a group's noise shares: its cell, the last for other."""
    return group.cell if group.cell >= 0 else inputs.plan.cells


def _sums(
    inputs: Inputs, matches: Matches, place: Integers, executor: Executor | None
) -> list[int]:
    """Add the matched rows of every released group; places without a group stay empty."""
    on_brand = inputs.plan.value_side == "brand"
    rows = matches.brand if on_brand else matches.platform
    side = inputs.brand if on_brand else inputs.platform
    if side.ciphertexts is None or inputs.value_key is None:
        raise InvalidMessageError("the value side uploaded no ciphertexts")
    wanted = place >= 0
    return inputs.value_key.sum_groups(
        side.ciphertexts[rows[wanted]], place[wanted], inputs.plan.outputs, executor
    )


def read_row(key: PublicKey, rows: Bytes, row: int) -> int:
    """Read and check one ciphertext of an array."""
    return key.check_ciphertext(rows[row].tobytes(), row)


def as_rows(key: PublicKey, ciphertexts: Sequence[int]) -> Bytes:
    """Write ciphertexts as an array of shape (count, width)."""
    joined = b"".join(key.ciphertext_to_bytes(ciphertext) for ciphertext in ciphertexts)
    return np.frombuffer(joined, dtype=np.uint8).reshape(-1, key.ciphertext_bytes)
