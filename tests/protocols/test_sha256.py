import hashlib
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.errors import LocalError
from protocols.sha256 import INITIAL, absorb, sha256_many
from protocols.strings import PackedStrings


def expected(rows: list[bytes], prefix: bytes = b"") -> list[bytes]:
    return [hashlib.sha256(prefix + row).digest() for row in rows]


def digests(rows: list[bytes], prefix: bytes = b"") -> list[bytes]:
    return [row.tobytes() for row in sha256_many(PackedStrings.pack(rows), prefix)]


def test_published_values() -> None:
    # NIST CSRC, "Examples with Intermediate Values", SHA-256, one and two blocks.
    two_blocks = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"
    assert [digest.hex() for digest in digests([b"abc", two_blocks])] == [
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
    ]
    assert INITIAL[0] == 0x6A09E667  # FIPS 180-4, section 5.3.3


@pytest.mark.parametrize("prefix", [b"", b"p" * 9, b"q" * 55, b"r" * 64, b"s" * 130])
def test_every_length_around_the_blocks(prefix: bytes) -> None:
    rows = [bytes(range(length % 256)) + b"x" * (length // 256) for length in range(300)]
    random.Random(1).shuffle(rows)
    assert digests(rows, prefix) == expected(rows, prefix)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=200), max_size=150), st.binary(max_size=140))
def test_any_rows(rows: list[bytes], prefix: bytes) -> None:
    assert digests(rows, prefix) == expected(rows, prefix)


def test_one_long_row_among_short_ones() -> None:
    rows = [b"short", b"z" * 5_000_000, b"", b"other"]
    assert digests(rows) == expected(rows)


def test_a_view_into_a_larger_buffer() -> None:
    rows = [b"left out", b"first", b"", b"second"]
    whole = PackedStrings.pack(rows)
    view = PackedStrings(whole.buffer, whole.offsets[1:])
    assert [row.tobytes() for row in sha256_many(view)] == expected(rows[1:])


def test_no_rows() -> None:
    assert sha256_many(PackedStrings.pack([]), b"prefix").shape == (0, 32)


@pytest.mark.parametrize("offsets", [[0, 4], [-1, 2], [2, 1, 3], []])
def test_offsets_that_leave_the_buffer(offsets: list[int]) -> None:
    bad = PackedStrings(np.zeros(3, dtype=np.uint8), np.array(offsets, dtype=np.int64))
    with pytest.raises(LocalError):
        sha256_many(bad)


def test_absorb_takes_whole_blocks_only() -> None:
    assert np.array_equal(absorb(b""), INITIAL)
    with pytest.raises(LocalError):
        absorb(b"x" * 63)
