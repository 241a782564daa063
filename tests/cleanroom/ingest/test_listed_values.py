"""Validation lists the values of labels and what it found, whatever else is wrong in the room."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cleanroom.cli.dataset import app
from cleanroom.errors import InvalidInput
from cleanroom.report.dataset import VALUES_SHOWN, looked_at
from cleanroom.report.screen import out
from tests.cleanroom.ingest.test_look_at_a_file import COLUMNS, RAW, ROOM, look, members, printed

pytestmark = pytest.mark.usefixtures("inside")

LABELLED = ROOM.replace('duplicates = "first"', 'labels = ["tier"]\nduplicates = "first"')


def test_the_values_of_every_label_are_listed_with_their_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(out, "_width", 200)
    (tmp_path / "room.toml").write_text(LABELLED)
    rows = [f"u{number},v{number % 30 if number % 2 else 7:02}" for number in range(99)]
    (tmp_path / "crm.csv").write_text(
        "\n".join(["m,tier", *rows, "x,", "y,[red]", "u0,v01"]) + "\n"
    )
    call = ["validate", str(tmp_path / "room.toml"), "--party", "brand"]
    english = CliRunner().invoke(app, call).stdout
    assert re.search(r"v07 +│ +54 ", english)
    assert "[red]" in json.dumps(json.loads(CliRunner().invoke(app, [*call, "--json"]).stdout))
    listed = json.loads(CliRunner().invoke(app, [*call, "--json"]).stdout)["crm"]["labels"]["tier"]
    assert listed[0] == {"value": "v07", "rows": 54}
    assert sum(one["rows"] for one in listed) == 101
    assert [one["rows"] for one in listed] == sorted((one["rows"] for one in listed), reverse=True)
    assert "unknown" in {one["value"] for one in listed}
    assert len(listed) < VALUES_SHOWN


def test_a_long_list_of_values_is_cut_and_says_so(tmp_path: Path) -> None:
    rows = [f"u{number},v{number % 25:02}" for number in range(50)]
    report = look(tmp_path, "\n".join(["m,tier", *rows]) + "\n", id=RAW, labels=["tier"])
    text = printed(report, "en")
    assert re.search(r"5 more values +│ +10 ", text)
    assert "v19" in text
    assert "v20" not in text
    assert "另有 5 个取值" in printed(report, "zh")


def test_the_values_of_a_label_that_holds_identifiers_are_masked(tmp_path: Path) -> None:
    rows = [f"u{number},{cell}" for number, cell in enumerate(COLUMNS["email"])]
    report = look(tmp_path, "\n".join(["m,tier", *rows]) + "\n", id=RAW, labels=["tier"])
    assert {one.value for one in report.labels["tier"]} == {"xxx9@xxxx.xx", "xxx99@xxxx.xx"}
    assert "ann" not in json.dumps(report.to_json())


def test_one_bad_file_or_section_does_not_hide_the_others(tmp_path: Path) -> None:
    more = (
        ROOM[ROOM.index("[datasets") :]
        .replace("brand.crm", "brand.shop")
        .replace("crm.csv", "no.csv")
    )
    room = tmp_path / "room.toml"
    (tmp_path / "crm.csv").write_text(members())
    call = ["validate", str(room), "--party", "brand", "--json"]
    room.write_text(ROOM + more)
    found = CliRunner().invoke(app, call)
    document = json.loads(found.stdout)
    assert (list(document), document["crm"]["usable"]) == (["crm", "shop"], 50)
    problem = document["shop"]["problem"]
    assert (problem["type"], problem["file"]) == (InvalidInput.type, "no.csv")
    assert problem["detail"].startswith("The file cannot be opened")
    assert isinstance(found.exception, InvalidInput)
    assert "no.csv" in str(found.exception)
    room.write_text(ROOM + more + 'lables = ["tier"]\n[[jobs]]\nname = "x"\n')
    assert isinstance(CliRunner().invoke(app, call).exception, InvalidInput)
    found = CliRunner().invoke(app, [*call, "crm"])
    assert (found.exit_code, list(json.loads(found.stdout))) == (0, ["crm"])
    refused = CliRunner().invoke(app, [*call, "shop"]).exception
    assert "lables" in str(refused)
    room.write_text(ROOM)
    assert "no dataset shop (has: crm)" in str(CliRunner().invoke(app, [*call, "shop"]).exception)


def test_every_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    section = ROOM[ROOM.index("[datasets") :]
    more = [section.replace("brand.crm", f"brand.{name}") for name in ("one", "two")]
    (tmp_path / "room.toml").write_text(ROOM + "".join(more).replace("crm.csv", "no.csv"))
    (tmp_path / "crm.csv").write_text('m\nu1\n"u2\n')
    call = ["validate", str(tmp_path / "room.toml"), "--party", "brand"]
    found = CliRunner().invoke(app, call)
    assert (found.exit_code, found.stdout) == (1, "")
    assert "crm.csv:3" in str(found.exception)
    assert found.stderr.count("no.csv") == 2
    problems = json.loads(CliRunner().invoke(app, [*call, "--json"]).stdout)
    assert [one["problem"]["row"] for one in problems.values()] == [3, None, None]


def test_what_is_found_is_given_as_data_in_both_languages(tmp_path: Path) -> None:
    rows = members(*["front-desk-1"] * 9, "1.3e+10", "NULL")
    found = looked_at(look(tmp_path, rows, id=RAW))
    assert [one["sample"] for one in found["faults"]] == ["9.9x+99", "NULL"]
    (unusable, crowd) = found["concerns"]
    assert (crowd["kind"], crowd["rows"], crowd["places"]) == ("shared", 9, [52])
    assert "is it a placeholder?" in crowd["en"]
    assert "是否为占位值" in crowd["zh"]
    assert unusable["en"] == "2 of 61 rows (3.3%) are unusable."
    assert "front-desk" not in json.dumps(found)
    twice = look(tmp_path, members("u1"), id=RAW, duplicates="reject")
    (refusal,) = looked_at(twice)["refusals"]
    assert (refusal["rows"], refusal["places"]) == (1, [3, 52])
    assert refusal["zh"].startswith("同一人有多行")
