"""End jobs that can no longer run, with an entry for each."""

from __future__ import annotations

from typing import Any

from cleanroom.documents.job import JobDocument
from cleanroom.documents.statement import MediatorKind
from cleanroom.mediator import log
from cleanroom.mediator.context import Context
from cleanroom.mediator.job_rows import RUNNING, step
from cleanroom.mediator.ports import Row, Transaction
from cleanroom.room.states import JobState

_TITLES = {
    "room-closed": "the room was closed",
    "room-expired": "the room has expired",
    "amended": "an amendment of the agreement took effect before both sides had approved",
    "member-left": "an amendment removed one of its parties",
    "dataset-withdrawn": "a dataset was withdrawn",
    "delegation-revoked": "the brand took back the delegation under which it was asked",
    "retention": "it, or what it is computed from, was kept as long as agreed",
    "standing-stopped": "the standing question that it is a run of was stopped",
}


def end_jobs(
    context: Context,
    transaction: Transaction,
    rule: str,
    dataset: str | None = None,
    standing: str | None = None,
    alignment: str | None = None,
    **key: Any,
) -> None:
    """Fail every running job of that key.

    Where a dataset is named, of those that are about it; where a standing question is, of its runs;
    where an alignment is, of those that rest on it.
    """
    for row in transaction.find("jobs", **key):
        if row["state"] not in RUNNING:
            continue
        job = JobDocument.parse(row["document"])
        run = job.standing.standing if job.standing else None
        named = dataset in (None, *job.datasets) and alignment in (None, *job.alignments)
        if named and standing in (None, run):
            fail(context, transaction, row, rule, _TITLES[rule])


def fail(
    context: Context,
    transaction: Transaction,
    row: Row,
    rule: str,
    sentence: str,
    target: JobState = JobState.FAILED,
) -> None:
    """End one job with a problem; nothing computes it any more."""
    problem = {
        "type": f"urn:cleanroom:problem:{rule}",
        "title": "The job has ended",
        "detail": sentence,
        "rule": rule,
    }
    now = log.now(transaction, context, row["room"])
    step(transaction, row, target, now, sentence, problem)
    transaction.delete("compute", job=row["id"])
    kind: MediatorKind = "job.expire" if target == JobState.EXPIRED else "job.fail"
    log.append(
        transaction,
        context,
        row["room"],
        kind=kind,
        rule=rule,
        detail=log.plain(sentence),
        facts={"job": row["id"]},
    )
