"""Day numbers and codes for no answer among amounts are no amounts."""

from __future__ import annotations

from pathlib import Path

import pytest

from cleanroom.ingest import validate_report
from cleanroom.ingest.spec import DatasetSpec
from cleanroom.report.dataset import concern

pytestmark = pytest.mark.usefixtures("inside")

SMALL = [f"{number}.{number + 10}" for number in range(1, 31)]


def told(folder: Path, cells: list[str], **measure: object) -> list[tuple[str, int, int, str]]:
    """Return what is said of the numbers of a list of people."""
    lines = ["m,v", *(f"u{person},{cell}" for person, cell in enumerate(cells)), ""]
    (folder / "x.csv").write_text("\n".join(lines), "utf-8")
    said = {"file": "x", "kind": "audience", "id": {"column": "m", "profile": "raw:v1"}}
    measures = {"v": {"column": "v", "max": 10**5, "decimals": 2} | measure}
    spec = DatasetSpec.model_validate(said | {"measures": measures})
    found = validate_report(spec, folder / "x.csv").concerns
    assert all(str(one.places[0]) in concern(one, "line", "zh") for one in found)
    return [(one.kind, one.rows, one.of, one.declared) for one in found]


@pytest.mark.parametrize("most", [10**5, 500])
def test_days_that_a_spreadsheet_made_of_amounts(tmp_path: Path, most: int) -> None:
    found = told(tmp_path, [*SMALL, "46361", "46031.00"], max=most)
    assert found == [("day-numbers", 2, 32, "46031-46361")]


@pytest.mark.parametrize(
    "cells",
    [
        [*SMALL, "45000", "52500"],  # round ones
        [*SMALL, "46361", "46361"],  # one and the same
        [*SMALL, "46361.10", "46031.20"],  # with cents
        [*SMALL, "46361", "46031", "712.40"],  # among larger ones
        [*map(str, range(1, 31)), "46361", "46031"],  # among whole ones
        [*SMALL[:5], "46361", "46031"],  # many
    ],
)
def test_amounts_that_are_large(tmp_path: Path, cells: list[str]) -> None:
    assert not told(tmp_path, cells)


@pytest.mark.parametrize(("least", "code"), [(0, "-99"), (-1000, "-999"), (0, "-88")])
def test_codes_for_no_answer(tmp_path: Path, least: int, code: str) -> None:
    found = told(tmp_path, [*SMALL, f"{code}.00", code], min=least)
    assert found == [("no-answer", 2, 32, code)]


def test_refunds_are_no_codes(tmp_path: Path) -> None:
    for refunds in (["-99", "-99", "99"], ["-99", "-98"], ["-20", "-20"]):
        assert [kind for kind, *_ in told(tmp_path, [*SMALL, *refunds])] == ["below-range"]
