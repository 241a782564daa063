"""Amendments between real agents: what each takes for the agreement in force, whoever lies."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest

from api.check import check_rows
from cleanroom.agent import amendments, approval, datasets, jobs, rooms, vouch
from cleanroom.agent.logs import bundle_of
from cleanroom.agent.memory import memory_of
from cleanroom.audit import verify_audit_bundle
from cleanroom.documents.agreement import Agreement
from cleanroom.errors import AuditFailure, Conflict, PeerFault, PolicyRefusal, Unreachable
from tests.cleanroom.agent.conftest import Place
from tests.cleanroom.queries import room as columns
from tests.cleanroom.queries.room import audience

PEOPLE = [f"p{number}" for number in range(8)]
DATA = {
    "acme": audience(PEOPLE[:6]),
    "telco": audience(PEOPLE[2:], labels={"age": list("ababab")}),
}
PROFILE = {"group_by": ["platform.age"]}
Parties = dict[str, rooms.Room]


@pytest.fixture
def talking(meeting: Place) -> Parties:
    """Two parties whose data is aligned."""
    return meeting.talk(DATA)


@pytest.fixture
def parties(meeting: Place) -> Parties:
    """Two parties that have signed a room."""
    proposed = meeting.propose()
    return {"acme": proposed, "telco": meeting.sign(proposed.identity)}


def changed(room: rooms.Room, **changes: Any) -> Agreement:
    """Return the next version of what is in force for a party; ``policy`` adds to it."""
    before = amendments.settle(room).agreement
    policy = before.policy.model_copy(update=changes.pop("policy", {}))
    return amendments.follow(before.model_copy(update={"policy": policy, **changes}), before)


def amend(parties: Parties, **changes: Any) -> Agreement:
    agreement = changed(parties["acme"], **changes)
    amendments.propose(parties["acme"], agreement)
    shown = amendments.waiting(parties["telco"])
    assert shown == agreement
    amendments.sign(parties["telco"], shown)
    return agreement


def in_force(parties: Parties) -> dict[str, int]:
    return {name: amendments.settle(room).agreement.number for name, room in parties.items()}


def verify(parties: Parties) -> None:
    room = parties["acme"]
    memories = [memory_of(one.home, one.identity) for one in parties.values()]
    verify_audit_bundle(bundle_of(room.client, room.first, memories), room=room.identity)


def answer(meeting: Place) -> None:
    """Let both agents approve, the mediator compute, and the receiver open."""
    meeting.work()
    assert meeting.mediator.worker().run_once()
    meeting.work()


def state(room: rooms.Room, job: str) -> str:
    return str(room.client.job(job)["state"])


def test_a_question_that_an_amendment_allows_is_answered_and_one_that_it_took_is_not(
    meeting: Place, talking: Parties
) -> None:
    room, age = talking["acme"], {"group_by": ["platform.age"]}
    with pytest.raises(PolicyRefusal):
        meeting.ask(room, "profile", PROFILE)
    amend(talking, templates=("overlap", "profile"))
    early = meeting.ask(room, "overlap", age)
    answer(meeting)
    assert state(room, early) == "SUCCESS"
    amend(talking, templates=("profile",))
    assert in_force(talking) == {"acme": 3, "telco": 3}
    with pytest.raises(PolicyRefusal, match="overlap"):
        meeting.ask(room, "overlap", {"group_by": []})
    late = meeting.ask(room, "profile", PROFILE)
    answer(meeting)
    assert state(room, late) == "SUCCESS"
    # An answer of before is read under the agreement that it was asked under.
    assert jobs.load(amendments.settle(room), early).room.agreement.number == 2
    data_beyond_an_amendment_waits_for_a_version_that_fits(meeting, talking)
    verify(talking)
    check_rows(meeting.mediator)


def data_beyond_an_amendment_waits_for_a_version_that_fits(
    meeting: Place, parties: Parties
) -> None:
    terms = tuple(one.model_copy(update={"labels": ()}) for one in parties["acme"].first.datasets)
    amend(parties, datasets=terms, templates=("overlap",))
    with pytest.raises(PolicyRefusal, match="label age"):
        meeting.ask(parties["acme"], "overlap", {"group_by": []})
    telco, data = amendments.settle(parties["telco"]), audience(PEOPLE[2:])
    newer = datasets.upload(telco, "data", columns.spec_of(data), columns.table_of(data))
    assert telco.client.dataset(newer)["state"] == "READY"


def asked_under(meeting: Place, room: rooms.Room, agreement: Agreement) -> str:
    """Ask as a changed agent does, under whatever agreement it likes."""
    with mock.patch.object(amendments, "settle", lambda room: room.under(agreement)):
        return meeting.ask(room, "overlap", {"group_by": [], "where": ["platform.age = 'a'"]})


def an_older_agreement_is_brought_back(meeting: Place, parties: Parties) -> None:
    first = parties["acme"].first
    assert in_force(parties) == {"acme": 2, "telco": 2}
    with meeting.mediator.context.store.write("room") as transaction:
        transaction.update("rooms", {"id": parties["acme"].identity}, in_force=None)
        transaction.delete("amendment_signatures")
        transaction.delete("amendments")
    job = asked_under(meeting, parties["acme"], first)
    telco = parties["telco"]
    with pytest.raises(PolicyRefusal, match="agreement other than"):
        approval.approve(jobs.load(telco, job))
    meeting.work()
    assert state(telco, job) == "REFUSED"


def test_a_race_has_one_outcome_for_everybody(meeting: Place, talking: Parties) -> None:
    acme, telco = talking["acme"], talking["telco"]
    started = meeting.ask(acme, "overlap", {"group_by": []})
    for room in (acme, telco):
        approval.approve(jobs.load(room, started))
    waits = meeting.ask(acme, "overlap", {"group_by": ["platform.age"]})
    approval.approve(jobs.load(acme, waits))
    second = changed(acme, policy={"k_min": 2})
    amendments.propose(acme, second)
    amendments.sign(telco, second)
    assert (state(acme, started), state(acme, waits)) == ("STARTED", "FAILED")
    for room in (acme, telco):
        with pytest.raises(PolicyRefusal, match="agreement other than"):
            approval.approve(jobs.load(room, waits))
    answer(meeting)
    assert state(acme, started) == "SUCCESS"
    verify(talking)
    an_older_agreement_is_brought_back(meeting, talking)


def test_nothing_is_in_force_without_every_signature(parties: Parties) -> None:
    """The mediator says that all signed; it shows one signature, twice, or for something else."""
    acme, telco = parties["acme"], parties["telco"]
    second = changed(acme, policy={"k_min": 2})
    amendments.propose(acme, second)
    honest = acme.client.room(acme.identity)
    (item,) = honest["amendments"]
    lie = {**honest, "amendments": [{**item, "state": "IN_FORCE", "signatures": []}]}
    for signatures in ([], item["signatures"], item["signatures"] * 2):
        lie["amendments"][0]["signatures"] = signatures
        with mock.patch.object(type(acme.client), "room", lambda *_, lie=lie: lie):
            assert amendments.settle(acme).agreement.number == 1
    of_the_room = [one for one in honest["signatures"] if one["party"] == "telco"]
    lie["amendments"][0]["signatures"] = item["signatures"] + of_the_room
    with (
        mock.patch.object(type(acme.client), "room", lambda *_: lie),
        pytest.raises(PeerFault, match="a different amendment"),
    ):
        amendments.settle(acme)
    assert in_force(parties) == {"acme": 1, "telco": 1}
    amendments.sign(telco, second)
    assert in_force(parties) == {"acme": 2, "telco": 2}


def test_each_side_is_shown_another_amendment(parties: Parties) -> None:
    """The mediator changes what the platform reads: it is not what the brand signed."""
    acme, telco = parties["acme"], parties["telco"]
    second = changed(acme, policy={"k_min": 2})
    amendments.propose(acme, second)
    honest = telco.client.room(telco.identity)
    milder = second.model_copy(
        update={"policy": second.policy.model_copy(update={"k_min": 50})}
    ).to_json()
    lie = {**honest, "amendments": [{**honest["amendments"][0], "agreement": milder}]}
    unsigned = {**honest, "amendments": [{**lie["amendments"][0], "signatures": []}]}
    for shown in (lie, unsigned):
        with (
            mock.patch.object(type(telco.client), "room", lambda *_, shown=shown: shown),
            pytest.raises(PeerFault),
        ):
            amendments.waiting(telco)


def test_one_amendment_is_signed_at_a_time_and_one_that_was_ended_never_counts(
    parties: Parties,
) -> None:
    acme, telco = parties["acme"], parties["telco"]
    one, other = changed(acme, policy={"k_min": 2}), changed(acme, policy={"k_min": 3})
    amendments.propose(acme, one)
    with pytest.raises(Conflict, match="decline it"):
        amendments.propose(acme, other)
    amendments.decline(acme, one, "a slip")
    with pytest.raises(PolicyRefusal, match="ended"):
        amendments.sign(acme, one)
    with pytest.raises(Conflict):
        amendments.sign(telco, one)
    amendments.propose(telco, other)
    amendments.decline(acme, other, "no")
    # The one that another turned down makes way by itself.
    third = changed(acme, policy={"k_min": 4})
    amendments.propose(telco, third)
    amendments.sign(acme, third)
    with pytest.raises(Conflict):
        amendments.decline(telco, third, "too late")
    assert in_force(parties) == {"acme": 2, "telco": 2}
    verify(parties)


def test_an_agreement_of_before_is_not_signed_again(parties: Parties) -> None:
    first = parties["acme"].first
    second = amend(parties, policy={"k_min": 2})
    back = amendments.follow(first, second)
    with pytest.raises(Conflict, match="agreement other than"):
        amendments.sign(parties["telco"], amendments.follow(second, first))
    # To return to what was is an amendment like any other, and everybody signs it.
    amendments.propose(parties["acme"], back)
    amendments.sign(parties["telco"], back)
    assert in_force(parties) == {"acme": 3, "telco": 3}


def test_an_amendment_that_was_on_its_way_when_the_process_died_is_not_forgotten(
    parties: Parties,
) -> None:
    acme, telco = parties["acme"], parties["telco"]
    second = changed(acme, policy={"k_min": 2})
    gone = mock.Mock(side_effect=Unreachable("gone"))
    with mock.patch.object(acme.client, "say", gone), pytest.raises(Unreachable):
        amendments.propose(acme, second)
    with pytest.raises(Conflict, match="decline it"):
        amendments.propose(acme, changed(acme, policy={"k_min": 3}))
    assert amendments.waiting(telco) == second
    with mock.patch.object(telco.client, "say", gone), pytest.raises(Unreachable):
        amendments.sign(telco, second)
    assert in_force(parties) == {"acme": 1, "telco": 1}
    assert amendments.sign(telco, second).agreement == second
    assert in_force(parties) == {"acme": 2, "telco": 2}


def told(meeting: Place, agreement: Agreement, state: str) -> None:
    """Let the mediator say how an amendment stands, and write no entry about it."""
    with meeting.mediator.context.store.write("room") as transaction:
        transaction.update("amendments", {"id": agreement.digest()}, state=state)


def test_what_the_mediator_hides_has_not_ended(meeting: Place, parties: Parties) -> None:
    """Others could hold the first under this party's signature, and these the second."""
    acme, telco = parties["acme"], parties["telco"]
    one, other = changed(acme, policy={"k_min": 2}), changed(acme, policy={"k_min": 3})
    amendments.propose(acme, one)
    told(meeting, one, "DECLINED")
    for _ in range(2):
        with pytest.raises(Conflict, match="has not ended"):
            amendments.propose(acme, other)
        with pytest.raises(Conflict, match="no such amendment is waiting"):
            amendments.decline(acme, one, "it is not shown")
    told(meeting, one, "PROPOSED")
    amendments.decline(telco, one, "no")
    amendments.propose(acme, other)
    amendments.sign(telco, other)
    assert in_force(parties) == {"acme": 2, "telco": 2}


def test_a_log_without_what_this_party_said_ends_nothing(meeting: Place, parties: Parties) -> None:
    acme = parties["acme"]
    one, other = changed(acme, policy={"k_min": 2}), changed(acme, policy={"k_min": 3})
    before = acme.client.checkpoint(acme.identity)
    amendments.propose(acme, one)
    # Whoever has seen more of the log is not led back to sign what is said to wait there.
    telco = parties["telco"]
    vouch.look(telco)
    with (
        mock.patch.object(telco.client, "checkpoint", lambda _: before),
        pytest.raises(AuditFailure, match="went back"),
    ):
        amendments.sign(telco, one)
    told(meeting, one, "DECLINED")
    with (
        mock.patch.object(acme.client, "checkpoint", lambda _: before),
        pytest.raises(AuditFailure, match="acme remembers"),
    ):
        amendments.propose(acme, other)


def test_a_signature_that_was_refused_may_have_been_taken(parties: Parties) -> None:
    acme, telco = parties["acme"], parties["telco"]
    one, other = changed(acme, policy={"k_min": 2}), changed(telco, policy={"k_min": 3})
    amendments.propose(telco, other)
    with pytest.raises(Conflict, match="another amendment is waiting"):
        amendments.propose(acme, one)
    # The log holds what this party said last, and the refused one not: it has no place any more.
    amendments.sign(acme, other)
    assert in_force(parties) == {"acme": 2, "telco": 2}
    third, fourth = changed(acme, policy={"k_min": 4}), changed(acme, policy={"k_min": 5})
    honest = acme.client.say

    def lies(*said: Any) -> None:
        honest(*said)
        raise Conflict("another amendment waits", rule="amendment-waits")

    with mock.patch.object(acme.client, "say", lies), pytest.raises(Conflict):
        amendments.propose(acme, third)
    with pytest.raises(Conflict, match="has not ended"):
        amendments.propose(acme, fourth)
