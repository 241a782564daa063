"""The total of an order that stands beside each of its items is pointed at."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cleanroom.ingest import Report, validate_report
from cleanroom.ingest.engines import read_here
from cleanroom.ingest.spec import DatasetSpec
from cleanroom.isolated.records import BLOCK_BYTES
from cleanroom.report import LANGUAGES
from cleanroom.report.dataset import concern
from tests.cleanroom.ingest.spark.parts_of import equal, gathered

pytestmark = pytest.mark.usefixtures("inside")


START = datetime(2026, 1, 5, tzinfo=UTC)


def spec(**said: Any) -> DatasetSpec:
    section = {"file": "x", "kind": "events", "id": {"column": "m", "profile": "raw:v1"}}
    measures = {"v": {"column": "total", "max": 10**6, "decimals": 2}}
    return DatasetSpec.model_validate(section | {"time": "at", "measures": measures} | said)


def rows(*amounts: list[float]) -> list[dict[str, str]]:
    """Return the items of orders, each with its amount."""
    return [
        {
            "m": f"u{order % 7}",
            "at": f"2026-06-0{1 + order % 9}T10:00:{item:02d}Z",
            "order no": f"B-{order:05d}",
            "sku": f"S{item}",
            "total": f"{amount:.2f}",
        }
        for order, of in enumerate(amounts)
        for item, amount in enumerate(of)
    ]


def look(folder: Path, some: list[dict[str, str]], order: str = "order no", **said: Any) -> Report:
    names = [order if name == "order no" else name for name in some[0]]
    lines = [",".join(names), *(",".join(row.values()) for row in some)]
    (folder / "x.csv").write_text("\n".join([*lines, ""]), "utf-8")
    return validate_report(spec(**said), folder / "x.csv")


KINDS = {"order-totals", "order-people", "order-moment"}


def told(report: Report) -> list[tuple[str, int, int, tuple[int, ...]]]:
    found = (one for one in report.concerns if one.kind in KINDS)
    return [(one.declared, one.rows, one.of, one.places) for one in found]


AGAIN = rows([5], *([20.5 + order] * (1 + order % 3) for order in range(12)))


@pytest.mark.parametrize(
    "name",
    ["order no", "Order ID", "orderId", "transaction_id", "订单编号", "Bestellnummer", "pedido"]
    + ["event_id", "eventID", "$insert_id", "dedup key", "事件ID"]
    + ["Número de pedido", "Nº do pedido", "Nr zamówienia", "Numer zamówienia", "Sipariş No"]
    + ["Sipariş Numarası", "Bestelnummer", "Ordernummer", "Référence commande", "increment_id"],
)
def test_a_total_beside_every_item(tmp_path: Path, name: str) -> None:
    assert told(look(tmp_path, AGAIN, name)) == [(name, 12, 12, (5,))]


def test_it_is_said_with_the_way_out_in_both_languages(tmp_path: Path) -> None:
    report = look(tmp_path, AGAIN)
    (found,) = (one for one in report.concerns if one.kind == "order-totals")
    assert "name order no as the key" in concern(found, "line", "en")
    assert "order no 声明为事件的 key" in concern(found, "line", "zh")


@pytest.mark.parametrize(
    "some",
    [
        rows(*([9.5 + order, 9.5 + 2 * order + 1] for order in range(12))),  # items of their own
        rows(*([19.0 + order] for order in range(12))),  # an item each
        rows(*([40.0 + order % 2] * 3 for order in range(12))),  # tickets of two prices
        rows(*([40.0 + order, 0] for order in range(12))),  # the total in the first row
        rows(*([40.0 + order] * 2 for order in range(4))),  # too few to tell
    ],
)
def test_amounts_of_items_are_quiet(tmp_path: Path, some: list[dict[str, str]]) -> None:
    assert told(look(tmp_path, some)) == []


def test_what_was_divided_or_paid_in_parts_is_quiet(tmp_path: Path) -> None:
    # Totals that three divides, but for two of thirty.
    shares = rows(
        *([20.0 + order] * 3 for order in range(28)), [3.34, 3.33, 3.34], [6.67, 6.66, 6.67]
    )
    assert told(look(tmp_path, shares)) == []
    yen = [row | {"total": row["total"].replace(".", "")} for row in shares]
    assert told(look(tmp_path, yen)) == []
    others = rows(
        *([20.0 + order] * 3 for order in range(28)), [3.34, 9.33, 3.34], [6.67, 8.66, 6.67]
    )
    assert told(look(tmp_path, others)) == [("order no", 58, 60, (3,))]


def test_instalments_are_quiet(tmp_path: Path) -> None:
    def at(days: int, form: str = "%Y-%m-%dT10:00:00Z") -> list[dict[str, str]]:
        return [
            row | {"at": (START + timedelta(days=days * int(row["sku"][1:]))).strftime(form)}
            for row in rows(*([20.5 + order] * 3 for order in range(12)))
        ]

    for days, found in ((30, []), (7, []), (1, [("order no", 24, 24, (3,))])):
        assert told(look(tmp_path, at(days))) == found
        pq.write_table(pa.Table.from_pylist(at(days)), tmp_path / "x.parquet")
        (tmp_path / "x.csv").unlink()
        parquet = told(validate_report(spec(), tmp_path / "x.parquet"))
        assert [one[:3] for one in parquet] == [one[:3] for one in found]
    form = {"column": "at", "format": "%Y/%m/%d %H:%M", "zone": "Asia/Shanghai"}
    assert told(look(tmp_path, at(30, "%Y/%m/%d %H:%M"), time=form)) == []


def test_what_counts_once_is_quiet(tmp_path: Path) -> None:
    assert (
        told(look(tmp_path, AGAIN, "campaign")) == told(look(tmp_path, AGAIN, key="order no")) == []
    )
    one = {"kind": "audience", "time": None}
    assert told(look(tmp_path, AGAIN, duplicates="first", **one)) == []
    assert told(look(tmp_path, AGAIN, duplicates="sum", **one)) == [("order no", 12, 12, (5,))]
    assert told(look(tmp_path, AGAIN, "event type", **one)) == []
    assert told(look(tmp_path, AGAIN, keep={"sku": ["S0"]})) == []


def test_rows_of_one_order_may_stand_far_apart(tmp_path: Path) -> None:
    # A second of two items stands behind all first ones, in another block of the file.
    pairs = rows(*([20.5 + order] * 2 for order in range(7)))
    note = "n" * (BLOCK_BYTES // 10)
    apart = [row | {"note": note} for row in (*pairs[::2], *pairs[1::2])]
    assert told(look(tmp_path, apart)) == [("order no", 7, 7, (9,))]
    shuffled = sorted(pairs, key=lambda row: row["total"][::-1])
    assert told(look(tmp_path, shuffled, "event_id"))[0][:3] == ("event_id", 7, 7)
    monthly = [row | {"order no": f"{row['order no']}-{row['sku']}"} for row in pairs]
    assert told(look(tmp_path, monthly)) == []


def test_an_event_that_many_people_go_to_is_not_one_that_was_sent_twice(tmp_path: Path) -> None:
    tickets = rows(*([20.5 + order] * 9 for order in range(8)))
    assert told(look(tmp_path, tickets, "Event ID")) == []
    assert told(look(tmp_path, tickets, "Order ID")) == [("Order ID", 64, 64, (3,))]


PEOPLE: dict[str, Any] = {"kind": "audience", "time": None}


def test_the_total_beside_each_person_of_an_order(tmp_path: Path) -> None:
    people = [row | {"m": f"p{place}"} for place, row in enumerate(AGAIN)]
    report = look(tmp_path, people, "Order #", **PEOPLE)
    assert told(report) == [("Order #", 12, 12, (5,))]
    (found,) = (one for one in report.concerns if one.kind == "order-people")
    for language in LANGUAGES:
        assert "key" not in concern(found, "line", language)
    # What is said to be done works.
    once = [row | ({} if row["sku"] == "S0" else {"total": "0"}) for row in people]
    mended = look(tmp_path, once, "Order #", **PEOPLE)
    assert (told(mended), mended.usable) == ([], len(people))
    own = rows(*([9.5 + order, 9.5 + 2 * order + 1] for order in range(12)))
    own = [row | {"m": f"p{place}"} for place, row in enumerate(own)]
    assert told(look(tmp_path, own, "Order #", **PEOPLE)) == []


ONCE = [
    row | {"at": row["at"].replace(":" + row["sku"][1:].zfill(2) + "Z", ":00Z")} for row in AGAIN
]
"""The same, all items of an order at one time."""

NO_NAMES = ["Référence", "Auftrag", "BELNR", "Ticket", "Booking", "psp_reference", "x"]


@pytest.mark.parametrize("name", NO_NAMES)
def test_rows_of_one_moment_tell_an_order_by_whatever_name(tmp_path: Path, name: str) -> None:
    assert told(look(tmp_path, ONCE, name)) == [(name, 12, 12, (5,))]
    assert told(look(tmp_path, AGAIN, name)) == []  # each item at a time of its own


def test_a_deal_beside_each_of_its_contacts_is_divided_and_not_a_key(tmp_path: Path) -> None:
    contacts = [row | {"m": f"p{place}"} for place, row in enumerate(ONCE)]
    report = look(tmp_path, contacts, "Opportunity ID")
    (found,) = (one for one in report.concerns if one.kind in KINDS)
    assert (found.kind, found.declared, found.rows) == ("order-people", "Opportunity ID", 12)


def test_what_only_looks_like_an_order_is_quiet(tmp_path: Path) -> None:
    def quiet(some: list[dict[str, str]], **said: Any) -> None:
        assert told(look(tmp_path, some, "x", **said)) == []

    of_product = [row | {"at": f"2026-06-{1 + place:02d}"} for place, row in enumerate(ONCE)]
    day: dict[str, Any] = {"time": {"column": "at", "format": "%Y-%m-%d", "zone": "UTC"}}
    quiet(of_product, **day)  # one price, whoever buys and when
    one_day = [row | {"at": "2026-06-04", "m": f"p{place}"} for place, row in enumerate(ONCE)]
    quiet(one_day, **day)  # nothing tells moments apart
    net = [row | {"order no": f"{float(row['total']) / 1.25:.2f}"} for row in ONCE]
    assert told(look(tmp_path, net, "Net")) == []  # an amount
    quiet(rows(*([40.0 + order % 2] * 3 for order in range(12))))  # tickets of two prices
    quiet([row | {"order no": f"2026-06-{1 + int(row['order no'][2:]):02d}"} for row in ONCE])


def test_a_day_and_who_bought_are_a_moment_where_a_day_alone_is_none(tmp_path: Path) -> None:
    few = [row | {"at": f"2026-06-0{1 + int(row['order no'][2:]) % 2}"} for row in ONCE]
    day: dict[str, Any] = {"time": {"column": "at", "format": "%Y-%m-%d", "zone": "UTC"}}
    assert told(look(tmp_path, few, "x", **day)) == [("x", 12, 12, (5,))]


def test_a_key_of_items_leaves_the_total_of_the_order_beside_each(tmp_path: Path) -> None:
    lines = [row | {"line": f"L{place}"} for place, row in enumerate(ONCE)]
    assert told(look(tmp_path, lines, "Booking", key="line")) == [("Booking", 12, 12, (5,))]
    # What the key leaves out is counted once.
    twice = [row | {"line": row["order no"]} for row in ONCE]
    assert told(look(tmp_path, twice, "Order ID", key="line")) == []


def test_without_a_column_of_orders_person_and_moment_are_one(tmp_path: Path) -> None:
    bare = [{name: row[name] for name in ("m", "at", "sku", "total")} for row in ONCE]
    report = look(tmp_path, bare, labels=["sku"])
    assert told(report) == [("", 12, 12, (5,))]
    (found,) = (one for one in report.concerns if one.kind == "order-moment")
    for language in LANGUAGES:
        assert "key" in concern(found, "line", language)
    assert told(look(tmp_path, bare)) == []  # that they are equal is said as such
    own = [row | {"total": f"{place}.50"} for place, row in enumerate(bare)]
    assert told(look(tmp_path, own, labels=["sku"])) == []


def test_in_an_audience_a_date_that_is_not_read_is_the_moment(tmp_path: Path) -> None:
    summed = PEOPLE | {"duplicates": "sum"}
    assert told(look(tmp_path, ONCE, "Booking", **summed)) == [("Booking", 12, 12, (5,))]
    monthly = [row | {"at": f"2026-{row['sku'][1:].zfill(2)}-03"} for row in ONCE]
    assert told(look(tmp_path, monthly, "Contract", **summed)) == []


def test_parquet_says_the_same_by_its_rows(tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_pylist(AGAIN), tmp_path / "x.parquet", row_group_size=10)
    report = validate_report(spec(), tmp_path / "x.parquet")
    assert told(report) == [("order no", 12, 12, (4,))]
    numbers = [row | {"order no": int(row["order no"][2:]) + 1} for row in AGAIN]
    pq.write_table(pa.Table.from_pylist(numbers), tmp_path / "x.parquet")
    assert told(validate_report(spec(keep={"sku": ["S0", "S2"]}), tmp_path / "x.parquet")) == []
    assert told(validate_report(spec(), tmp_path / "x.parquet")) == told(report)
    unnamed = [{"Booking" if k == "order no" else k: v for k, v in row.items()} for row in ONCE]
    pq.write_table(pa.Table.from_pylist(unnamed), tmp_path / "x.parquet", row_group_size=10)
    assert told(validate_report(spec(), tmp_path / "x.parquet")) == [("Booking", 12, 12, (4,))]
    only = [{name: row[name] for name in ("m", "at", "sku", "total")} for row in ONCE]
    pq.write_table(pa.Table.from_pylist(only), tmp_path / "x.parquet")
    assert told(validate_report(spec(labels=["sku"]), tmp_path / "x.parquet")) == [
        ("", 12, 12, (4,))
    ]


def test_parts_of_a_cluster_say_the_same(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    for number, part in enumerate((AGAIN[:8], AGAIN[8:])):
        lines = [",".join(part[0]), *(",".join(row.values()) for row in part)]
        (tmp_path / "x" / f"{number}.csv").write_text("\n".join([*lines, ""]))
    here = read_here(spec(), tmp_path)
    assert told(here.report)
    assert equal(gathered(spec(), tmp_path), here)
