"""The total of an order that stands beside each of its items is pointed at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cleanroom.ingest import Report, validate_report
from cleanroom.ingest.engines import read_here
from cleanroom.ingest.spec import DatasetSpec
from cleanroom.report.dataset import concern
from tests.cleanroom.ingest.spark.parts_of import equal, gathered

pytestmark = pytest.mark.usefixtures("inside")


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


def told(report: Report) -> list[tuple[str, int, int, tuple[int, ...]]]:
    found = (one for one in report.concerns if one.kind == "order-totals")
    return [(one.declared, one.rows, one.of, one.places) for one in found]


AGAIN = rows([5], *([20.5 + order] * (1 + order % 3) for order in range(12)))


@pytest.mark.parametrize(
    "name",
    ["order no", "Order ID", "orderId", "transaction_id", "订单编号", "Bestellnummer", "pedido"],
)
def test_a_total_beside_every_item(tmp_path: Path, name: str) -> None:
    assert told(look(tmp_path, AGAIN, name)) == [(name, 12, 12, (5,))]


def test_it_is_said_with_the_way_out_in_both_languages(tmp_path: Path) -> None:
    report = look(tmp_path, AGAIN)
    (found,) = (one for one in report.concerns if one.kind == "order-totals")
    assert "Name order no as the key" in concern(found, "line", "en")
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


def test_what_counts_once_is_quiet(tmp_path: Path) -> None:
    assert (
        told(look(tmp_path, AGAIN, "campaign")) == told(look(tmp_path, AGAIN, key="order no")) == []
    )
    one = {"kind": "audience", "time": None}
    assert told(look(tmp_path, AGAIN, duplicates="first", **one)) == []
    assert told(look(tmp_path, AGAIN, duplicates="sum", **one)) == [("order no", 12, 12, (5,))]
    assert told(look(tmp_path, AGAIN, keep={"sku": ["S0"]})) == []


def test_parquet_says_the_same_by_its_rows(tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_pylist(AGAIN), tmp_path / "x.parquet", row_group_size=10)
    report = validate_report(spec(), tmp_path / "x.parquet")
    assert told(report) == [("order no", 12, 12, (4,))]
    numbers = [row | {"order no": int(row["order no"][2:]) + 1} for row in AGAIN]
    pq.write_table(pa.Table.from_pylist(numbers), tmp_path / "x.parquet")
    assert told(validate_report(spec(keep={"sku": ["S0", "S2"]}), tmp_path / "x.parquet")) == []
    assert told(validate_report(spec(), tmp_path / "x.parquet")) == told(report)


def test_parts_of_a_cluster_say_the_same(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    for number, part in enumerate((AGAIN[:8], AGAIN[8:])):
        lines = [",".join(part[0]), *(",".join(row.values()) for row in part)]
        (tmp_path / "x" / f"{number}.csv").write_text("\n".join([*lines, ""]))
    here = read_here(spec(), tmp_path)
    assert told(here.report)
    assert equal(gathered(spec(), tmp_path), here)
