"""Bound what one person can change in an answer to cross reach."""

from __future__ import annotations

from cleanroom.queries.sensitivity import Sensitivity, tables


def cross_reach() -> Sensitivity:
    """Derive ``cross_reach``: a row of the hub is in one set, at one frequency, and in the total.

    A person of another dataset moves it to another set and frequency, four cells, or out of all
    three tables.
    """
    return Sensitivity(tables(4))
