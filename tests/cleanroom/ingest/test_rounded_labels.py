"""Labels that are long numbers are pointed at where a program has rounded them."""

from __future__ import annotations

from random import Random

import pyarrow as pa
import pytest

from cleanroom.ingest.labels import LabelBuilder
from cleanroom.report.dataset import concern


def numbers(count: int, digits: int, seed: int = 3) -> list[int]:
    random = Random(seed)
    return [random.randrange(10 ** (digits - 1), 10**digits) for _ in range(count)]


def excel(values: list[int]) -> list[str]:
    return [f"{int(str(one)[:15]) * 10 ** (len(str(one)) - 15)}" for one in values]


def told(cells: list[str], domain: tuple[str, ...] | None = None) -> list[tuple[int, int, str]]:
    builder = LabelBuilder("ad", domain)
    builder.add(pa.array(["unknown", *cells, *cells[:1]]))
    found = [(one, row) for one, row in builder.concerns() if one.kind == "rounded-labels"]
    for one, _ in found:
        assert concern(one, "line", "en") != concern(one, "line", "zh")
    return [(one.rows, row, one.declared) for one, row in found]


@pytest.mark.parametrize(("count", "digits"), [(5, 16), (3, 17), (2, 18), (2, 19)])
def test_few_tell_where_they_are_long(count: int, digits: int) -> None:
    cells = excel(numbers(count, digits))
    assert told(cells) == told(cells, tuple(cells)) == [(count + 1, 1, cells[0])]
    assert told(cells[: max(1, count // 2)]) == []


def test_what_javascript_and_pandas_make_of_them() -> None:
    cells = [f"{float(one):.0f}" for one in numbers(6, 18)]
    # Two of these are multiples of 4096, as snowflakes are.
    assert told(cells) == [(4, 2, cells[1])]


def test_some_others_do_not_hide_many_that_are_rounded() -> None:
    whole = [str(one) for one in numbers(4, 18, seed=5)]
    cells = excel(numbers(8, 18))
    assert told([*cells, "autumn", *whole]) == [(9, 1, cells[0])]
    assert told([*cells[:3], *whole]) == []


@pytest.mark.parametrize(
    "cells",
    [
        [str(one) for one in numbers(300, 16)],
        [str(one) for one in numbers(300, 19)],
        [str(1_795_000_000_000_000_000 + (7_001_327 * one << 12)) for one in range(40)],
        ["202606040000", "1500000", "20260604"],
        ["1799881234567890", "1799881234567121", "1799881234567331"],
    ],
)
def test_whole_numbers_are_quiet(cells: list[str]) -> None:
    assert told(cells) == []


def test_what_stands_for_no_value_is_shown_as_the_table_shows_it() -> None:
    builder = LabelBuilder("tier", None)
    builder.add(pa.array(["gold", "Loading...", "Loading...", "#REF!"]))
    (found,) = (one for one, _ in builder.concerns() if one.kind == "maybe-nothing")
    assert (found.rows, found.declared) == (3, "Loading..., #REF!")
