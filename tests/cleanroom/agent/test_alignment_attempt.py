"""The channel of an attempt is bound to its number, as the agent learned it."""

from __future__ import annotations

import pytest

from cleanroom.agent import alignments
from cleanroom.errors import PeerFault
from tests.cleanroom.queries.harness import audience
from tests.cleanroom.queries.room import sign_room


def test_the_context_of_an_attempt_holds_its_number(monkeypatch):
    room = sign_room("overlap", {"brand": audience(["a"]), "platform": audience(["a"])}, (), {}, {})
    own = room.rooms["brand"]
    alignment = alignments.find(own, room.alignment)
    shown = {"attempt": 3, "state": "RUNNING", "counts": {"brand": 128, "platform": 64}}
    monkeypatch.setattr(own.client, "alignment", lambda *_asked: shown, raising=False)
    context = alignments._wait_for_peer(alignment, 3, 128)
    assert (context.attempt, context.own_count, context.peer_count) == (3, 128, 64)
    with pytest.raises(PeerFault, match="gave up this attempt"):
        alignments._wait_for_peer(alignment, 2, 128)
