"""Balances that stand in a list day by day are not amounts to add up."""

from __future__ import annotations

from pathlib import Path
from random import Random

import numpy as np
import pyarrow as pa
import pytest

from cleanroom.ingest import Report, validate_report
from cleanroom.ingest.concerns.snapshots import snapshots
from cleanroom.ingest.people import Named
from cleanroom.ingest.spec import DatasetSpec
from cleanroom.report.dataset import concern

pytestmark = pytest.mark.usefixtures("inside")

DAYS = ["2026-04-30", "2026-05-31", "2026-06-30"]
PEOPLE = range(30)


def report(folder: Path, rows: list[tuple[str, str, int]], measure: str, name: str) -> Report:
    """Return what is said of rows of a day, a person and an amount."""
    lines = [f"{name},m,{measure}", *(f"{day},{person},{value}" for day, person, value in rows)]
    (folder / "x.csv").write_text("\n".join([*lines, ""]), "utf-8")
    said = {"file": "x", "kind": "audience", "id": {"column": "m", "profile": "raw:v1"}}
    measures = {"v": {"column": measure, "max": 10**6}}
    spec = DatasetSpec.model_validate(said | {"duplicates": "sum", "measures": measures})
    return validate_report(spec, folder / "x.csv")


def told(
    folder: Path,
    rows: list[tuple[str, str, int]],
    measure: str = "v",
    name: str = "as of",
) -> list[tuple[str, int, int, tuple[int, ...]]]:
    found = report(folder, rows, measure, name).concerns
    return [
        (one.declared, one.rows, one.of, one.places) for one in found if one.kind == "snapshots"
    ]


def month_by_month(*values: int) -> list[tuple[str, str, int]]:
    """Return rows in the order of their days; ``values`` are those of one person after another."""
    each = [values[start : start + 3] for start in range(0, len(values), 3)]
    return [
        (day, f"u{person}", own[place])
        for place, day in enumerate(DAYS)
        for person, own in enumerate(each)
    ]


RISING = [100 + 7 * person + month * (1 + person % 4) for person in PEOPLE for month in range(3)]


@pytest.mark.parametrize("written", ["{}", "{} 00:00:00"])
def test_amounts_that_rise_for_everybody(tmp_path: Path, written: str) -> None:
    rows = [(written.format(day), *rest) for day, *rest in month_by_month(*RISING)]
    assert told(tmp_path, rows) == [("as of", 30, 30, (2,))]
    assert told(tmp_path, rows[::-1]) == [("as of", 30, 30, (2,))]
    by_person = sorted(rows, key=lambda row: (row[1], row[0]))
    assert told(tmp_path, by_person) == [("as of", 30, 30, (2,))]


@pytest.mark.parametrize(
    "days", [["2026-05", "2026-06"], ["May 2026", "Jun 2026"], ["202605", "202606"]]
)
@pytest.mark.parametrize(
    "measure", ["lifetime_spend", "账户余额", "Saldo", "points balance", "ltv"]
)
def test_balances_by_their_name(tmp_path: Path, measure: str, days: list[str]) -> None:
    random = Random(4)
    rows = [(day, f"u{person}", random.randrange(900)) for day in days for person in PEOPLE]
    assert told(tmp_path, rows, measure) == [("as of", 30, 30, (2,))]
    assert told(tmp_path, rows, "spend") == []
    assert told(tmp_path, [(f"shop {day}", *rest) for day, *rest in rows], measure) == []


def test_amounts_of_a_month_each_are_quiet(tmp_path: Path) -> None:
    random = Random(4)
    own = [random.randrange(900) for _ in PEOPLE for _ in range(3)]
    assert told(tmp_path, month_by_month(*own)) == []
    in_order = sorted(month_by_month(*own), key=lambda row: row[2])
    assert told(tmp_path, in_order) == []
    raised = [
        fee for person in PEOPLE for fee in (90 + 7 * person, 99 + 7 * person, 99 + 7 * person)
    ]
    assert told(tmp_path, month_by_month(*raised)) == []
    same = [90 + month * 5 for _ in PEOPLE for month in range(3)]
    assert told(tmp_path, month_by_month(*same)) == []


def test_people_with_more_rows_than_days_are_quiet(tmp_path: Path) -> None:
    rows = [*month_by_month(*RISING), (DAYS[2], "u3", 900)]
    assert told(tmp_path, rows, "balance") == []
    few = [row for row in month_by_month(*RISING) if row[0] == DAYS[0] or row[1] < "u12"]
    assert told(tmp_path, few, "balance") == []


def test_it_is_said_with_the_way_out_in_both_languages(tmp_path: Path) -> None:
    found = report(tmp_path, month_by_month(*RISING), "v", "day")
    (one,) = (one for one in found.concerns if one.kind == "snapshots")
    assert 'keep = { "day" = [...] }' in concern(one, "line", "en")
    assert 'keep = { "day" = [...] }' in concern(one, "line", "zh")


def test_a_list_of_one_row_each_has_none() -> None:
    people = Named.find([pa.array([f"u{n}" for n in PEOPLE], pa.large_string())])
    assert [*snapshots("balance", np.arange(30), people, {"d": {"2026-05": (30, 2)}})] == []
