"""A file that was cut off on its way lacks rows that no count has: what is seen of it is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from cleanroom.ingest import validate_report
from cleanroom.ingest.concerns.counts import SHEETS
from cleanroom.ingest.report import Concern
from cleanroom.ingest.spec import DatasetSpec
from cleanroom.isolated.csv_rows import read_csv
from cleanroom.isolated.records import Odd
from cleanroom.report.dataset import concern

TIERS = ["gold", "silver"]


def cut(path: Path, header: str, rows: list[str], last: str) -> int:
    """Return the record within which a file ends, or 0."""
    path.write_text("\n".join([header, *rows, last]), newline="")
    odd = Odd()
    list(read_csv(str(path), header.split(","), [], odd))
    return odd.cut


def found(path: Path, text: str) -> list[Concern]:
    path.write_text(text, newline="")
    section = {"file": path.name, "kind": "audience", "id": {"column": "m", "profile": "raw:v1"}}
    report = validate_report(DatasetSpec.model_validate(section), path)
    return [one for one in report.concerns if one.kind in ("cut", "sheet")]


def spent(count: int) -> list[str]:
    return [f"u{number},{number + 10}.50" for number in range(count)]


CUT = [
    ("m,spend", spent(20), "u99,12.5"),
    ("m,spend", spent(20), "u99,12."),
    ("m,spend", spent(20), "u99,1"),
    ("m,spend", spent(20), "u99,"),
    ("m,spend", spent(20), "u99"),
    ("m,at", [f"u{n},2026-06-04 12:30:{n:02}" for n in range(20)], "u99,2026-06-04 12:30:0"),
    ("m,points", [f"u{n},{n + 10}" for n in range(200)], "u99,1"),
    ("m,tier", [f"u{n},{TIERS[n % 2]}" for n in range(20)], "u99,gol"),
]
WHOLE = [
    ("m,spend", spent(20), "u99,12.50"),
    ("m,spend", spent(20), "u99,1234.50"),
    ("m,spend", spent(19), "u99,12.5"),
    ("m,spend", [*spent(20), "u7,3"], "u99,12.5"),
    ("m,spend", [*spent(20), "u98,"], "u99,"),
    ("m,points", [f"u{n},{n + 90}" for n in range(199)], "u99,1"),
    ("m,points", [f"u{n},{n % 30}" for n in range(200)], "u99,1"),
    ("m,tier", [f"u{n},{TIERS[n % 2]}" for n in range(20)], "u99,gold"),
    ("m,tier", [f"u{n},{TIERS[n % 2]}" for n in range(20)], "u99,bronze"),
    ("m,name", [f"u{n},Ann {n}" for n in range(40)], "u99,Ann"),
]


@pytest.mark.parametrize(("header", "rows", "last"), CUT)
def test_an_end_within_the_last_line_is_noticed(
    tmp_path: Path, header: str, rows: list[str], last: str
) -> None:
    path = tmp_path / "crm.csv"
    assert cut(path, header, rows, last) == len(rows) + 2
    assert [cut(path, header, rows, last + end) for end in ("\n", "\r\n", "\r")] == [0, 0, 0]


@pytest.mark.parametrize(("header", "rows", "last"), WHOLE)
def test_a_last_line_without_its_end_says_nothing(
    tmp_path: Path, header: str, rows: list[str], last: str
) -> None:
    assert cut(tmp_path / "crm.csv", header, rows, last) == 0


@pytest.mark.parametrize("size", [1000, 1024, 4096])
def test_a_round_number_of_bytes_is_part_of_a_transfer(tmp_path: Path, size: int) -> None:
    for more, record in ((0, 3), (1, 0)):
        last = "x" * (size + more - len("m,n\nu1,y\n,xx"))
        assert cut(tmp_path / "crm.csv", "m,n", ["u1,y"], f"{last},xx") == record


def test_the_last_line_is_said_in_both_languages(tmp_path: Path) -> None:
    (one,) = found(tmp_path / "crm.csv", "\n".join(["m,spend", *spent(20), "", "u99,12.5"]))
    assert (one.kind, one.of, one.places) == ("cut", 21, (23,))
    assert "line 23" in concern(one, "line", "en")
    assert "第 23 行" in concern(one, "line", "zh")


def test_as_many_lines_as_a_sheet_has_are_pointed_at(tmp_path: Path) -> None:
    sheet = "m\n" + "u1\n" * (SHEETS[0] - 2)
    assert [one.rows for one in found(tmp_path / "crm.csv", sheet + "u2\n")] == [SHEETS[0]]
    assert found(tmp_path / "crm.csv", sheet) == []
    assert SHEETS == (65_536, 1_048_576)
