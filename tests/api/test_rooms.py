from __future__ import annotations

import secrets
from typing import Any

import pytest

from cleanroom.documents.agreement import Agreement, PaillierKey
from cleanroom.documents.statement import NOTHING_BEFORE
from cleanroom.mediator.context import LOBBY
from protocols.limits import ROOTS
from tests.api.party import World, paillier


def entries(world: World, room: str) -> list[dict[str, Any]]:
    """Return the log as the mediator holds it, without leaving a trace of the look."""
    import json

    from cleanroom.mediator import log

    with world.mediator.context.store.read() as transaction:
        return [json.loads(leaf) for leaf in log.entries(transaction, room, 0, 1000)]


def propose(world: World, agreement: dict[str, Any], **body: Any) -> Any:
    parsed = Agreement.from_json(agreement)
    world.brand.room = parsed.identity()
    body = {"agreement": parsed.to_json(), "paillier": world.brand.paillier, **body}
    return world.brand.say("/v1/rooms", "room.propose", body)


def test_a_room_becomes_active_with_its_last_signature(place: World) -> None:
    room = place.open_room()
    shown = place.auditor.get(f"/v1/rooms/{room}").get_json()
    assert shown["state"] == "ACTIVE"
    assert [one["party"] for one in shown["signatures"]] == ["brand", "platform", "auditor"]
    assert shown["agreement"] == place.agreement
    assert place.brand.get("/v1/rooms").get_json()["items"] == [
        {
            "id": room,
            "state": "ACTIVE",
            "name": "spring",
            "expires": place.agreement["policy"]["expires"],
        }
    ]
    assert place.stranger.get("/v1/rooms").get_json()["items"] == []
    assert [(e["kind"], e["actor"]) for e in entries(place, room)] == [
        ("room.propose", "brand"),
        ("room.sign", "platform"),
        ("room.sign", "auditor"),
    ]


@pytest.mark.parametrize(
    ("policy", "rule"),
    [
        ({"noise": "none", "k_min": 10, "paillier_bits": 2048}, "live-noise"),
        ({"noise": "discrete-gaussian", "k_min": 9, "paillier_bits": 2048}, "live-k"),
        ({"noise": "discrete-gaussian", "k_min": 10, "paillier_bits": 512}, "live-key"),
        ({"noise": "none", "expires": 1, "rehearsal": True}, "room-expired"),
    ],
)
def test_an_agreement_against_the_rules_opens_no_room(
    place: World, policy: dict[str, Any], rule: str
) -> None:
    agreement = place.describe(**{"rehearsal": False, **policy})
    refused = propose(place, agreement)
    assert (refused.status_code, refused.get_json()["rule"]) == (403, rule)
    assert place.brand.get(f"/v1/rooms/{place.room}").status_code == 404
    noted = entries(place, LOBBY)[0]
    assert (noted["kind"], noted["outcome"], noted["rule"]) == ("room.propose", "refused", rule)


def test_a_member_who_was_not_admitted_opens_no_room(place: World) -> None:
    agreement = place.describe()
    agreement["members"][1]["sealing_key"] = "00" * 32
    assert propose(place, agreement).get_json()["rule"] == "not-admitted"


def test_another_mediators_agreement_opens_no_room(place: World) -> None:
    agreement = place.describe() | {"origin": "elsewhere.example"}
    assert propose(place, agreement).get_json()["rule"] == "other-mediator"


def test_a_grant_that_no_party_could_give_opens_no_room(place: World) -> None:
    void = {"party": "platform-of-old", "kind": "base-counts", "purposes": [], "minimum": 100}
    refused = propose(place, place.describe() | {"grants": [void]})
    assert refused.status_code == 422
    assert "not a party of the room" in refused.get_json()["detail"]


@pytest.mark.parametrize("spoilt", ["bits", "even", "power", "factor", "missing"])
def test_a_weak_paillier_key_is_refused(place: World, spoilt: str) -> None:
    n = int(paillier("brand").public.n)
    p = 2**256 - 189  # a prime
    numbers = {
        "bits": n >> 8,
        "even": n - 1,
        "power": p * p,
        "factor": (n // 3 | 1) * 3,
    }
    key = None
    if spoilt in numbers:
        key = {"bits": 512, "n": f"{numbers[spoilt]:0128x}", "roots": "01" * (64 * ROOTS)}
    refused = propose(place, place.describe(), paillier=key)
    assert refused.status_code == 422
    assert spoilt in refused.get_json()["detail"] or spoilt == "missing"
    assert place.brand.get(f"/v1/rooms/{place.room}").status_code == 404


@pytest.mark.parametrize("spoilt", ["other room", "other member", "another n", "short", "none"])
def test_a_paillier_key_without_its_proof_is_refused(place: World, spoilt: str) -> None:
    agreement = place.describe()
    room, own = Agreement.from_json(agreement).identity(), paillier("brand")
    honest = PaillierKey.of(own, room, "brand").to_json()
    proofs = {
        "other room": PaillierKey.of(own, "ab" * 16, "brand").roots,
        "other member": PaillierKey.of(own, room, "platform").roots,
        "another n": PaillierKey.of(paillier("platform"), room, "brand").roots,
        "short": honest["roots"][:-2],
        "none": "",
    }
    refused = propose(place, agreement, paillier={**honest, "roots": proofs[spoilt]})
    assert refused.status_code == 422
    assert "proof of roots" in refused.get_json()["detail"]
    assert place.brand.get(f"/v1/rooms/{place.room}").status_code == 404
    assert propose(place, agreement, paillier=honest).status_code == 201


def test_another_members_paillier_key_is_refused(place: World) -> None:
    agreement = place.describe()
    assert propose(place, agreement).status_code == 201
    room = place.platform.room = place.brand.room
    digest = Agreement.from_json(agreement).digest()
    copied = place.brand.paillier
    lent = PaillierKey.of(paillier("brand"), room, "platform").to_json()
    path = f"/v1/rooms/{room}/members"
    for key, word in ((copied, "proof of roots"), (lent, "another member")):
        refused = place.platform.say(path, "room.sign", {"agreement": digest, "paillier": key})
        assert refused.status_code == 422
        assert word in refused.get_json()["detail"]
    body = {"agreement": digest, "paillier": place.platform.paillier}
    assert (
        place.platform.say(path, "room.sign", {**body, "agreement": "00" * 32}).status_code == 422
    )
    assert place.platform.say(path, "room.sign", body).status_code == 200


def test_a_statement_out_of_turn_says_which_turn_it_is(room: World) -> None:
    party = room.brand
    sequence, previous = party.sequence, party.previous
    for party.sequence, party.previous in ((5, previous), (sequence, NOTHING_BEFORE)):
        refused = party.say(f"/v1/rooms/{room.room}/close", "room.close", {})
        document = refused.get_json()
        assert (refused.status_code, document["rule"]) == (409, "sequence")
        assert document["expected_sequence"] == sequence
        assert document["expected_previous"] == previous
        assert entries(room, room.room)[-1]["rule"] == "sequence"
    party.sequence, party.previous = sequence, previous
    assert party.say(f"/v1/rooms/{room.room}/close", "room.close", {}).status_code == 200


def test_the_very_same_statement_gets_the_same_answer_again(room: World) -> None:
    signed = room.brand.sign("room.close", {})
    path = f"/v1/rooms/{room.room}/close"
    first, length = room.brand.post(path, signed), len(entries(room, room.room))
    room.mediator.access.remember = lambda *_: None  # type: ignore[method-assign]
    room.reopen()
    again = room.brand.post(path, signed)
    assert (again.status_code, again.get_json()) == (200, first.get_json())
    assert len(entries(room, room.room)) == length


def test_a_proposal_is_answered_again_to_whoever_made_it_alone(place: World) -> None:
    agreement = Agreement.from_json(place.describe())
    place.brand.room = agreement.identity()
    body = {"agreement": agreement.to_json(), "paillier": place.brand.paillier}
    signed = place.brand.sign("room.propose", body)
    assert place.brand.post("/v1/rooms", signed).status_code == 201
    for party, status in ((place.brand, 201), (place.platform, 404), (place.stranger, 404)):
        assert party.post("/v1/rooms", signed).status_code == status


def test_a_statement_of_another_kind_room_or_signature_is_refused(room: World) -> None:
    path = f"/v1/rooms/{room.room}/close"
    assert room.brand.say(path, "room.sign", {}).status_code == 422
    forged = room.brand.sign("room.close", {})
    other = room.platform.sign("room.close", {})
    spoilt = forged.model_copy(update={"signature": other.signature})
    assert room.brand.post(path, spoilt).status_code == 422
    borrowed = room.platform.sign("room.close", {})
    assert room.brand.post(path, borrowed).status_code == 404
    elsewhere = f"/v1/rooms/{secrets.token_hex(16)}/close"
    assert room.brand.say(elsewhere, "room.close", {}).status_code == 404
    assert room.brand.get(f"/v1/rooms/{room.room}").get_json()["state"] == "ACTIVE"


def test_fields_that_are_not_the_callers_to_set_are_refused(room: World) -> None:
    path = f"/v1/rooms/{room.room}/close"
    assert room.brand.say(path, "room.close", {"party": "platform"}).status_code == 422
    assert room.brand.get("/v1/rooms?role=auditor").status_code == 422


def test_nothing_but_its_end_is_said_in_an_expired_room(room: World) -> None:
    room.clock.shift = 2 * 86400
    body = {"manifest": {}, "dictionary": ""}
    late = room.brand.say("/v1/datasets", "dataset.create", body)
    assert (late.status_code, late.get_json()["rule"]) == (409, "room-expired")
    assert room.brand.say(f"/v1/rooms/{room.room}/close", "room.close", {}).status_code == 200


def test_a_clock_that_steps_back_is_flagged(room: World) -> None:
    assert room.brand.http.get("/v1/readyz").status_code == 200
    room.clock.shift = -60
    flagged = room.brand.http.get("/v1/readyz")
    assert flagged.status_code == 503
    assert "clock" in flagged.get_json()
    room.brand.must_say(f"/v1/rooms/{room.room}/close", "room.close", {})
    times = [entry["time"] for entry in entries(room, room.room)]
    assert times == sorted(times)
