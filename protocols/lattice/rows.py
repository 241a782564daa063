"""Encrypt rows by blocks of N: one polynomial per measure, the rows its coefficients.

A block is a seed, which gives the uniform polynomial a, and b = a s + t e + v per measure: 16 bytes
and 20 per row and measure.  All measures share a (Peikert, Vaikuntanathan and Waters, CRYPTO 2008).
Two blocks under one seed would tell the differences of their rows, so every seed is drawn anew,
nothing is ever encrypted again under an old one, and whoever receives a repeated one refuses it.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np

from protocols.compiled import compiled
from protocols.errors import InvalidMessageError, LocalError, SlotOverflowError
from protocols.lattice.keys import PLAIN, SecretKey, is_shared_seed
from protocols.lattice.ring import (
    I8,
    I64,
    U32,
    Tables,
    backward,
    fold,
    quotient,
    reduced,
    tables,
    times,
)
from protocols.lattice.sampler import SEED_BYTES, PrivateStream, expand
from protocols.lattice.wire import POLYNOMIAL_BYTES, PRIMES, U8, read_residues, write_residues
from protocols.limits import (
    LATTICE_DEGREE,
    LATTICE_ERROR_PAIRS,
    LATTICE_PRIMES,
    VALUE_LIMIT,
)
from protocols.paillier.parallel import run_ordered
from protocols.randomness import Random

LANES = 8
"""Polynomials that are transformed side by side: one vector of 256 bits."""


@dataclass(frozen=True)
class Blocks:
    """Hold encrypted rows: ``seeds`` (blocks, 16) and ``values`` (blocks, measures, 5, N).

    Row i is coefficient i modulo N of block i // N.
    """

    seeds: U8
    values: U32

    def __len__(self) -> int:
        return len(self.seeds)

    def to_rows(self) -> U8:
        """Return one row of bytes per block: its seed, then measure by measure its residues."""
        blocks, measures = self.values.shape[:2]
        flat = write_residues(self.values.reshape(blocks * measures, PRIMES, LATTICE_DEGREE))
        return np.hstack([self.seeds, flat.reshape(blocks, -1)])


def block_bytes(measures: int) -> int:
    """Return how many bytes a block has."""
    return SEED_BYTES + measures * POLYNOMIAL_BYTES


def block_count(rows: int) -> int:
    """Return how many blocks hold so many rows."""
    return -(-rows // LATTICE_DEGREE)


def read_blocks(rows: U8, measures: int) -> Blocks:
    """Read what ``Blocks.to_rows`` writes, (blocks, block_bytes).

    Raises:
        InvalidMessageError: on another width, a residue that is not below its prime, or a seed
            that is not new, naming the block.
    """
    if rows.ndim != 2 or rows.dtype != np.uint8 or rows.shape[1] != block_bytes(measures):
        raise InvalidMessageError(f"a block has {block_bytes(measures)} bytes")
    seeds = np.ascontiguousarray(rows[:, :SEED_BYTES])
    check_seeds(seeds)
    flat = np.ascontiguousarray(rows[:, SEED_BYTES:])
    values = np.empty((len(rows), measures, PRIMES, LATTICE_DEGREE), dtype=np.uint32)
    for measure in range(measures):
        part = flat[:, measure * POLYNOMIAL_BYTES : (measure + 1) * POLYNOMIAL_BYTES]
        values[:, measure] = read_residues(part, "block")
    return Blocks(seeds, values)


def check_seeds(seeds: U8) -> None:
    """Refuse seeds (blocks, 16) of one upload of which two are the same, or one that of a*.

    Raises:
        InvalidMessageError: naming the second block.
    """
    first: dict[bytes, int] = {}
    for index, (seed, shared) in enumerate(zip(seeds, is_shared_seed(seeds), strict=True)):
        if shared or first.setdefault(seed.tobytes(), index) != index:
            raise InvalidMessageError(f"block {index}: its seed is not new")


def encrypt(
    key: SecretKey, values: I64, random: Random, threads: Executor | None = None
) -> Iterator[Blocks]:
    """Encrypt ``values`` (rows, measures), some blocks at a time; the last is filled with zeros.

    ``threads`` compute; everything random is drawn by the caller of the iterator, in order.

    Raises:
        LocalError: if there are not as many columns as the key has measures.
        SlotOverflowError: if a value is not below 2^61 in magnitude.
    """
    measures = key.public.measures
    if values.ndim != 2 or values.shape[1] != measures or values.dtype != np.int64:
        raise LocalError(f"values are int64 rows of {measures} measures")
    if len(values) and not (values.max() < VALUE_LIMIT and values.min() > -VALUE_LIMIT):
        raise SlotOverflowError(f"a value is not below {VALUE_LIMIT} in magnitude")
    return run_ordered(threads, _encrypt_blocks, _parts(key, values, random))


def _parts(key: SecretKey, values: I64, random: Random) -> Iterator[tuple[SecretKey, I64, U8, I8]]:
    """Yield some blocks of values at a time, with a seed for each and the errors of its rows."""
    stream, measures = PrivateStream(random), key.public.measures
    at_once = max(1, LANES // measures)
    for start in range(0, len(values), at_once * LATTICE_DEGREE):
        part = values[start : start + at_once * LATTICE_DEGREE]
        blocks = block_count(len(part))
        filled = np.zeros((blocks * LATTICE_DEGREE, measures), dtype=np.int64)
        filled[: len(part)] = part
        by_measure = filled.reshape(blocks, LATTICE_DEGREE, measures).transpose(0, 2, 1)
        seeds = np.frombuffer(random(blocks * SEED_BYTES), np.uint8).reshape(blocks, SEED_BYTES)
        errors = stream.errors(blocks * measures, LATTICE_DEGREE)
        yield key, np.ascontiguousarray(by_measure), seeds, errors


def _encrypt_blocks(key: SecretKey, plain: I64, seeds: U8, errors: I8) -> Blocks:
    blocks, measures = plain.shape[:2]
    a = np.stack([expand(key.public.context, seed.tobytes()) for seed in seeds])
    out = np.empty((blocks, measures, PRIMES, LATTICE_DEGREE), dtype=np.uint32)
    rows = np.empty((blocks * measures, LATTICE_DEGREE), dtype=np.uint32)
    of_row = [divmod(row, measures) for row in range(len(rows))]
    for index, prime in enumerate(LATTICE_PRIMES):
        table = tables(prime)
        for row, (block, measure) in zip(rows, of_row, strict=True):
            _product(a[block, index], key.values[measure, index], table, row)
        lanes = np.ascontiguousarray(rows.T)
        backward(lanes, table)
        rows[:] = lanes.T
        for row, error, (block, measure) in zip(rows, errors, of_row, strict=True):
            target = out[block, measure, index]
            _add_row(plain[block, measure], error, row, _constants(prime), table, target)
    return Blocks(seeds, out)


@compiled(nogil=True)
def _product(a: U32, s: U32, table: Tables, out: U32) -> None:
    for j in range(LATTICE_DEGREE):
        product = np.uint64(a[j]) * np.uint64(s[j])
        out[j] = fold(product, table.one, table.carry, table.carry_quotient, table.prime)


def _constants(prime: int) -> U32:
    """Return t and its quotient, and what takes the offsets of ``_add_row`` off again."""
    plain = PLAIN % prime
    offset = (VALUE_LIMIT + LATTICE_ERROR_PAIRS * plain) % prime
    return np.array([plain, quotient(plain, prime), prime - offset], dtype=np.uint32)


@compiled(nogil=True)
def _add_row(plain: I64, errors: I8, product: U32, constants: U32, table: Tables, out: U32) -> None:
    """Write product + v + t e, v and e made positive first: no division, no branch."""
    one, carry, ratio, prime = table.one, table.carry, table.carry_quotient, table.prime
    for j in range(LATTICE_DEGREE):
        value = np.uint64(plain[j] + np.int64(VALUE_LIMIT))
        error = np.uint32(np.int64(errors[j]) + np.int64(LATTICE_ERROR_PAIRS))
        scaled = times(error, constants[0], constants[1], prime)
        total = product[j] + fold(value, one, carry, ratio, prime) + scaled + constants[2]
        out[j] = reduced(np.uint32(total), one, prime)
