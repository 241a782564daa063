"""Every type of Arrow that Parquet stores: what was written, or refused by column and type."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cleanroom.errors import InvalidInput
from tests.cleanroom.ingest.apart import read

EXAMPLES = settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def cells(path: Path, column: pa.Array, name: str = "cell") -> list[Any]:
    pq.write_table(pa.table({"key": pa.array(["k"] * len(column)), name: column}), path)
    found, skipped = read(path, "key", name)
    assert (len(found), skipped) == (len(column), [])
    return [row[1] for row in found]


def refused(path: Path, column: pa.Array) -> str:
    with pytest.raises(InvalidInput) as caught:
        cells(path, column)
    assert caught.value.column == "cell"
    return str(caught.value)


TEXTS = [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())]


def test_large_numbers_of_32_bits_are_all_digits_that_the_file_holds(tmp_path: Path) -> None:
    numbers = [98765432.10, 1234567.89, 262144.31, 123456792.0, 19.99, -131072.5, None]
    found = cells(tmp_path / "a.parquet", pa.array(numbers, pa.float32()))
    wanted = ["98765432", "1234567.875", "262144.3125", "123456792", "19.99", "-131072.5", None]
    assert [text and text.removesuffix(".0") for text in found] == wanted


@pytest.mark.parametrize("kind", TEXTS, ids=str)
@EXAMPLES
@given(values=st.lists(st.none() | st.text(max_size=9), min_size=1, max_size=5))
def test_texts(tmp_path: Path, kind: pa.DataType, values: list[str | None]) -> None:
    column = pa.array(values, pa.string()).cast(kind)
    assert cells(tmp_path / "a.parquet", column) == values


WHOLE = [pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32()]


@pytest.mark.parametrize("kind", [*WHOLE, pa.uint64()], ids=str)
def test_whole_numbers(tmp_path: Path, kind: pa.DataType) -> None:
    signed = pa.types.is_signed_integer(kind)
    high = 2 ** (kind.bit_width - signed) - 1
    values = [high, -high - 1 if signed else 0, None, 1]
    assert cells(tmp_path / "a.parquet", pa.array(values, kind)) == [
        None if value is None else str(value) for value in values
    ]


@EXAMPLES
@given(values=st.lists(st.none() | st.floats(), min_size=1, max_size=5))
def test_floating_numbers(tmp_path: Path, values: list[float | None]) -> None:
    found = cells(tmp_path / "a.parquet", pa.array(values, pa.float64(), from_pandas=False))
    wanted = [None if value is None or value != value else value for value in values]
    assert [None if cell is None else float(cell) for cell in found] == wanted


@pytest.mark.parametrize("kind", [pa.float16(), pa.float32()], ids=str)
def test_short_floating_numbers(tmp_path: Path, kind: pa.DataType) -> None:
    column = pa.array([0.5, -2.25, None, float("nan")]).cast(kind)
    assert cells(tmp_path / "a.parquet", column) == ["0.5", "-2.25", None, None]


@EXAMPLES
@given(
    values=st.lists(st.none() | st.decimals(-(10**20), 10**20, places=4), min_size=1, max_size=5)
)
@pytest.mark.parametrize("kind", [pa.decimal128(38, 4), pa.decimal256(60, 4)], ids=str)
def test_decimals(tmp_path: Path, kind: pa.DataType, values: list[Decimal | None]) -> None:
    found = cells(tmp_path / "a.parquet", pa.array(values, kind))
    assert [cell and Decimal(cell) for cell in found] == values


@EXAMPLES
@given(values=st.lists(st.none() | st.datetimes(), min_size=1, max_size=5))
@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai", "-03:30"])
def test_times_with_a_zone_are_instants(
    tmp_path: Path, unit: str, zone: str, values: list[datetime | None]
) -> None:
    near = [v and v.replace(year=1700 + v.year % 500, tzinfo=UTC) for v in values]
    parts = {"ms": 1000, "us": 1, "ns": 1}[unit]
    micros = [v and (v - EPOCH) // timedelta(microseconds=1) // parts for v in near]
    scale = 1000 if unit == "ns" else 1
    kind = pa.timestamp(unit, zone)
    raw = pa.array([m if m is None else m * scale for m in micros], pa.int64()).cast(kind)
    found = cells(tmp_path / "a.parquet", raw)
    assert [v and (v - EPOCH) // timedelta(microseconds=1) for v in found] == [
        m if m is None else m * parts for m in micros
    ]


def test_a_time_that_no_microsecond_counts_refuses_the_file(tmp_path: Path) -> None:
    column = pa.array([2**62], pa.int64()).cast(pa.timestamp("ms", "UTC"))
    assert "not read as" in refused(tmp_path / "a.parquet", column)


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_times_without_a_zone_stay_without_one(tmp_path: Path, unit: str) -> None:
    column = pa.array([datetime(2026, 6, 4, 12, 30), None], pa.timestamp(unit))
    (first, second) = cells(tmp_path / "a.parquet", column)
    assert first.startswith("2026-06-04 12:30:00")
    assert datetime.fromisoformat(first[:26]).tzinfo is None
    assert second is None


@pytest.mark.parametrize(
    ("column", "wanted"),
    [
        (pa.array([date(2026, 6, 4), None]), ["2026-06-04", None]),
        (pa.array([1, None], pa.date64()), ["1970-01-01", None]),
        (pa.array([45_000, None], pa.time32("s")), ["12:30:00.000", None]),
        (pa.array([True, False, None]), ["true", "false", None]),
        (pa.nulls(2), [None, None]),
        (pa.array([1, None]).dictionary_encode(), ["1", None]),
        (pa.array([0.5]).dictionary_encode(), ["0.5"]),
        (pa.ExtensionArray.from_storage(pa.json_(), pa.array(['{"a": 1}'])), ['{"a": 1}']),
    ],
    ids=lambda value: str(value.type) if isinstance(value, pa.Array) else "",
)
def test_other_types(tmp_path: Path, column: pa.Array, wanted: list[str | None]) -> None:
    assert cells(tmp_path / "a.parquet", column) == wanted


@pytest.mark.parametrize(
    ("column", "said"),
    [
        (pa.array([1], pa.duration("s")), "durations"),
        (pa.array([b"x"]), "bytes"),
        (pa.array([b"x"], pa.large_binary()), "bytes"),
        (pa.array([b"x"], pa.binary_view()), "bytes"),
        (pa.array([b"x" * 4], pa.binary(4)), "bytes"),
        (pa.array([b"x"]).dictionary_encode(), "bytes"),
        (pa.array([["x"]]), "lists"),
        (pa.array([["x"]], pa.large_list(pa.string())), "lists"),
        (pa.array([["x", "y"]], pa.list_(pa.string(), 2)), "lists"),
        (pa.array([{"a": 1}]), "structures"),
        (pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int8())), "structures"),
    ],
    ids=lambda value: str(value.type) if isinstance(value, pa.Array) else "",
)
def test_types_that_have_no_text_are_refused_by_column(
    tmp_path: Path, column: pa.Array, said: str
) -> None:
    assert said in refused(tmp_path / "a.parquet", column)


def test_names_with_dots_and_blanks_are_the_ones_that_were_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    table = pa.table({"a": [{"b": "inner"}], "a.b": ["outer"], " c ": ["x"], "key": ["k"]})
    pq.write_table(table, path)
    assert read(path, "key", "a.b", "c") == ([("k", "outer", "x")], [])


def test_files_of_many_groups_and_of_none(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    column = pa.array([str(number) for number in range(500)])
    pq.write_table(pa.table({"key": column}), path, row_group_size=7)
    assert [row[0] for row in read(path, "key")[0]] == column.to_pylist()
    pq.write_table(pa.table({"key": column[:0]}), path)
    with pytest.raises(InvalidInput, match="no rows"):
        read(path, "key")
