"""The asker's half of the function (RFC 9497, section 3.3.2), but for how it blinds.

The RFC multiplies an input's element by a random scalar r and later by its inverse.  Here r times
the generator is added, and r times the published key is taken away from what comes back: the same
output and the same messages, with tables of both points instead of two long multiplications.  That
is safe because the key is the published one and the proof against it was checked before: see
docs/adr/0044.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

from protocols.curve25519 import group
from protocols.curve25519.lanes import LANES, U8
from protocols.errors import InvalidMessageError, LocalError
from protocols.limits import VOPRF_BATCH
from protocols.randomness import Random
from protocols.voprf.group import (
    SCALAR_BYTES,
    Elements,
    base_of,
    check_public_key,
    hash_to_points,
    split,
)
from protocols.voprf.proof import verify
from protocols.voprf.server import ServerKey, check_input, output


@dataclass(frozen=True)
class Blinded:
    """A batch on its way: ``elements`` go to the key's owner, who learns nothing from them.

    To each input's element a fresh uniform multiple of the generator is added, so the sums are
    uniform and independent of the inputs, whatever they are.
    """

    inputs: tuple[bytes, ...] = field(repr=False)
    scalars: U8 = field(repr=False)
    sent: Elements

    @property
    def elements(self) -> tuple[bytes, ...]:
        """Return the blinded elements, 32 bytes each."""
        return self.sent.encoded

    def finalize(self, evaluated: Sequence[bytes], proof: bytes, public: bytes) -> list[bytes]:
        """Return the outputs, 64 bytes each, once the proof of the published key has been checked.

        Raise ``InvalidMessageError`` for another number of elements, ``InvalidElementError`` for a
        bad one, ``InvalidKeyError`` for a bad key, ``InvalidProofError`` if the proof fails.
        """
        if len(evaluated) != len(self.sent):
            raise InvalidMessageError(
                f"{len(evaluated)} answers came for {len(self.sent)} questions"
            )
        check_public_key(public)
        found = Elements.read(evaluated)
        verify(public, self.sent, found, proof)
        # What comes back is k (H + r G) and no other element: the proof said so.
        unblinded = group.subtract(found.points, base_of(public).times(self.scalars))
        encoded = split(group.encode(unblinded).tobytes())
        return list(map(output, self.inputs, encoded))


def blind(inputs: Sequence[bytes], random: Random) -> Blinded:
    """Blind 1 to ``VOPRF_BATCH`` inputs, each with a scalar of its own; else ``LocalError``."""
    if not 1 <= len(inputs) <= VOPRF_BATCH:
        raise LocalError(f"a batch has 1 to {VOPRF_BATCH} inputs, not {len(inputs)}")
    for message in inputs:
        check_input(message)
    scalars = group.draw_scalars(len(inputs), random)
    points = group.add(hash_to_points(inputs), group.generator().times(scalars))
    return Blinded(tuple(inputs), scalars, Elements.of(points))


@cache
def prepare() -> None:
    """Compile what batches need, or load it: the first question would wait for that for seconds."""
    key = ServerKey.derive(bytes(SCALAR_BYTES))
    asked = blind([bytes([place]) for place in range(LANES)], lambda count: b"\1" * count)
    evaluated, proof = key.evaluate(list(asked.elements), lambda count: b"\1" * count)
    asked.finalize(evaluated, proof, key.public)
