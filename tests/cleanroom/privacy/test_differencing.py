import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleanroom.errors import InvalidInput
from cleanroom.privacy import differencing
from cleanroom.privacy.differencing import overlap_difference


def narrow(people):
    return np.array(sorted(people), dtype=np.uint64)


def wide(people):
    digests = sorted(hashlib.sha256(str(p).encode()).digest()[:16] for p in people)
    return np.frombuffer(b"".join(digests), dtype=np.uint8).reshape(-1, 16)


PEOPLE = st.sets(st.integers(0, 60), max_size=40)


@given(PEOPLE, PEOPLE)
def test_difference_is_that_of_the_sets(a, b):
    for digests in (narrow, wide):
        assert overlap_difference(digests(a), digests(b)) == len(a ^ b)


def test_digests_that_end_in_zeros_are_told_apart():
    rows = np.zeros((3, 16), dtype=np.uint8)
    rows[1, 15], rows[2, 0] = 1, 1
    assert overlap_difference(rows, rows[:1]) == 2
    assert overlap_difference(rows[1:], rows[:2]) == 2


def test_slices_add_up(monkeypatch):
    monkeypatch.setattr(differencing, "_SLICE", 7)
    assert overlap_difference(narrow(range(100)), narrow(range(3, 300, 3))) == 67 + 66


@pytest.mark.parametrize(
    "bad",
    [
        np.array([2, 1], dtype=np.uint64),
        np.array([1, 1], dtype=np.uint64),
        np.array([1, 2], dtype=np.int64),
        np.zeros((2, 16), dtype=np.uint8),
        np.zeros((1, 8), dtype=np.uint8),
        wide([1]),
    ],
)
def test_other_arrays_are_refused(bad):
    with pytest.raises(InvalidInput):
        overlap_difference(bad, narrow([1, 2]))
    with pytest.raises(InvalidInput):
        overlap_difference(narrow([1, 2]), bad)
