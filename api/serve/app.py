"""Questions and tables over HTTP.  What a question is about is blinded; nothing of it is logged."""

from __future__ import annotations

import binascii
import secrets
import time
from base64 import b64decode
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from flask import Flask, Response, g, jsonify, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from werkzeug.exceptions import HTTPException

from api import problems
from api.views import OCTETS, octets
from cleanroom.agent.serving import wire
from cleanroom.agent.serving.answer import Answerer, OldPublication
from cleanroom.agent.serving.figures import is_near
from cleanroom.errors import BudgetExhausted, CleanroomError, Unauthenticated
from protocols.limits import VOPRF_BATCH

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_SIGNATURE: Final = f"HTTP_{wire.SIGNATURE_HEADER.upper().replace('-', '_')}"

MOST_BYTES: Final = wire.HEAD_BYTES + 32 * (VOPRF_BATCH + 1)
"""One element more than is answered, so that too large a batch is refused as what it is."""


class Figures:
    """What Prometheus reads: how many were asked and how long it took, never what was answered."""

    def __init__(self, answerer: Answerer, clock: Callable[[], float]) -> None:
        self.registry = CollectorRegistry()
        self.questions = Counter(
            "cleanroom_serving_questions_total",
            "People who were asked about and answered for.",
            registry=self.registry,
        )
        self.refused = Counter(
            "cleanroom_serving_refused_total",
            "Requests that were refused, by rule.",
            ["rule"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "cleanroom_serving_seconds",
            "Time of an answered request.",
            buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 1),
            registry=self.registry,
        )
        share = Gauge(
            "cleanroom_serving_day_quota_used",
            "Share of the day's quota that is used, 0 to 1.",
            registry=self.registry,
        )
        share.set_function(lambda: used_of_day(answerer, clock))


def used_of_day(answerer: Answerer, clock: Callable[[], float]) -> float:
    """Return the share of the day's quota that is used."""
    return answerer.counts.of_day(answerer.place, clock()) / answerer.terms.per_day


def create_app(answerer: Answerer, clock: Callable[[], float] = time.time) -> Flask:
    """Return the application over one grant."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MOST_BYTES
    figures = Figures(answerer, clock)

    @app.before_request
    def enter() -> None:
        g.request_id = secrets.token_hex(16)

    def answer(body: bytes, signature: str) -> bytes:
        began = time.monotonic()
        found = answerer.answer(body, _decoded(signature))
        figures.questions.inc((len(body) - wire.HEAD_BYTES) // 32)
        figures.seconds.observe(time.monotonic() - began)
        return found

    @app.post("/v1/ask")
    def ask() -> Response:
        return _named(octets(answer(request.get_data(), _signature())), answerer.current)

    @app.post("/v1/table")
    def table() -> Response:
        return octets(answerer.table(request.get_data(), _decoded(_signature())))

    @app.get("/v1/healthz")
    def healthz() -> Response:
        used = used_of_day(answerer, clock)
        found = {"ok": True, "day_quota_used": round(used, 4), "near_quota": is_near(used)}
        try:
            answerer.check_open()
        except CleanroomError as error:
            response = jsonify({**found, "ok": False, "reason": error.sentence})
            response.status_code = 503
            return response
        return jsonify(found)

    @app.get("/v1/metrics")
    def metrics() -> Response:
        return Response(generate_latest(figures.registry), content_type=CONTENT_TYPE_LATEST)

    def refuse(error: CleanroomError) -> Response:
        figures.refused.labels(str(getattr(error, "rule", error.type.rpartition(":")[2]))).inc()
        if isinstance(error, BudgetExhausted):
            return problems.problem(429, error.type, error.title, error.sentence, rule=error.rule)
        response = problems.of_refusal(error)
        return _named(response, error.current if isinstance(error, OldPublication) else "")

    framework = app.wsgi_app

    def quickly(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a question without the framework, which takes as long as the arithmetic.

        What is refused, and what is not a question by its size, is answered as ever.
        """
        size = environ.get("CONTENT_LENGTH", "")
        asks = (environ["REQUEST_METHOD"], environ["PATH_INFO"]) == ("POST", "/v1/ask")
        if not (asks and size.isdecimal() and wire.HEAD_BYTES <= int(size) <= MOST_BYTES):
            return framework(environ, start_response)
        try:
            body = environ["wsgi.input"].read(int(size))
            found = answer(body, environ.get(_SIGNATURE, ""))
        except Exception as error:
            with app.request_context(environ):
                enter()
                refusal = app.make_response(app.handle_user_exception(error))
                return refusal(environ, start_response)
        named = [(wire.CURRENT_HEADER, answerer.current)] if answerer.current else []
        head = [("Content-Type", OCTETS), ("Content-Length", str(len(found))), *named]
        start_response("200 OK", head)
        return [found]

    app.wsgi_app = quickly  # type: ignore[method-assign]
    app.register_error_handler(CleanroomError, refuse)
    app.register_error_handler(HTTPException, problems.of_http)
    app.register_error_handler(Exception, problems.of_anything)
    return app


def _named(response: Response, publication: str) -> Response:
    if publication:
        response.headers[wire.CURRENT_HEADER] = publication
    return response


def _signature() -> str:
    return request.headers.get(wire.SIGNATURE_HEADER, "")


def _decoded(signature: str) -> bytes:
    try:
        return b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        raise Unauthenticated("the request is not authenticated") from None
