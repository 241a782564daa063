"""Names of columns that say another zone or unit than the declared one are pointed at."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cleanroom.ingest import validate_report
from cleanroom.ingest.concerns.names_of_columns import unit, zone, zone_beside
from cleanroom.ingest.spec import DatasetSpec
from cleanroom.report.dataset import concern

JANUARY, JULY = (int(datetime(2026, month, 5, tzinfo=UTC).timestamp()) for month in (1, 7))
YEAR = np.arange(JANUARY, JULY, 86_400) * 10**6
SUMMER = YEAR[-20:]


@pytest.mark.parametrize(
    ("column", "declared", "said"),
    [
        ("Created (UTC)", "Asia/Shanghai", "UTC ≠ Asia/Shanghai"),
        ("created_at_utc", "America/New_York", "utc ≠ America/New_York"),
        ("createdUtc", "+08:00", "Utc ≠ +08:00"),
        ("utc time", "Europe/London", "utc ≠ Europe/London"),
        ("post_date_gmt", "Europe/Berlin", "gmt ≠ Europe/Berlin"),
        ("时间(UTC+8)", "UTC", "UTC+8 ≠ UTC"),
        ("Time GMT-05:00", "Asia/Tokyo", "GMT-05:00 ≠ Asia/Tokyo"),
        ("下单时间\uff08北京时间\uff09", "UTC", "北京时间 ≠ UTC"),
        ("Order Date (PST)", "America/New_York", "PST ≠ America/New_York"),
        ("at_JST", "Asia/Shanghai", "JST ≠ Asia/Shanghai"),
    ],
)
def test_a_name_says_another_zone(column: str, declared: str, said: str) -> None:
    assert [one.declared for one, _ in zone(column, declared, YEAR)] == [said]


@pytest.mark.parametrize(
    ("column", "declared"),
    [
        ("Created (UTC)", "UTC"),
        ("created_utc", "Atlantic/Reykjavik"),
        ("time (GMT)", "Europe/London"),
        ("time (UTC+8)", "Asia/Singapore"),
        ("time (GMT+2)", "Europe/Berlin"),
        ("time (EST)", "America/New_York"),
        ("北京时间", "Asia/Shanghai"),
        ("gmt_create", "Asia/Shanghai"),
        ("gmtCreate", "Asia/Shanghai"),
        ("utctime_of_outcome", "Asia/Shanghai"),
        ("date_est", "Asia/Shanghai"),
        ("pt", "Asia/Shanghai"),
        ("Created (UTC)", None),
    ],
)
def test_a_name_that_fits_or_says_none_is_quiet(column: str, declared: str | None) -> None:
    assert [*zone(column, declared, YEAR)] == []


def test_london_has_utc_in_winter_alone() -> None:
    assert [*zone("at (UTC)", "Europe/London", YEAR[:20])] == []
    assert len([*zone("at (UTC)", "Europe/London", SUMMER)]) == 1
    assert [*zone("at (GMT)", "Europe/London", SUMMER)] == []


@pytest.mark.parametrize(
    "column",
    ["金额(分)", "订单金额\uff08分\uff09", "支付金额_分",
     "金额(单位:分)", "amount_cents", "amountInCents", "total_fen", "price (pence)",
     "amount_minor", "cost_micros"],
)  # fmt: skip
def test_a_name_says_a_smaller_unit(column: str) -> None:
    whole = np.array([1250, 99, 30_000])
    assert len([*unit(column, whole * 100, 2)]) == 1
    assert [*unit(column, whole, 0)] == []
    assert [*unit(column, np.append(whole * 100, 1250), 2)] == []
    assert [*unit(column, whole[:0], 2)] == []


@pytest.mark.parametrize(
    "column",
    ["金额(元)", "金额", "得分(分)", "评分\uff08分\uff09", "积分",
     "观看时长(分)", "percent", "price per cent", "incentive", "minority", "accent"],
)  # fmt: skip
def test_points_and_whole_units_are_quiet(column: str) -> None:
    assert [*unit(column, np.array([100, 2000]), 2)] == []


def look(folder: Path, at: str, **time: Any) -> list[str]:
    lines = [f"u{n % 9},{at.format(n % 20 + 1, n % 24, n % 59)},{n * 25 + 5}" for n in range(40)]
    (folder / "x.csv").write_text("\n".join(["m,at (UTC),fee_cents", *lines, ""]), "utf-8")
    section = {
        "file": "x",
        "kind": "events",
        "id": {"column": "m", "profile": "raw:v1"},
        "time": {"column": "at (UTC)", **time},
        "measures": {"fee": {"column": "fee_cents", "max": 10**6, "decimals": 2}},
    }
    report = validate_report(DatasetSpec.model_validate(section), folder / "x.csv")
    for one in report.concerns:
        assert concern(one, "line", "en") != concern(one, "line", "zh")
    return [one.kind for one in report.concerns if one.kind.startswith("named")]


@pytest.mark.usefixtures("inside")
def test_files_whose_times_say_their_offset_are_quiet(tmp_path: Path) -> None:
    zoned = {"zone": "Asia/Shanghai"}
    local, both = "2026-05-{:02} {:02}:{:02}:00", ["named-unit", "named-zone"]
    assert look(tmp_path, local, **zoned) == both
    assert look(tmp_path, local, format="%Y-%m-%d %H:%M:%S", **zoned) == both
    assert look(tmp_path, local + "Z", **zoned) == ["named-unit"]
    assert look(tmp_path, local + "+00:00", **zoned) == ["named-unit"]
    assert look(tmp_path, local, zone="UTC") == ["named-unit"]


@pytest.mark.parametrize(
    ("column", "right", "wrong"),
    [("Tanggal (WIB)", "Asia/Jakarta", "Asia/Shanghai"),
     ("Paid WITA", "Asia/Makassar", "Asia/Tokyo"),
     ("Time (WIT)", "Asia/Jayapura", "Asia/Shanghai"),
     ("time (ICT)", "Asia/Bangkok", "Asia/Shanghai"),
     ("Paid (PHT)", "Asia/Manila", "Asia/Tokyo"), ("MYT", "Asia/Kuala_Lumpur", "Asia/Jakarta"),
     ("Created (PT)", "America/Los_Angeles", "Asia/Shanghai"),
     ("Order Time ET", "America/New_York", "UTC"),
     ("at PDT", "America/Los_Angeles", "America/New_York"), ("at PST", "Asia/Manila", "Asia/Tokyo"),
     ("Data (BRT)", "America/Sao_Paulo", "UTC"), ("CST", "Asia/Shanghai", "UTC"),
     ("CST", "America/Chicago", "Asia/Tokyo"), ("date (IST)", "Asia/Kolkata", "Asia/Shanghai"),
     ("AEST", "Australia/Sydney", "Asia/Shanghai"), ("MEZ", "Europe/Berlin", "UTC"),
     ("MSK", "Europe/Moscow", "Europe/Berlin"), ("台北時間", "Asia/Taipei", "Asia/Tokyo"),
     ("한국 시간", "Asia/Seoul", "Asia/Shanghai")],
)  # fmt: skip
def test_zones_of_many_places(column: str, right: str, wrong: str) -> None:
    june = np.array([1_780_531_200 * 10**6])
    assert [*zone(column, right, june)] == []
    ((found, _),) = zone(column, wrong, june)
    assert found.kind == "named-zone"


@pytest.mark.parametrize(
    "column", ["PT_date", "MARKET", "ticket time", "CAT_TIME", "withdrawn", "PICTURE", "gst", "ET"]
)
def test_parts_of_words_are_no_zones(column: str) -> None:
    assert [*zone(column, "Asia/Shanghai", np.array([1_780_531_200 * 10**6]))] == []


BESIDE = [
    ("timezone", ["UTC"]), ("tz", ["Z"]), ("time_zone", ["Etc/UTC", ""]), ("时区", ["UTC+0"]),
    ("utc_offset", ["+00:00"]), ("TimeZone", ["GMT"]),
    ("zone", ["(UTC) Coordinated Universal Time"]),
]  # fmt: skip
HONEST = [
    ("timezone", ["Asia/Shanghai"]), ("timezone", ["UTC", "Asia/Shanghai"]), ("zone", ["Z", "A"]),
    ("时区", ["UTC+8"]), ("utc_offset", ["+08:00"]), ("utc_offset", ["-00:30"]), ("note", ["UTC"]),
    ("grade", ["Z"]), ("timezone", []), ("location", ["UTC"]), ("at_local", ["UTC"]),
    ("zone", ["(UTC+00:00) Dublin, London"]), ("zone", ["Zeeland"]),
]  # fmt: skip


def beside(name: str, values: list[str], declared: str | None, column: str = "at") -> list[str]:
    others = {"tier": None, name: dict.fromkeys(values, (1, 1)) or None}
    found = zone_beside(column, declared, SUMMER, others)
    return [one.declared for one, _ in found if one.kind == "zone-beside"]


@pytest.mark.parametrize(("name", "values"), BESIDE)
def test_a_column_beside_says_utc(name: str, values: list[str]) -> None:
    (said,) = beside(name, values, "Asia/Shanghai")
    assert name in said and said.endswith("≠ Asia/Shanghai")
    assert bool(beside(name, values, "Europe/London")) is (values != ["GMT"])
    for declared in ("UTC", "Atlantic/Reykjavik", None):
        assert beside(name, values, declared) == []
    assert beside(name, values, "Asia/Shanghai", "at (UTC)") == []


@pytest.mark.parametrize(("name", "values"), HONEST)
def test_columns_that_say_no_utc(name: str, values: list[str]) -> None:
    assert beside(name, values, "Asia/Shanghai") == []


@pytest.mark.parametrize("column", ["创建时间(世界标准时)", "協定世界時", "at zulu", "Time (Z)"])
def test_other_words_for_utc(column: str) -> None:
    assert [one.kind for one, _ in zone(column, "Asia/Shanghai", YEAR)] == ["named-zone"]
    assert [*zone(column, "UTC", YEAR)] == []


@pytest.mark.usefixtures("inside")
@pytest.mark.parametrize(("end", "told"), [("", True), ("Z", False), ("+08:00", False)])
def test_a_file_with_its_zone_in_a_column(tmp_path: Path, end: str, told: bool) -> None:
    lines = [f"u{n % 9},2026-05-{n % 20 + 1:02} 1{n % 9}:0{n % 7}:09{end},UTC" for n in range(40)]
    (tmp_path / "x.csv").write_text("\n".join(["m,at,timezone", *lines, ""]))
    section = {"file": "x", "kind": "events", "id": {"column": "m", "profile": "raw:v1"}}
    for more in ({}, {"labels": ["timezone"]}):
        section["time"] = {"column": "at", "zone": "Asia/Shanghai"}
        report = validate_report(DatasetSpec.model_validate(section | more), tmp_path / "x.csv")
        found = [one for one in report.concerns if one.kind == "zone-beside"]
        assert [one.declared for one in found] == ["timezone: UTC ≠ Asia/Shanghai"] * told
        for one in found:
            assert "40" in concern(one, "line", "en") and "40" in concern(one, "line", "zh")
