"""What is put aside comes back as it was, and is nobody else's to read."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from cryptography.exceptions import InvalidTag

from cleanroom import scratch
from cleanroom.scratch import Buckets, Scratch


def contents(made: Scratch) -> bytes:
    descriptor = made._file.fileno()
    return os.pread(descriptor, os.fstat(descriptor).st_size, 0)


def test_blocks_come_back_and_are_not_readable_on_the_disk(tmp_path: Path) -> None:
    made = Scratch(tmp_path)
    texts = [b"ann@x.example" * 100, b"", b"bob@x.example"]
    numbers = [made.write(text) for text in texts]
    assert [bytes(made.read(number)) for number in reversed(numbers)] == texts[::-1]
    assert not [*tmp_path.iterdir()]  # without a name
    kept = contents(made)
    assert b"ann@" not in kept and b"bob@" not in kept
    other = Scratch(tmp_path)
    other.write(texts[0])
    assert contents(other)[:32] != kept[:32]


def test_a_block_that_the_disk_changed_or_exchanged_is_refused(tmp_path: Path) -> None:
    made = Scratch(tmp_path)
    for text in (b"one", b"two"):
        made.write(text)
    kept = contents(made)
    os.pwrite(made._file.fileno(), kept[19:] + kept[:19], 0)
    for number in (0, 1):
        with pytest.raises(InvalidTag):
            made.read(number)
    os.truncate(made._file.fileno(), 30)
    with pytest.raises(InvalidTag):
        made.read(1)


@pytest.mark.parametrize("most", [1, 64, 1 << 20])
def test_rows_stay_in_order_within_their_bucket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(scratch, "BUFFER_BYTES", most)
    drawn = np.random.default_rng(3)
    numbers = drawn.integers(0, 5, 400).astype(np.uint16)
    rows = np.arange(400, dtype=np.int64).view(np.uint8).reshape(-1, 8)
    made = Buckets(7, 8, tmp_path)
    for start in range(0, 400, 37):
        made.add(numbers[start : start + 37], rows[start : start + 37])
    found = [one.view(np.int64).reshape(-1).tolist() for one in made]
    assert found == [np.flatnonzero(numbers == bucket).tolist() for bucket in range(7)]
