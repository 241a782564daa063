"""The arithmetic in lanes, against Python's integers, OpenSSL and a hash written a second time."""

from __future__ import annotations

import secrets

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.curve25519 import elligator, ladder, lanes
from protocols.curve25519.field import A, P
from tests.vectors.independent.curve import map_to_curve

MODULUS, COEFFICIENT = int(P), int(A)
OFFSETS = [-(-51 * limb // 2) for limb in range(10)]
REDUCED = [(1 << 26 - limb % 2) - 1 for limb in range(10)]
REDUCED[1] += 1 << 17
FACTOR = [3 * (1 << 26 - limb % 2) - 1 for limb in range(10)]
"""What ``add`` and ``subtract`` can leave in a limb at most, and what a factor may have."""


def registers(limbs: list[int], seed: int) -> np.ndarray:
    """Return a register: the largest limbs in lane 0, none in lane 1, drawn ones in the others."""
    drawn = np.random.default_rng(seed)
    found = np.array([drawn.integers(0, most + 1, lanes.LANES) for most in limbs], dtype=np.uint32)
    found[:, 0], found[:, 1] = limbs, 0
    return found.reshape(-1)


def values(register: np.ndarray) -> list[int]:
    rows = register.reshape(10, lanes.LANES).astype(object)
    return [int(sum(limb << at for limb, at in zip(lane, OFFSETS, strict=True))) for lane in rows.T]


def is_reduced(register: np.ndarray) -> bool:
    rows = register.reshape(10, lanes.LANES).max(axis=1)
    return all(int(found) <= most for found, most in zip(rows, REDUCED, strict=True))


@pytest.mark.parametrize("seed", range(4))
def test_products_of_the_largest_factors_are_right_and_reduced(seed):
    f, g = registers(FACTOR, seed), registers(FACTOR, seed + 100)
    to, wide = np.zeros_like(f), np.zeros(lanes.WIDTH, dtype=np.uint64)
    lanes.multiply(to, f, g, wide)
    assert is_reduced(to)
    for found, a, b in zip(values(to), values(f), values(g), strict=True):
        assert (found - a * b) % MODULUS == 0
    lanes.square(to, f, wide)
    assert is_reduced(to)
    assert [n % MODULUS for n in values(to)] == [n * n % MODULUS for n in values(f)]
    lanes.scale(to, f, COEFFICIENT, wide)
    assert is_reduced(to)
    assert [n % MODULUS for n in values(to)] == [n * COEFFICIENT % MODULUS for n in values(f)]


@pytest.mark.parametrize("seed", range(4))
def test_sums_of_reduced_registers_are_factors(seed):
    f, g = registers(REDUCED, seed), registers(REDUCED, seed + 100)
    g = np.roll(g.reshape(10, -1), seed, axis=1).reshape(-1)
    to = np.zeros_like(f)
    for made, sign in ((lanes.add, 1), (lanes.subtract, -1)):
        made(to, f, g)
        rows = to.reshape(10, lanes.LANES).max(axis=1)
        # The largest factor of the sums below 2^64 has 2^18 more in limb 1.
        assert all(
            int(found) <= most + (1 << 18) * (limb == 1)
            for limb, (found, most) in enumerate(zip(rows, FACTOR, strict=True))
        )
        for found, a, b in zip(values(to), values(f), values(g), strict=True):
            assert (found - a - sign * b) % MODULUS == 0


@pytest.mark.parametrize(
    "number", [0, 1, 18, 19, MODULUS - 1, MODULUS, MODULUS + 1, MODULUS + 18, 2**255 - 1]
)
def test_a_frozen_register_holds_the_one_representative(number):
    rows = np.tile(np.frombuffer(number.to_bytes(32, "little"), np.uint8), (3, 1))
    register, wide = lanes.to_lanes(rows)[0], np.zeros(lanes.WIDTH, dtype=np.uint64)
    lanes.freeze(register, register, wide)
    assert values(register)[:3] == [number % MODULUS] * 3
    assert lanes.from_lanes(register[None], 3).tobytes() == 3 * (number % MODULUS).to_bytes(
        32, "little"
    )


@pytest.mark.parametrize("blocks", [1, 3])
def test_one_inversion_serves_every_block_and_no_zero_spoils_its_lane(blocks):
    count = blocks * lanes.LANES
    numbers = [0, MODULUS, 1, MODULUS - 1, *(pow(3, n, MODULUS) for n in range(count - 4))]
    numbers = numbers[1:] + numbers[:1]  # the last lane of the last block is 0 too
    packed = b"".join(number.to_bytes(32, "little") for number in numbers)
    found = lanes.to_lanes(np.frombuffer(packed, np.uint8).reshape(-1, 32))
    lanes.invert_all(found, np.zeros(lanes.WIDTH, dtype=np.uint64))
    assert all(is_reduced(register) for register in found)
    inverses = [n % MODULUS for register in found for n in values(register)]
    assert inverses == [pow(n, MODULUS - 2, MODULUS) for n in numbers]


def openssl(scalar: bytes, u: bytes) -> bytes:
    try:
        return X25519PrivateKey.from_private_bytes(scalar).exchange(
            X25519PublicKey.from_public_bytes(u)
        )
    except ValueError:  # its word for an all-zero product
        return bytes(32)


ODD_ONES = [0, 1, 2, 9, MODULUS - 1, MODULUS, MODULUS + 1, 2**255 - 1, 2**255 + 9, 2**256 - 1]
elements = st.one_of(
    st.binary(min_size=32, max_size=32),
    st.sampled_from([number.to_bytes(32, "little") for number in ODD_ONES]),
)


@given(st.lists(st.tuples(elements, elements), min_size=1, max_size=lanes.LANES + 3))
@settings(max_examples=20, deadline=None)
def test_lanes_multiply_as_openssl_does(pairs):
    """Scalars that are not clamped, elements on the twist, of low order, above p: all of them."""
    scalars, points = (
        np.frombuffer(b"".join(column), np.uint8).reshape(-1, 32)
        for column in zip(*pairs, strict=True)
    )
    found = ladder.multiply_lanes(scalars, points)
    assert [row.tobytes() for row in found] == [openssl(*pair) for pair in pairs]


def added(pair: tuple[int, int]) -> int:
    """Return u of eight times the sum of the points of two field elements, 0 for none."""
    (u, v), (w, x) = map(map_to_curve, pair)
    if u == w:
        return 0
    slope = (x - v) * pow(w - u, -1, MODULUS) % MODULUS
    total = (slope**2 - COEFFICIENT - u - w) % MODULUS
    for _ in range(3):
        total = (
            (total**2 - 1) ** 2
            * pow(4 * total * (total**2 + COEFFICIENT * total + 1), -1, MODULUS)
            % MODULUS
        )
    return total


@given(
    st.lists(
        st.tuples(*2 * [st.one_of(st.sampled_from([0, 1, MODULUS]), st.integers(0, 2**384 - 1))]),
        min_size=1,
        max_size=lanes.LANES + 3,
    )
)
@settings(max_examples=20, deadline=None)
def test_lanes_hash_as_the_rfc_spells_it_out(pairs):
    first, second = (
        np.frombuffer(b"".join(n.to_bytes(48, "little") for n in column), np.uint8).reshape(-1, 48)
        for column in zip(*pairs, strict=True)
    )
    found = elligator.hash_lanes(first, second)
    assert [int.from_bytes(row.tobytes(), "little") for row in found] == [
        added((a % MODULUS, b % MODULUS)) for a, b in pairs
    ]


def test_what_a_lane_holds_changes_nothing_beside_it():
    scalars, points = (
        np.frombuffer(secrets.token_bytes(32 * lanes.LANES), np.uint8).reshape(-1, 32)
        for _ in range(2)
    )
    whole = ladder.multiply_lanes(scalars, points)
    for count in (1, 5, lanes.LANES - 1):
        assert (ladder.multiply_lanes(scalars[:count], points[:count]) == whole[:count]).all()
    assert ladder.multiply_lanes(scalars[:0], points[:0]).shape == (0, 32)
