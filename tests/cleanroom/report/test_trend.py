"""Answers of several versions beside each other: what a change is, and what cannot be compared."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np
import pytest

from cleanroom.errors import InvalidInput
from cleanroom.report.trend import trend, trend_notes, trend_sentence

NOISE = {"noise": "discrete-gaussian", "k": 50, "tau": 98}


def answer(people: dict[str, int], sd: float = 0.0, **more: Any) -> dict[str, Any]:
    def shown(count: int) -> dict[str, Any]:
        half = 1.959964 * sd
        spread = {"people_sd": sd, "people_interval": [count - half, count + half]}
        return {"people": count, **(spread if sd else {})}

    return {
        "template": "aipl",
        "receiver": "brand",
        "privacy": NOISE if sd else {"noise": "none"},
        "groups": [{"key": {"stage": name}, **shown(count)} for name, count in people.items()],
        "total": shown(sum(people.values())),
        **more,
    }


def test_answers_stand_beside_each_other_and_the_last_is_held_against_the_first():
    found = trend([("june", answer({"A": 100, "P": 20})), ("july", answer({"A": 90})),
                   ("august", answer({"A": 130, "P": 15, "L": 4}))])  # fmt: skip
    keys = [(one["key"]["answer"], one["key"]["stage"], one["people"]) for one in found["groups"]]
    assert keys[:3] == [("june", "A", 100), ("june", "P", 20), ("july", "A", 90)]
    changes = {one["key"]["stage"]: one["people_change"] for one in found["changes"]}
    # Of a group that one of the two does not show, no change is told.
    assert changes == {"A": 30, "P": -5}
    assert [one["people"] for one in found["answers"]] == [120, 90, 149]
    assert found["change"] == {"people_change": 29}
    assert "+29" in trend_sentence(found, "en") and "+29" in trend_sentence(found, "zh")


def test_a_change_carries_the_noise_of_both_answers():
    random = np.random.default_rng(3)
    hits = 0
    for _ in range(2000):
        drawn = [round(count + random.normal(0, 9)) for count in (500, 520)]
        found = trend(
            [(name, answer({"A": count}, 9.0)) for name, count in zip("ab", drawn, strict=True)]
        )
        low, high = found["changes"][0]["people_change_interval"]
        hits += low <= 20 <= high
    assert found["changes"][0]["people_change_sd"] == pytest.approx(9 * sqrt(2))
    # 95 % of 2000 are 1900; ten standard deviations of that count are 98.
    assert 1800 < hits < 1998


def test_what_the_noise_hides_is_not_called_a_change():
    near = trend([("june", answer({"A": 500}, 9.0)), ("july", answer({"A": 510}, 9.0))])
    assert "The noise hides" in trend_sentence(near, "en") and "掩盖" in trend_sentence(near, "zh")
    far = trend([("june", answer({"A": 500}, 9.0)), ("july", answer({"A": 610}, 9.0))])
    assert trend_sentence(far, "en").startswith("People of july against june: about +110")
    assert any("one looks real" in line for line in trend_notes(far, "en"))


def test_a_bound_makes_a_change_a_range():
    some = answer({"A": 100}, 2.0)
    some["total"] |= {"people": 100, "people_bounds": [90, 140]}
    found = trend([("june", some), ("july", answer({"A": 200}, 2.0))])
    low, high = found["change"]["people_change_bounds"]
    assert low == pytest.approx(200 - 1.959964 * 2 - 140)
    assert high == pytest.approx(200 + 1.959964 * 2 - 90)
    held = answer({}, 2.0) | {"total": {"people": None}}
    found = trend([("june", held), ("july", answer({"A": 200}, 2.0))])
    assert found["change"] == {"people_change": None}
    assert "does not show how many" in trend_sentence(found, "en")
    steps = [(name, answer({"A": 100}) | {"total": {}}) for name in ("june", "july")]
    assert "no total of people" in trend_sentence(trend(steps), "en")


@pytest.mark.parametrize(
    "change",
    [
        {"template": "overlap"},
        {"where": ["brand.tier = 'gold'"]},
        {"receiver": "platform"},
        {"privacy": NOISE},
        {"groups": [{"key": {"tier": "gold"}, "people": 3}]},
        {"groups": [{"key": {"stage": "A"}, "conversions": 3}]},
    ],
)
def test_answers_of_other_questions_are_refused(change):
    with pytest.raises(InvalidInput):
        trend([("june", answer({"A": 1})), ("july", answer({"A": 1}) | change)])


def test_one_answer_is_no_trend():
    one = answer({"A": 1})
    for answers in ([], [("june", one)], [("june", one), ("june", one)]):
        with pytest.raises(InvalidInput):
            trend(answers)
