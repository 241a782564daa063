"""Bound what one person can change in an answer to aipl."""

from __future__ import annotations

from cleanroom.queries.profile.sensitivity import profile
from cleanroom.queries.sensitivity import Bounds, Sensitivity


def aipl(bounds: Bounds, *, base_public: bool) -> Sensitivity:
    """Derive ``aipl``: one table of the overlap by stage, and each side's base counts.

    The cross-table is merged before noise, so a person is in one cell.  Neighbours differ on one
    side, so only that side's base counts change: 2 tables, or 1 with public bases.  Platform-only
    and brand-only are differences of released numbers.  With BOTH bases noised the bound is the
    same, for the same reason.
    """
    return profile(1, bounds, base_public=base_public)
