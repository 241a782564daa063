"""Compute in Z_q[X]/(X^N + 1), prime by prime of q, many polynomials side by side.

The number-theoretic transform takes N coefficients to N values, in bit-reversed order, in which
products are taken place by place (Longa and Naehrig, CANS 2016).  Factors that stay the same are
multiplied with a precomputed quotient (Shoup; Harvey, J. Symb. Comput. 60, 2014): no division, no
branch, and no time that depends on a number.

Polynomials lie side by side, ``(N, lanes)``: the numbers that one factor multiplies follow one
another, so that every inner loop is vector operations whatever the level.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from protocols.compiled import compiled
from protocols.limits import LATTICE_DEGREE, LATTICE_PRIMES

U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]
I8 = npt.NDArray[np.int8]

LEVELS = LATTICE_DEGREE.bit_length() - 1


class Tables(NamedTuple):
    """Hold what the transforms modulo one prime multiply with, each beside its quotient."""

    prime: np.uint32
    one: np.uint32
    forward: U32
    forward_quotients: U32
    backward: U32
    backward_quotients: U32
    scale: np.uint32
    scale_quotient: np.uint32
    carry: np.uint32
    carry_quotient: np.uint32


def quotient(factor: int, prime: int) -> int:
    """Return floor(factor 2^32 / prime), which ``times`` takes beside the factor."""
    return (factor << 32) // prime


@lru_cache(maxsize=len(LATTICE_PRIMES))
def tables(prime: int) -> Tables:
    """Return what the transforms modulo ``prime`` need; powers stand in bit-reversed order."""
    root = next(r for r in _roots(prime) if pow(r, LATTICE_DEGREE, prime) == prime - 1)
    forward, backward = (_powers(r, prime) for r in (root, pow(root, -1, prime)))
    scale, carry = pow(LATTICE_DEGREE, -1, prime), (1 << 32) % prime
    constants = [scale, quotient(scale, prime), carry, quotient(carry, prime)]
    return Tables(
        np.uint32(prime),
        np.uint32(quotient(1, prime)),
        *forward,
        *backward,
        *map(np.uint32, constants),
    )


def _roots(prime: int) -> list[int]:
    exponent = (prime - 1) // (2 * LATTICE_DEGREE)
    return [pow(base, exponent, prime) for base in range(2, 50)]


def _powers(root: int, prime: int) -> tuple[U32, U32]:
    powers, value = [1] * LATTICE_DEGREE, 1
    for exponent in range(LATTICE_DEGREE):
        powers[int(f"{exponent:0{LEVELS}b}"[::-1], 2)] = value
        value = value * root % prime
    quotients = [quotient(power, prime) for power in powers]
    return np.array(powers, dtype=np.uint32), np.array(quotients, dtype=np.uint32)


@compiled(nogil=True, inline="always")
def times(x: np.uint32, factor: np.uint32, ratio: np.uint32, prime: np.uint32) -> Any:
    """Return x factor modulo ``prime``, in [0, 2 prime), for any x below 2^32."""
    high = (np.uint64(x) * np.uint64(ratio)) >> np.uint64(32)
    return np.uint32(np.uint64(x) * np.uint64(factor) - high * np.uint64(prime))


@compiled(nogil=True, inline="always")
def reduced(x: np.uint32, one: np.uint32, prime: np.uint32) -> Any:
    """Return x modulo ``prime``, in [0, prime), for any x below 2^32."""
    y = times(x, np.uint32(1), one, prime)
    return min(y, np.uint32(y - prime))  # below 2 prime the difference wraps above 2^31


@compiled(nogil=True)
def forward(polynomials: U32, table: Tables) -> None:
    """Transform coefficients below the prime in place, ``(N, lanes)``, contiguous.

    Numbers grow by less than two primes a level: 27 primes after 13 levels, below 2^32.
    """
    flat, lanes = polynomials.reshape(-1), polynomials.shape[1]
    prime, twice = table.prime, np.uint32(2 * table.prime)
    half, blocks = LATTICE_DEGREE >> 1, 1
    while half:
        size = half * lanes
        for block in range(blocks):
            factor, ratio = table.forward[blocks + block], table.forward_quotients[blocks + block]
            start = 2 * size * block
            low, high = flat[start : start + size], flat[start + size : start + 2 * size]
            for i in range(size):
                x, y = low[i], times(high[i], factor, ratio, prime)
                low[i] = x + y
                high[i] = x - y + twice
        half >>= 1
        blocks <<= 1
    for i in range(len(flat)):
        flat[i] = reduced(flat[i], table.one, prime)


@compiled(nogil=True)
def backward(polynomials: U32, table: Tables) -> None:
    """Turn values below the prime back into coefficients below it, in place, as ``forward``."""
    flat, lanes = polynomials.reshape(-1), polynomials.shape[1]
    prime, twice = table.prime, np.uint32(2 * table.prime)
    half, blocks = 1, LATTICE_DEGREE >> 1
    while blocks:
        size = half * lanes
        for block in range(blocks):
            factor = table.backward[blocks + block]
            ratio = table.backward_quotients[blocks + block]
            start = 2 * size * block
            low, high = flat[start : start + size], flat[start + size : start + 2 * size]
            for i in range(size):
                x, y = low[i], high[i]
                total = np.uint32(x + y)
                low[i] = min(total, np.uint32(total - twice))
                high[i] = times(x - y + twice, factor, ratio, prime)
        half <<= 1
        blocks >>= 1
    for i in range(len(flat)):
        x = times(flat[i], table.scale, table.scale_quotient, prime)
        flat[i] = min(x, np.uint32(x - prime))


@compiled(nogil=True, inline="always")
def fold(x: np.uint64, one: np.uint32, carry: np.uint32, ratio: np.uint32, prime: np.uint32) -> Any:
    """Return x modulo ``prime`` for any x below 2^64; ``carry`` is 2^32 modulo the prime."""
    low = times(np.uint32(x & np.uint64(0xFFFFFFFF)), np.uint32(1), one, prime)
    high = times(np.uint32(x >> np.uint64(32)), carry, ratio, prime)
    return reduced(np.uint32(low + high), one, prime)


@compiled(nogil=True)
def _lift(small: I8, factor: np.uint32, table: Tables, out: U32) -> None:
    for lane in range(small.shape[0]):
        for j in range(LATTICE_DEGREE):
            value = np.int64(small[lane, j])
            residue = np.uint64(value + (np.int64(table.prime) & (value >> np.int64(63))))
            product = residue * np.uint64(factor)
            out[j, lane] = fold(product, table.one, table.carry, table.carry_quotient, table.prime)


def to_values(small: I8, factor: int = 1) -> U32:
    """Transform ``factor`` times small signed polynomials: (count, N) to (count, primes, N)."""
    out = np.empty((len(small), len(LATTICE_PRIMES), LATTICE_DEGREE), dtype=np.uint32)
    lanes = np.empty((LATTICE_DEGREE, len(small)), dtype=np.uint32)
    for index, prime in enumerate(LATTICE_PRIMES):
        _lift(np.ascontiguousarray(small), np.uint32(factor % prime), tables(prime), lanes)
        forward(lanes, tables(prime))
        out[:, index] = lanes.T
    return out


def add(left: U32, right: U32) -> U32:
    """Add residues, (..., 5, m), prime by prime."""
    primes = np.array(LATTICE_PRIMES, dtype=np.uint32)[:, None]
    total = left + right  # below 2^28
    smaller: U32 = np.minimum(total, total - primes)
    return smaller


@compiled(nogil=True)
def _multiply_add(left: U32, right: U32, added: U32, table: Tables, out: U32) -> None:
    for j in range(LATTICE_DEGREE):
        total = np.uint64(left[j]) * np.uint64(right[j]) + np.uint64(added[j])
        out[j] = fold(total, table.one, table.carry, table.carry_quotient, table.prime)


def multiply_add(left: U32, right: U32, added: U32) -> U32:
    """Return left times right plus ``added``, all given by their values, (primes, N)."""
    out = np.empty_like(left)
    for index, prime in enumerate(LATTICE_PRIMES):
        _multiply_add(left[index], right[index], added[index], tables(prime), out[index])
    return out


@compiled(nogil=True)
def _constant(left: U32, right: U32, table: Tables) -> Any:
    low, high = np.uint64(0), np.uint64(0)
    for j in range(LATTICE_DEGREE):
        product = np.uint64(left[j]) * np.uint64(right[j])
        low += product & np.uint64(0xFFFFFFFF)
        high += product >> np.uint64(32)
    one, carry, ratio, prime = table.one, table.carry, table.carry_quotient, table.prime
    above = times(fold(high, one, carry, ratio, prime), carry, ratio, prime)
    total = np.uint32(fold(low, one, carry, ratio, prime) + above)
    return reduced(times(total, table.scale, table.scale_quotient, prime), one, prime)


def constant_coefficient(left: U32, right: U32) -> list[int]:
    """Return the constant coefficient of a product, prime by prime; both are (primes, N) values.

    It is the mean of the product's values, so no transform is needed.
    """
    pairs = zip(left, right, LATTICE_PRIMES, strict=True)
    return [int(_constant(one, other, tables(prime))) for one, other, prime in pairs]
