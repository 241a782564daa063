"""Amend a room: propose the next version of its agreement, read it, sign it or turn it down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from api.console.desk import Desk, desk
from api.console.frame import translate
from api.console.party_rooms import frame, given_cards, reader
from cleanroom.agent import amendments, contacts
from cleanroom.agent.proposal import amended, check_data
from cleanroom.agent.room_file import RoomFile
from cleanroom.agent.rooms import Room
from cleanroom.documents.agreement import Agreement, Card
from cleanroom.errors import Conflict, NotFound
from cleanroom.report.changes import changes
from cleanroom.room.amendments import joining

blueprint = Blueprint("amend", __name__)


@dataclass(frozen=True)
class Draft:
    """An amendment that was shown and not proposed yet."""

    described: RoomFile
    agreement: Agreement


@blueprint.get("/rooms/<room>/amendment")
def show(room: str) -> str:
    """Show the amendment that waits, or the files by which one can be proposed."""
    own = desk()
    found = own.room(room)
    waiting = amendments.waiting(found)
    return render_template(
        "party/amend.html",
        **frame(found),
        files=own.files.names() if waiting is None else (),
        signed=amendments.signers(found, waiting) if waiting else (),
        known=_known(found),
        strangers=_strangers(found, waiting) if waiting else (),
        leaves=waiting is not None and waiting.member(found.own.name) is None,
        **_shown(own, found, waiting),
    )


@blueprint.post("/rooms/<room>/amendment")
def answer(room: str) -> Any:
    """Sign the very amendment that was shown, or turn it down with a reason.

    Where nothing waits, the card of somebody who is to join is kept.
    """
    found = desk().room(room)
    cards = given_cards()
    if request.form.get("action") == "card":
        for card in cards:
            contacts.trust(found.home, card)
        return redirect(url_for("amend.show", room=room))
    waiting = amendments.waiting(found)
    if waiting is None or waiting.digest() != request.form.get("amendment"):
        raise Conflict(translate("amend.gone"), rule="amendment-state")
    if request.form.get("action") == "decline":
        reason = " ".join(request.form.get("reason", "").split())[:300]
        amendments.decline(found, waiting, reason)
    else:
        amendments.sign(found, waiting, cards)
    return redirect(url_for("rooms.show_room", room=room))


@blueprint.get("/rooms/<room>/amend")
def draft(room: str) -> Any:
    """Show what a room file changes, to be read before it is signed and proposed."""
    own = desk()
    found, file = own.room(room), request.args.get("file", "")
    described = own.files.read(file)
    own.files.check(described, own.home.card)
    chosen = request.args.getlist("member")
    cards = [card for card in _known(found) if card.name in chosen]
    agreement = amended(described, found, cards, request.args.get("without", ""))
    own.keep_draft(agreement.digest(), Draft(described, agreement))
    return render_template(
        "party/amend_draft.html", **frame(found), file=file, **_shown(own, found, agreement)
    )


@blueprint.post("/rooms/<room>/amend")
def propose(room: str) -> Any:
    """Sign and propose the very amendment that was shown: it is kept under its digest."""
    own = desk()
    found, kept = own.room(room), own.drafts.get(request.form.get("amendment", ""))
    if not isinstance(kept, Draft):
        raise NotFound(translate("propose.gone"))
    if own.home.card.has_data:
        check_data(kept.described, kept.agreement, own.home.card)
    amendments.propose(found, kept.agreement)
    return redirect(url_for("amend.show", room=room))


def _known(found: Room) -> list[Card]:
    """Return the cards that this home keeps of those who are not members: they could join."""
    there = {card.name for card in found.agreement.members}
    return [card for card in contacts.known_cards(found.home) if card.name not in there]


def _strangers(found: Room, agreement: Agreement) -> list[str]:
    """Return who joins by an amendment and is not known here."""
    known = {card.name for card in contacts.known_cards(found.home)}
    return [card.name for card in joining(agreement, found.agreement) if card.name not in known]


def _shown(own: Desk, found: Room, agreement: Agreement | None) -> dict[str, Any]:
    if agreement is None:
        return {"amendment": None}
    told = changes(found.agreement, agreement, reader(own))
    return {"amendment": agreement.digest(), "consent": told}
