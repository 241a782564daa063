"""Plan what to spend on campaigns, from an answer of this party's own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, render_template, request

from api.console.desk import desk
from api.console.frame import language
from api.console.party_rooms import as_picture, frame
from cleanroom.agent.earlier import check_readable, kept_result
from cleanroom.agent.rooms import Room
from cleanroom.errors import CleanroomError, InvalidInput, NotFound
from cleanroom.queries.spend.plan import (
    ELASTICITY,
    MEASURES,
    campaigns_of,
    check_plannable,
    plan_spending,
)
from cleanroom.report.charts import spend_picture
from cleanroom.report.html import as_csv, result_tables
from cleanroom.report.spending import spend_notes, spend_sentence

blueprint = Blueprint("plan", __name__)

ASKED = ("budget", "elasticity")


@dataclass(frozen=True)
class Given:
    """What the form holds, as text: costs by campaign, in the order of the answer."""

    costs: dict[str, str]
    budget: str
    elasticity: str

    @property
    def asks(self) -> bool:
        """Tell whether any cost was given."""
        return any(self.costs.values())


def plannable(result: dict[str, Any] | None) -> bool:
    """Tell whether an answer's page leads to a plan: one can be made, and a campaign is shown."""
    try:
        return result is not None and bool(check_plannable(result) and campaigns_of(result))
    except InvalidInput:
        return False


def _answer(room: str, job: str) -> tuple[Room, dict[str, Any]]:
    signed = desk().room(room)
    if job.isalnum():
        check_readable(signed, job)
        result = kept_result(signed, job)
        if result and plannable(result):
            return signed, result
    raise NotFound("You have no answer to this question that spending can be planned from.")


def _given(result: dict[str, Any]) -> Given:
    """Return what was typed; the costs that came with the answer where nothing was."""
    known = {name: f"{cost:g}" for name, cost in campaigns_of(result).items() if cost}
    typed = dict(zip(request.args.getlist("campaign"), request.args.getlist("cost"), strict=False))
    costs = {
        name: typed.get(name, known.get(name, "")).strip()[:40] for name in campaigns_of(result)
    }
    budget, elasticity = (request.args.get(name, "").strip()[:40] for name in ASKED)
    return Given(costs, budget, elasticity)


def _plan(result: dict[str, Any], given: Given) -> dict[str, Any]:
    costs = {name: _number(name, text) for name, text in given.costs.items() if text}
    budget = _number("budget", given.budget) if given.budget else None
    elasticity = _number("elasticity", given.elasticity) if given.elasticity else ELASTICITY
    return plan_spending(result, costs, budget, elasticity).document


def _number(name: str, text: str) -> float:
    try:
        return float(text.replace(",", ""))
    except ValueError:
        raise InvalidInput("This is not an amount.", column=name) from None


@blueprint.get("/rooms/<room>/questions/<job>/plan")
def show_plan(room: str, job: str) -> Any:
    """Ask what campaigns cost; show a sentence, a picture, a table, and what they cannot say."""
    signed, result = _answer(room, job)
    given, spoken = _given(result), language()
    plan: dict[str, Any] | None = None
    error: CleanroomError | None = None
    try:
        plan = _plan(result, given) if given.asks else None
    except CleanroomError as failure:
        error = failure
    page = render_template(
        "party/plan.html",
        **frame(signed),
        job=job,
        name=result["name"],
        measure=MEASURES[result["template"]],
        given=given,
        usual=ELASTICITY,
        error=error,
        query=request.query_string.decode("ascii", "replace"),
        plan=plan,
        sentence=spend_sentence(plan, spoken) if plan else "",
        notes=spend_notes(plan, spoken) if plan else (),
        tables=result_tables(plan, spoken) if plan else (),
    )
    return (page, 422) if error else page


@blueprint.get("/rooms/<room>/questions/<job>/plan.<kind>")
def download_plan(room: str, job: str, kind: str) -> Response:
    """Return the plan as CSV, JSON or SVG."""
    _, result = _answer(room, job)
    plan, spoken = _plan(result, _given(result)), language()
    if kind == "svg":
        return as_picture([plan, spoken], lambda on: spend_picture(plan, spoken, on))
    if kind not in ("csv", "json"):
        raise NotFound("A plan can be read as csv, json or svg.")
    body = as_csv(plan) if kind == "csv" else json.dumps(plan, ensure_ascii=False, indent=1)
    media = "text/csv" if kind == "csv" else "application/json"
    return Response(
        body,
        headers={"Content-Disposition": f'attachment; filename="plan.{kind}"'},
        content_type=f"{media}; charset=utf-8",
    )
