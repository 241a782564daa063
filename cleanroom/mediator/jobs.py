"""Jobs: ask, preview, look."""

from __future__ import annotations

import json
from typing import Any

from cleanroom.documents import payloads
from cleanroom.documents.job import JobDocument
from cleanroom.documents.statement import SignedStatement
from cleanroom.errors import Conflict, InvalidInput, NotFound
from cleanroom.mediator import (
    alignment_rows,
    budgets,
    delegations,
    log,
    shares,
    standing,
    statements,
)
from cleanroom.mediator.context import (
    Caller,
    Context,
    Membership,
    concerns,
    membership,
    owned,
    parties,
)
from cleanroom.mediator.job_rows import RUNNING, event, manifest_of, view
from cleanroom.mediator.pages import Page, page
from cleanroom.mediator.ports import Row, Transaction
from cleanroom.mediator.statements import Effect, Outcome, Said
from cleanroom.room import periods
from cleanroom.room.jobs import Asked, asked_about, public_facts
from cleanroom.room.policy import check_jobs
from cleanroom.room.states import AlignmentState, DatasetState, JobState


class Jobs:
    """Serve the asking of questions."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def submit(self, caller: Caller, signed: SignedStatement) -> Outcome:
        """Accept a question, charge it and draw the noise, or return the answer that it has.

        The charge, the noise and the entry are one transaction.  The same question on the same
        dataset versions costs nothing again.
        """

        def apply(said: Said) -> Effect:
            job = payloads.JobSubmit.from_json(said.body).job
            asked = _ask(said.transaction, said.place, job, said.now)
            series = standing.take_run(said, job)
            facts = public_facts(asked)
            earlier = _same_question(said.transaction, job)
            standing.note_run(said, series, job, earlier["id"] if earlier else job.identity())
            if earlier is not None:
                resource = view(said.transaction, earlier)
                return Effect(resource, {"job": earlier["id"], "repeated": True})
            if said.transaction.get("jobs", id=job.identity()):
                raise Conflict(
                    "a job with exactly this document has ended: rename it", "job-exists"
                )
            policy = asked.agreement.policy
            for pair in asked.pairs:
                check_jobs(policy, _asked_before(said, *pair))
            charged = budgets.charge(
                said.transaction, said.room, asked.pairs, policy, asked.charge.rho, said.now
            )
            facts |= periods.facts(policy, charged.period)
            delegations.charge(said.transaction, asked)
            _insert(said, asked, facts)
            facts |= {"job": job.identity(), **charged.facts}
            row = said.transaction.get("jobs", id=job.identity()) or {}
            resource = view(said.transaction, row)
            return Effect(resource, facts, status=202, location=f"/v1/jobs/{row['id']}")

        return statements.state(self._context, caller, signed, "job.submit", apply)

    def preview(self, caller: Caller, job: JobDocument) -> dict[str, Any]:
        """Answer what a question would cost and how noisy it would be, without asking it."""
        with self._context.store.read() as transaction:
            place = membership(transaction, caller, job.room)
            at = log.now(transaction, self._context, job.room)
            asked = _ask(transaction, place, job, at)
            now = budgets.scarcest(transaction, job.room, asked.pairs, asked.agreement.policy, at)
            earlier = _same_question(transaction, job)
            covered = delegations.left(transaction, asked)
        rho = 0.0 if earlier is not None else asked.charge.rho
        return {
            **public_facts(asked),
            "rho": rho,
            "people_sd": asked.charge.whole_people.sd,
            "budget": now.budget,
            "budget_before": now.left,
            "budget_after": now.left - rho,
            "affordable": rho <= min(now.left, covered),
            "answered_by": earlier["id"] if earlier is not None else None,
        }

    def show(
        self, caller: Caller, job: str, state: str | None = None, wait: float = 0
    ) -> dict[str, Any]:
        """Return a job of a room that the caller is a member of.

        The answer is held back while the job is in ``state``.
        """

        def look() -> dict[str, Any]:
            with self._context.store.read() as transaction:
                return view(transaction, owned(transaction, caller, "jobs", job))

        return self._context.watch(look, lambda seen: seen["state"] == state, wait, caller)

    def listing(
        self, caller: Caller, room: str, state: str | None, cursor: str | None, newest: bool = False
    ) -> Page:
        """Return the jobs of a room, of one state or of all; the oldest first, or the newest."""
        chosen: dict[str, Any] = {} if state is None else {"state": state}
        with self._context.store.read() as transaction:
            member = membership(transaction, caller, room).member
            found = page(transaction, "jobs", cursor, newest, room=room, **chosen)
            return found.only(lambda row: concerns(row, member)).map(
                lambda row: view(transaction, row)
            )

    def events(self, caller: Caller, job: str, after: int, wait: float) -> list[dict[str, Any]]:
        """Return what happened from an event's number on; hold the answer while nothing did."""

        def look() -> list[Row] | None:
            with self._context.store.read() as transaction:
                owned(transaction, caller, "jobs", job)
                return transaction.find("events", order="number", start=after, job=job) or None

        found = self._context.poll(look, wait, caller) or []
        return [
            {name: row[name] for name in ("number", "time", "state", "detail")} for row in found
        ]


def _ask(transaction: Transaction, place: Membership, job: JobDocument, now: int) -> Asked:
    """Hold a question against everything that was signed; return it with its plan."""
    if job.room != place.room["id"]:
        raise InvalidInput("the job is for another room")
    for dataset in job.datasets:
        row = transaction.get("datasets", id=dataset, room=job.room)
        if row is None:
            raise NotFound("the job names an unknown dataset")
        if row["state"] != DatasetState.READY:
            raise Conflict(f"a dataset is {row['state']}", rule="dataset-state")
    manifests = [manifest_of(transaction, dataset) for dataset in job.datasets]
    asked = asked_about(job, place.agreement, manifests, now)
    if place.party != asked.submitter:
        raise NotFound("the caller is not the submitter that the job names")
    for dataset in job.datasets[1:]:
        _check_alignment(transaction, job, dataset)
    asked.plan  # noqa: B018 - refuses what the agreement does not allow
    delegations.check(transaction, asked)
    return asked


def _check_alignment(transaction: Transaction, job: JobDocument, dataset: str) -> None:
    row = transaction.get("alignments", id=job.alignment_of(dataset), room=job.room)
    if row is None:
        raise NotFound("the job names an unknown alignment")
    if row["state"] != AlignmentState.READY:
        raise Conflict(f"the alignment is {row['state']}", rule="alignment-state")
    document, (brand, platform) = alignment_rows.document_of(row), job.pair_with(dataset)
    if brand not in document.brand_datasets or platform not in document.platform_datasets:
        raise Conflict("the alignment does not join these datasets", rule="alignment-datasets")


def _asked_before(said: Said, brand: str, platform: str) -> int:
    """Return how many questions of a pair were accepted, with those of a hub that it is part of."""
    if not said.place.agreement.facing(brand):
        return delegations.asked_before(said.transaction, said.room, brand, platform)
    pair = {"brand": brand, "platform": platform}
    found = said.transaction.count("jobs", room=said.room, **pair)
    for side, own in pair.items():
        for card in said.place.agreement.facing(own):
            named = {"brand": card.name, "platform": card.name, side: own}
            if named != pair:
                key: dict[str, Any] = {"room": said.room, **named}
                rows = said.transaction.find("jobs", **key)
                found += sum(set(pair.values()) <= set(parties(row).values()) for row in rows)
    return found


def _same_question(transaction: Transaction, job: JobDocument) -> Row | None:
    for row in transaction.find("jobs", room=job.room, question=job.question()):
        if row["state"] in (*RUNNING, JobState.SUCCESS):
            return row
    return None


def _insert(said: Said, asked: Asked, facts: dict[str, Any]) -> None:
    job, plan = asked.job, asked.plan
    noise = shares.draw(plan, asked.charge, asked.agreement.rehearsal)
    said.transaction.insert(
        "jobs",
        id=job.identity(),
        room=said.room,
        state=JobState.AWAITING_APPROVAL,
        name=job.name,
        document=job.canonical().decode(),
        statement=said.signed.canonical().decode(),
        question=job.question(),
        brand=asked.brand.party,
        platform=asked.platform.party,
        receiver=job.receiver,
        value_owner=plan.value_side if plan.slots else None,
        brand_dataset=job.brand,
        platform_dataset=job.platform,
        delegation=job.behalf.delegation if job.behalf else None,
        facts=json.dumps(facts),
        noise=noise.pack(),
        created=said.now,
        updated=said.now,
    )
    for side in job.sides:
        said.transaction.insert("sides", job=job.identity(), side=side)
    event(said.transaction, job.identity(), JobState.SUBMITTED, said.now, "")
    event(said.transaction, job.identity(), JobState.AWAITING_APPROVAL, said.now, "")
