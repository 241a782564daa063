"""Alignments over HTTP."""

from __future__ import annotations

from flask import Response, jsonify
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from api.models import (
    AlignedRowsPath,
    AlignmentPath,
    AlignmentQuery,
    OctetStream,
    ReceiveQuery,
    RoomListQuery,
    SendQuery,
    StatementRequest,
    TokensPath,
)
from api.views import caller, mediator, octets, page, said, stored

blueprint = APIBlueprint(
    "alignments", __name__, url_prefix="/v1/alignments", abp_tags=[Tag(name="alignments")]
)


@blueprint.post("")
def propose_alignment(body: StatementRequest) -> Response:
    """Propose to join datasets of two parties."""
    return said(mediator().alignments.propose, body.statement)


@blueprint.get("")
def list_alignments(query: RoomListQuery) -> Response:
    """List the alignments of a room."""
    return page(mediator().alignments.listing(caller(), query.room, query.cursor))


@blueprint.get("/<alignment>")
def show_alignment(path: AlignmentPath, query: AlignmentQuery) -> Response:
    """Show an alignment, its attempt and the declared sizes."""
    show = mediator().alignments.show
    return jsonify(show(caller(), path.alignment, query.state, query.wait))


@blueprint.post("/<alignment>/join")
def join_alignment(path: AlignmentPath, body: StatementRequest) -> Response:
    """Take part in the present attempt."""
    return said(mediator().alignments.join, path.alignment, body.statement)


@blueprint.post("/<alignment>/messages")
def send_message(path: AlignmentPath, query: SendQuery, raw: OctetStream) -> Response:
    """Send the next sealed message to the peer; with `after`, take the peer's as the answer."""
    relay, place = mediator().relay, (caller(), path.alignment, query.attempt)
    is_new = relay.send(*place, query.sequence, raw.get_data())
    taken = None if query.after is None else relay.receive(*place, query.after, query.wait)
    return stored(is_new) if taken is None else octets(taken)


@blueprint.get("/<alignment>/messages")
def receive_message(path: AlignmentPath, query: ReceiveQuery) -> Response:
    """Take the peer's message of a number: 204 if there is none yet."""
    relay = mediator().relay
    data = relay.receive(caller(), path.alignment, query.attempt, query.after, query.wait)
    return Response(status=204) if data is None else octets(data)


@blueprint.put("/<alignment>/tokens/<brand_dataset>/<platform_dataset>/<number>")
def put_tokens(path: TokensPath, raw: OctetStream) -> Response:
    """Send a chunk of the caller's tokens for a pair of audiences."""
    pair = (path.brand_dataset, path.platform_dataset)
    data = raw.get_data()
    alignments = mediator().alignments
    return stored(alignments.put_tokens(caller(), path.alignment, pair, path.number, data))


@blueprint.put("/<alignment>/rows/<dataset>/<number>")
def put_aligned_rows(path: AlignedRowsPath, raw: OctetStream) -> Response:
    """Send a chunk of a dataset's rows once more, in the order of this alignment."""
    data = raw.get_data()
    put_rows = mediator().alignments.put_rows
    return stored(put_rows(caller(), path.alignment, path.dataset, path.number, data))


@blueprint.post("/<alignment>/finish")
def finish_alignment(path: AlignmentPath, body: StatementRequest) -> Response:
    """Seal the caller's tokens, and the rows that it sent once more."""
    return said(mediator().alignments.finish, path.alignment, body.statement)


@blueprint.post("/<alignment>/fail")
def fail_alignment(path: AlignmentPath, body: StatementRequest) -> Response:
    """Give the present attempt up."""
    return said(mediator().alignments.fail, path.alignment, body.statement)
