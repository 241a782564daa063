"""Draw whom several datasets hold: sets as rows of dots, and how reach builds up over them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import altair as alt

from cleanroom.drawing.bars import COLUMN, MOST_ROWS, ROW, Bar, bar_of, bar_panel
from cleanroom.drawing.canvas import Panel, at_pixels, data, together, words_at
from cleanroom.drawing.groups import axis_title, measure_bars, side
from cleanroom.drawing.sheets import narrow
from cleanroom.drawing.style import HAIR, INK, LABELS, PALE, SOFT
from cleanroom.words.catalogue import word
from cleanroom.words.estimate import Estimate
from cleanroom.words.inert import columns, shorten
from cleanroom.words.labels import label_text
from cleanroom.words.languages import Language

BETWEEN = "+"
KNOWN_TO = "known_to"


def upset(result: Mapping[str, Any], language: Language) -> list[Panel]:
    """Draw a row for each set of platforms, the largest first, and a panel for each measure."""
    found = sets(result, language)
    return [*([found] if found else []), *measure_bars(result, language)]


def is_of_sets(result: Mapping[str, Any]) -> bool:
    """Tell whether all groups of a result are sets of a hub's others and nothing else."""
    groups = result["groups"]
    return bool(groups) and all(list(group["key"]) == [KNOWN_TO] for group in groups)


def sets(result: Mapping[str, Any], language: Language) -> Panel | None:
    """Draw a row for each set of platforms, the largest first; None if there is none.

    A narrow sheet has no room for dots: the sets are named.
    """
    named = [(str(group["key"][KNOWN_TO]).split(BETWEEN), group) for group in result["groups"]]
    named.sort(key=lambda one: -float(one[1]["people"] or 0))
    named = named[:MOST_ROWS]
    if not named:
        return None
    names = _others(result, [name for some, _ in named for name in some])
    bars = []
    for some, group in named:
        shown = bar_of(
            " + ".join(map(label_text, some)), Estimate.read(group, "people", "people"), language
        )
        bars.append(shown)
    other = result.get("other")
    if other:
        estimate = Estimate.read(other, "people", "people")
        bars.append(bar_of(word("other", language), estimate, language, PALE))
    title, numbers = axis_title("people", language), side("people", bars, language)
    if narrow():
        return bar_panel(bars, title, numbers)
    rows = bar_panel(_unlabelled(bars, other is not None), title, numbers)
    drawn = _dots(names, [some for some, _ in named])
    return {**rows, "layer": [*rows["layer"], *together(drawn)["layer"]]}


def _unlabelled(bars: Sequence[Bar], pooled: bool) -> list[Bar]:
    """Return bars that say their sets in the text alternative alone; dots stand at the left."""
    at = len(bars) - 1 if pooled else len(bars)
    return [replace(bar, depth=SET) if place < at else bar for place, bar in enumerate(bars)]


SET = -1
"""The depth of a bar whose label is not written."""


def _others(result: Mapping[str, Any], met: Sequence[str]) -> list[str]:
    """Return the hub's others in the order of the question, as far as the result tells it."""
    asked = [name for one in result.get("build") or () for name in one["key"].values()]
    _, *members = (result.get("members") or {"hub": ""}).values()
    return list(dict.fromkeys(map(str, [*(asked or members), *met])))


def _dots(names: Sequence[str], sets: Sequence[Sequence[str]]) -> list[alt.Chart]:
    """Return a column of dots for each of the others: ink where it is in the set, joined."""
    step = (LABELS - 16.0) / len(names)
    middle = {name: step * (at + 0.5) - LABELS for at, name in enumerate(names)}
    lines, dots = [], []
    for at, some in enumerate(sets):
        y = ROW * (at + 0.5)
        inside = [middle[name] for name in some]
        lines.append({"x": min(inside), "x2": max(inside), "y": y})
        dots += [
            {"x": x, "y": y, "fill": INK if name in some else HAIR} for name, x in middle.items()
        ]
    joined = at_pixels(data(lines).mark_rule(color=INK, strokeWidth=2.0, aria=False), ("x2",))
    marks = at_pixels(data(dots).mark_circle(size=88, opacity=1.0, aria=False))
    fits = max(1, int(step / COLUMN))
    crowded = any(columns(name) > fits for name in names) and len(names) > 1
    heads = [
        (x, -10.0 - (13.0 * (at % 2) if crowded else 0.0), shorten(name, fits * (1 + crowded)))
        for at, (name, x) in enumerate(middle.items())
    ]
    return [
        joined,
        marks.encode(fill=alt.Fill("fill:N", scale=None)),
        words_at(heads, align="center", size=11, color=SOFT),
    ]
