"""Reports tell which identifiers the most rows have, so that what nobody thought of stands out."""

from __future__ import annotations

import hashlib
import json
import uuid
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from rich.console import Console
from typer.testing import CliRunner

from cleanroom.agent.tables import load_columns, save_table
from cleanroom.agent.vault import Vault
from cleanroom.cli.dataset import app
from cleanroom.ingest import LabelCount, Report, read_table, texts, validate_report
from cleanroom.ingest.concerns.many_rows import most_rows
from cleanroom.ingest.people import Named
from cleanroom.ingest.spec import DatasetSpec
from cleanroom.report.dataset import shown
from cleanroom.report.encryption import Language

pytestmark = pytest.mark.usefixtures("inside")

CELLS = ["Ann7", "bo", "会员", "bo", "Ann7", "Ann7", "dee", "会员", "eve", "dee"]
"""Ann7 has three rows; bo, 会员 and dee have two, and dee comes last."""
MOST = (LabelCount("Xxx9", 3), LabelCount("xx", 2), LabelCount("**", 2))

ROOM = """
[datasets.brand.d]
file = "d.csv"
kind = "audience"
id = { column = "who", profile = "raw:v1" }
duplicates = "first"
"""


def spec(**more: Any) -> DatasetSpec:
    said = {"kind": "audience", "file": "d.csv", "duplicates": "first"}
    return DatasetSpec.model_validate(said | {"id": {"column": "who", "profile": "raw:v1"}} | more)


def written(tmp_path: Path, *rows: str) -> Path:
    path = tmp_path / "d.csv"
    path.write_text("\n".join([*rows, ""]), "utf-8")
    return path


def line(report: Report, language: Language, name: str) -> str:
    console = Console(width=200)
    with console.capture() as screen:
        console.print(shown(report, language))
    (found,) = [one for one in screen.get().splitlines() if name in one]
    return found


def test_the_three_of_the_most_rows_are_told_masked(tmp_path: Path) -> None:
    report = validate_report(spec(), written(tmp_path, "who", *CELLS))
    assert report.most_rows == {"who": MOST}
    assert "3 (Xxx9), 2 (xx), 2 (**)" in line(report, "en", "most rows of one person")
    assert "3 (Xxx9), 2 (xx), 2 (**)" in line(report, "zh", "一人最多的行数")


def test_the_document_has_them_too(tmp_path: Path) -> None:
    written(tmp_path, "who", *CELLS)
    (tmp_path / "room.toml").write_text(ROOM)
    call = ["validate", str(tmp_path / "room.toml"), "--party", "brand", "--json"]
    document = json.loads(CliRunner().invoke(app, call).stdout)
    assert document["d"]["most_rows"] == {"who": [vars(one) for one in MOST]}


def test_of_people_of_one_row_nothing_is_told(tmp_path: Path) -> None:
    assert validate_report(spec(), written(tmp_path, "who", *set(CELLS))).most_rows == {}
    found = validate_report(spec(), written(tmp_path, "who", *set(CELLS), "bo")).most_rows
    assert found == {"who": (LabelCount("xx", 2),)}


@pytest.mark.parametrize("profile", ["sha256:email:uid2:v1", "raw:v1", "idfa:v1"])
def test_of_digests_and_devices_only_the_rows_are_told(tmp_path: Path, profile: str) -> None:
    cell = str(uuid.UUID(int=7)) if profile == "idfa:v1" else hashlib.sha256(b"x").hexdigest()
    found = spec(id={"column": "who", "profile": profile})
    report = validate_report(found, written(tmp_path, "who", cell, cell, cell.replace("7", "8")))
    assert report.most_rows == {"who": (LabelCount("", 2),)}
    assert line(report, "en", "most rows of one person").split("│")[2].strip() == "2"


def test_of_several_identifiers_each_has_its_own(tmp_path: Path) -> None:
    ids = [{"column": "who", "profile": "raw:v1"}, {"column": "mail", "profile": "email:meta:v1"}]
    rows = ["u1,ann@x.cn", "u2,till@x.cn", "u3,till@x.cn", "u3,till@x.cn", ",ann@x.cn"]
    report = validate_report(spec(id=ids), written(tmp_path, "who,mail", *rows))
    mails = (LabelCount("xxxx@x.xx", 3), LabelCount("xxx@x.xx", 2))
    assert report.most_rows == {"who": (LabelCount("x9", 2),), "mail": mails}
    assert "3 (xxxx@x.xx), 2 (xxx@x.xx)" in line(report, "en", "most rows of one mail")
    assert "2 (x9)" in line(report, "zh", "同一 who 最多的行数")


def test_of_texts_that_are_put_aside_they_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "HELD_BYTES", 1 << 10)
    monkeypatch.setattr(texts, "PART", 50)
    column = texts.Texts()
    for start in range(0, 500, 50):
        column.append(pa.array([f"m{n}" for n in range(start, start + 50)], pa.large_string()))
    assert column.held() is None
    person = np.array([*range(500), 499, 499, 3, 250, 250, 250, 4, -1])
    found = most_rows(Named(person, 500, column), "raw:v1")
    assert found == (LabelCount("x999", 4), LabelCount("x999", 3), LabelCount("x9", 2))


def test_an_upload_does_not_keep_them(tmp_path: Path) -> None:
    table = read_table(spec(), written(tmp_path, "who", *CELLS))
    vault = Vault(tmp_path, b"k" * 32)
    save_table(vault, tmp_path / "table", table)
    kept: Report = load_columns(vault, tmp_path / "table").report
    assert (table.report.most_rows, kept.most_rows) == ({"who": MOST}, {})
