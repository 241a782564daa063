"""Files of honest programs are read without a word, and what resembles them is still told."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from cleanroom.ingest import Report, validate_report
from cleanroom.ingest.concerns.rounding_of_numbers import Steps, is_rounded
from cleanroom.ingest.concerns.undone import undone
from cleanroom.ingest.identifiers import NotNormalisable, normalise
from cleanroom.ingest.spec import DatasetSpec

pytestmark = pytest.mark.usefixtures("inside")

IDENTIFIER = {"column": "m", "profile": "raw:v1"}
SPEND = {"spend": {"column": "spend", "decimals": 2, "max": 99}}


def report(path: Path, header: str, lines: list[str], **said: Any) -> Report:
    path.write_text("\n".join([header, *lines, ""]), "utf-8")
    section = {"file": path.name, "kind": "audience", "id": IDENTIFIER, **said}
    return validate_report(DatasetSpec.model_validate(section), path)


def kinds(found: Report) -> list[str]:
    return [one.kind for one in found.concerns]


HEX = "66a0c0de00f133038aee2619"
FULL = "e87dbd18-cca7-4176-a044-59fe661380f3"


@pytest.mark.parametrize(
    ("cell", "form"),
    [(f"ObjectId({HEX})", HEX), (f'ObjectId("{HEX}")', HEX), (f"ObjectId('{HEX}')", HEX)]
    + [(f"UUID({FULL})", FULL), (f"UUID('{FULL}')", FULL)],
)
def test_an_identifier_of_mongodb_is_its_digits(cell: str, form: str) -> None:
    assert normalise(cell, "raw:v1") == normalise(form, "raw:v1") == form


@pytest.mark.parametrize(
    "cell",
    [f"ObjectId({HEX[1:]})", f"ObjectId('{HEX}\")", f"ObjectId('{HEX})", f"objectid({FULL})"]
    + [f"UUID({HEX})", f"[ObjectId({HEX})]x(y)", f"ObjectId({HEX}), ObjectId({HEX})"],
)
def test_what_only_resembles_one_is_refused_or_left_as_it_is(cell: str) -> None:
    try:
        assert normalise(cell, "raw:v1") == cell
    except NotNormalisable as refused:
        assert "list or a structure" in str(refused)


@pytest.mark.parametrize(
    ("column", "told"),
    [("customer_id", False), ("lead_id", False), ("uuid", False), ("paid_id", False)]
    + [("IDFA", True), ("device_id", True), ("gaid", True), ("ad_id", True), ("设备号", True)],
)
def test_numbers_of_a_database_are_no_devices(tmp_path: Path, column: str, told: bool) -> None:
    draw = random.Random(7)
    rows = [str(UUID(int=draw.getrandbits(128), version=4)) for _ in range(30)]
    said = {"column": column, "profile": "raw:v1"}
    found = kinds(report(tmp_path / "x.csv", column, rows, id=said))
    assert found == ["looks-like"] * told
    hashed = {"column": column, "profile": "email:uid2:v1"}
    assert "looks-like" in kinds(report(tmp_path / "x.csv", column, rows, id=hashed))


@pytest.mark.parametrize(
    ("measure", "units", "told"),
    [
        ("金额", "瓶盒", False),
        ("Revenue", "xy", False),
        ("ltv", "xy", False),
        ("数量", "瓶盒", True),
    ]
    + [("金额", "元万", True), ("weight", "xy", True), ("amount", "xy", True)],
)
def test_money_is_the_same_for_every_packing(
    tmp_path: Path, measure: str, units: str, told: bool
) -> None:
    measures = {"n": {"column": measure, "decimals": 2, "max": 99}}
    rows = [f"m{n}x,{n}.50,{units[n % 2]}" for n in range(30)]
    found = report(tmp_path / "x.csv", f"m,{measure},单位", rows, measures=measures)
    assert ("units" in kinds(found)) is told


def excess(numbers: list[str]) -> bool:
    steps = Steps()
    steps.add(numbers)
    again = Steps()
    again.absorb(steps.document())
    assert again.document() == steps.document()
    return again.excess(sum(map(is_rounded, numbers)), len(numbers))


def test_an_index_behind_an_order_number_is_no_rounding() -> None:
    for seed in range(20):
        draw = random.Random(seed)
        orders = [str(draw.randrange(10**15, 7 * 10**15)) for _ in range(300)]
        rows = [f"{order}{place}" for order in orders for place in range(draw.randrange(1, 4))]
        assert not excess(rows)
        assert excess([f"{row[:15]}00" if draw.random() < 0.4 else row for row in rows])
        plain = [str(draw.randrange(10**16, 7 * 10**16)) for _ in range(300)]
        assert not excess(plain)
        assert excess([f"{row[:15]}00" if draw.random() < 0.2 else row for row in plain])


def test_a_value_of_letters_alone_may_be_chance(tmp_path: Path) -> None:
    draw = random.Random(7)
    rows = [f"{draw.getrandbits(40):010x}" for _ in range(300)]
    rows = [row for row in rows if not row.isdigit() and not row.isalpha() and "e" not in row[1:-1]]
    assert kinds(report(tmp_path / "x.csv", "m", [*rows, "fadedbacca"])) == []
    for odd in ("memberidno", "fadedbacc", "faded bacc"):
        assert kinds(report(tmp_path / "x.csv", "m", [*rows, odd])) == ["worded"]
    fixed = [f"ab{number:08}" for number in range(1, 300)]
    assert kinds(report(tmp_path / "x.csv", "m", [*fixed, "abbababaab"])) == ["worded"]


def test_of_closing_lines_and_empty_rows_nothing_is_to_be_mended(tmp_path: Path) -> None:
    rows = [*(f"m{n}x,{n}" for n in range(60)), ",", "(3 rows affected),"]
    found = report(tmp_path / "x.csv", "m,spend", rows, measures=SPEND)
    assert (found.unusable, "several-faults" in kinds(found)) == (2, False)
    again = report(tmp_path / "x.csv", "m,spend", [*rows, "1e+10,x", ",y"], measures=SPEND)
    (told,) = [one for one in again.concerns if one.kind == "several-faults"]
    assert (told.rows, told.places) == (2, (64, 65))


@pytest.mark.parametrize("word", ["退货单", "销售退货单", "红冲", "退款订单"])
def test_a_note_of_a_return_undoes_a_sale(word: str) -> None:
    assert undone("单据类型", ["销售单", word]) == [word]
    assert undone("单据类型", ["销售单", "换货单", "退货政策"]) == []
