"""Draw how a room's privacy budget was spent over time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

import altair as alt

from cleanroom.drawing.canvas import Panel, data, panel, together, words_at
from cleanroom.drawing.sheets import narrow, sheet
from cleanroom.drawing.style import ACCENT, HAIR, INK, PLOT, SOFT
from cleanroom.report import Language, word

HEIGHT = 200
AXIS = 44.0
"""Pixels that the axis of a narrow sheet takes at the right."""
MOST_POINTS = 400
"""More steps than pixels nobody sees; a long history is thinned to these."""
MOST_TICKS = 5
MINUTE, DAY = 60, 86_400
STEPS = (
    *(1, 2, 5, 10, 15, 30),
    *(MINUTE * count for count in (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720)),
    *(DAY * count for count in (1, 2, 7, 14, 30, 60, 90, 180, 365, 730, 1825)),
)
"""Seconds between two ticks, from which the first that leaves few enough of them is taken."""


def budget_line(
    points: Sequence[tuple[datetime, float]], budget: float, language: Language
) -> list[Panel]:
    """Draw rho spent in all after each job as steps below the line of the budget.

    ``points`` are (time with its zone, rho spent in all), oldest first.
    """
    shown = _thinned(points)
    rows = [{"time": _utc(time), "spent": spent} for time, spent in shown]
    x = alt.X("time:T", scale=alt.Scale(type="utc"), axis=_times([time for time, _ in shown]))
    highest = max([budget, *(spent for _, spent in points)]) * 1.08
    scale = alt.Scale(domain=[0, highest or 1], nice=False)
    title = word("axis.rho", language)
    side: Literal["left", "right"] = "right" if narrow() else "left"
    y = alt.Y("spent:Q", scale=scale, axis=alt.Axis(title=title, format=".3~g", orient=side))
    area = data(rows).mark_area(interpolate="step-after", fill=HAIR, line=False, aria=False)
    steps = data(rows).mark_line(interpolate="step-after", color=ACCENT, strokeWidth=2)
    dots = data(rows).mark_circle(color=ACCENT, size=26, opacity=1)
    limit = data([{"spent": budget}]).mark_rule(color=INK, strokeDash=[5, 4], strokeWidth=1.2)
    drawn = [*(chart.encode(x=x, y=y) for chart in (area, steps, dots)), limit.encode(y=y)]
    if narrow():  # the sentence above says how much is spent and left
        return [panel([together(drawn)], HEIGHT, sheet().plot - AXIS)]
    top = HEIGHT * (1 - budget / (highest or 1))
    spent = points[-1][1] if points else 0.0
    end = HEIGHT * (1 - spent / (highest or 1))
    right = PLOT + 10.0
    return [
        panel(
            [
                together(drawn),
                words_at([(right, top, f"{word('budget', language)} {budget:.4g}")]),
                words_at([(right, end, f"{word('spent', language)} {spent:.4g}")], bold=True),
                words_at(
                    [(right, end + 16, word("left", language, rho=f"{budget - spent:.4g}"))],
                    size=11,
                    color=SOFT,
                ),
            ],
            HEIGHT,
        )
    ]


def _thinned(points: Sequence[tuple[datetime, float]]) -> list[tuple[datetime, float]]:
    """Return the points, or every so many of them and always the last."""
    every = -(-len(points) // MOST_POINTS) or 1
    return list(points[::-1][::every][::-1])


def _utc(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _times(times: Sequence[datetime]) -> alt.Axis:
    """Return an axis whose ticks are all written differently: as days, or as times of one day."""
    ticks, written, title = ticks_of(times)
    return alt.Axis(
        title=title,
        format=written,
        grid=False,
        labelOverlap="greedy",
        values=[1000 * tick for tick in ticks],
    )


def ticks_of(times: Sequence[datetime]) -> tuple[list[int], str, str]:
    """Return ticks in Unix seconds, how they are written, and the title of their axis."""
    if not times:
        return [], "%Y-%m-%d", "UTC"
    first, last = int(times[0].timestamp()), int(times[-1].timestamp())
    step = next((one for one in STEPS if (last - first) / one <= MOST_TICKS), STEPS[-1])
    ticks = list(range(-(-first // step) * step, last + 1, step)) or [first]
    if step >= DAY:
        return ticks, "%Y-%m-%d", "UTC"
    clock = "%H:%M" if step >= MINUTE else "%H:%M:%S"
    if first // DAY == last // DAY:
        return ticks, clock, f"{times[0].astimezone(UTC):%Y-%m-%d}, UTC"
    return ticks, f"%m-%d {clock}", "UTC"
