"""Read the answers of one attribution under several models side by side."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response, render_template

from api.console.desk import desk
from api.console.frame import language
from api.console.party_rooms import as_picture, frame
from cleanroom.agent.compared import Compared, compared, models_of
from cleanroom.agent.rooms import Room
from cleanroom.errors import NotFound
from cleanroom.report.charts import models_picture
from cleanroom.report.html import models_csv, models_shown
from cleanroom.report.models import model_name, models_notes, models_sentence

blueprint = Blueprint("models", __name__)


def comparable(room: Room, item: dict[str, Any]) -> int:
    """Return how many models were asked of a question's matter; 0 where it has no model."""
    if item["job"]["template"] != "attribution":
        return 0
    return len(models_of(room, desk().jobs(room.identity)[::-1], item["id"]))


def _found(room: str, job: str) -> tuple[Room, list[Compared]]:
    signed = desk().room(room)
    found = compared(signed, desk().jobs(room)[::-1], job)
    if len(found) < 2:
        raise NotFound("You have no two answers that differ only in their model.")
    return signed, found


def _parts(found: list[Compared]) -> tuple[list[str], list[Any]]:
    spoken = language()
    return [model_name(one.model, spoken) for one in found], [one.result for one in found]


@blueprint.get("/rooms/<room>/questions/<job>/models")
def show_models(room: str, job: str) -> str:
    """Show what each model gives to each campaign: a sentence, a picture, a table."""
    signed, found = _found(room, job)
    names, results = _parts(found)
    spoken = language()
    return render_template(
        "party/models.html",
        **frame(signed),
        job=job,
        asked=[(one.job, name, one.result["name"]) for one, name in zip(found, names, strict=True)],
        sentence=models_sentence(names, results, spoken),
        notes=models_notes(names, results, spoken),
        table=models_shown(names, results, spoken),
    )


@blueprint.get("/rooms/<room>/questions/<job>/models.<kind>")
def download_models(room: str, job: str, kind: str) -> Response:
    """Return the comparison as CSV, JSON or SVG."""
    _, found = _found(room, job)
    names, results = _parts(found)
    if kind == "svg":
        spoken, shown = language(), [names, results, language()]
        return as_picture(shown, lambda on: models_picture(results, spoken, names, on))
    if kind not in ("csv", "json"):
        raise NotFound("A comparison can be read as csv, json or svg.")
    document = [{"job": one.job, "model": one.model, "result": one.result} for one in found]
    body = models_csv(names, results) if kind == "csv" else json.dumps(
        document, ensure_ascii=False, indent=1
    )  # fmt: skip
    media = "text/csv" if kind == "csv" else "application/json"
    return Response(
        body,
        headers={"Content-Disposition": f'attachment; filename="models.{kind}"'},
        content_type=f"{media}; charset=utf-8",
    )
