"""Draw how much more often pairs are bought together than by chance: their lift, around 1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cleanroom.drawing.canvas import Panel
from cleanroom.drawing.groups import group_bars
from cleanroom.queries.channel_flow.chart import against, around_one
from cleanroom.words.languages import Language

LIFT = "basket_lift"


def basket(result: Mapping[str, Any], language: Language) -> list[Panel]:
    """Draw a bar from 1 per pair, the highest first; dark ones are above it with all that is known.

    Where no lift can be told there are bars of people.
    """
    bars = [
        against(group, LIFT, "support", "share", language)
        for group in result["groups"]
        if group[LIFT] is not None
    ]
    if not bars:
        return group_bars(result, language)
    ordered = sorted(bars, key=lambda bar: -bar.value)
    return [around_one(ordered, "axis.basket_lift", (LIFT, "support"), language)]


CHART = basket
