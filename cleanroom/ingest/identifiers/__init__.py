"""Normalise identifiers by named, versioned profiles, so that both sides write a person alike.

A value that does not normalise raises with a reason and is never guessed; no message of this
package repeats the value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from protocols.deferred import deferred

if TYPE_CHECKING:
    from cleanroom.ingest.identifiers.batch import (
        MANY,
        Normalised,
        messages,
        messages_of,
        normalise_many,
        packed,
    )
    from cleanroom.ingest.identifiers.profiles import (
        PROFILES,
        Profile,
        check_region,
        explain,
        find_profile,
        message,
        normalise,
    )
    from cleanroom.ingest.identifiers.reasons import NotNormalisable

__all__ = [
    "MANY",
    "PROFILES",
    "Normalised",
    "NotNormalisable",
    "Profile",
    "check_region",
    "explain",
    "find_profile",
    "message",
    "messages",
    "messages_of",
    "normalise",
    "normalise_many",
    "packed",
]

_BATCH, _PROFILES = f"{__name__}.batch", f"{__name__}.profiles"

__getattr__ = deferred(
    __name__,
    {
        **dict.fromkeys(
            ("MANY", "Normalised", "messages", "messages_of", "normalise_many", "packed"), _BATCH
        ),
        **dict.fromkeys(
            (
                *("PROFILES", "Profile", "check_region", "explain", "find_profile", "message"),
                "normalise",
            ),
            _PROFILES,
        ),
        "NotNormalisable": f"{__name__}.reasons",
    },
)
