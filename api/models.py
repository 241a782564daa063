"""Describe requests: paths, queries and bodies, strictly."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from flask_openapi3.models import RawModel
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from cleanroom.documents.document import Hex128, Name, Positive
from cleanroom.documents.job import JobDocument
from cleanroom.documents.serving import Place
from cleanroom.documents.statement import SignedStatement
from cleanroom.room.states import AlignmentState, JobState

Number = Annotated[int, Field(ge=0, lt=1 << 40)]
Wait = Annotated[float, Field(ge=0, le=60, allow_inf_nan=False)]

_schemas: dict[type[BaseModel], dict[str, Any]] = {}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")

    @classmethod
    def model_json_schema(cls, *arguments: Any, **options: Any) -> dict[str, Any]:
        """Describe the model; the plain description, asked for with every query, is made once."""
        if arguments or options:
            return super().model_json_schema(*arguments, **options)
        if cls not in _schemas:
            _schemas[cls] = super().model_json_schema()
        return _schemas[cls]


class StatementRequest(_Strict):
    """A signed statement, and what is too large to be part of it."""

    statement: SignedStatement
    attachment: dict[str, Any] | None = None


class PreviewRequest(_Strict):
    """A job that is not asked yet."""

    # A list of JSON is a tuple of a document: it is read as the text that it came from.
    job: Annotated[JobDocument, BeforeValidator(JobDocument.from_json)]


class RoomPath(_Strict):
    """Name a room."""

    room: Hex128


class DatasetPath(_Strict):
    """Name a dataset."""

    dataset: Hex128


class ChunkPath(DatasetPath):
    """Name a chunk of a dataset."""

    number: Number


class AlignmentPath(_Strict):
    """Name an alignment."""

    alignment: Hex128


class TokensPath(AlignmentPath):
    """Name a chunk of the tokens of a pair of datasets."""

    brand_dataset: Hex128
    platform_dataset: Hex128
    number: Number


class AlignedRowsPath(AlignmentPath):
    """Name a chunk of a dataset's rows in the order of an alignment."""

    dataset: Hex128
    number: Number


class DelegationPath(_Strict):
    """Name a delegation."""

    delegation: Hex128


class JobPath(_Strict):
    """Name a job."""

    job: Hex128


class JobRowsPath(JobPath):
    """Name a chunk of a job's rows."""

    number: Number


class JobMessagePath(JobPath):
    """Name a chunk of a job's message."""

    kind: Name
    number: Number


class StandingPath(_Strict):
    """Name a standing question."""

    standing: Hex128


class CursorQuery(_Strict):
    """Go on with a list."""

    cursor: str | None = Field(default=None, max_length=64)


class RoomQuery(_Strict):
    """Choose a room."""

    room: Hex128


class QuestionsQuery(RoomQuery):
    """Choose a grant of serving, and how long to wait for the other end."""

    grant: Place
    wait: Wait = 0.0


class RoomListQuery(RoomQuery, CursorQuery):
    """Go on with a list of a room."""


class JobListQuery(RoomListQuery):
    """Choose jobs of one state, and which come first."""

    state: Annotated[str | None, Field(pattern=r"^[A-Z_]{1,32}$")] = None
    order: Literal["oldest", "newest"] = "oldest"


class SendQuery(_Strict):
    """Place a message in the outbox of an attempt; with ``after`` take the peer's as well."""

    attempt: Positive
    sequence: Number
    after: Number | None = None
    wait: Wait = 0.0


class ReceiveQuery(_Strict):
    """Ask for the peer's message of a number, and confirm all before it."""

    attempt: Positive
    after: Number = 0
    wait: Wait = 0.0


class EventsQuery(_Strict):
    """Ask for events from a number on."""

    after: Number = 0
    wait: Wait = 0.0


class AlignmentQuery(_Strict):
    """Let the answer be held back while an alignment is in a state, at the same attempt."""

    state: AlignmentState | None = None
    wait: Wait = 0.0


class JobQuery(_Strict):
    """Let the answer be held back while a job is in a state."""

    state: JobState | None = None
    wait: Wait = 0.0


class WaitQuery(_Strict):
    """Let the answer be held back."""

    wait: Wait = 0.0


class ResultQuery(_Strict):
    """Choose a part of a result."""

    part: Literal["release", "people", "measures", "matched", "passed"]


class EntriesQuery(RoomQuery):
    """Choose entries of a log."""

    start: Number = Field(default=0, alias="from")
    limit: int = Field(default=500, ge=1, le=1000)


class SearchQuery(RoomQuery):
    """Choose entries of a log by what they are; each part that is left out lets all through."""

    kind: str = Field(default="", max_length=64)
    party: str = Field(default="", max_length=64)
    outcome: str = Field(default="", max_length=16)
    job: str = Field(default="", max_length=32)
    text: str = Field(default="", max_length=200)
    before: Number | None = None
    limit: int = Field(default=100, ge=1, le=500)


class InclusionQuery(RoomQuery):
    """Choose an entry and a tree."""

    index: Number
    size: Number


class ConsistencyQuery(RoomQuery):
    """Choose two trees."""

    first: Number
    second: Number


class OctetStream(RawModel):
    """Take bytes as they are."""

    mimetypes = ["application/octet-stream"]
