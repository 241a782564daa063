"""What a job's row means: its document, its plan, its sides, and its steps through the states."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cleanroom.documents.agreement import other_side
from cleanroom.documents.dataset import Manifest
from cleanroom.documents.job import JobDocument
from cleanroom.errors import Conflict, NotFound
from cleanroom.mediator import log
from cleanroom.mediator.agreements import under
from cleanroom.mediator.context import Caller, Context, membership, owned, parties, policy_of
from cleanroom.mediator.dataset_rows import public_key
from cleanroom.mediator.ports import Row, Transaction
from cleanroom.room.jobs import MESSAGE_KINDS, Asked, asked_about
from cleanroom.room.retention import begun
from cleanroom.room.states import ENDED, JobState, move
from protocols.paillier import PublicKey

RUNNING = (JobState.AWAITING_APPROVAL, JobState.STARTED, JobState.AWAITING_DECRYPTION)
"""The states in which a job still costs work."""


def load(transaction: Transaction, row: Row) -> Asked:
    """Return a stored job with its documents, the agreement among them that it was asked under."""
    job = JobDocument.parse(row["document"])
    agreement = under(transaction, row["room"], job.agreement)
    manifests = [manifest_of(transaction, dataset) for dataset in job.datasets]
    return asked_about(job, agreement, manifests, row["created"])


def manifest_of(transaction: Transaction, dataset: str) -> Manifest:
    """Return the manifest of a dataset; ``NotFound`` if there is none."""
    row = transaction.get("datasets", id=dataset)
    if row is None:
        raise NotFound("there is no such dataset")
    return Manifest.parse(row["manifest"])


def expired(transaction: Transaction, context: Context, row: Row) -> bool:
    """Tell whether the time of a job's room is over."""
    room = transaction.get("rooms", id=row["room"])
    return room is not None and bool(room["expires"] <= log.now(transaction, context, room["id"]))


def check_released(transaction: Transaction, context: Context, row: Row) -> None:
    """Refuse to show anything of a job before its release, or once its room expired unanswered."""
    check_state(row, JobState.AWAITING_DECRYPTION, JobState.SUCCESS)
    if row["state"] != JobState.SUCCESS and expired(transaction, context, row):
        raise Conflict("the room has expired", rule="room-expired")


def check_kept(transaction: Transaction, context: Context, row: Row) -> None:
    """Refuse to show an answer that was kept as long as is agreed, deleted yet or not."""
    room = transaction.get("rooms", id=row["room"])
    now = log.now(transaction, context, row["room"])
    latest = begun(policy_of(room), "answers", now) if room else None
    if not row["kept"] or (latest is not None and row["created"] <= latest):
        raise Conflict("the answer was kept as long as agreed", rule="retention")


def side_of(row: Row, party: str) -> str:
    """Return a party's side of a job; ``NotFound`` for whoever has none."""
    for side, name in parties(row).items():
        if name == party:
            return side
    raise NotFound("not found among the jobs")


def of_caller(transaction: Transaction, caller: Caller, job: str) -> tuple[Row, str]:
    """Return a job that the caller is a side of, and which."""
    row = owned(transaction, caller, "jobs", job)
    return row, side_of(row, membership(transaction, caller, row["room"]).party)


def key_of(transaction: Transaction, row: Row, side: str) -> PublicKey:
    """Return the Paillier key of one side of a job."""
    return public_key(transaction, row["room"], parties(row)[side])


def check_state(row: Row, *wanted: JobState) -> None:
    """Refuse a step that does not belong to the job's state."""
    if row["state"] not in wanted:
        raise Conflict(f"the job is {row['state']}", rule="job-state")


def step(
    transaction: Transaction,
    row: Row,
    target: JobState,
    now: int,
    detail: str = "",
    problem: Mapping[str, Any] | None = None,
    **changes: Any,
) -> None:
    """Move a job along the table of states and add an event."""
    state = move(JobState(row["state"]), target)
    if problem is not None:
        changes["problem"] = json.dumps(problem)
    if state in ENDED and state != JobState.SUCCESS:
        changes["kept"] = 0
    transaction.update("jobs", {"id": row["id"]}, state=state, updated=now, **changes)
    event(transaction, row["id"], state, now, detail)


def event(transaction: Transaction, job: str, state: str, now: int, detail: str) -> None:
    """Tell the parties of a job what happened."""
    number = transaction.count("events", job=job)
    transaction.insert("events", job=job, number=number, time=now, state=state, detail=detail)


def message_stream(job: str, kind: str, side: str) -> str:
    """Return the name of one side's message of a kind."""
    return f"jobs/{job}/messages/{kind}/{side}"


def mediator_stream(job: str, kind: str) -> str:
    """Return the name of the mediator's own message of a kind."""
    return f"jobs/{job}/messages/{kind}/mediator"


def rows_stream(job: str, side: str) -> str:
    """Return the name of one side's rows for a job."""
    return f"jobs/{job}/rows/{side}"


def waits_for_decryption(row: Row) -> bool:
    """Tell whether the values' owner is not the receiver and so has to decrypt for it."""
    return bool(row["value_owner"] == other_side(row["receiver"]))


def view(transaction: Transaction, row: Row) -> dict[str, Any]:
    """Show a job to the members of its room."""
    sides = {one["side"]: one for one in transaction.find("sides", job=row["id"])}
    members = parties(row)
    return {
        "id": row["id"],
        "room": row["room"],
        "job": json.loads(row["document"]),
        "statement": json.loads(row["statement"]),
        "state": row["state"],
        "question": row["question"],
        "plan": json.loads(row["facts"]),
        "problem": json.loads(row["problem"]) if row["problem"] else None,
        "parties": members,
        "approved": [side for side in members if sides[side]["approved"]],
        "rows": {side: sides[side]["rows"] for side in members},
        "messages": _messages(transaction, row["id"], list(members)),
        "steps": [
            {"side": one["side"], "step": one["step"]}
            for one in transaction.find("steps", job=row["id"])
        ],
        "release": row["release"] and json.loads(row["release"])["digest"],
        "created": row["created"],
        "updated": row["updated"],
    }


def _messages(transaction: Transaction, job: str, sides: list[str]) -> list[dict[str, Any]]:
    found = []
    for kind in MESSAGE_KINDS:
        for side in sides:
            seal = transaction.get("uploads", stream=message_stream(job, kind, side))
            if seal is not None:
                upload = {name: seal[name] for name in ("chunks", "rows", "commitment")}
                found.append({"kind": kind, "side": side, "upload": upload})
    for kind in OF_THE_MEDIATOR:
        seal = transaction.get("uploads", stream=mediator_stream(job, kind))
        if seal is not None:
            upload = {name: seal[name] for name in ("chunks", "rows")}
            found.append({"kind": kind, "side": "mediator", "upload": upload})
    return found


MASKED = "masked-sums"
"""What the mediator hands to the owner of lattice rows."""

OF_THE_MEDIATOR = ("accumulators", "counts", "counting-key", MASKED)
"""What the mediator hands out: all but the last to the platform of a job whose labels share credit.
"""


def reader(row: Row, kind: str) -> str | None:
    """Return the side that a message of the mediator is for; None for what is no such message."""
    if kind == MASKED:
        return str(row["value_owner"])
    return "platform" if kind in OF_THE_MEDIATOR else None
