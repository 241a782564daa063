"""Reports tell what the measures that count add up to, with the least and the greatest of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from typer.testing import CliRunner

from cleanroom.agent.tables import load_columns, save_table
from cleanroom.agent.vault import Vault
from cleanroom.cli.dataset import app
from cleanroom.ingest import read_table, validate_report
from cleanroom.ingest.report import Report, Total
from cleanroom.ingest.spec import DatasetSpec
from cleanroom.ingest.sums import total
from cleanroom.report.dataset import shown
from protocols.limits import VALUE_LIMIT

ROOM = """
[datasets.brand.d]
file = "d.csv"
kind = "audience"
id = { column = "who", profile = "raw:v1" }
duplicates = "sum"
measures.spend = { column = "eur", max = 2000, min = -5, decimals = 2 }
"""
ROWS = "who,eur\na,1999.5\nb,-2.25\nb,-3\nc,n/a\nd,0.05\nd,1000.00\n"
"""Of b, -5.25 are clamped to -5; c has no amount."""

TOTAL = Total("2994.55", "-5.00", "1999.50")


def spec() -> DatasetSpec:
    said: dict[str, Any] = {"kind": "audience", "file": "d.csv", "duplicates": "sum"}
    said["id"] = {"column": "who", "profile": "raw:v1"}
    said["measures"] = {"spend": {"column": "eur", "max": 2000, "min": -5, "decimals": 2}}
    return DatasetSpec.model_validate(said)


def written(tmp_path: Path, text: str = ROWS) -> Path:
    path = tmp_path / "d.csv"
    path.write_text(text)
    return path


def test_what_counts_is_summed_up_for_people(tmp_path: Path) -> None:
    report = validate_report(spec(), written(tmp_path))
    assert report.totals == {"spend": TOTAL}
    console = Console(width=200)
    for language, name in (("en", "sum of spend"), ("zh", "spend 合计")):
        with console.capture() as screen:
            console.print(shown(report, language))
        (line,) = [one for one in screen.get().splitlines() if name in one]
        assert "2,994.55 (-5.00 … 1,999.50)" in line


def test_the_document_has_it_too(tmp_path: Path) -> None:
    written(tmp_path)
    (tmp_path / "room.toml").write_text(ROOM)
    call = ["validate", str(tmp_path / "room.toml"), "--party", "brand", "--json"]
    document = json.loads(CliRunner().invoke(app, call).stdout)
    assert document["d"]["totals"] == {"spend": vars(TOTAL)}


def test_nothing_that_counts_has_no_sum(tmp_path: Path) -> None:
    assert validate_report(spec(), written(tmp_path, "who,eur\na,x\n")).totals == {}


def test_a_sum_may_have_more_bits_than_its_values() -> None:
    values = np.full(9, VALUE_LIMIT - 1, dtype=np.int64)
    assert total(values, 0).sum == str(9 * (VALUE_LIMIT - 1))
    assert (
        total(-values, 9).sum
        == f"-{9 * (VALUE_LIMIT - 1) // 10**9}.{9 * (VALUE_LIMIT - 1) % 10**9:09}"
    )
    assert total(np.array([1]), 9) == Total(*["0.000000001"] * 3)


def test_an_upload_does_not_keep_it(tmp_path: Path) -> None:
    table = read_table(spec(), written(tmp_path))
    vault = Vault(tmp_path, b"k" * 32)
    save_table(vault, tmp_path / "table", table)
    kept: Report = load_columns(vault, tmp_path / "table").report
    assert (table.report.totals, kept.totals) == ({"spend": TOTAL}, {})
