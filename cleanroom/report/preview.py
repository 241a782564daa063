"""Say what a question would cost and show, before it is asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cleanroom.report import Language, said, shorten, word
from cleanroom.report.conditions import written_in_words
from cleanroom.report.encryption import said_why
from cleanroom.words.table import Cell
from cleanroom.words.tell import in_short, people
from cleanroom.words.units import unit_of

LABEL_COLUMNS = 40
"""Longer labels are cut in their middle."""

OF_NOISE: Final = frozenset(
    ["rho", "budget", "budget_before", "budget_after", "people_sd", "tau"]
)  # fmt: skip
"""Facts of a preview that say nothing in a room without noise, which has no budget to spend."""


def preview_facts(preview: Mapping[str, Any], language: Language) -> list[tuple[str, str]]:
    """Return what is known of a question, by name: cost, noise, thresholds, whom it counts."""
    quiet = OF_NOISE if preview.get("noise") == "none" else frozenset()
    found = [
        _fact(name, value, language)
        for name, value in preview.items()
        if name not in quiet
        and name != "answered_by"
        and (isinstance(value, str | int | float) or value is None)
    ]
    if "where" in preview:
        found += _slice(preview, language)
    if preview["cost"]["rows"]:
        found.append(_values(preview["cost"], language))
    return found


def preview_notes(preview: Mapping[str, Any], language: Language) -> list[str]:
    """Return what to know before asking: that it was answered already, what the agent notices."""
    notice = word("preview.notice", language)
    repeated = [word("preview.repeated", language)] if preview.get("answered_by") else []
    return [*repeated, *(f"{notice}: {one}" for one in preview.get("notices", ()))]


def _slice(preview: Mapping[str, Any], language: Language) -> list[tuple[str, str]]:
    """Say whom a question counts, and how wide the answer is for as many as it can count."""
    most = preview["at_most"]
    low, high = most["interval"]
    values = {
        "people": people(most["people"], language),
        "low": f"{low:,.0f}",
        "high": f"{high:,.0f}",
        "chance": f"{most['chance_shown']:.0%}",
    }
    return [
        (word("question.where", language), written_in_words(preview["where"], language)),
        (word("preview.at_most", language), word("preview.at_most.text", language, **values)),
    ]


def _values(cost: Mapping[str, Any], language: Language) -> tuple[str, str]:
    """Say how the summed values are encrypted, why, and what they take on top."""
    load = {"megabytes": cost["row_megabytes"], "seconds": cost["row_seconds"]}
    text = said_why(cost["rows"], cost["why"], language)
    if cost["row_megabytes"]:
        text += f"; {word('dataset.load', language, **load)}"
    return word("dataset.encryption", language), text


def _fact(name: str, value: str | float | None, language: Language) -> tuple[str, str]:
    key = f"preview.{name}"
    title = said(key, language)
    if title == key:
        title = said(name, language).replace("_", " ")
    if isinstance(value, float) and not isinstance(value, bool):
        return title, f"{value:,.4g}"
    if isinstance(value, str):
        return title, shorten(value, LABEL_COLUMNS)
    if value is None:
        return title, ""
    return title, in_short(Cell(value, unit=unit_of(name)).estimate, language)[0]
