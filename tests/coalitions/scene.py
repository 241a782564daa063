"""A small question with two sides, run through the real engine and opened by the real receiver.

``Scene`` holds what both sides know in clear; ``inputs`` makes of it what the mediator holds.
Keys have 512 bits: three slots, the indicator and two measures.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from random import Random
from secrets import token_bytes

import numpy as np

from cleanroom.engine.layout import SideRows
from cleanroom.engine.release import Inputs, Release, as_rows, compute_release
from cleanroom.privacy.noise import Delta, NoiseSpec
from cleanroom.queries.plan import Charge, Plan, Slot
from protocols import paillier

BITS = 512
KEYS = {
    "brand": paillier.generate(BITS, Random(1).randbytes),
    "platform": paillier.generate(BITS, Random(2).randbytes),
}
SILENT = NoiseSpec("none", 0)
MEASURES = ("spend", "orders")


@dataclass(frozen=True)
class Row:
    """One row of one side in clear: a token, a cell, a flag and two measures."""

    token: bytes
    cell: int = 0
    flag: bool = True
    values: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class Scene:
    """Both sides' rows and the question; ``map_of_cells`` is what the agents send, or None."""

    brand: list[Row]
    platform: list[Row]
    cells: tuple[int, int] = (1, 1)
    value_side: str | None = "brand"
    receiver: str = "brand"
    released: tuple[int, ...] = (1,)
    k: int = 1
    noise: NoiseSpec = SILENT
    people_noise: tuple[int, ...] = ()
    slot_noise: tuple[int, ...] = ()
    map_of_cells: tuple[int, ...] | None = None
    outputs: int = 0
    extra: dict = field(default_factory=dict)

    @property
    def count(self) -> int:
        return self.outputs or self.cells[0] * self.cells[1]

    def rows(self, side: str) -> list[Row]:
        return self.brand if side == "brand" else self.platform


def person(name: int | bytes) -> bytes:
    """Return a token: 16 bytes that are one person's."""
    return Random(name).randbytes(16)


def plan_of(scene: Scene) -> Plan:
    slots = tuple(
        Slot(MEASURES[slot - 1], slot, 0, 1000, Delta(1000, 1000)) for slot in scene.released
    )
    return Plan(
        source="job",
        columns=(),
        cells=scene.count,
        value_side=scene.value_side,
        slots=slots if scene.value_side else (),
        people_delta=Delta(1, 1),
        merged=scene.map_of_cells is not None,
        rows=10_000,
        **scene.extra,
    )


def side_rows(scene: Scene, side: str) -> SideRows:
    rows = scene.rows(side)
    ciphertexts = None
    if side == scene.value_side:
        plain = [paillier.pack((1, *row.values)) for row in rows]
        ciphertexts = as_rows(KEYS[side].public, KEYS[side].encrypt_many(plain, token_bytes))
    joined = b"".join(row.token for row in rows)
    return SideRows(
        tokens=np.frombuffer(joined, dtype=np.uint8).reshape(len(rows), 1, 16),
        cell=np.array([row.cell for row in rows], dtype=np.int64),
        flag=np.array([row.flag for row in rows], dtype=np.bool_),
        ciphertexts=ciphertexts,
    )


def inputs_of(scene: Scene) -> Inputs:
    """Return what the mediator computes from, without shares or masks of a peer."""
    plan = plan_of(scene)
    people = scene.people_noise or (0,) * plan.cells
    slots = np.zeros((plan.outputs, len(plan.slots)), dtype=np.int64)
    for slot, share in enumerate(scene.slot_noise):
        slots[:, slot] = share
    return Inputs(
        plan=plan,
        charge=Charge(0.0, scene.k, scene.noise, tuple(scene.noise for _ in plan.slots)),
        brand=side_rows(scene, "brand"),
        platform=side_rows(scene, "platform"),
        platform_cells=scene.cells[1],
        receiver=scene.receiver,
        receiver_key=KEYS[scene.receiver].public,
        value_key=KEYS[scene.value_side].public if scene.value_side else None,
        people_noise=np.array(people, dtype=np.int64),
        slot_noise=slots,
        cells=None if scene.map_of_cells is None else np.array(scene.map_of_cells, dtype=np.int32),
    )


def with_masks(inputs: Inputs) -> tuple[Inputs, list[int]]:
    """Add the masks of a receiver that does not own the values; return them too."""
    blinds, encrypted = paillier.masks_for_peer(inputs.value_key, inputs.plan.outputs, token_bytes)
    return replace(inputs, masks=as_rows(inputs.value_key, encrypted)), blinds


def run(inputs: Inputs, seed: int = 0) -> Release:
    return compute_release(inputs, Random(seed).randbytes)


def decrypt(key: paillier.PrivateKey, rows: np.ndarray) -> list[int]:
    return key.decrypt_many([int.from_bytes(row.tobytes(), "big") for row in rows])


def signed(number: int, n: int) -> int:
    return number - n if number > n // 2 else number


def opened(
    scene: Scene, inputs: Inputs, release: Release, blinds: list[int] | None = None
) -> dict[int, tuple[int, ...]]:
    """Return people and sums by cell, -1 for other, as the receiver reads them."""
    key = KEYS[scene.receiver]
    counts = release.people[: len(release.groups)]
    people = [signed(number, key.public.n) for number in decrypt(key, counts)]
    if release.measures is None:
        return {g.cell: (n,) for g, n in zip(release.groups, people, strict=True)}
    owner = KEYS[scene.value_side]
    plain = decrypt(owner, release.measures)
    if blinds:
        plain = [paillier.unmask(owner.public, m, r) for m, r in zip(plain, blinds, strict=True)]
    slots = [slot.slot for slot in inputs.plan.slots]
    return {
        g.cell: (n, *paillier.unpack_released(plain[g.position], slots))
        for g, n in zip(release.groups, people, strict=True)
    }


def in_clear(scene: Scene) -> tuple[list[int], dict[int, list[int]]]:
    """Count and sum by definition: people per cell, and both measures per cell."""
    platform = {row.token: row for row in scene.platform}
    people, sums = [0] * scene.count, defaultdict(lambda: [0, 0])
    for row in scene.brand:
        other = platform.get(row.token)
        if other is None:
            continue
        cell = row.cell * scene.cells[1] + other.cell
        if scene.map_of_cells is not None:
            cell = scene.map_of_cells[cell]
        if cell < 0:
            continue
        people[cell] += row.flag and other.flag
        for slot, value in enumerate((row if scene.value_side == "brand" else other).values):
            sums[cell][slot] += value
    return people, sums
