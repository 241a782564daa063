"""Reports of events tell their first and last time, and what a look at the dates shows."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner

from cleanroom.agent.tables import load_columns, save_table
from cleanroom.agent.vault import Vault
from cleanroom.cli.dataset import app
from cleanroom.ingest import read_table, validate_report
from cleanroom.ingest.concerns.times import old, swapped, times
from cleanroom.ingest.people import Integers
from cleanroom.ingest.report import Concern, Report, Times
from cleanroom.ingest.spec import DatasetSpec
from cleanroom.report.dataset import concern, shown

ROOM = """
[datasets.brand.d]
file = "d.csv"
kind = "events"
id = { column = "who", profile = "raw:v1" }
time = { column = "at", format = "%d/%m/%Y %H:%M", zone = "Asia/Bangkok" }
"""
ROWS = "who,at\na,07/06/2026 00:30\nb,03/06/2026 23:59\nc,31/06/2026 10:00\n"
TIMES = Times("2026-06-03T23:59:00+07:00", "2026-06-07T00:30:00+07:00", "Asia/Bangkok")


def spec(**said: Any) -> DatasetSpec:
    fields = {"kind": "events", "id": {"column": "who", "profile": "raw:v1"}, "file": "d.csv"}
    time = {"column": "at", "format": "%d/%m/%Y %H:%M", "zone": "Asia/Bangkok"}
    return DatasetSpec.model_validate(fields | {"time": time} | said)


def written(tmp_path: Path, text: str = ROWS) -> Path:
    path = tmp_path / "d.csv"
    path.write_text(text)
    return path


def test_the_first_and_the_last_usable_time_by_the_clocks_of_their_zone(tmp_path: Path) -> None:
    report = validate_report(spec(), written(tmp_path))
    assert report.times == TIMES
    console = Console(width=200)
    for language, name in (("en", "times"), ("zh", "时间范围")):
        with console.capture() as screen:
            console.print(shown(report, language))
        (line,) = [one for one in screen.get().splitlines() if name in one]
        assert "2026-06-03 23:59 … 2026-06-07 00:30 (Asia/Bangkok)" in line


def test_the_document_has_them_too(tmp_path: Path) -> None:
    written(tmp_path)
    (tmp_path / "room.toml").write_text(ROOM)
    call = ["validate", str(tmp_path / "room.toml"), "--party", "brand", "--json"]
    document = json.loads(CliRunner().invoke(app, call).stdout)
    assert document["d"]["times"] == vars(TIMES)


def test_instants_without_a_zone_are_shown_in_utc(tmp_path: Path) -> None:
    path = written(tmp_path, "who,at\na,2026-06-07T00:30:00+07:00\n")
    found = validate_report(spec(time="at"), path).times
    assert found == Times(*["2026-06-06T17:30:00+00:00"] * 2, "UTC")


def test_an_audience_has_none_and_neither_have_no_rows(tmp_path: Path) -> None:
    assert validate_report(spec(), written(tmp_path, "who,at\na,b\n")).times is None
    path = written(tmp_path, "who,at\na,07/06/2026 00:30\n")
    assert validate_report(spec(kind="audience", time=None), path).times is None


def test_an_upload_does_not_keep_them(tmp_path: Path) -> None:
    """A person who is erased later may be the first or the last."""
    table = read_table(spec(), written(tmp_path))
    vault = Vault(tmp_path, b"k" * 32)
    save_table(vault, tmp_path / "table", table)
    kept: Report = load_columns(vault, tmp_path / "table").report
    assert (table.report.times, kept.times) == (TIMES, None)


# --- dates


def moments(dates: list[tuple[int, int]], seed: int = 5, year: int = 2026) -> Integers:
    """Return instants within days of Bangkok, from their months and days."""
    hours = Random(seed)
    offset = timedelta(hours=7)
    found = [
        datetime(year, month, day, tzinfo=UTC) + timedelta(minutes=hours.randrange(1440)) - offset
        for month, day in dates
    ]
    return np.array([int(one.timestamp()) * 10**6 for one in found], dtype=np.int64)


def said(dates: list[tuple[int, int]], people: int | None = None) -> list[Concern]:
    found = [
        *swapped(moments(dates), "Asia/Bangkok", "at", len(dates) if people is None else people)
    ]
    for one, row in found:
        assert row == 0
        assert concern(one, "line", "en") != concern(one, "line", "zh")
    return [one for one, _ in found]


def by_excel(month: int, days: range) -> list[tuple[int, int]]:
    """Return dates of a month of which those that can be are read the other way round."""
    return [(day, month) if day <= 12 else (month, day) for day in days for _ in range(4)]


@pytest.mark.parametrize(
    ("dates", "meant", "rows"),
    [
        (by_excel(6, range(1, 12)), "6", 40),
        (by_excel(6, range(1, 31)), "6", 44),
        (by_excel(9, range(1, 12)) + by_excel(10, range(1, 12)), "9, 10", 72),
        (by_excel(4, range(1, 31)) + by_excel(5, range(1, 32)), "4, 5", 80),
        ([*by_excel(6, range(1, 31)), (6, 12), (6, 2)], "6", 44),
    ],
    ids=["eleven days", "a month", "two beginnings", "two months", "some right ones"],
)
def test_days_that_are_months(dates: list[tuple[int, int]], meant: str, rows: int) -> None:
    (found,) = said(dates)
    assert (found.kind, found.declared, found.rows, found.of) == (
        "swapped", meant, rows, len(dates),
    )  # fmt: skip


YEAR = [(month, day) for month in range(1, 13) for day in range(1, 29)]


@pytest.mark.parametrize(
    ("dates", "people"),
    [
        ([(month, 1) for month in range(1, 12)] * 20, 20),
        ([(month, 5) for month in range(1, 12)] * 9 + [(3, 5)] * 20, 60),
        ([(month, day) for month in range(1, 12) for day in (1, 5)] * 9, None),
        ([(month, day) for month in range(1, 12) for day in (1, 15)] * 9, None),
        ([(month, day) for month in range(4, 7) for day in range(1, 31)], None),
        (YEAR, None),
        ([(6, day) for day in range(1, 13)] * 9, None),
        ([(5, 6), (6, 6)] * 40, None),
        ([(month, 6) for month in range(1, 12)], None),
        ([], None),
    ],
    ids=["bills on the 1st", "on the 5th", "1st and 5th", "1st and 15th", "a quarter", "a year",
         "a beginning", "two months", "few rows", "no rows"],
)  # fmt: skip
def test_days_that_are_days(dates: list[tuple[int, int]], people: int | None) -> None:
    assert said(dates, people) == []


def test_dates_are_those_of_the_zone() -> None:
    """Half an hour past midnight in Bangkok is the day before in UTC."""
    late = moments([(month, 6) for month in range(1, 12)] * 4) // (1440 * 60 * 10**6)
    early = (late * 1440 + 17 * 60 + 30) * 60 * 10**6 - 1440 * 60 * 10**6
    at_home = [one.declared for one, _ in swapped(early, "Asia/Bangkok", "at", len(early))]
    elsewhere = [one.declared for one, _ in swapped(early, None, "at", len(early))]
    assert (at_home != elsewhere, len(at_home)) == (True, 1)


def test_times_that_are_all_old_are_of_another_calendar() -> None:
    now = datetime.now(UTC).year
    for year, kinds in ((now - 18, ["old"]), (now - 12, ["old"]), (now - 9, []), (1999, [])):
        found = [*old(moments([(6, 1), (6, 2)], year=year), "at")]
        assert [one.kind for one, _ in found] == kinds
        for one, _ in found:
            assert f"{year}-06-0" in concern(one, "line", "zh")
    mixed = np.concatenate([moments([(6, 1)], year=now - 18), moments([(6, 1)], year=now - 1)])
    assert [*old(mixed, "at")] == []


def test_times_of_no_rows() -> None:
    assert times(np.zeros(0, dtype=np.int64), None) is None


def of_two_digits(tmp_path: Path, cells: list[str], pattern: str) -> list[tuple[Any, ...]]:
    lines = ["who,at", *(f"u{n},{cell}" for n, cell in enumerate(cells)), ""]
    (tmp_path / "d.csv").write_text("\n".join(lines), "utf-8")
    said = spec(time={"column": "at", "format": pattern, "zone": "Asia/Shanghai"})
    found = validate_report(said, tmp_path / "d.csv").concerns
    named = [one for one in found if one.kind == "swapped-years"]
    assert all("相差数年" in concern(one, "line", "zh") for one in named)
    return [(one.rows, one.declared, one.places) for one in named]


@pytest.mark.parametrize(
    ("pattern", "written", "swapped_one"),
    [("%d.%m.%y", "%d.%m.%y", "%y.%m.%d"), ("%y-%m-%d", "%y-%m-%d", "%d-%m-%y")],
)
def test_years_of_two_digits_that_changed_places_with_days_are_told(
    tmp_path: Path, pattern: str, written: str, swapped_one: str
) -> None:
    days = [datetime(2026, 2, 1, tzinfo=UTC) + timedelta(days=n) for n in range(100)]
    cells = [day.strftime(written) for day in days]
    for row in (10, 20, 30):  # 11 and 21 February, 3 March
        cells[row] = days[row].strftime(swapped_one)
    ((count, shown, places),) = of_two_digits(tmp_path, cells[::-1], pattern)
    assert (count, shown, places) == (3, "2003-03-26", (71,))
    assert of_two_digits(tmp_path, [day.strftime(written) for day in days], pattern) == []
    # Old times that are no others' by any order.
    old_ones = [f"{day:02}.03.{year:02}" for day, year in ((5, 11), (17, 12), (28, 15))]
    plain = [day.strftime("%d.%m.%y") for day in days]
    assert of_two_digits(tmp_path, [*plain, *old_ones], "%d.%m.%y") == []
    # Many years, each as usual as the other.
    years = [f"{1 + n % 28:02}.{1 + n % 12:02}.{10 + n % 16:02}" for n in range(160)]
    assert of_two_digits(tmp_path, years, "%d.%m.%y") == []
