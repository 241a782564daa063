"""A file with just as many rows as programs export at once may lack the rest."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cleanroom.ingest import Report, validate_report
from cleanroom.ingest.concerns.counts import LIMITS, capped
from cleanroom.ingest.spec import DatasetSpec
from cleanroom.report.dataset import remarks

pytestmark = pytest.mark.usefixtures("inside")

FIRST = datetime(2026, 5, 1, 8)


def look(path: Path, **said: object) -> Report:
    section = {"file": "x", "kind": "audience", "id": {"column": "m", "profile": "raw:v1"}}
    return validate_report(DatasetSpec.model_validate(section | said), path)


def kinds(report: Report) -> list[str]:
    return [one.kind for one in report.concerns if one.kind in ("capped", "sheet")]


@pytest.mark.parametrize(
    ("rows", "csv", "parquet"),
    [(rows, "capped", "capped") for rows in sorted(LIMITS)]
    + [(65_535, "sheet", "capped"), (65_536, "capped", "capped"), (1_048_575, "sheet", "capped")],
)
def test_limits_of_programs(rows: int, csv: str, parquet: str) -> None:
    assert [one.kind for one in capped(rows, parquet=False)] == [csv]
    assert [one.kind for one in capped(rows, parquet=True)] == [parquet]


@pytest.mark.parametrize(
    "rows",
    [0, 500, 1_000, 2_000, 4_999, 5_001, 9_999, 10_001, 12_000, 25_000, 49_999, 65_534, 65_537]
    + [99_999, 250_000, 999_999, 1_000_001, 1_048_574, 2_000_000, 10_000_000],
)
def test_other_numbers_of_rows(rows: int) -> None:
    assert [*capped(rows, parquet=False), *capped(rows, parquet=True)] == []


@pytest.mark.parametrize(("rows", "told"), [(4_999, []), (5_000, ["capped"]), (5_001, [])])
def test_a_file_at_a_limit_is_pointed_at(tmp_path: Path, rows: int, told: list[str]) -> None:
    members = [f"u{n * 7919 % 100_003}" for n in range(rows)]
    (tmp_path / "x.csv").write_text("\n".join(["m", *members, ""]))
    report = look(tmp_path / "x.csv")
    assert kinds(report) == told
    pq.write_table(pa.table({"m": members}), tmp_path / "x.parquet")
    assert kinds(look(tmp_path / "x.parquet")) == told
    said = [line for language in ("en", "zh") for line in remarks(report, language)]
    assert sum("5,000" in line for line in said) == 2 * len(told)


def test_rows_that_are_left_out_were_exported_too(tmp_path: Path) -> None:
    lines = [f"u{n * 7919 % 100_003},{'paid' if n % 3 else 'open'}" for n in range(4_999)]
    (tmp_path / "x.csv").write_text("\n".join(["m,state", *lines, "u7,paid,", ""]))
    assert kinds(look(tmp_path / "x.csv", keep={"state": ["paid"]})) == ["capped"]


def events(folder: Path, rows: int, order: str) -> list[str]:
    """Return what is said of events of which each is some minutes after another."""
    minutes = [7 * n for n in range(rows)]
    if order == "newest first":
        minutes.reverse()
    elif order == "mixed":
        minutes[1], minutes[5] = minutes[5], minutes[1]
        minutes.reverse()
    elif order == "at once":
        minutes = [7] * rows
    lines = [f"u{n * 31 % 1009},{FIRST + timedelta(minutes=one)}" for n, one in enumerate(minutes)]
    (folder / "x.csv").write_text("\n".join(["m,at", *lines, ""]))
    time = {"column": "at", "zone": "Asia/Shanghai"}
    return kinds(look(folder / "x.csv", kind="events", time=time))


@pytest.mark.parametrize("rows", [1_000, 2_000])
def test_few_rows_tell_if_the_newest_comes_first(tmp_path: Path, rows: int) -> None:
    assert events(tmp_path, rows, "newest first") == ["capped"]
    for order in ("oldest first", "mixed", "at once"):
        assert events(tmp_path, rows, order) == []
    for others in (rows - 1, rows + 1):
        assert events(tmp_path, others, "newest first") == []


def test_the_number_of_a_limit_is_said_once(tmp_path: Path) -> None:
    assert events(tmp_path, 5_000, "newest first") == ["capped"]
