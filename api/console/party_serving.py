"""What is served about single people in a room, as this party's own home counted it."""

from __future__ import annotations

import time

from flask import Blueprint, render_template

from api.console.desk import desk
from api.console.party_rooms import frame
from cleanroom.agent.serving.figures import figures

blueprint = Blueprint("serving", __name__)


@blueprint.get("/rooms/<room>/serving")
def show(room: str) -> str:
    """Show questions, hit rate (to the platform), time of an answer, and how near a quota is."""
    found = desk().room(room)
    return render_template("party/serving.html", **frame(found), items=figures(found, time.time()))
