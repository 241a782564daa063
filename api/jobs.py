"""Jobs over HTTP."""

from __future__ import annotations

from flask import Response, jsonify
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from api.models import (
    EventsQuery,
    JobListQuery,
    JobMessagePath,
    JobPath,
    JobQuery,
    JobRowsPath,
    OctetStream,
    PreviewRequest,
    ResultQuery,
    StatementRequest,
)
from api.views import caller, mediator, octets, page, said, stored

blueprint = APIBlueprint("jobs", __name__, url_prefix="/v1/jobs", abp_tags=[Tag(name="jobs")])


@blueprint.post("")
def submit_job(body: StatementRequest) -> Response:
    """Ask a question: 202 for a new one, 200 for one that has its answer or is being answered."""
    return said(mediator().jobs.submit, body.statement)


@blueprint.get("")
def list_jobs(query: JobListQuery) -> Response:
    """List the jobs of a room."""
    found = mediator().jobs.listing(
        caller(), query.room, query.state, query.cursor, query.order == "newest"
    )
    return page(found)


@blueprint.post("/preview")
def preview_job(body: PreviewRequest) -> Response:
    """Show what a question would cost and how noisy its answer would be."""
    return jsonify(mediator().jobs.preview(caller(), body.job))


@blueprint.get("/<job>")
def show_job(path: JobPath, query: JobQuery) -> Response:
    """Show a job."""
    return jsonify(mediator().jobs.show(caller(), path.job, query.state, query.wait))


@blueprint.get("/<job>/events")
def list_events(path: JobPath, query: EventsQuery) -> Response:
    """List what happened to a job."""
    found = mediator().jobs.events(caller(), path.job, query.after, query.wait)
    return jsonify({"items": found, "next": None})


@blueprint.post("/<job>/approvals")
def approve_job(path: JobPath, body: StatementRequest) -> Response:
    """Approve a job with the caller's messages."""
    return said(mediator().approvals.approve, path.job, body.statement)


@blueprint.post("/<job>/refuse")
def refuse_job(path: JobPath, body: StatementRequest) -> Response:
    """Refuse a job by a rule of the caller's."""
    return said(mediator().approvals.refuse, path.job, body.statement)


@blueprint.post("/<job>/cancel")
def cancel_job(path: JobPath, body: StatementRequest) -> Response:
    """Take a job back."""
    return said(mediator().approvals.cancel, path.job, body.statement)


@blueprint.put("/<job>/messages/<kind>/<number>")
def put_message(path: JobMessagePath, raw: OctetStream) -> Response:
    """Send a chunk of one of the caller's messages for a job."""
    data = raw.get_data()
    messages = mediator().job_messages
    return stored(messages.put(caller(), path.job, path.kind, path.number, data))


@blueprint.get("/<job>/messages/<kind>/<number>")
def get_message(path: JobMessagePath) -> Response:
    """Read a chunk of a message that is for the caller."""
    return octets(mediator().job_messages.get(caller(), path.job, path.kind, path.number))


@blueprint.put("/<job>/rows/<number>")
def put_rows(path: JobRowsPath, raw: OctetStream) -> Response:
    """Send a chunk of the rows that the caller made for a job."""
    data = raw.get_data()
    return stored(mediator().approvals.put_rows(caller(), path.job, path.number, data))


@blueprint.post("/<job>/rows")
def seal_rows(path: JobPath, body: StatementRequest) -> Response:
    """Commit to the caller's rows for a job."""
    return said(mediator().approvals.seal_rows, path.job, body.statement)


@blueprint.get("/<job>/result")
def read_result(path: JobPath, query: ResultQuery) -> Response:
    """Read a part of a result that is for the caller; the reading is logged."""
    results = mediator().results
    if query.part == "release":
        return jsonify(results.release(caller(), path.job))
    return octets(results.part(caller(), path.job, query.part))


@blueprint.post("/<job>/steps")
def do_step(path: JobPath, body: StatementRequest) -> Response:
    """Send what the caller decrypted for the receiver."""
    return said(mediator().results.step, path.job, body.statement)


@blueprint.post("/<job>/receipt")
def receipt(path: JobPath, body: StatementRequest) -> Response:
    """Confirm a result."""
    return said(mediator().results.receipt, path.job, body.statement)
