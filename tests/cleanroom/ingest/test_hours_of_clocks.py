"""Times that a wrong pattern has spoilt are told from those that only look so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import numpy as np
import pyarrow as pa
import pytest

from cleanroom.ingest.clock import reader
from cleanroom.ingest.events import Midnights
from cleanroom.ingest.spec import TimeSpec
from cleanroom.report.dataset import concern

RANDOM = Random(11)
SPACED, ISO, PACKED = "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S%z", "%Y%m%d%H%M%S"
SHANGHAI = timedelta(hours=8)


def times(count: int, hours: list[int], days: int = 90) -> list[datetime]:
    """Return local times of Shanghai, without a zone, of some hours."""
    start = datetime(2026, 3, 1)  # noqa: DTZ001
    return [
        start + timedelta(days=RANDOM.randrange(days), hours=hours[number % len(hours)],
                          seconds=RANDOM.randrange(3600))
        for number in range(count)
    ]  # fmt: skip


def said(meant: list[datetime], written: str, parts: int = 1) -> list[str]:
    """Return the concerns about times that are written by a pattern, read in parts."""
    offset = {} if "%z" in written else {"zone": "Asia/Shanghai"}
    spec = TimeSpec(column="at", format=written, **offset)
    cells = [one.strftime(written.replace("%z", "+08:00")) for one in meant]
    read = reader(written, spec.clock)
    whole = Midnights(spec)
    for part in range(parts):
        watch = Midnights(spec)
        some = cells[part::parts]
        watch.add(pa.array(some), np.array([read(cell) for cell in some], dtype=np.int64))
        whole.absorb(watch.document())
    found = [one for one, _ in whole.concerns("at")]
    for one in found:
        assert concern(one, "line", "en") != concern(one, "line", "zh")
    return [one.kind for one in found]


def of_twelve(meant: list[datetime]) -> list[datetime]:
    return [one.replace(hour=one.hour % 12 or 12) for one in meant]


@pytest.mark.parametrize("written", [SPACED, ISO, PACKED])
@pytest.mark.parametrize("parts", [1, 3])
def test_hours_of_a_clock_without_am_and_pm(written: str, parts: int) -> None:
    everything = times(400, list(range(24)))
    assert said(of_twelve(everything), written, parts) == ["half-days"]
    assert said(everything, written, parts) == []


@pytest.mark.parametrize(
    ("count", "hours", "days"),
    [
        (400, [9, 10, 11, 12], 90),
        (400, list(range(1, 11)), 90),
        (400, list(range(9, 21)), 90),
        (400, list(range(1, 14)), 90),
        (400, list(range(12)), 90),
        (199, list(range(1, 13)), 90),
        (400, list(range(1, 13)), 1),
    ],
)
def test_hours_of_a_shop_are_hours(count: int, hours: list[int], days: int) -> None:
    assert said(times(count, hours, days), SPACED) == []


def test_an_hour_of_a_part_that_others_lack_is_enough() -> None:
    late = datetime(2026, 3, 5, 13, 20)  # noqa: DTZ001
    assert said([*of_twelve(times(1000, list(range(24)))), late], SPACED, 7) == []


def test_unix_seconds_of_shanghais_shops_are_no_clock_of_twelve_hours() -> None:
    watch = Midnights(TimeSpec(column="at"))
    shops = [one.replace(tzinfo=UTC) for one in times(400, list(range(1, 13)))]
    seconds = [int(one.timestamp()) for one in shops]
    watch.add(pa.array(map(str, seconds)), np.array(seconds) * 10**6)
    assert [*watch.concerns("at")] == []


@pytest.mark.parametrize("written", [SPACED, ISO, PACKED])
def test_minutes_that_are_months(written: str) -> None:
    meant = times(80, list(range(24)))
    wrong = [one.replace(minute=one.month) for one in meant]
    assert said(wrong, written, 2) == ["minute-months"]
    assert said([*wrong, meant[0].replace(minute=30)], written, 2) == []
    assert said(wrong[:49], written) == []
    assert said([one.replace(month=3, minute=3) for one in meant], written) == []


def test_days_of_another_zone_and_the_time_of_an_export() -> None:
    days = [one.replace(hour=16, minute=0, second=0) for one in times(40, [0])]
    assert said(days, ISO, 2) == ["one-hour"]
    assert said(days, SPACED) == ["one-hour"]
    assert said(days[:19], SPACED) == []
    assert said([days[0]] * 40, PACKED, 2) == ["one-time"]
    assert said([*days, days[0].replace(hour=15)], SPACED) == []
    summer = [one.replace(hour=15) if one.month > 3 else one for one in days]
    assert said(summer, SPACED, 3) == ["one-hour"]
    assert said([one.replace(hour=0) for one in days], SPACED) == ["midnights"]
