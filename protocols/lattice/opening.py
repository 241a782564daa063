"""Send sums to the owner of their key, so that it opens masked numbers and learns nothing else.

The mediator draws u ternary and e small for every group, R uniform in [0, q) for every measure of
it, and sends A' = A + a* u + t e and B' = B + (p u)_0 + R.  The owner computes B' - (A' s)_0
modulo q, which is sum + t (errors) + R, and from it x = (sum + R) modulo t.

**Why the owner learns nothing**, whatever it chose for its rows, seeds and shares p: R is uniform,
so every B' is, whatever it is added to, and no bit of it depends on the chosen rows or on u.  A' is
A plus one ring-LWE sample with a secret u that nothing else depends on, for an a* that the owner
did not choose.  A mask that left a part of [0, q) out, to keep the number from wrapping, would
show a row that is marked with q / 2.

**Why the sum is right**: x is wrong only if sum + t (errors) + R leaves [0, q), for a uniform R
with a chance below 2^-52 (``LATTICE_PLAIN_BITS``).

**What the owner risks**: a mediator that makes A' up, and reads what becomes of x, reads some bits
of s with each number.  So a key opens at most ``LATTICE_OPENINGS`` numbers per measure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from protocols.errors import InvalidMessageError, LocalError
from protocols.lattice.keys import PLAIN, PublicKey, SecretKey, shared_polynomial
from protocols.lattice.ring import U32, add, constant_coefficient, multiply_add, to_values
from protocols.lattice.rows import LANES
from protocols.lattice.sampler import PrivateStream
from protocols.lattice.sums import Sums
from protocols.lattice.wire import (
    POLYNOMIAL_BYTES,
    PRIMES,
    RESIDUE_BYTES,
    U8,
    read_residues,
    write_residues,
)
from protocols.limits import LATTICE_DEGREE, LATTICE_OPENINGS, LATTICE_PRIMES
from protocols.randomness import Random, random_below

MODULUS = prod(LATTICE_PRIMES)

_CRT = [MODULUS // prime * pow(MODULUS // prime, -1, prime) for prime in LATTICE_PRIMES]


@dataclass(frozen=True)
class MaskedSums:
    """Hold what goes to the owner: ``a`` (groups, 5, N) values and ``b`` (groups, measures, 5)."""

    a: U32
    b: U32

    def to_rows(self) -> U8:
        """Return one row of bytes per group: A', then measure by measure B'."""
        groups, measures = self.b.shape[:2]
        scalars = write_residues(self.b.reshape(groups * measures, PRIMES, 1))
        return np.hstack([write_residues(self.a), scalars.reshape(groups, -1)])


def masked_bytes(measures: int) -> int:
    """Return how many bytes the masked sums of a group have."""
    return POLYNOMIAL_BYTES + measures * RESIDUE_BYTES


def read_masked(rows: U8, measures: int) -> MaskedSums:
    """Read what ``MaskedSums.to_rows`` writes, (groups, masked_bytes).

    Raises:
        InvalidMessageError: on another width or a residue that is not below its prime, naming
            the group.
    """
    if rows.ndim != 2 or rows.dtype != np.uint8 or rows.shape[1] != masked_bytes(measures):
        raise InvalidMessageError(f"the masked sums of a group have {masked_bytes(measures)} bytes")
    a = read_residues(np.ascontiguousarray(rows[:, :POLYNOMIAL_BYTES]), "group")
    b = np.empty((len(rows), measures, PRIMES), dtype=np.uint32)
    for measure in range(measures):
        start = POLYNOMIAL_BYTES + measure * RESIDUE_BYTES
        b[:, measure] = read_residues(rows[:, start : start + RESIDUE_BYTES], "group")[:, :, 0]
    return MaskedSums(a, b)


def mask_sums(key: PublicKey, sums: Sums, random: Random) -> tuple[MaskedSums, list[list[int]]]:
    """Re-randomise and mask sums; return them and R modulo 2^64 per group and measure.

    Called again for the same sums it draws anew, so whoever may send twice keeps what it sent.

    Raises:
        LocalError: if the sums have another number of measures than the key.
    """
    if sums.b.shape[1] != key.measures:
        raise LocalError(f"the key has {key.measures} measures")
    stream, a = PrivateStream(random), shared_polynomial(key.context)
    masked = MaskedSums(np.empty_like(sums.a), np.empty_like(sums.b))
    masks: list[list[int]] = []
    for group, (u, error) in enumerate(_fresh_zeros(stream, len(sums.a))):
        masked.a[group] = multiply_add(a, u, add(sums.a[group], error))
        masks.append([])
        for measure, share in enumerate(key.shares):
            mask = random_below(MODULUS, random)
            parts = sums.b[group, measure].tolist(), constant_coefficient(share, u)
            masked.b[group, measure] = [
                (b + p + mask) % prime for b, p, prime in zip(*parts, LATTICE_PRIMES, strict=True)
            ]
            masks[-1].append(mask % PLAIN)
    return masked, masks


def _fresh_zeros(stream: PrivateStream, count: int) -> Iterator[tuple[U32, U32]]:
    """Yield u and t e for every group, by their values; ``LANES`` of them are made at a time."""
    for first in range(0, count, LANES):
        drawn = [
            (stream.ternary(LATTICE_DEGREE), stream.errors(LATTICE_DEGREE))
            for _ in range(first, min(first + LANES, count))
        ]
        small, errors = (np.stack(part) for part in zip(*drawn, strict=True))
        yield from zip(to_values(small), to_values(errors, PLAIN), strict=True)


def open_masked(key: SecretKey, masked: MaskedSums) -> list[list[int]]:
    """Return (sum + R) modulo 2^64 per group and measure.

    Raises:
        InvalidMessageError: if there are more groups than a key may ever open, or other measures.
    """
    groups, measures = masked.b.shape[:2]
    if groups > LATTICE_OPENINGS or measures != key.public.measures:
        raise InvalidMessageError(f"a key opens at most {LATTICE_OPENINGS} groups of its measures")
    return [[_open(a, b, s) for b, s in zip(bs, key.values, strict=True)]
            for a, bs in zip(masked.a, masked.b, strict=True)]  # fmt: skip


def _open(a: U32, b: U32, secret: U32) -> int:
    products = constant_coefficient(a, secret)
    residues = [int(x) + p - y for x, y, p in zip(b, products, LATTICE_PRIMES, strict=True)]
    return sum(r * c for r, c in zip(residues, _CRT, strict=True)) % MODULUS % PLAIN


def unmask(opened: Sequence[Sequence[int]], masks: Sequence[Sequence[int]]) -> list[list[int]]:
    """Return signed sums, in [-2^63, 2^63), from opened numbers and masks, group by group."""
    half = PLAIN >> 1
    return [
        [(x - mask + half) % PLAIN - half for x, mask in zip(*pair, strict=True)]
        for pair in zip(opened, masks, strict=True)
    ]
