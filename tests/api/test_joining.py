"""Members come and go by amendments: who signs, who reads what, and what ends with whom."""

from __future__ import annotations

import re
from typing import Any

import pytest

from api.check import check_rows
from cleanroom.documents.agreement import Agreement
from cleanroom.documents.job import JobDocument
from protocols import checkpoint
from tests.api import story
from tests.api.party import Party, World
from tests.api.test_amendments import amended, ask, decline, propose, rule, sign

OPEN = ("/v1/healthz", "/v1/readyz", "/v1/metrics", "/v1/openapi.json", "/static/<path:filename>")


@pytest.fixture
def guest(room: World) -> Party:
    """A platform that the operator admitted and that is in no room."""
    made = Party("guest", "platform", room.brand.http, room.clock)
    room.mediator.access.admit(made.card)
    made.room = room.room
    return made


def cards(room: World, *more: Party, without: str = "") -> list[dict[str, Any]]:
    kept = [party for party in (*room.members, *more) if party.name != without]
    return [party.card.to_json() for party in kept]


def joins(room: World, guest: Party, **changes: Any) -> dict[str, Any]:
    return amended(room, members=cards(room, guest), **changes)


def leaves(room: World, name: str, before: dict[str, Any] | None = None, *more: Party) -> Any:
    before = before or room.agreement
    datasets = [one for one in before["datasets"] if one["party"] != name]
    return amended(room, before, members=cards(room, *more, without=name), datasets=datasets)


def join(guest: Party, agreement: dict[str, Any], **changes: Any) -> Any:
    from cleanroom.documents.agreement import Agreement

    body = {"agreement": Agreement.from_json(agreement).digest(), "paillier": guest.paillier}
    path = f"/v1/rooms/{guest.room}/amendments/members"
    return guest.say(path, "amendment.sign", body | changes)


def bring(room: World, guest: Party, **changes: Any) -> dict[str, Any]:
    """Let everybody sign that the guest joins."""
    agreement = joins(room, guest, **changes)
    assert propose(room.brand, agreement).status_code == 201
    for party in (room.platform, room.auditor):
        assert sign(party, agreement).status_code == 200
    assert join(guest, agreement).status_code == 200
    return agreement


def test_a_guest_reads_agreements_signs_with_a_key_and_is_a_member_with_the_last_signature(
    room: World, guest: Party
) -> None:
    where = f"/v1/rooms/{room.room}"
    assert guest.get(where).status_code == 404
    agreement = joins(room, guest)
    propose(room.brand, agreement)
    shown = guest.get(where).get_json()
    assert (shown["state"], shown["signatures"]) == ("INVITED", [])
    assert shown["amendments"][-1]["agreement"] == agreement
    (line,) = guest.get("/v1/rooms").get_json()["items"]
    assert (line["id"], line["state"]) == (room.room, "INVITED")
    closed = [where + part for part in ("/members", "/agreement")]
    closed += [f"/v1/audit/{one}?room={room.room}" for one in ("checkpoint", "entries")]
    assert {guest.get(path).status_code for path in closed} == {404}
    assert join(guest, agreement, paillier=None).status_code == 422
    assert join(guest, agreement, paillier=room.brand.paillier).status_code == 422
    assert join(guest, agreement).status_code == 200
    assert rule(join(guest, agreement)) in ("signed", "sequence")
    sign(room.platform, agreement)
    assert guest.get(where + "/members").status_code == 404
    assert sign(room.auditor, agreement).status_code == 200
    names = [one["name"] for one in guest.get(where + "/members").get_json()["items"]]
    assert names == ["brand", "platform", "auditor", "guest"]
    assert guest.get(where).get_json()["state"] == "ACTIVE"
    assert guest.get(where).get_json() == room.brand.get(where).get_json()
    check_rows(room.mediator)


def test_nobody_joins_unasked_and_who_was_turned_down_has_no_place(
    room: World, guest: Party
) -> None:
    where = f"/v1/rooms/{room.room}"
    stranger = Party("other", "platform", room.brand.http, room.clock)
    assert rule(propose(room.brand, joins(room, stranger))) == "not-admitted"
    agreement = joins(room, guest)
    propose(room.brand, agreement)
    room.stranger.room = room.room
    assert join(room.stranger, agreement, paillier=None).status_code == 404
    body = {"agreement": "00" * 32}
    assert guest.say(where + "/amendments/decline", "amendment.decline", body).status_code == 409
    assert join(guest, agreement).status_code == 200
    decline(room.platform, agreement)
    assert guest.get(where).status_code == 404
    assert guest.get("/v1/rooms").get_json()["items"] == []
    assert join(guest, agreement).status_code == 404
    # Its name stands for its key in the log from now on.
    impostor = Party("guest", "platform", room.brand.http, room.clock)
    room.mediator.access.revoke(guest.key.verifying_key.fingerprint())
    room.mediator.access.admit(impostor.card)
    assert propose(room.brand, joins(room, impostor)).status_code == 422
    renamed = Party("renamed", "platform", room.brand.http, room.clock, key=guest.key)
    assert propose(room.brand, joins(room, renamed)).status_code == 422
    room.mediator.access.revoke(impostor.key.verifying_key.fingerprint())
    room.mediator.access.admit(guest.card)
    bring(room, guest, templates=["overlap"])
    check_rows(room.mediator)


def test_members_keep_keys_and_order_and_one_leaves_at_a_time(room: World, guest: Party) -> None:
    twin = Party("platform", "platform", room.brand.http, room.clock)
    members = cards(room)
    for changed in (
        [members[0], twin.card.to_json(), members[2]],
        members[::-1],
        [members[0], guest.card.to_json(), *members[1:]],
        [members[0], guest.card.to_json()],
    ):
        assert propose(room.brand, amended(room, members=changed)).status_code == 422, changed
    renamed = Party("renamed", "platform", room.brand.http, room.clock, key=room.platform.key)
    swapped = cards(room, renamed, without="platform")
    assert propose(room.brand, amended(room, members=swapped)).status_code == 422


def test_who_is_taken_away_has_no_say_and_all_of_its_data_ends(room: World, guest: Party) -> None:
    second = bring(room, guest)
    aligned = story.align(room)
    done = ask(room, aligned, second).get_json()["resource"]["id"]
    for party in (room.brand, room.platform):
        story.approve(party, done)
    third = leaves(room, "platform", second, guest)
    assert rule(propose(room.platform, third)) == "amendment-leaves"
    assert propose(room.brand, third).status_code == 201
    for said in (sign, decline):
        assert rule(said(room.platform, third)) == "amendment-leaves"
    assert sign(room.auditor, third).status_code == 200
    assert room.brand.get(f"/v1/jobs/{done}").get_json()["state"] == "STARTED"
    assert join(guest, third, paillier=guest.paillier).status_code == 422, "one key alone"
    assert sign(guest, third).status_code == 200
    shown = room.brand.get(f"/v1/jobs/{done}").get_json()
    assert (shown["state"], shown["problem"]["rule"]) == ("FAILED", "member-left")
    with room.mediator.context.store.read() as transaction:
        rows = transaction.find("datasets", party="platform")
        assert {(row["state"], row["why"], row["deleted"]) for row in rows} == {
            ("WITHDRAWN", "left", 1)
        }
        folders = [row["id"] for row in rows]
    files = [str(file) for file in (room.home / "blobs").rglob("*")]
    assert folders and not [one for one in files if any(name in one for name in folders)]
    assert not room.mediator.worker().run_once()
    check_rows(room.mediator)
    who_has_left_reads_what_was(room)
    late = ask(room, aligned, third)
    assert late.status_code >= 400
    # Neither its name nor its key comes back.
    again = amended(room, third, members=[*third["members"], room.platform.card.to_json()])
    assert propose(room.brand, again).status_code == 422


def who_has_left_reads_what_was(room: World) -> None:
    where, left = f"/v1/rooms/{room.room}", room.platform
    shown = left.get(where).get_json()
    assert shown["state"] == "LEFT"
    assert [one["number"] for one in shown["amendments"]] == [2, 3]
    log = f"/v1/audit/entries?room={room.room}"
    before = left.get(log).get_json()  # the entry that took it away is the last
    head = left.get(f"/v1/audit/checkpoint?room={room.room}").get_data()
    assert before["entries"][-1]["kind"] == "amendment.sign"
    assert decline(room.brand, room.agreement).status_code == 409
    assert left.get(log).get_json() == before
    seen = checkpoint.cosign(head.decode(), "brand", room.brand.key, 1_800_000_000)
    room.brand.must_say("/v1/audit/cosign", "audit.cosign", {"checkpoint": seen})
    vouched = f"/v1/audit/cosignatures?room={room.room}"
    assert [len(one.get(vouched).get_json()["items"]) for one in (left, room.brand)] == [0, 1]
    assert left.get(f"/v1/audit/checkpoint?room={room.room}").get_data() == head
    size = before["size"]
    assert room.brand.get(log).get_json()["size"] > size
    proof = f"/v1/audit/proofs/consistency?room={room.room}&first=1&second="
    assert left.get(f"{proof}{size}").status_code == 200
    assert left.get(f"{proof}{size + 1}").status_code == 404
    body: dict[str, Any] = {"manifest": {}, "dictionary": None}
    assert left.say("/v1/datasets", "dataset.create", body).status_code in (404, 422)
    for path in (where + "/members", where + "/agreement"):
        assert left.get(path).status_code == 404
    assert left.get("/v1/work").get_json()["jobs"] == []


def test_an_auditor_leaves_too_and_reads_no_more(room: World) -> None:
    agreement = leaves(room, "auditor")
    assert propose(room.brand, agreement).status_code == 201
    assert sign(room.platform, agreement).status_code == 200
    assert room.auditor.get(f"/v1/audit/entries?room={room.room}").status_code == 404
    assert propose(room.brand, leaves(room, "platform", agreement)).status_code == 422


def looked_at(party: Party, names: dict[str, str]) -> dict[str, tuple[int, Any]]:
    """Return what every route that is read answers to a party, but for names of requests."""
    seen = {}
    for one in party.http.application.url_map.iter_rules():
        if "GET" not in (one.methods or ()) or one.rule in OPEN:
            continue
        path = re.sub(r"<(\w+)>", lambda found: names.get(found[1], "0"), one.rule)
        for query in ("", "index=0&size=2", "first=1&second=2", "part=release", "attempt=1"):
            answer = party.get(f"{path}?room={party.room}&{query}".rstrip("&"))
            if answer.status_code == 422:
                answer = party.get(f"{path}?{query}".rstrip("?"))
            shown = answer.get_json(silent=True) or answer.text
            if isinstance(shown, dict):
                shown.pop("instance", None)
            seen[f"{path} {query}"] = answer.status_code, shown
    return seen


def test_who_has_left_sees_the_same_whatever_the_others_do(room: World, guest: Party) -> None:
    second = bring(room, guest)
    brand, users, alignment = story.align(room)
    third = leaves(room, "platform", second, guest)
    propose(room.brand, third)
    for party in (room.auditor, guest):
        assert sign(party, third).status_code == 200
    names = {"room": room.room, "dataset": brand, "alignment": alignment, "brand_dataset": brand}
    left, before = room.platform, looked_at(room.platform, names)
    assert {status for status, _ in before.values()} == {200, 404, 422}
    note = room.brand.get(f"/v1/audit/checkpoint?room={room.room}").get_data(as_text=True)
    seen = checkpoint.cosign(note, "brand", room.brand.key, 1_800_000_000)
    room.brand.must_say("/v1/audit/cosign", "audit.cosign", {"checkpoint": seen})
    policy = {"expires": third["policy"]["expires"] + 7}
    fourth = amended(room, third, policy=policy)
    assert propose(room.brand, fourth).status_code == 201
    for party in (room.auditor, guest):
        assert sign(party, fourth).status_code == 200
    assert looked_at(left, names) == before
    room.brand.must_say(f"/v1/rooms/{room.room}/close", "room.close", {})
    assert looked_at(left, names) == before


def test_who_has_left_finds_no_later_question_by_its_name(
    room: World, guest: Party, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a log is longer than one search looks through: whoever guesses it may try."""
    for name in ("WINDOW", "AT_ONCE"):
        monkeypatch.setattr(f"cleanroom.mediator.search.{name}", 1)
    third = leaves(room, "guest", bring(room, guest))
    propose(room.brand, third)
    for party in (room.platform, room.auditor):
        assert sign(party, third).status_code == 200
    aligned = story.align(room)
    named = Agreement.from_json(third).digest()
    later = story.question(room, aligned, agreement=named)
    path = f"/v1/audit/search?room={room.room}&text={JobDocument.from_json(later).identity()}"
    before = guest.get(path).get_json()
    assert before["next"] is not None
    story.submit(room, later)
    assert guest.get(path).get_json() == before
    assert room.brand.get(path).get_json()["entries"][0]["kind"] == "job.submit"
