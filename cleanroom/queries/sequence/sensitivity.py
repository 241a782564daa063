"""Bound what one person can change in an answer to sequence."""

from __future__ import annotations

from cleanroom.privacy.checks import whole
from cleanroom.queries.sensitivity import Sensitivity, tables


def sequence(value_cap: float, *, pairs_per_person: int = 0) -> Sensitivity:
    """Derive ``sequence``: one conversion per person, one transition label (m = 1).

    Synergy adds the pairs of channels before the conversion, at most ``pairs_per_person`` more
    cells, each a label of its own.
    """
    cells = 1 + whole("pairs per person", pairs_per_person, 0)
    return Sensitivity(tables(cells), {"value": tables(cells, value_cap)})
