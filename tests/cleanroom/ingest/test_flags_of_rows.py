"""A column of flags is known by its name, in the words and joined letters of each program."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cleanroom.ingest.concerns.flags import raised, unexplained
from cleanroom.ingest.concerns.undone import undone
from cleanroom.report.dataset import concern
from tests.cleanroom.ingest.test_columns_not_read import look

pytestmark = pytest.mark.usefixtures("inside")

RAISED = [
    ("DR", ["0", "1"], ["1"]), ("del_flag", ["0", "2"], ["2"]), ("del_flag", ["0", "1"], ["1"]),
    ("DEL_YN", ["N", "Y"], ["Y"]), ("USE_YN", ["N", "Y"], ["N"]), ("is_active", ["t", "f"], ["f"]),
    ("削除フラグ", ["0", "1"], ["1"]), ("退会フラグ", ["", "1"], ["1"]),
    ("キャンセルフラグ", ["0", "9"], ["9"]), ("論理削除区分", ["0", "1"], ["1"]),
    ("취소여부", ["N", "Y"], ["Y"]), ("탈퇴여부", ["아니오", "예"], ["예"]),
    ("사용여부", ["Y", "N"], ["N"]), ("삭제", ["0", "1"], ["1"]),
    ("是否作废", ["0", "-1"], ["-1"]), ("刪除標記", ["0", "1"], ["1"]),
    ("是否启用", ["是", "否"], ["否"]),
    ("FCancelStatus", ["0", "1"], ["1"]), ("IsDeleted__c", ["false", "true"], ["true"]),
    ("Anulowane", ["nie", "tak"], ["tak"]), ("İptal", ["Hayır", "Evet"], ["Evet"]),
    ("Storniert", ["nein", "ja"], ["ja"]), ("supprimé", ["non", "oui"], ["oui"]),
    ("Withdrawn", ["N", "Y"], ["Y"]), ("inactive", ["0", "1"], ["1"]), ("LOEKZ", ["", "L"], ["L"]),
    ("Is Primary Attribution", ["TRUE", "FALSE"], ["FALSE"]),
    ("Type", ["INV", "CM"], ["CM"]), ("traffic_type", ["", "internal"], ["internal"]),
    ("Payment Method", ["PayPal", "(for testing) Bogus Gateway"], ["(for testing) Bogus Gateway"]),
    ("gateway", ["bogus", "paypal"], ["bogus"]), ("Payment Gateway", ["Test", "Stripe"], ["Test"]),
    ("isTest", ["false", "true"], ["true"]), ("account_locked", ["0", "1"], ["1"]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "values", "found"), RAISED)
def test_flags_are_known_by_their_names(name: str, values: list[str], found: list[str]) -> None:
    assert undone(name, values) == found


MEANT = [
    ("dr", ["Dr.", ""]), ("DR", ["0", "5"]), ("是否可退款", ["是", "否"]),
    ("是否支持7天无理由退货", ["是", "否"]), ("キャンセルポリシー同意", ["1", "0"]),
    ("cancellation", ["flexible", "strict"]), ("test", ["A", "B"]), ("is_used", ["1", "0"]),
    ("use", ["0", "1"]), ("active", ["1", "0"]), ("del", ["0", *map(str, range(10, 20))]),
    ("deleted", ["0"]), ("취소사유", ["예", "아니오"]), ("delivered", ["0", "1"]),
    ("not_deleted", ["0", "1"]), ("model", ["x", ""]), ("退款次数", ["0", "1"]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "values"), MEANT)
def test_what_only_resembles_a_flag_is_none(name: str, values: list[str]) -> None:
    assert raised(name, values) == []
    assert not unexplained(name, values)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        *(("FCANCELSTATUS", ["A", "B"]), ("deleted", ["1", "2"]), ("SHKZG", ["S", "H"])),
        *(("Soll/Haben", ["Soll", "Haben"]), ("Debit/Credit", ["Debit", "Credit"])),
        *(("收/支", ["收入", "支出"]), ("借贷方向", ["借", "贷"])),
        *(("Buchungstyp Kz", ["S", "H"]), ("Posting status", ["H", "S"])),
        *(("txn_type", ["DR", "CR"]), ("交易类型", ["支出", "收入"])),
    ],
)
def test_a_flag_that_does_not_say_which_is_asked_about(
    tmp_path: Path, name: str, values: list[str]
) -> None:
    def said(**more: Any) -> list[str]:
        report = look(tmp_path / "x.csv", name, [values[0]] * 3 + [values[1]], **more)
        return [concern(one, "line", "en") for one in report.concerns if one.kind == "codes"]

    (told,) = said()
    assert f"4 of 4 rows have codes in {name} ({values[0]}: 3, {values[1]}: 1)" in told
    assert f'keep = {{ "{name}" = [...] }}' in told
    assert said(keep={name: values[:1]}) == []
    report = look(tmp_path / "x.csv", name, [values[0]] * 4)
    assert all(one.kind != "codes" for one in report.concerns)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("unit", ["cm", "kg"]),
        ("Card Type", ["Debit", "Credit"]),
        ("Size", ["S", "H"]),
        ("Customer type", ["D", "C"]),
        ("Department", ["internal", "sales"]),
        ("Brand", ["bogus", "Acme"]),
        ("Product", ["Credit Note holder", "Invoice pad"]),
        ("Debit/Credit", ["Credit", ""]),
        ("收支", ["收入", ""]),
        ("Is Primary Attribution", ["TRUE", ""]),
    ],
)
def test_the_same_words_elsewhere_or_one_side_alone_say_nothing(
    tmp_path: Path, name: str, values: list[str]
) -> None:
    report = look(tmp_path / "x.csv", name, [values[0]] * 3 + [values[1]])
    assert {one.kind for one in report.concerns}.isdisjoint({"undone", "codes"})
