"""Turn what an attribution job released into the report that an advertiser reads.

Post-processing only: nothing here looks at a person, so nothing here costs privacy.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from cleanroom.errors import InvalidInput

Key = tuple[str, ...]
Amounts = Mapping[str, float]


@dataclass(frozen=True)
class Line:
    """One label's part of the conversions.

    ``share`` is of the attributed conversions, None if there are none.  ``cost_per_conversion``
    and ``return_on_spend`` (value of the named measure per unit of cost) are None without a cost,
    or where they would divide by nothing or by less (noise can push a count below zero).
    """

    key: Key
    conversions: float
    values: dict[str, float]
    share: float | None
    cost: float | None = None
    cost_per_conversion: float | None = None
    return_on_spend: float | None = None


@dataclass(frozen=True)
class Report:
    """All labels, what they add up to, and what no touch earned."""

    lines: tuple[Line, ...]
    conversions: float
    attributed: float
    unattributed: float
    values: dict[str, float] = field(default_factory=dict)
    unattributed_values: dict[str, float] = field(default_factory=dict)


def attribute(
    parts: Mapping[Key, float],
    value_parts: Mapping[Key, Amounts],
    *,
    total: float,
    total_values: Amounts,
    units: int = 1,
    costs: Mapping[Key, float] | None = None,
    revenue: str | None = None,
) -> Report:
    """Return the report of a rule whose parts per conversion add up to ``units``.

    ``parts`` and ``value_parts`` are what was opened per label, in ``units``-ths; ``total`` and
    ``total_values`` are of all conversions asked about, in whole units (the brand knows them of
    its own people; nothing is subtracted that was not released).  ``revenue`` names the measure
    that a cost is held against.
    """
    conversions = {key: number / units for key, number in parts.items()}
    attributed = math.fsum(conversions.values())
    lines = []
    for key, number in conversions.items():
        values = {name: amount / units for name, amount in value_parts.get(key, {}).items()}
        share = number / attributed if attributed > 0 else None
        cost = None if costs is None else costs.get(key)
        earned = None if revenue is None else values.get(revenue)
        lines.append(
            Line(key, number, values, share, cost, _ratio(cost, number), _ratio(earned, cost))
        )
    values_of_labels = {
        name: math.fsum(line.values.get(name, 0.0) for line in lines) for name in total_values
    }
    return Report(
        lines=tuple(lines),
        conversions=total,
        attributed=attributed,
        unattributed=total - attributed,
        values=dict(total_values),
        unattributed_values={n: total_values[n] - values_of_labels[n] for n in total_values},
    )


def _ratio(over: float | None, under: float | None) -> float | None:
    if over is None or under is None or under <= 0:
        return None
    return over / under


@dataclass(frozen=True)
class Budget:
    """A suggested split of money, and what it takes for granted."""

    amounts: dict[Key, float]
    assumptions: tuple[str, ...]


def suggest_budget(
    costs: Mapping[Key, float],
    returns: Mapping[Key, float],
    total: float | None = None,
    elasticity: float = 0.5,
) -> Budget:
    """Split ``total`` (default: what was spent) so that the last unit of money earns alike.

    Takes the response of label j to a budget b for a_j b^e, with the elasticity e below one for
    diminishing returns, and a_j from the one point seen, returns_j = a_j costs_j^e.  Equal
    marginal returns then mean b_j proportional to a_j^(1 / (1 - e)).  Labels without a cost take
    no part; a return below zero (noise) counts as zero.
    """
    if not 0 < elasticity < 1:
        raise InvalidInput("the elasticity must lie between 0 and 1")
    spent = {key: cost for key, cost in costs.items() if cost > 0}
    money = math.fsum(spent.values()) if total is None else total
    if not spent or money < 0:
        raise InvalidInput("a budget needs at least one label with a cost, and no negative total")
    power = 1 / (1 - elasticity)
    pull = {
        key: (max(returns.get(key, 0.0), 0.0) / cost**elasticity) ** power
        for key, cost in spent.items()
    }
    whole = math.fsum(pull.values())
    if whole <= 0:
        raise InvalidInput("no label with a cost earned anything")
    return Budget(
        {key: money * weight / whole for key, weight in pull.items()},
        (
            "The credit that the rule gives is taken for what the money caused; only a lift"
            " test shows that.",
            f"Returns grow with the budget to the power of {elasticity:g}, alike for all labels;"
            " one period cannot show whether they do.",
            "Labels do not help or hinder each other, and prices stay as they are.",
        ),
    )


INTERACTIONS = (
    "browse",
    "search",
    "favourite",
    "add_to_cart",
    "follow",
    "membership",
    "sample_claim",
    "brand_search",
)
"""The eight interactions of the purchase intent index."""
