"""What an operator asks, unsigned: health, readiness, metrics, the description of the interface."""

from __future__ import annotations

from flask import Response, current_app, jsonify
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from api.views import mediator

blueprint = APIBlueprint(
    "operations", __name__, url_prefix="/v1", abp_tags=[Tag(name="operations")]
)


@blueprint.get("/healthz")
def healthz() -> Response:
    """Say that the process answers."""
    return jsonify({"ok": True})


@blueprint.get("/readyz")
def readyz() -> Response:
    """Say whether the mediator can serve; 503 and the reason if it cannot."""
    found = mediator().readiness()
    response = jsonify(found)
    response.status_code = 200 if found["ready"] else 503
    return response


@blueprint.get("/mediator")
def show_mediator() -> Response:
    """Show the mediator's origin and public key, for agreements; asked by admitted parties."""
    context = mediator().context
    key = context.key.verifying_key.raw.hex()
    return jsonify({"origin": context.settings.origin, "key": key})


@blueprint.get("/metrics")
def metrics() -> Response:
    """Count requests and refusals, for Prometheus."""
    data = generate_latest(current_app.extensions["metrics"].registry)
    return Response(data, content_type=CONTENT_TYPE_LATEST)


@blueprint.get("/openapi.json")
def openapi() -> Response:
    """Describe the interface (OpenAPI 3.1)."""
    return jsonify(current_app.api_doc)  # type: ignore[attr-defined]
