import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleanroom.errors import InvalidInput, PolicyRefusal
from cleanroom.privacy import differencing
from cleanroom.privacy.differencing import check_difference, overlap_difference


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


@pytest.mark.parametrize("differences", [[1], [49], [0, 500, 7]])
def test_a_difference_below_k_is_refused_without_its_number(differences):
    with pytest.raises(PolicyRefusal, match="fewer than 50 people") as refusal:
        check_difference(differences, 50)
    assert refusal.value.rule == "batch-overlap"
    assert not any(f" {d} " in str(refusal.value) for d in differences)


def test_no_difference_or_k_people_are_accepted():
    check_difference([], 50)
    check_difference([0, 50, 51, 10**9], 50)
    check_difference([1], 1)


@pytest.mark.parametrize("bad", [-1, 1.5, True, "1"])
def test_what_is_no_count_is_refused(bad):
    with pytest.raises(InvalidInput):
        check_difference([bad], 50)
    with pytest.raises(InvalidInput):
        check_difference([500], 0)
