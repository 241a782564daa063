"""Bound what one person can change in an answer to aipl flow."""

from __future__ import annotations

from cleanroom.queries.overlap.sensitivity import overlap
from cleanroom.queries.sensitivity import Bounds, Sensitivity


def aipl_flow(bounds: Bounds) -> Sensitivity:
    """Derive ``aipl_flow``: a matched person is in one cell of the 5 x 5 matrix."""
    return overlap(bounds)
