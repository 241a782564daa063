"""The time of the example: one month of a campaign, with the hours at which people are awake.

All instants are whole seconds since 1970; files show them in China Standard Time (UTC+08:00).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import numpy.typing as npt

I64 = npt.NDArray[np.int64]

ZONE = timezone(timedelta(hours=8))
START = int(datetime(2025, 6, 1, tzinfo=ZONE).timestamp())
"""The first second of the month that the example's jobs ask about."""

HOUR = 3_600
DAY = 24 * HOUR
DAYS = 30
END = START + DAYS * DAY
"""The end of that month: what happens then no longer belongs to it."""

WINDOW_DAYS = 7
STAGE_DAYS = 90
"""Attribution looks back a week, a stage (AIPL) three months."""

_HOURS = np.array(
    [2.2, 1.2, 0.7, 0.4, 0.4, 0.7, 1.6, 3.0, 4.0, 4.3, 4.6, 4.9]
    + [5.8, 5.2, 4.2, 4.0, 4.0, 4.3, 5.0, 6.2, 8.2, 9.4, 8.6, 5.1]
)
"""Weight of each hour of the day: a small peak at lunch, a large one from eight to eleven."""


def draw_times(random: np.random.Generator, rows: int, first: int, last: int) -> I64:
    """Draw instants from day ``first`` to before day ``last``, counted from the start."""
    day = random.integers(first, last, size=rows)
    hour = random.choice(24, size=rows, p=_HOURS / _HOURS.sum())
    moments: I64 = START + day * DAY + hour * HOUR + random.integers(HOUR, size=rows)
    return moments


def iso(moments: I64) -> list[object]:
    """Write instants as ISO 8601 with the offset."""
    local = (moments + 8 * HOUR).astype("datetime64[s]")
    return [f"{text}+08:00" for text in np.datetime_as_string(local, unit="s").tolist()]


def utc(moment: int) -> str:
    """Write one instant as ISO 8601 in UTC, as TOML and JSON have it."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
