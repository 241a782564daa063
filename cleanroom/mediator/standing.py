"""Standing questions: declare, approve, stop; say which runs are due, and hold each against them.

A stop takes effect at its entry: in the same transaction every run without an answer ends, and
none is accepted after it.
"""

from __future__ import annotations

import json
from typing import Any

from cleanroom.documents import payloads
from cleanroom.documents.job import JobDocument
from cleanroom.documents.standing import StandingDocument
from cleanroom.documents.statement import SignedStatement
from cleanroom.errors import Conflict, NotFound
from cleanroom.mediator import alignment_rows, budgets, log, statements
from cleanroom.mediator.context import Caller, Context, concerns, membership, owned
from cleanroom.mediator.job_rows import manifest_of
from cleanroom.mediator.jobs_end import end_jobs
from cleanroom.mediator.pages import Page, page
from cleanroom.mediator.ports import Row, Transaction
from cleanroom.mediator.statements import Effect, Outcome, Said
from cleanroom.room import standing as rules
from cleanroom.room.jobs import Asked
from cleanroom.room.standing import Joined
from cleanroom.room.states import AlignmentState, DatasetState, StandingState, move

OPEN = (StandingState.PROPOSED, StandingState.ACTIVE)


class Standings:
    """Serve the use cases of standing questions."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def propose(self, caller: Caller, signed: SignedStatement) -> Outcome:
        """Take a standing question; its submitter has agreed to its runs, the other side has not.

        Raises ``BudgetExhausted`` if the budget would not hold it beside those that wait or run.
        """

        def apply(said: Said) -> Effect:
            document = payloads.StandingPropose.from_json(said.body).standing
            _check(said, document)
            if said.transaction.get("standings", id=document.identity()):
                raise Conflict("this standing question was already declared", rule="standing-known")
            brand, platform = (party for party, _ in document.lines())
            said.transaction.insert(
                "standings",
                id=document.identity(),
                digest=document.digest(),
                room=said.room,
                state=StandingState.PROPOSED,
                brand=brand,
                platform=platform,
                submitter=said.party,
                document=document.canonical().decode(),
                statement=said.signed.canonical().decode(),
                created=said.now,
            )
            row = said.transaction.get("standings", id=document.identity()) or {}
            facts = rules.facts(document, said.place.agreement.policy)
            location = f"/v1/standing/{row['id']}"
            resource = view(said.transaction, row, said.now)
            return Effect(resource, facts, status=201, location=location)

        return statements.state(self._context, caller, signed, "standing.propose", apply)

    def approve(self, caller: Caller, standing: str, signed: SignedStatement) -> Outcome:
        """Take the other side's approval of all runs."""

        def apply(said: Said) -> Effect:
            row = _named(said, standing, payloads.StandingApprove.from_json(said.body).standing)
            if said.party == row["submitter"]:
                raise Conflict("the other side approves it", rule="standing-approved")
            approval = said.signed.canonical().decode()
            _step(said.transaction, row, StandingState.ACTIVE, approval=approval)
            return _shown(said, standing)

        return statements.state(self._context, caller, signed, "standing.approve", apply)

    def stop(self, caller: Caller, standing: str, signed: SignedStatement) -> Outcome:
        """Let either side end it, whether it was approved or not; runs without an answer end."""

        def apply(said: Said) -> Effect:
            body = payloads.StandingStop.from_json(said.body)
            row = _named(said, standing, body.standing)
            _stop(said.transaction, row, said.now, "stopped", said.party, body.reason)
            end_jobs(
                self._context,
                said.transaction,
                "standing-stopped",
                standing=row["digest"],
                room=said.room,
            )
            return _shown(said, standing)

        return statements.state(self._context, caller, signed, "standing.stop", apply)

    def show(self, caller: Caller, standing: str) -> dict[str, Any]:
        """Return a standing question that concerns the caller, with the runs that were asked."""
        with self._context.store.read() as transaction:
            row = owned(transaction, caller, "standings", standing)
            return view(transaction, row, log.now(transaction, self._context, row["room"]))

    def listing(self, caller: Caller, room: str, cursor: str | None) -> Page:
        """Return the standing questions of a room, the oldest first."""
        with self._context.store.read() as transaction:
            member = membership(transaction, caller, room).member
            now = log.now(transaction, self._context, room)
            found = page(transaction, "standings", cursor, room=room)
            return found.only(lambda row: concerns(row, member)).map(
                lambda row: view(transaction, row, now)
            )


def _check(said: Said, document: StandingDocument) -> None:
    """Hold a standing question against all that was signed, and against what the budget holds."""
    if said.party != document.party(document.submitter):
        raise NotFound("the caller is not the submitter that the standing question names")
    agreement = said.place.agreement
    rules.check_standing(agreement, document)
    rules.check_begins(document, said.now)
    joined = newest(said.transaction, document)
    if joined is None:
        raise Conflict("no versions of these datasets are aligned", rule="standing-unaligned")
    brand, platform = (manifest_of(said.transaction, one) for one in joined[:2])
    asked = Asked(rules.sample(document, 0, joined), agreement, brand, platform, said.now)
    asked.plan  # noqa: B018 - refuses what is not allowed
    pair = (document.brand.party, document.platform.party)
    others = _open(said.transaction, said.room, pair)
    rules.check_open(len(others))
    ledger = budgets.ledger(said.transaction, said.room, *pair, agreement.policy, said.now)
    rules.check_budget(agreement.policy, ledger, [*others, (document, ())], said.now)


def _open(
    transaction: Transaction, room: str, pair: tuple[str, str]
) -> list[tuple[StandingDocument, set[int]]]:
    """Return the standing questions of a pair that wait or run, with the runs that were asked."""
    key: dict[str, Any] = {"room": room, "brand": pair[0], "platform": pair[1]}
    return [
        (StandingDocument.parse(row["document"]), asked_runs(transaction, row["id"]))
        for state in OPEN
        for row in transaction.find("standings", state=state, **key)
    ]


def asked_runs(transaction: Transaction, standing: str) -> set[int]:
    """Return the runs of a standing question that were asked."""
    return {row["run"] for row in transaction.find("runs", standing=standing)}


def newest(transaction: Transaction, document: StandingDocument) -> Joined | None:
    """Return the newest versions of a standing question's lines that are aligned."""
    rows = transaction.find(
        "alignments",
        order="number",
        room=document.room,
        brand=document.brand.party,
        platform=document.platform.party,
        state=AlignmentState.READY,
    )
    found = transaction.find("datasets", room=document.room, state=DatasetState.READY)
    ready = {row["id"]: ((row["party"], row["name"]), int(row["version"])) for row in found}
    documents = (alignment_rows.document_of(row) for row in rows)
    return rules.newest_joined(ready, documents, document.lines())


def take_run(said: Said, job: JobDocument) -> str | None:
    """Hold a job that is a run against its standing question; return whose run it is.

    None for a job that is asked once.
    """
    if job.standing is None:
        return None
    digest = job.standing.standing
    row = said.transaction.get("standings", room=said.room, digest=digest)
    if row is None:
        raise NotFound("the job names an unknown standing question")
    if row["state"] != StandingState.ACTIVE:
        raise Conflict(f"the standing question is {row['state']}", rule="standing-state")
    document = StandingDocument.parse(row["document"])
    run = rules.check_run(document, job).run
    rules.check_time(document, run, said.now)
    if said.transaction.get("runs", standing=row["id"], run=run):
        raise Conflict("this run was already asked", rule="standing-asked")
    rules.check_newest(job, newest(said.transaction, document))
    return str(row["id"])


def note_run(said: Said, standing: str | None, asked: JobDocument, answered: str) -> None:
    """Remember which job a run is, or which earlier one answers it."""
    if standing is not None and asked.standing is not None:
        said.transaction.insert(
            "runs", standing=standing, run=asked.standing.run, job=answered, time=said.now
        )


def end_all(transaction: Transaction, room: str, now: int) -> None:
    """Stop every standing question of a room: what it was approved under is no longer in force."""
    for state in OPEN:
        for row in transaction.find("standings", room=room, state=state):
            _stop(transaction, row, now, "amended", None, "")


def waiting(transaction: Transaction, context: Context, member: Row) -> list[dict[str, Any]]:
    """Return what a member's agent is to do: approve what was declared, ask the run that is due."""
    found = []
    for side in ("brand", "platform"):
        key = {"room": member["room"], side: member["name"]}
        for row in transaction.find("standings", state=StandingState.PROPOSED, **key):
            if row["submitter"] != member["name"]:
                found.append({"id": row["id"], "room": row["room"], "what": "approve"})
        for row in transaction.find("standings", state=StandingState.ACTIVE, **key):
            if row["submitter"] == member["name"] and _is_due(transaction, context, row):
                found.append({"id": row["id"], "room": row["room"], "what": "ask"})
    return found


def due_run(transaction: Transaction, row: Row, now: int) -> int | None:
    """Return the run that is to be asked now, None if there is none or it was asked."""
    run = StandingDocument.parse(row["document"]).present(now)
    active = row["state"] == StandingState.ACTIVE and run is not None
    asked = active and transaction.get("runs", standing=row["id"], run=run)
    return run if active and not asked else None


def _is_due(transaction: Transaction, context: Context, row: Row) -> bool:
    """Tell whether a run is to be asked and there are aligned versions to ask about."""
    now = log.now(transaction, context, row["room"])
    if due_run(transaction, row, now) is None:
        return False
    return newest(transaction, StandingDocument.parse(row["document"])) is not None


def _named(said: Said, standing: str, digest: str) -> Row:
    row = said.transaction.get("standings", id=standing, room=said.room, digest=digest)
    if row is None or said.party not in (row["brand"], row["platform"]):
        raise NotFound("not found among the standing questions")
    return row


def _stop(
    transaction: Transaction, row: Row, now: int, rule: str, party: str | None, detail: str
) -> None:
    problem = {"rule": rule, "party": party, "detail": detail, "time": now}
    _step(transaction, row, StandingState.STOPPED, problem=json.dumps(problem))


def _step(transaction: Transaction, row: Row, target: StandingState, **changes: Any) -> None:
    state = move(StandingState(row["state"]), target)
    transaction.update("standings", {"id": row["id"]}, state=state, **changes)


def _shown(said: Said, standing: str) -> Effect:
    row = said.transaction.get("standings", id=standing) or {}
    return Effect(view(said.transaction, row, said.now))


def view(transaction: Transaction, row: Row, now: int) -> dict[str, Any]:
    """Show a standing question to those whom it concerns."""
    return {
        "id": row["id"],
        "room": row["room"],
        "standing": json.loads(row["document"]),
        "statement": json.loads(row["statement"]),
        "approval": json.loads(row["approval"]) if row["approval"] else None,
        "state": row["state"],
        "problem": json.loads(row["problem"]) if row["problem"] else None,
        "due": due_run(transaction, row, now),
        "runs": [
            {"run": one["run"], "job": one["job"], "time": one["time"]}
            for one in transaction.find("runs", order="run", standing=row["id"])
        ],
        "created": row["created"],
    }
