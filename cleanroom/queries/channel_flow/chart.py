"""Draw how much more often people of each channel moved up than all: coefficients around 1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cleanroom.drawing.bars import Bar, Side, bar_of, bar_panel, label_of, most_telling
from cleanroom.drawing.canvas import Panel
from cleanroom.drawing.groups import group_bars
from cleanroom.drawing.style import ACCENT, MIDDLE, PALE
from cleanroom.queries.aipl_flow.chart import way_of
from cleanroom.queries.stages import OPPORTUNITY
from cleanroom.words.catalogue import word
from cleanroom.words.estimate import Estimate
from cleanroom.words.languages import Language
from cleanroom.words.tell import in_short

USUAL = 1.0


def channel_flow(result: Mapping[str, Any], language: Language) -> list[Panel]:
    """Draw a bar from 1 per channel and move up: dark ones are above it with their whole interval.

    Where no coefficient can be told there are bars of people.
    """
    bars = [
        against(one, "coefficient", "rate", "rate", language)
        for one in result["groups"]
        if one["coefficient"] is not None and _is_up(one["key"]["from"], one["key"]["to"])
    ]
    if not bars:
        return group_bars(result, language)
    return [around_one(bars, "axis.coefficient", ("coefficient", "rate"), language)]


def _is_up(before: str, after: str) -> bool:
    return {before, after} <= set(OPPORTUNITY) and way_of(before, after) > 0


def around_one(bars: list[Bar], axis: str, titles: tuple[str, str], language: Language) -> Panel:
    """Draw bars from 1, with a number and its interval and one more number beside each."""
    spread = word("interval95", language) if any(bar.interval for bar in bars) else ""
    side = Side.of((word(titles[0], language), spread, word(titles[1], language)), bars)
    return bar_panel(most_telling(bars), word(axis, language), side, rule=USUAL)


def against(entry: Mapping[str, Any], name: str, beside: str, unit: str, language: Language) -> Bar:
    """Return the bar of a ratio from 1, dark where it is above and grey where it is below."""
    one = Estimate.read(entry, name, "ratio")
    more = in_short(Estimate.read(entry, beside, unit), language)[0]
    low, high = one.low or 0.0, one.high or 0.0
    fill = ACCENT if low > USUAL else MIDDLE if high < USUAL else PALE
    bar = bar_of(label_of(entry["key"]), one, language, fill)
    return replace(bar, cells=(*bar.cells, more), base=USUAL)


CHART = channel_flow
