"""Labels that a formula, a list to choose from, or filling down has put where nobody chose one."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from cleanroom.ingest import validate_report
from cleanroom.ingest.labels import BucketBuilder, LabelBuilder
from cleanroom.ingest.spec import BucketSpec, DatasetSpec

pytestmark = pytest.mark.usefixtures("inside")

AGE = BucketSpec(column="age", edges=(0, 18, 35))


def odd(*cells: str) -> dict[str, tuple[int, int, str]]:
    builder = LabelBuilder("tier", None)
    for half in (cells[: len(cells) // 2], cells[len(cells) // 2 :]):
        builder.add(pa.array(half, pa.string()))
    return {one.kind: (one.rows, row, one.declared) for one, row in builder.concerns()}


def test_a_zero_beside_words_alone() -> None:
    assert odd("gold", "0", "silver", "0") == {"maybe-nothing": (2, 1, "0")}
    assert odd("gold", "0.00", "silver")["maybe-nothing"] == (1, 1, "0.00")
    assert not odd("0", "1", "2", "more")
    assert not odd("0", "1-5 orders", "6+ orders", "none yet")


@pytest.mark.parametrize(
    "cell",
    [
        *("- None -", "--None--", "-None-", "-- Select --", "--Select One--", "Please select"),
        *("Please choose…", "Select an option...", "Bitte wählen", "请选择", "-请选择-"),
    ],
)
def test_what_a_list_shows_before_a_choice(cell: str) -> None:
    assert odd("gold", cell) == {"maybe-nothing": (1, 1, cell)}


def test_words_that_may_be_chosen() -> None:
    assert not odd("none", "Select", "Select Comfort", "Choose Chicago", "A-None-B", "non-select")


def test_values_that_were_filled_down() -> None:
    seasons = [f"Summer {year}" for year in range(2026, 2038)]
    assert odd("gold", *seasons) == {"filled-down": (12, 1, "Summer 2026")}
    assert not odd("gold", *seasons[:9])
    assert not odd(*seasons[::-1])
    assert not odd(*seasons, *seasons)
    assert not odd(*map(str, range(30)))


def ages(
    tmp_path: Path, cells: list[str], column: str = "年龄"
) -> list[tuple[str, int, tuple[int, ...]]]:
    path = tmp_path / "ages.csv"
    rows = [f"u{number}x,{cell}" for number, cell in enumerate(cells)]
    path.write_text("\n".join([f"m,{column}", *rows, ""]), "utf-8")
    section = {"file": path.name, "kind": "audience", "id": {"column": "m", "profile": "raw:v1"}}
    section["buckets"] = {"age": {"column": column, "edges": [0, 18, 35]}}
    found = validate_report(DatasetSpec.model_validate(section), path).concerns
    return [(one.kind, one.rows, one.places) for one in found]


GROWN = [str(18 + n % 50) for n in range(60)]


@pytest.mark.parametrize("zero", ["0", "0.0", "00"])
@pytest.mark.parametrize("column", ["年龄", "age", "customer_age", "Alter"])
def test_an_age_of_zero_is_hardly_one(tmp_path: Path, zero: str, column: str) -> None:
    found = ages(tmp_path, [*GROWN, *[zero] * 5], column)
    assert found == [("maybe-nothing", 5, (62,))]
    assert ages(tmp_path, [*GROWN, *[zero] * 4], column) == []


def test_where_children_are_the_youngest_are_none_the_less(tmp_path: Path) -> None:
    assert ages(tmp_path, [*GROWN, *["0"] * 5, "1", "2", "9"]) == []
    assert ages(tmp_path, [*GROWN, *["0"] * 9], "usage") == []
    assert ages(tmp_path, [*GROWN, *["0"] * 9], "visits") == []


def test_ages_of_parts_are_counted_together() -> None:
    whole, parts = BucketBuilder(AGE), [BucketBuilder(AGE) for _ in range(3)]
    for cells, part in zip((["20"] * 9, ["30", "0", "0"], ["0"] * 3), parts, strict=True):
        part.add(pa.array(cells))
        whole.absorb(part.document())
    ((found, row),) = whole.concerns()
    assert (found.rows, found.of, row) == (5, 15, 10)
