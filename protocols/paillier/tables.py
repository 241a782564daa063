"""Encrypt fast as the owner of the key, with the distribution of the textbook scheme.

Modulo p^2 the n-th residues are the group of order p - 1 of the p-th powers, and the owner can
draw from it and from its twin modulo q^2, and join the two by the Chinese remainder theorem.

**Distribution** (``strict``).  Every window of 8 exponent bits has its own independent uniformly
random base x_w of the group, and an element is the product of x_w^e_w over windows that hold 256
bits more than p.  Two exponent vectors collide with probability 1 / (p - 1), but for vectors whose
differences all share a factor with p - 1: with W windows that adds about 2 * 2^-W / (p - 1) for
the factor 2, and 2^-256 / (p - 1) for equal vectors.  By the leftover hash lemma the elements are
within 2^-(W/2) of uniform, given the bases: W = 160 at 2048 bits and 224 at 3072, so 2^-80 and
2^-112 per row.  (Powers of a single base would reach a subgroup only.)

**Speed.**  An element of the group is stored as a root a < p and a tail c with value
a (1 + p c) modulo p^2.  In a product the tails add, and only the roots, half as long, have to be
multiplied modulo p^2: W / 2 reductions by p^2 an element.  The plaintext rides along in the tail,
because (1 + n)^m = 1 + p (q m) modulo p^2.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import Executor
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import gmpy2
from gmpy2 import mpz

from protocols.deferred import Deferred
from protocols.limits import SLOT_BITS
from protocols.paillier.parallel import batches, run_ordered
from protocols.randomness import Random, random_below

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
else:
    np = Deferred("numpy")

WINDOW_VALUES = 256
EXTRA_BITS = 256
FAST_WINDOWS = 56
BASES_PER_TASK = 16


class Seed(NamedTuple):
    """Determine the tables of a key: its primes and one base per window modulo each square."""

    p: mpz
    q: mpz
    bases_p: tuple[mpz, ...]
    bases_q: tuple[mpz, ...]

    @property
    def windows(self) -> int:
        """Return the number of exponent bytes per prime of the ``strict`` profile."""
        return len(self.bases_p)


class Half(NamedTuple):
    """Hold the tables modulo the square of one prime: ``roots[window][exponent]``, tails alike."""

    prime: mpz
    square: mpz
    cofactor: mpz
    roots: list[list[mpz]]
    tails: list[list[mpz]]


class Tables(NamedTuple):
    """Hold both halves and what joins them: ``joint`` = p^2 (p^-2 mod q^2)."""

    p: Half
    q: Half
    joint: mpz


def draw_seed(p: mpz, q: mpz, random: Random, executor: Executor | None) -> Seed:
    """Draw a base for every window: two exponentiations per window, about 2 s at 3072 bits."""
    windows = (int(p.bit_length()) + EXTRA_BITS) // 8
    return Seed(p, q, *(_draw_bases(prime, windows, random, executor) for prime in (p, q)))


def _draw_bases(
    prime: mpz, windows: int, random: Random, executor: Executor | None
) -> tuple[mpz, ...]:
    roots = random_roots(prime, windows, random)
    tasks = ((part, prime) for part in batches(roots, BASES_PER_TASK))
    return tuple(base for part in run_ordered(executor, lift, tasks) for base in part)


def random_roots(prime: mpz, count: int, random: Random) -> list[mpz]:
    """Draw uniformly from 1 .. prime - 1."""
    return [mpz(1 + random_below(int(prime) - 1, random)) for _ in range(count)]


def lift(roots: Sequence[mpz], prime: mpz) -> list[mpz]:
    """Return y^p modulo p^2: a bijection from the units modulo p to the n-th residues."""
    return [gmpy2.powmod(root, prime, prime * prime) for root in roots]


@lru_cache(maxsize=2)
def expand(seed: Seed) -> Tables:
    """Compute the tables of a key: some 0.5 s and 60 MB at 3072 bits, half of it at 2048.

    Kept for the two latest keys of the process, so that a worker computes them once; workers that
    are forked after ``PrivateKey.prepare`` inherit them (18 MB of their own at 3072 bits, then,
    instead of 126).
    """
    p, q = seed.p, seed.q
    square = p * p
    joint = square * gmpy2.invert(square, q * q)
    return Tables(_half(p, q, seed.bases_p), _half(q, p, seed.bases_q), joint)


def _half(prime: mpz, cofactor: mpz, bases: Iterable[mpz]) -> Half:
    windows = [_window(prime, base) for base in bases]
    roots, tails = [roots for roots, _ in windows], [tails for _, tails in windows]
    return Half(prime, prime * prime, cofactor, roots, tails)


def _window(prime: mpz, base: mpz) -> tuple[list[mpz], list[mpz]]:
    """Split base^0 .. base^255 into roots and tails.

    If root * a = root' + prime * k, then the next tail is tail + c + k / root' modulo the prime;
    1 / root' is a power of 1 / a, so that one inversion per window is enough.
    """
    multiple, step_root = gmpy2.f_divmod(base, prime)
    inverse_step = gmpy2.invert(step_root, prime)
    step_tail = multiple * inverse_step % prime
    root, tail, inverse = mpz(1), mpz(0), mpz(1)
    roots, tails = [root], [tail]
    for _ in range(WINDOW_VALUES - 1):
        multiple, root = gmpy2.f_divmod(root * step_root, prime)
        inverse = inverse * inverse_step % prime
        tail = (tail + step_tail + multiple * inverse) % prime
        roots.append(root)
        tails.append(tail)
    return roots, tails


def encrypt(seed: Seed, exponents: bytes, plaintexts: Sequence[int]) -> list[mpz]:
    """Encrypt with the tables; an equal share of ``exponents`` is spent on each plaintext.

    Shorter shares than ``2 * seed.windows`` use the first windows only (the ``fast`` profile).
    """
    tables = expand(seed)
    share = len(exponents) // max(1, 2 * len(plaintexts))
    return [
        _join(
            tables,
            _residue(tables.p, exponents[at : at + share], plaintext),
            _residue(tables.q, exponents[at + share : at + 2 * share], plaintext),
        )
        for at, plaintext in zip(range(0, len(exponents), 2 * share), plaintexts, strict=True)
    ]


def _residue(half: Half, exponent: bytes, plaintext: int) -> mpz:
    roots = [row[power] for row, power in zip(half.roots, exponent, strict=False)]
    tails = [row[power] for row, power in zip(half.tails, exponent, strict=False)]
    square, product = half.square, mpz(1)
    for left, right in zip(roots[::2], roots[1::2], strict=True):
        product = product * (left * right) % square
    tail = sum(tails, half.cofactor * plaintext) % half.prime
    return product * (1 + half.prime * tail) % square


def encrypt_directly(
    p: mpz, q: mpz, roots_p: Sequence[mpz], roots_q: Sequence[mpz], plaintexts: Sequence[int | mpz]
) -> list[mpz]:
    """Encrypt without tables, exactly uniform: two half-size exponentiations a row."""
    halves = (Half(p, p * p, q, [], []), Half(q, q * q, p, [], []))
    tables = Tables(*halves, p * p * gmpy2.invert(p * p, q * q))
    return [
        _join(tables, *(_bare(half, plaintext) * x for half, x in zip(halves, pair, strict=True)))
        for *pair, plaintext in zip(lift(roots_p, p), lift(roots_q, q), plaintexts, strict=True)
    ]


def _bare(half: Half, plaintext: int) -> mpz:
    return 1 + half.prime * (half.cofactor * plaintext % half.prime)


def _join(tables: Tables, residue_p: mpz, residue_q: mpz) -> mpz:
    modulus = tables.p.square * tables.q.square
    return (residue_p + tables.joint * (residue_q - residue_p)) % modulus


def encrypt_rows(
    seed: Seed, exponents: bytes, values: npt.NDArray[np.int64]
) -> npt.NDArray[np.uint8]:
    """Pack and encrypt ``(rows, slots)`` integers into ``(rows, width)`` big-endian bytes."""
    return as_rows(seed.p, encrypt(seed, exponents, pack_rows(values)))


def as_rows(p: mpz, ciphertexts: Sequence[int | mpz]) -> npt.NDArray[np.uint8]:
    """Write ciphertexts, of a key with the prime ``p``, as ``(rows, width)`` big-endian bytes."""
    width = 4 * ((int(p.bit_length()) + 7) // 8)
    data = b"".join([ciphertext.to_bytes(width, "big") for ciphertext in ciphertexts])
    return np.frombuffer(data, dtype=np.uint8).reshape(len(ciphertexts), width)


def pack_rows(values: npt.NDArray[np.int64]) -> list[mpz]:
    """Return the sum of ``value * 2^(128 slot)`` of every row, signed.

    Each value is lifted by 2^63, which makes a slot's bytes plain, and the sum of the lifts is
    taken off the row as a whole.
    """
    rows, slots = values.shape
    wide = np.zeros((rows, slots, 2), dtype="<u8")
    wide[:, :, 0] = values.astype(np.int64).view(np.uint64) ^ np.uint64(1 << 63)
    lift_all = sum(1 << (63 + SLOT_BITS * slot) for slot in range(slots))
    width, data = slots * SLOT_BITS // 8, wide.tobytes()
    return [
        mpz.from_bytes(data[at : at + width], "little") - lift_all
        for at in range(0, len(data), width)
    ]
