"""Work with points of ristretto255 (RFC 9496), many in lanes and a few one by one.

Elements and scalars are rows of 32 bytes, little-endian; points have shape (n, 20) (``points``).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from protocols.curve25519 import encoding
from protocols.curve25519 import points as one_by_one
from protocols.curve25519 import ristretto as in_lanes
from protocols.curve25519.lanes import LANES, U8, U32, U64
from protocols.curve25519.points import ENTRIES, ENTRY, POINT
from protocols.curve25519.sums import sum_many
from protocols.randomness import Random

GENERATOR: Final = bytes.fromhex("e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76")
"""The element of which all others are multiples (RFC 9496, section 4.1)."""

FEW: Final = 14
"""So many are as quick one by one as 32 of them, or fewer, in lanes."""


def whole(count: int) -> int:
    """Return how many of a batch go into lanes: what is left over is few."""
    return count - count % LANES if count % LANES <= FEW else count


def decode(rows: U8) -> tuple[U64, npt.NDArray[np.bool_]]:
    """Return the points of rows and which of these are the one spelling of an element."""
    many, words = whole(len(rows)), rows.view("<u8").astype(np.uint64)
    points, valid = np.empty((len(rows), POINT), np.uint64), np.empty(len(rows), np.uint64)
    encoding.decode(points[many:], valid[many:], words[many:])
    if many:
        points[:many], valid[:many] = in_lanes.decode(rows[:many])
    encoding.spelled(valid, words)
    return points, valid != 0


def decode_in_lanes(rows: U8) -> tuple[U64, npt.NDArray[np.bool_]]:
    """Do the same in lanes alone, however few the rows are."""
    points, spelled = in_lanes.decode(rows)
    valid = spelled.astype(np.uint64)
    encoding.spelled(valid, rows.view("<u8").astype(np.uint64))
    return points, valid != 0


def from_uniform(rows: U8) -> U64:
    """Map rows of 64 uniform bytes to points (RFC 9496, section 4.3.4)."""
    many = whole(len(rows))
    points = np.empty((len(rows), POINT), np.uint64)
    encoding.from_uniform(points[many:], rows[many:].view("<u8").astype(np.uint64))
    if many:
        points[:many] = in_lanes.from_uniform(rows[:many])
    return points


def encode(points: U64) -> U8:
    """Return the elements that points are."""
    many = whole(len(points))
    words = np.empty((len(points), 4), np.uint64)
    encoding.encode(words[many:], points[many:])
    found = words.astype("<u8").view(np.uint8)
    if many:
        found[:many] = in_lanes.encode(points[:many])
    return found


def add(points: U64, others: U64) -> U64:
    """Return the sum of two points at each place."""
    found = points.copy()
    one_by_one.sums(found, others, 1)
    return found


def subtract(points: U64, others: U64) -> U64:
    """Return the difference of two points at each place."""
    found = points.copy()
    one_by_one.sums(found, others, -1)
    return found


def multiply(points: U64, scalar: U8) -> U64:
    """Return each point times one secret scalar below the order, shape (1, 32)."""
    return in_lanes.multiply_each(points, np.repeat(scalar, len(points), axis=0))


def combine(scalars: U8, *batches: U64) -> U64:
    """Return the sum of each batch's points times the scalars at their places; all is public."""
    given = np.stack(batches)
    if len(scalars) > FEW:
        return sum_many(scalars, given)
    found = np.empty((len(batches), POINT), np.uint64)
    one_by_one.sum_public(found, given, scalars)
    return found


@dataclass(frozen=True)
class Base:
    """Multiply one point, known beforehand, by many secret scalars."""

    words: U64
    lanes: U32

    @classmethod
    def of(cls, point: U64) -> Base:
        """Make the tables of a point, shape (1, 20)."""
        words = np.empty((ENTRIES, ENTRY), np.uint64)
        one_by_one.tabulate(words, point)
        return cls(words, one_by_one.halves(words))

    def times(self, scalars: U8) -> U64:
        """Return the point times each scalar below the order."""
        many = whole(len(scalars))
        found = np.empty((len(scalars), POINT), np.uint64)
        one_by_one.multiply_fixed(found[many:], self.words, scalars[many:])
        if many:
            found[:many] = in_lanes.multiply_fixed(self.lanes, scalars[:many])
        return found


@cache
def generator() -> Base:
    """Return the tables of the generator."""
    return Base.of(decode(np.frombuffer(GENERATOR, np.uint8).reshape(1, 32))[0])


def draw_scalars(count: int, random: Random) -> U8:
    """Draw scalars, shape (count, 32), uniform below 2^252.

    The order is less than 2^125 above that, so each is within 2^-127 of uniform below the order.
    """
    drawn = np.frombuffer(random(32 * count), np.uint8).reshape(count, 32).copy()
    drawn[:, 31] &= 0x0F
    return drawn
