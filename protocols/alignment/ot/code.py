"""Make the linear code over GF(16) that hides which words the sender's key can tell apart.

The code has length 53 and dimension 16 over GF(16), so 64 bits of message, and minimum distance at
least 32, by proof:

* The Hermitian curve y^4 + y = x^5 over GF(16) has 64 rational points besides the one at infinity.
  There x has a pole of order 4 and y one of order 5, and neither has another (Stichtenoth,
  "Algebraic Function Fields and Codes", section 6.4).
* The 16 functions x^i y^j with j at most 3 and 4 i + 5 j at most 21 have different pole orders at
  infinity, so they are independent, and a sum of them has at most 21 zeros.
* Evaluated at the 64 points they give a [64, 16, >= 43] code (ibid., section 2.2 and 8.3); no sum
  vanishes everywhere, so the dimension is 16.
* Leaving out any 11 points costs at most 11 of the distance: [53, 16, >= 32].

With distance 32 a wrong 64-bit word leaves at least 32 secret symbols of four bits, 128 bits, in
the sender's row: the computational security parameter of the extension.

Of more than 2^24 rows a word of 64 bits is decoded by chance too often.  They take a word of 72
bits and the wide code: the 18 functions with 4 i + 5 j at most 23 have at most 23 zeros, and
leaving out 9 of the 64 points costs at most 9: [55, 18, >= 32].

A row is 53 symbols, or 55.  In memory it is four words, the planes: bit ``i`` of word ``p`` is bit
``p`` of symbol ``i``.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from protocols.okvs import byte_tables

U64 = npt.NDArray[np.uint64]

FIELD_BITS = 4
FIELD_SIZE = 1 << FIELD_BITS

DISTANCE = 32
"""Proven lower bound on the symbols of a code word that are not zero, unless all are."""

WORDS = FIELD_BITS
"""Machine words of a row in memory, one for each plane."""

_FIELD_POLYNOMIAL = 0b10011
"""z^4 + z + 1, primitive over GF(2) (Lidl and Niederreiter, "Finite Fields", table D)."""


class Code(NamedTuple):
    """A code of the family: the symbols of a word, and the most poles of a function."""

    length: int
    largest_pole: int

    @property
    def functions(self) -> list[tuple[int, int]]:
        """Return the exponents (i, j) of the functions x^i y^j, sorted by j, then i."""
        most = self.largest_pole
        return [(i, j) for j in range(4) for i in range(6) if 4 * i + 5 * j <= most]

    @property
    def value_bytes(self) -> int:
        """Return the bytes of a message: 8, or 9 of the wide code."""
        return len(self.functions) * FIELD_BITS // 8

    @property
    def row_bytes(self) -> int:
        """Return the bytes of a row without gaps between its planes: 27, or 28."""
        return -(-self.length * FIELD_BITS // 8)


NARROW: Final = Code(53, 21)
WIDE: Final = Code(55, 23)
LENGTH: Final = NARROW.length


def of_length(symbols: int) -> Code:
    """Return the code whose words have so many symbols."""
    return {one.length: one for one in (NARROW, WIDE)}[symbols]


def multiply(left: int, right: int) -> int:
    """Multiply in GF(16), elements being polynomials in z, bit ``i`` the coefficient of z^i."""
    product = 0
    while right:
        product ^= left * (right & 1)
        left, right = left << 1, right >> 1
        left ^= _FIELD_POLYNOMIAL * (left >> FIELD_BITS)
    return product


def _power(base: int, exponent: int) -> int:
    product = 1
    for _ in range(exponent):
        product = multiply(product, base)
    return product


def points() -> list[tuple[int, int]]:
    """Return the 64 points of the curve that are not at infinity, sorted by x, then y."""
    field = range(FIELD_SIZE)
    return [(x, y) for x in field for y in field if _power(y, 4) ^ y == _power(x, 5)]


@cache
def basis(code: Code = NARROW) -> tuple[tuple[int, ...], ...]:
    """Return the code words of the unit messages, 53 symbols each, or 55 of the wide code.

    Message bit ``4 m + b`` stands for z^b times the function number ``m``; the first points are
    kept.
    """
    kept = points()[: code.length]
    functions = [[multiply(_power(x, i), _power(y, j)) for x, y in kept] for i, j in code.functions]
    return tuple(
        tuple(multiply(1 << bit, value) for value in function)
        for function in functions
        for bit in range(FIELD_BITS)
    )


def to_words(symbols: Sequence[int]) -> U64:
    """Lay symbols out as the four planes of a row."""
    planes = [
        sum((symbol >> bit & 1) << i for i, symbol in enumerate(symbols))
        for bit in range(FIELD_BITS)
    ]
    return np.array(planes, dtype=np.uint64)


@cache
def code_tables(code: Code = NARROW) -> U64:
    """Return the byte tables of a code, shape (8, 256, 4), or (9, 256, 4); not to be changed."""
    return byte_tables(np.stack([to_words(word) for word in basis(code)]))


def scaled_tables(factors: Sequence[int]) -> U64:
    """Return the byte tables of the code with every symbol times its own factor."""
    words = basis(of_length(len(factors)))
    scaled = [[multiply(f, s) for f, s in zip(factors, word, strict=True)] for word in words]
    return byte_tables(np.stack([to_words(word) for word in scaled]))


def plane_masks(factors: Sequence[int]) -> U64:
    """Return what multiplies each symbol of a row by its own factor, shape (4, 4).

    Plane ``c`` of the product is the sum over ``b`` of plane ``b`` of the row, and entry [c, b].
    """
    columns = [to_words([multiply(f, 1 << bit) for f in factors]) for bit in range(FIELD_BITS)]
    return np.stack(columns, axis=1)
