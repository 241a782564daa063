"""Delegations over HTTP: what brands let agencies ask."""

from __future__ import annotations

from flask import Response, jsonify
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from api.models import DelegationPath, RoomQuery, StatementRequest
from api.views import caller, mediator, said

blueprint = APIBlueprint(
    "delegations", __name__, url_prefix="/v1/delegations", abp_tags=[Tag(name="delegations")]
)


@blueprint.post("")
def grant_delegation(body: StatementRequest) -> Response:
    """Let an agency ask in the caller's place."""
    return said(mediator().delegations.grant, body.statement)


@blueprint.get("")
def list_delegations(query: RoomQuery) -> Response:
    """List the delegations of a room, those that were taken back among them."""
    return jsonify({"items": mediator().delegations.listing(caller(), query.room)})


@blueprint.post("/<delegation>/revoke")
def revoke_delegation(path: DelegationPath, body: StatementRequest) -> Response:
    """Take a delegation back; what is asked under it ends."""
    return said(mediator().delegations.revoke, path.delegation, body.statement)
