"""Look at one room's log offline, from a bundle: the auditor's pages without a mediator."""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Set
from typing import Any

from flask import Blueprint, Flask, redirect

from api.console import audit
from api.console.entrance import Door
from api.console.frame import create_frame
from api.console.links import REFUSAL, TICKET_SECONDS, Ticket
from api.console.logs import FileLog, Log
from api.console.sessions import Sessions
from cleanroom.audit.bundle import Bundle
from cleanroom.errors import NotFound, Unauthenticated


def create_bundle_console(bundle: Bundle, secret: str, hosts: Set[str] = frozenset()) -> Flask:
    """Return the auditor's pages over a bundle; ``secret`` is the ticket of the printed link.

    There is no key to sign with, so the link holds a random secret, good once and not for long.
    """
    sessions, began = Sessions(time.monotonic), time.monotonic()
    log, room = FileLog(bundle), bundle.agreement.identity()

    def check(text: str) -> Ticket:
        late = time.monotonic() - began > TICKET_SECONDS
        if not hmac.compare_digest(text.encode(), secret.encode()) or late:
            raise Unauthenticated(REFUSAL)
        sessions.use_up(secret)
        nonce = secrets.token_hex(16)
        return Ticket(audience="bundle", key=nonce, created=int(time.time()), nonce=nonce)

    def find(asked: str) -> Log:
        if asked != room:
            raise NotFound("The bundle is of another room.")
        return log

    pages = Blueprint("bundle", __name__)

    def lead() -> Any:
        return redirect(f"/rooms/{room}/log")

    pages.add_url_rule("/", "index", lead)
    pages.add_url_rule("/rooms/<asked>", "show_room", lambda asked: lead())  # noqa: ARG005
    app = create_frame(
        "bundle", Door(check, lambda _ticket: "auditor", "cleanroom console audit", hosts), sessions
    )
    app.extensions["log"] = find
    app.register_blueprint(pages)
    app.register_blueprint(audit.blueprint)
    return app
