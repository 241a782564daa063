"""Approve, refuse and cancel a job; send its rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cleanroom.documents import payloads
from cleanroom.documents.agreement import SIDES
from cleanroom.documents.statement import SignedStatement
from cleanroom.engine.layout import RowLayout
from cleanroom.errors import Conflict, InvalidInput, NotFound
from cleanroom.mediator import (
    budgets,
    combining,
    job_messages,
    job_rows,
    opening,
    statements,
    uploads,
)
from cleanroom.mediator.context import Caller, Context, owned
from cleanroom.mediator.job_rows import check_state, message_stream, step
from cleanroom.mediator.ports import Row, Transaction
from cleanroom.mediator.statements import Effect, Outcome, Said
from cleanroom.mediator.uploads import Stream
from cleanroom.room.jobs import Asked, check_row_messages, role_of
from cleanroom.room.policy import ROWS_PER_ROW, check_made, made_rows
from cleanroom.room.states import JobState, gives_back
from protocols.paillier import PublicKey


class Approvals:
    """Serve what the two sides do before a job is computed."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def approve(self, caller: Caller, job: str, signed: SignedStatement) -> Outcome:
        """Take a side's approval with its messages; the second one starts the job."""

        def apply(said: Said) -> Effect:
            body = payloads.JobApprove.from_json(said.body)
            row, side = named(said, job, body.job)
            check_state(row, JobState.AWAITING_APPROVAL)
            asked = job_rows.load(said.transaction, row)
            if set(body.messages) != set(asked.shapes(side)):
                needed = ", ".join(sorted(asked.shapes(side))) or "no messages"
                raise InvalidInput(f"this side approves with {needed}")
            seal_messages(said, self._context, row, side, body.messages)
            key = {"job": job, "side": side}
            if not said.transaction.update("sides", {**key, "approved": 0}, approved=1):
                raise Conflict("this side has already approved", rule="approved")
            if said.transaction.count("sides", job=job, approved=1) == len(asked.job.sides):
                _check_same_map(said.transaction, row, asked.plan.merged)
                step(said.transaction, row, JobState.STARTED, said.now)
                if asked.plan.source == "audience":
                    enqueue(said.transaction, job, said.now, first_phase(asked))
            return _shown(said, job)

        return statements.state(self._context, caller, signed, "job.approve", apply)

    def refuse(self, caller: Caller, job: str, signed: SignedStatement) -> Outcome:
        """Let a side refuse by a rule of its own, at any time before the end.

        The price is given back where ``gives_back`` says that it may be.
        """

        def apply(said: Said) -> Effect:
            body = payloads.JobRefuse.from_json(said.body)
            row, _ = named(said, job, body.job)
            approved = said.transaction.find("sides", job=job, approved=1)
            sides = [one["side"] for one in approved]
            back = gives_back(JobState(row["state"]), body.rule, row["receiver"], sides)
            problem = {
                "type": "urn:cleanroom:problem:policy",
                "title": "A side refuses this",
                "detail": body.reason,
                "rule": body.rule,
                "party": said.party,
                "given_back": back,
            }
            policy = said.place.agreement.policy
            facts = budgets.give_back(said.transaction, row, policy, said.now) if back else {}
            step(said.transaction, row, JobState.REFUSED, said.now, body.rule, problem)
            said.transaction.delete("compute", job=job)
            return _shown(said, job, facts)

        return statements.state(self._context, caller, signed, "job.refuse", apply)

    def cancel(self, caller: Caller, job: str, signed: SignedStatement) -> Outcome:
        """Let either side take a job back; what it cost stays spent."""

        def apply(said: Said) -> Effect:
            body = payloads.JobCancel.from_json(said.body)
            row, _ = named(said, job, body.job)
            step(said.transaction, row, JobState.CANCELLED, said.now, f"by {said.party}")
            said.transaction.delete("compute", job=job)
            return _shown(said, job)

        return statements.state(self._context, caller, signed, "job.cancel", apply)

    def put_rows(self, caller: Caller, job: str, number: int, data: bytes) -> bool:
        """Store rows that the caller made for a job; return False if they were there already."""
        with self._context.store.read() as transaction:
            row, side = job_rows.of_caller(transaction, caller, job)
            stream, key = _rows(transaction, row, side)
        stream.check_size(number, len(data))
        if key is not None:
            job_messages.check_ciphertexts(key, stream.width, number, data)

        def check(transaction: Transaction) -> str:
            check_state(row := owned(transaction, caller, "jobs", job), JobState.STARTED)
            return str(row["room"])

        return uploads.put(self._context, stream, number, data, check)

    def seal_rows(self, caller: Caller, job: str, signed: SignedStatement) -> Outcome:
        """Commit to a side's rows; with both sides' the job is computed."""

        def apply(said: Said) -> Effect:
            body = payloads.JobRows.from_json(said.body)
            row, side = named(said, job, body.job)
            check_state(row, JobState.STARTED)
            stream, _ = _rows(said.transaction, row, side)
            uploads.seal(said.transaction, stream, body.upload)
            asked = job_rows.load(said.transaction, row)
            pair, role = asked.of(side).plan, role_of(side)
            check_made(pair, role, asked.agreement.policy, body.upload.rows, body.labels)
            check_row_messages(asked, side, body.to_json())
            seal_messages(said, self._context, row, side, body.messages)
            said.transaction.update(
                "sides", {"job": job, "side": side}, rows=body.upload.rows, labels=body.labels
            )
            sides = said.transaction.find("sides", job=job)
            if all(one["rows"] is not None for one in sides):
                enqueue(said.transaction, job, said.now, first_phase(asked))
            return _shown(said, job)

        return statements.state(self._context, caller, signed, "job.rows", apply)


def named(said: Said, path: str, body: str) -> tuple[Row, str]:
    """Return the job that path and statement name, and the speaker's side of it."""
    row = said.transaction.get("jobs", id=path, room=said.room)
    if row is None or path != body:
        raise NotFound("not found among the jobs")
    return row, job_rows.side_of(row, said.party)


def seal_messages(
    said: Said, context: Context, row: Row, side: str, messages: dict[str, Any]
) -> None:
    """Seal every message of a statement."""
    for kind, upload in messages.items():
        message = job_messages.expected(said.transaction, context, row, side, kind)
        uploads.seal(said.transaction, message.stream, upload)


def first_phase(asked: Asked) -> str:
    """Return where the worker begins with a job: most are computed in one go."""
    if asked.plan.combine:
        return combining.PHASE
    return "release" if asked.lattice is None else opening.PHASE


def enqueue(transaction: Transaction, job: str, now: int, phase: str) -> None:
    """Give a job to the worker."""
    transaction.insert("compute", job=job, phase=phase, state="queued", due=now)


def layout(transaction: Transaction, row: Row, side: str) -> tuple[RowLayout, PublicKey | None]:
    """Return how one side lays out its rows for a job, and the key of their ciphertexts."""
    asked = job_rows.load(transaction, row)
    plan = asked.plan
    if plan.source != "job":
        raise NotFound("the job takes no rows")
    sealed = plan.slots and plan.value_side == side and asked.lattice is None
    key = job_rows.key_of(transaction, row, side) if sealed else None
    return RowLayout.of(plan, role_of(side), key.ciphertext_bytes if key else 0), key


def _rows(transaction: Transaction, row: Row, side: str) -> tuple[Stream, PublicKey | None]:
    shape, key = layout(transaction, row, side)
    asked = job_rows.load(transaction, row)
    rules = asked.agreement.policy
    rows, most = made_rows(asked.of(side).plan, role_of(side), rules), rules.rows_max * ROWS_PER_ROW
    return Stream(job_rows.rows_stream(row["id"], side), shape.width, rows, most), key


def _check_same_map(transaction: Transaction, row: Row, merged: bool) -> None:
    """Refuse to start while the two sides' maps of cells differ: one of them is not the job's."""
    if not merged:
        return
    maps = [
        [
            chunk["digest"]
            for chunk in transaction.find(
                "chunks", stream=message_stream(row["id"], "cells", side), order="number"
            )
        ]
        for side in SIDES
    ]
    if maps[0] != maps[1]:
        raise Conflict("the two sides' maps of cells differ", rule="cells-differ")


def _shown(said: Said, job: str, facts: Mapping[str, Any] | None = None) -> Effect:
    row = said.transaction.get("jobs", id=job) or {}
    noted = {"job": job, "state": row["state"], **(facts or {})}
    return Effect(job_rows.view(said.transaction, row), noted)
