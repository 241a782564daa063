"""Draw two circles whose areas, and the area of what they share, are in proportion to people."""

from __future__ import annotations

from collections.abc import Mapping
from math import acos, pi, sqrt
from typing import Any

import altair as alt
import numpy as np

from cleanroom.drawing.canvas import Align, Panel, at_pixels, data, panel, words_at
from cleanroom.drawing.sheets import narrow, sheet
from cleanroom.drawing.style import ACCENT, INK, PALE, PAPER, SOFT
from cleanroom.words.catalogue import word
from cleanroom.words.estimate import Estimate
from cleanroom.words.inert import wrap
from cleanroom.words.languages import Language
from cleanroom.words.numbers import number
from cleanroom.words.tell import in_words

HEIGHT = 200
STEPS = 90
LARGEST, LARGEST_NARROW = 88.0, 76.0
"""Radius of the larger circle in pixels."""


def venn(result: Mapping[str, Any], language: Language) -> Panel | None:
    """Return the circles, or None if a size is not known: a padded size is not it."""
    quality, shared = result.get("quality", {}), result["total"]["people"]
    sizes = [quality.get("brand_rows"), quality.get("platform_rows")]
    if shared is None or None in sizes or min(sizes) < 1:
        return None
    return _circles(sizes, max(0, min(shared, *sizes)), result["total"], language)


def _circles(
    sizes: list[float], shared: float, total: Mapping[str, Any], language: Language
) -> Panel:
    largest = LARGEST_NARROW if narrow() else LARGEST
    radii = [largest * sqrt(size / max(sizes)) for size in sizes]
    apart = distance(radii[0], radii[1], shared / max(sizes) * pi * largest**2)
    left = min(-radii[0], apart - radii[1])
    right = max(radii[0], apart + radii[1])
    move = (sheet().right + sheet().left) / 2 - (left + right) / 2
    centres = [move, move + apart]
    middle = HEIGHT / 2 + 8
    discs = [
        *_disc("brand", centres[0], radii[0], centres[0], radii[0]),
        *_disc("platform", centres[1], radii[1], centres[1], radii[1]),
        *_disc("overlap", centres[0], radii[0], centres[1], radii[1]),
    ]
    texts = _texts(sizes, (move + left, move + right), middle, language)
    inside = max(centres[0] - radii[0], centres[1] - radii[1])
    outside = min(centres[0] + radii[0], centres[1] + radii[1])
    return panel(
        [*_shapes(discs, middle), *texts, *_shared_text((inside + outside) / 2, total, language)],
        HEIGHT + (32 if narrow() else 0),
    )


def distance(first: float, second: float, area: float) -> float:
    """Return how far apart two circles share that area: by halving, to a thousandth of a pixel."""
    near, far = abs(first - second), first + second
    while far - near > 0.001:
        middle = (near + far) / 2
        if lens(first, second, middle) > area:
            near = middle
        else:
            far = middle
    return far


def lens(first: float, second: float, apart: float) -> float:
    """Return the area that two circles share (two circular segments)."""
    if apart >= first + second:
        return 0.0
    if apart <= abs(first - second):
        return pi * min(first, second) ** 2
    total = 0.0
    for radius, other in ((first, second), (second, first)):
        near = (apart**2 + radius**2 - other**2) / (2 * apart)
        angle = acos(max(-1.0, min(1.0, near / radius)))
        total += radius**2 * angle - near * sqrt(max(0.0, radius**2 - near**2))
    return total


def _disc(name: str, one: float, radius: float, two: float, other: float) -> list[dict[str, Any]]:
    """Return the outline of what two circles share, as half heights along x; one circle twice."""
    start, end = max(one - radius, two - other), min(one + radius, two + other)
    if end <= start:
        return []
    # Points lie closer at the ends, where a circle is steep.
    along = start + (end - start) * (1 - np.cos(np.linspace(0, pi, STEPS))) / 2
    half = np.sqrt(
        np.maximum(0, np.minimum(radius**2 - (along - one) ** 2, other**2 - (along - two) ** 2))
    )
    return [
        {"disc": name, "x": float(x), "half": float(h)} for x, h in zip(along, half, strict=True)
    ]


def _shapes(discs: list[dict[str, Any]], middle: float) -> list[alt.Chart]:
    rows = [{**row, "y": middle - row["half"], "y2": middle + row["half"]} for row in discs]
    looks = (
        ("brand", PAPER, INK, 1.6),
        ("platform", PALE, INK, 1.0),
        ("overlap", ACCENT, PAPER, 1.0),
        ("brand", "transparent", INK, 1.6),
    )
    return [
        at_pixels(
            data([row for row in rows if row["disc"] == name]).mark_area(
                fill=fill, stroke=stroke, strokeWidth=width, line=False, description=name
            ),
            ("y2",),
        )
        for name, fill, stroke, width in looks
    ]


def _texts(
    sizes: list[float], ends: tuple[float, float], middle: float, language: Language
) -> list[alt.Chart]:
    found = []
    places: tuple[tuple[str, float, float, Align], ...] = (
        ("brand", sizes[0], ends[0] - 12, "right"),
        ("platform", sizes[1], ends[1] + 12, "left"),
    )
    if narrow():  # no room beside the circles
        middle += LARGEST_NARROW + 26
        places = (
            ("brand", sizes[0], sheet().left, "left"),
            ("platform", sizes[1], sheet().right, "right"),
        )
    for name, size, x, align in places:
        count = word("people_of", language, people=number("people", size))
        found += [
            words_at([(x, middle - 9, word(name, language))], align=align, bold=True),
            words_at([(x, middle + 9, count)], align=align, color=SOFT),
        ]
    return found


def _shared_text(x: float, total: Mapping[str, Any], language: Language) -> list[alt.Chart]:
    text = in_words(Estimate.read(total, "people", "people"), language)
    name = word("overlap", language)
    line = data([{"x": x, "y": 4, "y2": HEIGHT / 2 - 2}])
    pointer = at_pixels(line.mark_rule(color=INK, strokeWidth=0.8, aria=False), ("y2",))
    lines = wrap(f"{name}: {text}", sheet().text_columns)
    at = sheet().right / 2 if narrow() else x
    rows = [(at, -6.0 - 16 * (len(lines) - 1 - row), line) for row, line in enumerate(lines)]
    return [pointer, words_at(rows, align="center", color=ACCENT, bold=True)]
