"""What a column that nobody reads says of others: the country of a number, the zone of a time."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cleanroom.ingest import Report, validate_report
from cleanroom.ingest.concerns.countries import abroad
from cleanroom.ingest.engines import read_here
from cleanroom.ingest.report import Concern
from cleanroom.ingest.spec import DatasetSpec
from cleanroom.isolated import unread
from cleanroom.report.dataset import concern
from tests.cleanroom.ingest.spark.parts_of import equal, gathered

pytestmark = pytest.mark.usefixtures("inside")


def look(path: Path, lines: list[str], **section: Any) -> Report:
    path.write_text("\n".join([*lines, ""]), "utf-8")
    base = {"file": path.name, "kind": "events"}
    return validate_report(DatasetSpec.model_validate(base | section), path)


def told(report: Report, kind: str) -> list[tuple[str, int, str, tuple[int, ...]]]:
    found = [one for one in report.concerns if one.kind == kind]
    assert all(concern(one, "line", "en") != concern(one, "line", "zh") for one in found)
    return [(one.column, one.rows, one.declared, one.places) for one in found]


CHINESE = {"column": "m", "profile": "phone:e164:v1", "region": "CN"}
NUMBERS = ["13800138000", "2025550123", "+12025550123", "0012025550123", "", "15112345678"]


@pytest.mark.parametrize(
    ("name", "home", "america", "germany"),
    [
        ("country", "CN", "US", "DE"),
        ("Land", "China", "USA", "Deutschland"),
        ("国家", "中国大陆", "美国", "德国"),
        ("国家/地区", "中國", "美國", "德國"),
        ("pays", "Chine", "États-Unis", "Allemagne"),
        ("country_code", "86", "1", "+49"),
        ("phone country", "chn", "United States", "DEU"),
    ],
)
@pytest.mark.parametrize("profile", ["phone:e164:v1", "phone:cn11:v1"])
def test_numbers_of_another_country_without_a_plus(
    tmp_path: Path, name: str, home: str, america: str, germany: str, profile: str
) -> None:
    countries = [home, america, america, america, america, germany]
    rows = [f"{country},{number}" for country, number in zip(countries, NUMBERS, strict=True)]
    id_ = CHINESE if "e164" in profile else {"column": "m", "profile": profile}
    found = look(tmp_path / "x.csv", [f"{name},m", *rows], id=id_)
    assert told(found, "countries") == [(name, 2, f"{america}, {germany}", (3,))]


def test_numbers_that_say_their_country_or_are_at_home_are_no_concern(tmp_path: Path) -> None:
    path, rows = tmp_path / "x.csv", ["country,m", "CN,13800138000", "US,+12025550123", "DE,0049"]
    assert told(look(path, rows, id=CHINESE), "countries") == []
    rows = ["country,m", "1,13800138000", "2,13800138001", "86,13800138002", "nowhere,13800138003"]
    assert told(look(path, rows, id=CHINESE), "countries") == []
    other = ["island,m", "US,13800138000"]
    assert told(look(path, other, id=CHINESE), "countries") == []
    for id_ in ({"column": "m", "profile": "raw:v1"}, {"column": "m", "profile": "phone:e164:v1"}):
        assert told(look(path, ["country,m", "US,2025550123"], id=id_), "countries") == []


def test_countries_of_another_region(tmp_path: Path) -> None:
    american = CHINESE | {"region": "US"}
    rows = ["country,m", "Canada,2025550123", "United Kingdom,2025550124", "England,2025550125"]
    found = look(tmp_path / "x.csv", rows, id=american)
    assert told(found, "countries") == [("country", 2, "United Kingdom, England", (3,))]


def test_countries_in_parquet_and_in_parts(tmp_path: Path) -> None:
    rows = {"country": ["CN", None, "US", "US"], "m": ["13800138000", "1", "2025550123", "+1"]}
    pq.write_table(pa.table(rows), tmp_path / "x.parquet")
    spec = DatasetSpec.model_validate({"file": "x.parquet", "kind": "events", "id": CHINESE})
    report = validate_report(spec, tmp_path / "x.parquet")
    assert told(report, "countries") == [("country", 1, "US", (3,))]
    (tmp_path / "parts").mkdir()
    for number, lines in enumerate((["CN,13800138000", "US,2025550123"], ["US,2025550124"])):
        text = "\n".join(["country,m", *lines, ""])
        (tmp_path / "parts" / f"{number}.csv").write_text(text)
    parts = spec.model_copy(update={"file": "parts"})
    table = gathered(parts, tmp_path)
    assert told(table.report, "countries") == [("country", 2, "US", (3,))]
    assert equal(table, read_here(parts, tmp_path))


def test_a_column_of_many_values_is_no_column_of_countries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unread, "_MOST_PLACES", 1)
    rows = ["country,m", "US,2025550123", "DE,2025550124"]
    found = look(tmp_path / "x.csv", rows, id=CHINESE)
    assert told(found, "countries") == [("country", 2, "US, DE", (2,))]


def test_of_many_addresses_the_first_few_are_looked_at() -> None:
    column = unread.Unread(phone="m", places="地區")
    cells = pa.array([f"台北市忠孝東路{n}號".encode() for n in range(5 * unread.LOOKED_AT)])
    phones = pa.array(["0912345678"] * len(cells))
    for _ in range(2):
        column.add("送貨地區", cells, int, phones)
    found = column.abroad["送貨地區"]
    assert len(found) == unread.LOOKED_AT
    assert {rows for rows, _ in found.values()} == {1}


def test_names_that_say_most_come_first() -> None:
    found = {"US": (1, 9), "DE": (3, 4), "FR": (2, 5), "IT": (1, 6), "CN": (9, 2), "x": (7, 1)}
    assert abroad(found, "CN", {}) == (7, 4, "DE, FR, US")
    assert abroad({"CN": (9, 2), "": (1, 3)}, "CN", {}) == (0, 0, "")


WHEN = {"column": "at", "format": "%Y-%m-%d %H:%M", "zone": "Asia/Shanghai"}
RAW = {"column": "m", "profile": "raw:v1"}


def test_time_zones_in_a_column_that_is_not_read(tmp_path: Path) -> None:
    rows = ["tz,m,at", "Asia/Shanghai,u1,2026-06-04 12:30", "UTC,u2,2026-06-04 12:31", ",u3,x"]
    path = tmp_path / "x.csv"
    found = look(path, rows, id=RAW, time=WHEN)
    assert told(found, "zones") == [("tz", 2, "Asia/Shanghai, UTC", (2,))]
    assert told(look(path, rows, id=RAW), "zones") == []
    assert told(look(path, rows[:2], id=RAW, time=WHEN), "zones") == []
    assert told(look(path, ["quartz,m,at", *rows[1:]], id=RAW, time=WHEN), "zones") == []


@pytest.mark.parametrize(("ago", "odd"), [(1463, True), (1460, False)])
def test_days_that_may_count_from_1904(tmp_path: Path, ago: int, odd: bool) -> None:
    day = int(time.time()) // 86_400 + 25_569 - ago
    rows = ["m,at", f"u1,{day - 9}.25", f"u2,{day}.25", f"u3,{day - 3}.5"]
    when = {"column": "at", "format": "spreadsheet-days", "zone": "UTC"}
    found = told(look(tmp_path / "x.csv", rows, id=RAW, time=when), "mac-days")
    assert [(column, count, places) for column, count, _, places in found] == (
        [("at", 3, (3,))] if odd else []
    )


def test_a_file_without_a_usable_day_says_nothing_of_1904(tmp_path: Path) -> None:
    when = {"column": "at", "format": "spreadsheet-days", "zone": "UTC"}
    assert told(look(tmp_path / "x.csv", ["m,at", "u1,soon"], id=RAW, time=when), "mac-days") == []


def numbers_with_plus(folder: Path, rows: list[tuple[str, str]], *, label: bool) -> list[Concern]:
    path = folder / "plus.csv"
    path.write_text("\n".join(["Phone,Country", *map(",".join, rows), ""]), "utf-8")
    identifier = {"column": "Phone", "profile": "phone:e164:v1"}
    section = {"file": path.name, "kind": "audience", "id": identifier, "duplicates": "first"}
    section |= {"labels": ["Country"]} if label else {}
    found = validate_report(DatasetSpec.model_validate(section), path)
    assert found.usable == len(rows)
    return [one for one in found.concerns if one.kind == "plus-alone"]


AMERICANS = [(f"+1212555{n:04}", "United States") for n in range(2000, 2040)]


@pytest.mark.parametrize("label", [False, True])
@pytest.mark.parametrize("name", ["China", "CN", "中国"])
def test_a_plus_before_no_country_code_is_pointed_at(
    tmp_path: Path, name: str, *, label: bool
) -> None:
    chinese = [(f"+130523456{n}", name) for n in range(10, 20)]
    right = [("+8613912345678", name)]
    found = numbers_with_plus(tmp_path, [*AMERICANS, *chinese, *right], label=label)
    assert found == [Concern("plus-alone", "Phone", 10, 51, f"Country: {name}")]


@pytest.mark.parametrize(
    "others",
    [
        [(f"+86139123456{n}", "China") for n in range(10, 20)],
        [(f"+1305234567{n}", "Canada") for n in range(10)],
        [(f"+4917612345{n}", "Germany") for n in range(100, 110)],
        [(f"+130523456{n}", "China") for n in (10, 11)],
        [(f"+130523456{n}", "") for n in range(10, 20)],
        [
            *((f"+86139123456{n}", "China") for n in range(10, 30)),
            *((f"+130523456{n}", "China") for n in range(10, 14)),
        ],
    ],
    ids=["Chinese", "Canadian", "German", "two", "of nowhere", "a few who live abroad"],
)
def test_other_numbers_with_plus_are_not(tmp_path: Path, others: list[tuple[str, str]]) -> None:
    assert numbers_with_plus(tmp_path, [*AMERICANS, *others], label=False) == []
