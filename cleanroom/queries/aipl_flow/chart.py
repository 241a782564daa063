"""Draw how people moved between stages: a Sankey diagram, before left, after right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import hypot
from typing import Any

import altair as alt

from cleanroom.drawing.canvas import Align, Panel, at_pixels, data, panel, words_at
from cleanroom.drawing.sheets import narrow, sheet
from cleanroom.drawing.style import ACCENT, HAIR, INK, MIDDLE, PAPER, SOFT
from cleanroom.queries.stages import OPPORTUNITY, STAGES
from cleanroom.queries.staging import is_up
from cleanroom.words.catalogue import said, word
from cleanroom.words.estimate import Estimate
from cleanroom.words.languages import Language
from cleanroom.words.numbers import number
from cleanroom.words.tell import in_short

HEIGHT = 330.0
GAP, GAP_NARROW = 26.0, 44.0
"""Pixels between stages; on a narrow sheet their names and numbers stand there."""
NODE = 12.0
STEPS = 28
FILLS = {1: ACCENT, 0: HAIR, -1: MIDDLE}
"""Up, stayed, down."""
QUANTILE = 1.96
LABELLED = 13.0
"""A ribbon at least this high has its number on it."""


@dataclass(frozen=True)
class Ribbon:
    """People who moved from one stage to another; tops and height in pixels."""

    before: str
    after: str
    people: float
    left: float
    right: float
    height: float

    @property
    def way(self) -> int:
        """Return 1 for up, 0 for stayed, -1 for down."""
        return way_of(self.before, self.after)


def way_of(before: str, after: str) -> int:
    """Return 1 for a move up, 0 for none, -1 for one down."""
    return is_up(before, after) - is_up(after, before)


Result = Mapping[str, Any]


def aipl_flow(result: Mapping[str, Any], language: Language) -> list[Panel]:
    """Draw one ribbon per move, as high as it has people; L is at the top."""
    moves = {
        (group["key"]["from"], group["key"]["to"]): group
        for group in result["groups"]
        if group["people"] > 0 and {group["key"]["from"], group["key"]["to"]} <= set(OPPORTUNITY)
    }
    if not moves:
        return []
    ribbons, tops = lay_out({move: float(group["people"]) for move, group in moves.items()})
    bottom = max(map(sum, tops.values())) if narrow() else HEIGHT
    layers = [
        *(_ribbons([one for one in ribbons if one.way == way]) for way in (0, -1, 1)),
        _nodes(tops),
        *_labels(result, tops, language),
        *_numbers(ribbons),
        *_legend(result, bottom, language),
    ]
    return [panel(layers, bottom + (72 if narrow() else 36))]


Tops = Mapping[tuple[int, str], tuple[float, float]]
"""Top and height of a node by side (0 before, 1 after) and stage."""


def lay_out(moves: Mapping[tuple[str, str], float]) -> tuple[list[Ribbon], Tops]:
    """Return ribbons and nodes; both sides have the same scale and order, so lines cross least."""
    order = OPPORTUNITY[::-1]
    used = [[stage for stage in order if any(m[side] == stage for m in moves)] for side in (0, 1)]
    scale = (HEIGHT - GAP * (max(map(len, used)) - 1)) / sum(moves.values())
    tops: dict[tuple[int, str], tuple[float, float]] = {}
    for side in (0, 1):
        y = 0.0
        for stage in used[side]:
            people = sum(count for move, count in moves.items() if move[side] == stage)
            tops[side, stage] = (y, people * scale)
            y += people * scale + (GAP_NARROW if narrow() else GAP)
    next_top = {place: top for place, (top, _) in tops.items()}
    ribbons = []
    for before in order:
        for after in order:
            if (before, after) in moves:
                people = moves[before, after]
                left, right = next_top[0, before], next_top[1, after]
                ribbons.append(Ribbon(before, after, people, left, right, people * scale))
                next_top[0, before] += people * scale
                next_top[1, after] += people * scale
    return ribbons, tops


def _ribbons(ribbons: Sequence[Ribbon]) -> alt.Chart:
    rows = [row for ribbon in ribbons for row in _curve(ribbon)]
    areas = data(rows).mark_area(fillOpacity=0.78, line=False)
    return at_pixels(areas, ("y2",)).encode(
        detail=alt.Detail("move:N"),
        fill=alt.Fill("fill:N", scale=None),
        description=alt.Description("label:N"),
    )


def _curve(ribbon: Ribbon) -> list[dict[str, Any]]:
    """Return a ribbon along x: level at both ends (smoothstep 3t^2 - 2t^3)."""
    rows = []
    for step in range(STEPS + 1):
        t = step / STEPS
        top = ribbon.left + (ribbon.right - ribbon.left) * t * t * (3 - 2 * t)
        rows.append(
            {
                "x": NODE + (sheet().plot - 2 * NODE) * t,
                "y": top,
                "y2": top + max(ribbon.height, 1.2),
                "move": f"{ribbon.before}{ribbon.after}",
                "fill": FILLS[ribbon.way],
                "label": f"{ribbon.before} → {ribbon.after}: {ribbon.people:,.0f}",
            }
        )
    return rows


def _nodes(tops: Tops) -> alt.Chart:
    rows = [
        {"x": x, "x2": x + NODE, "y": top, "y2": top + max(height, 1.5)}
        for (side, _), (top, height) in tops.items()
        for x in ((sheet().plot - NODE) * side,)
    ]
    return at_pixels(data(rows).mark_rect(fill=INK, aria=False), ("x2", "y2"))


def _labels(result: Result, tops: Tops, language: Language) -> list[alt.Chart]:
    layers = []
    columns: tuple[tuple[int, str, float, Align], ...] = (
        (0, "axis.before", -10.0, "right"),
        (1, "axis.after", sheet().plot + 10.0, "left"),
    )
    if narrow():  # above the nodes
        columns = ((0, "axis.before", 0.0, "left"), (1, "axis.after", sheet().plot, "right"))
    for side, title, x, align in columns:
        names, counts = [], []
        for (which, stage), (top, height) in tops.items():
            if which == side:
                middle = top - 17 if narrow() else top + height / 2
                names.append((x, middle - 7, said(f"stage.{stage}", language)))
                found = [move for move in _moves(result) if move[side] == stage]
                counts.append((x, middle + 8, _added(result, found, language)))
        heading = [(x, -44.0 if narrow() else -24.0, word(title, language))]
        layers.append(words_at(heading, align=align, size=11, color=SOFT))
        layers.append(words_at(names, align=align, bold=True))
        layers.append(words_at(counts, align=align, size=11, color=SOFT))
    return layers


def _added(result: Result, moves: Sequence[tuple[str, str]], language: Language) -> str:
    """Return the people of some moves added up; moves that are held back leave a range."""
    groups = {(one["key"]["from"], one["key"]["to"]): one for one in result["groups"]}
    found = [groups[move] for move in moves if move in groups]
    missing = len(found) < len(moves) and bool((result.get("suppressed") or {}).get("groups"))
    low, high = _ends(found)
    if not missing:
        value = sum(group["people"] for group in found)
        one = Estimate(value, "people", None, (low, high) if low < high else None)
    elif result.get("other"):
        one = Estimate(None, "people", bounds=(low, _ends([*found, result["other"]])[1]))
    else:
        one = Estimate(None, "people")
    text, between = in_short(one, language)
    return f"{text} ({between})" if between else text


def _moves(result: Result) -> Iterable[tuple[str, str]]:
    """Return every move of the question; all of those from and to O may be held back."""
    stages = result.get("stages", STAGES)
    return product(stages, stages)


def _ends(groups: Sequence[Mapping[str, Any]]) -> tuple[float, float]:
    people = sum(group["people"] for group in groups)
    half = QUANTILE * hypot(*(group.get("people_sd", 0.0) for group in groups))
    return people - half, people + half


def _numbers(ribbons: Sequence[Ribbon]) -> list[alt.Chart]:
    """Write people on the ribbons that have room, dark on light and light on dark."""
    layers = []
    for dark in (False, True):
        texts = [
            (NODE + 8.0, one.left + one.height / 2, number("people", round(one.people)))
            for one in ribbons
            if one.height >= LABELLED and (one.way == 1) is dark
        ]
        layers.append(words_at(texts, size=11, color=PAPER if dark else INK))
    return layers


def _legend(result: Result, bottom: float, language: Language) -> list[alt.Chart]:
    layers = []
    for place, (way, name) in enumerate(((1, "moved_up"), (0, "stayed"), (-1, "moved_down"))):
        chosen = [move for move in _moves(result) if way_of(*move) == way]
        third = (sheet().right - sheet().left) / 3
        x, y = sheet().left + third * place, bottom + 30.0
        if narrow():
            x, y = 0.0, y + 18 * place
        box = data([{"x": x, "x2": x + 14, "y": y - 6, "y2": y + 6}])
        mark = box.mark_rect(
            fill=FILLS[way], fillOpacity=0.78, stroke=INK, strokeWidth=0.4, aria=False
        )
        layers.append(at_pixels(mark, ("x2", "y2")))
        text = f"{word(name, language)} {_added(result, chosen, language)}"
        layers.append(words_at([(x + 20, y, text)], size=11))
    return layers


CHART = aipl_flow
