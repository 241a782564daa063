"""What stands in columns that are not read is looked at as UTF-8: other bytes are told of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cleanroom.errors import InvalidInput
from cleanroom.ingest import Report, validate_report
from cleanroom.ingest.report import Concern
from cleanroom.ingest.spec import DatasetSpec
from cleanroom.isolated.records import SURVEYED
from cleanroom.isolated.text import likely
from cleanroom.report.dataset import concern
from tests.cleanroom.ingest.spark.parts_of import gathered, is_the_same

pytestmark = pytest.mark.usefixtures("inside")

HEADER = "m,status,spend\n"
SPEND = {"spend": {"column": "spend", "decimals": 2, "max": 99}}


def spec(**said: Any) -> DatasetSpec:
    fields = {"file": "x.csv", "kind": "audience", "id": {"column": "m", "profile": "raw:v1"}}
    return DatasetSpec.model_validate(fields | {"measures": SPEND} | said)


def rows(*words: str, count: int = 12, start: int = 0) -> str:
    places = range(start, start + count)
    return "".join(f"u{n:05},{words[n % len(words)]},{n % 90}.50\n" for n in places)


def report(path: Path, content: bytes, **said: Any) -> Report:
    path.write_bytes(content)
    return validate_report(spec(**said), path)


def told(found: Report) -> list[Concern]:
    kinds = ("encoding", "spoilt", "damaged", "undone")
    return [one for one in found.concerns if one.kind in kinds]


@pytest.mark.parametrize(
    ("words", "codec", "named"),
    [
        (("已取消", "交易成功"), "gb18030", "GB 18030 (GBK)"),
        (("キャンセル", "受注"), "cp932", "Shift_JIS"),
        (("キャンセル", "キャンペーン"), "euc-jp", "EUC-JP"),
        (("キャンセル", "完了"), "iso-2022-jp", "ISO-2022-JP"),
        (("취소", "배송"), "euc-kr", "GB 18030 (GBK) / EUC-KR (CP949)"),
        (("已取消", "訂單完成"), "big5", "Big5"),
        (("Remboursé", "Livré"), "cp1252", "Windows-1252 (Latin-1)"),
        (("Отменён", "Оплачен"), "cp1251", "Windows-1251"),
    ],
)
@pytest.mark.parametrize("quoted", [False, True])
def test_a_file_in_another_encoding_is_named_though_its_read_columns_are_plain(
    tmp_path: Path, words: tuple[str, ...], codec: str, named: str, quoted: bool
) -> None:
    cells = tuple(f'"{word}"' for word in words) if quoted else words
    found = report(tmp_path / "x.csv", (HEADER + rows(*cells)).encode(codec))
    (one,) = told(found)
    assert (one.kind, one.column, one.rows, one.of) == ("encoding", "status", 12, 12)
    assert (one.declared, one.places, found.usable) == (named, (2,), 12)
    for language in ("en", "zh"):
        assert named in concern(one, "line", language)
    assert [one.kind for one in told(report(tmp_path / "x.csv", (HEADER + rows(*cells)).encode()))]


def test_two_exports_in_two_encodings_are_told_at_the_first_line_of_the_second(
    tmp_path: Path,
) -> None:
    ours, theirs = rows("交易成功", "已取消"), rows("交易成功", "已取消", start=12)
    found = report(tmp_path / "x.csv", (HEADER + ours).encode() + theirs.encode("gb18030"))
    assert [(one.kind, one.rows, one.places) for one in told(found)] == [
        ("encoding", 12, (14,)),
        ("undone", 6, (3,)),
    ]
    wide = report(tmp_path / "x.csv", (HEADER + ours).encode() + theirs.encode("utf-16-le"))
    assert [(one.kind, one.declared) for one in told(wide)][0] == ("encoding", "UTF-16")


def test_a_few_damaged_bytes_are_told_and_nothing_more(tmp_path: Path) -> None:
    cell = "已取消".encode()[:-1] + "，订单".encode()
    broken = b"u90000," + cell + b",1.50\nu90001,ok,2.50\n"
    found = report(tmp_path / "x.csv", (HEADER + rows("交易成功")).encode() + broken)
    assert found.usable == 14
    assert [(one.kind, one.column, one.rows, one.places) for one in told(found)] == [
        ("spoilt", "status", 1, (14,))
    ]
    cut = report(tmp_path / "x.csv", (HEADER + rows("ok")).encode() + b"u90000,\xe5\xb7,1.50\n")
    assert [one.rows for one in told(cut)] == [1]


def test_a_letter_over_two_blocks_is_whole_and_a_byte_behind_many_is_seen(tmp_path: Path) -> None:
    count = SURVEYED // 8
    for more in range(3):
        content = HEADER + "x" * more + rows("订单", count=count)
        assert told(report(tmp_path / "x.csv", content.encode())) == []
    late = (HEADER + rows("订单", count=count)).encode() + b"u99999,\xb6,1.50\n"
    assert [one.places for one in told(report(tmp_path / "x.csv", late))] == [(count + 2,)]


def test_lines_count_blank_ones_and_rows_of_another_width(tmp_path: Path) -> None:
    content = b"sep=,\n" + HEADER.encode() + b"\nu1,x\n\nu2,\xd2\xd1\xc8\xa1\xcf\xfb,1.50\n"
    (one,) = told(report(tmp_path / "x.csv", content))
    assert (one.rows, one.places, one.declared) == (1, (6,), "GB 18030 (GBK)")


def test_only_columns_with_such_cells_are_named_the_worst_first(tmp_path: Path) -> None:
    line = "{},{},{},{},{},1.50\n"
    lines = [line.format(f"u{n}", "已", "x", "备注" if n % 2 else "", "店") for n in range(6)]
    content = "m,a,b,c,d,spend\n" + "".join(lines)
    (one,) = told(report(tmp_path / "x.csv", content.encode("gb18030")))
    assert (one.column, one.rows) == ("a, d, c", 6)
    content = "m,a,b,c,d,spend\n" + line.format("u1", *["已"] * 4)
    (one,) = told(report(tmp_path / "x.csv", content.encode("gb18030")))
    assert one.column == "a, b, c, …"


def test_a_column_that_is_read_is_refused_as_before(tmp_path: Path) -> None:
    content = (HEADER + rows("已取消")).encode("gb18030")
    with pytest.raises(InvalidInput, match="looks like GB 18030 .*iconv -f GB18030"):
        report(tmp_path / "x.csv", content, labels=["status"])


@pytest.mark.parametrize("lost", ["???", "\ufffd\ufffd", "å·²å–æ¶ˆ", "M?nchen"])
def test_words_that_were_lost_on_conversion_are_told(tmp_path: Path, lost: str) -> None:
    found = report(tmp_path / "x.csv", (HEADER + rows(lost, "paid")).encode())
    assert [(one.kind, one.column, one.rows, one.places) for one in told(found)] == [
        ("damaged", "status", 6, (2,))
    ]


def parquet(path: Path, words: list[bytes], **more: Any) -> Path:
    """Write text that is not UTF-8 as some programs do."""
    raw = pa.array(words, pa.binary())
    text = pa.Array.from_buffers(pa.string(), len(raw), raw.buffers())
    ids = [f"u{number}" for number in range(len(words))]
    pq.write_table(pa.table({"m": ids, "status": text, "spend": [1] * len(words)}, **more), path)
    return path


@pytest.mark.parametrize("name", ["status", "refund_time", "order_no", "country"])
def test_text_of_parquet_is_told_in_a_column_that_is_not_read(tmp_path: Path, name: str) -> None:
    path = parquet(tmp_path / "x.parquet", [b"ok", "已取消".encode("gb18030"), b"ok"] * 4)
    table = pq.read_table(path).rename_columns(["m", name, "spend"])
    pq.write_table(table, path)
    found = validate_report(spec(file=path.name), path)
    one = next(one for one in found.concerns if one.kind == "encoding")
    assert (one.column, one.rows, one.places) == (name, 4, (2,))
    assert (found.usable, one.declared) == (12, "GB 18030 (GBK)")


def test_text_of_parquet_is_refused_at_its_row_in_a_column_that_is_read(tmp_path: Path) -> None:
    path = parquet(tmp_path / "x.parquet", [b"ok", b"\xd2\xd1"])
    with pytest.raises(InvalidInput, match="not UTF-8") as refused:
        validate_report(spec(file=path.name, labels=["status"]), path)
    assert (refused.value.row, refused.value.column) == (2, "status")


def test_parts_that_are_read_apart_say_the_same(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    for number, word in enumerate(["交易成功", "已取消", "已退款"]):
        content = rows(word, start=12 * number).encode("gb18030" if number else "utf-8")
        (tmp_path / "x" / f"{number}.csv").write_bytes(HEADER.encode() + content)
    described = spec(file="x")
    (one,) = told(gathered(described, tmp_path).report)
    assert (one.rows, one.places, one.declared) == (24, (14,), "GB 18030 (GBK)")
    assert is_the_same(described, tmp_path)


def test_an_encoding_is_named_in_time_however_long_a_cell_is() -> None:
    assert likely(b"\xe0" * 100_000 + b"\x80") == ("", "")
