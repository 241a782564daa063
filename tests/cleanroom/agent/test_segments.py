"""Saved segments: conditions under a name, at home, spelled out in every question."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cleanroom.agent import jobs, segments, selection
from cleanroom.agent.room_file import RoomFile
from cleanroom.agent.rooms import Room
from cleanroom.cli import segments as commands
from cleanroom.cli.root import app
from cleanroom.cli.run import run
from cleanroom.errors import InvalidInput, NotFound, PolicyRefusal
from tests.cleanroom.queries.harness import audience, sign_room

OLD = "platform.age in ('50-59', '60+')"


@pytest.fixture(scope="module")
def signed() -> Any:
    brand = audience(["a", "b"], {"tier": ["gold", "silver"]})
    platform = audience(["a"], {"age": ["60+"]}, domains={"age": ["50-59", "18-24"]})
    return sign_room("overlap", {"brand": brand, "platform": platform}, (), None, {})


@pytest.fixture
def room(signed: Any) -> Room:
    found: Room = signed.rooms["brand"]
    for name in segments.known(found):
        segments.remove(found, name)
    return found


def ask(signed: Any, texts: list[str]) -> jobs.LocalJob:
    fields = {"name": "q", "template": "overlap", "alignment": signed.alignment}
    fields |= {"receiver": "brand", **signed.datasets}
    return jobs.write_job(signed.rooms["brand"], fields, {"where": texts})


def test_a_question_carries_what_the_segment_stood_for(signed, room):
    segments.save(room, "金 gold", ["brand.tier = 'gold'"])
    named, written = (
        ask(signed, ["segment = '金 gold'", OLD]),
        ask(signed, [OLD, "brand.tier = 'gold'"]),
    )
    assert named.document.question() == written.document.question()
    segments.save(room, "金 gold", ["brand.tier = 'silver'"])
    texts = [one.text() for one in selection.conditions(named)]
    assert texts == ["brand.tier = 'gold'", OLD]
    assert (
        ask(signed, ["segment = '金 gold'", OLD]).document.question() != named.document.question()
    )


def test_nobody_else_learns_the_name(signed, room):
    segments.save(room, "whales", ["brand.tier = 'gold'"])
    job = ask(signed, ["segment = 'whales'"])
    assert "whales" not in json.dumps(job.document.to_json()) + json.dumps(dict(job.private()))
    assert b"whales" not in (room.folder / "segments").read_bytes()


def test_a_segment_may_be_made_of_others(room):
    segments.save(room, "gold", ["brand.tier = 'gold'"])
    segments.save(room, "old gold", ["segment = 'gold'", OLD])
    segments.remove(room, "gold")
    assert segments.known(room) == {"old gold": ["brand.tier = 'gold'", OLD]}


@pytest.mark.parametrize(
    ("name", "texts", "refused"),
    [
        ("", [OLD], InvalidInput),
        ("x" * 65, [OLD], InvalidInput),
        ("a\tb", [OLD], InvalidInput),
        ("none", [], InvalidInput),
        ("odd", ["brand.tier like 'g'"], InvalidInput),
        ("itself", ["segment = 'itself'"], NotFound),
        ("ungranted", ["brand.income = 'high'"], PolicyRefusal),
        ("other side", ["platform.tier = 'gold'"], PolicyRefusal),
    ],
)
def test_what_could_not_be_asked_is_not_saved(room, name, texts, refused):
    with pytest.raises(refused):
        segments.save(room, name, texts)
    assert segments.known(room) == {}


def test_an_unknown_segment_is_named_with_those_there_are(signed, room):
    segments.save(room, "gold", ["brand.tier = 'gold'"])
    with pytest.raises(NotFound, match=r"No segment silver .* \(saved: gold\)"):
        ask(signed, ["segment = 'silver'"])
    with pytest.raises(NotFound):
        segments.remove(room, "silver")


def test_the_commands(room, monkeypatch, capsys):
    from contextlib import contextmanager

    @contextmanager
    def session(*_where: Any) -> Any:
        yield room

    monkeypatch.setattr(commands, "session", session)
    assert run(app, ("segments", "save", "gold", "brand.tier = 'gold'", OLD, "--json")) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown == {"segment": "gold", "where": ["brand.tier = 'gold'", OLD]}
    assert run(app, ("segments", "list", "--language", "zh")) == 0
    assert "brand.tier 为 'gold'" in capsys.readouterr().out
    assert run(app, ("segments", "remove", "gold")) == 0
    assert run(app, ("segments", "remove", "gold")) == 2


def test_a_room_file_has_segments_of_its_own(tmp_path: Path):
    file = tmp_path / "room.toml"
    text = """
[room]
name = "r"
[segments]
gold = ["brand.tier = 'gold'", "platform.age != '60+'"]
[[jobs]]
name = "q"
template = "overlap"
brand = "crm"
platform = "users"
where = ["segment = 'gold'", "segment = 'of my home'"]
"""
    file.write_text(text)
    (job,) = RoomFile.read(file).jobs
    assert job.parameters()["where"] == [
        "brand.tier = 'gold'",
        "platform.age != '60+'",
        "segment = 'of my home'",
    ]
    file.write_text(text.replace("brand.tier = 'gold'", "tier = gold"))
    with pytest.raises(InvalidInput, match="segment gold"):
        RoomFile.read(file)
