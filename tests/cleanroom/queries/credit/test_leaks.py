"""What the other side and the mediator could read out of rows, and cannot."""

from __future__ import annotations

import secrets
from collections import Counter

import numpy as np
import pytest

from cleanroom.errors import InvalidInput
from cleanroom.queries.credit.groups import Conversions, bound, conversion_groups
from cleanroom.queries.credit.pieces import Touches, platform_nodes, platform_pieces
from cleanroom.queries.credit.rules import Model, Rule
from cleanroom.queries.credit.ticks import Clock
from cleanroom.queries.credit.tokens import brand_tokens, keyed_dither, platform_tokens
from tests.cleanroom.queries.credit.oracle import Mediator
from tests.cleanroom.queries.credit.scene import dither


def path(campaigns: list[int], person: int = 0, gap: int = 1) -> Touches:
    count = len(campaigns)
    return Touches(
        np.full(count, person), np.arange(count) * gap, np.zeros(count, dtype=np.uint8),
        np.array(campaigns), np.arange(count, dtype=np.uint64), max(campaigns) + 1,
    )  # fmt: skip


def test_labels_are_whole_vectors_and_tell_no_rank_or_length() -> None:
    """One campaign seen 1 to 9 times is one label, so a path's length does not show."""
    rule = Rule(Model.LINEAR, 100, 100)
    pieces = platform_pieces(path([0] * 9), rule, Clock(0, 64, 1), dither)
    assert list(pieces.vectors) == [{0: 2520}]
    assert len(pieces) == 1


def test_equal_vectors_of_different_paths_share_a_label() -> None:
    rule = Rule(Model.LINEAR, 100, 100)
    short = platform_pieces(path([0, 1]), rule, Clock(0, 3, 1), dither)
    long = platform_pieces(path([0, 1, 0, 1]), rule, Clock(0, 5, 1), dither)
    last_short, last_long = short.label[-1], long.label[-1]
    assert short.vectors.encode(last_short) == long.vectors.encode(last_long)
    names = {long.vectors.encode(label) for label in range(len(long.vectors))}
    assert len(names) == len(long.vectors)


def test_every_row_of_the_brand_is_as_wide_as_the_tree_and_nothing_in_it_repeats() -> None:
    secret = np.frombuffer(secrets.token_bytes(64), dtype=np.uint8).reshape(2, 32)
    person, tick = np.array([0, 0, 0, 1]), np.array([3, 4, 60, 3])
    conversions = Conversions(
        person, tick, np.ones((4, 1), np.int64), np.arange(4, dtype=np.uint64)
    )
    groups = conversion_groups(bound(conversions, 5).conversions, 6, secrets.token_bytes)
    rows = brand_tokens(groups, secret, b"job", secrets.token_bytes)
    assert rows.shape == (len(groups), 7, 16)
    flat = rows.reshape(-1, 16)
    assert len(np.unique(flat, axis=0)) == len(flat)
    assert len(set(groups.length.tolist())) > 1, "the lengths that the padding hides do differ"


def test_the_place_of_a_token_in_its_row_is_random() -> None:
    people = 4000
    secret = np.frombuffer(secrets.token_bytes(32 * people), dtype=np.uint8).reshape(-1, 32)
    zeros = np.zeros(people, dtype=np.int64)
    conversions = Conversions(
        np.arange(people), zeros, zeros[:, None], zeros.astype(np.uint64)
    )  # fmt: skip
    groups = conversion_groups(conversions, 3, secrets.token_bytes)
    rows = brand_tokens(groups, secret, b"job", secrets.token_bytes)
    touch = Touches(
        np.arange(people), zeros - 1, zeros.astype(np.uint8), zeros, zeros.astype(np.uint64), 1
    )
    # Seven ticks at level 2 and below: the tick 0 is covered by the node (2, 0).
    pieces = platform_pieces(touch, Rule(Model.LAST_TOUCH, 7, 7), Clock(0, 8, 1))
    tokens, _ = platform_tokens(pieces, secret, b"job")
    known = {token.tobytes() for token in tokens}
    places = Counter(
        place for row in rows for place, token in enumerate(row) if token.tobytes() in known
    )
    assert sum(places.values()) == people
    assert all(abs(places[i] - people / 4) < 5 * (people * 3 / 16) ** 0.5 for i in range(4))


def test_real_tokens_of_both_sides_meet_where_the_definition_says() -> None:
    secret = np.frombuffer(secrets.token_bytes(96), dtype=np.uint8).reshape(3, 32)
    touches = path([0, 1, 2], person=1, gap=10)
    clock, rule = Clock(0, 100, 1), Rule(Model.LAST_TOUCH, 15, 15)
    pieces = platform_pieces(touches, rule, clock, keyed_dither(secret, b"job"))
    tokens, labels = platform_tokens(pieces, secret, b"job")
    assert len(tokens) == len(platform_nodes(touches, rule, clock))
    person, tick = np.array([1, 1, 1, 1, 2]), np.array([0, 10, 11, 35, 36])
    conversions = Conversions(
        person, tick, np.array([[1], [10], [100], [1000], [10000]]), np.arange(5, dtype=np.uint64)
    )
    groups = conversion_groups(conversions, clock.depth, secrets.token_bytes)
    rows = brand_tokens(groups, secret, b"job", secrets.token_bytes)
    platform: dict[object, int] = {
        token.tobytes(): int(label) for token, label in zip(tokens, labels, strict=True)
    }
    brand: list[tuple[list[object], int, int, bool]] = [
        ([token.tobytes() for token in row], int(groups.count[i]), int(groups.sums[i, 0]), False)
        for i, row in enumerate(rows)
    ]
    mediator = Mediator()
    mediator.match(platform, brand)
    keys = pieces.vectors.winners()
    assert {int(keys[v]): n for v, n in mediator.values.items()} == {0: 10, 1: 100, 2: 1000}
    other, _ = platform_tokens(pieces, secret, b"another job")
    assert not {t.tobytes() for t in other} & set(platform)


def test_the_bits_to_round_with_stay_with_the_job_and_are_uniform() -> None:
    secret = np.frombuffer(secrets.token_bytes(32 * 5000), dtype=np.uint8).reshape(-1, 32)
    people, ticks = np.arange(5000), np.zeros(5000, dtype=np.int64)
    first = keyed_dither(secret, b"job")(people, ticks)
    assert (first == keyed_dither(secret, b"job")(people, ticks)).all()
    assert (first != keyed_dither(secret, b"other")(people, ticks)).any()
    assert abs((first.astype(float) * 2.0**-64).mean() - 0.5) < 5 * (1 / 12 / 5000) ** 0.5


def test_sampled_credit_is_unbiased() -> None:
    """Time decay over two touches one half-life apart: one third and two thirds."""
    people = 9000
    secret = np.frombuffer(secrets.token_bytes(32 * people), dtype=np.uint8).reshape(-1, 32)
    each = np.repeat(np.arange(people), 2)
    touches = Touches(
        each, np.tile([0, 5], people), np.zeros(2 * people, dtype=np.uint8),
        np.tile([0, 1], people), np.zeros(2 * people, dtype=np.uint64), 2,
    )  # fmt: skip
    rule = Rule(Model.TIME_DECAY, 50, 50, half_life=5, quanta=1)
    pieces = platform_pieces(touches, rule, Clock(0, 40, 1), keyed_dither(secret, b"job"))
    after = pieces.take((pieces.low <= 6) & (pieces.high > 6))
    assert len(after) == people
    won = int((pieces.vectors.winners()[after.label] == 1).sum())
    assert abs(won - people * 2 / 3) < 5 * (people * 2 / 9) ** 0.5


def test_rounding_is_unbiased_where_the_parts_do_not_divide() -> None:
    people = 4000
    secret = np.frombuffer(secrets.token_bytes(32 * people), dtype=np.uint8).reshape(-1, 32)
    each = np.repeat(np.arange(people), 3)
    touches = Touches(
        each, np.tile([0, 1, 2], people), np.zeros(3 * people, dtype=np.uint8),
        np.tile([0, 1, 2], people), np.zeros(3 * people, dtype=np.uint64), 3,
    )  # fmt: skip
    rule = Rule(Model.LINEAR, 50, 50, quanta=10)
    pieces = platform_pieces(touches, rule, Clock(0, 40, 1), keyed_dither(secret, b"job"))
    after = pieces.take(pieces.low == 3)
    parts = np.array([[vector.get(key, 0) for key in range(3)] for vector in pieces.vectors])
    rows = parts[after.label]
    assert set(rows.sum(axis=1).tolist()) == {10}
    assert set(rows.flat) == {3, 4}
    assert np.abs(rows.mean(axis=0) - 10 / 3).max() < 5 * (2 / 9 / people) ** 0.5


def test_too_many_ways_to_share_are_refused_with_a_way_out() -> None:
    touches = path([0, 1, 2, 3, 4])
    rule, clock = Rule(Model.LINEAR, 100, 100), Clock(0, 64, 1)
    assert len(platform_pieces(touches, rule, clock, dither, most_vectors=5).vectors) == 5
    with pytest.raises(InvalidInput, match="sampled"):
        platform_pieces(touches, rule, clock, dither, most_vectors=4)


def test_shared_credit_needs_bits_to_round_with() -> None:
    with pytest.raises(ValueError, match="round"):
        platform_pieces(path([0]), Rule(Model.LINEAR, 5, 5), Clock(0, 64, 1))
