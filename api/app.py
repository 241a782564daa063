"""Make the application: what happens to every request before and after its view."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any, Final

import structlog
from flask import Flask, Request, Response, current_app, g, request
from flask_openapi3.models.info import Info
from flask_openapi3.models.security_scheme import SecurityScheme
from flask_openapi3.openapi import OpenAPI
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException

from api import (
    alignments,
    audit,
    datasets,
    delegations,
    jobs,
    operations,
    problems,
    rooms,
    serving,
    standing,
)
from api.auth import REFUSAL, authenticate, check_digest, signer_of
from api.json_bodies import JsonBodies
from api.limits import RateLimit
from api.metrics import Metrics
from api.problems import TransportRefusal
from api.targets import check_target
from api.views import OCTETS
from api.wsgi import CALLER
from cleanroom.documents.statement import MOST_BYTES
from cleanroom.errors import CleanroomError, Unauthenticated
from cleanroom.mediator import Mediator
from cleanroom.mediator.access import Answer, OtherRequest, Proof
from cleanroom.mediator.log import rule_of
from cleanroom.mediator.ports import StorageFault
from cleanroom.mediator.trouble import cause_of, place_of
from protocols.errors import ProtocolError
from protocols.limits import CHUNK_BYTES

OPEN_ENDPOINTS: Final = frozenset(
    {"operations.healthz", "operations.readyz", "operations.metrics", "operations.openapi"}
)
"""What may be asked without a signature."""

DAY_SECONDS: Final = 86400

BYTES_A_TOKEN: Final = 4096
"""Bytes of JSON, which take time to read, for each further token of a key's rate."""

TRACE_BYTES: Final = 1024
"""Bytes on disk that an entry of the log or a remembered key takes beside what was sent."""

LEAVING: Final = frozenset(
    {"audit.list_entries", "audit.search_entries", "audit.show_checkpoint", "jobs.read_result"}
)
"""Readings that are entries in the log themselves, those of an auditor or of a result."""

METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"})
"""Methods that are named in counts and logs: anybody may invent others, a person's number too."""

JSON_BYTES: Final = 4 * MOST_BYTES
"""Most bytes of a request in JSON, which may spell a statement longer than its canonical form."""

SECURITY: Final[dict[str, SecurityScheme | dict[str, Any]]] = {
    "signature": {
        "type": "http",
        "scheme": "Signature",
        "description": "HTTP message signatures (RFC 9421) with Ed25519 over method, path, query, "
        "Content-Digest and Idempotency-Key.",
    }
}

_log: structlog.stdlib.BoundLogger = structlog.get_logger("cleanroom.api")


class _Application(OpenAPI):
    """Answer and log what fails while a request is refused, or leaves, as any other failure.

    The framework, and the server around it, would log the address and a stack.
    """

    def handle_exception(self, e: Exception) -> Response:
        """Return the answer to what no handler took, or what one failed on."""
        return self.finalize_request(_failed(e), from_error_handler=True)


def _failed(error: Exception) -> Response:
    if isinstance(error, StorageFault):
        _log.error("storage", request=g.get("request_id"), cause=cause_of(error))
        return problems.of_storage(error)
    _log.error("failure", request=g.get("request_id"), place=place_of(error))
    return problems.of_anything(error)


def create_app(mediator: Mediator) -> OpenAPI:
    """Return the application over a mediator; nothing is built when this module is imported."""

    def invalid(error: ValidationError) -> Response:
        _note(mediator, "invalid-input")
        return problems.of_validation(error)

    app = _Application(
        "cleanroom",
        info=Info(title="Clean room mediator", version="1"),
        doc_ui=False,
        security_schemes=SECURITY,
        validation_error_callback=invalid,
    )
    settings = mediator.context.settings
    app.extensions["mediator"] = mediator
    app.extensions["signer"] = signer_of(mediator)
    app.extensions["metrics"] = Metrics()
    app.extensions["rate"] = RateLimit(
        settings.requests_per_second, settings.request_burst, mediator.context.clock.elapsed
    )
    app.extensions["questions"] = RateLimit(
        settings.questions_per_second,
        max(1, int(settings.questions_per_second)),
        mediator.context.clock.elapsed,
    )
    app.extensions["kept"] = RateLimit(
        settings.kept_bytes / DAY_SECONDS, settings.kept_bytes, mediator.context.clock.elapsed
    )
    app.json = JsonBodies(app)
    for module in (
        *(rooms, delegations, datasets, alignments, jobs, standing),
        *(serving, audit, operations),
    ):
        app.register_api(module.blueprint)
    app.before_request(lambda: _enter(app, mediator))
    app.after_request(lambda response: _leave(app, mediator, response))
    _handle_errors(app, mediator)
    return app


def _enter(app: Flask, mediator: Mediator) -> Response | None:
    """Check form, signature, rate and digest, in this order; answer a repeated request."""
    g.request_id = secrets.token_hex(16)
    g.started = mediator.context.clock.elapsed()
    check_target(request)
    if request.endpoint in OPEN_ENDPOINTS:
        return None
    _check_form(mediator, request)
    proof = authenticate(mediator, request)
    request.environ[CALLER] = proof.fingerprint
    tokens = 1 + (request.content_length or 0) // BYTES_A_TOKEN * (request.mimetype != OCTETS)
    if not app.extensions["rate"].take(proof.fingerprint, tokens):
        raise TransportRefusal(429, "too many requests from one key", "rate")
    if _leaves_something(request) and not _may_keep(app, proof.fingerprint, request):
        text = "this key has used up what one key may leave in the mediator's logs in a day"
        raise TransportRefusal(429, text, "day-quota")
    body = request.get_data()
    try:
        check_digest(request, body)
        key = _idempotency_key(request)
    except TransportRefusal:
        g.caller, _ = mediator.access.enter(proof)
        raise
    return _admit(mediator, proof, key, body)


def _leaves_something(incoming: Request) -> bool:
    """Tell whether a request is kept for good or for days, whatever becomes of it."""
    said = incoming.method == "POST" and incoming.mimetype != OCTETS
    return said or incoming.endpoint in LEAVING


def _may_keep(app: Flask, fingerprint: str, incoming: Request | None = None) -> bool:
    """Take an entry, and what comes with it, from what one key may leave in a day."""
    sent = incoming.content_length or 0 if incoming else 0
    return bool(app.extensions["kept"].take(fingerprint, TRACE_BYTES + sent))


def _idempotency_key(incoming: Request) -> str | None:
    """Return the key under which the answer is kept; relayed bytes are numbered and need none."""
    key = incoming.headers.get("Idempotency-Key")
    if incoming.method != "POST" or key is None or incoming.mimetype == OCTETS:
        return None
    if not 0 < len(key) <= 128:
        raise TransportRefusal(400, "an Idempotency-Key has 1 to 128 characters")
    return key


def _admit(mediator: Mediator, proof: Proof, key: str | None, body: bytes) -> Response | None:
    """Use up the nonce; answer a request that had its answer before."""
    try:
        # Without a key nobody asks what the request was, and a body may have megabytes.
        g.caller, answer = mediator.access.enter(proof, key, _asked(body) if key else b"")
    except OtherRequest as refusal:
        g.caller = refusal.caller
        raise
    if answer is None:
        g.remember = key
        return None
    headers = {"Location": answer.location} if answer.location else {}
    return Response(answer.body, answer.status, headers, content_type="application/json")


def _asked(body: bytes) -> bytes:
    """Return what was asked for, and the body."""
    return f"{request.method} {request.full_path}\n".encode() + body


def _method() -> str:
    return request.method if request.method in METHODS else "other"


def _check_form(mediator: Mediator, incoming: Request) -> None:
    environ = incoming.environ
    if "HTTP_TRANSFER_ENCODING" in environ and incoming.headers.get("Content-Length"):
        raise TransportRefusal(400, "a request has one length")
    if incoming.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise TransportRefusal(415, "bodies are not compressed")
    if (incoming.content_length or 0) > _most_bytes(mediator, incoming):
        raise TransportRefusal(413, "the body is larger than this route accepts")


def _most_bytes(mediator: Mediator, incoming: Request) -> int:
    if incoming.endpoint == "datasets.create":
        return mediator.context.settings.document_bytes
    if incoming.mimetype != OCTETS:
        return JSON_BYTES
    if incoming.endpoint == "alignments.send_message":
        return mediator.context.settings.message_bytes
    return CHUNK_BYTES


def _leave(app: Flask, mediator: Mediator, response: Response) -> Response:
    try:
        response = _settle(mediator, response)
    except StorageFault as fault:
        response = _failed(fault)
    response.headers["X-Request-Id"] = g.get("request_id", "")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    route = str(request.url_rule) if request.url_rule else "unknown"
    seconds = mediator.context.clock.elapsed() - g.get("started", 0.0)
    method = _method()
    app.extensions["metrics"].answered(method, route, response.status_code, seconds)
    if response.status_code >= 400:
        _log.info(
            "refused",
            request=g.get("request_id"),
            method=method,
            route=route,
            status=response.status_code,
        )
    return response


def _settle(mediator: Mediator, response: Response) -> Response:
    """Return what the caller may still see, and remember it under its Idempotency-Key."""
    if "wait" in request.args and "caller" in g and not mediator.access.key(g.caller.fingerprint):
        # Revoked while its request waited: it sees nothing new.
        return problems.of_refusal(Unauthenticated(REFUSAL))
    key = g.pop("remember", None)
    # A statement's answer is kept with the statement, in the very same commit.
    if key is not None and response.status_code < 300 and not g.get("spoken"):
        answer = Answer(response.status_code, response.get_data(), response.headers.get("Location"))
        mediator.access.remember(g.caller, key, answer)
    return response


def _handle_errors(app: Flask, mediator: Mediator) -> None:
    def refusal(error: CleanroomError) -> Response:
        app.extensions["metrics"].refused(error.type)
        if not isinstance(error, Unauthenticated):
            _note(mediator, rule_of(error))
        return problems.of_refusal(error)

    def transport(error: TransportRefusal) -> Response:
        _note(mediator, error.rule or f"http-{error.status}")
        return problems.of_transport(error)

    def protocol(error: ProtocolError) -> Response:
        _note(mediator, "protocol")
        return problems.of_protocol(error)

    def http(error: HTTPException) -> Response:
        _note(mediator, f"http-{error.code}")
        return problems.of_http(error)

    app.register_error_handler(CleanroomError, refusal)
    app.register_error_handler(TransportRefusal, transport)
    app.register_error_handler(ProtocolError, protocol)
    app.register_error_handler(HTTPException, http)
    app.register_error_handler(Exception, _failed)


def _note(mediator: Mediator, rule: str) -> None:
    """Log the refusal of an authentic request; a statement's refusal has been logged already.

    A key that asks too often gets no entry each time, and one that has left many today gets none:
    it could fill the disk.  The metrics count what is left out.
    """
    if "caller" not in g or g.get("spoken") or rule == "rate":
        return
    if not (_leaves_something(request) or _may_keep(current_app, g.caller.fingerprint)):
        current_app.extensions["metrics"].unlogged.inc()
        return
    what = f"{_method()} {request.url_rule}"
    named = {**request.args.to_dict(), **(request.view_args or {})}
    sent = request.get_data()
    # With the signature: whoever reads the log could try every telephone number for the body.
    signature = request.headers["Signature"].encode()
    facts = {"sha256": hashlib.sha256(signature + _asked(sent)).hexdigest()} if sent else {}
    mediator.audit.note_refusal(g.caller, what, rule, named, facts)
