"""A question that a person refused before it could tell anything gives its price back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cleanroom.agent import approval, jobs, loop, rooms
from cleanroom.agent.asking import submit
from cleanroom.agent.logs import bundle_of
from cleanroom.agent.memory import memory_of
from cleanroom.agent.room_file import RoomFile
from cleanroom.audit import verify_audit_bundle
from cleanroom.audit.bundle import parse
from cleanroom.audit.page import as_html, markdown
from cleanroom.documents.agreement import Policy
from cleanroom.documents.payloads import BY_A_PERSON
from cleanroom.errors import AuditFailure, BudgetExhausted, PolicyRefusal
from cleanroom.mediator import approvals
from cleanroom.privacy.accounting import Ledger, epsilon_of
from cleanroom.room.states import JobState, gives_back
from tests.cleanroom.agent.conftest import Place
from tests.cleanroom.queries.room import FOREVER, audience

PEOPLE = [f"p{number}" for number in range(6)]
DATA = {"acme": audience(PEOPLE[:5]), "telco": audience(PEOPLE[1:])}
POLICY = Policy(
    k_min=1,
    rho_per_release=0.05,
    rho_budget=0.12,
    paillier_bits=512,
    expires=FOREVER,
    alignment=("dh",),
    approval="manual",
)
Parties = dict[str, rooms.Room]


@pytest.fixture
def parties(meeting: Place) -> Parties:
    return meeting.talk(DATA, policy=POLICY)


@pytest.fixture
def asked(meeting: Place, parties: Parties) -> str:
    return meeting.ask(parties["acme"], "overlap", {})


def left(parties: Parties) -> float:
    room = parties["acme"]
    return float(room.client.budget(room.identity)["left"])


def verify(parties: Parties) -> None:
    """Verify the log; its report has spent what the room's budget has."""
    room = parties["acme"]
    memories = [memory_of(one.home, one.identity) for one in parties.values()]
    bundle = bundle_of(room.client, room.agreement, memories)
    found = verify_audit_bundle(bundle)
    spent = round(0.12 - left(parties), 6)
    for written in (markdown, as_html):
        page = re.sub("<[^>]*>", "|", written(parse(bundle), found))
        assert re.search(rf"spent by all jobs, rho[ |]+{spent:g}[ |]", page), spent
        epsilon = f"{epsilon_of(spent, POLICY.delta):.3g}"
        assert re.search(rf"spent, epsilon at delta 1e-\d+[ |]+{epsilon}[ |]", page), epsilon


@pytest.mark.parametrize("approved", [False, True])
@pytest.mark.parametrize("refuser", ["acme", "telco"])
def test_a_question_that_a_person_refused_costs_nothing(
    parties: Parties, asked: str, refuser: str, approved: bool
) -> None:
    assert left(parties) == pytest.approx(0.07)
    if approved:  # by whoever receives: its approval holds nothing of its people
        approval.approve(jobs.load(parties["acme"], asked))
    loop.refuse_by_hand(parties[refuser], asked, "not now")
    assert left(parties) == pytest.approx(0.12)
    assert parties["acme"].client.job(asked)["problem"]["given_back"] is True
    verify(parties)


def test_once_the_other_side_gave_its_noise_the_price_is_spent(
    parties: Parties, asked: str
) -> None:
    approval.approve(jobs.load(parties["telco"], asked))
    loop.refuse_by_hand(parties["acme"], asked, "not now")
    assert left(parties) == pytest.approx(0.07)
    verify(parties)


def test_a_refusal_that_may_follow_from_data_is_not_free(parties: Parties, asked: str) -> None:
    loop.refuse(parties["telco"], asked, PolicyRefusal("the seed is too small", "seed"))
    assert left(parties) == pytest.approx(0.07)
    verify(parties)


def test_a_refusal_while_it_runs_is_not_free(parties: Parties, asked: str) -> None:
    for room in parties.values():
        approval.approve(jobs.load(room, asked))
    assert parties["acme"].client.job(asked)["state"] == "STARTED"
    loop.refuse_by_hand(parties["telco"], asked, "not now")
    assert left(parties) == pytest.approx(0.07)
    verify(parties)


@pytest.mark.parametrize("kind", ["given", "kept"])
def test_a_mediator_that_gives_back_otherwise_is_found_out(
    parties: Parties, asked: str, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(approvals, "gives_back", lambda *_: kind == "given")
    if kind == "given":
        approval.approve(jobs.load(parties["telco"], asked))
    loop.refuse_by_hand(parties["acme"], asked, "not now")
    with pytest.raises(AuditFailure):
        verify(parties)


def test_it_can_be_asked_again_and_again_and_answered(
    meeting: Place, parties: Parties, tmp_path: Path
) -> None:
    described = RoomFile.model_validate(
        {
            "room": {"name": "spring"},
            "jobs": [{"name": "q", "template": "overlap", "brand": "data", "platform": "data"}],
            "folder": tmp_path,
        }
    )
    names = []
    for _ in range(4):  # the budget covers two
        job = submit(parties["acme"], described, "q")
        names.append(parties["acme"].client.job(job)["job"]["name"])
        approval.approve(jobs.load(parties["acme"], job))
        loop.refuse_by_hand(parties["telco"], job, "not now")
    assert names == ["q", "q.2", "q.3", "q.4"]
    assert left(parties) == pytest.approx(0.12)
    job = submit(parties["acme"], described, "q")
    for room in parties.values():
        approval.approve(jobs.load(room, job))
    assert parties["acme"].client.job(job)["state"] == "STARTED"
    assert left(parties) == pytest.approx(0.07)
    verify(parties)


def test_the_side_that_gave_its_noise_keeps_its_own_count_whatever_the_mediator_says(
    meeting: Place, parties: Parties, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(approvals, "gives_back", lambda *_: True)
    room = parties["telco"]
    for number in range(3):
        own = parties["acme"]
        fields = {"name": f"q{number}", "template": "overlap", "receiver": "brand", "rho": None}
        ids = {one["manifest"]["party"]: one["id"] for one in own.client.datasets(own.identity)}
        fields |= {"brand": ids["acme"], "platform": ids["telco"]}
        fields["alignment"] = jobs.find_alignment(own, ids["acme"], ids["telco"])
        job = str(jobs.submit(jobs.write_job(own, fields, {}))["resource"]["id"])
        if number == 2:
            with pytest.raises(BudgetExhausted):
                approval.approve(jobs.load(room, job))
        else:
            approval.approve(jobs.load(room, job))
            loop.refuse_by_hand(own, job, "again")


def test_the_rule_is_narrow() -> None:
    waiting = JobState.AWAITING_APPROVAL
    assert gives_back(waiting, BY_A_PERSON, "brand", [])
    assert gives_back(waiting, BY_A_PERSON, "brand", ["brand"])
    assert not gives_back(waiting, BY_A_PERSON, "brand", ["platform"])
    assert not gives_back(waiting, "agent-check", "brand", [])
    for state in set(JobState) - {waiting}:
        assert not gives_back(state, BY_A_PERSON, "brand", [])


def test_a_price_goes_back_to_the_last_unit() -> None:
    ledger = Ledger.of(0.5).charge(0.1)
    for rho in (0.05, 1 / 3e3, 1e-7):
        assert ledger.charge(rho).give_back(rho) == ledger
