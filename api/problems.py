"""The one table from a failure to its HTTP status, and the one shape of a refusal (RFC 9457)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from flask import Response, g, json
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException

from cleanroom.documents.document import invalid_field
from cleanroom.errors import (
    AuditFailure,
    BudgetExhausted,
    CleanroomError,
    Conflict,
    InvalidInput,
    NotFound,
    PeerFault,
    PolicyRefusal,
    Unaligned,
    Unauthenticated,
    Unreachable,
)
from cleanroom.mediator.ports import StorageFault
from cleanroom.mediator.statements import SequenceConflict
from protocols.errors import ProtocolError

MEDIA_TYPE: Final = "application/problem+json"

STATUS: Final[dict[type[CleanroomError], int]] = {
    InvalidInput: 422,
    Unaligned: 422,
    PeerFault: 422,
    PolicyRefusal: 403,
    BudgetExhausted: 403,
    NotFound: 404,
    Conflict: 409,
    SequenceConflict: 409,
    Unauthenticated: 401,
    Unreachable: 503,
    AuditFailure: 500,
    CleanroomError: 500,
}

CAPS: Final = {
    "alignments-max": 429,
    "rows-max": 429,
    "rooms-waiting": 429,
    "relay-full": 429,
    "quota": 413,
}
"""Rules that count something: what they refuse is too much or too large, not forbidden."""

RETRY_SECONDS: Final = {"relay-full": 1, "rate": 1}
"""Where waiting helps, for how long."""

_BY_STATUS: Final = {
    400: ("urn:cleanroom:problem:bad-request", "The request cannot be read"),
    404: ("urn:cleanroom:problem:not-found", "Not found"),
    405: ("urn:cleanroom:problem:method", "Method not allowed"),
    413: ("urn:cleanroom:problem:too-large", "The body is too large"),
    415: ("urn:cleanroom:problem:encoding", "The encoding of the body is not supported"),
    429: ("urn:cleanroom:problem:too-many-requests", "Too many requests"),
    503: ("urn:cleanroom:problem:unavailable", "The mediator cannot do this right now"),
}


class TransportRefusal(Exception):  # noqa: N818 - names say what happened, not "Error"
    """Refuse a request for its form, before anybody looks at what it says."""

    def __init__(self, status: int, detail: str, rule: str | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.rule = rule


def request_id() -> str:
    """Return what the log calls the request at hand; empty outside one."""
    return str(g.get("request_id", ""))


def problem(
    status: int,
    kind: str,
    title: str,
    detail: str,
    headers: dict[str, str] | None = None,
    **members: Any,
) -> Response:
    """Return a problem document; members that are None are left out."""
    document = {
        "type": kind,
        "title": title,
        "status": status,
        "detail": detail,
        "instance": f"urn:cleanroom:request:{request_id()}",
    }
    document |= {name: value for name, value in members.items() if value is not None}
    response = Response(json.dumps(document), status, headers, content_type=MEDIA_TYPE)
    rule = members.get("rule")
    if status == 401:
        response.headers["WWW-Authenticate"] = "Signature"
    if rule in RETRY_SECONDS:
        response.headers["Retry-After"] = str(RETRY_SECONDS[rule])
    return response


def of_refusal(error: CleanroomError) -> Response:
    """Turn a refusal into its document."""
    rule = getattr(error, "rule", None)
    status = CAPS.get(str(rule)) or STATUS[_nearest(type(error))]
    members: dict[str, Any] = {"rule": rule}
    if isinstance(error, InvalidInput):
        members["row"] = error.row
    if isinstance(error, SequenceConflict):
        members["expected_sequence"] = error.expected_sequence
        members["expected_previous"] = error.expected_previous
    return problem(status, error.type, error.title, error.sentence, **members)


def of_protocol(error: ProtocolError) -> Response:
    """Turn a fault in what a peer sent into its document."""
    members = {"row": getattr(error, "index", None)}
    return problem(422, InvalidInput.type, InvalidInput.title, str(error), **members)


def of_transport(error: TransportRefusal) -> Response:
    """Turn a refusal of a request's form into its document."""
    kind, title = _BY_STATUS[error.status]
    return problem(error.status, kind, title, error.detail, rule=error.rule)


def of_storage(_error: StorageFault) -> Response:
    """Say that nothing was done and that it may work later."""
    kind, title = _BY_STATUS[503]
    return problem(503, kind, title, "nothing was done; try again", {"Retry-After": "1"})


def of_http(error: HTTPException) -> Response:
    """Turn the framework's own refusals into documents."""
    status = error.code or 500
    kind, title = _BY_STATUS.get(status, ("urn:cleanroom:problem:http", HTTPStatus(status).phrase))
    return problem(status, kind, title, title)


def of_validation(error: ValidationError) -> Response:
    """Name the first field of a request that is not as described, never its value."""
    return of_refusal(invalid_field("request", error))


def of_anything(_error: Exception) -> Response:
    """Say nothing of a failure of ours but its request's identifier."""
    detail = f"the request failed here; the operator's messages list it as request {request_id()}"
    return problem(500, CleanroomError.type, CleanroomError.title, detail)


def _nearest(kind: type[CleanroomError]) -> type[CleanroomError]:
    return next(base for base in kind.__mro__ if base in STATUS)
