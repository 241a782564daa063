"""Follow a room: proposed, signed by every member, closed."""

from __future__ import annotations

from cleanroom.audit.entries import Seen
from cleanroom.audit.failures import BadEntry, require
from cleanroom.documents.agreement import Agreement, PaillierKey
from cleanroom.errors import InvalidInput
from cleanroom.room.states import AFTER_THE_END, RoomState


class Rooms:
    """Hold the one room's state."""

    def __init__(self, agreement: Agreement) -> None:
        self._first = agreement
        self.agreement = agreement
        """The one in force."""
        self._digest = agreement.digest()
        self.state: RoomState | None = None
        self.signed: list[str] = []
        self._moduli: list[str] = []

    def check_open(self, entry: Seen) -> None:
        """Refuse what may not be said in a room of this state or at this time."""
        if entry.kind == "room.propose":
            require(self.state is None, entry.number, "the room is proposed twice")
            return
        require(self.state is not None, entry.number, "the log does not begin with a proposal")
        if entry.kind in AFTER_THE_END:
            return
        late = entry.time // 1000 > self.agreement.policy.expires
        require(not late, entry.number, "the room has expired")
        wanted = RoomState.PROPOSED if entry.kind == "room.sign" else RoomState.ACTIVE
        require(self.state == wanted, entry.number, f"the room is {self.state}")

    def take(self, entry: Seen, verb: str) -> None:
        """Apply a proposal, a signature or the end."""
        if verb == "close":
            require(self.state != RoomState.CLOSED, entry.number, "the room is closed already")
            self.state = RoomState.CLOSED
            return
        agreement = entry.body["agreement"]
        # A proposer may leave out what has a default: it is the document that names the room.
        same = (
            Agreement.from_json(agreement) == self._first
            if verb == "propose"
            else agreement == self._digest
        )
        require(same, entry.number, f"{entry.actor} signs another agreement")
        require(entry.actor not in self.signed, entry.number, f"{entry.actor} signs twice")
        self._check_key(entry)
        self.signed.append(entry.actor)
        whole = len(self.signed) == len(self._first.members)
        self.state = RoomState.ACTIVE if whole else RoomState.PROPOSED

    def _check_key(self, entry: Seen) -> None:
        """Refuse a member without a proved Paillier key, and anybody else with one."""
        card, given = self._first.member(entry.actor), entry.body["paillier"]
        if card is None or not card.has_data:
            require(given is None, entry.number, f"{entry.actor} gives a Paillier key")
            return
        require(given is not None, entry.number, f"{entry.actor} gives no Paillier key")
        key, policy = PaillierKey.from_json(given), self._first.policy
        try:
            key.public(self._first.identity(), entry.actor, policy.paillier_bits)
        except InvalidInput as error:
            raise BadEntry(str(error), entry.number) from None
        require(key.n not in self._moduli, entry.number, f"{entry.actor} has another member's key")
        self._moduli.append(key.n)
