"""The door of a console: who comes in by a link or by a provider, and what is noted of whom."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from typing import Any, Final, cast
from urllib.parse import urlsplit

import structlog
from flask import (
    Flask,
    Response,
    current_app,
    g,
    make_response,
    redirect,
    render_template,
    request,
)

from api.console import roles
from api.console.links import Ticket
from api.console.people import Person
from api.console.provider import BEGUN_SECONDS, REFUSAL, Provider
from api.console.sessions import LONGEST_SECONDS, Session, Sessions
from cleanroom.agent.acts import Act, Outcome
from cleanroom.errors import CleanroomError, PolicyRefusal, Unauthenticated
from cleanroom.identifier import PATTERN

BACK: Final = "/sign-in/callback"

NOTED: Final = frozenset(
    ("jobs.download", "models.download_models", "plan.download_plan", "export.download")
)
"""What is noted beside every form: an answer, or people, leaving the console."""

_BUTTON: Final = re.compile(r"[a-z_-]{1,32}")
_JOB_PAGE: Final = re.compile(rf"/questions/({PATTERN})$")

_log: structlog.stdlib.BoundLogger = structlog.get_logger("cleanroom.console")


def _nothing(_act: Act) -> None:
    """Note nothing: a mediator's console changes nothing, and its log names parties alone."""


@dataclass(frozen=True)
class Door:
    """How one console lets people in.

    ``check`` reads a ticket and uses it up; ``entered`` returns the name and leaves the entry.
    ``hosts`` are the names under which the console answers, empty for any.  ``public`` is the
    address that browsers know where a proxy stands before the console, empty where none does.
    ``known`` says who somebody is whom ``provider`` let in; ``note`` writes an act down before it
    is done.
    """

    check: Callable[[str], Ticket]
    entered: Callable[[Ticket], str]
    command: str
    hosts: Set[str] = frozenset()
    public: str = ""
    provider: Provider | None = None
    known: Callable[[Mapping[str, Any]], Person] | None = None
    note: Callable[[Act], None] = _nothing

    @property
    def secure(self) -> bool:
        """Tell whether browsers come over TLS; what a request's headers say of it is not asked."""
        return self.public.startswith("https://")


@dataclass(frozen=True)
class Parts:
    """What a console's frame works with; ``kind`` is party, mediator or bundle."""

    kind: str
    door: Door
    sessions: Sessions


def parts() -> Parts:
    """Return the parts of the console that serves this request."""
    return cast(Parts, current_app.extensions["console"])


def add(app: Flask, door: Door) -> None:
    """Give a console its door."""
    app.add_url_rule("/sign-in", "sign_in", _sign_in)
    app.add_url_rule("/sign-in", "sign_in_now", _sign_in_now, methods=["POST"])
    app.add_url_rule("/sign-out", "sign_out", _sign_out, methods=["POST"])
    if door.provider is not None:
        app.add_url_rule("/sign-in/provider", "sign_in_elsewhere", _sign_in_elsewhere)
        app.add_url_rule(BACK, "sign_in_back", _sign_in_back)


def cookie() -> str:
    """Name the cookie by the port: browsers share cookies between the ports of a machine."""
    return f"cleanroom-{parts().kind}-{urlsplit(request.host_url).port or 0}"


def closed() -> dict[str, Any]:
    """Return what keeps a cookie from scripts, from other sites and from open lines."""
    secure = parts().door.secure or request.is_secure
    return {"httponly": True, "samesite": "Strict", "secure": secure}


def page(ticket: str) -> str:
    """Return the page at the door: a button for a link's ticket, or how to come by one."""
    door = parts().door
    by_provider = door.provider is not None
    return render_template(
        "sign_in.html", ticket=ticket, command=door.command, provider=by_provider
    )


def let_through(session: Session, endpoint: str) -> None:
    """Raise ``PolicyRefusal`` for what the session's roles do not open, and note what is done.

    Nothing is done that could not be noted.
    """
    try:
        roles.check_role(endpoint, session.roles)
    except PolicyRefusal:
        _note(session, endpoint, "refused")
        raise
    if request.method == "POST" or endpoint in NOTED:
        g.noted = endpoint
        _note(session, endpoint, "begun")


def note_end(response: Response) -> None:
    """Note how what was begun ended, with the question that came of it."""
    if "noted" in g:
        done = "done" if response.status_code < 400 else "refused"
        outcome: Outcome = "failed" if response.status_code >= 500 else cast(Outcome, done)
        asked = _JOB_PAGE.search(response.headers.get("Location", ""))
        _note(g.session, g.pop("noted"), outcome, {"job": asked[1]} if asked else {})


def _note(
    session: Session, act: str, outcome: Outcome, more: Mapping[str, str] | None = None
) -> None:
    about = {name: str(value)[:64] for name, value in (request.view_args or {}).items()}
    button = request.form.get("action", "") if request.method == "POST" else ""
    if _BUTTON.fullmatch(button):
        about["action"] = button
    parts().door.note(
        Act(session.name, session.subject, act, outcome, g.request_id, about | dict(more or {}))
    )


def _sign_in() -> Any:
    """Show a button: a program that only looks at links must not use the ticket up."""
    return page(request.args.get("ticket", ""))


def _sign_in_now() -> Any:
    door = parts().door
    ticket = door.check(request.form.get("ticket", ""))
    session = _open(ticket.key, door.entered(ticket), None)
    return _with_cookie(redirect(request.script_root + "/"), session)


def _open(key: str, name: str, person: Person | None) -> Session:
    """Begin a session in the place of the one that this browser had."""
    sessions = parts().sessions
    if g.session is not None:
        sessions.close(g.session)
    session = sessions.open(key, name, person)
    try:
        _note(session, "sign_in", "done", {"roles": " ".join(sorted(session.roles))})
    except OSError:
        sessions.close(session)
        raise
    _log.info("signed in", by="provider" if person else "link")
    return session


def _with_cookie(answer: Any, session: Session) -> Response:
    response = make_response(answer)
    response.set_cookie(
        cookie(),
        session.token,
        max_age=LONGEST_SECONDS,
        path=request.script_root + "/",
        **closed(),
    )
    return response


def _provider() -> tuple[Provider, Callable[[Mapping[str, Any]], Person], str]:
    """Return the provider, who its people are here, and where it sends them back to."""
    door = parts().door
    if door.provider is None or door.known is None:
        raise Unauthenticated(REFUSAL)
    here = door.public.rstrip("/") or request.host_url.rstrip("/").removesuffix(request.script_root)
    return door.provider, door.known, f"{here}{request.script_root}{BACK}"


def _begun() -> tuple[str, dict[str, Any]]:
    """Return the name and the keeping of the cookie of whoever is at the provider.

    The browser comes back from another site, and must bring it.
    """
    keeping = {**closed(), "samesite": "Lax", "path": f"{request.script_root}/sign-in"}
    return f"{cookie()}-begun", keeping


def _sign_in_elsewhere() -> Any:
    provider, _, back = _provider()
    url, begun = provider.begin(back)
    name, keeping = _begun()
    response = redirect(url)
    response.set_cookie(name, begun, max_age=BEGUN_SECONDS, **keeping)
    return response


def _sign_in_back() -> Any:
    """Open a session for whom the provider sent back, and lead on by a page.

    A redirect would still be the other site's, as RFC 6265bis counts them, and a browser that does
    so leaves the session's cookie behind.
    """
    provider, known, back = _provider()
    name, keeping = _begun()
    begun = request.cookies.get(name, "")
    claims = provider.end(begun, request.args.to_dict(), back)
    parts().sessions.use_up(begun)
    try:
        person = known(claims)
    except CleanroomError:
        _log.info("signed in without a role")
        raise
    session = _open(person.fingerprint, person.name, person)
    page = render_template("signed_in.html", name=person.name, roles=sorted(person.roles))
    response = _with_cookie(page, session)
    response.delete_cookie(name, **keeping)
    return response


def _sign_out() -> Any:
    parts().sessions.close(g.session)
    _note(g.session, "sign_out", "done")
    _log.info("signed out")
    response = make_response(redirect(request.script_root + "/sign-in"))
    response.delete_cookie(cookie(), path=request.script_root + "/", **closed())
    return response
