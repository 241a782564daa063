"""Bound what one person can change in an answer to funnel."""

from __future__ import annotations

from cleanroom.privacy.checks import whole
from cleanroom.queries.sensitivity import Bounds, Sensitivity, over, places


def funnel(
    channels_per_person: int,
    steps: int,
    bounds: Bounds,
    *,
    closed: bool = True,
    gathered: bool = False,
) -> Sensitivity:
    """Derive ``funnel``: per channel, a person's furthest step is one cell.

    The counts at earlier steps of a closed funnel are sums of those, and the all-channel rate is
    weighted by people, so both are post-processing: sqrt(channels).  An open funnel counts every
    step on its own: sqrt(channels x steps).  ``gathered``: the platform, which labels these rows,
    receives.
    """
    cells = whole("channels", channels_per_person, 1) * (1 if closed else whole("steps", steps, 1))
    return Sensitivity(places(cells, gathered=gathered), over(cells, bounds, gathered=gathered))
