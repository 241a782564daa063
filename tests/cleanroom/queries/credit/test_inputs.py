"""What a job may say about its rule, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cleanroom.errors import InvalidInput
from cleanroom.queries.credit.groups import Conversions, bound
from cleanroom.queries.credit.rules import PRESETS, Model, Rule, make_rule
from cleanroom.queries.credit.ticks import SECOND, Clock, parse_duration

DAY = 86_400 * SECOND


@pytest.mark.parametrize(
    ("text", "microseconds"),
    [("7d", 7 * DAY), ("24h", DAY), ("30m", 1800 * SECOND), ("1s", SECOND), ("1w", 7 * DAY),
     ("5ms", 5000), ("3us", 3), ("0d", 0)],
)  # fmt: skip
def test_durations(text: str, microseconds: int) -> None:
    assert parse_duration(text) == microseconds


@pytest.mark.parametrize(
    "text", ["", "7", "d", "-7d", "+7d", "7 d", "1.5h", "7D", "7d ", "٧d", "7d\n", "9" * 20 + "s"]
)
def test_no_durations(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_duration(text)


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        ("last_tuch", {}),
        ("meta:last_touch_28d", {}),
        ("last_touch", {"window": "-7d"}),
        ("last_touch", {"window": "7d", "click_window": "1d"}),
        ("last_touch", {"boundary": "loose"}),
        ("last_touch", {"half_life": "1d"}),
        ("linear", {"weights": (40, 20, 40)}),
        ("linear", {"credits": (1, 2)}),
        ("linear", {"profile": "quick"}),
        ("time_decay", {}),
        ("time_decay", {"half_life": "0d"}),
        ("position", {"weights": (40, 20, 30)}),
        ("position", {"weights": (50, 50)}),
        ("position", {"weights": (120, -60, 40)}),
        ("position", {"weights": (0, 100, 0)}),
        ("position", {"weights": (float("nan"), 20, 40)}),
        ("last_n", {}),
        ("last_n", {"credits": ()}),
        ("last_n", {"credits": (1, 0)}),
        ("last_n", {"credits": (1, -1)}),
        ("last_n", {"credits": (float("inf"),)}),
        ("last_n", {"credits": (1,) * 65}),
        ("markov", {"by_action": True}),
        ("markov", {"click_window": "7d", "view_window": "1d"}),
        ("sequence", {"click_window": "7d", "view_window": "1d"}),
        ("meta:last_click_7d", {"window": "7d"}),
        ("meta:last_click_7d", {"boundary": "inclusive"}),
        ("meta:last_click_7d", {"half_life": "1d"}),
    ],
)
def test_refused(model: str, fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        make_rule(model, **fields)


def test_a_window_can_not_be_negative_in_a_rule_either() -> None:
    with pytest.raises(InvalidInput):
        Rule(Model.LINEAR, click_window=-1)
    with pytest.raises(InvalidInput):
        Clock(0, 10, 1).reach(-1, strict=False)


def test_weights_add_up_to_one_or_a_hundred() -> None:
    assert make_rule("position", weights=(0.4, 0.2, 0.4)).weights == (0.4, 0.2, 0.4)
    assert make_rule("position", weights=(30, 30, 40)).weights == (30, 30, 40)


def test_windows_of_a_job() -> None:
    rule = make_rule("linear", click_window="28d", boundary="strict")
    assert (rule.click_window, rule.view_window, rule.strict) == (28 * DAY, 7 * DAY, True)
    assert make_rule("linear", window="1d").view_window == DAY


def test_presets_are_strict_and_see_views_for_one_day() -> None:
    assert set(PRESETS) == {
        f"meta:last_{kind}_{days}d" for kind in ("click", "touch") for days in (1, 7)
    }
    for name, rule in PRESETS.items():
        assert rule.strict
        assert rule.view_window == DAY
        assert rule.click_window == (7 if name.endswith("7d") else 1) * DAY
        assert rule.model == (Model.LAST_CLICK if "click" in name else Model.CLICK_THEN_VIEW)
        assert make_rule(name) == rule
        assert make_rule(name, by_action=True).by_action


def test_ticks_round_down_also_before_the_start() -> None:
    clock = Clock(start=100, end=141, resolution=10)
    assert (clock.ticks, clock.depth) == (5, 3)
    times = np.array([79, 80, 99, 100, 109, 110, 140, 141])
    assert clock.tick(times).tolist() == [-3, -2, -1, 0, 0, 1, 4, 4]
    assert clock.asked(times).tolist() == [False] * 3 + [True] * 4 + [False]


@pytest.mark.parametrize(("ticks", "depth"), [(1, 0), (2, 1), (3, 2), (4, 2), (5, 3)])
def test_depth_is_the_rounded_up_logarithm(ticks: int, depth: int) -> None:
    assert Clock(0, ticks, 1).depth == depth


@pytest.mark.parametrize(
    ("window", "strict", "reach"),
    [(60, False, 6), (60, True, 5), (65, False, 6), (65, True, 6), (9, False, 0), (9, True, 0),
     (10, True, 0), (0, False, 0), (0, True, 0)],
)  # fmt: skip
def test_a_window_need_not_be_a_multiple_of_the_resolution(
    window: int, strict: bool, reach: int
) -> None:
    clock = Clock(0, 1000, 10)
    assert clock.reach(window, strict) == reach
    allowed = [d for d in range(1, 50) if (d * 10 < window if strict else d * 10 <= window)]
    assert reach == len(allowed)


@pytest.mark.parametrize(
    "clock", [(0, 0, 1), (5, 4, 1), (0, 10, 0), (0, 10, -1), (0, (1 << 40) + 1, 1)]
)
def test_no_clock(clock: tuple[int, int, int]) -> None:
    with pytest.raises(InvalidInput):
        Clock(*clock)


@pytest.mark.parametrize(("most", "caps"), [(0, [1]), (1001, [1]), (3, [-1]), (3, [1, 2])])
def test_no_bounds(most: int, caps: list[int]) -> None:
    none = np.empty(0, dtype=np.int64)
    conversions = Conversions(none, none, none.reshape(0, 1), none.astype(np.uint64))
    with pytest.raises(InvalidInput):
        bound(conversions, most, np.array(caps))
