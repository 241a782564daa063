"""Read a table of sets: people by which of several datasets hold them."""

from __future__ import annotations

from collections.abc import Sequence

from cleanroom.queries.hub import BETWEEN
from cleanroom.queries.reporting import people_of
from cleanroom.queries.template import Group, Leak, Opened
from cleanroom.words.estimate import Estimate

LEAK = Leak(
    "which of several datasets hold a person",
    "noised, thresholded counts",
    "nothing",
    "per opaque row of the hub, made for the question, in which datasets it is",
    only=("hub",),
)


def people_in(
    opened: Opened, groups: Sequence[Group], name: str, *, alone: bool = False
) -> Estimate:
    """Return how many people one of the others knows, ``alone`` those whom no other one knows.

    ``groups`` are the released ones of a table of sets.  Unknown where one of its groups is held
    back: a part of the people could be in it.
    """
    chosen = [group for group in groups if _holds(group.key[1], name, alone)]
    return _counted(opened, chosen, _sets(opened, alone))


def build(opened: Opened, groups: Sequence[Group]) -> list[tuple[str, Estimate, Estimate]]:
    """Return, platform by platform in the question's order, what it adds to those before it.

    With it stands how many people they know together.  Unknown as in ``people_in``.
    """
    others = opened.plan.hub.others if opened.plan.hub else ()
    found = []
    for place, name in enumerate(others):
        before, after = set(others[:place]), 1 << len(others) - 1 - place
        added, known = [], []
        for group in groups:
            names = set(group.key[1].split(BETWEEN))
            added += [group] if name in names and not names & before else []
            known += [group] if names & (before | {name}) else []
        found.append(
            (
                name,
                _counted(opened, added, after),
                _counted(opened, known, (1 << len(others)) - after),
            )
        )
    return found


def _counted(opened: Opened, chosen: Sequence[Group], sets: int) -> Estimate:
    missing = bool(opened.suppressed) and len(chosen) < sets
    return Estimate(None, "people") if missing else people_of(opened, chosen)


def _holds(written: str, name: str, alone: bool) -> bool:
    return written == name if alone else name in written.split(BETWEEN)


def _sets(opened: Opened, alone: bool) -> int:
    shape = opened.plan.hub
    return 1 if alone or shape is None else 1 << len(shape.others) - 1
