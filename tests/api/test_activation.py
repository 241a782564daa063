"""Activation at the mediator: the matched rows go to the platform alone, and only once granted."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.api import story
from tests.api.party import World
from tests.api.test_jobs import job_of, waiting
from tests.api.test_rooms import entries


@pytest.fixture
def granted(place: World, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], str]:
    """Open a room whose brand grants activation from a size on; return a started job."""

    def start(minimum: int) -> str:
        described = place.describe
        grant = {"party": "brand", "kind": "activation", "purposes": ["spring"], "minimum": minimum}

        def describe(**policy: Any) -> dict[str, Any]:
            return described(**policy) | {"grants": [grant], "templates": ["activation"]}

        monkeypatch.setattr(place, "describe", describe)
        place.open_room()
        document = story.question(
            place, story.align(place), template="activation", parameters={"purpose": "spring"}
        )
        answer = place.brand.must_say("/v1/jobs", "job.submit", {"job": document})
        job = str(answer["resource"]["id"])
        for party in (place.brand, place.platform):
            story.approve(party, job)
        assert place.mediator.worker().run_once()
        return job

    return start


def test_the_platform_alone_reads_its_rows_and_the_answer_waits_for_it(
    place: World, granted: Callable[[int], str]
) -> None:
    job = granted(story.COMMON)
    path = f"/v1/jobs/{job}"
    assert waiting(place.brand) == []
    assert waiting(place.platform) == [{"id": job, "room": place.room, "what": "activate"}]
    for party in (place.brand, place.auditor, place.stranger):
        assert party.get(f"{path}/result?part=matched").status_code == 404
    release = place.brand.get(f"{path}/result?part=release").get_json()
    digest = job_of(place, job)["release"]
    receipt = {"job": job, "release": digest}
    early = place.brand.say(f"{path}/receipt", "job.receipt", receipt)
    assert early.get_json()["rule"] == "not-activated"
    matched = place.platform.get(f"{path}/result?part=matched").get_data()
    assert np.frombuffer(matched, dtype="<i8").tolist() == list(range(story.COMMON))
    step = {"job": job, "step": "activated", "messages": {}}
    assert place.brand.say(f"{path}/steps", "job.step", step).status_code == 404
    place.platform.must_say(f"{path}/steps", "job.step", step)
    assert waiting(place.platform) == []
    assert waiting(place.brand) == [{"id": job, "room": place.room, "what": "open"}]
    place.brand.must_say(f"{path}/receipt", "job.receipt", receipt)
    assert job_of(place, job)["state"] == "SUCCESS"
    assert len(release["groups"]) == 1
    log = entries(place, place.room)
    reads = [(entry["actor"], entry["facts"]["part"]) for entry in log
             if entry["kind"] == "result.read"]  # fmt: skip
    assert ("platform", "matched") in reads
    asked = next(entry for entry in log if entry["kind"] == "job.submit")
    assert asked["facts"]["activates"] is True
    assert "spring" in json.dumps(asked)


def test_below_the_minimum_nobody_learns_a_row(place: World, granted: Callable[[int], str]) -> None:
    job = granted(story.COMMON + 1)
    path = f"/v1/jobs/{job}"
    assert waiting(place.platform) == []
    assert place.platform.get(f"{path}/result?part=matched").status_code == 404
    step = {"job": job, "step": "activated", "messages": {}}
    assert place.platform.say(f"{path}/steps", "job.step", step).status_code == 404
    receipt = {"job": job, "release": job_of(place, job)["release"]}
    place.brand.must_say(f"{path}/receipt", "job.receipt", receipt)
    assert job_of(place, job)["state"] == "SUCCESS"


def test_an_ordinary_job_activates_nothing(room: World) -> None:
    job = story.started(room)
    room.mediator.worker().run_once()
    step = {"job": job, "step": "activated", "messages": {}}
    answer = room.platform.say(f"/v1/jobs/{job}/steps", "job.step", step)
    assert answer.status_code == 404
