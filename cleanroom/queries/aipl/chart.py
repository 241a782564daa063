"""Draw how many people are at each stage, stacked by who knows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import altair as alt

from cleanroom.drawing.bars import ROW, Bar, Side, bar_of, bar_panel, least
from cleanroom.drawing.canvas import Panel, at_pixels, data, panel, words_at
from cleanroom.drawing.sheets import narrow
from cleanroom.drawing.style import ACCENT, HAIR, INK, MIDDLE, SOFT
from cleanroom.queries.stages import OPPORTUNITY
from cleanroom.words.catalogue import said, word
from cleanroom.words.estimate import Estimate
from cleanroom.words.languages import Language
from cleanroom.words.tell import in_short

SIDES = {"overlap": ACCENT, "brand_only": MIDDLE, "platform_only": HAIR}
TALL = 2 * ROW
"""Two lines per stage: a number and its interval under it."""
WIDTH = 300
"""Pixels of the plot: narrower than others, for three columns of numbers."""
ENDS = (404.0, 506.0, 608.0)


def aipl(result: Mapping[str, Any], language: Language) -> list[Panel]:
    """Draw one stacked bar per stage; the column titles at the right are the legend."""
    groups = [group for group in result["groups"] if group["key"]["stage"] in OPPORTUNITY]
    stages = [stage for stage in OPPORTUNITY if any(g["key"]["stage"] == stage for g in groups)]
    if not stages:
        return []
    sides = [side for side in SIDES if any(group["key"]["side"] == side for group in groups)]
    found = {(group["key"]["stage"], group["key"]["side"]): group for group in groups}
    rows = _stacked(found, stages, sides)
    if narrow():
        return [_rows(rows, found, language)]
    scale = alt.Scale(domain=[0, max((row["until"] for row in rows), default=1) or 1], nice=True)
    title = word("axis.people", language)
    axis = alt.Axis(format=",.12~g", title=title, titleAlign="left", titleAnchor="start")
    bars = (
        data(rows)
        .mark_bar(stroke=INK, strokeWidth=0.5)
        .encode(
            x=alt.X("from:Q", scale=scale, axis=axis),
            x2=alt.X2("until:Q"),
            y=alt.Y("row:O", axis=None, scale=alt.Scale(paddingInner=0.4, paddingOuter=0.2)),
            fill=alt.Fill("fill:N", scale=None),
            description=alt.Description("label:N"),
        )
    )
    texts = _texts(found, stages, sides, language)
    return [panel([bars, *texts], TALL * len(stages), WIDTH)]


Found = Mapping[tuple[str, str], Mapping[str, Any]]


def _stacked(found: Found, stages: Sequence[str], sides: Sequence[str]) -> list[dict[str, Any]]:
    """Lay the sides of a stage end to end; noise below zero has no length."""
    rows = []
    for at, stage in enumerate(stages):
        end = 0.0
        for side in sides:
            people = max(0.0, least(Estimate.read(found.get((stage, side), {}), "people")))
            label = f"{stage}, {side}: {people:,.0f}"
            place = {"row": at, "of": (stage, side), "from": end, "until": end + people}
            rows.append({**place, "fill": SIDES[side], "label": label})
            end += people
    return rows


def _rows(rows: Sequence[Mapping[str, Any]], found: Found, language: Language) -> Panel:
    """Draw a row for each stage and side, each from where the one before ends."""
    bars: list[Bar] = []
    for row in rows:
        stage, side = row["of"]
        if (stage, side) not in found:
            continue
        name = f"{said(f'stage.{stage}', language)} · {word(side, language)}"
        one = Estimate.read(found[stage, side], "people", "people")
        bar = bar_of(name, one, language, row["fill"])
        bars.append(replace(bar, base=row["from"], value=row["until"], interval=None))
    spread = word("interval95", language) if any(any(bar.cells[1:]) for bar in bars) else ""
    side = Side.of((word("people", language), spread), bars)
    return bar_panel(bars, word("axis.people", language), side)


def _texts(
    found: Found, stages: Sequence[str], sides: Sequence[str], language: Language
) -> list[alt.Chart]:
    middles = [TALL * (at + 0.5) for at in range(len(stages))]
    titles = [said(f"stage.{stage}", language) for stage in stages]
    names = [(-10.0, y, title) for y, title in zip(middles, titles, strict=True)]
    layers = [words_at(names, align="right")]
    for x, side in zip(ENDS, sides, strict=False):
        layers.append(words_at([(x, -10.0, word(side, language))], align="right", size=11))
        layers.append(_swatch(x, SIDES[side]))
        counts, spreads = [], []
        for y, stage in zip(middles, stages, strict=True):
            group = found.get((stage, side))
            if group is None:
                counts.append((x, y, "–"))
                continue
            count, spread = in_short(Estimate.read(group, "people", "people"), language)
            counts.append((x, y - 7.0, count))
            spreads.append((x, y + 8.0, spread))
        layers.append(words_at(counts, align="right"))
        layers.append(words_at(spreads, align="right", size=10, color=SOFT))
    return layers


def _swatch(x: float, fill: str) -> alt.Chart:
    box = data([{"x": x - 30, "x2": x, "y": -26, "y2": -18}])
    mark = box.mark_rect(fill=fill, stroke=INK, strokeWidth=0.5, aria=False)
    return at_pixels(mark, ("x2", "y2"))


CHART = aipl
