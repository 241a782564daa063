"""An order that stands in a file twice is counted once, and said so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from cleanroom.ingest import read_table
from cleanroom.ingest.spec import DatasetSpec
from cleanroom.ingest.table import Table

pytestmark = pytest.mark.usefixtures("inside")


HEADER = "order,member,at,value"


def spec(**more: Any) -> DatasetSpec:
    section = {
        "file": "orders.csv",
        "kind": "events",
        "id": {"column": "member", "profile": "raw:v1"},
        "time": "at",
        "measures": {"value": {"column": "value", "max": 1000}},
    }
    return DatasetSpec.model_validate(section | {"key": "order"} | more)


def read(tmp_path: Path, lines: list[str], **more: Any) -> Table:
    path = tmp_path / "orders.csv"
    path.write_text("\n".join([HEADER, *lines]) + "\n")
    return read_table(spec(**more), path)


NOON = 1_780_315_200


def test_of_one_order_the_first_usable_row_counts(tmp_path: Path) -> None:
    table = read(
        tmp_path,
        [
            f"T1,ann,{NOON},50",
            f"T1,ann,{NOON},50",
            f" T1 ,ann,{NOON + 9},50",
            "T2,bo,20260604,20",  # its time cannot be read: the next one counts
            f"T2,bo,{NOON},21",
            f"T3,eva,{NOON},7",
            f"T1,tom,{NOON},50",
        ],
    )
    assert table.measures["value"].tolist() == [50, 21, 7]
    assert list(table.values) == [b"ann", b"bo", b"eva"]
    report = table.report
    assert report.duplicates is not None
    assert (report.duplicates.rows, report.duplicates.differing) == (3, 2)
    assert report.duplicates.first == (2, 4)
    assert (report.rows, report.usable, report.unusable, report.people) == (7, 3, 1, 3)


def test_without_a_key_every_row_counts(tmp_path: Path) -> None:
    table = read(tmp_path, [f"T1,ann,{NOON},50"] * 3, key=None)
    assert table.rows == 3
    assert table.report.duplicates is None


@pytest.mark.parametrize(
    ("key", "reason"), [("", "is empty"), ("NULL", "word for no value"), ("1.3E+17", "exponent")]
)
def test_a_key_that_names_nothing_leaves_its_row_out(tmp_path: Path, key: str, reason: str) -> None:
    table = read(tmp_path, [f"{key},ann,{NOON},1", f"{key},bo,{NOON},1", f"T1,eva,{NOON},1"])
    (fault,) = table.report.faults
    assert fault.reason.startswith("order ")
    assert reason in fault.reason
    assert (table.rows, fault.rows, fault.examples) == (1, 2, (2, 3))


def test_a_key_is_for_events() -> None:
    with pytest.raises(ValidationError, match="key is for events"):
        spec(kind="audience", time=None)


cells = st.tuples(
    st.sampled_from(["T1", "T2", "T3", "", "null"]),
    st.sampled_from(["ann", "bo", ""]),
    st.sampled_from([str(NOON), str(NOON + 1), "yesterday"]),
    st.sampled_from(["1", "2", "x"]),
)


@settings(max_examples=15, deadline=None)
@given(rows=st.lists(cells, max_size=12))
def test_rows_are_usable_or_unusable_or_duplicates(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, ...]]
) -> None:
    rows = [*rows, ("T9", "zoe", str(NOON), "1")]
    table = read(tmp_path_factory.mktemp("events"), [",".join(row) for row in rows])
    first: dict[str, tuple[str, ...]] = {}
    bad = 0
    for row in rows:
        good = row[0].startswith("T") and row[1] and row[2] != "yesterday" and row[3] != "x"
        bad += not good
        if good:
            first.setdefault(row[0], row)
    report = table.report
    assert report.duplicates is not None
    assert (report.usable, report.unusable) == (len(first), bad)
    assert report.rows == report.usable + report.unusable + report.duplicates.rows == len(rows)
    assert table.measures["value"].tolist() == [int(row[3]) for row in first.values()]
    assert len(table.people) == len({row[1] for row in first.values()})
