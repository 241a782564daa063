"""Plan a budget: what each campaign would reach or earn, and the split that the numbers support.

The plan is laid out like a result, so that whatever shows results shows plans.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from cleanroom.errors import InvalidInput
from cleanroom.queries.reach import ALL
from cleanroom.queries.spend.counts import Read, check_credits, read_conversions, read_reach
from cleanroom.queries.spend.curves import F64, ROUNDING, Curve, grid_for, power_curve, reach_curve
from cleanroom.queries.spend.splits import Split, share_of, suggest, tolerated
from cleanroom.words.estimate import Estimate

MEASURES: Final = {"reach_frequency": "reach", "attribution": "conversions"}
"""What is planned for, by the template of the answer."""

ELASTICITY: Final = 0.5
ELASTICITIES: Final = tuple(step / 100 for step in range(1, 101))
"""The elasticities under which a split of conversions is tried."""

THOUSAND: Final = 1000.0
CENTS: Final = 6
"""Decimals of an amount of money: what a sum of floats has beyond them is none."""

POINTS: Final = 50
"""Points in which a curve is told."""


@dataclass(frozen=True)
class Spend:
    """A plan and the curves that it was drawn from; ``whole`` is of today's split of any budget."""

    document: dict[str, Any]
    curves: tuple[Curve, ...]
    split: Split
    whole: Curve | None


def plan_spending(
    result: Mapping[str, Any],
    costs: Mapping[str, float],
    budget: float | None = None,
    elasticity: float = ELASTICITY,
) -> Spend:
    """Plan a budget, or what was spent, from an answer and what each campaign cost.

    Costs that came with the answer count where none are given.  ``elasticity`` (conversions only)
    is between 0 and 1, in hundredths.  Raises ``InvalidInput`` for an answer of another template,
    for costs that are none or of campaigns that were not asked about, and for a budget of which
    the answer says nothing.
    """
    measure = check_plannable(result)
    if elasticity not in ELASTICITIES:
        raise InvalidInput("the elasticity lies between 0.01 and 1, in hundredths")
    shown = _shown(result)
    paid = _costs(result, costs, shown)
    spent = math.fsum(paid.values())
    share = share_of(paid.values(), spent if budget is None else budget)
    grid = grid_for(share)
    reach = measure == "reach"
    read = read_reach(result, paid) if reach else read_conversions(result, paid)
    curves = _curves(read, paid, grid, None if reach else elasticity)
    split = suggest(curves, share)
    missing = [name for name in shown if name not in paid]
    whole = reach_curve(ALL, spent, read.ends(ALL), grid) if reach and not missing else None
    document = {name: result[name] for name in KEPT if name in result}
    document |= {
        "measure": measure,
        "groups": [
            {"key": {shown.get(curve.name, _column(result)): curve.name}, **line}
            for curve, line in zip(curves, _lines(result, measure, curves, split), strict=True)
        ],
        "total": _total(measure, spent, share * spent, split),
        "without_cost": missing,
        "held_back": [name for name in paid if name not in shown],
        "curves": {one.name: _told(one) for one in (*curves, *([whole] if whole else ()))},
    }
    if not reach:
        document["elasticity"] = elasticity
        if split.moves:
            every = {one: _curves(read, paid, grid, one) for one in ELASTICITIES}
            document["elasticity_bounds"] = list(tolerated(every, split, elasticity))
    return Spend(document, curves, split, whole)


KEPT: Final = ("status", "name", "template", "receiver", "parties", "where", "rehearsal", "privacy")
"""What a plan tells of the answer that it is made from."""


def _column(result: Mapping[str, Any]) -> str:
    """Return the name of the campaigns' column."""
    names = [key for group in result["groups"] for key in group["key"] if key != "frequency"]
    return names[0] if names else "campaign"


def _shown(result: Mapping[str, Any]) -> dict[str, str]:
    """Return the campaigns that an answer shows, with the name of their column."""
    return {
        str(value): key
        for group in result["groups"]
        for key, value in group["key"].items()
        if key != "frequency" and value != ALL
    }


def check_plannable(result: Mapping[str, Any]) -> str:
    """Return what is planned for; ``InvalidInput`` for an answer that no plan is made from."""
    measure = MEASURES.get(str(result.get("template")))
    if measure is None:
        raise InvalidInput(f"spending is planned from an answer of {' or '.join(MEASURES)}")
    if measure == "conversions":
        check_credits(result)
    return measure


def campaigns_of(result: Mapping[str, Any]) -> dict[str, float | None]:
    """Return the campaigns that an answer shows, with what they cost if it says so."""
    costs = {next(iter(group["key"].values())): group.get("cost") for group in result["groups"]}
    return {name: costs.get(name) for name in _shown(result)}


def _costs(
    result: Mapping[str, Any], given: Mapping[str, float], shown: Mapping[str, str]
) -> dict[str, float]:
    """Return what each campaign cost: what is given, else what came with the answer."""
    own = {name: cost for name, cost in campaigns_of(result).items() if cost}
    costs = {str(name): float(cost) for name, cost in (own | dict(given)).items()}
    for name, cost in costs.items():
        if not (math.isfinite(cost) and cost > 0):
            raise InvalidInput(f"the cost of {name} is not an amount of money above zero")
    suppressed = bool(shown) and (result.get("suppressed") or {}).get("groups")
    unknown = [name for name in costs if name == ALL or (name not in shown and not suppressed)]
    if unknown:
        known = ", ".join(shown) or "none that is shown"
        raise InvalidInput(f"the answer has no campaign {unknown[0]}; it has {known}")
    if not costs:
        raise InvalidInput("spending is planned from costs.", remedy="Say what each campaign cost.")
    return costs


def _curves(
    read: Read, costs: Mapping[str, float], grid: F64, elasticity: float | None
) -> tuple[Curve, ...]:
    return tuple(
        reach_curve(name, cost, read.ends(name), grid)
        if elasticity is None
        else power_curve(name, cost, read.ends(name)[0], elasticity, grid)
        for name, cost in costs.items()
    )


def _lines(
    result: Mapping[str, Any], measure: str, curves: Sequence[Curve], split: Split
) -> list[dict[str, Any]]:
    found = []
    for at, curve in enumerate(curves):
        base, amount = split.base[at], split.amounts[at]
        low, high = curve.between(base, amount)
        found.append(
            {
                "cost": curve.cost,
                **_released(result, measure, curve.name).fields(measure),
                **_next(curve, base / curve.cost).fields(f"{measure}_per_thousand"),
                "spend_today": round(base, CENTS),
                "spend_suggested": round(amount, CENTS),
                **_ends(low, high).fields(f"{measure}_change"),
                "spend_up_to": round(split.furthest[at], CENTS),
            }
        )
    return found


def _released(result: Mapping[str, Any], measure: str, name: str) -> Estimate:
    """Return what was released of a campaign, with its own interval."""
    if measure == "reach":
        entries = [one for one in result.get("campaigns", ()) if one["campaign"] == name]
    else:
        entries = [one for one in result["groups"] if name in one["key"].values()]
    return Estimate.read(entries[0], measure) if entries else Estimate(None)


def _next(curve: Curve, share: float) -> Estimate:
    """Return what a thousand of money changes, by the slope around an amount."""
    here = max(1, int(np.searchsorted(curve.grid, share - ROUNDING)))
    after = min(here + 1, len(curve.grid) - 1)

    def slope(line: F64, start: int, end: int) -> float:
        if start == end:
            return 0.0
        step = (curve.grid[end] - curve.grid[start]) * curve.cost
        return float(THOUSAND * (line[end] - line[start]) / step)

    known = math.isfinite(curve.most[-1])
    high = slope(curve.most, here - 1, here) if known else math.inf
    return _ends(slope(curve.least, here, after), high)


def _ends(low: float, high: float) -> Estimate:
    """Return a number of which the ends are known; what is infinite is open."""
    ends = tuple(float(end) if math.isfinite(end) else None for end in (low, high))
    return Estimate(low if low == high else None, bounds=(ends[0], ends[1]))


def _total(measure: str, spent: float, budget: float, split: Split) -> dict[str, Any]:
    return {
        "cost": spent,
        "spend_today": round(budget, CENTS),
        "spend_suggested": round(budget, CENTS),
        **_ends(*split.change).fields(f"{measure}_change"),
    }


def _told(curve: Curve) -> dict[str, list[float | None]]:
    """Return a curve in few points: money, and the least and the most of what it buys in all."""
    some = np.unique(np.linspace(0, len(curve.grid) - 1, POINTS + 1).round().astype(int))
    high = [float(one) if math.isfinite(one) else None for one in curve.level[1][some]]
    return {
        "money": (curve.grid[some] * curve.cost).tolist(),
        "low": curve.level[0][some].tolist(),
        "high": high,
    }
