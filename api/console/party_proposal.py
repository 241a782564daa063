"""Propose a room: from a room file of this machine, or from a short form that writes one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for

from api.console.desk import Desk, desk
from api.console.forms_room import Block, blocks, room_file
from api.console.frame import language, translate
from api.console.party_rooms import given_cards, reader
from api.console.work import progress_of
from cleanroom.agent import contacts, rooms
from cleanroom.agent.proposal import check_data, draft, undeclared
from cleanroom.agent.room_file import RoomFile
from cleanroom.agent.uploads import Progress
from cleanroom.documents.agreement import Agreement, Card
from cleanroom.errors import CleanroomError, InvalidInput, NotFound
from cleanroom.ingest.identifiers.profiles import PROFILES
from cleanroom.ingest.origin import is_missing
from cleanroom.queries.registry import templates
from cleanroom.report.consent import consent

blueprint = Blueprint("propose", __name__)


@dataclass(frozen=True)
class Draft:
    """An agreement that was shown and not proposed yet, and the cards that came with it."""

    file: str
    described: RoomFile
    agreement: Agreement
    cards: tuple[Card, ...]

    def propose(self, own: Desk, tell: Progress) -> str:
        """Hold the own data against the agreement, sign it and propose it."""
        tell("check", 0, 0)
        own.files.check(self.described, own.home.card)
        if own.home.card.has_data:
            check_data(self.described, self.agreement, own.home.card)
        tell("keys", 0, 0)
        return rooms.propose(own.home, own.client, self.agreement, self.cards).identity


@blueprint.get("/propose")
def choose(error: CleanroomError | None = None) -> str:
    """List the room files, or show who would be the members of one's room."""
    file = request.values.get("file")
    if file is None:
        listed = [(name, _wrong(name)) for name in desk().files.names()]
        return render_template("party/propose.html", files=listed, folder=str(desk().files.folder))
    described = desk().files.read(file)
    return render_template(
        "party/propose_members.html",
        file=file,
        described=described,
        known=contacts.known_cards(desk().home),
        error=error,
    )


@blueprint.post("/propose")
def make_draft() -> Any:
    """Write the agreement of a file and its members, to be read before it is signed."""
    own, file = desk(), request.form.get("file", "")
    described = own.files.read(file)
    try:
        known = {card.name: card for card in contacts.known_cards(own.home)}
        ticked = [known[name] for name in request.form.getlist("member") if name in known]
        cards = tuple({card.name: card for card in (*ticked, *given_cards())}.values())
        own.files.check(described, own.home.card)
        agreement = draft(described, own.client, own.home.card, cards)
        contacts.check_members(own.home, agreement, cards)
    except CleanroomError as error:
        return choose(error), 422
    own.keep_draft(agreement.identity(), Draft(file, described, agreement, cards))
    return redirect(url_for("propose.show_draft", identity=agreement.identity()))


@blueprint.get("/propose/<identity>")
def show_draft(identity: str) -> Any:
    """Show what would be signed and proposed, in the words in which it is shown to the others."""
    own, work = desk(), _work(identity)
    made = own.tasks.result(work)
    if made is not None:
        return redirect(url_for("rooms.show_room", room=made))
    found = _draft(own, identity)
    specs = found.described.specs(own.home.card).values()
    return render_template(
        "party/propose_draft.html",
        draft=found,
        identity=identity,
        consent=consent(found.agreement, "PROPOSED", reader(own, found.cards)),
        remarks=list(undeclared(found.described, (own.home.card, *found.cards))),
        absent=[spec.origin for spec in specs if is_missing(spec, found.described.folder)],
        failure=own.tasks.failure(work),
        progress=_progress(own, identity),
    )


@blueprint.post("/propose/<identity>")
def propose(identity: str) -> Any:
    """Sign and propose the very agreement that was shown: its identifier is its digest."""
    own = desk()
    found = _draft(own, identity)
    own.tasks.start(_work(identity), lambda tell: found.propose(own, tell))
    return redirect(url_for("propose.show_draft", identity=identity))


@blueprint.get("/propose/<identity>/state.json")
def state(identity: str) -> Response:
    """Say how far the signing is, for the page that waits."""
    return jsonify(_progress(desk(), identity))


@blueprint.get("/propose/form")
def form() -> str:
    """Ask for what a room needs at least."""
    return _form({}, blocks(request.form))


@blueprint.post("/propose/form")
def write_form() -> Any:
    """Write a room file of what was given, and go on as with any other."""
    shown = blocks(request.form)
    try:
        name, text = room_file(request.form, shown, desk().home.card)
        desk().files.add(name, text)
    except CleanroomError as error:
        return _form(request.form, shown, error), 422
    return redirect(url_for("propose.choose", file=name))


def _form(given: Any, shown: list[Block], error: CleanroomError | None = None) -> str:
    ticked = given.getlist("template") if given else ["overlap"]
    return render_template(
        "party/propose_form.html",
        given=given,
        blocks=shown,
        templates=templates(),
        ticked=ticked,
        profiles=[(one, one) for one in PROFILES],
        tables=[(one, one) for one in desk().files.tables()],
        error=error,
        column=getattr(error, "column", None),
    )


def _work(identity: str) -> str:
    return f"propose {identity}"


def _progress(own: Desk, identity: str) -> dict[str, Any]:
    return progress_of(own.tasks, _work(identity), "propose.step", language())


def _draft(own: Desk, identity: str) -> Draft:
    found = own.drafts.get(identity)
    if not isinstance(found, Draft):
        raise NotFound(translate("propose.gone"))
    return found


def _wrong(name: str) -> str | None:
    """Return why a room file cannot be read, None if it can."""
    try:
        desk().files.read(name)
    except InvalidInput as error:
        return str(error)
    return None
