"""Bound what a campaign reaches or earns with other amounts of money.

Nothing is estimated by a point: there are the least and the most that more or less money changes.

*Reach.*  Impressions come to a person independently of each other, at a pace of that person's own
which grows with the money (a mixed Poisson process, as in Ehrenberg 1959, Applied Statistics 8,
26-41).  Let n_f be the expected people with f
impressions.  With q times the money, q <= 1, the campaign reaches sum n_f (1 - (1 - q)^f); beyond
q = 1 its slope lies between n_1 - 2 n_2 t and n_1 - 2 n_2 t + 3 n_3 t^2, t = q - 1, the partial
sums of Good and Toulmin (1956, Biometrika 43, 45-63), which bound it by turns.

*Conversions.*  One period shows one point of each curve, so its shape is an assumption: conversions
grow with the money to the power of an elasticity.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]

FURTHEST: Final = 2.0
"""A campaign is followed up to so many times its cost."""

STEPS: Final = 200
"""Parts of a campaign's cost in which money moves."""

ROUNDING: Final = 1e-9
"""Amounts that lie no further apart, in times of a cost, are one amount."""


class Ends(NamedTuple):
    """The least and the most of a number; the most may be infinite."""

    low: float
    high: float


@dataclass(frozen=True)
class Curve:
    """What changes with a campaign's money, in times of its cost: ``grid``, from 0 to 2.

    ``least`` and ``most`` begin at 0 and are concave; between two points of the grid the truth
    grows by at least the difference of ``least`` and at most that of ``most``.  ``level`` holds
    the least and the most in all at each point, shape (2, points).
    """

    name: str
    cost: float
    today: Ends
    grid: F64
    least: F64
    most: F64
    level: F64

    def between(self, start: float, end: float) -> Ends:
        """Return the least and the most that going from ``start``, on the grid, to ``end`` changes.

        Between points of the grid a chord lies below a concave line, and the next point above.
        """
        ends = (start / self.cost, end / self.cost)
        beyond = self.grid[
            min(int(np.searchsorted(self.grid, ends[1] - ROUNDING)), len(self.grid) - 1)
        ]
        least = np.interp([*ends, beyond], self.grid, self.least)
        if not np.isfinite(self.most).all():
            up = end >= start
            return Ends(float(least[1] - least[0]) if up else -math.inf, math.inf if up else 0.0)
        most = np.interp([*ends, beyond], self.grid, self.most)
        if end >= start:
            return Ends(float(least[1] - least[0]), float(most[2] - most[0]))
        return Ends(float(most[1] - most[0]), float(min(0.0, least[2] - least[0])))


def grid_for(share: float) -> F64:
    """Return the points at which curves are held, one of them at ``share`` times the cost."""
    points = np.linspace(0, FURTHEST, round(FURTHEST * STEPS) + 1)
    # Two points that only rounding tells apart would have no slope between them.
    kept = (points == 0) | (np.abs(points - share) > ROUNDING)
    return np.sort([*points[kept], share])


def reach_curve(name: str, cost: float, cells: Mapping[int, Ends], grid: F64) -> Curve:
    """Return the curve of a campaign from the expected people per frequency.

    ``cells`` has every frequency from 1 to F; F stands for all from there on, and how often
    people beyond it were shown the campaign is not known.
    """
    last, kept, more = max(cells), np.clip(1 - grid, 0, 1), np.clip(grid - 1, 0, None)
    known = [(often, one) for often, one in cells.items() if often < last]
    one, two, three = (
        cells[often] if often < last else Ends(0.0, cells[last].high) for often in (1, 2, 3)
    )
    today = Ends(*(sum(ends) for ends in zip(*cells.values(), strict=True)))
    slow = _least_beyond(one, two, more)
    least = slow + sum(cell.low * (1 - kept**often) for often, cell in known)
    level = slow + sum(cell.low * (1 - kept**often) for often, cell in cells.items())
    if math.isinf(today.high):
        most = np.where(grid > 0, math.inf, 0.0)
        return Curve(name, cost, today, grid, least, most, np.stack([level, most]))
    fast = _most_beyond(one, two, three, more)
    middle = fast + sum(cell.high * (1 - kept**often) for often, cell in known)
    most = middle + cells[last].high * np.concatenate([[0.0], np.cumsum(_steepest(kept, last))])
    highest = middle + cells[last].high * (grid > 0)
    return Curve(name, cost, today, grid, least, most, np.stack([level, highest]))


def _steepest(kept: F64, last: int) -> F64:
    """Return the most of the people with ``last`` impressions or more that each step can reach.

    With f impressions it is the part a^f - b^f of them, a and b being what is not kept before and
    after; that rises up to (a / b)^f = ln b / ln a and falls from there.
    """
    before, after = kept[:-1], kept[1:]
    often = np.full(len(before), float(last))
    inner = (before < 1) & (after > 0) & (after < before)
    a, b = np.log(before[inner]), np.log(after[inner])
    often[inner] = np.maximum(last, np.log(b / a) / (a - b))
    found: F64 = before**often - after**often
    found[(before == 1) & (after < before)] = 1.0
    return found


def _least_beyond(one: Ends, two: Ends, more: F64) -> F64:
    """Return the least that ``more`` times the cost reaches on top of today."""
    turn = one.low / (2 * two.high) if two.high > 0 else math.inf
    near = np.minimum(more, turn)
    return one.low * near - (two.high * near**2 if math.isfinite(two.high) else 0.0)


def _most_beyond(one: Ends, two: Ends, three: Ends, more: F64) -> F64:
    """Return the most: the slope falls as far as the third partial sum says, then stays."""
    near = np.minimum(more, two.low / (3 * three.high) if three.high > 0 else math.inf)
    slope = one.high - 2 * two.low * near + 3 * three.high * near**2
    curved = one.high * near - two.low * near**2 + three.high * near**3
    return curved + np.maximum(slope, 0.0) * (more - near)


def power_curve(name: str, cost: float, earned: Ends, elasticity: float, grid: F64) -> Curve:
    """Return the curve through one point that grows with the money to a power."""
    line = grid**elasticity
    least = earned.low * line
    most = np.where(grid > 0, earned.high, 0.0) if math.isinf(earned.high) else earned.high * line
    return Curve(name, cost, earned, grid, least, most, np.stack([least, most]))
