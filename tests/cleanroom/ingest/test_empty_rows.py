"""Rows in which nothing stands are told as such, and say nothing of how good a file is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cleanroom.ingest import Report, validate_report
from cleanroom.ingest.engines import read_here
from cleanroom.ingest.report import EMPTY_ROW
from cleanroom.ingest.spec import DatasetSpec
from cleanroom.isolated import csv_rows
from cleanroom.report.dataset import reason
from tests.cleanroom.ingest.spark.parts_of import equal, gathered

pytestmark = pytest.mark.usefixtures("inside")

GOOD = [f"u{number}@x.com,gold,{number}.5,n{number}" for number in range(20)]
BLANK = [",,,", '"",""," ",""', ",\t, ,"]


def spec(**said: Any) -> DatasetSpec:
    section = {"file": "x", "kind": "audience", "id": {"column": "m", "profile": "email:uid2:v1"}}
    measures = {"v": {"column": "v", "max": 100, "decimals": 2}}
    more = {"labels": ["tier"], "measures": measures, "duplicates": "first"}
    return DatasetSpec.model_validate(section | more | said)


def look(folder: Path, *rows: str, header: str = "m,tier,v,note", **said: Any) -> Report:
    (folder / "x.csv").write_text("\n".join([header, *rows, ""]))
    return validate_report(spec(**said), folder / "x.csv")


def told(report: Report) -> tuple[dict[str, int], dict[str, tuple[int, int]]]:
    concerns = {one.kind: (one.rows, one.of) for one in report.concerns}
    return {one.reason: one.rows for one in report.faults}, concerns


def test_they_are_of_their_own_kind_and_of_no_share(tmp_path: Path) -> None:
    report = look(tmp_path, *GOOD, *BLANK * 50)
    assert told(report) == ({EMPTY_ROW: 150}, {})
    assert report.faults[0].examples[:2] == (22, 23)
    assert (report.rows, report.usable, report.unusable) == (170, 20, 150)
    assert "为空" in reason(EMPTY_ROW, "zh")


def test_they_do_not_hide_rows_that_are_unusable(tmp_path: Path) -> None:
    faults, concerns = told(look(tmp_path, *GOOD, "u,gold,1,x", *BLANK * 50))
    assert len(faults) == 2
    assert concerns["unusable"] == (1, 21)


def test_a_row_with_anything_in_it_is_not_empty(tmp_path: Path) -> None:
    faults, concerns = told(look(tmp_path, *GOOD, ",,,left", ",gold,,", ",,0,"))
    assert (faults, concerns["unusable"]) == ({"m is empty": 3}, (3, 23))


def test_blocks_parts_filters_and_orders_say_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [*GOOD[:9], *BLANK, *GOOD[9:], *BLANK]
    whole = {EMPTY_ROW: 6}
    assert told(look(tmp_path, *rows))[0] == whole
    with monkeypatch.context() as patched:
        patched.setattr(csv_rows, "BLOCK_BYTES", 100)
        assert told(look(tmp_path, *rows))[0] == whole
    assert told(look(tmp_path, *rows, header="m,tier,v,order no"))[0] == whole
    assert told(look(tmp_path, *rows, keep={"tier": ["gold", ""]}))[0] == whole
    kept = look(tmp_path, *rows, keep={"tier": ["gold"]})
    assert (told(kept)[0], kept.left_out[0].rows) == ({}, 6)
    (tmp_path / "x.csv").unlink()
    (tmp_path / "x").mkdir()
    for number, part in enumerate((rows[:11], rows[11:])):
        (tmp_path / "x" / f"{number}.csv").write_text("\n".join(["m,tier,v,note", *part, ""]))
    here = read_here(spec(), tmp_path)
    assert told(here.report)[0] == whole
    assert equal(gathered(spec(), tmp_path), here)
