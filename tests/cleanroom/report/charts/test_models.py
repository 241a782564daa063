"""One attribution under several models: which answers belong together, and how they are told."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from cleanroom.agent.compared import same_but_model
from cleanroom.report import LANGUAGES, terminal
from cleanroom.report.charts import models_picture
from cleanroom.report.models import (
    model_name,
    models_notes,
    models_sentence,
    models_spreadsheet,
    models_table,
)
from tests.cleanroom.report.charts.samples import HOSTILE, attribution
from tests.cleanroom.report.charts.test_pictures import check_inert, poisoned, texts

NAMES = ["Last touch", "Shapley", "Linear"]


def answers() -> list[dict[str, Any]]:
    found = [attribution("last_touch"), attribution("shapley", 0.5), attribution("linear", 1.5)]
    found[1]["groups"][1] |= {"conversions": 1000, "conversions_interval": [976.5, 1023.5]}
    return found


def item(template: str = "attribution", brand: str = "b", **parameters: Any) -> dict[str, Any]:
    document = {"template": template, "brand": brand, "platform": "p", "parameters": parameters}
    return {"job": document}


def test_answers_belong_together_if_they_differ_by_the_model_alone() -> None:
    one = item(model="linear", window="7d", start=1, measures=["value"])
    for other in (
        item(model="shapley", window="7d", start=1, measures=[]),
        item(model="time_decay", half_life="7d", window="7d", start=1, boundary=None),
        item(model="position", weights=[0.4, 0.2, 0.4], profile="sampled", window="7d", start=1),
        item(model="shapley", start=1, group_by=["platform.campaign"], by_action=False),
        item(model="linear", click_window="168h", view_window="7d", start=1, resolution="1s"),
    ):
        assert same_but_model(one, other)
    for other in (
        item(model="shapley", window="3d", start=1),
        item(model="shapley", view_window="1d", start=1),
        item(model="shapley", window="7d", start=2),
        item(model="shapley", window="7d", start=1, group_by=["platform.channel"]),
        item(brand="other", model="shapley", window="7d", start=1),
        item(model="shapley", window="7d", start=1, resolution="1m"),
        item(model="shapley", window="7d", start=1, where=["brand.tier"]),
        item("sequence", model="shapley", window="7d", start=1),
    ):
        assert not same_but_model(one, other)
    assert not same_but_model(item("overlap"), item("overlap"))


def test_a_model_is_named_with_its_parameters() -> None:
    assert model_name({"model": "time_decay", "half_life": "7d"}, "en") == "Time decay (7d)"
    weights = {"model": "position", "weights": [0.4, 0.2, 0.4]}
    assert model_name(weights, "zh") == "位置 (0.4 : 0.2 : 0.4)"


def test_the_sentence_says_who_leads_and_whose_credit_moves() -> None:
    assert models_sentence(NAMES, answers(), "en") == (
        "Who earns most depends on the model: Search under Last touch and Linear; Spring TV under"
        " Shapley. Search depends most on the choice: about 605.00 to 1,815.00 conversions."
    )
    alike = [attribution("last_touch"), attribution("shapley")]
    assert (
        models_sentence(NAMES[:2], alike, "en") == "Search earns most under each of the 2 models."
    )
    assert "Search" in models_sentence(NAMES, answers(), "zh")


def test_a_model_that_shows_no_campaign_names_no_leader() -> None:
    results = [attribution("last_touch"), *({**one, "groups": []} for one in answers()[1:])]
    for language, told in (
        ("en", "under the 1 of 3 models that"),
        ("zh", "其中 1 种"),
    ):
        said = models_sentence(NAMES, results, language)
        assert told in said and "Search" in said
    split = [*answers()[:2], {**attribution("linear"), "groups": []}]
    assert " 2 of 3 models show a campaign." in models_sentence(NAMES, split, "en")
    assert "其中 2 种" in models_sentence(NAMES, split, "zh")


def test_nobody_leads_where_the_first_two_overlap_under_one_model() -> None:
    results = answers()
    results[2]["groups"][1] |= {"conversions": 1800, "conversions_interval": [1700, 1900]}
    for language, told in (("en", "No campaign clearly"), ("zh", "没有活动")):
        assert models_sentence(NAMES, results, language).startswith(told)
    results[2]["groups"] = []
    said = models_sentence(NAMES, results, "en")
    assert said.startswith("Who earns most") and "2 of 3 models" in said


def test_the_table_has_a_column_for_each_model_and_what_nobody_earned() -> None:
    table = models_table(NAMES, answers())
    rows = {labels[0]: [cell.value for cell in cells] for labels, cells in table.rows}
    assert rows["Search"] == [1210.0, 605.0, 1815.0]
    assert rows["Spring TV"][1] == 1000
    assert rows["unattributed"] == [644.25] * 3 and rows["attributed"] == [2355.75] * 3
    header, lines = models_spreadsheet(NAMES, answers())
    assert header[:3] == ["platform.campaign", "model", "conversions"]
    assert len(lines) == 12 and lines[4][:3] == ["Search", "Shapley", 605.0]


def test_what_all_models_cost_together_is_said() -> None:
    assert models_notes(NAMES, answers(), "en")[-1] == (
        "Each model is a separate question: together these 3 cost rho 0.06."
    )


def test_what_is_known_of_the_noise_is_said_of_each_model_by_itself() -> None:
    found = answers()
    alike = models_notes(NAMES, found, "en")
    assert not any(note.startswith(NAMES[0]) for note in alike), "said once of all"
    found[1]["privacy"] = {**found[1]["privacy"], "tau": 4321}
    notes = models_notes(NAMES, found, "en")
    assert [note for note in notes if "4,321" in note and note.startswith("Shapley: ")]
    (others,) = (note for note in notes if note.startswith("Last touch and Linear: "))
    assert f"{found[0]['privacy']['tau']:,}" in others and "4,321" not in others
    assert len(notes) == len(alike) + 1


@pytest.mark.parametrize("label", HOSTILE)
def test_hostile_labels_stay_text(label: str) -> None:
    svg = models_picture([poisoned(one, label) for one in answers()], "en", NAMES)
    check_inert(svg)


def test_two_half_lives_are_told_apart_in_the_picture() -> None:
    names = ["Time decay (1d)", "Time decay (7d)"]
    found = texts(models_picture([attribution("time_decay")] * 2, "en", names))
    assert found.count(names[0]) == found.count(names[1]) == 4


@pytest.mark.parametrize("language", LANGUAGES)
def test_models_are_printed(language, monkeypatch) -> None:
    page = io.StringIO()
    monkeypatch.setattr(terminal, "out", Console(file=page, width=120, color_system=None))
    terminal.print_models(NAMES, answers(), language)
    lines = [line.split() for line in page.getvalue().splitlines()]
    assert ["Search", "1,210.00", "605.00", "1,815.00"] in lines
    assert "1,186 " in page.getvalue(), "intervals stand below"
