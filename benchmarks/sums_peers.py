"""Add up the same rows in the same groups under a lattice, Paillier and BFV, one core each.

    python -m benchmarks.sums_peers

Every system encrypts ``ROWS`` numbers, adds up those of each of 20 groups (half of the rows are in
none) without the key, and opens the sums, which are compared.  BFV is TenSEAL's, which is no
dependency of this project: ``pip install tenseal`` (0.3.18 was used); without it that line says so.

A slot of BFV holds a row: a group's sum is a product with a mask of ones for every ciphertext, all
added up.  The owner opens 8,192 sums of some rows each and adds them up, which spares BFV the
rotations and shows the owner more than the others do.  Paillier takes fewer rows: each costs the
same.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np

from protocols import lattice
from protocols.paillier import Profile, generate
from protocols.secret import Secret

ROWS, PAILLIER_ROWS = 1_000_000, 2_000
GROUPS, BITS = 20, 3072
DEGREE, PLAIN = 8192, 1_125_899_906_826_241
"""TenSEAL's ring, and a prime of 50 bits that is 1 modulo twice its degree."""

CONTEXT = b"benchmark"


@dataclass
class Stages:
    """Processor seconds of each stage, and the bytes of the encrypted rows."""

    rows: int
    bytes: int = 0
    spent: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        started = time.process_time()
        yield
        self.spent[name] = time.process_time() - started

    def each(self, name: str) -> float:
        """Return the microseconds that a stage takes for each row."""
        return self.spent[name] / self.rows * 1e6


def selection(rows: int) -> tuple[np.ndarray, np.ndarray, list[int]]:
    """Return values, the group of each row, -1 for none, and the sum of every group."""
    random = np.random.default_rng(1)
    values = random.integers(0, 100_000, rows)
    groups = np.where(random.integers(0, 2, rows), random.integers(0, GROUPS, rows), -1)
    sums = np.zeros(GROUPS, dtype=np.int64)
    np.add.at(sums, groups[groups >= 0], values[groups >= 0])
    return values, groups, sums.tolist()


def of_lattice() -> Stages:
    found = Stages(ROWS)
    values, groups, truth = selection(ROWS)
    key = lattice.SecretKey(Secret(secrets.token_bytes(32)), CONTEXT, 1)
    with found.stage("encrypt"):
        parts = list(lattice.encrypt(key, values.reshape(-1, 1), secrets.token_bytes))
    seeds = np.concatenate([part.seeds for part in parts])
    blocks = lattice.Blocks(seeds, np.concatenate([part.values for part in parts]))
    found.bytes = blocks.to_rows().nbytes
    with found.stage("sum"):
        added = lattice.sum_groups(CONTEXT, blocks, groups, GROUPS)
    with found.stage("open"):
        masked, masks = lattice.mask_sums(key.public, added, secrets.token_bytes)
        opened = lattice.unmask(lattice.open_masked(key, masked), masks)
    assert [one for (one,) in opened] == truth
    return found


def of_paillier(profile: Profile) -> Callable[[], Stages]:
    def measure() -> Stages:
        found = Stages(PAILLIER_ROWS)
        values, groups, truth = selection(PAILLIER_ROWS)
        key = generate(BITS, secrets.token_bytes)
        key.encrypt_rows(values[:1].reshape(-1, 1), secrets.token_bytes, None, profile)  # tables
        with found.stage("encrypt"):
            rows = key.encrypt_rows(values.reshape(-1, 1), secrets.token_bytes, None, profile)
        found.bytes = rows.nbytes
        with found.stage("sum"):
            added = key.public.sum_groups(rows, groups, GROUPS)
        with found.stage("open"):
            opened = key.decrypt_many(key.public.rerandomise_many(added, secrets.token_bytes))
        assert opened == truth
        return found

    return measure


def of_bfv() -> Stages:
    tenseal: Any = import_module("tenseal")
    found = Stages(ROWS)
    values, groups, truth = selection(ROWS)
    symmetric = tenseal.ENCRYPTION_TYPE.SYMMETRIC
    key = tenseal.context(tenseal.SCHEME_TYPE.BFV, DEGREE, PLAIN, encryption_type=symmetric)
    blocks = -(-ROWS // DEGREE)
    padded = np.pad(values, (0, blocks * DEGREE - ROWS)).reshape(blocks, DEGREE)
    of_row = np.pad(groups, (0, blocks * DEGREE - ROWS), constant_values=-1)
    of_row = of_row.reshape(blocks, DEGREE)
    with found.stage("encrypt"):
        rows = [tenseal.bfv_vector(key, block.tolist()) for block in padded]
    found.bytes = sum(len(row.serialize()) for row in rows)
    with found.stage("sum"):
        added = []
        for group in range(GROUPS):
            masks = (of_row == group).astype(int).tolist()
            total = rows[0] * masks[0]
            for row, mask in zip(rows[1:], masks[1:], strict=True):
                total += row * mask
            added.append(total)
    with found.stage("open"):
        opened = [sum(one.decrypt()) for one in added]
    assert opened == truth, (opened, truth)
    return found


SYSTEMS: dict[str, Callable[[], Stages]] = {
    "lattice": of_lattice,
    f"Paillier `fast`, {BITS} bits": of_paillier("fast"),
    f"Paillier `strict`, {BITS} bits": of_paillier("strict"),
    "BFV (TenSEAL), sums not hidden from the owner of the key": of_bfv,
}


def table() -> Iterator[str]:
    """Yield the lines of a table in Markdown; in brackets, times the lattice's."""
    yield (
        "| one core | encrypt, µs a row | add up 20 groups, µs a row | open, ms a group"
        " | bytes a row |"
    )
    yield "|---|---|---|---|---|"
    first: Stages | None = None
    for name, measure in SYSTEMS.items():
        if measure is of_bfv and find_spec("tenseal") is None:
            yield f"| {name} | not installed: `pip install tenseal` | | | |"
            continue
        found = measure()
        first = first or found
        cells = [
            f"{found.each(stage):,.2f} ({found.each(stage) / first.each(stage):,.1f})"
            for stage in ("encrypt", "sum")
        ]
        opened = found.spent["open"] / GROUPS * 1e3
        size, least = found.bytes / found.rows, first.bytes / first.rows
        cells += [f"{opened:.1f}", f"{size:.1f} ({size / least:.1f})"]
        yield f"| {name} | {' | '.join(cells)} |"


if __name__ == "__main__":
    for line in table():
        print(line, flush=True)
