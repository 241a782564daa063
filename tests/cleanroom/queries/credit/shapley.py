"""Share conversions by Shapley's value over the sets of channels that people met."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TypeVar

Channel = TypeVar("Channel", bound=Hashable)


def shapley_values(conversions: Mapping[frozenset[Channel], float]) -> dict[Channel, float]:
    """Return the value of each channel: the sum over sets S that hold it of R(S) / |S|.

    R(S) counts the conversions of people who met exactly the channels of S.  With the worth of a
    coalition defined as what its channels earned without others, v(C) = sum of R(S) over S in C,
    that sum is Shapley's value: R(S) is the coefficient of v on S in the basis of unanimity
    games, and each such game is shared equally by its members (Shapley 1953; Zhao, Mahboobi and
    Bagheri 2018).  Hence ``linear_distinct`` computes it without knowing any set.
    """
    values: dict[Channel, float] = {}
    for channels, number in conversions.items():
        for channel in channels:
            values[channel] = values.get(channel, 0.0) + number / len(channels)
    return values
