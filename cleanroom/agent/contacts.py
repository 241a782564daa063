"""Know the other parties by their keys: people compare a card once, the home keeps it.

An agreement arrives through the mediator.  One that put keys of its own under a member's name
would be that member from then on, so no live room is signed on keys that only the mediator showed.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cleanroom.agent.home import Home, read_document
from cleanroom.documents.agreement import Agreement, Card
from cleanroom.errors import InvalidInput, PeerFault
from cleanroom.files import write_file


def known_card(home: Home, name: str) -> Card | None:
    """Return the card that this home keeps of a party, or None."""
    file = _file(home, name)
    return read_document(file, Card) if file.exists() else None


def known_cards(home: Home) -> list[Card]:
    """List the cards that this home keeps."""
    return [read_document(file, Card) for file in sorted((home.path / "cards").glob("*.json"))]


def trust(home: Home, card: Card, replace: bool = False) -> None:
    """Keep a card; raise ``InvalidInput`` for another one of a known name unless it replaces it."""
    if card.name == home.card.name:
        raise InvalidInput(f"{card.name} is your own name.")
    if not replace:
        check_known(home, card)
    write_file(_file(home, card.name), card.canonical(), 0o644)


def check_known(home: Home, card: Card) -> None:
    """Raise ``InvalidInput`` if the home keeps another card of that name."""
    found = known_card(home, card.name)
    if found is not None and found != card:
        raise InvalidInput(
            f"You know {card.name} by different keys: {_keys(found)}; this card has {_keys(card)}.",
            remedy=(
                "Ask them by telephone whether they replaced their keys; if so, run:"
                " cleanroom party trust FILE --replace"
            ),
        )


def check_members(home: Home, agreement: Agreement, given: Sequence[Card] = ()) -> None:
    """Hold the members' keys against cards that came another way; change nothing.

    ``given`` are cards that people handed over for this room.  A rehearsal, whose data is made
    up, may name parties that nobody knows yet.

    Raises:
        InvalidInput: if a card of a member is missing, or is not the one that the home keeps.
        PeerFault: if the agreement names other keys for a known name.
    """
    cards = {card.name: card for card in given}
    others = [member for member in agreement.members if member.name != home.card.name]
    strangers = set(cards) - {member.name for member in others}
    if strangers or len(cards) != len(given):
        raise InvalidInput("Give one card for each other member of the room, and no others.")
    for card in given:
        check_known(home, card)
    for member in others:
        kept = cards.get(member.name) or known_card(home, member.name)
        if kept is not None and kept != member:
            raise PeerFault(
                f"The agreement names keys for {member.name} that differ from those on its card:"
                f" {_keys(member)} against {_keys(kept)}. Sign nothing, and ask {member.name}:"
                " somebody else may be using this name."
            )
        if kept is None and not agreement.rehearsal:
            raise InvalidInput(
                f"You have no card of {member.name}, and what the mediator shows does not prove"
                " whose keys these are.",
                remedy=(
                    f"Have {member.name} send you its card.json, compare the fingerprints by"
                    " telephone, and give it with --card FILE"
                ),
            )


def _keys(card: Card) -> str:
    signing, sealing = card.fingerprints()
    return f"signing key {signing}, sealing key {sealing}"


def _file(home: Home, name: str) -> Path:
    return home.path / "cards" / f"{name}.json"
