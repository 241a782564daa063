"""Follow the delegations: granted by a brand, asked under by its agency, taken back."""

from __future__ import annotations

from collections import Counter

from cleanroom.audit.entries import Seen
from cleanroom.audit.failures import BadEntry, require
from cleanroom.audit.history.rooms import Rooms
from cleanroom.documents.delegation import Delegation
from cleanroom.errors import CleanroomError
from cleanroom.privacy.accounting import Ledger
from cleanroom.room import delegations
from cleanroom.room.jobs import Asked


class Delegations:
    """Hold every delegation of a room, what was asked under it, and whether it stands."""

    def __init__(self, room: Rooms) -> None:
        self._room = room
        self._known: dict[str, Delegation] = {}
        self._ledgers: dict[str, Ledger] = {}
        self._revoked: set[str] = set()
        self._granted: Counter[str] = Counter()

    def take(self, entry: Seen, verb: str) -> str | None:
        """Apply a grant or its end; return the delegation that it took back, if it did."""
        if verb == "grant":
            self._grant(entry, Delegation.from_json(entry.body["delegation"]))
            return None
        named = str(entry.body["delegation"])
        delegation = self._known.get(named)
        own = delegation is not None and delegation.brand == entry.actor
        require(own, entry.number, "it takes back a delegation that its signer never gave")
        self.check_standing(entry, named)
        self._revoked.add(named)
        return named

    def left(self, party: str) -> None:
        """Take all delegations back of a member that an amendment took away."""
        self._revoked |= {
            name for name, one in self._known.items() if party in (one.brand, one.agency)
        }

    def _grant(self, entry: Seen, delegation: Delegation) -> None:
        before = self._granted[entry.actor]
        try:
            delegations.check_delegation(
                self._room.agreement, delegation, entry.actor, before, entry.time // 1000
            )
        except CleanroomError as error:
            raise BadEntry(f"the delegation: {error}", entry.number) from None
        self._granted[entry.actor] += 1
        self._known[delegation.identity()] = delegation
        self._ledgers[delegation.identity()] = delegations.ledger(delegation)

    def check_standing(self, entry: Seen, delegation: str) -> None:
        """Raise ``BadEntry`` for what is done under a delegation that does not stand."""
        known = delegation in self._known and delegation not in self._revoked
        require(known, entry.number, "the delegation was never given, or was taken back")

    def ask(self, entry: Seen, asked: Asked) -> None:
        """Hold a question in a brand's place against its delegation, and charge it there."""
        behalf = asked.job.behalf
        if behalf is None:
            return
        self.check_standing(entry, behalf.delegation)
        named, rho = behalf.delegation, asked.charge.rho
        try:
            asked.check_covered(self._known[named], entry.time // 1000)
            if rho:
                self._ledgers[named] = self._ledgers[named].charge(rho)
        except CleanroomError as error:
            raise BadEntry(f"the delegation does not cover it: {error}", entry.number) from None
