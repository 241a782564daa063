"""Make keys, encrypt in bulk as their owner, and decrypt."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from functools import partial
from typing import TYPE_CHECKING, Literal

import gmpy2
from gmpy2 import mpz
from phe.paillier import PaillierPrivateKey

from protocols.deferred import Deferred
from protocols.errors import InvalidKeyError, LocalError, SlotOverflowError
from protocols.limits import VALUE_LIMIT, slots
from protocols.paillier import tables
from protocols.paillier.checks import check_public_key
from protocols.paillier.keys import PublicKey
from protocols.paillier.packing import gather_slots, read_slots
from protocols.paillier.parallel import batches, exponentiate, letting_others_run, run_ordered
from protocols.paillier.prepared import Zeros
from protocols.paillier.roots import take_roots
from protocols.randomness import Random

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
else:
    np = Deferred("numpy")

Profile = Literal["strict", "fast"]

ROWS_PER_TASK = 128
"""Rows that one task encrypts: some 0.1 s of work at 3072 bits."""

DECRYPTIONS_PER_TASK = 8

TABLE_THRESHOLD = 256
"""Plaintexts below which tables would cost more than they save."""

PRIME_ROUNDS = 40
"""Rounds of the primality test: error below 4^-40 for a random candidate (Miller-Rabin 1980)."""


class PrivateKey:
    """Hold the two primes of a Paillier key; it prints nothing and is not pickled.

    Methods that take ``random`` draw from it in this process; what goes to the workers of an
    ``executor`` are tasks with the primes in them, so the executor has to be this machine's.
    """

    def __init__(self, p: int, q: int) -> None:
        self.public = PublicKey(int(p) * int(q))
        self._p, self._q = mpz(p), mpz(q)
        self._seed: tables.Seed | None = None
        self._zeros = Zeros()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(redacted, {self.public.bits} bits)"

    def __reduce__(self) -> str:
        raise TypeError("private keys are not pickled")

    def prepare(self, random: Random, executor: Executor | None = None) -> None:
        """Draw the bases of the tables, once per key; without an executor also expand them.

        Done by itself on the first bulk encryption.  Workers that are forked afterwards inherit
        the expanded tables; others expand them on their first task.
        """
        if self._seed is None:
            self._seed = tables.draw_seed(self._p, self._q, random, executor)
        if executor is None:
            tables.expand(self._seed)

    def encrypt_many(
        self,
        plaintexts: Sequence[int],
        random: Random,
        executor: Executor | None = None,
        profile: Profile = "strict",
    ) -> list[int]:
        """Encrypt integers of (-n, n), with tables when there are many, see ``encrypt_chunks``.

        Raises:
            LocalError: on a plaintext outside (-n, n).
        """
        if not all(-self.public.n < plaintext < self.public.n for plaintext in plaintexts):
            raise LocalError("a plaintext is not between -n and n")
        windows = self._windows(profile)
        if self._seed is None and len(plaintexts) < TABLE_THRESHOLD:
            return self._encrypt_directly(plaintexts, random, executor)
        self.prepare(random, executor)
        tasks = (
            (self._seed, random(2 * windows * len(part)), part)
            for part in batches(plaintexts, ROWS_PER_TASK)
        )
        return [int(c) for part in run_ordered(executor, tables.encrypt, tasks) for c in part]

    def _encrypt_directly(
        self, plaintexts: Sequence[int], random: Random, executor: Executor | None
    ) -> list[int]:
        zeros = self._zeros.take(len(plaintexts))
        made = [self.public.add_plain(*pair) for pair in zip(zeros, plaintexts, strict=False)]
        rest = plaintexts[len(made) :]
        rows = list(zip(*self._random_roots(len(rest), random), rest, strict=True))
        encrypt = partial(_encrypt_directly, self._p, self._q)
        return made + [int(c) for c in exponentiate(executor, encrypt, rows, ROWS_PER_TASK // 8)]

    def _random_roots(self, count: int, random: Random) -> list[list[mpz]]:
        return [tables.random_roots(prime, count, random) for prime in (self._p, self._q)]

    def draw_ahead(self, random: Random, is_over: Callable[[], bool]) -> None:
        """Encrypt zeros, one after the other, to which the next numbers are added, see ``Zeros``.

        Nothing is drawn under a key that has encrypted nothing, nor where tables make it
        unnecessary, nor once ``is_over`` says so.
        """
        while self._seed is None and self._zeros.are_too_few and not is_over():
            task = tables.encrypt_directly, self._p, self._q, *self._random_roots(1, random), [0]
            self._zeros.put(int(letting_others_run(*task)[0]))

    def drop_ahead(self) -> None:
        """Forget what was drawn ahead, in a fork: its parent uses it."""
        self._zeros.drop()

    def encrypt_rows(
        self,
        values: npt.NDArray[np.int64],
        random: Random,
        executor: Executor | None = None,
        profile: Profile = "strict",
        out: npt.NDArray[np.uint8] | None = None,
    ) -> npt.NDArray[np.uint8]:
        """Pack and encrypt ``(rows, slots)`` integers; return ``(rows, ciphertext_bytes)`` bytes.

        Writes to ``out``, for example a mapped file, if given; see ``encrypt_chunks``.
        """
        shape = (len(values), self.public.ciphertext_bytes)
        result = np.empty(shape, dtype=np.uint8) if out is None else out
        if result.shape != shape or result.dtype != np.uint8:
            raise LocalError(f"the output must be {shape} bytes")
        start = 0
        for chunk in self.encrypt_chunks(values, random, executor, profile):
            result[start : start + len(chunk)] = chunk
            start += len(chunk)
        return result

    def encrypt_chunks(
        self,
        values: npt.NDArray[np.int64],
        random: Random,
        executor: Executor | None = None,
        profile: Profile = "strict",
    ) -> Iterator[npt.NDArray[np.uint8]]:
        """Pack and encrypt rows lazily, yielding ``(some rows, ciphertext_bytes)`` in order.

        ``values`` may hold fewer columns than the key has slots.  ``strict`` draws randomness
        within 2^-80 of uniform (2048 bits and more) and needs no assumption but Paillier's.

        Fewer rows than ``TABLE_THRESHOLD`` are encrypted without tables, exactly uniform, unless
        the tables are there.

        ``fast`` spends 448 exponent bits per prime: about four times faster, under the further
        assumption that a product of 56 random bases, each to a random power of 8 bits, cannot be
        told from a random n-th residue by who does not know the factors (the short-exponent
        assumption, Koshiba and Kurosawa 2004, in the group of n-th residues).

        Raises:
            SlotOverflowError: if a value is not below 2^61 in magnitude, before any work.
            LocalError: on more columns than slots, or another type than int64.
        """
        self._check_rows(values)
        windows = self._windows(profile)
        if self._seed is None and len(values) < TABLE_THRESHOLD:
            direct = self._encrypt_directly(tables.pack_rows(values), random, executor)
            return iter([tables.as_rows(self._p, direct)])
        self.prepare(random, executor)
        tasks = (
            (self._seed, random(2 * windows * len(part)), np.asarray(part))
            for part in (
                values[start : start + ROWS_PER_TASK]
                for start in range(0, len(values), ROWS_PER_TASK)
            )
        )
        return run_ordered(executor, tables.encrypt_rows, tasks)

    def _check_rows(self, values: npt.NDArray[np.int64]) -> None:
        if values.ndim != 2 or values.dtype != np.int64:
            raise LocalError("rows must be a two-dimensional array of int64")
        if not 0 < values.shape[1] <= slots(self.public.bits):
            raise LocalError(f"a row must have 1 to {slots(self.public.bits)} slots")
        if len(values) and not -VALUE_LIMIT < values.min() <= values.max() < VALUE_LIMIT:
            raise SlotOverflowError(f"a value is not below {VALUE_LIMIT} in magnitude")

    def _windows(self, profile: Profile) -> int:
        windows = (int(self._p.bit_length()) + tables.EXTRA_BITS) // 8
        if profile not in ("strict", "fast"):
            raise LocalError(f"there is no profile {profile!r}")
        return min(windows, tables.FAST_WINDOWS) if profile == "fast" else windows

    def decrypt(self, ciphertext: int) -> int:
        """Return the plaintext, in [0, n).

        Raises:
            InvalidCiphertextError: on what is not a ciphertext under this key, before arithmetic.
        """
        return self.decrypt_many([ciphertext])[0]

    def decrypt_many(
        self, ciphertexts: Sequence[int], executor: Executor | None = None
    ) -> list[int]:
        """Return the plaintexts, in [0, n); all are checked before the first is decrypted.

        Raises:
            InvalidCiphertextError: with the index of the first bad one.
        """
        for index, ciphertext in enumerate(ciphertexts):
            self.public.check_ciphertext(ciphertext, index)
        decrypt = partial(_decrypt, self._p, self._q)
        return list(exponentiate(executor, decrypt, ciphertexts, DECRYPTIONS_PER_TASK))

    def decrypt_small(
        self, ciphertexts: Sequence[int], executor: Executor | None = None
    ) -> list[int]:
        """Return signed plaintexts below 2^61 in magnitude, a plaintext full of them at a time.

        What a larger one has beyond its slot is added to the number after it: whoever encrypts
        them may choose them all, and nobody else sees what comes of it.

        Raises:
            InvalidCiphertextError: as ``decrypt_many`` does.
            RemoteError: if what is in one of the slots is larger.
        """
        for index, ciphertext in enumerate(ciphertexts):
            self.public.check_ciphertext(ciphertext, index)
        parts = list(batches(ciphertexts, slots(self.public.bits)))
        opened = self.decrypt_many([gather_slots(self.public, part) for part in parts], executor)
        pairs = zip(opened, parts, strict=True)
        return [n for one, part in pairs for n in read_slots(self.public, one, len(part))]

    def prove(self, bound_to: bytes) -> bytes:
        """Prove the key for one room and owner, see ``roots``: the same bytes every time."""
        return take_roots(self._p, self._q, bound_to)

    def to_bytes(self) -> bytes:
        """Write both primes, big-endian and of equal length; the caller encrypts the result."""
        length = (self.public.bits // 2 + 7) // 8
        return bytes(self._p.to_bytes(length, "big") + self._q.to_bytes(length, "big"))

    @classmethod
    def from_bytes(cls, data: bytes) -> PrivateKey:
        """Read what ``to_bytes`` wrote.

        Raises:
            LocalError: if it is not a pair of different primes of equal length.
        """
        half = len(data) // 2
        return cls._checked(int.from_bytes(data[:half], "big"), int.from_bytes(data[half:], "big"))

    def to_phe(self) -> PaillierPrivateKey:
        """Return the key for ``phe``."""
        return PaillierPrivateKey(self.public.to_phe(), int(self._p), int(self._q))

    @classmethod
    def from_phe(cls, key: PaillierPrivateKey) -> PrivateKey:
        """Take over a key of ``phe``.

        Raises:
            LocalError: as ``from_bytes`` does.
        """
        return cls._checked(int(key.p), int(key.q))

    @classmethod
    def _checked(cls, p: int, q: int) -> PrivateKey:
        bits = (p * q).bit_length()
        if p == q or p.bit_length() != q.bit_length() or bits % 32 or bits < 2 * p.bit_length():
            raise LocalError("the primes are not different, of equal and fitting length")
        if not (gmpy2.is_prime(p, PRIME_ROUNDS) and gmpy2.is_prime(q, PRIME_ROUNDS)):
            raise LocalError("the private key is damaged: no primes")
        try:
            check_public_key(p * q, bits)
        except InvalidKeyError as error:
            raise LocalError(str(error)) from error
        return cls(p, q)


def _encrypt_directly(p: mpz, q: mpz, rows: Sequence[tuple[mpz, mpz, int]]) -> list[mpz]:
    return tables.encrypt_directly(p, q, *zip(*rows, strict=True)) if rows else []


def _decrypt(p: mpz, q: mpz, ciphertexts: Sequence[int]) -> list[int]:
    """Decrypt modulo each prime and join (Paillier 1999, section 7).

    The exponent is secret and the base is chosen by somebody else, so the exponentiation is the
    one of GMP that takes the same time for all; it costs a third more.
    """
    inverse = gmpy2.invert(p, q)
    h_p, h_q = gmpy2.invert(-q % p, p), gmpy2.invert(-p % q, q)
    plaintexts = []
    for ciphertext in ciphertexts:
        m_p = _logarithm(ciphertext, p) * h_p % p
        m_q = _logarithm(ciphertext, q) * h_q % q
        plaintexts.append(int(m_p + p * ((m_q - m_p) * inverse % q)))
    return plaintexts


def _logarithm(ciphertext: int, prime: mpz) -> mpz:
    square = prime * prime
    return (gmpy2.powmod_sec(ciphertext % square, prime - 1, square) - 1) // prime


def generate(bits: int, random: Random) -> PrivateKey:
    """Make a key whose modulus has exactly ``bits`` bits, from two primes of equal length.

    The primes are uniform among those with both top bits set, as in FIPS 186-5, A.1.3.

    Raises:
        LocalError: if ``bits`` is not a multiple of 32 that is at least 512.
    """
    if bits % 32 or bits < 512:
        raise LocalError("the length of a key is a multiple of 32 bits, at least 512")
    while True:
        p, q = (_random_prime(bits // 2, random) for _ in range(2))
        # Primes this close would give n away to Fermat's method (FIPS 186-5, A.1.3, step 5.4).
        if abs(p - q) >> (bits // 2 - 100):
            return PrivateKey(int(p), int(q))


def _random_prime(bits: int, random: Random) -> mpz:
    while True:
        candidate = mpz.from_bytes(random(bits // 8), "big")
        candidate |= (3 << (bits - 2)) | 1
        if gmpy2.is_prime(candidate, PRIME_ROUNDS):
            return candidate
