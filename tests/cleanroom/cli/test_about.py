"""A job is found by its identifier without naming a room, and by its name within one."""

from __future__ import annotations

import re

import pytest
from typer.testing import CliRunner

from cleanroom.agent import rooms
from cleanroom.agent.http import Client
from cleanroom.agent.rooms import Room
from cleanroom.cli import about, dataset
from cleanroom.cli.common import Folder, describe, open_home
from cleanroom.cli.root import app
from cleanroom.documents.agreement import Policy
from cleanroom.errors import CleanroomError, Conflict, InvalidInput, NotFound, Unauthenticated
from tests import generate_docs
from tests.cleanroom.agent.conftest import PASSPHRASE, Place, meeting
from tests.cleanroom.queries.room import FOREVER, audience

__all__ = ["meeting"]
POLICY = Policy(k_min=1, noise="none", paillier_bits=512, expires=FOREVER, alignment=("dh",))
DATA = {"acme": audience(["a", "b"]), "telco": audience(["b"])}


@pytest.fixture
def room(meeting: Place, monkeypatch: pytest.MonkeyPatch) -> Room:
    """Sign two rooms; return the one in which questions can be asked."""
    monkeypatch.setenv("CLEANROOM_PASSPHRASE", PASSPHRASE)
    monkeypatch.setattr(about, "connect", lambda home: meeting.client(home.card.name))
    found = meeting.talk(DATA, policy=POLICY)["acme"]
    meeting.sign(meeting.propose(name="autumn").identity)
    return found


def look(meeting: Place, party: str, room: str | None, job: str) -> tuple[str, str]:
    with about.job_session(Folder(meeting.homes[party].path), room, job) as (found, identity):
        return found.identity, identity


def test_an_identifier_needs_no_room_and_a_name_needs_one(meeting: Place, room: Room) -> None:
    job = meeting.ask(room, "overlap", {})
    for party in ("acme", "telco"):  # who asked knows it; the other asks the mediator
        assert look(meeting, party, None, job) == (room.identity, job)
        assert look(meeting, party, "spring", "overlap") == (room.identity, job)
    with pytest.raises(InvalidInput, match="2 rooms match"):
        look(meeting, "acme", None, "overlap")
    with pytest.raises(InvalidInput, match="0 jobs in autumn are called overlap"):
        look(meeting, "acme", "autumn", "overlap")
    with pytest.raises(NotFound):
        look(meeting, "acme", None, "0" * 32)


def test_a_home_begins_to_open_when_its_folder_is_given(
    meeting: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = meeting.homes["acme"]
    monkeypatch.setenv("CLEANROOM_PASSPHRASE", PASSPHRASE)
    begun = Folder(home.path)
    monkeypatch.delenv("CLEANROOM_PASSPHRASE")
    assert open_home(begun).card == home.card
    with pytest.raises(InvalidInput, match="There is no passphrase"):
        open_home(Folder(home.path))


def test_a_question_is_approved_once(meeting: Place, room: Room) -> None:
    job = meeting.ask(room, "overlap", {})
    home = str(meeting.homes["acme"].path)
    words = ["job", "approve", job, "--home", home, "--yes"]
    first, again = (CliRunner().invoke(app, words) for _ in range(2))
    assert first.exception is None
    assert isinstance(again.exception, Conflict) and again.exception.rule == "approved"


def test_rooms_of_keys_that_the_mediator_does_not_know_are_listed(
    meeting: Place, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_self: Client) -> list[dict[str, object]]:
        raise Unauthenticated("the request is not authenticated")

    client = meeting.client("acme")
    monkeypatch.setattr(Client, "rooms", refuse)
    names = {one["name"] for one in rooms.listed(meeting.homes["acme"], client)}
    assert names == {"spring", "autumn"}
    assert "admitted your card.json" in describe(
        Unauthenticated("the request is not authenticated")
    )


def test_a_dataset_is_withdrawn_by_its_name_where_that_is_one_version(
    meeting: Place, room: Room
) -> None:
    (item,) = [
        item for item in room.client.datasets(room.identity) if item["manifest"]["party"] == "acme"
    ]
    name, version = item["manifest"]["name"], dataset._version
    assert version(room, name) == version(room, item["id"]) == item["id"]
    for other in ("orders", "telco", ""):
        with pytest.raises(InvalidInput, match="0 of your datasets") as refused:
            version(room, other)
        assert item["id"] in str(refused.value.remedy)


def test_a_name_is_what_the_document_says_and_not_what_the_mediator_shows(
    meeting: Place, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    meeting.ask(room, "overlap", {})
    lying = meeting.client("acme")
    shown = lying.jobs

    def renamed(identity: str) -> list[dict[str, object]]:
        return [{**item, "job": {**item["job"], "name": "other"}} for item in shown(identity)]

    monkeypatch.setattr(lying, "jobs", renamed)
    monkeypatch.setattr(about, "connect", lambda _home: lying)
    with pytest.raises(CleanroomError):
        look(meeting, "acme", "spring", "other")


def test_the_room_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    commands = dict(generate_docs.commands("cleanroom"))
    named = [one for one in commands["cleanroom job result"].params if "--room" in one.opts]
    assert [one.envvar for one in named] == ["CLEANROOM_ROOM"]


def test_help_shows_brackets() -> None:
    for words, bracket in ((["job", "submit"], "[[jobs]]"), (["dataset", "upload"], "[datasets]")):
        shown = CliRunner().invoke(app, [*words, "--help"]).output
        assert bracket in re.sub(r"\s+", " ", shown)
