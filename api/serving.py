"""Serving over HTTP: publications, tallies, withdrawals, and questions on their way."""

from __future__ import annotations

from flask import Response, current_app, g, jsonify
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from api.models import OctetStream, QuestionsQuery, RoomQuery, StatementRequest
from api.problems import TransportRefusal
from api.views import caller, mediator, octets, said

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


@blueprint.post("/questions")
def ask_question(query: QuestionsQuery, raw: OctetStream) -> Response:
    """Pass a question on to the brand's server, and its reply back: 204 if none comes in time."""
    questions, question = mediator().questions, raw.get_data()
    line = questions.line(caller(), query.room, query.grant, asks=True)
    g.spoken = True  # no entry in the log for a question, asked or refused: they are tallied
    questions.check(query.room, query.grant, question)
    # Each platform has its own: none could use up another's with what is not a question.
    if not current_app.extensions["questions"].take(f"{query.room}/{query.grant}"):
        raise TransportRefusal(429, "too many questions under this grant", "rate")
    reply = questions.ask(caller(), line, question, query.wait)
    current_app.extensions["metrics"].passed(reply is not None)
    return Response(status=204) if reply is None else octets(reply)


@blueprint.post("/replies")
def next_question(query: QuestionsQuery, raw: OctetStream) -> Response:
    """Take the brand's reply, if there is one, and give it the next question: 204 if none comes."""
    questions, reply = mediator().questions, raw.get_data()
    line = questions.line(caller(), query.room, query.grant, asks=False)
    g.spoken = True
    found = questions.next(caller(), line, reply, query.wait)
    return Response(status=204) if found is None else octets(found)
