"""Lattice values whose owner is killed at every step: one encryption, one opening, exact sums."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from threading import Event
from typing import Any

import pytest

from cleanroom.agent import ahead, approval, jobs, results, row_values
from cleanroom.agent.chain import Chain
from cleanroom.agent.http import Client
from cleanroom.agent.rooms import Room
from protocols.paillier import PrivateKey, prepared
from tests.cleanroom.agent import conftest
from tests.cleanroom.agent.conftest import Place
from tests.cleanroom.agent.test_aligned_rows import DATA, expected
from tests.waits import PATIENCE


class Killed(BaseException):
    """Stand for SIGKILL: nothing catches it, and whatever was not on disk is gone."""


@pytest.fixture
def killed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Run a step that dies before, or right after, it calls something for the n-th time."""

    def run(
        step: Callable[[], Any], owner: Any, name: str, call: int = 1, after: bool = False
    ) -> None:
        real, calls = getattr(owner, name), 0

        def dies(*arguments: Any, **options: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == call and not after:
                raise Killed
            found = real(*arguments, **options)
            if calls == call:
                raise Killed
            return found

        with monkeypatch.context() as patched, pytest.raises(Killed):
            patched.setattr(owner, name, dies)
            step()

    return run


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> dict[str, set[bytes]]:
    """Keep all that the agents put, by path."""
    seen: dict[str, set[bytes]] = defaultdict(set)
    put = Client.put

    def watched(self: Client, path: str, data: bytes) -> Any:
        seen[path].add(data)
        return put(self, path, data)

    monkeypatch.setattr(Client, "put", watched)
    return seen


def watch_encryptions(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Keep every ciphertext that an owner makes of what it opened, sent or not."""
    seen: list[int] = []
    real = PrivateKey.encrypt_many

    def watched(self: PrivateKey, *arguments: Any, **options: Any) -> list[int]:
        made = real(self, *arguments, **options)
        seen.extend(made)
        return made

    monkeypatch.setattr(PrivateKey, "encrypt_many", watched)
    return seen


def wait_idly(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let an agent wait for work until it has drawn ahead what a question needs."""
    drawn = Event()
    real = PrivateKey.draw_ahead

    def draws(self: PrivateKey, *arguments: Any) -> None:
        real(self, *arguments)
        drawn.set()

    with monkeypatch.context() as patched:
        patched.setattr(ahead, "QUIET_SECONDS", 0.0)
        patched.setattr(prepared, "MOST_ZEROS", 3)
        patched.setattr(PrivateKey, "draw_ahead", draws)
        with ahead.drawing_ahead([room]):
            assert drawn.wait(PATIENCE)


def randomness(key: PrivateKey, ciphertexts: list[int]) -> list[int]:
    """Return r^n of every ciphertext."""
    plain = key.decrypt_many(ciphertexts)
    pairs = zip(ciphertexts, plain, strict=True)
    return [key.public.add_plain(one, -number) for one, number in pairs]


def test_an_owner_that_is_killed_at_every_step_sends_what_it_sent_before(
    meeting: Place,
    monkeypatch: pytest.MonkeyPatch,
    killed: Callable[..., None],
    sent: dict[str, set[bytes]],
) -> None:
    monkeypatch.setattr(conftest, "ROUNDS", 3)
    policy = meeting.agreement().policy.model_copy(update={"rows": ("lattice",)})
    parties = meeting.talk(DATA, policy=policy)
    owner, ages = parties["acme"], ("young", "old")
    job = meeting.ask(owner, "overlap", {"group_by": ["platform.age"], "measures": ["spend"]})
    approval.approve(jobs.load(parties["telco"], job))

    def approves() -> None:
        approval.approve(jobs.load(owner, job))

    def opens() -> None:
        row_values.open_sums(jobs.load(owner, job))

    def reads() -> Any:
        return results.receive(jobs.load(owner, job))

    for call in (1, 3):
        killed(approves, row_values, "flush_spool", call)
    for call in (1, 2, 3):
        killed(approves, row_values, "send_rows", call, after=True)
    killed(approves, Chain, "say")
    killed(approves, Chain, "say", after=True)
    assert owner.client.job(job)["state"] == "STARTED"
    assert meeting.mediator.worker().run_once()

    encrypted = watch_encryptions(monkeypatch)
    killed(opens, row_values, "open_masked_sums")
    killed(opens, row_values, "open_masked_sums", after=True)
    wait_idly(owner, monkeypatch)
    killed(opens, row_values, "open_masked_sums", after=True)
    wait_idly(owner, monkeypatch)
    killed(opens, jobs, "send_rows")
    killed(opens, Chain, "say")
    killed(opens, Chain, "say", after=True)
    assert meeting.mediator.worker().run_once()
    assert len(encrypted) == len(set(randomness(owner.paillier(), encrypted))) == 9

    killed(reads, Chain, "say")
    found = {group["key"]["platform.age"]: group for group in reads()["groups"]}
    answer = {age: (one["people"], one["sums"]["spend"]) for age, one in found.items()}
    assert answer == expected(ages, sums=True)
    assert {len(bodies) for path, bodies in sent.items() if job in path} == {1}
    spooled = [jobs.load(owner, job).folder / kind for kind in row_values.KINDS]
    assert not [file for file in spooled if file.exists()]
