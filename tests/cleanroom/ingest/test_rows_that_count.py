"""A section says which rows count; the others are left out and counted, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from cleanroom.errors import InvalidInput
from cleanroom.ingest import Report, Table, read_table, read_unchecked
from cleanroom.ingest.engines import read_here
from cleanroom.ingest.positions import Positions
from cleanroom.ingest.spec import DatasetSpec
from cleanroom.report.dataset import counts, remarks
from tests.cleanroom.ingest.spark.parts_of import equal, gathered

pytestmark = pytest.mark.usefixtures("inside")

STATUS = {"status": ["paid", "交易成功"]}


def described(keep: dict[str, list[str]], **said: Any) -> DatasetSpec:
    section = {"file": "x", "kind": "audience", "id": {"column": "m", "profile": "raw:v1"}}
    spend = {"column": "spend", "max": 99, "decimals": 2}
    return DatasetSpec.model_validate(
        section | {"labels": ["tier"], "measures": {"spend": spend}, "keep": keep} | said
    )


def read(path: Path, lines: list[str], keep: dict[str, list[str]], **said: Any) -> Table:
    path.write_text("\n".join([*lines, ""]), "utf-8")
    return read_unchecked(described(keep, **said), path)


def adds_up(report: Report) -> bool:
    again = report.duplicates.rows if report.duplicates else 0
    left_out = sum(one.rows for one in report.left_out)
    return report.rows == report.usable + report.unusable + again + left_out


LINES = [
    "m,tier,spend,status",
    "u1,gold,5,paid",
    "u2,gold,x,refunded",
    "u2,tin,7, 交易成功 ",
    "too few",
    "u3,tin,x,paid",
    "u4,Total,3,",
    "u1,gold,1,paid",
    "u5,tin,2,refunded",
]


def test_rows_with_other_words_are_left_out_and_counted(tmp_path: Path) -> None:
    table = read(tmp_path / "x.csv", LINES, STATUS, duplicates="sum")
    report = table.report
    assert table.measures["spend"].tolist() == [600, 700]
    assert (report.rows, report.usable, report.unusable) == (8, 2, 2)
    assert adds_up(report)
    (left,) = report.left_out
    assert (left.column, left.rows) == ("status", 3)
    assert [(one.value, one.rows) for one in left.values] == [("refunded", 2), ("", 1)]
    places = {fault.reason: fault.examples for fault in report.faults}
    assert places["spend is not a number"] == (6,)
    assert places["the row has a different number of fields from the header"] == (5,)
    assert report.duplicates is not None
    assert report.duplicates.first == (2, 8)
    assert not [one for one in report.concerns if one.kind == "total"], "the row is left out"
    assert ("left out by keep (status)", "3 (refunded 66.7%, (empty) 33.3%)") in counts(
        report, "en"
    )
    said = [line for line in remarks(report, "en") if "keep" in line]
    assert said == ["Left out by keep: 3 rows, for their status: refunded 66.7%, (empty) 33.3%."]
    assert any("按 keep 剔除 3 行" in line for line in remarks(report, "zh"))


def test_the_rows_that_stay_are_those_of_a_file_without_the_others(tmp_path: Path) -> None:
    kept = [line for line in LINES if "refunded" not in line and not line.startswith("u4")]
    one = read(tmp_path / "x.csv", LINES, STATUS, duplicates="sum")
    other = read(tmp_path / "y.csv", kept, {}, duplicates="sum")
    assert one.measures["spend"].tolist() == other.measures["spend"].tolist()
    assert one.labels["tier"].domain == other.labels["tier"].domain
    assert [*one.values] == [*other.values]


@pytest.mark.parametrize("cell", ["", " ", "NULL", "\\N", "nan", "-", "(not set)"])
def test_the_empty_value_stands_for_words_for_none(tmp_path: Path, cell: str) -> None:
    lines = ["m,tier,spend,deleted_at", f"u1,gold,5,{cell}", "u2,tin,6,2026-03-01"]
    table = read(tmp_path / "x.csv", lines, {"deleted_at": [""]})
    assert table.report.people == 1
    assert table.report.left_out[0].rows == 1


@pytest.mark.parametrize("cell", ["PAID", "paid.", "un paid", "none"])
def test_other_spellings_are_other_values(tmp_path: Path, cell: str) -> None:
    lines = ["m,tier,spend,status", f"u1,gold,5,{cell}", "u2,tin,6,paid"]
    report = read(tmp_path / "x.csv", lines, {"status": ["paid"]}).report
    assert (report.usable, report.left_out[0].rows) == (1, 1)


@pytest.mark.parametrize("cell", ['"=""paid"""', "`paid", "\u3000paid\u200b", "paid "])
def test_a_value_is_read_as_it_is_seen(tmp_path: Path, cell: str) -> None:
    lines = ["m,tier,spend,status", f"u1,gold,5,{cell}"]
    assert read(tmp_path / "x.csv", lines, {"status": ["paid"]}).report.usable == 1


def test_a_file_of_which_nothing_is_kept_is_refused_with_what_stands_there(tmp_path: Path) -> None:
    lines = ["m,tier,spend,status", "u1,gold,5,Paid", "u2,gold,5,Paid"]
    with pytest.raises(InvalidInput, match="keep leaves every row out"):
        (tmp_path / "x.csv").write_text("\n".join(lines))
        read_table(described({"status": ["paid"]}), tmp_path / "x.csv")
    report = read(tmp_path / "x.csv", lines, {"status": ["paid", "Paid", "payed"]}).report
    (unmet,) = [one for one in report.concerns if one.kind == "unmet"]
    assert (unmet.rows, unmet.of, unmet.declared) == (2, 3, '"paid", "payed"')


def test_every_column_has_to_agree_and_the_first_one_that_does_not_counts(tmp_path: Path) -> None:
    lines = ["m,tier,spend,op,live", "u1,gold,5,c,true", "u2,gold,5,d,false", "u3,gold,5,u,false"]
    report = read(tmp_path / "x.csv", lines, {"op": ["c", "u"], "live": ["true"]}).report
    assert [(one.column, one.rows) for one in report.left_out] == [("op", 1), ("live", 1)]
    assert report.usable == 1
    assert adds_up(report)


def test_a_label_may_be_what_rows_are_kept_by(tmp_path: Path) -> None:
    lines = ["m,tier,spend", "u1,gold,5", "u2,tin,5"]
    table = read(tmp_path / "x.csv", lines, {"tier": ["gold"]})
    assert table.labels["tier"].domain == ("gold",)


def test_a_column_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no such column"):
        read(tmp_path / "x.csv", ["m,tier,spend", "u1,gold,5"], {"status": ["paid"]})


@pytest.mark.parametrize("keep", [{"status": []}, {"status": "paid"}, {"status": [" paid"]}])
def test_what_is_no_list_of_values_is_refused(keep: Any) -> None:
    with pytest.raises(ValidationError):
        described(keep)


def test_parquet_and_events_with_a_key(tmp_path: Path) -> None:
    table = pa.table({
        "m": ["u1", "u2", "u2", "u3", None],
        "tier": pa.array(["gold"] * 5).dictionary_encode(),
        "spend": [1.5, 2.0, 2.0, 4.0, 1.0],
        "deleted": [False, None, True, False, False],
        "order": [1, 2, 2, 1, 5],
    })  # fmt: skip
    pq.write_table(table, tmp_path / "x.parquet")
    said: dict[str, Any] = {"kind": "events", "key": "order"}
    keep = {"deleted": ["false", ""]}
    report = read_unchecked(described(keep, **said), tmp_path / "x.parquet").report
    assert (report.rows, report.usable, report.unusable) == (5, 2, 1)
    assert report.duplicates is not None
    assert (report.duplicates.rows, report.duplicates.first) == (1, (1, 4))
    assert adds_up(report)
    assert report.faults[0].examples == (5,)


def test_parts_of_a_cluster_come_out_as_one(tmp_path: Path) -> None:
    folder = tmp_path / "x"
    folder.mkdir()
    for number in range(3):
        some = [f"m{n},tin,{n},{w}" for n, w in enumerate(["paid", "void", ""] * (number + 1))]
        lines = ["m,tier,spend,status", *some, *(["few"] if number == 1 else [])]
        (folder / f"{number}.csv").write_text("\n".join([*lines, ""]))
    spec = described({"status": ["paid", "none"]}, duplicates="first")
    here = read_here(spec, tmp_path)
    assert equal(gathered(spec, tmp_path), here)
    assert here.report.left_out[0].rows == 12
    assert adds_up(here.report)


@given(st.lists(st.lists(st.booleans(), max_size=20), max_size=5))
def test_positions_of_kept_rows(parts: list[list[bool]]) -> None:
    known, again = Positions(), Positions()
    for part in parts:
        known.add(np.array(part, dtype=np.bool_))
    again.absorb(known.document())
    rows = [kept for part in parts for kept in part]
    stay = [row for row, kept in enumerate(rows) if kept]
    assert known.left_out == again.left_out == len(rows) - len(stay)
    for one in (known, again):
        assert [one.row(place) for place in range(len(stay))] == stay
        assert [one.before(row) for row in range(len(rows))] == [
            sum(rows[:row]) for row in range(len(rows))
        ]
