"""Times in INT96 have no zone: they are instants where the footer says so, else nothing is read."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cleanroom.errors import InvalidInput
from cleanroom.ingest import read_table
from cleanroom.ingest.origin import opened
from cleanroom.ingest.spark.gathered import Gatherer
from cleanroom.ingest.spark.worker import Work, messages_of
from cleanroom.ingest.spec import DatasetSpec

MOMENTS = [datetime(2026, 6, 1, 2), datetime(2026, 6, 2, 3, 4, 5)]  # noqa: DTZ001
NOON = int(datetime(2027, 1, 1, tzinfo=UTC).timestamp()) * 10**6
INSTANTS = [int(one.replace(tzinfo=UTC).timestamp()) * 10**6 for one in MOMENTS]
SPARK, HIVE = {"org.apache.spark.version": "3.5.1"}, {"writer.time.zone": "Asia/Shanghai"}
HIVE_4 = {"writer.zone.conversion.legacy": "false"}


def write(path: Path, footer: dict[str, str], *, people: str = "ab", old: bool = True) -> None:
    table = pa.table({"who": list(people), "at": pa.array(MOMENTS, pa.timestamp("us"))})
    table = table.replace_schema_metadata(footer)
    pq.write_table(table, path, use_deprecated_int96_timestamps=old)


def spec(**said: Any) -> DatasetSpec:
    time = {"column": "at", "zone": said.pop("zone", "Asia/Shanghai")}
    fields = {"kind": "events", "id": {"column": "who", "profile": "raw:v1"}, "time": time}
    return DatasetSpec.model_validate(fields | said)


def instants(folder: Path, **said: Any) -> list[int]:
    described = spec(**said)
    with opened(described, folder) as path:
        table = read_table(described, path, latest=NOON)
    assert table.time is not None
    return sorted(set(table.time.tolist()))


@pytest.mark.parametrize("footer", [SPARK, HIVE, HIVE_4], ids=["spark", "hive", "hive 4"])
@pytest.mark.parametrize("zone", ["Asia/Shanghai", "UTC", None])
def test_footers_of_spark_and_hive_make_instants(
    tmp_path: Path, footer: dict[str, str], zone: str | None
) -> None:
    write(tmp_path / "a.parquet", footer)
    assert instants(tmp_path, file="a.parquet", zone=zone) == INSTANTS


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York", "+08:00", None])
def test_other_footers_tell_nothing(tmp_path: Path, zone: str | None) -> None:
    write(tmp_path / "a.parquet", {"pandas": "{}"})
    with pytest.raises(InvalidInput, match="INT96") as refused:
        instants(tmp_path, file="a.parquet", zone=zone)
    assert refused.value.column == "at"
    assert 'zone = "UTC"' in str(refused.value)
    assert instants(tmp_path, file="a.parquet", zone="UTC") == INSTANTS


def test_files_put_together_keep_what_their_footers_tell(tmp_path: Path) -> None:
    folder = tmp_path / "told"
    folder.mkdir()
    write(folder / "1.parquet", SPARK)
    write(folder / "2.parquet", SPARK, people="cd")
    assert instants(tmp_path, file="told") == INSTANTS
    write(folder / "3.parquet", {}, people="ef")
    with pytest.raises(InvalidInput, match="different columns or types"):
        instants(tmp_path, file="told")


def test_files_put_together_tell_nothing_if_none_does(tmp_path: Path) -> None:
    folder = tmp_path / "untold"
    folder.mkdir()
    write(folder / "1.parquet", {})
    write(folder / "2.parquet", {}, people="cd")
    with pytest.raises(InvalidInput, match="INT96"):
        instants(tmp_path, file="untold")
    assert instants(tmp_path, file="untold", zone="UTC") == INSTANTS
    write(folder / "3.parquet", {}, people="ef", old=False)
    with pytest.raises(InvalidInput, match="different columns or types"):
        instants(tmp_path, file="untold", zone="UTC")


def test_a_worker_of_spark_reads_what_this_machine_reads(tmp_path: Path) -> None:
    for name, people in (("1.parquet", "ab"), ("2.parquet", "cd")):
        write(tmp_path / name, HIVE, people=people)
    names = ("1.parquet", "2.parquet")
    work = Work(spec(file="*.parquet"), NOON, tuple(str(tmp_path / name) for name in names))
    said = [one for number in (0, 1) for one in messages_of(number, work)]
    table = Gatherer(work.spec, "all", names).table(said)
    assert table.time is not None
    assert sorted(set(table.time.tolist())) == INSTANTS


@pytest.mark.parametrize("quote", ["'", '"'])
def test_a_query_over_such_files_has_to_say_the_zone(tmp_path: Path, quote: str) -> None:
    pytest.importorskip("duckdb")
    write(tmp_path / "a.parquet", SPARK)
    file = f"{quote}a.parquet{quote}"
    with pytest.raises(InvalidInput, match="AT TIME ZONE"):
        instants(tmp_path, query=f"SELECT * FROM {file}")
    assert instants(tmp_path, query=f"SELECT * FROM {file}", zone="UTC") == INSTANTS
    local = f"SELECT who, \"at\" AT TIME ZONE 'UTC' AS at FROM {file}"
    assert instants(tmp_path, query=local) == INSTANTS


def test_times_of_no_year_do_not_turn_into_others(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    nothing = [datetime(9999, 12, 31), datetime(1, 1, 1)]  # noqa: DTZ001
    times = pa.array([*nothing, MOMENTS[0]], pa.timestamp("us"))
    table = pa.table({"who": list("abc"), "at": times}).replace_schema_metadata(SPARK)
    pq.write_table(table, path, use_deprecated_int96_timestamps=True)
    found = read_table(spec(file="a.parquet"), path, latest=NOON)
    assert found.time is not None
    assert (found.time.tolist(), found.report.unusable) == (INSTANTS[:1], 2)


def test_times_of_other_types_are_what_they_were(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet", SPARK, old=False)
    hours = 8 * 3_600 * 10**6
    assert instants(tmp_path, file="a.parquet") == [one - hours for one in INSTANTS]
