"""Any dataframe is read as its file would be, and answers come back as the same kind."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cleanroom.errors import InvalidInput
from cleanroom.ingest import read_table
from cleanroom.ingest.spec import DatasetSpec
from cleanroom.workbench.described import audience
from cleanroom.workbench.frames import Data, as_files, as_frame, at_hand, library

COLUMNS = {
    "email": ["ann@example.com", "bob@example.com", None],
    "tier": ["gold", None, "tin"],
    "spend": [1.25, 2.5, 0.0],
}
TABLE = pa.table(COLUMNS)
SPEC = DatasetSpec.model_validate(
    {
        "file": "-",
        "kind": "audience",
        "id": {"column": "email", "profile": "email:uid2:v1"},
        "labels": ["tier"],
        "measures": {"spend": {"column": "spend", "max": 10, "decimals": 2}},
    }
)
FRAMES: dict[str, Data] = {
    "pandas": pd.DataFrame(COLUMNS),
    "categories": pd.DataFrame(COLUMNS).astype({"tier": "category"}),
    "polars": pl.DataFrame(COLUMNS),
    "polars categories": pl.DataFrame(COLUMNS).with_columns(pl.col("tier").cast(pl.Categorical)),
    "duckdb": duckdb.from_arrow(TABLE),
    "pyarrow": TABLE,
    "reader": pa.RecordBatchReader.from_batches(TABLE.schema, TABLE.to_batches()),
}


@pytest.mark.parametrize("kind", FRAMES)
def test_every_kind_of_frame_is_read_alike(kind: str) -> None:
    with as_files({"crm": FRAMES[kind]}) as files:
        found = read_table(SPEC, files["crm"])
    assert found.rows == 2
    assert found.measures["spend"].tolist() == [125, 250]
    tiers = found.labels["tier"]
    assert [tiers.domain[code] for code in tiers.codes] == ["gold", "unknown"]


def test_identifiers_touch_no_disk_and_are_gone_afterwards() -> None:
    with as_files({"crm": TABLE}) as files:
        path = files["crm"]
        assert str(path.readlink()).startswith("/proc/")
        assert pq.read_table(path).num_rows == 3
        hidden = path.readlink()
    assert not path.exists()
    assert not hidden.exists() or "memfd" not in str(hidden.readlink())


def test_a_path_is_read_where_it_lies(tmp_path: Path) -> None:
    file = tmp_path / "crm.csv"
    file.write_text("email\nann@example.com\n")
    with as_files({"crm": str(file)}) as files:
        assert files["crm"] == file
    assert file.exists()


@pytest.mark.parametrize("data", [7, None, {"email": ["ann@example.com"]}, ["ann@example.com"]])
def test_what_is_no_table_is_refused_by_name(data: object) -> None:
    with pytest.raises(InvalidInput, match=r"crm is a .*not a table"), as_files({"crm": data}):  # type: ignore[dict-item]
        pass


def test_a_refusal_names_the_dataset_and_the_row() -> None:
    twice = pd.DataFrame({**COLUMNS, "email": ["ann@example.com"] * 3})
    with as_files({"crm": twice}) as files, pytest.raises(InvalidInput) as refused:
        read_table(SPEC, files["crm"])
    assert "ann@" not in str(refused.value)
    numbers = pd.DataFrame({**COLUMNS, "email": [1.5, 2.5, 3.5]})
    with as_files({"crm": numbers}) as files, pytest.raises(InvalidInput, match="crm"):
        read_table(SPEC, files["crm"])


@pytest.mark.parametrize(
    ("kind", "made"),
    [("pandas", pd.DataFrame), ("polars", pl.DataFrame), ("pyarrow", pa.Table)],
)
def test_a_frame_comes_back_as_its_own_kind(kind: str, made: type) -> None:
    frame = as_frame({"tier": ["gold", "tin"], "people": [2, None]}, kind)
    assert isinstance(frame, made)
    assert library(frame) == kind


def test_duckdb_gets_a_relation() -> None:
    assert as_frame({"people": [2, 3]}, "duckdb").fetchall() == [(2,), (3,)]
    assert library(FRAMES["duckdb"]) == "duckdb"
    assert library("crm.csv") is None
    assert at_hand() == "pandas"


def test_times_keep_their_instant() -> None:
    spec = DatasetSpec.model_validate(
        {
            "file": "-",
            "kind": "events",
            "id": {"column": "email", "profile": "email:uid2:v1"},
            "time": "at",
        }
    )
    at = dt.datetime(2026, 6, 1, 12, 30, tzinfo=dt.UTC)
    with as_files({"orders": pl.DataFrame({"email": ["ann@example.com"], "at": [at]})}) as files:
        found = read_table(spec, files["orders"])
    assert found.time is not None
    assert found.time.tolist() == [int(at.timestamp()) * 1_000_000]


def test_people_of_a_frame_may_have_several_identifiers() -> None:
    both = [("email", "email:uid2:v1"), ("phone", "phone:e164:v1", "CN")]
    described = audience(TABLE, id=both, labels=["tier"])
    spec = DatasetSpec.model_validate({"file": "-", **described.section})
    assert spec.profiles == ("email:uid2:v1", "phone:e164:v1")
    assert [one.region for one in spec.ids] == [None, "CN"]
