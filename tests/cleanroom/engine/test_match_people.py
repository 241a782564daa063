"""Audiences with several tokens a row: matched as the plain rules say, and nobody moves many."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleanroom.engine.layout import SideRows
from cleanroom.engine.match import match_people
from cleanroom.privacy.noise import Delta
from cleanroom.queries.sensitivity import moved, rematched
from protocols.errors import InvalidMessageError

Person = tuple[str | None, ...]


def token(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()[:16]


def side(people: list[Person], salt: str) -> SideRows:
    """Lay people out with random tokens for what they lack, each row in an order of its own."""
    rows = []
    for place, person in enumerate(people):
        tokens = [token(name or f"{salt}{place}{number}") for number, name in enumerate(person)]
        rows.append(b"".join(sorted(tokens, key=lambda one: token(f"{salt}{one.hex()}"))))
    shape = (len(people), len(people[0]) if people else 1, 16)
    return SideRows(
        tokens=np.frombuffer(b"".join(rows), dtype=np.uint8).reshape(shape),
        cell=np.zeros(len(people), dtype=np.int64),
        flag=np.ones(len(people), dtype=np.bool_),
    )


def as_numbers(one: bytes) -> tuple[int, int]:
    return int.from_bytes(one[:8], "little"), int.from_bytes(one[8:], "little")


def pairs_in_clear(brand: list[Person], platform: list[Person]) -> set[tuple[int, int]]:
    """Match people by the rules: whom each prefers, and who prefers each other."""
    likes: dict[tuple[int, int], tuple[int, tuple[int, int]]] = {}
    for b, one in enumerate(brand):
        for p, other in enumerate(platform):
            common = {name for name in one if name} & {name for name in other if name}
            if common:
                likes[b, p] = -len(common), min(as_numbers(token(name)) for name in common)
    best_of_brand = {b: min((v, p) for (x, p), v in likes.items() if x == b)[1] for b, _ in likes}
    best_of_platform = {
        p: min((v, b) for (b, x), v in likes.items() if x == p)[1] for _, p in likes
    }
    return {(b, p) for b, p in likes if best_of_brand[b] == p and best_of_platform[p] == b}


def pairs(brand: list[Person], platform: list[Person]) -> set[tuple[int, int]]:
    found = match_people(side(brand, "b"), side(platform, "p"))
    told = list(zip(found.brand.tolist(), found.platform.tolist(), strict=True))
    assert len(set(told)) == len(told)
    return set(told)


def people_of(*kinds: str) -> st.SearchStrategy[list[Person]]:
    """Draw people whose identifiers, as honest ones, are each one person's."""

    def own(names: list[list[str]]) -> list[Person]:
        return [person for person in zip(*names, strict=True) if any(person)]

    columns = [
        st.permutations([*(f"{kind}{n}" for n in range(6)), None, None, None]) for kind in kinds
    ]
    return st.tuples(*columns).map(list).map(own)


SEVERAL = settings(max_examples=40, deadline=None, derandomize=True)


@SEVERAL
@given(people_of("e", "t"), people_of("e", "t"))
def test_people_of_two_kinds_match_as_in_clear(brand: list[Person], platform: list[Person]) -> None:
    assert pairs(brand, platform) == pairs_in_clear(brand, platform)


@SEVERAL
@given(people_of("e"), people_of("t", "d", "e"))
def test_sides_may_know_different_kinds(brand: list[Person], platform: list[Person]) -> None:
    assert pairs(brand, platform) == pairs_in_clear(brand, platform)


def test_most_shared_identifiers_decide_and_each_row_is_matched_once() -> None:
    brand = [("e1", "t1"), ("e2", "t2"), ("e3", None)]
    assert pairs(brand, [("e1", "t1"), ("e2", None), (None, "t2"), (None, "t3")]) - {
        (1, 1), (1, 2),
    } == {(0, 0)}  # fmt: skip
    # One that shares both wins over one that shares one, whose token ever comes first.
    for name in range(20):
        assert pairs([("e", "t"), (f"x{name}", None)], [("e", "t")]) == {(0, 0)}
    assert pairs([], []) == pairs(brand, []) == set()


@pytest.mark.parametrize("kinds", [("e", "t"), ("e", "t", "d")])
def test_a_person_moves_no_more_pairs_than_is_paid_for(kinds: tuple[str, ...]) -> None:
    """Build chains in which every row would displace the next, and take one person out."""
    count, worst = 40, 0
    allowed = rematched(len(kinds), len(kinds))
    for number in range(30):
        # A brand that knows everybody puts one's address beside the next one's telephone.
        platform = [tuple(f"{kind}{number}.{p}" for kind in kinds) for p in range(count)]
        brand = [
            tuple(f"{kind}{number}.{b + place}" for place, kind in enumerate(kinds))
            for b in range(count - len(kinds))
        ]
        brand += [tuple(f"{kind}{number}.{count + b}" for kind in kinds) for b in range(2)]
        named = [{(brand[b], platform[p]) for b, p in pairs(brand, platform)}]
        for without in range(0, count, 7):
            rest = [p for place, p in enumerate(platform) if place != without]
            named.append({(brand[b], rest[p]) for b, p in pairs(brand, rest)})
        for fewer in named[1:]:
            lost, gained = len(fewer - named[0]), len(named[0] - fewer)
            worst = max(worst, lost)
            assert lost <= allowed
            assert gained <= 1
    assert worst >= 1


@SEVERAL
@given(people_of("e", "t", "d"), people_of("e", "t", "d"), st.data())
def test_whoever_comes_or_goes_unmatches_no_more_than_is_paid_for(
    brand: list[Person], platform: list[Person], data: st.DataObject
) -> None:
    if not brand:
        return
    left = data.draw(st.integers(0, len(brand) - 1))
    rest = [person for place, person in enumerate(brand) if place != left]
    full = {(brand[b], platform[p]) for b, p in pairs(brand, platform)}
    less = {(rest[b], platform[p]) for b, p in pairs(rest, platform)}
    assert len(less - full) <= rematched(3, 3)
    assert len(full - less) <= 1


def test_what_is_paid_for_follows_from_the_kinds_of_both_sides() -> None:
    assert [rematched(*kinds) for kinds in ((1, 1), (2, 1), (1, 3), (2, 2), (2, 3))] == [
        0, 1, 1, 2, 3,
    ]  # fmt: skip
    one = Delta(1, 1)
    assert moved(one, 2, positive=True) == Delta(3, 5**0.5)
    assert moved(one, 2, positive=False) == Delta(3, 3)


def test_a_token_that_stands_in_two_rows_is_refused() -> None:
    twice = [("e1", "t1"), ("e2", "t1")]
    with pytest.raises(InvalidMessageError, match="repeats a token"):
        pairs(twice, [("e1", None)])
