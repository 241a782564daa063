"""Compare every signed head that somebody holds with the tree at its size."""

from __future__ import annotations

from dataclasses import dataclass

from cleanroom.audit.entries import Seen
from cleanroom.audit.failures import BadEntry, require
from cleanroom.audit.witness import origin, verified
from cleanroom.errors import AuditFailure
from cleanroom.model.agreement import Agreement
from protocols import checkpoint as notes
from protocols.errors import InvalidKeyError, InvalidProofError
from protocols.signing import VerifyingKey


@dataclass(frozen=True)
class Vouched:
    """The newest head that a member vouched for in the log, and the entry where it did."""

    size: int
    index: int


class Heads:
    """Know the tree's root at the sizes of interest, and check the heads that entries carry.

    ``good`` is the largest size so far at which a signed head agrees with the tree.
    """

    def __init__(self, agreement: Agreement) -> None:
        self._agreement = agreement
        self._keys = {c.name: VerifyingKey(bytes.fromhex(c.signing_key)) for c in agreement.members}
        self.roots: dict[int, bytes] = {}
        self.latest: dict[str, Vouched] = {}
        self.cosigned_lines = 0
        self.good = 0

    def cosigned(self, entry: Seen) -> None:
        """Check the head that a member vouches for."""
        note = str(entry.body["checkpoint"])
        try:
            head = verified(self._agreement, note)
        except AuditFailure as error:
            raise BadEntry(f"it vouches for no head of this log: {error}", entry.number) from None
        require(head.size <= entry.number, entry.number, "it vouches for entries that come later")
        self.compare(head, f"{entry.actor} vouched in entry {entry.number}")
        self._check_line(entry, note)
        self.latest[entry.actor] = Vouched(head.size, entry.number)

    def compare(self, head: notes.Checkpoint, whose: str) -> None:
        """Raise unless a signed head is that of this log at its size."""
        if self.roots[head.size] != head.root:
            known = f"entries {self.good} to {head.size - 1}"
            raise AuditFailure(
                f"{whose} for another log of {head.size} entries: one of {known} was changed, "
                "or two logs were shown."
            )
        self.good = max(self.good, head.size)

    def _check_line(self, entry: Seen, note: str) -> None:
        """Check the member's own cosignature, if the note carries a line under its name."""
        lines = [line for line in notes.parse(note)[1] if line.name == entry.actor]
        if not lines or entry.actor == origin(self._agreement):
            return
        try:
            notes.verify_cosignature(note, entry.actor, self._keys[entry.actor])
        except (InvalidProofError, InvalidKeyError) as error:
            raise BadEntry(f"the cosignature: {error}", entry.number) from None
        self.cosigned_lines += 1
