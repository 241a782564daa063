"""Rooms over HTTP."""

from __future__ import annotations

from flask import Response, jsonify
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from api.models import CursorQuery, RoomPath, StatementRequest
from api.views import caller, mediator, page, said

blueprint = APIBlueprint("rooms", __name__, url_prefix="/v1/rooms", abp_tags=[Tag(name="rooms")])


@blueprint.post("")
def propose_room(body: StatementRequest) -> Response:
    """Propose a room and sign its agreement."""
    return said(mediator().rooms.propose, body.statement)


@blueprint.get("")
def list_rooms(query: CursorQuery) -> Response:
    """List the caller's rooms."""
    return page(mediator().rooms.listing(caller(), query.cursor))


@blueprint.get("/<room>")
def show_room(path: RoomPath) -> Response:
    """Show a room, its agreement and the signatures under it."""
    return jsonify(mediator().rooms.show(caller(), path.room))


@blueprint.get("/<room>/agreement")
def show_agreement(path: RoomPath) -> Response:
    """Show the agreement of a room."""
    return jsonify(mediator().rooms.agreement(caller(), path.room))


@blueprint.get("/<room>/members")
def list_members(path: RoomPath) -> Response:
    """List the members of a room with their Paillier keys."""
    return jsonify({"items": mediator().rooms.members(caller(), path.room), "next": None})


@blueprint.post("/<room>/members")
def sign_room(path: RoomPath, body: StatementRequest) -> Response:
    """Sign the agreement of a room."""
    return said(mediator().rooms.sign, path.room, body.statement)


@blueprint.post("/<room>/amendments")
def propose_amendment(path: RoomPath, body: StatementRequest) -> Response:
    """Propose the next version of a room's agreement and sign it."""
    return said(mediator().amendments.propose, path.room, body.statement)


@blueprint.post("/<room>/amendments/members")
def sign_amendment(path: RoomPath, body: StatementRequest) -> Response:
    """Sign the amendment that waits; with the last signature it is in force."""
    return said(mediator().amendments.sign, path.room, body.statement)


@blueprint.post("/<room>/amendments/decline")
def decline_amendment(path: RoomPath, body: StatementRequest) -> Response:
    """Turn the amendment that waits down, or take it back."""
    return said(mediator().amendments.decline, path.room, body.statement)


@blueprint.post("/<room>/close")
def close_room(path: RoomPath, body: StatementRequest) -> Response:
    """End a room."""
    return said(mediator().rooms.close, path.room, body.statement)
