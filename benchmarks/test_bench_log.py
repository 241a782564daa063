"""How fast the log grows, proves and is verified.

``CLEANROOM_BENCH_ENTRIES=1000000`` measures a log of a million entries.
"""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from cleanroom.audit import load, verify_bundle
from cleanroom.audit.bundle import Bundle
from cleanroom.audit.entries import Signatures
from cleanroom.mediator import log
from cleanroom.mediator.bootstrap import initialise, open_mediator
from cleanroom.mediator.context import Context
from tests.cleanroom.audit.long_log import write_long_log

ENTRIES = int(os.environ.get("CLEANROOM_BENCH_ENTRIES", "20000"))
ROOM = "a" * 32
FACTS = {"job": "b" * 32, "part": "release"}


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Context:
    home = tmp_path_factory.mktemp("mediator")
    initialise(home, "mediator.example")
    return open_mediator(home).context


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    path = tmp_path_factory.mktemp("long") / "log.jsonl"
    write_long_log(path, ENTRIES)
    return load(path)


def test_append_durably(benchmark: BenchmarkFixture, context: Context) -> None:
    """One entry, its nodes and its commit, flushed to the disk, one writer, no shared commits."""

    def append() -> None:
        with context.store.write("room") as transaction:
            log.append(transaction, context, ROOM, kind="result.read", actor="acme", facts=FACTS)

    benchmark.pedantic(append, rounds=10_000, warmup_rounds=20)  # type: ignore[no-untyped-call]


def test_inclusion_proof(benchmark: BenchmarkFixture, context: Context) -> None:
    """A path from stored nodes; its cost grows with the logarithm of the log's size."""
    with context.store.write("room") as transaction:
        while log.size(transaction, ROOM) < ENTRIES:
            log.append(transaction, context, ROOM, kind="result.read", actor="acme", facts=FACTS)
    with context.store.read() as transaction:
        size = log.size(transaction, ROOM)
        proof = benchmark(lambda: log.inclusion(transaction, ROOM, size // 3, size))
    assert len(proof) >= size.bit_length() - 2


@pytest.mark.parametrize("signatures", ["chains", "all"])
def test_verify(benchmark: BenchmarkFixture, bundle: Bundle, signatures: Signatures) -> None:
    """A log of jobs, six of nine entries signed, read in as many processes as there are cores."""
    spawning = multiprocessing.get_context("forkserver")
    with ProcessPoolExecutor(mp_context=spawning) as executor:
        report = benchmark.pedantic(  # type: ignore[no-untyped-call]
            lambda: verify_bundle(bundle, signatures=signatures, executor=executor), rounds=1
        )
    assert report.size >= ENTRIES
