"""One mailbox at gmail.com and googlemail.com is pointed at: it counts as two people."""

from __future__ import annotations

from pathlib import Path

import pytest

from cleanroom.ingest import Report, validate_report
from cleanroom.ingest.spec import DatasetSpec
from cleanroom.report import LANGUAGES
from cleanroom.report.dataset import concern

pytestmark = pytest.mark.usefixtures("inside")


def report(folder: Path, cells: list[str], profile: str) -> Report:
    (folder / "x.csv").write_text("\n".join(["m", *cells, ""]), "utf-8")
    section = {"file": "x", "kind": "audience", "id": {"column": "m", "profile": profile}}
    return validate_report(DatasetSpec.model_validate(section), folder / "x.csv")


@pytest.mark.parametrize("profile", ["email:uid2:v1", "email:google:v1", "email:meta:v1"])
def test_both_names_of_the_domain(tmp_path: Path, profile: str) -> None:
    cells = ["Ann.Lee@gmail.com", "bo@gmail.com", "bo@web.de", "cy@googlemail.com"]
    cells += ["ann.lee@googlemail.com", "bo+x@GoogleMail.com"]
    found = report(tmp_path, cells, profile)
    (one,) = found.concerns
    assert (one.kind, one.rows, one.of, one.places) == ("both-domains", 2, 6, (6,))
    assert found.people == 6
    assert all("gmail.com" in concern(one, "line", language) for language in LANGUAGES)


def test_other_people_at_either(tmp_path: Path) -> None:
    cells = ["ann@gmail.com", "bo@googlemail.com", "bo@web.de", "ann@xgooglemail.com"]
    assert not report(tmp_path, cells, "email:uid2:v1").concerns
    assert not report(tmp_path, cells[1:], "email:google:v1").concerns
