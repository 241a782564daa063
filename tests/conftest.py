"""Draw the same randomness in every run, so that no test passes or fails by luck.

``make explore`` draws anew.  Programs that a test starts draw from the operating system in any
case: a claim about their noise may fail once in 10^9 runs.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from functools import cache
from typing import Any

import pytest
from hypothesis import settings

from cleanroom.agent import vault
from tests import draws, objects, postgresql

settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None, print_blob=True)
settings.load_profile("same")

# Homes that tests make here open by the least stretch that a vault accepts, and stretching the same
# passphrase with the same salt is done once.  Programs that a test starts stretch in full.
FULL_COST, vault.SCRYPT_COST = vault.SCRYPT_COST, vault.OLD_COST
vault._stretch = cache(vault._stretch)


@pytest.fixture
def full_stretch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let vaults be made as they are outside of tests."""
    monkeypatch.setattr(vault, "SCRYPT_COST", FULL_COST)


@pytest.fixture(scope="session")
def cluster() -> Iterator[postgresql.Cluster]:
    """One PostgreSQL for all tests that want it."""
    with postgresql.cluster() as made:
        yield made


@pytest.fixture(scope="session")
def object_store() -> Iterator[objects.Objects]:
    """One S3-compatible store for all tests that want it."""
    with objects.objects() as made:
        yield made


@pytest.fixture
def bucket(object_store: objects.Objects, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the address of an empty bucket; the environment says how to reach it."""
    for name, value in object_store.environment().items():
        monkeypatch.setenv(name, value)
    return object_store.fresh()


def exploring(config: pytest.Config) -> bool:
    return bool(config.getoption("--hypothesis-profile") == "explore")


FIRST = ("tests/end_to_end/", "tests/browser/", "tests/simulation/")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that no worker is left alone with it at the end."""
    items.sort(key=lambda item: not item.nodeid.startswith(FIRST))


def pytest_configure(config: pytest.Config) -> None:
    """Seed the run; the workers of an exploring one find its seed in their environment."""
    if exploring(config):
        os.environ.setdefault(draws.BASE, os.urandom(8).hex())
    draws.replace()


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Show what an exploring run drew from."""
    if exploring(config):
        terminalreporter.write_line(f"{draws.BASE}={os.environ[draws.BASE]} draws this again")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Seed each test by its name: it draws the same alone, in any order, on any worker."""
    if isinstance(item, pytest.Function):
        draws.reseed(item.module, item.nodeid)
    with draws.seeded(item.nodeid):
        return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
) -> Generator[None, object, object]:
    """Seed what several tests share by its own name, not by the test that happens to come first."""
    if fixturedef.scope == "function":
        return (yield)
    parameter = getattr(request, "param", "")
    with draws.seeded(f"{fixturedef.baseid} {fixturedef.argname} {parameter!r}"):
        return (yield)
