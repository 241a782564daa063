"""Numbers that cannot be Unix seconds are refused with the form that is meant."""

from __future__ import annotations

import pyarrow as pa
import pytest

from cleanroom.ingest.parse import EARLIEST, parse_time
from cleanroom.ingest.spec import TimeSpec
from cleanroom.report.dataset import reason

LATEST = 1_800_000_000 * 10**6


def reasons(cell: object) -> list[str]:
    column = pa.array([cell]).cast(pa.string())
    return [why for why, where in parse_time(column, "at", LATEST).faults if where[0]]


@pytest.mark.parametrize(
    ("cell", "what"),
    [
        ("20240229", "a date written in digits"),
        ("19991231", "a date written in digits"),
        ("202402", "a date written in digits"),
        ("202402291805", "a date written in digits"),
        ("20240229180559", "a date written in digits"),
        ("2024022918", "a date written in digits"),
        (" 20240229 ", "a date written in digits"),
        ("45351", "the day number of a spreadsheet"),
        ("45351.75", "the day number of a spreadsheet"),
        ("4.5351E4", "the day number of a spreadsheet"),
        ("0", "before 1973"),
        ("0.0", "before 1973"),
        ("-1", "before 1973"),
        ("-1709229959", "before 1973"),
        ("2024", "before 1973"),
        ("20249999", "before 1973"),
        (str(EARLIEST - 1), "before 1973"),
        (20240229, "a date written in digits"),
    ],
)
def test_a_number_that_is_no_time_is_refused(cell: object, what: str) -> None:
    (why,) = reasons(cell)
    assert what in why
    assert "2026-06-04T12:30:00Z" in why


@pytest.mark.parametrize(
    ("cell", "fits", "chinese"),
    [
        ("1709229959000", 'milliseconds: declare format = "milliseconds"', "请声明 format"),
        ("1709229959000000", 'microseconds: declare format = "microseconds"', "请声明 format"),
        ("1709229959000000000", "nanoseconds since 1970: export it as text", "请以文本导出"),
        ("2024849159000", "milliseconds since 1960 (Stata %tc): export it as text", "%tc"),
        ("2024849159", "seconds since 1960 (SAS): export it as text", "seconds since 1960"),
        ("13353703559000000", "microseconds since 1601 (WebKit): export it as text", "WebKit"),
        (
            "133537035590000000",
            "100 nanoseconds since 1601 (Windows): export it as text",
            "Windows",
        ),
        ("638448267590000000", "100 nanoseconds since year 1 (.NET ticks): export it", ".NET"),
        ("99999999999", "milliseconds or a finer unit", "毫秒或更小"),
    ],
)
def test_a_number_of_another_unit_is_told_which_it_fits(cell: str, fits: str, chinese: str) -> None:
    (why,) = reasons(cell)
    assert why.startswith(f"at is not a time in seconds, but fits {fits}")
    assert chinese in reason(why, "zh")


@pytest.mark.parametrize(
    ("cell", "declared", "fits"),
    [
        ("1709229959", "milliseconds", 'seconds: declare format = "seconds"'),
        ("1709229959000000", "milliseconds", 'microseconds: declare format = "microseconds"'),
        ("1709229959000000000", "milliseconds", "nanoseconds since 1970: export it as text"),
        ("2024849159000", "milliseconds", "milliseconds since 1960 (Stata %tc): export it"),
        ("45351.5", "milliseconds", 'spreadsheet-days: declare format = "spreadsheet-days"'),
        ("20240229", "milliseconds", 'a date in digits: declare format = "%Y%m%d"'),
        ("202402291805", "milliseconds", 'a date in digits: declare format = "%Y%m%d%H%M"'),
        ("20240229180559", "microseconds", 'a date in digits: declare format = "%Y%m%d%H%M%S"'),
        ("202402", "seconds", "a month without a day"),
        ("1709229959000", "seconds", 'milliseconds: declare format = "milliseconds"'),
        ("1709229959.5", "microseconds", 'seconds: declare format = "seconds"'),
        ("1709229959", "spreadsheet-days", 'seconds: declare format = "seconds"'),
        ("19782", "spreadsheet-days", "days since 1970: export it as text"),
        ("23435", "spreadsheet-days", "days since 1960 (SAS, Stata %td): export it as text"),
    ],
)
def test_a_number_of_another_unit_than_the_declared_one(
    cell: str, declared: str, fits: str
) -> None:
    zone = {"zone": "UTC"} if declared == "spreadsheet-days" else {}
    spec = TimeSpec(column="at", format=declared, **zone)
    found = [why for why, where in parse_time(pa.array([cell]), spec, LATEST).faults if where[0]]
    assert found[0].startswith(f"at is not a time in {declared}, but fits {fits}")
    assert f"以 {declared} 计不是时间" in reason(found[0], "zh")


def test_without_a_latest_time_the_coarser_unit_is_not_named() -> None:
    for cell, unit in (("1780308000123456", "microseconds"), ("1780308000123", "milliseconds")):
        faults = parse_time(pa.array([cell]), "at", (1 << 63) - 1).faults
        (why,) = [why for why, where in faults if where[0]]
        assert why == f'at is not a time in seconds, but fits {unit}: declare format = "{unit}"'


def test_the_rows_of_one_reason_are_counted_together() -> None:
    cells = pa.array(["2024022918", "20240229", "1709229959"])
    faults = {why: where.tolist() for why, where in parse_time(cells, "at", LATEST).faults}
    assert [where for why, where in faults.items() if "in digits" in why] == [[True, True, False]]
    names = [why for why, _ in parse_time(cells, "at", LATEST).faults]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("declared", ["seconds", "milliseconds", "microseconds"])
@pytest.mark.parametrize("cell", ["99999999999999999999", "0", "1", "1830297600", "1830297600000"])
def test_what_fits_nothing_keeps_its_reason(declared: str, cell: str) -> None:
    spec = TimeSpec(column="at", format=declared)
    found = [why for why, where in parse_time(pa.array([cell]), spec, LATEST).faults if where[0]]
    assert found[0].endswith(("1970-01-01 or 0001-01-01", "is in the future"))


@pytest.mark.parametrize("cell", ["NULL", "\\N", "NaT", "n/a", ".", "--", "(not set)", "未知"])
@pytest.mark.parametrize("declared", [None, "%Y-%m-%d %H:%M:%S", "seconds", "spreadsheet-days"])
def test_a_word_for_no_time_is_called_one(cell: str, declared: str | None) -> None:
    spec = TimeSpec(column="at", format=declared, zone=None if declared == "seconds" else "UTC")
    (why,) = [why for why, where in parse_time(pa.array([cell]), spec, LATEST).faults if where[0]]
    assert why == "at is a word for no value, such as NULL or N/A"


@pytest.mark.parametrize(
    ("cell", "zone", "part"),
    [
        ("2024-02-29", None, 'if all are days, declare format = "%Y-%m-%d" and zone'),
        ("2024-02-29", "UTC", "is a day without a time, as some programs write midnight: write 00"),
        ("2024-02-29T18:05:59", None, 'has no offset from UTC: declare zone, such as "Asia'),
    ],
)
def test_a_day_alone_says_what_to_declare(cell: str, zone: str | None, part: str) -> None:
    spec = TimeSpec(column="at", zone=zone)
    (why,) = [why for why, where in parse_time(pa.array([cell]), spec, LATEST).faults if where[0]]
    assert part in why
    assert "请声明" in reason(why, "zh")


@pytest.mark.parametrize(
    ("cell", "seconds"),
    [
        (str(EARLIEST), EARLIEST),
        ("1709229959", 1_709_229_959),
        ("1709229959.5", 1_709_229_959.5),
        ("1.709229959E9", 1_709_229_959),
        ("0001709229959", 1_709_229_959),
        ("1970-01-01T00:00:07Z", 7),
    ],
)
def test_times_stay_times(cell: str, seconds: float) -> None:
    assert not reasons(cell)
    assert parse_time(pa.array([cell]), "at", LATEST).values[0] == seconds * 10**6
