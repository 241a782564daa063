"""Parts that are read apart come out as one file: the same table, counts, places and refusals."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cleanroom.errors import InvalidInput
from cleanroom.ingest.collected import Collected
from cleanroom.ingest.engines import read_here
from cleanroom.ingest.origin import pieces
from cleanroom.ingest.reader import Collector, latest_now
from cleanroom.ingest.source import Source
from cleanroom.ingest.spark import parts, worker
from cleanroom.ingest.spark.gathered import Gatherer, Parts
from cleanroom.ingest.spark.parts import Message, document_of, ending_of
from cleanroom.ingest.spark.worker import Work, messages_of, rows_messages
from cleanroom.ingest.spec import DatasetSpec
from tests.cleanroom.ingest.spark.parts_of import equal, gathered, is_the_same

EMAIL = {"column": "email", "profile": "email:uid2:v1"}
SPEND = {"column": "spend", "max": 99, "decimals": 2}


def spec(**said: Any) -> DatasetSpec:
    fields = {"file": "export", "kind": "audience", "id": EMAIL, "labels": ["tier"]}
    return DatasetSpec.model_validate(fields | {"measures": {"spend": SPEND}} | said)


def export(folder: Path, *files: bytes) -> Path:
    place = folder / "export"
    place.mkdir(parents=True)
    for number, content in enumerate(files):
        (place / f"part-{number}.csv").write_bytes(content)
    return folder


AWKWARD = (
    b"note,email,tier,spend,currency,region\n"
    b"x,ann@example.com,gold,1.5,USD,north\n"
    b"x,no address,gold,3,USD,Total\n"
    b"\n"
    b"x,bad@example.com,tin,many,USD,south",  # no line end
    b"\xef\xbb\xbfnote,email,tier,spend,currency,region\r\n"
    b"x,bob@example.com,N/A,2,EUR,north\r\n"
    b"x,Ann@Example.com,tin,7.25,USD,Grand total\r\n"
    b"x,too few\r\n"
    b'"two\r\nlines",cy@example.com,gold,1234.56,USD,west\r\n'
    b"Total,,,12,,\r\n",
    b"note,email,tier,spend,currency,region\n",  # nothing below the header
    b'note,email,tier,spend,currency,region\n"x","dee@example.com","go\rld",5,USD,all\r'
    b"x,ann@example.com,gold,1,USD,Total\r"
    b"note,email,tier,spend,currency,region\r"
    b"x,,,,,\rx,eve@example.com,,-1,GBP,Totaal\r",
)


@pytest.mark.parametrize("rows", [1, worker.ROWS])
def test_awkward_files_come_out_as_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    monkeypatch.setattr(worker, "ROWS", rows)
    export(tmp_path, *AWKWARD)
    described = spec(duplicates="sum")
    table = gathered(described, tmp_path)
    assert equal(table, read_here(described, tmp_path))
    report = table.report
    assert (report.rows, report.usable, report.unusable) == (13, 4, 7)
    assert report.duplicates is not None
    assert report.duplicates.first == (2, 7)
    places = {fault.reason: fault.examples for fault in report.faults}
    assert places["the row has a different number of fields from the header"] == (8,)
    assert places["email is empty"] == (16,)
    odd = {one.kind: one for one in report.concerns}
    assert odd["currencies"].declared == "EUR, GBP, USD"
    assert (odd["total-elsewhere"].rows, odd["total-elsewhere"].places) == (5, (3,))


def test_events_with_a_key_and_several_identifiers_come_out_as_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "ROWS", 5)
    header = b"email,phone,card,order,when,act,spend\n"
    rows = [
        b"%s,%s,,o%d,2026-03-0%d 10:00,%s,%d.%02d\n"
        % (
            b"a%d@example.com" % (number % 5) if number % 3 else b"",
            b"1380013800%d" % (number % 4) if number % 2 else b"",
            number % 9,
            1 + number % 9,
            b"click" if number % 4 else b"view",
            number,
            number,
        )
        for number in range(24)
    ]
    export(tmp_path, *(header + b"".join(rows[start : start + 12]) for start in range(0, 24, 12)))
    phone = {"column": "phone", "profile": "phone:e164:v1", "region": "CN"}
    several = spec(
        kind="events",
        labels=[],
        id=[EMAIL, phone, {"column": "card", "profile": "raw:v1"}],
        key="order",
        time={"column": "when", "format": "%Y-%m-%d %H:%M", "zone": "Asia/Shanghai"},
        action={"column": "act", "click": "click", "view": "view"},
        buckets={"band": {"column": "spend", "edges": [0, 5, 10]}},
    )
    assert is_the_same(several, tmp_path)


def test_parquet_files_and_partitions_of_a_query_come_out_as_one(tmp_path: Path) -> None:
    (tmp_path / "export").mkdir()
    tables = [
        pa.table({
            "email": pa.array(emails),
            "tier": pa.array(["gold", None][: len(emails)]).dictionary_encode(),
            "spend": pa.array([1.25, float("nan")][: len(emails)]),
        })
        for emails in (["a@b.cn", "c@d.cn"], ["A@b.cn"])
    ]  # fmt: skip
    for number, table in enumerate(tables):
        pq.write_table(table, tmp_path / "export" / f"{number}.parquet")
    described = spec(duplicates="sum")
    here = read_here(described, tmp_path)
    assert here.report.duplicates is not None
    assert here.report.duplicates.first == (1, 3)
    assert equal(gathered(described, tmp_path), here)

    work = Work(described, latest_now())
    batches = [table.to_batches() for table in (tables[0], tables[0].slice(0, 0), tables[1])]
    said = [
        one
        for number, some in enumerate([*batches, []])
        for one in rows_messages(number, some, work)
    ]
    asked = Gatherer(described, "export (all)").table(said)
    assert equal(asked, here)


def test_all_that_is_known_of_a_file_is_joined() -> None:
    """A field that a reader gets has to be told of each part, and absorbed."""
    told = document_of(Collector(spec(), 0, None), None)
    by_row = {"values", "keys", "index", "fields"}
    assert {one.name for one in fields(Collected)} - by_row == told.keys() - {"labels", "ending"}
    known = {one.name for one in fields(Source) if not one.init}
    assert known | {"parquet"} == ending_of(Parts(Path("export"), ("email",))).keys()


GOOD = b"email,tier,spend\nann@example.com,gold,1\n"


@pytest.mark.parametrize(
    "second",
    [
        b"tier,email,spend\ngold,x@example.com,1\n",
        b"\x1f\x8b\x08",
        b'"email\n",tier\n',
        b"",
        GOOD,
        b'email,tier,spend\nann@example.com,"gold" x,1\n',
    ],
)
def test_what_is_refused_of_one_file_is_refused_of_parts(tmp_path: Path, second: bytes) -> None:
    export(tmp_path, GOOD if second in (GOOD, second[:0]) else GOOD[:17], second)
    with pytest.raises(InvalidInput) as here:
        read_here(spec(), tmp_path)
    with pytest.raises(InvalidInput) as there:
        gathered(spec(), tmp_path)
    assert there.value.sentence == here.value.sentence
    assert there.value.file in (here.value.file, "part-1.csv")


def test_parts_without_a_row_are_no_table(tmp_path: Path) -> None:
    export(tmp_path, GOOD[:17], GOOD[:17])
    with pytest.raises(InvalidInput, match="no rows below its header"):
        gathered(spec(), tmp_path)


def test_tables_of_a_lake_are_asked_by_a_query(tmp_path: Path) -> None:
    (tmp_path / "export" / "_delta_log").mkdir(parents=True)
    for one in (spec(), spec(file="iceberg://lake/crm.people")):
        with pytest.raises(InvalidInput, match="by a query") as refused:
            pieces(one, tmp_path)
        assert 'source = "spark"' in str(refused.value)


# --- what a worker says is checked


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> tuple[Message, Message]:
    """Return the two messages of one file: its rows, and what was counted."""
    folder = export(tmp_path_factory.mktemp("said"), GOOD)
    work = Work(spec(), latest_now(), tuple(pieces(spec(), folder)))
    first, last = messages_of(0, work)
    return first, last


def told(message: Message, **more: Any) -> Message:
    return replace(message, document=json.dumps(json.loads(message.document or "") | more))


def renamed(message: Message) -> Message:
    with pa.ipc.open_stream(message.rows) as stream:
        (batch,) = stream
    return replace(
        message, rows=parts.stream_of(batch.rename_columns(["x", *batch.schema.names[1:]]))
    )


Change = Callable[[Message, Message], list[Message]]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda rows, end: [rows], "Not all parts"),
        (lambda rows, end: [rows, end, end], "not well-formed"),
        (lambda rows, end: [rows, replace(end, part=1)], "not well-formed"),
        (lambda rows, end: [replace(rows, rows=b"no Arrow"), end], "not well-formed"),
        (lambda rows, end: [renamed(rows), end], "not well-formed"),
        (lambda rows, end: [rows, rows, told(end, rows=0)], "not well-formed"),
        (lambda rows, end: [rows, replace(end, document="[]")], "not well-formed"),
        (lambda rows, end: [rows, told(end, labels={})], "not well-formed"),
        (
            lambda rows, end: [
                rows,
                told(end, labels={"tier": {"known": [], "counts": {}, "first": {}, "rows": 1}}),
            ],
            "not well-formed",
        ),
        (lambda rows, end: [rows, told(end, rules={"unicode": "1.0"})], "different versions"),
        (lambda rows, end: [told(end, broken="OSError")], "could not read a part of it: OSError"),
    ],
)
def test_an_answer_that_is_no_workers_is_refused(
    said: tuple[Message, Message], change: Change, why: str
) -> None:
    assert Gatherer(spec(), "export", ("part-0.csv",)).table(said).rows == 1
    with pytest.raises(InvalidInput, match=why):
        Gatherer(spec(), "export", ("part-0.csv",)).table(change(*said))


def test_no_exception_and_no_cell_leaves_a_task(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ValueError("ann@example.com is odd")

    monkeypatch.setattr(worker, "source_of", fail)
    export(tmp_path, GOOD)
    work = Work(spec(), latest_now(), tuple(pieces(spec(), tmp_path)))
    (message,) = messages_of(0, work)
    assert json.loads(message.document or "")["broken"] == "ValueError"
    assert "ann@" not in repr(message)
