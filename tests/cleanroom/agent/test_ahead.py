"""What an agent draws while nothing waits for it: in one process, for one ciphertext each."""

from __future__ import annotations

import os
from random import Random
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest

from cleanroom.agent import ahead
from cleanroom.agent.loop import Agent
from protocols import paillier
from protocols.paillier import prepared
from tests.waits import PATIENCE

COUNT = 3


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> paillier.PrivateKey:
    """Return a key that encrypted some numbers, as a room's that opened sums."""
    monkeypatch.setattr(ahead, "QUIET_SECONDS", 0.0)
    monkeypatch.setattr(prepared, "MOST_ZEROS", COUNT)
    made = paillier.generate(512, Random(1).randbytes)
    made.encrypt_many([0], Random(2).randbytes)
    return made


def rooms(key: paillier.PrivateKey | None) -> Any:
    return [SimpleNamespace(used_key=None), SimpleNamespace(used_key=key)]


def nothing(_size: int) -> bytes:
    raise AssertionError("randomness is drawn that was to be there")


def test_an_idle_agent_draws_what_the_next_sums_need(key: paillier.PrivateKey) -> None:
    ahead._draw(rooms(key), Event())
    assert key.decrypt_many(key.encrypt_many([5, 6, 7], nothing)) == [5, 6, 7]


def test_an_agent_that_work_waits_for_draws_nothing(key: paillier.PrivateKey) -> None:
    over = Event()
    over.set()
    ahead._draw(rooms(key), over)
    with pytest.raises(AssertionError):
        key.encrypt_many([5], nothing)


def test_an_agent_draws_while_it_asks_for_work(
    key: paillier.PrivateKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn, draw_ahead = Event(), key.draw_ahead

    def draws(*arguments: Any) -> None:
        draw_ahead(*arguments)
        drawn.set()

    def work() -> dict[str, list[Any]]:
        assert drawn.wait(PATIENCE)
        return {"alignments": [], "jobs": []}

    monkeypatch.setattr(key, "draw_ahead", draws)
    agent = Agent(SimpleNamespace(), SimpleNamespace(work=work))  # type: ignore[arg-type]
    agent._rooms.update(enumerate(rooms(key)))
    assert not agent._turn()
    assert key.decrypt_many(key.encrypt_many([5, 6, 7], nothing)) == [5, 6, 7]


@pytest.mark.filterwarnings("ignore:.*fork")
def test_a_fork_uses_nothing_that_its_parent_will_use(key: paillier.PrivateKey) -> None:
    ahead._draw(rooms(key), Event())
    source, sink = os.pipe()
    if not (child := os.fork()):
        try:
            made = key.encrypt_many([0] * COUNT, os.urandom)
            os.write(sink, b"".join(map(key.public.ciphertext_to_bytes, made)))
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    width = key.public.ciphertext_bytes
    data = os.read(source, 1 << 16)
    forked = {data[at : at + width] for at in range(0, len(data), width)}
    own = map(key.public.ciphertext_to_bytes, key.encrypt_many([0] * COUNT, nothing))
    assert len(forked) == COUNT
    assert not forked & set(own)
