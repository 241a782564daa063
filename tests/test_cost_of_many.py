"""What the page says of a billion people follows from what it says was measured."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks import cluster
from protocols.alignment import parts

PAGE = (Path(__file__).parents[1] / "docs" / "explanation" / "performance.md").read_text("utf-8")
SECTION = PAGE.partition("## A billion people")[2].partition("\n## ")[0]


def test_the_tables_of_the_page_are_what_is_computed() -> None:
    line = re.findall(r"--rows (\d+) (\d+) --cores (\d+) --spark (\d+)", SECTION)
    assert len(line) == 1
    assert "\n".join(cluster.page(*map(int, line[0]))) in SECTION
    more = list(cluster.stages(10**9, 10**8, 8, 64))
    padded = [parts.capacity(side, 8) * 2**8 / side for side in (10**9, 10**8)]
    assert "{:.3f} of the larger side and {:.3f} of the smaller".format(*padded) in SECTION
    assert f"{cluster.WIDE:.2f} of the processor time" in SECTION
    assert f"it would be {cluster._time(sum(one.clock for one in more))}," in SECTION


@pytest.mark.parametrize(
    "figure",
    [
        "63.4 s of processor time and 34.5 s on the clock",
        "took 48.9 s of processor time",
        "| 10,000,000 (one round, not warm, in parts) | 28.4 s |",
        "0.47 s for 1,000,000 x 10,000,000",
        "| local | 3.4 | 0.9 |",
        "| Spark, `local[2]` | 6.9 | 31.1, the start of Spark included |",
        "39.3 s of processor time for 20,000,000 x 100,000 rows; 31.6 s for 10,000,000",
    ],
)
def test_each_cost_of_a_row_is_measured_on_the_page(figure: str) -> None:
    assert figure in PAGE


def test_what_was_measured_comes_out_again() -> None:
    """Ten million a side in four parts: the padding is all that is added."""
    by_name = {one.name.partition(",")[0]: one for one in cluster.stages(10**7, 10**7, 2, 2)}
    assert by_name["align"].processor == pytest.approx(48.9, rel=0.01)
    assert by_name["align"].clock * cluster.MACHINES == pytest.approx(28.4, rel=0.01)
    large = {one.name.partition(",")[0]: one for one in cluster.stages(10**6, 10**8, 2, 64)}
    assert [round(large[name].processor / 60) for name in ("upload", "align")] == [8, 5]
    assert "it says 8 min of processor time for both uploads and 5 min to align" in SECTION


@pytest.mark.parametrize("side", [0, 1])
def test_more_rows_take_more_and_the_order_of_the_sides_does_not_matter(side: int) -> None:
    sides = [10**9, 10**8]
    before = list(cluster.stages(*sides, 2, 64))
    assert list(cluster.stages(*reversed(sides), 2, 64)) == before
    sides[side] *= 2
    after = list(cluster.stages(*sides, 2, 64))
    assert all(one.processor <= two.processor for one, two in zip(before, after, strict=True))
    assert cluster.traffic(*sides) > cluster.traffic(10**9, 10**8)
