"""Ages and birthdays that programs write for none are pointed at, in labels and in buckets."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date, timedelta

import pyarrow as pa
import pytest

from cleanroom.ingest.concerns.labels_of_nothing import of_nobody
from cleanroom.ingest.labels import BucketBuilder, LabelBuilder
from cleanroom.ingest.spec import BucketSpec
from cleanroom.report import LANGUAGES
from cleanroom.report.dataset import concern

DRAW = random.Random(7)
AGES = {str(age): 10 for age in range(18, 66)}
BIRTHDAYS = {str(date(1955, 1, 1) + timedelta(days=37 * n)): 1 + n % 3 for n in range(400)}
SLASHED = {one.replace("-", "/"): rows for one, rows in BIRTHDAYS.items()}
COMPACT = {one.replace("-", ""): rows for one, rows in BIRTHDAYS.items()}


def odd(column: str, labels: Mapping[str, int]) -> list[str]:
    return sorted(of_nobody(column, labels, sum(labels.values())))


@pytest.mark.parametrize("column", ["age", "customer_age", "年龄", "나이", "Alter"])
@pytest.mark.parametrize("cell", ["-1", "0", "999", "120", "200", "9999", "-99", "0.0", "126"])
def test_ages_of_nobody(column: str, cell: str) -> None:
    assert odd(column, {**AGES, cell: 20}) == [cell]
    assert odd(column, {**AGES, cell: 4}) == []
    assert odd("level", {**AGES, cell: 20}) == []


def test_ages_that_somebody_has() -> None:
    assert odd("age", {**AGES, "1": 20, "99": 9, "100": 9, "119": 9}) == []
    assert odd("age", {**AGES, "0": 20, "1": 12, "2": 11, "4": 9}) == []
    assert odd("age", {"0": 40, "1": 50, "2": 50, "3": 40, "4": 9}) == []
    assert odd("age", {"0-17": 30, "18-24": 40, "120+": 20, "1000 days": 9}) == []
    assert odd("age", {"18-24": 40, "25-34": 40, "0": 30}) == ["0"]
    assert odd("account age", {str(days): 20 for days in range(100, 1000)}) == []
    assert odd("mileage", {**AGES, "999": 20}) == []


@pytest.mark.parametrize(
    ("cell", "days"),
    [("1900-01-01", BIRTHDAYS), ("1970-01-01", BIRTHDAYS), ("1899-12-30", BIRTHDAYS),
     ("1970-01-01 08:00:00", BIRTHDAYS), ("1900-01-01T00:00:00", BIRTHDAYS),
     ("1753-01-01", BIRTHDAYS), ("0001-01-01", BIRTHDAYS), ("1969-12-31", BIRTHDAYS),
     ("1900/1/1", SLASHED), ("1900/1/00", SLASHED), ("19000101", COMPACT),
     ("01/01/1900", {"03/07/1988": 2, "12/11/1990": 1}), ("1970年1月1日", {"1988年7月3日": 2})],
)  # fmt: skip
def test_days_from_which_programs_count(cell: str, days: dict[str, int]) -> None:
    for column in ("birthday", "生日", "registered"):
        assert odd(column, {**days, cell: 40}) == [cell]
        assert odd(column, {**days, cell: 4}) == []


def test_days_that_are_meant() -> None:
    assert odd("birthday", {**BIRTHDAYS, "1970-01-02": 40, "1900-12-01": 40}) == []
    assert odd("since", {"1970-01-01": 50, "1980-01-01": 60, "1990-01-01": 40}) == []
    assert odd("valid until", {"9999-12-31": 500, "2026-01-01": 3}) == []
    assert odd("decade", {"1900s": 40, "1970s": 50}) == []


def test_years_of_birth() -> None:
    years = {str(year): 9 for year in range(1950, 2008)}
    for column in ("birth_year", "出生年份", "year of birth", "출생년도"):
        assert odd(column, {**years, "1900": 40}) == ["1900"]
        assert odd(column, {**years, "0": 40, "-1": 30}) == ["-1", "0"]
        assert odd(column, {**years, "1900": 4, "1970": 40, "1901": 40}) == []
    assert odd("founded", {**years, "1900": 40}) == []


def said(builder: BucketBuilder | LabelBuilder) -> list[tuple[str, int, str, int]]:
    found = [*builder.concerns()]
    for one, _ in found:
        assert all(one.declared in concern(one, "line", spoken) for spoken in LANGUAGES)
    return [(one.kind, one.rows, one.declared, row) for one, row in found]


def builders(cells: list[str], edges: tuple[int, ...]) -> list[BucketBuilder | LabelBuilder]:
    """Return builders that have seen some ages as labels and cut into buckets."""
    spec = BucketSpec(column="age", edges=edges)
    half = len(cells) // 2
    found: list[BucketBuilder | LabelBuilder] = []
    for new in (lambda: LabelBuilder("age", None), lambda: BucketBuilder(spec)):
        one, other = new(), new()
        one.add(pa.array(cells[:half]))
        other.add(pa.array(cells[half:]))
        one.absorb(other.document())
        found.append(one)
    return found


def test_both_ways_to_have_ages_as_labels() -> None:
    cells = [str(20 + n % 45) for n in range(300)]
    for row in (290, 40, 200, 260, 90, 91):
        cells[row] = "999"
    labels, buckets = builders(cells, (0, 18, 35))
    assert said(labels) == said(buckets) == [("old-ages", 6, "999", 40)]
    cells[41] = "-1"
    for one in builders(cells, (-9, 18, 35)):
        assert said(one) == [("old-ages", 7, "999, -1", 40)]
    cells[40], cells[41] = "64", "64"
    for one in builders(cells, (0, 18, 35)):
        assert [(told[1], told[3]) for told in said(one)] == [(5, 90)]
    cells[90] = "64"
    assert [said(one) for one in builders(cells, (0, 18, 35))] == [[], []]


def test_zeros_are_told_as_before() -> None:
    cells = [str(20 + n % 45) for n in range(300)]
    cells[30:40] = ["0"] * 10
    labels, buckets = builders(cells, (0, 18, 35))
    assert said(labels) == [("old-ages", 10, "0", 30)]
    assert said(buckets) == [("maybe-nothing", 10, "0", 30)]
    days = BucketBuilder(BucketSpec(column="account age", edges=(0, 365)))
    days.add(pa.array([str(DRAW.randrange(2000)) for _ in range(3000)]))
    assert said(days) == []


def test_what_is_declared_is_no_age_of_nobody() -> None:
    builder = LabelBuilder("age", ("0", "999"))
    builder.add(pa.array(["0", "999"] * 50))
    assert [*builder.concerns()] == []
