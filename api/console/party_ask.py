"""Ask a question: choose what, fill in how, see what it costs and shows, then ask."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, g, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from api.console import roles
from api.console.desk import desk
from api.console.forms import Field, filled, fits, make_fields, read_fields
from api.console.forms_again import TIMES, read_again
from api.console.frame import language
from api.console.party_rooms import frame, standing
from cleanroom.agent import jobs, schedule, series
from cleanroom.agent.jobs import LocalJob
from cleanroom.agent.rooms import Room
from cleanroom.documents.dataset import Manifest
from cleanroom.errors import CleanroomError, InvalidInput, PeerFault
from cleanroom.privacy.preview import preview_people
from cleanroom.queries.registry import template, templates
from cleanroom.queries.template import Template
from cleanroom.room.standing import repeats

blueprint = Blueprint("ask", __name__)

GROUP_SIZE = 1000
"""People of the group for which a preview shows the noise, until the user names another."""

LARGEST_GROUP = 1_000_000_000

UNASKED = ("csrf", "action", "previewed", "size")
"""Fields of the form that are no part of the question."""


@blueprint.get("/rooms/<room>/ask")
def choose_template(room: str) -> str:
    """List what can be asked in a room."""
    found = desk().room(room)
    allowed = [templates()[name] for name in found.agreement.templates if name in templates()]
    pairs = _pairs(found)
    allowed = [one for one in allowed if any(fits(one, p.brand, p.platform) for p in pairs)]
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
    pairs = _fitting(found, asked)
    pair = _chosen(pairs, request.args.get("pair"))
    fields = _fields(found, asked, pair) if pair else []
    return _page(found, asked, pairs, pair, fields, {"name": _free_name(name)})


@blueprint.post("/rooms/<room>/ask/<name>")
def ask_now(room: str, name: str) -> Any:
    """Preview a question, ask it once, or declare that it is asked again and again.

    A declaration agrees to every run, so it takes the role that approves as well.
    """
    action = request.form.get("action")
    if action == "declare":
        roles.check_role("standing.answer", g.session.roles)
    found, asked = desk().room(room), template(name)
    pairs = _fitting(found, asked)
    pair = _chosen(pairs, request.form.get("pair"))
    if pair is None:
        raise InvalidInput("There are no aligned datasets to ask about.")
    fields = _fields(found, asked, pair)
    named = ("name", "receiver", "rho", "size", "purpose", *TIMES)
    given = {key: request.form.get(key, "") for key in named}
    shown = filled(fields, request.form)
    try:
        head, parameters = _head(found, asked, pair), read_fields(fields, request.form)
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
        return _page(found, asked, pairs, pair, shown, given, error=error), 422
    given["previewed"] = _digest(request.form)
    return _page(found, asked, pairs, pair, shown, given, preview=preview)


def _digest(form: MultiDict[str, str]) -> str:
    """Return what tells whether a question is still the one whose preview was shown."""
    kept = sorted((name, form.getlist(name)) for name in form if name not in UNASKED)
    return hashlib.sha256(json.dumps(kept).encode()).hexdigest()


def _fields(room: Room, asked: Template, pair: Pair) -> list[Field]:
    return make_fields(asked, pair.brand, pair.platform, room.agreement, room.role)


class Pair:
    """Two dataset versions that an alignment joins; ``PeerFault`` for one shown as another.

    People choose by the names that are shown: in a room of several, whom they ask.
    """

    def __init__(self, alignment: str, brand: dict[str, Any], platform: dict[str, Any]) -> None:
        self.alignment = alignment
        self.ids = brand["id"], platform["id"]
        self.key = f"{brand['id']}-{platform['id']}"
        self.brand = Manifest.from_json(brand["manifest"])
        self.platform = Manifest.from_json(platform["manifest"])
        if self.ids != (self.brand.identity(), self.platform.identity()):
            raise PeerFault("The mediator shows another dataset under this identifier.")

    @property
    def lines(self) -> dict[str, str]:
        """Return both datasets as a room file names them, through all their versions."""
        sides = {"brand": self.brand, "platform": self.platform}
        return {side: f"{one.party}.{one.name}" for side, one in sides.items()}

    @property
    def name(self) -> str:
        """Return the two names with their versions."""
        sides = (self.brand, self.platform)
        return " × ".join(f"{one.party}/{one.name} v{one.version}" for one in sides)


def _pairs(room: Room) -> list[Pair]:
    """Return every pair that can be asked about, the newest first."""
    ready = {one["id"]: one for one in room.client.datasets(room.identity)
             if one["state"] == "READY"}  # fmt: skip
    found: dict[str, Pair] = {}
    for item in reversed(room.client.alignments(room.identity)):
        document = item["document"]
        for brand in reversed(document["brand_datasets"]):
            for platform in reversed(document["platform_datasets"]):
                if item["state"] == "READY" and brand in ready and platform in ready:
                    pair = Pair(item["id"], ready[brand], ready[platform])
                    found.setdefault(pair.key, pair)
    return list(found.values())


def _fitting(room: Room, asked: Template) -> list[Pair]:
    """Return the pairs that a template takes, those that it can group by labels first."""
    pairs = [pair for pair in _pairs(room) if fits(asked, pair.brand, pair.platform)]
    return sorted(pairs, key=lambda pair: not (pair.brand.labels or pair.platform.labels))


def _chosen(pairs: list[Pair], key: str | None) -> Pair | None:
    return next((pair for pair in pairs if pair.key == key), next(iter(pairs), None))


def _free_name(template_name: str) -> str:
    """Return a name that no other question has, unless two people ask in one second."""
    return f"{template_name}-{datetime.now(UTC):%Y%m%d-%H%M%S}"


def _head(room: Room, asked: Template, pair: Pair) -> dict[str, Any]:
    """Return what every question has, about the versions that were chosen."""
    form = request.form
    try:
        rho = float(form["rho"]) if form.get("rho", "").strip() else None
    except ValueError:
        raise InvalidInput("This is no number.", column="rho") from None
    if rho is not None and not math.isfinite(rho):
        raise InvalidInput("This is no number.", column="rho")
    return {
        "name": form.get("name", "").strip(),
        "template": asked.name,
        "alignment": pair.alignment,
        "brand": pair.ids[0],
        "platform": pair.ids[1],
        "receiver": form.get("receiver") or asked.receiver(room.role),
        "rho": rho,
        "purpose": form.get("purpose") if room.agreement.purposes else None,
    }


def _preview(room: Room, job: LocalJob, size: str) -> dict[str, Any]:
    """Return the mediator's preview with what the noise does to a group of a size."""
    people = (
        min(int(size), LARGEST_GROUP)
        if size.isdecimal() and size.isascii() and len(size) < 16
        else GROUP_SIZE
    )
    document = room.client.preview(job.document.to_json())
    effect = preview_people(job.charge.people, job.charge.k, people)
    measures = [
        (slot.measure, spec.sd * 2**0.5 / 10**slot.decimals, spec.kind)
        for slot, spec in zip(job.plan.slots, job.charge.slots, strict=True)
    ]
    return {
        **document,
        "effect": asdict(effect),
        "size": people,
        "measures": measures,
        "leaks": job.template.learned(job.plan),
    }


def _page(
    room: Room,
    asked: Template,
    pairs: list[Pair],
    pair: Pair | None,
    fields: list[Field],
    given: dict[str, str],
    preview: dict[str, Any] | None = None,
    error: CleanroomError | None = None,
) -> str:
    return render_template(
        "party/ask.html",
        **frame(room),
        asked=asked,
        pairs=pairs,
        pair=pair,
        fields=fields,
        given={"receiver": asked.receiver(room.role), "rho": "", "size": str(GROUP_SIZE)} | given,
        purposes=() if "purpose" in [one.name for one in fields] else room.agreement.purposes,
        repeats=repeats(asked),
        times=TIMES,
        preview=preview,
        error=error,
        column=getattr(error, "column", None),
        leaks=preview["leaks"] if preview else asked.learned(None),
        kinds=asked.kinds,
    )
