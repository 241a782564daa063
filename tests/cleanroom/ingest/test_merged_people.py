"""People whose rows contradict each other are counted and pointed at, whatever the column."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleanroom.ingest import Report, validate_report
from cleanroom.ingest.spec import DatasetSpec
from cleanroom.report.dataset import remarks

pytestmark = pytest.mark.usefixtures("inside")


ROWS = (
    "m,tier,town,spend,age,at,act",
    "a,gold,Bonn,1.50,20,2026-03-01T00:00:00Z,c",
    "b,gold,Bonn,2.00,30,2026-03-01T00:00:00Z,c",
    "a,silver,Bonn,2.50,20,2026-03-02T00:00:00Z,v",
    "a,gold,,1.50,99,2026-03-01T00:00:00Z,c",
    "c,gold,Bonn,2.00,30,2026-03-01T00:00:00Z,c",
    "b,gold,Bonn,2.00,30,2026-03-01T00:00:00Z,c",
)
ALL: dict[str, Any] = {
    "labels": ["tier", "town"],
    "measures": {"spend": {"column": "spend", "max": 100, "decimals": 2}},
    "time": "at",
    "action": {"column": "act", "click": "c", "view": "v"},
}
BUCKETS = {"buckets": {"band": {"column": "age", "edges": [0, 50]}}}


def look(tmp_path: Path, rule: str, rows: tuple[str, ...] = ROWS, **more: Any) -> Report:
    path = tmp_path / "people.csv"
    path.write_text("\n".join(rows) + "\n")
    base = {"file": path.name, "kind": "audience", "duplicates": rule}
    identifier = {"id": {"column": "m", "profile": "raw:v1"}}
    return validate_report(DatasetSpec.model_validate(base | identifier | ALL | more), path)


def found(report: Report) -> dict[str, tuple[int, int, tuple[int, ...], str]]:
    return {
        one.column: (one.rows, one.of, one.places, one.declared)
        for one in report.concerns
        if one.kind == "contradict"
    }


def test_of_the_first_row_every_column_may_be_contradicted(tmp_path: Path) -> None:
    report = look(tmp_path, "first", **BUCKETS)
    assert found(report) == {
        "tier": (1, 2, (4,), "xxxx / xxxxxx"),
        "town": (1, 2, (5,), "Xxxx / unknown"),
        "spend": (1, 2, (4,), "9.99 / 9.99"),
        "band": (1, 2, (5,), "9-99 / 99+"),
        "at": (1, 2, (4,), "9999-99-99X99:99:99.999999 / 9999-99-99X99:99:99.999999"),
        "act": (1, 2, (4,), "x / x"),
    }
    assert report.duplicates is not None
    assert (report.duplicates.rows, report.duplicates.differing) == (3, 2)


def test_what_is_added_up_does_not_contradict(tmp_path: Path) -> None:
    report = look(tmp_path, "sum")
    assert set(found(report)) == {"tier", "town", "at", "act"}
    assert report.duplicates is not None
    assert report.duplicates.differing == 2


def test_rows_that_say_the_same_are_no_concern(tmp_path: Path) -> None:
    report = look(tmp_path, "first", (ROWS[0], ROWS[2], ROWS[5], ROWS[6]))
    assert report.concerns == ()
    assert report.duplicates is not None
    assert (report.duplicates.rows, report.duplicates.differing) == (1, 0)


def test_a_file_that_is_refused_says_how_many_differ(tmp_path: Path) -> None:
    report = look(tmp_path, "reject")
    assert report.duplicates is not None
    assert report.duplicates.differing == 2
    assert found(report) == {}
    assert report.refusals


@pytest.mark.parametrize(
    ("language", "part"),
    [
        ("en", "2 people with several rows have more than one tier"),
        ("zh", "人的 tier 不止一个"),
    ],
)
def test_it_is_said_in_both_languages(tmp_path: Path, language: Any, part: str) -> None:
    assert any(part in line for line in remarks(look(tmp_path, "sum"), language))


cells = st.tuples(
    st.sampled_from(["a", "b", "c", "", "NULL"]),
    st.sampled_from(["gold", "silver", ""]),
    st.sampled_from(["1", "2", "x"]),
)


@settings(max_examples=10, deadline=None, derandomize=True)
@given(rows=st.lists(cells, max_size=10), rule=st.sampled_from(["first", "sum"]))
def test_every_row_is_counted_and_every_contradiction_is_found(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str]], rule: str
) -> None:
    rows = [*rows, ("z", "gold", "1")]
    text = ("m,tier,spend", *(",".join(row) for row in rows))
    plain = {"time": None, "action": None, "labels": ["tier"]}
    plain["measures"] = {"spend": {"column": "spend", "max": 100}}
    report = look(tmp_path_factory.mktemp("people"), rule, text, **plain)
    good = [row for row in rows if row[0] in "abcz" and row[0] and row[2] != "x"]
    people = {name: [row for row in good if row[0] == name] for name, *_ in good}
    compared = {"tier": 1} | ({"spend": 2} if rule == "first" else {})
    assert report.duplicates is not None
    assert report.rows == report.usable + report.unusable + report.duplicates.rows == len(rows)
    assert (report.usable, report.unusable) == (len(people), len(rows) - len(good))
    differing = [
        row
        for own in people.values()
        for row in own[1:]
        if any(row[place] != own[0][place] for place in compared.values())
    ]
    assert report.duplicates.differing == len(differing)
    wanted = {
        column: sum(len({row[place] for row in own}) > 1 for own in people.values())
        for column, place in compared.items()
    }
    assert {column: one[0] for column, one in found(report).items()} == {
        column: count for column, count in wanted.items() if count
    }
