"""Addresses that only forward, and names of which stars are left, are pointed at."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from cleanroom.ingest import Report, validate_report
from cleanroom.ingest.spec import DatasetSpec

pytestmark = pytest.mark.usefixtures("inside")

DRAW = random.Random(20_261_130)
HEX = ["".join(DRAW.choices("0123456789abcdef", k=32)) for _ in range(60)]
PEOPLE = [f"{name}.{n}@gmail.com" for n in range(20) for name in ("ann", "bo", "cy")]


def report(path: Path, cells: list[str], profile: str) -> Report:
    path.write_text("\n".join(["m", *cells, ""]), "utf-8")
    section = {"file": path.name, "kind": "audience", "id": {"column": "m", "profile": profile}}
    return validate_report(DatasetSpec.model_validate(section), path)


def told(path: Path, cells: list[str], profile: str) -> list[tuple[str, int, tuple[int, ...]]]:
    found = report(path, cells, profile).concerns
    return [(one.kind, one.rows, one.places) for one in found]


@pytest.mark.parametrize(
    "domain",
    ["marketplace.amazon.de", "m.marketplace.amazon.co.jp", "marketplace.amazon.com.mx"]
    + ["pc.fw.rakuten.ne.jp", "members.ebay.co.uk", "privaterelay.appleid.com", "scs.tiktokw.us"]
    + ["allegromail.pl", "mail.mercadolivre.com.br", "mozmail.com", "passmail.net"],
)
def test_addresses_that_a_marketplace_lends_are_pointed_at(tmp_path: Path, domain: str) -> None:
    cells = [*PEOPLE, *(f"buyer{'abcdefgh'[n]}@{domain}" for n in range(8))]
    assert told(tmp_path / "a.csv", cells, "email:uid2:v1") == [("relays", 8, (62,))]
    few = told(tmp_path / "a.csv", [*PEOPLE, *cells[60:63]], "email:uid2:v1")
    assert few == []


def test_a_domain_whose_addresses_programs_draw_lends_them(tmp_path: Path) -> None:
    cells = [*PEOPLE, *(f"{one}@mail.shop.example.net" for one in HEX)]
    assert told(tmp_path / "a.csv", cells, "email:uid2:v1") == [("relays", 60, (62,))]


@pytest.mark.parametrize(
    "cells",
    [
        PEOPLE,
        [f"{1_000_000_000 + 7_919 * n}@qq.com" for n in range(60)],
        [f"ann{n}bo{n}cy19{n}@gmail.com" for n in range(60)],
        [*(f"{one}@kunde.de" for one in HEX[:20]), *(f"b{one}o@kunde.de" for one in range(9))],
        [f"{name}@duckling.com" for name in "abcdefghi"],
        [f"ann{n}@amazon.de" for n in range(60)],
    ],
)
def test_addresses_of_people_are_not(tmp_path: Path, cells: list[str]) -> None:
    assert told(tmp_path / "a.csv", list(dict.fromkeys(cells)), "email:uid2:v1") == []


@pytest.mark.parametrize("form", ["{0}**{1}", "{0}**", "jd_{0}*", "{0}*", "{0}○○", "{0}●{1}"])
def test_names_of_which_stars_are_left_are_several_people(tmp_path: Path, form: str) -> None:
    masks = [form.format("tbxh小阿"[n % 6], "8a云"[n % 3]) for n in range(6)]
    whole = [f"tb{one[:9]}z" for one in HEX]
    found = told(tmp_path / "a.csv", [*whole, *masks], "raw:v1")
    assert found[0][0] == "masked"
    assert found[0][2] == (62,)
    assert not told(tmp_path / "a.csv", [*whole, *masks[:2]], "raw:v1")


@pytest.mark.parametrize("form", ["AB*{}", "{}*long name", "C-{}*4711"])
def test_a_star_in_a_number_that_is_whole_is_no_mask(tmp_path: Path, form: str) -> None:
    assert told(tmp_path / "a.csv", [form.format(one[:8]) for one in HEX], "raw:v1") == []


@pytest.mark.parametrize("cell", ["123@qq.com", "123456@qq.com", "111@163.com", "abc@gmail.com"])
def test_addresses_that_a_clerk_makes_up_are_placeholders(tmp_path: Path, cell: str) -> None:
    found = report(tmp_path / "a.csv", [*PEOPLE, cell, cell], "email:uid2:v1")
    assert [(one.kind, one.rows) for one in found.concerns] == [("placeholders", 2)]
    others = ["1234567890@qq.com", "13800001234@163.com", "abdc@gmail.com", "123@acme.de"]
    assert told(tmp_path / "a.csv", [*PEOPLE, *others], "email:uid2:v1") == []


@pytest.mark.parametrize(
    ("number", "is_phone"),
    [("+00000001{}.99", False), ("+1 415 555 2{}", True), ("+1 415.555.2{}", True)],
)
def test_an_amount_with_its_sign_is_no_telephone(
    tmp_path: Path, number: str, *, is_phone: bool
) -> None:
    path = tmp_path / "a.csv"
    rows = [f"u{n}x,{number.format(100 + n)}" for n in range(30)]
    path.write_text("\n".join(["m,spend", *rows, ""]), "utf-8")
    section = {"file": path.name, "kind": "audience", "id": {"column": "m", "profile": "raw:v1"}}
    section["measures"] = {"spend": {"column": "spend", "decimals": 2, "max": 9999}}
    found = validate_report(DatasetSpec.model_validate(section), path).concerns
    assert ("looks-like" in [one.kind for one in found]) is is_phone
