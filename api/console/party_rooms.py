"""Rooms, what they allow, their datasets, their budget."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for

from api.console.desk import Desk, desk
from api.console.difference import difference, in_words
from api.console.frame import language, spent, translate
from cleanroom.agent import amendments, contacts, joining, rooms
from cleanroom.agent.datasets import local
from cleanroom.agent.rooms import Room
from cleanroom.agent.versions import signed_members
from cleanroom.documents.agreement import SIDES, Agreement, Card, Policy
from cleanroom.errors import CleanroomError, NotFound
from cleanroom.ingest import Report
from cleanroom.report import Language
from cleanroom.report import dataset as told
from cleanroom.report.charts import NARROW, WIDE, Sheet, budget_picture
from cleanroom.report.consent import Reader, consent
from cleanroom.room import periods

blueprint = Blueprint("rooms", __name__)


@blueprint.get("/")
def index() -> str:
    """List the rooms, and what waits in them."""
    own = desk()
    waiting, found = own.waiting(), own.listed()
    signed = {one["id"] for one in rooms.known(own.home)}
    count: dict[str, int] = {}
    for job in waiting["jobs"]:
        if job["what"] == "approve":
            count[job["room"]] = count.get(job["room"], 0) + 1
    return render_template(
        "party/rooms.html", rooms=found, signed=signed, to_sign=waiting["rooms"], approvals=count
    )


@blueprint.get("/rooms/<room>")
def show_room(room: str) -> Any:
    """Show what a room allows; a room that waits for this party's signature is shown for it."""
    own = desk()
    if room not in {one["id"] for one in rooms.known(own.home)}:
        return redirect(url_for("rooms.sign_room", room=room))
    found = own.room(room)
    state = standing(found)
    left = joining.notice(found)
    reading = replace(reader(own), signed=signed_members(own.home.room(room)))
    return render_template(
        "party/room.html",
        **frame(found),
        state=state,
        consent=consent(found.agreement, state, reading),
        jobs=[] if left else list(islice(own.latest(room), 5)),
        amendment=not left and amendments.waits(found),
    )


@blueprint.get("/rooms/<room>/sign")
def sign_room(room: str) -> str:
    """Show an agreement before it is signed, with what it changes against an earlier one."""
    own = desk()
    agreement = rooms.fetch(own.client, room)
    earlier = _earlier(own, agreement)
    old = None if earlier is None else _readable(earlier)
    state = rooms.state_of(own.client, agreement)
    reading = reader(own)
    parts = consent(agreement, state, reading)
    before = () if earlier is None else consent(earlier, state, reading)
    return render_template(
        "party/sign.html",
        room=room,
        agreement=agreement,
        consent=parts,
        strangers=[
            card.name
            for card in agreement.members
            if card.name not in {own.home.card.name, *reading.cards}
        ],
        state=state,
        earlier=earlier,
        changes=difference(old, _readable(agreement)),
        spoken=in_words(before, parts, translate("console.identifier")),
        busy=own.tasks.busy(f"sign {room}"),
        failure=own.tasks.failure(f"sign {room}"),
    )


@blueprint.post("/rooms/<room>/sign")
def sign_room_now(room: str) -> Any:
    """Sign an agreement, or turn it down with a reason.

    Making the room's key takes some seconds, so it goes on by itself.
    """
    own = desk()
    if request.form.get("action") == "decline":
        reason = " ".join(request.form.get("reason", "").split())[:300]
        rooms.decline(own.home, own.client, room, reason)
        return redirect(url_for("rooms.index"))
    cards = given_cards()
    contacts.check_members(own.home, rooms.fetch(own.client, room), cards)
    sign = partial(rooms.sign, own.home, own.client, room, cards)
    own.tasks.start(f"sign {room}", lambda _tell: sign())
    return redirect(url_for("rooms.show_room", room=room))


def given_cards() -> list[Card]:
    """Return the cards that came with a form."""
    return [Card.parse(file.read()) for file in request.files.getlist("card") if file.filename]


@blueprint.get("/rooms/<room>/datasets")
def list_datasets(room: str) -> str:
    """List the datasets of both parties."""
    found = desk().room(room)
    items = found.client.datasets(room)
    return render_template("party/datasets.html", **frame(found), items=items)


@blueprint.get("/rooms/<room>/datasets/<dataset>")
def show_dataset(room: str, dataset: str) -> str:
    """Show a dataset; of an own one, the report of its validation, which nobody else sees."""
    found = desk().room(room)
    item = next((one for one in found.client.datasets(room) if one["id"] == dataset), None)
    if item is None:
        raise NotFound("There is no such dataset in this room.")
    try:
        report = report_parts(local(found, dataset).table().report, language())
    except CleanroomError:
        report = None
    return render_template("party/dataset.html", **frame(found), item=item, report=report)


def report_parts(report: Report, spoken: Language) -> dict[str, Any]:
    """Return what a page shows of a report, in words."""
    return {
        "report": report,
        "counts": told.counts(report, spoken),
        "heads": told.heads(report, spoken),
        "reasons": told.reasons(report, spoken),
        "labels": {name: told.values(one, spoken) for name, one in report.labels.items() if one},
        "unread": [*told.unread_line(report, spoken)],
        "concerns": [told.concern(one, report.unit, spoken) for one in report.concerns],
    }


@blueprint.get("/rooms/<room>/budget")
def show_budget(room: str) -> str:
    """Show what was spent, by which question, and what is left."""
    found = desk().room(room)
    return render_template(
        "party/budget.html",
        **frame(found),
        budget=found.client.budget(room),
        spent=_spending(desk().jobs(room), found.agreement.policy),
    )


@blueprint.get("/rooms/<room>/budget.svg")
def draw_budget(room: str) -> Response:
    """Draw the budget over time."""
    found = desk().room(room)
    points, total = [], 0.0
    for item in desk().jobs(room)[::-1]:
        total += spent(item)
        points.append((datetime.fromtimestamp(item["created"], UTC), total))
    policy, spoken = found.agreement.policy, language()
    budget = policy.rho_lifetime or policy.rho_budget
    shown = [room, len(points), total, budget, spoken]
    return as_picture(shown, lambda on: budget_picture(points, budget, spoken, on))


def reader(own: Desk, given: Sequence[Card] = ()) -> Reader:
    """Return who reads here: it knows the cards that its home keeps, and those given now."""
    cards = {card.name: card for card in (*given, *contacts.known_cards(own.home))}
    return Reader(own.home.card.name, cards, language())


def standing(room: Room) -> str:
    """Return how a room stands; one that has passed its end has expired."""
    return rooms.state_of(room.client, room.agreement)


def as_picture(shown: list[Any], draw: Callable[[Sheet], str]) -> Response:
    """Return the picture of a JSON value, which can do nothing but be seen, however it is opened.

    A phone asks for one that is ``narrow``.
    """
    on = NARROW if "narrow" in request.args else WIDE
    svg = desk().pictures.get([*shown, on is NARROW], lambda: draw(on))
    headers = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox"}
    if "download" in request.args:
        headers["Content-Disposition"] = 'attachment; filename="picture.svg"'
    return Response(svg, headers=headers, content_type="image/svg+xml; charset=utf-8")


def frame(room: Room) -> dict[str, Any]:
    """Return what every page of a room shows around itself."""
    return {
        "room": room.identity,
        "agreement": room.agreement,
        "own": room.own,
        "who": sides(room.agreement),
    }


def sides(agreement: Agreement) -> dict[str, str]:
    """Return who is the brand and who the platform, by name; of several, the word for them."""
    named = {side: agreement.by_role(side) for side in SIDES}
    return {side: one[0].name if len(one) == 1 else translate(side) for side, one in named.items()}


def _spending(jobs: list[dict[str, Any]], policy: Policy) -> list[dict[str, Any]]:
    """Return what was charged, the newest first, with what was left of the pair's budget after."""
    ledgers: defaultdict[str, Any] = defaultdict(partial(periods.ledger, policy))
    found = []
    for item in reversed(jobs):
        pair, price = item["parties"]["platform"], spent(item)
        now = ledgers[pair].reach(item["plan"].get("period", 0))
        ledgers[pair] = now = now.count(price) if price else now
        found.append(
            {
                "id": item["id"],
                "name": item["job"]["name"],
                "state": item["state"],
                "time": item["created"],
                "rho": price,
                "left": now.left,
            }
        )
    return found[::-1]


def _earlier(own: Desk, agreement: Agreement) -> Agreement | None:
    """Return the last agreement that this party signed with the same members, or None."""
    members = {card.name for card in agreement.members}
    for one in own.client.rooms()[::-1]:
        if one["id"] in {known["id"] for known in rooms.known(own.home)}:
            found = own.room(one["id"]).agreement
            if {card.name for card in found.members} == members:
                return found
    return None


def _readable(agreement: Agreement) -> dict[str, Any]:
    """Return an agreement with its lists by name, so that what differs can be named."""
    document = agreement.to_json()
    for name in ("nonce", "version"):
        del document[name]
    document["members"] = {card["name"]: card for card in document["members"]}
    document["datasets"] = {
        f"{one['party']}/{one['name']}": {
            **one,
            "measures": {measure["name"]: measure for measure in one["measures"]},
        }
        for one in document["datasets"]
    }
    return document
