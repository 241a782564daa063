"""Draw a funnel per channel: one centred bar per step, with its rate from the step before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import altair as alt

from cleanroom.drawing.bars import Side, bar_of, bar_panel, least, named_panel
from cleanroom.drawing.canvas import Panel, at_pixels, data, panel, words_at
from cleanroom.drawing.sheets import narrow
from cleanroom.drawing.style import ACCENT, HAIR, INK, PAPER, SOFT
from cleanroom.words.catalogue import word
from cleanroom.words.estimate import Estimate
from cleanroom.words.inert import shorten
from cleanroom.words.labels import label_text
from cleanroom.words.languages import Language
from cleanroom.words.tell import in_short

PITCH, BAR = 44.0, 26.0
MOST_CHANNELS = 8
WIDTH = 286.0
ENDS = (366.0, 480.0, 608.0)

Steps = Sequence[Mapping[str, Any]]


def funnel(result: Mapping[str, Any], language: Language) -> list[Panel]:
    """Draw all channels first, then each; every funnel starts at full width."""
    every: Steps = result["total"].get("steps", ())
    channels = by_channel(result["groups"])
    if len(channels) < 2 and every:
        return [_panel("", every, language)]
    panels = [_panel(word("all_channels", language), every, language)] if every else []
    shown = list(channels.items())[:MOST_CHANNELS]
    return panels + [_panel(name, steps, language) for name, steps in shown]


def by_channel(groups: Steps) -> dict[str, list[dict[str, Any]]]:
    """Return the steps of each channel, in the order of the result."""
    found: dict[str, list[dict[str, Any]]] = {}
    for group in groups:
        rest = [label_text(value) for name, value in group["key"].items() if name != "step"]
        found.setdefault(" · ".join(rest), []).append({**group, "step": group["key"]["step"]})
    return found


def _panel(name: str, steps: Steps, language: Language) -> Panel:
    if narrow():
        return _rows(name, steps, language)
    counts = [least(Estimate.read(step, "people")) for step in steps]
    widest = max(1.0, *counts)
    halves = [max(0.0, count) / widest * WIDTH / 2 for count in counts]
    layers = [_connectors(halves), _bars(steps, halves), *_whiskers(steps, widest)]
    top = -28.0 if name else -10.0
    if name:
        layers.append(words_at([(-176.0, top, shorten(name, 60))], size=13, bold=True))
    return panel([*layers, *_texts(steps, language)], PITCH * len(steps) - (PITCH - BAR), WIDTH)


def _rows(name: str, steps: Steps, language: Language) -> Panel:
    """Draw a row for each step, on a sheet that has no room for numbers beside a funnel."""
    bars = []
    for step in steps:
        bar = bar_of(str(step["step"]), Estimate.read(step, "people", "people"), language)
        bars.append(replace(bar, cells=(*_cells(step, language), _under(step, language))))
    side = Side.of(_titles(steps, language), bars)
    axis = word("axis.people", language)
    return named_panel(name, bars, axis, side) if name else bar_panel(bars, axis, side)


def _bars(steps: Steps, halves: Sequence[float]) -> alt.Chart:
    rows = [
        {
            "x": WIDTH / 2 - half,
            "x2": WIDTH / 2 + max(half, 0.6),
            "y": PITCH * at,
            "y2": PITCH * at + BAR,
            "label": f"{step['step']}: {_cells(step, 'en')[0]}",
        }
        for at, (step, half) in enumerate(zip(steps, halves, strict=True))
    ]
    chart = at_pixels(data(rows).mark_rect(fill=ACCENT), ("x2", "y2"))
    return chart.encode(description=alt.Description("label:N"))


def _connectors(halves: Sequence[float]) -> alt.Chart:
    rows = [
        {"y": y, "x": WIDTH / 2 - half, "x2": WIDTH / 2 + half, "step": at}
        for at in range(len(halves) - 1)
        for y, half in (
            (PITCH * at + BAR, halves[at]),
            (PITCH * (at + 1), halves[at + 1]),
        )
    ]
    areas = data(rows).mark_area(
        orient="horizontal", fill=HAIR, fillOpacity=1, line=False, aria=False
    )
    return at_pixels(areas, ("x2",)).encode(detail=alt.Detail("step:N"))


def _whiskers(steps: Steps, widest: float) -> list[alt.Chart]:
    """Draw the interval at the right edge of each bar."""
    rows = []
    for at, step in enumerate(steps):
        if step.get("people_interval") and not step.get("people_bounds"):
            low, high = (max(0.0, end) / widest * WIDTH / 2 for end in step["people_interval"])
            rows.append({"x": WIDTH / 2 + low, "x2": WIDTH / 2 + high, "y": PITCH * at + BAR / 2})
    return [
        at_pixels(data(rows).mark_rule(color=color, strokeWidth=width, aria=False), ("x2",))
        for color, width in ((PAPER, 4.2), (INK, 1.4))
    ]


def _texts(steps: Steps, language: Language) -> list[alt.Chart]:
    middles = [PITCH * at + BAR / 2 for at in range(len(steps))]
    compared = any(step.get("to_all") is not None for step in steps)
    titles = _titles(steps, language)
    names = [
        (-10.0, y, shorten(str(step["step"]), 24)) for y, step in zip(middles, steps, strict=True)
    ]
    layers = [words_at(names, align="right")]
    for column, (title, end) in enumerate(zip(titles, ENDS, strict=True)):
        layers.append(words_at([(end, -12.0, title)], align="right", size=11, color=SOFT))
        cells = [
            (end, y, _cells(step, language)[column]) for y, step in zip(middles, steps, strict=True)
        ]
        layers.append(words_at(cells, align="right", color=SOFT if column == 1 else INK))
    under = [
        (ENDS[2], y + 14, _under(step, language))
        for y, step in zip(middles, steps, strict=True)
        if compared or step.get("step_rate_interval")
    ]
    layers.append(words_at(under, align="right", size=10, color=SOFT))
    return layers


def _titles(steps: Steps, language: Language) -> tuple[str, ...]:
    spread = any(step.get("people_interval") for step in steps)
    interval = word("interval95", language) if spread else ""
    return word("people", language), interval, word("step_rate", language)


def _cells(step: Mapping[str, Any], language: Language) -> tuple[str, str, str]:
    people, spread = in_short(Estimate.read(step, "people", "people"), language)
    rate = in_short(Estimate.read(step, "step_rate", "rate"), language)[0]
    return people, spread, "" if step.get("step_rate") is None else rate


def _under(step: Mapping[str, Any], language: Language) -> str:
    """Return what stands under a rate: its interval, and how it compares with all channels."""
    parts = [in_short(Estimate.read(step, "step_rate", "rate"), language)[1]]
    if step.get("to_all") is not None:
        ratio, between = in_short(Estimate.read(step, "to_all", "ratio"), language)
        parts.append(word("against_mean", language, ratio=ratio))
        if between:
            parts[-1] += f" ({between})"
    return " · ".join(filter(None, parts))


CHART = funnel
