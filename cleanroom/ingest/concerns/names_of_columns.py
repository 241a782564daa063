"""Notice that the name of a column says another zone, or another unit, than is declared."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import numpy as np

from cleanroom.ingest.clock import find_zone
from cleanroom.ingest.concerns.flags import words_of
from cleanroom.ingest.people import Integers
from cleanroom.ingest.report import Concern

if TYPE_CHECKING:
    from cleanroom.isolated.unread import Counts

_HOUR: Final = 3600
_UTC: Final = re.compile(
    r"(?:(?<![A-Za-z])(?i:utc|gmt)|(?<=[a-z])(?:UTC|Utc|GMT|Gmt))(?![a-z])"
    r"\s*(?:([+\-\u2212])\s*([0-9]{1,2})(?::?([0-9]{2}))?)?"
)
_ALIBABA: Final = re.compile("(?i)gmt_?[a-z]")
"""``gmt_create`` and the like, in which tables of Alibaba's style have local times."""

_BARE: Final = r"(?<![A-Za-z])(?:{})(?![A-Za-z])"
_ALONE: Final = r"(?:[(\[（【]|(?i:time|date)[ _-])(?:{})(?=[)\]）】]|$)"
"""Names of zones that are words, or parts of names, too: in brackets, or at the end of a time."""

_ZONES: Final = {
    _BARE.format("E[SD]T") + "|美东|美国东部|纽约时间|(?i:eastern time)": (-5, -4),
    _BARE.format("PDT") + "|美西|太平洋时间|(?i:pacific time)": (-8, -7),
    _BARE.format("PST"): (-8, -7, 8),
    _ALONE.format("PT"): (-8, -7, 0, 1),
    _ALONE.format("ET"): (-5, -4),
    _ALONE.format("CT") + "|(?i:central time)": (-6, -5),
    _ALONE.format("MT") + "|(?i:mountain time)": (-7, -6, 1, 2),
    _BARE.format("CDT"): (-6, -5, -4),
    _BARE.format("CST"): (-6, -5, 8),
    _BARE.format("MDT"): (-7, -6),
    _BARE.format("MST"): (-7, -6, 8),
    _BARE.format("AK[SD]T"): (-9, -8),
    _BARE.format("HST"): (-10,),
    _BARE.format("BRT"): (-3,),
    _ALONE.format("ART|CLST"): (-3,),
    _ALONE.format("COT|PET"): (-5,),
    _ALONE.format("BST"): (0, 1, 6),
    _ALONE.format("WES?T"): (0, 1),
    _BARE.format("CES?T|MEZ|MESZ"): (1, 2),
    _BARE.format("EES?T"): (2, 3),
    _BARE.format("SAST"): (2,),
    _BARE.format("MSK"): (3,),
    _ALONE.format("IST"): (1, 2, 3, 5.5),
    _ALONE.format("GST"): (4,),
    _ALONE.format("PKT"): (5,),
    _BARE.format("WIB") + "|(?i:giờ việt nam)|เวลาไทย": (7,),
    _ALONE.format("ICT"): (7,),
    _BARE.format("WITA|PHT|PHST|MYT|HKT|SGT|AWST") + "|北京时间|北京時間|东八区|台北时间|台北時間"
    "|臺北時間|香港时间|香港時間|台灣時間": (8,),
    _ALONE.format("WIT"): (9,),
    _BARE.format("JST|KST") + "|日本时间|日本時間|韩国时间|한국 ?시간": (9,),
    _BARE.format("AE[SD]T"): (10, 11),
    _BARE.format("NZ[SD]T"): (12, 13),
    r"世界时|世界标准时|世界標準時|世界协调时|協定世界時|格林": (0,),
    r"세계 ?(?:표준)?시|(?i:zulu)|[(\[（【]Z[)\]）】]": (0,),
}
"""Names of zones in names of columns, with their hours before UTC, in winter and in summer."""

_SAMPLE: Final = 64
_WINTER_AND_SUMMER: Final = (1_767_225_600, 1_782_864_000)
"""January and July of 2026."""


def zone(column: str, declared: str | None, moments: Integers) -> Iterator[tuple[Concern, int]]:
    """Yield that a column's name says another zone than its local times are read in.

    ``moments`` are in microseconds since 1970; but for UTC, a zone that fits in winter or in summer
    is what people mean.
    """
    said = _said(column)
    if said is None or declared is None or not len(moments):
        return
    found = _some_offsets(declared, moments)
    year = found | _offsets(declared, _WINTER_AND_SUMMER)
    text, meant = said
    fits = found <= meant if text.upper() == "UTC" else year & meant
    if not fits:
        rows = len(moments)
        yield Concern("named-zone", column, rows, rows, f"{text} ≠ {declared}"), 0


_OF_ZONES: Final = re.compile(
    r"(?i)zone|(?:^|[_ ])tz(?:$|[_ ])|offset|时区|時区|時區|시간대|fuseau|huso|fuso"
)
_NO_AWAY: Final = re.compile(
    r"(?:etc/)?(?:utc|gmt|uct|zulu|z)(?: ?[+\-\xb1]?0{1,2}(?::?00)?)?|\(utc\).*"
    r"|[+\-\xb1]00(?::?00)?"
)


def zone_beside(
    column: str, declared: str | None, moments: Integers, others: Mapping[str, Counts | None]
) -> Iterator[tuple[Concern, int]]:
    """Yield that a column of zones says UTC alone, and local times are read in another zone.

    ``others`` are columns beside the times, with their few values.
    """
    if declared is None or not len(moments) or _said(column):
        return
    found = _some_offsets(declared, moments)
    for name, values in others.items():
        filled = [value for value in values or () if value]
        text = filled[0] if len(filled) == 1 and _OF_ZONES.search(name) else ""
        winter = "gmt" in text.casefold() and 0 in _offsets(declared, _WINTER_AND_SUMMER)
        if found != {0.0} and not winter and _NO_AWAY.fullmatch(text.casefold()):
            told = f"{name}: {text} ≠ {declared}"
            yield Concern("zone-beside", column, len(moments), len(moments), told), 0
            return


def _offsets(declared: str, instants: Iterable[int]) -> set[float]:
    """Return how many seconds before UTC a zone's clocks are at some instants."""
    there = find_zone(declared)
    away = (datetime.fromtimestamp(one, UTC).astimezone(there).utcoffset() for one in instants)
    return {one.total_seconds() for one in away if one is not None}


def _some_offsets(declared: str, moments: Integers) -> set[float]:
    """Return the offsets of a zone at some of the instants, which are in microseconds."""
    places = np.unique(np.linspace(0, len(moments) - 1, _SAMPLE, dtype=int))
    return _offsets(declared, (moments[places] // 10**6).tolist())


def _said(column: str) -> tuple[str, set[float]] | None:
    """Return the zone in a column's name, and its seconds before UTC."""
    found = _UTC.search(column)
    if found and not _ALIBABA.match(column):
        sign, hours, minutes = found.groups()
        if sign is None:
            return found[0].strip(), {0.0}
        seconds = int(hours) * _HOUR + int(minutes or 0) * 60
        return found[0].strip(), {float(seconds if sign == "+" else -seconds)}
    for pattern, away in _ZONES.items():
        if named := re.search(pattern, column):
            return named[0].lstrip("([（【"), {float(one * _HOUR) for one in away}
    return None


# --- units

_HUNDREDTHS: Final = frozenset(
    """
    cents cent fen pence pennies centavos centimes céntimos cêntimos centesimi kopecks копейки
    копейках grosze groszy öre øre paise rappen kuruş minor subunit subunits
    """.split()  # noqa: SIM905
)
_MILLIONTHS: Final = frozenset(["micros", "micro"])
_NO_UNIT: Final = frozenset(["per", "version", "pct"])
_FEN: Final = re.compile(
    r"[(\uff08\[\u3010:\uff1a_/\s](?:单位\s*[:\uff1a]?\s*)?(?:人民币)?分[)\uff09\]\u3011]?$"
)
POINTS: Final = re.compile(
    "(?i)积分|评分|得分|分数|成绩|学分|打分|评价|分值|信用|绩效|考核|满意|测评|指数|score|points|rating"
    "|时长|时间|耗时|用时|停留|等待|通话|在线|学习|运动|minutes|duration"
)
"""Words beside which the same sign is points, or minutes."""
_PARTS: Final = frozenset({"minor", "micro"})
_MONEY: Final = frozenset(
    "amount price value unit units total fee cost currency revenue spend".split()  # noqa: SIM905
)
"""Words for a smaller unit of money that are words for other small things, and what tells."""


def smaller_unit(column: str) -> str:
    """Return the word for cents, or the like, in the name of a column of amounts."""
    if _FEN.search(column):
        return "" if POINTS.search(column) else "分"
    named = words_of(column)
    found = named & (_HUNDREDTHS | _MILLIONTHS)
    found -= set() if named & _MONEY else _PARTS
    return min(found, default="") if not named & _NO_UNIT else ""


def unit(column: str, values: Integers, decimals: int) -> Iterator[tuple[Concern, int]]:
    """Yield that a column's name says cents, or the like, and its whole numbers are read as more.

    ``values`` are scaled by the declared decimals.
    """
    said = smaller_unit(column)
    if said and decimals and len(values) and not (values % 10**decimals).any():
        yield Concern("named-unit", column, len(values), len(values), said), 0
