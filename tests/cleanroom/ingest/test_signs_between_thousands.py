"""A decimal sign that was declared, and stands between thousands, is pointed at."""

from __future__ import annotations

from pathlib import Path

import pytest

from cleanroom.ingest import validate_report
from cleanroom.ingest.engines import read_here
from cleanroom.ingest.report import Report
from cleanroom.ingest.spec import DatasetSpec
from cleanroom.report.dataset import concern
from tests.cleanroom.ingest.spark.parts_of import equal, gathered

pytestmark = pytest.mark.usefixtures("inside")


def spec(decimals: int = 2, *, bucket: bool = False, decimal: str = ",") -> DatasetSpec:
    said = {"file": "x", "kind": "audience", "id": {"column": "m", "profile": "raw:v1"}}
    number = {"column": "v", "decimal": decimal}
    measures = {"v": number | {"max": 10**6, "decimals": decimals}} if decimals >= 0 else {}
    buckets = {"b": number | {"edges": [0, 10]}} if bucket else {}
    return DatasetSpec.model_validate(said | {"measures": measures, "buckets": buckets})


def report(folder: Path, cells: list[str], of: DatasetSpec) -> Report:
    lines = ["m;v", *(f"m{number};{cell}" for number, cell in enumerate(cells))]
    (folder / "x.csv").write_text("sep=;\n" + "\n".join([*lines, ""]))
    return validate_report(of, folder / "x.csv")


def told(
    folder: Path, cells: list[str], of: DatasetSpec | None = None
) -> list[tuple[int, int, tuple[int, ...]]]:
    found = report(folder, cells, of or spec()).concerns
    return [(one.rows, one.of, one.places) for one in found if one.kind == "between-thousands"]


ROUND = [f"{n},{n}30" for n in range(1, 10)] + ["20,500"]
MIXED = ["950", *(f"{n},{n}37" for n in range(1, 10)), "999", "20,500"]


def test_cells_that_end_with_zero_and_those_beside_small_whole_numbers(tmp_path: Path) -> None:
    assert told(tmp_path, ROUND) == [(10, 10, (3,))]
    assert told(tmp_path, [*ROUND, "0", ""]) == [(10, 12, (3,))]
    for of in (spec(3), spec(-1, bucket=True), spec(3, bucket=True)):
        assert told(tmp_path, MIXED, of) == [(10, 12, (4,))]
    assert told(tmp_path, ROUND, spec(-1, bucket=True)) == [(10, 10, (3,))]
    assert told(tmp_path, ROUND, spec(bucket=True)) == [(10, 10, (3,))]
    points = [cell.replace(",", ".") for cell in ROUND]
    assert told(tmp_path, points, spec(decimal=".")) == [(10, 10, (3,))]


@pytest.mark.parametrize(
    "cells",
    [
        [*ROUND, "12,5"],
        [*ROUND, "0,750"],
        [*ROUND, "1200"],
        ROUND[1:],
        [f"{number},000" for number in range(1, 20)],  # quantities of SAP
        ["5", "12", "950"] * 5,
    ],
)
def test_fractions_are_quiet(tmp_path: Path, cells: list[str]) -> None:
    assert told(tmp_path, cells) == []


def test_weights_with_three_decimals_are_quiet(tmp_path: Path) -> None:
    assert told(tmp_path, ROUND, spec(3)) == []
    assert told(tmp_path, ROUND, spec(3, bucket=True)) == []
    assert told(tmp_path, [cell for cell in MIXED if "," in cell], spec(3)) == []


def test_it_is_said_with_the_way_out_in_both_languages(tmp_path: Path) -> None:
    found = report(tmp_path, ROUND, spec()).concerns
    (one,) = (one for one in found if one.kind == "between-thousands")
    assert 'declare thousands = ","' in concern(one, "line", "en")
    assert "1,230 按一点几读" in concern(one, "line", "zh")


def test_parts_of_a_cluster_say_the_same(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    for number, part in enumerate((["950"], ROUND[:4], ROUND[4:])):
        lines = ["v,m", *(f'"{cell}",m{number}{cell[:1]}' for cell in part)]
        (tmp_path / "x" / f"{number}.csv").write_text("\n".join([*lines, ""]))
    here = read_here(spec(), tmp_path)
    assert [one.rows for one in here.report.concerns if one.kind == "between-thousands"] == [10]
    assert equal(gathered(spec(), tmp_path), here)
