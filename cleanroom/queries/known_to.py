"""Read a table of sets: people by which of several datasets hold them."""

from __future__ import annotations

from collections.abc import Sequence

from cleanroom.documents.estimate import Estimate
from cleanroom.queries.hub import BETWEEN
from cleanroom.queries.reporting import people_of
from cleanroom.queries.template import Group, Leak, Opened

LEAK = Leak(
    "which of several datasets hold a person",
    "noised, thresholded counts",
    "nothing",
    "per opaque row of the hub, made for the question, in which datasets it is",
)


def people_in(
    opened: Opened, groups: Sequence[Group], name: str, *, alone: bool = False
) -> Estimate:
    """Return how many people one of the others knows, ``alone`` those whom no other one knows.

    ``groups`` are the released ones of a table of sets.  Unknown where one of its groups is held
    back: a part of the people could be in it.
    """
    chosen = [group for group in groups if _holds(group.key[1], name, alone)]
    missing = bool(opened.suppressed) and len(chosen) < _sets(opened, alone)
    return Estimate(None, "people") if missing else people_of(opened, chosen)


def _holds(written: str, name: str, alone: bool) -> bool:
    return written == name if alone else name in written.split(BETWEEN)


def _sets(opened: Opened, alone: bool) -> int:
    shape = opened.plan.hub
    return 1 if alone or shape is None else 1 << len(shape.others) - 1
