"""What one key may leave on the mediator's disk in a day, whatever becomes of its requests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.limits import RateLimit
from cleanroom.mediator import log
from cleanroom.mediator.context import LOBBY
from cleanroom.mediator.settings import ServerSettings
from tests.api.party import World, world

QUOTA = 1 << 16


@pytest.fixture
def room(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path / "mediator", ServerSettings(kept_bytes=QUOTA)) as place:
        place.open_room()
        # What opening the room cost is given back, so that a test begins with all of it.
        place.brand.http.application.extensions["kept"]._buckets.clear()
        yield place


def sizes(room: World) -> tuple[int, int]:
    with room.mediator.context.store.read() as transaction:
        return log.size(transaction, room.room), log.size(transaction, LOBBY)


def remembered(room: World) -> int:
    with room.mediator.context.store.read() as transaction:
        return transaction.count("answers")


def test_a_key_leaves_so_much_in_a_day_and_others_go_on(room: World) -> None:
    body, answers = {"reason": "a" * 500, "odd": "b" * 7000}, []
    for number in range(12):
        answers.append(room.platform.say("/v1/jobs", "job.submit", body | {"number": number}))
    refused = [answer.status_code for answer in answers]
    taken = refused.index(429)
    assert refused == [422] * taken + [429] * (12 - taken)
    assert 0 < taken * 7500 <= QUOTA
    assert answers[-1].get_json()["rule"] == "day-quota"
    before = sizes(room), remembered(room)
    for path in ("/v1/rooms", f"/v1/rooms/{room.room}/close", "/v1/jobs/preview"):
        assert room.platform.say(path, "room.close", body).status_code == 429
    assert (sizes(room), remembered(room)) == before
    assert room.platform.get(f"/v1/rooms/{room.room}").status_code == 200
    assert room.brand.say(f"/v1/rooms/{room.room}/close", "room.close", {}).status_code == 200


@pytest.mark.parametrize("path", ["/v1/jobs/{0}", "/v1/rooms?cursor=x"])
def test_refused_readings_leave_so_many_entries_and_then_a_count(room: World, path: str) -> None:
    for _ in range(70):
        status = room.platform.get(path.format("0" * 32)).status_code
    assert status in (404, 422)
    most = QUOTA // 1024
    assert sizes(room)[1] <= most + 1
    metrics = room.brand.http.get("/v1/metrics").get_data(as_text=True)
    assert "cleanroom_unlogged_total 6.0" in metrics


def test_an_auditor_that_reads_on_and_on_leaves_so_many_entries(room: World) -> None:
    before, path = sizes(room)[0], f"/v1/audit/checkpoint?room={room.room}"
    answers = [room.auditor.get(path).status_code for _ in range(70)]
    assert answers == [200] * 64 + [429] * 6
    assert sizes(room)[0] == before + 64


def test_what_a_key_may_leave_comes_back_in_a_day() -> None:
    now = 0.0
    kept = RateLimit(QUOTA / 86400, QUOTA, lambda: now)
    assert kept.take("key", QUOTA) and not kept.take("key", 1)
    now = 43200.0
    assert kept.take("key", QUOTA // 2) and not kept.take("key", 1)
