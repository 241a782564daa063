"""Draw a decision tree as a marketer reads one: branches indented, bars from everybody's share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from cleanroom.drawing.bars import INDENT, MOST_ROWS, ROW, Bar, Side, bar_of, bar_panel
from cleanroom.drawing.canvas import Panel, at_pixels, data, panel
from cleanroom.drawing.sheets import narrow
from cleanroom.drawing.style import ACCENT, LABELS, MIDDLE, PALE, SOFT
from cleanroom.words.catalogue import word
from cleanroom.words.estimate import Estimate
from cleanroom.words.labels import label_text
from cleanroom.words.languages import Language
from cleanroom.words.tell import in_short

Result = Mapping[str, Any]


def drivers(result: Result, language: Language) -> list[Panel]:
    """Draw the tree, and below it what each attribute tells about everybody."""
    usual = Estimate.read(result["total"], "rate", "rate")
    panels = []
    if usual.value is not None and usual.bounds is None:
        panels.append(_tree(result, usual, language))
    gains = [
        bar_of(str(one["key"]["attribute"]), Estimate.read(one, "gain", "gain"), language)
        for one in result["drivers"]
        if one["gain"] is not None
    ]
    if gains:
        spread = word("interval95", language) if any(bar.interval for bar in gains) else ""
        side = Side.of((word("gain", language), spread), gains)
        panels.append(bar_panel(gains, word("axis.gain", language), side))
    return panels


def _tree(result: Result, usual: Estimate, language: Language) -> Panel:
    """Draw one row per node, each before those below it; dark ones are surely above everybody."""
    root = {**result["total"], "key": {}}
    nodes = [root, *_that_fit(result["groups"])]
    bars = [_bar(node, usual, language) for node in nodes]
    spread = word("interval95", language) if any(bar.interval for bar in bars) else ""
    side = Side.of((word("rate", language), spread, word("people", language)), bars)
    rule = float(usual.value or 0)
    title = word("axis.outcome", language)
    drawn = bar_panel(bars, title, side, rule=rule, grid=".3~p")
    if narrow():  # bars lie where the lines would be; the indentation tells the same
        return drawn
    joints = panel([_joints(nodes)], ROW * len(nodes))["layer"]
    return {**drawn, "layer": [*joints, *drawn["layer"]]}


def _that_fit(groups: Sequence[Result]) -> list[Result]:
    """Return the nodes down to the depth at which the picture has no more rows than it may."""
    depth = max((len(group["key"]) for group in groups), default=0)
    while depth and sum(len(group["key"]) <= depth for group in groups) >= MOST_ROWS:
        depth -= 1
    return [group for group in groups if len(group["key"]) <= depth]


def _bar(node: Result, usual: Estimate, language: Language) -> Bar:
    rate = Estimate.read(node, "rate", "rate")
    low, high = rate.low or 0.0, rate.high or 0.0
    top, bottom = usual.high or 0.0, usual.low or 0.0
    fill = ACCENT if low > top else MIDDLE if high < bottom else PALE
    people = in_short(Estimate.read(node, "people", "people"), language)[0]
    bar = bar_of(_name(node, language), rate, language, fill)
    return replace(
        bar, cells=(*bar.cells, people), base=float(usual.value or 0), depth=len(node["key"])
    )


def _name(node: Result, language: Language) -> str:
    if not node["key"]:
        return word("everybody", language)
    column, label = [*node["key"].items()][-1]
    return f"{column.partition('.')[2]}: {label_text(label)}"


def _joints(nodes: Sequence[Result]) -> Any:
    """Draw the lines from a node down to those below it."""
    rows = []
    for at, node in enumerate(nodes):
        depth = len(node["key"])
        if depth:
            above = max(up for up in range(at) if len(nodes[up]["key"]) == depth - 1)
            x, y = INDENT * (depth - 1) - LABELS + 4.0, ROW * (at + 0.5)
            rows.append({"x": x, "x2": x, "y": ROW * (above + 0.5) + 9, "y2": y})
            rows.append({"x": x, "x2": x + INDENT - 6, "y": y, "y2": y})
    lines = data(rows).mark_rule(color=SOFT, strokeWidth=0.8, aria=False)
    return at_pixels(lines, ("x2", "y2"))


CHART = drivers
