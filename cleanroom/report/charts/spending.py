"""Draw what each campaign does for its money: a band, today's amount and the suggested one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import altair as alt

from cleanroom.drawing.canvas import Panel, data, panel, titled, together, words_at
from cleanroom.drawing.sheets import narrow, sheet
from cleanroom.drawing.style import ACCENT, INK, LABELS, MIDDLE, PALE, PLOT, SOFT
from cleanroom.report import Language, shorten, word
from cleanroom.words.estimate import Estimate
from cleanroom.words.labels import label_text
from cleanroom.words.tell import in_short
from cleanroom.words.units import unit_of

HEIGHT = 110.0
AXIS = 44.0
"""Pixels that the axis of a narrow sheet takes at the right."""
MOST_CAMPAIGNS = 9
WHOLE = "all"
"""The curve of all campaigns, each person once."""


def spending(plan: Mapping[str, Any], language: Language) -> list[Panel]:
    """Draw a panel per campaign on one scale, and all campaigns together on their own."""
    groups = plan["groups"][:MOST_CAMPAIGNS]
    names = [next(iter(group["key"].values())) for group in groups]
    curves = [plan["curves"][name] for name in names]
    widest = max((curve["money"][-1] for curve in curves), default=1.0)
    highest = max((_top(curve) for curve in curves), default=1.0)
    found = []
    for name, curve, group in zip(names, curves, groups, strict=True):
        marks = [(group["cost"], MIDDLE, [4, 3]), (group["spend_suggested"], INK, [1, 0])]
        plot = _plot(curve, plan["measure"], (widest, highest), marks, language)
        found.append(_beside(plot, label_text(name), _lines(plan["measure"], group, language)))
    if WHOLE in plan["curves"]:
        found.append(_whole(plan, language))
    return found


def _whole(plan: Mapping[str, Any], language: Language) -> Panel:
    curve, total = plan["curves"][WHOLE], plan["total"]
    marks = [(total["cost"], MIDDLE, [4, 3]), (total["spend_today"], INK, [1, 0])]
    size = (curve["money"][-1], _top(curve))
    plot = _plot(curve, plan["measure"], size, marks, language)
    return _beside(plot, word("all_campaigns", language), [word("spend.whole", language)])


def _beside(plot: Panel, name: str, lines: list[str]) -> Panel:
    """Put the name of a curve at its left and lines at its right; both above it if narrow."""
    if narrow():
        return titled(panel([plot], HEIGHT, sheet().plot - AXIS), name, lines, -14.0)
    return panel([plot, *_texts(shorten(name, 18), lines)], HEIGHT)


def _top(curve: Mapping[str, Any]) -> float:
    return max(1.0, *(float(end) for end in (*curve["low"], *curve["high"]) if end is not None))


def _plot(
    curve: Mapping[str, Any],
    measure: str,
    size: tuple[float, float],
    marks: list[tuple[float, str, list[int]]],
    language: Language,
) -> Panel:
    lines = zip(curve["money"], curve["low"], curve["high"], strict=True)
    rows = [{"money": money, "low": low, "high": high} for money, low, high in lines]
    money = alt.Axis(title=word("axis.money", language), format="~s", grid=False)
    side: Literal["left", "right"] = "right" if narrow() else "left"
    counted = alt.Axis(title=word(measure, language), format="~s", orient=side)
    x = alt.X("money:Q", scale=alt.Scale(domain=[0, size[0]], nice=False), axis=money)
    y = alt.Y("low:Q", scale=alt.Scale(domain=[0, size[1]], nice=True), axis=counted)
    band = data([row for row in rows if row["high"] is not None])
    layers = [
        band.mark_area(fill=PALE, line=False, aria=False).encode(x=x, y=y, y2=alt.Y2("high:Q")),
        data(rows).mark_line(color=ACCENT, strokeWidth=1.4).encode(x=x, y=y),
        band.mark_line(color=ACCENT, strokeWidth=1.4).encode(
            x=x, y=alt.Y("high:Q", scale=y["scale"], axis=counted)
        ),
    ]
    for at, color, dash in marks:
        rule = data([{"money": at}]).mark_rule(color=color, strokeDash=dash, strokeWidth=1.4)
        layers.append(rule.encode(x=x))
    return together(layers)


def _texts(title: str, lines: list[str]) -> list[alt.Chart]:
    left, right = -float(LABELS), float(PLOT) + 16.0
    return [
        words_at([(left, 5.0, title)], size=13, bold=True),
        words_at([(right, 8.0 + 17.0 * at, line) for at, line in enumerate(lines)], size=11,
                 color=SOFT),
    ]  # fmt: skip


def _lines(measure: str, group: Mapping[str, Any], language: Language) -> list[str]:
    """Write what was spent, what is suggested and what that changes."""
    names = ("cost", "spend_today", "spend_suggested", f"{measure}_change")
    found = []
    for name in names:
        if name == "spend_today" and group[name] == group["cost"]:
            continue
        one = Estimate.read(group, name, unit_of(name))
        found.append(f"{word(name, language)}: {in_short(one, language)[0]}")
    return found
