"""The list of commands is short to show, and says what each command says itself."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
import typer

from cleanroom import __name__ as product
from cleanroom.cli.root import COMMANDS, app
from cleanroom.cli.run import run

HEAVY = {"numpy", "numba", "scipy", "sklearn", "pyarrow", "httpx", "pydantic", "altair", "gmpy2"}


@pytest.mark.parametrize("name", COMMANDS)
def test_the_line_of_a_command_is_its_own(name: str) -> None:
    command = typer.main.get_command(app).commands[name]
    assert command.name == name
    assert command.help is not None
    assert " ".join(command.help.split("\n\n")[0].split()) == COMMANDS[name]


def test_help_breaks_lines_where_the_window_does_and_nowhere_else(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("typer.rich_utils.MAX_WIDTH", 300)
    for words in (["party", "rotate"], ["job", "submit"]):
        assert run(app, [*words, "--help"]) == 0
        shown = [line.strip() for line in capsys.readouterr().out.splitlines()]
        told = shown[: next(at for at, line in enumerate(shown) if line.startswith("╭"))]
        assert "Example: cleanroom " + " ".join(words) in told[-2]
        assert not any(one and other for one, other in pairwise(told))


UNDOABLE = (
    "dataset withdraw", "delegation revoke", "job approve", "job refuse", "party rotate",
    "person erase", "room close", "room decline", "room sign", "serving stop",
    "standing approve", "standing stop",
)  # fmt: skip


@pytest.mark.parametrize("words", UNDOABLE)
def test_what_cannot_be_undone_is_asked_about_and_said(words: str) -> None:
    noun, verb = words.split()
    command = typer.main.get_command(app).commands[noun].commands[verb]
    code = inspect.getsource(inspect.unwrap(command.callback))
    assert "--yes" in [name for one in command.params for name in one.opts]
    asked = code.index("confirm(")
    assert {"emit(", "say(", "_show("} & set(re.findall(r"\w+\(", code[asked:]))


@pytest.mark.parametrize("words", [["--help"], ["--version"], []], ids=str)
def test_help_imports_nothing_heavy(words: list[str]) -> None:
    loaded = _loaded(f"run(app, {words!r})")
    assert product in loaded
    assert not loaded & HEAVY


SCIENCE = {"sklearn", "scipy", "numba", "opendp", "pyarrow", "altair", "sqlglot", "vl_convert"}
PEOPLE = {"phonenumbers", "email_validator"}
SERVER = {"sqlite_utils", "flask", "structlog"}


SHORT = (
    "audit", "dataset", "delegation", "doctor", "job", "party", "policy", "room", "segments",
    "serving", "standing",
)  # fmt: skip


@pytest.mark.parametrize("name", SHORT)
def test_the_options_of_a_short_command_are_read_before_anything_heavy_is_imported(
    name: str,
) -> None:
    """So the home begins to open at once: that takes half a second, beside the imports."""
    loaded = _loaded(f"import cleanroom.cli.{name}")
    assert "cleanroom.agent.vault" in loaded
    assert not loaded & (HEAVY | SCIENCE | PEOPLE | SERVER | {"rich", "cleanroom.report"})


@pytest.mark.parametrize("name", ["audit", "doctor", "policy", "align", "segments", "agent"])
def test_other_nouns_leave_out_what_only_their_work_needs(name: str) -> None:
    assert not _loaded(f"run(app, [{name!r}, '--help'])") & (SCIENCE | PEOPLE | SERVER)


def test_a_command_that_reads_the_home_imports_no_numbers(tmp_path: Path) -> None:
    made = ["party", "init", "--name", "acme", "--role", "brand", "--home", str(tmp_path / "a")]
    shown = ["party", "show", "--home", str(tmp_path / "a")]
    loaded = _loaded(f"run(app, {made!r})\nrun(app, {shown!r})")
    assert "cleanroom.agent.home" in loaded
    assert not loaded & ({"numpy", "httpx"} | SCIENCE | PEOPLE | SERVER)


@pytest.mark.parametrize(
    "module", ["cleanroom.agent.question", "cleanroom.agent.asking", "cleanroom.agent.preview"]
)
def test_showing_a_question_and_an_answer_computes_nothing(module: str) -> None:
    loaded = _loaded(
        f"import {module}\nfrom cleanroom.queries import registry\n"
        "registry.find_template('overlap')"
    )
    assert "cleanroom.queries.overlap.template" in loaded
    assert "cleanroom.queries.lookalike.template" not in loaded
    assert not loaded & (SCIENCE | PEOPLE | SERVER)


def test_showing_a_question_imports_no_encryption_of_rows() -> None:
    loaded = _loaded("import cleanroom.agent.question")
    assert "cleanroom.agent.approved" in loaded
    assert not loaded & {"cleanroom.engine.hub", "protocols.paillier", "protocols.lattice"}


def test_showing_a_question_imports_nothing_that_reads_files() -> None:
    loaded = _loaded("import cleanroom.agent.question")
    assert {"cleanroom.agent.erased", "cleanroom.agent.tables"} <= loaded
    files = {f"cleanroom.ingest.{name}" for name in ("labels", "concerns", "reader", "people")}
    assert not loaded & (files | {"cleanroom.ingest.identifiers.profiles", "pydantic.dataclasses"})


def test_hardly_any_garbage_is_looked_for_while_a_command_is_imported() -> None:
    looked = "gc.get_stats()[0]['collections']"
    start = f"import gc\nrun(app, ['--version'])\nbefore = {looked}\n"
    _loaded(f"{start}import cleanroom.agent.question\nassert {looked} - before < 20")


def test_to_list_a_log_imports_nothing_that_verifies_one() -> None:
    loaded = _loaded("import cleanroom.agent.logs, cleanroom.agent.vouch, cleanroom.audit.show")
    assert "cleanroom.audit.bundle" in loaded
    assert not loaded & {"cleanroom.audit.verify", "cleanroom.audit.history"}


def _loaded(code: str) -> set[str]:
    """Return the modules that are loaded after ``code`` ran in a fresh process."""
    start = "import sys\nfrom cleanroom.cli.root import app\nfrom cleanroom.cli.run import run\n"
    end = "\nprint('modules', *sys.modules, file=sys.stderr)"
    secret = {**os.environ, "CLEANROOM_PASSPHRASE": "only for this test"}
    done = subprocess.run(
        [sys.executable, "-c", start + code + end],
        capture_output=True,
        text=True,
        check=True,
        env=secret,
    )
    return set(done.stderr.rpartition("modules ")[2].split())


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["audit", "check", "nothere"], "nothere: No such file or directory."),
        (["audit", "check", "."], ".: Is a directory."),
        (
            ["audit", "check", "growth.json", "--key", "ab" * 16],
            "--key takes the whole key of 64 digits, not a fingerprint: it is mediator_key in"
            " cleanroom room show ROOM --json.",
        ),
        (["audit", "fork-proof", "nothere", "other"], "nothere: No such file or directory."),
    ],
)
def test_what_the_system_refuses_is_told_with_its_path(
    words: list[str], code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(app, words) == 2
    assert capsys.readouterr().err.strip() == code
