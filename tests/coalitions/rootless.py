"""An owner whose modulus shares primes with its own totient, so that r^n does not reach everything.

n = A q_1 .. q_m, where A is a product of primes of 21 bits (above what trial division finds) and
divides every q_j - 1.  Modulo q_j^2 there are numbers of order p_i for every p_i in A.  No n-th
power has a part of that order, so neither re-randomising nor noise, masks and fillers touch it;
and it adds up over the rows of a sum.  Each pair (p_i, q_j) is a counter of 20 bits that the
owner reads beside the plaintext.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import isqrt, prod
from random import Random

import gmpy2
from gmpy2 import mpz

from protocols.paillier import PublicKey
from protocols.paillier.roots import challenges

BITS_PER_COUNTER = 20


class RootlessOwner:
    """Make such a key, rows that carry counters, and read both parts of what comes back."""

    def __init__(self, rng: Random, bits: int = 512, large: int = 2) -> None:
        self._rng = rng
        self.small = self._small_primes(4)
        self.large = self._large_primes(bits, large)
        self.public = PublicKey(int(prod(self.small + self.large)))
        self.counters = list(product(self.small, self.large))
        self._bases = [self._base(p, q) for p, q in self.counters]

    def _small_primes(self, count: int) -> list[mpz]:
        found: set[mpz] = set()
        while len(found) < count:
            found.add(gmpy2.next_prime((1 << 20) + self._rng.getrandbits(19)))
        return sorted(found)

    def _large_primes(self, bits: int, count: int) -> list[mpz]:
        a = prod(self.small)
        while True:
            found: list[mpz] = []
            while len(found) < count:
                left = bits - int(a).bit_length() - sum(q.bit_length() for q in found)
                size = left // (count - len(found)) + 1
                prime = 2 * a * self._rng.getrandbits(size - int(a).bit_length() - 1) + 1
                if gmpy2.is_prime(prime) and prime not in found:
                    found.append(prime)
            if (a * prod(found)).bit_length() == bits:
                return found

    def _base(self, p: mpz, q: mpz) -> mpz:
        """Return a number of order p modulo q^2 that is 1 modulo the rest of n^2."""
        square, rest = q * q, self.public.square // (q * q)
        while True:
            root = gmpy2.powmod(self._rng.randrange(2, int(q)), q * (q - 1) // p, square)
            if root != 1:
                return (1 + rest * ((root - 1) * gmpy2.invert(rest, square) % square)) % (
                    self.public.square
                )

    def row(self, value: int, counter: int, amount: int) -> int:
        """Encrypt a value in a row that adds an amount to a counter."""
        mark = gmpy2.powmod(self._bases[counter], amount, self.public.square)
        return int(self.public.encrypt(value, self._rng.randbytes) * mark % self.public.square)

    def place(self, value: int, index: int) -> int:
        """Encrypt a value in a row that remembers its place in the file."""
        counter, bit = divmod(index, BITS_PER_COUNTER)
        return self.row(value, counter, 1 << bit)

    def read(self, ciphertext: int) -> list[int]:
        """Return every counter; a list of amounts below 2^20."""
        return [self._logarithm(ciphertext, place) for place in range(len(self.counters))]

    def _logarithm(self, ciphertext: int, place: int) -> int:
        """Take it by small and large steps (Shanks 1971); p has 21 bits."""
        p, q = self.counters[place]
        square = q * q
        away = q * (q - 1) // p
        step = gmpy2.powmod(self._bases[place], away, square)
        wanted = gmpy2.powmod(ciphertext, away, square)
        width = isqrt(int(p)) + 1
        table, power = {}, mpz(1)
        for exponent in range(width):
            table[power] = exponent
            power = power * step % square
        back = gmpy2.invert(power, square)
        for large in range(width):
            if wanted in table:
                return int(large * width + table[wanted]) % int(p)
            wanted = wanted * back % square
        raise AssertionError("the counter is not readable")

    def rows_in(self, ciphertext: int) -> set[int]:
        """Return the places of the rows that were summed."""
        return {
            counter * BITS_PER_COUNTER + bit
            for counter, amount in enumerate(self.read(ciphertext))
            for bit in range(BITS_PER_COUNTER)
            if amount >> bit & 1
        }

    def decrypt(self, ciphertext: int) -> int:
        """Open a ciphertext prime by prime: the key works as an honest one does."""
        n, total = self.public.modulus, mpz(0)
        for f in self.small + self.large:
            power = gmpy2.powmod(ciphertext, f - 1, f * f)
            part = (power - 1) // f * gmpy2.invert(n // f * (f - 1), f) % f
            total += part * (n // f) * gmpy2.invert(n // f, f)
        return int(total % n)

    def decrypt_many(self, ciphertexts: Sequence[int], *_: object) -> list[int]:
        return [self.decrypt(mpz(ciphertext)) for ciphertext in ciphertexts]

    def encrypt_many(self, plaintexts: Sequence[int], *_: object) -> list[int]:
        return self.public.encrypt_many(plaintexts, random=self._rng.randbytes)

    def prove(self, bound_to: bytes) -> bytes:
        """Return the best proof there is: a root modulo every prime where there is one, else 1."""
        n, proof = self.public.modulus, b""
        for number in challenges(self.public.n, bound_to):
            root = mpz(0)
            for f in self.small + self.large:
                shared = gmpy2.gcd(n, f - 1)
                exponent = gmpy2.invert(n, (f - 1) // shared) if shared < f - 1 else mpz(1)
                part = gmpy2.powmod(number, exponent, f)
                has_root = gmpy2.powmod(part, n, f) == number % f
                root += (part if has_root else 1) * (n // f) * gmpy2.invert(n // f, f)
            proof += (root % n).to_bytes((self.public.bits + 7) // 8, "big")
        return proof
