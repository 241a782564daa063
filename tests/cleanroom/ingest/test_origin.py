"""Folders, patterns, tables, URLs and queries give the very rows of one file."""

from __future__ import annotations

import sqlite3
from importlib.util import find_spec
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from cleanroom.errors import InvalidInput
from cleanroom.ingest import read_table
from cleanroom.ingest.origin import is_missing, opened, pieces
from cleanroom.ingest.spec import DatasetSpec

ROWS = [("ann@example.com", "gold"), ("bob@example.com", "tin"), ("cy@example.com", "gold")]


def spec(**said):
    fields = {"kind": "audience", "id": {"column": "email", "profile": "email:uid2:v1"}}
    return DatasetSpec.model_validate({**fields, "labels": ["tier"], **said})


def read(folder, **said):
    """Return the people with their labels, and where the data lay."""
    described = spec(**said)
    with opened(described, folder) as path:
        table = read_table(described, path)
    label = table.labels["tier"]
    people = [bytes(one).decode() for one in table.people]
    return {
        people[person]: label.domain[code]
        for person, code in zip(table.person, label.codes, strict=True)
    }, path


def same(found, rows):
    return sorted(found.values()) == sorted(tier for _, tier in rows) and len(found) == len(rows)


def parquet(path, rows, kind=None):
    emails, tiers = ([row[at] for row in rows] for at in (0, 1))
    pq.write_table(pa.table({"email": emails, "tier": pa.array(tiers, kind)}), path)


def test_files_of_a_folder_are_read_as_one_in_the_order_of_their_names(tmp_path):
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "a.csv").write_bytes(b"email,tier\nann@example.com,gold")  # no line end
    (folder / "b.csv").write_bytes(b"\xef\xbb\xbfemail,tier\r\nbob@example.com,tin\r\n")
    (folder / "c.csv").write_bytes(b'email,tier\n"cy@example.com","gold"\n')
    for hidden in ("._a.csv", "~$a.csv", ".DS_Store", "_SUCCESS", ".a.csv.crc"):
        (folder / hidden).write_bytes(b"\0")
    for file in ("export", "export/*.csv", str(folder), f"{folder}/?.csv"):
        found, path = read(tmp_path, file=file)
        assert same(found, ROWS)
        assert not path.exists()
    (folder / "d.csv").write_text("email,tier\nno address,gold\n")
    with opened(spec(file="export"), tmp_path) as path:
        report = read_table(spec(file="export"), path).report
    assert report.usable == 3
    assert report.faults[0].examples == (5,)


@pytest.mark.parametrize(
    ("second", "why"),
    [
        (b"tier,email\ngold,x@example.com\n", "a different header"),
        (b"\x1f\x8b\x08", "packed with gzip"),
        (b'"email\n",tier\n', "several lines"),
        (b"", "no bytes, not even a header.* Spark writes"),
    ],
)
def test_files_that_do_not_belong_together_are_refused(tmp_path, second, why):
    (tmp_path / "a.csv").write_bytes(b"email,tier\nann@example.com,gold\n")
    (tmp_path / "b.csv").write_bytes(second)
    with pytest.raises(InvalidInput, match=why) as refusal:
        read(tmp_path, file="*.csv")
    assert refusal.value.file == "b.csv"


def test_nothing_of_a_folder_is_passed_over(tmp_path):
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "_a.csv").write_text("email,tier\nann@example.com,gold\n")
    assert same(read(tmp_path, file="export")[0], ROWS[:1])
    for other in ("b.csv.gz", "b.txt", "000000_0"):
        (folder / other).write_text("email,tier\n")
        with pytest.raises(InvalidInput, match="would not be read") as refusal:
            read(tmp_path, file="export")
        assert refusal.value.file == other
        assert refusal.value.remedy == "Name those you mean: export/*.csv."
        (folder / other).unlink()
    for below in ("tier=tin", "2026.csv"):
        (folder / below).mkdir()
        with pytest.raises(InvalidInput, match="is a folder") as refusal:
            read(tmp_path, file="export")
        assert "hive_partitioning" in refusal.value.remedy
        (folder / below).rmdir()


def test_a_table_of_hudi_is_refused(tmp_path):
    (tmp_path / "lake" / ".hoodie").mkdir(parents=True)
    (tmp_path / "lake" / "a.csv").write_text("email,tier\nann@example.com,gold\n")
    with pytest.raises(InvalidInput, match="former versions") as refusal:
        read(tmp_path, file="lake")
    assert (refusal.value.file, "spark" in refusal.value.remedy) == ("lake", True)


def test_folders_below_are_read_by_a_pattern_or_a_query(tmp_path):
    for tier, (email, _) in zip(("gold", "tin"), ROWS, strict=False):
        (tmp_path / "crm" / f"tier={tier}").mkdir(parents=True)
        pq.write_table(pa.table({"email": [email]}), tmp_path / f"crm/tier={tier}/0.parquet")
    with pytest.raises(InvalidInput, match="no such files") as refusal:
        read(tmp_path, file="crm")
    asked = refusal.value.remedy.partition("SELECT")[2].rstrip(".").replace("folder", "crm")
    assert same(read(tmp_path, query=f"SELECT{asked}")[0], ROWS[:2])
    pattern = spec(file="crm/*/*.parquet", labels=[])
    with opened(pattern, tmp_path) as path:
        assert read_table(pattern, path).report.rows == 2
    assert not is_missing(pattern, tmp_path)
    assert is_missing(spec(file="crm/*/*.csv"), tmp_path)


def test_a_file_that_was_saved_twice_counts_once_or_not_at_all(tmp_path):
    rows = "email,tier\nann@example.com,gold\n"
    (tmp_path / "data.csv").write_text(rows)
    (tmp_path / "data (1).csv").write_text(rows)
    with pytest.raises(InvalidInput, match=r"same bytes as data \(1\)\.csv") as refusal:
        read(tmp_path, file="*.csv")
    assert refusal.value.file == "data.csv"
    for empty in ("data (1).csv", "data (2).csv"):
        (tmp_path / empty).write_text("email,tier\n")
    assert same(read(tmp_path, file="*.csv")[0], ROWS[:1])
    table = pa.table({"email": ["ann@example.com"], "tier": ["gold"]})
    for number, part in enumerate((table, table[:0], table[:0])):
        pq.write_table(part, tmp_path / f"{number}.parquet")
    assert same(read(tmp_path, file="*.parquet")[0], ROWS[:1])
    pq.write_table(table, tmp_path / "3.parquet")
    with pytest.raises(InvalidInput, match=r"same bytes as 0\.parquet"):
        read(tmp_path, file="*.parquet")


def test_kinds_are_not_mixed_and_an_empty_pattern_is_refused(tmp_path):
    (tmp_path / "a.csv").write_text("email,tier\n")
    parquet(tmp_path / "b.parquet", ROWS)
    with pytest.raises(InvalidInput, match=r"\.csv and \.parquet"):
        read(tmp_path, file="?.*")
    with pytest.raises(InvalidInput, match="no such files"):
        read(tmp_path, file="*.tsv")
    assert is_missing(spec(file="*.tsv"), tmp_path)
    assert is_missing(spec(file="c.csv"), tmp_path)
    assert not is_missing(spec(file="*.csv"), tmp_path)
    assert not is_missing(spec(query="SELECT 1"), tmp_path)


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(tmp_path):
    (tmp_path / "crm[1].csv").write_text("email,tier\nann@example.com,gold\n")
    found, path = read(tmp_path, file="crm[1].csv")
    assert same(found, ROWS[:1])
    assert path == tmp_path / "crm[1].csv"


def test_parquet_files_have_to_agree(tmp_path):
    for number, row in enumerate(ROWS):
        parquet(tmp_path / f"{number}.parquet", [row])
    assert same(read(tmp_path, file="*.parquet")[0], ROWS)
    parquet(tmp_path / "3.parquet", [("dee@example.com", 1)], pa.int64())
    with pytest.raises(InvalidInput, match=r"different columns or types from 0\.parquet"):
        read(tmp_path, file="*.parquet")


def test_a_query_draws_nothing_on_standard_output(tmp_path):
    asked = "SELECT current_setting('enable_progress_bar') AS email, 'gold' AS tier"
    with opened(spec(query=asked), tmp_path) as path:
        assert pq.read_table(path).to_pydict()["email"] == [False]


def test_an_iceberg_table_is_read_at_its_newest_snapshot(tmp_path, monkeypatch):
    catalogs = pytest.importorskip("pyiceberg.catalog")
    from pyiceberg.io import pyarrow as arrow
    from pyiceberg.utils.config import Config

    place = {"TYPE": "sql", "URI": f"sqlite:///{tmp_path}/catalog.db", "WAREHOUSE": str(tmp_path)}
    for name, value in place.items():
        monkeypatch.setenv(f"PYICEBERG_CATALOG__LAKE__{name}", value)
    monkeypatch.setattr(catalogs, "_ENV_CONFIG", Config())
    lake = catalogs.load_catalog("lake")
    lake.create_namespace("shop")
    rows = [*ROWS, ("gone@example.com", "tin")]
    table = pa.table({"email": [row[0] for row in rows], "tier": [row[1] for row in rows]})
    made = lake.create_table("shop.crm", schema=table.schema)
    for start in range(0, len(rows), 2):
        made.append(table.slice(start, 2))
    made.delete("email = 'gone@example.com'")
    files, scans = [], arrow.ArrowScan.to_record_batches

    def counted(scan, tasks):
        files.append(len(tasks := list(tasks)))
        return scans(scan, tasks)

    monkeypatch.setattr(arrow.ArrowScan, "to_record_batches", counted)
    found, path = read(tmp_path, file="iceberg://lake/shop.crm")
    assert same(found, ROWS)
    assert files == [1, 1]  # never all of them in memory
    assert not path.exists()
    for address in ("iceberg://lake/shop.nothing", "iceberg://nowhere/shop.crm", "iceberg://lake"):
        with pytest.raises(InvalidInput, match="Iceberg table cannot be read") as refused:
            read(tmp_path, file=address)
        assert str(tmp_path) not in str(refused.value)


def test_a_delta_table_is_read_at_its_newest_version(tmp_path):
    deltalake = pytest.importorskip("deltalake")
    for rows, mode in ((ROWS[:1], "overwrite"), (ROWS[1:], "append")):
        emails, tiers = ([row[at] for row in rows] for at in (0, 1))
        table = pa.table({"email": emails, "tier": tiers})
        deltalake.write_deltalake(str(tmp_path / "crm"), table, mode=mode)
    assert same(read(tmp_path, file="crm")[0], ROWS)


def test_an_object_store_is_read_by_address(tmp_path):
    fsspec = pytest.importorskip("fsspec")
    store = fsspec.filesystem("memory")
    store.pipe("/bucket/a.csv", b"email,tier\nann@example.com,gold\n")
    store.pipe("/bucket/b.csv", b"email,tier\nbob@example.com,tin\ncy@example.com,gold\n")
    assert same(read(tmp_path, file="memory://bucket/a.csv")[0], ROWS[:1])
    found, path = read(tmp_path, file="memory://bucket/*.csv")
    assert same(found, ROWS)
    assert not path.exists()
    with pytest.raises(InvalidInput, match="cannot be fetched"):
        read(tmp_path, file="memory://bucket/c.csv")


def test_a_pattern_in_a_store_is_read_by_the_rule_of_a_folder(tmp_path):
    store = pytest.importorskip("fsspec").filesystem("memory")
    store.pipe("/export/_SUCCESS", b"")
    store.pipe("/export/0.csv", b"email,tier\nann@example.com,gold\n")
    store.pipe("/export/1.csv", b"email,tier\nbob@example.com,tin\ncy@example.com,gold\n")
    named = spec(file="memory://export/*")
    assert same(read(tmp_path, file=named.file)[0], ROWS)
    assert pieces(named, tmp_path) == ["memory:///export/0.csv", "memory:///export/1.csv"]
    for extra, sentence in (("2.txt", r"not a \.csv file"), ("3/4.csv", "a folder")):
        store.pipe(f"/export/{extra}", b"email,tier\n")
        for reading in (lambda: read(tmp_path, file=named.file), lambda: pieces(named, tmp_path)):
            with pytest.raises(InvalidInput, match=sentence):
                reading()
        store.rm(f"/export/{extra.partition('/')[0]}", recursive=True)


@pytest.mark.parametrize(
    ("url", "package"),
    [("gs://b/a.csv", "gcsfs"), ("abfs://b/a.csv", "adlfs"), ("oss://b/a.csv", "ossfs"),
     ("s3://b/a.csv", "s3fs")],
)  # fmt: skip
def test_a_store_whose_package_is_missing_says_which(tmp_path, url, package):
    pytest.importorskip("fsspec")
    if find_spec(package):
        pytest.skip(f"{package} is here")
    with pytest.raises(InvalidInput, match=f"pip install {package}"):
        read(tmp_path, file=url)


def test_a_fault_of_a_stores_own_says_its_kind_and_no_address(tmp_path):
    memory = pytest.importorskip("fsspec.implementations.memory")

    class NoCredentials(Exception):
        pass

    class Closed(memory.MemoryFileSystem):
        protocol = "closed"

        def _open(self, path, *given, **named):
            raise NoCredentials(f"secret-of-{path}")

    fsspec = pytest.importorskip("fsspec")
    fsspec.register_implementation("closed", Closed, clobber=True)
    with pytest.raises(InvalidInput, match="NoCredentials") as refusal:
        read(tmp_path, file="closed://bucket-of-acme/a.csv")
    assert "secret" not in str(refusal.value) and "bucket-of-acme" not in str(refusal.value)


def test_a_query_is_one_select(tmp_path):
    parquet(tmp_path / "crm.parquet", ROWS)
    asked = "SELECT email, upper(tier) AS tier FROM 'crm.parquet' WHERE tier = 'gold'"
    assert sorted(read(tmp_path, query=asked)[0].values()) == ["GOLD", "GOLD"]
    out = tmp_path / "out.csv"
    for bad, why in (
        (f"COPY (SELECT 1) TO '{out}'", "one SELECT"),
        ("SELECT 1; SELECT 2", "one SELECT"),
        ("SELECT email FROM nowhere", "query failed"),
        ("SELEC", "query failed"),
    ):
        with pytest.raises(InvalidInput, match=why):
            read(tmp_path, query=bad)
    assert not out.exists()


def test_a_database_is_asked_through_its_driver(tmp_path):
    pytest.importorskip("adbc_driver_sqlite")
    with sqlite3.connect(tmp_path / "crm.db") as base:
        base.execute("CREATE TABLE crm (email TEXT, tier TEXT)")
        base.executemany("INSERT INTO crm VALUES (?, ?)", ROWS)
    asked = {"query": "SELECT email, tier FROM crm", "source": "sqlite:crm.db"}
    assert same(read(tmp_path, **asked)[0], ROWS)
    with pytest.raises(InvalidInput, match="query failed"):
        read(tmp_path, **asked | {"query": "SELECT email FROM nowhere"})


def test_a_missing_package_is_named(tmp_path):
    with pytest.raises(InvalidInput, match="adbc-driver-flightsql") as refusal:
        read(tmp_path, query="SELECT 1", source="flightsql://localhost")
    assert refusal.value.remedy == "Run: pip install adbc-driver-flightsql"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({}, "either a file or a query"),
        ({"file": "a.csv", "query": "SELECT 1"}, "either a file or a query"),
        ({"file": "a.csv", "source": "duckdb:a.db"}, "source is for a query"),
        ({"query": "SELECT 1", "source": "oracle:x"}, "source begins with one of"),
        ({"query": "SELECT 1", "source": "postgresql://me:secret@host/db"}, "environment"),
        ({"file": "s3://key:secret@bucket/a.csv"}, "environment"),
    ],
)
def test_a_source_is_said_once_and_without_secrets(said, why):
    with pytest.raises(ValidationError, match=why):
        spec(**said)


def test_nothing_is_left_behind(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    Path(tmp_path / "temporary").mkdir()
    parquet(tmp_path / "crm.parquet", ROWS)
    asked = spec(query="SELECT * FROM 'crm.parquet'")
    with pytest.raises(RuntimeError), opened(asked, tmp_path) as path:
        assert path.parent.stat().st_mode & 0o077 == 0
        raise RuntimeError
    assert not list((tmp_path / "temporary").iterdir())
