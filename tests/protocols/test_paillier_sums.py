"""Sums per group and weighted sums."""

from concurrent.futures import ProcessPoolExecutor
from random import Random
from secrets import token_bytes

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols import paillier
from protocols.errors import LocalError
from protocols.paillier import parallel

KEY = paillier.generate(512, Random(1).randbytes)
PUBLIC = KEY.public
ROWS = KEY.encrypt_rows(np.arange(-500, 500, dtype=np.int64).reshape(-1, 1), token_bytes)


def expected(groups, group):
    return sum(
        value for value, label in zip(range(-500, 500), groups, strict=True) if label == group
    )


def test_groups_are_summed_apart_and_minus_one_is_left_out():
    groups = [index % 5 - 1 for index in range(1000)]
    sums = PUBLIC.sum_groups(ROWS, groups, 5)
    assert sums.pop() == 1  # an empty group, not yet an encryption
    assert KEY.decrypt_many(sums) == [expected(groups, group) % PUBLIC.n for group in range(4)]


def test_processes_sum_alike_over_many_tasks(tmp_path):
    ciphertexts = np.lib.format.open_memmap(
        tmp_path / "rows.npy", mode="w+", dtype=np.uint8, shape=(10_000, ROWS.shape[1])
    )
    for start in range(0, 10_000, 1000):
        ciphertexts[start : start + 1000] = ROWS
    groups = Random(3).choices(range(-1, 50), k=10_000)
    with ProcessPoolExecutor(2) as executor:
        sums = PUBLIC.sum_groups(ciphertexts, groups, 50, executor)
    assert sums == PUBLIC.sum_groups(np.asarray(ciphertexts), np.array(groups), 50)
    for group in (0, 49):
        values = [index % 1000 - 500 for index, label in enumerate(groups) if label == group]
        assert KEY.decrypt(sums[group]) == sum(values) % PUBLIC.n


def test_no_rows_and_no_members_give_ones():
    assert PUBLIC.sum_groups(ROWS[:0], [], 3) == [1, 1, 1]
    assert PUBLIC.sum_groups(ROWS[:2], [-1, -1], 1) == [1]
    assert PUBLIC.add_many([]) == 1


@pytest.mark.parametrize("groups", [[0], [0, 2], [0, -2], [0, 1, 1]])
def test_group_ids_that_do_not_fit_are_refused(groups):
    with pytest.raises(LocalError):
        PUBLIC.sum_groups(ROWS[:2], groups, 2)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(-99, 99), st.integers(0, 10**6)), min_size=1, max_size=8))
def test_weighted_products_are_weighted_sums(pairs):
    values, weights = zip(*pairs, strict=True)
    product = PUBLIC.weighted_product(KEY.encrypt_many(values, token_bytes), weights)
    opened = KEY.decrypt(PUBLIC.rerandomise(product, token_bytes))
    assert opened == sum(value * weight for value, weight in pairs) % PUBLIC.n


def test_weighted_products_are_those_of_powers():
    ciphertexts, weights = KEY.encrypt_many([1, 2, 3], token_bytes), [0, 1, 12345]
    square = PUBLIC.n**2
    direct = ciphertexts[1] * pow(ciphertexts[2], 12345, square) % square
    assert PUBLIC.weighted_product(ciphertexts, weights) == direct
    assert PUBLIC.weighted_product([], []) == 1
    for wrong in ([1, 2], [1, 2, -1]):
        with pytest.raises(LocalError):
            PUBLIC.weighted_product(ciphertexts, wrong)


def double(number):
    return 2 * number


def test_tasks_are_drawn_no_further_ahead_than_needed():
    drawn = []

    def tasks():
        for number in range(100):
            drawn.append(number)
            yield (number,)

    with ProcessPoolExecutor(1) as executor:
        results = parallel.run_ordered(executor, double, tasks())
        assert [next(results), next(results)] == [0, 2]
        assert len(drawn) <= parallel.AHEAD + 1
        assert list(results) == [2 * number for number in range(2, 100)]
