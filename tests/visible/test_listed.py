"""Everything that others can see of a side has a line in the reference that says why it is safe."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.visible import collect

PAGE = (collect.ROOT / "docs" / "reference" / "visible.md").read_text("utf-8")
SECTIONS: dict[str, Callable[[], set[str]]] = {
    "Statements": collect.statements,
    "Documents in statements and answers": collect.documents,
    "The mediator's own entries": collect.entries,
    "Answers of the service": collect.answers,
    "Messages of a job": collect.messages,
    "States": collect.states,
    "Refusals and their rules": collect.refusals,
}


def listed(section: str) -> dict[str, str]:
    """Return what a section's first column names, each with its reason."""
    text = PAGE.split(f"\n## {section}\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (`.*?) \| (.*?) \|$", text, re.MULTILINE)
    return {name: reason for names, reason in rows for name in re.findall(r"`([^`]+)`", names)}


@pytest.mark.parametrize("section", SECTIONS)
def test_all_that_is_seen_is_listed_with_a_reason_and_nothing_else(section):
    known, found = listed(section), SECTIONS[section]()
    missing, gone = sorted(found - set(known)), sorted(set(known) - found)
    assert not missing, f"say in docs/reference/visible.md why others may see {missing}"
    assert not gone, f"no longer there: {gone}"
    assert all(len(reason) > 8 for reason in known.values())


def test_a_refusal_is_told_by_constants_alone():
    """A rule that an agent may tell has one sentence, whatever its error said."""
    assert all(text.isascii() and "{" not in text for text in collect.REFUSALS.values())


def test_nothing_but_the_listed_reasons_can_be_said():
    from cleanroom.documents.payloads import JobRefuse
    from cleanroom.errors import InvalidInput

    for body in (
        {"rule": "campaign-without-impressions", "reason": "none at 09:14:05"},
        {"rule": "not-allowed", "reason": "the arm control has 3 people"},
    ):
        with pytest.raises(InvalidInput):
            JobRefuse.from_json({"job": "0" * 32, **body})
