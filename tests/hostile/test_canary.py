"""Canary words in every field that a party can send: none comes back, none is written down."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from typing import Any

import pytest
import structlog

from api.console.mediator import create_mediator_console
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


@pytest.mark.parametrize("canary", [CANARY, "13800138765", "CANARYPERSON"])
def test_no_canary_stays_of_what_names_a_request(
    room: World, canary: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its method, its nonce, its Idempotency-Key, and a body that is one canary alone."""
    brand, preview = room.brand, "/v1/jobs/preview"
    kinds = {"Content_Type": "application/json", "Idempotency_Key": canary}
    assert brand.send("POST", preview, b"{}", **kinds).status_code == 422
    assert brand.send("POST", preview, b"[]", **kinds).get_json()["rule"] == "idempotency-key"
    assert brand.send("POST", preview, canary.encode(), Content_Type="text/x").status_code == 422
    with monkeypatch.context() as patched:
        patched.setattr(secrets, "token_urlsafe", lambda _size: canary)
        signed = [brand.signed_headers("GET", "/v1/rooms") for _ in range(2)]
    statuses = [brand.http.get("/v1/rooms", headers=one).status_code for one in signed]
    assert statuses == [200, 401]
    if "@" not in canary:
        assert brand.send(canary, "/v1/rooms").status_code == 405
    kept = b"\n".join(file.read_bytes() for file in room.home.rglob("*") if file.is_file())
    assert b"invalid-input" in kept
    digest = hashlib.sha256(canary.encode()).hexdigest()
    for shape in (canary, canary.partition("@")[0], digest):
        assert shape.encode() not in kept, shape


@pytest.mark.parametrize("canary", [CANARY, "canary_person", "13800138765"])
def test_no_canary_stays_of_a_key_that_no_document_has(room: World, canary: str) -> None:
    job = "0" * 32
    for path, kind, more in (
        ("cancel", "job.cancel", {canary: 1}),
        ("approvals", "job.approve", {"messages": {canary: 1}}),
    ):
        said = room.brand.say(f"/v1/jobs/{job}/{path}", kind, {"job": job, **more})
        assert said.status_code == 422
    entries = room.brand.get(f"/v1/audit/entries?room={room.room}").get_json()["entries"]
    details = [one["detail"] for one in entries if one["outcome"] == "refused"]
    assert details[0] == "JobCancel: *: Extra inputs are not permitted"
    assert details[1].startswith("JobApprove: messages.*")
    assert not [one for one in details if canary in one]


def test_a_console_that_fails_says_where_and_not_on_what(
    place: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    console = create_mediator_console(place.mediator)
    fingerprint = place.brand.key.verifying_key.fingerprint()
    session = console.extensions["console"].sessions.open(fingerprint, "brand")
    browser = console.test_client()
    browser.set_cookie("cleanroom-mediator-0", session.token)

    def fail(*_: object) -> None:
        raise ValueError(CANARY)

    monkeypatch.setattr(place.mediator.rooms, "listing", fail)
    with structlog.testing.capture_logs() as lines:
        page = browser.get("/")
    assert (page.status_code, CANARY in page.text) == (500, False)
    (line,) = lines
    assert line["place"].startswith("ValueError in fail, line ")
    assert line.keys() == {"event", "log_level", "place", "request"}
