"""Draw how much more or less frequent each label is than in the base: TGI around 100."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cleanroom.privacy.intervals import INDEX
from cleanroom.report import Language, word
from cleanroom.report.charts.bars import (
    Bar,
    Side,
    bar_panel,
    interval_cells,
    label_of,
    most_telling,
)
from cleanroom.report.charts.canvas import Panel
from cleanroom.report.charts.style import ACCENT, MIDDLE, PALE
from cleanroom.report.numbers import number


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
    value = float(group["tgi_index"])
    bounds = group.get("tgi_interval")
    shares = " / ".join(number("share", group[name]) for name in ("share", "base_share"))
    cells = (*interval_cells("tgi_index", value, bounds, language), shares)
    low, high = bounds or (value, value)
    fill = ACCENT if low > INDEX else MIDDLE if high < INDEX else PALE
    interval = (low, high) if bounds else None
    return Bar(label_of(group["key"]), value, cells, interval, fill, INDEX)
