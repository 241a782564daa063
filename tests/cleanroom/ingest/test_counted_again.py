"""Rows that add up others, and rows that stand there several times, are pointed at or left out."""

from __future__ import annotations

from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cleanroom.ingest import Report, validate_report
from cleanroom.ingest.concerns.copied import copied
from cleanroom.ingest.concerns.pivoted import adding_up
from cleanroom.ingest.people import People
from cleanroom.ingest.spec import DatasetSpec
from cleanroom.report.dataset import concern

pytestmark = pytest.mark.usefixtures("inside")


def heads(*values: int) -> tuple[int, int] | None:
    """Return how many rows add up others, and the first."""
    found = [(one.rows, row) for one, row in adding_up("spend", np.array(values, dtype=np.int64))]
    return found[0] if found else None


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ((300, 120, 180, 450, 200, 250), (2, 0)),
        ((900, 300, 120, 180, 600, 150, 450), (2, 1)),  # a region above two cities
        ((120, 180, 300, 200, 250, 450), (2, 2)),
        ((300, 120, 180, 450, 200, 250, 750), (2, 0)),
        ((120, 180, 205, 245, 750), (1, 4)),
        ((750, 120, 180, 205, 245), (1, 0)),
    ],
)
def test_rows_that_are_the_sum_of_others(values: tuple[int, ...], told: tuple[int, int]) -> None:
    assert heads(*values) == told


@pytest.mark.parametrize(
    "values",
    [
        (120, 180, 205, 245), (1, 1, 1, 3), (5, 4, 4, 3, 3, 2, 2, 1, 1, 1),
        (0, 0, 0, 0, 0, 0), (300, 120, -180, 450, 200, 250), (1, 1, 1, 1, 1, 1, 1, 1), (5, 5), (7,),
        (3, 2, 1, 1, 2, 1, 1), (120, 245, 180, 545, 205, 245),
    ],
)  # fmt: skip
def test_other_amounts_are_not_pointed_at(values: tuple[int, ...]) -> None:
    assert heads(*values) is None


def test_sums_of_small_numbers_are_chance() -> None:
    random = np.random.default_rng(7)
    for most in (2, 3, 5, 10, 100, 10_000):
        for _ in range(20):
            assert heads(*random.integers(0, most, 60).tolist()) is None


def test_no_rows_add_up_nothing() -> None:
    assert heads() is None


def again(person: list[int], values: list[int]) -> tuple[int, str] | None:
    people = People(np.array(person, dtype=np.int64), max(person, default=-1) + 1)
    found = [*copied("spend", np.array(values, dtype=np.int64), people)]
    return (found[0][0].rows, found[0][0].declared) if found else None


PERSON = [0, 0, 1, 2, 2, 2, 3, 4]
VALUES = [510, 720, 305, 111, 222, 333, 999, 450]


@pytest.mark.parametrize("times", [3, 4, 5])
def test_a_list_that_was_pasted_several_times(times: int) -> None:
    assert again(PERSON * times, VALUES * times) == (5, str(times))
    repeated = [one for one in zip(PERSON, VALUES, strict=True) for _ in range(times)]
    assert again([p for p, _ in repeated], [v for _, v in repeated]) == (5, str(times))


def test_an_amount_that_a_join_repeats() -> None:
    rows = [(n, 100 + 7 * n) for n in range(20) for _ in range(1 + n % 4)]
    assert again([p for p, _ in rows], [v for _, v in rows]) == (15, "2")


def test_payments_of_few_prices_and_amounts_of_their_own_are_no_copies() -> None:
    plans = [(n, (999, 1999)[n % 2]) for n in range(40) for _ in range(1 + n % 11)]
    assert again([p for p, _ in plans], [v for _, v in plans]) is None
    assert again([0, 0, 1, 1, 2, 2, 3, 3], [1] * 8) is None
    assert again(PERSON, VALUES) is None
    assert again([0, 0, 1, 1], [0, 0, 0, 0]) is None
    assert again([], []) is None
    random = np.random.default_rng(3)
    for most in (2, 5, 1000):
        person = random.integers(0, 30, 90)
        known = np.unique(person, return_inverse=True)[1]
        assert again(known.tolist(), random.integers(0, most, 90).tolist()) is None


def look(path: Path, text: str, **said: Any) -> Report:
    path.write_text(text, "utf-8")
    section = {"file": path.name, "kind": "audience", "id": {"column": "m", "profile": "raw:v1"}}
    spend = {"column": "spend", "max": 9999, "decimals": 2}
    measures = {"measures": {"spend": spend}}
    return validate_report(DatasetSpec.model_validate(section | measures | said), path)


def test_groups_of_a_pivot_table_are_pointed_at_once(tmp_path: Path) -> None:
    text = "m,spend\nNorth,300.50\n  u1,120.25\n  u2,180.25\nSouth,450\n  u3,200\n  u4,250\n"
    report = look(tmp_path / "x.csv", text)
    (found,) = [one for one in report.concerns if one.kind in {"adding-up", "subtotals"}]
    assert (found.rows, found.of, found.places) == (2, 6, (2,))
    for language in ("en", "zh"):
        assert "2" in concern(found, "line", language)


def test_copies_are_pointed_at_where_they_are_added_up(tmp_path: Path) -> None:
    rows = "u1,5.10\nu2,7.20\nu3,3\nu4,9.99\nu5,1.25\n"
    text = "m,spend\n" + rows * 3
    found = {one.kind: one for one in look(tmp_path / "x.csv", text, duplicates="sum").concerns}
    assert (found["copied"].rows, found["copied"].declared, found["copied"].places) == (
        5,
        "3",
        (2,),
    )
    first = look(tmp_path / "x.csv", text, duplicates="first")
    assert "copied" not in {one.kind for one in first.concerns}


SAP = """,Customer,Amount
,u1,10.00
,u1,5.00
*,u1,15.00
,u2,7.00
*,u2,7.00
**,,22.00
"""


def test_subtotals_with_stars_are_left_out_of_events_too(tmp_path: Path) -> None:
    text = SAP.replace("Customer", "m").replace("Amount", "spend")
    report = look(tmp_path / "x.csv", text, kind="events")
    assert (report.rows, report.usable, report.people) == (6, 3, 2)
    (fault,) = report.faults
    assert (fault.rows, fault.examples) == (3, (4, 6, 7))
    assert not [one for one in report.concerns if one.kind == "adding-up"]


def test_stars_in_a_column_with_a_name_are_no_totals(tmp_path: Path) -> None:
    report = look(tmp_path / "x.csv", "vip,m,spend\n*,u1,10.50\n,u2,7\n*,u3,8\n")
    assert (report.usable, report.unusable) == (3, 0)


def test_subtotals_below_the_rows_of_events(tmp_path: Path) -> None:
    rows = [("u1", [10, 5.5, 2]), ("u2", [7, 8]), ("u3", [3.25, 9, 11])]
    lines = [f"{m},{v}" for m, values in rows for v in [*values, [*accumulate(values)][-1]]]
    report = look(tmp_path / "x.csv", "\n".join(["m,spend", *lines, ""]), kind="events")
    (found,) = [one for one in report.concerns if one.kind == "adding-up"]
    assert (found.rows, found.places) == (3, (5,))
