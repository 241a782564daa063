"""What ``cleanroom-server`` tells an operator: words in either language, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from api.server import program
from tests.api.party import World

Tell = Callable[..., str]


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Tell:
    def run(*arguments: str) -> str:
        program(list(arguments), standalone_mode=False)
        return capsys.readouterr().out

    return run


def test_keys_and_parties(tell: Tell, room: World) -> None:
    where = ("--home", str(room.home))
    shown = json.loads(tell("key", *where, "--json"))
    assert shown.keys() == {"origin", "mediator_key", "fingerprint"}
    found = json.loads(tell("parties", *where, "--json"))
    assert [one["name"] for one in found] == ["brand", "platform", "auditor", "stranger"]
    for language, admitted in (("en", "brand (brand), admitted"), ("zh", "brand (brand)，已准入")):
        spoken = (*where, "--language", language)
        assert all(value in tell("key", *spoken) for value in shown.values())
        said = tell("parties", *spoken)
        assert admitted in said
        assert all(one["fingerprint"] in said for one in found)


def test_sizes_of_logs(tell: Tell, room: World, tmp_path: Path) -> None:
    where = ("--home", str(room.home))
    sizes = json.loads(tell("check", *where, "--json"))
    assert sizes == {room.room: 3}
    assert f"room {room.room}: 3 entries" in tell("check", *where)
    copied = tell("backup", str(tmp_path / "copy"), *where, "--language", "zh")
    assert f"数据房间 {room.room}：3 条记录" in copied
    restored = ("restore", str(tmp_path / "copy"), "--home", str(tmp_path / "again"))
    assert json.loads(tell(*restored, "--json")) == sizes


def test_a_home_is_made(tell: Tell, tmp_path: Path) -> None:
    folder = str(tmp_path / "m")
    said = tell("init", "--home", folder, "--origin", "a.b", "--language", "zh")
    assert folder in said and "日志来源名：a.b" in said
    assert "No party has been admitted" in tell("parties", "--home", folder)
    assert "no log has any entries" in tell("check", "--home", folder)
