"""A party that is in no room of the others finds nothing there, on every route."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.api import story
from tests.api.party import OCTETS, World

OPEN = {"/v1/healthz", "/v1/readyz", "/v1/metrics", "/v1/openapi.json"}
OWN = {"/v1/mediator", "/v1/work", ("GET", "/v1/rooms"), ("POST", "/v1/rooms")}
BYTES = re.compile(r"PUT |POST /v1/(alignments/<alignment>/messages|serving/(questions|replies))")


def routes(world: World) -> list[tuple[str, str]]:
    """Return every route of the application as method and rule."""
    rules = world.brand.http.application.url_map.iter_rules()
    return sorted(
        (method, rule.rule)
        for rule in rules
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/v1/") and rule.rule not in OPEN
    )


QUERIES = {
    "/v1/audit/entries": "&from=0",
    "/v1/audit/proofs/inclusion": "&index=0&size=1",
    "/v1/audit/proofs/consistency": "&first=1&second=1",
}
KINDS = {
    "/v1/rooms/<room>/members": ("room.sign", {"agreement": "00" * 32, "paillier": None}),
    "/v1/rooms/<room>/close": ("room.close", {}),
    "/v1/rooms/<room>/amendments": ("amendment.propose", {}),
    "/v1/rooms/<room>/amendments/members": ("amendment.sign", {"agreement": "00" * 32}),
    "/v1/rooms/<room>/amendments/decline": ("amendment.decline", {"agreement": "00" * 32}),
    "/v1/datasets": ("dataset.create", {}),
    "/v1/datasets/<dataset>/seal": ("dataset.seal", {}),
    "/v1/datasets/<dataset>/withdraw": ("dataset.withdraw", {}),
    "/v1/datasets/erase": ("dataset.erase", {}),
    "/v1/alignments": ("alignment.propose", {}),
    "/v1/alignments/<alignment>/join": ("alignment.join", {}),
    "/v1/alignments/<alignment>/finish": ("alignment.finish", {}),
    "/v1/alignments/<alignment>/fail": ("alignment.fail", {}),
    "/v1/jobs": ("job.submit", {}),
    "/v1/jobs/<job>/approvals": ("job.approve", {}),
    "/v1/jobs/<job>/refuse": ("job.refuse", {}),
    "/v1/jobs/<job>/cancel": ("job.cancel", {}),
    "/v1/jobs/<job>/rows": ("job.rows", {}),
    "/v1/jobs/<job>/steps": ("job.step", {}),
    "/v1/jobs/<job>/receipt": ("job.receipt", {}),
    "/v1/delegations": ("delegation.grant", {}),
    "/v1/delegations/<delegation>/revoke": ("delegation.revoke", {}),
    "/v1/standing": ("standing.propose", {}),
    "/v1/standing/<standing>/approvals": ("standing.approve", {}),
    "/v1/standing/<standing>/stop": ("standing.stop", {}),
    "/v1/serving": ("serving.publish", {}),
    "/v1/serving/tallies": ("serving.tally", {}),
    "/v1/serving/stop": ("serving.stop", {}),
    "/v1/audit/cosign": ("audit.cosign", {"checkpoint": ""}),
}


@pytest.fixture
def names(room: World) -> dict[str, str]:
    """Everything that a stranger could ask for."""
    job = story.started(room)
    document = room.brand.get(f"/v1/jobs/{job}").get_json()["job"]
    series = story.standing(room)
    body = {"standing": series.to_json()}
    room.brand.must_say("/v1/standing", "standing.propose", body)
    return {
        "room": room.room,
        "standing": series.identity(),
        "delegation": "0" * 32,
        "dataset": document["brand"],
        "alignment": document["alignment"],
        "brand_dataset": document["brand"],
        "platform_dataset": document["platform"],
        "job": job,
        "number": "0",
        "kind": "masks",
    }


def ask(world: World, method: str, rule: str, names: dict[str, str]) -> Any:
    """Ask one route as the stranger, about the others' things."""
    stranger = world.stranger
    path = re.sub(r"<(\w+)>", lambda found: names[found.group(1)], rule)
    if method == "GET":
        query = f"?room={world.room}" if "<" not in rule else ""
        query += QUERIES.get(rule, "")
        query += "?attempt=1" if rule.endswith("/messages") else ""
        query += "?part=release" if rule.endswith("/result") else ""
        return stranger.get(path + query)
    if BYTES.match(f"{method} {rule}"):
        query = "?attempt=1&sequence=0" if method == "POST" else ""
        query = f"?room={world.room}&grant=0" if "/serving/" in rule else query
        return stranger.send(method, path + query, b"x", Content_Type=OCTETS)
    if rule.endswith("/preview"):
        body = {"job": story.question(world, ("0" * 32,) * 3)}
        data = json.dumps(body).encode()
        return stranger.send(method, path, data, Content_Type="application/json")
    stranger.room = world.room
    return stranger.say(path, *KINDS[rule])


def test_a_stranger_finds_nothing_on_any_route(room: World, names: dict[str, str]) -> None:
    asked = 0
    for method, rule in routes(room):
        if rule in OWN or (method, rule) in OWN:
            continue
        answer = ask(room, method, rule, names)
        assert answer.status_code == 404, (method, rule, answer.get_json())
        asked += 1
    assert asked > 40


def test_an_auditor_reads_the_log_and_no_results(room: World, names: dict[str, str]) -> None:
    job = names["job"]
    room.mediator.worker().run_once()
    assert room.auditor.get(f"/v1/audit/entries?room={room.room}").status_code == 200
    for path in (
        f"/v1/jobs/{job}/result?part=release",
        f"/v1/jobs/{job}/messages/masks/0",
        f"/v1/alignments/{names['alignment']}/messages?attempt=1",
    ):
        assert room.auditor.get(path).status_code == 404


def test_every_route_is_described(room: World) -> None:
    described = room.brand.http.get("/v1/openapi.json").get_json()
    assert described["openapi"].startswith("3.1")
    found = {
        (method.upper(), re.sub(r"{(\w+)}", r"<\1>", path))
        for path, item in described["paths"].items()
        for method in item
    }
    assert found == {*routes(room), *(("GET", path) for path in OPEN)}
    assert all(
        operation["summary"] for item in described["paths"].values() for operation in item.values()
    )
