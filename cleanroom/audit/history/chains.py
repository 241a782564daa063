"""Follow each party's statements: numbered without a hole, each naming the one before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cleanroom.audit.entries import Seen
from cleanroom.audit.failures import require
from cleanroom.documents.statement import NOTHING_BEFORE


@dataclass
class Link:
    """The end of a party's chain; ``index`` is the entry that it was said in."""

    sequence: int = 0
    previous: str = NOTHING_BEFORE
    index: int = -1


class Chains:
    """Hold the ends of all parties' chains.

    ``watched`` maps a party and a number of statements to the digest that was the last one then,
    once the log has come that far.
    """

    def __init__(self, parties: Sequence[str]) -> None:
        self.ends = {party: Link() for party in parties}
        self.watched: dict[tuple[str, int], str | None] = {}

    def watch(self, party: str, sequence: int) -> None:
        """Keep the digest of that party's chain at that length."""
        self.watched[party, sequence] = NOTHING_BEFORE if sequence == 0 else None

    def take(self, entry: Seen) -> None:
        """Add an accepted statement."""
        end = self.ends.setdefault(entry.actor, Link())
        require(
            entry.sequence == end.sequence,
            entry.number,
            f"{entry.actor}'s statement {end.sequence} is missing: this one is {entry.sequence}",
        )
        require(
            entry.previous == end.previous,
            entry.number,
            f"it does not follow {entry.actor}'s last statement (entry {end.index})",
        )
        end.sequence, end.previous, end.index = entry.sequence + 1, entry.digest, entry.number
        if (entry.actor, end.sequence) in self.watched:
            self.watched[entry.actor, end.sequence] = entry.digest
