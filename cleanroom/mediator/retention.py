"""End what was kept as long as the agreement says: named in the log, then deleted, then signed.

When something is over follows from the time of the entry that it began with and from the agreement
in force.  It ends before the next statement in its room is judged, so nothing is ever done with it
afterwards, and at the latest when the worker looks.
"""

from __future__ import annotations

import json
from typing import Any, Final

from cleanroom.mediator import alignment_rows, deletions, log
from cleanroom.mediator.context import Context, policy_of
from cleanroom.mediator.job_rows import RUNNING
from cleanroom.mediator.jobs_end import end_jobs, fail
from cleanroom.mediator.ports import Row, Transaction
from cleanroom.mediator.taking_back import take_back
from cleanroom.room.retention import WHY, begun
from cleanroom.room.states import AlignmentState, DatasetState, JobState

WHOLE, ANSWER, NOTHING = 2, 1, 0
"""What is still kept of a question: messages and answer, the answer alone, nothing."""

MOST_NAMED: Final = 500
"""What one entry names at most."""

_DATASETS = (DatasetState.UPLOADING, DatasetState.READY)
_ALIGNMENTS = (AlignmentState.PROPOSED, AlignmentState.RUNNING, AlignmentState.READY)


def settle(transaction: Transaction, context: Context, room: Row, moment: int) -> None:
    """End what is over in a room at a moment, in Unix milliseconds of its log."""
    if policy_of(room).retention is None:
        return
    ended = {
        "datasets": [
            _end_dataset(context, transaction, row, moment // 1000)
            for row in _over(transaction, room, "datasets", moment, _DATASETS)
        ],
        "alignments": [
            _end_alignment(context, transaction, row)
            for row in _over(transaction, room, "alignments", moment, _ALIGNMENTS)
        ],
        "messages": _end_messages(context, transaction, room, moment),
        "answers": _end_answers(transaction, room, moment),
    }
    for noun, named in ended.items():
        for start in range(0, len(named), MOST_NAMED):
            facts = {noun: named[start : start + MOST_NAMED]}
            log.append(transaction, context, room["id"], kind="data.expire", facts=facts, at=moment)


def run(context: Context) -> None:
    """End what is over in every room, and delete it."""
    with context.store.read() as transaction:
        rooms = [row for row in transaction.find("rooms") if policy_of(row).retention is not None]
    for row in rooms:
        with context.store.read() as transaction:
            moment = log.moment(transaction, context, row["id"])
            if not _anything(transaction, row, moment):
                continue
        with context.store.write(row["id"]) as transaction:
            room = transaction.get("rooms", id=row["id"]) or row
            settle(transaction, context, room, log.moment(transaction, context, row["id"]))
        deletions.run(context, room=row["id"])


def _anything(transaction: Transaction, room: Row, moment: int) -> bool:
    return any(
        _over(transaction, room, table, moment, states, limit=1)
        for table, states in (("datasets", _DATASETS), ("alignments", _ALIGNMENTS))
    ) or any(
        _questions(transaction, room, noun, moment, limit=1) for noun in ("messages", "answers")
    )


def _over(
    transaction: Transaction,
    room: Row,
    noun: str,
    moment: int,
    states: tuple[Any, ...],
    limit: int | None = None,
) -> list[Row]:
    """Return the rows of some states whose time is over."""
    latest = begun(policy_of(room), noun, moment // 1000)
    return [
        row
        for state in states
        for row in transaction.find(
            noun, order="-created", start=latest, limit=limit, room=room["id"], state=state
        )
    ]


def _questions(
    transaction: Transaction, room: Row, noun: str, moment: int, limit: int | None = None
) -> list[Row]:
    """Return the questions of which messages, or else the answer, are kept and over."""
    latest = begun(policy_of(room), noun, moment // 1000)
    kept = WHOLE if noun == "messages" else ANSWER
    return transaction.find(
        "jobs", order="-created", start=latest, limit=limit, room=room["id"], kept=kept
    )


def _end_dataset(context: Context, transaction: Transaction, row: Row, now: int) -> str:
    take_back(context, transaction, row, WHY, WHY, now)
    return str(row["id"])


def _end_alignment(context: Context, transaction: Transaction, row: Row) -> str:
    end_jobs(context, transaction, WHY, alignment=row["id"], room=row["room"])
    alignment_rows.fail(transaction, row, WHY)
    for stream in alignment_rows.streams(row):
        transaction.delete("chunks", stream=stream)
    _note(transaction, row, "alignments")
    return str(row["id"])


def _end_messages(context: Context, transaction: Transaction, room: Row, moment: int) -> list[str]:
    """Take away what travelled for questions; those that still run have no answer any more."""
    ended = []
    for row in _questions(transaction, room, "messages", moment):
        if row["state"] in RUNNING:
            sentence = "its messages were kept as long as agreed"
            fail(context, transaction, row, WHY, sentence, JobState.EXPIRED)
            continue
        transaction.update("jobs", {"id": row["id"]}, kept=ANSWER, noise=b"")
        for stream in deletions.message_streams(row):
            transaction.delete("chunks", stream=stream)
        _note(transaction, row, "messages")
        ended.append(str(row["id"]))
    return ended


def _end_answers(transaction: Transaction, room: Row, moment: int) -> list[str]:
    """Take answers away; their digests stand in the log for ever."""
    rows = _questions(transaction, room, "answers", moment)
    for row in rows:
        transaction.update("jobs", {"id": row["id"]}, kept=NOTHING, release=_bare(row["release"]))
        transaction.delete("chunks", stream=deletions.passed_stream(row))
        _note(transaction, row, "answers")
    return [str(row["id"]) for row in rows]


def _bare(release: str) -> str:
    """Return what is left of a release: the digest that everybody reads in the log."""
    return json.dumps({"digest": json.loads(release)["digest"], "parts": {}})


def _note(transaction: Transaction, row: Row, noun: str) -> None:
    transaction.insert("expiries", room=row["room"], noun=noun, id=row["id"])
