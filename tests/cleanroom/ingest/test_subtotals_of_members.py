"""Subtotals named after members, lakhs, and one currency in several words."""

from __future__ import annotations

import pyarrow as pa
import pytest

from cleanroom.ingest.concerns.likenesses import likenesses
from cleanroom.ingest.concerns.unread import currencies
from cleanroom.ingest.numbers import plainly
from cleanroom.ingest.spec import MeasureSpec


@pytest.mark.parametrize("word", ["Summa M1", "M1 Max", "M1 Min", "M1 Product", "Moyenne M1"])
def test_a_member_beside_a_word_for_a_subtotal_is_pointed_at(word: str) -> None:
    found = [
        (one.kind, one.rows, at) for one, at in likenesses(pa.array(["M1", word]), "m", "raw:v1")
    ]
    assert ("notes", 1, 1) in found
    alone = likenesses(pa.array(["M2", word, "M1 Maxwell", "M2 Lee"]), "m", "raw:v1")
    assert "notes" not in [one.kind for one, _ in alone]


def test_lakhs_are_between_commas_alone() -> None:
    cells = ["1,23,456.50", "-12,34,56,789", "1,234,567", "9,99"]
    spec = MeasureSpec(column="s", max=5, thousands=",")
    assert plainly(pa.array(cells), spec).to_pylist()[:3] == ["123456.50", "-123456789", "1234567"]
    assert plainly(pa.array(cells), spec)[3].as_py().startswith("\0")
    points = MeasureSpec(column="s", max=5, thousands=".", decimal=",")
    assert plainly(pa.array(["1.23.456"]), points)[0].as_py().startswith("\0")


def test_marks_that_nobody_sees_are_no_part_of_a_number() -> None:
    found = plainly(pa.array(["\ufeff12.5", "-\u200e12.5"]), MeasureSpec(column="s", max=5))
    assert found.to_pylist() == ["12.5", "-12.5"]


@pytest.mark.parametrize(
    ("cells", "codes"),
    [
        (["CNY", "RMB", "cny", "人民币", "¥"], ["CNY"]),
        (["JPY", "￥"], ["JPY"]),
        (["$", "USD", "US$"], ["USD"]),
        (["人民币", "美元"], ["CNY", "USD"]),
        (["$", "€", "¥"], ["$", "EUR", "¥"]),
    ],
)
def test_currencies_in_words_and_signs(cells: list[str], codes: list[str]) -> None:
    assert currencies("currency", dict.fromkeys(cells, (1, 2))) == codes
