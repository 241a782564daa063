"""``cleanroom room amend --card`` and ``--without``: who joins and who leaves, as it is typed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cleanroom.cli import common
from cleanroom.cli import room as command
from cleanroom.cli.root import app
from cleanroom.cli.run import run
from tests.cleanroom.agent.conftest import PASSPHRASE, meet
from tests.cleanroom.agent.test_joining import ROOM_FILE, THREE, opened
from tests.cleanroom.queries import room as columns


def test_a_platform_joins_and_another_is_taken_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    place = meet(tmp_path, THREE)
    room = opened(place)["acme"].identity
    monkeypatch.setenv("CLEANROOM_PASSPHRASE", PASSPHRASE)
    for module in (common, command):
        monkeypatch.setattr(module, "connect", lambda home: place.client(home.card.name))

    def typed(name: str, *words: str, json_too: bool = True) -> tuple[int, Any, str]:
        monkeypatch.setenv("CLEANROOM_HOME", str(place.homes[name].path))
        code = run(app, (*words, "--json") if json_too else words)
        printed = capsys.readouterr()
        found = json.loads(printed.out) if code == 0 and json_too else printed.out
        return code, found, printed.err

    def written(*names: str) -> str:
        sections = [
            f'[datasets.{name}.data]\nfile = "x.csv"\nkind = "audience"\n'
            f'id = {{ column = "id", profile = "{columns.PROFILE}" }}\n'
            for name in names
        ]
        (tmp_path / "room.toml").write_text(ROOM_FILE + "".join(sections))
        return str(tmp_path / "room.toml")

    card = tmp_path / "video.json"
    card.write_bytes(place.homes["video"].card.canonical())
    amend = ("room", "amend", "--yes", "--room", room)
    code, made, _ = typed("acme", *amend, written(*THREE), "--card", str(card))
    assert (code, made["number"]) == (0, 2)
    (listed,) = typed("video", "room", "list")[1]
    assert (listed["id"], listed["state"]) == (room, "INVITED")
    shown = typed("video", "room", "show", room)[1]
    assert (shown["state"], shown["amendment"]["id"]) == ("INVITED", made["amendment"])
    told = typed("video", "room", "show", room, json_too=False)[1]
    assert "Who comes and who goes" in told and "joins as" in told
    code, _, why = typed("video", "room", "sign", room, "--yes")
    assert code != 0 and made["amendment"] in why, "the terms are signed, not the name"
    sign = ("room", "sign", made["amendment"], "--yes")
    assert typed("video", *sign)[1]["state"] == "PROPOSED"
    assert typed("telco", *sign, "--card", str(card))[1]["state"] == "IN_FORCE"
    assert typed("video", "room", "show", room)[1]["state"] == "ACTIVE"
    code, _, why = typed("acme", *amend, written("acme", "video"), "--without", "nobody")
    assert code != 0 and "acme, telco, video" in why
    code, made, _ = typed("acme", *amend, written("acme", "video"), "--without", "telco")
    assert code == 0
    code, _, why = typed("telco", "room", "sign", made["amendment"], "--yes")
    assert code != 0 and "the others decide" in why
    assert typed("video", "room", "sign", made["amendment"], "--yes")[1]["state"] == "IN_FORCE"
    (listed,) = typed("telco", "room", "list")[1]
    assert listed["state"] == "LEFT"
    assert typed("telco", "room", "show", room)[1]["state"] == "LEFT"
