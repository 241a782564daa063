"""Read the name of a profile, which takes no step of any."""

from __future__ import annotations

from typing import Final

HASHED: Final = "sha256:"
"""Prefix of a profile whose values its owner hashed already."""


def kind_of(profile: str) -> str:
    """Return what a profile's values are, hashed or not, such as ``email``."""
    return profile.removeprefix(HASHED).split(":")[0]
