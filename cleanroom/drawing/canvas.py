"""Put panels under a heading, over notes, and turn them into SVG here, without any network."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import altair as alt
import vl_convert

from cleanroom.drawing.sheets import narrow, sheet
from cleanroom.drawing.style import ACCENT, CONFIG, FONTS, HAIR, INK, MEASURED, SOFT
from cleanroom.words.inert import inert, shorten, wrap
from cleanroom.words.languages import Language

VEGA_LITE = "6.1"
"""The version whose schema this Altair writes."""
LINE, TITLE = 18, 22
"""Pixels from one line of text to the next, and of a heading."""

Align = Literal["left", "center", "right"]
Rows = Sequence[Mapping[str, Any]]


def data(rows: Rows) -> alt.Chart:
    """Start a chart on rows that stand in the picture itself."""
    values = alt.Data(values=[dict(row) for row in rows])  # type: ignore[no-untyped-call]
    return alt.Chart(values)


ENDS: Mapping[str, Any] = {"x2": alt.X2("x2:Q"), "y2": alt.Y2("y2:Q")}


def at_pixels(chart: alt.Chart, ends: Sequence[str] = ()) -> alt.Chart:
    """Place marks at pixels ``x`` and ``y`` from the plot's top left corner, up to ``ends``.

    ``ends`` are the channels ``x2`` and ``y2`` that the rows carry as well.
    """
    scale = alt.Scale(domain=[0, 1], range=[0, 1])
    placed: alt.Chart = chart.encode(
        x=alt.X("x:Q", axis=None, scale=scale),
        y=alt.Y("y:Q", axis=None, scale=scale),
        **{end: ENDS[end] for end in ends},
    )
    return placed


def words_at(
    texts: Sequence[tuple[float, float, str]],
    *,
    align: Align = "left",
    size: int = 12,
    color: str = INK,
    bold: bool = False,
) -> alt.Chart:
    """Write texts at pixels of the panel, measured from its plot's top left corner."""
    chart = data([{"x": x, "y": y, "text": text} for x, y, text in texts]).mark_text(
        aria=False,
        align=align,
        baseline="middle",
        fontSize=size,
        color=color,
        fontWeight="bold" if bold else "normal",
    )
    return at_pixels(chart).encode(text=alt.Text("text:N"))


Panel = dict[str, Any]
"""A part of a Vega-Lite document: put together as such, since Altair copies rows at every step."""
Panels = Callable[[Mapping[str, Any], Language], list[Panel]]
"""What draws a result: in a language, one panel above the other."""


def panel(layers: Sequence[alt.Chart | Panel], height: float, width: float | None = None) -> Panel:
    """Lay charts over each other; each keeps its own scales and axes.

    The plot is as wide as the sheet has it, unless told otherwise.
    """
    width = sheet().plot if width is None else width
    alone = {"x": "independent", "y": "independent"}
    resolve = {"scale": alone, "axis": alone}
    return {**together(layers), "resolve": resolve, "width": width, "height": height}


def titled(shown: Panel, name: str, lines: Sequence[str], below: float = -8.0) -> Panel:
    """Return a panel with a name and lines of text above it, the last of them at ``below``."""
    under = [line for one in lines for line in wrap(one, sheet().note_columns)]
    top = below - LINE * len(under)
    texts = [words_at([(0.0, top, shorten(name, sheet().text_columns))], size=13, bold=True)]
    rows = [(0.0, top + LINE * (at + 1), line) for at, line in enumerate(under)]
    return {**shown, "layer": [*shown["layer"], *together([*texts, words_at(rows, size=11,
            color=SOFT)])["layer"]]}  # fmt: skip


def together(layers: Sequence[alt.Chart | Panel]) -> Panel:
    """Lay charts over each other on the same scales and axes."""
    return {"layer": [each if isinstance(each, dict) else _unit(each) for each in layers]}


def _unit(chart: alt.Chart) -> Panel:
    found = chart.to_dict(validate=False, context={"top_level": False})
    return {name: found[name] for name in ("data", "mark", "encoding")}


def draw(
    heading: str,
    sentence: str,
    panels: Sequence[Panel],
    notes: Sequence[str],
    mark: str = "",
) -> str:
    """Return the SVG of panels one above the other, with heading, sentence, notes and a mark."""
    lines = wrap(sentence, sheet().text_columns) if sentence else []
    under = [line for note in notes for line in wrap(note, sheet().note_columns)]
    parts = [_heading(heading, lines, mark), *panels]
    if under:
        texts = [(sheet().left, LINE * at, line) for at, line in enumerate(under)]
        layers = [_line(-18.0), words_at(texts, size=11, color=SOFT)]
        parts.append(panel(layers, LINE * (len(under) - 1) + 4))
    return to_svg({"vconcat": parts, "spacing": 26, "description": f"{heading}. {sentence}"})


def _heading(heading: str, lines: Sequence[str], mark: str) -> Panel:
    left, titles = sheet().left, wrap(heading, sheet().heading_columns)
    # A narrow sheet has no room for the mark beside the heading: it stands above.
    top = LINE if mark and narrow() else 0
    below = top + TITLE * (len(titles) - 1)
    layers = [
        words_at(
            [(left, 6 + top + TITLE * at, title) for at, title in enumerate(titles)],
            size=17,
            bold=True,
        ),
        words_at([(left, 34 + below + LINE * at, line) for at, line in enumerate(lines)], size=13),
    ]
    if mark:
        end = [(sheet().right, 4.0 if narrow() else 6.0, mark)]
        layers.append(words_at(end, align="right", size=12, color=ACCENT, bold=True))
    height = 18 + below + LINE * len(lines)
    return panel([*layers, _line(height + 12)], height)


def _line(y: float) -> alt.Chart:
    """Draw a hairline over the whole width, which also makes all pictures equally wide."""
    ends = data([{"x": sheet().left, "x2": sheet().right, "y": y}])
    return at_pixels(ends.mark_rule(color=HAIR, strokeWidth=1, aria=False), ("x2",))


_LAID_OUT = re.compile(rf'(<[a-z]+ [^<>]*font-family=)"{re.escape(MEASURED)}"')
"""The font of an element; a label that says the same stands outside of every tag."""


def to_svg(specification: dict[str, Any]) -> str:
    """Render a Vega-Lite document.

    Every text in it is made inert first: the renderer ends the whole process on a character that
    XML does not have, and a number that is none would leave a hole.
    """
    clean = _harmless(specification)
    padding = {**CONFIG["padding"], "left": sheet().margin, "right": sheet().margin}
    # A label near the end of an axis would make a narrow picture wider than the sheet.
    axis = {**CONFIG["axis"], **({"labelFlush": 18} if narrow() else {})}
    clean["config"] = {**CONFIG, "padding": padding, "axis": axis}
    svg: str = vl_convert.vegalite_to_svg(clean, vl_version=VEGA_LITE, allowed_base_urls=[])
    return _LAID_OUT.sub(rf'\1"{FONTS}"', svg)


def to_png(svg: str, scale: float = 2.0) -> bytes:
    """Render an SVG of this package as pixels."""
    png: bytes = vl_convert.svg_to_png(svg, scale=scale)
    return png


def _harmless(value: Any) -> Any:
    if isinstance(value, str):
        return inert(value)
    if isinstance(value, Mapping):
        return {name: _harmless(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_harmless(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
