"""Keys are replaced once no room depends on them, and by nobody who did not mean it."""

from __future__ import annotations

import time

import pytest

from cleanroom.agent import contacts, keys, rooms
from cleanroom.agent.home import Home
from cleanroom.cli import party
from cleanroom.cli.root import app
from cleanroom.cli.run import run
from tests.cleanroom.agent.conftest import PASSPHRASE, Place, meeting
from tests.cleanroom.agent.test_job_page import signed_in

__all__ = ["meeting"]
Printed = pytest.CaptureFixture[str]


@pytest.fixture
def room(meeting: Place, monkeypatch: pytest.MonkeyPatch) -> rooms.Room:
    """Sign a room; commands speak as its brand, without a terminal."""
    monkeypatch.setenv("CLEANROOM_PASSPHRASE", PASSPHRASE)
    monkeypatch.setenv("CLEANROOM_HOME", str(meeting.homes["acme"].path))
    monkeypatch.setattr(party, "connect", lambda home: meeting.client(home.card.name))
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    found = meeting.propose()
    meeting.sign(found.identity)
    return found


def rotate(*words: str) -> int:
    return run(app, ["party", "rotate", *words])


def close(room: rooms.Room) -> None:
    room.chain.say(f"/v1/rooms/{room.identity}/close", "room.close", {"reason": "new keys"})


def card_of(meeting: Place) -> str:
    return Home.open(meeting.homes["acme"].path, PASSPHRASE).card.signing_key


@pytest.mark.parametrize("revoked", [False, True])
def test_an_active_room_keeps_its_keys_whatever_the_mediator_tells(
    meeting: Place, room: rooms.Room, capsys: Printed, revoked: bool
) -> None:
    before = card_of(meeting)
    if revoked:
        meeting.mediator.access.revoke(meeting.homes["acme"].card.fingerprints()[0])
    assert rotate("--yes") == 2
    assert "spring" in capsys.readouterr().err
    assert card_of(meeting) == before
    if revoked:
        assert rotate("--yes", "--ended") == 0
        assert card_of(meeting) != before


def test_a_script_says_yes_and_a_second_rotation_says_what_it_does(
    meeting: Place, room: rooms.Room, capsys: Printed
) -> None:
    close(room)
    before = card_of(meeting)
    assert rotate() == 2
    assert "--yes" in capsys.readouterr().err
    assert card_of(meeting) == before
    assert rotate("--yes") == 0
    second = card_of(meeting)
    assert second != before
    capsys.readouterr()
    assert rotate() == 2
    assert "no room depends on them" in capsys.readouterr().err
    assert card_of(meeting) == second


def test_a_card_replaced_after_the_signing_does_not_warn_of_the_room(
    meeting: Place, room: rooms.Room, monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    monkeypatch.setattr("cleanroom.cli.room.connect", lambda home: meeting.client(home.card.name))
    newer = meeting.homes["telco"].card.model_copy(update={"sealing_key": "99" * 32})
    contacts.trust(meeting.homes["acme"], newer, replace=True)
    assert run(app, ["room", "show", room.identity]) == 0
    page = signed_in(meeting, "acme").get(f"/rooms/{room.identity}").text
    for shown in (capsys.readouterr().out, page):
        assert "You signed the room with these keys" in " ".join(shown.split())
        assert "Do not sign" not in shown


def test_a_room_rests_on_keys_until_it_expires(
    meeting: Place, room: rooms.Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, untold = meeting.homes["acme"], [{"id": room.identity, "state": "KEPT"}]
    assert keys.resting(home, untold) == ["spring"]
    assert keys.resting(home, [{**untold[0], "state": "CLOSED"}]) == []
    end = room.agreement.policy.expires
    monkeypatch.setattr(time, "time", lambda: float(end))
    assert keys.resting(home, untold) == []
