"""Follow the amendments: one at a time proposed, signed by every member, or declined."""

from __future__ import annotations

from cleanroom.audit.entries import Seen
from cleanroom.audit.failures import BadEntry, require
from cleanroom.audit.history.members import Members
from cleanroom.documents.agreement import Agreement
from cleanroom.errors import CleanroomError
from cleanroom.room.amendments import check_amendment


class Amendments:
    """Hold the amendment that waits, and those that were in force."""

    def __init__(self, members: Members) -> None:
        self._members = members
        self.in_force: list[Agreement] = []
        self._waiting: Agreement | None = None
        self._signed: set[str] = set()
        self._known: dict[str, Agreement] = {}

    def take(self, entry: Seen, verb: str, before: Agreement) -> Agreement | None:
        """Apply an entry; return the agreement that it put in force, if it did."""
        if verb == "decline" and self._was_over(entry):
            return None
        waiting = self._propose(entry, before) if verb == "propose" else self._named(entry)
        speaks = waiting.member(entry.actor) is not None
        require(
            speaks, entry.number, f"{entry.actor} signs or declines an amendment that removes it"
        )
        if verb == "decline":
            self._members.drop()
            self._waiting = None
            return None
        if verb == "sign":
            self._members.take_key(entry)
        require(entry.actor not in self._signed, entry.number, f"{entry.actor} signs twice")
        self._signed.add(entry.actor)
        if len(self._signed) < len(waiting.members):
            return None
        self._waiting = None
        self.in_force.append(waiting)
        return waiting

    def _named(self, entry: Seen) -> Agreement:
        waiting = self._waiting
        if waiting is None or entry.body["agreement"] != waiting.digest():
            raise BadEntry("it names an amendment that is not waiting", entry.number)
        return waiting

    def _was_over(self, entry: Seen) -> bool:
        """Tell whether somebody invited again takes back what had brought it in and was declined.

        It was never in force: who speaks would be a member.
        """
        earlier = self._known.get(str(entry.body["agreement"]))
        if earlier is None or earlier == self._waiting or entry.actor in self._members.there:
            return False
        return earlier.member(entry.actor) is not None

    def _propose(self, entry: Seen, before: Agreement) -> Agreement:
        require(self._waiting is None, entry.number, "two amendments are waiting at once")
        agreement = Agreement.from_json(entry.body["agreement"])
        try:
            check_amendment(agreement, before, entry.time // 1000, self._members.known)
        except CleanroomError as error:
            raise BadEntry(f"the amendment: {error}", entry.number) from None
        new = agreement.digest() not in self._known
        require(new, entry.number, "the amendment was proposed before")
        self._known[agreement.digest()] = agreement
        self._waiting, self._signed = agreement, set()
        self._members.invite(agreement, before)
        return agreement
