# ruff: noqa: E501
"""Words of orders that failed or came back are known in many languages."""

from __future__ import annotations

import pytest

from cleanroom.ingest.concerns.undone import undone

GONE = [
    "交易失败",
    "退货单",
    "退款单",
    "订单失败",
    "红冲",
    "キャンセル確定",
    "キャンセル完了",
    "返品完了",
    "決済失敗",
    "取消済み",
    "취소됨",
    "결제실패",
    "wc-failed",
    "wc-pending",
    "wc-cancelled",
    "wc-refunded",
    "order_failed",
    "Fehlgeschlagen",
    "Stornorechnung",
    "Rücksendung",
    "Échoué",
    "Avoir",
    "Fallido",
    "Devoluciones",
    "Malsucedido",
    "Fallito",
    "Zwrócona",
    "Peruutettu",
    "Återbetald",
    "Annulleret",
    "Zrušeno",
    "Отклонён",
    "Başarısız",
    "Gagal",
    "ยกเลิกแล้ว",
]
STANDING = [
    "交易成功",
    "销售单",
    "换货单",
    "待发货",
    "处理中",
    "処理済",
    "キャンセル不可",
    "返品不可",
    "結合済",
    "결제완료",
    "배송완료",
    "wc-completed",
    "wc-processing",
    "wc-on-hold",
    "order_paid",
    "Abgeschlossen",
    "Rechnung",
    "Terminé",
    "Completado",
    "Concluído",
    "Evaso",
    "Zrealizowane",
    "Toimitettu",
    "Levererad",
    "Ödendi",
    "Selesai",
    "สำเร็จ",
]


@pytest.mark.parametrize("word", GONE)
def test_orders_that_failed_or_came_back(word: str) -> None:
    assert undone("whatever", [STANDING[0], word, ""]) == [word]


@pytest.mark.parametrize("word", STANDING)
def test_orders_that_stand(word: str) -> None:
    assert undone("whatever", ["pagado", word]) == []
