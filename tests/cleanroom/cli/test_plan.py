"""``cleanroom plan``: from an answer that lies at home to words, JSON, a table and a picture."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cleanroom.agent.rooms import Room
from cleanroom.cli import about
from cleanroom.cli.plan import read_costs
from cleanroom.cli.root import app
from cleanroom.documents.agreement import Policy
from cleanroom.errors import InvalidInput
from tests.cleanroom.agent.conftest import PASSPHRASE, Place, meeting
from tests.cleanroom.queries.room import FOREVER

__all__ = ["meeting"]
JOB = "a" * 32
PEOPLE = {"Feed": (900, 300, 80, 20), "Search": (200, 250, 300, 500), "all": (950, 500, 390, 540)}
POLICY = Policy(k_min=1, noise="none", paillier_bits=512, expires=FOREVER, alignment=("dh",))


@pytest.fixture
def room(meeting: Place, monkeypatch: pytest.MonkeyPatch) -> Room:
    """Sign a room and keep an answer in the brand's home."""
    monkeypatch.setenv("CLEANROOM_PASSPHRASE", PASSPHRASE)
    monkeypatch.setattr(about, "connect", lambda home: meeting.client(home.card.name))
    found = meeting.propose(policy=POLICY)
    keep(found, "reach_frequency", [
        {"key": {"platform.campaign": name, "frequency": often}, "people": many}
        for name, people in PEOPLE.items()
        for often, many in zip(("1", "2", "3", "4+"), people, strict=True)
    ])  # fmt: skip
    return found


def keep(room: Room, template: str, groups: list[object]) -> None:
    answer = {"status": "SUCCESS", "name": "reach", "template": template, "groups": groups,
              "campaigns": [], "total": {}, "suppressed": {"groups": 0}, "rehearsal": True,
              "privacy": {"noise": "none", "k": 1}, "receipt": {}}  # fmt: skip
    file = room.home.folder(room.identity, "jobs", JOB) / "result"
    room.home.vault.write(file, json.dumps(answer).encode())


def run(meeting: Place, *words: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["plan", JOB, "--home", str(meeting.homes["acme"].path), *words])
    if isinstance(done.exception, InvalidInput):
        return 2, "", str(done.exception)
    return done.exit_code, done.stdout, done.stderr


COSTS = ("--cost", "Feed=1000", "--cost", "Search=1000")


def test_an_answer_and_costs_make_a_plan(meeting: Place, room: Room, tmp_path: Path) -> None:
    table, drawn = tmp_path / "plan.csv", tmp_path / "plan.svg"
    code, out, err = run(meeting, *COSTS, "--json", "--csv", str(table), "--plot", str(drawn))
    assert code == 0, err
    document = json.loads(out)
    feed, search = (group["spend_suggested"] for group in document["groups"])
    assert feed > 1000 > search
    assert feed + search == pytest.approx(2000)
    assert document["total"]["reach_change_bounds"][0] > 1
    with table.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["spend_suggested"]) for row in rows] == [feed, search, 2000]
    assert f"{feed:,.2f}" in drawn.read_text("utf-8")


@pytest.mark.parametrize("option", ["--csv", "--plot"])
def test_a_file_that_is_there_is_replaced_only_by_who_says_so(
    meeting: Place, room: Room, tmp_path: Path, option: str
) -> None:
    file = tmp_path / {"--csv": "plan.csv", "--plot": "plan.svg"}[option]
    file.write_text("mine")
    code, _, err = run(meeting, *COSTS, option, str(file))
    assert code == 2 and "--overwrite" in err and file.read_text() == "mine"
    assert run(meeting, *COSTS, option, str(file), "--overwrite")[0] == 0
    assert "mine" not in file.read_text("utf-8-sig")


def test_it_is_said_in_both_languages_with_what_it_cannot_say(meeting: Place, room: Room) -> None:
    _, english, _ = run(meeting, *COSTS, "--budget", "3000")
    assert "The suggested split of 3,000.00 reaches" in english
    assert "only a lift test shows" in " ".join(english.split())
    _, chinese, _ = run(meeting, *COSTS, "--budget", "3000", "--language", "zh")
    assert "按建议分配 3,000.00" in chinese
    assert "提升测试" in chinese


def test_what_is_no_plan_is_refused(meeting: Place, room: Room) -> None:
    assert run(meeting)[0] == 2
    assert "no campaign Feeds; it has Feed, Search" in run(meeting, "--cost", "Feeds=1")[2]
    assert "between 0 and 2 times" in run(meeting, *COSTS, "--budget", "4001")[2]
    keep(room, "overlap", [])
    assert "reach_frequency or attribution" in run(meeting, *COSTS)[2]


def test_a_cost_is_a_name_and_money() -> None:
    assert read_costs(["Feed=1200", "a=b=3.5"]) == {"Feed": 1200, "a=b": 3.5}
    for wrong in ("Feed", "=3", "Feed=", "Feed=x", "Feed=nan"):
        with pytest.raises(InvalidInput, match="not a cost"):
            read_costs([wrong])
    with pytest.raises(InvalidInput, match="twice"):
        read_costs(["Feed=1", "Feed=2"])
