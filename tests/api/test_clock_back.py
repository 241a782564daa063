"""A clock that is set back revives nothing that had ended."""

from __future__ import annotations

import secrets
import sqlite3

import pytest

from api.console.links import write_ticket
from api.console.mediator import audience, create_mediator_console
from cleanroom.mediator import releases
from cleanroom.mediator.access import NONCE_SECONDS
from cleanroom.mediator.bootstrap import DATABASE_FILE
from tests.api import story
from tests.api.party import World

HOURS = 5 * 3600
YEARS = 10 * 365 * 86400


def test_an_expired_room_stays_expired_when_the_clock_goes_back(place: World) -> None:
    place.open_room()
    body = {"manifest": story.manifest("brand").to_json(), "dictionary": ""}
    place.brand.clock.shift = 2 * 86400
    late = place.brand.say("/v1/datasets", "dataset.create", body)
    assert late.get_json()["rule"] == "room-expired"
    place.brand.clock.shift = 0
    again = place.brand.say("/v1/datasets", "dataset.create", body)
    assert again.get_json()["rule"] == "room-expired"


def test_a_request_is_not_replayed_where_the_clock_was_ahead_for_a_while(place: World) -> None:
    headers = place.brand.signed_headers("GET", "/v1/mediator")
    assert place.brand.http.get("/v1/mediator", headers=headers).status_code == 200
    place.brand.clock.shift = HOURS
    place.mediator.access.forget()
    place.brand.clock.shift = 0
    assert place.brand.http.get("/v1/mediator", headers=headers).status_code == 401
    # Nor does a restart bring it back; and whoever signs anew is let in.
    place.reopen()
    assert place.brand.http.get("/v1/mediator", headers=headers).status_code == 401
    place.brand.clock.shift = 1
    assert place.brand.get("/v1/mediator").status_code == 200


def test_a_clock_that_was_years_ahead_shuts_nobody_out(place: World) -> None:
    assert place.brand.get("/v1/mediator").status_code == 200
    place.brand.clock.shift = YEARS
    assert place.brand.get("/v1/mediator").status_code == 200
    captured = place.brand.signed_headers("GET", "/v1/mediator")
    assert place.brand.http.get("/v1/mediator", headers=captured).status_code == 200
    place.brand.clock.shift += 2 * NONCE_SECONDS
    place.mediator.access.forget()
    with place.mediator.context.store.read() as transaction:
        assert transaction.count("nonces") == 0
    place.brand.clock.shift = 1
    assert place.brand.get("/v1/mediator").status_code == 200
    # When these years come, what was used in them is still used.
    place.brand.clock.shift = YEARS
    assert place.brand.http.get("/v1/mediator", headers=captured).status_code == 401


def test_what_an_earlier_version_let_in_is_not_let_in_again(place: World) -> None:
    headers = place.brand.signed_headers("GET", "/v1/mediator")
    assert place.brand.http.get("/v1/mediator", headers=headers).status_code == 200
    with place.mediator.context.store.write("") as transaction:
        # An earlier version kept them as they came.
        assert transaction.update("nonces", {}, nonce="as it came") == 1
    database = sqlite3.connect(place.home / DATABASE_FILE)
    with database:
        database.execute("DELETE FROM _sqlite_migrations WHERE name = '0017_digests_of_nonces'")
    database.close()
    place.reopen()
    with place.mediator.context.store.read() as transaction:
        assert transaction.count("nonces") == 0
    assert place.brand.http.get("/v1/mediator", headers=headers).status_code == 401
    place.brand.clock.shift = 1
    assert place.brand.get("/v1/mediator").status_code == 200


def test_answers_of_years_ahead_are_forgotten(place: World) -> None:
    place.brand.clock.shift = YEARS
    headers = {"Content_Type": "application/json", "Idempotency_Key": "k"}
    place.brand.send("POST", "/v1/rooms", b"{}", **headers)
    place.brand.clock.shift = 0
    place.mediator.access.forget()
    with place.mediator.context.store.read() as transaction:
        assert transaction.count("answers") == 0


def test_a_job_is_computed_although_the_clock_went_back(place: World) -> None:
    place.open_room()
    place.clock.shift = HOURS
    aligned = story.align(place)
    place.clock.shift = 0
    # The room's log is hours ahead of the clock now, and so is the moment when the job is due.
    job = story.submit(place, story.question(place, aligned))
    for party in (place.brand, place.platform):
        story.approve(party, job)
    assert place.mediator.worker().run_once()
    assert place.brand.get(f"/v1/jobs/{job}").get_json()["state"] == "AWAITING_DECRYPTION"


def test_a_lease_from_before_the_clock_went_back_is_over(place: World) -> None:
    place.open_room()
    job = story.started(place)
    place.clock.shift = HOURS
    slow = place.mediator.worker()
    lease = slow.take()
    assert lease is not None
    place.clock.shift = 0
    second = place.mediator.worker().take()
    assert second is not None and second.fence == lease.fence + 1
    answer = releases.compute(place.mediator.context, job, None)
    assert not slow.finish(lease, answer)


def test_a_job_that_is_put_back_is_tried_again_although_the_clock_went_back(place: World) -> None:
    place.open_room()
    story.started(place)
    place.clock.shift = HOURS
    worker = place.mediator.worker()
    lease = worker.take()
    assert lease is not None
    worker.put_back(lease, "a reason")
    assert worker.take() is None
    place.clock.shift = 0
    assert worker.take() is not None


def test_jobs_end_with_their_room_once(place: World) -> None:
    place.open_room()
    aligned = story.align(place)
    jobs = [story.submit(place, story.question(place, aligned))]
    for party in (place.brand, place.platform):
        story.approve(party, jobs[0])
    changes = {"name": "another", "parameters": {"group_by": [], "measures": []}}
    jobs.append(story.submit(place, story.question(place, aligned, **changes)))
    place.clock.shift = 2 * 86400
    place.mediator.worker().expire()
    place.clock.shift = 0
    place.mediator.worker().expire()
    for job in jobs:
        events = place.brand.get(f"/v1/jobs/{job}/events").get_json()["items"]
        states = [event["state"] for event in events]
        assert states.count("EXPIRED") == 1 and states[-1] == "EXPIRED"
        times = [event["time"] for event in events]
        assert times == sorted(times)


def test_an_answer_of_an_expired_room_is_not_read_when_the_clock_goes_back(place: World) -> None:
    place.open_room()
    job = story.started(place)
    assert place.mediator.worker().run_once()
    place.clock.shift = 2 * 86400
    assert place.brand.get(f"/v1/jobs/{job}/result?part=people").get_json()["rule"] == (
        "room-expired"
    )
    place.clock.shift = 0
    assert place.brand.get(f"/v1/jobs/{job}/result?part=people").get_json()["rule"] == (
        "room-expired"
    )
    work = place.brand.get("/v1/work").get_json()
    assert not work["jobs"]


@pytest.mark.parametrize("ahead", [HOURS, YEARS])
def test_a_sign_in_link_is_good_once_whatever_the_clock_does(place: World, ahead: int) -> None:
    client = create_mediator_console(place.mediator).test_client()
    own = audience(place.mediator.context.key.verifying_key.raw.hex())
    now = place.clock.milliseconds() // 1000
    form = {"ticket": write_ticket(place.brand.key, own, now, secrets.token_bytes)}
    assert client.post("/sign-in", data=form).status_code == 302
    place.clock.shift = ahead
    place.mediator.access.forget()
    place.clock.shift = 0
    assert client.post("/sign-in", data=form).status_code == 401
