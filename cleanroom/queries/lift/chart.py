"""Draw what a campaign caused: both groups' rates and their difference, with intervals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import altair as alt

from cleanroom.drawing.bars import (
    ROW,
    Bar,
    Side,
    bar_of,
    bar_texts,
    pitch_of,
    row_of,
    row_scale,
    whiskers,
)
from cleanroom.drawing.canvas import Panel, data, panel, together
from cleanroom.drawing.groups import group_bars
from cleanroom.drawing.style import ACCENT, INK, MIDDLE, PAPER
from cleanroom.words.catalogue import word
from cleanroom.words.estimate import Estimate
from cleanroom.words.languages import Language
from cleanroom.words.numbers import number
from cleanroom.words.units import unit_of

TALL = ROW + 6
ARMS = (("test", ACCENT), ("control", MIDDLE))


def lift(result: Mapping[str, Any], language: Language) -> list[Panel]:
    """Draw rates of test and control over the effects; the dashed line is no effect."""
    total = result["total"]
    if total.get("difference") is None:
        return group_bars(result, language)
    rates = [_rate(total, arm, fill, language) for arm, fill in ARMS]
    effect = _bar("difference", word("conversions", language), total, language)
    relative = [
        _bar("relative_lift", name, found, language)
        for name, found in _statistics(total, language)
        if found.get("relative_lift") is not None
    ]
    panels = [
        _points(rates, word("axis.rate", language), word("rate", language), language),
        _points([effect], word("axis.difference", language), "", language, no_effect=True),
    ]
    if relative:
        title = word("axis.relative_lift", language)
        panels.append(_points(relative, title, "", language, no_effect=True))
    return panels


def _statistics(
    total: Mapping[str, Any], language: Language
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield word("conversions", language), total
    yield from total.get("measures", {}).items()


def _rate(total: Mapping[str, Any], arm: str, fill: str, language: Language) -> Bar:
    bar = bar_of(word(arm, language), Estimate.read(total, f"{arm}_rate", "rate"), language, fill)
    return replace(bar, cells=(*bar.cells, ""))


def _bar(name: str, label: str, found: Mapping[str, Any], language: Language) -> Bar:
    bar = bar_of(label, Estimate.read(found, name, unit_of(name)), language)
    return replace(bar, cells=(*bar.cells, chance(found, language)))


def _points(
    bars: Sequence[Bar], title: str, head: str, language: Language, no_effect: bool = False
) -> Panel:
    rows = [row_of(at, bar) for at, bar in enumerate(bars)]
    ends = [0.0, *(float(row[name]) for row in rows for name in ("low", "high"))]
    scale = alt.Scale(domain=[min(ends), max(ends) or 1], nice=True, zero=False)
    axis = alt.Axis(format=".2~%", grid=True, title=title, titleAlign="left", titleAnchor="start")
    x = alt.X("value:Q", scale=scale, axis=axis)
    y = alt.Y("row:O", axis=None, scale=row_scale(bars, TALL))
    dots = data(rows).mark_circle(size=110, opacity=1, stroke=PAPER, strokeWidth=1.5)
    layers = [
        *whiskers(rows, x, y),
        dots.encode(
            x=x,
            y=y,
            fill=alt.Fill("fill:N", scale=None),
            description=alt.Description("label:N"),
        ),
    ]
    if no_effect:
        zero = data([{"at": 0}]).mark_rule(color=INK, strokeDash=[4, 3], aria=False)
        layers.insert(0, zero.encode(x=alt.X("at:Q", scale=scale, axis=axis)))
    spread = word("interval95", language) if any(bar.interval for bar in bars) else ""
    side = Side.of((head, spread, ""), bars)
    height = pitch_of(bars, TALL) * len(bars)
    return panel([together(layers), *bar_texts(bars, side, TALL)], height, side.plot)


def chance(shown: Mapping[str, Any], language: Language) -> str:
    """Return a p-value in words, nothing if there is none."""
    if shown.get("p_value") is None:
        return ""
    text = number("p_value", shown["p_value"])
    return word("below_p" if text.startswith("<") else "at_p", language, p=text.lstrip("< "))


CHART = lift
