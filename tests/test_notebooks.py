"""The notebooks of the documentation, and the page about them, run from first to last."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_docs import DOCS, blocks

NOTEBOOKS = sorted((DOCS / "notebooks").glob("*.ipynb"))


def script(notebook: Path) -> str:
    """Return a notebook's cells as a script that shows what a notebook would show."""
    lines = []
    for cell in json.loads(notebook.read_text("utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            assert not cell["outputs"], "a notebook is kept without its outputs"
            lines.append("".join(cell["source"]))
    look = "if hasattr(_, '_repr_html_'): _._repr_html_()"
    return "\n".join(f"_ = None\n{_shown(cell)}\n{look}" for cell in lines)


def _shown(cell: str) -> str:
    """Return a cell whose last expression is kept, as a notebook does."""
    tree = ast.parse(cell)
    if not isinstance(tree.body[-1], ast.Expr):
        return cell
    last = ast.unparse(tree.body.pop())
    return f"{ast.unparse(tree)}\n_ = ({last})"


PAGE = (DOCS / "how-to" / "use-a-notebook.md").read_text("utf-8")
SCRIPTS = {one.stem: script(one) for one in NOTEBOOKS} | {"page": blocks(PAGE, "python")[0]}


def run(folder: Path, *names: str) -> None:
    """Run some of the scripts one after the other, in one program: a program is dear to start."""
    file = folder / "cells.py"
    file.write_text("\n".join(SCRIPTS[name] for name in names), "utf-8")
    done = subprocess.run(
        [sys.executable, str(file)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
        env={**os.environ, "PYTHONPATH": str(DOCS.parent)},
    )
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.parametrize(
    "names", [("first-question", "audit", "page"), ("attribution",), ("planning",)], ids="+".join
)
def test_they_run(names: tuple[str, ...], tmp_path: Path) -> None:
    shutil.copy(DOCS / "notebooks" / "reach-june.json", tmp_path)
    run(tmp_path, *names)


def test_there_are_notebooks() -> None:
    ran = {"first-question", "attribution", "planning", "audit"}
    assert {one.stem for one in NOTEBOOKS} == ran
