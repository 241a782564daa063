"""Draw people and sums per group: every result that has no chart of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cleanroom.drawing.bars import (
    Bar,
    Side,
    bar_of,
    bar_panel,
    label_of,
    most_telling,
)
from cleanroom.drawing.canvas import Panel
from cleanroom.drawing.style import ACCENT, PALE
from cleanroom.words.catalogue import said, word
from cleanroom.words.inert import shorten
from cleanroom.words.languages import Language
from cleanroom.words.table import Cell, cells

MOST_MEASURES = 2


def group_bars(result: Mapping[str, Any], language: Language) -> list[Panel]:
    """Draw a panel for people, or what else is counted, and one for each of two measures."""
    entries = [(label_of(group["key"]), cells(group), ACCENT) for group in result["groups"]]
    if isinstance(result.get("other"), Mapping):
        entries.append((word("other", language), cells(result["other"]), PALE))
    if not any(group["key"] for group in result["groups"]):
        entries = [(word("total", language), cells(result["total"]), ACCENT)]
    names = list(dict.fromkeys(name for _, found, _ in entries for name in found))
    counted = [name for name in ("index", "people", "conversions", "size") if name in names][:1]
    panels = [_panel(name, entries, language) for name in counted or names[:1]]
    return [found for found in panels if found is not None] + _sums(entries, language)


def measure_bars(result: Mapping[str, Any], language: Language) -> list[Panel]:
    """Draw a panel for each of two measures."""
    entries = [(label_of(group["key"]), cells(group), ACCENT) for group in result["groups"]]
    return _sums(entries, language)


def _sums(entries: list[tuple[str, dict[str, Cell], str]], language: Language) -> list[Panel]:
    names = list(dict.fromkeys(name for _, found, _ in entries for name in found))
    sums = [name for name in names if name.startswith("sums.")][:MOST_MEASURES]
    panels = [_panel(name, entries, language) for name in sums]
    return [found for found in panels if found is not None]


def _panel(
    name: str, entries: list[tuple[str, dict[str, Cell], str]], language: Language
) -> Panel | None:
    bars = []
    for label, found, fill in entries:
        cell = found.get(name)
        if cell is None or not (cell.bounds or isinstance(cell.value, int | float)):
            continue
        bars.append(bar_of(label, cell.estimate, language, fill))
    if not bars:
        return None
    return bar_panel(most_telling(bars), axis_title(name, language), side(name, bars, language))


def axis_title(name: str, language: Language) -> str:
    """Return the title of the axis of a field: what is counted, and its unit."""
    if name.startswith("sums."):
        return word("axis.sum", language, measure=shorten(name.removeprefix("sums."), 40))
    return said(f"axis.{name}", language) if f"axis.{name}" in KNOWN_AXES else said(name, language)


KNOWN_AXES = ("axis.people", "axis.conversions", "axis.share")


def side(name: str, bars: list[Bar], language: Language) -> Side:
    """Return the titles of the columns of numbers; the second only where there are intervals."""
    title = shorten(name.removeprefix("sums."), 14) if "." in name else said(name, language)
    spread = any(bar.interval for bar in bars)
    return Side.of((title, word("interval95", language) if spread else ""), bars)
