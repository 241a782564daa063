"""Amounts in cents or the like are pointed at where the name of the measure does not say so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cleanroom.ingest import validate_report
from cleanroom.ingest.report import Concern
from cleanroom.ingest.spec import DatasetSpec
from cleanroom.report import LANGUAGES
from cleanroom.report.dataset import concern

pytestmark = pytest.mark.usefixtures("inside")

FEN = ["0", "1990", "25900", "105", "88"]
YUAN = ["0.00", "19.90", "259.00", "1.05", "0.88"]


def found(
    folder: Path, columns: dict[str, list[str]], name: str = "spend", **said: Any
) -> list[Concern]:
    """Return what is said of the unit of the first column, which is a measure."""
    rows = zip(*columns.values(), strict=True)
    lines = [",".join([f"u{n}x", *cells]) for n, cells in enumerate(rows)]
    (folder / "x.csv").write_text("\n".join([",".join(["m", *columns]), *lines, ""]), "utf-8")
    section = {"file": "x", "kind": "audience", "id": {"column": "m", "profile": "raw:v1"}}
    section["measures"] = {name: {"column": next(iter(columns)), "max": 10**6, **said}}
    report = validate_report(DatasetSpec.model_validate(section), folder / "x.csv")
    units = [one for one in report.concerns if one.kind in ("cents", "named-unit")]
    for one in units:
        assert all(one.declared in concern(one, "line", language) for language in LANGUAGES)
    return units


@pytest.mark.parametrize(
    ("column", "told"),
    [("amount_fen", "fen"), ("price_cents", "cents"), ("金额(分)", "分"), ("amount_minor", "minor"),
     ("importe_céntimos", "céntimos"), ("сумма в копейках", "копейках"), ("belopp öre", "öre")],
)  # fmt: skip
def test_a_measure_has_another_name_than_its_cents(tmp_path: Path, column: str, told: str) -> None:
    (one,) = found(tmp_path, {column: FEN})
    assert (one.kind, one.declared, one.rows, one.places) == ("cents", told, 5, (3,))
    assert [one.kind for one in found(tmp_path, {column: FEN}, decimals=2)] == ["named-unit"]
    for name in ("spend_fen", "spend_cents", "amount_minor"):
        assert found(tmp_path, {column: FEN}, name) == []
    assert found(tmp_path, {column: YUAN}, decimals=2) == []
    assert found(tmp_path, {column: ["0"] * 5}) == []


BESIDE = [
    ("total_fee", {"mchid": "1900000109"}, "mchid"),
    ("Total_Fee", {"openid": "o1", "transaction_id": "42"}, "transaction_id"),
    ("cash_fee", {}, "cash_fee"),
    ("amount", {"livemode": "true", "currency": "usd"}, "livemode"),
    ("amount_captured", {"payment_intent": "pi_1"}, "payment_intent"),
    ("amount_money.amount", {"state": "COMPLETED"}, "amount_money.amount"),
    ("金额", {"金额(元)": "9.9"}, "金额(元)"),
    ("amount", {"amount_yuan": "9.9"}, "amount_yuan"),
    ("金额", {"单位": "分"}, "单位: 分"),
    ("amount", {"amount_unit": "Cents"}, "amount_unit: cents"),
]


@pytest.mark.parametrize(("column", "beside", "told"), BESIDE)
@pytest.mark.parametrize("decimals", [0, 2])
def test_columns_beside_amounts_say_cents(
    tmp_path: Path, column: str, beside: dict[str, str], told: str, decimals: int
) -> None:
    others = {name: [cell] * 5 for name, cell in beside.items()}
    (one,) = found(tmp_path, {column: FEN, **others}, decimals=decimals)
    assert (one.kind, one.declared) == ("cents", told)
    assert found(tmp_path, {column: FEN, **others}, "in_cents", decimals=decimals) == []
    assert found(tmp_path, {column: YUAN, **others}, decimals=2) == []


@pytest.mark.parametrize(
    ("column", "beside"),
    [("amount", {}), ("金额", {"备注": "分"}), ("total_fee", {}), ("total", {"state": "paid"}),
     ("total_fee", {"transaction_id": "42", "trade_no": "2026"}), ("amount", {"amount_usd": "9"}),
     ("amount", {"livemode": "true", "currency": "jpy"}), ("得分", {"单位": "个"}),
     ("金额", {"单位": "元"}), ("amount", {"price_yuan": "9"}), ("points", {"livemode": "true"}),
     ("amount_yuan", {"amount": "9.9"}), ("micro_conversions", {}), ("minor_orders", {}),
     ("停留时间(分)", {}), ("信用(分)", {}), ("积分", {"单位": "分"}), ("score", {"unit": "分"})],
)  # fmt: skip
def test_whole_amounts_of_others_are_quiet(
    tmp_path: Path, column: str, beside: dict[str, str]
) -> None:
    others = {name: [cell] * 5 for name, cell in beside.items()}
    assert found(tmp_path, {column: FEN, **others}) == []


def pair(folder: Path, column: str, cells: list[str], other: list[str]) -> list[str]:
    lines = [f"u{n}x,{one},{two}" for n, (one, two) in enumerate(zip(cells, other, strict=True))]
    (folder / "x.csv").write_text("\n".join([f"m,{column},paid", *lines, ""]), "utf-8")
    section = {"file": "x", "kind": "audience", "id": {"column": "m", "profile": "raw:v1"}}
    section["measures"] = {
        "one": {"column": column, "max": 10**6},
        "two": {"column": "paid", "max": 10**6, "decimals": 2},
    }
    report = validate_report(DatasetSpec.model_validate(section), folder / "x.csv")
    return [f"{one.column}: {one.declared}" for one in report.concerns if one.kind == "cents"]


def test_one_measure_is_a_hundred_times_another(tmp_path: Path) -> None:
    assert pair(tmp_path, "settled", FEN, YUAN) == ["settled: paid × 100"]
    assert pair(tmp_path, "rate_pct", FEN, YUAN) == []
    assert pair(tmp_path, "settled", [*FEN, "7"], [*YUAN, "0.08"]) == []
    assert pair(tmp_path, "settled", ["0", "0", "100"], ["0", "0", "1"]) == []
    assert pair(tmp_path, "settled", ["19", "259", "1"], ["19", "259", "1"]) == []


def test_a_bound_that_cents_pass_is_told_once(tmp_path: Path) -> None:
    lines = [f"u{n}x,{1990 + n}" for n in range(30)]
    (tmp_path / "x.csv").write_text("\n".join(["m,amount_fen", *lines, ""]))
    section = {"file": "x", "kind": "audience", "id": {"column": "m", "profile": "raw:v1"}}
    section["measures"] = {"spend": {"column": "amount_fen", "max": 500}}
    report = validate_report(DatasetSpec.model_validate(section), tmp_path / "x.csv")
    assert [one.kind for one in report.concerns] == ["cents"]
