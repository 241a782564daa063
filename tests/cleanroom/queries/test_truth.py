"""Nothing that is said of any answer is false: numbers, bounds, sentences, tables, pictures.

Truths are drawn at random, held back and cut at random, and reported by the templates themselves
(``truths``, ``scenes``).
"""

from __future__ import annotations

import re
from collections import Counter
from html import unescape

import numpy as np
import pytest

from cleanroom.queries.registry import templates
from cleanroom.report import TABLE
from cleanroom.report.charts import picture
from cleanroom.report.html import result_figures, result_tables
from cleanroom.report.sentences import sentence
from cleanroom.words.estimate import Estimate
from cleanroom.words.fields import field
from cleanroom.words.numbers import end_text, unit_text
from cleanroom.words.table import cells, figures, tables
from tests.cleanroom.queries.scenes import SCENES, scene
from tests.cleanroom.queries.truths import Shown, checked, coverage, show

QUICK, MANY = 30, 400
"""Draws of a truth per scene."""


def test_every_template_has_a_scene():
    assert {name.split()[0] for name in SCENES} == set(templates())


@pytest.mark.parametrize("name", SCENES)
def test_without_noise_every_number_is_the_truth_or_a_bound_on_it(name):
    wrong = [one for many in coverage(scene(name), QUICK, noise=False).values() for one in many
             if not one.holds]  # fmt: skip
    assert wrong == []


@pytest.mark.parametrize("name", SCENES)
def test_with_noise_intervals_and_bounds_hold_the_truth(name):
    found = coverage(scene(name), QUICK, noise=True)
    every = [one for many in found.values() for one in many]
    assert sum(one.holds for one in every) >= 0.93 * len(every)
    bare = [one for one in every if one.shown.bound == "exact" and not one.holds]
    assert bare == [], "a noised number stands without its interval"


@pytest.mark.slow
@pytest.mark.parametrize("name", SCENES)
def test_every_field_covers_its_truth(name):
    """Below 93 % are only fields of groups that have just passed the threshold, and by luck."""
    for path, many in coverage(scene(name), MANY, noise=True).items():
        held = sum(one.holds for one in many) / len(many)
        assert len(many) < MANY / 2 or held >= 0.91, path


def draws(name: str, noise: bool, seeds: int) -> list[Shown]:
    found = []
    for seed in range(seeds):
        random = np.random.default_rng(seed)
        k = int(random.choice([1, 5, 20, 60]))
        sigma = float(random.choice([2.0, 5.0, 12.0])) if noise else 0.0
        found.append(show(scene(name), random, k, sigma))
    return found


def said(one: Shown, name: str) -> tuple[str, str]:
    """Return the sentence in English and in Chinese."""
    result = {"template": name.split(maxsplit=1)[0], **one.result}
    result["sentence"] = templates()[name.split(maxsplit=1)[0]].sentence(result)
    return sentence(result, "en"), sentence(result, "zh")


NUMBER = re.compile(r"-?\+?\d[\d,]*(?:\.\d+)?")


def numbers_in(text: str) -> Counter[str]:
    return Counter(NUMBER.findall(text))


def written(one: Shown) -> set[str]:
    """Return every number that may be written: of estimates the value and both ends."""
    found = set()
    for each in checked(one):
        shown = each.shown
        if shown.value is not None and shown.bound in ("exact", "estimate"):
            found.add(unit_text(shown.unit, shown.value))
        for end, up in ((shown.low, False), (shown.high, True)):
            if end is not None:
                found.add(end_text(shown.unit, end, up=up))
    return {number for text in found for number in NUMBER.findall(text)}


ALLOWED = {"95", "1", "0.0001"}
"""The level of an interval, ``1 person``, and the least p-value that is written."""


@pytest.mark.parametrize("noise", [False, True])
@pytest.mark.parametrize("name", SCENES)
def test_both_languages_say_the_same_numbers_and_only_those_of_the_result(name, noise):
    for one in draws(name, noise, 8):
        english, chinese = said(one, name)
        assert numbers_in(english) == numbers_in(chinese), (english, chinese)
        own = {text for value in _own(one) for text in NUMBER.findall(value)}
        assert set(numbers_in(english)) <= written(one) | ALLOWED | own, english


def _own(one: Shown) -> list[str]:
    """Return numbers of the question and of the test's own statistics, which a sentence may say."""
    found = (
        [f"{one.result['total']['p_value']:.4f}"]
        if one.result.get("total", {}).get("p_value")
        else []
    )
    found += [str(label) for group in one.result["groups"] for label in group["key"].values()]
    segment, model = one.result.get("segment") or {}, one.result.get("model")
    found += [str(segment["minimum"])] if segment else []
    found += [str(model["expansion"])] if isinstance(model, dict) else []
    if one.result.get("total", {}).get("conversions") is not None:
        found.append(f"{one.result['total']['conversions']:,}")
    return found


METRICS = {
    "profile": ("groups", "tgi_index", max),
    "attribution": ("groups", "conversions", max),
    "purchase_intent": ("groups", "index", max),
    "sequence": ("groups", "conversions", max),
    "funnel": ("steps", "step_rate", min),
}
"""What a superlative of a template is about."""
SUPERLATIVES = (
    "stands out most:",
    "Most went to",
    "moved intent most:",
    "most often from",
    "narrowest",
)


@pytest.mark.parametrize("noise", [False, True])
@pytest.mark.parametrize("name", [name for name in SCENES if name.split()[0] in METRICS])
def test_a_superlative_is_said_only_where_it_is_true(name, noise):
    entries, metric, best = METRICS[name.split()[0]]
    made = wrong = 0
    for one in draws(name, noise, 40):
        english, chinese = said(one, name)
        if not any(words in english for words in SUPERLATIVES):
            continue
        true = one.truth["groups"] if entries == "groups" else one.truth["total"]["steps"]
        rivals = [each for each in true if each.get(metric) is not None and _between(each)]
        winner = best(rivals, key=lambda each: each[metric])
        labels = [str(label) for label in winner.get("key", {"": winner.get("step")}).values()]
        made += 1
        wrong += not all(_named(label, english) and _named(label, chinese) for label in labels)
    assert wrong <= 0.05 * made


def _between(entry: dict) -> bool:
    return entry.get("key", {}).get("from", "") is not None


def _named(label: str, text: str) -> bool:
    words = TABLE.get(label, (label, label))
    return label in text or any(word in text for word in words)


@pytest.mark.parametrize("noise", [False, True])
@pytest.mark.parametrize("name", SCENES)
def test_where_everything_is_held_back_nothing_is_counted(name, noise):
    """A total of nobody is a statement about people, and a false one."""
    held = 0
    for seed in range(6):
        random = np.random.default_rng(seed)
        one = show(scene(name), random, 10**6, 5.0 if noise else 0.0)
        result = one.result
        people = [each for each in checked(one) if each.shown.value == 0 and each.truth]
        assert people == []
        if not result["groups"] and not result.get("other"):
            held += 1
            assert not re.search(r"(?<![\d,])0 people", said(one, name)[0])
            assert not re.search(r"(?<![\d,])0 [人次]", said(one, name)[1])
    assert held or name.split()[0] == "aipl"


@pytest.mark.parametrize("name", SCENES)
def test_where_everything_is_held_back_there_is_a_picture_still(name):
    one = show(scene(name), np.random.default_rng(0), 10**6, 5.0)
    assert picture({"template": name.split()[0], "name": "asked", **one.result}).startswith("<svg")


@pytest.mark.parametrize("noise", [False, True])
@pytest.mark.parametrize("name", SCENES)
def test_a_table_shows_bounds_as_bounds_and_the_unknown_as_nothing(name, noise):
    for one in draws(name, noise, 3):
        result = {"template": name.split()[0], **one.result}
        for raw, shown in zip(tables(result), result_tables(result, "en"), strict=True):
            for (_, row), line in zip(raw.rows, shown.rows, strict=True):
                for cell, number in zip(row, line.numbers, strict=True):
                    if cell.bounds:
                        assert number.text[0] in "≥≤" or " to " in number.text
                    if cell.value is None and not cell.bounds:
                        assert number.text == "–"
        for language in ("en", "zh"):
            texts = [number.text for _, number in result_figures(result, language)]
            assert len(texts) == len(figures(result))


@pytest.mark.parametrize("name", SCENES)
def test_a_picture_shows_no_number_that_is_not_in_the_answer(name):
    for one in draws(name, True, 1):
        result = {"template": name.split()[0], "name": "asked", **one.result}
        result["sentence"] = said(one, name)[0]
        texts = {lang: _texts(picture(result, lang)) for lang in ("en", "zh")}
        for found in texts.values():
            found.pop("95", None)  # the level, which a line may break after
        assert texts["en"] == texts["zh"]
        own = {number for text in _own(one) for number in NUMBER.findall(text)}
        assert set(texts["en"]) <= written(one) | ALLOWED | own | _sums_of_moves(result), name


def _texts(svg: str) -> Counter[str]:
    """Return the numbers of a picture's texts, those of its axes left out."""
    plain = re.sub(r'<g class="mark-text role-axis-label".*?</g>', "", svg, flags=re.DOTALL)
    words = [unescape(text) for text in re.findall(r"<text[^>]*>([^<]*)</text>", plain)]
    return Counter(
        number
        for text in words
        for number in NUMBER.findall(
            re.sub(r"95 %|TGI \(100[^)]*\)|TGI（100[^）]*）|\d\+?×", "", text)
        )
    )


def _sums_of_moves(result: dict) -> set[str]:
    """Return what the picture of a flow adds up: the moves into and out of each stage."""
    if result["template"] != "aipl_flow":
        return set()
    from cleanroom.queries.aipl_flow.chart import STAGES, _added, product, way_of  # noqa: PLC0415

    moves = list(product(STAGES, STAGES))
    chosen = [[m for m in moves if m[side] == stage] for side in (0, 1) for stage in STAGES]
    chosen += [[m for m in moves if way_of(*m) == way] for way in (-1, 0, 1)]
    return {number for some in chosen for number in NUMBER.findall(_added(result, some, "en"))}


@pytest.mark.parametrize("name", SCENES)
def test_every_field_has_a_name_in_both_languages(name):
    (one,) = draws(name, True, 1)
    shown = [cells(group) for group in one.result["groups"]]
    for entry in ("campaigns", "synergy"):
        shown += [cells(each) for each in one.result.get(entry, ())]
    names = {path for found in (*shown, figures(one.result)) for path in found}
    for path in names:
        assert "_" not in field(path, "en"), path
        known = path.rsplit(".", 1)[-1] in ("spend", "value", "impressions")
        assert known or re.search(r"[\u4e00-\u9fff]|TGI|p 值|AUC", field(path, "zh")), path


def test_an_estimate_says_what_kind_of_bound_it_is():
    kinds = {
        "exact": Estimate(3), "estimate": Estimate(3, interval=(1, 5)), "unknown": Estimate(None),
        "range": Estimate(3, bounds=(1, 5)), "lower": Estimate(3, bounds=(1, None)),
        "upper": Estimate(3, bounds=(None, 5)),
    }  # fmt: skip
    for kind, one in kinds.items():
        assert one.bound == kind
        assert Estimate.read(one.fields("x"), "x") == one
