"""Write lengths of time in words."""

from __future__ import annotations

from typing import Final

from cleanroom.words.languages import LANGUAGES, Language

LENGTHS: Final = {
    86_400: (("{} day", "{} days"), ("{} 天", "{} 天")),
    3600: (("{} hour", "{} hours"), ("{} 小时", "{} 小时")),
    60: (("{} minute", "{} minutes"), ("{} 分钟", "{} 分钟")),
    1: (("{} second", "{} seconds"), ("{} 秒", "{} 秒")),
}
"""A unit's seconds, and its words after its number: of one, of more."""

TELLING: Final = 10
"""How many of a unit a measured length has at least, so that rounding adds a tenth at most."""


def length(seconds: int, language: Language = "en") -> str:
    """Write a length of time in the largest unit of which it is a whole number."""
    unit = next((one for one in LENGTHS if seconds >= one and seconds % one == 0), 1)
    single, many = LENGTHS[unit][LANGUAGES.index(language)]
    count = seconds // unit
    return (single if count == 1 else many).format(f"{count:,}")


def measured(seconds: int, language: Language = "en") -> str:
    """Write a length of time that was measured: rounded up, by a tenth at most."""
    unit = next((one for one in LENGTHS if seconds >= TELLING * one), 1)
    return length(-(-seconds // unit) * unit, language)
