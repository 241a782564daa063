"""Join a room: read the amendment by which its members bring this party in, and sign it."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from api.console.desk import desk
from api.console.frame import translate
from api.console.party_rooms import given_cards, reader
from cleanroom.agent import amendments, joining
from cleanroom.errors import Conflict
from cleanroom.report.changes import changes
from cleanroom.report.consent import consent

blueprint = Blueprint("join", __name__)


@blueprint.get("/rooms/<room>/join")
def show(room: str) -> Any:
    """Show the room that this party may join, and what the amendment changes in it."""
    own = desk()
    if joining.settle(own.home, own.client, room) is not None:
        return redirect(url_for("rooms.show_room", room=room))
    found, reading = joining.look(own.home, own.client, room), reader(own)
    known = {own.home.card.name, *reading.cards}
    return render_template(
        "party/join.html",
        room=room,
        agreement=found.agreement,
        amendment=found.agreement.digest(),
        consent=consent(found.agreement, "INVITED", reading),
        changes=changes(found.room.agreement, found.agreement, reading),
        strangers=[card.name for card in found.agreement.members if card.name not in known],
        signed=own.home.card.name in amendments.signers(found.room, found.agreement),
        busy=own.tasks.busy(f"join {room}"),
        failure=own.tasks.failure(f"join {room}"),
    )


@blueprint.post("/rooms/<room>/join")
def join_now(room: str) -> Any:
    """Sign the very amendment that was shown.  Making the room's key takes some seconds."""
    own = desk()
    found = joining.look(own.home, own.client, room)
    if found.agreement.digest() != request.form.get("amendment"):
        raise Conflict(translate("amend.gone"), rule="amendment-state")
    cards = given_cards()
    joining.check(found, cards)
    join = partial(joining.join, found, cards)
    own.tasks.start(f"join {room}", lambda _tell: join())
    return redirect(url_for("join.show", room=room))
