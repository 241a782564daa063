"""Answer what the mediator passes on: this program asks it for questions, nobody connects here."""

from __future__ import annotations

import time
from base64 import b64encode
from threading import Event
from typing import Final

import structlog
from flask import Flask
from werkzeug.test import Client

from api.views import OCTETS
from cleanroom.agent.serving import wire
from cleanroom.agent.serving.answer import Answerer
from cleanroom.errors import CleanroomError

CONNECTIONS: Final = 8
"""Questions that a home asks for at a time: as many may wait under a grant at the mediator."""

POLL_SECONDS: Final = 5
"""How long the mediator holds such a request back; one that nobody is behind any more takes a
question with it, so not for long."""

PAUSE_SECONDS: Final = 1.0

_log: structlog.stdlib.BoundLogger = structlog.get_logger("cleanroom.serve")


def answer_passed(answerer: Answerer, app: Flask, ended: Event) -> None:
    """Take one question after the other from the mediator, and bring each reply with the next."""
    reply = b""
    while not ended.is_set():
        began = time.monotonic()
        found = _next(answerer, reply)
        reply = b"" if found is None else found[:16] + reply_to(answerer, app, found[16:])
        # What comes back at once with nothing was refused, or found no place to wait.
        if found is None and time.monotonic() - began < PAUSE_SECONDS:
            ended.wait(PAUSE_SECONDS)


def _next(answerer: Answerer, reply: bytes) -> bytes | None:
    """Return the next question behind its ticket, None if none came."""
    room = answerer.room
    try:
        answerer.check_open()
    except CleanroomError:
        return None  # the health page says why
    try:
        return room.client.next_question(room.identity, answerer.place, reply, POLL_SECONDS)
    except CleanroomError as error:
        _log.warning("refused", step="passed", problem=error.type, why=error.sentence)
    except Exception as error:
        _log.error("failed", step="passed", problem=type(error).__name__)
    return None


def reply_to(answerer: Answerer, app: Flask, passed: bytes) -> bytes:
    """Answer a question as if it had come straight here: the same checks, counts and figures."""
    piece, signature, question = wire.read_passed(passed)
    response = Client(app).post(
        "/v1/table" if piece else "/v1/ask",
        data=question,
        content_type=OCTETS,
        headers={wire.SIGNATURE_HEADER: b64encode(signature).decode()},
    )
    content, current = response.data, response.headers.get(wire.CURRENT_HEADER, "")
    if piece and response.status_code == 200:
        content = content[(piece - 1) * wire.PIECE_BYTES : piece * wire.PIECE_BYTES]
    key = answerer.room.home.signing
    return wire.write_reply(key, passed, response.status_code, current, content)
