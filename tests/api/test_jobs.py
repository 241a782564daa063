from __future__ import annotations

import hashlib
import json
import secrets
from typing import Any

import pytest

from cleanroom.documents.release import ReleaseDocument
from cleanroom.engine.release import as_rows
from protocols.paillier import mask_for_peer, unmask, unpack_released
from tests.api import story
from tests.api.party import Party, World, paillier, sealing
from tests.api.test_rooms import entries


def job_of(room: World, job: str) -> dict[str, Any]:
    shown: dict[str, Any] = room.brand.get(f"/v1/jobs/{job}").get_json()
    return shown


def waiting(party: Party) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = party.get("/v1/work").get_json()["jobs"]
    return found


def expected_sums() -> dict[int, tuple[int, int]]:
    """Return people and spend per age code: brand row r meets platform row r - 30."""
    shift, found = story.PEOPLE - story.COMMON, {0: (0, 0), 1: (0, 0)}
    for row in range(shift, story.PEOPLE):
        code = (row - shift) % 2
        found[code] = (found[code][0] + 1, found[code][1] + row + 1)
    return found


def test_a_job_goes_from_question_to_receipt(room: World) -> None:
    job = submit_checked(room)
    story.approve(room.brand, job)
    assert job_of(room, job)["approved"] == ["brand"]
    story.approve(room.platform, job)
    assert job_of(room, job)["state"] == "STARTED"
    assert room.mediator.worker().run_once()
    assert job_of(room, job)["state"] == "AWAITING_DECRYPTION"
    assert waiting(room.brand) == [{"id": job, "room": room.room, "what": "open"}]
    release = open_release(room, job)
    body = {"job": job, "release": release.digest()}
    room.brand.must_say(f"/v1/jobs/{job}/receipt", "job.receipt", body)
    assert job_of(room, job)["state"] == "SUCCESS"
    assert waiting(room.brand) == []
    kinds = [entry["kind"] for entry in entries(room, room.room)]
    assert kinds[-7:] == [
        "job.approve",
        "job.approve",
        "job.release",
        *["result.read"] * 3,
        "job.receipt",
    ]
    states = [
        event["state"] for event in room.brand.get(f"/v1/jobs/{job}/events").get_json()["items"]
    ]
    assert states == [
        "SUBMITTED",
        "AWAITING_APPROVAL",
        "STARTED",
        "AWAITING_DECRYPTION",
        "SUCCESS",
    ]


def submit_checked(room: World) -> str:
    document = story.question(room, story.align(room))
    answer = room.brand.say("/v1/jobs", "job.submit", {"job": document})
    job = answer.get_json()["resource"]["id"]
    assert (answer.status_code, answer.headers["Location"]) == (202, f"/v1/jobs/{job}")
    for party in (room.brand, room.platform):
        assert waiting(party) == [{"id": job, "room": room.room, "what": "approve"}]
    return str(job)


def open_release(room: World, job: str) -> ReleaseDocument:
    """Decrypt a release as its receiver, who owns the values, and check every number."""
    path, key = f"/v1/jobs/{job}/result", paillier("brand")
    release = ReleaseDocument.from_json(room.brand.get(f"{path}?part=release").get_json())
    people = room.brand.get(f"{path}?part=people").get_data()
    measures = room.brand.get(f"{path}?part=measures").get_data()
    assert hashlib.sha256(people).hexdigest() == release.people
    assert hashlib.sha256(measures).hexdigest() == release.measures
    width = key.public.ciphertext_bytes
    for place, group in enumerate(release.groups):
        count, total = expected_sums()[group.cell]
        ciphertext = people[place * width : (place + 1) * width]
        assert key.decrypt(int.from_bytes(ciphertext, "big")) == count
        ciphertext = measures[group.position * width : (group.position + 1) * width]
        assert unpack_released(key.decrypt(int.from_bytes(ciphertext, "big")), [1]) == [total]
    assert {(label.column, label.code) for label in release.labels} == {
        ("platform.age", 0),
        ("platform.age", 1),
    }
    return release


def test_each_part_is_for_one_party_alone(room: World) -> None:
    job = story.started(room)
    path = f"/v1/jobs/{job}/result?part="
    early = room.brand.get(f"{path}release")
    assert (early.status_code, early.get_json()["rule"]) == (409, "job-state")
    room.mediator.worker().run_once()
    for party in (room.platform, room.auditor, room.stranger):
        for part in ("release", "people", "measures"):
            assert party.get(path + part).status_code == 404
    assert room.platform.get(f"{path}matched").status_code == 404
    assert room.brand.get(f"{path}everything").status_code == 422
    body = {"job": job, "release": "00" * 32}
    wrong = room.brand.say(f"/v1/jobs/{job}/receipt", "job.receipt", body)
    assert wrong.get_json()["rule"] == "release-differs"
    assert room.platform.say(f"/v1/jobs/{job}/receipt", "job.receipt", body).status_code == 404


def test_values_of_the_other_side_are_masked_and_decrypted_for_the_receiver(room: World) -> None:
    aligned = story.align(room)
    job = story.submit(
        room, story.question(room, aligned, receiver="platform", submitter="platform")
    )
    owner, path = paillier("brand"), f"/v1/jobs/{job}"
    pairs = [mask_for_peer(owner.public, secrets.token_bytes) for _ in range(3)]
    masks = as_rows(owner.public, [ciphertext for _, ciphertext in pairs]).tobytes()
    assert room.brand.put(f"{path}/messages/masks/0", masks).status_code == 404
    spoilt = bytes(owner.public.ciphertext_bytes) + masks[owner.public.ciphertext_bytes :]
    assert room.platform.put(f"{path}/messages/masks/0", spoilt).get_json()["row"] == 1
    assert room.platform.put(f"{path}/messages/masks/0", masks).status_code == 201
    assert room.brand.get(f"{path}/messages/masks/0").status_code == 404
    body = {"job": job, "messages": {}}
    refused = room.platform.say(f"{path}/approvals", "job.approve", body)
    assert refused.status_code == 422
    story.approve(room.platform, job, masks=sealing([masks], 3))
    story.approve(room.brand, job)
    room.mediator.worker().run_once()
    assert waiting(room.platform) == []
    assert waiting(room.brand) == [{"id": job, "room": room.room, "what": "decrypt"}]
    release = ReleaseDocument.from_json(room.platform.get(f"{path}/result?part=release").get_json())
    receipt = {"job": job, "release": release.digest()}
    early = room.platform.say(f"{path}/receipt", "job.receipt", receipt)
    assert early.get_json()["rule"] == "not-decrypted"
    assert room.platform.get(f"{path}/result?part=measures").status_code == 404
    data = room.brand.get(f"{path}/result?part=measures").get_data()
    width = owner.public.ciphertext_bytes
    plain = [
        owner.decrypt(int.from_bytes(data[at : at + width], "big"))
        for at in range(0, len(data), width)
    ]
    blob = b"sealed for the receiver"
    assert room.platform.get(f"{path}/messages/decrypted/0").status_code == 404
    room.brand.put(f"{path}/messages/decrypted/0", blob)
    body = {"job": job, "step": "decrypted", "messages": {"decrypted": sealing([blob], len(blob))}}
    room.brand.must_say(f"{path}/steps", "job.step", body)
    assert room.platform.get(f"{path}/messages/decrypted/0").get_data() == blob
    for group in release.groups:
        opened = unmask(owner.public, plain[group.position], pairs[group.position][0])
        assert unpack_released(opened, [1]) == [expected_sums()[group.cell][1]]
    room.platform.must_say(f"{path}/receipt", "job.receipt", receipt)
    assert job_of(room, job)["state"] == "SUCCESS"


def test_the_same_question_costs_nothing_and_has_one_answer(place: World) -> None:
    place.open_room(noise="discrete-gaussian", rho_per_release=0.1, rho_budget=0.15)
    aligned = story.align(place)
    first = story.question(place, aligned)
    preview = place.brand.send(
        "POST",
        "/v1/jobs/preview",
        json.dumps({"job": first}).encode(),
        Content_Type="application/json",
    ).get_json()
    assert (preview["rho"], preview["budget_before"]) == (0.1, 0.15)
    assert preview["budget_after"] == pytest.approx(0.05)
    job = story.submit(place, first)
    again = story.question(place, aligned, name="the-same-again")
    answer = place.brand.say("/v1/jobs", "job.submit", {"job": again})
    assert (answer.status_code, answer.get_json()["resource"]["id"]) == (200, job)
    assert place.brand.get(f"/v1/budgets?room={place.room}").get_json()["spent"] == 0.1
    assert entries(place, place.room)[-1]["facts"] == {"job": job, "repeated": True}


def test_the_budget_ends_and_a_refusal_costs_nothing(place: World) -> None:
    place.open_room(noise="discrete-gaussian", rho_per_release=0.1, rho_budget=0.15)
    aligned = story.align(place)
    story.submit(place, story.question(place, aligned))
    other = story.question(place, aligned, parameters={"group_by": [], "measures": []})
    refused = place.brand.say("/v1/jobs", "job.submit", {"job": other})
    document = refused.get_json()
    assert (refused.status_code, document["rule"]) == (403, "rho-budget")
    assert document["type"] == "urn:cleanroom:problem:budget-exhausted"
    noted = entries(place, place.room)[-1]
    assert (noted["outcome"], noted["rule"]) == ("refused", "rho-budget")
    assert noted["statement"]["statement"]["body"]["job"] == other
    assert place.brand.get(f"/v1/budgets?room={place.room}").get_json()["spent"] == 0.1
    assert place.brand.get(f"/v1/jobs?room={place.room}").get_json()["items"][-1]["job"] != other


def test_the_mediators_noise_is_drawn_once_and_kept(place: World) -> None:
    place.open_room(noise="discrete-gaussian", rho_per_release=1.0, rho_budget=5.0)
    job = story.submit(place, story.question(place, story.align(place)))

    def noise() -> bytes:
        with place.mediator.context.store.read() as transaction:
            row = transaction.get("jobs", id=job)
        assert row is not None
        return bytes(row["noise"])

    drawn = noise()
    assert len(drawn) == 8 * (2 + 3)
    place.reopen()
    assert noise() == drawn


def test_the_agreement_decides_what_may_be_asked(room: World) -> None:
    aligned = story.align(room)
    for changes, code in (
        ({"template": "attribution"}, 403),
        ({"parameters": {"group_by": ["platform.income"]}}, 403),
        ({"parameters": {"secret": 1}}, 422),
        ({"submitter": "platform"}, 404),
        ({"alignment": "0" * 32}, 404),
        ({"brand": aligned[1], "platform": aligned[0]}, 404),
        ({"rho": 0.1}, 403),
    ):
        job = story.question(room, aligned) | changes
        answer = room.brand.say("/v1/jobs", "job.submit", {"job": job})
        assert answer.status_code == code, (changes, answer.get_json())
        assert entries(room, room.room)[-1]["outcome"] == "refused"
    assert room.brand.get(f"/v1/jobs?room={room.room}").get_json()["items"] == []


@pytest.mark.parametrize("rho", ["NaN", "Infinity", "-1", "1e-320", "0"])
def test_numbers_that_are_none_are_refused(room: World, rho: str) -> None:
    job = story.question(room, ("0" * 32,) * 3)
    text = json.dumps({"job": job | {"rho": 0.5}}).replace("0.5", rho)
    answer = room.brand.send(
        "POST", "/v1/jobs/preview", text.encode(), Content_Type="application/json"
    )
    assert answer.status_code == 422


def test_a_side_refuses_or_cancels_and_nothing_runs(room: World) -> None:
    aligned = story.align(room)
    job = story.submit(room, story.question(room, aligned))
    body = {"job": job, "rule": "refused-by-person", "reason": "not what was signed"}
    room.platform.must_say(f"/v1/jobs/{job}/refuse", "job.refuse", body)
    shown = job_of(room, job)
    assert (shown["state"], shown["problem"]["rule"]) == ("REFUSED", "refused-by-person")
    late = room.brand.say(f"/v1/jobs/{job}/cancel", "job.cancel", {"job": job})
    assert (late.status_code, late.get_json()["rule"]) == (409, "lifecycle")
    job = story.submit(room, story.question(room, aligned, name="second"))
    for party in (room.brand, room.platform):
        story.approve(party, job)
    room.brand.must_say(f"/v1/jobs/{job}/cancel", "job.cancel", {"job": job})
    assert job_of(room, job)["state"] == "CANCELLED"
    assert room.mediator.worker().run_once() is False


def test_steps_out_of_order_are_refused(room: World) -> None:
    job = story.submit(room, story.question(room, story.align(room)))
    path = f"/v1/jobs/{job}"
    receipt = {"job": job, "release": "00" * 32}
    assert room.brand.say(f"{path}/receipt", "job.receipt", receipt).status_code == 409
    story.approve(room.brand, job)
    body = {"job": job, "messages": {}}
    assert room.brand.say(f"{path}/approvals", "job.approve", body).get_json()["rule"] == "approved"
    assert room.brand.put(f"{path}/rows/0", b"x").status_code == 404
    step = {"job": job, "step": "decrypted", "messages": {"decrypted": sealing([b"x"], 1)}}
    assert room.brand.say(f"{path}/steps", "job.step", step).status_code == 409


def test_a_running_job_stops_when_the_room_expires(room: World) -> None:
    job = story.started(room)
    room.clock.shift = 2 * 86400
    assert room.mediator.worker().run_once() is False
    assert job_of(room, job)["state"] == "EXPIRED"
    assert entries(room, room.room)[-1]["kind"] == "job.expire"
    body = {"job": story.question(room, ("0" * 32,) * 3)}
    assert room.brand.say("/v1/jobs", "job.submit", body).get_json()["rule"] == "room-expired"


def test_a_job_whose_room_expires_while_it_waits_to_be_decrypted_ends_and_is_read_by_nobody(
    room: World,
) -> None:
    job, path = awaiting_decryption(room)
    blob = b"sealed for the receiver"
    room.brand.put(f"{path}/messages/decrypted/0", blob)
    body = {"job": job, "step": "decrypted", "messages": {"decrypted": sealing([blob], len(blob))}}
    room.brand.must_say(f"{path}/steps", "job.step", body)
    digest = room.platform.get(f"{path}/result?part=release").get_json()
    receipt = {"job": job, "release": ReleaseDocument.from_json(digest).digest()}
    assert released_files(room, job)
    room.clock.shift = 2 * 86400
    # Before the worker looks, and after.
    for _ in range(2):
        assert waiting(room.brand) == waiting(room.platform) == []
        for party, part in (
            (room.brand, "result?part=measures"),
            (room.platform, "result?part=people"),
            (room.platform, "result?part=release"),
            (room.platform, "messages/decrypted/0"),
        ):
            assert party.get(f"{path}/{part}").status_code == 409, part
        again = room.brand.say(f"{path}/steps", "job.step", {**body, "step": "decrypted"})
        assert again.get_json()["rule"] == "room-expired"
        assert room.mediator.worker().run_once() is False
    ended = job_of(room, job)
    assert (ended["state"], ended["problem"]["rule"]) == ("EXPIRED", "room-expired")
    assert room.platform.say(f"{path}/receipt", "job.receipt", receipt).status_code == 409
    room.mediator.worker().run_once()
    assert not released_files(room, job)


def test_an_answer_that_is_ready_after_the_room_expired_is_never_released(
    room: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cleanroom.mediator import releases

    job, compute = story.started(room), releases.compute

    def slow(*arguments: Any) -> Any:
        room.clock.shift = 2 * 86400
        return compute(*arguments)

    monkeypatch.setattr(releases, "compute", slow)
    room.mediator.worker().run_once()
    assert (job_of(room, job)["state"], entries(room, room.room)[-1]["kind"]) == (
        "EXPIRED",
        "job.expire",
    )
    assert "job.release" not in {entry["kind"] for entry in entries(room, room.room)}


def released_files(room: World, job: str) -> list[Any]:
    return list(room.home.rglob(f"{job}/release/*/*"))


def awaiting_decryption(room: World) -> tuple[str, str]:
    """Bring a job of the platform about the brand's values to where the brand has to decrypt."""
    aligned = story.align(room)
    document = story.question(room, aligned, receiver="platform", submitter="platform")
    job = story.submit(room, document)
    key = paillier("brand").public
    pairs = [mask_for_peer(key, secrets.token_bytes) for _ in range(3)]
    masks = as_rows(key, [ciphertext for _, ciphertext in pairs]).tobytes()
    room.platform.put(f"/v1/jobs/{job}/messages/masks/0", masks)
    story.approve(room.platform, job, masks=sealing([masks], 3))
    story.approve(room.brand, job)
    assert room.mediator.worker().run_once()
    return job, f"/v1/jobs/{job}"


def test_rows_that_are_not_honest_fail_the_job(room: World) -> None:
    brand, platform = story.upload_both(room)
    alignment = story.propose(room, brand, platform)
    story.join(room, alignment)
    pair = f"{brand}/{platform}"
    for party in (room.brand, room.platform):
        sent = party.upload(f"/v1/alignments/{alignment}/tokens/{pair}", [bytes(16)] * story.PEOPLE)
        body = {
            "alignment": alignment,
            "attempt": 1,
            "transcript": "ab" * 32,
            "tokens": {pair: sent},
        }
        party.must_say(f"/v1/alignments/{alignment}/finish", "alignment.finish", body)
    job = story.submit(room, story.question(room, (brand, platform, alignment)))
    for party in (room.brand, room.platform):
        story.approve(party, job)
    assert room.mediator.worker().run_once()
    shown = job_of(room, job)
    assert (shown["state"], shown["problem"]["rule"]) == ("FAILED", "rows-invalid")
    assert entries(room, room.room)[-1]["kind"] == "job.fail"


def test_a_room_has_so_many_questions_and_no_more(place: World) -> None:
    place.open_room(jobs_max=1)
    aligned = story.align(place)
    story.submit(place, story.question(place, aligned))
    asked = {"job": story.question(place, aligned, name="second", receiver="platform")}
    refused = place.brand.say("/v1/jobs", "job.submit", asked)
    assert (refused.status_code, refused.get_json()["rule"]) == (403, "jobs-max")
