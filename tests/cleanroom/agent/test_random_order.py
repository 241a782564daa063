"""The order in which rows leave a party: every row once, and nothing left of the file's order."""

from __future__ import annotations

import numpy as np
import pytest

from cleanroom.agent.uploads import random_order


@pytest.mark.parametrize("count", [0, 1, 2, 1_000, 16_385, 200_000])
def test_every_row_has_one_place(count: int) -> None:
    order = random_order(count)
    assert order.dtype == np.int64
    np.testing.assert_array_equal(np.sort(order), np.arange(count))


def test_neither_far_nor_near_is_anything_left_of_the_files_order() -> None:
    count = 200_000
    order = random_order(count)
    deviations = np.sqrt(count)
    assert abs(np.corrcoef(order, np.arange(count))[0, 1]) * deviations < 10
    rises = np.count_nonzero(np.diff(order) > 0)
    assert abs(rises - count / 2) < 10 * deviations / np.sqrt(12)
    assert not np.array_equal(order, random_order(count))
