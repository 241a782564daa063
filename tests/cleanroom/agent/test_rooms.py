"""A room that is declined, one that has expired, and one whose keys were replaced."""

from __future__ import annotations

import time

import pytest

from cleanroom.agent import keys, rooms
from cleanroom.agent.home import Home
from cleanroom.agent.http import Client
from cleanroom.agent.logs import bundle_of
from cleanroom.agent.memory import memory_of
from cleanroom.audit import verify_audit_bundle
from cleanroom.errors import Conflict, InvalidInput, PolicyRefusal, Unauthenticated
from tests.cleanroom.agent.conftest import PASSPHRASE, Place


def verify_log(room: rooms.Room) -> None:
    memory = memory_of(room.home, room.identity)
    verify_audit_bundle(bundle_of(room.client, room.agreement, [memory]))


def states(meeting: Place, name: str) -> dict[str, str]:
    client = meeting.client(name)
    return {item["name"]: item["state"] for item in rooms.listed(meeting.homes[name], client)}


def test_a_declined_room_ends_for_everybody_and_is_never_signed(meeting: Place) -> None:
    proposed = meeting.propose()
    client = meeting.client("telco")
    rooms.decline(meeting.homes["telco"], client, proposed.identity, "the grant goes too far")
    assert states(meeting, "acme") == {"spring": "CLOSED"}
    assert rooms.known(meeting.homes["telco"]) == []
    with pytest.raises(InvalidInput, match="declined"):
        meeting.sign(proposed.identity)
    last = proposed.client.entries(proposed.identity)[-1]
    assert (last["kind"], last["actor"]) == ("room.close", "telco")
    assert last["statement"]["statement"]["body"] == {"reason": "the grant goes too far"}
    verify_log(proposed)


def test_a_home_keeps_nothing_of_a_room_that_it_was_refused(meeting: Place) -> None:
    before = [list(home.rooms()) for home in meeting.homes.values()]
    with pytest.raises(PolicyRefusal):
        meeting.propose(origin="elsewhere.test")
    proposed = meeting.propose()
    proposed.chain.say(f"/v1/rooms/{proposed.identity}/close", "room.close", {"reason": "too late"})
    with pytest.raises(Conflict):
        meeting.sign(proposed.identity)
    after = [list(home.rooms()) for home in meeting.homes.values()]
    assert after == [[*before[0], proposed.identity], before[1]]


def test_a_home_that_has_fallen_behind_says_so_with_a_way_out(meeting: Place) -> None:
    room = meeting.propose()
    close = f"/v1/rooms/{room.identity}/close"
    older = (room.folder / "chain.json").read_bytes()
    room.chain.say(close, "room.close", {"reason": "over"})
    (room.folder / "chain.json").write_bytes(older)
    with pytest.raises(Conflict, match="another member has to close") as refused:
        room.chain.say(close, "room.close", {"reason": "again"})
    assert refused.value.rule == "sequence"


def test_a_room_that_was_signed_cannot_be_declined(meeting: Place) -> None:
    proposed = meeting.propose()
    with pytest.raises(Conflict, match="signed"):
        rooms.decline(meeting.homes["acme"], proposed.client, proposed.identity, "")


def test_an_expired_room_is_called_so(meeting: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    room = meeting.propose()
    meeting.sign(room.identity)
    assert states(meeting, "acme") == {"spring": "ACTIVE"}
    later = time.time() + 4000
    client = meeting.client("acme")
    items = client.rooms()
    monkeypatch.setattr(Client, "rooms", lambda _self: items)
    monkeypatch.setattr(rooms.time, "time", lambda: later)
    assert [one["state"] for one in rooms.listed(meeting.homes["acme"], client)] == ["EXPIRED"]


def rotated(meeting: Place, name: str, admit: bool = True) -> Home:
    """Replace a party's keys as the page says: the operator admits the new card."""
    meeting.client(name)
    keys.rotate(meeting.homes[name], [])
    meeting.homes[name] = Home.open(meeting.homes[name].path, PASSPHRASE)
    if admit:
        meeting.mediator.access.admit(meeting.homes[name].card)
    return meeting.homes[name]


def test_after_a_rotation_older_rooms_are_read_with_the_keys_that_they_rest_on(
    meeting: Place,
) -> None:
    room = meeting.propose()
    meeting.sign(room.identity)
    old = meeting.homes["acme"]
    before = (old.sealing.expose(), old.label_key)
    room.chain.say(f"/v1/rooms/{room.identity}/close", "room.close", {"reason": "over"})
    home = rotated(meeting, "acme")
    assert home.card != old.card
    client = meeting.client("acme")
    assert client.rooms() == []
    assert states(meeting, "acme") == {"spring": "CLOSED"}
    again = rooms.open_room(home, client, room.identity)
    assert again.own == old.card
    assert (again.home.sealing.expose(), again.home.label_key) == before
    assert again.paillier().to_bytes() == room.paillier().to_bytes()
    assert len(again.client.entries(room.identity)) == 3
    verify_log(again)


def test_once_the_old_key_is_revoked_the_room_is_what_the_home_keeps(meeting: Place) -> None:
    room = meeting.propose()
    old = meeting.homes["acme"]
    home = rotated(meeting, "acme")
    meeting.mediator.access.revoke(old.card.fingerprints()[0])
    assert states(meeting, "acme") == {"spring": "KEPT"}
    again = rooms.open_room(home, meeting.client("acme"), room.identity)
    assert again.agreement == room.agreement
    with pytest.raises(Unauthenticated):
        again.client.entries(room.identity)


def test_keys_that_never_were_this_homes_open_nothing(meeting: Place) -> None:
    with pytest.raises(InvalidInput, match="never had"):
        meeting.homes["acme"].as_of(meeting.homes["telco"].card)
