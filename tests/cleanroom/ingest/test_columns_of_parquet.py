"""Identifiers in Parquet: what a float has rounded is refused, a UUID is read, bytes are named."""

from __future__ import annotations

import uuid
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cleanroom.errors import InvalidInput
from cleanroom.ingest.source import Source

KEYS = [uuid.UUID(int=7), None, uuid.UUID(int=2**127 + 5)]
RAW = [key and key.bytes for key in KEYS]


def read(tmp_path: Path, **columns: pa.Array) -> list[dict[str, str | None]]:
    path = tmp_path / "people.parquet"
    pq.write_table(pa.table(columns), path)
    source = Source(path, tuple(columns))
    return [row for batch in source.batches() for row in batch.to_pylist()]


@pytest.mark.parametrize("kind", [pa.float64(), pa.float32(), pa.float16()])
@pytest.mark.parametrize("coded", [False, True])
def test_floating_identifiers_are_refused(tmp_path: Path, kind: pa.DataType, coded: bool) -> None:
    cells = pa.array([3.0, None, 5.0]).cast(kind)
    with pytest.raises(InvalidInput, match="floating-point") as refused:
        read(tmp_path, key=cells.dictionary_encode() if coded else cells)
    assert refused.value.column == "key"
    assert "text or as integers" in str(refused.value)


def test_a_floating_measure_and_whole_identifiers_are_read(tmp_path: Path) -> None:
    rows = read(tmp_path, key=pa.array([13900139000]), spent=pa.array([2.5]))
    assert rows == [{"key": "13900139000", "spent": "2.5"}]


@pytest.mark.parametrize("kind", [pa.float32(), pa.float16()])
@pytest.mark.parametrize("coded", [False, True])
def test_times_in_short_floats_are_refused(tmp_path: Path, kind: pa.DataType, coded: bool) -> None:
    path = tmp_path / "events.parquet"
    cells = pa.array([46177.5, None]).cast(kind, safe=False)
    times = cells.dictionary_encode() if coded else cells
    pq.write_table(pa.table({"key": pa.array(["a", "b"]), "at": times}), path)
    with pytest.raises(InvalidInput, match="32 bits or fewer") as refused:
        list(Source(path, ("key", "at"), time="at").batches())
    assert refused.value.column == "at"
    assert list(Source(path, ("key", "at")).batches())[0].num_rows == 2


def test_a_column_of_times_has_no_format_of_text(tmp_path: Path) -> None:
    path = tmp_path / "events.parquet"
    for zone in (None, "UTC"):
        times = pa.array([1780531201], pa.timestamp("s", zone))
        pq.write_table(pa.table({"key": pa.array(["a"]), "at": times}), path)
        formatted = Source(path, ("key", "at"), time="at", written=True)
        if zone:
            assert next(formatted.batches()).num_rows == 1
            continue
        with pytest.raises(InvalidInput, match="times of its own") as refused:
            list(formatted.batches())
        assert refused.value.remedy == "Leave out format, and keep zone."


def test_times_in_floats_of_64_bits_keep_their_second(tmp_path: Path) -> None:
    path = tmp_path / "events.parquet"
    pq.write_table(pa.table({"key": pa.array(["a"]), "at": pa.array([1780531201.0])}), path)
    (batch,) = Source(path, ("key", "at"), time="at").batches()
    assert batch.to_pylist() == [{"key": "a", "at": "1780531201"}]


def test_uuids_are_read_as_text(tmp_path: Path) -> None:
    cells = pa.ExtensionArray.from_storage(pa.uuid(), pa.array(RAW, pa.binary(16)))
    assert [row["key"] for row in read(tmp_path, key=cells)] == [key and str(key) for key in KEYS]


@pytest.mark.parametrize("kind", [pa.binary(16), pa.binary(), pa.large_binary()])
def test_bytes_are_refused_with_a_remedy(tmp_path: Path, kind: pa.DataType) -> None:
    with pytest.raises(InvalidInput, match="bytes") as refused:
        read(tmp_path, key=pa.array(RAW, kind))
    assert refused.value.column == "key"
    assert "hyphens" in str(refused.value)
