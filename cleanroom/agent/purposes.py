"""Say what a question is for, where the agreement lists purposes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cleanroom.agent.rooms import Room
from cleanroom.errors import InvalidInput


def of_question(room: Room, fields: Mapping[str, Any], parameters: Mapping[str, Any]) -> str | None:
    """Return what a question is for: what it says, or the one purpose that the agreement lists.

    Raises ``InvalidInput`` that lists the purposes if there are several and it says none.
    """
    agreed = room.agreement.purposes
    said = implied(agreed, fields.get("purpose") or (parameters.get("purpose") if agreed else None))
    if said is None and len(agreed) > 1:
        raise InvalidInput(
            "The question does not say what its answer is for.",
            remedy=f"Name one as its purpose: {', '.join(agreed)}.",
        )
    return said


def implied(agreed: Sequence[str], said: object) -> str | None:
    """Return a purpose that is said, or the one that an agreement lists; None if it is open."""
    if said:
        return str(said)
    return agreed[0] if len(agreed) == 1 else None
