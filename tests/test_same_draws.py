"""The suite draws the same randomness in every run; ``make explore`` draws anew."""

from __future__ import annotations

import os
import secrets
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.draws import BASE


@pytest.fixture(scope="module")
def shared() -> bytes:
    return secrets.token_bytes(16)


def expected(name: str) -> Random:
    return Random(os.environ.get(BASE, "") + name)


def test_a_test_draws_what_its_name_says(shared: bytes, request: pytest.FixtureRequest) -> None:
    drawn = expected(request.node.nodeid)
    assert secrets.token_hex(16) == drawn.randbytes(16).hex()
    assert secrets.randbelow(10**9) == drawn.randrange(10**9)


def test_what_tests_share_draws_by_its_own_name(shared: bytes) -> None:
    assert shared == expected("tests/test_same_draws.py shared ''").randbytes(16)


KEPT = Random(1)


@pytest.mark.parametrize("turn", range(2))
def test_a_generator_that_a_module_keeps_draws_by_the_name_of_the_test(
    request: pytest.FixtureRequest, turn: int
) -> None:
    """Which tests of the module came before, on this worker, is luck."""
    assert KEPT.randbytes(16) == expected(request.node.nodeid).randbytes(16)


def test_a_forked_process_draws_its_own() -> None:
    reader, writer = os.pipe()
    if not (child := os.fork()):
        os.write(writer, secrets.token_bytes(16))
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reader, 16) != secrets.token_bytes(16)


def test_a_property_is_tried_with_the_same_examples(request: pytest.FixtureRequest) -> None:
    """What failed once fails until it is mended, however busy the machine."""
    if request.config.getoption("--hypothesis-profile") == "explore":
        pytest.skip("an exploring run tries others")

    def tried() -> list[int]:
        seen: list[int] = []

        @settings(max_examples=20)
        @given(st.integers())
        def look(number: int) -> None:
            seen.append(number)

        look()
        return seen

    assert settings().deadline is None and settings().database is None
    assert tried() == tried()
