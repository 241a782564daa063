"""The next version of an agreement: signed by all or not in force, and raced by questions."""

from __future__ import annotations

import secrets
from typing import Any

import pytest

from api.check import check_rows
from cleanroom.documents.agreement import Agreement
from tests.api import story
from tests.api.party import Party, World
from tests.api.test_jobs import open_release

GRANT = {"party": "platform", "kind": "base-counts", "purposes": ["analysis"], "minimum": 10}


def amended(room: World, before: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """Return the next version of an agreement; ``policy`` adds to that of before."""
    before = before or room.agreement
    first = Agreement.from_json(before)
    amends = {"room": room.room, "number": first.number + 1, "previous": first.digest()}
    changes["policy"] = before["policy"] | changes.pop("policy", {})
    nonce = secrets.token_hex(16)
    return Agreement.from_json({**before, "nonce": nonce, "amends": amends, **changes}).to_json()


def propose(party: Party, agreement: dict[str, Any]) -> Any:
    path = f"/v1/rooms/{party.room}/amendments"
    return party.say(path, "amendment.propose", {"agreement": agreement})


def sign(party: Party, agreement: dict[str, Any]) -> Any:
    path = f"/v1/rooms/{party.room}/amendments/members"
    body = {"agreement": Agreement.from_json(agreement).digest()}
    return party.say(path, "amendment.sign", body)


def decline(party: Party, agreement: dict[str, Any]) -> Any:
    path = f"/v1/rooms/{party.room}/amendments/decline"
    body = {"agreement": Agreement.from_json(agreement).digest(), "reason": "too much"}
    return party.say(path, "amendment.decline", body)


def amend(room: World, before: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """Let all three sign the next version."""
    agreement = amended(room, before, **changes)
    assert propose(room.brand, agreement).status_code == 201
    for party in (room.platform, room.auditor):
        assert sign(party, agreement).status_code == 200
    return agreement


def ask(room: World, aligned: Any, agreement: dict[str, Any] | None, **changes: Any) -> Any:
    named = {} if agreement is None else {"agreement": Agreement.from_json(agreement).digest()}
    document = story.question(room, aligned, **named, **changes)
    return room.brand.say("/v1/jobs", "job.submit", {"job": document})


def rule(response: Any) -> str:
    return str(response.get_json().get("rule"))


def test_an_amendment_is_in_force_with_the_last_signature_and_the_first_names_the_room(
    room: World,
) -> None:
    agreement = amended(room, templates=["overlap", "reach_frequency", "profile"])
    propose(room.platform, agreement)
    sign(room.brand, agreement)
    shown = room.brand.get(f"/v1/rooms/{room.room}").get_json()
    assert shown["agreement"] == room.agreement
    (waiting,) = shown["amendments"]
    assert (waiting["state"], waiting["number"]) == ("PROPOSED", 2)
    assert [one["party"] for one in waiting["signatures"]] == ["platform", "brand"]
    in_force = f"/v1/rooms/{room.room}/agreement"
    assert room.brand.get(in_force).get_json() == room.agreement
    assert sign(room.auditor, agreement).status_code == 200
    assert room.brand.get(in_force).get_json() == agreement
    third = amend(room, agreement, policy={"expires": room.agreement["policy"]["expires"] + 9})
    (shown,) = room.brand.get(f"/v1/rooms/{room.room}").get_json()["amendments"]
    assert (shown["state"], shown["agreement"]) == ("IN_FORCE", third)
    (line,) = room.brand.get("/v1/rooms").get_json()["items"]
    assert line["expires"] == third["policy"]["expires"]


def test_a_question_names_the_agreement_in_force_and_no_other(room: World) -> None:
    aligned = story.align(room)
    second = amend(room, templates=["overlap"])
    third = amend(room, second, templates=["overlap", "reach_frequency"])
    for older in (None, second):
        assert rule(ask(room, aligned, older)) == "other-agreement"
    assert ask(room, aligned, third).status_code == 202
    fourth = amend(room, third, templates=["profile"])
    assert rule(ask(room, aligned, fourth, name="later")) == "template-not-allowed"


def test_questions_that_wait_end_and_those_that_started_finish_under_theirs(room: World) -> None:
    aligned = story.align(room)
    started = ask(room, aligned, None).get_json()["resource"]["id"]
    for party in (room.brand, room.platform):
        story.approve(party, started)
    parameters = {"group_by": []}
    waits = ask(room, aligned, None, name="late", parameters=parameters).get_json()
    waits = waits["resource"]["id"]
    story.approve(room.brand, waits)
    second = amend(room, policy={"k_min": 2})
    shown = room.brand.get(f"/v1/jobs/{waits}").get_json()
    assert (shown["state"], shown["problem"]["rule"]) == ("FAILED", "amended")
    late = room.platform.say(
        f"/v1/jobs/{waits}/approvals", "job.approve", {"job": waits, "messages": {}}
    )
    assert late.status_code == 409
    assert room.mediator.worker().run_once()
    release = open_release(room, started)
    assert room.brand.get(f"/v1/jobs/{started}").get_json()["plan"]["k"] == 1
    body = {"job": started, "release": release.digest()}
    room.brand.must_say(f"/v1/jobs/{started}/receipt", "job.receipt", body)
    # What was answered is not answered again under another name of the agreement.
    again = ask(room, aligned, second, name="again")
    assert again.get_json()["resource"]["id"] == started
    fresh = ask(room, aligned, second, name="late", parameters=parameters).get_json()["resource"]
    assert fresh["plan"]["k"] == 2
    check_rows(room.mediator)


def test_a_dataset_with_more_than_is_agreed_now_is_not_asked_about(room: World) -> None:
    aligned = story.align(room)
    datasets = [dict(one) for one in room.agreement["datasets"]]
    datasets[0]["measures"] = []
    second = amend(room, datasets=datasets)
    parameters = {"group_by": ["platform.age"]}
    refused = ask(room, aligned, second, parameters=parameters)
    assert rule(refused) == "measure-not-allowed"
    datasets[0]["labels"], datasets[0]["measures"] = [], room.agreement["datasets"][0]["measures"]
    third = amend(room, second, datasets=datasets)
    assert rule(ask(room, aligned, third, parameters=parameters)) == "label-not-allowed"


def test_what_was_spent_stays_spent_whatever_the_budget_becomes(place: World) -> None:
    place.open_room(noise="discrete-gaussian", rho_per_release=0.25, rho_budget=0.5)
    aligned = story.align(place)

    def left() -> float:
        found = place.brand.get(f"/v1/budgets?room={place.room}").get_json()
        return float(found["left"])

    assert ask(place, aligned, None).status_code == 202
    assert left() == 0.25
    second = amend(place, policy={"rho_budget": 0.25, "rho_per_release": 0.125})
    assert left() == 0.0
    assert rule(ask(place, aligned, second, name="b", rho=0.125)) == "rho-budget"
    check_rows(place.mediator)
    start = place.clock.milliseconds() // 1000 - 60
    periods = {"period": 3600, "period_start": start, "rho_lifetime": 0.4}
    third = amend(place, second, policy=periods)
    assert left() == 0.0, "periods that are added refill nothing in the one that runs"
    place.clock.shift += 3600
    assert left() == pytest.approx(0.15)
    assert ask(place, aligned, third, name="c", rho=0.125).status_code == 202
    check_rows(place.mediator)


KEPT = {
    "name": {"name": "summer"},
    "rehearsal": {"rehearsal": False},
    "origin": {"origin": "elsewhere.test"},
    "bits": {"policy": {"paillier_bits": 1024}},
}


@pytest.mark.parametrize("what", KEPT)
def test_an_amendment_leaves_who_and_where_as_they_are(room: World, what: str) -> None:
    assert propose(room.brand, amended(room, **KEPT[what])).status_code == 422


def test_an_amendment_follows_the_agreement_in_force(room: World) -> None:
    assert propose(room.brand, amended(room)).status_code == 422, "it changes nothing"
    void = {"party": "nobody", "kind": "base-counts", "purposes": [], "minimum": 100}
    assert propose(room.brand, amended(room, grants=[void])).status_code == 422
    second = amend(room, grants=[GRANT])
    stale = amended(room, templates=["overlap"])
    assert rule(propose(room.brand, stale)) == "amends-other"
    assert propose(room.brand, room.agreement).status_code == 422, "the first again"
    assert rule(propose(room.platform, second)) == "amends-other"
    other = Agreement.from_json(amended(room, second, grants=[])).to_json()
    other["amends"]["room"] = "12" * 16
    assert rule(propose(room.brand, other)) == "amends-other"
    # It is no way into a room of its own either: the name would be whatever it says.
    room.brand.room = "12" * 16
    body = {"agreement": other, "paillier": room.brand.paillier}
    assert room.brand.say("/v1/rooms", "room.propose", body).status_code in (404, 422)
    room.brand.room = room.platform.room


def test_one_amendment_waits_at_a_time_and_one_that_was_declined_is_over(room: World) -> None:
    one, other = amended(room, templates=["overlap"]), amended(room, templates=["profile"])
    assert propose(room.brand, one).status_code == 201
    assert rule(propose(room.platform, other)) == "amendment-waits"
    assert rule(sign(room.platform, other)) == "amendment-state"
    assert rule(sign(room.brand, one)) == "signed"
    assert decline(room.platform, one).status_code == 200
    assert rule(sign(room.auditor, one)) == "amendment-state"
    assert rule(propose(room.brand, one)) == "amendment-known"
    assert propose(room.platform, other).status_code == 201
    assert decline(room.platform, other).status_code == 200, "a proposer takes its own back"
    aligned = story.align(room)
    assert ask(room, aligned, None).status_code == 202
    room.stranger.room = room.room
    assert sign(room.stranger, other).status_code == 404
