# ruff: noqa: E501
"""What notes and names beside say of their rows is told, in columns with many values too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from cleanroom.ingest import Report, validate_report
from cleanroom.ingest.identifiers import NotNormalisable, normalise
from cleanroom.ingest.spec import DatasetSpec
from cleanroom.report.dataset import concern
from tests.cleanroom.ingest.spark.parts_of import gathered, is_the_same

pytestmark = pytest.mark.usefixtures("inside")

PHONE = {"column": "m", "profile": "phone:cn11:v1"}
MEMBER = {"column": "m", "profile": "raw:v1"}


def content(column: str, cells: list[str], start: int = 0) -> str:
    lines = (f"1390000{1000 + start + n},{cell},x\n" for n, cell in enumerate(cells))
    return f"m,{column},tier\n" + "".join(lines)


def spec(**said: Any) -> DatasetSpec:
    return DatasetSpec.model_validate({"file": "x.csv", "kind": "audience", "id": MEMBER} | said)


def told(found: Report) -> list[tuple[str, str, int, tuple[int, ...]]]:
    kinds = ("for-show", "lent")
    return [(c.kind, c.column, c.rows, c.places) for c in found.concerns if c.kind in kinds]


def report(folder: Path, column: str, cells: list[str], **said: Any) -> Report:
    (folder / "x.csv").write_text(content(column, cells), "utf-8")
    return validate_report(spec(**said), folder / "x.csv")


MANY = [f"note {number}" for number in range(100)]
SHOW = [
    "刷单",
    "补单请发",
    "老客户 空包",
    "测试单勿发",
    "SD",
    "V单;备注",
    "测试",
    "test order",
    "Dummy",
    "テスト",
]
HONEST = [
    "SD card 64G",
    "测试仪一台",
    "please test it",
    "非刷单",
    "contest",
    "HSD",
    "sd-12",
    "V单元楼",
]


@pytest.mark.parametrize(
    "column", ["备注", "卖家备注", "买家留言", "note", "seller_memo", "メモ", "비고"]
)
@pytest.mark.parametrize("word", SHOW)
def test_notes_that_say_that_an_order_is_none(tmp_path: Path, column: str, word: str) -> None:
    found = report(tmp_path, column, [*MANY, word, "x", word])
    assert told(found) == [("for-show", column, 2, (102,))]
    one = next(one for one in found.concerns if one.kind == "for-show")
    assert all("2" in concern(one, "line", language) for language in ("en", "zh"))


@pytest.mark.parametrize("word", HONEST)
def test_notes_that_only_resemble_them(tmp_path: Path, word: str) -> None:
    assert told(report(tmp_path, "备注", [*MANY, word, word])) == []


def test_other_columns_have_no_notes(tmp_path: Path) -> None:
    assert told(report(tmp_path, "product", [*MANY, "测试", "刷单"])) == []


@pytest.mark.parametrize(
    ("column", "cells"),
    [("收货人", ["张三[1234]", "李四【0456】"]), ("receiver_name", ["Ann[1234]", "Bo[5678]"])]
    + [(name, ["1234", "5678"]) for name in ("分机号", "虚拟号", "隐私号", "virtual_phone")],
)
def test_lent_numbers_are_told_beside_telephones(
    tmp_path: Path, column: str, cells: list[str]
) -> None:
    others = ["x" * number for number in range(100)]
    found = report(tmp_path, column, [*others, *cells], id=PHONE)
    assert told(found) == [("lent", column, 2, (102,))]
    one = next(one for one in found.concerns if one.kind == "lent")
    assert all(column in concern(one, "line", language) for language in ("en", "zh"))
    assert told(report(tmp_path, column, [*others, *cells])) == []


def test_a_column_that_is_told_as_undone_is_told_once(tmp_path: Path) -> None:
    found = report(tmp_path, "备注", ["刷单", "", "刷单", "", "ok"])
    assert [one.kind for one in found.concerns if one.column == "备注"] == ["undone"]


def test_plain_names_are_not(tmp_path: Path) -> None:
    assert (
        told(report(tmp_path, "收货人", ["张三", "[1234]", "Ann (2024)", "Bo 1234"], id=PHONE))
        == []
    )


@pytest.mark.parametrize("cell", ["13800138000-1234", "17012345678转1234", "17012345678[1234]"])
@pytest.mark.parametrize("profile", ["phone:cn11:v1", "phone:e164:v1"])
def test_a_number_with_an_extension_is_no_person_s(cell: str, profile: str) -> None:
    with pytest.raises(NotNormalisable):
        normalise(cell, profile, region="CN")


def test_parquet_and_parts_say_the_same(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(content("备注", [*MANY, "刷单", "空包"]), "utf-8")
    pq.write_table(pyarrow.csv.read_csv(path), tmp_path / "x.parquet")
    found = validate_report(spec(file="x.parquet"), tmp_path / "x.parquet")
    assert told(found) == [("for-show", "备注", 2, (101,))]
    (tmp_path / "y").mkdir()
    for number in range(2):
        text = content("备注", [*MANY, "刷单"], start=200 * number)
        (tmp_path / "y" / f"{number}.csv").write_text(text, "utf-8")
    described = spec(file="y")
    assert told(gathered(described, tmp_path).report) == [("for-show", "备注", 2, (102,))]
    assert is_the_same(described, tmp_path)
