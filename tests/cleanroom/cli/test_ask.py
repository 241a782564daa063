"""``cleanroom ask``: a SELECT against a real mediator, from the command to the answer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cleanroom.agent import asking, earlier, segments
from cleanroom.cli import about, common
from cleanroom.cli.root import app
from cleanroom.cli.run import run
from tests.cleanroom.agent.conftest import PASSPHRASE, Place, meeting
from tests.cleanroom.queries.room import Measure, audience

__all__ = ["meeting"]

PEOPLE = [f"p{number}" for number in range(6)]
DATA = {
    "acme": audience(PEOPLE, {"tier": ["gold", "silver"] * 3}, {"spend": Measure(range(6), 9)}),
    "telco": audience(PEOPLE[1:], {"age": ["young", "old", "old", "old", "young"]}),
}
SQL = "SELECT platform.age, COUNT(*), SUM(brand.spend) FROM overlap {} GROUP BY 1"


def test_a_select_is_asked_and_answered(
    meeting: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    room = meeting.talk(DATA)["acme"]
    monkeypatch.setenv("CLEANROOM_PASSPHRASE", PASSPHRASE)
    monkeypatch.setenv("CLEANROOM_HOME", str(meeting.homes["acme"].path))
    monkeypatch.setattr(common, "connect", lambda home: meeting.client(home.card.name))

    def wait(room: Any, job: str, *_tell: Any) -> dict[str, Any]:
        meeting.work()
        assert meeting.mediator.worker().run_once()
        meeting.work()
        found: dict[str, Any] = room.client.job(job)
        return found

    monkeypatch.setattr(asking, "wait", wait)

    def typed(sql: str, *options: str) -> tuple[int, Any]:
        code = run(app, ("ask", sql, "--json", *options))
        text = capsys.readouterr().out
        return code, json.loads(text) if text else None

    gold = SQL.format("WHERE brand.tier = 'gold'")
    code, shown = typed(gold, "--preview")
    assert (code, shown["where"], shown["at_most"]["people"]) == (0, ["brand.tier = 'gold'"], 3)
    code, answer = typed(gold)
    assert (code, answer["status"], answer["where"]) == (0, "SUCCESS", ["brand.tier = 'gold'"])
    # Of p0, p2 and p4 the platform knows the last two; both are old.
    (group,) = answer["groups"]
    assert group == {"key": {"platform.age": "old"}, "people": 2, "sums": {"spend": 6}}
    monkeypatch.setattr(about, "connect", lambda home: meeting.client(home.card.name))
    without = typed(gold.replace(", SUM(brand.spend)", ""))[1]["receipt"]["job"]
    first = answer["receipt"]["job"]
    earlier.check_one_question(room, [first, first])
    assert run(app, ("job", "trend", first, without, "--json")) == 2
    assert "was asked with a different measures from" in capsys.readouterr().err
    assert typed(SQL.format("").replace("overlap", "profile"))[0] == 3
    assert (
        typed(SQL.format("").replace("overlap", "overlap(data, data)"), "--brand", "data")[0] == 2
    )
    segments.save(room, "best", ["brand.tier = 'gold'"])
    code, written = typed(SQL.format("WHERE segment = 'best'"), "--toml")
    assert (code, written["where"]) == (0, ["brand.tier = 'gold'"])
