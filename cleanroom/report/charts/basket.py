"""Draw how much more often pairs are bought together than by chance: their lift, around 1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cleanroom.documents.estimate import Estimate
from cleanroom.report import Language, word
from cleanroom.report.charts.bars import (
    Bar,
    Side,
    bar_of,
    bar_panel,
    label_of,
    most_telling,
)
from cleanroom.report.charts.canvas import Panel
from cleanroom.report.charts.groups import group_bars
from cleanroom.report.charts.style import ACCENT, MIDDLE, PALE
from cleanroom.words.tell import in_short

LIFT, INDEPENDENT = "basket_lift", 1.0


def basket(result: Mapping[str, Any], language: Language) -> list[Panel]:
    """Draw a bar from 1 per pair, the highest first; dark ones are above it with all that is known.

    Where no lift can be told there are bars of people.
    """
    bars = [
        _bar(group, lift, language)
        for group in result["groups"]
        if (lift := Estimate.read(group, LIFT, "ratio")).value is not None
    ]
    if not bars:
        return group_bars(result, language)
    spread = word("interval95", language) if any(bar.interval for bar in bars) else ""
    side = Side.of((word(LIFT, language), spread, word("support", language)), bars)
    ordered = sorted(most_telling(bars), key=lambda bar: -bar.value)
    return [bar_panel(ordered, word("axis.basket_lift", language), side, rule=INDEPENDENT)]


def _bar(group: Mapping[str, Any], lift: Estimate, language: Language) -> Bar:
    support = in_short(Estimate.read(group, "support", "share"), language)[0]
    low, high = lift.low or 0.0, lift.high or 0.0
    fill = ACCENT if low > INDEPENDENT else MIDDLE if high < INDEPENDENT else PALE
    bar = bar_of(label_of(group["key"]), lift, language, fill)
    return replace(bar, cells=(*bar.cells, support), base=INDEPENDENT)
