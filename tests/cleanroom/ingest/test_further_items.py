"""The further items of an order, below the row with its total, are no faults."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from cleanroom.ingest import Report, validate_report
from cleanroom.ingest.engines import read_here
from cleanroom.ingest.spec import DatasetSpec
from cleanroom.isolated import csv_rows
from cleanroom.report.dataset import reason
from tests.cleanroom.ingest.spark.parts_of import equal, gathered

pytestmark = pytest.mark.usefixtures("inside")

HEADER = "Name,Email,Paid at,Total,Lineitem name"
TOTALS = [20.5 + order for order in range(12)]


def spec(**said: Any) -> DatasetSpec:
    section = {"file": "x", "kind": "events", "id": {"column": "Email", "profile": "email:uid2:v1"}}
    measures = {"v": {"column": "Total", "max": 10**6, "decimals": 2}}
    return DatasetSpec.model_validate(section | {"time": "Paid at", "measures": measures} | said)


def export(*, email: bool = False, header: str = HEADER) -> list[str]:
    """Return orders of one to three items, as Shopify writes them; some repeat who bought."""
    lines = [header]
    for order, total in enumerate(TOTALS):
        who, at = f"u{order}@x.com", f"2026-06-{1 + order:02}T10:00:00Z"
        lines.append(f"#{1001 + order},{who},{at},{total},shirt")
        lines += [f"#{1001 + order},{who * email},,,sock"] * (order % 3)
    return lines


def look(folder: Path, lines: list[str], **said: Any) -> Report:
    (folder / "x.csv").write_text("\n".join([*lines, ""]))
    return validate_report(spec(**said), folder / "x.csv")


def told(report: Report) -> tuple[list[tuple[str, int, int]], set[str], int]:
    faults = [(one.reason.split(":")[0], one.rows, one.examples[0]) for one in report.faults]
    return faults, {one.kind for one in report.concerns}, report.usable


WITHOUT = "the row has the Name of the row above and no Total"
PEOPLE: dict[str, Any] = {"kind": "audience", "time": None, "duplicates": "sum"}


@pytest.mark.parametrize("email", [False, True])
@pytest.mark.parametrize("said", [{}, {"key": "Name"}, PEOPLE])
def test_they_are_told_as_what_they_are(tmp_path: Path, email: bool, said: dict[str, Any]) -> None:
    report = look(tmp_path, export(email=email), **said)
    faults, kinds, usable = told(report)
    assert (faults, usable) == ([(WITHOUT, 12, 4)], len(TOTALS))
    assert report.rows == report.usable + report.unusable == 24
    assert not kinds & {"unusable", "several-faults"}
    chinese = reason(report.faults[0].reason, "zh")
    assert chinese == "该行的 Name 与上一行相同且没有 Total：为同一订单的其他商品行，并非错误"


def test_real_faults_beside_them_stay(tmp_path: Path) -> None:
    lines = export()
    # An order without who bought it, one without a total, and a total without an order's first row.
    lines += ["#2001,,2026-06-20T10:00:00Z,9.5,shirt", "#2001,,,,sock"]
    lines += ["#2002,v@x.com,2026-06-20T10:00:00Z,,shirt", "#2003,,,7.5,shirt", "#2003,,,8.5,sock"]
    faults, kinds, usable = told(look(tmp_path, lines))
    assert faults == [(WITHOUT, 13, 4), ("Email is empty", 3, 26), ("Total is empty", 1, 28)]
    assert {"unusable", "several-faults"} <= kinds
    assert usable == len(TOTALS)


def test_without_amounts_they_lack_who_bought(tmp_path: Path) -> None:
    faults, _, usable = told(look(tmp_path, export(), measures={}))
    assert faults == [("the row has the Name of the row above and no Email", 12, 4)]
    assert usable == len(TOTALS)


@pytest.mark.parametrize(
    "header",
    [
        HEADER.replace("Lineitem name", "product"),  # Name may be anybody's
        HEADER.replace("Name", "batch"),
    ],
)
def test_another_column_says_nothing(tmp_path: Path, header: str) -> None:
    faults, kinds, _ = told(look(tmp_path, export(email=True, header=header)))
    assert faults == [("Total is empty", 12, 4)]
    assert {"unusable", "several-faults"} <= kinds


@pytest.mark.parametrize("header", ["Order ID", "amazon-order-id", "订单编号"])
def test_other_shops_name_it_otherwise(tmp_path: Path, header: str) -> None:
    faults, _, _ = told(look(tmp_path, export(header=HEADER.replace("Name", header))))
    assert faults[0][0] == f"the row has the {header} of the row above and no Total"


def test_a_column_that_repeats_beside_amounts_is_not_of_orders(tmp_path: Path) -> None:
    # All rows are of one order: the empty ones may lack an amount of their own.
    rows = ("1," + row.partition(",")[2] for row in export(email=True)[1:])
    lines = [HEADER.replace("Name", "Order"), *rows]
    faults, kinds, _ = told(look(tmp_path, lines))
    assert (faults[0][0], "several-faults" in kinds) == ("Total is empty", True)


def test_blocks_parts_and_filters_say_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = export()
    whole = told(look(tmp_path, lines))
    with monkeypatch.context() as patched:
        patched.setattr(csv_rows, "BLOCK_BYTES", 100)
        assert told(look(tmp_path, lines)) == whole
    kept = look(tmp_path, lines, keep={"Lineitem name": ["sock", "shirt"]})
    assert told(kept) == whole
    socks = look(tmp_path, lines, keep={"Lineitem name": ["sock"]})
    assert (told(socks)[0], socks.left_out[0].rows) == ([(WITHOUT, 12, 4)], 12)
    (tmp_path / "x.csv").unlink()
    (tmp_path / "x").mkdir()
    for number, part in enumerate((lines[1:10], lines[10:])):
        (tmp_path / "x" / f"{number}.csv").write_text("\n".join([lines[0], *part, ""]))
    here = read_here(spec(), tmp_path)
    assert told(here.report) == whole
    assert equal(gathered(spec(), tmp_path), here)


def test_parquet_says_the_same_by_its_rows(tmp_path: Path) -> None:
    lines = export()
    (tmp_path / "x.csv").write_text("\n".join([*lines, ""]))
    frame = pd.read_csv(tmp_path / "x.csv")
    frame.to_parquet(tmp_path / "x.parquet", row_group_size=5)
    assert told(validate_report(spec(), tmp_path / "x.parquet"))[0] == [(WITHOUT, 12, 3)]
    frame["Name"] = frame["Name"].astype("category")
    frame.to_parquet(tmp_path / "x.parquet")
    for said in ({}, {"key": "Name"}):
        report = validate_report(spec(**said), tmp_path / "x.parquet")
        assert told(report)[0] == [(WITHOUT, 12, 3)]
