"""Follow the amendments: one at a time proposed, signed by every member, or declined."""

from __future__ import annotations

from cleanroom.audit.entries import Seen
from cleanroom.audit.failures import BadEntry, require
from cleanroom.documents.agreement import Agreement
from cleanroom.errors import CleanroomError
from cleanroom.room.amendments import check_amendment


class Amendments:
    """Hold the amendment that waits, and those that were in force."""

    def __init__(self) -> None:
        self.in_force: list[Agreement] = []
        self._waiting: Agreement | None = None
        self._signed: set[str] = set()
        self._known: set[str] = set()

    def take(self, entry: Seen, verb: str, before: Agreement) -> Agreement | None:
        """Apply an entry; return the agreement that it put in force, if it did."""
        if verb == "propose":
            self._propose(entry, before)
        else:
            waiting = self._waiting
            same = waiting is not None and entry.body["agreement"] == waiting.digest()
            require(same, entry.number, "it names an amendment that does not wait")
        if verb == "decline":
            self._waiting = None
            return None
        require(entry.actor not in self._signed, entry.number, f"{entry.actor} signs twice")
        self._signed.add(entry.actor)
        if len(self._signed) < len(before.members):
            return None
        found, self._waiting = self._waiting, None
        if found is not None:
            self.in_force.append(found)
        return found

    def _propose(self, entry: Seen, before: Agreement) -> None:
        require(self._waiting is None, entry.number, "two amendments wait at once")
        agreement = Agreement.from_json(entry.body["agreement"])
        try:
            check_amendment(agreement, before, entry.time // 1000)
        except CleanroomError as error:
            raise BadEntry(f"the amendment: {error}", entry.number) from None
        new = agreement.digest() not in self._known
        require(new, entry.number, "the amendment was proposed before")
        self._known.add(agreement.digest())
        self._waiting, self._signed = agreement, set()
