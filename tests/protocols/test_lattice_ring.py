"""The ring, its transforms and its samplers, against schoolbook arithmetic and exact odds."""

import math
import secrets

import gmpy2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.errors import InvalidMessageError, LocalError
from protocols.lattice import ring, sampler, wire
from protocols.limits import LATTICE_DEGREE as N
from protocols.limits import LATTICE_ERROR_PAIRS, LATTICE_OPENINGS, LATTICE_PRIMES

PRIME = st.sampled_from(LATTICE_PRIMES)
WORD = st.integers(0, 2**32 - 1)


def random_lanes(rng, prime, lanes=3):
    return rng.integers(0, prime, (N, lanes)).astype(np.uint32)


def schoolbook(left, right, prime):
    """Multiply modulo X^N + 1 without any transform: powers of 2^80 hold the coefficients apart."""
    pack = [int("".join(f"{int(x):020x}" for x in reversed(one)), 16) for one in (left, right)]
    digits = f"{pack[0] * pack[1]:0{40 * N}x}"
    product = [int(digits[i : i + 20], 16) for i in range(0, len(digits), 20)][::-1]
    return [(product[i] - product[N + i]) % prime for i in range(N)]


def test_primes_are_what_the_transform_needs():
    found, candidate = [], (1 << 27) // (2 * N) * (2 * N) + 1
    while len(found) < 5:
        if candidate < 1 << 27 and gmpy2.is_prime(candidate):
            found.append(candidate)
        candidate -= 2 * N
    assert tuple(found) == LATTICE_PRIMES


@settings(deadline=None)
@given(WORD, st.integers(0, 2**27), PRIME)
def test_multiplication_with_a_quotient_is_exact(x, factor, prime):
    factor %= prime
    result = int(ring.times(np.uint32(x), np.uint32(factor),
                            np.uint32(ring.quotient(factor, prime)), np.uint32(prime)))  # fmt: skip
    assert result < 2 * prime
    assert result % prime == x * factor % prime


@settings(deadline=None)
@given(st.one_of(WORD, st.integers(0, 2**64 - 1)), PRIME)
def test_every_number_is_reduced(x, prime):
    table = ring.tables(prime)
    folded = ring.fold(np.uint64(x), table.one, table.carry, table.carry_quotient, table.prime)
    assert int(folded) == x % prime
    if x < 2**32:
        assert int(ring.reduced(np.uint32(x), table.one, table.prime)) == x % prime


@pytest.mark.parametrize("prime", LATTICE_PRIMES)
def test_a_product_of_values_is_the_schoolbook_product(prime):
    rng = np.random.default_rng(prime)
    lanes = random_lanes(rng, prime)
    lanes[:, 1] = prime - 1  # the largest numbers at every level
    expected = schoolbook(lanes[:, 0], lanes[:, 1], prime)
    values = lanes.copy()
    ring.forward(values, ring.tables(prime))
    product = (values[:, :1].astype(np.uint64) * values[:, 1:2] % prime).astype(np.uint32)
    ring.backward(product, ring.tables(prime))
    assert product[:, 0].tolist() == expected
    assert (
        int(ring._constant(values[:, 0].copy(), values[:, 1].copy(), ring.tables(prime)))
        == (expected[0])
    )


@pytest.mark.parametrize("prime", LATTICE_PRIMES)
def test_back_and_forth(prime):
    lanes = random_lanes(np.random.default_rng(1), prime, 9)
    lanes[:, 0], lanes[:, 1] = prime - 1, 0
    changed = lanes.copy()
    ring.forward(changed, ring.tables(prime))
    assert changed.max() < prime
    assert not changed[:, 1].any()
    ring.backward(changed, ring.tables(prime))
    assert np.array_equal(changed, lanes)


def test_a_value_is_the_polynomial_at_a_root():
    prime = LATTICE_PRIMES[0]
    table = ring.tables(prime)
    root = int(table.forward[N >> 1])  # bit-reversed, its place is that of the first power
    lanes = random_lanes(np.random.default_rng(2), prime, 1)
    at_root = 0
    for coefficient in reversed(lanes[:, 0].tolist()):
        at_root = (at_root * root + coefficient) % prime
    ring.forward(lanes, table)
    assert int(lanes[0, 0]) == at_root


@pytest.mark.parametrize("factor", [1, 2**64])
def test_small_polynomials_are_lifted_with_their_sign(factor):
    small = np.zeros((2, N), dtype=np.int8)
    small[0, :3], small[1] = (-21, 21, -1), -21
    values = ring.to_values(small, factor)
    for index, prime in enumerate(LATTICE_PRIMES):
        lanes = np.ascontiguousarray(values[:, index].T)
        ring.backward(lanes, ring.tables(prime))
        assert lanes[:4, 0].tolist() == [x * factor % prime for x in (-21, 21, -1, 0)]
        assert set(lanes[:, 1].tolist()) == {-21 * factor % prime}


def test_sums_of_products():
    rng = np.random.default_rng(3)
    primes = np.array(LATTICE_PRIMES)[:, None]
    left, right, added = (rng.integers(0, primes, (5, N)).astype(np.uint32) for _ in range(3))
    expected = (left.astype(object) * right + added) % primes
    assert np.array_equal(ring.multiply_add(left, right, added), expected)


# --- samplers


def deviation(observed, expected):
    """Return how many standard deviations a chi-square statistic is above its mean."""
    statistic = float(((observed - expected) ** 2 / expected).sum())
    freedom = len(observed) - 1
    return (statistic - freedom) / math.sqrt(2 * freedom)


def test_public_polynomials_are_uniform():
    polynomials = np.stack([sampler.expand(b"context", secrets.token_bytes(16)) for _ in range(40)])
    for index, prime in enumerate(LATTICE_PRIMES):
        drawn = polynomials[:, index].ravel()
        assert drawn.max() < prime
        assert drawn.max() > prime - prime // 1000
        counts = np.bincount(drawn * np.uint64(97) // np.uint64(prime), minlength=97)
        assert deviation(counts, drawn.size / 97) < 6


def test_public_polynomials_follow_from_seed_and_context_alone():
    seed = bytes(16)
    assert np.array_equal(sampler.expand(b"one", seed), sampler.expand(b"one", seed))
    others = [sampler.expand(b"two", seed), sampler.expand(b"one", b"\1" + bytes(15))]
    others += [sampler.expand(b"on", b"e" + bytes(15))]  # lengths are part of the hash
    for other in others:
        assert (sampler.expand(b"one", seed) == other).sum() < 5
    with pytest.raises(LocalError, match="16 bytes"):
        sampler.expand(b"one", bytes(15))


def test_words_that_are_refused_cost_a_polynomial_nothing():
    """A stream that has to be asked again goes on where it ended."""
    whole = sampler.expand(b"context", bytes(16))
    spare = sampler._SPARE_WORDS
    sampler._SPARE_WORDS = -7000
    try:
        assert np.array_equal(sampler.expand(b"context", bytes(16)), whole)
    finally:
        sampler._SPARE_WORDS = spare


def test_secrets_are_uniformly_ternary():
    drawn = sampler.PrivateStream(secrets.token_bytes).ternary(60, N)
    assert drawn.shape == (60, N)
    counts = np.bincount(drawn.ravel() + 1, minlength=3)
    assert len(counts) == 3
    assert deviation(counts, drawn.size / 3) < 6


def test_errors_are_centred_binomial():
    pairs = LATTICE_ERROR_PAIRS
    drawn = sampler.PrivateStream(secrets.token_bytes).errors(60, N)
    assert np.abs(drawn).max() <= pairs
    odds = np.array([math.comb(2 * pairs, pairs + x) / 4**pairs for x in range(-9, 10)])
    middle = drawn[np.abs(drawn) <= 9]
    counts = np.bincount(middle.astype(np.int64) + 9, minlength=19)
    assert deviation(counts, odds * middle.size / odds.sum()) < 6
    assert abs(drawn.std() - math.sqrt(pairs / 2)) < 0.02
    assert abs(drawn.mean()) < 0.03


def test_two_streams_of_the_system_differ():
    one, other = (sampler.PrivateStream(secrets.token_bytes).errors(N) for _ in range(2))
    assert (one == other).mean() < 0.2


# --- wire


def test_residues_come_back_and_bad_ones_are_named():
    rng = np.random.default_rng(4)
    primes = np.array(LATTICE_PRIMES)[:, None]
    residues = rng.integers(0, primes, (3, 5, 7)).astype(np.uint32)
    residues[1] = primes - 1
    rows = wire.write_residues(residues)
    assert np.array_equal(wire.read_residues(rows, "row"), residues)
    assert rows[0, :4].tobytes() == int(residues[0, 0, 0]).to_bytes(4, "little")
    for index, prime in enumerate(LATTICE_PRIMES):
        bad = residues.copy()
        bad[2, index, 6] = prime
        with pytest.raises(InvalidMessageError, match="row 2: a residue is not below its prime"):
            wire.read_residues(wire.write_residues(bad), "row")
    for rows in (np.zeros((1, 21), np.uint8), np.zeros(20, np.uint8), np.zeros((1, 20), np.int8)):
        with pytest.raises(InvalidMessageError, match="whole residues"):
            wire.read_residues(rows, "row")


# --- parameters


def block_size(dimension, modulus_bits):
    """Return the least block size with which BKZ finds ternary secrets by the primal attack.

    The condition of Alkim, Ducas, Poeppelmann and Schwabe (USENIX Security 2016, section 6.3) with
    the embedding scaled to the secret (Bai and Galbraith, ACISP 2014).
    """
    error, ratio = math.sqrt(LATTICE_ERROR_PAIRS / 2), math.sqrt(LATTICE_ERROR_PAIRS / 2 * 3 / 2)

    def enough(block):
        root = (math.pi * block) ** (1 / block) * block / (2 * math.pi * math.e)
        log_delta = math.log2(root) / (2 * (block - 1))
        for samples in range(dimension // 4, 3 * dimension // 2, 16):
            rank = samples + dimension + 1
            volume = (samples * modulus_bits + dimension * math.log2(ratio)) / rank
            if math.log2(error * math.sqrt(block)) <= (2 * block - rank - 1) * log_delta + volume:
                return True
        return False

    low, high = 60, 2000
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle + 1, high)
    return low


def cost_bits(dimension, modulus_bits):
    """Count 8 d 2^(0.292 b + 16.4) operations, the model of the Homomorphic Encryption Standard."""
    block = block_size(dimension, modulus_bits)
    return 0.292 * block + 16.4 + math.log2(8 * 2 * dimension)


def test_the_estimate_agrees_with_the_standards_table():
    assert cost_bits(4096, 109) == pytest.approx(128, abs=1)
    assert cost_bits(8192, 218) == pytest.approx(128, abs=1)


def test_parameters_keep_their_margin_after_the_last_opening():
    modulus_bits = sum(math.log2(prime) for prime in LATTICE_PRIMES)
    assert cost_bits(N, modulus_bits) > 192
    told = LATTICE_OPENINGS * 64 / math.log2(3)
    assert cost_bits(math.floor(N - told), modulus_bits) >= 128
