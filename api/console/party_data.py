"""Check a file, send it as opaque rows, and have datasets of both sides aligned."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for

from api.console.desk import desk
from api.console.frame import language, translate
from api.console.party_rooms import frame, report_parts, standing
from api.console.work import Tasks, progress_of
from cleanroom.agent import asking, lines
from cleanroom.agent.proposal import check_terms
from cleanroom.agent.room_file import RoomFile
from cleanroom.agent.rooms import Room
from cleanroom.agent.uploads import Progress
from cleanroom.agent.validation import check_live, look
from cleanroom.documents.dataset import Manifest
from cleanroom.errors import CleanroomError, Conflict, InvalidInput, NotFound
from cleanroom.ingest import Report, read_table
from cleanroom.ingest.origin import is_missing
from cleanroom.ingest.spec import DatasetSpec
from cleanroom.room.states import AlignmentState
from cleanroom.system import workers

blueprint = Blueprint("data", __name__)

SHOWN_ALIGNMENTS = 20


@dataclass(frozen=True)
class Checked:
    """What a check found of one state of a file: the report, and what would refuse the upload."""

    report: Report
    problem: str | None
    stamp: tuple[int, int]


@dataclass(frozen=True)
class Chosen:
    """One dataset of a room file, for one room."""

    room: Room
    file: str
    name: str
    spec: DatasetSpec
    path: Path
    source: Path
    """The room file itself."""

    @property
    def checking(self) -> str:
        """Return the name of the work that checks it."""
        return f"check {self.room.identity} {self.file} {self.name}"

    @property
    def sending(self) -> str:
        """Return the name of the work that sends it: one version of a name at a time."""
        return _sending(self.room, self.name)

    def stamp(self) -> tuple[int, int]:
        """Return what changes with the file; raise ``InvalidInput`` if it is not there."""
        try:
            found = self.path.stat()
        except OSError:
            raise InvalidInput(f"{self.path} does not exist.") from None
        return found.st_size, found.st_mtime_ns

    def check(self, tell: Progress) -> Checked:
        """Read the file as an upload would, and hold it against the agreement."""
        stamp, agreement = self.stamp(), self.room.agreement
        with workers() as executor:

            def rows(count: int) -> None:
                tell("read", count, 0)

            report = look(self.spec, self.path, agreement.policy.rows, executor, rows)
            try:
                report.check()
                check_terms(self.name, self.spec, agreement, self.room.own)
                if not agreement.rehearsal:
                    check_live(self.name, self.spec, self.path, executor)
            except CleanroomError as error:
                return Checked(report, str(error), stamp)
        return Checked(report, None, stamp)

    def send(self, tell: Progress) -> str:
        """Read, encrypt and send the file as the line's next version, or as its first.

        An upload that was cut off is gone on with.
        """
        with workers() as executor:
            rows = read_table(self.spec, self.path, executor, lambda count: tell("read", count, 0))
            made = lines.send(self.room, self.name, self.spec, rows, executor, tell)
            lines.remember(self.room, self.name, self.source)
            return made.manifest.identity()


@blueprint.get("/rooms/<room>/upload")
def choose(room: str) -> str:
    """List the room files of the folder, or show one dataset of one of them."""
    found = _room(room)
    if "name" in request.args:
        name = request.args["name"]
        given = {"file": request.args.get("file") or _file_of(found, name), "name": name}
        return _show(_chosen(found, given))
    listed = [_described(found, name) for name in desk().files.names()]
    return render_template(
        "party/uploads.html", **frame(found), files=listed, folder=str(desk().files.folder)
    )


@blueprint.post("/rooms/<room>/upload")
def act(room: str) -> Any:
    """Check a dataset's file, or send it once it was checked and is the same still."""
    chosen = _chosen(_room(room), request.form)
    work = desk().data
    if request.form.get("action") == "send":
        checked = work.result(chosen.checking)
        if checked is None or checked.problem or checked.stamp != chosen.stamp():
            raise Conflict(translate("upload.changed"), rule="unchecked")
        if standing(chosen.room) != "ACTIVE":
            raise Conflict(translate("upload.inactive"), rule="room-state")
        work.start(chosen.sending, chosen.send)
    else:
        chosen.stamp()
        work.start(chosen.checking, chosen.check)
    return redirect(url_for("data.choose", room=room, file=chosen.file, name=chosen.name))


@blueprint.get("/rooms/<room>/upload/state.json")
def state(room: str) -> Response:
    """Say how far the check or the upload of a dataset is, for the page that waits."""
    return jsonify(_progress(desk().data, _chosen(_room(room), request.args)))


def _show(chosen: Chosen) -> str:
    work = desk().data
    checked = work.result(chosen.checking)
    if checked is not None and (not chosen.path.exists() or checked.stamp != chosen.stamp()):
        checked = None
    sent = work.result(chosen.sending)
    return render_template(
        "party/upload.html",
        **frame(chosen.room),
        chosen=chosen,
        there=chosen.path.exists(),
        active=standing(chosen.room) == "ACTIVE",
        checked=checked,
        report=report_parts(checked.report, language()) if checked else None,
        failure=work.failure(chosen.sending) or work.failure(chosen.checking),
        sent=sent,
        newest=lines.newest_version(chosen.room, chosen.name),
        progress=_progress(work, chosen),
    )


def _sending(room: Room, dataset: str) -> str:
    return f"send {room.identity} {dataset}"


def _progress(work: Tasks, chosen: Chosen) -> dict[str, Any]:
    """Return how far the work on a dataset is."""
    name = chosen.sending if work.busy(chosen.sending) else chosen.checking
    return progress_of(work, name, "upload.step", language())


def _room(room: str) -> Room:
    """Return a room in which this party has data; ``InvalidInput`` for an auditor's."""
    found = desk().room(room)
    _ = found.role
    return found


def _chosen(room: Room, given: Any) -> Chosen:
    """Return the dataset that was chosen by the names of its file and of itself."""
    file, name = given.get("file", ""), given.get("name", "")
    described = desk().files.read(file)
    spec = described.specs(room.own).get(name)
    if spec is None:
        raise NotFound(translate("upload.no_dataset"))
    path = desk().files.data(described, spec)
    return Chosen(room, file, name, spec, path, desk().files.path(file))


def _file_of(room: Room, name: str) -> str:
    """Return the room file of a dataset: the one that it was sent from, or else one that has it.

    Empty if none of the folder has it.
    """
    files, source = desk().files, lines.source(room, name)
    having = [
        file
        for file in files.names()
        if any(one["name"] == name for one in _described(room, file)["datasets"])
    ]
    same = [file for file in having if files.path(file).resolve() == source]
    return next(iter(same + having), "")


def _described(room: Room, name: str) -> dict[str, Any]:
    """Return a room file's datasets of this party, or why it cannot be read."""
    try:
        described = RoomFile.read(desk().files.path(name), datasets_alone=True)
    except CleanroomError as error:
        return {"name": name, "error": str(error), "datasets": []}
    work, listed = desk().data, []
    for dataset, spec in described.specs(room.own).items():
        agreed = room.agreement.terms(room.own.name, dataset) is not None
        there = not is_missing(spec, described.folder)
        busy = work.busy(_sending(room, dataset))
        listed.append({"name": dataset, "spec": spec, "agreed": agreed, "there": there,
                       "busy": busy})  # fmt: skip
    return {"name": name, "error": None, "datasets": listed}


@blueprint.get("/rooms/<room>/alignments")
def list_alignments(room: str) -> str:
    """List the alignments of a room, how far they are, and what could be aligned."""
    found = _room(room)
    items = found.client.datasets(room)
    names = {one["id"]: Manifest.from_json(one["manifest"]) for one in items}
    shown = found.client.alignments(room)[::-1]
    return render_template(
        "party/alignments.html",
        **frame(found),
        items=shown[:SHOWN_ALIGNMENTS],
        used=len(shown),
        names=names,
        sides=_sides(found, items),
        active=standing(found) == "ACTIVE",
        mark=_mark(shown),
        running=any(_runs(one) for one in shown),
    )


@blueprint.post("/rooms/<room>/alignments")
def align(room: str) -> Any:
    """Propose to align the newest versions of the datasets that were ticked."""
    found = _room(room)
    brand, platform = (request.form.getlist(side) for side in ("brand", "platform"))
    if not brand or not platform:
        raise InvalidInput(translate("align.choose"))
    asking.propose_alignment(found, brand, platform, request.form.get("profile") or None)
    return redirect(url_for("data.list_alignments", room=room))


@blueprint.get("/rooms/<room>/alignments/state.json")
def alignment_state(room: str) -> Response:
    """Say whether any alignment moved on, for the page that waits."""
    return jsonify({"mark": _mark(_room(room).client.alignments(room)[::-1])})


def _sides(room: Room, items: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Return, by side, the names of the datasets that are ready."""
    facing = [card.name for card in room.agreement.facing(room.own.name)]
    sides: dict[str, list[str]] = {"brand": facing, "platform": facing, room.role: [room.own.name]}
    return {
        side: sorted({
            ("" if len(owners) == 1 else f"{one['manifest']['party']}.") + one["manifest"]["name"]
            for one in items
            if one["state"] == "READY" and one["manifest"]["party"] in owners
        })
        for side, owners in sides.items()
    }  # fmt: skip


def _runs(item: dict[str, Any]) -> bool:
    return item["state"] in (AlignmentState.PROPOSED, AlignmentState.RUNNING)


def _mark(items: list[dict[str, Any]]) -> str:
    """Return what changes whenever an alignment moves on."""
    return ";".join(
        f"{one['id'][:8]} {one['state']} {one['attempt']} {len(one['counts'])} "
        f"{len(one['finished'])}"
        for one in items[:SHOWN_ALIGNMENTS]
    )
