"""Take a dataset version back, with everything that rests on it."""

from __future__ import annotations

from typing import Any

from cleanroom.mediator import deletions
from cleanroom.mediator.alignment_rows import fail_alignments
from cleanroom.mediator.context import Context
from cleanroom.mediator.jobs_end import end_jobs
from cleanroom.mediator.ports import Row, Transaction
from cleanroom.room.serving import MINUTE
from cleanroom.room.states import DatasetState, move


def take_back(
    context: Context, transaction: Transaction, row: Row, why: str, rule: str, now: int
) -> None:
    """End a version for that reason, and by that rule the questions that run on it.

    Its files are deleted once this is committed.
    """
    dataset, room = row["id"], row["room"]
    state = move(DatasetState(row["state"]), DatasetState.WITHDRAWN)
    transaction.update("datasets", {"id": dataset}, state=state, why=why)
    end_jobs(context, transaction, rule, dataset, room=room)
    fail_alignments(transaction, room, dataset)
    close_serving(transaction, room, now, dataset=dataset)
    deletions.forget_rows(transaction, row)


def close_serving(transaction: Transaction, room: str, now: int, **which: Any) -> None:
    """End what is served in a room, or of one dataset, until something is published again."""
    key = {"room": room, "closed": None, **which}
    transaction.update("servings", key, closed=now // MINUTE)
