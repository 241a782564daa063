"""Bound what one person can change in an answer to purchase intent."""

from __future__ import annotations

from collections.abc import Mapping

from cleanroom.errors import InvalidInput
from cleanroom.privacy.checks import non_negative, whole
from cleanroom.queries.sensitivity import Sensitivity, tables


def purchase_intent(max_conversions: int, weights: Mapping[str, float]) -> Sensitivity:
    """Derive ``purchase_intent``: m interactions of each kind, times its weight, in the index only.

    One campaign's index moves by at most m x sum of |w_j|, and so does the whole vector, because
    the attributed credits of an interaction sum to 1.  Reached people are one count: 1.
    """
    whole("interactions per person", max_conversions, 1)
    if not weights:
        raise InvalidInput("an index needs weights")
    total = sum(non_negative("weight", weight) for weight in weights.values())
    return Sensitivity(tables(1), {"index": tables(1, max_conversions * total)})
