"""Somebody joins a room or is taken out of it: what the others, the mediator and it could gain."""

from __future__ import annotations

from pathlib import Path
from unittest import mock

import pytest

from cleanroom.agent import alignments, amendments, jobs, joining
from cleanroom.errors import CleanroomError, NotFound, PolicyRefusal
from cleanroom.mediator import audit, members
from cleanroom.room.states import JobState
from tests.cleanroom.agent.conftest import Place, meet
from tests.cleanroom.agent.test_joining import (
    DATA,
    THREE,
    Parties,
    ask,
    bring,
    newly,
    opened,
    upload,
    with_video,
    without,
)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return meet(tmp_path, THREE)


def log_of(place: Place, name: str, room: str) -> int:
    """Return how many entries somebody is shown."""
    return len(place.client(name).entries(room))


def test_who_is_invited_reads_no_entry_before_everybody_has_signed(place: Place) -> None:
    parties = opened(place)
    room = parties["acme"].identity
    amendments.propose(parties["acme"], with_video(place, parties["acme"]))
    with pytest.raises(NotFound):
        log_of(place, "video", room)
    with mock.patch.object(audit, "LEFT", "invited"):
        assert log_of(place, "video", room) == 3


def asked_and_taken_out(place: Place) -> tuple[Parties, str]:
    """Let both sides approve a question, then take one out behind a mediator that ends nothing."""
    parties = opened(place)
    ids = {name: upload(parties[name], DATA[name]) for name in parties}
    alignments.propose(parties["acme"], (ids["acme"],), (ids["telco"],), "dh")
    place.work()
    bring(place, parties)
    video = newly(place, parties)
    job = ask(parties["acme"], ids["acme"], ids["telco"])
    place.work()
    agreement = without(parties["acme"], "telco")
    with mock.patch.object(members, "_take_away"):
        amendments.propose(parties["acme"], agreement)
        amendments.sign(video, agreement)
    return parties, job


def test_mediator_and_who_was_taken_out_go_on_with_no_honest_agent(place: Place) -> None:
    parties, job = asked_and_taken_out(place)
    acme, telco = amendments.settle(parties["acme"]), parties["telco"]
    assert acme.client.job(job)["state"] == JobState.STARTED, "the mediator lies"
    with pytest.raises(PolicyRefusal, match="telco is not a member"):
        jobs.load(acme, job).check_open()
    with mock.patch.object(amendments, "check_there"):
        jobs.load(acme, job).check_open()
    with pytest.raises(CleanroomError):
        ask(acme, *jobs.load(acme, job).document.datasets, "again")
    # Its own agent needs the others' signatures to believe it, and then has no part in it either.
    shown = {**telco.client.room(telco.identity), "state": "LEFT"}
    with mock.patch.object(telco.client, "room", lambda _room: shown):
        assert joining.notice(telco)
    with pytest.raises(PolicyRefusal, match="ended"):
        jobs.load(telco, job).check_open()


def test_a_member_is_out_by_the_word_of_all_others_and_by_nobody_elses(place: Place) -> None:
    parties = opened(place)
    bring(place, parties)
    video, acme = newly(place, parties), parties["acme"]
    amendments.propose(acme, without(acme, "telco"))
    telco = amendments.settle(parties["telco"])
    honest = telco.client.room(telco.identity)
    in_force = [{**one, "state": "IN_FORCE"} for one in honest["amendments"]]
    shown = {**honest, "state": "LEFT", "amendments": in_force}
    with mock.patch.object(telco.client, "room", lambda _room: shown):
        with pytest.raises(CleanroomError, match="not all members have signed"):
            joining.notice(telco)
        assert not joining.has_left(telco.home, telco.identity)
        everybody = [card.name for card in video.agreement.members if card.name != "telco"]
        with mock.patch.object(amendments, "signers", lambda *_: everybody):
            assert joining.notice(telco)
