"""Above 2^24 rows: values of 72 bits, the code [55, 18, >= 32], and all that follows from them.

What is proved of the narrow code is shown of the wide one by the same steps; participants are made
to take it at sizes that a test can run.
"""

import hashlib
import itertools
import secrets
from random import Random

import numpy as np
import pytest

from protocols import okvs
from protocols.alignment import Context, ot
from protocols.alignment.ot import code, packing, participant, roles
from protocols.alignment.ot.hashing import hash_pairs
from protocols.errors import InvalidMessageError
from protocols.strings import PackedStrings
from tests.protocols.alignment_contract import contexts, people, relay
from tests.protocols.test_okvs import decode, random_keys

pytestmark = pytest.mark.long
DRAW = Random(31)
WIDE = code.WIDE


def encode(messages):
    tables = code.code_tables(WIDE)
    words = np.zeros((len(messages), 4), dtype=np.uint64)
    for row, message in enumerate(messages):
        for byte in range(9):
            words[row] ^= tables[byte, message >> 8 * byte & 255]
    return words


def test_the_eighteen_functions_have_distinct_pole_orders_of_23_at_most():
    orders = [4 * i + 5 * j for i, j in WIDE.functions]
    assert len(set(orders)) == 18
    assert max(orders) == 23
    assert 64 - max(orders) - (64 - WIDE.length) == code.DISTANCE == 32
    assert (WIDE.value_bytes, WIDE.row_bytes) == (9, 28)
    points = code.points()[:55]
    for number, (i, j) in enumerate(WIDE.functions):
        expected = [product([x] * i + [y] * j) for x, y in points]
        assert list(code.basis(WIDE)[4 * number]) == expected


def product(factors):
    total = 1
    for factor in factors:
        total = code.multiply(total, factor)
    return total


def test_no_sampled_word_of_the_wide_code_is_lighter_than_the_proof_allows():
    unit = [1 << i for i in range(72)]
    messages = [a | b for a, b in itertools.combinations_with_replacement(unit, 2)]
    messages += [DRAW.getrandbits(72) | 1 for _ in range(3000)]
    weights = np.bitwise_count(np.bitwise_or.reduce(encode(messages), axis=1))
    assert code.DISTANCE <= weights.min() < 50


def test_rows_of_55_symbols_pack_into_220_bits_and_two_of_them_into_one_block():
    rows = np.array([[DRAW.getrandbits(55) for _ in range(4)] for _ in range(300)], dtype=np.uint64)
    whole = [sum(int(plane) << 55 * p for p, plane in enumerate(row)) for row in rows]
    for row, number in zip(rows[:20], whole, strict=False):
        packed = [int(word) for word in packing.pack(*row, 55)]
        assert sum(word << 64 * i for i, word in enumerate(packed)) == number
        words = [np.uint64(word) for word in packed]
        assert [int(plane) for plane in packing.unpack(*words, 55)] == [int(p) for p in row]
    made = np.empty((150, 32), dtype=np.uint8)
    hash_pairs(rows[:150], rows[150:], bytes(64), made, 55)
    for secret, one, other in zip(made, whole[:150], whole[150:], strict=True):
        message = bytes(64) + (one | other << 220).to_bytes(55, "little")
        assert secret.tobytes() == hashlib.sha256(message).digest()


def test_a_wide_store_decodes_to_the_first_word_and_the_lowest_byte_of_the_last():
    keys = random_keys(300)
    seed, table = okvs.encode(keys, secrets.token_bytes, 40, wide=True)
    assert decode(keys, seed, table[:, 0]) == keys[:, 0].tolist()
    assert decode(keys, seed, table[:, 1]) == (keys[:, 3] & np.uint64(255)).tolist()
    assert int(table[:, 1].max()) <= 255


FACTORS = [DRAW.randrange(16) for _ in range(55)]
LEAVES = [[DRAW.randbytes(16) for _ in range(16)] for _ in range(55)]
KNOWN = [[None if x == gap else leaf for x, leaf in enumerate(full)]
         for full, gap in zip(LEAVES, FACTORS, strict=True)]  # fmt: skip


def take(payload, count):
    return roles.FunctionSender(KNOWN, FACTORS, count, bytes(64)).take(payload)


def rows_of(decoder, keys):
    rows = np.empty_like(keys)
    decoder.rows(keys, rows)
    return rows


def test_both_sides_have_the_rows_of_the_stores_keys_and_any_other_value_misses_32_symbols():
    keys = random_keys(100)
    receiver = roles.FunctionReceiver(LEAVES, len(keys), bytes(64), DRAW.randbytes)
    received = np.empty_like(keys)
    payload = receiver.send(keys, received)
    assert len(payload) == roles.bin_bytes(len(keys), WIDE)
    decoder = take(payload, len(keys))
    assert np.array_equal(rows_of(decoder, keys), received)
    for bit in range(64):
        changed = keys.copy()
        changed[:, 0] ^= np.uint64(1 << bit)
        missing = rows_of(decoder, changed) ^ received
        assert len(np.unique(missing, axis=0)) == 1
        where = np.bitwise_count(np.bitwise_or.reduce(missing[0]))
        zero = sum(f == 0 for f, s in zip(FACTORS, code.basis(WIDE)[bit], strict=True) if s)
        assert where + zero >= 32
    # Without the ninth byte of the value, the sender's row is another one.
    decoder._code = decoder._code[:8]
    differ = (rows_of(decoder, keys) != received).any(axis=1)
    assert np.array_equal(differ, (keys[:, 3] & np.uint64(255)) != 0)


@pytest.mark.parametrize("where", [0, 8, 9])
def test_a_sum_that_is_wrong_or_longer_than_a_value_is_refused(where):
    keys = random_keys(40)
    receiver = roles.FunctionReceiver(LEAVES, len(keys), bytes(64), DRAW.randbytes)
    payload = bytearray(receiver.send(keys, np.empty_like(keys)))
    take(bytes(payload), len(keys))
    payload[len(payload) - 8 * 128 * 6 + where] ^= 1
    with pytest.raises(InvalidMessageError, match="code words" if where < 9 else "behind"):
        take(bytes(payload), len(keys))


def test_two_sides_match_exactly_with_the_wide_code(monkeypatch):
    monkeypatch.setattr(participant, "NARROW_ROWS", 500)
    first, second = people(range(300)), people(range(250, 700))[::-1]
    here, there = contexts(320, 640)
    sides = (
        ot.profile(here, PackedStrings.pack(first), secrets.token_bytes),
        ot.profile(there, PackedStrings.pack(second), secrets.token_bytes),
    )
    sent = relay(sides)
    assert {len(f.payload) for _, f in sent if f.step == "choices"} == {220 * 32}
    mine, theirs = (
        {row.tobytes(): name for row, name in zip(side.secrets(), names, strict=True)}
        for side, names in zip(sides, (first, second), strict=True)
    )
    common = mine.keys() & theirs.keys()
    assert sorted(mine[secret] for secret in common) == people(range(250, 300))
    assert all(mine[secret] == theirs[secret] for secret in common)


def test_the_wide_code_takes_over_where_either_side_declares_more_than_2_to_the_24():
    for own, peer, expected in (
        (1 << 24, 1 << 24, code.NARROW),
        (64, (1 << 24) + 1, WIDE),
        ((1 << 24) + 1, 64, WIDE),
    ):
        assert participant.code_of(Context(bytes(16), bytes(16), 0, own, peer)) == expected
