"""Say which of this party's labels a question's conditions keep, and refuse what it never declared.

The mediator is told of opaque labels whether their people stay, nothing of what they stand for.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cleanroom.errors import InvalidInput
from cleanroom.queries.plan import Column
from cleanroom.queries.where import Conditions, inside, of_side, opened
from protocols.limits import WHERE_BYTES

if TYPE_CHECKING:
    from cleanroom.agent.jobs import LocalJob


def conditions(job: LocalJob) -> Conditions:
    """Return all conditions of a question, opened; ``InvalidInput`` for what is not well formed.

    Those of a hub are for its owner alone, who leaves its own people out.
    """
    if job.document.others and job.side != job.document.hub:
        return ()
    return opened([str(column) for column in job.plan.where], job.private())


def restricting(job: LocalJob) -> Conditions:
    """Return the conditions by which a question leaves people out."""
    told = [str(column) for column in job.plan.outcome]
    return tuple(one for one in conditions(job) if one.column not in told)


def check(job: LocalJob) -> None:
    """Refuse a condition that names a value which this party did not declare for its column.

    Declared domains alone decide, never who has the value.  What is said here stays at home: the
    other side is told that its question is not allowed.
    """
    own = of_side(conditions(job), job.side)
    domains = job.dataset.domains() if own else {}
    for condition in own:
        known = set(domains[Column.parse(condition.column).name].values())
        unknown = [value for value in condition.values if value not in known]
        if unknown:
            raise InvalidInput(
                f"where: {condition.column} does not declare {', '.join(map(repr, unknown))}.",
                remedy=f"It has: {', '.join(sorted(known))}.",
            )


def own_people(job: LocalJob) -> int:
    """Return how many of this party's own people a question does not leave out.

    For its owner's eyes alone: no more than these can be counted.
    """
    table = job.dataset.table()
    return len(np.unique(table.person[inside(restricting(job), job.side, table)]))


def kept_labels(job: LocalJob) -> npt.NDArray[np.uint8]:
    """Say of every declared label of the columns with conditions whether it passes.

    Shape (labels, 16), in the order of the plan's columns and of each manifest's domain.
    """
    manifest, domains = job.question.manifest(job.side), job.dataset.domains()
    kept: list[bool] = []
    for condition in of_side(conditions(job), job.side):
        name = Column.parse(condition.column).name
        column = manifest.label(name)
        if column is not None:
            kept += [condition.keeps(domains[name][pseudonym]) for pseudonym in column.domain]
    drawn = secrets.token_bytes(WHERE_BYTES * len(kept))
    rows = np.frombuffer(drawn, dtype=np.uint8).reshape(-1, WHERE_BYTES).copy()
    rows[:, 0] = rows[:, 0] & 0xFE | np.array(kept, dtype=np.uint8)
    return rows
