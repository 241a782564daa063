"""Draw how a room's privacy budget was spent over time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import altair as alt

from cleanroom.pictures.canvas import Panel, data, panel, together, words_at
from cleanroom.pictures.style import ACCENT, HAIR, INK, PLOT, SOFT
from cleanroom.words import Language, word

HEIGHT = 200


def budget_line(
    points: Sequence[tuple[datetime, float]], budget: float, language: Language
) -> list[Panel]:
    """Draw rho spent in all after each job as steps below the line of the budget.

    ``points`` are (time with its zone, rho spent in all), oldest first.
    """
    rows = [{"time": _utc(time), "spent": spent} for time, spent in points]
    x = alt.X("time:T", scale=alt.Scale(type="utc"), axis=_times())
    highest = max([budget, *(spent for _, spent in points)]) * 1.08
    scale = alt.Scale(domain=[0, highest or 1], nice=False)
    title = word("axis.rho", language)
    y = alt.Y("spent:Q", scale=scale, axis=alt.Axis(title=title, format=".3~g"))
    area = data(rows).mark_area(interpolate="step-after", fill=HAIR, line=False, aria=False)
    steps = data(rows).mark_line(interpolate="step-after", color=ACCENT, strokeWidth=2)
    dots = data(rows).mark_circle(color=ACCENT, size=26, opacity=1)
    limit = data([{"spent": budget}]).mark_rule(color=INK, strokeDash=[5, 4], strokeWidth=1.2)
    drawn = [*(chart.encode(x=x, y=y) for chart in (area, steps, dots)), limit.encode(y=y)]
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


def _utc(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _times() -> alt.Axis:
    return alt.Axis(title="UTC", format="%Y-%m-%d", grid=False, labelOverlap="greedy", tickCount=5)
