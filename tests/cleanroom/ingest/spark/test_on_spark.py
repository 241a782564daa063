"""Spark itself, two tasks at a time on this machine, gives what reading here gives."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from cleanroom.cli.root import app
from cleanroom.demo.make import make_example
from cleanroom.errors import InvalidInput
from cleanroom.ingest.engines import read_here
from cleanroom.ingest.origin import pieces
from cleanroom.ingest.reader import latest_now
from cleanroom.ingest.spark.doctor import is_enough, java
from cleanroom.ingest.spark.session import KEPT_IN, OnSpark, on_spark
from cleanroom.ingest.spark.worker import Work
from cleanroom.ingest.spec import DatasetSpec
from tests.cleanroom.ingest.spark.parts_of import equal, same_rows

pytestmark = [
    pytest.mark.skipif(find_spec("pyspark") is None, reason="pyspark is not installed"),
    pytest.mark.skipif(not is_enough(java()), reason="there is no Java 17"),
]
NAMED = "ann.of.the.disk@example.com"


@pytest.fixture(scope="module")
def disks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return the folder that Spark puts its files in."""
    place, before = tmp_path_factory.mktemp("disks"), os.environ.get("SPARK_LOCAL_DIRS")
    os.environ["SPARK_LOCAL_DIRS"] = str(place)
    yield place
    if before is None:
        del os.environ["SPARK_LOCAL_DIRS"]
    else:
        os.environ["SPARK_LOCAL_DIRS"] = before


@pytest.fixture(scope="module")
def spark(disks: Path) -> Iterator[OnSpark]:
    with on_spark("local[2]") as cluster:
        yield cluster


def spec(**said: Any) -> DatasetSpec:
    fields = {"kind": "audience", "id": {"column": "email", "profile": "email:uid2:v1"}}
    return DatasetSpec.model_validate(fields | {"labels": ["tier"]} | said)


@pytest.fixture
def export(tmp_path: Path) -> Path:
    (tmp_path / "export").mkdir()
    header = "email,tier\n"
    for number, rows in enumerate((f"{NAMED},gold\nnobody,tin\n", "bob@example.com,tin\n,gold\n")):
        (tmp_path / "export" / f"{number}.csv").write_text(header + rows)
    return tmp_path


def test_files_are_read_by_tasks_and_lie_on_no_disk_in_clear(
    spark: OnSpark, export: Path, disks: Path
) -> None:
    described = spec(file="export")
    table = spark.read(described, export)
    assert table.rows == 2
    assert equal(table, read_here(described, export))
    settings = spark.session.sparkContext.getConf()
    assert all(settings.get(name) == value for name, value in KEPT_IN.items())

    answers = spark._answers(
        Work(described, latest_now(), tuple(pieces(described, export))), [0, 1]
    )
    first = next(answers)
    assert NAMED.encode() in (first.rows or b"")
    kept = [file.read_bytes() for name in ("rdd_*", "shuffle_*.data") for file in disks.rglob(name)]
    assert len(kept) > 1
    # Spark packs what it keeps, so that not even a name in clear would be found whole.
    assert not any(content.startswith(b"LZ4") or b"disk" in content for content in kept)
    answers.close()


def test_a_query_of_spark_gives_the_rows_of_its_file(
    spark: OnSpark, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    emails = ["a@b.cn", "c@d.cn", "A@b.cn", None]
    table = pa.table({"email": emails, "tier": ["x", "y", "x", "x"], "spend": [1.5, 2, 3.25, 4]})
    pq.write_table(table, tmp_path / "crm.parquet")
    spend = {"spend": {"column": "spend", "max": 9, "decimals": 2}}
    said: dict[str, Any] = {"duplicates": "sum", "measures": spend}
    query = f"SELECT * FROM parquet.`{tmp_path}/crm.parquet`"
    asked = spec(query=query, source="spark", **said)
    file = read_here(spec(file="crm.parquet", **said), tmp_path)
    from_query = spark.read(asked, tmp_path)
    assert same_rows(from_query, file)
    assert from_query.report.to_json() | {"file": "crm.parquet"} == file.report.to_json()
    copied = pa.table(spark.batches(query))
    assert copied.to_pydict() == table.to_pydict()

    for wrong, why in (
        ("SELECT * FROM nowhere", "TABLE_OR_VIEW_NOT_FOUND"),
        ("SELEC", "PARSE_SYNTAX_ERROR"),
        (query.replace("*", "CAST(email AS int) AS email, tier, spend"), "CAST_INVALID_INPUT"),
    ):
        with pytest.raises(InvalidInput, match=why) as refused:
            spark.read(asked.model_copy(update={"query": wrong}), tmp_path)
        assert "b.cn" not in str(refused.value)
    assert "b.cn" not in "".join(capfd.readouterr())
    with pytest.raises(InvalidInput, match="cannot ask duckdb"):
        spark.read(asked.model_copy(update={"source": "duckdb"}), tmp_path)


def test_the_example_is_validated_alike_by_two_executors_of_a_cluster(tmp_path: Path) -> None:
    room = make_example(tmp_path / "data", people=64, users=200, quick=True).room
    command = ["dataset", "validate", str(room), "--party", "brand", "--json"]
    here = json.loads(CliRunner().invoke(app, command).stdout)
    assert here

    settings = tmp_path / "settings"
    settings.mkdir()
    secret = f"spark.authenticate.secret {secrets.token_hex(32)}\n"
    (settings / "spark-defaults.conf").write_text(secret)
    folders = {"SPARK_CONF_DIR": str(settings), "SPARK_LOCAL_DIRS": str(tmp_path / "disks")}
    there = subprocess.run(
        [sys.executable, "-m", "cleanroom.cli", *command]
        + ["--engine", "spark", "--master", "local-cluster[2,1,1024]"],
        env=os.environ | folders,
        capture_output=True,
        check=False,
    )
    assert json.loads(there.stdout) == here, there.stderr.decode()[-2000:]
