"""Every order is as likely as any other: by the words that are drawn, and by what comes of them."""

from __future__ import annotations

import itertools
import random
from collections import Counter

import numpy as np
import pytest

from protocols.orders import random_order


def drawn(*words: int):
    """Return randomness that is these words."""
    left = iter(words)
    return lambda size: b"".join(next(left).to_bytes(8, "little") for _ in range(size // 8))


@pytest.mark.parametrize("count", [0, 1, 2, 3, 70_000, 200_001])
def test_every_number_has_one_place(count: int) -> None:
    order = random_order(count, random.Random(1).randbytes)
    assert order.dtype == np.int64
    np.testing.assert_array_equal(np.sort(order), np.arange(count))


def test_the_thirds_and_halves_of_the_words_are_the_orders() -> None:
    third, half = 2**64 // 3, 2**63
    orders = [
        tuple(random_order(3, drawn(i * third + 1 + i, j * half)).tolist())
        for i, j in itertools.product(range(3), range(2))
    ]
    assert sorted(orders) == sorted(itertools.permutations(range(3)))


def test_a_word_that_one_third_has_more_of_is_left_out() -> None:
    """2^64 is three times a third and one: the first word counts for nobody."""
    words = 5, 2**64 - 1
    expected = random_order(3, drawn(*words)).tolist()
    assert random_order(3, drawn(0, *words)).tolist() == expected
    assert random_order(3, drawn(1, words[1])).tolist() == expected


def test_no_order_is_favoured() -> None:
    source = random.Random(2).randbytes
    found = Counter(tuple(random_order(4, source).tolist()) for _ in range(4_800))
    assert len(found) == 24
    # 23 degrees of freedom: above 70 with a chance below 2^-19; the draws are always the same.
    assert sum((seen - 200) ** 2 / 200 for seen in found.values()) < 70
