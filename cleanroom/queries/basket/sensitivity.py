"""Bound what one person can change in an answer to basket."""

from __future__ import annotations

from cleanroom.privacy.checks import whole
from cleanroom.queries.sensitivity import Sensitivity, tables


def basket(categories_per_person: int) -> Sensitivity:
    """Derive ``basket``: one cell of all buyers, one per category, one per pair of these.

    A person is counted in at most C categories (the rest is dropped): 1 + C + C (C - 1) / 2 cells,
    each moved by 1.
    """
    most = whole("categories per person", categories_per_person, 1)
    return Sensitivity(tables(1 + most + most * (most - 1) // 2))
