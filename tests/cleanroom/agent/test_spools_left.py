"""What was spooled goes once it is acknowledged, also if the process was killed in between."""

from __future__ import annotations

import resource
from pathlib import Path
from typing import Any

import pytest

from cleanroom.agent import job_rows, jobs, uploads
from cleanroom.agent.http import Client
from cleanroom.agent.loop import Agent, refuse_by_hand
from tests.cleanroom.agent import conftest
from tests.cleanroom.agent.conftest import Place
from tests.cleanroom.agent.test_aligned_rows import DATA


def restarted(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run an agent that is stopped as soon as it asks for work."""
    monkeypatch.setattr(Client, "work", lambda *_: agent.stop())
    agent.run()


def test_an_agent_that_starts_again_deletes_what_is_acknowledged_and_nothing_else(
    meeting: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conftest, "ROUNDS", 3)
    owner = meeting.talk(DATA)["acme"]
    grouped: list[dict[str, Any]] = [{}, {"group_by": ["platform.age"]}]
    asked = [meeting.ask(owner, "overlap", one) for one in grouped]
    for identity in asked:
        folder = jobs.load(owner, identity).folder
        folder.mkdir(parents=True)
        for name in job_rows.SPOOLS:
            (folder / name).write_bytes(b"encrypted once")
    agent = Agent(owner.home, owner.client)

    def left(identity: str) -> list[str]:
        folder = owner.home.folder(owner.identity, "jobs", identity)
        return [name for name in job_rows.SPOOLS if (folder / name).exists()]

    restarted(agent, monkeypatch)
    assert [left(one) for one in asked] == [list(job_rows.SPOOLS)] * 2
    refuse_by_hand(owner, asked[0], "no")
    restarted(agent, monkeypatch)
    assert [left(one) for one in asked] == [[], list(job_rows.SPOOLS)]

    show = Client.job

    def acknowledged(self: Client, job: str, *held: Any) -> dict[str, Any]:
        return {**show(self, job, *held), "rows": {"brand": 64, "platform": None}}

    monkeypatch.setattr(Client, "job", acknowledged)
    restarted(agent, monkeypatch)
    assert left(asked[1]) == []


def test_a_spool_takes_its_room_at_once_or_leaves_none(tmp_path: Path) -> None:
    """A page that is written to a full disk through a map would end the process (SIGBUS)."""
    rows, width = 1 << 12, 64
    spool = uploads.open_spool(tmp_path / "spool", rows, width)
    assert spool.shape == (rows, width)
    assert (tmp_path / "spool").stat().st_blocks * 512 >= rows * width
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 12, before[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            uploads.open_spool(tmp_path / "more", rows, width)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not (tmp_path / "more").exists()
