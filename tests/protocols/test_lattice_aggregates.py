"""From lattice rows to a released Paillier ciphertext: the numbers are those of the rows."""

import secrets
from random import Random
from secrets import token_bytes

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols import lattice, limits, paillier
from protocols.errors import InvalidCiphertextError, LocalError
from protocols.limits import VALUE_LIMIT
from protocols.paillier import packing
from protocols.secret import Secret

KEY = paillier.generate(1024, Random(1).randbytes)
PUBLIC = KEY.public
SLOTS = limits.slots(1024)
EDGE = VALUE_LIMIT - 1
PLACES = [1, 3]

SUM = st.one_of(st.sampled_from([-EDGE, -1, 0, 1, EDGE]), st.integers(-EDGE, EDGE))
MASK = st.one_of(
    st.sampled_from([0, 1, EDGE, 2**63, 2**64 - EDGE, 2**64 - 1]), st.integers(0, 2**64 - 1)
)


def smallest(bound, random):
    return 0


def largest(bound, random):
    return bound - 1


@pytest.fixture(params=[None, smallest, largest])
def filler(request, monkeypatch):
    if request.param:
        monkeypatch.setattr(packing, "random_below", request.param)


def given_back(sums, masks):
    """Return what the mediator holds once the owner encrypted masked sums."""
    opened = [(total + mask) % 2**64 for total, mask in zip(sums, masks, strict=True)]
    ciphertext = PUBLIC.encrypt(lattice.pack_opened(1024, opened, PLACES), token_bytes)
    return lattice.take_off(PUBLIC, ciphertext, masks, PLACES)


@pytest.mark.usefixtures("filler")
@settings(max_examples=60, deadline=None)
@given(st.tuples(SUM, SUM), st.tuples(MASK, MASK), st.booleans())
def test_a_released_slot_shows_sum_and_noise_whatever_wrapped(sums, masks, owner_fills):
    held = given_back(sums, masks)
    noise = [paillier.NOISE_LIMIT - 1, 1 - paillier.NOISE_LIMIT]
    mask = paillier.release_mask(
        PUBLIC, PLACES, noise, token_bytes, owner_fills=owner_fills, wrapped=True
    )
    opened = KEY.decrypt(PUBLIC.add_plain(held, mask))
    expected = [total + share for total, share in zip(sums, noise, strict=True)]
    if owner_fills:
        opened = paillier.add_noise(PUBLIC, opened, PLACES, [1, -1], token_bytes)
        expected = [expected[0] + 1, expected[1] - 1]
    assert paillier.unpack_released(opened, PLACES) == expected
    assert opened < PUBLIC.n


@pytest.mark.usefixtures("filler")
@settings(max_examples=60, deadline=None)
@given(st.tuples(SUM, SUM), st.tuples(MASK, MASK))
def test_a_slot_that_is_held_back_neither_borrows_nor_carries(sums, masks):
    held = given_back(sums, masks)
    mask = paillier.release_mask(PUBLIC, [2], [7], token_bytes, owner_fills=True, wrapped=True)
    opened = paillier.add_noise(
        PUBLIC, KEY.decrypt(PUBLIC.add_plain(held, mask)), [2], [0], token_bytes
    )
    assert paillier.unpack_released(opened, [2]) == [7]


@pytest.mark.parametrize(("wrapped", "beside"), [(True, 2**62 + 2**64), (False, 2**62 - 1)])
def test_without_room_for_the_wrap_a_slot_borrows(monkeypatch, wrapped, beside):
    monkeypatch.setattr(packing, "random_below", smallest)
    held = given_back((1, 5), (2**64 - 1, 0))  # slot 1 holds 1 - 2^64, slot 2 nothing
    mask = paillier.release_mask(PUBLIC, PLACES, [0, 0], token_bytes, wrapped=wrapped)
    assert KEY.decrypt(PUBLIC.add_plain(held, mask)) >> 256 & (2**128 - 1) == beside


def test_rows_to_release_with_real_rows():
    key = lattice.SecretKey(Secret(secrets.token_bytes(32)), b"room", 2)
    rng = np.random.default_rng(1)
    values, groups = rng.integers(-(10**9), 10**9, (9000, 2)), rng.integers(-1, 5, 9000)
    blocks = [*lattice.encrypt(key, values, secrets.token_bytes)]
    rows = lattice.read_blocks(np.concatenate([one.to_rows() for one in blocks]), 2)
    sums = lattice.sum_groups(b"room", rows, groups, 5)
    masked, masks = lattice.mask_sums(key.public, sums, secrets.token_bytes)
    opened = lattice.open_masked(key, lattice.read_masked(masked.to_rows(), 2))
    sent = [PUBLIC.encrypt(lattice.pack_opened(1024, one, PLACES), token_bytes) for one in opened]
    held = [lattice.take_off(PUBLIC, c, r, PLACES) for c, r in zip(sent, masks, strict=True)]
    released = paillier.release_many(PUBLIC, held, PLACES, [[0, 0]] * 5, token_bytes, wrapped=True)
    shown = [paillier.unpack_released(x, PLACES) for x in KEY.decrypt_many(released)]
    assert shown == [values[groups == g].sum(axis=0).tolist() for g in range(5)]


def test_what_does_not_fit_is_refused():
    for numbers, places in (([1, 1], [1, 1]), ([1], [SLOTS]), ([1], [-1])):
        with pytest.raises(LocalError, match="slot"):
            lattice.pack_opened(1024, numbers, places)
    for number in (-1, 2**64):
        with pytest.raises(LocalError, match="not in"):
            lattice.pack_opened(1024, [number], [1])
    for ciphertext in (0, 1, PUBLIC.n, PUBLIC.n**2):
        with pytest.raises(InvalidCiphertextError):
            lattice.take_off(PUBLIC, ciphertext, [0], [1])
