"""Encrypt, add and re-randomise with nothing but the public key."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING

import gmpy2
from gmpy2 import mpz
from phe.paillier import PaillierPublicKey

from protocols.errors import InvalidCiphertextError, InvalidKeyError, LocalError
from protocols.limits import PAILLIER_BITS
from protocols.paillier import checks, roots, sums
from protocols.paillier.parallel import exponentiate
from protocols.randomness import Random, random_below

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

UNITS_PER_TASK = 8
"""Random numbers that one task raises to n: some 0.2 s of work at 3072 bits."""

CHECKED_ROWS = 4096
"""Rows of a batch that are checked at once, so that a mapped file is never read whole."""


@dataclass(frozen=True)
class PublicKey:
    """Hold a Paillier modulus, with g = n + 1 as in ``phe`` (Paillier 1999, scheme 1).

    Nothing is checked here: use ``from_bytes`` on what comes from outside.
    A plaintext is an integer in (-n, n), taken modulo n.
    """

    n: int

    @cached_property
    def modulus(self) -> mpz:
        """Return n for arithmetic."""
        return mpz(self.n)

    @cached_property
    def square(self) -> mpz:
        """Return n^2 for arithmetic."""
        return self.modulus * self.modulus

    @property
    def bits(self) -> int:
        """Return the length of n in bits."""
        return self.n.bit_length()

    @property
    def ciphertext_bytes(self) -> int:
        """Return the width of a ciphertext on the wire."""
        return 2 * ((self.bits + 7) // 8)

    def encrypt(self, plaintext: int, random: Random) -> int:
        """Encrypt one integer with r^n, r uniform: a full exponentiation."""
        return self.encrypt_many([plaintext], random=random)[0]

    def encrypt_many(
        self,
        plaintexts: Sequence[int],
        random: Random,
        executor: Executor | None = None,
    ) -> list[int]:
        """Encrypt integers with r^n, every r uniform.

        Raises:
            LocalError: on a plaintext outside (-n, n).
        """
        bare = [self._encode(plaintext) for plaintext in plaintexts]
        return self._randomise(bare, random, executor)

    def add(self, left: int, right: int) -> int:
        """Add two encrypted numbers; the result still shows what it was made of."""
        return int(mpz(left) * right % self.square)

    def add_many(self, ciphertexts: Sequence[int]) -> int:
        """Add encrypted numbers; none at all give 1, a bare zero that has to be re-randomised."""
        return int(sums.multiply(self.square, ciphertexts))

    def add_plain(self, ciphertext: int, plaintext: int) -> int:
        """Add a number in clear, without new randomness.

        Raises:
            LocalError: on a plaintext outside (-n, n).
        """
        return int(self._encode(plaintext) * ciphertext % self.square)

    def scale(self, ciphertext: int, factor: int) -> int:
        """Multiply an encrypted number by an integer, negative ones included."""
        return int(gmpy2.powmod(ciphertext, factor, self.square))

    def rerandomise(self, ciphertext: int, random: Random) -> int:
        """Make a ciphertext independent of the randomness it was made of.

        Multiplies by r^n with r uniform in Z_n^*, always.  The owner of the key knows p, q and the
        randomness of each row: were the exponent short, an owner that chose smooth p - 1 and q - 1
        could take the discrete logarithm and read which rows were summed.  And r^n has to reach
        every n-th residue, which the key's proof of roots shows.
        """
        return self.rerandomise_many([ciphertext], random=random)[0]

    def rerandomise_many(
        self,
        ciphertexts: Sequence[int],
        random: Random,
        executor: Executor | None = None,
    ) -> list[int]:
        """Make ciphertexts independent of their randomness, each with an r of its own."""
        return self._randomise(ciphertexts, random, executor)

    def sum_groups(
        self,
        ciphertexts: npt.NDArray[np.uint8],
        groups: sums.Groups,
        group_count: int,
        executor: Executor | None = None,
    ) -> list[int]:
        """Add the rows of each group, see ``sums.sum_groups``; re-randomise before release."""
        return sums.sum_groups(self.square, ciphertexts, groups, group_count, executor)

    def weighted_product(self, ciphertexts: Sequence[int], weights: Sequence[int]) -> int:
        """Add ``weight * plaintext`` over all pairs; weights are not negative."""
        return sums.weighted_product(self.square, ciphertexts, weights)

    def check_ciphertext(self, ciphertext: int | bytes, index: int = 0) -> int:
        """Return a ciphertext from outside as a number, or refuse it before any arithmetic.

        Raises:
            InvalidCiphertextError: unless 1 < c < n^2, gcd(c, n) = 1 and bytes have the width.
        """
        if isinstance(ciphertext, bytes):
            if len(ciphertext) != self.ciphertext_bytes:
                raise InvalidCiphertextError(f"not {self.ciphertext_bytes} bytes", index)
            ciphertext = int.from_bytes(ciphertext, "big")
        checks.check_ciphertext(self.modulus, ciphertext, index)
        return ciphertext

    def check_ciphertexts(self, ciphertexts: npt.NDArray[np.uint8], first_index: int = 0) -> None:
        """Refuse a batch, ``(rows, ciphertext_bytes)``, for its first bad row.

        Raises:
            InvalidCiphertextError: with that row's index, counted from ``first_index``.
        """
        for start in range(0, max(1, len(ciphertexts)), CHECKED_ROWS):
            rows = ciphertexts[start : start + CHECKED_ROWS]
            checks.check_ciphertexts(self.modulus, rows, first_index + start)

    def ciphertext_to_bytes(self, ciphertext: int) -> bytes:
        """Write a ciphertext as ``ciphertext_bytes`` big-endian bytes."""
        return ciphertext.to_bytes(self.ciphertext_bytes, "big")

    def to_bytes(self) -> bytes:
        """Write n as big-endian bytes."""
        return self.n.to_bytes((self.bits + 7) // 8, "big")

    @classmethod
    def from_bytes(
        cls, data: bytes, proof: bytes, bound_to: bytes, bits: int = PAILLIER_BITS
    ) -> PublicKey:
        """Read and check a key from outside, with its proof of roots (``PrivateKey.prove``).

        ``bound_to`` is the ``roots.context`` of this room and this owner, ``bits`` what the
        agreement says.

        Raises:
            InvalidKeyError: see ``check_public_key`` and ``check_roots``; also on another number
                of bytes.
        """
        if len(data) != (bits + 7) // 8:
            raise InvalidKeyError(f"the modulus has not exactly {bits} bits")
        n = int.from_bytes(data, "big")
        checks.check_public_key(n, bits)
        roots.check_roots(n, bound_to, proof)
        return cls(n)

    def to_phe(self) -> PaillierPublicKey:
        """Return the key for ``phe``."""
        return PaillierPublicKey(self.n)

    def _encode(self, plaintext: int) -> mpz:
        # (1 + n)^m = 1 + m n modulo n^2
        if not -self.n < plaintext < self.n:
            raise LocalError("a plaintext is not between -n and n")
        return (1 + self.modulus * plaintext) % self.square

    def _randomise(
        self, ciphertexts: Sequence[int], random: Random, executor: Executor | None
    ) -> list[int]:
        units = [self.random_unit(random) for _ in ciphertexts]
        drawn = exponentiate(executor, partial(residues, self.modulus), units, UNITS_PER_TASK)
        return [
            int(residue * ciphertext % self.square)
            for residue, ciphertext in zip(drawn, ciphertexts, strict=True)
        ]

    def random_unit(self, random: Random) -> mpz:
        """Draw r uniformly from the numbers below n that are prime to it."""
        while True:
            root = mpz(random_below(self.n, random))
            if gmpy2.gcd(root, self.modulus) == 1:
                return root


def residues(n: mpz, units: Sequence[mpz]) -> list[mpz]:
    """Return r^n modulo n^2 for every r."""
    return [gmpy2.powmod(unit, n, n * n) for unit in units]
