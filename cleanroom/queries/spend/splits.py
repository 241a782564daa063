"""Split a budget between campaigns so that the least that it gains against today is the most."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from cleanroom.errors import InvalidInput
from cleanroom.queries.spend.curves import FURTHEST, Curve, Ends


@dataclass(frozen=True)
class Split:
    """Amounts of money by campaign, in the order of the curves, and what they change.

    ``change`` is against ``base``, today's split of the same budget; ``furthest`` are the amounts
    up to which the same way is still not worse.
    """

    base: tuple[float, ...]
    amounts: tuple[float, ...]
    change: Ends
    furthest: tuple[float, ...]

    @property
    def moves(self) -> bool:
        """Tell whether another split than today's is suggested."""
        return self.amounts != self.base


def share_of(costs: Iterable[float], budget: float) -> float:
    """Return a budget in times of what was spent; refuse one that nothing is known about."""
    spent = math.fsum(costs)
    if not 0 < budget <= FURTHEST * spent:
        raise InvalidInput(
            f"the budget must lie between 0 and {FURTHEST:g} times what was spent, {spent:,.2f}:"
            " these numbers say nothing about more"
        )
    return budget / spent


def change(curves: Sequence[Curve], base: Sequence[float], amounts: Sequence[float]) -> Ends:
    """Return the least and the most that a split changes against another one."""
    parts = [curve.between(*one) for curve, *one in zip(curves, base, amounts, strict=True)]
    return Ends(math.fsum(low for low, _ in parts), math.fsum(high for _, high in parts))


def suggest(curves: Sequence[Curve], share: float) -> Split:
    """Return the split whose least change against today's is the largest.

    ``share`` is the budget in times of what was spent.  Money moves in steps, from where the most
    that it can lose is least to where the least that it gains is most, while more is gained than
    lost.  Curves are concave, so nothing else gains more.  Today's split stands if not one person
    or conversion more is certain.
    """
    base = tuple(curve.cost * share for curve in curves)
    moved = list(base)
    taken, given = _offers(curves, share, down=True), _offers(curves, share, down=False)
    while taken and given and given[-1].rate > taken[-1].rate:
        sold, bought = taken[-1], given[-1]
        money = min(sold.money, bought.money)
        moved[sold.place] -= money
        moved[bought.place] += money
        for offers, one in ((taken, sold), (given, bought)):
            offers.pop()
            if one.money > money:
                offers.append(one._replace(money=one.money - money))
    amounts = tuple(moved)
    found = change(curves, base, amounts)
    if found.low < 1:
        return Split(base, base, Ends(0.0, 0.0), base)
    return Split(base, amounts, found, _furthest(curves, base, amounts))


class _Offer(NamedTuple):
    rate: float
    place: int
    money: float


def _offers(curves: Sequence[Curve], share: float, *, down: bool) -> list[_Offer]:
    """List steps of money, the best last: down by what is lost at most, up by what is gained."""
    found = []
    for place, curve in enumerate(curves):
        if down and not np.isfinite(curve.most).all():
            continue
        money = np.diff(curve.grid) * curve.cost
        steps = np.diff(curve.most if down else curve.least)
        middle = int(np.searchsorted(curve.grid, share))
        for at in range(middle) if down else range(middle, len(money)):
            found.append(_Offer(float(steps[at] / money[at]), place, float(money[at])))
    return sorted(found, key=lambda one: one.rate, reverse=down)


def _furthest(
    curves: Sequence[Curve], base: Sequence[float], amounts: Sequence[float]
) -> tuple[float, ...]:
    """Go on in the direction of a split as far as it is not worse than the base."""
    far, way = 1.0, [after - before for before, after in zip(base, amounts, strict=True)]

    def at(far: float) -> tuple[float, ...]:
        return tuple(before + far * step for before, step in zip(base, way, strict=True))

    def fits(far: float) -> bool:
        inside = all(
            0 <= amount <= FURTHEST * curve.cost * (1 + 1e-12)
            for curve, amount in zip(curves, at(far), strict=True)
        )
        return inside and change(curves, base, at(far)).low >= 0

    step = 1.0
    for _ in range(20):
        if fits(far + step):
            far += step
        else:
            step /= 2
    return at(far)


def tolerated(
    curves: Mapping[float, Sequence[Curve]], split: Split, around: float
) -> tuple[float, float]:
    """Return the elasticities, in one piece around the assumed one, at which a split is not worse.

    ``curves`` are those of each elasticity that is tried.
    """
    tried = sorted(curves)
    good = [change(curves[one], split.base, split.amounts).low >= 0 for one in tried]
    low = high = tried.index(around)
    while low > 0 and good[low - 1]:
        low -= 1
    while high + 1 < len(tried) and good[high + 1]:
        high += 1
    return tried[low], tried[high]
