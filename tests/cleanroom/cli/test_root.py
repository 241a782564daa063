"""The list of commands is short to show, and says what each command says itself."""

from __future__ import annotations

import subprocess
import sys

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


@pytest.mark.parametrize("words", [["--help"], ["--version"], []], ids=str)
def test_help_imports_nothing_heavy(words: list[str]) -> None:
    look = "import sys\nfrom cleanroom.cli.root import app\nfrom cleanroom.cli.run import run\n"
    look += f"run(app, {words!r})\nprint(*sorted(sys.modules), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    loaded = set(done.stderr.split())
    assert product in loaded
    assert not loaded & HEAVY


def test_a_short_command_imports_no_more_than_it_needs() -> None:
    look = "import sys\nfrom cleanroom.cli.root import app\nfrom cleanroom.cli.run import run\n"
    look += "run(app, ['job', '--help'])\nprint(*sorted(sys.modules), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert not set(done.stderr.split()) & {"sklearn", "scipy.stats", "altair"}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["audit", "check", "nothere"], "nothere: No such file or directory."),
        (["audit", "check", "."], ".: Is a directory."),
        (["audit", "fork-proof", "nothere", "other"], "nothere: No such file or directory."),
    ],
)
def test_what_the_system_refuses_is_told_with_its_path(
    words: list[str], code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(app, words) == 2
    assert capsys.readouterr().err.strip() == code
