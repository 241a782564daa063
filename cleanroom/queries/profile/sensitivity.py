"""Bound what one person can change in an answer to profile."""

from __future__ import annotations

from cleanroom.queries.sensitivity import Bounds, Sensitivity, over, tables


def profile(columns: int, bounds: Bounds, *, base_public: bool) -> Sensitivity:
    """Derive ``profile``: per column one table of the overlap, and one of the base if noised.

    A person of the base's owner is in one cell of each: 2 tables a column, L2 sqrt(2 columns).  A
    public base is not protected: sqrt(columns).  Measures are summed over the overlap only.
    """
    per_column = 1 if base_public else 2
    return Sensitivity(tables(per_column * columns), over(columns, bounds))
