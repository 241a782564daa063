"""Bound what one person can change in an answer to attribution."""

from __future__ import annotations

from cleanroom.privacy.checks import whole
from cleanroom.queries.sensitivity import Sensitivity, tables


def attribution(
    max_conversions: int, value_cap: float, *, total_released: bool = False
) -> Sensitivity:
    """Derive ``attribution``: at most m conversions of a person, one primary, all of one label.

    People are the flagged groups: one primary conversion per person, one label: 1.  Conversions:
    all m can fall on one label, and the credit vectors of each sum to 1, so L1 and L2 are m.
    Value: the cap per person, which must bound the sum of MAGNITUDES where refunds are negative:
    +1000 on one label and -900 on another are 1900.

    Removing a person on the PLATFORM's side moves its conversions from labels to unattributed.
    Where unattributed or the total is released beside the labels (the receiver does not own the
    conversions), that is a second vector of the same norm: pass ``total_released``.
    """
    count = 2 if total_released else 1
    conversions = float(whole("conversions per person", max_conversions, 1))
    return Sensitivity(
        tables(count),
        {"conversions": tables(count, conversions), "value": tables(count, value_cap)},
    )
