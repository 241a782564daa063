from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.party import World, world


@pytest.fixture
def place(tmp_path: Path) -> Iterator[World]:
    """A mediator with admitted parties and no room."""
    with world(tmp_path / "mediator") as made:
        yield made


@pytest.fixture
def room(place: World) -> World:
    """A mediator with one active rehearsal room."""
    place.open_room()
    return place
