"""Normalise identifiers by named, versioned profiles, so that both sides write a person alike.

A value that does not normalise raises with a reason and is never guessed; no message of this
package repeats the value.
"""

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
    "explain",
    "find_profile",
    "message",
    "messages",
    "messages_of",
    "normalise",
    "normalise_many",
    "packed",
]
