"""Write the people of a segment to a file of the home, for the person at this machine alone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from flask import Blueprint, Response, redirect, request, url_for

from api.console.desk import desk
from api.console.frame import translate
from cleanroom.agent import activation, jobs
from cleanroom.agent.rooms import Room
from cleanroom.errors import Conflict, InvalidInput, NotFound
from cleanroom.files import make_folder

blueprint = Blueprint("export", __name__)

FOLDER: Final = "segments"
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_\-]{0,63}\.(csv|txt)")


def written(room: Room, job: str) -> list[str]:
    """List the files that were written of a question, by name."""
    return sorted(path.name for path in _folder(room, job).glob("*") if NAME.fullmatch(path.name))


@blueprint.post("/rooms/<room>/questions/<job>/segment")
def export(room: str, job: str) -> Any:
    """Write a segment under a name that no file has yet."""
    found = desk().room(room)
    desk().job(room, job)
    name = request.form.get("file", "").strip()
    given = request.form.get("expansion", "").strip()
    if given and not (given.isascii() and given.isdigit()):
        raise InvalidInput(translate("segment.expansion"))
    if not NAME.fullmatch(name):
        raise InvalidInput(translate("segment.name"))
    if name in written(found, job):
        raise Conflict(translate("segment.there"), rule="file-exists")
    make_folder(_folder(found, job))
    activation.export(
        jobs.load(found, job), _folder(found, job) / name, int(given) if given else None
    )
    return redirect(url_for("jobs.show_job", room=room, job=job))


@blueprint.get("/rooms/<room>/questions/<job>/segment/<name>")
def download(room: str, job: str, name: str) -> Response:
    """Hand a written file to the browser of this machine."""
    found = desk().room(room)
    desk().job(room, job)
    if name not in written(found, job):
        raise NotFound(translate("segment.none"))
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    body = (_folder(found, job) / name).read_bytes()
    return Response(body, headers=headers, content_type="text/plain; charset=utf-8")


def _folder(room: Room, job: str) -> Path:
    if not job.isalnum():
        raise NotFound(translate("segment.none"))
    return room.home.path / FOLDER / job
