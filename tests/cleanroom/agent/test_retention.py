"""What is kept as long as is agreed goes at home too, and no answer is made of it any more."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from cleanroom.agent import asking, datasets, erasure, jobs, lines, results, retention
from cleanroom.agent.earlier import kept_result
from cleanroom.agent.jobs import LocalJob
from cleanroom.agent.loop import Agent
from cleanroom.agent.room_file import RoomFile
from cleanroom.errors import InvalidInput, NotFound, PolicyRefusal, Unreachable
from tests.cleanroom.agent.conftest import Place
from tests.cleanroom.agent.test_erasure import crm_states, erase, everything, uploaded
from tests.cleanroom.agent.test_lines import (
    HOUR,
    TEXT,
    asked,
    asking_align,
    open_room,
    people,
    verify,
    write,
)

TERMS = {"rows": 5 * HOUR, "alignments": 4 * HOUR, "messages": HOUR, "answers": 2 * HOUR}


def test_homes_forget_in_time_and_begin_anew(
    meeting: Place, tmp_path: Path, clock: SimpleNamespace
) -> None:
    described = write(tmp_path)
    parties = open_room(meeting, described, retention=TERMS)
    acme, telco = parties["acme"], parties["telco"]
    job, _ = asked(acme, described)
    assert people(meeting, acme, job) == 8
    loaded = {name: jobs.load(room, job) for name, room in parties.items()}

    def forget(hours: float) -> list[list[str]]:
        clock.by = hours * HOUR
        meeting.mediator.worker().run_once()
        return [retention.forget_over(room) for room in parties.values()]

    assert forget(0.9) == [[], []]
    assert forget(1.01) == [[job], [job]]
    for one in loaded.values():
        assert {file.name for file in one.folder.iterdir()} <= {*retention.OF_AN_ANSWER}
        with pytest.raises(PolicyRefusal, match="is deleted"):
            one.check_open()
    assert asking.read_result(acme, job)["total"]["people"] == 8
    clock.by = 2.01 * HOUR
    with pytest.raises(NotFound, match="retention period is over"):  # not deleted yet
        asking.read_result(acme, job)
    assert (acme.folder / "jobs" / job / "result").exists() and kept_result(acme, job) is None
    assert forget(2.01) == [[job], []]
    with pytest.raises(NotFound, match="retention period is over"):
        asking.read_result(acme, job)
    with pytest.raises(PolicyRefusal, match="is deleted"):
        results.receive(loaded["acme"])
    (joined,) = (item["id"] for item in acme.client.alignments(acme.identity))
    assert forget(4.01) == [[joined], [joined]]
    assert forget(5.01) != [[], []]
    assert forget(5.02) == [[], []]
    held = [(file, data) for file, data in everything(tmp_path, meeting.homes)
            if b"person-5" in data]  # fmt: skip
    assert not held
    version = loaded["acme"].question.brand.identity()
    with pytest.raises(InvalidInput, match="retention period is over"):
        datasets.local(acme, version).table()
    for room, name in ((acme, "crm"), (telco, "users")):
        lines.refresh(room, name)
    asking_align(meeting, acme)
    again, _ = asked(acme, described)
    meeting.work()
    assert meeting.mediator.worker().run_once()
    meeting.work()
    for file in (acme.folder / "jobs" / again).iterdir():  # its times are not the moved clock's
        os.utime(file, (time.time(), time.time()))
    assert asking.read_result(acme, again)["total"]["people"] == 8
    verify(parties)


def test_a_home_goes_by_its_own_times(meeting: Place, tmp_path: Path) -> None:
    """No word of a mediator has anything deleted, or kept: nothing is asked."""
    room = open_room(meeting, write(tmp_path), retention=TERMS)["acme"]
    assert retention.forget_over(replace(room, client=None)) == []
    for file in room.folder.glob("datasets/*/*"):
        os.utime(file, (1, 1))
    found = retention.forget_over(room)
    assert found == [one["id"] for one in room.client.datasets(room.identity)
                     if one["manifest"]["party"] == "acme"]  # fmt: skip


def test_an_agent_deletes_in_time_though_the_mediator_knows_it_no_more(
    meeting: Place, tmp_path: Path
) -> None:
    """As after a rotation of keys: what is over goes, whoever answers."""
    room = open_room(meeting, write(tmp_path), retention=TERMS)["acme"]
    for file in room.folder.glob("datasets/*/*"):
        os.utime(file, (1, 1))
    meeting.mediator.access.revoke(room.home.card.fingerprints()[0])
    told: list[str] = []
    Agent(room.home, meeting.client("acme"), tell=told.append)._tidy()
    assert told == ["the request is not authenticated"]
    assert not list(room.folder.glob("datasets/*/table*"))


@pytest.mark.parametrize("forgotten", [False, True])
def test_an_erasure_whose_versions_are_over_meanwhile_comes_to_its_end(
    meeting: Place,
    tmp_path: Path,
    clock: SimpleNamespace,
    monkeypatch: pytest.MonkeyPatch,
    forgotten: bool,
) -> None:
    room = uploaded(meeting, write(tmp_path), retention=TERMS)
    with monkeypatch.context() as patch:
        patch.setattr(erasure, "_take_back", _away)
        with pytest.raises(Unreachable):
            erase(room, "first")
    clock.by = 6 * HOUR
    meeting.mediator.worker().run_once()
    if forgotten:
        assert retention.forget_over(room)
    (done,) = erase(room, "first")["rooms"]
    assert done["certificate"] is None
    assert crm_states(room)[0] == (1, "WITHDRAWN")
    assert len(crm_states(room)) == (1 if forgotten else 2)
    assert erase(room, "second")["request"] == "second"


def _away(*_: object) -> None:
    raise Unreachable("the mediator is away")


def test_a_room_without_terms_keeps_everything(meeting: Place, tmp_path: Path) -> None:
    room = open_room(meeting, write(tmp_path))["acme"]
    assert retention.forget_over(room, now=2**40) == []


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('retention = "30d"', {"rows": 30 * 24 * HOUR, "messages": 30 * 24 * HOUR}),
        (
            'retention = { rows = "2d", alignments = "1d", messages = "1h", answers = "5d" }',
            {"rows": 48 * HOUR, "messages": HOUR},
        ),
        ('retention = { rows = "2d" }', "rows, alignments, messages, answers"),
        ("retention = 30", "is not a duration"),
    ],
)
def test_a_room_file_says_how_long(tmp_path: Path, line: str, told: object) -> None:
    write(tmp_path)
    (tmp_path / "room.toml").write_text(f"{TEXT}[policy]\n{line}\n")
    if isinstance(told, str):
        with pytest.raises(InvalidInput, match=told):
            RoomFile.read(tmp_path / "room.toml")
        return
    described = RoomFile.read(tmp_path / "room.toml")
    made = described.agreement((), "log.test", "0" * 64, "0" * 32, 0).policy.retention
    assert made is not None
    assert told == {name: getattr(made, name) for name in ("rows", "messages")}


# --- purposes


def test_a_question_is_for_one_of_the_purposes_that_are_agreed(
    meeting: Place, tmp_path: Path
) -> None:
    described = write(tmp_path)
    parties = open_room(meeting, described, purposes=("planning", "measuring"))
    room = parties["acme"]
    section = asking.find_section(described, "q")

    def made(purpose: str | None) -> LocalJob:
        return asking.from_section(room, section.model_copy(update={"purpose": purpose}))

    with pytest.raises(InvalidInput, match="does not say what its answer is for"):
        made(None)
    with pytest.raises(PolicyRefusal, match="other purposes: planning, measuring"):
        made("resale")
    job = made("planning")
    assert job.document.purpose == "planning"
    assert job.document.question() != made("measuring").document.question()
    jobs.submit(job)
    assert people(meeting, room, job.identity) == 8
    # Nobody takes a question for another purpose, whoever planned it.
    stray = job.document.model_copy(update={"purpose": "resale", "name": "stray"})
    with pytest.raises(PolicyRefusal, match="other purposes") as refused:
        room.chain.say("/v1/jobs", "job.submit", {"job": stray.to_json()})
    assert refused.value.rule == "purpose-not-agreed"
    with pytest.raises(PolicyRefusal, match="other purposes"):
        jobs.plan(parties["telco"], stray)
    verify(parties)


def test_one_purpose_needs_no_naming_and_none_takes_none(meeting: Place, tmp_path: Path) -> None:
    described = write(tmp_path)
    room = open_room(meeting, described, purposes=("planning",))["acme"]
    assert asking.from_file(room, described, "q").document.purpose == "planning"
    plain = open_room(meeting, described)["acme"]
    assert "purpose" not in asking.from_file(plain, described, "q").document.to_json()
    section = asking.find_section(described, "q").model_copy(update={"purpose": "planning"})
    with pytest.raises(PolicyRefusal, match="other purposes: none"):
        asking.from_section(plain, section)


def test_a_grant_is_for_some_of_the_purposes(meeting: Place) -> None:
    grant = {"party": "acme", "kind": "base-counts", "purposes": ["resale"], "minimum": 10}
    from cleanroom.documents.agreement import Grant

    with pytest.raises(InvalidInput, match="one that the agreement does not list"):
        meeting.propose(purposes=("planning",), grants=(Grant.from_json(grant),))
