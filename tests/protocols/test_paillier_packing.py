"""Slots and masks: nothing borrows, nothing carries, nothing but the released slots opens."""

from random import Random
from secrets import token_bytes

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols import limits, paillier
from protocols.errors import LocalError, RemoteError, SlotOverflowError
from protocols.limits import SLOT_OFFSET, VALUE_LIMIT
from protocols.paillier import packing

KEY = paillier.generate(1024, Random(1).randbytes)
PUBLIC, N = KEY.public, KEY.public.n
SLOTS = limits.slots(1024)

EDGE = VALUE_LIMIT - 1
SUMS = st.lists(
    st.one_of(st.sampled_from([-EDGE, -1, 0, 1, EDGE]), st.integers(-EDGE, EDGE)),
    min_size=SLOTS,
    max_size=SLOTS,
)
NOISE = st.one_of(
    st.sampled_from([1 - paillier.NOISE_LIMIT, paillier.NOISE_LIMIT - 1]),
    st.integers(1 - paillier.NOISE_LIMIT, paillier.NOISE_LIMIT - 1),
)
RELEASED = st.dictionaries(st.integers(0, SLOTS - 1), st.tuples(NOISE, NOISE))
RANDOMS = st.integers(0, 1 << 32).map(lambda seed: Random(seed).randbytes)


def smallest(bound, random):
    return 0


def largest(bound, random):
    return bound - 1


@pytest.fixture(params=[None, smallest, largest])
def filler(request, monkeypatch):
    if request.param:
        monkeypatch.setattr(packing, "random_below", request.param)


def slot_of(plaintext, slot):
    return plaintext >> (128 * slot) & ((1 << 128) - 1)


@pytest.mark.parametrize(("bits", "count"), [(512, 3), (1024, 7), (2048, 15), (3072, 23)])
def test_a_modulus_keeps_one_slot_spare(bits, count):
    assert limits.slots(bits) == count


@pytest.mark.usefixtures("filler")
@settings(max_examples=100)
@given(SUMS, RELEASED, RANDOMS)
def test_every_slot_of_a_masked_sum_stands_alone(sums, shares, random):
    released = list(shares)
    mediator, other = zip(*shares.values(), strict=True) if shares else ((), ())
    mask = paillier.release_mask(PUBLIC, released, mediator, random)
    second = sum(noise << (128 * slot) for slot, noise in zip(released, other, strict=True))
    masked = paillier.pack(sums) + mask + second
    assert 0 <= mask < N
    assert 0 <= masked < N
    for slot, value in enumerate(sums):
        alone = slot_of(mask, slot) + value + sum(shares.get(slot, (0, 0))[1:])
        assert 0 <= alone < 1 << 128
        assert slot_of(masked, slot) == alone
    assert masked >> (128 * SLOTS) == mask >> (128 * SLOTS)
    assert paillier.unpack_released(masked, released) == [
        sums[slot] + sum(shares[slot]) for slot in released
    ]


@settings(max_examples=15, deadline=None)
@given(SUMS, RELEASED, RANDOMS)
def test_a_masked_release_equals_a_direct_one(sums, shares, random):
    released, noise = list(shares), [mediator for mediator, _ in shares.values()]
    other = [0] * SLOTS
    for slot, (_, share) in shares.items():
        other[slot] = share
    halves = [[value // 2 for value in sums], [value - value // 2 for value in sums]]
    rows = KEY.encrypt_many([paillier.pack(half) for half in halves], token_bytes)
    sealed = PUBLIC.add(PUBLIC.add_many(rows), PUBLIC.encrypt(paillier.pack(other), token_bytes))
    opened = KEY.decrypt(paillier.release(PUBLIC, sealed, released, noise, random))
    expected = [sums[slot] + sum(shares[slot]) for slot in released]
    assert paillier.unpack_released(opened, released) == expected


@settings(max_examples=15, deadline=None)
@given(SUMS, RELEASED, RANDOMS)
def test_the_peer_reads_what_the_owner_decrypts_blindly(sums, shares, random):
    released = list(shares)
    mediator, owner = zip(*shares.values(), strict=True) if shares else ((), ())
    blind, encrypted_blind = paillier.mask_for_peer(PUBLIC, random)
    (row,) = KEY.encrypt_many([paillier.pack(sums)], token_bytes)
    blinded = PUBLIC.add(row, encrypted_blind)
    (sent,) = paillier.release_many(
        PUBLIC, [blinded], released, [mediator], random, None, owner_fills=True
    )
    answer = paillier.add_noise(PUBLIC, KEY.decrypt(sent), released, owner, random)
    opened = paillier.unmask(PUBLIC, answer, blind)
    expected = [sums[slot] + sum(shares[slot]) for slot in released]
    assert paillier.unpack_released(opened, released) == expected
    assert 0 <= answer < N


def test_the_owner_sees_a_uniform_number_when_the_peer_receives():
    (row,) = KEY.encrypt_many([paillier.pack([1, -2, 3])], token_bytes)
    tops = []
    for seed in range(64):
        _, blind = paillier.mask_for_peer(PUBLIC, Random(seed).randbytes)
        mask = Random(0).randbytes  # the same filler each time: only R differs
        masked = PUBLIC.add_plain(
            PUBLIC.add(row, blind), paillier.release_mask(PUBLIC, [0], [0], mask)
        )
        tops.append(KEY.decrypt(masked) * 8 // N)
    assert set(tops) == set(range(8))


def test_many_sums_are_released_in_order_each_with_its_own_mask():
    sums, noise = [[1, -2], [3, -4], [5, -6]], [[10, 20], [30, 40], [50, 60]]
    blinds, encrypted = paillier.masks_for_peer(PUBLIC, 3, token_bytes)
    assert len(set(blinds)) == len(set(encrypted)) == 3
    rows = KEY.encrypt_many([paillier.pack(values) for values in sums], token_bytes)
    blinded = [PUBLIC.add(row, blind) for row, blind in zip(rows, encrypted, strict=True)]
    for ciphertexts, offsets in ((rows, [0, 0, 0]), (blinded, blinds)):
        answers = KEY.decrypt_many(
            paillier.release_many(PUBLIC, ciphertexts, [1, 0], noise, token_bytes)
        )
        opened = [paillier.unmask(PUBLIC, *pair) for pair in zip(answers, offsets, strict=True)]
        assert [paillier.unpack_released(plaintext, [1, 0]) for plaintext in opened] == [
            [8, 21],
            [26, 43],
            [44, 65],
        ]
        assert len({plaintext >> (128 * SLOTS) for plaintext in opened}) == 3


MARKS = {
    "above the last slot": 128 * SLOTS + 60,
    "in the upper half of a released slot": 100,
    "in a slot that is not released": 128 + 90,
    "low in a slot that is not released": 2 * 128,
}


@pytest.mark.parametrize("place", MARKS.values(), ids=MARKS.keys())
def test_marks_outside_the_released_slots_do_not_survive_the_mask(place):
    rows = KEY.encrypt_many([5 + (1 << place)] * 20, token_bytes)
    total = PUBLIC.add_many(rows)
    assert KEY.decrypt(total) >> place & 0xFFFF == 20
    readings = []
    for seed in range(64):
        opened = KEY.decrypt(paillier.release(PUBLIC, total, [0], [3], Random(seed).randbytes))
        assert paillier.unpack_released(opened, [0]) == [103]
        readings.append(opened >> place & 0xFFFF)
    assert len(set(readings)) > 56
    for bit in (0, 7, 15):  # 32 of 64 within four standard deviations
        assert 16 <= sum(reading >> bit & 1 for reading in readings) <= 48


def test_the_mask_uses_fresh_randomness_everywhere():
    first, second = (paillier.release_mask(PUBLIC, [1], [0], token_bytes) for _ in range(2))
    for slot in range(SLOTS):
        assert slot_of(first, slot) >> 64 != slot_of(second, slot) >> 64
    assert slot_of(first, 1) & ((1 << 64) - 1) == SLOT_OFFSET
    assert first >> (128 * SLOTS) != second >> (128 * SLOTS)


@pytest.mark.parametrize("low", [0, 1 << 63, (1 << 64) - 1])
def test_a_slot_that_no_mask_gives_is_refused(low):
    filler = 77 << 64
    with pytest.raises(RemoteError):
        paillier.unpack_released(((filler + low) << 128) + SLOT_OFFSET, [0, 1])


@pytest.mark.parametrize("plaintext", [-1, N])
def test_an_answer_beyond_the_modulus_is_refused(plaintext):
    with pytest.raises(RemoteError):
        paillier.unmask(PUBLIC, plaintext, 5)


@pytest.mark.parametrize(
    ("released", "noise"), [([0], []), ([0, 0], [1, 1]), ([SLOTS], [0]), ([-1], [0])]
)
def test_releases_of_wrong_slots_are_refused(released, noise):
    with pytest.raises(LocalError):
        paillier.release_mask(PUBLIC, released, noise, token_bytes)
    with pytest.raises(LocalError):
        paillier.add_noise(PUBLIC, 0, released, noise, token_bytes)


def test_sums_without_noise_shares_are_refused():
    with pytest.raises(LocalError):
        paillier.release_many(PUBLIC, [2, 3], [0], [[0]], token_bytes)


@pytest.mark.parametrize("noise", [paillier.NOISE_LIMIT, -paillier.NOISE_LIMIT])
def test_noise_that_could_leave_its_slot_is_refused(noise):
    with pytest.raises(SlotOverflowError):
        paillier.release_mask(PUBLIC, [0], [noise], token_bytes)


@pytest.mark.parametrize("value", [VALUE_LIMIT, -VALUE_LIMIT])
def test_values_that_could_leave_their_slot_are_refused(value):
    with pytest.raises(SlotOverflowError):
        paillier.pack([0, value])


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 12), st.data())
def test_row_order_never_matters(count, data):
    values = [[data.draw(st.integers(-1000, 1000)), 1] for _ in range(count)]
    groups = np.array([data.draw(st.integers(-1, 3)) for _ in range(count)])
    order = np.array(data.draw(st.permutations(range(count))))
    rows = KEY_ROWS.encrypt_rows(np.array(values, dtype=np.int64), token_bytes)
    sums = KEY_ROWS.public.sum_groups(rows, groups, 4)
    assert sums == KEY_ROWS.public.sum_groups(rows[order], groups[order], 4)
    for group in range(4):
        members = [row for row, label in zip(values, groups, strict=True) if label == group]
        expected = paillier.pack([sum(column) for column in zip(*members, strict=True)])
        opened = 0 if not members else KEY_ROWS.decrypt(sums[group])
        assert opened == expected % KEY_ROWS.public.n


KEY_ROWS = paillier.generate(512, Random(2).randbytes)
