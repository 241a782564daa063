"""Days alone among times are pointed at; sales that begin at midnight, and full hours, are not."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from cleanroom.ingest.concerns.times import one_instant, some_midnights
from cleanroom.ingest.people import Integers

SHANGHAI = "Asia/Shanghai"
DAY, HOUR, EIGHT = 86_400, 3600, 8 * 3600
FIRST = 20_500 * DAY
RANDOM = Random(16)


def clocks(count: int, hours: range = range(24), step: int = 1) -> list[int]:
    """Return seconds by the clocks of Shanghai, of some hours, to a step's exactness."""
    return [
        (FIRST + RANDOM.randrange(90) * DAY + RANDOM.choice(hours) * HOUR + RANDOM.randrange(HOUR))
        // step
        * step
        for _ in range(count)
    ]


def days(count: int, hour: int = 0) -> list[int]:
    return [FIRST + RANDOM.randrange(90) * DAY + hour * HOUR for _ in range(count)]


def moments(clocks: list[int]) -> Integers:
    return (np.array(clocks, dtype=np.int64) - EIGHT) * 10**6


def told(clocks: list[int], zone: str | None = SHANGHAI) -> list[tuple[str, int, str, int]]:
    found = some_midnights(moments(clocks), zone, "at")
    return [(one.kind, one.rows, one.declared, row) for one, row in found]


@pytest.mark.parametrize("hours", [range(8, 22), range(24)])
@pytest.mark.parametrize("step", [1, 60])
@pytest.mark.parametrize("few", [20, 100, 250])
def test_days_among_times_are_told(hours: range, step: int, few: int) -> None:
    times = [one if one % DAY else one + HOUR for one in clocks(300, hours, step)]
    found = told([*times, *days(few)])
    assert found == [("some-midnights", few, f"00:00 {SHANGHAI}", 300)]


def test_days_of_utc_are_told() -> None:
    found = told([*clocks(300, range(9, 22)), *days(60, 8)])
    assert found == [("some-midnights", 60, "00:00 UTC", 300)]


def test_days_of_any_offset_that_cells_say_are_told() -> None:
    found = told([*clocks(300, range(9, 22)), *days(60)], None)
    assert found == [("some-midnights", 60, "16:00 UTC", 300)]


def test_days_are_known_while_clocks_are_set() -> None:
    spring = np.datetime64("2026-03-01T00:00") + np.arange(60).astype("timedelta64[D]")
    away = np.where(spring < np.datetime64("2026-03-29T12:00"), 1, 2).astype("timedelta64[h]")
    midnights = (spring - away).astype("datetime64[us]").astype(np.int64)
    rest = moments(clocks(200, range(16, 24)))
    found = next(some_midnights(np.concatenate([midnights, rest]), "Europe/Berlin", "at"))[0]
    assert (found.rows, found.declared) == (60, "00:00 Europe/Berlin")


@pytest.mark.parametrize(
    "times",
    [
        clocks(3000),
        clocks(3000, step=HOUR),
        clocks(3000, range(8, 22), HOUR),
        clocks(2000, step=60),
        # A sale begins at midnight: many in its first second, more in those after.
        [*clocks(300), *days(30), *(one + RANDOM.randrange(240) for one in days(60))],
        [*clocks(300), *days(9)],
        [*clocks(3000), *days(100)],
        days(300),
        [],
    ],
    ids=["any", "hours", "hours of a shop", "minutes", "a sale", "few", "1 in 31", "all", "none"],
)
def test_other_times_are_not(times: list[int]) -> None:
    assert told(times) == []


def stamped(clocks: list[int]) -> list[tuple[str, int, str, int]]:
    found = one_instant(moments(clocks), SHANGHAI, "at")
    return [(one.kind, one.rows, one.declared, row) for one, row in found]


@pytest.mark.parametrize("few", [20, 100, 500])
@pytest.mark.parametrize("step", [1, 60])
def test_times_of_an_import_are_told(few: int, step: int) -> None:
    at = FIRST + 13 * HOUR + 840
    shown = "2026-02-16 13:14:00 " + SHANGHAI
    found = stamped([*clocks(380, range(8, 22), step), *[at] * few])
    assert found == [("one-instant", few, shown, 380)]


@pytest.mark.parametrize(
    "times",
    [
        clocks(3000),
        clocks(3000, step=HOUR),
        days(3000),
        [*clocks(300), *[FIRST] * 9],
        [*clocks(3000), *[FIRST] * 100],
        # The first minutes of a sale, to the minute.
        [*clocks(300), *(FIRST + minute * 60 for minute in range(5) for _ in range(20 - minute))],
        [FIRST] * 300,
        [],
    ],
    ids=["any", "hours", "days", "few", "1 in 31", "a sale", "all", "none"],
)
def test_times_that_several_events_have_are_not(times: list[int]) -> None:
    assert stamped(times) == []
