"""Standing questions of a room: look at them, approve all runs of one at once, stop one."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from api.console.desk import desk
from api.console.frame import language, translate
from api.console.party_rooms import frame
from cleanroom.agent import series, standing
from cleanroom.agent.rooms import Room
from cleanroom.agent.standing import Standing
from cleanroom.errors import CleanroomError, NotFound
from cleanroom.report import if_known, plain
from cleanroom.report.consent import Part

blueprint = Blueprint("standing", __name__)


@blueprint.get("/rooms/<room>/standing")
def listing(room: str) -> str:
    """List the standing questions of a room."""
    found = desk().room(room)
    items = [series.as_json(one) for one in reversed(standing.listed(found))]
    return render_template("party/standing.html", **frame(found), items=items)


@blueprint.get("/rooms/<room>/standing/<identity>")
def show(room: str, identity: str) -> str:
    """Show one as this party's agent planned it, with its runs."""
    found = desk().room(room)
    one = _find(found, identity)
    parts, problem, digest = _planned(one)
    return render_template(
        "party/standing_one.html",
        **frame(found),
        item=series.as_json(one),
        why=_why(one),
        mine=one.asks,
        parts=parts,
        problem=problem,
        digest=digest,
    )


@blueprint.post("/rooms/<room>/standing/<identity>")
def answer(room: str, identity: str) -> Any:
    """Approve all runs of the very question that was shown, or stop it with a reason."""
    found = desk().room(room)
    one = _find(found, identity)
    if request.form.get("action") == "stop":
        standing.stop(one, " ".join(request.form.get("reason", "").split())[:300])
    else:
        standing.check_digest(one, request.form.get("digest", ""))
        standing.approve(one)
    return redirect(url_for("standing.show", room=room, identity=identity))


def _find(found: Room, identity: str) -> Standing:
    if found.client.standing(identity)["room"] != found.identity:
        raise NotFound("There is no such standing question in this room.")
    return standing.find(found, identity)


def _planned(found: Standing) -> tuple[tuple[Part, ...], str, str]:
    """Return what an approval consents to and its digest, or why it cannot be planned now."""
    try:
        return series.describe(found, language()), "", standing.digest_of(found)
    except CleanroomError as error:
        return (), error.sentence, ""


def _why(found: Standing) -> str:
    """Say who stopped it and why; what a member wrote shows nothing but itself."""
    problem = found.shown["problem"]
    if problem is None:
        return ""
    key = "standing.amended" if problem["rule"] == "amended" else "standing.stopped"
    said = {"party": problem["party"], "detail": plain(if_known(problem["detail"], language()))}
    return translate(key, time=series.when(problem["time"]), **said)
