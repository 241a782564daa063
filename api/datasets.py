"""Datasets over HTTP."""

from __future__ import annotations

from flask import Response, jsonify
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from api.models import ChunkPath, DatasetPath, OctetStream, RoomListQuery, StatementRequest
from api.views import caller, mediator, page, said, stored

blueprint = APIBlueprint(
    "datasets", __name__, url_prefix="/v1/datasets", abp_tags=[Tag(name="datasets")]
)


@blueprint.post("")
def create_dataset(body: StatementRequest) -> Response:
    """Announce a dataset version; the sealed dictionary is attached."""
    return said(mediator().datasets.create, body.statement, body.attachment)


@blueprint.get("")
def list_datasets(query: RoomListQuery) -> Response:
    """List the datasets of a room."""
    return page(mediator().datasets.listing(caller(), query.room, query.cursor))


@blueprint.post("/erase")
def erase_datasets(body: StatementRequest) -> Response:
    """Take all own versions back because people asked to be erased; their rows are deleted."""
    return said(mediator().datasets.erase, body.statement)


@blueprint.get("/<dataset>")
def show_dataset(path: DatasetPath) -> Response:
    """Show a dataset and which of its chunks have arrived."""
    return jsonify(mediator().datasets.show(caller(), path.dataset))


@blueprint.put("/<dataset>/chunks/<number>")
def put_chunk(path: ChunkPath, raw: OctetStream) -> Response:
    """Send a chunk of rows; the same bytes again are harmless."""
    data = raw.get_data()
    return stored(mediator().datasets.put_chunk(caller(), path.dataset, path.number, data))


@blueprint.post("/<dataset>/seal")
def seal_dataset(path: DatasetPath, body: StatementRequest) -> Response:
    """Commit to the rows of a dataset."""
    return said(mediator().datasets.seal, path.dataset, body.statement)


@blueprint.post("/<dataset>/withdraw")
def withdraw_dataset(path: DatasetPath, body: StatementRequest) -> Response:
    """Take a dataset back; its rows are deleted."""
    return said(mediator().datasets.withdraw, path.dataset, body.statement)
