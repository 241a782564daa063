"""``cleanroom room amend``: from a file to an agreement in force, and what people are shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cleanroom.cli import common
from cleanroom.cli import room as command
from cleanroom.cli.root import app
from cleanroom.cli.run import run
from cleanroom.documents.agreement import Grant
from cleanroom.report.changes import changes
from cleanroom.report.consent import Reader
from tests.cleanroom.agent.conftest import PASSPHRASE, Place, meeting
from tests.cleanroom.report.test_consent import agreement

__all__ = ["meeting"]

FILE = """
[room]
name = "spring"
rehearsal = true
templates = ["overlap"{templates}]
[policy]
noise = "none"
k_min = {k}
paillier_bits = 512
rows = ["paillier"]
[datasets.acme.data]
file = "acme.csv"
kind = "audience"
id = {{ column = "id", profile = "raw:v1" }}
[datasets.telco.data]
file = "telco.csv"
kind = "audience"
id = {{ column = "id", profile = "raw:v1" }}
{grants}
"""


def test_a_file_amends_a_room(
    meeting: Place,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    proposed = meeting.propose()
    meeting.sign(proposed.identity)
    monkeypatch.setenv("CLEANROOM_PASSPHRASE", PASSPHRASE)
    for module in (common, command):
        monkeypatch.setattr(module, "connect", lambda home: meeting.client(home.card.name))
    file = tmp_path / "room.toml"

    def typed(name: str, *words: str) -> tuple[int, Any, str]:
        monkeypatch.setenv("CLEANROOM_HOME", str(meeting.homes[name].path))
        code = run(app, words)
        printed = capsys.readouterr()
        return code, json.loads(printed.out) if code == 0 else None, printed.err

    def written(k: int, templates: str = "", grants: str = "") -> str:
        file.write_text(FILE.format(k=k, templates=templates, grants=grants))
        return str(file)

    amend = ("room", "amend", "--yes", "--json")
    assert typed("acme", *amend, written(1))[0] == 2, "nothing changes"
    grant = '[[grants]]\nparty = "acme"\nkind = "base-counts"'
    code, shown, _ = typed("acme", *amend, written(7, ', "profile"', grant))
    assert (code, shown["number"]) == (0, 2)
    code, listed, _ = typed("telco", "room", "show", "spring", "--json")
    assert (code, listed["amendment"]["id"]) == (0, shown["amendment"])
    assert listed["agreement"]["policy"]["k_min"] == 1
    assert typed("telco", "room", "sign", "ab" * 16, "--yes", "--json")[0] != 0
    code, signed, _ = typed("telco", "room", "sign", shown["amendment"], "--yes", "--json")
    assert (code, signed["state"]) == (0, "IN_FORCE")
    now = typed("acme", "room", "show", "spring", "--json")[1]
    assert (now["agreement"]["policy"]["k_min"], now["amendment"]) == (7, None)
    code, shown, _ = typed("telco", *amend, written(9, ', "profile"', grant))
    words = ("room", "decline", shown["amendment"], "--reason", "no", "--yes", "--json")
    code, declined, _ = typed("acme", *words)
    assert (code, declined["state"]) == (0, "DECLINED")
    assert typed("acme", "room", "show", "spring", "--json")[1]["amendment"] is None


def told(before: Any, after: Any, language: Any = "en") -> list[tuple[str, list[str]]]:
    parts = changes(before, after, Reader("acme", {}, language))
    return [(part.title, [line.text for line in part.lines]) for part in parts]


def test_changes_are_told_the_gravest_first_with_what_they_were() -> None:
    before = agreement()
    fewer = before.model_copy(update={"grants": before.grants[1:]})
    higher = before.policy.model_copy(update={"k_min": 99, "rows_max": 5})
    after = before.model_copy(
        update={
            "grants": (*before.grants, Grant(party="acme", kind="base-counts", minimum=7)),
            "policy": higher,
        }
    )
    shown = told(before, after)
    assert shown[0][0] == "Consents beyond the rule"
    (grant,) = shown[0][1]
    assert grant.startswith("New: gives the receiver")
    bounds = dict(shown)["Bounds of every answer"]
    assert any("Now: 99 people" in line and "Before: 77 people" in line for line in bounds)
    raw = dict(shown)["The fields that differ"]
    assert "- 20000000  + 5" in raw, "no line of consent speaks of rows_max"
    assert len(raw) == 3
    (gone,) = told(before, fewer)[0][1]
    assert gone.startswith("No longer: lets the platform's agent learn")
    assert told(before, fewer, "zh")[0][1][0].startswith("取消：")


def test_a_purpose_cannot_change_unseen() -> None:
    """The words of a grant of base counts name no purpose: the fields that differ do."""
    before = agreement()
    grants = [
        one.model_copy(update={"purposes": ("resale",)}) if one.kind == "base-counts" else one
        for one in before.grants
    ]
    shown = told(before, before.model_copy(update={"grants": tuple(grants)}))
    assert any("resale" in line for line in dict(shown)["The fields that differ"])
