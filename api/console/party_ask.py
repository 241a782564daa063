"""Ask a question: choose what, fill in how, see what it costs and shows, then ask."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, g, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from api.console import roles
from api.console.desk import desk
from api.console.forms import Field, filled, make_fields, read_fields
from api.console.forms_again import TIMES, read_again
from api.console.frame import language
from api.console.pairs import OTHERS, Pair, all_pairs, chosen, fitting, further, of_hub, shown
from api.console.party_rooms import frame, standing
from cleanroom.agent import jobs, schedule, series
from cleanroom.agent.jobs import LocalJob
from cleanroom.agent.notices import notices
from cleanroom.agent.preview import effect, measure_noise
from cleanroom.agent.rooms import Room
from cleanroom.documents.agreement import other_side
from cleanroom.errors import CleanroomError, InvalidInput
from cleanroom.queries.registry import template, templates
from cleanroom.queries.template import Template
from cleanroom.report import in_words
from cleanroom.room.standing import repeats

blueprint = Blueprint("ask", __name__)

GROUP_SIZE = 1000
"""People of the group for which a preview shows the noise, until the user names another."""

LARGEST_GROUP = 1_000_000_000

UNASKED = ("csrf", "action", "previewed", "size")
"""Fields of the form that are not part of the question."""


@blueprint.get("/rooms/<room>/ask")
def choose_template(room: str) -> str:
    """List what can be asked in a room."""
    found = desk().room(room)
    allowed = [templates()[name] for name in found.agreement.templates if name in templates()]
    pairs = all_pairs(found)
    allowed = [one for one in allowed if fitting(found, one, pairs)]
    return render_template(
        "party/templates.html",
        **frame(found),
        allowed=allowed,
        pairs=pairs,
        state=standing(found),
    )


@blueprint.get("/rooms/<room>/ask/<name>")
def ask(room: str, name: str) -> str:
    """Show the form of a template."""
    found, asked = desk().room(room), template(name)
    pairs = fitting(found, asked, all_pairs(found))
    pair = _chosen(pairs, request.args.get("pair"))
    more = further(found, asked, pairs, pair)
    fields = _fields(found, asked, pair, more) if pair else []
    return _page(found, asked, pairs, pair, more, fields, {"name": _free_name(name)})


@blueprint.post("/rooms/<room>/ask/<name>")
def ask_now(room: str, name: str) -> Any:
    """Preview a question, ask it once, or declare that it is asked again and again.

    A declaration agrees to every run, so it takes the role that approves as well.
    """
    action = request.form.get("action")
    if action == "declare":
        roles.check_role("standing.answer", g.session.roles)
    found, asked = desk().room(room), template(name)
    pairs = fitting(found, asked, all_pairs(found))
    pair = _chosen(pairs, request.form.get("pair"))
    if pair is None:
        raise InvalidInput("There are no aligned datasets to ask about.")
    more = further(found, asked, pairs, pair)
    fields = _fields(found, asked, pair, more)
    named = ("name", "receiver", "rho", "size", "purpose", *TIMES)
    given: dict[str, Any] = {key: request.form.get(key, "") for key in named}
    given[OTHERS] = request.form.getlist(OTHERS)
    entered = filled(fields, request.form)
    try:
        parameters = read_fields(fields, request.form)
        head = _head(found, asked, [pair, *chosen(more, given[OTHERS])], parameters)
        if OTHERS in head and any(given[one].strip() for one in TIMES):
            raise InvalidInput("A question over several datasets is asked once.", column=OTHERS)
        again = read_again(request.form, head | pair.lines, parameters)
        previewed = request.form.get("previewed") == _digest(request.form)
        if action == "declare" and previewed and again:
            identity = schedule.declare(found, *again).identity
            return redirect(url_for("standing.show", room=room, identity=identity))
        planned = schedule.draft(found, *again) if again else None
        if planned:  # each run is about the newest versions, whichever were chosen
            newest = planned.sample.document
            head |= {one: getattr(newest, one) for one in ("brand", "platform", "alignment")}
        job = jobs.write_job(found, head, parameters)
        if action == "ask" and previewed and not again:
            answer = jobs.submit(job)
            identity = str(answer["resource"]["id"])
            return redirect(url_for("jobs.show_job", room=room, job=identity))
        preview = _preview(found, job, given["size"])
        preview["again"] = series.schedule(planned, language()) if planned else None
    except CleanroomError as error:
        return _page(found, asked, pairs, pair, more, entered, given, error=error), 422
    given["previewed"] = _digest(request.form)
    return _page(found, asked, pairs, pair, more, entered, given, preview=preview)


def _digest(form: MultiDict[str, str]) -> str:
    """Return what tells whether a question is still the one whose preview was shown."""
    kept = sorted((name, form.getlist(name)) for name in form if name not in UNASKED)
    return hashlib.sha256(json.dumps(kept).encode()).hexdigest()


def _fields(room: Room, asked: Template, pair: Pair, more: Sequence[Pair]) -> list[Field]:
    joined = [(one.brand, one.platform) for one in (pair, *more)]
    return make_fields(asked, *joined[0], room.agreement, room.role, joined[1:])


def _receiver(room: Room, asked: Template) -> str:
    """Say who receives unless told otherwise: of a hub its owner, who asks."""
    return room.role if asked.of_hub else asked.receiver(room.role)


def _chosen(pairs: list[Pair], key: str | None) -> Pair | None:
    return next((pair for pair in pairs if pair.key == key), next(iter(pairs), None))


def _free_name(template_name: str) -> str:
    """Return a name that no other question has, unless two people ask in one second."""
    return f"{template_name}-{datetime.now(UTC):%Y%m%d-%H%M%S}"


def _head(
    room: Room, asked: Template, joined: Sequence[Pair], parameters: dict[str, Any]
) -> dict[str, Any]:
    """Return what every question has, about the versions that were chosen."""
    form, pair = request.form, joined[0]
    try:
        rho = float(form["rho"]) if form.get("rho", "").strip() else None
    except ValueError:
        raise InvalidInput("This is not a number.", column="rho") from None
    if rho is not None and not math.isfinite(rho):
        raise InvalidInput("This is not a number.", column="rho")
    receiver = form.get("receiver") or _receiver(room, asked)
    return {
        "name": form.get("name", "").strip(),
        "template": asked.name,
        "alignment": pair.alignment,
        "brand": pair.ids[0],
        "platform": pair.ids[1],
        "receiver": receiver,
        "rho": rho,
        "purpose": form.get("purpose") if room.agreement.purposes else None,
        **of_hub(room, asked, joined, receiver, parameters),
    }


def _preview(room: Room, job: LocalJob, size: str) -> dict[str, Any]:
    """Return the mediator's preview with what the noise does to a group of a size."""
    people = (
        min(int(size), LARGEST_GROUP)
        if size.isdecimal() and size.isascii() and len(size) < 16
        else GROUP_SIZE
    )
    document = room.client.preview(job.document.to_json())
    return {
        **document,
        "effect": asdict(effect(job, people)),
        "size": people,
        "measures": measure_noise(job),
        "leaks": job.template.learned(job.plan),
        "notices": notices(job) if room.own.has_data else [],
    }


def _page(
    room: Room,
    asked: Template,
    pairs: list[Pair],
    pair: Pair | None,
    more: Sequence[Pair],
    fields: list[Field],
    given: dict[str, Any],
    preview: dict[str, Any] | None = None,
    error: CleanroomError | None = None,
) -> str:
    receiver = _receiver(room, asked)
    column = _column(error, asked, fields)
    kinds = asked.hub_kinds if asked.of_hub else asked.kinds
    if asked.of_hub and room.role == "platform":
        kinds = kinds[::-1]
    return render_template(
        "party/ask.html",
        **frame(room),
        asked=asked,
        pairs=pairs,
        pair=pair,
        fields=fields,
        given=dict[str, Any](receiver=receiver, rho="", size=str(GROUP_SIZE), others=()) | given,
        receivers=(receiver,) if asked.of_hub else asked.receivers,
        hub=shown(pair.manifest(room.role)) if pair else "",
        first=shown(pair.manifest(other_side(room.role))) if pair else "",
        more={one.key: shown(one.manifest(other_side(room.role))) for one in more},
        purposes=() if "purpose" in [one.name for one in fields] else room.agreement.purposes,
        repeats=repeats(asked),
        times=TIMES,
        preview=preview,
        error=error,
        column=column,
        told=_told(error, asked, column),
        leaks=preview["leaks"] if preview else asked.learned(None),
        kinds=kinds,
    )


def _column(error: CleanroomError | None, asked: Template, fields: Sequence[Field]) -> str | None:
    """Return the field that a refusal is about, if it names one, or a place within one."""
    sentence = error.sentence.removeprefix(f"{asked.name}: ") if error else ""
    place = sentence.partition(": ")[0]
    return getattr(error, "column", None) or next(
        (one.name for one in fields if f"{place}.".startswith(f"{one.name}.")), None
    )


def _told(error: CleanroomError | None, asked: Template, column: str | None) -> str:
    """Return what a refusal says, and the way out; the form names the field by its label."""
    if error is None:
        return ""
    text = in_words(error.sentence.removeprefix(f"{asked.name}: "), language())
    if column:
        text = re.sub(rf"^{re.escape(column)}(\.[\w.]+)?(: |：)", "", text)
    return f"{text} {in_words(getattr(error, 'remedy', None) or '', language())}".strip()
