# ruff: noqa: E501
"""Times as a dataset declares them: patterns, units, zones, and what they do not cover."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from cleanroom.ingest import validate_report
from cleanroom.ingest.concerns.rounding import RoundedDays
from cleanroom.ingest.parse import parse_time
from cleanroom.ingest.spec import DatasetSpec, TimeSpec
from cleanroom.report.dataset import concern

pytestmark = pytest.mark.usefixtures("inside")


LATEST = 1_800_000_000 * 10**6


def read(cell: str | None, latest: int = LATEST, **declared: Any) -> int | str:
    parsed = parse_time(pa.array([cell], pa.string()), TimeSpec(column="at", **declared), latest)
    reasons = [reason for reason, where in parsed.faults if where[0]]
    return reasons[0].removeprefix("at ") if reasons else int(parsed.values[0])


def instant(text: str) -> int:
    return (datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(
        microseconds=1
    )


SHANGHAI = {"zone": "Asia/Shanghai"}


@pytest.mark.parametrize(
    ("cell", "declared", "wanted"),
    [
        ("2026-06-04 12:30", {"format": "%Y-%m-%d %H:%M", **SHANGHAI}, "2026-06-04T12:30+08:00"),
        ("2026/6/4 9:05", {"format": "%Y/%m/%d %H:%M", **SHANGHAI}, "2026-06-04T09:05+08:00"),
        ("2026年6月4日 12时30分", {"format": "%Y年%m月%d日 %H时%M分", **SHANGHAI}, "2026-06-04T12:30+08:00"),
        ("2026年6月4日 下午1:05", {"format": "%Y年%m月%d日 %p%I:%M", **SHANGHAI}, "2026-06-04T13:05+08:00"),
        ("20260604", {"format": "%Y%m%d", **SHANGHAI}, "2026-06-04T00:00+08:00"),
        ("20260604123000", {"format": "%Y%m%d%H%M%S", "zone": "UTC"}, "2026-06-04T12:30:00Z"),
        ("6/4/26 1:05 PM", {"format": "%m/%d/%y %I:%M %p", "zone": "America/New_York"}, "2026-06-04T13:05-04:00"),
        ("12:30 am 4.6.2026", {"format": "%I:%M %p %d.%m.%Y", "zone": "Europe/Berlin"}, "2026-06-04T00:30+02:00"),
        ("4Jun2026", {"format": "%d%b%Y", "zone": "UTC"}, "2026-06-04T00:00Z"),
        ("june 4, 2026", {"format": "%B %d, %Y", "zone": "UTC"}, "2026-06-04T00:00Z"),
        ("04/Jun/2026:12:30:00 +0800", {"format": "%d/%b/%Y:%H:%M:%S %z"}, "2026-06-04T12:30:00+08:00"),
        ("2026-06-04 12:30:00.1234567", {"format": "%Y-%m-%d %H:%M:%S.%f", "zone": "UTC"}, "2026-06-04T12:30:00.123456Z"),
        ("1780531200123", {"format": "milliseconds"}, "2026-06-04T00:00:00.123Z"),
        ("1780531200123456", {"format": "microseconds"}, "2026-06-04T00:00:00.123456Z"),
        ("1780531200.5", {"format": "seconds"}, "2026-06-04T00:00:00.5Z"),
        ("46177.5208333333", {"format": "spreadsheet-days", **SHANGHAI}, "2026-06-04T12:30+08:00"),
        ("46177", {"format": "spreadsheet-days", "zone": "UTC"}, "2026-06-04T00:00Z"),
        ("2026-06-04 12:30:00", SHANGHAI, "2026-06-04T12:30+08:00"),
        ("2026-06-04T12:30:00Z", SHANGHAI, "2026-06-04T12:30Z"),
        ("1780531200", SHANGHAI, "2026-06-04T00:00Z"),
        ("2026-06-04 12:30:00 UTC", {}, "2026-06-04T12:30Z"),
        ("2026-06-04 12:30:00.25 UTC", {}, "2026-06-04T12:30:00.25Z"),
        ("2026-06-04T12:30:00 +08:00", {}, "2026-06-04T12:30+08:00"),
    ],
)  # fmt: skip
def test_a_declared_time_is_read(cell: str, declared: dict[str, str], wanted: str) -> None:
    assert read(cell, **declared) == instant(wanted)
    assert read(f" {cell}\u00a0" if "format" in declared else f" {cell} ", **declared) == instant(
        wanted
    )


DAY = {"format": "%Y%m%d", **SHANGHAI}
HALF = {"format": "%Y-%m-%d %I:%M %p", **SHANGHAI}
MINUTE = {"format": "%Y-%m-%d %H:%M", **SHANGHAI}


@pytest.mark.parametrize(
    ("cell", "declared", "reason"),
    [
        ("2026111", DAY, "does not match the declared format %Y%m%d"),
        ("2026-06-04", DAY, "does not match"),
        ("`20260604", {**DAY, "format": "`%Y%m%d"}, "taken off before it is read: declare %Y%m%d"),
        ("'2026-06-04", {**DAY, "format": "'%Y%m%d"}, "does not match the declared format '%Y"),
        ("2026-06-04 01:30 晚上", HALF, "export 24 hours"),
        ("2026-06-04 오후 01:30", MINUTE, "declare %I and %p"),
        ("午後 2026-06-04 01:30", HALF, "export 24 hours"),
        ("2026-06-04 01:30 camp", HALF, "does not match"),
        ("2026-06-04 12:30:00", MINUTE, "does not match"),
        ("2026-06-04T12:30", MINUTE, "does not match"),
        ("26-06-04 12:30", MINUTE, "does not match"),
        ("\uff12026-06-04 12:30", MINUTE, "does not match"),
        ("2026-06-04 12:30", DAY, "does not match"),
        ("1780531200", MINUTE, "does not match"),
        ("2026-02-30 12:30", MINUTE, "no calendar"),
        ("2026-13-01 12:30", MINUTE, "a month beyond 12"),
        ("2026-06-04 24:00", MINUTE, "no calendar"),
        ("0000-00-00 00:00", MINUTE, "no calendar"),
        ("2026-06-04 0:30 AM", {"format": "%Y-%m-%d %I:%M %p", **SHANGHAI}, "no calendar"),
        ("2026-06-04 12:30 +0899", {"format": "%Y-%m-%d %H:%M %z"}, "no clock has"),
        ("1970-01-01 00:00", MINUTE, "programs write where there is none"),
        ("0001-01-01 00:00", MINUTE, "programs write where there is none"),
        ("9999-12-31 23:59", MINUTE, "in the future"),
        ("1780531200", {"format": "milliseconds"}, "fits seconds"),
        ("1780531200123", {"format": "seconds"}, "fits milliseconds"),
        ("0", {"format": "milliseconds"}, "programs write where there is none"),
        ("-5", {"format": "seconds"}, "is not a number of seconds"),
        ("1.7E12", {"format": "milliseconds"}, "is not a number of milliseconds"),
        ("20260604", {"format": "spreadsheet-days", **SHANGHAI}, "fits a date"),
        ("1780531200", {"format": "spreadsheet-days", **SHANGHAI}, "fits seconds"),
        ("1234567", {"format": "spreadsheet-days", **SHANGHAI}, "not a day number"),
        ("", MINUTE, "is empty"),
        (None, MINUTE, "is empty"),
        ("2" * 65, MINUTE, "longer than any time"),
        ("2026-06-04", SHANGHAI, "a day without a time"),
        ("1970-01-01T00:00:00Z", {}, "programs write where there is none"),
        ("0001-01-01T00:00:00Z", {}, "programs write where there is none"),
        ("1900-01-01 00:00:00", SHANGHAI, "programs write where there is none"),
        ("2026-06-04 12:30:00+08:00 UTC", {}, "neither Unix seconds"),
        ("2026-06-04T12.5Z", {}, "neither Unix seconds"),
        ("30:05.0", {}, "has lost its day"),
        ("30:05.0", MINUTE, "has lost its day"),
        ("12:30", MINUTE, "has lost its day"),
        ("8:05:09 PM", SHANGHAI, "has lost its day"),
        ("12:30", {"format": "%d:%m:%Y %H:%M", **SHANGHAI}, "has lost its day"),
        ("12:30 Uhr", MINUTE, "does not match"),
        ("2026:06:04", MINUTE, "does not match"),
        ("2569-06-04 12:30", MINUTE, "year of another calendar"),
        ("2569-06-04T12:30:00Z", {}, "year of another calendar"),
        ("4/6/2569", {"format": "%d/%m/%Y", **SHANGHAI}, "year of another calendar"),
        ("1405-03-14 12:30", MINUTE, "year of another calendar"),
        ("115/06/28 8:30", MINUTE, "115 in Taiwan"),
        ("115-06-28 08:30:00", SHANGHAI, "115 in Taiwan"),
        ("民國115年6月28日", MINUTE, "115 in Taiwan"),
        ("R08/06/04 12:30", MINUTE, "R8 in Japan"),
        ("R8.6.4", SHANGHAI, "R8 in Japan"),
        ("令和8年6月4日", MINUTE, "R8 in Japan"),
        ("令和元年6月4日", MINUTE, "R8 in Japan"),
        ("Room 8", MINUTE, "does not match"),
        ("115.5.", MINUTE, "does not match"),
        ("2999-12-31 00:00", MINUTE, "in the future"),
        ("2269-06-04 12:30", MINUTE, "in the future"),
        ("18918000000", {"format": "seconds"}, "in the future"),
        ("1753-01-01 00:00", MINUTE, "programs write where there is none"),
        ("2026-06-04 12:30,5Z", {}, "neither Unix seconds"),
        ("20260604T1230.5Z", {}, "neither Unix seconds"),
    ],
)
def test_what_does_not_match_is_left_out(
    cell: str | None, declared: dict[str, str], reason: str
) -> None:
    found = read(cell, **declared)
    assert isinstance(found, str)
    assert reason in found


def test_instants_of_a_parquet_file_can_be_none_too() -> None:
    column = pa.array([0, -62_135_596_800_000_000, 10**15], pa.timestamp("us", tz="UTC"))
    faults = parse_time(column, "at", LATEST).faults
    assert [bool(sum(mask[row] for _, mask in faults)) for row in range(3)] == [True, True, False]


# --- clocks that are set back and forward: Berlin, 2026-03-29 and 2026-10-25 (IANA tzdata)

BERLIN = {"format": "%Y-%m-%d %H:%M", "zone": "Europe/Berlin"}
LATER = 1_900_000_000 * 10**6


def test_a_local_time_that_was_shown_twice_is_left_out_or_chosen() -> None:
    twice = "2026-10-25 02:30"
    assert "showed twice" in str(read(twice, LATER, **BERLIN))
    assert read(twice, LATER, repeated="first", **BERLIN) == instant("2026-10-25T00:30Z")
    assert read(twice, LATER, repeated="second", **BERLIN) == instant("2026-10-25T01:30Z")
    assert "showed twice" in str(read("2026-10-25 02:30:00", LATER, zone="Europe/Berlin"))


@pytest.mark.parametrize("repeated", ["reject", "first", "second"])
def test_a_local_time_that_was_skipped_is_left_out(repeated: str) -> None:
    assert "skipped" in str(read("2026-03-29 02:30", LATER, repeated=repeated, **BERLIN))
    assert read("2026-03-29 01:59", LATER, repeated=repeated, **BERLIN) == instant(
        "2026-03-29T00:59Z"
    )
    assert read("2026-03-29 03:00", LATER, repeated=repeated, **BERLIN) == instant(
        "2026-03-29T01:00Z"
    )


@settings(max_examples=150, deadline=None)
@given(
    moment=st.datetimes(datetime(1975, 1, 1), datetime(2026, 1, 1)),  # noqa: DTZ001
    offset=st.integers(-12 * 60, 14 * 60),
)
def test_a_pattern_reads_what_it_writes(moment: datetime, offset: int) -> None:
    sign = "-" if offset < 0 else "+"
    zone = f"{sign}{abs(offset) // 60:02}:{abs(offset) % 60:02}"
    for pattern in ("%Y-%m-%d %H:%M:%S.%f%z", "%d.%m.%Y %I:%M:%S.%f %p %z"):
        text = moment.strftime(pattern.replace("%z", zone))
        assert read(text, format=pattern) == instant(moment.isoformat() + zone)


@pytest.mark.parametrize(
    ("declared", "reason"),
    [
        ({"format": "%Y-%m-%d"}, "zone is missing"),
        ({"format": "spreadsheet-days"}, "zone is missing"),
        ({"format": "%Y-%m-%d %z", "zone": "UTC"}, "zone is for local times"),
        ({"format": "milliseconds", "zone": "UTC"}, "zone is for local times"),
        ({"format": "iso", "zone": "UTC"}, "lacks %Y"),
        ({"format": "%Y-%m", "zone": "UTC"}, "lacks %d"),
        ({"format": "%Y-%m-%d %Q", "zone": "UTC"}, "%Q"),
        ({"format": "%Y-%m-%d %", "zone": "UTC"}, "%%"),
        ({"format": "%Y-%m-%d %I:%M", "zone": "UTC"}, "%I and %p"),
        ({"format": "%Y-%m-%d %M", "zone": "UTC"}, "%M without %H"),
        ({"format": "%Y-%m-%d %Y", "zone": "UTC"}, "twice"),
        ({"format": "%Y-%m-%d", "zone": "Beijing"}, "no such time zone"),
        ({"format": "%Y-%m-%d", "zone": "../../etc/passwd"}, "no such time zone"),
        ({"format": "%Y-%m-%d", "zone": "right/Asia/Shanghai"}, "no such time zone"),
        ({"format": "%Y-%m-%d", "zone": "+8:00"}, "no such time zone"),
        ({"format": "%Y-%m-%d", "zone": "+15:00"}, "no such time zone"),
        ({"format": "%Y-%m-%d", "zone": "localtime"}, "differs from machine to machine"),
        ({"format": "%Y-%m-%d", "zone": "EST"}, "no summer time: write America/New_York"),
        *(
            ({"format": "%Y-%m-%d", "zone": zone}, r"east or west .* such as \+08:00 \(east\)")
            for zone in ("Etc/GMT+8", "Etc/GMT-8", "GMT+8", "UTC+08:00", "utc-5", "Etc/GMT+12")
        ),
        ({"repeated": "first"}, "declare their zone"),
        ({"format": "%Y-%m-%d", "zone": "UTC", "repeated": "both"}, "reject"),
    ],
)
def test_a_bad_declaration_is_refused(declared: dict[str, str], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        TimeSpec(column="at", **declared)  # type: ignore[arg-type]


def test_days_and_months_the_other_way_round_are_suspected() -> None:
    american = {"format": "%m/%d/%Y", "zone": "UTC"}
    assert "other way round" in str(read("13/6/2026", **american))
    assert "no calendar" in str(read("13/32/2026", **american))
    assert "no calendar" in str(read("2/30/2026", **american))


def test_an_offset_is_a_zone() -> None:
    day = {"format": "%Y-%m-%d %H:%M"}
    for zone in ("+08:00", "-03:30", "+00:00"):
        assert read("2026-06-04 12:30", zone=zone, **day) == instant(f"2026-06-04T12:30{zone}")
    for zone in ("UTC", "GMT", "Etc/UTC", "Etc/GMT", "Etc/GMT+0"):
        assert read("2026-06-04 12:30", zone=zone, **day) == instant("2026-06-04T12:30+00:00")


def test_a_name_alone_still_declares_a_time() -> None:
    base = {"file": "x.csv", "kind": "events", "id": {"column": "m", "profile": "raw:v1"}}
    plain = DatasetSpec.model_validate(base | {"time": "ts"})
    assert plain.time == TimeSpec(column="ts")
    full = DatasetSpec.model_validate(base | {"time": {"column": "ts", **MINUTE}, "key": "order"})
    assert DatasetSpec.model_validate_json(full.model_dump_json()) == full
    assert full.columns == ("m", "ts", "order")


def coarse(*cells: str) -> tuple[str, int, str, int] | None:
    days = RoundedDays()
    half = len(cells) // 2
    days.add(pa.array(cells[:half], pa.string()), 0)
    part = RoundedDays()
    part.add(pa.array(cells[half:], pa.string()), 0)
    joined = RoundedDays()
    joined.absorb(days.document(), 0)
    joined.absorb(part.document(), half)
    days.add(pa.array(cells[half:], pa.string()), half)
    assert list(joined.concerns("at")) == list(days.concerns("at"))
    found = [(one.kind, one.rows, one.declared, row) for one, row in days.concerns("at")]
    return found[0] if found else None


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        (["46177.52", "46177.5", "46178.1"], ("coarse", 2, "7.2", 0)),
        (["46177", "46177.1"], ("coarse", 1, "72", 1)),
        (["46177.25", "46177.521"], ("coarse", 1, "0.72", 1)),
        (["46177.25", "46177.25", "46177.25", "46177.521"], ("coarse", 1, "0.72", 3)),
        (["46177.5208", "46177.0000"], ("coarse", 1, "0.072", 0)),
        (["46177.52083", "46177.0000"], None),
        (["46177.5208333333", "46177.52", *["46177.123456"] * 4], None),
        (["46177.5208333333", "46177.52", "46177.123456"], ("coarse", 1, "7.2", 1)),
        (["46177.5", "46177.25", "46177.125", "46177.6875", "46178"], None),
        (["46177", "46178.0", "46179."], ("whole-days", 3, "", 0)),
        (["", "x.5", "4.5e4"], None),
        ([], None),
    ],
)
def test_day_numbers_with_few_decimals_were_rounded(cells: list[str], found: Any) -> None:
    assert coarse(*cells) == found


@given(seconds=st.integers(0, 86_399), decimals=st.integers(1, 7))
def test_the_error_that_is_named_holds(seconds: int, decimals: int) -> None:
    cell = f"{46177 + Decimal(seconds) / 86_400:.{decimals}f}"
    moment = read(cell, format="spreadsheet-days", zone="UTC")
    assert isinstance(moment, int)
    off = abs(moment - instant("2026-06-04T00:00Z") - seconds * 10**6) / 10**6
    named = coarse(cell)
    bound = float(named[2]) * 60 if named and named[0] == "coarse" else 0
    whole = named is not None and named[0] == "whole-days"
    quarter = Decimal(cell) * 96 % 1 == 0
    assert off <= bound + 0.5 or whole or quarter


def test_times_before_2000_are_pointed_at(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    section = {
        "file": path.name,
        "kind": "events",
        "id": {"column": "m", "profile": "raw:v1"},
        "time": "at",
    }
    spec = DatasetSpec.model_validate(section)
    path.write_text("m,at\na,1780531200\nb,802224000\nc,946684799\n")
    (found,) = validate_report(spec, path).concerns
    assert (found.kind, found.rows, found.of, found.places) == ("early", 2, 3, (3,))
    path.write_text("m,at\na,1780531200\nb,946684800\n")
    assert validate_report(spec, path).concerns == ()


def test_rounded_days_are_noticed_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("m,at\na,46177.52\nb,46177.53\n")
    section = {
        "file": path.name,
        "kind": "events",
        "id": {"column": "m", "profile": "raw:v1"},
        "time": {"column": "at", "format": "spreadsheet-days", "zone": "UTC"},
    }
    (found,) = validate_report(DatasetSpec.model_validate(section), path).concerns
    assert (found.kind, found.column, found.places) == ("coarse", "at", (2,))
    for language, part in (("en", "7.2 minutes off, first line 2"), ("zh", "误差可达 7.2 分钟")):
        assert part in concern(found, "line", language)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("before", "after"),
    [("AM", "PM"), ("a. m.", "p. m."), ("a.m.", "p.m."), ("a.\u00a0m.", "p.\u00a0m."),
     ("上午", "下午"), ("午前", "午後"), ("오전", "오후"), ("SA", "CH"), ("fm", "em"),
     ("de.", "du."), ("ap.", "ip."), ("dop.", "odp."), ("ÖÖ", "ÖS"), ("π.μ.", "μ.μ."),
     ("дп", "пп"), ("ص", "م")],
)  # fmt: skip
def test_halves_of_the_day_in_other_languages(before: str, after: str) -> None:
    """Which word is which half is that of the locales (CLDR, dayPeriods)."""
    morning = datetime(2026, 6, 4, 1, 30, tzinfo=UTC)
    for word, hour, away in ((before, "01", 0), (after, "01", 12), (before, "12", -1)):
        wanted = int(morning.timestamp()) * 10**6 + away * 3600 * 10**6
        for shape, cell in (
            ("%Y-%m-%d %I:%M %p", f"2026-06-04 {hour}:30 {word}"),
            ("%Y-%m-%d %p %I:%M", f"2026-06-04 {word} {hour}:30"),
        ):
            assert read(cell, format=shape, zone="UTC") == wanted
