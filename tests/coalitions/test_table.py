"""Hold the page "who learns what" to the tests of this folder: each is there, and none else."""

from __future__ import annotations

import ast
import re
from pathlib import Path

FOLDER = Path(__file__).parent
PAGE = FOLDER.parents[1] / "docs" / "explanation" / "who-learns-what.md"
ATTACKS = sorted(set(FOLDER.glob("test_*.py")) - {Path(__file__)})


def names_of_tests(file: Path) -> set[str]:
    """Return the names of a file's tests with the file's."""
    nodes = ast.parse(file.read_text("utf-8")).body
    names = {node.name for node in nodes if isinstance(node, ast.FunctionDef)}
    return {f"{file.name}::{name}" for name in names if name.startswith("test_")}


def test_the_page_lists_every_attack_and_nothing_that_is_not_one() -> None:
    named = set(re.findall(r"`(test_\w+\.py::test_\w+)`", PAGE.read_text("utf-8")))
    assert named == set().union(*map(names_of_tests, ATTACKS))


def test_every_line_of_the_table_has_its_attacks() -> None:
    text = PAGE.read_text("utf-8")
    table, *sections = re.split(r"^## ", text, flags=re.MULTILINE)
    lines = re.findall(r"^\| ([^|]+[^ |]) \|", table, flags=re.MULTILINE)
    titled = {section.splitlines()[0].lower(): section for section in sections}
    assert len(lines) == 15
    assert [line.lower() for line in lines] == list(titled)
    assert all("::test_" in section for section in titled.values())
