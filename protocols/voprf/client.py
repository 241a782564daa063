"""The asker's half of the function (RFC 9497, section 3.3.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

from protocols.curve25519.lanes import LANES
from protocols.errors import InvalidMessageError, LocalError
from protocols.limits import VOPRF_BATCH
from protocols.randomness import Random
from protocols.voprf.group import (
    SCALAR_BYTES,
    check_public_key,
    draw_scalar,
    hash_all,
    invert_all,
    multiply_checked,
    multiply_each,
)
from protocols.voprf.proof import verify
from protocols.voprf.server import ServerKey, check_input, output


@dataclass(frozen=True)
class Blinded:
    """A batch on its way: ``elements`` go to the key's owner, who learns nothing from them.

    Each input's element is multiplied by a fresh uniform scalar, so the products are uniform and
    independent of the inputs, whatever they are.
    """

    inputs: tuple[bytes, ...] = field(repr=False)
    scalars: tuple[bytes, ...] = field(repr=False)
    elements: tuple[bytes, ...]

    def finalize(self, evaluated: list[bytes], proof: bytes, public: bytes) -> list[bytes]:
        """Return the outputs, 64 bytes each, once the proof of the published key has been checked.

        Raise ``InvalidMessageError`` for another number of elements, ``InvalidElementError`` for a
        bad one, ``InvalidKeyError`` for a bad key, ``InvalidProofError`` if the proof fails.
        """
        if len(evaluated) != len(self.elements):
            raise InvalidMessageError(
                f"{len(evaluated)} answers came for {len(self.elements)} questions"
            )
        check_public_key(public)
        unblinded = multiply_checked(invert_all(list(self.scalars)), evaluated)
        verify(public, list(self.elements), evaluated, proof)
        return list(map(output, self.inputs, unblinded))


def blind(inputs: Sequence[bytes], random: Random) -> Blinded:
    """Blind 1 to ``VOPRF_BATCH`` inputs, each with a scalar of its own; else ``LocalError``."""
    if not 1 <= len(inputs) <= VOPRF_BATCH:
        raise LocalError(f"a batch has 1 to {VOPRF_BATCH} inputs, not {len(inputs)}")
    for message in inputs:
        check_input(message)
    scalars = tuple(draw_scalar(random) for _ in inputs)
    elements = multiply_each(scalars, hash_all(inputs))
    return Blinded(tuple(inputs), scalars, tuple(elements))


@cache
def prepare() -> None:
    """Compile what batches need, or load it: the first question would wait for that for seconds."""
    key = ServerKey.derive(bytes(SCALAR_BYTES))
    asked = blind([bytes([place]) for place in range(LANES)], lambda count: b"\1" * count)
    evaluated, proof = key.evaluate(list(asked.elements), lambda count: b"\1" * count)
    asked.finalize(evaluated, proof, key.public)
