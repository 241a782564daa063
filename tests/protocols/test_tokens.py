import hashlib
import secrets as system

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.errors import LocalError
from protocols.tokens import audience_tokens, event_tokens, random_tokens, shuffled_tokens


def table(count: int) -> np.ndarray:
    return np.frombuffer(system.token_bytes(32 * count), dtype=np.uint8).reshape(count, 32)


def by_the_book(secret: bytes, level: int, index: int, *scope: bytes) -> bytes:
    encoded = b"".join(len(part).to_bytes(8, "big") + part for part in scope)
    label = b"cleanroom/token/1" + bytes(15)
    block = label + hashlib.sha256(encoded).digest()
    return hashlib.sha256(block + secret + bytes([level]) + index.to_bytes(8, "big")).digest()[:16]


@pytest.mark.parametrize("count", [0, 1, 63, 64, 65, 200])
def test_audience_tokens(count: int) -> None:
    secrets = table(count)
    tokens = audience_tokens(secrets, b"alignment", b"brand", b"platform")
    assert tokens.shape == (count, 16) and tokens.dtype == np.uint8
    for secret, token in zip(secrets, tokens, strict=True):
        scope = (b"match", b"alignment", b"brand", b"platform")
        assert token.tobytes() == by_the_book(secret.tobytes(), 0, 0, *scope)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 255), st.integers(0, 2**63 - 1)),
                max_size=150))  # fmt: skip
def test_event_tokens(rows: list[tuple[int, int, int]]) -> None:
    secrets = table(5)
    people, level, index = (np.array([row[i] for row in rows], dtype=np.int64) for i in range(3))
    tokens = event_tokens(secrets, b"job", "touch", level, index, people=people)
    for token, (person, lev, ind) in zip(tokens, rows, strict=True):
        expected = by_the_book(secrets[person].tobytes(), lev, ind, b"touch", b"event", b"job")
        assert token.tobytes() == expected


def test_event_tokens_with_a_secret_per_row() -> None:
    secrets = table(3)
    level, index = np.array([1, 2, 3]), np.array([4, 5, 6])
    with_people = event_tokens(secrets, b"job", "touch", level, index, people=np.array([0, 1, 2]))
    assert np.array_equal(event_tokens(secrets, b"job", "touch", level, index), with_people)


def test_every_field_matters() -> None:
    secrets = table(2)
    one, two = secrets[:1], secrets[1:]
    zero, unit = np.array([0]), np.array([1])
    tokens = [
        audience_tokens(one, b"a", b"b", b"c"),
        audience_tokens(two, b"a", b"b", b"c"),
        audience_tokens(one, b"x", b"b", b"c"),
        audience_tokens(one, b"a", b"x", b"c"),
        audience_tokens(one, b"a", b"b", b"x"),
        audience_tokens(one, b"a", b"c", b"b"),
        audience_tokens(one, b"ab", b"", b"c"),
        event_tokens(one, b"job", "touch", zero, zero),
        event_tokens(one, b"job", "label", zero, zero),
        event_tokens(one, b"other", "touch", zero, zero),
        event_tokens(one, b"job", "touch", unit, zero),
        event_tokens(one, b"job", "touch", zero, unit),
        event_tokens(one, b"job", "match", zero, zero),
    ]
    assert len({token.tobytes() for token in tokens}) == len(tokens)


def test_arrays_of_any_layout() -> None:
    secrets = np.asfortranarray(table(4))
    level, index = np.arange(8, dtype=np.uint8)[::2], np.arange(8, dtype=np.int32)[::2]
    expected = event_tokens(secrets.copy("C"), b"job", "touch", level.copy(), index.copy())
    assert np.array_equal(event_tokens(secrets, b"job", "touch", level, index), expected)


@pytest.mark.parametrize(
    ("level", "index", "people"),
    [
        ([256], [0], [0]),
        ([-1], [0], [0]),
        ([0], [-1], [0]),
        ([0], [0], [2]),
        ([0], [0], [-1]),
        ([0], [0, 1], [0]),
        ([0], [0], [0, 1]),
    ],
)
def test_what_does_not_fit(level: list[int], index: list[int], people: list[int]) -> None:
    with pytest.raises(LocalError):
        event_tokens(
            table(2), b"job", "x", np.array(level), np.array(index), people=np.array(people)
        )


def test_bad_arrays() -> None:
    zero = np.array([0])
    for secrets in (table(1)[:, :31], table(1)[0], table(1).astype(np.int64)):
        with pytest.raises(LocalError):
            event_tokens(secrets, b"job", "x", zero, zero, people=zero)
    with pytest.raises(LocalError):
        event_tokens(table(1), b"job", "x", zero, np.array([1 << 63], dtype=np.uint64), people=zero)


def test_random_tokens() -> None:
    tokens = random_tokens(1000, system.token_bytes)
    assert tokens.shape == (1000, 16) and len(np.unique(tokens, axis=0)) == 1000
    assert random_tokens(2, lambda n: bytes(range(n)))[1, 0] == 16


def test_shuffled_tokens_are_each_rows_own_in_any_order() -> None:
    tokens = random_tokens(4, system.token_bytes)
    has = np.array([[0, 1], [-1, 2], [3, -1], [-1, -1]] * 50, dtype=np.int64)
    has[4:] = -1
    made = shuffled_tokens(tokens, has, system.token_bytes)
    assert made.shape == (200, 2, 16)
    for row, own in zip(made, has, strict=True):
        known = {tokens[place].tobytes() for place in own if place >= 0}
        assert {token.tobytes() for token in row} & {t.tobytes() for t in tokens} == known
    assert len({token.tobytes() for token in made.reshape(-1, 16)}) == made.shape[0] * 2


def test_rows_without_an_identifier_have_tokens_that_nobody_has() -> None:
    nothing = np.zeros((0, 16), dtype=np.uint8)
    made = shuffled_tokens(nothing, np.full((3, 3), -1), system.token_bytes)
    assert len({token.tobytes() for token in made.reshape(-1, 16)}) == 9


def test_tokens_of_some_people_are_those_of_their_secrets() -> None:
    secrets = np.random.default_rng(1).integers(0, 256, (70, 32), dtype=np.uint8)
    some = np.array([3, 69, 3, 0], dtype=np.int64)
    tokens = audience_tokens(secrets, b"a", b"b", b"c", people=some)
    np.testing.assert_array_equal(tokens, audience_tokens(secrets, b"a", b"b", b"c")[some])
