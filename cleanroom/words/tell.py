"""Write one sentence in either language from the same numbers and names."""

from __future__ import annotations

from collections.abc import Mapping
from string import Formatter
from typing import Any, Final

from cleanroom.words.estimate import Bound, Estimate
from cleanroom.words.inert import inert
from cleanroom.words.languages import LANGUAGES, Language
from cleanroom.words.numbers import end_text, unit_text

COUNTED: Final = {"people": (("1 person", "{} people"), ("{} 人", "{} 人"))}
"""What is counted, said after its number: of one, of more."""

FORMS: Final[dict[Bound, tuple[str, str]]] = {
    "range": ("between {low} and {high}", "介于 {low} 与 {high} 之间"),
    "lower": ("at least {low}", "至少 {low}"),
    "upper": ("at most {high}", "至多 {high}"),
    "estimate": ("about {value} (95 %: {low} to {high})", "约 {value}（95 %：{low} 至 {high}）"),
    "exact": ("{value}", "{value}"),
    "unknown": ("unknown", "未知"),
}
NOBODY: Final = ("an unknown number of people", "未知人数")
PEOPLE: Final = ("{low} to {high}", "{low} 至 {high}")
"""A range of people, which other words may stand beside."""
LAST: Final = {"range": "high", "lower": "low", "upper": "high"}
"""Which part of a form stands last and is followed by what is counted."""


def people(number: int, language: Language = "en") -> str:
    """Return so many people in words: ``1 person``, ``2 people``."""
    single, many = COUNTED["people"][LANGUAGES.index(language)]
    return (single if number == 1 else many).format(f"{number:,}")


def tell(language: Language, english: str, chinese: str, **values: Estimate | str) -> str:
    """Return a sentence with numbers and names filled in.

    A number is written with what is known of it; a name is a stranger's text and made inert.  No
    space follows a Chinese bracket.
    """
    message = (english, chinese)[LANGUAGES.index(language)]
    found = ""
    for literal, field, _, _ in Formatter().parse(message):
        found += literal.lstrip(" ") if found.endswith("）") else literal
        if field is not None:
            value = values[field]
            text = inert(value) if isinstance(value, str) else in_words(value, language)
            if language == "zh" and not isinstance(value, str) and text[:1] in STARTS:
                found = found.rstrip(" ")
            found += text
    return found


STARTS: Final = tuple("约介至未")
"""How a number in words begins where it does not begin with a digit: no space is before it."""


def in_words(one: Estimate, language: Language) -> str:
    """Write a number as part of a sentence, with its interval or as the bound that it is."""
    zh, bound = LANGUAGES.index(language), one.bound
    if bound == "unknown" and one.unit == "people":
        return NOBODY[zh]
    parts = {
        "value": "" if one.value is None else unit_text(one.unit, one.value),
        "low": "" if one.low is None else end_text(one.unit, one.low, up=False),
        "high": "" if one.high is None else end_text(one.unit, one.high, up=True),
    }
    last = LAST.get(bound, "value")
    if one.unit in COUNTED:
        single, many = COUNTED[one.unit][zh]
        parts[last] = (single if parts[last] == "1" else many).format(parts[last])
    form = PEOPLE if bound == "range" and one.unit == "people" else FORMS[bound]
    return form[zh].format(**parts)


SHORT: Final[dict[Bound, tuple[str, str]]] = {
    "range": ("{low} to {high}", "{low} 至 {high}"),
    "lower": ("≥ {low}", "≥ {low}"),
    "upper": ("≤ {high}", "≤ {high}"),
    "estimate": ("{value}", "{value}"),
    "exact": ("{value}", "{value}"),
    "unknown": ("–", "–"),
}
"""The forms of a table and of a chart."""


def in_short(one: Estimate, language: Language) -> tuple[str, str]:
    """Write a number, or the bound that it is, and its interval: nothing if it has none."""
    zh = LANGUAGES.index(language)
    low = "" if one.low is None else end_text(one.unit, one.low, up=False)
    high = "" if one.high is None else end_text(one.unit, one.high, up=True)
    value = "" if one.value is None else unit_text(one.unit, one.value)
    shown = SHORT[one.bound][zh].format(value=value, low=low, high=high)
    between = SHORT["range"][zh].format(low=low, high=high)
    return shown, between if one.bound == "estimate" else ""


def chance_in_words(shown: Mapping[str, Any], language: Language) -> str:
    """Write a p-value after a comma, nothing if there is none."""
    if shown.get("p_value") is None:
        return ""
    text = unit_text("p_value", shown["p_value"])
    sign = "" if text.startswith("<") else "= "
    return (", p {}", "，p {}")[LANGUAGES.index(language)].format(f"{sign}{text}")
