"""Transfer one of two seeds obliviously, 212 times or 220: the base transfers of an extension.

The construction is that of Naor and Pinkas, "Efficient Oblivious Transfer Protocols" (SODA 2001,
section 3), on the curve P-256 (FIPS 186-5, SP 800-186): the sender publishes a random point C and
R = rG, both used in every transfer of one batch and in no other batch; the receiver with choice
bit c draws k, sets K_c = kG and K_(1-c) = C - K_c, and sends K_0.  The seeds are hashes of r K_0
and r K_1, tagged with the transfer's number; the receiver knows k R = r K_c.  The receiver's
choice is hidden without any assumption, K_0 being uniform.  The sender's other seed is hidden
under the computational Diffie-Hellman assumption with the hash as a random oracle: knowing both
points r K_0 and r K_1 is knowing their sum rC.  The offer is part of the hash, so the seeds of two
batches never agree.  ("Simplest OT" needs as little, but its proof has gaps: Genc,
Iovino and Rial, "The simplest protocol for oblivious transfer revisited", 2020.)

Every multiplication by a secret runs in constant time inside OpenSSL, which also checks that a
point lies on the curve; P-256 has prime order, so there is no small subgroup.  Not constant-time:
the passage of scalars through Python integers and the choice between K_0 and K_1.  The addition
works on points that the peer sees anyway.
"""

from __future__ import annotations

import hashlib

import gmpy2
from cryptography.hazmat.primitives.asymmetric import ec

from protocols.alignment.ot.code import FIELD_BITS, LENGTH
from protocols.errors import InvalidElementError, InvalidMessageError
from protocols.randomness import Random, random_below

POINT_BYTES = 64
"""A point is its two coordinates, 32 bytes each, big-endian; infinity has no encoding."""

OFFER_BYTES = 2 * POINT_BYTES
TRANSFERS = FIELD_BITS * LENGTH
"""Base transfers in each direction: one for every level of the tree of every symbol."""

CHOICES_BYTES = TRANSFERS * POINT_BYTES
SEED_BYTES = 16
"""An AES-128 key: the computational security parameter is 128."""

_CURVE = ec.SECP256R1()
_PRIME = gmpy2.mpz(2**256 - 2**224 + 2**192 + 2**96 - 1)
_GROUP_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""The field's prime and the group's order (SP 800-186, section 3.2.1.3)."""


def _load(point: bytes, index: int) -> ec.EllipticCurvePublicKey:
    """Accept a point of the curve; InvalidElementError for anything else."""
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, b"\x04" + point)
    except ValueError:
        raise InvalidElementError("not a point of P-256", index) from None


def _encode(point: ec.EllipticCurvePublicKey) -> bytes:
    numbers = point.public_numbers()
    return numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")


def _private_key(random: Random) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(1 + random_below(_GROUP_ORDER - 1, random), _CURVE)


def _subtract(left: bytes, right: bytes, index: int) -> bytes:
    """Return left - right; InvalidElementError if they are equal or opposite.

    Honest points never are, but with probability 2^-255; equality would make the other point
    infinity, whose multiple anybody knows.
    """
    x1, y1 = (int.from_bytes(left[i : i + 32], "big") for i in (0, 32))
    x2, y2 = (int.from_bytes(right[i : i + 32], "big") for i in (0, 32))
    if x1 == x2:
        raise InvalidElementError("related to the published point", index)
    slope = (y1 + y2) * gmpy2.invert(x1 - x2, _PRIME) % _PRIME
    x3 = (slope * slope - x1 - x2) % _PRIME
    y3 = (slope * (x1 - x3) - y1) % _PRIME
    return int(x3).to_bytes(32, "big") + int(y3).to_bytes(32, "big")


def _seed(batch: bytes, index: int, shared: bytes) -> bytes:
    """Hash a shared x-coordinate to a seed; ``batch`` is one block, so its length is fixed."""
    return hashlib.sha256(batch + index.to_bytes(2, "big") + shared).digest()[:SEED_BYTES]


def _batch(binding: bytes, offer: bytes) -> bytes:
    return hashlib.sha256(b"cleanroom/ot/base\x00" + binding + offer).digest()


class SeedSender:
    """Hold both seeds of every transfer once the receiver's choices are in.

    ``binding`` names the room, the alignment and the direction; it is hashed into every seed.
    """

    def __init__(self, binding: bytes, random: Random, transfers: int = TRANSFERS) -> None:
        self._transfers = transfers
        self._key = _private_key(random)
        self._point = _encode(_private_key(random).public_key())
        self.offer = self._point + _encode(self._key.public_key())
        self._batch = _batch(binding, self.offer)

    def seeds(self, choices: bytes) -> tuple[list[bytes], list[bytes]]:
        """Return the seeds of choice 0 and of choice 1, one for each transfer.

        InvalidMessageError for a wrong length, InvalidElementError for the first bad point.
        """
        if len(choices) != self._transfers * POINT_BYTES:
            raise InvalidMessageError("the choices have the wrong length")
        zeros, ones = [], []
        for index in range(self._transfers):
            point = choices[POINT_BYTES * index : POINT_BYTES * (index + 1)]
            key = _load(point, index)
            other = _load(_subtract(self._point, point, index), index)
            zeros.append(_seed(self._batch, index, self._key.exchange(ec.ECDH(), key)))
            ones.append(_seed(self._batch, index, self._key.exchange(ec.ECDH(), other)))
        return zeros, ones


class SeedReceiver:
    """Choose one seed of every transfer; the sender does not learn which.

    ``bits`` holds the choices, bit ``i`` for transfer ``i``; ``choices`` is the message to send.
    InvalidMessageError or InvalidElementError for an offer that is not a pair of points.
    """

    def __init__(
        self, binding: bytes, offer: bytes, random: Random, transfers: int = TRANSFERS
    ) -> None:
        if len(offer) != OFFER_BYTES:
            raise InvalidMessageError("the offer has the wrong length")
        point, multiple = offer[:POINT_BYTES], _load(offer[POINT_BYTES:], 1)
        _load(point, 0)
        batch = _batch(binding, offer)
        drawn = int.from_bytes(random(-(-transfers // 8)), "little")
        self.bits = drawn & ((1 << transfers) - 1)
        self.seeds: list[bytes] = []
        sent = []
        for index in range(transfers):
            key = _private_key(random)
            chosen = _encode(key.public_key())
            other = _subtract(point, chosen, index)
            sent.append((chosen, other)[self.bits >> index & 1])
            self.seeds.append(_seed(batch, index, key.exchange(ec.ECDH(), multiple)))
        self.choices = b"".join(sent)
