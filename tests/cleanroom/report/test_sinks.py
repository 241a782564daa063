"""An answer becomes a table where its receiver keeps tables, and replaces nothing unasked."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from cleanroom.errors import InvalidInput
from cleanroom.report.sinks import save_to
from cleanroom.workbench.answer import Answer
from tests.cleanroom.workbench.test_answer import NOISED

ROWS = {
    "platform.age_band": ["18-24", "<script>25</script>"],
    "people": [120, 90],
    "people_low": [112.0, None],
    "people_high": [128.0, None],
    "spend": [40.5, None],
    "spend_low": [38.5, None],
    "spend_high": [42.5, None],
}
TOTAL = {name: value for name, value in NOISED.items() if name != "other"} | {"groups": []}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def read(to: str, folder: Path) -> dict[str, list[Any]]:
    scheme, _, place = to.partition(":")
    if scheme == "duckdb":
        import duckdb

        with duckdb.connect(place) as base:
            return base.sql("FROM spring").to_arrow_table().to_pydict()
    import sqlite3

    with sqlite3.connect(place) as base:
        cursor = base.execute("SELECT * FROM spring")
        names = [column[0] for column in cursor.description]
        return dict(zip(names, map(list, zip(*cursor, strict=True)), strict=True))


def test_a_parquet_file_is_the_frame_and_its_owners_alone(tmp_path: Path) -> None:
    to = tmp_path / "answer.parquet"
    Answer(NOISED, "pyarrow").save(to)
    assert pq.read_table(to).to_pydict() == ROWS
    assert pq.read_table(to).equals(Answer(NOISED, "pyarrow").frame())
    assert mode(to) == 0o600


@pytest.mark.parametrize("scheme", ["duckdb", "sqlite"])
def test_a_database_gets_a_table_and_keeps_what_it_has(tmp_path: Path, scheme: str) -> None:
    pytest.importorskip("duckdb" if scheme == "duckdb" else "adbc_driver_sqlite")
    to = f"{scheme}:{tmp_path / 'answers.db'}"
    save_to(NOISED, to, "spring")
    assert read(to, tmp_path) == ROWS
    assert mode(tmp_path / "answers.db") == 0o600
    with pytest.raises(InvalidInput, match="--overwrite"):
        save_to({**NOISED, "groups": NOISED["groups"][:1]}, to, "spring")
    assert read(to, tmp_path) == ROWS
    save_to({**NOISED, "groups": NOISED["groups"][:1]}, to, "spring", overwrite=True)
    assert read(to, tmp_path)["people"] == [120]


def test_a_path_of_duckdb_fetches_no_extension(tmp_path: Path, monkeypatch: Any) -> None:
    pytest.importorskip("duckdb")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidInput, match="cannot be written"):
        save_to(NOISED, "duckdb:md:warehouse", "spring")


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_an_object_store_gets_the_bytes_of_a_file(tmp_path: Path, ending: str) -> None:
    fsspec = pytest.importorskip("fsspec")
    to = f"memory://{tmp_path.name}/answer.{ending}"
    save_to(NOISED, to)
    save_to(NOISED, str(tmp_path / f"answer.{ending}"))
    with fsspec.open(to) as stored:
        assert stored.read() == (tmp_path / f"answer.{ending}").read_bytes()
    with pytest.raises(InvalidInput, match="already exists"):
        save_to(TOTAL, to)
    save_to(TOTAL, to, overwrite=True)


def test_a_file_by_its_address_is_its_owners_alone(tmp_path: Path) -> None:
    pytest.importorskip("fsspec")
    save_to(NOISED, f"file://{tmp_path}/answer.csv")
    assert mode(tmp_path / "answer.csv") == 0o600


def test_an_answer_without_groups_has_a_row_for_each_figure(tmp_path: Path) -> None:
    save_to(TOTAL, str(tmp_path / "total.parquet"))
    found = pq.read_table(tmp_path / "total.parquet").to_pydict()
    assert found["figure"] == ["total.people"]
    assert (found["value"], found["low"], found["high"]) == ([210.0], [198.0], [222.0])


@pytest.mark.parametrize("name", ["answer.parquet", "answer.csv"])
def test_a_file_that_is_there_stays_unless_told(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"mine")
    with pytest.raises(InvalidInput, match="already exists"):
        save_to(NOISED, str(tmp_path / name))
    assert (tmp_path / name).read_bytes() == b"mine"
    save_to(NOISED, str(tmp_path / name), overwrite=True)
    assert (tmp_path / name).read_bytes() != b"mine"


@pytest.mark.parametrize(
    ("to", "table", "said"),
    [
        ("answer.xlsx", None, "does not end with"),
        ("memory://x/answer.xlsx", None, "does not end with"),
        ("duckdb:answers.db", None, "--table"),
        ("duckdb:answers.db", 'x"; DROP TABLE y', "letters, digits"),
        ("answer.csv", "spring", "no tables"),
        ("postgresql://ann:secret@host/db", "spring", "names a user"),
        ("s3://key:secret@bucket/a.csv", None, "names a user"),
        ("duckdb:/nowhere/at/all.db", "spring", "no folder"),
        ("nowhere://x/a.csv", None, "cannot be written"),
        ("snowflake://host/db", "spring", "needs the package adbc-driver-snowflake"),
    ],
)
def test_what_cannot_be_written_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, to: str, table: str | None, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidInput, match=said) as refused:
        save_to(NOISED, to, table)
    assert "secret" not in str(refused.value)
    assert not list(tmp_path.iterdir())
