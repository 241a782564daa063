"""Bound what one person can change in an answer to overlap."""

from __future__ import annotations

from cleanroom.queries.sensitivity import Bounds, Sensitivity, over, tables


def overlap(bounds: Bounds) -> Sensitivity:
    """Derive ``overlap``: a matched person is one row with one combination of labels.

    Adding or removing the person on either side adds or removes that matched row: one cell by 1,
    one sum by at most its bound.  The total is released + other, post-processing.
    """
    return Sensitivity(tables(1), over(1, bounds))


def overlap_of_hub(bounds: Bounds) -> Sensitivity:
    """Derive ``overlap`` over several: a person of another dataset moves one row of the hub.

    The row leaves one set for another, or for nobody: two cells by 1 and, with its measures, two
    sums by at most the bound.  A person of the hub adds or removes one row, which is less.
    """
    return Sensitivity(tables(2), over(2, bounds))
