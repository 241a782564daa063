"""A manifest is named by its hash: asked for once, and never believed under another name."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from cleanroom.agent.datasets import peer_manifest
from cleanroom.agent.rooms import Room
from cleanroom.errors import PeerFault
from tests.api import story

SHOWN = story.manifest("platform")


def room(*answers: Any) -> Room:
    """Return a room whose mediator answers so, one after the other."""
    turns = iter(answers)
    client = SimpleNamespace(dataset=lambda _name: {"manifest": next(turns).to_json()})
    return Room(SimpleNamespace(), client, SimpleNamespace())  # type: ignore[arg-type]


def test_a_manifest_is_asked_for_once() -> None:
    place = room(SHOWN)
    assert [peer_manifest(place, SHOWN.identity()) for _ in range(3)] == [SHOWN] * 3


def test_another_manifest_is_refused_each_time_and_not_remembered() -> None:
    other = story.manifest("brand")
    place = room(other, other, SHOWN)
    for _ in range(2):
        with pytest.raises(PeerFault, match="different dataset"):
            peer_manifest(place, SHOWN.identity())
    assert peer_manifest(place, SHOWN.identity()) == SHOWN
