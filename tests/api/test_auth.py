from __future__ import annotations

import io
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from cleanroom.mediator.settings import ServerSettings
from protocols.signing import SigningKey
from tests.api import story
from tests.api.party import OCTETS, World, world
from tests.waits import wait_for

PATH = "/v1/rooms"


def status(place: World, path: str, headers: dict[str, str], **how: Any) -> int:
    return place.brand.http.open(path, headers=headers, **how).status_code


def test_a_replayed_request_is_refused_also_after_a_restart(place: World) -> None:
    headers = place.brand.signed_headers("GET", PATH)
    assert status(place, PATH, headers) == 200
    assert status(place, PATH, headers) == 401
    place.reopen()
    assert status(place, PATH, headers) == 401


def test_every_failure_to_authenticate_looks_the_same(place: World) -> None:
    stranger = SigningKey.generate(secrets.token_bytes)
    admitted = place.brand.key
    place.mediator.access.revoke(place.stranger.key.verifying_key.fingerprint())
    answers = [place.brand.http.get(PATH), place.stranger.get(PATH)]
    place.brand.key = stranger
    answers.append(place.brand.get(PATH))
    fingerprint = admitted.verifying_key.fingerprint()
    headers = place.brand.signed_headers("GET", PATH, key_id=fingerprint)
    answers.append(place.brand.http.get(PATH, headers=headers))
    bodies = [answer.get_json() for answer in answers]
    for body in bodies:
        del body["instance"]
    assert {answer.status_code for answer in answers} == {401}
    assert all(body == bodies[0] for body in bodies)


@pytest.mark.parametrize(
    "covered", [("@path", "@query"), ("@method", "@query"), ("@method", "@path")]
)
def test_a_signature_that_covers_too_little_is_refused(
    place: World, covered: tuple[str, ...]
) -> None:
    headers = place.brand.signed_headers("GET", PATH, covered=covered)
    assert status(place, PATH, headers) == 401


def test_a_signature_for_something_else_is_refused(place: World) -> None:
    headers = place.brand.signed_headers("GET", PATH)
    assert status(place, PATH, headers, method="POST") == 401
    assert status(place, f"{PATH}/{'0' * 32}", headers) == 401
    assert status(place, f"{PATH}?cursor=1", headers) == 401
    assert status(place, PATH, headers) == 200


def test_a_body_must_be_covered_and_so_must_the_idempotency_key(room: World) -> None:
    path = f"{PATH}/{room.room}/close"
    without = room.brand.signed_headers("POST", path, Content_Type="application/json")
    assert status(room, path, without, method="POST", data=b"{}") == 401
    headers = room.brand.signed_headers("GET", PATH)
    assert status(room, PATH, {**headers, "Idempotency-Key": "x"}) == 401


def test_two_signatures_are_refused(place: World) -> None:
    one, two = (place.brand.signed_headers("GET", PATH) for _ in range(2))
    both = {
        name: f"{one[name]}, {two[name].replace('pyhms=', 'second=')}"
        for name in ("Signature", "Signature-Input")
    }
    assert status(place, PATH, both) == 401


def test_another_algorithm_is_refused(place: World) -> None:
    headers = place.brand.signed_headers("GET", PATH)
    for other in ("hmac-sha256", "rsa-v1_5-sha256"):
        spoilt = headers["Signature-Input"].replace("ed25519", other)
        assert status(place, PATH, {**headers, "Signature-Input": spoilt}) == 401


@pytest.mark.parametrize(("age", "expected"), [(305, 200), (306, 401), (-5, 200), (-6, 401)])
def test_the_clock_may_be_off_by_the_skew_and_no_more(
    place: World, monkeypatch: pytest.MonkeyPatch, age: int, expected: int
) -> None:
    now = int(time.time())
    monkeypatch.setattr(place.clock, "milliseconds", lambda: now * 1000)
    headers = place.brand.signed_headers("GET", PATH, created=now - age)
    assert status(place, PATH, headers) == expected


def test_a_body_that_does_not_match_its_digest_is_refused(room: World) -> None:
    path = f"/v1/datasets/{'0' * 32}/chunks/0"
    headers = room.brand.signed_headers("PUT", path, b"right", Content_Type=OCTETS)
    assert status(room, path, headers, method="PUT", data=b"wrong") == 400


def test_a_compressed_body_is_refused(place: World) -> None:
    path = f"/v1/datasets/{'0' * 32}/chunks/0"
    headers = {"Content-Encoding": "gzip", "Content-Type": OCTETS}
    assert status(place, path, headers, method="PUT", data=b"x") == 415


def test_an_oversize_body_is_refused_before_it_is_read(place: World) -> None:
    path = f"/v1/datasets/{'0' * 32}/chunks/0"

    class Unread(io.BytesIO):
        def read(self, *_: Any) -> bytes:
            raise AssertionError("the body was read")

    answer = place.brand.http.open(
        path,
        method="PUT",
        input_stream=Unread(bytes((1 << 20) + 1)),
        headers={"Content-Type": OCTETS},
    )
    assert answer.status_code == 413


def test_two_lengths_are_refused(place: World) -> None:
    headers = {"Transfer-Encoding": "chunked", "Content-Length": "1", "Content-Type": OCTETS}
    assert status(place, PATH, headers, method="POST", data=b"x") == 400


def test_an_idempotency_key_answers_again_and_for_one_request_only(room: World) -> None:
    path = f"{PATH}/{room.room}/close"
    signed = room.brand.sign("room.close", {})
    first = room.brand.post(path, signed)
    again = room.brand.post(path, signed)
    assert (again.status_code, again.get_data()) == (200, first.get_data())
    other = room.brand.send(
        "POST",
        path,
        b'{"statement": {}}',
        Content_Type="application/json",
        Idempotency_Key=signed.digest(),
    )
    assert (other.status_code, other.get_json()["rule"]) == (409, "idempotency-key")


def test_a_key_that_is_revoked_while_its_request_waits_sees_nothing_new(room: World) -> None:
    job = story.submit(room, story.question(room, story.align(room)))
    context = room.mediator.context
    free = context.seats.free
    with ThreadPoolExecutor(1) as pool:
        path = f"/v1/jobs/{job}?state=AWAITING_APPROVAL&wait=60"
        waiting = pool.submit(room.brand.get, path)
        wait_for(lambda: context.seats.free < free)
        room.mediator.access.revoke(room.brand.key.verifying_key.fingerprint())
        room.platform.must_say(f"/v1/jobs/{job}/cancel", "job.cancel", {"job": job})
        answer = waiting.result()
    assert answer.status_code == 401
    assert "CANCELLED" not in answer.text


def test_a_key_that_asks_too_often_waits(tmp_path: Path) -> None:
    settings = ServerSettings(requests_per_second=0.001, request_burst=3)
    with world(tmp_path / "mediator", settings) as place:
        answers = [place.brand.get(PATH) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert answers[-1].headers["Retry-After"] == "1"
        assert place.platform.get(PATH).status_code == 200


def test_a_refused_request_leaves_one_entry_and_no_secret(room: World) -> None:
    from cleanroom.mediator.context import LOBBY
    from tests.api.test_rooms import entries

    before = len(entries(room, LOBBY))
    canary = "canary@example.com"
    assert room.brand.get(f"/v1/jobs?room={canary}").status_code == 422
    noted = entries(room, LOBBY)[before:]
    assert [(one["kind"], one["actor"], one["outcome"]) for one in noted] == [
        ("request", "brand", "refused")
    ]
    assert canary not in str(noted)


def test_answers_name_their_request_and_are_never_cached(place: World) -> None:
    answer = place.brand.http.get(PATH)
    assert answer.content_type == "application/problem+json"
    assert answer.get_json()["instance"].endswith(answer.headers["X-Request-Id"])
    assert answer.headers["Cache-Control"] == "no-store"
