"""Name the alignment profiles that an agreement may allow."""

from __future__ import annotations

from protocols.alignment import Profile
from protocols.errors import LocalError


def profile(name: str) -> Profile:
    """Return the maker of a profile's participants; raise ``LocalError`` for another name."""
    if name == "dh":
        from protocols.alignment import dh  # noqa: PLC0415

        return dh.DhParticipant
    if name == "ot":
        from protocols.alignment import ot  # noqa: PLC0415 (loads compiled loops)

        return ot.profile
    raise LocalError(f"there is no alignment profile {name}")
