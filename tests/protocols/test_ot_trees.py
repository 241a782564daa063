import hashlib
import random

import pytest

from protocols.alignment.ot import trees
from protocols.alignment.ot.code import LENGTH
from protocols.errors import InvalidMessageError

PREFIX = bytes(64)
DRAW = random.Random(7)
ROOTS = [DRAW.randbytes(16) for _ in range(LENGTH)]
MASKS = tuple([DRAW.randbytes(16) for _ in range(4 * LENGTH)] for _ in range(2))
CHOICES = DRAW.getrandbits(4 * LENGTH)


def chosen(choices):
    return [MASKS[choices >> i & 1][i] for i in range(4 * LENGTH)]


def test_every_leaf_but_the_missing_one_opens():
    leaves, message = trees.grow(ROOTS, MASKS, PREFIX)
    assert len(message) == trees.TREES_BYTES == 6784
    opened = trees.open_all_but_one(CHOICES, chosen(CHOICES), message, PREFIX)
    missing = trees.missing(CHOICES)
    assert len(set(missing)) > 10
    for known, full, gap in zip(opened, leaves, missing, strict=True):
        assert known == [None if x == gap else leaf for x, leaf in enumerate(full)]
    assert len({leaf for full in leaves for leaf in full}) == 16 * LENGTH


def test_leaves_hang_where_their_bits_lead():
    leaves, _ = trees.grow(ROOTS, MASKS, PREFIX)
    node = ROOTS[3]
    for bit in (1, 0, 1, 1):
        node = hashlib.sha256(PREFIX + node).digest()[16 * bit : 16 * bit + 16]
    assert leaves[3][0b1011] == node


def test_the_missing_leaf_takes_the_mask_that_was_not_chosen():
    """Its value is in the message once: under the seed of the other choice, on the last level."""
    leaves, message = trees.grow(ROOTS, MASKS, PREFIX)
    gap = trees.missing(CHOICES)[0]
    seeds = chosen(CHOICES)
    seeds[3] = MASKS[1 - (CHOICES >> 3 & 1)][3]
    other = trees.open_all_but_one(CHOICES ^ 8, seeds, message, PREFIX)[0]
    assert other[gap] == leaves[0][gap]
    assert other[gap ^ 1] is None


def test_another_seed_or_prefix_opens_nothing_that_is_right():
    leaves, message = trees.grow(ROOTS, MASKS, PREFIX)
    wrong = [bytes(16)] * (4 * LENGTH)
    for seeds, prefix in ((wrong, PREFIX), (chosen(CHOICES), b"\1" * 64)):
        opened = trees.open_all_but_one(CHOICES, seeds, message, prefix)
        right = {leaf for full in leaves for leaf in full}
        found = {leaf for known in opened for leaf in known} & right
        # With the right seeds the sums of the top level are its nodes; leaves lie below them.
        assert not found


def test_a_message_of_another_length_is_refused():
    _, message = trees.grow(ROOTS, MASKS, PREFIX)
    with pytest.raises(InvalidMessageError):
        trees.open_all_but_one(CHOICES, chosen(CHOICES), message[:-1], PREFIX)
