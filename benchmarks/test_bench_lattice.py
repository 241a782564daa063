"""Lattice rows, one core: encryption, sums, masking, opening.  Beside it: test_bench_paillier."""

import secrets

import numpy as np
import pytest

from protocols import lattice
from protocols.limits import LATTICE_OPENINGS
from protocols.secret import Secret

ROWS = 1_000_000
CONTEXT = b"benchmark"


@pytest.fixture(scope="module")
def key():
    return lattice.SecretKey(Secret(bytes(32)), CONTEXT, 1)


@pytest.fixture(scope="module")
def values():
    return np.random.default_rng(1).integers(-(10**6), 10**6, (ROWS, 1))


def encrypted(key, values):
    parts = list(lattice.encrypt(key, values, secrets.token_bytes))
    seeds = np.concatenate([part.seeds for part in parts])
    return lattice.Blocks(seeds, np.concatenate([part.values for part in parts]))


@pytest.fixture(scope="module")
def blocks(key, values):
    return encrypted(key, values)


def each(benchmark, count, function, *arguments):
    """Run and note the microseconds per item beside the time of the whole."""
    benchmark.pedantic(function, arguments, rounds=3, warmup_rounds=1)
    benchmark.extra_info["us_each"] = round(benchmark.stats.stats.min / count * 1e6, 4)


def test_encrypt(benchmark, key, values):
    each(benchmark, ROWS, encrypted, key, values)


def test_write_and_read(benchmark, blocks):
    each(benchmark, ROWS, lambda: lattice.read_blocks(blocks.to_rows(), 1))


@pytest.mark.parametrize("groups", [1, 20, LATTICE_OPENINGS])
def test_sum(benchmark, blocks, groups):
    ids = np.random.default_rng(2).integers(-1, groups, ROWS)
    each(benchmark, ROWS, lattice.sum_groups, CONTEXT, blocks, ids, groups)


def test_mask(benchmark, key):
    none = lattice.no_sums(20, 1)
    each(benchmark, 20, lattice.mask_sums, key.public, none, secrets.token_bytes)


def test_open(benchmark, key):
    masked, _ = lattice.mask_sums(key.public, lattice.no_sums(20, 1), secrets.token_bytes)
    each(benchmark, 20, lattice.open_masked, key, masked)
