"""What a mediator can have an agent do by naming work: no alignment, and no file without end."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from cleanroom.agent import tries
from cleanroom.agent.home import read_json
from cleanroom.agent.loop import Agent
from tests.cleanroom.agent.conftest import Place
from tests.cleanroom.queries.harness import audience


def test_an_alignment_waits_for_a_person_where_the_agent_is_told_so(meeting: Place) -> None:
    data = {name: audience(["a", "b", "c"]) for name in ("acme", "telco")}
    meeting.work = lambda: None  # type: ignore[method-assign]
    room = meeting.talk(data)["acme"]
    client = meeting.client("telco")
    work = client.work(0)
    assert [item["what"] for item in work["alignments"]] == ["join"]
    told: list[str] = []
    agent = Agent(meeting.homes["telco"], client, tell=told.append, aligns=False)
    for _ in range(12):  # more often than an agent tries before it gives up
        assert not agent.once(work)
    (shown,) = room.client.alignments(room.identity)
    assert (shown["state"], shown["counts"], told) == ("PROPOSED", {}, [])
    del meeting.work
    meeting.work()
    assert room.client.alignments(room.identity)[0]["state"] == "READY"


def test_work_that_a_mediator_makes_up_fills_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tries, "MOST_REMEMBERED", 5)
    counted = tries.Tries(SimpleNamespace(path=tmp_path))  # type: ignore[arg-type]
    assert [counted.begin("job real open") for _ in range(2)] == [0, 1]
    for number in range(20):
        counted.begin(f"job {number} open")
        if number < 3:
            assert counted.begin("job real open") == 2 + number
    assert list(read_json(tmp_path / "tries.json", dict[str, int])) == [
        f"job {n} open" for n in range(15, 20)
    ]
