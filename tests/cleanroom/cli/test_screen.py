"""A stranger's text does nothing on a terminal, whichever way it is printed."""

from __future__ import annotations

import ast
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

import cleanroom.cli
from cleanroom.report.screen import Screen

NAMES = (
    "age[conceal]",
    "[/conceal]",
    "[/]",
    "a [/b]",
    ":warning:",
    "service mails[conceal], credit scoring, resale",
    "\x1b[8mhidden\x1b[0m",
    "abc\u202edef",
    "a\u200bb\u2066c",
    "x\x9b8m",
    "\ud800",
)
STEERING = ("\x1b", "\u202e", "\u2066", "\u200b", "\x9b", "\ud800")


def in_a_cell(name: str) -> Table:
    table = Table(name, title=name)
    table.add_row(name)
    return table


def by_hand(name: str) -> Table:
    table = Table(title=Text(name))
    table.add_row(Text(name))
    return table


WAYS: tuple[Callable[[str], object], ...] = (str, in_a_cell, by_hand, Text, Panel)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("way", WAYS)
def test_a_strangers_text_is_shown_and_obeyed_by_nobody(
    way: Callable[[str], object], name: str
) -> None:
    written = io.StringIO()
    Screen(file=written, width=200).print(way(name))
    text = written.getvalue()
    assert not any(mark in text for mark in STEERING)
    for part in ("conceal", "credit scoring, resale", "[/]", "[/b]", ":warning:", "hidden", "def"):
        assert part not in name or part in text


def test_styles_of_the_product_still_work() -> None:
    written = io.StringIO()
    Screen(file=written, force_terminal=True, color_system="standard").print(Text("x", "red"))
    assert "\x1b[31mx" in written.getvalue()


def calls(path: Path) -> list[str]:
    return [
        ast.unparse(node.func)
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
    ]


def test_commands_print_by_the_screen_alone() -> None:
    """A console of another kind, or a bare print, would obey what strangers wrote."""
    raw = {"print", "Console", "typer.echo", "typer.secho", "rich.print", "click.echo"}
    folder = Path(str(cleanroom.cli.__file__)).parent
    found = {
        (path.name, call) for path in folder.rglob("*.py") for call in calls(path) if call in raw
    }
    # Both print a whole file, of the product and for a spreadsheet.
    assert found == {("audit.py", "typer.echo"), ("stages.py", "typer.echo")}
