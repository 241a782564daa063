"""Draw what each campaign earned: under one model, or under several side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cleanroom.report import Language, shorten, word
from cleanroom.report.charts.bars import (
    MOST_ROWS,
    Bar,
    Side,
    bar_panel,
    interval_cells,
    label_of,
    most_telling,
)
from cleanroom.report.charts.canvas import Panel
from cleanroom.report.charts.groups import MOST_MEASURES, axis_title
from cleanroom.report.charts.groups import side as side_of
from cleanroom.report.charts.style import ACCENT, HAIR, PALE, SHADES
from cleanroom.report.numbers import number
from cleanroom.report.table import cells

CONVERSIONS = "conversions"


def attribution(result: Mapping[str, Any], language: Language) -> list[Panel]:
    """Draw a panel of conversions, then one per measure; what nobody earned is at the end."""
    counted = [_bar(label_of(group["key"]), group, language) for group in result["groups"]]
    if result.get("other"):
        counted.append(_bar(word("other", language), result["other"], language, PALE))
    left = _unattributed(result["total"], language)
    spread = word("interval95", language) if any(bar.interval for bar in counted) else ""
    titles = (word(CONVERSIONS, language), spread, word("share", language))
    bars = [*most_telling(counted), *left]
    side = Side.of(titles, bars)
    return [bar_panel(bars, axis_title(CONVERSIONS, language), side), *_sums(result, language)]


def _bar(
    label: str, group: Mapping[str, Any], language: Language, fill: str = ACCENT, name: str = ""
) -> Bar:
    value = group.get(name or CONVERSIONS) or 0
    interval = group.get(f"{name or CONVERSIONS}_interval")
    share = group.get("share")
    texts = interval_cells(CONVERSIONS, value, interval, language)
    third = "" if share is None else number("share", share)
    bounds = (float(interval[0]), float(interval[1])) if interval else None
    return Bar(label, float(value), (*texts, third), bounds, fill)


def _unattributed(total: Mapping[str, Any], language: Language) -> list[Bar]:
    if total.get("unattributed") is None:
        return []
    return [_bar(word("unattributed", language), total, language, HAIR, "unattributed")]


def _sums(result: Mapping[str, Any], language: Language) -> list[Panel]:
    rows = [(label_of(group["key"]), cells(group)) for group in result["groups"]]
    names = [name for name in (rows[0][1] if rows else ()) if name.startswith("sums.")]
    panels = []
    for name in names[:MOST_MEASURES]:
        bars = []
        for label, found in rows:
            cell = found[name]
            value = float(cell.value) if isinstance(cell.value, int | float) else 0.0
            texts = interval_cells(name, value, cell.interval, language)
            bars.append(Bar(label, value, texts, cell.interval))
        panels.append(
            bar_panel(most_telling(bars), axis_title(name, language), side_of(name, bars, language))
        )
    return panels


def models(
    names: Sequence[str], results: Sequence[Mapping[str, Any]], language: Language
) -> list[Panel]:
    """Draw the same campaigns under several models: one shade and one name per model."""
    by_model = [{label_of(group["key"]): group for group in result["groups"]} for result in results]
    bars: list[Bar] = []
    breaks: list[int] = []
    for campaign in _largest(by_model):
        breaks.append(len(bars))
        for place, (name, found) in enumerate(zip(names, by_model, strict=True)):
            if campaign not in found:
                continue
            label = campaign if len(bars) == breaks[-1] else ""
            bar = _bar(label, found[campaign], language, SHADES[place % len(SHADES)])
            texts = (*bar.cells[:2], shorten(name, NAME_COLUMNS))
            bars.append(Bar(bar.label, bar.value, texts, bar.interval, bar.fill))
    if not bars:
        return []
    spread = word("interval95", language) if any(bar.interval for bar in bars) else ""
    titles = (word(CONVERSIONS, language), spread, word("model", language))
    side = Side.of(titles, bars)
    return [bar_panel(bars, axis_title(CONVERSIONS, language), side, breaks=breaks[1:])]


NAME_COLUMNS = 18
"""Columns of text that the name of a model may take beside its bar."""


def _largest(by_model: Sequence[Mapping[str, Mapping[str, Any]]]) -> list[str]:
    """Return the campaigns in their order, only the largest if there are too many bars."""
    most: dict[str, float] = {}
    for found in by_model:
        for name, group in found.items():
            most[name] = max(most.get(name, 0.0), float(group[CONVERSIONS] or 0))
    kept = sorted(most, key=lambda name: -most[name])[: max(1, MOST_ROWS // len(by_model))]
    return [name for name in most if name in kept]
