"""An answer says the same as a frame, a page, a sentence and a document."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from cleanroom.errors import InvalidInput
from cleanroom.workbench.answer import Answer

NOISED: dict[str, Any] = {
    "status": "SUCCESS",
    "name": "by-age",
    "template": "overlap",
    "receiver": "brand",
    "groups": [
        {
            "key": {"platform.age_band": "18-24"},
            "people": 120,
            "people_sd": 4.0,
            "people_interval": [112, 128],
            "sums": {"spend": 40.5},
            "sums_sd": {"spend": 1.0},
            "sums_interval": {"spend": [38.5, 42.5]},
        },
        {"key": {"platform.age_band": "<script>25</script>"}, "people": 90},
    ],
    "other": {"people": 7, "people_sd": 4.0, "people_interval": [0, 15]},
    "total": {"people": 210, "people_sd": 6.0, "people_interval": [198, 222]},
    "suppressed": {"groups": 0, "rules": []},
    "privacy": {"k": 50, "tau": 70, "noise": "discrete-gaussian", "rho": 0.01},
    "sentence": "Both sides know about 210 people.",
}


def test_fields_are_attributes_and_items() -> None:
    answer = Answer(NOISED, "pandas")
    assert answer.total.people == answer["total"]["people"] == 210
    assert answer.groups[0].key["platform.age_band"] == "18-24"
    assert answer.privacy.noise == "discrete-gaussian"
    assert "total" in dir(answer)
    assert "people" in dir(answer.total)
    with pytest.raises(AttributeError, match=r"no person; there are: people"):
        _ = answer.total.person


def test_a_frame_has_groups_alone_and_both_ends() -> None:
    frame = Answer(NOISED, "pandas").frame()
    assert list(frame) == [
        "platform.age_band", "people", "people_low", "people_high",
        "spend", "spend_low", "spend_high",
    ]  # fmt: skip
    assert frame["people"].sum() == 210
    assert frame["people_low"][0] == 112
    assert frame["spend_high"][0] == 42.5
    assert pd.isna(frame["spend"][1])


def test_a_bound_is_no_value() -> None:
    bound = {"key": {"a": "x"}, "people": 50, "people_bounds": [40, None]}
    frame = Answer({**NOISED, "groups": [bound]}, "pandas").frame()
    assert pd.isna(frame["people"][0])
    assert frame["people_low"][0] == 40


def test_a_measure_named_as_a_number_keeps_its_prefix() -> None:
    group = {"key": {"a": "x"}, "people": 50, "sums": {"people": 3.0, "a": 4.0}}
    frame = Answer({**NOISED, "groups": [group]}, "pandas").frame()
    assert list(frame) == ["a", "people", "sums.people", "sums.a"]


def test_the_page_repeats_no_markup_of_a_stranger() -> None:
    page = Answer(NOISED, "pandas")._repr_html_()
    assert "<script>" not in page
    assert "Both sides know about 210 people." in page
    assert "<svg" in page
    assert "112" in page


def test_a_page_has_the_notes_of_its_own_kind() -> None:
    class Own(Answer):
        def _notes(self) -> list[str]:
            return ["mine & yours"]

    page = Own(NOISED, "pandas")._repr_html_()
    assert "mine &amp; yours" in page
    assert page.count("<p><small>") == 1, "those of an answer are not beside them"


def test_it_speaks_chinese() -> None:
    answer = Answer(NOISED, "pandas").in_language("zh")
    assert "双方" in answer.sentence
    assert "离散高斯" in answer.explain()


def test_a_picture_is_saved_as_its_name_says(tmp_path: Path) -> None:
    picture = Answer(NOISED, "pandas").plot()
    picture.save(tmp_path / "answer.svg")
    picture.save(str(tmp_path / "answer.png"))
    assert (tmp_path / "answer.svg").read_text("utf-8").startswith("<svg")
    assert (tmp_path / "answer.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(InvalidInput, match="does not end with"):
        picture.save(tmp_path / "answer.pdf")


def test_what_is_not_there_is_named() -> None:
    answer = Answer(NOISED, "pandas")
    with pytest.raises(InvalidInput, match="it has: groups"):
        answer.frame("paths")
    with pytest.raises(InvalidInput, match="no frame spark"):
        answer.frame(kind="spark")
    assert answer.frames() == ("groups",)


def test_an_answer_is_read_from_the_file_that_was_kept_of_it(tmp_path) -> None:
    file = tmp_path / "answer.json"
    file.write_text(json.dumps(NOISED), "utf-8")
    answer = Answer.read(file, "pandas")
    assert answer.document == NOISED and len(answer.frame()) == len(NOISED["groups"])
    for wrong in ("[]", "{}", "no JSON", json.dumps({**NOISED, "privacy": None})[:-1]):
        file.write_text(wrong, "utf-8")
        with pytest.raises(InvalidInput, match="not an answer"):
            Answer.read(file)


def test_a_picture_takes_the_place_of_no_other_file_unseen(tmp_path) -> None:
    picture = Answer(NOISED, "pandas").plot()
    picture.save(tmp_path / "answer.svg")
    with pytest.raises(InvalidInput, match="already exists"):
        picture.save(tmp_path / "answer.svg")
    picture.save(tmp_path / "answer.svg", overwrite=True)
