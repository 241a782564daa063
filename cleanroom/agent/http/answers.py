"""Hold what a mediator answers against the shape that it must have, where it comes in.

Everything behind the client reads fields that are there, of the type that they have.  What they
say is another question: an identifier is computed again, a signature verified, by whoever acts.
"""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cleanroom.documents.agreement import Agreement
from cleanroom.documents.alignment import AlignmentDocument
from cleanroom.documents.dataset import Manifest
from cleanroom.documents.delegation import Delegation
from cleanroom.documents.document import Hex128, Hex256, invalid_field
from cleanroom.documents.job import JobDocument
from cleanroom.documents.release import ReleaseDocument
from cleanroom.documents.standing import StandingDocument
from cleanroom.documents.statement import SignedStatement
from cleanroom.errors import PeerFault

Count = Annotated[int, Field(ge=0, lt=1 << 53)]


class Answer(BaseModel):
    """Stand above every answer; what a later mediator may add is let through."""

    model_config = ConfigDict(strict=True, extra="ignore", allow_inf_nan=False, defer_build=True)


class Mediator(Answer):
    """The mediator's origin and public key."""

    origin: str
    key: str


class Said(Answer):
    """Where a statement stands in the log, and what it is about now."""

    log_index: Count
    checkpoint: str
    resource: dict[str, Any]


class RoomLine(Answer):
    """A room in a list."""

    id: Hex128
    state: str
    name: str
    expires: Count


class Signature(Answer):
    """A member's signature under a room."""

    party: str
    statement: SignedStatement


class Amendment(Answer):
    """A later version of a room's agreement, in force or waiting, with the signatures so far."""

    number: int
    state: str
    agreement: Agreement
    signatures: list[Signature]


class Room(Answer):
    """A room with its agreement and the signatures so far."""

    id: Hex128
    state: str
    agreement: Agreement
    signatures: list[Signature]
    amendments: list[Amendment] = []


class Dataset(Answer):
    """A dataset and how much of it has arrived."""

    id: Hex128
    room: Hex128
    state: str
    manifest: Manifest
    chunks: list[Count]
    created: Count


class Alignment(Answer):
    """An alignment with its proposal, its attempt and the declared sizes."""

    id: Hex128
    room: Hex128
    state: str
    attempt: Count
    document: AlignmentDocument
    statement: SignedStatement
    counts: dict[str, Count]
    finished: list[str]
    reason: str | None
    created: Count


class Sent(Answer):
    """How much of a message is there."""

    chunks: Count
    rows: Count


class Message(Answer):
    """A message of a job."""

    kind: str
    side: str
    upload: Sent


class Step(Answer):
    """A later step that a side has taken."""

    side: str
    step: str


class Problem(Answer):
    """Why a job ended."""

    title: str
    detail: str
    rule: str
    party: str | None = None
    given_back: bool | None = None


class Job(Answer):
    """A job with its question and how far it is."""

    id: Hex128
    room: Hex128
    job: JobDocument
    statement: SignedStatement | None
    state: str
    question: Hex256
    plan: dict[str, Any]
    problem: Problem | None
    parties: dict[str, str]
    approved: list[str]
    messages: list[Message]
    steps: list[Step]
    release: Hex256 | None
    created: Count
    updated: Count


class AskedRun(Answer):
    """A run of a standing question, and the job that answers it."""

    run: Count
    job: Hex128
    time: Count


class Stopped(Answer):
    """Why a standing question ended; no party where an amendment ended it."""

    rule: str
    party: str | None
    detail: str
    time: Count


class Standing(Answer):
    """A standing question, who agreed to it, and the runs that were asked."""

    id: Hex128
    room: Hex128
    standing: StandingDocument
    statement: SignedStatement
    approval: SignedStatement | None
    state: str
    problem: Stopped | None
    due: Count | None
    runs: list[AskedRun]
    created: Count


class Preview(Answer):
    """What a job would cost."""

    rho: float
    budget: float
    budget_before: float
    budget_after: float
    affordable: bool
    answered_by: Hex128 | None


class Waiting(Answer):
    """One piece of work of a party."""

    id: Hex128
    room: Hex128
    what: str


class Work(Answer):
    """Everything that waits for a party."""

    rooms: list[Hex128]
    alignments: list[Waiting]
    jobs: list[Waiting]
    standing: list[Waiting] = []


class DelegationLine(Answer):
    """A delegation and how it stands."""

    id: Hex128
    delegation: Delegation
    statement: SignedStatement
    revoked: bool
    left: float


class Delegations(Answer):
    """What brands of a room delegated."""

    items: list[DelegationLine]


class WaitingTally(Answer):
    """A minute of which one side alone has spoken."""

    minute: Count
    party: str
    questions: Count


class Serving(Answer):
    """Where serving under one grant stands."""

    grant: Count
    number: Count
    closed: Count | None
    stopped: bool
    statement: SignedStatement
    waiting: list[WaitingTally]


class Servings(Answer):
    """Where serving stands in a room."""

    items: list[Serving]


class Ledger(Answer):
    """The ledger of a pair."""

    brand: str
    platform: str
    budget: float
    spent: float
    left: float
    spent_ever: float
    lifetime: float | None
    period: Count | None
    period_ends: int | None


class Budget(Answer):
    """The privacy budget of a room."""

    delta: float
    budget: float
    spent: float
    left: float
    spent_ever: float
    lifetime: float | None
    period: Count | None
    period_ends: int | None
    epsilon_spent: float
    pairs: list[Ledger]


class Entries(Answer):
    """Entries of a log; the verifier reads them by itself."""

    entries: list[dict[str, Any]]


class Found(Answer):
    """Entries that a search found, and below which index to go on."""

    entries: list[dict[str, Any]]
    size: Count
    next: Count | None


class Proof(Answer):
    """Hashes that prove something of a log."""

    proof: list[Hex256]


class Page(Answer):
    """One page of a list."""

    items: list[Any]
    next: str | None = None


Shape = type[Answer] | type[ReleaseDocument]
"""What an answer has to look like."""


def checked(shape: Shape, value: Any) -> dict[str, Any]:
    """Return what a mediator answered, as it is; raise ``PeerFault`` unless it has the shape."""
    try:
        shape.model_validate_json(json.dumps(value))
    except ValidationError as error:
        raise PeerFault(str(invalid_field("The mediator's answer", error))) from None
    found: dict[str, Any] = value
    return found
