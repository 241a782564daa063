"""How a page and a terminal lay out what they show."""

from __future__ import annotations

from cleanroom.report.html import Number, page_tables
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
    assert [column.title for column in wide.columns] == ["1", "2+"]
    assert [(row.labels, [one.text for one in row.numbers]) for row in wide.rows] == [
        (("Feed",), ["40", "9"]),
        (("Hero",), ["30", "–"]),
        (("Live",), ["–", "7"]),
    ]
    assert [(row.kind, row.numbers) for row in rest.rows] == [("total", (Number("86"),))]
    assert not folded, "the list would say the same again"


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
