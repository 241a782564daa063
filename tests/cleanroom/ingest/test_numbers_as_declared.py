"""A point or a comma is what a dataset declares it to be; one that may be either refuses a file."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from cleanroom.errors import InvalidInput
from cleanroom.ingest import read_table, validate_report
from cleanroom.ingest.labels import BucketBuilder
from cleanroom.ingest.numbers import (
    DASHED,
    NEGATIVE,
    OTHER_DIGITS,
    POINTS,
    QUOTED,
    SEPARATED,
    SHORTENED,
    WITH_LETTERS,
    Points,
    plainly,
)
from cleanroom.ingest.parse import parse_measure
from cleanroom.ingest.spec import BucketSpec, DatasetSpec, MeasureSpec
from cleanroom.report.dataset import concern, reason

pytestmark = pytest.mark.usefixtures("inside")


def measure(cell: str, **notation: str) -> int | str:
    spec = MeasureSpec(column="m", max=Decimal(10**9), decimals=2, **notation)  # type: ignore[arg-type]
    parsed = parse_measure(plainly(pa.array([cell, ""]), spec), spec)
    bad = [why for why, mask in parsed.faults if mask[0]]
    return bad[0] if bad else int(parsed.values[0])


GERMAN = {"decimal": ",", "thousands": "."}
FRENCH = {"decimal": ",", "thousands": " "}
SWISS = {"decimal": ".", "thousands": "'"}
AMERICAN = {"thousands": ","}


def _of_zero(between: str, half: str, form: str) -> str:
    return (
        f'has "{between}" behind a first 0, as no thousands have: write {half} for a half;'
        f" the declared form is {form}"
    )


@pytest.mark.parametrize(
    ("cell", "notation", "expected"),
    [
        ("1.234,56", GERMAN, 123_456),
        ("1.000", GERMAN, 100_000),
        ("12.345.678,9", GERMAN, 1_234_567_890),
        ("-1.000,00", GERMAN, -100_000),
        ('="1.000"', GERMAN, 100_000),
        ("1000,5", GERMAN, 100_050),
        ("7", GERMAN, 700),
        (",5", GERMAN, 50),
        ("1 234,56", FRENCH, 123_456),
        ("1\u00a0234,56", FRENCH, 123_456),
        ("1\u202f234,56", FRENCH, 123_456),
        ("1'234.56", SWISS, 123_456),
        ("1\u2019234.56", SWISS, 123_456),
        ("1,234.56", AMERICAN, 123_456),
        ("1,000", AMERICAN, 100_000),
        ("1.000", {"decimal": "."}, 100),
        ("1,000", {"decimal": ","}, 100),
        ("1.5", GERMAN, 'has "." not before three digits each; the declared form is 1.234,56'),
        (
            "12.5",
            {"decimal": ","},
            'has "." in it, which is not declared; the declared form is 1234,56',
        ),
        ("1.23,4", GERMAN, 'has "." not before three digits each; the declared form is 1.234,56'),
        (
            "1,234.56",
            GERMAN,
            'has "," before ".", which is the other way round; the declared form is 1.234,56',
        ),
        ("1.2345", GERMAN, 'has "." not before three digits each; the declared form is 1.234,56'),
        ("1,00", AMERICAN, 'has "," not before three digits each; the declared form is 1,234.56'),
        *(
            (cell, GERMAN, _of_zero(".", "0,5", "1.234,56"))
            for cell in ("0.500", "-0.250", "00.500")
        ),
        *((cell, GERMAN, _of_zero(".", "0,5", "1.234,56")) for cell in ("0.500,5", "0.001.234")),
        ("0,500", AMERICAN, _of_zero(",", "0.5", "1,234.56")),
        ("0,12,500", AMERICAN, _of_zero(",", "0.5", "1,234.56")),
        ("0'500", SWISS, _of_zero("'", "0.5", "1'234.56")),
        ("0\u2019500", SWISS, _of_zero("'", "0.5", "1'234.56")),
        ("0\u202f500", FRENCH, _of_zero(" ", "0,5", "1 234,56")),
        ("0,500", GERMAN, 50),
        ("0", GERMAN, 0),
        ("007", GERMAN, 700),
        ("0100,5", GERMAN, 10_050),
        ("1.000.500", GERMAN, 100_050_000),
        ("12,34,567.50", AMERICAN, 123_456_750),
        ("1 000", GERMAN, 'has " " in it, which is not declared; the declared form is 1.234,56'),
        ("1,5,0", GERMAN, 'has the decimal sign "," twice; the declared form is 1.234,56'),
        (
            "1\u2019000,5",
            {"decimal": ","},
            'has "\'" in it, which is not declared; the declared form is 1234,56',
        ),
        ("1.000 €", GERMAN, WITH_LETTERS),
        ("1.000,00-", GERMAN, NEGATIVE),
        ("1,5E+03", GERMAN, SHORTENED),
        ("", GERMAN, "is empty"),
        ("1.250000000000000e+03", {}, 125_000),
        ("1.999000000000000e+01", {}, 1_999),
        ("1.25e+03", {}, SHORTENED),
        ("-1.25E7", {}, SHORTENED),
        ("\u22125.5", {}, -550),
        ("\uff0d5", {}, -500),
        ("５．２５", {}, 525),
        ("１，２００", AMERICAN, 120_000),
        ("１，２００", {}, SEPARATED),
        ("−1.234,5", GERMAN, -123_450),
        ("\u20135", {}, DASHED),
        ("- 5", {}, DASHED),
        ("٥", {}, OTHER_DIGITS),
        ("5²", {}, OTHER_DIGITS),
        ("①", {}, OTHER_DIGITS),
        ("`5`", {}, QUOTED),
        ("'5'", {}, QUOTED),
        ("“5”", {}, QUOTED),
        ("'5", {}, 500),
        ("`5", {}, 500),
    ],
)
def test_a_number_is_read_as_declared(
    cell: str, notation: dict[str, str], expected: int | str
) -> None:
    assert measure(cell, **notation) == (f"m {expected}" if isinstance(expected, str) else expected)
    if isinstance(expected, str) and "declared form" in expected:
        assert f"声明的写法是 {expected.split(' is ')[-1]}" in reason(f"m {expected}", "zh")


@pytest.mark.parametrize(
    "notation", [{"thousands": "."}, {"decimal": ",", "thousands": ","}, {"decimal": ";"}]
)
def test_decimal_and_thousands_are_two_signs(notation: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        MeasureSpec(column="m", max=Decimal(5), **notation)


@pytest.mark.parametrize(
    ("cells", "doubtful"),
    [
        (["1.000", "12.500", "7"], [10, 11]),
        (["950", "1.000"], [11]),
        (["1.234.567"], [10]),
        (["-1.000"], [10]),
        (['="1.000"', "'2.000"], [10, 11]),
        (["1.000", "12.5"], []),
        (["1.000", "0.125"], []),
        (["1.000", "3."], []),
        (["1000", "20"], []),
        (["1.0001"], []),
        (["1.000", "a.b", "1.234,56"], [10]),
        (["１．０００", "７"], [10]),
    ],
)
def test_points_may_stand_between_thousands_if_no_cell_tells(
    cells: list[str], doubtful: list[int]
) -> None:
    points = Points()
    points.add(pa.array(cells), 10)
    assert points.doubtful.tolist() == doubtful


def test_one_cell_tells_for_the_batches_before_and_behind() -> None:
    points = Points()
    for first, cells in enumerate((["1.000"], ["2.5"], ["3.000"])):
        points.add(pa.array(cells), first)
    assert points.doubtful.tolist() == []


@pytest.mark.parametrize(
    ("batches", "rows"),
    [
        ([["1.500", "12.000", "12.5"]], [0, 2, 2]),
        ([["7"], ["3.25", "x"], ["1.500"]], [3, 1, 1]),
        ([["7"], ["2", "1.500", "3.25"]], [2, 3, 1]),
        ([["1.125", "12.5"]], []),
        ([["1.50", "12.5"]], []),
        ([["1.500", "12.000"]], []),
        ([["0.500", "1000.500", "12.5"]], []),
    ],
)
def test_thousands_beside_a_short_decimal_are_told(
    batches: list[list[str]], rows: list[int]
) -> None:
    points, joined = Points(), Points()
    first = 0
    for cells in batches:
        points.add(pa.array(cells), first)
        part = Points()
        part.add(pa.array(cells), 0)
        joined.absorb(part.document(), first)
        first += len(cells)
    assert list(joined.concerns("spend", first)) == list(points.concerns("spend", first))
    assert joined.doubtful.tolist() == points.doubtful.tolist()
    found = [[row, *one.places, one.rows] for one, row in points.concerns("spend", first)]
    assert found == ([[*rows[:2], rows[2]]] if rows else [])


def test_thousands_beside_a_short_decimal_are_told_with_both_lines(tmp_path: Path) -> None:
    path = tmp_path / "brand.csv"
    path.write_text("m,spend\nu1,1.500\nu2,12.000\nu3,12.5\n")
    spend = {"column": "spend", "max": 20_000, "decimals": 2}
    (one,) = validate_report(section(path, spend=spend), path).concerns
    assert (one.kind, one.rows, one.of, one.places) == ("mixed-points", 2, 3, (2, 4))
    assert all(text in concern(one, "line", "en") for text in ("line 2", "line 4"))
    assert all(text in concern(one, "line", "zh") for text in ("第 2 行", "第 4 行"))
    assert not validate_report(section(path, spend=spend | {"decimal": "."}), path).concerns


def section(path: Path, **measures: Any) -> DatasetSpec:
    base = {"file": path.name, "kind": "audience", "id": {"column": "m", "profile": "raw:v1"}}
    return DatasetSpec.model_validate(base | {"measures": measures})


def test_a_file_in_doubt_is_refused_at_its_first_line(tmp_path: Path) -> None:
    path = tmp_path / "brand.csv"
    path.write_text("sep=;\nm;spend;visits\nu1;950;1.5\nu2;1.000;1.000\nu3;12.500;2.000\n")
    spend = {"column": "spend", "max": 20_000, "decimals": 2}
    visits = {"column": "visits", "max": 9, "decimals": 1}
    with pytest.raises(InvalidInput, match="has three digits after every point") as refused:
        read_table(section(path, spend=spend, visits=visits), path)
    assert refused.value.row == 4
    found = validate_report(section(path, spend=spend, visits=visits), path)
    ((refusal,), faults) = (found.refusals, found.faults)
    assert (refusal.reason, refusal.rows, refusal.examples) == (f"spend {POINTS}", 2, (4, 5))
    assert reason(refusal.reason, "zh") != refusal.reason
    assert faults == ()
    declared = section(path, spend=spend | GERMAN, visits=visits)
    assert read_table(declared, path).measures["spend"].tolist() == [95_000, 100_000, 1_250_000]


def test_numbers_of_parquet_have_decimal_points_whatever_is_declared(tmp_path: Path) -> None:
    path = tmp_path / "brand.parquet"
    amounts = pa.array([Decimal("1.000"), Decimal("12.500")], pa.decimal128(9, 3))
    table = pa.table({"m": ["u1", "u2"], "spend": amounts, "far": pa.array([1e21, 1.5])})
    pq.write_table(table, path)
    spend = {"column": "spend", "max": 20, "decimals": 1}
    far = {"column": "far", "max": 20, "decimals": 1}
    for notation in ({}, GERMAN):
        found = read_table(section(path, spend=spend | notation, far=far), path)
        assert found.measures["spend"].tolist() == [10, 125]
        assert found.measures["far"].tolist() == [200, 15]


def test_every_reason_has_its_own_row(tmp_path: Path) -> None:
    cells = ["", "NULL", "1,5", "(3)", "¥3", "#REF!", "1E+3", "six", "`3`", "–3", "٣"]
    path = tmp_path / "brand.csv"
    rows = [f'u{number},"{cell}"' for number, cell in enumerate(cells)]
    path.write_text("\n".join(["m,spend", *rows, "u9,3"]) + "\n")
    found = validate_report(section(path, spend={"column": "spend", "max": 20}), path)
    assert len(found.faults) == len(cells)
    assert {fault.sample for fault in found.faults} == {
        *("", "NULL", "9,9", "(9)", "*9", "#XXX!", "9X+9", "xxx", "`9`", "*")
    }
    assert {f"spend {why}" for why in (SEPARATED, NEGATIVE, WITH_LETTERS, SHORTENED)} <= {
        fault.reason for fault in found.faults
    }
    assert [one for one in found.faults if reason(one.reason, "zh") == one.reason] == []


@pytest.mark.parametrize(
    ("cell", "label"),
    [("1.2E+02", "100-500"), ("1.01E+02", "100-500"), ("1E+02", None), ("9.9E+01", "0-100")],
)
def test_a_bucket_of_a_number_that_has_lost_digits(cell: str, label: str | None) -> None:
    builder = BucketBuilder(BucketSpec(column="m", edges=(Decimal(0), Decimal(100), Decimal(500))))
    parsed = builder.add(pa.array([cell]))
    bad = [why for why, mask in parsed.faults if mask[0]]
    if label is None:
        assert bad == [f"m {SHORTENED}"]
    else:
        assert not bad
        found = builder.finish(parsed.values)
        assert found.domain[found.codes[0]] == label
