"""Amounts that are not their row's own, or in another unit, are pointed at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from cleanroom.ingest import validate_report
from cleanroom.ingest.report import Concern
from cleanroom.ingest.spec import DatasetSpec
from cleanroom.report import LANGUAGES
from cleanroom.report.dataset import concern

pytestmark = pytest.mark.usefixtures("inside")

Row = Sequence[object]


def found(
    folder: Path, header: str, rows: Sequence[Row], wanted: str, **said: Any
) -> list[Concern]:
    """Return what is said of one kind about a file whose columns are ``header``."""
    lines = [header, *(",".join(map(str, row)) for row in rows)]
    (folder / "x.csv").write_text("\n".join([*lines, ""]), "utf-8")
    amount = next(name for name in header.split(",") if name in AMOUNTS)
    section: dict[str, Any] = {"file": "x", "kind": "events", "id": {"column": "m"}, "time": "at"}
    section["id"]["profile"] = "raw:v1"
    section["measures"] = {"v": {"column": amount, "min": -9999, "max": 99999, "decimals": 2}}
    report = validate_report(DatasetSpec.model_validate(section | said), folder / "x.csv")
    some = [one for one in report.concerns if one.kind == wanted]
    for language in LANGUAGES:
        assert all(one.column in concern(one, "line", language) for one in some)
    return some


AMOUNTS = {"v", "Total incl. tax", "Lineitem price", "price", "Weight", "Customer: Total Spent"}


def at(place: int) -> str:
    return f"2026-06-{1 + place * 7 % 28:02d}T10:{place % 60:02d}:{place % 50:02d}Z"


def test_the_sum_of_a_customer_beside_each_of_his_orders(tmp_path: Path) -> None:
    people = [
        (f"p{place % 12}", at(place * place), f"{20.5 + place % 12:.2f}") for place in range(40)
    ]
    (one,) = found(tmp_path, "m,at,v", people, "of-customers")
    assert (one.rows, one.of) == (12, 12)
    own = [(m, t, f"{20.5 + place:.2f}") for place, (m, t, _) in enumerate(people)]
    assert found(tmp_path, "m,at,v", own, "of-customers") == []
    plans = [(m, t, "9.99") for m, t, _ in people]
    assert found(tmp_path, "m,at,v", plans, "of-customers") == []


def test_what_is_paid_every_month_is_no_sum_unless_it_is_named_so(tmp_path: Path) -> None:
    premiums = [
        (f"p{person}", f"2026-{month:02d}-{1 + person:02d}T08:00:00Z", f"{31.1 + person:.2f}")
        for month in range(1, 6)
        for person in range(12)
    ]
    assert found(tmp_path, "m,at,v", premiums, "of-customers") == []
    assert found(tmp_path, "m,at,Customer: Total Spent", premiums, "of-customers")


def test_the_price_of_one_beside_a_quantity(tmp_path: Path) -> None:
    rows = [(f"p{place}", at(place), 1 + place % 2, f"{5.5 + place}") for place in range(20)]
    (one,) = found(tmp_path, "m,at,Lineitem quantity,Lineitem price", rows, "pieces")
    assert (one.rows, one.of, one.declared) == (10, 20, "Lineitem price")
    assert found(tmp_path, "m,at,Lineitem quantity,v", rows, "pieces") == []
    assert found(tmp_path, "m,at,Priority,price", rows, "pieces") == []
    each = [(*row[:2], 1, row[3]) for row in rows]
    assert found(tmp_path, "m,at,Lineitem quantity,price", each, "pieces") == []


@pytest.mark.parametrize(
    ("name", "codes", "told"),
    [
        ("FkArt", ["F2", "RE", "G2", "S1", "L2"], "G2, RE, S1"),
        ("Document Type", ["Invoice", "Credit Memo"], "Credit Memo"),
        ("Colour", ["F2", "RE"], ""),
        ("FkArt", ["RE", "XX"], ""),
    ],
)
def test_credit_memos_by_the_kind_of_document(
    tmp_path: Path, name: str, codes: list[str], told: str
) -> None:
    rows = [(f"p{n}", at(n), codes[n % len(codes)], f"{5.5 + n}") for n in range(20)]
    said = [one.declared for one in found(tmp_path, f"m,at,{name},v", rows, "undone")]
    assert sorted(told.split(", ")) == sorted(", ".join(said).split(", "))


def test_currencies_by_their_numbers(tmp_path: Path) -> None:
    def told(name: str, *codes: object) -> list[str]:
        rows = [(f"p{n}", at(n), codes[n % len(codes)], f"{5.5 + n}") for n in range(20)]
        return [one.declared for one in found(tmp_path, f"m,at,{name},v", rows, "currencies")]

    assert told("id_currency", 1, 2, 3) == ["1, 2, 3"]
    assert told("currency_code", 978, 985) == ["978, 985"]
    assert told("id_currency", 1) == told("current_plan", 1, 2) == []
    assert told("currency_rate", 1, 4) == []


def test_cents_among_euros(tmp_path: Path) -> None:
    euros = [f"{11.37 + 3.33 * place:.2f}" for place in range(40)]
    cents = [str(1173 + 331 * place) for place in range(30)]

    def told(amounts: list[str]) -> list[tuple[int, int]]:
        rows = [(f"p{n}", at(n), amount) for n, amount in enumerate(amounts)]
        return [(one.rows, one.of) for one in found(tmp_path, "m,at,v", rows, "hundredths")]

    assert told(euros + cents) == [(30, 70)]
    assert told(euros) == told(cents) == []
    assert told(euros + [str(1200 + 330 * place) for place in range(30)]) == []  # round ones
    assert told(euros + [str(11 + 3 * place) for place in range(30)]) == []  # of the same size
    assert told(euros + cents[:5]) == []


def test_amounts_that_a_key_leaves_out(tmp_path: Path) -> None:
    sales = [(f"o{n}", f"p{n}", at(n), f"{5.5 + n}") for n in range(9)]
    refunds = [(*row[:2], at(n + 9), f"-{row[3]}") for n, row in enumerate(sales[:3])]
    (one,) = found(tmp_path, "o,m,at,v", [*sales, *refunds], "left-out-amounts", key="o")
    assert (one.column, one.rows, one.of, one.places) == ("o", 3, 3, (11,))
    assert one.declared == "v -19.50"
    other = [(*sales[0][:3], "8.00")]
    (one,) = found(tmp_path, "o,m,at,v", [*sales, *other], "left-out-amounts", key="o")
    assert (one.rows, one.of) == (1, 0)
    later = [(*row[:2], at(n + 9), row[3]) for n, row in enumerate(sales[:3])]
    assert found(tmp_path, "o,m,at,v", [*sales, *later], "left-out-amounts", key="o") == []


def test_a_total_with_tax_is_money_whatever_is_sold(tmp_path: Path) -> None:
    units = ["each", "kg", "bottle"]
    rows = [(f"p{n}", at(n), units[n % 3], f"{5.5 + n}") for n in range(20)]
    assert found(tmp_path, "m,at,Unit of measure,Total incl. tax", rows, "units") == []
    assert found(tmp_path, "m,at,Unit of measure,Weight", rows, "units")


def test_invoices_of_a_subscription_are_no_list_pasted_again(tmp_path: Path) -> None:
    rows = [
        (f"in_{month}{person}", f"2026-0{month}-03", f"p{person}", f"{9 + person % 2}.99")
        for month in range(1, 5)
        for person in range(20)
    ]
    said = {"kind": "audience", "time": None, "duplicates": "sum"}
    assert found(tmp_path, "invoice,day,m,v", rows, "copied", **said) == []
    again = [row[2:] for row in rows]
    assert found(tmp_path, "m,v", again, "copied", **said)
