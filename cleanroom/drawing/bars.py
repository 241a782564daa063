"""Draw one bar per group, with its interval on it and its numbers beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from cleanroom.drawing.canvas import (
    Align,
    Panel,
    at_pixels,
    data,
    panel,
    titled,
    together,
    words_at,
)
from cleanroom.drawing.sheets import narrow, sheet
from cleanroom.drawing.style import ACCENT, INK, MIDDLE, PAPER, SOFT
from cleanroom.words.estimate import Estimate
from cleanroom.words.inert import columns, shorten
from cleanroom.words.labels import label_texts
from cleanroom.words.languages import Language
from cleanroom.words.tell import in_short

ROW = 26
MOST_ROWS = 40
"""More bars than this nobody reads; the largest stay."""
LABEL_COLUMNS = 24
"""Columns of text that fit left of the plot."""
INDENT, INDENT_COLUMNS = 14.0, 2
"""Pixels, and columns of text, by which the label of a branch is indented."""


COLUMN, SPACE = 7.3, 16.0
"""Pixels of a column of text, in the widest of the usual fonts, and between columns."""
LEAST_PLOT = 150.0
TEXT_LINE = 16.0
"""Pixels that each line of text above a bar takes on a narrow sheet."""


@dataclass(frozen=True)
class Bar:
    """One bar from ``base`` to ``value``; ``cells`` are the texts beside it, left to right.

    The label of a branch of a tree stands at the left, indented by its ``depth``; one below 0 is
    the text alternative alone.
    """

    label: str
    value: float
    cells: tuple[str, ...] = ()
    interval: tuple[float, float] | None = None
    fill: str = ACCENT
    base: float = 0.0
    depth: int | None = None


@dataclass(frozen=True)
class Side:
    """The columns of numbers at the right: their titles, and where they end, in pixels."""

    titles: tuple[str, ...]
    ends: tuple[float, ...]
    plot: float
    """Pixels that they leave to the plot."""

    @classmethod
    def of(cls, titles: tuple[str, ...], bars: Sequence[Bar]) -> Side:
        """Give every column the room that its longest text needs, the plot the rest."""
        end, ends = sheet().right, []
        for column in reversed(range(len(titles))):
            texts = [bar.cells[column] for bar in bars if column < len(bar.cells)]
            ends.append(end)
            widest = max(map(columns, [titles[column], *texts]))
            end -= widest * COLUMN + (SPACE if widest else 0)
        plot = sheet().plot if narrow() else min(sheet().plot, max(LEAST_PLOT, end))
        return cls(titles, tuple(reversed(ends)), plot)


def most_telling(bars: Sequence[Bar]) -> list[Bar]:
    """Return bars in their order, only the largest if there are too many."""
    if len(bars) <= MOST_ROWS:
        return list(bars)
    large = sorted(bars, key=lambda bar: -abs(bar.value - bar.base))[:MOST_ROWS]
    return [bar for bar in bars if any(bar is one for one in large)]


def bar_panel(
    bars: Sequence[Bar],
    title: str,
    side: Side,
    *,
    rule: float | None = None,
    grid: str = ",.12~g",
    breaks: Sequence[int] = (),
    most: float | None = None,
) -> Panel:
    """Return a panel with a bar per row.

    ``rule`` draws a line down at that value, ``breaks`` hairlines over those rows; bars that
    stand beside those of another panel go up to the same ``most``.
    """
    height = pitch_of(bars) * len(bars)
    rows = [row_of(at, bar) for at, bar in enumerate(bars)]
    low = min(0.0, *(row["low"] for row in rows)) if rule is None else _low(rows, rule)
    high = max(row["high"] for row in rows) if most is None else most
    scale = alt.Scale(domain=[low, high if high > low else low + 1], nice=True, zero=False)
    axis = alt.Axis(format=grid, grid=True, title=title, titleAlign="left", titleAnchor="start")
    x = alt.X("base:Q", scale=scale, axis=axis)
    y = alt.Y("row:O", axis=None, scale=row_scale(bars))
    start = data(rows)
    drawn = [
        start.mark_bar(stroke=INK, strokeWidth=0.4).encode(
            x=x,
            x2=alt.X2("value:Q"),
            y=y,
            fill=alt.Fill("fill:N", scale=None),
            description=alt.Description("label:N"),
        ),
        *whiskers(rows, x, y),
    ]
    if rule is not None:
        drawn.append(_across(rule, x))
    layers: list[alt.Chart | Panel] = [_hairlines(breaks, pitch_of(bars)), together(drawn)]
    layers += bar_texts(bars, side)
    return panel(layers, height, side.plot)


def pitch_of(bars: Sequence[Bar], row: float = ROW) -> float:
    """Return the pixels from one bar to the next; on a narrow sheet its texts stand above it."""
    return row + TEXT_LINE * _lines_above(bars) if narrow() else row


def named_panel(
    name: str,
    bars: Sequence[Bar],
    title: str,
    side: Side,
    *,
    lines: Sequence[str] = (),
    most: float | None = None,
) -> Panel:
    """Return a panel of a narrow sheet with a name over it, and with lines of text under that."""
    top = -14.0 - TEXT_LINE * _lines_above(bars)
    return titled(bar_panel(bars, title, side, most=most), name, lines, top)


def _lines_above(bars: Sequence[Bar]) -> int:
    """Return the lines of text above a bar: its label and number, then what else is known."""
    if any(any(bar.cells[3:]) for bar in bars):
        return 3
    return 2 if any(any(bar.cells[1:]) for bar in bars) else 1


def row_scale(bars: Sequence[Bar], row: float = ROW) -> alt.Scale:
    """Return the scale of rows: bars in their middle, on a narrow sheet at their lower end."""
    if not narrow():
        return alt.Scale(paddingInner=0.34, paddingOuter=0.17)
    high = row / pitch_of(bars, row)
    inner = 1 - 0.66 * high
    return alt.Scale(paddingInner=inner, paddingOuter=inner / 2, align=1 - 0.17 * high / inner)


def _low(rows: Sequence[Mapping[str, Any]], rule: float) -> float:
    return min(rule, *(float(row["low"]) for row in rows))


def row_of(at: int, bar: Bar) -> dict[str, Any]:
    """Return what the marks of one bar are drawn from."""
    low, high = bar.interval or (bar.value, bar.value)
    return {
        "row": at,
        "base": bar.base,
        "value": bar.value,
        "low": min(low, bar.value),
        "high": max(high, bar.value, bar.base),
        "from": low,
        "until": high,
        "fill": bar.fill,
        "label": ": ".join((shorten(bar.label, 60), *bar.cells[:1])),
        "known": bar.interval is not None,
    }


def whiskers(rows: Sequence[Mapping[str, Any]], scaled: alt.X, y: alt.Y) -> list[alt.Chart]:
    """Draw intervals so that they show on dark and on light: ink on a white edge, with caps."""
    known = data([row for row in rows if row["known"]])
    x, x2 = _along("from", scaled), alt.X2("until:Q")
    line = known.mark_rule(color=INK, strokeWidth=1.4, aria=False).encode(x=x, x2=x2, y=y)
    edge = known.mark_rule(color=PAPER, strokeWidth=3.4, aria=False).encode(x=x, x2=x2, y=y)
    caps = [
        known.mark_tick(color=color, thickness=thickness, size=size, aria=False).encode(
            x=_along(end, scaled), y=y
        )
        for end in ("from", "until")
        for color, thickness, size in ((PAPER, 3.0, 10), (INK, 1.4, 8))
    ]
    return [edge, *caps, line]


def _along(name: str, scaled: alt.X) -> alt.X:
    """Return a channel with the scale and axis of another: axes that differ lose their grid."""
    return alt.X(f"{name}:Q", scale=scaled["scale"], axis=scaled["axis"])


def _hairlines(rows: Sequence[int], pitch: float) -> alt.Chart:
    lines = [{"x": sheet().left, "x2": sheet().right, "y": pitch * at} for at in rows]
    chart = data(lines).mark_rule(color=MIDDLE, strokeWidth=0.6, aria=False)
    return at_pixels(chart, ("x2",))


def _across(value: float, scaled: alt.X) -> alt.Chart:
    line: alt.Chart = data([{"at": value}]).mark_rule(color=INK, strokeWidth=1, aria=False)
    return line.encode(x=_along("at", scaled))


def bar_texts(bars: Sequence[Bar], side: Side, row: float = ROW) -> list[alt.Chart]:
    """Write labels at the left and aligned columns of numbers at the right of rows of bars."""
    if narrow():
        return _texts_above(bars, side, pitch_of(bars, row))
    middles = [row * (at + 0.5) for at in range(len(bars))]
    rows = list(zip(middles, bars, strict=True))
    labels = [(-10.0, y, shorten(bar.label, LABEL_COLUMNS)) for y, bar in rows if bar.depth is None]
    branches = [
        (
            bar.depth * INDENT + sheet().left,
            y,
            shorten(bar.label, LABEL_COLUMNS - INDENT_COLUMNS * bar.depth),
        )
        for y, bar in rows
        if bar.depth is not None and bar.depth >= 0
    ]
    found = [words_at(labels, align="right"), *([words_at(branches)] if branches else [])]
    for column, (title, end) in enumerate(zip(side.titles, side.ends, strict=True)):
        x = end
        found.append(words_at([(x, -10.0, title)], align="right", size=11, color=SOFT))
        cells = [(x, y, bar.cells[column]) for y, bar in zip(middles, bars, strict=True)]
        found.append(words_at(cells, align="right", color=SOFT if column else INK))
    return found


PLACES: tuple[tuple[int, Align], ...] = ((0, "right"), (1, "right"), (1, "left"), (2, "right"))
"""Line and side of each number above a bar; its label is at the left of the first line."""


def _texts_above(bars: Sequence[Bar], side: Side, pitch: float) -> list[alt.Chart]:
    """Write labels and numbers above their bars, and above all of them what the numbers are."""
    lines = _lines_above(bars)
    labels = []
    for at, bar in enumerate(bars):
        indent = INDENT * max(0, bar.depth or 0)
        number = bar.cells[0] if bar.cells else ""
        room = (sheet().right - indent - SPACE) / COLUMN - columns(number)
        labels.append((indent, pitch * at + TEXT_LINE / 2 + 5, shorten(bar.label, int(room))))
    found = [words_at(labels)]
    for column, (line, align) in enumerate(PLACES):
        x = 0.0 if align == "left" else sheet().right
        title = side.titles[column] if column < len(side.titles) else ""
        head = (x, -10.0 - TEXT_LINE * (lines - 1 - line), title)
        found.append(words_at([head], align=align, size=11, color=SOFT))
        cells = [
            (x, pitch * at + TEXT_LINE * (line + 0.5) + 5, bar.cells[column])
            for at, bar in enumerate(bars)
            if column < len(bar.cells)
        ]
        look = {"size": 11, "color": SOFT} if column else {"bold": True}
        found.append(words_at(cells, align=align, **look))
    return found


def bar_of(label: str, one: Estimate, language: Language, fill: str = ACCENT) -> Bar:
    """Return the bar of a number with it and its interval beside it; of a bound, its ends."""
    ends = one.bounds or one.interval
    low, high = ends or (None, None)
    whisker = None if low is None or high is None else (low, high)
    return Bar(label, least(one), in_short(one, language), whisker, fill)


def least(one: Estimate) -> float:
    """Return how long a bar is: the number, or the least that the truth can be."""
    value = one.low if one.bounds is not None else one.value
    return float(value or 0)


def label_of(key: Mapping[str, Any]) -> str:
    """Return the values of a key in one line."""
    return " · ".join(label_texts(key.values()))
