"""Hold an amendment against the agreement that it follows.  Every check raises.

The mediator, every member's agent and the verifier call the same function, each with the agreement
in force as it knows it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from cleanroom.documents.agreement import Agreement, Card
from cleanroom.errors import Conflict, InvalidInput
from cleanroom.room.agreements import check_content
from cleanroom.room.members import check_givers

KEPT: Final = ("version", "name", "rehearsal", "origin", "mediator_key")
"""What an amendment cannot change: which room it is, who mediates, whether the people are real."""

LEFT_BEHIND: Final = "left"
"""Why a dataset is taken back whose owner an amendment took away."""

FEWEST_TO_LEAVE: Final = 3
"""Members of a room that one can be taken out of: any two amendments then share a signer."""

KEPT_OF_POLICY: Final = ("paillier_bits",)
"""Keys were made for it."""

PERIODS: Final = ("period", "period_start")
"""May be added.  Once there, they stay: moved boundaries would refill what was spent."""


@dataclass(frozen=True)
class Known:
    """Somebody named in a room's log who is not a member now: it left, or was only invited."""

    name: str
    role: str
    signing_key: str
    left: bool


def joining(agreement: Agreement, before: Agreement) -> tuple[Card, ...]:
    """Return the members that an amendment brings in."""
    names = {card.name for card in before.members}
    return tuple(card for card in agreement.members if card.name not in names)


def leaving(agreement: Agreement, before: Agreement) -> Card | None:
    """Return the member that an amendment takes away, or None."""
    names = {card.name for card in agreement.members}
    return next((card for card in before.members if card.name not in names), None)


def check_amendment(
    agreement: Agreement, before: Agreement, now: float, known: Iterable[Known] = ()
) -> None:
    """Check the next version of a room's agreement before anybody signs it.

    ``known`` are those of the room's past, as far as who checks knows it.

    Raises:
        Conflict: if it follows another agreement than the one in force.
        InvalidInput: if it changes nothing, or what cannot be changed.
        PolicyRefusal: if no room may have such an agreement.
    """
    if agreement.amends is None:
        raise InvalidInput("An amendment names the agreement that it follows.")
    if not agreement.follows(before):
        raise Conflict(
            "the amendment follows an agreement other than the one in force", "amends-other"
        )
    for field in KEPT:
        _check_kept(field, getattr(agreement, field) == getattr(before, field))
    for field in KEPT_OF_POLICY:
        same = getattr(agreement.policy, field) == getattr(before.policy, field)
        _check_kept(f"policy.{field}", same)
    for field in PERIODS:
        was = getattr(before.policy, field)
        _check_kept(f"policy.{field}", was in (None, getattr(agreement.policy, field)))
    _check_members(agreement, before, known)
    _check_serving(agreement, before)
    if same_terms(agreement, before):
        raise InvalidInput("The amendment changes nothing.")
    check_content(agreement, now, before.grants)
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


def _check_members(agreement: Agreement, before: Agreement, known: Iterable[Known]) -> None:
    """Let members keep their keys and their order; let one leave, and others come."""
    names = {card.name for card in agreement.members}
    kept = tuple(card for card in before.members if card.name in names)
    new = joining(agreement, before)
    _check_kept("the members that stay, their keys or their order", agreement.members == kept + new)
    gone = [card for card in before.members if card.name not in names]
    if len(gone) > 1 or (gone and len(before.members) < FEWEST_TO_LEAVE):
        raise InvalidInput(
            "An amendment can remove one member, from a room of three or more.",
            remedy="Amend once for each; the last two close the room instead.",
        )
    for grant in agreement.grants:
        if grant.serving is None and grant.party in {card.name for card in gone}:
            raise InvalidInput(
                f"{grant.party} leaves, so the amendment must also drop the grant"
                f" of {grant.kind} that it gave."
            )
    past = [Known(card.name, card.role, card.signing_key, left=True) for card in gone]
    for card in new:
        _check_new(card, [*past, *known])


def _check_new(card: Card, known: Iterable[Known]) -> None:
    """Refuse a name or a key that stands for somebody else, or for one that left, in the log."""
    same = (card.name, card.role, card.signing_key)
    for one in known:
        if one.name != card.name and one.signing_key != card.signing_key:
            continue
        if one.left:
            raise InvalidInput(
                f"{one.name} has left the room, and nobody joins by its name or key again.",
                remedy="Propose a new room for that.",
            )
        if (one.name, one.role, one.signing_key) != same:
            raise InvalidInput(
                f"{one.name} was invited to the room before, with another role or key.",
                remedy="Invite it as it was, or propose a new room.",
            )


def _check_serving(agreement: Agreement, before: Agreement) -> None:
    """Keep each grant of serving at its place: what was published under it names the place."""
    for place, grant in enumerate(before.grants):
        later = agreement.grants[place] if place < len(agreement.grants) else None
        if grant.serving is not None and later != grant:
            raise InvalidInput(
                f"Grant {place} serves single people: an amendment must leave it, and the number"
                " of grants before it, as they are.",
                remedy="Withdraw it with: cleanroom serve stop",
            )
