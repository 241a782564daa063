"""Read, propose and sign amendments of a live room from Python."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cleanroom.agent import amendments, contacts
from cleanroom.agent.proposal import amended, check_data
from cleanroom.agent.room_file import RoomFile
from cleanroom.agent.rooms import Room
from cleanroom.documents.agreement import Agreement, Card
from cleanroom.errors import InvalidInput
from cleanroom.report import Language
from cleanroom.report.changes import changes
from cleanroom.report.consent import Reader


class Amending:
    """What a room's members can do about its agreement; ``_room`` is the party's place in it."""

    _room: Room

    def amendment(self, language: Language = "en") -> dict[str, Any] | None:
        """Return the amendment that waits, who has signed it and what it changes, in words."""
        agreement = amendments.waiting(self._room)
        if agreement is None:
            return None
        cards = {card.name: card for card in contacts.known_cards(self._room.home)}
        reader = Reader(self._room.own.name, cards, language)
        told = changes(self._room.agreement, agreement, reader)
        return {
            "amendment": agreement.digest()[:32],
            "number": agreement.number,
            "signed": amendments.signers(self._room, agreement),
            "changes": {part.title: [(one.name, one.text) for one in part.lines] for part in told},
        }

    def amend(
        self, file: Path | str, cards: Sequence[Path | str] = (), without: str = ""
    ) -> dict[str, Any]:
        """Sign and propose what a room file says as the agreement's next version; return it.

        ``cards`` are the files of those who join by it, ``without`` is who is taken out.
        """
        described, given = RoomFile.read(Path(file)), [Card.read(Path(one)) for one in cards]
        agreement = amended(described, self._room, given, without)
        if self._room.home.card.has_data:
            check_data(described, agreement, self._room.home.card)
        self._room = amendments.propose(self._room, agreement, given)
        return {"amendment": agreement.digest()[:32], "number": agreement.number}

    def sign(self, amendment: str, cards: Sequence[Path | str] = ()) -> bool:
        """Sign the amendment of that identifier; tell whether it is in force by that."""
        agreement, given = self._waiting(amendment), [Card.read(Path(one)) for one in cards]
        self._room = amendments.sign(self._room, agreement, given)
        return self._room.agreement == agreement

    def decline(self, amendment: str, reason: str) -> None:
        """Turn the amendment of that identifier down, or take it back."""
        amendments.decline(self._room, self._waiting(amendment), reason)

    def _waiting(self, amendment: str) -> Agreement:
        """Return what waits under an identifier, half of a digest that nobody else can have."""
        found = amendments.waiting(self._room)
        if found is None or found.digest()[:32] != amendment:
            raise InvalidInput(f"No amendment {amendment} is waiting for signatures.")
        return found
