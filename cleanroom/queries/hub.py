"""Lay out a question of one hub dataset over several others: who knows which of its people.

Each person of the hub is in one group of every table: the set of datasets that hold the person, and
with frequencies how often all of them together touched the person.
"""

from __future__ import annotations

from dataclasses import dataclass

from cleanroom.errors import PolicyRefusal
from cleanroom.queries.plan import HUB, Question

BETWEEN = "+"
"""Stands between the names of a set; no name of a member holds it."""

KNOWN_TO = "known_to"
FREQUENCY = "frequency"
TOTAL = "total"
"""What a group of a table is known by."""


@dataclass(frozen=True)
class Hub:
    """Say what is counted of every person of the hub.

    ``others`` own the other datasets, in the question's order.  Without ``frequencies`` there is
    one table, of sets and of ``labels`` combinations of the hub's own labels.  With them there
    are three: sets; the contacts of all others together, 1 to ``frequencies`` or more; everybody.
    """

    others: tuple[str, ...]
    labels: int = 1
    frequencies: int = 0

    @property
    def sets(self) -> int:
        """Return how many sets of others can hold a person: all but the empty one."""
        return (1 << len(self.others)) - 1

    @property
    def codes(self) -> int:
        """Return how many labels the rows of each other dataset have: its contacts, or one."""
        return self.frequencies or 1

    @property
    def firsts(self) -> tuple[int, ...]:
        """Return the first cell of every table; none for one table."""
        return (0, self.sets, self.sets + self.frequencies) if self.frequencies else ()

    @property
    def cells(self) -> int:
        """Return how many groups can come out."""
        return self.sets + self.frequencies + 1 if self.frequencies else self.sets * self.labels

    def set_of(self, number: int) -> str:
        """Return the name of a set, counted from 0: its members in the question's order."""
        return BETWEEN.join(
            name for place, name in enumerate(self.others) if (number + 1) >> place & 1
        )

    def key(self, cell: int) -> tuple[tuple[str, ...], int]:
        """Return the name of a group, behind that of its table if there are several, and its label.

        The label is a code of the hub's own.
        """
        if not self.frequencies:
            return (self.set_of(cell // self.labels),), cell % self.labels
        if cell < self.sets:
            return (KNOWN_TO, self.set_of(cell)), 0
        if cell < self.sets + self.frequencies:
            often = cell - self.sets + 1
            return (FREQUENCY, f"{often}{'+' if often == self.frequencies else ''}"), 0
        return (TOTAL, ""), 0


def hub_of(question: Question, labels: int = 1, frequencies: int = 0) -> Hub:
    """Return what a question of a hub counts; raise ``PolicyRefusal`` if it is none."""
    others = tuple(other.party for other in question.job.others)
    if not others:
        raise PolicyRefusal("the question is about one hub and others with it", rule="no-hub")
    if question.brand.kind != "audience":
        raise PolicyRefusal("the hub has one row per person, not events", rule="hub-kind")
    if question.job.receiver != HUB or question.job.submitter != HUB:
        raise PolicyRefusal("the owner of the hub asks and receives", rule="hub-receives")
    return Hub(others, labels, frequencies)
