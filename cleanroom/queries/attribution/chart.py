"""Draw what each campaign earned: under one model, or under several side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from cleanroom.drawing.bars import MOST_ROWS, Bar, Side, bar_of, bar_panel, label_of, most_telling
from cleanroom.drawing.canvas import Panel
from cleanroom.drawing.groups import MOST_MEASURES, axis_title
from cleanroom.drawing.groups import side as side_of
from cleanroom.drawing.style import ACCENT, HAIR, PALE, SHADES
from cleanroom.words.catalogue import word
from cleanroom.words.estimate import Estimate
from cleanroom.words.inert import shorten
from cleanroom.words.languages import Language
from cleanroom.words.table import cells
from cleanroom.words.tell import in_short

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
    if not bars:
        return []
    side = Side.of(titles, bars)
    return [bar_panel(bars, axis_title(CONVERSIONS, language), side), *_sums(result, language)]


def _bar(
    label: str, group: Mapping[str, Any], language: Language, fill: str = ACCENT, name: str = ""
) -> Bar:
    bar = bar_of(label, Estimate.read(group, name or CONVERSIONS, CONVERSIONS), language, fill)
    share = "" if name else in_short(Estimate.read(group, "share", "share"), language)[0]
    return replace(bar, cells=(*bar.cells, share if group.get("share") is not None else ""))


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
            bars.append(bar_of(label, found[name].estimate, language))
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


CHART = attribution
