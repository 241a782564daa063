"""Ask again and again, under other names, around a crash: one price and one answer."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from cleanroom.mediator import compute
from cleanroom.mediator.ports import StorageFault
from tests.api import story
from tests.api.party import World

NOISY = {"noise": "discrete-gaussian", "rho_per_release": 0.1, "rho_budget": 0.25}


def spent(room: World) -> float:
    return float(room.brand.get(f"/v1/budgets?room={room.room}").get_json()["spent"])


def bytes_of(room: World, job: str) -> str:
    """Return one digest over all that the receiver may read of an answer."""
    parts = [
        room.brand.get(f"/v1/jobs/{job}/result?part={part}").get_data()
        for part in ("release", "people", "measures")
    ]
    return hashlib.sha256(b"".join(parts)).hexdigest()


def answered(room: World, aligned: tuple[str, str, str]) -> str:
    """Ask a noisy question and have it computed."""
    job = story.submit(room, story.question(room, aligned))
    approve(room, job)
    assert room.mediator.worker().run_once()
    return job


def approve(room: World, job: str) -> None:
    """Approve with whatever shares of noise the plan wants of each side."""
    import secrets

    from cleanroom.engine.release import as_rows
    from cleanroom.mediator import job_rows
    from tests.api.party import paillier, sealing

    key = paillier("brand").public
    with room.mediator.context.store.read() as transaction:
        row = transaction.get("jobs", id=job)
        assert row is not None
        asked = job_rows.load(transaction, row)
    for party in (room.brand, room.platform):
        messages = {}
        for kind, shape in asked.shapes(party.role).items():  # type: ignore[arg-type]
            shares = [key.encrypt(0, secrets.token_bytes) for _ in range(shape.count)]
            data = as_rows(key, shares).tobytes()
            party.put(f"/v1/jobs/{job}/messages/{kind}/0", data)
            messages[kind] = sealing([data], shape.count)
        story.approve(party, job, **messages)


@pytest.mark.parametrize("times", [40, pytest.param(1000, marks=pytest.mark.slow)])
def test_the_same_question_a_thousand_times_is_charged_once(place: World, times: int) -> None:
    place.open_room(**NOISY)
    aligned = story.align(place)
    job = answered(place, aligned)
    first = bytes_of(place, job)
    for number in range(times):
        again = story.question(place, aligned, name=f"again-{number}")
        answer = place.brand.say("/v1/jobs", "job.submit", {"job": again})
        assert answer.get_json()["resource"]["id"] == job
    assert bytes_of(place, job) == first
    assert spent(place) == pytest.approx(0.1)


def test_a_dataset_renamed_or_aligned_anew_starts_no_new_ledger(place: World) -> None:
    place.open_room(**NOISY)
    aligned = story.align(place)
    story.submit(place, story.question(place, aligned))
    brand = story.upload_next(place)
    anew = story.align_pair(place, brand, aligned[1])
    story.submit(place, story.question(place, anew, name="anew"))
    assert spent(place) == pytest.approx(0.2)
    other = {"group_by": [], "measures": []}
    third = story.question(place, anew, name="third", parameters=other)
    refused = place.brand.say("/v1/jobs", "job.submit", {"job": third})
    assert (refused.status_code, refused.get_json()["rule"]) == (403, "rho-budget")


def test_a_crash_between_charge_and_release_costs_nothing_more(
    place: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten attempts that die while they store the answer; the eleventh releases the same noise."""
    place.open_room(**NOISY)
    job = story.submit(place, story.question(place, story.align(place)))
    approve(place, job)

    def noise() -> bytes:
        with place.mediator.context.store.read() as transaction:
            row = transaction.get("jobs", id=job)
        assert row is not None
        return bytes(row["noise"])

    drawn = noise()

    def full(*_: Any, **__: Any) -> int:
        raise StorageFault("full")

    for _ in range(9):
        with monkeypatch.context() as patched:
            patched.setattr(compute.log, "append", full)
            assert place.mediator.worker().run_once()
        assert place.brand.get(f"/v1/jobs/{job}").get_json()["state"] == "STARTED"
        place.clock.shift += 120
        assert noise() == drawn
    assert place.mediator.worker().run_once()
    assert place.brand.get(f"/v1/jobs/{job}").get_json()["state"] == "AWAITING_DECRYPTION"
    assert noise() == drawn
    assert spent(place) == pytest.approx(0.1)


def test_a_sum_that_could_pass_its_slot_is_refused_with_the_question(place: World) -> None:
    from unittest import mock

    from protocols import limits

    place.open_room()
    aligned = story.align(place)
    with mock.patch.object(limits, "VALUE_LIMIT", 1000 * story.PEOPLE):
        refused = place.brand.say("/v1/jobs", "job.submit", {"job": story.question(place, aligned)})
    assert (refused.status_code, refused.get_json()["rule"]) == (403, "sum-overflow")
