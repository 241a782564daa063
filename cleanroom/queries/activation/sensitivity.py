"""Bound what one person can change in an answer to activation."""

from __future__ import annotations

from cleanroom.queries.sensitivity import Sensitivity, tables


def activation() -> Sensitivity:
    """Derive ``activation``: the brand learns one number, the size: 1.

    That the platform learns which of its rows matched is the purpose, by the brand's explicit
    grant, and outside differential privacy.
    """
    return Sensitivity(tables(1))
