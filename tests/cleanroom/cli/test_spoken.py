"""A refusal is told in the language that the command line, or else the environment, asks for."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.program import main_of
from api.server import program
from cleanroom.cli.common import describe, say
from cleanroom.cli.root import app
from cleanroom.cli.run import run
from cleanroom.errors import (
    AuditFailure,
    BudgetExhausted,
    CleanroomError,
    Conflict,
    InvalidInput,
    PeerFault,
    Unauthenticated,
)
from cleanroom.spoken import SPOKEN

NOWHERE = "没有指定主目录。请给出 --home 目录"


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CLEANROOM_LANGUAGE", "CLEANROOM_HOME"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    "given", [["--language", "zh"], ["--language=zh-CN"], ["--language", "ZH"]]
)
def test_the_option_says_in_which_language(given: list[str], capsys) -> None:
    assert run(app, ["job", "result", "x", *given]) == 2
    assert capsys.readouterr().err.startswith(NOWHERE)


def test_the_environment_says_it_for_commands_without_the_option_and_the_option_comes_first(
    monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.setenv("CLEANROOM_LANGUAGE", "zh")
    assert run(app, ["job", "list"]) == 2
    assert capsys.readouterr().err.startswith(NOWHERE)
    assert run(app, ["job", "result", "x", "--language", "en"]) == 2
    assert capsys.readouterr().err.startswith("There is no home.")
    assert SPOKEN.get() == "en", "the next command asks anew"


def test_english_is_as_it_was(capsys) -> None:
    assert run(app, ["job", "result", "x", "--language", "fr"]) == 2
    assert capsys.readouterr().err == "There is no language fr. Use en or zh.\n"
    assert run(app, ["job", "list"]) == 2
    assert capsys.readouterr().err.startswith("There is no home. Give --home DIR")


def test_what_the_system_refuses_and_where(tmp_path: Path, capsys) -> None:
    missing = tmp_path / "none.toml"
    assert run(app, ["job", "submit", str(missing), "x"]) == 2
    assert capsys.readouterr().err == f"{missing} does not exist.\n"
    spoken = ["dataset", "validate", str(tmp_path), "--party", "brand", "--language", "zh"]
    assert run(app, spoken) == 2
    assert capsys.readouterr().err.startswith(f"{tmp_path} ")
    (tmp_path / "room.toml").write_text('[room]\nname = "x"\nfoo = 1\n')
    spoken[2] = str(tmp_path / "room.toml")
    assert run(app, spoken) == 2
    assert capsys.readouterr().err.startswith(
        f"{spoken[2]}：room.foo：没有这个字段。可用的有：name"
    )


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (InvalidInput("Nothing here makes sense.", file="a.csv", row=3, column="tier"),
         "a.csv:3 [tier]：输入无效。原文：Nothing here makes sense."),
        (Conflict("You have already approved this question.", "approved", "Ask twice."),
         "您已批准过该查询。请分两次查询。 [rule approved]"),
        (BudgetExhausted("it costs rho 0.5, and 0.25 would be left"),
         "它消耗 rho 0.5，而只剩 0.25 [rule rho-budget]"),
        (AuditFailure("Nobody wrote this."), "审计检查未通过。原文：Nobody wrote this."),
        (PeerFault("nobody wrote this"), "另一方违反了协议。原文：nobody wrote this"),
        (InvalidInput("请重新载入页面"), "请重新载入页面"),
    ],
)  # fmt: skip
def test_place_remedy_rule_and_kind(error: CleanroomError, told: str) -> None:
    assert describe(error, "zh") == told
    assert describe(error).startswith(str(error))


def test_a_key_that_the_mediator_does_not_know() -> None:
    told = describe(Unauthenticated("The request is not authenticated"), "zh")
    assert told.startswith("请求未通过验证。中介方不认识")


def test_a_line_is_said_in_the_language_of_the_command(capsys) -> None:
    token = SPOKEN.set("zh")
    try:
        say("Approved.")
        say("Approved.", "en")
    finally:
        SPOKEN.reset(token)
    assert capsys.readouterr().err == "已批准。\nApproved.\n"


def test_the_mediators_program_says_it_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys
) -> None:
    arguments = ["cleanroom-server", "check", "--home", str(tmp_path), "--language", "zh"]
    monkeypatch.setattr("sys.argv", arguments)
    with pytest.raises(SystemExit) as ended:
        main_of(lambda: program(arguments[1:], standalone_mode=False))
    assert ended.value.code == 2
    assert capsys.readouterr().err == f"{tmp_path} 中没有中介方。请运行：init\n"
