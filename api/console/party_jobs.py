"""Follow a question, approve it, read and download its answer."""

from __future__ import annotations

import json
from itertools import islice
from typing import Any

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for

from api.console.desk import Desk, desk
from api.console.difference import Change, difference
from api.console.frame import language
from api.console.party_export import written
from api.console.party_models import comparable
from api.console.party_plan import plannable
from api.console.party_rooms import as_picture, frame
from cleanroom.agent import activation, approval, approved, jobs, passing, question
from cleanroom.agent.earlier import check_readable, kept_result
from cleanroom.agent.jobs import LocalJob
from cleanroom.agent.loop import refuse_by_hand
from cleanroom.agent.rooms import Room
from cleanroom.errors import CleanroomError, Conflict, NotFound
from cleanroom.queries.registry import template
from cleanroom.report.charts import picture
from cleanroom.report.html import as_csv, page_tables, result_figures
from cleanroom.report.sentences import notes, sentence
from cleanroom.room.states import JOB, JobState
from protocols.errors import RemoteError

blueprint = Blueprint("jobs", __name__)

ROWS = 50
"""Questions on one page."""

DONE = 10
"""Approved questions that are shown below those that wait."""

EARLIER = 400
"""Questions among which the last approved one of a kind is looked for."""

STEPS = (
    JobState.AWAITING_APPROVAL,
    JobState.STARTED,
    JobState.AWAITING_DECRYPTION,
    JobState.SUCCESS,
)


@blueprint.get("/rooms/<room>/questions")
def list_jobs(room: str) -> str:
    """List the questions of a room, the newest first."""
    found, wanted = desk().room(room), request.args.get("state", "")
    text = request.args.get("q", "").strip().lower()
    items = [
        item
        for item in desk().jobs(room)
        if wanted in ("", item["state"]) and text in item["job"]["name"].lower()
    ]
    pages = max(1, -(-len(items) // ROWS))
    page = min(_page_number(), pages - 1)
    return render_template(
        "party/jobs.html",
        **frame(found),
        items=items[page * ROWS : (page + 1) * ROWS],
        total=len(items),
        page=page,
        pages=pages,
        states=list(JobState),
        wanted=wanted,
        text=text,
    )


@blueprint.get("/rooms/<room>/questions/<job>")
def show_job(room: str, job: str) -> Any:
    """Show a question, how far it is, and its answer if this party received it.

    An auditor receives no answer and approves nothing, so it is led to the question's chain.
    """
    found = desk().room(room)
    item = desk().job(room, job)
    if found.own.role == "auditor":
        return redirect(url_for("audit.show_chain", room=room, job=job))
    result = _result(found, job)
    # Planned as of no time: what was asked can be looked at when its room is over.
    loaded, wrong = _loaded(found, job, now=0)
    tables, folded = page_tables(result, language()) if result else ([], [])
    return render_template(
        "party/job.html",
        **frame(found),
        item=item,
        asked=template(item["job"]["template"]),
        steps=STEPS,
        running=bool(JOB[JobState(item["state"])]),
        mark=_mark(item, desk().tasks.busy(f"approve {job}")),
        result=result,
        tables=tables,
        folded=folded,
        figures=result_figures(result, language()) if result else [],
        sentence=sentence(result, language()) if result else "",
        notes=notes(result, language()) if result else (),
        parts=question.describe(loaded, language()) if loaded else (),
        wrong=wrong,
        parameters=_parameters(item),
        models=comparable(found, item) if result else 0,
        plannable=plannable(result),
        segment=bool(loaded and activation.has_segment(loaded)),
        written=written(found, job),
        most_expansion=activation.MOST_EXPANSION,
        **_approval_state(found, item),
    )


@blueprint.get("/rooms/<room>/questions/<job>/state.json")
def job_state(room: str, job: str) -> Response:
    """Say in which state a question is, for the page that waits for a change."""
    desk().room(room)
    item = desk().job(room, job)
    busy = desk().tasks.busy(f"approve {job}")
    shown = {"state": item["state"], "approved": item["approved"], "busy": busy}
    return jsonify({**shown, "mark": _mark(item, busy)})


def _mark(item: dict[str, Any], busy: bool) -> str:
    """Return what changes whenever a question's page has to."""
    return f"{item['state']} {len(item['approved'])} {busy}"


@blueprint.get("/rooms/<room>/questions/<job>/result.<kind>")
def download(room: str, job: str, kind: str) -> Response:
    """Return an answer as CSV, JSON or SVG."""
    result = _result(desk().room(room), job)
    if result is None:
        raise NotFound("You have no answer to this question.")
    if kind == "svg":
        spoken = language()
        return as_picture([result, spoken], lambda on: picture(result, spoken, on))
    if kind not in ("csv", "json"):
        raise NotFound("An answer can be read as csv, json or svg.")
    body = as_csv(result) if kind == "csv" else json.dumps(result, ensure_ascii=False, indent=1)
    media = "text/csv" if kind == "csv" else "application/json"
    name = f"{result['name']}.{kind}"
    return Response(
        body,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
        content_type=f"{media}; charset=utf-8",
    )


@blueprint.get("/rooms/<room>/approvals")
def list_approvals(room: str) -> str:
    """List the questions that wait for this party's approval."""
    found = desk().room(room)
    waiting = [
        one["id"]
        for one in desk().waiting()["jobs"]
        if one["room"] == room and one["what"] == "approve"
    ]
    items = [desk().client.job(one) for one in waiting]
    latest = islice(desk().latest(room), EARLIER)
    before = (item for item in latest if approved.has_approved(found, item))
    done = list(islice(before, DONE))
    return render_template("party/approvals.html", **frame(found), items=items, done=done)


@blueprint.get("/rooms/<room>/approvals/<job>")
def show_approval(room: str, job: str) -> str:
    """Show a question as this party's agent planned it, and what it changes against the last one.

    One that the agent will not have can only be refused; the page says why.
    """
    found = desk().room(room)
    item = desk().job(room, job)
    loaded, wrong = _loaded(found, job)
    earlier = _approved_before(desk(), found, item)
    state = _approval_state(found, item)
    state["failure"] = state["failure"] or wrong
    return render_template(
        "party/approval.html",
        **frame(found),
        item=item,
        parts=question.describe(loaded, language()) if loaded else (),
        digest=question.digest(loaded) if loaded else "",
        earlier=earlier,
        changes=_changes(found, earlier, loaded) if earlier and loaded else [],
        rho=loaded.charge.rho if loaded else None,
        leaks=loaded.template.learned(loaded.plan) if loaded else (),
        budget=found.client.budget(room),
        **state,
    )


@blueprint.post("/rooms/<room>/approvals/<job>")
def decide(room: str, job: str) -> Any:
    """Approve the very question that was shown, or refuse it with a reason.

    Noise takes some seconds to make, so an approval goes on by itself.
    """
    found = desk().room(room)
    desk().job(room, job)
    if request.form.get("action") == "refuse":
        reason = " ".join(request.form.get("reason", "").split())[:300]
        refuse_by_hand(found, job, reason)
        return redirect(url_for("jobs.show_job", room=room, job=job))
    loaded = jobs.load(found, job)
    question.check_digest(loaded, request.form.get("digest", ""))
    desk().tasks.start(f"approve {job}", lambda _tell: approval.approve(loaded))
    return redirect(url_for("jobs.show_job", room=room, job=job))


def _loaded(room: Room, job: str, now: float | None = None) -> tuple[LocalJob | None, str | None]:
    """Return a question as the agent planned it, or why the agent will have no part in it."""
    try:
        loaded = jobs.load(room, job, now)
        loaded.private()
    except (CleanroomError, RemoteError) as error:
        return None, str(error)
    return loaded, None


def _approval_state(room: Room, item: dict[str, Any]) -> dict[str, Any]:
    """Return whether this party has still to approve, and how that goes."""
    tasks, job = desk().tasks, item["id"]
    waits = item["state"] == JobState.AWAITING_APPROVAL and room.own.has_data
    waits = waits and not approved.has_approved(room, item)
    return {
        "busy": tasks.busy(f"approve {job}"),
        "failure": tasks.failure(f"approve {job}") if waits else None,
        "to_approve": waits and room.agreement.policy.approval == "manual",
    }


def _result(room: Room, job: str) -> dict[str, Any] | None:
    """Return an answer that this party received, decrypted from its home."""
    if not job.isalnum():
        return None
    check_readable(room, job)
    if room.own.role != "agency":
        return kept_result(room, job)
    try:
        return passing.read(room, job)
    except (Conflict, NotFound):  # not handed on yet, or not any more
        return None


def _parameters(item: dict[str, Any]) -> list[tuple[str, Any]]:
    """Return a question's parameters in the order of its template's form."""
    order = list(template(item["job"]["template"]).Parameters.model_fields)
    given = item["job"]["parameters"]
    known = [name for name in order if name in given]
    return [(name, given[name]) for name in (*known, *(n for n in given if n not in known))]


def _page_number() -> int:
    text = request.args.get("page", "0")
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 7 else 0


def _approved_before(own: Desk, room: Room, item: dict[str, Any]) -> dict[str, Any] | None:
    """Return the last earlier question of the same template that this party approved."""
    for one in islice(own.latest(room.identity), EARLIER):
        earlier = one["created"] <= item["created"] and one["id"] != item["id"]
        same = one["job"]["template"] == item["job"]["template"]
        if earlier and same and approved.has_approved(room, one):
            return one
    return None


def _changes(room: Room, earlier: dict[str, Any], job: LocalJob) -> list[Change]:
    """Return what differs from an earlier question, both as this party's agent plans them."""
    before, _ = _loaded(room, earlier["id"], now=0)
    return difference(_readable(before) if before else {}, _readable(job))


def _readable(job: LocalJob) -> dict[str, Any]:
    """Return what is said of a question by heading, so that what differs can be named."""
    parts = question.describe(job, language())
    return {
        f"{part.title}: {line.name}": line.text
        for part in parts
        for line in part.lines
        if line.text != job.identity
    }
