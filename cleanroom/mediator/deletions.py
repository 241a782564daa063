"""Delete what nobody may have any more, and sign what was deleted: an entry of the room's log.

The rows that speak of files go first, in the transaction of what takes a dataset back; then the
files; then the entry, so that it is true when it is signed.  Whatever dies in between, the worker
and the next start go on.
"""

from __future__ import annotations

from typing import Any

from cleanroom.documents.job import JobDocument
from cleanroom.mediator import alignment_rows, combining, job_rows, log, opening
from cleanroom.mediator.context import Context, parties
from cleanroom.mediator.ports import Row, Transaction
from cleanroom.room.encryption import KINDS
from cleanroom.room.jobs import MESSAGE_KINDS, PASSED
from cleanroom.room.retention import WHY
from cleanroom.room.states import ENDED, AlignmentState, DatasetState, JobState


def streams_of(transaction: Transaction, dataset: Row) -> list[str]:
    """Return every stream that goes with a dataset."""
    streams = [f"datasets/{dataset['id']}/rows"]
    for alignment in transaction.find("alignments", room=dataset["room"]):
        streams += alignment_rows.streams(alignment, dataset["id"])
    return streams


def forget_rows(transaction: Transaction, dataset: Row) -> None:
    """Let nothing speak of a dataset's rows and tokens any more."""
    for stream in streams_of(transaction, dataset):
        transaction.delete("chunks", stream=stream)


def run(context: Context, **which: Any) -> None:
    """Delete the files of datasets that were taken back, and sign it: all, or of one room."""
    key = {**which, "state": DatasetState.WITHDRAWN, "deleted": 0}
    with context.store.read() as transaction:
        waiting = transaction.find("datasets", **key)
        over = transaction.find("expiries", **which)
        names = [name for row in waiting for name in _names(transaction, row)]
        names += [name for row in over for name in _names_over(transaction, row)]
        ended = [row for one in waiting for row in _ended_jobs(transaction, one)]
    for row in ended:
        _tidy(context, row)
    context.blobs.delete(names)
    deleted = [(row["room"], row["why"], "datasets", row["id"]) for row in waiting]
    deleted += [(row["room"], WHY, row["noun"], row["id"]) for row in over]
    for what in dict.fromkeys(one[:3] for one in deleted):
        _sign(context, *what, [one[3] for one in deleted if one[:3] == what])


def sweep(context: Context) -> None:
    """Delete what was being written for a dataset, and by nobody noted, when it was taken back."""
    with context.store.read() as transaction:
        rows = transaction.find("datasets", state=DatasetState.WITHDRAWN)
        names = [name for row in rows for name in _names(transaction, row)]
    context.blobs.delete(names)


def _sign(context: Context, room: str, why: str, noun: str, named: list[str]) -> None:
    with context.store.write(room) as transaction:
        # Another thread may have deleted and signed the same meanwhile.
        done = [one for one in named if _is_first(transaction, noun, one)]
        if done:
            facts = {"why": why, noun: done}
            log.append(transaction, context, room, kind="data.delete", facts=facts)


def _is_first(transaction: Transaction, noun: str, identity: str) -> bool:
    """Note that something is deleted; tell whether nobody did."""
    if noun == "datasets":
        return bool(transaction.update("datasets", {"id": identity, "deleted": 0}, deleted=1))
    return bool(transaction.delete("expiries", noun=noun, id=identity))


def _names_over(transaction: Transaction, expiry: Row) -> list[str]:
    """Return the files and folders of what was kept as long as is agreed."""
    noun, identity = expiry["noun"], expiry["id"]
    if noun != "messages":
        return [f"{'jobs' if noun == 'answers' else noun}/{identity}"]
    return message_streams(transaction.get("jobs", id=identity) or {})


def message_streams(job: Row) -> list[str]:
    """Return every stream of a question but that of an answer that was passed on."""
    identity, sides = job["id"], list(parties(job))
    kinds = [kind for kind in MESSAGE_KINDS if kind != PASSED]
    return [
        *(job_rows.rows_stream(identity, side) for side in sides),
        *(job_rows.mediator_stream(identity, kind) for kind in job_rows.OF_THE_MEDIATOR),
        *(job_rows.message_stream(identity, kind, side) for kind in kinds for side in sides),
    ]


def passed_stream(job: Row) -> str:
    """Return the stream of an answer that was passed on to an agency."""
    return job_rows.message_stream(job["id"], PASSED, job["receiver"])


def _names(transaction: Transaction, dataset: Row) -> list[str]:
    """Return the files and folders that go with a dataset."""
    messages = [
        f"alignments/{row['id']}/messages"
        for row in transaction.find("alignments", room=dataset["room"], state=AlignmentState.FAILED)
        if dataset["id"] in alignment_rows.named(row)
    ]
    return [f"datasets/{dataset['id']}", *streams_of(transaction, dataset), *messages]


def _ended_jobs(transaction: Transaction, dataset: Row) -> list[Row]:
    return [
        row
        for row in transaction.find("jobs", tidy=0, room=dataset["room"])
        if row["state"] in ENDED and dataset["id"] in JobDocument.parse(row["document"]).datasets
    ]


def tidy(context: Context) -> None:
    """Delete the rows of jobs that have ended; of a success the release stays."""
    with context.store.read() as transaction:
        ended = [row for state in ENDED for row in transaction.find("jobs", state=state, tidy=0)]
    for row in ended:
        _tidy(context, row)


def _tidy(context: Context, row: Row) -> None:
    sides = list(parties(row))
    streams = [job_rows.rows_stream(row["id"], side) for side in sides]
    kinds = {*combining.STREAMS, *opening.STREAMS}
    streams += [job_rows.mediator_stream(row["id"], kind) for kind in sorted(kinds)]
    streams += [
        job_rows.message_stream(row["id"], kind, side)
        for kind in (*KINDS, opening.OPENED)
        for side in sides
    ]
    whole = row["state"] != JobState.SUCCESS
    context.blobs.delete([f"jobs/{row['id']}"] if whole else streams)
    with context.store.write(row["room"]) as transaction:
        for stream in streams:
            transaction.delete("chunks", stream=stream)
        transaction.update("jobs", {"id": row["id"]}, tidy=1)
