"""Times that a wrong pattern has spoilt are told from those that only look so."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from random import Random

import numpy as np
import pyarrow as pa
import pytest

from cleanroom.ingest.clock import reader
from cleanroom.ingest.concerns.events import Midnights
from cleanroom.ingest.spec import TimeSpec
from cleanroom.isolated.unread import Counts
from cleanroom.report.dataset import concern

RANDOM = Random(11)
NO_OTHERS: Mapping[str, Counts] = {}
SPACED, ISO, PACKED = "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S%z", "%Y%m%d%H%M%S"
SHANGHAI = timedelta(hours=8)


def times(count: int, hours: list[int], days: int = 90, random: Random = RANDOM) -> list[datetime]:
    """Return local times of Shanghai, without a zone, of some hours."""
    start = datetime(2026, 3, 1)  # noqa: DTZ001
    return [
        start + timedelta(days=random.randrange(days), hours=hours[number % len(hours)],
                          seconds=random.randrange(3600))
        for number in range(count)
    ]  # fmt: skip


def said(
    meant: list[datetime], written: str, parts: int = 1, others: Mapping[str, Counts] = NO_OTHERS
) -> list[str]:
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
    found = [one for one, _ in whole.concerns("at", others)]
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
        (59, list(range(1, 13)), 90),
        (400, list(range(1, 13)), 1),
    ],
)
def test_hours_of_a_shop_are_hours(count: int, hours: list[int], days: int) -> None:
    assert said(times(count, hours, days), SPACED) == []


def test_a_day_of_business_in_utc_needs_many_rows() -> None:
    meant = of_twelve(times(150, list(range(24))))
    assert said(meant, SPACED, 3) == ["half-days"]
    spec = TimeSpec(column="at")
    found = []
    for offset in ("Z", "-08:00"):
        watch = Midnights(spec)
        cells = [one.isoformat() + offset for one in meant]
        read = [datetime.fromisoformat(cell) for cell in cells]
        instants = [int(one.timestamp()) * 10**6 for one in read]
        watch.add(pa.array(cells), np.array(instants))
        found.append([one.kind for one, _ in watch.concerns("at", {})])
    assert found == [[], ["half-days"]]


def in_utc(meant: list[datetime], parts: int = 1) -> list[str]:
    """Return the concerns about times in UTC, read in parts that follow each other."""
    whole = Midnights(TimeSpec(column="at"))
    for some in np.array_split(np.array(meant), parts):
        watch = Midnights(TimeSpec(column="at"))
        cells = [f"{one:%Y-%m-%dT%H:%M:%S}Z" for one in some]
        instants = [int(datetime.fromisoformat(cell).timestamp()) * 10**6 for cell in cells]
        watch.add(pa.array(cells), np.array(instants, dtype=np.int64))
        whole.absorb(watch.document())
    return [one.kind for one, _ in whole.concerns("at", {})]


@pytest.mark.parametrize("parts", [1, 4])
def test_in_the_order_of_time_fewer_rows_tell(parts: int) -> None:
    random = Random(7)
    meant = sorted(times(60, list(range(24)), 10, random))
    for some in (meant, meant[::-1]):
        assert in_utc(of_twelve(some), parts) == ["half-days"]
        assert in_utc(some, parts) == []
    shops = times(190, list(range(1, 13)), 10, random)
    assert in_utc(sorted(shops), parts) == []  # the clock never goes back
    assert in_utc(shops, parts) == []
    by_day = sorted(shops, key=lambda one: one.date())
    assert in_utc(by_day, parts) == []  # it goes back as often as forth
    one_day = [one.replace(day=3, month=3) for one in of_twelve(meant)]
    assert in_utc(one_day, parts) == []
    assert in_utc(of_twelve(meant[:30]), parts) == []


@pytest.mark.parametrize("words", [("AM", "PM"), ("a.m.", "p.m."), ("上午", "下午"), ("pm", "")])
def test_halves_of_the_day_in_a_column_that_is_not_read(words: tuple[str, str]) -> None:
    beside = {"tier": {"A": (9, 1)}, "half": dict.fromkeys(words, (9, 1))}
    meant = times(30, list(range(24)))
    assert said(of_twelve(meant), SPACED, 2, beside) == ["halves"]
    assert said(meant, SPACED, 2, beside) == []
    assert said(of_twelve(meant)[:4], SPACED, 1, beside) == []
    assert said(of_twelve(meant), "%Y-%m-%d %I:%M:%S %p", 1, beside) == []
    mornings = [one for one in of_twelve(meant) if one.hour < 12]
    assert said(mornings, SPACED, 1, {"half": {"AM": (9, 1)}}) == []
    assert said(mornings, SPACED, 1, {"half": {"AM": (9, 1), "XM": (9, 1)}}) == []


def test_an_hour_of_a_part_that_others_lack_is_enough() -> None:
    late = datetime(2026, 3, 5, 13, 20)  # noqa: DTZ001
    assert said([*of_twelve(times(1000, list(range(24)))), late], SPACED, 7) == []


def test_unix_seconds_of_shanghais_shops_are_no_clock_of_twelve_hours() -> None:
    watch = Midnights(TimeSpec(column="at"))
    shops = [one.replace(tzinfo=UTC) for one in times(400, list(range(1, 13)))]
    seconds = [int(one.timestamp()) for one in shops]
    watch.add(pa.array(map(str, seconds)), np.array(seconds) * 10**6)
    assert [*watch.concerns("at", {})] == []


@pytest.mark.parametrize("written", [SPACED, ISO, PACKED])
def test_minutes_that_are_months(written: str) -> None:
    meant = times(80, list(range(24)))
    wrong = [one.replace(minute=one.month) for one in meant]
    assert said(wrong, written, 2) == ["minute-months"]
    assert said([*wrong, meant[0].replace(minute=30)], written, 2) == []
    assert said(wrong[:49], written) == []
    one_month = [one.replace(month=3, minute=3) for one in meant]
    assert said(one_month, written, 2) == ["minute-months"]
    assert said([one.replace(minute=4) for one in one_month], written) == []
    assert said([one.replace(second=0) for one in one_month], written) == []
    assert said([one.replace(hour=one.hour % 5) for one in one_month], written) == []


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
