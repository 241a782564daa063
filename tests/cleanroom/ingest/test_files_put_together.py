"""Two exports in one file, and subtotals: rows that count twice, or under another column."""

from __future__ import annotations

from pathlib import Path
from random import Random

import numpy as np
import pytest

from cleanroom.errors import InvalidInput
from cleanroom.ingest import validate_report
from cleanroom.ingest.concerns.subtotals import subtotals
from cleanroom.ingest.people import People
from cleanroom.ingest.report import Report
from cleanroom.ingest.spec import DatasetSpec
from cleanroom.report.dataset import concern

pytestmark = pytest.mark.usefixtures("inside")


_HEADER = "email,tier,spend,lifetime,note"


def report_of(folder: Path, *rows: str, header: str = _HEADER) -> Report:
    (folder / "crm.csv").write_text("\n".join([header, *rows, ""]), "utf-8")
    section = {
        "file": "crm.csv",
        "kind": "audience",
        "labels": ["tier"],
        "duplicates": "sum",
        "measures": {"spend": {"column": "spend", "max": 1000, "decimals": 2}},
        "id": {"column": "email", "profile": "email:uid2:v1"},
    }
    return validate_report(DatasetSpec.model_validate(section), folder / "crm.csv")


@pytest.mark.parametrize(
    "second",
    [
        "email,tier,lifetime,spend,note",
        "tier,email,spend,lifetime,note",
        "email,level,amount,total,comment",
        "mail,tier,lifetime,spend,email",
        "lifetime,spend,,tier,",
        "\ufeffemail,spend,tier,lifetime,note",
        '"email","tier","lifetime","spend","note"',
    ],
)
def test_a_second_header_of_another_order_is_refused_at_its_line(
    tmp_path: Path, second: str
) -> None:
    rows = ["a@mail.cn,gold,10,900,", "", second, "b@mail.cn,gold,900,10,"]
    with pytest.raises(InvalidInput, match="second header") as refused:
        report_of(tmp_path, *rows)
    assert refused.value.row == 4
    assert "names of their columns" in str(refused.value)


@pytest.mark.parametrize(
    ("row", "usable"),
    [
        (_HEADER, 2),
        ("email,tier,spend,note,lifetime", 2),  # the columns that are read are the same
        ("c@mail.cn,tier,10,900,email", 3),
        ("c@mail.cn,spend,10,,", 3),
    ],
)
def test_a_header_once_more_and_a_name_as_a_value_are_read_as_before(
    tmp_path: Path, row: str, usable: int
) -> None:
    assert report_of(tmp_path, "a@mail.cn,gold,1,9,", row, "b@mail.cn,gold,9,1,").usable == usable


def test_a_subtotal_under_each_person_is_told_in_both_languages(tmp_path: Path) -> None:
    rows = []
    for number in range(6):
        parts = [10 + 3 * number, 20.5 + number, 7][: 2 + number % 2]
        rows += [f"u{number}@mail.cn,gold,{part:.2f},," for part in (*parts, sum(parts))]
    report = report_of(tmp_path, "v@mail.cn,gold,1,,", *rows)
    (one,) = [concern for concern in report.concerns if concern.kind == "subtotals"]
    assert (one.column, one.rows, one.of, one.places) == ("spend", 6, 6, (5,))
    assert "line 5" in concern(one, "line", "en")
    assert "第 5 行" in concern(one, "line", "zh")


def found(rows: list[tuple[int, int]]) -> list[int]:
    person, values = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    return [row for _, row in subtotals("spend", values, People(person, int(person.max()) + 1))]


def test_a_row_of_each_person_twice_is_told() -> None:
    amounts = [199, 250, 1200, 75, 80, 640, 990, 15]
    assert found([(person, cents) for person, cents in enumerate(amounts) for _ in "12"]) == [0]


@pytest.mark.parametrize("values", [range(1, 2), range(1, 4), range(1, 11), range(1, 10_000)])
def test_ordinary_rows_are_not_told(values: range) -> None:
    for seed in range(150):
        random = Random(seed)
        people = random.choice([4, 12, 60, 300])
        most = random.choice([2, 3, 6])
        rows = [
            (person, random.choice(values))
            for person in range(people)
            for _ in range(random.randrange(1, most + 1))
        ]
        assert found(rows) == [], (seed, rows)
