"""Compare every signed head that somebody holds with the tree at its size."""

from __future__ import annotations

from cleanroom.audit.entries import Seen
from cleanroom.errors import AuditFailure
from protocols.checkpoint import Checkpoint


class Heads:
    """Know the tree's root at the sizes of interest.

    ``roots`` is filled by whoever grows the tree, ahead of the entries that are taken.  ``latest``
    is the size that each member vouched for last, ``good`` the largest size so far at which a
    signed head agrees with the tree.
    """

    def __init__(self) -> None:
        self.roots: dict[int, bytes] = {}
        self.latest: dict[str, int] = {}
        self.good = 0

    def cosigned(self, entry: Seen) -> None:
        """Check the head that a member vouches for."""
        if entry.head is not None:
            self.compare(entry.head, f"{entry.actor} vouched in entry {entry.number}")
            self.latest[entry.actor] = entry.head.size

    def compare(self, head: Checkpoint, whose: str) -> None:
        """Raise ``AuditFailure`` unless a signed head is that of this log at its size."""
        if self.roots[head.size] != head.root:
            known = f"entries {self.good} to {head.size - 1}"
            raise AuditFailure(
                f"{whose} for another log of {head.size} entries: one of {known} was changed, "
                "or two logs were shown."
            )
        self.good = max(self.good, head.size)
