"""Budgets, the log and what waits, over HTTP."""

from __future__ import annotations

from flask import Response, jsonify
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from api.models import (
    ConsistencyQuery,
    EntriesQuery,
    InclusionQuery,
    RoomQuery,
    SearchQuery,
    StatementRequest,
    WaitQuery,
)
from api.views import caller, mediator, said
from cleanroom.mediator.search import Wanted

blueprint = APIBlueprint("audit", __name__, url_prefix="/v1", abp_tags=[Tag(name="audit")])


@blueprint.get("/budgets")
def show_budget(query: RoomQuery) -> Response:
    """Show what is left of the privacy budgets of a room."""
    return jsonify(mediator().budgets.show(caller(), query.room))


@blueprint.get("/work")
def list_work(query: WaitQuery) -> Response:
    """List what waits for the caller."""
    return jsonify(mediator().waiting.listing(caller(), query.wait))


@blueprint.get("/audit/entries")
def list_entries(query: EntriesQuery) -> Response:
    """List entries of a room's log."""
    return jsonify(mediator().audit.entries(caller(), query.room, query.start, query.limit))


@blueprint.get("/audit/search")
def search_entries(query: SearchQuery) -> Response:
    """Find entries of a room's log, the newest first."""
    wanted = Wanted(query.kind, query.party, query.outcome, query.job, query.text)
    found = mediator().audit.search(caller(), query.room, wanted, query.before, query.limit)
    return jsonify(found)


@blueprint.get("/audit/checkpoint")
def show_checkpoint(query: RoomQuery) -> Response:
    """Show the signed head of a room's log, a C2SP note."""
    note = mediator().audit.checkpoint(caller(), query.room)
    return Response(note, content_type="text/plain; charset=utf-8")


@blueprint.get("/audit/cosignatures")
def list_cosignatures(query: RoomQuery) -> Response:
    """List the latest checkpoint that each member has vouched for."""
    found = mediator().audit.cosignatures(caller(), query.room)
    return jsonify({"items": found, "next": None})


@blueprint.get("/audit/proofs/inclusion")
def prove_inclusion(query: InclusionQuery) -> Response:
    """Prove that an entry is in a tree."""
    proof = mediator().audit.inclusion(caller(), query.room, query.index, query.size)
    return jsonify({"proof": proof})


@blueprint.get("/audit/proofs/consistency")
def prove_consistency(query: ConsistencyQuery) -> Response:
    """Prove that one tree begins with another."""
    proof = mediator().audit.consistency(caller(), query.room, query.first, query.second)
    return jsonify({"proof": proof})


@blueprint.post("/audit/cosign")
def cosign(body: StatementRequest) -> Response:
    """Vouch for having seen a checkpoint."""
    return said(mediator().audit.cosign, body.statement)
