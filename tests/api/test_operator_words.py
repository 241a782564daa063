"""What ``cleanroom-server`` tells an operator: words in either language, JSON for programs."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import api.doctor
from api.server import program
from cleanroom.mediator.store import finding, postgresql_look
from cleanroom.report.doctor_words import FOUND, found_in_words
from tests.api.party import World
from tests.cleanroom.report.test_refusals import written

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


def texts(node: ast.expr) -> Iterator[str]:
    """Yield what an expression may say, with {} for each value."""
    if isinstance(node, ast.IfExp):
        yield from texts(node.body)
        yield from texts(node.orelse)
    elif (text := written(node, None)) is not None:
        yield text


def test_whatever_the_doctor_finds_is_said_in_chinese(tell: Tell, room: World) -> None:
    said = {"ok", "FAILED", "check", "detail"}
    for module in (api.doctor, finding, postgresql_look):
        for node in ast.walk(ast.parse(Path(module.__file__ or "").read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Finding":
                said |= {text for one in (node.args[0], *node.args[2:]) for text in texts(one)}
    assert len(said) > 50
    for text in said - {"python"}:
        shown = text.replace("{}", "x")
        code = re.fullmatch(r"(x: x|x[x ]*|SQLite x|PostgreSQL x|chmod .*)", shown)
        assert code or re.search("[\u4e00-\u9fff]", found_in_words(shown, "zh")), text
    assert all(chinese for chinese in FOUND.values())
    shown = tell("doctor", "--home", str(room.home), "--language", "zh")
    assert "此主目录上没有运行的服务进程" in shown and "检查项" in shown
    assert not re.search("[A-Za-z]+ [a-z]+ [a-z]+", shown)
