"""Identifiers that were cut to a width are told from few people, and from people of many rows."""

from __future__ import annotations

from random import Random

import numpy as np
import pyarrow as pa

from cleanroom.ingest.concerns.many_rows import crowded
from cleanroom.ingest.people import Named
from cleanroom.report.dataset import concern


def told(cells: list[str], profile: str = "raw:v1") -> list[tuple[str, int, int, str, int]]:
    named = Named.find(
        [pa.array(cells[::2], pa.large_string()), pa.array(cells[1::2], pa.large_string())]
    )
    index = np.arange(len(cells), dtype=np.int64) + 100
    found = [*crowded(named, "id", profile, index)]
    for one, _ in found:
        assert concern(one, "line", "en") != concern(one, "line", "zh")
    return [(one.kind, one.rows, one.of, one.declared, row) for one, row in found]


def members(people: int, rows: int, cut: int | None = None, start: int = 1) -> list[str]:
    random = Random(5)
    return [f"VIP{start + random.randrange(people)}"[:cut] for _ in range(rows)]


def test_many_rows_of_few() -> None:
    cut = members(80, 200, 7, start=20260000)
    assert told(cut) == [("few-people", 200, 1, "XXX9999", 100)]
    assert [kind for kind, *_ in told(members(80, 200, 10, start=20260000))] == ["few-people"]


def test_the_widest_are_crowded() -> None:
    ((kind, rows, width, sample, _),) = told(members(9999, 12_000, 6))
    assert (kind, width, sample) == ("widest", 6, "XXX999")
    assert rows > 4
    assert told(members(9999, 12_000, 6), "email:meta:v1") == []


def test_people_of_many_rows_are_quiet() -> None:
    assert told(members(9999, 12_000)) == []
    assert told(members(80, 200, start=20260000)) == []
    assert told(members(25, 2_000, start=20260000)) == []
    assert told(members(3, 90, start=20260000)) == []
    assert told(members(5, 200)) == []
    assert told(members(12, 300, start=99_990)) == []
    assert told(members(80, 200, 7, start=20260000), "email:meta:v1") == []
    assert told([f"VIP{one}" for one in range(200)]) == []
    assert told([*members(99, 200), *["VIP1000"] * 60]) == []
