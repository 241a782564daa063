import secrets

import numpy as np
import pytest

from protocols import okvs
from protocols.errors import LocalError


def random_keys(count):
    return np.frombuffer(secrets.token_bytes(32 * count), dtype=np.uint64).reshape(count, 4).copy()


def decode(keys, seed, table):
    """Decode in plain Python, a key at a time."""
    sparse = len(table) - okvs.DENSE
    words = okvs.seed_words(seed)
    values = []
    for row in range(len(keys)):
        a, b, c, dense = okvs.place(keys, row, words, sparse)
        assert len({a, b, c}) == 3
        assert min(a, b, c) >= 0
        assert max(a, b, c) < sparse
        value = int(table[a]) ^ int(table[b]) ^ int(table[c])
        for i in range(okvs.DENSE):
            value ^= int(table[sparse + i]) * (int(dense) >> i & 1)
        values.append(value)
    return values


@pytest.mark.parametrize("count", [1, 64, 1000, 5000])
def test_every_key_decodes_to_its_value(count):
    keys = random_keys(count)
    seed, table = okvs.encode(keys, secrets.token_bytes, 40)
    assert len(table) == okvs.sparse_size(count, 40) + okvs.DENSE
    assert decode(keys, seed, table) == keys[:, 0].tolist()


def test_a_core_that_peeling_leaves_is_solved_over_the_dense_columns():
    solved = []
    for _ in range(20):
        keys = random_keys(300)
        sparse = 380  # an expansion of 1.27: cores are frequent at this size
        table = np.frombuffer(secrets.token_bytes(8 * (sparse + 64)), dtype=np.uint64).copy()
        seed = secrets.token_bytes(okvs.SEED_BYTES)
        core = okvs.encode_once(keys, seed, sparse, table)
        if core > 0:
            assert decode(keys, seed, table) == keys[:, 0].tolist()
            solved.append(core)
    assert solved


def test_more_keys_than_positions_are_refused_not_miscoded():
    keys = random_keys(600)
    table = np.zeros(100 + 64, dtype=np.uint64)
    assert okvs.encode_once(keys, bytes(24), 100, table) == -1


def test_a_contradiction_is_refused_and_a_repetition_is_not():
    keys = random_keys(200)
    keys[1] = keys[0]
    seed, table = okvs.encode(keys, secrets.token_bytes, 40)
    assert decode(keys, seed, table) == keys[:, 0].tolist()
    keys[1, 0] ^= np.uint64(1)
    with pytest.raises(LocalError, match="repeated"):
        okvs.encode(keys, secrets.token_bytes, 40)


def test_a_seed_that_fails_is_replaced(monkeypatch):
    real, seeds = okvs.encode_once, []

    def first_fails(keys, seed, sparse, table):
        seeds.append(seed)
        return -1 if len(seeds) == 1 else real(keys, seed, sparse, table)

    monkeypatch.setattr(okvs, "encode_once", first_fails)
    keys = random_keys(100)
    seed, table = okvs.encode(keys, secrets.token_bytes, 40)
    assert len(set(seeds)) == 2
    assert seed == seeds[1]
    assert decode(keys, seed, table) == keys[:, 0].tolist()


@pytest.mark.parametrize(
    ("count", "low", "high"),
    [(1000, 1.461, 1.47), (10_000, 1.285, 1.29), (100_000, 1.239, 1.241), (1 << 20, 1.23, 1.2301)],
)
def test_the_expansion_follows_the_published_fit(count, low, high):
    assert low <= okvs.sparse_size(count, 40) / count <= high
