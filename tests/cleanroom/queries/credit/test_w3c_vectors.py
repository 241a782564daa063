"""The draft's own end-to-end vectors, as facts: who gets what of a value, most recent first.

Source: w3c/attribution at commit 9fab4e8, impl/e2e-tests; clocks in seconds.  Applied here are
the vectors of ``credit`` (our ``last_n``) and ``lookbackDays`` (our window, inclusive).  The
others use what this product does not have: ``priority`` orders impressions by a number that the
publisher sets, ``matchValues`` filters them by one, and ``expiry`` gives every impression a
lifetime of its own (its boundary is that of lookback, and a window per action is as far as a rule
goes here).  The draft breaks a value into whole units; we keep 2520ths of a conversion, so the
value is multiplied and compared exactly.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from cleanroom.queries.credit.pieces import Touches, platform_nodes
from cleanroom.queries.credit.rules import make_rule
from cleanroom.queries.credit.ticks import SECOND, Clock
from tests.cleanroom.queries.credit.oracle import ancestors
from tests.cleanroom.queries.credit.scene import dither

DAYS_31 = 31 * 86_400


def histogram(
    impressions: list[tuple[int, int]],
    at: int,
    value: int,
    credits: tuple[float, ...],
    size: int,
    lookback: str = "30d",
) -> list[Fraction]:
    """Attribute a conversion at second ``at`` to (second, index) impressions."""
    clock = Clock(0, DAYS_31 * SECOND)
    count = len(impressions)
    touches = Touches(
        person=np.zeros(count, dtype=np.int64),
        tick=np.array([second for second, _ in impressions]),
        action=np.zeros(count, dtype=np.uint8),
        campaign=np.array([index for _, index in impressions]),
        order=np.arange(count, dtype=np.uint64),
        campaigns=size,
    )
    rule = make_rule("last_n", credits=credits, window=lookback)
    nodes = platform_nodes(touches, rule, clock, dither)
    found = zip(nodes.level.tolist(), nodes.index.tolist(), nodes.label.tolist(), strict=True)
    labels = {(level, index): label for level, index, label in found}
    result = [Fraction(0)] * size
    for node in ancestors(at, clock.depth):
        for key, units in nodes.vectors[labels[node]].items() if node in labels else ():
            result[key] += Fraction(units * value, nodes.vectors.total)
    return result


@pytest.mark.parametrize(
    ("name", "impressions", "at", "value", "credits", "expected"),
    [
        ("basic", [(1, 0), (2, 1)], 3, 5, (1,), [0, 5, 0]),
        ("credit-longer-than-impressions", [(1, 0), (2, 1)], 3, 12, (6, 3, 3), [4, 8, 0, 0]),
        ("multi-touch-divides-evenly", [(1, 0), (2, 1), (3, 2)], 4, 8, (2, 1, 1), [2, 2, 4, 0]),
        ("multi-touch-divides-evenly-unordered-credit", [(1, 0), (2, 1), (3, 2)], 4, 8,
         (1, 2, 1), [2, 4, 2, 0]),
        ("multi-touch-same-histogram-index", [(1, 1), (2, 0), (3, 0)], 4, 12, (8, 3, 1),
         [11, 1, 0]),
    ],
)  # fmt: skip
def test_credit(
    name: str,
    impressions: list[tuple[int, int]],
    at: int,
    value: int,
    credits: tuple[float, ...],
    expected: list[int],
) -> None:
    assert histogram(impressions, at, value, credits, len(expected)) == expected, name


@pytest.mark.parametrize(
    ("at", "lookback", "expected"),
    [
        (86_402, "1d", [0, 0, 2]),
        (86_403, "1d", [0, 0, 0]),
        (172_802, "1d", [0, 0, 0]),
        (172_803, "3d", [0, 1, 1]),
    ],
)
def test_lookback(at: int, lookback: str, expected: list[int]) -> None:
    assert histogram([(1, 1), (2, 2)], at, 2, (0.5, 0.5), 3, lookback) == expected
