"""Delete what nobody may have any more, and sign what was deleted: an entry of the room's log.

The rows that speak of files go first, in the transaction of what takes a dataset back; then the
files; then the entry, so that it is true when it is signed.  Whatever dies in between, the worker
and the next start go on.
"""

from __future__ import annotations

from typing import Any

from cleanroom.documents.job import JobDocument
from cleanroom.mediator import alignment_rows, combining, job_rows, log, opening
from cleanroom.mediator.context import Context
from cleanroom.mediator.ports import Row, Transaction
from cleanroom.room.encryption import KINDS
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
        names = [name for row in waiting for name in _names(transaction, row)]
        ended = [row for one in waiting for row in _ended_jobs(transaction, one)]
    for row in ended:
        _tidy(context, row)
    context.blobs.delete(names)
    for room, why in dict.fromkeys((row["room"], row["why"]) for row in waiting):
        of_one = [row["id"] for row in waiting if (row["room"], row["why"]) == (room, why)]
        _sign(context, room, why, of_one)


def sweep(context: Context) -> None:
    """Delete what was being written for a dataset, and by nobody noted, when it was taken back."""
    with context.store.read() as transaction:
        rows = transaction.find("datasets", state=DatasetState.WITHDRAWN)
        names = [name for row in rows for name in _names(transaction, row)]
    context.blobs.delete(names)


def _sign(context: Context, room: str, why: str, datasets: list[str]) -> None:
    with context.store.write() as transaction:
        # Another thread may have deleted and signed the same meanwhile.
        done = [
            one
            for one in datasets
            if transaction.update("datasets", {"id": one, "deleted": 0}, deleted=1)
        ]
        if done:
            facts = _facts(why, done)
            log.append(transaction, context, room, kind="data.delete", facts=facts)


def _facts(why: str, datasets: list[str]) -> dict[str, Any]:
    """Return what the log says of a deletion."""
    return {"why": why, "datasets": datasets}


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
    sides = list(job_rows.parties(row))
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
    with context.store.write() as transaction:
        for stream in streams:
            transaction.delete("chunks", stream=stream)
        transaction.update("jobs", {"id": row["id"]}, tidy=1)
