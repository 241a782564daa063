"""Make the binary linear code that hides which words the sender's choice bits can tell apart.

The code has length 456, dimension 64 and minimum distance at least 128, by proof:

* Let alpha be a primitive element of GF(2^9) and g the least polynomial over GF(2) with the roots
  alpha, alpha^2, ..., alpha^170.  The cyclic code of length 511 that g generates has minimum
  distance at least 171 by the BCH bound (Bose and Ray-Chaudhuri 1960, Hocquenghem 1959; MacWilliams
  and Sloane, "The Theory of Error-Correcting Codes", chapter 7, theorem 8).  The degree of g is
  435, so the dimension is 76.
* A parity bit makes every weight even, so at least 172: a [512, 76, >= 172] code.
* Keeping the words whose last 12 message bits are zero, without those 12 positions, keeps the
  distance: [500, 64, >= 172].
* Leaving out any 44 positions costs at most 44 of it: [456, 64, >= 128].

With distance 128 a wrong 64-bit word leaves at least 128 secret choice bits in the sender's row,
which is the computational security parameter of the extension (Kolesnikov, Kumaresan, Rosulek and
Trieu, CCS 2016, section 3).  A random code of this length would not do: no proof of distance.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

U64 = npt.NDArray[np.uint64]

LENGTH = 456
"""Bits of a code word, and base transfers in each direction."""

DIMENSION = 64
"""Bits of a message."""

DISTANCE = 128
"""Proven lower bound on the weight of a code word that is not zero."""

WORDS = 8
"""Machine words of a row in memory: 456 bits, then zeros, so that a row is one cache line."""

_FIELD_BITS = 9
_FIELD_POLYNOMIAL = 0b1000010001
"""x^9 + x^4 + 1, primitive over GF(2) (Lidl and Niederreiter, "Finite Fields", table D)."""

_ORDER = (1 << _FIELD_BITS) - 1
_DESIGNED_DISTANCE = 171
_BCH_DIMENSION = 76


def _powers() -> list[int]:
    """Return alpha^0 ... alpha^510 as polynomials in alpha."""
    powers = [1]
    while len(powers) < _ORDER:
        value = powers[-1] << 1
        powers.append(value ^ _FIELD_POLYNOMIAL if value >> _FIELD_BITS else value)
    return powers


def _coset(exponent: int) -> list[int]:
    """Return the exponents of the conjugates of alpha^exponent."""
    members = [exponent]
    while (following := 2 * members[-1] % _ORDER) != exponent:
        members.append(following)
    return members


def _minimal_polynomial(coset: list[int], powers: list[int]) -> int:
    """Multiply the (x - alpha^e) of one coset; the product has its coefficients in GF(2)."""
    logarithm = {power: exponent for exponent, power in enumerate(powers)}
    product = [1]
    for exponent in coset:
        scaled = [c and powers[(logarithm[c] + exponent) % _ORDER] for c in product]
        product = [a ^ b for a, b in zip([0, *product], [*scaled, 0], strict=True)]
    return sum(bit << degree for degree, bit in enumerate(product))


def _multiply(left: int, right: int) -> int:
    """Multiply polynomials over GF(2), one bit per coefficient."""
    product = 0
    while right:
        product ^= left * (right & 1)
        left, right = left << 1, right >> 1
    return product


def generator_polynomial() -> int:
    """Return g, bit ``i`` the coefficient of x^i: the product over the cosets of 1 to 170."""
    powers = _powers()
    cosets = {min(_coset(root)) for root in range(1, _DESIGNED_DISTANCE)}
    product = 1
    for leader in sorted(cosets):
        product = _multiply(product, _minimal_polynomial(_coset(leader), powers))
    return product


def _code_word(message: int, generator: int) -> int:
    """Encode systematically: parity bit, then 435 check bits, then the message, from bit 0 on."""
    degree = generator.bit_length() - 1
    word = message << degree
    remainder = word
    while remainder.bit_length() > degree:
        remainder ^= generator << (remainder.bit_length() - 1 - degree)
    word |= remainder
    return word << 1 | (word.bit_count() & 1)


@cache
def basis() -> tuple[int, ...]:
    """Return the 64 code words of the unit messages, bit ``i`` of each being position ``i``.

    Shortened: the message bits 64 to 75 are zero, and so are the positions above 499.  Punctured:
    only the first 456 positions stay.
    """
    generator = generator_polynomial()
    kept = (1 << LENGTH) - 1
    return tuple(_code_word(1 << bit, generator) & kept for bit in range(DIMENSION))


def to_words(bits: int) -> U64:
    """Lay 456 bits out as the eight machine words of a row."""
    return np.frombuffer(bits.to_bytes(8 * WORDS, "little"), dtype="<u8").astype(np.uint64)


def byte_tables(rows: U64) -> U64:
    """Return the sums of a linear map, looked up by byte: shape (rows / 8, 256, words).

    Entry ``[i, b]`` is the sum of those of the rows ``8 i`` to ``8 i + 7`` whose bit is set in b.
    """
    grouped = rows.reshape(-1, 8, rows.shape[1])
    tables = np.zeros((grouped.shape[0], 256, rows.shape[1]), dtype=np.uint64)
    for bit in range(8):
        half = 1 << bit
        tables[:, half : 2 * half] = tables[:, :half] ^ grouped[:, bit : bit + 1]
    return tables


@cache
def code_tables() -> U64:
    """Return the byte tables of the code, shape (8, 256, 8); they are shared, so not to change."""
    return byte_tables(np.stack([to_words(word) for word in basis()]))
