# ruff: noqa: E501
"""Words that say that nothing was undone, and zeros however they are written, undo no row."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cleanroom.ingest import Report, validate_report
from cleanroom.ingest.concerns.undone import undone
from cleanroom.ingest.spec import DatasetSpec

pytestmark = pytest.mark.usefixtures("inside")

STANDING = """
没有申请退款|未申请退款|无退款|无需退款|没有退款|未退货|没退货|未发生退款|暂无退款|不支持退货|無退款|未申請退款|无售后|非刷单
not refunded|no refund|never refunded|none refunded|No return|not returned|no chargeback|refund=0|refunds: none|Refunded: no
返品なし|返品無し|返品無|返品ナシ|キャンセル無し|返金不要|返品していない|환불 없음|환불없음|미환불|환불 안함|취소안함|환불 미신청
ohne Storno|keine Erstattung|aucun remboursement|ninguna devolución|sem reembolso|nessun rimborso|iptal edilmedi|iade yok
ไม่คืนเงิน|ยังไม่คืนเงิน|ej annullerad|ei palautettu|غير ملغي|chưa hoàn tiền|нет возврата
""".strip()
GONE = """
申请退款|已申请退款|未发货仅退款|未付款取消|无货取消|七天无理由退货|非质量问题退货|没货退款|返品済み|不良品返品|未着返金
환불완료|미입금 취소|refunded, not shipped|Refunded: 12.50|cancelled by customer
""".strip()
COLUMNS = ["status", "refund_status", "退款状态", "退款", "返品", "is_refunded"]


def words(text: str) -> list[str]:
    return text.replace("\n", "|").split("|")


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("word", words(STANDING))
def test_words_that_deny_an_undoing_are_no_undone_rows(column: str, word: str) -> None:
    assert word not in undone(column, [word, "已退款", "paid", ""])


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("word", words(GONE))
def test_words_that_deny_something_else_still_undo_the_row(column: str, word: str) -> None:
    assert word in undone(column, [word, "paid", ""])


def report(path: Path, **said: Any) -> Report:
    fields = {"file": path.name, "kind": "audience", "id": {"column": "m", "profile": "raw:v1"}}
    return validate_report(DatasetSpec.model_validate(fields | said), path)


@pytest.mark.parametrize(
    "zero", ["0E-18", "0E-10", "0e-10", "0.000000000000000000", "0E+2", "-0.00", "¥0.00"]
)
def test_a_zero_is_no_refund_in_any_notation(tmp_path: Path, zero: str) -> None:
    path = tmp_path / "x.csv"
    for last, told in ((zero, 0), ("1E-2", 1), ("9.99", 1)):
        path.write_text(f"m,refund_amount\nu1,{zero}\nu2,{last}\n")
        assert [one.kind for one in report(path).concerns] == ["filled"] * told


def test_decimals_of_many_places_are_shown_as_numbers(tmp_path: Path) -> None:
    path, kind = tmp_path / "x.parquet", pa.decimal128(38, 18)
    some = pa.array([Decimal(number % 2) / 10**7 for number in range(8)], kind)
    none = pa.array([Decimal(0)] * 8, kind)
    ids = [f"u{number}" for number in range(8)]
    pq.write_table(pa.table({"m": ids, "refund_amount": none, "off": none, "tier": some}), path)
    found = report(path, labels=["tier"])
    assert found.concerns == ()
    assert [(one.value, one.rows) for one in found.unread[1].values] == [("0", 8)]
    assert {"0"} < {one.value for one in found.labels["tier"]}
    assert not any("X" in one.value or "E" in one.value for one in found.labels["tier"])
    assert report(path, keep={"off": ["0"]}).usable == 8


def test_a_zero_of_text_is_shown_and_kept_as_one(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("m,off\nu1,0E-18\nu2,0E-18\nu3,0E5\nu4,0E5\n")
    assert {one.value for one in report(path).unread[0].values} == {"0", "0E5"}
    assert report(path, keep={"off": ["0"]}).usable == 2
