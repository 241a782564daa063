# ruff: noqa: E501
"""Rows that are not sold, not people's or not in force are known by more words and names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cleanroom.ingest import validate_report
from cleanroom.ingest.concerns.impressions import counts_seen
from cleanroom.ingest.concerns.undone import STAMPS, undone
from cleanroom.ingest.spec import DatasetSpec
from tests.cleanroom.ingest.test_columns_not_read import look, odd

pytestmark = pytest.mark.usefixtures("inside")

SAID = [
    ("物流状态", ["拒签退回", "已签收"], ["拒签退回"]),
    ("售后状态", ["维权完成", ""], ["维权完成"]),
    ("审核状态", ["未审核", "已审核"], ["未审核"]),
    ("审核结果", ["审核不通过", "通过"], ["审核不通过"]),
    ("주문상태", ["출고중지완료", "배송완료"], ["출고중지완료"]),
    ("status", ["WITHDRAWN", "ACTIVE"], ["WITHDRAWN"]),
    ("账号状态", ["禁用", "正常"], ["禁用"]),
    ("状态", ["停用", "启用"], ["停用"]),
    ("アカウント状態", ["利用停止", "有効"], ["利用停止"]),
    ("user_status", ["Suspended", "active"], ["Suspended"]),
    ("订单类型", ["样品", "正常订单"], ["样品"]),
    ("商品类型", ["赠品", "商品"], ["赠品"]),
    ("交易类型", ["储值充值", "消费"], ["储值充值"]),
    ("类型", ["充值", "消费"], ["充值"]),
    ("收支", ["不计收支", "收入"], ["不计收支"]),
    ("type", ["returns", "sold"], ["returns"]),
    ("is_cheat", ["1", "0"], ["1"]),
    ("作弊标识", ["1", "0"], ["1"]),
    ("ブロック", ["1", ""], ["1"]),
    ("是否赠品", ["是", "否"], ["是"]),
    ("样品订单", ["Y", "N"], ["Y"]),
    ("env", ["stg", "x"], ["stg"]),
    ("app_environment", ["debug", "dev"], ["debug", "dev"]),
    ("环境", ["预发", "线上"], ["预发"]),
    ("build", ["debug", "release"], ["debug"]),
    ("end_date", ["9999-12-31", "2026-01-01", "20251231"], ["2026-01-01", "20251231"]),
    ("dw_end_dt", ["9999-12-31 00:00:00", "2026-01-01 00:00:00"], ["2026-01-01 00:00:00"]),
    ("取消原因", ["不想要了", "", "拍错"], ["不想要了", "拍错"]),
    ("订单关闭原因", ["订单未关闭", "买家未付款"], ["买家未付款"]),
    ("退款原因", ["无", "质量问题"], ["质量问题"]),
    ("キャンセル理由", ["", "お客様都合"], ["お客様都合"]),
    ("취소사유", ["", "단순변심"], ["단순변심"]),
    ("cancellation_reason", ["", "customer"], ["customer"]),
    ("Cancel Reason", ["N/A", "fraudulent order"], ["fraudulent order"]),
    ("motif_annulation", ["", "doublon"], ["doublon"]),
]
QUIET = [
    ("售后状态", ["无维权", "正常"]),
    ("审核状态", ["未审核", "资料已交"]),
    ("推送状态", ["停用", "启用"]),
    ("计划状态", ["停用", "启用"]),
    ("push_status", ["suspended", "on"]),
    ("渠道", ["停用", "启用"]),
    ("偏好", ["样品", "正装"]),
    ("类型", ["充值", "提现"]),
    ("business", ["充值", "话费"]),
    ("赠品", ["雨伞", ""]),
    ("是否有赠品", ["是", "否"]),
    ("是否领取赠品", ["是", "否"]),
    ("已寄样品", ["是", "否"]),
    ("反作弊", ["1", "0"]),
    ("block", ["1", "2"]),
    ("部门", ["开发", "生产", "销售"]),
    ("stage", ["stage", "dev"]),
    ("customer type", ["dev", "designer"]),
    ("environment", ["indoor", "outdoor"]),
    ("end_date", ["2026-01-01", "2026-02-01"]),
    ("valid_to", ["9999-12-31", "2027-01-01"]),
    ("end_date", ["9999-12-31", "open"]),
    ("weekend date", ["9999-12-31", "2026-01-01"]),
    ("取消原因", ["不想要了", "拍错"]),
    ("关闭原因", ["", "订单未关闭"]),
    ("购买原因", ["", "送礼"]),
    ("reason", ["", "gift"]),
    ("return_policy_reason", ["", "fits"]),
    ("type", ["returns", "repairs"]),
]
FILLED = (
    """
取消时间|关闭时间|订单取消时间|订单关闭时间|cancel_time|Cancel Date|order_cancel_time|取消日時|キャンセル日|返金額|返品完了日|退会日時|취소일|취소일시|주문취소일|환불금액
환불 완료일|탈퇴일자|Stornodatum|storniert am|date d'annulation|annulée le|fecha de cancelación|fecha_devolucion|data_annullamento|data de cancelamento
""".replace("\n", "|")
    .strip("|")
    .split("|")
)
OTHER_NAMES = """
自动取消时间|关店时间|营业关闭时间|cancel_at_period_end|cancelable_time|cancellation policy|取消政策|取消可能日|返品可能日|취소가능일|취소율|fecha|data_cancel_policy|date_annule|返却日
""".strip().split("|")
SEEN = """
pv|PV|imp|imps|impr|show_cnt|expo_cnt|exposure_cnt|曝光pv|展现量|点击PV|vv|play_cnt
""".strip().split("|")
NOT_SEEN = """
show|shows|expo|play|exp|uv|improvement|pvc|play_name|tv_show|曝光
""".strip().split("|")


@pytest.mark.parametrize(("name", "values", "found"), SAID)
def test_rows_that_do_not_count(name: str, values: list[str], found: list[str]) -> None:
    assert undone(name, values) == found


@pytest.mark.parametrize(("name", "values"), QUIET)
def test_rows_that_stand(name: str, values: list[str]) -> None:
    assert undone(name, values) == []


def test_bills_that_are_closed_beside_open_ones_stand() -> None:
    assert undone("业务状态", ["已关闭", "未关闭"]) == []
    assert undone("订单状态", ["已关闭", "已完成"]) == ["已关闭"]


@pytest.mark.parametrize("name", FILLED)
def test_names_of_what_undone_rows_have(name: str) -> None:
    assert re.search(f"(?i){STAMPS}", name)


@pytest.mark.parametrize("name", OTHER_NAMES)
def test_names_that_say_less(name: str) -> None:
    assert not re.search(f"(?i){STAMPS}", name)


def test_names_of_impressions() -> None:
    assert [name for name in [*SEEN, *NOT_SEEN] if counts_seen(name)] == SEEN


def pieces(path: Path, price: str, quantity: str) -> list[str]:
    """Return the measures that are told as the price of one piece."""
    rows = [f"u{n}x,{n},{n % 3}" for n in range(9)]
    path.write_text("\n".join([f"m,{price},{quantity}", *rows, ""]), "utf-8")
    section = {"file": "x", "kind": "audience", "id": {"column": "m", "profile": "raw:v1"}}
    section["measures"] = {"spend": {"column": price, "max": 99}}
    report = validate_report(DatasetSpec.model_validate(section), path)
    return [one.declared for one in report.concerns if one.kind == "pieces"]


@pytest.mark.parametrize(
    ("price", "quantity"),
    [("単価", "数量"), ("商品単価", "購入数量"), ("販売価格", "個数"), ("단가", "수량"), ("판매가", "주문수량"),
     ("상품가격", "개수"), ("precio", "cantidad"), ("precio unitario", "unidades"), ("prix", "quantité"),
     ("prix_unitaire_ht", "qté"), ("Preis", "Menge"), ("Einzelpreis", "Anzahl"), ("preço", "quantidade"),
     ("preco_unitario", "quantidade"), ("单价(元)", "数量"), ("商品单价", "商品数量"), ("商品價格", "件數"),
     ("price", "item_num")],
)  # fmt: skip
def test_a_price_of_one_beside_a_quantity(tmp_path: Path, price: str, quantity: str) -> None:
    assert pieces(tmp_path / "x.csv", price, quantity) == [price]


@pytest.mark.parametrize(
    ("price", "quantity"),
    [("金額", "数量"), ("합계금액", "수량"), ("importe", "cantidad"), ("montant", "quantité"), ("Betrag", "Menge"),
     ("valor total", "quantidade"), ("总价", "数量"), ("単価", "点数"), ("precio total", "cantidad"),
     ("prix", "note"), ("price", "item_name"), ("Gesamtpreis", "Menge")],
)  # fmt: skip
def test_an_amount_of_the_row_is_quiet(tmp_path: Path, price: str, quantity: str) -> None:
    assert pieces(tmp_path / "x.csv", price, quantity) == []


def test_all_of_it_is_told_of_a_file(tmp_path: Path) -> None:
    reasons = ["拍错", "", "", "订单未关闭"]
    one = odd(look(tmp_path / "x.csv", "订单关闭原因", reasons))["undone"]
    assert (one.kind, one.rows, one.declared, one.places) == ("undone", 1, "拍错", (2,))
    one = odd(look(tmp_path / "x.csv", "취소일", ["", "2026-05-01", "-", "0"]))["filled"]
    assert (one.kind, one.rows, one.places) == ("filled", 1, (3,))
