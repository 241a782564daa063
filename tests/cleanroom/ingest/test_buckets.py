"""Labels that are cut from columns of numbers: edges, blanks, what is not a number."""

from __future__ import annotations

import math
from bisect import bisect_right
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from cleanroom.agent.room_file import terms_of
from cleanroom.documents.agreement import Card
from cleanroom.ingest import Table, read_table
from cleanroom.ingest.identifiers.nothing import WORD
from cleanroom.ingest.labels import BucketBuilder
from cleanroom.ingest.numbers import INFINITE, SHORTENED
from cleanroom.ingest.spec import BucketSpec, DatasetSpec

pytestmark = pytest.mark.usefixtures("inside")


ID = {"column": "id", "profile": "raw:v1"}


def spec(**more: Any) -> DatasetSpec:
    described = {"file": "people.csv", "kind": "audience", "id": ID, **more}
    return DatasetSpec.model_validate(described)


def bucket(*edges: Any) -> BucketSpec:
    return BucketSpec(column="spend", edges=edges)


def read(tmp_path: Path, cells: list[str], *edges: Any, **more: Any) -> Table:
    file = tmp_path / "people.csv"
    lines = [f"p{number},{cell}" for number, cell in enumerate(cells)]
    file.write_text("\n".join(["id,spend", *lines]) + "\n")
    return read_table(spec(buckets={"band": {"column": "spend", "edges": edges}}, **more), file)


def labels(table: Table) -> list[str]:
    column = table.labels["band"]
    return [column.domain[code] for code in column.codes]


@pytest.mark.parametrize(
    ("edges", "named"),
    [
        ((0, 100, 500), ("0-100", "100-500", "500+")),
        ((0.5, 1.25), ("0.5-1.25", "1.25+")),
        ((-math.inf, 0, 1e3), ("<0", "0-1000", "1000+")),
        ((-5, 0, 5), ("-5 to 0", "0-5", "5+")),
        ((7,), ("7+",)),
        (("100.50", "200.00"), ("100.5-200", "200+")),
    ],
)
def test_a_bucket_is_called_after_its_edges(edges, named):
    assert bucket(*edges).labels == named


@pytest.mark.parametrize(
    "edges",
    [
        *((), (1, 1), (2, 1), (0, math.inf), (math.nan, 1), (0, math.nan), (-math.inf,)),
        *((0, -math.inf), (-math.inf, -math.inf, 1), (10**9,), ("1e-10",), ("a",), (0, 1e400)),
    ],
)
def test_edges_are_rising_numbers(edges):
    with pytest.raises(ValidationError):
        bucket(*edges)


def test_a_number_on_an_edge_is_the_first_of_its_bucket(tmp_path):
    cells = ["0", "99.999999999", "99.9999999999999", "100", "100.0", " 1.01e2 ", "499", "500"]
    cells += ["9" * 50]
    cells += ["-0.0", "+0", ".5", ""]
    found = labels(read(tmp_path, cells, 0, 100, 500))
    assert found[:3] == ["0-100"] * 3
    assert found[3:7] == ["100-500"] * 4
    assert found[7:9] == ["500+"] * 2
    assert found[9:] == ["0-100"] * 3 + ["unknown"]


def test_what_is_no_number_or_below_all_buckets_is_left_out_and_counted(tmp_path):
    table = read(tmp_path, ["5", "nan", "-0.0000000001", "-1", "inf", "six"], 0, 100)
    assert labels(table) == ["0-100"]
    told = {fault.reason: fault.rows for fault in table.report.faults}
    below, none = "spend is below the first edge", "spend is not a number"
    infinite = f"spend {INFINITE}"
    assert told == {below: 2, f"spend {WORD}": 1, infinite: 1, none: 1}
    assert table.report.usable == 1


def test_an_open_lower_end_takes_everything(tmp_path):
    found = labels(read(tmp_path, ["-" + "9" * 50, "-0.0000000001", "0", "7"], -math.inf, 0))
    assert found == ["<0", "<0", "0+", "0+"]


NUMBERS = st.decimals(-1000, 1000, places=12, allow_nan=False) | st.integers(-30, 30).map(Decimal)
EDGES = st.lists(st.integers(-300, 300), min_size=1, max_size=5, unique=True).map(sorted)


@given(st.lists(NUMBERS, min_size=1, max_size=20), EDGES)
def test_every_number_falls_where_its_exact_value_is(numbers, edges):
    builder = BucketBuilder(bucket(-math.inf, *(Decimal(edge) / 10 for edge in edges)))
    parsed = builder.add(pa.array([str(number) for number in numbers]))
    assert not any(mask.any() for _, mask in parsed.faults)
    exact = [Fraction(edge, 10) for edge in edges]
    assert parsed.values.tolist() == [bisect_right(exact, Fraction(n)) for n in numbers]


def test_the_labels_follow_from_the_edges_whatever_the_file_holds(tmp_path):
    domains = {read(tmp_path, [cell], 0, 100, 500).labels["band"].domain for cell in ("1", "600")}
    assert domains == {("0-100", "100-500", "500+", "unknown")}
    assert spec(buckets={"band": {"column": "spend", "edges": [0]}}).undeclared == ()


def test_buckets_are_labels_of_the_agreement():
    card = Card(name="acme", role="brand", signing_key="0" * 64, sealing_key="0" * 64)
    described = spec(labels=["tier"], buckets={"band": {"column": "spend", "edges": [0]}})
    assert terms_of(card, "crm", described).labels == ("tier", "band")


def test_a_column_may_be_measure_and_bucket(tmp_path):
    measure = {"spend": {"column": "spend", "max": 50, "decimals": 2}}
    table = read(tmp_path, ["20", "120.25"], 0, 100, measures=measure)
    assert labels(table) == ["0-100", "100+"]
    assert table.measures["spend"].tolist() == [2000, 5000]


@pytest.mark.parametrize(
    "more", [{"labels": ["band"]}, {"duplicates": "sum"}, {"domains": {"band": ["0+"]}}]
)
def test_a_bucket_is_one_label_of_one_row(more):
    with pytest.raises(ValidationError):
        spec(buckets={"band": {"column": "spend", "edges": [0]}}, **more)


@pytest.mark.parametrize(
    ("cell", "edge", "exact"),
    [("1.2E+02", 115, False), ("1.2E+02", 120, False), ("1.2E+02", 129, False),
     ("1.2E+02", 130, True), ("1.2E+02", 110, True), ("120", 115, True)],
)  # fmt: skip
def test_a_number_that_lost_digits_beside_an_edge_has_no_bucket(
    cell: str, edge: int, exact: bool
) -> None:
    found = BucketBuilder(bucket(0, edge)).add(pa.array([cell]))
    said = [reason for reason, where in found.faults if where[0]]
    assert said == ([] if exact else [f"spend {SHORTENED}"])
