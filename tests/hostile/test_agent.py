"""A lying mediator before an agent, and an agent that cannot do its part."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from cleanroom.agent import decryption, jobs
from cleanroom.agent.loop import Agent
from cleanroom.agent.tries import GIVE_UP, Tries
from cleanroom.errors import CleanroomError, PeerFault, Unreachable
from protocols.errors import RemoteError
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
