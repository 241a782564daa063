# ruff: noqa: E501
"""Statuses say that a row does not count within other words, by what is unfinished, or in codes."""

from __future__ import annotations

from pathlib import Path

import pytest

from cleanroom.ingest.concerns.statuses import coded
from cleanroom.ingest.concerns.undone import undone
from tests.cleanroom.ingest.test_columns_not_read import look

pytestmark = pytest.mark.usefixtures("inside")

GONE = [
    ("Status Terakhir", "Dibatalkan Penjual"), ("Status Terakhir", "Dibatalkan oleh Sistem"),
    ("Status Pesanan", "Belum Bayar"), ("클레임상태", "부분취소"), ("订单状态", "(删除)等待出库"),
    ("订单状态", "(锁定)等待确认收货"), ("친구상태", "차단"), ("발송결과", "실패"), ("发送状态", "失败"),
    ("配信結果", "配信失敗"), ("status", "UNDELIV"), ("Status", "Hard Bounce"), ("상태", "판매자 취소 완료"),
    ("ステータス", "店舗都合キャンセル"), ("สถานะ", "ยกเลิกโดยผู้ขาย"), ("Trạng thái", "Đã hủy bởi người bán"),
    ("Durum", "İptal Edildi"), ("Durum", "Müşteri iptal etti"), ("Status", "Makulerad"),
    ("Status", "Ακυρώθηκε"), ("Statut", "Commande annulée par le client"), ("Status", "Storniert (Kunde)"),
    ("Estado", "Pedido cancelado por el cliente"), ("Payment Status", "Pending"), ("Status", "Survey Preview"),
    ("order_status", "Payment expired, cancelled"), ("결과", "수신거부"),
]  # fmt: skip

STANDING = [
    ("Status", "Not cancelled"), ("Status", "Refund declined"), ("Status", "Nicht storniert"),
    ("订单状态", "退款关闭"), ("订单状态", "未取消"), ("售后状态", "无售后或售后取消"), ("售后状态", "退款失败"),
    ("상태", "취소철회"), ("ステータス", "返品不可"), ("Status", "Refund requested"), ("Status", "Test drive booked"),
    ("product", "Storniert T-Shirt"), ("商品", "取消线外套"), ("Email status", "Unsubscribed"),
    ("Status", "Solved"), ("Land", "Bounce Town"), ("状态", "解锁定"), ("状態", "ブロック中ではない"), ("상태", "취소 없음"), ("Status", "No returns accepted yet"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "word"), GONE)
def test_words_within_a_status(name: str, word: str) -> None:
    assert undone(name, ["Completed", word]) == [word]


@pytest.mark.parametrize(("name", "word"), STANDING)
def test_words_that_take_it_back_or_stand_elsewhere(name: str, word: str) -> None:
    assert undone(name, ["Completed", word]) == []


def test_what_is_unfinished_is_told_beside_what_is_finished() -> None:
    assert undone("delivery", ["shipped", "pending"]) == []
    assert undone("x", ["paid", "pending", "expired"]) == ["pending", "expired"]


@pytest.mark.parametrize(
    ("name", "codes", "asked"),
    [
        ("ステータス", ["700", "900"], True), ("OrderStatus", ["5", "4"], True),
        ("状态", ["1", "2", "-1"], True), ("current_state", ["5", "6"], True),
        ("FDOCUMENTSTATUS", ["A", "C"], True), ("주문상태코드", ["10", "90"], True),
        ("status", ["1", "1.5"], False), ("ステータス", ["700"], False), ("marital_status", ["1", "2"], False),
        ("婚姻状态", ["1", "2"], False), ("state", ["36", "48"], False), ("Status", ["S", "G"], False),
        ("http_status", ["200", "404"], False), ("Estado", ["1", "2"], False),
        ("status", [*map(str, range(13))], False),
    ],
)  # fmt: skip
def test_codes_of_a_status_are_asked_about(
    tmp_path: Path, name: str, codes: list[str], asked: bool
) -> None:
    assert coded(name, codes) is asked
    report = look(tmp_path / "x.csv", name, codes * 2)
    assert [one.column for one in report.concerns if one.kind == "codes"] == [name] * asked
