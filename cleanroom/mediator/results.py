"""What comes out of a job: read it, decrypt for the other side, confirm it."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any, Literal

from cleanroom.documents import payloads
from cleanroom.documents.agreement import PartyRole
from cleanroom.documents.statement import SignedStatement
from cleanroom.errors import Conflict, InvalidInput, NotFound
from cleanroom.mediator import (
    combining,
    delegations,
    job_rows,
    log,
    opening,
    statements,
    uploads,
)
from cleanroom.mediator.approvals import named, seal_messages
from cleanroom.mediator.context import Caller, Context, membership, owned, parties
from cleanroom.mediator.job_rows import check_state, message_stream
from cleanroom.mediator.ports import Row, StorageFault, Transaction
from cleanroom.mediator.statements import Effect, Outcome, Said
from cleanroom.room.jobs import PASSED, STEPS
from cleanroom.room.states import JobState

_EARLY = {"combined": combining.resume, opening.OPENED: opening.resume}
"""Steps between the two phases of a computation, and what puts the job back into the queue."""

BinaryPart = Literal["people", "measures", "matched", "passed"]


class Results:
    """Serve results, each part to the one party that it is for."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def release(self, caller: Caller, job: str) -> dict[str, Any]:
        """Return the head of the answer, to be confirmed; the reading is logged first."""
        row = self._reading(caller, job, "release")
        found: dict[str, Any] = json.loads(row["release"])["document"]
        return found

    def part(self, caller: Caller, job: str, part: BinaryPart) -> bytes:
        """Return ciphertexts of a release, matched rows of an activation, or what is passed on."""
        if part == PASSED:
            return self._passed(caller, job)
        stored = json.loads(self._reading(caller, job, part)["release"])
        data = self._context.blobs.read(f"{stored['folder']}/{part}")
        if hashlib.sha256(data).hexdigest() != stored["parts"][part]:
            raise StorageFault("a stored result is not what was released")
        return data

    def step(self, caller: Caller, job: str, signed: SignedStatement) -> Outcome:
        """Take a later step: labels added up, sums opened, values decrypted, an activation."""

        def apply(said: Said) -> Effect:
            body = payloads.JobStep.from_json(said.body)
            row, side = named(said, job, body.job)
            if set(body.messages) != STEPS.get(body.step):
                known = ", ".join(sorted(STEPS))
                raise InvalidInput(f"a step is one of {known}, with the messages of its kind")
            resume = _EARLY.get(body.step)
            check_state(row, JobState.STARTED if resume else JobState.AWAITING_DECRYPTION)
            if body.step == "activated" and not (side == "platform" and activates(row)):
                raise NotFound("there is nothing for this side to activate")
            key = {"job": job, "side": side, "step": body.step}
            if said.transaction.get("steps", **key):
                raise Conflict("the step is already done", rule="step-done")
            if resume is not None:
                resume(said.transaction, row, side, said.now)
            if body.step == opening.OPENED:
                opening.check_opened(said.transaction, row, body.masked)
            elif body.masked is not None:
                raise InvalidInput("only what opens sums names them")
            seal_messages(said, self._context, row, side, dict(body.messages))
            said.transaction.insert("steps", **key)
            job_rows.event(said.transaction, job, row["state"], said.now, body.step)
            return _shown(said, job)

        return statements.state(self._context, caller, signed, "job.step", apply)

    def receipt(self, caller: Caller, job: str, signed: SignedStatement) -> Outcome:
        """End a job with the receiver's word for what arrived."""

        def apply(said: Said) -> Effect:
            body = payloads.JobReceipt.from_json(said.body)
            row, side = named(said, job, body.job)
            check_state(row, JobState.AWAITING_DECRYPTION)
            if side != row["receiver"]:
                raise NotFound("not found among the jobs of this receiver")
            digest = json.loads(row["release"])["digest"]
            if not hmac.compare_digest(digest, body.release):
                raise Conflict("that is not the release's digest", rule="release-differs")
            if job_rows.waits_for_decryption(row) and not decrypted(said.transaction, job):
                raise Conflict("the values are not decrypted yet", rule="not-decrypted")
            if waits_for_activation(said.transaction, row):
                raise Conflict("the platform has not activated yet", rule="not-activated")
            job_rows.step(said.transaction, row, JobState.SUCCESS, said.now)
            return _shown(said, job)

        return statements.state(self._context, caller, signed, "job.receipt", apply)

    def _passed(self, caller: Caller, job: str) -> bytes:
        """Log that an agency reads what the brand passed on, and return it while it may ask.

        Raises ``NotFound`` for everybody else, ``Conflict`` once the delegation was taken back.
        """
        with self._context.store.write(self._room(caller, job)) as transaction:
            row = owned(transaction, caller, "jobs", job)
            party = membership(transaction, caller, row["room"]).party
            delegation = delegations.of_job(transaction, row)
            stream = message_stream(job, PASSED, row["receiver"])
            sealed = transaction.get("uploads", stream=stream)
            if party != delegation["agency"] or sealed is None:
                raise NotFound("there is no such part for this side")
            delegations.check_standing(delegation)
            job_rows.check_released(transaction, self._context, row)
            job_rows.check_kept(transaction, self._context, row)
            facts = {"job": job, "part": PASSED, "delegation": delegation["id"]}
            log.append(
                transaction,
                self._context,
                row["room"],
                kind="result.read",
                actor=party,
                facts=facts,
            )
        return b"".join(uploads.chunks(self._context, stream))

    def _room(self, caller: Caller, job: str) -> str:
        with self._context.store.read() as transaction:
            return str(owned(transaction, caller, "jobs", job)["room"])

    def _reading(self, caller: Caller, job: str, part: str) -> Row:
        """Log that a part is read by whom it is for.

        ``NotFound`` for everybody else, and for a part that the release has not: a log in which it
        was read could never be verified.
        """
        with self._context.store.write(self._room(caller, job)) as transaction:
            row, side = job_rows.of_caller(transaction, caller, job)
            if side != _reader(row, part):
                raise NotFound("there is no such part for this side")
            job_rows.check_released(transaction, self._context, row)
            job_rows.check_kept(transaction, self._context, row)
            if part not in ("release", *json.loads(row["release"])["parts"]):
                raise NotFound("the release has no such part")
            log.append(
                transaction,
                self._context,
                row["room"],
                kind="result.read",
                actor=parties(row)[side],
                facts={"job": job, "part": part},
            )
            return row


def decrypted(transaction: Transaction, job: str) -> bool:
    """Tell whether the values' owner has sent what it decrypted."""
    return transaction.get("steps", job=job, step="decrypted") is not None


def activates(row: Row) -> bool:
    """Tell whether a release tells the platform which of its own rows matched."""
    return bool(row["release"]) and "matched" in json.loads(row["release"])["parts"]


def waits_for_activation(transaction: Transaction, row: Row) -> bool:
    """Tell whether the platform still has to take its matched rows."""
    key = {"job": row["id"], "step": "activated"}
    return activates(row) and transaction.get("steps", **key) is None


def _reader(row: Row, part: str) -> PartyRole | None:
    """Return the one side that a part of a release is for."""
    readers: dict[str, PartyRole | None] = {
        "release": row["receiver"],
        "people": row["receiver"],
        "measures": row["value_owner"],
        "matched": "platform",
    }
    return readers.get(part)


def _shown(said: Said, job: str) -> Effect:
    row = said.transaction.get("jobs", id=job) or {}
    return Effect(job_rows.view(said.transaction, row), {"job": job, "state": row["state"]})
