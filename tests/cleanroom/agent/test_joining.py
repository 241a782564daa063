"""A member joins and another is taken away between real agents, whoever lies about it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from api.check import check_rows
from cleanroom.agent import (
    alignments,
    amendments,
    datasets,
    erased,
    erasure,
    jobs,
    joining,
    rooms,
    versions,
)
from cleanroom.agent.logs import bundle_of, collect
from cleanroom.agent.memory import memory_of
from cleanroom.audit import verify_audit_bundle
from cleanroom.audit.amended import amendments as amended
from cleanroom.documents.agreement import Agreement, DatasetTerms
from cleanroom.errors import (
    CleanroomError,
    Conflict,
    InvalidInput,
    NotFound,
    PeerFault,
    PolicyRefusal,
)
from cleanroom.workbench.live import LiveRoom
from tests.cleanroom.agent.conftest import Place, meet
from tests.cleanroom.agent.test_amendments import changed, state
from tests.cleanroom.queries import room as columns
from tests.cleanroom.queries.room import audience

PEOPLE = [f"p{number}" for number in range(8)]
THREE = {"acme": "brand", "telco": "platform", "video": "platform"}
DATA = {"acme": audience(PEOPLE[:6]), "telco": audience(PEOPLE[2:])}
VIDEO = audience(PEOPLE[1:4])
Parties = dict[str, rooms.Room]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Three parties at one mediator."""
    return meet(tmp_path, THREE)


def opened(place: Place) -> Parties:
    """Open a room of the first two; the third is in none."""
    homes = dict(place.homes)
    cards = tuple(homes[name].card for name in ("acme", "telco"))
    terms = tuple(
        DatasetTerms(party=name, name="data", kind="audience", identifier_profile=columns.PROFILE)
        for name in ("acme", "telco")
    )
    first = place.propose(members=cards, datasets=terms)
    return {"acme": first, "telco": place.sign(first.identity)}


def with_video(place: Place, room: rooms.Room) -> Agreement:
    before = amendments.settle(room).agreement
    terms = before.datasets[-1].model_copy(update={"party": "video"})
    members = (*before.members, place.homes["video"].card)
    return changed(room, members=members, datasets=(*before.datasets, terms))


def without(room: rooms.Room, name: str) -> Agreement:
    before = amendments.settle(room).agreement
    members = tuple(card for card in before.members if card.name != name)
    kept = tuple(one for one in before.datasets if one.party != name)
    return changed(room, members=members, datasets=kept)


def bring(place: Place, parties: Parties) -> Agreement:
    agreement = with_video(place, parties["acme"])
    amendments.propose(parties["acme"], agreement)
    client = place.client("video")
    invitation = joining.find(place.homes["video"], client, agreement.digest()[:32])
    assert invitation is not None and invitation.agreement == agreement
    assert joining.join(invitation) is None, "others have not signed yet"
    assert rooms.known(place.homes["video"]) == []
    amendments.sign(parties["telco"], agreement)
    return agreement


def newly(place: Place, parties: Parties) -> rooms.Room:
    (found,) = joining.settle_all(place.homes["video"], place.client("video"))
    parties["video"] = found
    return found


def upload(room: rooms.Room, data: columns.Data) -> str:
    room = amendments.settle(room)
    return datasets.upload(room, "data", columns.spec_of(data), columns.table_of(data))


def ask(
    room: rooms.Room, brand: str, platform: str, name: str = "q", receiver: str = "brand"
) -> str:
    room = amendments.settle(room)
    fields = {
        "name": name,
        "template": "overlap",
        "brand": brand,
        "platform": platform,
        "alignment": jobs.find_alignment(room, brand, platform),
        "receiver": receiver,
        "rho": None,
    }
    answer = jobs.submit(jobs.write_job(room, fields, {"group_by": []}))
    return str(answer["resource"]["id"])


def verify(parties: Parties, by: str) -> None:
    room = parties[by]
    memories = [memory_of(one.home, one.identity) for one in parties.values()]
    verify_audit_bundle(bundle_of(room.client, room.first, memories), room=room.identity)


def test_a_platform_joins_is_asked_and_another_is_taken_away(place: Place) -> None:
    parties = opened(place)
    ids = {name: upload(parties[name], DATA[name]) for name in parties}
    alignments.propose(parties["acme"], (ids["acme"],), (ids["telco"],), "dh")
    place.work()
    bring(place, parties)
    video = newly(place, parties)
    assert rooms.open_room(video.home, video.client, video.identity).agreement.number == 2
    # A version that was made for one peer is not for another: the next one is for both.
    again, theirs = upload(parties["acme"], DATA["acme"]), upload(video, VIDEO)
    acme = amendments.settle(parties["acme"])
    for platform in (ids["telco"], theirs):
        alignments.propose(acme, (again,), (platform,), "dh")
    place.work()
    asked = {
        name: ask(acme, again, one, name) for name, one in (("t", ids["telco"]), ("v", theirs))
    }
    place.work()
    while place.mediator.worker().run_once():
        place.work()
    assert {state(acme, job) for job in asked.values()} == {"SUCCESS"}
    verify(parties, "video")
    late = ask(acme, again, ids["telco"], "late", "platform")
    telco_is_taken_away(place, parties, late)
    check_rows(place.mediator)


def telco_is_taken_away(place: Place, parties: Parties, late: str) -> None:
    acme, telco, video = (parties[name] for name in ("acme", "telco", "video"))
    agreement = without(acme, "telco")
    amendments.propose(acme, agreement)
    with pytest.raises(CleanroomError, match="removes this member"):
        amendments.sign(telco, agreement)
    assert not joining.notice(telco)
    request = erasure.Request("gone", erased.read(["p3"], "list", None, [columns.PROFILE]))
    erasure._begin(telco.home, telco.client, request)  # and killed before it said anything
    amendments.sign(amendments.settle(video), agreement)
    assert state(acme, late) == "FAILED"
    with pytest.raises(NotFound):
        upload(telco, DATA["telco"])
    done = erasure.erase(telco.home, telco.client, request)
    assert [one["made"] for one in done["rooms"]] == [{}], "the mediator has nothing of it any more"
    assert joining.notice(telco) and joining.has_left(telco.home, telco.identity)
    secrets = [file for file in telco.folder.rglob("*") if file.name.startswith("secrets-")]
    assert secrets == []
    verify({"acme": acme, "video": video}, "acme")
    # Who has left can still show that its part was in the log.
    verify({"telco": telco}, "telco")
    with pytest.raises(PolicyRefusal, match="telco is not a member"):
        jobs.load(acme, late).check_open()


def test_a_home_joins_nothing_that_does_not_name_it_or_follow(place: Place) -> None:
    parties = opened(place)
    home, client = place.homes["video"], place.client("video")
    assert joining.find(home, client, parties["acme"].identity) is None
    agreement = with_video(place, parties["acme"])
    amendments.propose(parties["acme"], agreement)
    honest = client.room(parties["acme"].identity)

    def lies(**changes: Any) -> None:
        shown = {**honest, **changes}
        client.room = lambda room: shown  # type: ignore[method-assign]
        with pytest.raises((PeerFault, InvalidInput)):
            found = joining.look(home, client, parties["acme"].identity)
            joining.check(found, ())

    lies(amendments=[])
    lies(agreement=agreement.to_json())
    other = place.agreement(members=parties["acme"].first.members)
    lies(agreement=other.to_json())
    item = honest["amendments"][0]
    later = amendments.follow(agreement, agreement).to_json()
    lies(amendments=[{**item, "agreement": later}])
    lies(amendments=[{**item, "state": "IN_FORCE"}, {**item, "agreement": later}])
    nobody = {**agreement.to_json(), "members": agreement.to_json()["members"][:2]}
    lies(amendments=[{**item, "agreement": nobody}])


def test_a_crash_before_or_after_signing_joins_once(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    parties = opened(place)
    agreement = with_video(place, parties["acme"])
    amendments.propose(parties["acme"], agreement)
    amendments.sign(parties["telco"], agreement)
    home, client = place.homes["video"], place.client("video")

    class Died(BaseException):
        """The process ends here."""

    def dies(*_: Any) -> None:
        raise Died

    for where, name in ((client, "say"), (joining, "settle"), (versions, "keep")):
        with monkeypatch.context() as patch, pytest.raises(Died):
            patch.setattr(where, name, dies)
            invitation = joining.find(home, client, agreement.digest()[:32])
            if invitation is None:
                joining.settle_all(home, client)
            else:
                joining.join(invitation)
        assert rooms.known(home) == []
    (found,) = joining.settle_all(home, client)
    assert found.agreement == agreement and rooms.known(home)[0]["id"] == found.identity
    assert joining.settle_all(home, client) == []
    verify({**parties, "video": found}, "video")


def test_nobody_is_told_to_have_left_who_was_not(place: Place) -> None:
    parties = opened(place)
    telco = parties["telco"]
    honest = telco.client.room(telco.identity)
    item: dict[str, Any] = {"number": 2, "state": "IN_FORCE", "signatures": []}
    unsigned = without(parties["acme"], "telco").to_json()
    for shown in ([], [{**item, "agreement": unsigned}]):
        lie = {**honest, "state": "LEFT", "amendments": shown}
        telco.client.room = lambda room, lie=lie: lie  # type: ignore[misc,method-assign]
        with pytest.raises((PeerFault, InvalidInput)):
            joining.notice(telco)
    assert not joining.has_left(telco.home, telco.identity)


def invitation(place: Place, agreement: Agreement) -> joining.Invitation:
    found = joining.find(place.homes["video"], place.client("video"), agreement.digest()[:32])
    assert found is not None
    return found


def take_back(place: Place, agreement: Agreement) -> None:
    home, client = place.homes["video"], place.client("video")
    found = joining.find_to_decline(home, client, agreement.digest()[:32])
    assert found is not None and found[1] == agreement
    joining.decline(*found, "not under these")


def test_who_joins_signs_one_amendment_at_a_time_and_may_take_it_back(place: Place) -> None:
    parties = opened(place)
    acme, telco = parties["acme"], parties["telco"]
    first, second, third = (with_video(place, acme) for _ in range(3))
    amendments.propose(acme, first)
    seen = invitation(place, first)
    joining.join(seen)
    take_back(place, first)
    assert amendments.waiting(acme) is None
    with pytest.raises(PolicyRefusal, match="ended the amendment itself"):
        joining.join(seen)
    amendments.propose(acme, second)
    joining.join(invitation(place, second))
    amendments.decline(telco, second, "no")
    amendments.propose(acme, third)
    # It cannot read that the second was declined; others could hold it with its signature.
    with pytest.raises(Conflict, match="decline that first"):
        joining.join(invitation(place, third))
    take_back(place, second)
    assert amendments.waiting(acme) == third
    joining.join(invitation(place, third))
    amendments.sign(telco, third)
    assert newly(place, parties).agreement == third
    verify(parties, "video")
    bundle = collect(acme.client, acme.identity, acme.first)
    ((when, agreement),) = amended(bundle)
    last = json.loads(list(bundle.leaves())[-1])
    assert (agreement, when) == (third, last["time"])
    with pytest.raises(Conflict, match="no such amendment is waiting"):
        joining.decline(telco, third, "too late")


def test_members_come_and_go_from_python(place: Place, tmp_path: Path) -> None:
    parties = opened(place)
    acme, telco = (LiveRoom(parties[name], "pandas", print) for name in ("acme", "telco"))
    assert acme.amendment() is None
    file, card = tmp_path / "room.toml", tmp_path / "video.json"
    card.write_bytes(place.homes["video"].card.canonical())
    sections = [
        f'[datasets.{name}.data]\nfile = "x.csv"\nkind = "audience"\n'
        f'id = {{ column = "id", profile = "{columns.PROFILE}" }}\n'
        for name in THREE
    ]
    file.write_text(ROOM_FILE + "".join(sections))
    made = acme.amend(file, [card])
    shown = telco.amendment("zh")
    assert shown is not None and shown["signed"] == ["acme"]
    assert [name for name, _ in shown["changes"]["成员加入与退出"]] == ["video"]
    with pytest.raises(InvalidInput, match="is waiting for signatures"):
        telco.sign("00" * 16)
    assert not telco.sign(made["amendment"], [card])
    telco.decline(made["amendment"], "not now")
    assert acme.amendment() is None


ROOM_FILE = """
[room]
name = "spring"
rehearsal = true
templates = ["overlap"]
[members]
acme = "brand"
telco = "platform"
video = "platform"
[policy]
noise = "none"
k_min = 1
paillier_bits = 512
rows = ["paillier"]
"""
