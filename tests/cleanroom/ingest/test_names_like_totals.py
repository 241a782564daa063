"""Rows of a product called after a total are somebody's; rows that add up others are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from cleanroom.ingest import Report, validate_report
from cleanroom.ingest.engines import read_here
from cleanroom.ingest.identifiers.totals import FIRST_CELL, SELDOM
from cleanroom.ingest.settle import TOTAL_ROW
from cleanroom.ingest.spec import DatasetSpec
from cleanroom.isolated.csv_rows import read_csv
from cleanroom.isolated.records import Odd
from tests.cleanroom.ingest.spark.parts_of import equal, gathered

pytestmark = pytest.mark.usefixtures("inside")


def report(path: Path, header: str, lines: list[str]) -> Report:
    path.write_text("\n".join([header, *lines, ""]), "utf-8")
    section = {"file": path.name, "kind": "events", "id": {"column": "m", "profile": "raw:v1"}}
    return validate_report(DatasetSpec.model_validate(section), path)


def left_out(found: Report) -> tuple[int, ...]:
    return next((one.examples for one in found.faults if one.reason == TOTAL_ROW), ())


def told(found: Report) -> dict[str, tuple[int, tuple[int, ...]]]:
    return {
        one.column: (one.rows, one.places)
        for one in found.concerns
        if one.kind == "total-elsewhere"
    }


@pytest.mark.parametrize("name", ["Colgate Total", "Nivea Summe", "Hair Count"])
@pytest.mark.parametrize("member", ["m{}@x.cn", "1380013{:04}", "{:04}"])
def test_a_product_is_no_total_however_its_rows_are_sorted(
    tmp_path: Path, name: str, member: str
) -> None:
    products = ["Elmex Junior", name, "Max White"]
    rows = [
        (member.format(n + 1), products[(n + of) % 3]) for n in range(20) for of in (0, 1, 1, 2)
    ]
    for order in (rows, sorted(rows), sorted(rows, key=lambda row: row[::-1]), rows[::3]):
        found = report(tmp_path / "x.csv", "product,m,n", [f"{p},{m},1" for m, p in order])
        assert (found.usable, left_out(found), told(found)) == (len(order), (), {})
        beside = report(tmp_path / "x.csv", "n,product,m", [f"1,{p},{m}" for m, p in order])
        assert (beside.usable, told(beside)) == (len(order), {})


def test_a_row_below_each_person_that_adds_up_theirs_is_left_out(tmp_path: Path) -> None:
    lines = [f"{what},u{n},1" for n in range(8) for what in ("Soap", "Cream", "Total")]
    found = report(tmp_path / "x.csv", "product,m,n", lines)
    assert (found.usable, left_out(found)[:2]) == (16, (4, 7))


def test_a_person_may_call_himself_total(tmp_path: Path) -> None:
    names = ["刘一", "总计", "Grand Total", "郭涵"] * 20
    lines = [f"{name},wm{n:04}J{n * 7919 % 10**6:06}" for n, name in enumerate(names)]
    found = report(tmp_path / "x.csv", "昵称,m", lines)
    assert (found.usable, left_out(found)) == (80, ())
    # What adds up others has no number, or a count.
    found = report(tmp_path / "x.csv", "昵称,m", [*lines, "总计,", "总计,80"])
    assert left_out(found) == (82, 83)


def test_groups_that_stand_in_the_column_have_totals(tmp_path: Path) -> None:
    lines = [f"{what},u{n},1" for n in range(8) for what in ("Soap", "Soap Total")]
    found = report(tmp_path / "x.csv", "product,m,n", lines)
    assert (found.usable, left_out(found)[:2]) == (8, (3, 5))
    counted = [line for n in range(8) for line in (f"North,{n + 10},1", f"North Count,{n + 30},1")]
    found = report(tmp_path / "x.csv", "area,m,n", counted)
    assert (found.usable, left_out(found)[:2]) == (8, (3, 5))


def test_a_product_that_few_rows_have_begins_some_persons_rows(tmp_path: Path) -> None:
    lines = ["Soap,u1", "Olay Total,u1", "Olay Total,u2", "Soap,u2"]
    found = report(tmp_path / "x.csv", "product,m", lines)
    assert (found.usable, left_out(found), told(found)) == (4, (), {"product": (2, (3,))})


@pytest.mark.parametrize("groups", ["product,area", "area,product"])
def test_totals_of_groups_of_any_column_are_pointed_at(tmp_path: Path, groups: str) -> None:
    cells = [("Soap", "North"), ("Cream", "North"), ("North Total", "")]
    cells += [("Olay Total", "South"), ("Total", "")]
    turned = cells if groups[0] == "p" else [cell[::-1] for cell in cells]
    lines = [f"1,{one},{other},u{n}x" for n in range(6) for one, other in turned]
    found = report(tmp_path / "x.csv", f"n,{groups},m", lines)
    assert told(found) == {"product": (12, (4,))}


def test_identifiers_beside_many_such_names_are_looked_at_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    match = Odd._match
    monkeypatch.setattr(Odd, "_match", lambda *args: calls.append(1) or match(*args))
    path = tmp_path / "x.csv"
    path.write_text("\n".join(["product,m", *(f"Olay Total,u{n}" for n in range(2_000)), ""]))
    odd = Odd(pattern=FIRST_CELL, perhaps=SELDOM)
    assert sum(batch.num_rows for batch in read_csv(str(path), ["m"], [], odd)) == 2_000
    assert len(calls) == 2


def areas(*names: str) -> list[tuple[str, str]]:
    """Return rows of members in cities, and below those of each area one that adds them up."""
    found = []
    for month in range(6):
        for place, name in enumerate(names):
            numbers = range(10 * place + 100 * month, 10 * place + 100 * month + 4)
            found += [(("Oslo", "Rome", "Bonn", "Lima", "Nice")[n % 5], f"u{n}") for n in numbers]
            found.append((name, f"u{numbers[-1]}"))
    return found


@pytest.mark.parametrize(
    ("names", "rows"),
    [
        (("North Total", "South Total", "East Total"), 18),  # no three products are called so
        (("Order Total",), 6),  # nor any after what rows are grouped by
        (("Fage Total", "Olay Total"), 0),  # two of seven may be
        (("Olay Total",), 0),
    ],
)
def test_totals_of_groups_that_stand_nowhere(
    tmp_path: Path, names: tuple[str, ...], rows: int
) -> None:
    for header, lines in (
        ("area,m", [",".join(row) for row in areas(*names)]),
        ("n,m,area", [f"1,{m},{area}" for area, m in areas(*names)]),
    ):
        found = report(tmp_path / "x.csv", header, lines)
        assert (found.usable, told(found)) == (len(lines), {"area": (rows, (6,))} if rows else {})
    blank = [f"1,{m},{area if 'Total' in area else ''}" for area, m in areas(*names)]
    found = told(report(tmp_path / "x.csv", "n,m,area", blank))
    assert bool(found) == (rows > 0 or len(names) > 1)


def test_people_who_are_called_so_are_quiet(tmp_path: Path) -> None:
    people = [f"{name} Total" for name in ("Ann", "Bob", "Cid", "Dee")]
    lines = [f"1,u{n % 4},{people[n % 4]}" for n in range(40)]
    assert told(report(tmp_path / "x.csv", "n,m,customer", lines)) == {}
    with_another = [*lines, "1,u9,Ann Total"]
    assert told(report(tmp_path / "x.csv", "n,m,customer", with_another)) == {}


def test_parts_of_a_cluster_say_the_same_of_them(tmp_path: Path) -> None:
    lines = [f"1,{m},{area}" for area, m in areas("North Total", "South Total", "East Total")]
    section = {"file": "x", "kind": "events", "id": {"column": "m", "profile": "raw:v1"}}
    spec = DatasetSpec.model_validate(section)
    (tmp_path / "x").mkdir()
    for number, part in enumerate((lines[:15], lines[15:30], lines[30:])):  # one month in each
        (tmp_path / "x" / f"{number}.csv").write_text("\n".join(["n,m,area", *part, ""]))
    here = read_here(spec, tmp_path)
    assert told(here.report) == {"area": (18, (6,))}
    assert equal(gathered(spec, tmp_path), here)
