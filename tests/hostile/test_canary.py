"""Canary words in every field that a party can send: none comes back, none is written down."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
from typing import Any

import pytest
import structlog

from api.console.mediator import create_mediator_console
from cleanroom.documents.agreement import Agreement
from cleanroom.mediator.ports import StorageFault
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
    asked = f"POST {preview}?\n{canary}"
    digests = (hashlib.sha256(text.encode()).hexdigest() for text in (canary, asked))
    for shape in (canary, canary.partition("@")[0], *digests):
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


@pytest.mark.parametrize("canary", ["canary_person", "13800138765"])
def test_no_canary_stays_of_what_no_document_of_its_kind_says(room: World, canary: str) -> None:
    """In parameters, names of messages, a checkpoint, and in proposals of rooms, by names too."""
    aligned = story.align(room)
    asked = story.question(room, aligned)
    job, weekly = story.submit(room, asked), story.standing(room).to_json()
    sent = {canary: {"chunks": 1, "rows": 1, "salt": "00" * 16, "commitment": "00" * 32}}
    attempt = {"alignment": aligned[2], "attempt": 1, "transcript": "ab" * 32}
    jobs, where = f"/v1/jobs/{job}", f"/v1/alignments/{aligned[2]}/finish"
    for path, kind, body in (
        *(
            ("/v1/jobs", "job.submit", {"job": {**asked, "parameters": parameters}})
            for parameters in ({canary: 1}, {"group_by": canary}, {"where": {canary: [canary]}})
        ),
        ("/v1/jobs", "job.submit", {"job": {**asked, "template": canary}}),
        ("/v1/standing", "standing.propose", {"standing": {**weekly, "parameters": {canary: 1}}}),
        (f"{jobs}/approvals", "job.approve", {"job": job, "messages": sent}),
        (f"{jobs}/steps", "job.step", {"job": job, "step": canary, "messages": {}}),
        (
            f"{jobs}/rows",
            "job.rows",
            {"job": job, "messages": sent, "upload": sent[canary], "labels": 1},
        ),
        (where, "alignment.finish", {**attempt, "tokens": sent}),
        ("/v1/audit/cosign", "audit.cosign", {"checkpoint": canary}),
    ):
        assert room.brand.say(path, kind, body).status_code >= 400
    described = room.describe()
    terms, card = described["datasets"][0], described["members"][1]
    for change in (
        {"templates": [canary]},
        {"datasets": [{**terms, "name": canary, "labels": ["a", "a"]}]},
        {"datasets": [], "members": [described["members"][0], {**card, "name": canary}]},
    ):
        agreement = Agreement.from_json(described | change)
        body = {"agreement": agreement.to_json(), "paillier": None}
        signed = room.brand.sign("room.propose", body, agreement.identity())
        assert room.brand.post("/v1/rooms", signed).status_code >= 400
    entries = room.brand.get(f"/v1/audit/entries?room={room.room}").get_json()["entries"]
    refused = [one for one in entries if one["outcome"] == "refused"]
    assert [one["statement"] for one in refused] == [None] * 10
    assert all(re.fullmatch("[0-9a-f]{64}", one["facts"]["statement"]) for one in refused)
    room.mediator.context.store.checkpoint()
    assert canary.encode() not in b"".join(
        file.read_bytes() for file in room.home.rglob("*") if file.is_file()
    )


def test_no_canary_is_logged_where_a_refusal_cannot_be_kept(
    room: World, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Nor where a request ends in a fault: the framework would log its address, and the stack."""
    structlog.reset_defaults()
    access, store = room.mediator.access, type(room.mediator.context.store)
    write, key = store.write, access.key
    own, canary = room.brand.key.verifying_key.fingerprint(), "13800138765"
    faults = iter([False, True])

    def full(self: Any, place: str) -> Any:
        if place != own:
            raise StorageFault(CANARY)
        return write(self, place)

    def lost(fingerprint: str) -> Any:
        if next(faults):
            raise StorageFault(CANARY)
        return key(fingerprint)

    monkeypatch.setattr(store, "write", full)
    asked = [
        room.brand.get(f"/v1/{path}") for path in (canary, f"rooms/{canary}", f"jobs/{canary}")
    ]
    monkeypatch.setattr(store, "write", write)
    monkeypatch.setattr(access, "key", lost)
    asked.append(room.brand.get(f"/v1/rooms/{canary}?wait=0"))
    assert [one.status_code for one in asked] == [503] * 4
    assert {one.get_json()["detail"] for one in asked} == {"nothing was done; try again"}
    logged = "".join(capfd.readouterr())
    assert logged.count("StorageFault") == 4
    for sign in (canary, CANARY, "Traceback"):
        assert sign not in logged


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
