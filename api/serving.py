"""Serving over HTTP: publications, tallies, withdrawals.  Questions go to the brand's server."""

from __future__ import annotations

from flask import Response, jsonify
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from api.models import RoomQuery, StatementRequest
from api.views import caller, mediator, said

blueprint = APIBlueprint(
    "serving", __name__, url_prefix="/v1/serving", abp_tags=[Tag(name="serving")]
)


@blueprint.post("")
def publish_serving(body: StatementRequest) -> Response:
    """Note the next publication under a grant of serving."""
    return said(mediator().serving.publish, body.statement)


@blueprint.get("")
def list_serving(query: RoomQuery) -> Response:
    """List what is served in a room, with the tallies that one side alone has said."""
    return jsonify({"items": mediator().serving.listing(caller(), query.room)})


@blueprint.post("/tallies")
def tally_serving(body: StatementRequest) -> Response:
    """Note how many people were asked about in a minute."""
    return said(mediator().serving.tally, body.statement)


@blueprint.post("/stop")
def stop_serving(body: StatementRequest) -> Response:
    """Withdraw a grant of serving."""
    return said(mediator().serving.stop, body.statement)
