"""The brand's side: bounds, the trie of a person's conversions, padding, the primary one."""

from __future__ import annotations

import secrets
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleanroom.queries.credit.groups import Conversions, Groups, bound, conversion_groups
from tests.cleanroom.queries.credit.oracle import common_ancestor_groups
from tests.cleanroom.queries.credit.scene import fixed_random

Rows = list[tuple[int, int, int]]


def conversions_of(rows: Rows) -> Conversions:
    table = np.array(rows, dtype=np.int64).reshape(-1, 3)
    order = np.arange(len(rows), dtype=np.uint64)
    return Conversions(table[:, 0], table[:, 1], table[:, 2:], order)


def groups_of(rows: Rows, depth: int, most: int = 1000) -> Groups:
    return conversion_groups(bound(conversions_of(rows), most).conversions, depth, fixed_random)


depths = st.integers(0, 9)
journeys = depths.flatmap(
    lambda depth: st.tuples(
        st.just(depth),
        st.lists(
            st.tuples(st.integers(0, 3), st.integers(0, (1 << depth) - 1), st.integers(-100, 100)),
            max_size=14,
        ),
    )
)


@settings(deadline=None)
@given(journeys)
def test_groups_are_the_nodes_that_hold_the_same_conversions(case: tuple[int, Rows]) -> None:
    depth, rows = case
    groups = groups_of(rows, depth)
    expected: Counter[tuple[int, frozenset[object], int, int]] = Counter()
    for person in {row[0] for row in rows}:
        own = [row for row in rows if row[0] == person]
        found = common_ancestor_groups([tick for _, tick, _ in own], depth)
        assert len(found) <= 2 * len(own) - 1
        for held, nodes in found.items():
            value = sum(own[i][2] for i in held)
            expected[person, frozenset(nodes), len(held), value] += 1
    got: Counter[tuple[int, frozenset[object], int, int]] = Counter()
    group, level, index = groups.nodes()
    for i in range(len(groups)):
        nodes = frozenset(zip(level[group == i].tolist(), index[group == i].tolist(), strict=True))
        got[int(groups.person[i]), nodes, int(groups.count[i]), int(groups.sums[i, 0])] += 1
    assert got == expected


@settings(deadline=None)
@given(journeys)
def test_every_node_occurs_once_and_padding_is_as_wide_as_the_tree(case: tuple[int, Rows]) -> None:
    depth, rows = case
    groups = groups_of(rows, depth)
    group, level, index = groups.nodes()
    nodes = list(zip(groups.person[group].tolist(), level.tolist(), index.tolist(), strict=True))
    assert len(set(nodes)) == len(nodes)
    levels, indices, mask = groups.padded()
    assert levels.shape == indices.shape == mask.shape == (len(groups), depth + 1)
    assert levels[mask].tolist() == level.tolist()
    assert indices[mask].tolist() == index.tolist()
    assert not levels[~mask].any()
    assert not indices[~mask].any()


@settings(deadline=None)
@given(journeys)
def test_one_conversion_of_each_person_is_primary(case: tuple[int, Rows]) -> None:
    depth, rows = case
    groups = groups_of(rows, depth)
    group, level, _ = groups.nodes()
    for person in {row[0] for row in rows}:
        marked = groups.primary[group] & (groups.person[group] == person)
        # The ancestors of one conversion: one node per level.
        assert sorted(level[marked].tolist()) == list(range(depth + 1))


def test_the_primary_conversion_is_drawn_uniformly() -> None:
    people = 6000
    rows = [(person, tick, 0) for person in range(people) for tick in (0, 2, 3)]
    kept = bound(conversions_of(rows), 3).conversions
    groups = conversion_groups(kept, 2, secrets.token_bytes)
    leaves = (groups.level == 0) & groups.primary
    drawn = Counter(groups.index[leaves].tolist())
    assert sum(drawn.values()) == people
    # Five standard deviations of a binomial count.
    assert all(abs(drawn[tick] - people / 3) < 5 * (people * 2 / 9) ** 0.5 for tick in (0, 2, 3))


def test_the_first_by_time_stay_and_the_cap_counts_magnitudes() -> None:
    rows = [(7, 9, 50), (7, 1, 60), (7, 5, -30), (7, 6, 40), (8, 3, 500), (8, 2, 10)]
    kept = bound(conversions_of(rows), 3, np.array([100]))
    found = zip(
        kept.conversions.person.tolist(), kept.conversions.tick.tolist(),
        kept.conversions.values[:, 0].tolist(), strict=True,
    )  # fmt: skip
    assert list(found) == [(7, 1, 60), (7, 5, -30), (7, 6, 10), (8, 2, 10), (8, 3, 90)]
    assert (kept.dropped, kept.clamped) == (1, 2)


@settings(deadline=None)
@given(journeys, st.integers(1, 4), st.integers(0, 150))
def test_one_person_changes_sums_by_at_most_the_cap(
    case: tuple[int, Rows], most: int, cap: int
) -> None:
    rows = case[1]
    kept = bound(conversions_of(rows), most, np.array([cap]))
    total: Counter[int] = Counter()
    number: Counter[int] = Counter(kept.conversions.person.tolist())
    for person, value in zip(
        kept.conversions.person.tolist(), kept.conversions.values[:, 0].tolist(), strict=True
    ):
        total[person] += abs(value)
    assert all(spent <= cap for spent in total.values())
    assert all(n <= most for n in number.values())
    assert kept.dropped == len(rows) - sum(number.values())
    kept_at_large = bound(conversions_of(rows), most, np.array([10**6]))
    assert kept_at_large.clamped == 0
    assert (kept_at_large.conversions.values == bound(conversions_of(rows), most)
            .conversions.values).all()  # fmt: skip


@pytest.mark.parametrize("rows", [[(0, 8, 1)], [(0, -1, 1)]])
def test_a_tick_outside_the_tree_is_refused(rows: Rows) -> None:
    with pytest.raises(ValueError, match="ticks"):
        groups_of(rows, 3)


def test_unsorted_conversions_are_refused() -> None:
    with pytest.raises(ValueError, match="not by person"):
        conversion_groups(conversions_of([(1, 0, 0), (0, 0, 0)]), 3, fixed_random)
