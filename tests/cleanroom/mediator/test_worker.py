"""The worker: leases, fences, attempts, and what a crash at any moment leaves."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from cleanroom.mediator import releases
from cleanroom.mediator.ports import StorageFault
from cleanroom.mediator.settings import ServerSettings
from tests.api import story
from tests.api.party import World, world
from tests.hostile.dry import neighbour


@pytest.fixture
def room(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path / "mediator") as made:
        made.open_room()
        yield made


def state(room: World, job: str) -> str:
    return str(room.brand.get(f"/v1/jobs/{job}").get_json()["state"])


def test_a_worker_that_lost_its_lease_changes_nothing(room: World) -> None:
    job = story.started(room)
    slow = room.mediator.worker()
    lease = slow.take()
    assert lease is not None
    assert room.mediator.worker().take() is None
    room.clock.shift = room.mediator.context.settings.lease_seconds + 1
    fast = room.mediator.worker()
    second = fast.take()
    assert second is not None
    assert second.fence == lease.fence + 1
    assert not slow.renew(lease)
    answer = releases.compute(room.mediator.context, job, None)
    assert not slow.finish(lease, answer)
    slow.give_up(lease, "rows-invalid", "never")
    slow.put_back(lease, "never")
    assert state(room, job) == "STARTED"
    assert fast.finish(second, answer)
    assert state(room, job) == "AWAITING_DECRYPTION"
    assert not fast.finish(second, answer)


def test_a_room_with_many_jobs_does_not_keep_another_waiting(room: World, tmp_path: Path) -> None:
    def starts(place: World, aligned: tuple[str, str, str], group_by: list[str]) -> str:
        parameters = {"group_by": group_by, "measures": ["spend"]}
        asked = story.question(place, aligned, name=f"by-{len(group_by)}", parameters=parameters)
        job = story.submit(place, asked)
        for party in (place.brand, place.platform):
            story.approve(party, job)
        return job

    aligned = story.align(room)
    busy = [starts(room, aligned, by) for by in (["platform.age"], [])]
    later = neighbour(room, tmp_path)
    room.clock.shift = 10
    single = starts(later, story.align(later), [])
    room.clock.shift = 20
    worker = room.mediator.worker()
    leases = [worker.take() for _ in range(3)]
    assert [one.job for one in leases if one] == [busy[0], single, busy[1]]


def test_a_renewed_lease_is_not_given_to_another(room: World) -> None:
    story.started(room)
    worker = room.mediator.worker()
    lease = worker.take()
    assert lease is not None
    room.clock.shift = 100
    assert worker.renew(lease)
    room.clock.shift = 150
    assert room.mediator.worker().take() is None


def test_a_job_that_always_crashes_is_abandoned_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = ServerSettings(attempts=3)
    with world(tmp_path / "other", settings) as room:
        room.open_room()
        job = story.started(room)

        def crash(*_: Any) -> releases.Answer:
            raise ZeroDivisionError

        monkeypatch.setattr(releases, "compute", crash)
        runs = 0
        while state(room, job) == "STARTED":
            runs += room.mediator.worker().run_once()
            room.clock.shift += 120
        assert runs == settings.attempts
        shown = room.brand.get(f"/v1/jobs/{job}").get_json()
        assert (shown["state"], shown["problem"]["rule"]) == ("FAILED", "abandoned")
        assert "ZeroDivisionError" in shown["problem"]["detail"]


def test_a_failure_of_ours_shows_no_value_in_answer_or_log(
    room: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    canary = "canary@example.com"

    def crash(*_: Any) -> None:
        raise KeyError(canary)

    monkeypatch.setattr(room.mediator.rooms, "show", crash)
    answer = room.brand.get(f"/v1/rooms/{room.room}")
    assert answer.status_code == 500
    assert answer.content_type == "application/problem+json"
    told = answer.get_data(as_text=True) + "".join(capsys.readouterr())
    assert "KeyError in crash" in told
    assert canary not in told
    assert "Traceback" not in told


def test_a_worker_that_died_is_followed_by_one_with_the_same_noise(room: World) -> None:
    job = story.started(room)
    dead = room.mediator.worker()
    assert dead.take() is not None
    room.reopen()
    next_one = room.mediator.worker()
    assert not next_one.run_once()
    next_one.release_leases()
    assert next_one.run_once()
    assert state(room, job) == "AWAITING_DECRYPTION"


def test_two_jobs_race_for_the_last_of_the_budget_and_one_runs(tmp_path: Path) -> None:
    with world(tmp_path / "other") as room:
        room.open_room(noise="discrete-gaussian", rho_per_release=0.1, rho_budget=0.15)
        aligned = story.align(room)
        asked = [
            (room.brand, {"parameters": {"group_by": [], "measures": []}}),
            (room.platform, {"submitter": "platform", "receiver": "platform"}),
        ]
        signed = [
            (party, party.sign("job.submit", {"job": story.question(room, aligned, **changes)}))
            for party, changes in asked
        ]
        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(lambda one: one[0].post("/v1/jobs", one[1]), signed))
        assert sorted(answer.status_code for answer in answers) == [202, 403]
        budget = room.brand.get(f"/v1/budgets?room={room.room}").get_json()
        assert budget["spent"] == pytest.approx(0.1)


def test_a_disk_that_fails_changes_nothing_and_recovers(
    room: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cleanroom.mediator import log

    def full(*_: Any, **__: Any) -> int:
        raise StorageFault("full")

    path = f"/v1/rooms/{room.room}/close"
    with monkeypatch.context() as patched:
        patched.setattr(log, "append", full)
        signed = room.brand.sign("room.close", {})
        failed = room.brand.post(path, signed)
        assert (failed.status_code, failed.headers["Retry-After"]) == (503, "1")
        assert room.brand.get(f"/v1/rooms/{room.room}").get_json()["state"] == "ACTIVE"
    assert room.brand.post(path, signed).status_code == 200


def test_a_result_is_not_read_without_its_entry(
    room: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cleanroom.mediator import log

    job = story.started(room)
    room.mediator.worker().run_once()

    def full(*_: Any, **__: Any) -> int:
        raise StorageFault("full")

    with monkeypatch.context() as patched:
        patched.setattr(log, "append", full)
        answer = room.brand.get(f"/v1/jobs/{job}/result?part=people")
        assert answer.status_code == 503
        assert answer.content_type == "application/problem+json"


def test_a_chunk_that_could_not_be_written_is_not_acknowledged(
    room: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    dataset = story.create(room.platform, story.manifest("platform"))
    path, rows = f"/v1/datasets/{dataset}", b"".join(story.platform_rows())

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        assert room.platform.put(f"{path}/chunks/0", rows).status_code == 503
    assert room.platform.get(path).get_json()["chunks"] == []
    assert not list((room.home / "blobs").rglob("*.part"))
    assert room.platform.put(f"{path}/chunks/0", rows).status_code == 201


def test_a_proof_of_a_long_log_reads_a_few_of_its_nodes(tmp_path: Path) -> None:
    from types import SimpleNamespace

    from cleanroom.mediator import log
    from cleanroom.mediator.store.sqlite import SqliteStore
    from protocols import merkle

    store, frontier, size = SqliteStore(tmp_path / "log.sqlite"), merkle.Frontier(), 20_000
    with store.write("room") as transaction:
        for index in range(size):
            for level, number, node in frontier.append(merkle.leaf_hash(b"%d" % index)):
                key = {"room": "r", "level": level, "number": number, "hash": node}
                transaction.insert("nodes", **key)
        transaction.insert("logs", room="r", size=size, latest=0)
    with store.read() as transaction:
        read: list[object] = []

        def get(table: str, **key: object) -> object:
            read.append(key)
            return transaction.get(table, **key)

        for index in range(0, size, 200):
            del read[:]
            proof = log.inclusion(SimpleNamespace(get=get), "r", index, size)  # type: ignore[arg-type]
            assert len(proof) <= len(read) <= 2 * size.bit_length()
        leaf = merkle.leaf_hash(b"%d" % index)
        merkle.verify_inclusion(leaf, index, size, proof, frontier.root())
    store.close()
