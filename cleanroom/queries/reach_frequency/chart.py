"""Draw how often people were reached: one histogram per campaign, all on one scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from cleanroom.drawing.bars import bar_of, named_panel
from cleanroom.drawing.canvas import Panel, at_pixels, data, panel, words_at
from cleanroom.drawing.groups import side
from cleanroom.drawing.sheets import narrow
from cleanroom.drawing.style import ACCENT, INK, LABELS, MIDDLE, NUMBERS, PAPER, PLOT, SOFT
from cleanroom.words.catalogue import word
from cleanroom.words.estimate import Estimate
from cleanroom.words.inert import shorten
from cleanroom.words.labels import label_text
from cleanroom.words.languages import Language
from cleanroom.words.tell import in_short
from cleanroom.words.units import unit_of

ALL = "all"
"""The name of the row of all campaigns, each person once."""
HEIGHT = 96.0
WIDTH = float(PLOT + NUMBERS)
MOST_CAMPAIGNS = 9
ROOMY = 6
"""Up to so many bars have their interval written under them."""

Groups = Sequence[Mapping[str, Any]]


def reach_frequency(result: Mapping[str, Any], language: Language) -> list[Panel]:
    """Draw a histogram per campaign, all campaigns together last and in grey."""
    campaigns: dict[str, list[Mapping[str, Any]]] = {}
    for group in result["groups"]:
        names = [label_text(value) for key, value in group["key"].items() if key != "frequency"]
        campaigns.setdefault(" · ".join(names), []).append(group)
    every = campaigns.pop(ALL, None)
    shown = dict(list(campaigns.items())[:MOST_CAMPAIGNS]) | ({ALL: every} if every else {})
    summaries = {label_text(one["campaign"]): one for one in result.get("campaigns", ())}
    highest = max((_high(group) for groups in shown.values() for group in groups), default=1.0)
    if narrow():
        return [
            _bars(name, groups, summaries.get(name, {}), highest, language)
            for name, groups in shown.items()
        ]
    last = len(shown) - 1
    return [
        _panel(name, groups, summaries.get(name, {}), highest, language, at == last)
        for at, (name, groups) in enumerate(shown.items())
    ]


def _high(group: Mapping[str, Any]) -> float:
    return max(1.0, float(group["people"]), float((group.get("people_interval") or (0, 0))[1]))


def _panel(
    name: str,
    groups: Groups,
    summary: Mapping[str, Any],
    highest: float,
    language: Language,
    last: bool,
) -> Panel:
    slot = WIDTH / len(groups)
    wide = min(slot * 0.62, 92.0)
    rows = [_row(at, group, slot, wide, highest) for at, group in enumerate(groups)]
    fill = MIDDLE if name == ALL else ACCENT
    layers = [
        _rect(rows, fill),
        _rule([{"x": -4.0, "x2": WIDTH, "y": HEIGHT, "y2": HEIGHT}], INK, 0.8),
        *(_rule([row["spread"] for row in rows if row["spread"]], *look) for look in LOOKS),
        *_texts(rows, groups, language),
        *_names(name, summary, language),
    ]
    if last:
        title = (WIDTH, HEIGHT + 36.0, word("axis.frequency", language))
        layers.append(words_at([title], align="right", size=11, color=SOFT))
    return panel(layers, HEIGHT + 24)


def _bars(
    name: str, groups: Groups, summary: Mapping[str, Any], highest: float, language: Language
) -> Panel:
    """Draw a row for each frequency, on a sheet that has no room for names beside a histogram."""
    fill = MIDDLE if name == ALL else ACCENT
    bars = [
        bar_of(
            f"{group['key'].get('frequency', '')}×",
            Estimate.read(group, "people", "people"),
            language,
            fill,
        )
        for group in groups
    ]
    lines = [
        f"{value} ({between})" if between else value
        for value, between in _summary(summary, language)
    ]
    return named_panel(
        _title(name, language),
        bars,
        word("axis.frequency", language),
        side("people", bars, language),
        lines=lines,
        most=highest,
    )


LOOKS = ((PAPER, 4.2), (INK, 1.4))


def _row(
    at: int, group: Mapping[str, Any], slot: float, wide: float, highest: float
) -> dict[str, Any]:
    middle = slot * (at + 0.5)
    up = HEIGHT * max(0.0, float(group["people"])) / highest
    spread, top = None, up
    if group.get("people_interval"):
        low, high = (HEIGHT * max(0.0, float(end)) / highest for end in group["people_interval"])
        spread = {"x": middle, "x2": middle, "y": HEIGHT - high, "y2": HEIGHT - low}
        top = max(up, high)
    return {
        "x": middle - wide / 2,
        "x2": middle + wide / 2,
        "y": HEIGHT - up,
        "y2": HEIGHT,
        "middle": middle,
        "top": HEIGHT - top,
        "spread": spread,
        "label": f"{group['key'].get('frequency', '')}: {group['people']:,}",
    }


def _rect(rows: Sequence[Mapping[str, Any]], fill: str) -> alt.Chart:
    plain = [{name: row[name] for name in ("x", "x2", "y", "y2", "label")} for row in rows]
    chart = at_pixels(data(plain).mark_rect(fill=fill, stroke=INK, strokeWidth=0.4), ("x2", "y2"))
    return chart.encode(description=alt.Description("label:N"))


def _rule(rows: Sequence[Mapping[str, Any]], color: str, width: float) -> alt.Chart:
    lines = data(rows).mark_rule(color=color, strokeWidth=width, aria=False)
    return at_pixels(lines, ("x2", "y2"))


def _texts(
    rows: Sequence[Mapping[str, Any]], groups: Groups, language: Language
) -> list[alt.Chart]:
    ticks, counts, spreads = [], [], []
    for row, group in zip(rows, groups, strict=True):
        ticks.append((row["middle"], HEIGHT + 12.0, f"{group['key'].get('frequency', '')}×"))
        count, spread = in_short(Estimate.read(group, "people", "people"), language)
        counts.append((row["middle"], row["top"] - 9.0, count))
        if spread and len(groups) <= ROOMY:
            spreads.append((row["middle"] + 18.0, HEIGHT + 12.0, spread))
    tick_shift = [(x - (18.0 if spreads else 0.0), y, text) for x, y, text in ticks]
    return [
        words_at(tick_shift, align="right" if spreads else "center", bold=True),
        words_at([(x - 26.0, y, text) for x, y, text in spreads], size=10, color=SOFT),
        words_at(counts, align="center"),
    ]


def _names(name: str, summary: Mapping[str, Any], language: Language) -> list[alt.Chart]:
    """Write campaign, reach and the means at the left."""
    left = -float(LABELS)
    lines = [line for value, between in _summary(summary, language)
             for line in (value, between and f"  {between}") if line]  # fmt: skip
    texts = [(left, 24.0 + 15.0 * at, line) for at, line in enumerate(lines)]
    return [
        words_at([(left, 5.0, shorten(_title(name, language), 22))], size=13, bold=True),
        words_at(texts, size=11, color=SOFT),
    ]


def _title(name: str, language: Language) -> str:
    return word("all_campaigns", language) if name == ALL else name


def _summary(summary: Mapping[str, Any], language: Language) -> list[tuple[str, str]]:
    """Return reach and the means, each with its interval."""
    found = []
    for field in ("reach", "mean_frequency", "on_target_rate", "share_up_to_cap"):
        one = Estimate.read(summary, field, unit_of(field))
        if one.bound == "unknown":
            continue
        value, between = in_short(one, language)
        found.append((f"{word(field, language)} {value}", between))
    return found


CHART = reach_frequency
