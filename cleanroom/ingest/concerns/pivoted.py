"""Notice rows that add up those next to them: groups of a pivot table, subtotals, a last total.

A pivot table in compact form has groups and members in one column, and nothing but the amounts
tells them apart.  That an amount is the sum of some next to it happens by chance, too; how often,
is seen when the same amounts stand in another order.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cleanroom.ingest.people import Integers
from cleanroom.ingest.report import Concern

_LOOKED_AT, _LARGEST = 100_000, 2**40
_GROUPS, _COVERED, _HALF = 2, 0.75, 0.5
"""Least groups, and shares of rows in one that tell, and below which none are looked for."""

_ORDERS, _CHANCE = 20, 0.25
"""How many other orders are tried, and the share of what was found that may be in groups there."""

_FEW, _SMALL = 10, 50
"""Of fewer rows a sum below this is chance."""

_SEED = 20_260_604


def adding_up(column: str, values: Integers) -> Iterator[tuple[Concern, int]]:
    """Yield how many rows are the sum of two or more next to them, or of all, and the first.

    ``values`` are one measure, in the file's order.
    """
    some = values[:_LOOKED_AT]
    if len(some) < 2 * _GROUPS or some.min() < 0 or some.max() > _LARGEST:
        return
    if len(some) < _FEW and some.max() < _SMALL:
        return
    for turned in (some, some[::-1]):
        heads, covered = _heads(turned)
        if len(heads) >= _GROUPS and covered >= _COVERED and not _is_chance(turned, covered):
            rows = heads if turned is some else len(some) - 1 - heads[::-1]
            yield Concern("adding-up", column, len(rows), len(some)), int(rows[0])
            return
    yield from _total(column, values)


def _total(column: str, values: Integers) -> Iterator[tuple[Concern, int]]:
    """Yield the row that is the sum of all others."""
    row = int(np.argmax(values))
    at_end = row in {0, len(values) - 1}
    if at_end and values.min() >= 0 and 2 * int(values[row]) == int(values.sum()):
        yield Concern("adding-up", column, 1, len(values)), row


def _heads(values: Integers) -> tuple[Integers, float]:
    """Return the rows whose value is the sum of two or more below, and the share of rows in such.

    Groups do not overlap: from the top, each begins below the one before.
    """
    sums = np.concatenate([[0], np.cumsum(values)])
    wanted = sums[1:] + values
    ends = np.searchsorted(sums, wanted, side="right") - 1
    rows = np.arange(len(values))
    found = np.flatnonzero((sums[ends] == wanted) & (ends - rows > 2) & (values > 0))
    if (ends[found] - found).sum() < _HALF * len(values):
        return found[:0], 0.0
    heads, end, covered = [], 0, 0
    for row, below in zip(found.tolist(), ends[found].tolist(), strict=True):
        if row >= end:
            heads.append(row)
            covered, end = covered + below - row, below
    return np.array(heads, dtype=np.int64), covered / len(values)


def _is_chance(values: Integers, covered: float) -> bool:
    random = np.random.default_rng(_SEED)
    others = [_heads(random.permutation(values))[1] for _ in range(_ORDERS)]
    return bool(np.mean(others) > _CHANCE * covered)
