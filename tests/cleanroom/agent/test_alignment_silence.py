"""Only time counts as silence of the peer: a busy mediator answers before the wait is over."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterable
from queue import Empty, Queue
from types import SimpleNamespace

import numpy as np
import pytest

from cleanroom.agent import alignments
from cleanroom.agent.http.client import LONG_POLL
from cleanroom.agent.relay import Relay
from cleanroom.errors import InvalidInput, PeerFault, Unreachable
from protocols.alignment import Context, Frame, Participant
from protocols.alignment.profiles import profile
from protocols.strings import PackedStrings
from tests.cleanroom.queries.harness import audience
from tests.cleanroom.queries.room import sign_room
from tests.waits import PATIENCE

PEOPLE = [b"raw:v1\0a", b"raw:v1\0b"]


class Line:
    """One side of a relay that never holds an answer back."""

    def __init__(self, out: Queue[Frame], into: Queue[Frame]) -> None:
        self._out, self._into = out, into
        self.received = self.pauses = 0

    def send(self, frames: Iterable[Frame]) -> None:
        for frame in frames:
            self._out.put(frame)

    def take(self, wait: int) -> Frame | None:
        try:
            frame = self._into.get_nowait()
        except Empty:
            return None
        self.received += 1
        return frame

    def pass_on(self) -> None:
        """Hold nothing."""

    def pause(self) -> None:
        self.pauses += 1
        threading.Event().wait(0.001)


def participant(position: int) -> Participant:
    context = Context(bytes(16), bytes(16), position, len(PEOPLE), len(PEOPLE))
    return profile("dh")(context, PackedStrings.pack(PEOPLE), secrets.token_bytes)


def test_a_mediator_that_answers_at_once_ends_no_alignment() -> None:
    queues: tuple[Queue[Frame], Queue[Frame]] = (Queue(), Queue())
    own, peer = Line(*queues), Line(*queues[::-1])
    sides = [participant(0), participant(1)]

    def answer() -> None:
        # Many empty answers later than a count of them would allow.
        while own.pauses < 10 * alignments.SILENCE // LONG_POLL:
            threading.Event().wait(0.001)
        alignments._talk(sides[1], peer, lambda *_: None)  # type: ignore[arg-type]

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    alignments._talk(sides[0], own, lambda *_: None)  # type: ignore[arg-type]
    thread.join(PATIENCE)
    np.testing.assert_array_equal(sides[0].secrets(), sides[1].secrets())


def test_a_silent_peer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    line = Line(Queue(), Queue())
    clock = SimpleNamespace(monotonic=lambda: line.pauses * alignments.SILENCE / 10)
    monkeypatch.setattr(alignments, "time", clock)
    with pytest.raises(Unreachable, match="stopped responding"):
        alignments._talk(participant(0), line, lambda *_: None)  # type: ignore[arg-type]
    assert line.pauses == 10


def test_an_attempt_that_was_given_up_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    room = sign_room("overlap", {"brand": audience(["a"]), "platform": audience(["a"])}, (), {}, {})
    own = room.rooms["brand"]
    alignment = alignments.find(own, room.alignment)
    shown = {"attempt": 3, "state": "FAILED", "counts": {}}
    monkeypatch.setattr(own.client, "alignment", lambda *_asked: shown, raising=False)
    relay = Relay(alignment, 3, None)  # type: ignore[arg-type]
    with pytest.raises(PeerFault, match="gave up this attempt"):
        relay.pause()


def test_a_mediator_of_before_is_sent_a_message_and_asked_for_one_by_turns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    room = sign_room("overlap", {"brand": audience(["a"]), "platform": audience(["a"])}, (), {}, {})
    own = room.rooms["brand"]
    happened: list[str] = []

    def send(_alignment: str, _attempt: int, number: int, data: bytes, *asked: int) -> None:
        happened.append(f"{'refused ' if asked else ''}{number} {data.decode()}")
        if asked:
            raise InvalidInput("request: after: Extra inputs are not permitted")

    def take(_alignment: str, _attempt: int, number: int, _wait: int) -> None:
        happened.append(f"asked for {number}")

    monkeypatch.setattr(own.client, "send_message", send, raising=False)
    monkeypatch.setattr(own.client, "next_message", take, raising=False)
    relay = Relay(alignments.find(own, room.alignment), 1, None)  # type: ignore[arg-type]
    for data in (b"one", b"two"):
        relay._held = data
        assert relay.take(5) is None
    assert happened == ["refused 0 one", "0 one", "1 two", "asked for 0"]
