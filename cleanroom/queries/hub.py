"""Lay out a question of one hub dataset over several others: who knows which of its people.

Each person of the hub is in one group of every table: the set of datasets that hold the person, and
with frequencies how often all of them together touched the person.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import lcm
from typing import Literal

from cleanroom.documents.agreement import PartyRole
from cleanroom.errors import InvalidInput, PolicyRefusal
from cleanroom.queries.plan import Column, Question

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

    With ``credits`` the rows are conversions: each is shared equally by the others that touched
    its person, each of which gives its part to one of so many labels of its own.  There is one
    table, of others and their labels.

    With ``segment`` one group is counted: people whom all others know, or the first one alone.
    ``side`` is whose dataset the hub is; the others are all of the other side.
    """

    others: tuple[str, ...]
    labels: int = 1
    frequencies: int = 0
    credits: int = 0
    segment: Literal["", "all", "first-only"] = ""
    side: PartyRole = "brand"

    def tokens(self, side: PartyRole) -> int:
        """Return how many tokens a row of a side has: in the hub's one for each of the others."""
        return len(self.others) if side == self.side else 1

    @property
    def sets(self) -> int:
        """Return how many sets of others can hold a person: all but the empty one."""
        return (1 << len(self.others)) - 1

    @property
    def codes(self) -> int:
        """Return how many labels the rows of each other dataset have; one where it has none."""
        return self.frequencies or self.credits or 1

    @property
    def units(self) -> int:
        """Return the least number of parts of a conversion that any number of others divides."""
        return lcm(*range(1, len(self.others) + 1)) if self.credits else 1

    @property
    def firsts(self) -> tuple[int, ...]:
        """Return the first cell of every table; none for one table."""
        return (0, self.sets, self.sets + self.frequencies) if self.frequencies else ()

    @property
    def cells(self) -> int:
        """Return how many groups can come out."""
        if self.segment:
            return 1
        if self.credits:
            return len(self.others) * self.credits
        return self.sets + self.frequencies + 1 if self.frequencies else self.sets * self.labels

    def set_of(self, number: int) -> str:
        """Return the name of a set, counted from 0: its members in the question's order."""
        return BETWEEN.join(
            name for place, name in enumerate(self.others) if (number + 1) >> place & 1
        )

    def key(self, cell: int) -> tuple[tuple[str, ...], int]:
        """Return the name of a group, behind that of its table if there are several, and its label.

        The label is a code of the hub's own; where credit is shared, of the other that is named.
        """
        if self.segment:
            return (self.segment,), 0
        if self.credits:
            return (self.others[cell // self.credits],), cell % self.credits
        if not self.frequencies:
            return (self.set_of(cell // self.labels),), cell % self.labels
        if cell < self.sets:
            return (KNOWN_TO, self.set_of(cell)), 0
        if cell < self.sets + self.frequencies:
            often = cell - self.sets + 1
            return (FREQUENCY, f"{often}{'+' if often == self.frequencies else ''}"), 0
        return (TOTAL, ""), 0


def where_of(question: Question, texts: tuple[str, ...]) -> tuple[Column, ...]:
    """Return the columns by which a hub's owner leaves people out; refuse those of anybody else."""
    hub = question.job.hub
    if any(Column.parse(text).side != hub for text in texts):
        raise InvalidInput(
            "where: over several datasets conditions are on labels of the hub.",
            remedy=f"Write {hub}.COLUMN.",
        )
    return question.where(texts, events=True)


def hub_of(
    question: Question,
    labels: int = 1,
    frequencies: int = 0,
    credits: int = 0,
    segment: Literal["", "all", "first-only"] = "",
    kind: Literal["audience", "events"] = "audience",
    *,
    hubs: tuple[PartyRole, ...],
) -> Hub:
    """Return what a question of a hub counts; raise ``PolicyRefusal`` if it is none.

    ``hubs`` are the sides whose dataset may be the hub.
    """
    others, side = tuple(other.party for other in question.job.others), question.job.hub
    if not others:
        raise PolicyRefusal("the question is about one hub and others with it", rule="no-hub")
    if side not in hubs:
        raise PolicyRefusal(
            f"the hub of {question.job.template} is a {hubs[0]}'s, not a {side}'s", rule="hub-side"
        )
    if question.hub.kind != kind:
        needs = "one row per person, not events" if kind == "audience" else "events, conversions"
        raise PolicyRefusal(f"the hub has {needs}", rule="hub-kind")
    if question.job.receiver != side or question.job.submitter != side:
        raise PolicyRefusal("the owner of the hub asks and receives", rule="hub-receives")
    return Hub(others, labels, frequencies, credits, segment, side)
