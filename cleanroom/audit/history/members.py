"""Follow who is a member: founders, those who join by an amendment, those whom one takes away."""

from __future__ import annotations

from cleanroom.audit.entries import Seen
from cleanroom.audit.failures import BadEntry, require
from cleanroom.documents.agreement import Agreement, Card, PaillierKey
from cleanroom.documents.statement import MEDIATOR
from cleanroom.errors import InvalidInput
from cleanroom.room.amendments import Known, joining, leaving


class Members:
    """Hold who is there at an entry, who is invited, and everybody's Paillier modulus."""

    def __init__(self, agreement: Agreement) -> None:
        self._first = agreement
        self.there = {card.name for card in agreement.members}
        self._invited: dict[str, Card] = {}
        self._past: dict[str, Known] = {}
        self._moduli: dict[str, str] = {}

    @property
    def known(self) -> list[Known]:
        """Return those whom the log names who are not members."""
        return list(self._past.values())

    def check(self, entry: Seen) -> None:
        """Refuse what takes effect though its speaker was not a member at that time."""
        says = entry.kind in ("amendment.sign", "amendment.decline")
        invited = says and entry.actor in self._invited
        member = entry.actor == MEDIATOR or entry.actor in self.there or invited
        require(member, entry.number, f"{entry.actor} is not a member of the room at that time")

    def invite(self, agreement: Agreement, before: Agreement) -> None:
        """Let those sign whom an amendment brings."""
        self._invited = {card.name: card for card in joining(agreement, before)}
        for card in self._invited.values():
            self._past[card.name] = Known(card.name, card.role, card.signing_key, left=False)

    def drop(self) -> None:
        """Take the invitations back."""
        self._invited = {}

    def take_key(self, entry: Seen, card: Card | None = None) -> None:
        """Refuse a party that joins without a proved Paillier key, and anybody else with one.

        ``card`` is that of a founder; of others only who is invited gives a key.
        """
        card, given = card or self._invited.get(entry.actor), entry.body.get("paillier")
        if card is None or not card.has_data:
            require(given is None, entry.number, f"{entry.actor} gives a Paillier key")
            return
        require(given is not None, entry.number, f"{entry.actor} gives no Paillier key")
        key, policy = PaillierKey.from_json(given), self._first.policy
        try:
            key.public(self._first.identity(), entry.actor, policy.paillier_bits)
        except InvalidInput as error:
            raise BadEntry(str(error), entry.number) from None
        others = {name: n for name, n in self._moduli.items() if name != entry.actor}
        new = key.n not in others.values()
        require(new, entry.number, f"{entry.actor} has another member's key")
        self._moduli[entry.actor] = key.n

    def settle(self, agreement: Agreement, before: Agreement) -> str | None:
        """Go on with the members of an amendment; return who left, or None."""
        self.there = {card.name for card in agreement.members}
        for name in self._invited:
            del self._past[name]
        self._invited = {}
        gone = leaving(agreement, before)
        if gone is None:
            return None
        self._past[gone.name] = Known(gone.name, gone.role, gone.signing_key, left=True)
        return gone.name
