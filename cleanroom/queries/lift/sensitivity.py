"""Bound what one person can change in an answer to lift."""

from __future__ import annotations

from cleanroom.privacy.checks import positive, whole
from cleanroom.queries.sensitivity import Sensitivity, tables


def lift(max_conversions: int, value_cap: float) -> Sensitivity:
    """Derive ``lift``: a person is in one arm, so each statistic changes in one cell.

    People 1, conversions m, value C, and the square of the person's sum C^2.
    """
    conversions = float(whole("conversions per person", max_conversions, 1))
    cap = positive("value cap", value_cap)
    return Sensitivity(
        tables(1),
        {
            "conversions": tables(1, conversions),
            "value": tables(1, cap),
            "squared_value": tables(1, cap * cap),
        },
    )
