"""Before anything is sent, its owner reads how values will be encrypted, why, and what it takes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest

from cleanroom.agent.preview import _cost
from cleanroom.cli.dataset import validate
from cleanroom.report import LANGUAGES, terminal, word
from cleanroom.room.encryption import Why
from tests.cleanroom.queries.scenes import scene
from tests.cleanroom.queries.test_lattice_templates import at_a_million

ROOM = """
[room]
name = "rows"
rehearsal = true
{policy}
[datasets.brand.crm]
file = "brand.csv"
kind = "audience"
id = {{ column = "id", profile = "raw:v1" }}
[datasets.brand.crm.measures]
spend = {{ column = "spend", max = 9 }}
"""


def written(folder: Path, rows: int, policy: str) -> Path:
    lines = "".join(f"p{number},{number % 10}\n" for number in range(rows))
    (folder / "brand.csv").write_text("id,spend\n" + lines)
    file = folder / "room.toml"
    file.write_text(ROOM.format(policy=policy))
    return file


@pytest.mark.parametrize(
    ("rows", "policy", "said"),
    [
        (100, "", "Paillier: cheaper below 8,192 rows"),
        (8200, "", "lattice, sent with each question: cheaper from 8,192 rows on"),
        (
            100,
            '[policy]\nrows = ["lattice"]',
            "sent with each question: the room allows nothing else",
        ),
        (8200, '[policy]\nrows = ["paillier"]', "Paillier: the room allows nothing else"),
    ],
)
def test_validate_says_which_rows_are_taken_and_why(tmp_path, capsys, rows, policy, said):
    file = written(tmp_path, rows, policy)
    validate(file, "brand", None, "en", as_json=True)
    cost = json.loads(capsys.readouterr().out)["crm"]["cost"]
    assert (cost["question"] is not None) == (cost["encryption"] == "lattice")
    validate(file, "brand", None, "en")
    assert said in " ".join(capsys.readouterr().out.replace("│", " ").split())


@pytest.mark.parametrize(
    ("name", "rows", "why", "megabytes"),
    [
        ("overlap", "lattice", "uploaded", 20),
        ("lift", "lattice", "many", 80),
        ("attribution linear", "paillier", "credit", 250),
        ("reach_frequency distribution", None, None, 0),
    ],
)
def test_preview_says_it_of_a_question(name: str, rows: Any, why: Any, megabytes: float) -> None:
    small = scene(name).job
    large = at_a_million(small)
    large = replace(large, plan=large.template.plan(large.question))
    cost = _cost(large)
    assert (cost["rows"], cost["why"]) == (rows, why)
    assert cost["row_megabytes"] >= megabytes
    assert (cost["row_seconds"] > 0) == (megabytes > 0)
    shown = {"rho": 0.1, "leaks": [], "cost": cost}
    with terminal.out.capture() as seen:
        terminal.print_preview(shown)
    assert ("values under" in seen.get()) == (rows is not None)


def test_every_reason_is_written_in_every_language() -> None:
    for language in LANGUAGES:
        for why in get_args(Why):
            assert word(f"rows.why.{why}", language) != f"rows.why.{why}"
