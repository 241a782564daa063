"""Files that are wrong, foreign or hostile: one clear sentence, and never a cell in it."""

import os
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cleanroom import isolated
from cleanroom.errors import InvalidInput
from cleanroom.ingest import Limits, read_table
from cleanroom.ingest.source import Source
from cleanroom.ingest.spec import DatasetSpec

CANARY = "canary-7f3a"


def spec(kind="events", **more):
    profile = {"column": "email", "profile": "email:uid2:v1"}
    return DatasetSpec.model_validate({"file": "x.csv", "kind": kind, "id": profile} | more)


def refusal(path, chosen=None, **limits):
    with pytest.raises(InvalidInput) as caught:
        read_table(chosen or spec(), path, limits=Limits(**limits))
    assert caught.value.file == path.name
    assert CANARY not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("content", "expected", "row"),
    [
        (b"", "The file is empty", None),
        (b"\n\n\n", "only blank lines", None),
        (b"email\n", "no rows below its header", None),
        (b"e-mail,x\na@x.com,1\n", "Did you mean e-mail?", 1),
        (b"Email ,x\na@x.com,1\n", "Did you mean Email", 1),
        (b"one,two\na@x.com,1\n", "The columns are: one, two", 1),
        (b"email;tier\na@x.com;1\n", "not separated by commas", 1),
        (b"email\ttier\na@x.com\t1\n", "not separated by commas", 1),
        (f"{CANARY}@x.com,1\nb@x.com,2\n".encode(), "looks like data: add a header", 1),
        *(
            (f"{one},1\n{one}\n".encode(), "looks like data: add a header", 1)
            for one in ("+8613800138011", "138 0013 8000", "(0151) 2345678", "d" * 64)
        ),
        (f"x\x1b[31m{CANARY},y\n1,2\n".encode(), "do not print", 1),
        (b"email,email\na,b\n", "names this column twice", 1),
        ("email\na@x.com\n".encode("utf-16"), "UTF-16", None),
        ("email,\u57ce\na@x.com,1\n".encode("gb18030"), "header is not UTF-8", 1),
        (b'email\na@x.com\n"' + b"x" * (5 << 20), "quote on this line never closes", 3),
        (b'email,x\na@x.com,1\nb@x.com,"' + b"x" * (9 << 20) + b'"\n', "longer than 4 MiB", 3),
        (b'email,x\na@x.com,"2\n"\nb@x.com,' + b"x" * (9 << 20) + b"\n", "longer than 4 MiB", 4),
        (b"email" + b"x" * (9 << 20) + b"\na@x.com\n", "longer than 4 MiB", 1),
        (b"email,x\na@x.com,2\n" + 3 * (b"b@x.com," + b"x" * (6 << 20) + b"\n"), "4 MiB", 3),
        (b"sep=,\nemail," + b"x" * 33000 + b"\n", "a name of more than 32,768 letters", 2),
        (b'email,x\na@x.com,"\n' + b"b@x.com,1\n" * (1 << 20), "never closes", 2),
        (b'email,x\na@x.com,"one\ntwo"\nb@x.com,"\nc@x.com,1\n', "never closes", 4),
        (b"email\n" + b"a,b\n" * 2000, "More than 1,000 rows have a different number of fields", 2),
    ],
)
def test_wrong_file(tmp_path, content, expected, row):
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    fault = refusal(path)
    assert expected in str(fault)
    assert fault.row == row


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_sheet_s_most_columns_are_read_and_more_are_refused(tmp_path, kind):
    path = tmp_path / f"x.{kind}"
    for more in (0, 1):
        names = ["email", *(f"c{number}" for number in range((1 << 14) - 1 + more))]
        if kind == "csv":
            path.write_text(",".join(names) + "\na@x.com" + "," * (len(names) - 1) + "\n")
        else:
            pq.write_table(pa.table(dict.fromkeys(names, ["a@x.com"])), path)
        if more:
            assert "The file has 16,385 columns, more than 16,384" in str(refusal(path))
        else:
            assert read_table(spec(), path).report.usable == 1


def test_other_encoding_is_named_with_line_and_byte(tmp_path):
    path = tmp_path / "x.csv"
    head = b'note,email,city\n"two\nlines",a@x.com,x\n\nx,y\n'
    path.write_bytes(head + f"n,{CANARY}@x.com,a\u57ce\n".encode("gb18030"))
    fault = refusal(path, spec(labels=["city"]))
    assert (fault.row, fault.column) == (6, "city")
    assert "Byte 2 of the cell, 0xb3, is not UTF-8" in str(fault)


def test_bad_bytes_in_a_column_that_is_not_read_do_not_matter(tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(b"note,email\n\xff\xfe,a@x.com\nx,bad\n")
    report = read_table(spec(), path).report
    assert (report.usable, report.faults[0].examples) == (1, (3,))


def test_missing_file_directory_and_pipe(tmp_path):
    assert "cannot be opened" in str(refusal(tmp_path / "none.csv"))
    assert "not a file" in str(refusal(tmp_path))
    os.mkfifo(tmp_path / "pipe")
    assert "not a file" in str(refusal(tmp_path / "pipe"))


def parquet(path, **columns):
    pq.write_table(pa.table(columns), path)
    return path


def test_parquet_types(tmp_path):
    moment = datetime(2026, 6, 1, 12, tzinfo=UTC)
    path = parquet(
        tmp_path / "x.bin",
        email=pa.array(["a@x.com", "b@x.com", None]).dictionary_encode(),
        price=pa.array([Decimal("19.99"), Decimal("0.01"), None], type=pa.decimal128(9, 2)),
        weight=pa.array([0.1, 1e21, 2.5]),
        tier=pa.array([1, None, 2]),
        ts=pa.array([moment] * 3, type=pa.timestamp("ns", tz="Asia/Shanghai")),
    )
    measures = {
        "price": {"column": "price", "max": 100, "decimals": 2},
        "weight": {"column": "weight", "max": 100, "decimals": 1},
    }
    latest = int(moment.timestamp()) * 10**6
    chosen = spec(measures=measures, labels=["tier"], time="ts")
    table = read_table(chosen, path, latest=latest)
    assert table.measures["price"].tolist() == [1999, 1]
    assert table.measures["weight"].tolist() == [1, 1000]
    assert table.labels["tier"].domain == ("1", "unknown")
    assert table.time.tolist() == [latest, latest]
    assert (table.report.unit, table.report.faults[0].examples) == ("row", (3,))


def test_parquet_in_many_batches_joins_the_same_people(tmp_path):
    people = [f"u{i % 100}@x.com" for i in range(70_000)]
    table = read_table(spec(), parquet(tmp_path / "x.parquet", email=people))
    assert len(table.people) == 100
    assert table.person.tolist() == [i % 100 for i in range(70_000)]


def test_csv_in_many_blocks_keeps_its_line_numbers(tmp_path):
    path = tmp_path / "x.csv"
    pad = "x" * 100
    rows = [f"u{i}@x.com,{pad}\n" for i in range(60_000)]
    rows[55_000] = f"{CANARY},{pad}\n"
    rows[50_000] = "a,b,c\n"
    path.write_text("email,pad\n" + "".join(rows))
    faults = {fault.reason[:9]: fault.examples for fault in read_table(spec(), path).report.faults}
    assert faults == {"email is ": (55_002,), "the row h": (50_002,)}


def test_parquet_without_the_column_or_with_lists(tmp_path):
    path = parquet(tmp_path / "x.parquet", emial=["a@x.com"])
    assert "Did you mean emial?" in str(refusal(path))
    path = parquet(tmp_path / "y.parquet", email=[["a@x.com"]])
    assert "lists or structures" in str(refusal(path))
    path = parquet(tmp_path / "z.parquet", email=[b"a@x.com"])
    assert "bytes, not text" in str(refusal(path))


def test_damaged_parquet_is_one_clear_error(tmp_path):
    whole = parquet(tmp_path / "x.parquet", email=[f"u{i}@x.com" for i in range(3000)])
    content = whole.read_bytes()
    for cut in (4, 100, len(content) // 2, len(content) - 1):
        whole.write_bytes(content[:cut])
        assert refusal(whole).exit_code == 2
    for place in range(60, len(content) - 60, len(content) // 6):
        whole.write_bytes(
            content[:place] + bytes([content[place] ^ 0xFF] * 40) + content[place + 40 :]
        )
        try:
            read_table(spec(), whole)
        except InvalidInput as fault:
            assert fault.sentence


def test_parquet_bomb_of_rows_ends_at_the_limit(tmp_path):
    path = parquet(tmp_path / "x.parquet", email=pa.repeat("a@x.com", 3_000_000))
    assert path.stat().st_size < 20_000
    began = sum(os.times()[:4])
    assert "more than 100,000 rows" in str(refusal(path, rows=100_000))
    assert "unpacks to more than" in str(refusal(path, decoded=1_000_000))
    assert sum(os.times()[:4]) - began < 3, "processor time of this process and its readers"


def test_bomb_of_memory_ends_the_child_alone(tmp_path):
    wide = pa.array(["x" * (48 << 20)] * 6).dictionary_encode()
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"email": wide}), path, compression="zstd")
    assert path.stat().st_size < 200_000
    fault = refusal(path, memory=500 << 20)
    assert "memory" in str(fault) or "damaged" in str(fault)


def test_processor_time_is_limited(tmp_path, monkeypatch):
    path = tmp_path / "x.csv"
    path.write_text("email\na@x.com\n")
    script = Path(isolated.__file__).with_name("__main__.py").read_text()
    endless = script.replace(
        "def stream(", "def stream(*_):\n    while True:\n        pass\n\n\ndef old("
    )
    (tmp_path / "child.py").write_text(endless)
    monkeypatch.setattr("cleanroom.ingest.source._CHILD", (str(tmp_path / "child.py"),))
    with pytest.raises(InvalidInput, match="too much memory or time"):
        list(Source(path, ("email",), Limits(seconds=1)).batches())


def test_a_reader_that_answers_nonsense_is_refused_and_ends(tmp_path, monkeypatch):
    path = tmp_path / "x.csv"
    path.write_text("email\na@x.com\n")
    script = tmp_path / "child.py"
    monkeypatch.setattr("cleanroom.ingest.source._CHILD", (str(script),))
    script.write_text("import sys; sys.stdin.read(); sys.stdout.write('x' * 10_000_000)")
    with pytest.raises(InvalidInput, match="broke the reader|not well-formed"):
        list(Source(path, ("email",)).batches())
    script.write_text("import sys; sys.stdin.read()")
    with pytest.raises(InvalidInput, match="not well-formed"):
        list(Source(path, ("email",)).batches())


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("email\na@x.com\nbad\n")
    source = Source(path, ("email",))
    list(source.batches())
    path.write_text("email\na@x.com\nbad\nmore\n")
    with pytest.raises(InvalidInput, match="changed while it was read"):
        source.locate([3])


def test_an_abandoned_read_leaves_no_child(tmp_path):
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    path = parquet(tmp_path / "x.parquet", email=[f"u{i}@x.com" for i in range(200_000)])
    before = children.read_text().split()
    batches = Source(path, ("email",)).batches()
    assert next(batches).num_rows > 0
    batches.close()
    assert children.read_text().split() == before
