# ruff: noqa: E501
"""Of columns that are not read it is said what stands in them, and what of it changes answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cleanroom.ingest import Concern, Report, validate_report
from cleanroom.ingest.concerns.undone import undone
from cleanroom.ingest.engines import read_here
from cleanroom.ingest.spec import DatasetSpec
from cleanroom.isolated.unread import MOST_VALUES
from cleanroom.report.dataset import concern, remarks, unread
from tests.cleanroom.ingest.spark.parts_of import equal, gathered

pytestmark = pytest.mark.usefixtures("inside")

KINDS = {"undone", "filled", "currencies", "units", "measures", "kinds"}


def spec(**said: Any) -> DatasetSpec:
    section = {"file": "x", "kind": "audience", "id": {"column": "m", "profile": "raw:v1"}}
    spend = {"column": "spend", "max": 99, "decimals": 2}
    return DatasetSpec.model_validate(
        section | {"duplicates": "sum", "measures": {"spend": spend}} | said
    )


def look(path: Path, name: str, cells: list[str], **said: Any) -> Report:
    lines = [f"m,spend,{name}", *(f'm{n},{n % 90},"{cell}"' for n, cell in enumerate(cells))]
    path.write_text("\n".join([*lines, ""]), "utf-8")
    return validate_report(spec(**said), path)


def odd(report: Report) -> dict[str, Concern]:
    return {one.kind: one for one in report.concerns if one.kind in KINDS}


SAID = [
    ("status", ["paid", "refunded"], ["refunded"]),
    ("order_status", ["交易成功", "交易关闭", "卖家已发货，等待买家确认"], ["交易关闭"]),
    ("订单状态", ["已发货，退款成功", "交易成功", "已取消，退款成功"], ["已发货，退款成功", "已取消，退款成功"]),
    ("交易状态", ["TRADE_SUCCESS", "TRADE_CLOSED"], ["TRADE_CLOSED"]),
    ("Financial Status", ["paid", "partially_refunded", "voided"], ["partially_refunded", "voided"]),
    ("_fivetran_deleted", ["true", "false"], ["true"]),
    ("IsDeleted", ["1", "0", ""], ["1"]),
    ("is_refunded", ["Y", "N"], ["Y"]),
    ("是否退款", ["是", "否"], ["是"]),
    ("__op", ["c", "u", "d"], ["d"]),
    ("op", ["I", "D"], ["D"]),
    ("_change_type", ["insert", "update_preimage", "delete"], ["update_preimage", "delete"]),
    ("livemode", ["true", "false"], ["false"]),
    ("is_valid", ["1", "0"], ["0"]),
    ("_fivetran_active", ["TRUE", "FALSE"], ["FALSE"]),
    ("transaction type", ["Sale", "Return"], ["Return"]),
    ("env", ["prod", "test"], ["test"]),
    ("order type", ["normal", "Test"], ["Test"]),
    ("dealstage", ["closedwon", "closedlost"], ["closedlost"]),
    ("Zahlungsstatus", ["bezahlt", "storniert"], ["storniert"]),
    ("LOEVM", ["X", ""], ["X"]),
    ("state", ["Cancelled - by customer", "ok"], ["Cancelled - by customer"]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "values", "found"), SAID)
def test_what_was_undone_is_known_by_its_words(
    name: str, values: list[str], found: list[str]
) -> None:
    assert undone(name, values) == found


MEANT = [
    ("tier", ["gold", "tin"]), ("ab_test", ["test", "control"]), ("test_group", ["1", "0"]),
    ("group", ["test", "control"]), ("trip_type", ["Return", "One way"]), ("country", ["DE", "FR"]),
    ("returning", ["true", "false"]), ("refundable", ["true", "false"]), ("vip", ["Y", "N"]),
    ("latest_campaign", ["1", "0"]), ("size", ["S", "M", "L", "D"]), ("grade", ["c", "d"]),
    ("售后", ["没有申请退款", "无"]), ("订单关闭原因", ["订单未关闭"]), ("opt_in", ["true", "false"]),
    ("status", ["未取消", "active"]), ("cancellation_policy", ["1", "0"]), ("gender", ["M", "F"]),
    ("email_valid", ["1", "0"]), ("delivery", ["shipped", "delivered", "pending"]),
    ("fulfilment", ["unfulfilled", "fulfilled", "partial"]), ("operator", ["d", "u"]),
    ("channel", ["email", "sms", "web"]), ("product", ["Void Linux mug", "Test tube"]),
    ("gift", ["yes", "no"]), ("segment", ["New", "Lapsed"]), ("consent", ["granted", "denied"]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "values"), MEANT)
def test_what_only_resembles_it_is_not(name: str, values: list[str]) -> None:
    assert undone(name, values) == []


def test_rows_that_were_undone_are_pointed_at_with_the_way_out(tmp_path: Path) -> None:
    cells = ["paid"] * 7 + ["refunded"] * 2 + ["cancelled"]
    report = look(tmp_path / "x.csv", "status", cells)
    found = odd(report)["undone"]
    assert (found.rows, found.of, found.declared, found.places) == (
        3,
        10,
        "refunded, cancelled",
        (9,),
    )
    assert 'keep = { "status" = [...] }' in concern(found, "line", "en")
    assert "第 9 行" in concern(found, "line", "zh")
    kept = look(tmp_path / "x.csv", "status", cells, keep={"status": ["paid"]})
    assert (kept.usable, odd(kept), kept.unread) == (7, {}, ())
    everything = {"status": ["paid", "refunded", "cancelled"]}
    assert odd(look(tmp_path / "x.csv", "status", cells, keep=everything)) == {}


def test_what_is_left_out_is_not_told_of_again(tmp_path: Path) -> None:
    lines = ["m,spend,op,deleted_at", "u1,1,c,", "u2,2,d,2026-03-01", "u3,3,u,NULL", "u4,4,c,"]
    (tmp_path / "x.csv").write_text("\n".join([*lines, ""]))
    assert set(odd(validate_report(spec(), tmp_path / "x.csv"))) == {"undone", "filled"}
    assert odd(validate_report(spec(keep={"op": ["c", "u"]}), tmp_path / "x.csv")) == {}


@pytest.mark.parametrize(
    ("name", "some", "none"),
    [
        ("Cancelled at", "2026-03-01 10:00", ""), ("refund_amount", "12.50", "0.00"),
        ("退款金额（元）", "￥3", "0"), ("deleted_at", "1772000000", "\\N"),
        ("refundedAt", "x", "null"), ("dbt_valid_to", "2026-03-01", ""),
        ("Amount Refunded", "1", "0.0"), ("退款成功时间", "2026-03-01", "-"), ("退款金额", "已退款", "0.00元"), ("refund_value", "x", "USD 0.00"),
        ("退款金额", "`20.00", "`0.00"), ("退款时间", "`2026-06-01 10:20:00", "`"),
    ],
)  # fmt: skip
def test_times_and_amounts_of_an_undoing(tmp_path: Path, name: str, some: str, none: str) -> None:
    found = odd(look(tmp_path / "x.csv", name, [none, some, none, some]))
    assert (found["filled"].rows, found["filled"].places) == (2, (3,))
    assert odd(look(tmp_path / "x.csv", name, [none] * 4)) == {}


@pytest.mark.parametrize("name", ["created_at", "return_date", "paid_amount", "valid_until"])
def test_other_times_and_amounts_are_none(tmp_path: Path, name: str) -> None:
    assert odd(look(tmp_path / "x.csv", name, ["2026-03-01", ""])) == {}


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        ("Measure Names", ["Clicks", "Sales"], "measures"),
        ("metric", ["a", "b"], "measures"), ("指标名称", ["花费", "点击量"], "measures"),
        ("k", ["clicks", "spend", "other"], "measures"), ("x", ["求和项:花费", "点击"], "measures"),
        ("ccy", ["USD", "EUR"], "currencies"), ("region", ["USD", "EUR"], "currencies"),
        ("unit", ["EUR", "TEUR"], "units"), ("计量单位", ["元", "万元"], "units"),
    ],
)  # fmt: skip
def test_numbers_of_several_kinds_are_not_added_up_in_silence(
    tmp_path: Path, name: str, values: list[str], kind: str
) -> None:
    report = look(tmp_path / "x.csv", name, values * 3)
    assert set(odd(report)) == {kind}
    assert len(list(remarks(report, "zh"))) == len(list(remarks(report, "en")))
    assert odd(look(tmp_path / "x.csv", name, values[:1] * 3)) == {}
    assert odd(look(tmp_path / "x.csv", name, values * 3, measures={})) == {}
    assert odd(look(tmp_path / "x.csv", name, values * 3, keep={name: values[:1]})) == {}


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("objective", ["LINK_CLICKS", "IMPRESSIONS"]), ("Attribute", ["red", "blue"]),
        ("business unit", ["North", "South"]), ("Unit price", ["1.50", "2.00"]),
        ("region", ["USA", "EUR"]), ("event", ["purchase", "refund form"]),
        ("type", ["click", "view"]),
    ],
)  # fmt: skip
def test_other_words_are_not_pointed_at(tmp_path: Path, name: str, values: list[str]) -> None:
    assert odd(look(tmp_path / "x.csv", name, values * 3)) == {}


def test_attributes_beside_values_are_measures(tmp_path: Path) -> None:
    lines = ["m,Attribute,Value", "u1,clicks2,3", "u1,spend2,4"]
    (tmp_path / "x.csv").write_text("\n".join([*lines, ""]))
    value = {"v": {"column": "Value", "max": 9}}
    report = validate_report(spec(measures=value), tmp_path / "x.csv")
    assert odd(report)["measures"].declared == "clicks2, spend2"


def test_events_of_several_kinds(tmp_path: Path) -> None:
    cells = ["page_view", "purchase", "refund"]
    found = odd(look(tmp_path / "x.csv", "event_name", cells, kind="events", duplicates="reject"))
    assert {kind: one.rows for kind, one in found.items()} == {"kinds": 3}


def test_words_are_shown_as_keep_names_them(tmp_path: Path) -> None:
    cells = ["`REFUND", "`SUCCESS"] * 2
    report = look(tmp_path / "x.csv", "交易状态", cells)
    assert [one.value for one in report.unread[0].values] == ["REFUND", "SUCCESS"]
    assert look(tmp_path / "x.csv", "交易状态", cells, keep={"交易状态": ["SUCCESS"]}).usable == 2
    table = pa.table({"m": ["a", "b", "c", "d"], "spend": [1, 2, 3, 4], "gone": [True, False] * 2})
    pq.write_table(table, tmp_path / "x.parquet")
    report = validate_report(spec(), tmp_path / "x.parquet")
    assert [one.value for one in report.unread[0].values] == ["false", "true"]
    keep = {"gone": ["false"]}
    assert validate_report(spec(keep=keep), tmp_path / "x.parquet").usable == 2


def test_a_column_without_a_name_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text(",m,spend\n1,u1,3\n1,u2,4\n")
    report = validate_report(spec(), tmp_path / "x.csv")
    assert unread(report, "en") == [("(without a name)", "1 100.0%")]


def test_every_column_that_is_not_read_is_named(tmp_path: Path) -> None:
    lines = ["m,note,spend,city,name", *(f"u{n},t{n},1,{'ab'[n % 2]},c{n % 9}" for n in range(30))]
    (tmp_path / "x.csv").write_text("\n".join([*lines, ""]))
    report = validate_report(spec(), tmp_path / "x.csv")
    assert unread(report, "en") == [
        ("city", "a 50.0%, b 50.0%"),
        ("name", "c0 13.3%, c1 13.3%, c2 13.3%, c3 10.0%, c4 10.0%, c5 10.0%, …"),
        ("note", ""),
    ]
    assert [line for line in remarks(report, "en") if "Not read" in line][0].startswith(
        "Not read: city (a 50.0%, b 50.0%), name (c0"
    )


def test_identifiers_are_masked_and_values_of_few_rows_not_shown(tmp_path: Path) -> None:
    masked = look(tmp_path / "x.csv", "mail", ["ann@example.com", "bob@example.com"] * 4)
    assert {one.value for one in masked.unread[0].values} == {"xxx@xxxxxxx.xxx"}
    assert look(tmp_path / "x.csv", "name", ["Ann", "Bob", "Cy"]).unread[0].values == ()


def test_many_values_are_not_kept(tmp_path: Path) -> None:
    cells = ["refunded", *(f"w{n}" for n in range(MOST_VALUES))]
    report = look(tmp_path / "x.csv", "status", cells)
    assert odd(report) == {}
    assert report.unread[0].values == ()
    assert set(odd(look(tmp_path / "x.csv", "status", cells[:-1]))) == {"undone"}


def test_a_wide_file_is_looked_at_where_it_matters(tmp_path: Path) -> None:
    names = [f"c{n}" for n in range(80)]
    lines = [",".join(["m,spend", *names, "Order Status"]), "u1,1" + ",x" * 80 + ",refunded"]
    (tmp_path / "x.csv").write_text("\n".join([*lines, ""]))
    report = validate_report(spec(), tmp_path / "x.csv")
    assert set(odd(report)) == {"undone"}
    assert len(report.unread) == 81
    assert unread(report, "en")[-1] == ("51 more columns", "")


def test_parquet_of_every_type(tmp_path: Path) -> None:
    count = 5_000
    table = pa.table({
        "m": [f"u{n}" for n in range(count)],
        "spend": [1.5] * count,
        "status": ["paid", "refunded"] * (count // 2),
        "kind": pa.array(["a", None] * (count // 2)).dictionary_encode(),
        "is_deleted": [None] * (count - 1) + [True],
        "store": pa.array([n % 3 for n in range(count)], pa.int8()),
        "note": [f"text {n}" for n in range(count)],
        "nested": [[n] for n in range(count)],
        "cancelled_at": pa.array([None] * (count - 1) + [10**9], pa.timestamp("s")),
        "refund_amount": [0.0] * (count - 2) + [2.5, None],
    })  # fmt: skip
    pq.write_table(table, tmp_path / "x.parquet")
    report = validate_report(spec(), tmp_path / "x.parquet")
    told = {(one.kind, one.column): (one.rows, one.places) for one in report.concerns}
    assert told["undone", "status"] == (count // 2, (2,))
    assert told["undone", "is_deleted"] == (1, (count,))
    assert told["filled", "cancelled_at"] == (1, (count,))
    assert told["filled", "refund_amount"] == (1, (count - 1,))
    shown = {one.column: [(v.value, v.rows) for v in one.values] for one in report.unread}
    assert shown["kind"] == [("", 2500), ("a", 2500)]
    assert shown["store"] == [("0", 1667), ("1", 1667), ("2", 1666)]
    assert shown["note"] == shown["nested"] == []


def test_parts_of_a_cluster_say_the_same(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    for number, words in enumerate((["paid", "paid"], ["refunded", "paid"], ["void", "paid"])):
        lines = ["m,spend,status,refund_time", *(f"u{number}{w},1,{w},{number}" for w in words)]
        (tmp_path / "x" / f"{number}.csv").write_text("\n".join([*lines, ""]))
    here = read_here(spec(), tmp_path)
    assert equal(gathered(spec(), tmp_path), here)
    found = odd(here.report)
    assert (found["undone"].declared, found["undone"].places) == ("refunded, void", (4,))
    assert (found["filled"].rows, found["filled"].places) == (4, (4,))
