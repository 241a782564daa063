"""From a party's file to columns: what is read, what is left out and why, what is refused."""

import csv
import json
import os
from concurrent.futures import ThreadPoolExecutor
from io import StringIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from cleanroom.errors import InvalidInput
from cleanroom.ingest import read_table, validate_report
from cleanroom.ingest.identifiers import message
from cleanroom.ingest.spec import DatasetSpec
from cleanroom.report.dataset import shown as screened
from cleanroom.spreadsheets import quote_cell, write_csv

pytestmark = pytest.mark.usefixtures("inside")


NOON = 1_780_315_200  # 2026-06-01T12:00:00Z
LATEST = (NOON + 86_400) * 1_000_000


def spec(kind="audience", **more):
    profile = {"column": "email", "profile": "email:uid2:v1"}
    return DatasetSpec.model_validate({"file": "x.csv", "kind": kind, "id": profile} | more)


def spend(**more):
    return {"spend": {"column": "spend", "max": 1000, "decimals": 2, **more}}


@pytest.fixture
def file(tmp_path):
    def write(content, name="x.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def read(kind_spec, path, **more):
    return read_table(kind_spec, path, latest=LATEST, **more)


def reasons(report):
    return {fault.reason: (fault.rows, fault.examples) for fault in report.faults}


def test_columns_of_an_audience(file):
    path = file("email,tier,spend\nB@x.com,gold,19.99\na.b+c@gmail.com,,0.1\nc@x.com, gold ,7\n")
    table = read(spec(labels=["tier"], measures=spend()), path)
    assert list(table.people) == [
        message("email:uid2:v1", value) for value in ("b@x.com", "ab@gmail.com", "c@x.com")
    ]
    assert list(table.values) == [b"b@x.com", b"ab@gmail.com", b"c@x.com"]
    assert table.person.tolist() == [0, 1, 2]
    assert table.measures["spend"].tolist() == [1999, 10, 700]
    assert table.labels["tier"].domain == ("gold", "unknown")
    assert table.labels["tier"].codes.tolist() == [0, 1, 0]
    assert table.labels["tier"].codes.dtype == np.int32
    assert table.time is None
    assert table.action is None
    assert (table.report.rows, table.report.usable, table.report.people) == (3, 3, 3)


@pytest.mark.parametrize("name", ["x.csv", "x.parquet", os.fsdecode(b"caf\xe9.csv")])
def test_a_path_need_not_be_in_utf_8(tmp_path, name):
    path = tmp_path / os.fsdecode(b"caf\xe9") / name
    path.parent.mkdir()
    path.write_bytes(b"email,tier\na@x.com,gold\nb@x.com,\xc3\xa9\n")
    if name.endswith("parquet"):
        with path.open("wb") as file:
            rows = {"email": ["a@x.com", "b@x.com"], "tier": ["gold", "é"]}
            pq.write_table(pa.table(rows), file)
    table = read(spec(labels=["tier"]), path)
    assert list(table.values) == [b"a@x.com", b"b@x.com"]
    assert table.labels["tier"].domain == ("gold", "é")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("start", ["", "\ufeff", "\ufeff\n\n"])
def test_line_numbers_hold_with_quoted_newlines_blank_lines_and_skipped_rows(file, start, end):
    rows = [
        "note,email",  # line 1 (3 after two blank lines)
        '"one\ntwo\nthree",a@x.com',  # 2 to 4
        "",  # 5
        "too,many,fields",  # 6
        "x,bad",  # 7
        '"a ""quoted""\n",b@x.com',  # 8 and 9
        "few",  # 10
        'y"z,c@x.com',  # 11
        '"",worse',  # 12
    ]
    text = start + "\n".join(rows) + "\n"
    shift = start.count("\n")
    report = read(spec(), file(text.replace("\n", end))).report
    assert reasons(report) == {
        "email is not an e-mail address: it needs exactly one @": (2, (7 + shift, 12 + shift)),
        "the row has a different number of fields from the header": (2, (6 + shift, 10 + shift)),
    }
    assert (report.rows, report.usable, report.unusable, report.unit) == (7, 3, 4, "line")


def test_a_row_counts_under_its_first_reason_only_and_examples_are_few(file):
    path = file("email,spend\n" + "bad,worse\n" * 30 + "a@x.com,worse\nb@x.com,1\n")
    report = read(spec(measures=spend()), path).report
    assert reasons(report) == {
        "email is not an e-mail address: it needs exactly one @": (30, tuple(range(2, 12))),
        "spend is not a number": (1, (32,)),
    }


DUPLICATED = "email,tier,spend\na@x.com,gold,600.50\nb@x.com,red,1\nA@x.com,blue,700\na@x.com,,-2\n"


def test_duplicates_are_rejected_with_the_first_pair_of_lines(file):
    chosen = spec(labels=["tier"], measures=spend(min=-10))
    with pytest.raises(InvalidInput, match="lines 2, 4") as caught:
        read(chosen, file(DUPLICATED))
    assert caught.value.row == 2
    report = validate_report(chosen, file(DUPLICATED), latest=LATEST)
    assert (report.duplicates.rows, report.duplicates.first) == (2, (2, 4))
    assert report.refusals


def test_the_first_duplicate_is_kept(file):
    table = read(
        spec(labels=["tier"], measures=spend(), duplicates="first"), file(DUPLICATED[:-13])
    )
    assert table.measures["spend"].tolist() == [60050, 100]
    assert table.labels["tier"].domain == ("gold", "red")
    assert (table.report.people, table.report.duplicates.rows) == (2, 1)


def test_duplicates_are_summed_before_the_clamp(file):
    wide = spec(labels=["tier"], measures=spend(max=2000, min=-10), duplicates="sum")
    table = read(wide, file(DUPLICATED))
    assert table.measures["spend"].tolist() == [129850, 100]
    assert table.report.clamped == {"spend": 0}
    table = read(spec(measures=spend(max=1000, min=-10), duplicates="sum"), file(DUPLICATED))
    assert table.measures["spend"].tolist() == [100000, 100]
    assert table.report.clamped == {"spend": 1}
    assert table.person.tolist() == [0, 1]


def test_a_sum_that_would_wrap_is_clamped_to_its_own_side(file):
    rows = "".join(f"a@x.com,{cell}\n" for cell in ["9" * 60] * 9)
    table = read(spec(measures=spend(), duplicates="sum"), file("email,spend\n" + rows))
    assert table.measures["spend"].tolist() == [100000]


def test_out_of_range_is_rejected_with_lines(file):
    path = file("email,spend\na@x.com,1\nb@x.com,1000.01\nc@x.com,-1\n")
    strict = spend(out_of_range="reject")
    with pytest.raises(InvalidInput, match=r"2 rows: spend is outside \[0, 1000\] \(lines 3, 4\)"):
        read(spec(measures=strict), path)
    assert validate_report(spec(measures=strict), path).clamped == {"spend": 0}
    table = read(spec(measures=spend()), path)
    assert table.measures["spend"].tolist() == [100, 100000, 0]


def test_events_keep_every_row(file):
    text = f"email,ts,do\na@x.com,{NOON},click\nb@x.com,{NOON + 1}.5,view\na@x.com,{NOON},hover\n"
    action = {"column": "do", "click": "click", "view": "view"}
    path = file(text + f"a@x.com,{NOON - 1},view\n")
    table = read(spec("events", time="ts", action=action), path)
    assert table.person.tolist() == [0, 1, 0]
    assert table.time.tolist() == [NOON * 10**6, (NOON + 1) * 10**6 + 500_000, (NOON - 1) * 10**6]
    assert table.action.tolist() == [1, 0, 0]
    assert table.report.duplicates is None
    assert reasons(table.report) == {"do is neither the click's nor the view's value": (1, (4,))}


def test_declared_domain_is_kept_and_others_are_left_out(file):
    chosen = spec(labels=["tier"], domains={"tier": ["z", "gold", "silver"]})
    table = read(chosen, file("email,tier\na@x.com,gold\nb@x.com,red\nc@x.com,silver\n"))
    # An empty cell is always declared too: whether there is one must not change the domain.
    assert table.labels["tier"].domain == ("gold", "silver", "unknown", "z")
    assert table.labels["tier"].codes.tolist() == [0, 1]
    assert reasons(table.report) == {"tier is outside its declared domain": (1, (3,))}
    table = read(chosen, file("email,tier\na@x.com,z\nb@x.com,\n"))
    assert table.labels["tier"].domain == ("gold", "silver", "unknown", "z")
    assert table.labels["tier"].codes.tolist() == [3, 2]


def test_values_of_rows_left_out_do_not_enter_the_domain(file):
    table = read(spec(labels=["tier"]), file("email,tier\na@x.com,gold\nbad,secret\n"))
    assert table.labels["tier"].domain == ("gold",)


def test_label_with_escapes_or_too_many_values(file):
    path = file("email,tier\na@x.com,\x1b[31mred\nb@x.com," + "x" * 129 + "\nc@x.com,ok\n")
    table = read(spec(labels=["tier"]), path)
    assert table.labels["tier"].domain == ("ok",)
    assert [fault.rows for fault in table.report.faults] == [1, 1]
    many = "".join(f"u{i}@x.com,{i}\n" for i in range(4097))
    with pytest.raises(InvalidInput, match="4,096") as caught:
        read(spec(labels=["tier"]), file("email,tier\n" + many))
    assert caught.value.column == "tier"


def test_no_usable_row_is_refused_with_the_reasons_at_hand(file):
    path = file("email\nsecret1\nsecret2\n")
    with pytest.raises(InvalidInput, match="no row is usable"):
        read(spec(), path)
    assert validate_report(spec(), path).unusable == 2


def test_executor_and_progress(file):
    phone = spec(id={"column": "phone", "profile": "phone:e164:v1", "region": "US"})
    path = file("phone\n" + "".join(f"650555{i:04d}\n" for i in range(5000)))
    seen = []
    with ThreadPoolExecutor(2) as executor:
        table = read(phone, path, executor=executor, progress=seen.append)
    assert table.rows == seen[-1] == 5000
    assert table.values[4999] == b"+16505554999"


def test_report_is_json_and_prints_without_escapes(file):
    path = file("email,spend\na@x.com,5000\nbad,1\n", "strange[red].csv")
    report = read(spec(measures=spend()), path).report
    document = json.loads(json.dumps(report.to_json()))
    assert document["unusable"] == 1
    assert document["clamped"] == {"spend": 1}
    assert document["cost"]["upload"]["bytes"] == 64 * (16 + 768)
    assert document["cost"]["align_dh"]["bytes"] == 64 * 64
    screen = Console(file=StringIO(), width=120)
    screen.print(screened(report))
    shown = screen.file.getvalue()
    assert "strange[red].csv" in shown
    assert "needs exactly one @" in shown


def test_rows_without_measures_cost_no_ciphertext(file):
    report = read(spec(labels=["tier"]), file("email,tier\na@x.com,1\n")).report
    assert report.cost.upload.bytes == 64 * (16 + 8)


@pytest.mark.parametrize(
    "cell",
    ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "\n=1", " =1", "\ufeff=1", "\uff1d1", "\uff20x"],
)
def test_formula_cells_are_quoted(cell):
    assert quote_cell(cell) == "'" + cell
    assert quote_cell("a" + cell) == "a" + cell


def test_write_csv_is_whole_quoted_and_private(tmp_path):
    path = tmp_path / "out.csv"
    write_csv(path, ["id", "=n"], [["+8613800138000", -5], ['a"b\nc', 1.5]])
    with path.open(newline="") as text:
        rows = list(csv.reader(text))
    assert rows == [["id", "'=n"], ["'+8613800138000", "-5"], ['a"b\nc', "1.5"]]
    assert path.stat().st_mode & 0o777 == 0o600


def test_write_csv_leaves_nothing_half_written(tmp_path):
    def rows():
        yield ["a"]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_csv(tmp_path / "out.csv", ["id"], rows())
    assert list(tmp_path.iterdir()) == []
