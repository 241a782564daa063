"""Bound what one person can change in an answer to reach frequency."""

from __future__ import annotations

from cleanroom.privacy.checks import whole
from cleanroom.queries.sensitivity import Bounds, Sensitivity, over, places


def reach_frequency(
    campaigns_per_person: int, bounds: Bounds, *, gathered: bool = False
) -> Sensitivity:
    """Derive ``reach_frequency``: one frequency cell per campaign and one over all campaigns.

    A person is counted in at most C campaigns (the rest is dropped) and once de-duplicated:
    C + 1 tables.  A measure's bound holds for every one of these rows, the one over all campaigns
    among them.  ``gathered``: the platform, which labels these rows, receives.
    """
    rows = whole("campaigns per person", campaigns_per_person, 1) + 1
    return Sensitivity(places(rows, gathered=gathered), over(rows, bounds, gathered=gathered))
