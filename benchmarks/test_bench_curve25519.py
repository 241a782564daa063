"""Time the primitives of the ``dh`` profile, per element, and one whole alignment.

Run with ``pytest benchmarks/test_bench_curve25519.py``; divide the batches by ``ROWS``.
"""

from __future__ import annotations

import secrets

import numpy as np
import pytest

from protocols import curve25519
from protocols.alignment import Context
from protocols.alignment.dh import DhParticipant
from protocols.strings import PackedStrings

ROWS = 256
DST = b"benchmark-curve25519_XMD:SHA-512_ELL2_RO_"
MESSAGES = PackedStrings.pack([b"email:uid2:v1\x00" + secrets.token_bytes(32) for _ in range(ROWS)])


@pytest.fixture(scope="module")
def hashes() -> np.ndarray:
    return curve25519.hash_many(MESSAGES, DST)


def test_hash_random_oracle(benchmark):
    benchmark.extra_info["rows"] = ROWS
    assert benchmark(curve25519.hash_many, MESSAGES, DST).shape == (ROWS, 32)


def test_check(benchmark, hashes):
    benchmark.extra_info["rows"] = ROWS
    benchmark(curve25519.check_elements, hashes)


def test_multiply_by_one_scalar(benchmark, hashes):
    benchmark.extra_info["rows"] = ROWS
    scalar = curve25519.draw_scalars(1, secrets.token_bytes)
    product = benchmark(curve25519.multiply_many, scalar, hashes.tobytes())
    assert len(product) == 32 * ROWS


def test_multiply_by_fresh_scalars(benchmark, hashes):
    benchmark.extra_info["rows"] = ROWS
    scalars = curve25519.draw_scalars(ROWS, secrets.token_bytes)
    product = benchmark(curve25519.multiply_each, scalars, hashes.tobytes())
    assert len(product) == 32 * ROWS


def test_invert_scalar(benchmark):
    assert len(benchmark(curve25519.invert_scalar, b"\x48" * 32)) == 32


def test_align_both_sides_in_one_process(benchmark):
    """Two sides of 2,048 rows and 64 test rows each: divide by 4,224 rows."""
    rows = PackedStrings.pack([b"%d" % number for number in range(2048)])

    def align() -> int:
        first, second = (
            DhParticipant(
                Context(bytes(16), bytes(16), side, 2048, 2048), rows, secrets.token_bytes
            )
            for side in (0, 1)
        )
        for asking, answering in ((first, second), (second, first)):
            for frame in asking.start():
                asking.receive(*answering.receive(frame))
        return int((first.secrets() == second.secrets()).all(axis=1).sum())

    assert benchmark.pedantic(align, rounds=3) == 2048
