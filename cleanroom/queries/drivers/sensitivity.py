"""Bound what one person can change in an answer to drivers."""

from __future__ import annotations

from cleanroom.queries.sensitivity import Sensitivity, tables


def drivers(count: int) -> Sensitivity:
    """Derive ``drivers``: a matched person is in one cell of each of so many tables.

    Adding or removing the person on either side moves one count of every table by 1.  Counts of
    deeper tables add up to those of shallower ones, but each is noised for itself: sqrt(count).
    """
    return Sensitivity(tables(count))
