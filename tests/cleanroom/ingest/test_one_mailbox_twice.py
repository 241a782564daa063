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


@pytest.mark.parametrize(
    ("one", "other"),
    [("daum.net", "hanmail.net"), ("icloud.com", "me.com"), ("me.com", "mac.com")]
    + [("icloud.com", "mac.com"), ("yandex.ru", "ya.ru"), ("proton.me", "protonmail.com")],
)
def test_two_domains_of_other_providers(tmp_path: Path, one: str, other: str) -> None:
    cells = [f"bo@{other}", f"ann.lee@{one}", "cy@web.de", f"Ann.Lee@{other}", f"annlee@{other}"]
    (found,) = report(tmp_path, cells, "email:uid2:v1").concerns
    assert (found.kind, found.rows, found.of, found.places) == ("both-domains", 1, 5, (5,))


def test_domains_at_which_a_name_is_somebody_else(tmp_path: Path) -> None:
    domains = ["hotmail.com", "live.com", "outlook.com", "yahoo.com", "ymail.com", "qq.com"]
    domains += ["foxmail.com", "gmx.de", "gmx.net", "xme.com", "naver.com"]
    assert not report(tmp_path, [f"ann@{one}" for one in domains], "email:uid2:v1").concerns
