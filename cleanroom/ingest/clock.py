"""Read times as a dataset declares them: a pattern, a unit, the time zone of a local clock.

Nothing is guessed: a cell that does not match the pattern is unusable, and so is a local time that
the zone's clocks show twice or never, unless the dataset says which of the two is meant.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

UNITS = {"seconds": 6, "milliseconds": 3, "microseconds": 0}
"""Units of Unix time, and the power of ten that makes microseconds of them."""

YEAR_2000 = 946_684_800
"""Seconds since 1970."""

DAYS = "spreadsheet-days"
"""Days since 30 December 1899 with a fraction, as spreadsheets count, to the nearest second."""

Repeated = Literal["reject", "first", "second"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001
_MICROSECOND = timedelta(microseconds=1)
_MONTHS = "january february march april may june july august september october november december"
_MONTH = {name[:3]: number for number, name in enumerate(_MONTHS.split(), start=1)}
_NAMES = "|".join(f"{name[:3]}(?:{name[3:]})?" for name in _MONTHS.split())
_WIDE = frozenset("mdHIMS")
_BEFORE_NOON = ("am", "上午", "午前", "오전", "SA", "fm", "de", "ap", "dop", "ÖÖ", "πμ", "дп", "ص")
_AFTER_NOON = ("pm", "下午", "午後", "오후", "CH", "em", "du", "ip", "odp", "ÖS", "μμ", "пп", "م")
"""Halves of the day as locales write them, each in one language alone (CLDR, dayPeriods).

English and Spanish, Chinese, Japanese, Korean, Vietnamese, Swedish, Hungarian, Finnish, Czech,
Turkish, Greek, Ukrainian, Arabic.
"""


def _spelt(word: str) -> str:
    """Return the expression of a half of the day, with points or without: p. m."""
    return r"\.?\s?".join(word) + r"\.?"


_AFTER = re.compile("|".join(map(_spelt, _AFTER_NOON)), re.IGNORECASE)
_SHAPES = {
    "Y": r"[0-9]{4}",
    "y": r"[0-9]{2}",
    **dict.fromkeys(_WIDE, r"[0-9]{2}"),
    "f": r"[0-9]{1,9}",
    "b": _NAMES,
    "p": "|".join(map(_spelt, (*_BEFORE_NOON, *_AFTER_NOON))),
    "z": r"z|[+-][0-9]{2}:?[0-9]{2}",
}
_PIECES = re.compile(r"%(.)|([^%]+)|%$", re.DOTALL)


class NoTime(ValueError):  # noqa: N818
    """Say why a cell is not a time, as the end of a sentence that starts with its column."""


def _pieces(pattern: str) -> Iterator[tuple[str, str]]:
    """Yield ``(directive, "")`` or ``("", text between)``."""
    for found in _PIECES.finditer(pattern):
        if found[1] == "%":
            yield "", "%"
        elif found[2] is not None:
            yield "", found[2]
        else:
            yield {"B": "b"}.get(found[1] or "", found[1] or "%"), ""


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Return the expression that a cell must match; raises ``ValueError`` for a bad pattern.

    A number that stands between other signs may lack its leading zero; one that touches another
    number may not, for ``2026111`` is two days.
    """
    pieces = list(_pieces(pattern))
    names = [name for name, _ in pieces if name]
    unknown = [name for name in names if name not in _SHAPES]
    if unknown:
        known = " ".join(f"%{name}" for name in _SHAPES)
        raise ValueError(f"format has %{unknown[0]}; it may have {known}")
    _check_names(names)
    parts = []
    for place, (name, text) in enumerate(pieces):
        if not name:
            parts.append(r"\s+".join(map(re.escape, re.split(r"\s+", text))))
            continue
        around = pieces[max(place - 1, 0) : place] + pieces[place + 1 : place + 2]
        # A pattern's own text may hold digits at the place that is next to this number.
        touches = any(other not in ("", "b", "p") or _has_digit(words) for other, words in around)
        loose = name in _WIDE and not touches
        parts.append(f"(?P<{name}>{'[0-9]{1,2}' if loose else _SHAPES[name]})")
    return re.compile("".join(parts), re.IGNORECASE)


def _has_digit(text: str) -> bool:
    return any(map(str.isdigit, text))


def _check_names(names: list[str]) -> None:
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise ValueError(f"format has %{twice[0]} twice")
    for one, other in (("Y", "y"), ("m", "b"), ("H", "I")):
        if one in names and other in names:
            raise ValueError(f"format has both %{one} and %{other}")
    for one, other in (("Y", "y"), ("m", "b"), ("d", "d")):
        if one not in names and other not in names:
            raise ValueError(f"format lacks %{one}: a time needs its year, month and day")
    if ("I" in names) != ("p" in names):
        raise ValueError("format needs %I and %p together, or %H")
    for finer, coarser in (("f", "S"), ("S", "M"), ("M", "HI")):
        if finer in names and not set(coarser) & set(names):
            raise ValueError(f"format has %{finer} without %{coarser[0]}")


_FIXED = re.compile(r"([+-])(0[0-9]|1[0-4]):([0-5][0-9])")
_REVERSED = re.compile(r"(?:Etc/)?(?:UTC|GMT)[+-]?0*[1-9][0-9:]*", re.IGNORECASE)
_MISTAKEN = {
    "EST": "has no summer time: write America/New_York, or -05:00",
    "MST": "has no summer time: write America/Denver, or -07:00",
    "HST": "has no place: write Pacific/Honolulu, or -10:00",
    **dict.fromkeys(
        ("localtime", "posixrules", "Factory"), "differs from machine to machine: write the place"
    ),
}
"""Names that the database has, and that mean something else than who writes them."""


def find_zone(name: str) -> tzinfo:
    """Return a zone of the IANA time zone database, or a fixed offset such as ``+08:00``.

    Raises ``ValueError`` for another name, and for one that is easily mistaken: ``Etc/GMT+8`` is
    west of Greenwich (POSIX), and ``right/`` zones count leap seconds.
    """
    fixed = _FIXED.fullmatch(name)
    if fixed:
        offset = timedelta(hours=int(fixed[2]), minutes=int(fixed[3]))
        return timezone(-offset if fixed[1] == "-" else offset)
    if _REVERSED.fullmatch(name):
        raise ValueError(
            f"zone {name} may be east or west of Greenwich: write an offset such as +08:00 (east), "
            "or a place such as Asia/Shanghai"
        )
    if name in _MISTAKEN:
        raise ValueError(f"zone {name} {_MISTAKEN[name]}")
    try:
        if name.startswith(("right/", "posix/")):
            raise ValueError
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError, ValueError):
        raise ValueError("there is no such time zone: write one such as Asia/Shanghai") from None


UTC_ITSELF = ("UTC", "Etc/UTC", "GMT", "+00:00")
"""Names of the zone in which a local time is the instant itself."""


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


@dataclass(frozen=True)
class Clock:
    """Turn a local time into microseconds since 1970, by the zone's rules."""

    zone: tzinfo
    repeated: Repeated = "reject"

    def instant(self, local: datetime) -> int:
        """Return the instant of a local time; raises ``NoTime`` where there are two or none."""
        first, second = (local.replace(tzinfo=self.zone, fold=fold) for fold in (0, 1))
        if first.utcoffset() != second.utcoffset():
            shown = first.astimezone(UTC).astimezone(self.zone).replace(tzinfo=None, fold=0)
            if shown != local:
                raise NoTime(f"is a local time that the clocks of {self.zone} skipped")
            if self.repeated == "reject":
                raise NoTime(f"is a local time that the clocks of {self.zone} showed twice")
        return _microseconds(second if self.repeated == "second" else first)


def reader(format_: str, clock: Clock | None) -> Callable[[str], int]:
    """Return the function from a cell to microseconds; it raises ``NoTime``."""
    if format_ in UNITS:
        return lambda cell: _unit(cell, UNITS[format_], format_)
    if format_ == DAYS:
        return lambda cell: _instant(_day(cell), clock)
    pattern = compile_pattern(format_)
    return lambda cell: _matched(pattern, format_, cell, clock)


_NUMBER = re.compile(r"[0-9]{1,20}(\.[0-9]{0,20})?")


def _number(cell: str, what: str) -> Decimal:
    if _NUMBER.fullmatch(cell) is None:
        raise NoTime(f"is not a number of {what}")
    return Decimal(cell)


def _unit(cell: str, power: int, name: str) -> int:
    return int(_number(cell, name).scaleb(power))


def _day(cell: str) -> datetime:
    days = _number(cell, "days")
    if days >= 10**6:
        raise NoTime("is not a day number of a spreadsheet: it is beyond the year 4637")
    return _DAY_ZERO + timedelta(seconds=round(days * 86_400))


_ALONE = re.compile(r"[0-9]{1,3}:[0-9]{2}(?:[:.][0-9]+)*(?: ?[AaPp][Mm])?")
WITHOUT_DAY = (
    "has lost its day, as of a time with milliseconds Excel leaves 30:05.0: export it again, and"
    " not through a spreadsheet"
)


def lacks_day(cell: str) -> bool:
    """Tell whether a cell is hours, minutes and seconds alone, or some of these."""
    return _ALONE.fullmatch(cell) is not None


OTHER_CALENDAR = (
    "has a year of another calendar, such as 2569 in Thailand, 115 in Taiwan, R8 in Japan or 1405"
    " in Iran for 2026: export years of the common era"
)
_ERA = re.compile(
    r"(?i)(?:(?:民國|民国)\s*)?1[0-9]{2}[./年-][0-9]{1,2}[./月-][0-9]{1,2}(?![0-9]).*"
    r"|(?:民國|民国|令和|平成|昭和|R|H|㋿)\s*(?:[0-9]{1,3}|元)[./年-].*"
)
"""Years of the Republic of China since 2011, and of Japanese eras."""
ELSEWHERE = range(1401, 1480)
"""Years of the Persian calendar, and of the Islamic one, in which there are files."""


_NOON = re.compile(
    r"(?i)凌晨|清晨|早晨|早上|中午|傍晚|晚上|深夜|새벽|아침|저녁|밤|朝|昼|夜|sáng|chiều|tối"
    r"|\b(?:a|p)\.?\s?m\b|午前|午後|오전|오후"
)
OTHER_NOON = (
    "has words for a part of the day that the declared format does not read, such as 晚上: export"
    " 24 hours, or declare %I and %p where the words mean AM and PM"
)
_SWAPPED = "has a month beyond 12: are day and month the other way round in the declared format?"


def in_era(cell: str) -> bool:
    """Tell whether a cell begins with a year that is counted in an era of East Asia."""
    return _ERA.fullmatch(cell) is not None


def _matched(pattern: re.Pattern[str], format_: str, cell: str, clock: Clock | None) -> int:
    found = pattern.fullmatch(cell)
    if found is None:
        alone = lacks_day(cell)
        if _NOON.search(cell) and not alone:
            raise NoTime(OTHER_NOON)
        if in_era(cell):
            raise NoTime(OTHER_CALENDAR)
        bare = format_.strip("`'\"=")
        if bare != format_ and compile_pattern(bare).fullmatch(cell):
            raise NoTime(f"has its quotes or backquote taken off before it is read: declare {bare}")
        raise NoTime(WITHOUT_DAY if alone else f"does not match the declared format {format_}")
    parts = found.groupdict(default="")
    try:
        local = _local(parts)
    except NoTime:
        raise
    except ValueError:
        if int(parts.get("m") or 0) > 12 >= int(parts["d"]):
            raise NoTime(_SWAPPED) from None
        raise NoTime("is a day or a time that no calendar or clock has") from None
    if parts.get("z"):
        return _microseconds(local.replace(tzinfo=UTC)) - _offset(parts["z"])
    return _instant(local, clock)


def _instant(local: datetime, clock: Clock | None) -> int:
    return _microseconds(local.replace(tzinfo=UTC)) if clock is None else clock.instant(local)


def _local(parts: dict[str, str]) -> datetime:
    year = int(parts["Y"]) if "Y" in parts else 2000 + int(parts["y"])
    month = int(parts["m"]) if "m" in parts else _MONTH[parts["b"][:3].lower()]
    if year in ELSEWHERE:
        raise NoTime(OTHER_CALENDAR)
    hour = int(parts.get("H", "0"))
    if "I" in parts:
        hour = int(parts["I"])
        if not 1 <= hour <= 12:
            raise ValueError
        hour = hour % 12 + 12 * (_AFTER.fullmatch(parts["p"]) is not None)
    minute, second = int(parts.get("M", "0")), int(parts.get("S", "0"))
    fraction = int(parts.get("f", "").ljust(6, "0")[:6])
    return datetime(year, month, int(parts["d"]), hour, minute, second, fraction)  # noqa: DTZ001


def _offset(text: str) -> int:
    if text.lower() == "z":
        return 0
    digits = text[1:].replace(":", "")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    if int(digits[2:]) > 59 or minutes > 14 * 60:
        raise NoTime("has an offset from UTC that no clock has")
    return (-1 if text[0] == "-" else 1) * minutes * 60_000_000
