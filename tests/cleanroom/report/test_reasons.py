"""Why an agent refused is said of it by name, in both languages, for every reason it can give."""

from __future__ import annotations

import pytest

from cleanroom.agent import asking
from cleanroom.documents.payloads import REFUSALS
from cleanroom.errors import PolicyRefusal
from cleanroom.report import LANGUAGES
from cleanroom.words.reasons import WHY, refused, why
from cleanroom.words.tell import people


def test_every_reason_is_said_in_both_languages_of_somebody() -> None:
    assert WHY.keys() == REFUSALS.keys()
    for rule, reason in REFUSALS.items():
        for language in LANGUAGES:
            said = refused(rule, reason, "telco", language)
            assert said.startswith("telco ")
            assert "side" not in said and "对方" not in said
        assert why(rule, reason, "zh") != why(rule, reason)


def test_what_a_person_wrote_stays_as_it_is() -> None:
    assert refused("refused-by-person", "not now", "telco", "zh") == "telco 拒绝：not now"
    assert refused("k-min", "the room wants more", "") == "the room wants more"


def test_the_command_line_names_who_refused() -> None:
    problem = {"party": "telco", "rule": "rho-budget", "detail": REFUSALS["rho-budget"]}
    with pytest.raises(PolicyRefusal, match="telco refused: its own ledger does not cover"):
        asking.check_answered({"state": "REFUSED", "problem": problem})


def test_one_person_is_no_people() -> None:
    assert [people(1), people(2), people(1, "zh")] == ["1 person", "2 people", "1 人"]
