"""A comma without quotes and a last cell that is missing move a row's cells one column on."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pyarrow as pa
import pytest

from cleanroom.ingest import validate_report
from cleanroom.ingest.identifiers.nothing import WORDS
from cleanroom.ingest.spec import DatasetSpec
from cleanroom.isolated.shifted import MAXIMUM_NAMED, Shifts
from cleanroom.report.dataset import concern

pytestmark = pytest.mark.usefixtures("inside")


_RANDOM = Random(7)
_CELLS = {
    "m": lambda: f"u{_RANDOM.randrange(10_000)}",
    "name": lambda: f"{_RANDOM.choice(['Ann', 'José'])} {_RANDOM.choice(['Lee', 'van Dyk'])}",
    "city": lambda: _RANDOM.choice(["Paris", "Rome", "New York", "上海"]),
    "tier": lambda: _RANDOM.choice(["gold", "silver", "none"]),
    "email": lambda: f"ann{_RANDOM.randrange(999)}@mail.cn",
    "spend": lambda: f"{_RANDOM.uniform(1, 90):.2f}",
    "age": lambda: str(_RANDOM.randrange(18, 80)),
    "points": lambda: str(_RANDOM.randrange(500)),
    "mixed": lambda: _RANDOM.choice([f"{_RANDOM.uniform(1, 990):.2f}", "12", "7"]),
    "thousands": lambda: str(_RANDOM.randrange(1, 9) * 500),
    "none": lambda: "",
    "whole": lambda: f"{_RANDOM.choice(['Lee', 'Dyk'])}|{_RANDOM.choice(['Ann', 'José'])}",
    "comma": lambda: f"{_RANDOM.choice(['Lee', 'Dyk'])}| {_RANDOM.choice(['Ann', 'José'])}",
    "at": lambda: f"2026-06-{_RANDOM.randrange(10, 30)} 12:30:00",
    "note": lambda: _RANDOM.choice(["", "call, later", "see mail", "12"]).replace(",", ""),
}


def found(header: str, rows: list[str], count: int = 40) -> list[int]:
    """Return the records, the header being 1, that stand beside their columns."""
    names = header.split(",")
    cells = [[_CELLS[name]().replace("|", ",") for name in names] for _ in range(count)]
    cells += [row.split(",") for row in rows]
    shifts = Shifts(sorted(WORDS))
    shifts.add([pa.array(column).cast(pa.binary()) for column in zip(*cells, strict=True)], 0, [])
    assert len(shifts.records) == min(shifts.rows, MAXIMUM_NAMED)
    return shifts.records


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("m,city,tier", "u7,Paris, France"),
        ("m,city,tier,spend", "u7,Washington,DC,gold"),
        ("m,city,age,spend,points", "u7,Washington,DC,34,19.99"),
        ("name,m,tier", "Smith, John,u7"),
        ("name,m,tier", "Smith,John,u7"),
        ("m,city,at,tier", "u7,Bonn,NRW,2026-06-04 12:30:00"),
        ("name,email,m", "Smith,Jr.,ann@mail.cn"),
        ("m,city,tier,spend,note", "u7,Bonn, NRW,gold,12.50"),
        ("m,tier,spend", "u7,12.50,"),
        ("m,spend,tier", "u7,12,50"),
        ("m,spend,points", "u7,1,234.50"),
        ("m,points,tier", "u7,1,234"),
        ("m,mixed,none", "u7,1,234.50"),
        ("m,mixed,none", "u7,12,034"),
        ("m,points,none", "u7,1,234"),
        ("m,mixed,tier,note", "u7,1,234.50,gold"),
        ("m,mixed,note", "u7,1,234.50"),
        ("m,tier,spend,none", "u7,gold,12,345.00"),
        ("mixed,m,none", "1,234.50,u7"),
        ("m,mixed,spend,points,note", "u7,1,234.50,12.00,7"),
        ("m,points,mixed,none", "u7,3,1,234.50"),
        ("m,spend,tier,email", "u7,12,50,gold"),
        ("m,spend,tier,city", "u7,gold,Paris,"),
        ("m,city,tier,note", "u7,gold,see mail,"),
        ("m,city,spend,tier,note", "u7,19.99,gold,, "),
        ("m,whole,tier,none", "u7,Lee,Ann,gold"),
        ("m,comma,tier,none", "u7,Lee,Ann,gold"),
        ("m,name,tier,none", "u7,Lee,Ann,gold"),
        ("m,comma,tier", "u7,Lee,Ann"),
        ("m,whole,tier", "u7,Lee,Ann"),
        ("m,whole,tier,note", "u7,Lee,Ann,gold"),
        ("m,tier,city,none", "u7,Lee,Ann,Rome"),
    ],
)
def test_a_row_that_is_shifted_is_noticed(header: str, row: str) -> None:
    assert found(header, [row]) == [42]


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("m,tier,spend", "u7, gold ,12.50"),
        ("m,tier,spend", "u7,platinum,3"),
        ("m,tier,spend", "u7,,"),
        ("m,tier,spend", "u7,N/A,"),
        ("m,tier,spend", "u7, unknown,n/a"),
        ("m,city,age,spend", "u7,Bonn,unknown,20"),
        ("m,city,age,spend", "u7,Bonn,thirty,20"),
        ("m,city,tier", "u7,Bonn am Rhein,bronze"),
        ("m,age,points", "u7,-,20"),
        ("name,m,tier", "Madonna,4711,gold"),
        ("m,tier,note", "u7,gold,12"),
        ("m,spend,tier", "u7,12,gold"),
        ("m,spend,tier", "u7,12.50,50"),
        ("m,points,tier", "u7,12,7"),
        ("m,points,age", "u7,12,234"),
        ("m,thousands,none", "u7,12,234"),
        ("m,age,none", "u7,34,567.5"),
        ("m,spend,none", "u7,12.50,234"),
        ("m,city,none", "u7,12,234"),
        ("m,note,tier", "u7,gold,silver"),
        ("m,tier,tier", "u7,bronze,gold"),
        ("m,tier,spend,note", "u7,12.50,7.10,"),
        ("m,city,tier,note", "u7,gold,silver,"),
        ("m,city,tier,note", "u7,gold,,"),
        ("email,m,spend", "ann(at)mail.cn,u7,"),
        ("m,whole,tier", "u7,Lee,silver"),
        ("m,whole,tier", "u7,Lee,"),
        ("m,tier,none", "u7,gold,moved"),
        ("m,tier,none", "u7,bronze,moved"),
    ],
)
def test_one_odd_cell_says_nothing(header: str, row: str) -> None:
    assert found(header, [row]) == []


def test_many_halves_of_numbers_and_another_number_beside_them() -> None:
    halves = [f"u7,{head},{tail}" for head in (1, 23) for tail in ("045", "999", "200", "017")]
    assert found("m,points,none", halves) == list(range(42, 50))
    assert found("m,points,none", [*halves, "u7,1,20"]) == []
    assert found("m,points,none", [*halves, "u7,1200,200"]) == []
    pointed = [half + ".50" for half in halves]
    assert found("m,spend,none", pointed) == list(range(42, 50))
    whole = [half.replace("045", "145").replace("017", "317") for half in halves]
    assert found("m,age,none", whole) == []


@pytest.mark.parametrize(
    ("header", "row", "odd"),
    [
        ("m,spend,", "u7,{whole},{part}", True),
        ("m,,spend,tier", "u7,{whole},{part},gold", True),
        ("m,spend, ,tier", "u7,{whole},{part},gold", True),
        ("m,spend,", "u7,{whole},", False),
        ("m,spend,", "u7,{whole}.50,{part}", False),
        ("m,spend,", "u7,{whole},{part}5", False),
        ("m,spend,", "u7,{whole},{digit}", False),
        ("m,spend,", "u7,{whole},x{part}", False),
        ("m,spend,points", "u7,{whole},{part}", False),
        (",spend,m", "{whole},{part},u7", False),
        ("m,tier,", "u7,gold,{part}", False),
    ],
)
def test_decimals_in_a_column_without_a_name(header: str, row: str, odd: bool) -> None:
    rows = [
        row.format(
            whole=_RANDOM.randrange(2000),
            part=f"{_RANDOM.randrange(100):02}",
            digit=_RANDOM.randrange(10),
        ).split(",")
        for _ in range(40)
    ]
    shifts = Shifts(sorted(WORDS), header.split(","))
    shifts.add([pa.array(column).cast(pa.binary()) for column in zip(*rows, strict=True)], 0, [])
    assert shifts.rows == 40 * odd


@pytest.mark.parametrize("again", [3, 8])
def test_one_value_behind_a_comma_again_and_again(again: int) -> None:
    rows = ["u7,Lee, Ann,gold"] * again
    assert found("m,name,tier,none", rows) == list(range(42, 42 + again))
    assert found("m,name,tier,none", ["u7,Ann Lee, gold,"] * again) == []
    assert found("m,name,tier,none", ["u7,Ann Lee, gold,"] * 50) == []
    assert found("m,name,tier,none", ["u7,Ann Lee, black,"] * 50) == []


def test_no_row_of_ordinary_files_is_noticed() -> None:
    names = list(_CELLS)
    for _ in range(40):
        header = ",".join(_RANDOM.sample(names, _RANDOM.randrange(2, 9)))
        odd = [_RANDOM.choice(["N/A", "", "x", "7"]) for _ in header.split(",")]
        row = [
            cell if _RANDOM.random() < 0.2 else _CELLS[name]()
            for cell, name in zip(odd, header.split(","), strict=True)
        ]
        if sum(a == b for a, b in zip(odd, row, strict=True)) < 2:
            assert found(header, [",".join(row)]) == [], (header, row)


def test_a_report_names_the_line_in_both_languages(tmp_path: Path) -> None:
    path = tmp_path / "crm.csv"
    rows = [
        f"u{number},{_CELLS['city']()},{_CELLS['tier']()},{_CELLS['spend']()}"
        for number in range(20)
    ]
    path.write_text(
        "\n".join(["m,city,tier,spend", *rows, "", "u99,Paris, France,gold", ""]), "utf-8"
    )
    section = {
        "file": "crm.csv",
        "kind": "audience",
        "labels": ["tier"],
        "id": {"column": "m", "profile": "raw:v1"},
    }
    report = validate_report(DatasetSpec.model_validate(section), path)
    (one,) = [concern for concern in report.concerns if concern.kind == "shifted"]
    assert (one.rows, one.of, one.places) == (1, 21, (23,))
    assert "line 23" in concern(one, "line", "en")
    assert "第 23 行" in concern(one, "line", "zh")
