"""Paillier beside phe, one core and two: encryption, decryption, sums, re-randomisation."""

from concurrent.futures import ProcessPoolExecutor
from secrets import token_bytes

import numpy as np
import pytest

from protocols import paillier

BITS = [2048, 3072]
ROWS = 1024


@pytest.fixture(scope="module", params=BITS)
def key(request):
    key = paillier.generate(request.param, token_bytes)
    key.prepare(token_bytes)
    return key


@pytest.fixture(scope="module")
def workers(key):
    with ProcessPoolExecutor(2) as executor:
        key.encrypt_rows(np.ones((512, 1), np.int64), token_bytes, executor)
        yield executor


@pytest.fixture(scope="module")
def rows(key, workers):
    return key.encrypt_rows(np.ones((4 * ROWS, 5), np.int64), token_bytes, workers)


def each(benchmark, count, function, *arguments, rounds=3):
    """Run and note the milliseconds per item beside the time of the whole."""
    benchmark.pedantic(function, arguments, rounds=rounds, warmup_rounds=0)
    benchmark.extra_info["ms_each"] = round(benchmark.stats.stats.min / count * 1000, 4)


def test_prepare(benchmark, key):
    fresh = paillier.PrivateKey.from_bytes(key.to_bytes())
    each(benchmark, 1, fresh.prepare, rounds=1)


def test_encrypt_phe(benchmark, key):
    public = key.to_phe().public_key
    each(benchmark, 16, lambda: [public.encrypt(5, token_bytes).ciphertext() for _ in range(16)])


@pytest.mark.parametrize("profile", ["strict", "fast"])
def test_encrypt_many_one_core(benchmark, key, profile):
    each(benchmark, ROWS, lambda: key.encrypt_many([5] * ROWS, token_bytes, profile=profile))


@pytest.mark.parametrize("profile", ["strict", "fast"])
def test_encrypt_many_two_cores(benchmark, key, workers, profile):
    each(
        benchmark,
        4 * ROWS,
        lambda: key.encrypt_many([5] * 4 * ROWS, token_bytes, workers, profile=profile),
    )


def test_encrypt_rows_two_cores(benchmark, key, workers):
    values = np.ones((4 * ROWS, 5), np.int64)
    each(benchmark, 4 * ROWS, key.encrypt_rows, values, workers)


def test_decrypt(benchmark, key):
    each(benchmark, 16, key.decrypt_many, key.encrypt_many(range(16), token_bytes))


def test_decrypt_phe(benchmark, key):
    theirs, ciphertexts = key.to_phe(), key.encrypt_many(range(16), token_bytes)
    each(benchmark, 16, lambda: [theirs.raw_decrypt(ciphertext) for ciphertext in ciphertexts])


def test_add(benchmark, key):
    ciphertexts = key.encrypt_many([5] * ROWS, token_bytes)
    each(benchmark, ROWS, key.public.add_many, ciphertexts)


def test_sum_groups_one_core(benchmark, key, rows):
    each(benchmark, len(rows), key.public.sum_groups, rows, np.arange(len(rows)) % 16, 16)


def test_sum_groups_two_cores(benchmark, key, rows, workers):
    groups = np.arange(len(rows)) % 16
    each(benchmark, len(rows), key.public.sum_groups, rows, groups, 16, workers)


def test_check_ciphertexts(benchmark, key, rows):
    each(benchmark, len(rows), key.public.check_ciphertexts, rows)


def test_rerandomise(benchmark, key):
    each(benchmark, 8, key.public.rerandomise_many, key.encrypt_many([5] * 8, token_bytes))
