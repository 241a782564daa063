"""Follow a room: proposed, signed by every member, closed."""

from __future__ import annotations

from cleanroom.audit.entries import Seen
from cleanroom.audit.failures import require
from cleanroom.audit.history.members import Members
from cleanroom.documents.agreement import Agreement
from cleanroom.room.states import AFTER_THE_END, RoomState


class Rooms:
    """Hold the one room's state."""

    def __init__(self, agreement: Agreement, members: Members) -> None:
        self._members = members
        self._first = agreement
        self.agreement = agreement
        """The one in force, for all that is held against it."""
        self._digest = agreement.digest()
        self.state: RoomState | None = None
        self.signed: list[str] = []

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
            require(self.state != RoomState.CLOSED, entry.number, "the room is already closed")
            self.state = RoomState.CLOSED
            return
        agreement = entry.body["agreement"]
        # A proposer may leave out what has a default: it is the document that names the room.
        same = (
            Agreement.from_json(agreement) == self._first
            if verb == "propose"
            else agreement == self._digest
        )
        require(same, entry.number, f"{entry.actor} signs a different agreement")
        require(entry.actor not in self.signed, entry.number, f"{entry.actor} signs twice")
        self._members.take_key(entry, self._first.member(entry.actor))
        self.signed.append(entry.actor)
        whole = len(self.signed) == len(self._first.members)
        self.state = RoomState.ACTIVE if whole else RoomState.PROPOSED
