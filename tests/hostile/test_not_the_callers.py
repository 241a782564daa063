"""Fields that are not the caller's to set: refused wherever they are sent."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.api import story
from tests.api.party import World

FIELDS = {"party": "platform", "role": "auditor", "epsilon": 99, "k": 1, "state": "SUCCESS"}


@pytest.mark.parametrize("field", FIELDS)
def test_a_question_carries_no_such_field(room: World, field: str) -> None:
    job = {**story.question(room, story.align(room)), field: FIELDS[field]}
    asked = room.brand.say("/v1/jobs", "job.submit", {"job": job})
    assert asked.status_code == 422, asked.get_json()
    data = json.dumps({"job": job}).encode()
    shown = room.brand.send("POST", "/v1/jobs/preview", data, Content_Type="application/json")
    assert shown.status_code == 422
    assert room.brand.get(f"/v1/jobs?room={room.room}").get_json()["items"] == []
    parameters = {"group_by": [], "measures": [], field: FIELDS[field]}
    inside = story.question(room, story.align_again(room), parameters=parameters)
    assert room.brand.say("/v1/jobs", "job.submit", {"job": inside}).status_code == 422


@pytest.mark.parametrize("field", FIELDS)
def test_no_statement_envelope_policy_or_dataset_carries_such_a_field(
    room: World, field: str
) -> None:
    extra: dict[str, Any] = {field: FIELDS[field]}
    signed = room.brand.sign("room.close", {}).to_json()
    path = f"/v1/rooms/{room.room}/close"
    for body in (
        {"statement": signed, **extra},
        {"statement": {**signed, **extra}},
        {"statement": {**signed, "statement": {**signed["statement"], "extra": extra}}},
    ):
        data = json.dumps(body).encode()
        answer = room.brand.send("POST", path, data, Content_Type="application/json")
        assert answer.status_code == 422, answer.get_json()
    agreement = room.describe()
    agreement["policy"] |= {f"{field}_for_me": FIELDS[field]}
    body = {"agreement": agreement, "paillier": None}
    assert room.brand.say("/v1/rooms", "room.propose", body).status_code == 422
    manifest = {**story.manifest("platform").to_json(), f"my_{field}": FIELDS[field]}
    body = {"manifest": manifest, "dictionary": ""}
    assert room.platform.say("/v1/datasets", "dataset.create", body).status_code == 422
    assert room.brand.get(f"/v1/rooms/{room.room}").get_json()["state"] == "ACTIVE"
    query = f"/v1/rooms?{field}={FIELDS[field]}"
    assert room.brand.get(query).status_code == 422
