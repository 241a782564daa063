"""A lying mediator before an agent, and an agent that cannot do its part."""

from __future__ import annotations

import errno
import os
import resource
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from cleanroom.agent import decryption, jobs
from cleanroom.agent.http import Client
from cleanroom.agent.loop import Agent
from cleanroom.agent.tries import GIVE_UP, Tries
from cleanroom.errors import GO_ON, CleanroomError, PeerFault, Unreachable
from protocols.errors import RemoteError
from tests.api import story
from tests.api.party import World
from tests.simulation.house import SIDES, House, hurried


@pytest.fixture
def house() -> Iterator[House]:
    """Two agents and a mediator that have asked one question each."""
    with hurried(), tempfile.TemporaryDirectory() as folder:
        made = House(Path(folder) / "run")
        for side in SIDES:
            made.start(side)
        yield made
        made.close()


def waiting_job(house: House) -> str:
    """Bring a question of the platform to where the brand has to decrypt."""
    for _ in range(200):
        house.compute()
        found = house.rows("jobs", receiver="platform", state="AWAITING_DECRYPTION")
        if found:
            for side in SIDES:
                house.stop(side)
            return str(found[0]["id"])
        for side in SIDES:
            house.go(side)
    raise AssertionError("no job waits")


@pytest.mark.parametrize(
    "change", [{"name": "other"}, {"receiver": "brand"}, {"parameters": {"measures": []}}]
)
def test_a_job_that_differs_from_what_was_asked_is_not_decrypted(
    house: House, change: dict[str, Any]
) -> None:
    """The mediator shows another document under the job's name: its digest gives it away."""
    job = waiting_job(house)
    room = house.room_of("brand")
    shown = room.client.job(job)
    lie = {**shown, "job": {**shown["job"], **change}}
    with (
        mock.patch.object(type(room.client), "job", lambda *_: lie),
        mock.patch.object(decryption, "decrypt_for_receiver") as decrypted,
    ):
        agent = Agent(house.sides["brand"].home, room.client)
        item = {"id": job, "room": house.room, "what": "decrypt"}
        assert not agent.once({"alignments": [], "jobs": [item]})
        assert not decrypted.called
        with pytest.raises(PeerFault):
            jobs.load(room, job)
    assert house.rows("jobs", id=job)[0]["state"] == "REFUSED"


@pytest.mark.parametrize("spoil", ["cut", "more", "zero", "foreign"])
def test_ciphertexts_that_were_not_agreed_are_not_decrypted(house: House, spoil: str) -> None:
    job = waiting_job(house)
    room = house.room_of("brand")
    data = room.client.result_bytes(job, "measures")
    width = room.paillier().public.ciphertext_bytes
    lies = {
        "cut": data[:-width],
        "more": data + data[:width],
        "zero": bytes(width) + data[width:],
        "foreign": b"\xff" * width + data[width:],
    }
    with (
        mock.patch.object(type(room.client), "result_bytes", lambda *_: lies[spoil]),
        pytest.raises((PeerFault, RemoteError)),
    ):
        decryption.decrypt_for_receiver(jobs.load(room, job))
    assert not house.rows("steps", job=job)


def test_an_agent_that_cannot_do_its_part_says_so(house: House) -> None:
    """Otherwise the peer would wait for ever."""
    job = waiting_job(house)
    room = house.room_of("brand")
    agent = Agent(house.sides["brand"].home, room.client)
    work = {"alignments": [], "jobs": [{"id": job, "room": house.room, "what": "decrypt"}]}
    with mock.patch.object(decryption, "decrypt_for_receiver", side_effect=MemoryError):
        for _ in range(GIVE_UP):
            assert not agent.once(work)
            assert house.rows("jobs", id=job)[0]["state"] == "AWAITING_DECRYPTION"
        assert agent.once(work)
    row = house.rows("jobs", id=job)[0]
    assert (row["state"], "agent-gave-up" in row["problem"]) == ("REFUSED", True)


def test_an_alignment_that_cannot_be_run_fails_for_both(house: House) -> None:
    from cleanroom.agent import alignments

    waiting_job(house)
    room = house.room_of("brand")
    document = house.rows("alignments")[0]
    ids = [row["id"] for row in house.rows("datasets")]
    owners = {row["party"]: row["id"] for row in house.rows("datasets")}
    assert len(ids) == 2
    made = alignments.propose(room, (owners["brand"],), (owners["platform"],), "dh")
    assert made.identity != document["id"]
    agent = Agent(house.sides["brand"].home, room.client)
    item = {"id": made.identity, "room": house.room, "what": "join"}
    with mock.patch.object(alignments, "run", side_effect=MemoryError):
        for _ in range(3 * (GIVE_UP + 1)):
            agent.once({"alignments": [item], "jobs": []})
    row = house.rows("alignments", id=made.identity)[0]
    assert (row["state"], row["reason"]) == ("FAILED", "agent-gave-up")


def test_a_mediator_that_does_not_answer_is_no_failed_try(house: House) -> None:
    job = waiting_job(house)
    room = house.room_of("brand")
    agent = Agent(house.sides["brand"].home, room.client)
    work = {"alignments": [], "jobs": [{"id": job, "room": house.room, "what": "decrypt"}]}
    down = Unreachable("The mediator does not answer.")
    with mock.patch.object(decryption, "decrypt_for_receiver", side_effect=down):
        for _ in range(GIVE_UP + 5):
            assert not agent.once(work)
    assert agent.once(work)
    assert house.rows("steps", job=job)


def test_a_disk_that_is_full_is_no_failed_try_and_ends_no_agent(house: House) -> None:
    job, told = waiting_job(house), list[str]()
    room, home = house.room_of("brand"), house.sides["brand"].home
    agent = Agent(home, room.client, tell=told.append)
    work = {"alignments": [], "jobs": [{"id": job, "room": house.room, "what": "decrypt"}]}
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with mock.patch.object(decryption, "decrypt_for_receiver", side_effect=full):
        for _ in range(GIVE_UP + 5):
            assert not agent.once(work)
    assert set(told) == {f"job {job} decrypt: No space left on device. {GO_ON}"}
    with mock.patch.object(Client, "work", return_value=work), no_room():
        assert not agent._turn(), "it counts no try where it can write nothing"
    assert told[-1] == f"{home.path / 'tries.json'}: File too large. {GO_ON}"
    assert agent.once(work)
    assert house.rows("steps", job=job)


@contextmanager
def no_room(most: int = 0) -> Iterator[None]:
    """Let no file of this process have more bytes: what a write meets on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_mediator_whose_disk_is_full_is_not_ready_and_does_nothing_by_halves(
    room: World,
) -> None:
    described = story.manifest("platform")
    path = f"/v1/datasets/{story.create(room.platform, described)}"
    rows = b"".join(story.platform_rows())
    assert (room.home / "mediator.sqlite-wal").stat().st_size > 1 << 16
    with no_room(1 << 16):
        ready = room.brand.http.get("/v1/readyz")
        refused = room.platform.put(f"{path}/chunks/0", rows)
    for one in (ready, refused):
        assert (one.status_code, one.get_json()["detail"]) == (503, "nothing was done; try again")
    assert room.platform.get(path).get_json()["chunks"] == []
    assert room.platform.put(f"{path}/chunks/0", rows).status_code == 201
    assert room.brand.http.get("/v1/readyz").get_json() == {"ready": True}


def test_a_death_of_the_process_counts_as_a_try(house: House) -> None:
    """What kills the agent each time must end too: the count is on disk before the work begins."""
    home = house.sides["brand"].home
    for before in range(3):
        assert Tries(home).begin("job x decrypt") == before
    Tries(home).forget("job x decrypt")
    assert Tries(home).begin("job x decrypt") == 0


def test_what_was_approved_and_decrypted_once_is_sent_again_alike(house: House) -> None:
    """The second try after a crash sends the very same bytes: other ones would be refused."""
    job = waiting_job(house)
    room = house.room_of("brand")
    own = jobs.load(room, job)
    with (
        mock.patch.object(type(room.chain), "say", side_effect=Unreachable("cut off")),
        pytest.raises(CleanroomError),
    ):
        decryption.decrypt_for_receiver(own)
    decryption.decrypt_for_receiver(own)
    assert house.rows("steps", job=job)
