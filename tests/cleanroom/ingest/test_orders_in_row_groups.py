"""Columns of orders that are not read are looked at row by row, however a file is cut in pieces."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cleanroom.ingest import validate_report
from cleanroom.ingest.spec import DatasetSpec

pytestmark = pytest.mark.usefixtures("inside")

ORDERS = 150
START = datetime(2026, 5, 2, 8, tzinfo=UTC)
SPEC = DatasetSpec.model_validate(
    {
        "file": "x.parquet",
        "kind": "events",
        "id": {"column": "phone", "profile": "phone:cn11:v1"},
        "time": {"column": "at"},
        "measures": {"paid": {"column": "paid", "max": 1000}},
    }
)


@pytest.mark.parametrize("groups", [(440,), (200, 240), (1, 39, 400), (100,) * 5])
def test_items_of_orders_are_found_in_row_groups_of_any_size(
    tmp_path: Path, groups: tuple[int, ...]
) -> None:
    count = sum(groups)
    table = pa.table(
        {
            "at": [START + timedelta(minutes=7 * (row % ORDERS)) for row in range(count)],
            "phone": [f"138{row % ORDERS:08}" for row in range(count)],
            "paid": [100 + row % ORDERS for row in range(count)],
            "note": ["gift" if row % 2 else "" for row in range(count)],
            "shop": ["one"] * count,
            "no": [f"N{row % ORDERS:05}" for row in range(count)],
        }
    )
    path, row = tmp_path / "x.parquet", 0
    with pq.ParquetWriter(path, table.schema) as writer:
        for size in groups:
            writer.write_table(table.slice(row, size))
            row += size
    found = validate_report(SPEC, path).concerns
    told = [(one.kind, one.rows, one.declared) for one in found if "order" in one.kind]
    assert [rows for _, rows, _ in told] == [count - ORDERS], told
