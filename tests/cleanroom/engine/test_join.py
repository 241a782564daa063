"""Many tokens: joined in parts as few are by looking them up, whatever a side has chosen."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from cleanroom.engine import join as joining
from cleanroom.engine import match
from cleanroom.engine.join import join
from cleanroom.engine.layout import SideRows
from protocols.errors import InvalidMessageError

Words = npt.NDArray[np.uint64]


def tokens(count: int, seed: int) -> Words:
    return np.random.default_rng(seed).integers(0, 1 << 64, (count, 2), dtype=np.uint64)


def in_clear(large: Words, small: Words) -> list[tuple[int, int]]:
    places = {tuple(token): place for place, token in enumerate(small.tolist())}
    held = [(place, places.get(tuple(token))) for place, token in enumerate(large.tolist())]
    return [(place, other) for place, other in held if other is not None]


@pytest.mark.parametrize(("many", "few"), [(0, 0), (7, 0), (7, 7), (30_000, 40), (30_000, 30_000)])
@pytest.mark.parametrize("bits", [4, joining.PART_BITS])
def test_the_same_pairs_as_in_clear(
    many: int, few: int, bits: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(joining, "PART_BITS", bits)
    large, small = tokens(many, 1), tokens(few, 2)
    small[: few // 2] = large[::-1][: few // 2]
    places, found = join(large, small)
    assert list(zip(places.tolist(), found.tolist(), strict=True)) == in_clear(large, small)
    again = join(large, small)  # another key
    np.testing.assert_array_equal(again, (places, found))


@pytest.mark.parametrize("half", [0, 1])
def test_tokens_that_begin_or_end_alike_are_told_apart(half: int) -> None:
    large, small = tokens(20_000, 3), tokens(500, 4)
    large[:, half] = small[:, half] = 5
    small[7] = large[9]
    assert [found.tolist() for found in join(large, small)] == [[9], [7]]


@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("bits", [4, joining.PART_BITS])
def test_a_repeated_token_is_refused(side: int, bits: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joining, "PART_BITS", bits)
    sides = [tokens(5_000, 5), tokens(600, 6)]
    sides[side][599] = sides[side][3]
    with pytest.raises(InvalidMessageError, match="repeats a token"):
        join(*sides)


def test_no_part_is_crowded_by_tokens_that_a_side_chose() -> None:
    chosen = np.zeros((1 << 15, 2), dtype=np.uint64)
    chosen[:, 0] = np.arange(len(chosen))  # alike in all bits but 15
    hashes, rows = np.empty(len(chosen), np.uint64), np.empty(len(chosen), np.uint32)
    key = np.array([3, 4], dtype=np.uint64)
    ends = joining._spread(chosen, key, 6, hashes, rows)
    loads = np.diff(ends, prepend=0)
    assert loads.sum() == len(chosen) and abs(loads - 512).max() < 10 * 512**0.5
    assert len(np.unique(hashes)) == len(chosen)
    other = joining._spread(chosen, key[::-1].copy(), 6, np.empty_like(hashes), rows)
    assert not np.array_equal(ends, other)


@pytest.mark.parametrize("swapped", [False, True])
def test_many_tokens_match_as_few_do(swapped: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = tokens(3_000, 7), tokens(900, 8)
    other[::3] = one[:300]
    sides = [
        SideRows(
            words.view(np.uint8).reshape(-1, 1, 16),
            np.zeros(len(words), np.int64),
            np.ones(len(words), np.bool_),
        )
        for words in ((other, one) if swapped else (one, other))
    ]
    few = match.match_people(*sides)
    monkeypatch.setattr(match, "JOINED", 0)
    many = match.match_people(*sides)
    assert len(few) == 300
    assert set(zip(few.brand, few.platform, strict=True)) == set(
        zip(many.brand, many.platform, strict=True)
    )
    with pytest.raises(InvalidMessageError, match="repeats"):
        match.match_people(
            sides[0],
            SideRows(
                *[
                    np.concatenate([one, one])
                    for one in (sides[1].tokens, sides[1].cell, sides[1].flag)
                ]
            ),
        )
