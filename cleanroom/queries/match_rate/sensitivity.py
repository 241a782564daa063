"""Bound what one person can change in an answer to match rate."""

from __future__ import annotations

from cleanroom.queries.sensitivity import Sensitivity, tables


def match_rate(kinds: int) -> Sensitivity:
    """Derive ``match_rate``: a person has one identifier of each kind, each in a cell of its own.

    The side that does not receive says which kind a row is of, so that no row of the receiver puts
    two of a person's into one cell.
    """
    return Sensitivity(tables(kinds))
