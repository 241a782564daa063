"""What programs make of a table before it gets here: read as meant, or named with the way out."""

from __future__ import annotations

import gzip
import io
import re
import zipfile
from pathlib import Path

import pyarrow as pa
import pytest

from cleanroom.errors import InvalidInput
from cleanroom.ingest import Report, read_table, validate_report
from cleanroom.ingest.settle import TOTAL_ROW, WRONG_WIDTH
from cleanroom.ingest.source import Source
from cleanroom.ingest.spec import DatasetSpec
from cleanroom.isolated import csv_rows, records
from cleanroom.isolated.columns import Refusal
from cleanroom.isolated.records import Odd
from tests.cleanroom.ingest.apart import read

pytestmark = pytest.mark.usefixtures("inside")


COLUMNS = ("guest", "shop")


def rows(path: Path, content: str | bytes) -> list[tuple[str, ...]]:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    found, skipped = read(path, *COLUMNS)
    assert not skipped
    return found


def refusal(path: Path, content: str | bytes) -> InvalidInput:
    with pytest.raises(InvalidInput) as refused:
        rows(path, content)
    assert refused.value.file == path.name
    return refused.value


def report(path: Path, content: str, *labels: str, **id_: str) -> Report:
    path.write_bytes(content.encode())
    named = {"column": "guest", "profile": "raw:v1"} | id_
    spec = {"file": path.name, "kind": "audience", "id": named, "labels": labels}
    return validate_report(DatasetSpec.model_validate(spec), path)


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("first", ["sep={}", '"sep={}"', "\ufeffsep={}"])
def test_a_first_line_that_names_the_separator_is_obeyed(
    tmp_path: Path, mark: str, end: str, first: str
) -> None:
    lines = [first.format(mark), mark.join(COLUMNS), mark.join(("p,1;2", "x")), ""]
    if mark in ",;":
        lines[2] = mark.join(('"p,1;2"', "x"))
    assert rows(tmp_path / "a.csv", end.join(lines)) == [("p,1;2", "x")]


def test_lines_are_counted_with_the_first_one(tmp_path: Path) -> None:
    content = "sep=;\nguest;shop\np1;x\n\np2;y;z\np3;\x07\n"
    found = report(tmp_path / "a.csv", content, "shop")
    assert [fault.examples for fault in found.faults] == [(5,), (6,)]
    assert (found.rows, found.usable) == (3, 1)


@pytest.mark.parametrize(
    "header",
    [
        "guest, shop",
        " guest ,\tshop\t",
        "guest\u00a0,\u3000shop",
        "\ufeff\ufeffguest,shop\u200b",
        '"guest "," shop"',
        '="guest",="shop"',
        '"=""guest""","=""shop"""',
    ],
)
def test_blanks_around_names_mean_nothing(tmp_path: Path, header: str) -> None:
    assert rows(tmp_path / "a.csv", f"{header}\np1,x\n") == [("p1", "x")]


@pytest.mark.parametrize("names", ["`guest`,`shop`", "'guest','shop'", "[guest],[shop]"])
def test_names_in_quotes_of_another_kind_are_named(tmp_path: Path, names: str) -> None:
    fault = refusal(tmp_path / "a.csv", f"{names}\np1,x\n")
    assert "are in quotes that CSV does not know" in str(fault)


def test_names_that_differ_in_blanks_alone_are_one_name_twice(tmp_path: Path) -> None:
    assert "twice" in str(refusal(tmp_path / "a.csv", "guest,shop, shop\np1,x,y\n"))


def test_an_accent_may_be_a_letter_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("cafe\u0301\nx\n", "utf-8")
    assert read(path, "caf\u00e9") == ([("x",)], [])


@pytest.mark.parametrize("blank", [" ", "\t", "  ", "\u00a0", "\u3000"])
def test_a_quote_behind_blanks_is_refused_at_its_line(tmp_path: Path, blank: str) -> None:
    fault = refusal(tmp_path / "a.csv", f'guest,shop\n"p1","x"\n"p2",{blank}"y"\n')
    assert (fault.row, "before its quote" in str(fault)) == (3, True)
    fault = refusal(tmp_path / "a.csv", f'guest,{blank}"shop"\np1,x\n')
    assert (fault.row, "before its quote" in str(fault)) == (1, True)


def test_blanks_within_quotes_are_no_fault(tmp_path: Path) -> None:
    content = 'guest,shop\n"p1","say ""a"" and  ""b"" "\n'
    assert rows(tmp_path / "a.csv", content) == [("p1", 'say "a" and  "b" ')]


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        ("guest,shop\np1,x,\np2,y,\n", 2, "Remove the comma at the end of each row"),
        ("guest,shop,\np1,x\n", 2, "Remove the comma at the end of the header"),
        ("guest,shop,paid\n\np1,x,19,99\n", 3, "Is the comma a decimal mark"),
        ("guest,shop\np1;x\n", 2, "separated by the semicolon"),
        ("guest,shop\np1\tx\n", 2, "separated by the tab"),
        ("sep=;\nguest;shop\np1,x\n", 3, "separated by the comma"),
        ("sep=;\nguest;shop\np1;x;\n", 3, "Remove the semicolon"),
        ("guest,shop\np1,x,y\n", 2, "Quote fields that hold a comma"),
        ('guest,shop\n"p\n1",x,y\np2,x,y\n', 2, "Quote fields that hold a comma"),
    ],
)
def test_a_file_without_one_row_of_the_headers_width_says_why(
    tmp_path: Path, content: str, line: int, said: str
) -> None:
    fault = refusal(tmp_path / "a.csv", content)
    assert fault.row == line
    assert "a different number of fields from the header" in fault.sentence
    assert said in str(fault)


def test_rows_of_another_width_are_counted_beside_one_that_is_right(tmp_path: Path) -> None:
    found = report(tmp_path / "a.csv", "guest,shop\np1,x,\np2,y\np3\n", "shop")
    assert (found.rows, found.usable, found.unusable) == (3, 1, 2)
    assert found.faults[0].examples == (2, 4)


def test_a_row_that_ends_like_the_header_of_one_column_is_no_second_file(tmp_path: Path) -> None:
    found = report(tmp_path / "a.csv", "guest\np1\np2,my guest\np3\n")
    assert [(fault.reason, fault.examples) for fault in found.faults] == [(WRONG_WIDTH, (3,))]


def packed(name: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, "x")
    return file.getvalue()


def arrow(write: str) -> bytes:
    file = io.BytesIO()
    table = pa.table({"guest": ["p1"], "shop": ["x"]})
    with getattr(pa.ipc, write)(file, table.schema) as writer:
        writer.write(table)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (packed("[Content_Types].xml"), "Excel workbook (.xlsx)"),
        (packed("Index/Document.iwa"), "Numbers"),
        (packed("orders.csv"), "ZIP archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(64), ".xls"),
        (gzip.compress(b"guest,shop\n", mtime=0), "gzip"),
        (b"SQLite format 3\x00" + bytes(64), "SQLite"),
        (arrow("new_file"), "Arrow file"),
        (arrow("new_stream"), "Arrow stream"),
        (b"PARE" + bytes(64), "encrypted Parquet"),
        (b"%PDF-1.7\n", "PDF"),
        (b"\xef\xbb\xbf\n <!DOCTYPE html><table><tr><td>guest", "web page"),
        (b'{"guest": "p1", "shop": "x"}\n', "JSON"),
        (b'[{"guest": "p1"}]', "JSON"),
        ("guest,shop\np1,x\n".encode("utf-16"), "UTF-16"),
        ("guest,shop\np1,x\n".encode("utf-16-le"), "UTF-16LE"),
        ("guest,shop\np1,x\n".encode("utf-16-be"), "UTF-16BE"),
        ("guest,shop\np1,x\n".encode("utf-32"), "UTF-32"),
        ("guest,店\np1,x\n".encode("gb18030"), "GB 18030 (GBK)"),
        ("guest,shop\np1,上海\n".encode("gb18030"), "GB 18030 (GBK)"),
        ("guest,店\np1,x\n".encode("gb18030"), "EUC-KR (CP949) if it is Korean"),
        ("guest,회원\np1,x\n".encode("euc-kr"), "EUC-KR (CP949) if it is Korean"),
        ("guest,会員ランク\np1,x\n".encode("cp932"), "like Shift_JIS: iconv -f CP932"),
        ("guest,會員\np1,x\n".encode("big5"), "like Big5: iconv -f BIG5"),
        ("guest,Prénom né\np1,x\n".encode("latin-1"), "like Windows-1252 (Latin-1): iconv"),
        ("guest,Été\np1,x\n".encode("cp437"), "(it may be GB 18030"),
        ("guest,shop\np1,München\n".encode("latin-1"), "Latin-1"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_text_in_utf8_is_named_with_the_way_out(
    tmp_path: Path, content: bytes, said: str
) -> None:
    fault = refusal(tmp_path / "a.csv", content)
    assert said in str(fault)
    assert fault.remedy


@pytest.mark.parametrize("header", ["ORCID,guest,shop", "BZ,guest,shop", "Obj,guest,shop"])
def test_a_header_is_not_taken_for_another_kind(tmp_path: Path, header: str) -> None:
    assert rows(tmp_path / "a.csv", f"{header}\n1,p1,x\n") == [("p1", "x")]


def test_the_header_of_a_file_that_was_appended_is_nobody(tmp_path: Path) -> None:
    part = "\ufeffguest,shop\np{},x\n"
    found = report(tmp_path / "a.csv", part.format(1) + part.format(2), "shop")
    assert (found.people, found.usable, found.domains) == (2, 2, {"shop": 1})
    assert [(fault.rows, fault.examples) for fault in found.faults] == [(1, (3,))]
    assert "repeats the header" in found.faults[0].reason


@pytest.mark.parametrize(
    "row", ["p1,x", "\np1,x\r", '"p1",x', "p1,x\r\n\r\n", "p1,\x00", "p1,\u2028"]
)
@pytest.mark.parametrize("places", [(1,), (2, 3)])
def test_no_row_goes_uncounted_at_the_end_of_a_block(
    tmp_path: Path, row: str, places: tuple[int, ...]
) -> None:
    """Blocks of 256 KiB are counted, and blocks of 4 MiB are parsed."""
    filler = "y" * 997
    lines = [f"q{number},{filler}"[:999] for number in range(5 * 1049)]
    for place in places:
        lines[place * 1048] = row
    content = "\n".join(["guest,shop", *lines])
    assert len(rows(tmp_path / "a.csv", content)) == len(lines)


def test_another_count_than_the_parsers_refuses_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("guest,shop\np1,x\np2,y\n")
    assert len(list(csv_rows.read_csv(str(path), list(COLUMNS), [], Odd()))) == 1
    monkeypatch.setattr(records, "survey", lambda *_: (4, set(), 0))
    with pytest.raises(Refusal, match="has 3 rows, and 2 were read"):
        list(csv_rows.read_csv(str(path), list(COLUMNS), [], Odd()))


def test_a_file_is_read_as_a_table_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("sep=;\nguest; shop\np1; x\n")
    spec = {"file": "a.csv", "kind": "audience", "id": {"column": "guest", "profile": "raw:v1"}}
    table = read_table(DatasetSpec.model_validate(spec | {"labels": ["shop"]}), path)
    assert table.labels["shop"].domain == ("x",)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_row_of_another_width_that_is_not_utf8_is_refused_at_its_line(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"guest,shop\np1,x\n" + "p2,上海,y\np3,x\n".encode("gb18030"))
    with pytest.raises(InvalidInput, match="GB 18030") as refused:
        list(Source(path, COLUMNS).batches())
    assert refused.value.row == 3


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("Monthly report,,\n,,\nmember,tier,spend\nu1,gold,3\n", "header is on line 3"),
        ("Monthly report\n\nmember,tier,spend\nu1,gold,3\n", "header is on line 3"),
        ("sep=;\nReport\nmember;tier;spend\nu1;gold;3\n", "header is on line 3"),
        ('"member","tier","spend"\n"1","u1","gold",3\n"2","u2","gold",3\n', "row.names"),
        ("member,tier,spend\nu1,Li\\, Ann,3\nu2,a\\,b,3\n", "A backslash before a comma"),
        ("member,tier,spend\n1,gold,3,\n2,gold,3,\n", "Remove the comma at the end"),
        ('"member" "tier" "spend"\n"1" "u1" "gold" 3\n', "separated by spaces"),
        ("member tier spend\nu1 gold 3\n", "separated by spaces"),
    ],
)
def test_what_stands_in_the_way_of_a_header_is_named(
    tmp_path: Path, content: str, said: str
) -> None:
    path = tmp_path / "brand.csv"
    path.write_text(content)
    with pytest.raises(InvalidInput, match=said) as refused:
        read(path, "member", "tier", "spend")
    assert refused.value.row is not None


def test_rows_that_a_cell_swallows_are_a_concern_of_the_report(tmp_path: Path) -> None:
    found = report(tmp_path / "brand.csv", 'guest,shop,n\nu1,"a,5\nu2,b",6\nu3,c,7\n', "shop")
    (concern,) = [one for one in found.concerns if one.kind == "swallowed"]
    assert (concern.rows, concern.of, concern.places) == (1, 2, (2,))


def test_rows_of_totals_are_known_by_a_first_cell_that_nobody_reads(tmp_path: Path) -> None:
    lines = ["day,guest,n", "1,u1,3", "Total,17,3", "", "2,,4", "x,bad", "小计,18,1", "3,u2,1"]
    lines += ['"Gold Total",19,1', "Totalfit,u3,1", "4,NULL,1", "Grand Total:,20,9"]
    lines += ["Total: Account,u1,9", "合计：本页,u2,9"]
    found = report(tmp_path / "brand.csv", "\n".join(lines) + "\n")
    told = {fault.reason: fault.examples for fault in found.faults}
    assert told[TOTAL_ROW] == (3, 7, 9, 12, 13, 14)
    assert told[WRONG_WIDTH] == (6,)
    assert told["guest is empty"] == (5,)
    assert (found.rows, found.usable, found.unusable, found.people) == (12, 3, 9, 3)


def test_totals_in_a_column_that_nobody_reads_are_pointed_at(tmp_path: Path) -> None:
    lines = ["guest,name,text,day", "u1,A,x,1", "u1,小计,x,2", "x,y", '"u2",Subtotal,本年累计,3']
    lines += ["u3,All,x,4", "Total,TOTAL,x,5"]
    path = tmp_path / "brand.csv"
    path.write_text("\n".join(lines) + "\n")
    spec = {"file": path.name, "kind": "events", "id": {"column": "guest", "profile": "raw:v1"}}
    found = validate_report(DatasetSpec.model_validate(spec), path)
    told = [(one.column, one.rows, one.places) for one in found.concerns if "else" in one.kind]
    assert told == [("name", 4, (3,)), ("text", 1, (5,))]
    assert (found.rows, found.usable) == (6, 4)


def test_totals_are_named_by_their_lines_across_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_rows, "BLOCK_BYTES", 40)
    path = tmp_path / "brand.csv"
    rows_ = ["Total,7" if number % 3 == 0 else f"d{number},u{number}" for number in range(30)]
    rows_.insert(7, "odd")
    path.write_text("day,guest\n" + "\n".join(rows_) + "\n")
    odd, skipped = Odd(pattern="total"), list[int]()
    batches = list(csv_rows.read_csv(str(path), ["guest"], skipped, odd))
    assert sum(batch.num_rows for batch in batches) == 20
    assert odd.totals == [n + 2 for n, row in enumerate(rows_) if row == "Total,7"]
    assert skipped == [9]


def test_a_first_column_that_is_read_or_is_no_utf8_is_not_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "brand.csv"
    found = report(path, "shop,guest\nTotal,u1\nx,u2\n", "shop")
    assert (found.usable, [one.kind for one in found.concerns]) == (2, ["total"])
    path.write_bytes("day,guest\n合计,u1\n".encode("gb18030"))
    odd = Odd(pattern="合计")
    assert [batch.num_rows for batch in csv_rows.read_csv(str(path), ["guest"], [], odd)] == [1]


def test_a_line_break_in_a_columns_name_is_a_blank(tmp_path: Path) -> None:
    for name in ('"guest\n(id)"', '"guest \r\n (id)"'):
        (tmp_path / "a.csv").write_text(f"{name},shop\np1,x\n", newline="")
        assert read(tmp_path / "a.csv", "guest (id)", "shop") == ([("p1", "x")], [])


@pytest.mark.parametrize(
    ("content", "said", "way_out"),
    [
        ("guest,guest,shop\np,q,x\n", "twice", "another name"),
        ("guest\x01shop\np\x01x\n", "no such column", "control character"),
        ("a@b.cn\tx\n", "no such column", "add a header.*sep= and a tab"),
        ("Report 1\n----\n|guest|shop |\n|p|x|\n", "on line 3.*other marks", r"sep=\|"),
        ("Report;1\nguest;shop\np;x\n", "on line 2.*other marks", "sep=;"),
        ("sep=;\nReport\nguest\tshop\np\tx\n", "on line 3.*other marks", "and a tab"),
        ("guest,shop\n", "no rows", "Export it again"),
        ("", "empty", "Export it again"),
        ("guest,shop\np,x\nshop,guest,tier\nx,q,t\n", "3.*second header", "by the names"),
        ("guest,shop,tier\np,x,t\nguest,shop\nq,y\n", "3.*second header", "by the names"),
        ("\ufeffguest,shop\np,x\ufeffguest,shop\nq,y\n", "2.*within a line", "line break"),
        ('guest,shop\n"p","x""guest","shop"\nq,y\n', "2.*within a line", "line break"),
        ('\ufeff\ufeff"guest",shop\np,x\n', "two byte order marks", "Remove one"),
        ("\ufeff\ufeffsep=;\nguest;shop\np;x\n", "two byte order marks", "Remove one"),
    ],
)
def test_what_is_refused_has_a_way_out(
    tmp_path: Path, content: str, said: str, way_out: str
) -> None:
    found = refusal(tmp_path / "a.csv", content)
    assert re.search(said, str(found))
    assert re.search(way_out, found.remedy or "")
