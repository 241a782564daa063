"""Jobs whose rows both sides make for the job alone."""

from __future__ import annotations

import secrets
from dataclasses import replace
from secrets import token_bytes
from typing import Any

import numpy as np
import pytest

from cleanroom.documents.release import ReleaseDocument
from cleanroom.engine.layout import RowLayout
from cleanroom.mediator import combining, releases
from cleanroom.mediator.job_messages import NAME_BYTES
from tests.api import story
from tests.api.party import World, paillier, sealing

PEOPLE = 30
LAYOUT = RowLayout(1, 0)


def rows(people: range, labels: int) -> list[bytes]:
    """Return one row per person; its label is its number modulo the number of labels."""
    tokens = np.frombuffer(b"".join(story.token(i) for i in people), dtype=np.uint8)
    label = np.array([i % labels for i in people], dtype=np.int32)
    flag = np.ones(len(people), dtype=np.bool_)
    encoded = LAYOUT.encode(tokens.reshape(len(people), 1, 16), label, flag)
    return [row.tobytes() for row in encoded]


@pytest.fixture
def job(room: World) -> str:
    """A started job that waits for the rows of both sides."""
    made = asked(room)
    for party in (room.brand, room.platform):
        story.approve(party, made)
    return made


def asked(room: World) -> str:
    """Ask about impressions."""
    brand = story.upload(room.brand, story.manifest("brand"), story.brand_rows([1] * story.PEOPLE))
    described = story.manifest(
        "platform",
        name="touches",
        kind="events",
        labels=[{"name": "campaign", "domain": [story.AGES[0]]}],
    )
    platform = story.upload(room.platform, described, [])
    alignment = story.propose(room, brand, platform)
    story.join(room, alignment)
    for party in (room.brand, room.platform):
        body = {"alignment": alignment, "attempt": 1, "transcript": "ab" * 32, "tokens": {}}
        party.must_say(f"/v1/alignments/{alignment}/finish", "alignment.finish", body)
    parameters = {"max_frequency": 2, "max_impressions": 0, "start": 0, "end": 86400}
    question = story.question(
        room,
        (brand, platform, alignment),
        template="reach_frequency",
        parameters=parameters,
    )
    return story.submit(room, question)


def send(room: World, job: str) -> None:
    """Send both sides' rows: people 10 to 29 are common."""
    path = f"/v1/jobs/{job}"
    sent = room.brand.upload(f"{path}/rows", rows(range(PEOPLE), 1))
    body: dict[str, Any] = {"job": job, "upload": sent, "labels": 1}
    room.brand.must_say(f"{path}/rows", "job.rows", body)
    sent = room.platform.upload(f"{path}/rows", rows(range(10, 10 + PEOPLE), 4))
    sealed = [bytes([code]) * NAME_BYTES for code in range(4)]
    names = room.platform.upload(f"{path}/messages/names", sealed)
    body = {"job": job, "upload": sent, "labels": 4, "messages": {"names": names}}
    room.platform.must_say(f"{path}/rows", "job.rows", body)


def test_rows_of_both_sides_meet_in_a_release(room: World, job: str) -> None:
    for party in (room.brand, room.platform):
        waiting = party.get("/v1/work").get_json()["jobs"]
        assert waiting == [{"id": job, "room": room.room, "what": "rows"}]
    assert room.mediator.worker().run_once() is False
    send(room, job)
    assert room.brand.get("/v1/work").get_json()["jobs"] == []
    assert room.mediator.worker().run_once()
    path = f"/v1/jobs/{job}/result?part="
    release = ReleaseDocument.from_json(room.brand.get(path + "release").get_json())
    people = room.brand.get(path + "people").get_data()
    key = paillier("brand")
    width = key.public.ciphertext_bytes
    counts = {
        group.cell: key.decrypt(int.from_bytes(people[at * width : (at + 1) * width], "big"))
        for at, group in enumerate(release.groups)
    }
    assert counts == dict.fromkeys(range(4), 5)
    assert {label.code for label in release.labels} == set(range(4))
    assert {label.column for label in release.labels} == {"platform.campaign"}


@pytest.mark.parametrize("receiver", ["brand", "platform"])
def test_rows_are_matched_for_whoever_receives(
    room: World, job: str, receiver: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It decides which side's rows count once: a mediator that takes it wrong lets one cheat."""
    send(room, job)
    context = room.mediator.context
    found = releases.gather(context, job)
    asked = replace(found.asked, job=found.asked.job.model_copy(update={"receiver": receiver}))
    found = replace(found, asked=asked, keys=dict.fromkeys(found.keys, paillier("brand").public))
    assert releases._inputs(context, found).receiver == receiver
    added: list[object] = []
    monkeypatch.setattr(releases, "gather", lambda *_: found)
    monkeypatch.setattr(combining, "compute", lambda *given: added.extend(given))
    releases.accumulate(context, job, None)
    assert receiver in added


def test_names_stay_with_the_mediator_and_rows_go_with_the_job(room: World, job: str) -> None:
    send(room, job)
    folder = room.home / "blobs" / "jobs" / job / "rows"
    assert [file for file in folder.rglob("*") if file.is_file()]
    room.mediator.worker().run_once()
    assert room.brand.get(f"/v1/jobs/{job}/messages/names/0").status_code == 404
    room.brand.must_say(f"/v1/jobs/{job}/cancel", "job.cancel", {"job": job})
    room.mediator.worker().run_once()
    assert not folder.parent.exists()


def test_rows_that_do_not_fit_are_refused(room: World, job: str) -> None:
    path = f"/v1/jobs/{job}/rows"
    assert room.brand.put(f"{path}/0", bytes(LAYOUT.width + 1)).status_code == 422
    sent = room.platform.upload(path, rows(range(PEOPLE), 4))
    body: dict[str, Any] = {"job": job, "upload": sent, "labels": 4}
    assert room.platform.say(path, "job.rows", body).status_code == 422
    name = secrets.token_bytes(NAME_BYTES)
    names = room.platform.upload(f"/v1/jobs/{job}/messages/names", [name] * 3)
    body["messages"] = {"names": names}
    assert room.platform.say(path, "job.rows", body).status_code == 422
    body = {"job": job, "upload": sealing([], 0), "labels": 1, "messages": {}}
    assert room.brand.say(path, "job.rows", body).status_code == 200


def test_more_labels_than_groups_fail_the_job(room: World, job: str) -> None:
    path = f"/v1/jobs/{job}/rows"
    sent = room.brand.upload(path, rows(range(PEOPLE), 2))
    room.brand.must_say(path, "job.rows", {"job": job, "upload": sent, "labels": 2})
    sent = room.platform.upload(path, rows(range(PEOPLE), 4))
    sealed = [bytes(NAME_BYTES)] * 4
    names = room.platform.upload(f"/v1/jobs/{job}/messages/names", sealed)
    body = {"job": job, "upload": sent, "labels": 4, "messages": {"names": names}}
    room.platform.must_say(path, "job.rows", body)
    assert room.mediator.worker().run_once()
    assert room.brand.get(f"/v1/jobs/{job}").get_json()["problem"]["rule"] == "rows-invalid"


def test_with_noise_a_side_sends_as_many_rows_and_labels_as_the_documents_give(place: World):
    """How many a file makes is an exact answer that no budget pays for."""
    place.open_room(noise="discrete-gaussian", k_min=10)
    job = asked(place)
    path, key = f"/v1/jobs/{job}", paillier("brand").public
    outputs = place.brand.get(path).get_json()["plan"]["outputs"]
    shares = [key.ciphertext_to_bytes(one) for one in key.encrypt_many([0] * outputs, token_bytes)]
    noise = place.platform.upload(f"{path}/messages/noise-people", shares)
    story.approve(place.brand, job)
    story.approve(place.platform, job, **{"noise-people": noise})
    # 70 people of the brand with one campaign, and one row more for each of them.
    few = place.brand.put(f"{path}/rows/0", b"".join(rows(range(PEOPLE), 1)))
    assert (few.status_code, "140 rows" in few.get_json()["detail"]) == (422, True)
    sent = place.brand.upload(f"{path}/rows", rows(range(140), 1))
    body: dict[str, Any] = {"job": job, "upload": sent, "labels": 2}
    refused = place.brand.say(f"{path}/rows", "job.rows", body)
    assert (refused.status_code, refused.get_json()["rule"]) == (403, "made-rows")
    place.brand.must_say(f"{path}/rows", "job.rows", {**body, "labels": 1})
