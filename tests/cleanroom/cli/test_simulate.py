"""A rehearsal ends with 1 when a question failed, with 3 when one was refused, and says which."""

from __future__ import annotations

from typing import Any

import pytest
import typer

from cleanroom.cli.simulate import _end


def results(**states: str) -> dict[str, Any]:
    return {"jobs": {name: {"status": status} for name, status in states.items()}}


@pytest.mark.parametrize(
    ("states", "code", "said"),
    [
        ({"a": "REFUSED", "b": "SUCCESS", "c": "REFUSED"}, 3, ["Refused: a, c."]),
        ({"a": "FAILED", "b": "SUCCESS"}, 1, ["Failed: a."]),
        ({"a": "REFUSED", "b": "FAILED"}, 1, ["Failed: b.", "Refused: a."]),
    ],
)
def test_the_end_says_which_questions_were_not_answered(
    states: dict[str, str], code: int, said: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as ended:
        _end(results(**states))
    assert ended.value.exit_code == code
    assert capsys.readouterr().err.splitlines() == said


def test_a_rehearsal_without_either_ends_well(capsys: pytest.CaptureFixture[str]) -> None:
    _end(results(a="SUCCESS"))
    assert capsys.readouterr().err == ""
