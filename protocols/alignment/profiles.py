"""Name the alignment profiles that an agreement may allow."""

from __future__ import annotations

from protocols.alignment import Profile
from protocols.errors import LocalError


def profile(name: str) -> Profile:
    """Return the maker of a profile's participants; raise ``LocalError`` for another name."""
    if name == "dh":
        from protocols.alignment.dh import DhParticipant  # noqa: PLC0415

        return DhParticipant
    if name == "ot":
        from protocols.alignment.ot import OtParticipant  # noqa: PLC0415 (compiles on first use)

        return OtParticipant
    raise LocalError(f"there is no alignment profile {name}")
