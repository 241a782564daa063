"""The mediator's console: rooms, approvals, budgets, jobs and the log; no number of a result."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final, cast

from flask import Blueprint, Flask, current_app, redirect, render_template, request
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from api.console import audit, roles
from api.console.entrance import Door
from api.console.frame import create_frame, session
from api.console.links import Ticket, read_ticket
from api.console.logs import Log, StoredLog
from api.console.people import People, Person
from api.console.provider import Provider
from api.console.sessions import Sessions
from api.limits import RateLimit
from api.problems import TransportRefusal
from cleanroom.errors import InvalidInput, Unauthenticated
from cleanroom.mediator import Mediator
from cleanroom.mediator import log as service_log
from cleanroom.mediator.access import Proof
from cleanroom.mediator.context import LOBBY, Caller, Membership, membership
from cleanroom.mediator.pages import Page
from cleanroom.room.states import JobState

blueprint = Blueprint("mediator", __name__)

MOUNT = "/console"
PAGES_PER_SECOND, PAGES_AT_ONCE = 10.0, 200
"""What one key may ask of the pages, in whatever number of sessions."""

COSTS: Final = {"audit.list_entries": 5, "audit.show_chain": 5, "audit.report": 50}
"""Pages that take as much work as several others."""

SIGN_IN_COST: Final = 10
"""Each leaves an entry in the log."""


def audience(mediator_key: str) -> str:
    """Return whom a ticket for a mediator's console is for."""
    return f"mediator:{mediator_key}"


def create_mediator_console(
    mediator: Mediator, people: People | None = None, secret: str | None = None
) -> Flask:
    """Return the console of a mediator, for whoever it has admitted.

    ``people`` says who may come by an account elsewhere, with the console's ``secret`` there.
    Raises ``InvalidInput`` if the mediator has no public address to send them back to.
    """
    context = mediator.context
    if people is not None and not context.settings.public_url:
        sentence = "Sign-in by a provider needs the address that browsers use."
        raise InvalidInput(sentence, remedy="Set CLEANROOM_PUBLIC_URL.")
    rate = RateLimit(PAGES_PER_SECOND, PAGES_AT_ONCE, context.clock.elapsed)
    own = audience(context.key.verifying_key.raw.hex())

    def check(text: str) -> Ticket:
        ticket = read_ticket(text, own, mediator.access.key, context.seconds())
        _take(rate, ticket.key, SIGN_IN_COST)
        mediator.access.enter(Proof(ticket.key, f"console-{ticket.nonce}", ticket.created))
        return ticket

    def enter(key: str, how: str) -> str:
        name = _name(mediator, key)
        with context.store.write(LOBBY) as transaction:
            service_log.append(
                transaction, context, LOBBY, kind="audit.read", actor=name,
                facts={"console": how},
            )  # fmt: skip
        return name

    def known(claims: Mapping[str, Any]) -> Person:
        """The log says of whose side somebody came by a provider, and not who."""
        person = cast(People, people).at_mediator(claims)
        _take(rate, person.fingerprint, SIGN_IN_COST)
        enter(person.fingerprint, "sign-in-by-provider")
        return person

    door = Door(
        check,
        lambda ticket: enter(ticket.key, "sign-in"),
        "cleanroom console login --mediator",
        public=context.settings.public_url,
        provider=Provider(people, secret) if people else None,
        known=known if people else None,
    )
    app = create_frame("mediator", door, Sessions(time.monotonic))
    app.extensions["mediator"] = mediator
    app.extensions["rate"] = rate
    app.extensions["log"] = _log
    app.register_blueprint(blueprint)
    app.register_blueprint(audit.blueprint)
    return app


def with_console(
    app: Flask, mediator: Mediator, people: People | None = None, secret: str | None = None
) -> Flask:
    """Serve the console beside the interface, under ``/console``, and return the application."""
    console = create_mediator_console(mediator, people, secret)
    app.wsgi_app = DispatcherMiddleware(  # type: ignore[method-assign]
        app.wsgi_app, {MOUNT: console.wsgi_app}
    )
    return app


def _name(mediator: Mediator, fingerprint: str) -> str:
    with mediator.context.store.read() as transaction:
        row = transaction.get("parties", fingerprint=fingerprint, revoked=0)
    if row is None:
        raise Unauthenticated("the key was revoked")
    return str(row["name"])


def _take(rate: RateLimit, key: str, cost: int) -> None:
    if not rate.take(key, cost):
        raise TransportRefusal(429, "too many requests from one key; wait a few seconds", "rate")


@blueprint.before_app_request
def _still_admitted() -> None:
    """End the session of a key that was revoked since, and slow one down that asks much."""
    if request.endpoint in roles.OPEN or session() is None:
        return
    if _mediator().access.key(session().fingerprint) is None:
        raise Unauthenticated("the key was revoked")
    _take(
        current_app.extensions["rate"], session().fingerprint, COSTS.get(request.endpoint or "", 1)
    )


def _mediator() -> Mediator:
    return cast(Mediator, current_app.extensions["mediator"])


def _caller() -> Caller:
    return Caller(session().fingerprint, session().name)


def _place(room: str) -> Membership:
    """Return the caller's place in a room; the room's log says once a session who looks."""
    context = _mediator().context
    with context.store.read() as transaction:
        place = membership(transaction, _caller(), room)
    if room not in session().rooms:
        session().rooms.add(room)
        with context.store.write(room) as transaction:
            service_log.append(
                transaction, context, room, kind="audit.read", actor=place.party,
                facts={"console": "session"},
            )  # fmt: skip
    return place


def _log(room: str) -> Log:
    return StoredLog(_mediator().context, _place(room).first)


@blueprint.get("/")
def index() -> str:
    """List the rooms of whoever is signed in."""
    found = _mediator().rooms.listing(_caller(), request.args.get("cursor"))
    return render_template("mediator/rooms.html", rooms=found.items, following=found.next)


@blueprint.get("/rooms/<room>")
def show_room(room: str) -> str:
    """Show what a room allows, who signed it and what was spent."""
    place, mediator = _place(room), _mediator()
    return render_template(
        "mediator/room.html",
        **_frame(room, place),
        state=place.room["state"],
        members=mediator.rooms.members(_caller(), room),
        budget=mediator.budgets.show(_caller(), room),
        cosignatures=mediator.audit.cosignatures(_caller(), room),
        jobs=_jobs(room, "", None).items[:5],
    )


@blueprint.get("/rooms/<room>/questions")
def list_jobs(room: str) -> str:
    """List the questions of a room, the newest first, without any answer."""
    place = _place(room)
    wanted = request.args.get("state", "")
    found = _jobs(room, wanted, request.args.get("before"))
    return render_template(
        "mediator/jobs.html",
        **_frame(room, place),
        items=found.items,
        following=found.next,
        wanted=wanted,
        states=list(JobState),
    )


@blueprint.get("/rooms/<room>/questions/<job>")
def show_job(room: str, job: str) -> Any:
    """Lead to the job's chain in the log, which is all that the mediator shows of a job."""
    _place(room)
    return redirect(f"{request.script_root}/rooms/{room}/log/jobs/{job}")


def _jobs(room: str, state: str, cursor: str | None) -> Page:
    """Return a page of the questions that are the caller's, from the newest on."""
    return _mediator().jobs.listing(_caller(), room, state or None, cursor, newest=True)


def _frame(room: str, place: Membership) -> dict[str, Any]:
    return {"room": room, "agreement": place.agreement, "own": place}
