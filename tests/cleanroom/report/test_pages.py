"""How a page and a terminal lay out what they show."""

from __future__ import annotations

import re
from typing import Literal, get_args, get_origin

from cleanroom.queries.registry import templates
from cleanroom.report import LANGUAGES
from cleanroom.report.html import Number, page_tables, parameter
from cleanroom.report.terminal import print_preview

COUNTS = {("Feed", "1"): 40, ("Feed", "2+"): 9, ("Hero", "1"): 30, ("Live", "2+"): 7}


def result(**more: object) -> dict[str, object]:
    groups = [
        {"key": {"platform.campaign": campaign, "frequency": often}, "people": people, **more}
        for (campaign, often), people in COUNTS.items()
    ]
    return {"template": "reach_frequency", "groups": groups, "other": None,
            "total": {"people": 86, **more}}  # fmt: skip


def test_groups_by_two_keys_are_a_table_of_one_by_the_other() -> None:
    (wide, rest), folded = page_tables(result(), "en")
    assert [(column.title, column.raw) for column in wide.columns] == [("1", True), ("2+", True)]
    assert [(row.labels, [one.text for one in row.numbers]) for row in wide.rows] == [
        (("Feed",), ["40", "9"]),
        (("Hero",), ["30", "–"]),
        (("Live",), ["–", "7"]),
    ]
    assert [(row.kind, row.numbers) for row in rest.rows] == [("total", (Number("86"),))]
    assert not folded, "the list would say the same again"


def test_choices_and_lengths_are_told_in_words_and_texts_of_parties_as_they_are() -> None:
    named = {
        (info.alias or name, str(choice))
        for asked in templates().values()
        for name, info in asked.Parameters.model_fields.items()
        for kind in (info.annotation, *get_args(info.annotation))
        if get_origin(kind) is Literal
        for choice in get_args(kind)
    }
    assert ("profile", "exact") in named
    for name, choice in named - {("match_by", one) for one in ("raw", "idfa", "gaid", "oaid")}:
        english, chinese = (parameter(choice, name, language) for language in LANGUAGES)
        assert choice not in (english, chinese), (name, choice)
        assert re.search("[\u4e00-\u9fff]", chinese)
    assert [parameter(one, "window") for one in ("1d", "90s", "soon")] == [
        "1 day", "90 seconds", "soon",
    ]  # fmt: skip
    assert parameter("2w", "half_life", "zh") == "2 周"
    assert parameter("sampled", "purpose") == "sampled"


def test_the_long_list_is_folded_where_it_says_more() -> None:
    first, folded = page_tables(result(sums={"spend": 3}), "zh")
    assert len(first) == 2 and len(folded[0].rows) == len(COUNTS) + 1


def test_a_preview_says_nothing_of_noise_where_there_is_none(capsys) -> None:
    facts = {"noise": "none", "k": 1, "tau": 1, "people_sd": 0.0, "rho": 0.0, "leaks": []}
    facts["cost"] = {"rows": None}
    print_preview(facts)
    quiet = capsys.readouterr().out
    print_preview({**facts, "noise": "discrete-gaussian"})
    noisy = capsys.readouterr().out
    assert "standard deviation" in noisy and "standard deviation" not in quiet
    assert "rho" not in quiet and "smallest group" in quiet
