import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.dyadic import ancestors, cover, covers
from protocols.errors import LocalError


def maximal_nodes(lo: int, hi: int, depth: int) -> list[tuple[int, int]]:
    """Every node inside the interval whose parent is not inside, by trying all."""

    def inside(level: int, index: int) -> bool:
        return lo <= index << level and (index + 1) << level <= hi

    found = [
        (level, index)
        for level in range(depth + 1)
        for index in range(1 << depth - level)
        if inside(level, index) and not (level < depth and inside(level + 1, index // 2))
    ]
    return sorted(found, key=lambda node: node[1] << node[0])


def test_every_interval_of_a_small_tree() -> None:
    pairs = [(lo, hi) for lo in range(33) for hi in range(lo, 33)]
    expected = [maximal_nodes(lo, hi, 5) for lo, hi in pairs]
    assert [cover(lo, hi) for lo, hi in pairs] == expected
    lo, hi = (np.array(side) for side in zip(*pairs, strict=True))
    piece, level, index = covers(lo, hi)
    rows = [(i, *node) for i, nodes in enumerate(expected) for node in nodes]
    assert list(zip(piece.tolist(), level.tolist(), index.tolist(), strict=True)) == rows


interval = st.tuples(st.integers(0, 1 << 62), st.integers(0, 1 << 62)).map(sorted)


@settings(max_examples=100)
@given(st.lists(interval, max_size=20))
def test_large_intervals_agree_with_the_reference(pairs: list[list[int]]) -> None:
    lo, hi = (np.array([pair[side] for pair in pairs], dtype=np.int64) for side in (0, 1))
    rows = [(i, *node) for i, pair in enumerate(pairs) for node in cover(*pair)]
    assert list(zip(*(column.tolist() for column in covers(lo, hi)), strict=True)) == rows


@given(interval, st.data())
def test_a_tick_is_inside_exactly_if_one_ancestor_is(pair: list[int], data: st.DataObject) -> None:
    lo, hi = pair
    near = [tick for end in (lo, hi) for tick in (end - 1, end, end + 1)]
    tick = data.draw(st.one_of(st.sampled_from(near), st.integers(0, (1 << 62) - 1)))
    tick = min(max(tick, 0), (1 << 62) - 1)
    nodes = set(cover(lo, hi))
    row = ancestors(np.array([tick]), 62)[0].tolist()
    hits = sum((level, index) in nodes for level, index in enumerate(row))
    assert hits == (lo <= tick < hi)
    assert len(nodes) <= 2 * 62


def test_ancestors() -> None:
    assert ancestors(np.array([5, 0]), 3).tolist() == [[5, 2, 1, 0], [0, 0, 0, 0]]
    assert ancestors(np.array([], dtype=np.int64), 3).shape == (0, 4)
    assert ancestors(np.array([0]), 0).tolist() == [[0]]


def test_our_own_mistakes() -> None:
    for lo, hi in [(-1, 2), (3, 2), (0, (1 << 62) + 1)]:
        with pytest.raises(LocalError):
            cover(lo, hi)
        with pytest.raises(LocalError):
            covers(np.array([lo]), np.array([hi]))
    with pytest.raises(LocalError):
        covers(np.array([1, 2]), np.array([3]))
    for tick, depth in [(8, 3), (-1, 3), (0, 63), (0, -1)]:
        with pytest.raises(LocalError):
            ancestors(np.array([tick]), depth)


def test_the_largest_intervals() -> None:
    for lo, hi in [(0, 1 << 62), (1, 1 << 62), (0, (1 << 62) - 1), ((1 << 62) - 1, 1 << 62)]:
        _, level, index = covers(np.array([lo]), np.array([hi]))
        assert list(zip(level.tolist(), index.tolist(), strict=True)) == cover(lo, hi)
    assert cover(0, 1 << 62) == [(62, 0)]


def test_no_intervals() -> None:
    empty = np.array([], dtype=np.int64)
    assert all(len(column) == 0 for column in covers(empty, empty))
    assert all(len(column) == 0 for column in covers(np.array([4]), np.array([4])))
