"""A question that somebody makes up is one folder, and everything finds it there."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.datastructures import MultiDict

import cleanroom.queries as package
from api.console.forms import fits, make_fields, read_fields
from api.console.words import field_name
from cleanroom.agent.room_file import RoomFile
from cleanroom.cli.root import app
from cleanroom.cli.run import run
from cleanroom.errors import InvalidInput, PolicyRefusal
from cleanroom.queries.registry import template, templates
from cleanroom.report import said, word
from cleanroom.report.charts import picture
from cleanroom.report.sentences import sentence
from cleanroom.report.terminal import print_result
from cleanroom.words.catalogue import TABLE
from cleanroom.words.leaks import LEAKS, leak
from cleanroom.words.numbers import number
from cleanroom.words.units import FIELDS
from cleanroom.workbench.asked import describe
from tests.api.console.test_parts import BRAND, PLATFORM
from tests.cleanroom.queries.harness import ask, audience
from tests.generate_docs import room_file

FILES = {
    "template": '''
"""Which value of a label most of the people known to both sides have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cleanroom.documents.document import ColumnName, Document
from cleanroom.words.estimate import Estimate
from cleanroom.queries.majority import sensitivity
from cleanroom.queries.plan import Column, Plan, Question
from cleanroom.queries.reporting import grouped_result, share
from cleanroom.queries.template import COMMON_LEAKS, Leak, Opened, Template
from cleanroom.words.languages import Language
from cleanroom.words.tell import tell


class MajorityParameters(Document):
    """Name a label of the platform."""

    voting: ColumnName


class Majority(Template):
    """Count people by one label and name the value of most of them."""

    name = "majority"
    Parameters = MajorityParameters
    leaks = (*COMMON_LEAKS, Leak("who votes for what", "nothing", "own", "opaque votes"))

    def plan(self, question: Question) -> Plan:
        """Group the matched people by one label."""
        columns = (Column("platform", self.parameters(question).voting),)
        return Plan(
            source="audience",
            columns=columns,
            cells=question.cells(columns),
            value_side=None,
            slots=(),
            people_delta=sensitivity.majority().people,
            rows=min(question.brand.rows, question.platform.rows),
        )

    def result(self, opened: Opened) -> dict[str, Any]:
        """List the values, and name the first of them."""
        result = grouped_result(opened, ["value"])
        keys = [group.key for group in opened.groups]
        first = max(opened.groups, key=lambda group: group.people)
        rate = share(opened, [first.key], keys)
        return result | {"majority": {"winner": first.key[0], "votes": rate["rate"]}}

    def sentence(self, result: Mapping[str, Any], language: Language = "en") -> str:
        """Name the value of most people."""
        found = result["majority"]
        return tell(
            language,
            "{winner} has {votes} of the people.",
            "{winner} 占 {votes}。",
            winner=found["winner"],
            votes=Estimate(found["votes"], "share"),
        )


TEMPLATE = Majority()
''',
    "sensitivity": '''
"""Bound what one person can change in an answer to majority."""

from cleanroom.queries.sensitivity import Sensitivity, tables


def majority() -> Sensitivity:
    """Derive ``majority``: a matched person has one value."""
    return Sensitivity(tables(1))
''',
    "words": '''
"""What people read of majority, in two languages."""

from cleanroom.words.catalogue import Words

WORDS = Words(
    {
        "template.majority": ("Majority", "多数值"),
        "asks.majority": ("Which value do most people have?", "多数人属于哪个取值？"),
        "field.voting": ("Column to vote by", "表决列"),
        "majority": ("majority", "多数"),
        "votes": ("votes", "得票率"),
        "winner": ("winner", "胜出值"),
    },
    units={"votes": "share"},
    leaks={"who votes for what": "谁属于哪个取值", "opaque votes": "不透明的取值"},
)
''',
    "chart": '''
"""Draw the votes."""

from collections.abc import Mapping
from typing import Any

from cleanroom.drawing.canvas import Panel, panel, words_at
from cleanroom.words.catalogue import word
from cleanroom.words.languages import Language


def majority(result: Mapping[str, Any], language: Language) -> list[Panel]:
    """Write the winner, large."""
    text = word("winner", language) + " " + result["majority"]["winner"]
    return [panel([words_at([(0.0, 10.0, text)], size=30)], 30)]


CHART = majority
''',
}
FOLDER = "cleanroom.queries.majority"


@pytest.fixture
def made_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder that somebody writes, and nothing else."""
    (tmp_path / "majority").mkdir()
    for name, text in FILES.items():
        (tmp_path / "majority" / f"{name}.py").write_text(text, "utf-8")
    before = [dict(known) for known in (TABLE, FIELDS, LEAKS)]
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    _forget()
    package.learn_words()
    yield
    for known, kept in zip((TABLE, FIELDS, LEAKS), before, strict=True):
        for key in set(known) - set(kept):
            del known[key]
    _forget()


def _forget() -> None:
    package.names.cache_clear()
    templates.cache_clear()
    for name in [name for name in sys.modules if f"{name}.".startswith(f"{FOLDER}.")]:
        del sys.modules[name]


AGES = ["old", "young", "young", "old", "young", "new"]
PEOPLE = [f"person{at}" for at in range(6)]


def answer() -> dict[str, Any]:
    brand = audience(PEOPLE[:5])
    platform = audience(PEOPLE, labels={"age": AGES})
    return ask("majority", {"voting": "age"}, brand, platform).result


def test_without_its_folder_nobody_knows_it() -> None:
    assert "majority" not in templates() and "template.majority" not in TABLE
    with pytest.raises(PolicyRefusal, match="no template majority"):
        template("majority")


@pytest.mark.usefixtures("made_up")
def test_it_is_answered_as_its_definition_says() -> None:
    result = answer()
    counted = Counter(AGES[:5])
    assert {one["key"]["value"]: one["people"] for one in result["groups"]} == counted
    assert result["majority"] == {"winner": "young", "votes": counted["young"] / 5}
    assert result["sentence"] == "young has 60.0 % of the people."
    assert sentence(result, "zh") == "young 占 60.0 %。"


@pytest.mark.usefixtures("made_up")
def test_the_command_line_lists_explains_and_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(app, ["job", "templates", "--json", "--language", "zh"]) == 0
    listed = {one["template"]: one["asks"] for one in json.loads(capsys.readouterr().out)}
    assert listed["majority"] == "多数人属于哪个取值？" and set(listed) == set(templates())
    assert run(app, ["job", "templates", "majority", "--language", "zh"]) == 0
    shown = capsys.readouterr().out
    assert "表决列" in shown and "谁属于哪个取值" in shown
    print_result(answer(), "zh")
    shown = capsys.readouterr().out
    assert "多数 · 得票率" in shown and "60.0 %" in shown


@pytest.mark.usefixtures("made_up")
def test_a_room_file_may_ask_it(tmp_path: Path) -> None:
    text = """
        room = { name = "vote", rehearsal = true }
        policy = { k_min = 1, noise = "none" }
        jobs = [{ name = "age", template = "majority", brand = "crm", platform = "users",
                  voting = "age", receiver = "brand" }]
        [datasets.brand.crm]
        file = "crm.csv"
        kind = "audience"
        id = { column = "email", profile = "email:uid2:v1" }
        [datasets.platform.users]
        file = "users.csv"
        kind = "audience"
        id = { column = "email", profile = "email:uid2:v1" }
        labels = ["age"]
    """
    file = tmp_path / "room.toml"
    file.write_text(text.replace("\n                  voting", " voting"), "utf-8")
    (job,) = RoomFile.read(file).jobs
    assert job.template == "majority" and job.parameters()["voting"] == "age"
    file.write_text(file.read_text("utf-8").replace('"majority"', '"majorty"'), "utf-8")
    with pytest.raises(InvalidInput, match="Did you mean majority"):
        RoomFile.read(file)


@pytest.mark.usefixtures("made_up")
def test_the_console_has_a_form_for_it_in_both_languages() -> None:
    found = template("majority")
    assert fits(found.kinds, BRAND, PLATFORM)
    (field,) = make_fields(found, BRAND, PLATFORM)
    assert field.name == "voting" and field.required
    assert read_fields([field], MultiDict({"p.voting": "age"})) == {"voting": "age"}
    assert field_name("voting", "en") == "Column to vote by"
    assert field_name("voting", "zh") == "表决列"
    assert leak("opaque votes", "zh") == "不透明的取值"


@pytest.mark.usefixtures("made_up")
def test_the_reference_and_the_notebook_describe_it() -> None:
    (row,) = (line for line in room_file() if "`majority`" in line)
    assert "多数值" in row and "`voting` (needed)" in row
    assert describe(template("majority")).startswith("Which value do most people have?")


@pytest.mark.usefixtures("made_up")
def test_it_is_drawn_and_named_in_both_languages() -> None:
    assert (said("votes"), said("votes", "zh")) == ("votes", "得票率")
    assert number("majority.votes", 0.6) == "60.0 %"
    assert word("template.majority") == template("majority").title == "Majority"
    drawn = picture(answer(), "zh")
    assert "胜出值 young" in drawn and "多数值" in drawn
