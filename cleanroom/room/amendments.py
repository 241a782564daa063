"""Hold an amendment against the agreement that it follows.  Every check raises.

The mediator, every member's agent and the verifier call the same function, each with the agreement
in force as it knows it.
"""

from __future__ import annotations

from typing import Final

from cleanroom.documents.agreement import Agreement
from cleanroom.errors import Conflict, InvalidInput
from cleanroom.room.agreements import check_content
from cleanroom.room.members import check_givers

KEPT: Final = ("version", "name", "rehearsal", "origin", "mediator_key", "members")
"""What an amendment cannot change: who is there, who mediates, and whether the people are real."""

KEPT_OF_POLICY: Final = ("paillier_bits",)
"""Keys were made for it."""

PERIODS: Final = ("period", "period_start")
"""May be added.  Once there, they stay: moved boundaries would refill what was spent."""


def check_amendment(agreement: Agreement, before: Agreement, now: float) -> None:
    """Check the next version of a room's agreement before anybody signs it.

    Raises:
        Conflict: if it follows another agreement than the one in force.
        InvalidInput: if it changes nothing, or what cannot be changed.
        PolicyRefusal: if no room may have such an agreement.
    """
    amends = agreement.amends
    if amends is None:
        raise InvalidInput("An amendment names the agreement that it follows.")
    follows = (amends.room, amends.number, amends.previous)
    if follows != (before.identity(), before.number + 1, before.digest()):
        raise Conflict("the amendment follows another agreement than that in force", "amends-other")
    for field in KEPT:
        _check_kept(field, getattr(agreement, field) == getattr(before, field))
    for field in KEPT_OF_POLICY:
        same = getattr(agreement.policy, field) == getattr(before.policy, field)
        _check_kept(f"policy.{field}", same)
    for field in PERIODS:
        was = getattr(before.policy, field)
        _check_kept(f"policy.{field}", was in (None, getattr(agreement.policy, field)))
    _check_serving(agreement, before)
    if same_terms(agreement, before):
        raise InvalidInput("The amendment changes nothing.")
    check_content(agreement, now)
    check_givers(agreement, before.grants)


def same_terms(one: Agreement, other: Agreement) -> bool:
    """Tell whether two versions allow the very same."""
    bare = [item.model_copy(update={"amends": None, "nonce": ""}) for item in (one, other)]
    return bare[0] == bare[1]


def _check_kept(field: str, same: bool) -> None:
    if not same:
        raise InvalidInput(
            f"An amendment cannot change {field}.", remedy="Propose a new room for that."
        )


def _check_serving(agreement: Agreement, before: Agreement) -> None:
    """Keep each grant of serving at its place: what was published under it names the place."""
    for place, grant in enumerate(before.grants):
        later = agreement.grants[place] if place < len(agreement.grants) else None
        if grant.serving is not None and later != grant:
            raise InvalidInput(
                f"Grant {place} serves single people: an amendment leaves it, and the number of"
                " grants before it, as they are.",
                remedy="Withdraw it with: cleanroom serve stop",
            )
