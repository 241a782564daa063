"""Numbers that cannot be Unix seconds are refused with the form that is meant."""

from __future__ import annotations

import pyarrow as pa
import pytest

from cleanroom.ingest.parse import EARLIEST, parse_time

LATEST = 1_800_000_000 * 10**6


def reasons(cell: object) -> list[str]:
    column = pa.array([cell]).cast(pa.string())
    return [reason for reason, where in parse_time(column, "at", LATEST).faults if where[0]]


@pytest.mark.parametrize(
    ("cell", "what"),
    [
        ("20240229", "a date written in digits"),
        ("19991231", "a date written in digits"),
        ("202402", "a date written in digits"),
        ("202402291805", "a date written in digits"),
        ("20240229180559", "a date written in digits"),
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
    (reason,) = reasons(cell)
    assert what in reason
    assert "2026-06-04T12:30:00Z" in reason


@pytest.mark.parametrize("cell", ["2024022918", "1709229959000"])
def test_later_numbers_keep_their_reasons(cell: str) -> None:
    (reason,) = reasons(cell)
    assert "future" in reason or "milliseconds" in reason


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
