import hashlib
import random

import numpy as np
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from protocols.alignment.ot import code, extension
from protocols.alignment.ot.hashing import hash_pairs
from protocols.errors import InvalidMessageError, LocalError

ROWS = 64 * (704 + 3)
DRAW = random.Random(8)


@pytest.fixture(scope="module")
def leaves():
    return [[DRAW.randbytes(16) for _ in range(16)] for _ in range(code.LENGTH)]


@pytest.fixture(scope="module")
def factors():
    return [*range(16), *(DRAW.randrange(16) for _ in range(code.LENGTH - 16))]


def without(leaves, factors):
    return [
        [None if x == gap else leaf for x, leaf in enumerate(full)]
        for full, gap in zip(leaves, factors, strict=True)
    ]


def expand(leaves, factors=None):
    products, sums = extension.row_buffer(ROWS), extension.row_buffer(ROWS)
    extension.Leaves(leaves, factors).rows(products, sums)
    return products, sums


def symbols(rows):
    """Return the symbols of rows, shape (rows, 53)."""
    bits = np.unpackbits(rows.view(np.uint8).reshape(len(rows), 4, 8), axis=2, bitorder="little")
    assert not bits[:, :, code.LENGTH :].any()
    planes = bits[:, :, : code.LENGTH].astype(np.int64)
    return (planes << np.arange(4)[:, None]).sum(axis=1)


def plain_stream(seed):
    """Return the symbols of one leaf at every position: a chunk's planes one after the other."""
    stream = Cipher(algorithms.AES(seed), modes.CTR(bytes(16))).encryptor()
    found = []
    for words in (704, 3):
        planes = np.frombuffer(stream.update(bytes(32 * words)), dtype=np.uint8).reshape(4, -1)
        bits = np.unpackbits(planes, axis=1, bitorder="little")
        found.append((bits.astype(np.int64) << np.arange(4)[:, None]).sum(axis=0))
    return np.concatenate(found)


MULTIPLY = np.array([[code.multiply(a, b) for b in range(16)] for a in range(16)])


def test_the_receivers_rows_are_the_sums_of_all_streams(leaves):
    products, sums = (symbols(rows) for rows in expand(leaves))
    for symbol in (0, 1, 52):
        streams = [plain_stream(leaf) for leaf in leaves[symbol]]
        assert np.array_equal(sums[:, symbol], np.bitwise_xor.reduce(streams))
        times = [MULTIPLY[x][stream] for x, stream in enumerate(streams)]
        assert np.array_equal(products[:, symbol], np.bitwise_xor.reduce(times))


def test_the_senders_rows_are_the_products_plus_its_key_times_the_sums(leaves, factors):
    products, sums = (symbols(rows) for rows in expand(leaves))
    rows = extension.row_buffer(ROWS)
    extension.Leaves(without(leaves, factors), factors).rows(rows)
    assert np.array_equal(symbols(rows), products ^ MULTIPLY[np.array(factors), sums])


def test_streams_run_on_from_one_stretch_to_the_next(leaves):
    whole, parts = extension.row_buffer(64 * 704 * 2), extension.row_buffer(64 * 704 * 2)
    extension.Leaves(leaves).rows(whole)
    one = extension.Leaves(leaves)
    one.rows(parts[: 64 * 704])
    one.rows(parts[64 * 704 :])
    assert np.array_equal(whole, parts)


def test_after_the_correction_the_sender_holds_its_key_times_the_code_word(leaves, factors):
    count = ROWS - 20
    store = np.frombuffer(DRAW.randbytes(8 * count), dtype=np.uint64).copy()
    products, sums = expand(leaves)
    payload = extension.correction(sums, store)
    assert len(payload) == 27 * count
    rows = extension.row_buffer(ROWS)
    extension.Leaves(without(leaves, factors), factors).rows(rows)
    extension.apply_correction(rows[:count], payload, extension.Key(factors))
    found = symbols(rows[:count] ^ products[:count])
    for row in (0, 1, count - 1):
        word = np.zeros(code.LENGTH, dtype=np.int64)
        for bit, vector in enumerate(code.basis()):
            if int(store[row]) >> bit & 1:
                word ^= np.array(vector)
        assert np.array_equal(found[row], MULTIPLY[np.array(factors), word])


def test_corrections_of_another_length_or_with_bits_behind_the_last_symbol_are_refused():
    rows, key = np.zeros((64, 4), dtype=np.uint64), extension.Key([1] * 53)
    with pytest.raises(InvalidMessageError, match="length"):
        extension.apply_correction(rows, bytes(27 * 64 - 1), key)
    extension.apply_correction(rows, bytes(27 * 64 - 1) + b"\x0f", key)
    with pytest.raises(InvalidMessageError, match="behind"):
        extension.apply_correction(rows, bytes(27 * 64 - 1) + b"\x10", key)


def test_erased_leaves_give_no_rows(leaves):
    one = extension.Leaves(leaves)
    one.erase()
    with pytest.raises(LocalError):
        one.rows(extension.row_buffer(64))


def on_the_wire(row):
    """Return the 27 bytes of one row: four planes of 53 bits without a gap."""
    whole = sum(int(plane) << 53 * number for number, plane in enumerate(row))
    return whole.to_bytes(27, "little")


@pytest.mark.parametrize("count", [0, 1, 127, 128, 300])
def test_pairs_of_rows_hash_as_hashlib_does(count):
    first, second = (
        np.frombuffer(DRAW.randbytes(32 * count), dtype=np.uint64).reshape(count, 4)
        & np.uint64((1 << 53) - 1)
        for _ in range(2)
    )
    prefix = DRAW.randbytes(64)
    expected = [
        hashlib.sha256(prefix + on_the_wire(a) + on_the_wire(b)).digest()
        for a, b in zip(first, second, strict=True)
    ]
    hash_pairs(first, second, prefix, second.view(np.uint8))
    assert [row.tobytes() for row in second.view(np.uint8)] == expected
