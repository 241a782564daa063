"""What every view needs: the mediator, the caller, and the two shapes of an answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from flask import Response, current_app, g, jsonify

from cleanroom import traces
from cleanroom.documents.statement import SignedStatement
from cleanroom.mediator import Mediator
from cleanroom.mediator.context import Caller
from cleanroom.mediator.pages import Page
from cleanroom.mediator.statements import Outcome

OCTETS = "application/octet-stream"


def mediator() -> Mediator:
    """Return the mediator that this application serves."""
    return cast(Mediator, current_app.extensions["mediator"])


def caller() -> Caller:
    """Return who signed the request."""
    return cast(Caller, g.caller)


def said(take: Callable[..., Outcome], *arguments: Any) -> Response:
    """Pass a statement on and answer with its outcome; its refusal logs itself."""
    g.spoken = True
    outcome = take(caller(), *arguments)
    for signed in arguments:
        if isinstance(signed, SignedStatement) and signed.statement.kind.startswith("job."):
            job = str(outcome.body["resource"].get("id", ""))
            traces.moment(job, f"mediator {signed.statement.kind}")
    response = jsonify(outcome.body)
    response.status_code = outcome.status
    if outcome.location is not None:
        response.headers["Location"] = outcome.location
    return response


def stored(is_new: bool) -> Response:
    """Acknowledge bytes that are on disk: 201 if they are new, 200 if they were there."""
    response = jsonify({"stored": True})
    response.status_code = 201 if is_new else 200
    return response


def octets(data: bytes) -> Response:
    """Answer with bytes."""
    return Response(data, content_type=OCTETS)


def page(found: Page) -> Response:
    """Answer with one page of a list."""
    return jsonify({"items": found.items, "next": found.next})
