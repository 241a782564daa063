"""Rows under ring-LWE: what is added up is what was put in, and what is bad is refused."""

import pickle
import secrets
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols import lattice
from protocols.errors import (
    InvalidKeyError,
    InvalidMessageError,
    LocalError,
    SlotOverflowError,
)
from protocols.lattice import rows as rows_module
from protocols.limits import LATTICE_DEGREE as N
from protocols.limits import LATTICE_OPENINGS, LATTICE_PRIMES, VALUE_LIMIT
from protocols.secret import Secret

CONTEXT = b"room, owner, upload"


@pytest.fixture(scope="module")
def key():
    return lattice.SecretKey(Secret(bytes(range(32))), CONTEXT, 2)


def encrypted(key, values):
    parts = list(lattice.encrypt(key, values, secrets.token_bytes))
    seeds = np.concatenate([part.seeds for part in parts])
    return lattice.Blocks(seeds, np.concatenate([part.values for part in parts]))


def added_up(key, blocks, groups, count):
    sums = lattice.sum_groups(CONTEXT, blocks, groups, count)
    masked, masks = lattice.mask_sums(key.public, sums, secrets.token_bytes)
    return lattice.unmask(lattice.open_masked(key, masked), masks)


def plain_sums(values, groups, count):
    return [[int(x) for x in values[groups == g].sum(axis=0)] for g in range(count)]


@pytest.mark.long
@settings(max_examples=25, deadline=None)
@given(st.integers(1, 2 * N + 3), st.integers(1, 19), st.integers(0, 2**32), st.booleans())
def test_sums_are_exact(count, groups, seed, sparse):
    key = lattice.SecretKey(Secret(bytes(range(32))), CONTEXT, 2)
    rng = np.random.default_rng(seed)
    values = rng.integers(-(2**46), 2**46, (count, 2))
    ids = rng.integers(-1, groups, count)
    if sparse:
        ids[rng.random(count) < 0.99] = -1
    blocks = encrypted(key, values)
    assert added_up(key, blocks, ids, groups) == plain_sums(values, ids, groups)


@pytest.mark.parametrize("place", [0, 1, N - 1, N, 2 * N - 1])
def test_every_place_of_a_block_is_found(key, place):
    values = np.zeros((2 * N, 2), dtype=np.int64)
    values[place] = 1 - VALUE_LIMIT, VALUE_LIMIT - 1
    ids = np.full(2 * N, -1)
    ids[place] = 1
    assert added_up(key, encrypted(key, values), ids, 2) == [[0, 0], list(values[place])]


@pytest.mark.parametrize("measures", [1, 3, 9])
def test_any_number_of_measures(measures):
    key = lattice.SecretKey(Secret(secrets.token_bytes(32)), CONTEXT, measures)
    values = np.random.default_rng(1).integers(-99, 99, (N + 1, measures))
    blocks = encrypted(key, values)
    assert blocks.to_rows().shape == (2, lattice.block_bytes(measures))
    assert lattice.block_count(N + 1) == 2
    ids = np.arange(N + 1) % 2
    assert added_up(key, blocks, ids, 2) == plain_sums(values, ids, 2)


def test_parts_add_up_wherever_they_are_made(key):
    values = np.random.default_rng(2).integers(-99, 99, (3 * N, 2))
    blocks, ids = encrypted(key, values), np.arange(3 * N) % 10 - 1
    whole = lattice.sum_groups(CONTEXT, blocks, ids, 9)
    parts = lattice.no_sums(9, 2)
    for cut in (slice(0, 1), slice(1, 3)):
        part = lattice.Blocks(blocks.seeds[cut], blocks.values[cut])
        parts += lattice.sum_groups(CONTEXT, part, ids.reshape(3, N)[cut].ravel(), 9)
    assert np.array_equal(parts.a, whole.a)
    assert np.array_equal(parts.b, whole.b)
    with pytest.raises(LocalError, match="do not add up"):
        whole + lattice.no_sums(8, 2)


def test_tasks_of_an_executor_give_the_same(key, monkeypatch):
    monkeypatch.setattr("protocols.lattice.sums.BLOCKS_PER_TASK", 1)
    values = np.random.default_rng(3).integers(-99, 99, (3 * N, 2))
    ids = np.arange(3 * N) % 4 - 1
    blocks = encrypted(key, values)
    alone = lattice.sum_groups(CONTEXT, blocks, ids, 3)
    with ThreadPoolExecutor(2) as executor:
        together = lattice.sum_groups(CONTEXT, blocks, ids, 3, executor)
    assert np.array_equal(alone.a, together.a)
    assert np.array_equal(alone.b, together.b)


def test_no_rows_and_no_groups(key):
    none = lattice.Blocks(np.empty((0, 16), np.uint8), np.empty((0, 2, 5, N), np.uint32))
    assert list(lattice.encrypt(key, np.empty((0, 2), np.int64), secrets.token_bytes)) == []
    assert added_up(key, none, [], 2) == [[0, 0], [0, 0]]
    assert added_up(key, encrypted(key, np.ones((4, 2), np.int64)), [-1] * 4, 0) == []


def test_everything_travels_as_bytes(key):
    values = np.random.default_rng(4).integers(-99, 99, (N + 7, 2))
    ids = np.arange(N + 7) % 3
    blocks = lattice.read_blocks(encrypted(key, values).to_rows(), 2)
    public = lattice.PublicKey.from_bytes(key.public.to_bytes(), CONTEXT, 2)
    masked, masks = lattice.mask_sums(
        public, lattice.sum_groups(CONTEXT, blocks, ids, 3), secrets.token_bytes
    )
    rows = masked.to_rows()
    assert rows.shape == (3, lattice.masked_bytes(2))
    again = lattice.SecretKey(Secret(bytes(range(32))), CONTEXT, 2)
    opened = lattice.open_masked(again, lattice.read_masked(rows, 2))
    assert lattice.unmask(opened, masks) == plain_sums(values, ids, 3)
    assert all(0 <= x < 1 << 64 for group in opened for x in group)


def test_a_wrong_key_opens_noise(key):
    blocks = encrypted(key, np.ones((5, 2), np.int64))
    sums = lattice.sum_groups(CONTEXT, blocks, [0] * 5, 1)
    masked, masks = lattice.mask_sums(key.public, sums, secrets.token_bytes)
    other = lattice.SecretKey(Secret(bytes(32)), CONTEXT, 2)
    assert all(
        abs(x) > 1 << 40 for x in lattice.unmask(lattice.open_masked(other, masked), masks)[0]
    )


# --- borders: our own


def test_values_that_do_not_fit_are_refused(key):
    for value in (VALUE_LIMIT, -VALUE_LIMIT, -(2**63)):
        with pytest.raises(SlotOverflowError, match="magnitude"):
            lattice.encrypt(key, np.array([[0, value]]), secrets.token_bytes)
    for values in (np.zeros((2, 3), np.int64), np.zeros(2, np.int64), np.zeros((2, 2), np.int32)):
        with pytest.raises(LocalError, match="2 measures"):
            lattice.encrypt(key, values, secrets.token_bytes)


def test_groups_that_are_none_are_refused(key):
    blocks = encrypted(key, np.ones((N + 1, 2), np.int64))
    for ids in ([3], [0] * N, [0] * (2 * N + 1), [[0] * (N + 1)]):
        with pytest.raises(LocalError, match="one group id per row"):
            lattice.sum_groups(CONTEXT, blocks, ids, 3)
    for bad in (3, -2):
        with pytest.raises(LocalError, match="out of range"):
            lattice.sum_groups(CONTEXT, blocks, [0] * N + [bad], 3)


def test_keys_of_wrong_shape_are_refused(key):
    for root, measures in ((bytes(31), 1), (bytes(32), 0)):
        with pytest.raises(LocalError, match="32 bytes"):
            lattice.SecretKey(Secret(root), CONTEXT, measures)
    with pytest.raises(LocalError, match="2 measures"):
        lattice.mask_sums(key.public, lattice.no_sums(1, 1), secrets.token_bytes)


def test_a_secret_key_neither_prints_nor_travels(key):
    assert repr(key) == "SecretKey(redacted, 2 measures)"
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(key)


# --- borders: the other side's


def test_bad_keys_from_outside_are_refused(key):
    data = key.public.to_bytes()
    for changed in (data[:-1], data + b"\0", b""):
        with pytest.raises(InvalidKeyError, match="another length"):
            lattice.PublicKey.from_bytes(changed, CONTEXT, 2)
    with pytest.raises(InvalidKeyError, match="share 1: a residue"):
        lattice.PublicKey.from_bytes(data[:-4] + b"\xff" * 4, CONTEXT, 2)


def little(number):
    return np.frombuffer(number.to_bytes(4, "little"), np.uint8)


@pytest.mark.parametrize("index", range(5))
def test_residues_out_of_range_are_refused(key, index):
    rows = encrypted(key, np.ones((N + 1, 2), np.int64)).to_rows()
    at = 16 + 5 * 4 * N + index * 4 * N + 4 * 77  # second measure
    rows[1, at : at + 4] = little(LATTICE_PRIMES[index])
    with pytest.raises(InvalidMessageError, match="block 1: a residue is not below its prime"):
        lattice.read_blocks(rows, 2)
    rows[1, at : at + 4] = little(LATTICE_PRIMES[index] - 1)
    lattice.read_blocks(rows, 2)


def test_blocks_of_another_width_are_refused(key):
    rows = encrypted(key, np.ones((3, 2), np.int64)).to_rows()
    for changed in (rows[:, :-1], rows[0], rows.view(np.int8)):
        with pytest.raises(InvalidMessageError, match="a block has"):
            lattice.read_blocks(changed, 2)
    with pytest.raises(InvalidMessageError, match="a block has"):
        lattice.read_blocks(rows, 1)


def test_masked_sums_that_are_none_are_refused(key):
    masked, _ = lattice.mask_sums(key.public, lattice.no_sums(2, 2), secrets.token_bytes)
    rows = masked.to_rows()
    for changed in (rows[:, :-20], rows[0]):
        with pytest.raises(InvalidMessageError, match="masked sums of a group"):
            lattice.read_masked(changed, 2)
    for at in (0, lattice.masked_bytes(2) - 4):
        changed = rows.copy()
        changed[1, at : at + 4] = 255
        with pytest.raises(InvalidMessageError, match="group 1: a residue"):
            lattice.read_masked(changed, 2)


def test_repeated_seeds_are_refused(key):
    rows = encrypted(key, np.ones((2 * N + 1, 2), np.int64)).to_rows()
    lattice.read_blocks(rows, 2)
    rows[2, :16] = rows[0, :16]
    with pytest.raises(InvalidMessageError, match="block 2: its seed is not new"):
        lattice.read_blocks(rows, 2)
    rows[2, :16] = np.frombuffer(b"public-key".ljust(16, b"\0"), np.uint8)
    with pytest.raises(InvalidMessageError, match="block 2: its seed is not new"):
        lattice.read_blocks(rows, 2)


def test_seeds_are_never_repeated_by_us(key):
    blocks = [encrypted(key, np.ones((5 * N, 2), np.int64)) for _ in range(2)]
    rows_module.check_seeds(np.concatenate([one.seeds for one in blocks]))


def test_an_owner_opens_no_more_than_a_key_may(key):
    most, _ = lattice.mask_sums(
        key.public, lattice.no_sums(LATTICE_OPENINGS, 2), secrets.token_bytes
    )
    assert len(lattice.open_masked(key, most)) == LATTICE_OPENINGS
    more = lattice.MaskedSums(np.repeat(most.a, 2, axis=0), np.repeat(most.b, 2, axis=0))
    with pytest.raises(InvalidMessageError, match="at most 77 groups"):
        lattice.open_masked(key, more)
    with pytest.raises(InvalidMessageError, match="of its measures"):
        lattice.open_masked(key, lattice.MaskedSums(most.a[:1], most.b[:1, :1]))
