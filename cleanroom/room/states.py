"""The states of a room, a dataset, an alignment and a job: the tables are the law.

A step that is not in the table raises ``Conflict`` and changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import Final, TypeVar

from cleanroom.documents.payloads import BY_A_PERSON
from cleanroom.documents.statement import Kind
from cleanroom.errors import Conflict


class RoomState(StrEnum):
    """Where a room stands."""

    PROPOSED = "PROPOSED"
    ACTIVE = "ACTIVE"
    CLOSED = "CLOSED"


class AmendmentState(StrEnum):
    """Where an amendment stands."""

    PROPOSED = "PROPOSED"
    IN_FORCE = "IN_FORCE"
    DECLINED = "DECLINED"
    REPLACED = "REPLACED"


class DatasetState(StrEnum):
    """Where a dataset version stands."""

    UPLOADING = "UPLOADING"
    READY = "READY"
    WITHDRAWN = "WITHDRAWN"


class AlignmentState(StrEnum):
    """Where an alignment stands."""

    PROPOSED = "PROPOSED"
    RUNNING = "RUNNING"
    READY = "READY"
    FAILED = "FAILED"


class JobState(StrEnum):
    """Where a job stands."""

    SUBMITTED = "SUBMITTED"
    AWAITING_APPROVAL = "AWAITING_APPROVAL"
    REFUSED = "REFUSED"
    STARTED = "STARTED"
    AWAITING_DECRYPTION = "AWAITING_DECRYPTION"
    SUCCESS = "SUCCESS"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"


class StandingState(StrEnum):
    """Where a standing question stands."""

    PROPOSED = "PROPOSED"
    ACTIVE = "ACTIVE"
    STOPPED = "STOPPED"


State = TypeVar(
    "State", RoomState, AmendmentState, DatasetState, AlignmentState, JobState, StandingState
)

ENDS = (JobState.FAILED, JobState.CANCELLED, JobState.EXPIRED)

# One table per kind: states of two kinds may share a name, and names compare as strings.
ROOM: dict[RoomState, tuple[RoomState, ...]] = {
    RoomState.PROPOSED: (RoomState.ACTIVE, RoomState.CLOSED),
    RoomState.ACTIVE: (RoomState.CLOSED,),
    RoomState.CLOSED: (),
}
AMENDMENT: dict[AmendmentState, tuple[AmendmentState, ...]] = {
    AmendmentState.PROPOSED: (AmendmentState.IN_FORCE, AmendmentState.DECLINED),
    AmendmentState.IN_FORCE: (AmendmentState.REPLACED,),
    AmendmentState.DECLINED: (),
    AmendmentState.REPLACED: (),
}
DATASET: dict[DatasetState, tuple[DatasetState, ...]] = {
    DatasetState.UPLOADING: (DatasetState.READY, DatasetState.WITHDRAWN),
    DatasetState.READY: (DatasetState.WITHDRAWN,),
    DatasetState.WITHDRAWN: (),
}
ALIGNMENT: dict[AlignmentState, tuple[AlignmentState, ...]] = {
    AlignmentState.PROPOSED: (AlignmentState.RUNNING, AlignmentState.FAILED),
    AlignmentState.RUNNING: (
        AlignmentState.READY,
        AlignmentState.PROPOSED,
        AlignmentState.FAILED,
    ),
    AlignmentState.READY: (AlignmentState.FAILED,),
    AlignmentState.FAILED: (),
}
JOB: dict[JobState, tuple[JobState, ...]] = {
    JobState.SUBMITTED: (JobState.AWAITING_APPROVAL, JobState.REFUSED, *ENDS),
    JobState.AWAITING_APPROVAL: (JobState.STARTED, JobState.REFUSED, *ENDS),
    JobState.STARTED: (JobState.AWAITING_DECRYPTION, JobState.REFUSED, *ENDS),
    JobState.AWAITING_DECRYPTION: (JobState.SUCCESS, JobState.REFUSED, *ENDS),
    JobState.REFUSED: (),
    JobState.SUCCESS: (),
    JobState.FAILED: (),
    JobState.CANCELLED: (),
    JobState.EXPIRED: (),
}
STANDING: dict[StandingState, tuple[StandingState, ...]] = {
    StandingState.PROPOSED: (StandingState.ACTIVE, StandingState.STOPPED),
    StandingState.ACTIVE: (StandingState.STOPPED,),
    StandingState.STOPPED: (),
}

ENDED: Final = frozenset(state for state, after in JOB.items() if not after)
"""States of a job that nothing follows."""
TRANSITIONS = {
    RoomState: ROOM,
    AmendmentState: AMENDMENT,
    DatasetState: DATASET,
    AlignmentState: ALIGNMENT,
    JobState: JOB,
    StandingState: STANDING,
}


def gives_back(state: JobState, rule: str, receiver: str, approved: Collection[str]) -> bool:
    """Tell whether a refusal gives the price of a question back.

    Only where nothing was released or can be, and nothing made for the question can have left the
    side whose people it is about: the one that does not receive has not approved.  And only where
    a person refused: no agent gives this rule, so no refusal that follows from data is free.
    """
    untouched = state == JobState.AWAITING_APPROVAL and not set(approved) - {receiver}
    return untouched and rule == BY_A_PERSON


def room_state(state: str, expires: int, now: float) -> str:
    """Return how a room stands for people: one that was not closed in time has expired."""
    return "EXPIRED" if state != RoomState.CLOSED and expires <= now else state


def move(current: State, target: State) -> State:
    """Return the target, or raise ``Conflict`` if no arrow leads there."""
    if target not in TRANSITIONS[type(current)][current]:  # type: ignore[index]
        raise Conflict(f"{current} does not lead to {target}", rule="lifecycle")
    return target


AFTER_THE_END: tuple[Kind, ...] = (
    "room.close",
    "delegation.revoke",
    "dataset.withdraw",
    "dataset.erase",
    "job.cancel",
    "job.receipt",
    "serving.tally",
    "serving.stop",
    "audit.cosign",
)
"""What may still be said in a room that is closed or has expired."""

ATTEMPTS = 3
"""Tries at one alignment, each with fresh secrets, before it has failed."""
