"""Transfer one of two seeds obliviously, 212 times or 220: the base transfers of an extension.

The construction is that of Naor and Pinkas, "Efficient Oblivious Transfer Protocols" (SODA 2001,
section 3), in the group ristretto255 (RFC 9496): the sender publishes a random element C and
R = rG, both used in every transfer of one batch and in no other batch; the receiver with choice
bit c draws k, sets K_c = kG and K_(1-c) = C - K_c, and sends K_0.  The seeds are hashes of r K_0
and r K_1, tagged with the transfer's number; the receiver knows k R = r K_c.  The receiver's
choice is hidden without any assumption, K_0 being uniform.  The sender's other seed is hidden
under the computational Diffie-Hellman assumption with the hash as a random oracle: knowing both
elements r K_0 and r K_1 is knowing their sum rC.  The offer is part of the hash, so the seeds of
two batches never agree.  ("Simplest OT" needs as little, but its proof has gaps: Genc,
Iovino and Rial, "The simplest protocol for oblivious transfer revisited", 2020.)

All transfers of a batch are computed side by side, and the sender multiplies once for both seeds,
as r K_1 = rC - r K_0.  No branch and no place in memory depends on a scalar
(``curve25519.edwards``), and the group has prime order, so there is no small subgroup.  The choice
between K_0 and K_1 is an index.  Lanes alone are used: tables would save some milliseconds of a
batch, and cost everybody's first alignment as many seconds of compiling as all the rest.
"""

from __future__ import annotations

import hashlib

import numpy as np

from protocols.alignment.ot.code import FIELD_BITS, LENGTH
from protocols.curve25519 import group, ristretto
from protocols.curve25519.lanes import U8, U64
from protocols.errors import InvalidElementError, InvalidMessageError
from protocols.randomness import Random

POINT_BYTES = 32
"""An element of the group, as RFC 9496 spells it."""

OFFER_BYTES = 2 * POINT_BYTES
TRANSFERS = FIELD_BITS * LENGTH
"""Base transfers in each direction: one for every level of the tree of every symbol."""

SEED_BYTES = 16
"""An AES-128 key: the computational security parameter is 128."""


def _decode(elements: bytes) -> U64:
    """Return the points of elements; InvalidElementError for the first that is none, or neutral."""
    rows = np.frombuffer(elements, dtype=np.uint8).reshape(-1, POINT_BYTES)
    points, valid = group.decode_in_lanes(rows)
    bad = ~(valid & rows.any(axis=1))
    if bad.any():
        raise InvalidElementError("not an element of ristretto255", int(bad.argmax()))
    return points


def _multiples(element: bytes, scalars: U8) -> U64:
    """Return an element, known to be one, times each scalar."""
    return ristretto.multiply_each(_decode(element * len(scalars)), scalars)


def _seeds(batch: bytes, shared: U64) -> list[bytes]:
    """Hash shared elements to seeds, by number; ``batch`` has 32 bytes, so lengths are fixed."""
    rows = ristretto.encode(shared)
    return [_seed(batch, index, row.tobytes()) for index, row in enumerate(rows)]


def _seed(batch: bytes, index: int, shared: bytes) -> bytes:
    return hashlib.sha256(batch + index.to_bytes(2, "big") + shared).digest()[:SEED_BYTES]


def _batch(binding: bytes, offer: bytes) -> bytes:
    return hashlib.sha256(b"cleanroom/ot/base\x00" + binding + offer).digest()


class SeedSender:
    """Hold both seeds of every transfer once the receiver's choices are in.

    ``binding`` names the room, the alignment and the direction; it is hashed into every seed.
    """

    def __init__(self, binding: bytes, random: Random, transfers: int = TRANSFERS) -> None:
        self._transfers = transfers
        self._scalars = group.draw_scalars(2, random)
        points = _multiples(group.GENERATOR, self._scalars)
        self.offer = ristretto.encode(points).tobytes()
        self._point = points[:1]
        self._batch = _batch(binding, self.offer)

    def seeds(self, choices: bytes) -> tuple[list[bytes], list[bytes]]:
        """Return the seeds of choice 0 and of choice 1, one for each transfer.

        InvalidMessageError for a wrong length, InvalidElementError for the first bad element:
        the published one among them, which would make the other neutral, for everybody to know.
        """
        if len(choices) != self._transfers * POINT_BYTES:
            raise InvalidMessageError("the choices have the wrong length")
        points = _decode(choices)
        rows = np.frombuffer(choices, dtype=np.uint8).reshape(-1, POINT_BYTES)
        same = (rows == np.frombuffer(self.offer, np.uint8, POINT_BYTES)).all(axis=1)
        if same.any():
            raise InvalidElementError("the published element itself", int(same.argmax()))
        products = self._times(np.concatenate([self._point, points]))
        total, zeros = products[:1], products[1:]
        ones = group.subtract(np.repeat(total, len(zeros), axis=0), zeros)
        return _seeds(self._batch, zeros), _seeds(self._batch, ones)

    def _times(self, points: U64) -> U64:
        return group.multiply(points, self._scalars[1:])


class SeedReceiver:
    """Choose one seed of every transfer; the sender does not learn which.

    ``bits`` holds the choices, bit ``i`` for transfer ``i``; ``choices`` is the message to send.
    InvalidMessageError or InvalidElementError for an offer that is not a pair of elements.
    """

    def __init__(
        self, binding: bytes, offer: bytes, random: Random, transfers: int = TRANSFERS
    ) -> None:
        if len(offer) != OFFER_BYTES:
            raise InvalidMessageError("the offer has the wrong length")
        points = _decode(offer)
        drawn = random(-(-transfers // 8))
        self.bits = int.from_bytes(drawn, "little") & ((1 << transfers) - 1)
        scalars = group.draw_scalars(transfers, random)
        chosen = _multiples(group.GENERATOR, scalars)
        others = group.subtract(np.repeat(points[:1], transfers, axis=0), chosen)
        elements = np.stack([ristretto.encode(chosen), ristretto.encode(others)])
        self.choices = _choose(elements, drawn).tobytes()
        shared = _multiples(offer[POINT_BYTES:], scalars)
        self.seeds = _seeds(_batch(binding, offer), shared)


def _choose(elements: U8, drawn: bytes) -> U8:
    """Return of each pair the first where its bit is 0, else the second."""
    count = elements.shape[1]
    bits = np.unpackbits(np.frombuffer(drawn, np.uint8), count=count, bitorder="little")
    chosen: U8 = elements[bits, np.arange(count)]
    return chosen
