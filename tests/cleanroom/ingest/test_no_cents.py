"""Amounts with decimals in a currency that has none are pointed at: SAP divides yen by 100."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cleanroom.ingest import validate_report
from cleanroom.ingest.report import Concern
from cleanroom.ingest.spec import DatasetSpec
from cleanroom.report import LANGUAGES
from cleanroom.report.dataset import concern

pytestmark = pytest.mark.usefixtures("inside")

PARTS = ["240.91", "159.24", "12.00", "3.08", "77.10"]


def found(
    folder: Path, cells: list[str], codes: list[str], name: str = "WAERK", **said: Any
) -> list[Concern]:
    both = zip(cells, codes, strict=True)
    rows = [f"u{n},{cell},{code}" for n, (cell, code) in enumerate(both)]
    (folder / "x.csv").write_text("\n".join([f"m,v,{name}", *rows, ""]), "utf-8")
    section = {"file": "x", "kind": "audience", "id": {"column": "m", "profile": "raw:v1"}}
    section["measures"] = {"v": {"column": "v", "max": 9999, "decimals": 2}}
    report = validate_report(DatasetSpec.model_validate(section | said), folder / "x.csv")
    some = [one for one in report.concerns if one.kind == "no-cents"]
    assert all(one.declared in concern(one, "line", lang) for one in some for lang in LANGUAGES)
    return some


@pytest.mark.parametrize(
    ("name", "code"), [("WAERK", "JPY"), ("WAERS", "XOF"), ("Currency", "krw"), ("c", "VND")]
)
def test_decimals_of_yen_and_the_like(tmp_path: Path, name: str, code: str) -> None:
    for said in ({}, {"labels": [name]}, {"keep": {name: [code]}}):
        (one,) = found(tmp_path, PARTS, [code] * 5, name, **said)
        assert (one.column, one.rows, one.of, one.places) == ("v", 4, 5, (2,))
        assert one.declared == f"{name}: {code.upper()}"


def test_rows_of_yen_that_are_kept(tmp_path: Path) -> None:
    codes = ["EUR", "JPY", "JPY", "JPY", "JPY"]
    assert not found(tmp_path, PARTS, codes)
    assert found(tmp_path, PARTS, codes, keep={"WAERK": ["JPY"]})[0].places == (3,)


@pytest.mark.parametrize(
    ("cells", "code", "name"),
    [
        (PARTS, "EUR", "WAERK"),
        (PARTS, "KWD", "Currency"),
        (["24091", "15924.00", "1200", "308", "77.10"], "JPY", "WAERK"),  # a tax in one
        (PARTS, "XOF", "airport"),
    ],
)
def test_others_are_not(tmp_path: Path, cells: list[str], code: str, name: str) -> None:
    assert not found(tmp_path, cells, [code] * 5, name)
