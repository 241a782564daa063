"""Name the unit in which a number would be a time, to say so where another one is declared."""

from __future__ import annotations

from decimal import Decimal
from typing import Final, NamedTuple

from cleanroom.ingest.clock import YEAR_2000


class _Unit(NamedTuple):
    """A way to count time: so many ticks a second, from so many seconds before 1970."""

    name: str
    ticks: Decimal
    before: int = 0
    declared: bool = False


SINCE_1960: Final = 315_619_200
_DAY = Decimal(1) / 86_400
_UNITS: Final = (
    _Unit("seconds", Decimal(1), declared=True),
    _Unit("milliseconds", Decimal(10**3), declared=True),
    _Unit("microseconds", Decimal(10**6), declared=True),
    _Unit("spreadsheet-days", _DAY, 2_209_161_600, declared=True),
    _Unit("nanoseconds since 1970", Decimal(10**9)),
    _Unit("days since 1970", _DAY),
    _Unit("days since 1960 (SAS, Stata %td)", _DAY, SINCE_1960),
    _Unit("seconds since 1960 (SAS)", Decimal(1), SINCE_1960),
    _Unit("milliseconds since 1960 (Stata %tc)", Decimal(10**3), SINCE_1960),
    _Unit("microseconds since 1601 (WebKit)", Decimal(10**6), 11_644_473_600),
    _Unit("100 nanoseconds since 1601 (Windows)", Decimal(10**7), 11_644_473_600),
    _Unit("100 nanoseconds since year 1 (.NET ticks)", Decimal(10**7), 62_135_596_800),
)
_EARLIEST: Final = YEAR_2000
"""No unit that can be declared is named for a time before."""

_LAST: Final = 4_102_444_800
"""2100-01-01: no unit is named for a time after, whatever may be read."""

RECENT: Final = 5 * 365 * 86_400
"""Seconds before the latest time in which another unit is named: next year, too, fits some."""


def fitting(value: Decimal, latest: int) -> str | None:
    """Return what a number fits, and how that is declared or written, or None.

    It fits a unit in which it lies from the year 2000, or in the last years, to ``latest``
    (microseconds since 1970).
    """
    last = latest // 10**6
    for unit in _UNITS:
        first = _EARLIEST if unit.declared or last > _LAST else last - RECENT
        if first <= value / unit.ticks - unit.before <= min(last, _LAST):
            remedy = f'declare format = "{unit.name}"' if unit.declared else "export it as text"
            return f"{unit.name}: {remedy}"
    return None
