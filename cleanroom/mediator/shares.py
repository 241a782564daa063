"""The mediator's noise: drawn once, when a job is accepted, and used by every attempt at it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cleanroom.privacy.noise import NoiseSpec, UnsafeNoNoise, draw_share
from cleanroom.queries.plan import Charge, Plan

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Shares:
    """Noise for every cell's people, and for every slot of every output: shape (outputs, slots)."""

    people: Integers
    slots: Integers

    def pack(self) -> bytes:
        """Return the numbers as bytes, little-endian, people first."""
        return self.people.astype("<i8").tobytes() + self.slots.astype("<i8").tobytes()

    @classmethod
    def unpack(cls, data: bytes, plan: Plan) -> Shares:
        """Read what ``pack`` wrote."""
        numbers = np.frombuffer(data, dtype="<i8").astype(np.int64)
        slots = numbers[plan.cells :].reshape(plan.outputs, len(plan.slots))
        return cls(numbers[: plan.cells], slots)


def draw(plan: Plan, charge: Charge, rehearsal: bool) -> Shares:
    """Draw the mediator's share; none in a rehearsal room that asked for none."""
    unsafe = UnsafeNoNoise() if rehearsal else None

    def share(spec: NoiseSpec, count: int) -> Integers:
        return np.array(draw_share(spec, count, unsafe), dtype=np.int64)

    columns = [share(spec, plan.outputs) for spec in charge.slots]
    slots = np.stack(columns, axis=1) if columns else np.zeros((plan.outputs, 0), dtype=np.int64)
    return Shares(share(charge.people, plan.cells), slots)
