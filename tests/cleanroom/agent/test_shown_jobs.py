"""A party believes a list of jobs only as far as each question bears its own identifier."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cleanroom.agent import jobs
from cleanroom.agent.compared import compared, models_of
from cleanroom.agent.rooms import Room
from cleanroom.documents.alignment import AlignmentDocument
from cleanroom.documents.job import JobDocument
from cleanroom.errors import InvalidInput, PeerFault
from tests.cleanroom.queries.harness import audience
from tests.cleanroom.queries.room import sign_room


@pytest.fixture
def room() -> Room:
    data = {"brand": audience(["a"]), "platform": audience(["a"])}
    return sign_room("overlap", data, (), {}, {}).rooms["brand"]


def answered(room: Room, model: str) -> dict[str, Any]:
    """Return a listed job of an attribution whose result this party holds."""
    document = JobDocument(
        room=room.identity, name=model, template="attribution", alignment="0" * 32,
        brand="1" * 32, platform="2" * 32, receiver="brand", submitter="brand",
        parameters={"model": model, "window": "7d"},
    )  # fmt: skip
    identity = document.identity()
    file = room.home.folder(room.identity, "jobs", identity) / "result"
    room.home.vault.write(file, json.dumps({"name": model}).encode())
    return {"id": identity, "state": "SUCCESS", "job": document.to_json()}


def test_the_answers_under_several_models_are_found(room: Room) -> None:
    items = [answered(room, model) for model in ("linear", "last_touch")]
    found = compared(room, items, items[0]["id"])
    assert [(one.model["model"], one.result["name"]) for one in found] == [
        ("linear", "linear"), ("last_touch", "last_touch")
    ]  # fmt: skip


def test_a_mediator_cannot_swap_the_models_of_two_answers(room: Room) -> None:
    one, other = (answered(room, model) for model in ("linear", "last_touch"))
    one["job"], other["job"] = other["job"], one["job"]
    with pytest.raises(PeerFault, match="different job"):
        models_of(room, [one, other], one["id"])


def test_an_identifier_leads_to_no_other_folder(room: Room) -> None:
    one, other = (answered(room, model) for model in ("linear", "last_touch"))
    other["id"] = f"../jobs/{one['id']}"
    with pytest.raises(PeerFault, match="different job"):
        compared(room, [one, other], one["id"])


def test_a_mediator_cannot_give_an_earlier_job_s_name_to_another(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = (answered(room, model) for model in ("linear", "last_touch"))
    fields = {"brand": "1" * 32, "platform": "2" * 32}
    monkeypatch.setattr(room.client, "jobs", lambda _room: [one, other], raising=False)
    assert jobs._earlier(room, fields, "attribution", "linear") == one["id"]
    other["job"] = one["job"]
    with pytest.raises(PeerFault, match="different job"):
        jobs._earlier(room, fields, "attribution", "linear")


def test_the_alignment_of_two_datasets_is_found_by_its_own_identifier(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = AlignmentDocument(
        room=room.identity, brand="a", platform="b", profile="ot", nonce="0" * 32,
        brand_datasets=("1" * 32,), platform_datasets=("2" * 32,),
    )  # fmt: skip
    listed = {"id": document.identity(), "state": "READY", "document": document.to_json()}
    monkeypatch.setattr(room.client, "alignments", lambda _room: [listed], raising=False)
    assert jobs.find_alignment(room, "1" * 32, "2" * 32) == document.identity()
    with pytest.raises(InvalidInput, match="not aligned"):
        jobs.find_alignment(room, "2" * 32, "1" * 32)
    listed["state"] = "RUNNING"
    with pytest.raises(InvalidInput, match="not aligned"):
        jobs.find_alignment(room, "1" * 32, "2" * 32)
