"""Events that stand twice, and times without their hour, are pointed at."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from cleanroom.ingest.concerns.events import Midnights, repeated
from cleanroom.ingest.concerns.likenesses import likenesses
from cleanroom.ingest.parse import parse_time
from cleanroom.ingest.spec import TimeSpec

LATEST = 1_790_000_000 * 10**6


def twice(*columns: list[int]) -> list[tuple[int, int]]:
    parts = [np.array(column) for column in columns]
    return [(one.rows, row) for one, row in repeated(parts, len(parts[0]))]


def test_rows_that_equal_another_in_everything() -> None:
    assert twice([1, 2, 1, 1, 2], [5, 5, 5, 5, 5]) == [(3, 2)]
    assert twice([1, 2, 1, 1, 2], [5, 5, 6, 7, 6]) == []
    assert twice([3, 3], [-1, -1], [0, 1]) == []
    assert twice([1]) == twice([]) == []


def test_what_is_mixed_to_one_number_is_compared_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("cleanroom.ingest.concerns.events._ODD", 0)
    assert twice([1, 2, 3, 2], [4, 4, 4, 4]) == []
    assert twice([1, 2, 2, 3], [4, 4, 4, 4]) == [(1, 2)]


def hours(*cells: str, **spec: Any) -> int:
    section = TimeSpec(column="at", **spec)
    watch = Midnights(section)
    for batch in (cells[:2], cells[2:]):
        column = pa.array(batch, pa.string())
        parsed = parse_time(column, section, LATEST)
        assert not any(mask.any() for _, mask in parsed.faults)
        watch.add(column, parsed.values)
    return sum(one.rows for one, _ in watch.concerns("at", {}))


DAYS = ("2026-06-01", "2026-06-02", "2026-06-03")


@pytest.mark.parametrize(
    ("end", "spec"),
    [
        ("T00:00:00Z", {}),
        (" 00:00:00+08:00", {}),
        ("T00:00:00.000+0530", {}),
        (" 00:00:00 UTC", {}),
        ("T00:00:00", {"zone": "America/New_York"}),
        ("", {"format": "%Y-%m-%d", "zone": "Asia/Shanghai"}),
        (" 00:00", {"format": "%Y-%m-%d %H:%M", "zone": "Asia/Shanghai"}),
        (" 0:00:00", {"format": "%Y-%m-%d %H:%M:%S", "zone": "Asia/Shanghai"}),
        (" 12:00 AM", {"format": "%Y-%m-%d %I:%M %p", "zone": "Europe/Berlin"}),
    ],
)
def test_times_without_an_hour(end: str, spec: dict[str, str]) -> None:
    assert hours(*(day + end for day in DAYS), **spec) == 3
    assert hours(*(day + end for day in DAYS[:2]), **spec) == 0
    if end:
        other = end.replace("12:00", "01:15").replace("00:00", "00:15", 1).replace(" 0:00", " 0:15")
        assert hours(*(day + end for day in DAYS), DAYS[0] + other, **spec) == 0


def test_numbers_of_whole_days_and_other_hours() -> None:
    first = int(datetime(2026, 6, 1, tzinfo=UTC).timestamp())
    assert hours(*(str(first + 86_400 * day) for day in range(3))) == 3
    assert hours(*(str(first + 43_200 * day) for day in range(3))) == 0
    assert hours(*(f"{day}T16:00:00Z" for day in DAYS)) == 0
    assert hours("46177", "46178", "46179", format="spreadsheet-days", zone="+08:00") == 0
    moments = np.array([first, first + 86_400, first - 86_400]) * 10**6
    watch = Midnights(TimeSpec(column="at"))
    watch.add(pa.array(moments, pa.timestamp("us", tz="UTC")), moments)
    watch.add(pa.array([], pa.timestamp("us", tz="UTC")), moments[:0])
    assert [(one.kind, row) for one, row in watch.concerns("at", {})] == [("midnights", 0)]


def told(profile: str, *values: str) -> list[tuple[str, int, int]]:
    column = pa.array(values, pa.large_string())
    return [(one.kind, one.rows, at) for one, at in likenesses(column, "m", profile)]


def test_argentine_mobiles_without_their_nine() -> None:
    numbers = ("+5491123456789", "+541123456789", "+525512345678", "+549223512345")
    assert told("phone:e164:v1", *numbers) == [("argentine", 1, 1)]
    assert told("phone:digits:v1", *(one[1:] for one in numbers)) == [("argentine", 1, 1)]
    assert told("phone:e164:v1", *numbers[:1], *numbers[2:]) == []


def test_a_letter_that_was_lost_of_a_member() -> None:
    assert told("raw:v1", "jos?-7", "?ukasz-7", "ann-7") == [("lost", 2, 0)]
    assert told("raw:v1", "x.cn/?id=7", "7?8", "a-7") == []


def test_a_member_in_letters_that_look_latin() -> None:
    assert told("raw:v1", "A101", "B102", "C103", "\u0410100") == [("lookalikes", 1, 3)]
    assert told("raw:v1", "A101", "\u0410100", "\u0412102") == []
    assert told("raw:v1", "A101", "B102", "C103", "\u0414100") == []
