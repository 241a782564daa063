"""Delegations: note what a brand lets an agency ask, hold questions against it, take it back."""

from __future__ import annotations

import json
import math
from typing import Any

from cleanroom.documents import payloads
from cleanroom.documents.delegation import Delegation
from cleanroom.documents.job import JobDocument
from cleanroom.documents.statement import SignedStatement
from cleanroom.errors import Conflict, NotFound
from cleanroom.mediator import statements
from cleanroom.mediator.context import Caller, Context, membership, parties
from cleanroom.mediator.jobs_end import end_jobs
from cleanroom.mediator.ports import Row, Transaction
from cleanroom.mediator.statements import Effect, Outcome, Said
from cleanroom.room import delegations
from cleanroom.room.jobs import Asked


class Delegations:
    """Serve the use cases of delegations."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def grant(self, caller: Caller, signed: SignedStatement) -> Outcome:
        """Take a brand's delegation; from this entry on its agency may ask under it."""

        def apply(said: Said) -> Effect:
            delegation = payloads.DelegationGrant.from_json(said.body).delegation
            before = said.transaction.count("delegations", room=said.room, brand=said.party)
            delegations.check_delegation(
                said.place.agreement, delegation, said.party, before, said.now
            )
            said.transaction.insert(
                "delegations",
                id=delegation.identity(),
                room=said.room,
                brand=delegation.brand,
                agency=delegation.agency,
                document=delegation.canonical().decode(),
                statement=said.signed.canonical().decode(),
            )
            row = _row(said.transaction, said.room, delegation.identity())
            return Effect(view(row), status=201)

        return statements.state(self._context, caller, signed, "delegation.grant", apply)

    def revoke(self, caller: Caller, delegation: str, signed: SignedStatement) -> Outcome:
        """Take a delegation back; what is asked under it ends in the same transaction."""

        def apply(said: Said) -> Effect:
            body = payloads.DelegationRevoke.from_json(said.body)
            row = _row(said.transaction, said.room, body.delegation)
            if body.delegation != delegation or row["brand"] != said.party:
                raise NotFound("not found among the delegations")
            check_standing(row)
            end_jobs(
                self._context, said.transaction, "delegation-revoked", delegation=body.delegation
            )
            said.transaction.update("delegations", {"id": body.delegation}, revoked=1)
            return Effect(view(_row(said.transaction, said.room, body.delegation)))

        return statements.state(self._context, caller, signed, "delegation.revoke", apply)

    def listing(self, caller: Caller, room: str) -> list[dict[str, Any]]:
        """Return all delegations of a room; they stand in the log that its members read."""
        with self._context.store.read() as transaction:
            membership(transaction, caller, room)
            return [view(row) for row in transaction.find("delegations", room=room, order="number")]


def view(row: Row) -> dict[str, Any]:
    """Show a delegation and how it stands."""
    delegation = Delegation.parse(row["document"])
    left = delegations.ledger(delegation, row["spent_units"]).left
    return {
        "id": row["id"],
        "delegation": delegation.to_json(),
        "statement": json.loads(row["statement"]),
        "revoked": bool(row["revoked"]),
        "left": left,
    }


def check_standing(row: Row) -> None:
    """Refuse what is asked, or handed on, under a delegation that was taken back."""
    if row["revoked"]:
        raise Conflict("the delegation was taken back", rule="delegation-revoked")


def check(transaction: Transaction, asked: Asked) -> None:
    """Refuse a question in a brand's place that no standing delegation covers."""
    if asked.job.behalf is None:
        return
    row = _row(transaction, asked.job.room, asked.job.behalf.delegation)
    check_standing(row)
    asked.check_covered(Delegation.parse(row["document"]), asked.now)


def charge(transaction: Transaction, asked: Asked) -> None:
    """Charge a question to its delegation; ``BudgetExhausted`` changes nothing."""
    if asked.job.behalf is None or not asked.charge.rho:
        return
    row = _row(transaction, asked.job.room, asked.job.behalf.delegation)
    before = delegations.ledger(Delegation.parse(row["document"]), row["spent_units"])
    after = before.charge(asked.charge.rho)
    transaction.update("delegations", {"id": row["id"]}, spent_units=after.spent_units)


def left(transaction: Transaction, asked: Asked) -> float:
    """Return what may still be spent under a question's delegation; no bound if it names none."""
    if asked.job.behalf is None:
        return math.inf
    return float(view(_row(transaction, asked.job.room, asked.job.behalf.delegation))["left"])


def asked_before(transaction: Transaction, room: str, agency: str, platform: str) -> int:
    """Return how many questions an agency has asked a platform about, for all its brands."""
    rows = [row for row in transaction.find("delegations", room=room) if row["agency"] == agency]
    jobs = [job for row in rows for job in transaction.find("jobs", delegation=row["id"])]
    return sum(platform in parties(job).values() for job in jobs)


def of_job(transaction: Transaction, job: Row) -> Row:
    """Return the delegation that a job is asked under; ``NotFound`` for one of no agency."""
    behalf = JobDocument.parse(job["document"]).behalf
    if behalf is None:
        raise NotFound("the job is asked for nobody else")
    return _row(transaction, job["room"], behalf.delegation)


def _row(transaction: Transaction, room: str, delegation: str) -> Row:
    row = transaction.get("delegations", id=delegation, room=room)
    if row is None:
        raise NotFound("not found among the delegations")
    return row
