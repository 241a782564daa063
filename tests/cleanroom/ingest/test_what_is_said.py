"""What is odd about a file is said by its own name, not by that of something else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from cleanroom.errors import InvalidInput
from cleanroom.ingest import Report, validate_report
from cleanroom.ingest.clock import NoTime
from cleanroom.ingest.labels import LabelBuilder
from cleanroom.ingest.numbers import INFINITE, number
from cleanroom.ingest.spec import DatasetSpec
from cleanroom.isolated.csv_rows import read_csv
from cleanroom.isolated.endings import is_doubled, is_marked
from cleanroom.isolated.headers import are_names
from cleanroom.isolated.records import Odd
from cleanroom.report.dataset import counts

pytestmark = pytest.mark.usefixtures("inside")


def odd(path: Path, content: bytes) -> Odd:
    path.write_bytes(content)
    found = Odd()
    list(read_csv(str(path), ["m"], [], found))
    return found


@pytest.mark.parametrize("end", [b"\x1a", b"\x1a\r\n", b"4\x1a", b"\x1a\n"])
def test_ctrl_z_at_the_end_is_no_cut(tmp_path: Path, end: bytes) -> None:
    content = b"m,spend\r\nu1,3\r\nu2,4\r\n" + end
    (tmp_path / "y.csv").write_bytes(content)
    assert is_marked(str(tmp_path / "y.csv"))
    found = odd(tmp_path / "x.csv", content)
    assert (found.marked, found.cut) == (4, 0)


def test_ctrl_z_elsewhere_is_a_letter(tmp_path: Path) -> None:
    assert odd(tmp_path / "x.csv", b"m\nu1\x1a\nu2\n").marked == 0
    assert odd(tmp_path / "x.csv", b"m\nu").marked == 0


@pytest.mark.parametrize("quote", [b"", b'"'])
def test_two_carriage_returns_are_no_blank_line(tmp_path: Path, quote: bytes) -> None:
    lines = b"m,x\r\r\n" + quote + b"u1" + quote + b",3\r\r\nu2,4\r\r\nu3,5\r\r\n"
    found = odd(tmp_path / "x.csv", lines)
    assert (found.doubled, found.below) == (True, 0)
    found = odd(tmp_path / "x.csv", lines.replace(b"\r\r\n", b"\r\n"))
    assert (found.doubled, found.below) == (False, 0)
    assert not is_doubled(str(tmp_path / "x.csv"))


@pytest.mark.parametrize("cell", ["Infinity", "-inf", "+Inf", "inf", "-\u221e", "1.#INF", "- INF"])
def test_what_is_infinite_says_so(cell: str) -> None:
    with pytest.raises(NoTime) as refused:
        number(cell)
    assert str(refused.value) == INFINITE


def report(path: Path, *lines: str, **more: Any) -> Report:
    path.write_text("\n".join([*lines, ""]), "utf-8")
    spend = {"spend": {"column": "spend", "decimals": 2, "max": 100}}
    section = {"file": path.name, "kind": "events", "id": {"column": "m", "profile": "raw:v1"}}
    spec = section | {"measures": spend, "time": "at", "labels": ["tier"]} | more
    return validate_report(DatasetSpec.model_validate(spec), path)


def test_further_items_of_an_order_have_nothing_to_mend(tmp_path: Path) -> None:
    lines = ["m,tier,spend,at,order", "u1,a,3,2026-06-04T12:30:00Z,1", "u1,b,,,1", "u2,b,,soon,2"]
    found = report(tmp_path / "x.csv", *lines, key="order").concerns
    assert [one.places for one in found if one.kind == "several-faults"] == [(4,)]
    found = report(tmp_path / "x.csv", *lines).concerns
    assert [one.places for one in found if one.kind == "several-faults"] == [(4,)]
    lines[0] = lines[0].replace("order", "list")
    found = report(tmp_path / "x.csv", *lines).concerns
    assert [one.places for one in found if one.kind == "several-faults"] == [(3, 4)]


def test_several_faults_in_one_row_are_said_and_a_header_has_none(tmp_path: Path) -> None:
    noon = "2026-06-04T12:30:00Z"
    rows = [f"u{number},a,3,{noon}" for number in range(3)]
    rows += [f"u7,a,Infinity,{noon}", "NULL,a,x,soon", "m,tier,spend,at", f"u8,\x07,?,{noon}"]
    found = report(tmp_path / "x.csv", "m,tier,spend,at", *rows).concerns
    told = {one.kind: (one.rows, one.of, one.places) for one in found}
    assert told["several-faults"] == (2, 7, (6, 8))
    assert "other-table" not in told


@pytest.mark.parametrize(
    "row",
    ["m,tier,spend,at", '"=""m""", tier ,spend\u200b,at', "\ufeffm,\u3000tier,spend,at "],
)
def test_a_header_once_more_in_any_spelling(tmp_path: Path, row: str) -> None:
    good = "u1,a,3,2026-06-04T12:30:00Z"
    found = report(tmp_path / "x.csv", "m,tier,spend,at", good, row, good.replace("u1", "u2"))
    assert [(fault.rows, fault.examples) for fault in found.faults] == [(1, (3,))]
    assert "repeats the header" in found.faults[0].reason
    with pytest.raises(InvalidInput, match="second header"):
        report(tmp_path / "x.csv", "m,tier,spend,at", good, "m,tier,at,spend", good)


def test_names_are_names_in_columns_of_text_alone() -> None:
    texts = [pa.array(["m", "m", None, "m"]), pa.array(["x", " x", "x", "y"])]
    assert are_names(texts, ["m", " x "]).tolist() == [True, True, False, False]
    assert not are_names([texts[0], pa.array([1, 2, 3, 4])], ["m", "x"]).any()


def labels(*cells: str) -> dict[str, tuple[int, str]]:
    builder = LabelBuilder("tier", None)
    builder.add(pa.array(cells, pa.string()))
    return {one.kind: (one.rows, one.declared) for one, _ in builder.concerns()}


def test_labels_that_look_alike_are_shown_as_they_are() -> None:
    cells = ("silver", "Gold", "gold", "\uff27\uff4f\uff4c\uff44", "g\u043eld")
    assert labels(*cells) == {"alike": (4, "Gold / gold / \uff27\uff4f\uff4c\uff44")}
    assert labels("gold", "g\u043eld") == {"alike": (2, "gold / g\\u043eld")}
    assert labels("25-34", "25\u201334") == {"alike": (2, "25-34 / 25\\u201334")}
    assert labels("18-24", "18~24") == {"alike": (2, "18-24 / 18~24")}


def test_labels_that_hold_identifiers_are_not_shown(tmp_path: Path) -> None:
    rows = [f"u{number},ann{number // 2}@mail.cn,1,1780315200" for number in range(9)]
    rows = [row.replace("ann", "Ann") if number % 2 else row for number, row in enumerate(rows)]
    found = report(tmp_path / "x.csv", "m,tier,spend,at", *rows)
    (alike,) = [one for one in found.concerns if one.kind == "alike"]
    assert alike.declared == "xxx9@xxxx.xx / Xxx9@xxxx.xx"


def test_a_label_that_has_lost_a_letter() -> None:
    for cell in ("M?nchen", "?ukasz", "??", "Caf??"):
        assert "damaged" in labels("x", cell)
    for cell in ("Really?", "a ? b", "2?3"):
        assert "damaged" not in labels("x", cell)


@pytest.mark.parametrize("above", ["", "Report 1\n--------\n"])
def test_a_list_with_frames_says_what_it_is(tmp_path: Path, above: str) -> None:
    path = tmp_path / "x.csv"
    with pytest.raises(InvalidInput) as refused:
        report(path, above + "|m |tier|spend|at|", "|u1|a|3|4|")
    assert "as SAP prints it" in (refused.value.remedy or "")


@pytest.mark.parametrize(
    ("odd", "count", "told"),
    [
        ("-5", 6, [("below-range", 6, 106, "0", (102,))]),
        ("101", 6, [("above-range", 6, 106, "100", (102,))]),
        ("101", 5, []),
        ("100", 6, []),
    ],
)
def test_many_numbers_out_of_range_are_told(
    tmp_path: Path, odd: str, count: int, told: list[Any]
) -> None:
    rows = [f"u{number},a,3,{1780315200 + number}" for number in range(100 + count)]
    rows[100:] = [row.replace(",3,", f",{odd},") for row in rows[100:]]
    found = report(tmp_path / "x.csv", "m,tier,spend,at", *rows)
    assert [
        (one.kind, one.rows, one.of, one.declared, one.places) for one in found.concerns
    ] == told
    assert found.clamped["spend"] == (0 if odd == "100" else count)


def test_declared_values_are_told_apart_from_those_that_are_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("m,tier\nu1,gold\nu2,tin\n")
    described = {"file": path.name, "kind": "audience", "id": {"column": "m", "profile": "raw:v1"}}
    for domains, english, chinese in (
        ({}, "2", "2"),
        (
            {"domains": {"tier": ["gold", "tin", "iron"]}},
            "4 declared with unknown, 2 found",
            "4（声明的取值与 unknown），文件中有 2 个",
        ),
    ):
        spec = DatasetSpec.model_validate({**described, "labels": ["tier"], **domains})
        report = validate_report(spec, path)
        assert dict(counts(report, "en"))["values of tier"] == english
        assert dict(counts(report, "zh"))["tier 取值数"] == chinese
