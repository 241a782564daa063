"""What conversions cost: costs of campaigns beside the credit that they earned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cleanroom.errors import InvalidInput
from cleanroom.queries import crediting
from cleanroom.queries.credit.credit import attribute, suggest_budget
from cleanroom.queries.events import CONVERSIONS
from cleanroom.queries.template import Opened
from cleanroom.words.estimate import Estimate

COSTS = ("brand_costs", "platform_costs")

Amounts = dict[tuple[str, ...], float]
"""Numbers by key."""


def with_costs(
    opened: Opened, measures: Sequence[str], groups: list[dict[str, Any]]
) -> dict[str, Any]:
    """Add cost, cost per conversion and return on spend to the groups; suggest a budget.

    Costs of what the answer has no number of are named: they may be misspelt.
    """
    costs: dict[str, float] = {}
    for name in COSTS:
        costs |= crediting.check_costs(opened.private.get(name, {}))
    if not costs:
        return {}
    column = crediting.outputs_named(opened.plan)
    revenue = measures[0] if measures else None
    shown = [group for group in groups if "action" not in group["key"]]
    earned: Amounts = {}
    if revenue:
        earned = {(group["key"][column],): group["sums"][revenue] for group in shown}
    parts: Amounts = {(group["key"][column],): group[CONVERSIONS] for group in shown}
    report = attribute(
        parts,
        {key: {str(revenue): value} for key, value in earned.items()},
        total=0,
        total_values={},
        costs={(label,): cost for label, cost in costs.items()},
        revenue=revenue,
    )
    for group, line in zip(shown, report.lines, strict=True):
        group["cost"] = line.cost
        group.update(_per_conversion(line.cost, line.cost_per_conversion, group))
        group.update(_on_spend(line.cost, line.return_on_spend, group, revenue))
    unmatched = sorted(name for name in costs if (name,) not in parts)
    return {
        "budget": _budget(costs, parts, earned),
        **({"unmatched_costs": unmatched} if unmatched else {}),
    }


def _per_conversion(
    cost: float | None, value: float | None, group: Mapping[str, Any]
) -> dict[str, Any]:
    """Report what a conversion cost: a lower bound where it may have been none."""
    earned = Estimate.read(group, CONVERSIONS)
    if cost is None or not earned.high or earned.high <= 0 or earned.low is None:
        return Estimate(None if earned.interval or earned.bounds else value).fields(
            "cost_per_conversion"
        )
    if earned.low <= 0:
        return Estimate(value, "sum", bounds=(cost / earned.high, None)).fields(
            "cost_per_conversion"
        )
    ends = (cost / earned.high, cost / earned.low)
    exact = earned.bound == "exact"
    return Estimate(value, "sum", None, None if exact else ends).fields("cost_per_conversion")


def _on_spend(
    cost: float | None, value: float | None, group: Mapping[str, Any], revenue: str | None
) -> dict[str, Any]:
    """Report the return on spend, with the interval of the revenue."""
    ends = group.get("sums_interval", {}).get(revenue)
    if not cost or value is None or not ends:
        return {"return_on_spend": value}
    low, high = (end / cost for end in ends)
    return Estimate(value, "ratio", None, (low, high)).fields("return_on_spend")


def _budget(costs: Mapping[str, float], parts: Amounts, earned: Amounts) -> dict[str, Any] | None:
    """Suggest how to split what was spent; None if no label with a cost earned anything."""
    spent: Amounts = {(label,): cost for label, cost in costs.items() if (label,) in parts}
    try:
        budget = suggest_budget(spent, earned or parts)
    except InvalidInput:
        return None
    return {
        "amounts": {key[0]: money for key, money in sorted(budget.amounts.items())},
        "assumptions": list(budget.assumptions),
    }
