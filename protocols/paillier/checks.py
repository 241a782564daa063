"""Refuse what nobody may compute with: ciphertexts and public keys from outside.

``phe`` 1.5.0 gives a factor of its key away when it decrypts 0 or a multiple of n, so every check
here comes before any arithmetic.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import gmpy2
from gmpy2 import mpz

from protocols.deferred import Deferred
from protocols.errors import InvalidCiphertextError, InvalidKeyError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
else:
    np = Deferred("numpy")

SMALL_FACTOR_BOUND = 1 << 20
"""A modulus with a prime factor below this is refused: trial division finds it for anybody."""


@lru_cache(maxsize=1)
def _small_primes() -> mpz:
    return gmpy2.primorial(SMALL_FACTOR_BOUND)


def check_public_key(n: int, bits: int) -> None:
    """Refuse a modulus from outside unless it could be an honest one of exactly ``bits`` bits.

    It has to be odd, composite, no perfect power and without a prime factor below 2^20.  This is
    half of what re-randomising relies on; the other half is the proof of ``roots.check_roots``,
    whose strength rests on the bound here.  ``PublicKey.from_bytes`` asks for both.  That the
    owner chose two large random primes is not seen, and nothing that is sent to it relies on it.

    Raises:
        InvalidKeyError: naming the first rule that is broken.
    """
    if n <= 0 or n.bit_length() != bits:
        raise InvalidKeyError(f"the modulus has not exactly {bits} bits")
    if n % 2 == 0:
        raise InvalidKeyError("the modulus is even")
    if gmpy2.gcd(n, _small_primes() % n) != 1:
        raise InvalidKeyError(f"the modulus has a factor below {SMALL_FACTOR_BOUND}")
    if gmpy2.is_power(n):
        raise InvalidKeyError("the modulus is a perfect power")
    if gmpy2.is_prime(n):
        raise InvalidKeyError("the modulus is prime")


def check_ciphertext(n: mpz, ciphertext: int, index: int = 0) -> None:
    """Refuse a number that no encryption under ``n`` gives; ``index`` goes into the error.

    Raises:
        InvalidCiphertextError: unless 1 < c < n^2 and gcd(c, n) = 1.  (1 is an encryption of 0
            without randomness: whoever sends it hides nothing.)
    """
    if not 1 < ciphertext < n * n:
        raise InvalidCiphertextError("out of range", index)
    if gmpy2.gcd(ciphertext, n) != 1:
        raise InvalidCiphertextError("shares a factor with the modulus", index)


def check_ciphertexts(n: mpz, ciphertexts: npt.NDArray[np.uint8], first_index: int = 0) -> None:
    """Refuse a batch of big-endian ciphertexts, ``(rows, width)`` bytes, for its first bad row.

    One gcd of n with the product of all rows clears an honest batch; only a batch that fails it
    is searched row by row.

    Raises:
        InvalidCiphertextError: with the index of the first bad row, counted from ``first_index``.
    """
    width = 2 * _length(n)
    if ciphertexts.ndim != 2 or ciphertexts.dtype != np.uint8 or ciphertexts.shape[1] != width:
        raise InvalidCiphertextError(f"a row is {width} bytes", first_index)
    product, square = mpz(1), n * n
    for index, value in enumerate(integers(ciphertexts)):
        if not 1 < value < square:
            _blame_shared_factor(n, ciphertexts[:index], first_index)
            raise InvalidCiphertextError("out of range", first_index + index)
        product = product * value % n
    if gmpy2.gcd(product, n) != 1:
        _blame_shared_factor(n, ciphertexts, first_index)


def _blame_shared_factor(n: mpz, ciphertexts: npt.NDArray[np.uint8], first_index: int) -> None:
    for index, value in enumerate(integers(ciphertexts), first_index):
        check_ciphertext(n, value, index)


def integers(rows: npt.NDArray[np.uint8]) -> list[mpz]:
    """Read every row of ``(rows, width)`` bytes as one big-endian integer."""
    width, data = rows.shape[1], rows.tobytes()
    return [mpz.from_bytes(data[at : at + width], "big") for at in range(0, len(data), width)]


def _length(n: mpz) -> int:
    return (int(n.bit_length()) + 7) // 8
