"""Labels that a formula, a list to choose from, or filling down has put where nobody chose one."""

from __future__ import annotations

import pyarrow as pa
import pytest

from cleanroom.ingest.labels import LabelBuilder


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
