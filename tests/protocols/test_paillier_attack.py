"""Why re-randomising towards the key's owner takes a uniform r: the owner's discrete logarithm.

The owner chooses p - 1 and q - 1 smooth, so it can take logarithms of the randomness; it gives row
i the randomness G^(2^(S + i)), and publishes G as the base of short re-randomisation (Damgard,
Jurik and Nielsen 2010, section 4.2).  The key and all rows pass every check that anybody can make.
If the mediator multiplies by G^a with a below 2^S, the bits above S of the logarithm are the list
of the rows that were summed.
"""

from math import lcm, prod
from random import Random

import gmpy2
import pytest
from gmpy2 import mpz

from protocols import paillier

ROWS = 300
SHORT_BITS = 128


def smooth_prime(primes, rng):
    """Find a prime of 256 bits, one more than a product of primes below 2^13 and a small factor."""
    while True:
        factors = []
        while prod(factors).bit_length() < 246:
            factors.append(rng.choice(primes))
        if len(set(factors)) < len(factors):
            continue
        for cofactor in range(2, 1 << 10, 2):
            candidate = cofactor * prod(factors) + 1
            if candidate >> 254 == 3 and gmpy2.is_prime(candidate):
                return candidate, factors


class LyingOwner:
    """Make a key with smooth p - 1 and q - 1 and rows that remember their place."""

    def __init__(self, rng):
        small = [prime for prime in range(1 << 10, 1 << 13) if gmpy2.is_prime(prime)]
        p, factors_p = smooth_prime(small, rng)
        q, factors_q = smooth_prime([prime for prime in small if prime not in factors_p], rng)
        self.factors = factors_p + factors_q
        self.key = paillier.PrivateKey(p, q)
        self.order = prod(self.factors)
        self.exponent = mpz(lcm(p - 1, q - 1))
        self.base = self.find_base(rng)
        self.logarithms = {factor: self.logarithm_table(factor) for factor in self.factors}

    def find_base(self, rng):
        n = mpz(self.key.public.n)
        while True:
            root = rng.randrange(n)
            base = gmpy2.powmod(root, n * (self.exponent // self.order), n * n)
            if all(gmpy2.powmod(base, self.order // f, n) != 1 for f in self.factors):
                return base

    def logarithm_table(self, factor):
        n = mpz(self.key.public.n)
        step, power, table = gmpy2.powmod(self.base, self.exponent // factor, n), mpz(1), {}
        for exponent in range(factor):
            table[power] = exponent
            power = power * step % n
        return table

    def row(self, index, value):
        square = mpz(self.key.public.n) ** 2
        randomness = gmpy2.powmod(self.base, mpz(1) << (SHORT_BITS + index), square)
        return self.key.public.add_plain(int(randomness), value)

    def read_rows(self, ciphertext):
        """Take the logarithm (Pohlig and Hellman 1978) and return the set of rows it spells."""
        n, logarithm = mpz(self.key.public.n), mpz(0)
        for factor in self.factors:
            part = gmpy2.powmod(ciphertext % n, self.exponent // factor, n)
            others = self.order // factor
            residue = self.logarithms[factor][part]
            logarithm += residue * others * gmpy2.invert(others, factor)
        bits = (logarithm % self.order) >> SHORT_BITS
        return {index for index in range(ROWS) if bits >> index & 1}


@pytest.fixture(scope="module")
def owner():
    return LyingOwner(Random(11))


@pytest.fixture(scope="module")
def rows(owner):
    return [owner.row(index, index % 7) for index in range(ROWS)]


def test_the_lying_owner_passes_every_check(owner, rows):
    paillier.check_public_key(owner.key.public.n, 512)
    for index, row in enumerate(rows):
        owner.key.public.check_ciphertext(row, index)
    assert owner.key.decrypt_many(rows) == [index % 7 for index in range(ROWS)]


def test_short_exponents_show_which_rows_were_summed(owner, rows):
    rng, public = Random(12), owner.key.public
    chosen = set(rng.sample(range(ROWS), 140))
    total = public.add_many([rows[index] for index in chosen])
    short = gmpy2.powmod(owner.base, rng.getrandbits(SHORT_BITS), mpz(public.n) ** 2)
    assert owner.read_rows(public.add(total, int(short))) == chosen


def test_a_uniform_root_hides_which_rows_were_summed(owner, rows):
    rng, public = Random(13), owner.key.public
    chosen = set(rng.sample(range(ROWS), 140))
    total = public.add_many([rows[index] for index in chosen])
    assert owner.read_rows(total) == chosen
    for _ in range(8):
        released = public.rerandomise(total, rng.randbytes)
        assert owner.key.decrypt(released) == owner.key.decrypt(total)
        wrong = len(owner.read_rows(released) ^ chosen)
        assert 100 < wrong < 200  # half of 300 within almost six standard deviations


def test_a_masked_release_hides_which_rows_were_summed(owner, rows):
    rng, public = Random(14), owner.key.public
    chosen = set(rng.sample(range(ROWS), 140))
    total = public.add_many([rows[index] for index in chosen])
    released = paillier.release(public, total, [0], [0], rng.randbytes)
    assert 100 < len(owner.read_rows(released) ^ chosen) < 200
    opened = owner.key.decrypt(released)
    assert paillier.unpack_released(opened, [0]) == [sum(index % 7 for index in chosen)]
