"""A row of events that stands for several by a column of counts is pointed at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cleanroom.ingest import Report, validate_report
from cleanroom.ingest.spec import DatasetSpec
from cleanroom.report.dataset import remarks

pytestmark = pytest.mark.usefixtures("inside")


def look(path: Path, name: str, cells: list[str], **said: Any) -> Report:
    rows = [f"m{n}x,c{n % 2},{cell}" for n, cell in enumerate(cells)]
    path.write_text("\n".join([f"m,campaign,{name}", *rows, ""]), "utf-8")
    section = {"file": path.name, "kind": "events", "id": {"column": "m", "profile": "raw:v1"}}
    return validate_report(
        DatasetSpec.model_validate(section | {"labels": ["campaign"]} | said), path
    )


def counted(report: Report) -> list[tuple[int, str]]:
    return [(one.rows, one.declared) for one in report.concerns if one.kind == "counted"]


NAMES = [
    "impressions",
    "Impression_Count",
    "Clicks",
    "ad-views",
    "曝光次数",
    "展现量",
    "点击数",
    "表示回数",
    "インプレッション数",
    "広告表示回数",
    "Jumlah Tayangan",
    "Số lần hiển thị",
    "展示次数",
    "노출 수",
    "จำนวนการแสดงผล",
    "Anzahl Impressionen",
    "Nombre d'impressions",
    "Кол-во показов",
    "adImpressions",
    "NumberOfClicks",
]


@pytest.mark.parametrize("name", NAMES)
def test_counts_beside_rows_that_are_counted(tmp_path: Path, name: str) -> None:
    path = tmp_path / "x.csv"
    report = look(path, name, ["1", "3", "2", "3.0", ""])
    assert counted(report) == [(3, "2, 3, 3.0")]
    for words in ("en", "zh"):
        assert [line for line in remarks(report, words) if name in line and "3.0" in line]
    assert counted(look(path, name, ["1", "0", "1", "1.0"])) == []
    assert counted(look(path, name, ["1", "2", "many"])) == []
    assert counted(look(path, name, ["1", "2"], kind="audience")) == []
    spend = {"cost": {"column": name, "max": 9}}
    assert counted(look(path, name, ["1", "2"], measures=spend)) == []


@pytest.mark.parametrize(
    "name",
    [
        *(
            "quantity",
            "clicked",
            "view_id",
            "曝光位置",
            "frequency_cap",
            "n",
            "view",
            "表示",
            "点击",
        ),
        *("impressionId", "点击率", "再生時間", "表示順", "数", "viewability"),
    ],
)
def test_other_numbers_are_quiet(tmp_path: Path, name: str) -> None:
    assert counted(look(tmp_path / "x.csv", name, ["1", "2", "3"])) == []
