"""Nothing that is said of several answers beside each other is false: of a trend, and of models.

Truths are drawn, held back and cut as in ``test_truth``, for each answer by itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import pytest

from cleanroom.errors import InvalidInput
from cleanroom.report.models import models_sentence
from cleanroom.report.trend import trend, trend_sentence
from cleanroom.words.estimate import Estimate
from cleanroom.words.numbers import end_text, unit_text
from tests.cleanroom.queries.scenes import SCENES, scene
from tests.cleanroom.queries.scenes_credit import attribution, shared
from tests.cleanroom.queries.test_truth import NUMBER, numbers_in
from tests.cleanroom.queries.truths import CAMPAIGNS, Checked, Scene, Shown, show

NAMES = ("June", "July")
CREDIT = {"attribution", "cross_attribution", "purchase_intent", "sequence"}
"""Templates that count no people by group: they have no trend."""
CREDITED = {
    "Last touch": lambda: attribution("last_touch"),
    "Even share": lambda: shared("linear"),
    "Half life": lambda: shared("time_decay", half_life="5s"),
}


TRENDS = [name for name in SCENES if name.split()[0] not in CREDIT]
DRAWS = 8


@cache
def pairs(name: str, noise: bool) -> list[tuple[list[Shown], dict[str, Any]]]:
    """Return answers of two versions with their trend; two trees may have nothing in common."""
    found = []
    for seed in range(DRAWS):
        random = np.random.default_rng(seed)
        k = int(random.choice([1, 5, 20, 60]))
        sigma = float(random.choice([2.0, 5.0, 12.0])) if noise else 0.0
        both = [show(scene(name), random, k, sigma) for _ in NAMES]
        answers = [(called, whole(name, one, noise))
                   for called, one in zip(NAMES, both, strict=True)]  # fmt: skip
        try:
            found.append((both, trend(answers)))
        except InvalidInput as error:
            assert name.startswith("drivers") and "different groups" in str(error)
    return found


def whole(name: str, one: Shown, noise: bool) -> dict[str, Any]:
    kind = "discrete-gaussian" if noise else "none"
    return {"template": name.split(maxsplit=1)[0], "receiver": "brand", "privacy": {"noise": kind},
            **one.result}  # fmt: skip


def changes(both: Sequence[Shown], found: Mapping[str, Any]) -> list[Checked]:
    """Return every change that is told, with the change of the truth."""
    begun, ended = ({tuple(group["key"].items()): group["people"] for group in one.truth["groups"]}
                    for one in both)  # fmt: skip
    told = []
    for one in found["changes"]:
        key = tuple(one["key"].items())
        true = (ended.get(key) or 0) - (begun.get(key) or 0)
        told.append(Checked("groups", Estimate.read(one, "people_change"), true))
    if found["change"] is not None:
        totals = [one.truth["total"].get("people") or 0 for one in both]
        change = Estimate.read(found["change"], "people_change")
        told.append(Checked("total", change, totals[1] - totals[0]))
    return [one for one in told if one.said]


@pytest.mark.parametrize("name", TRENDS)
def test_without_noise_a_change_is_the_truth_or_a_bound_on_it(name):
    told = [one for both, found in pairs(name, False) for one in changes(both, found)]
    assert told or name in ("funnel open", "funnel clipped"), "steps without a total, or cut"
    assert [one for one in told if not one.holds] == []


def test_with_noise_a_change_has_an_interval_that_holds_the_truth():
    told = [one for name in TRENDS for both, found in pairs(name, True)
            for one in changes(both, found)]  # fmt: skip
    assert sum(one.holds for one in told) >= 0.93 * len(told)
    bare = [one for one in told if one.shown.bound == "exact" and not one.holds]
    assert bare == [], "a noised number stands without its interval"


@pytest.mark.parametrize("noise", [False, True])
@pytest.mark.parametrize("name", TRENDS)
def test_a_trend_says_the_same_in_both_languages_and_only_what_was_released(name, noise):
    for both, found in pairs(name, noise):
        english, chinese = (trend_sentence(found, language) for language in ("en", "zh"))
        assert numbers_in(english) == numbers_in(chinese), (english, chinese)
        asked = all("people" in one.result["total"] for one in both)
        change = Estimate.read(found["change"] or {}, "people_change", "more_people")
        known = change.low is not None and change.high is not None
        assert ("no total" in english) == ("没有总人数" in chinese) == (not asked)
        silent = "不足以得出" in chinese
        assert ("does not show" in english) == silent == (asked and not known)
        if not known:
            assert not numbers_in(english)
            continue
        ends = [
            end_text("more_people", end, up=up)
            for end, up in ((change.low, False), (change.high, True))
            if end is not None
        ]
        texts = [unit_text("more_people", change.value or 0), *ends]
        written = {number for text in texts for number in NUMBER.findall(text)}
        assert set(numbers_in(english)) <= written | {"95", "1"}, english


@pytest.mark.parametrize("name", [name for name in SCENES if name.split()[0] in CREDIT])
def test_what_counts_no_people_by_group_has_no_trend(name):
    result = whole(name, show(scene(name), np.random.default_rng(1), 1, 0.0), noise=False)
    with pytest.raises(InvalidInput, match="has no trend"):
        trend([(called, result) for called in NAMES])


@cache
def model(name: str) -> Scene:
    return CREDITED[name]()


def several(names: Sequence[str], noise: bool, hidden: int, seed: int) -> list[Shown]:
    """Return answers of one question under several models; some show nothing if k is ``hidden``."""
    random = np.random.default_rng(seed)
    sigma = float(random.choice([2.0, 5.0, 12.0])) if noise else 0.0
    k = int(random.choice([1, 5, 20, 60]))
    found = [(name, int(random.choice([k, k, hidden or k]))) for name in names]
    return [show(model(name), random, k, sigma) for name, k in found]


def truths(one: Shown) -> dict[str, float]:
    found = {group["key"]["platform.campaign"]: group["conversions"] or 0
             for group in one.truth["groups"]}  # fmt: skip
    return {name: found.get(name, 0) for name in CAMPAIGNS}


def claims(said: str, names: Sequence[str], answers: Sequence[Shown]) -> list[tuple[str, str]]:
    """Return which campaign leads under which model, as a sentence in English says it."""
    alike = re.match(r"(\w+) earns most under (?:each of )?the \d", said)
    if alike:
        return [(alike[1], name) for name, one in zip(names, answers, strict=True)
                if one.result["groups"]]  # fmt: skip
    first = said.split(".", 1)[0].removeprefix("Who earns most depends on the model:")
    return [(part.split(maxsplit=1)[0], name) for part in first.split(";") if " under " in part
            for name in names if name in part]  # fmt: skip


@pytest.mark.parametrize("noise", [False, True])
def test_who_leads_under_a_model_leads_there(noise):
    names = list(CREDITED)
    made = wrong = 0
    for seed in range(60):
        answers = several(names, noise, 10**6, seed)
        results = [one.result for one in answers]
        english, chinese = (models_sentence(names, results, lang) for lang in ("en", "zh"))
        assert numbers_in(english) == numbers_in(chinese), (english, chinese)
        told = claims(english, names, answers)
        assert bool(told) == ("earns most" in english and "No campaign" not in english), english
        for campaign, name in told:
            true = truths(answers[names.index(name)])
            made += 1
            wrong += true[campaign] < max(true.values())
            assert campaign in chinese
    assert made > 5
    assert wrong <= 0.05 * made


@pytest.mark.parametrize("noise", [False, True])
def test_whose_credit_depends_most_on_the_model_is_true(noise, monkeypatch):
    """It is said only where every model shows every campaign, so nobody is few here."""
    monkeypatch.setattr("tests.cleanroom.queries.truths.SIZES", (300, 900, 2500))
    names = list(CREDITED)
    made = wrong = 0
    for seed in range(40):
        answers = several(names, noise, 0, seed)
        said = models_sentence(names, [one.result for one in answers], "en")
        match = re.search(r"(\w+) depends most on the choice: (?:about )?[\d,.]+ to [\d,.]+", said)
        if match is None:
            continue
        true = [truths(one) for one in answers]
        spread = {name: max(each[name] for each in true) - min(each[name] for each in true)
                  for name in CAMPAIGNS}  # fmt: skip
        made += 1
        wrong += spread[match[1]] < max(spread.values())
    assert made > 5
    assert wrong <= 0.05 * made
