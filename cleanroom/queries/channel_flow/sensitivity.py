"""Bound what one person can change in an answer to channel flow."""

from __future__ import annotations

from cleanroom.privacy.checks import whole
from cleanroom.queries.sensitivity import Sensitivity, tables


def channel_flow(channels_per_person: int) -> Sensitivity:
    """Derive ``channel_flow``: a move and a start in at most C channels, and over all of them.

    A person is in one cell of moves and in one of starts at each of C + 1 places.
    """
    return Sensitivity(tables(2 * (whole("channels per person", channels_per_person, 1) + 1)))
