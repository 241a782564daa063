"""The worked example of the reference page, computed from its own tables."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cleanroom.queries.credit.credit import Report, attribute
from cleanroom.queries.credit.groups import Conversions, bound, conversion_groups
from cleanroom.queries.credit.markov import count_steps, markov_credit
from cleanroom.queries.credit.pieces import Touches, platform_nodes
from cleanroom.queries.credit.rules import PRESETS, Model, make_rule
from cleanroom.queries.credit.ticks import SECOND, Clock
from cleanroom.queries.credit.vectors import KeyNames
from tests.cleanroom.queries.credit.oracle import Mediator
from tests.cleanroom.queries.credit.scene import brand_rows, dither, fixed_random, platform_rows

PAGE = Path(__file__).parents[4] / "docs" / "reference" / "attribution-rules.md"
PARAMETERS: dict[str, dict[str, Any]] = {
    "time_decay": {"half_life": "1d"},
    "position": {"weights": (40, 20, 40)},
    "last_n": {"credits": (3, 2, 1)},
}
TABLE = ("model", "Search", "Social", "Video", "unattributed")
REPORT = ("campaign", "conversions", "value", "share")


@cache
def table(*header: str) -> list[list[str]]:
    """Return the rows of the page's table with this header."""
    lines = PAGE.read_text().splitlines()
    first = lines.index("| " + " | ".join(header) + " |") + 2
    rows = []
    for line in lines[first:]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip(" `") for cell in line.strip("|").split("|")])
    return rows


def instant(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * SECOND


CLOCK = Clock(instant("2026-06-01T00:00:00Z"), instant("2026-07-01T00:00:00Z"))
CAMPAIGNS = ["Search", "Social", "Video"]
PEOPLE = ["Anna", "Ben", "Chen", "Dina", "Emil"]


def read_touches() -> Touches:
    rows = table("person", "touch", "action", "campaign")
    return Touches(
        np.array([PEOPLE.index(row[0]) for row in rows]),
        CLOCK.tick(np.array([instant(row[1]) for row in rows])),
        np.array([row[2] == "click" for row in rows], dtype=np.uint8),
        np.array([CAMPAIGNS.index(row[3]) for row in rows]),
        np.arange(len(rows), dtype=np.uint64),
        len(CAMPAIGNS),
    )


def read_conversions(most: int) -> Conversions:
    rows = table("person", "conversion", "value")
    read = Conversions(
        np.array([PEOPLE.index(row[0]) for row in rows]),
        CLOCK.tick(np.array([instant(row[1]) for row in rows])),
        np.array([[int(row[2])] for row in rows]),
        np.arange(len(rows), dtype=np.uint64),
    )
    return bound(read, most).conversions


def compute(model: str) -> Report:
    rule = make_rule(model, **PARAMETERS.get(model, {}))
    touches, conversions = read_touches(), read_conversions(1 if rule.one_conversion else 10)
    nodes = platform_nodes(touches, rule, CLOCK, dither)
    mediator = Mediator()
    groups = conversion_groups(conversions, CLOCK.depth, fixed_random)
    mediator.match(platform_rows(nodes), brand_rows(groups))
    labels = range(len(nodes.vectors))
    counts = nodes.vectors.combine(np.array([mediator.counts[v] for v in labels]))
    values = nodes.vectors.combine(np.array([mediator.values[v] for v in labels]))
    names = KeyNames(rule, CAMPAIGNS)
    parts: dict[tuple[str, ...], float] = {names.name(k): n for k, n in counts.items()}
    amounts = {names.name(k): {"value": float(n)} for k, n in values.items()}
    if rule.model is Model.MARKOV:
        matched = np.zeros((3, 4))
        for key, number in counts.items():
            matched[divmod(key, 4)] = number
        steps = count_steps(touches, rule, CLOCK)
        parts = dict(markov_credit(steps, matched, sum(counts.values()), CAMPAIGNS))
        amounts = {}
    total = {"value": float(conversions.values.sum())}
    return attribute(
        parts, amounts, total=len(conversions), total_values=total, units=nodes.vectors.total
    )


def result_row(model: str) -> list[float]:
    report = compute(model)
    found = {line.key[0]: line.conversions for line in report.lines}
    return [*(found.get(name, 0.0) for name in CAMPAIGNS), report.unattributed]


def test_the_page_covers_every_model_that_names_campaigns() -> None:
    shown = {row[0] for row in table(*TABLE)}
    assert shown == ({*Model} - {Model.SEQUENCE, Model.CHANNEL_PAIRS}) | set(PRESETS)
    defined = {row[0] for row in table("model", "credit", "other names")}
    assert defined == {*Model}


@pytest.mark.parametrize("model", [row[0] for row in table(*TABLE)])
def test_the_page_shows_what_the_program_computes(model: str) -> None:
    (row,) = [row for row in table(*TABLE) if row[0] == model]
    # Half of the last digit shown, and a 2520th for each of four shared conversions.
    slack = 0.0005 + 4 / 2520
    assert [float(cell) for cell in row[1:]] == pytest.approx(result_row(model), abs=slack)


def test_the_page_shows_the_report_of_last_touch() -> None:
    report = compute("last_touch")
    expected = [
        [line.key[0], f"{line.conversions:g}", f"{line.values['value']:g}", f"{line.share:.0%}"]
        for line in sorted(report.lines, key=lambda line: line.key)
    ]
    lost = report.unattributed_values["value"]
    expected.append(["unattributed", f"{report.unattributed:g}", f"{lost:g}", ""])
    expected.append(["total", f"{report.conversions:g}", f"{report.values['value']:g}", ""])
    assert table(*REPORT) == expected
