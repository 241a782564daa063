"""Draw the sets of platforms, how reach builds up over them, and how often people were reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cleanroom.drawing.bars import Bar, Side, bar_of, bar_panel, label_of
from cleanroom.drawing.canvas import Panel
from cleanroom.drawing.groups import side
from cleanroom.drawing.upset import sets
from cleanroom.words.catalogue import word
from cleanroom.words.estimate import Estimate
from cleanroom.words.languages import Language
from cleanroom.words.tell import in_short


def cross_reach(result: Mapping[str, Any], language: Language) -> list[Panel]:
    """Draw the sets, how reach builds up platform by platform, and how often people were reached.

    The build stands there only where no part of it is held back.
    """
    found = [sets(result, language), _build(result, language), _often(result, language)]
    return [one for one in found if one]


def _build(result: Mapping[str, Any], language: Language) -> Panel | None:
    """Return a bar for each platform, from where those before it end."""
    steps = result.get("build") or ()
    if not steps or any(one["people"] is None or one["added"] is None for one in steps):
        return None
    bars: list[Bar] = []
    for one in steps:
        reached = Estimate.read(one, "people", "people")
        added = in_short(Estimate.read(one, "added", "people"), language)[0]
        label = label_of(one["key"])
        whole = bar_of(f"+ {label}" if bars else label, reached, language)
        base = min(bars[-1].value, whole.value) if bars else 0.0
        bars.append(replace(whole, base=base, cells=(*whole.cells, added)))
    spread = word("interval95", language) if any(bar.interval for bar in bars) else ""
    titles = (word("people", language), spread, word("added", language))
    return bar_panel(bars, word("axis.build", language), Side.of(titles, bars))


def _often(result: Mapping[str, Any], language: Language) -> Panel | None:
    bars = [
        bar_of(f"{one['key']['frequency']}×", Estimate.read(one, "people", "people"), language)
        for one in result.get("frequency") or ()
    ]
    if not bars:
        return None
    return bar_panel(bars, word("axis.frequency", language), side("people", bars, language))


CHART = cross_reach
