"""Draw how much more or less frequent each label is than in the base: TGI around 100."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cleanroom.drawing.bars import Bar, Side, bar_of, bar_panel, label_of, most_telling
from cleanroom.drawing.canvas import Panel
from cleanroom.drawing.style import ACCENT, MIDDLE, PALE
from cleanroom.privacy.intervals import INDEX
from cleanroom.words.catalogue import word
from cleanroom.words.estimate import Estimate
from cleanroom.words.languages import Language
from cleanroom.words.tell import in_short


def profile(result: Mapping[str, Any], language: Language) -> list[Panel]:
    """Draw a bar from 100 per label; dark ones are above it with their whole interval."""
    bars = [_bar(group, language) for group in result["groups"] if group["tgi_index"] is not None]
    if not bars:
        return []
    shares = f"{word('share', language)} / {word('base', language)}"
    spread = word("interval95", language) if any(bar.interval for bar in bars) else ""
    side = Side.of((word("tgi_index", language), spread, shares), bars)
    return [bar_panel(most_telling(bars), word("axis.tgi", language), side, rule=INDEX, grid="d")]


def _bar(group: Mapping[str, Any], language: Language) -> Bar:
    bounds = group.get("tgi_interval")
    index = Estimate(group["tgi_index"], "index", None, (bounds[0], bounds[1]) if bounds else None)
    parts = (Estimate.read(group, name, "share") for name in ("share", "base_share"))
    shares = " / ".join(in_short(part, language)[0] for part in parts)
    low, high = index.low or 0.0, index.high or 0.0
    fill = ACCENT if low > INDEX else MIDDLE if high < INDEX else PALE
    bar = bar_of(label_of(group["key"]), index, language, fill)
    return replace(bar, cells=(*bar.cells, shares), base=INDEX)


CHART = profile
