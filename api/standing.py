"""Standing questions over HTTP."""

from __future__ import annotations

from flask import Response, jsonify
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from api.models import RoomListQuery, StandingPath, StatementRequest
from api.views import caller, mediator, page, said

blueprint = APIBlueprint(
    "standing", __name__, url_prefix="/v1/standing", abp_tags=[Tag(name="standing")]
)


@blueprint.post("")
def propose_standing(body: StatementRequest) -> Response:
    """Declare a standing question; the submitter's agreement to all of its runs."""
    return said(mediator().standing.propose, body.statement)


@blueprint.get("")
def list_standing(query: RoomListQuery) -> Response:
    """List the standing questions of a room."""
    return page(mediator().standing.listing(caller(), query.room, query.cursor))


@blueprint.get("/<standing>")
def show_standing(path: StandingPath) -> Response:
    """Show a standing question and the runs that were asked."""
    return jsonify(mediator().standing.show(caller(), path.standing))


@blueprint.post("/<standing>/approvals")
def approve_standing(path: StandingPath, body: StatementRequest) -> Response:
    """Approve all runs of a standing question."""
    return said(mediator().standing.approve, path.standing, body.statement)


@blueprint.post("/<standing>/stop")
def stop_standing(path: StandingPath, body: StatementRequest) -> Response:
    """Stop a standing question, with effect at this entry."""
    return said(mediator().standing.stop, path.standing, body.statement)
