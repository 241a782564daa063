"""Canary words in every field that a party can send: none comes back, none is written down."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
import structlog

from tests.api import story
from tests.api.party import OCTETS, World

CANARY = "canary7391@secret.example"
SHAPES = (
    CANARY.encode(),
    CANARY.encode().hex().encode(),
    base64.b64encode(CANARY.encode()),
    CANARY.replace("@", "%40").encode(),
)


def spoilt(document: Any) -> list[Any]:
    """Return the document once per text in it, with the canary in that text's place."""
    if isinstance(document, str):
        return [CANARY]
    if isinstance(document, list):
        pairs = [(index, item) for index, item in enumerate(document)]
        return [[*document[:i], one, *document[i + 1 :]] for i, v in pairs for one in spoilt(v)]
    if isinstance(document, dict):
        inside = [{**document, k: one} for k, v in document.items() for one in spoilt(v)]
        return [*inside, {**document, CANARY: 1}]
    return [CANARY]


def test_no_canary_in_any_error_log_metric_or_file(
    room: World, capsys: pytest.CaptureFixture[str]
) -> None:
    structlog.reset_defaults()
    aligned = story.align(room)
    told: list[str] = []
    manifest = {"manifest": story.manifest("platform").to_json(), "dictionary": ""}
    for kind, path, body in (
        ("job.submit", "/v1/jobs", {"job": story.question(room, aligned)}),
        ("dataset.create", "/v1/datasets", manifest),
        ("room.propose", "/v1/rooms", {"agreement": room.describe(), "paillier": None}),
    ):
        for document in spoilt(body)[:150]:
            data = {"statement": room.brand.sign(kind, body).to_json(), "attachment": None}
            data["statement"]["statement"]["body"] = document
            answer = room.brand.send(
                "POST", path, json.dumps(data).encode(), Content_Type="application/json"
            )
            assert answer.status_code >= 400
            told += [answer.get_data(as_text=True), str(answer.headers)]
    chunks = f"/v1/datasets/{aligned[0]}/chunks/0"
    for path in (f"/v1/rooms/{CANARY}", f"/v1/jobs?room={CANARY}", f"/v1/{CANARY}"):
        told.append(room.brand.get(path).get_data(as_text=True))
    told.append(
        room.brand.send("PUT", chunks, CANARY.encode(), Content_Type=OCTETS).get_data(as_text=True)
    )
    forged = room.brand.signed_headers("GET", "/v1/rooms", key_id=CANARY)
    told.append(room.brand.http.get("/v1/rooms", headers=forged).get_data(as_text=True))
    told.append(room.brand.http.get("/v1/metrics").get_data(as_text=True))
    logged = "".join(capsys.readouterr())
    assert "refused" in logged, "the search must see what is really there"
    kept = b"\n".join(file.read_bytes() for file in room.home.rglob("*") if file.is_file())
    assert b"invalid-input" in kept
    everything = "\n".join([*told, logged]).encode() + kept
    for shape in SHAPES:
        at = everything.find(shape)
        assert at < 0, everything[max(0, at - 300) : at + 100]
    for party in room.parties:
        assert party.key.expose() not in everything
        assert party.key.expose().hex().encode() not in everything
