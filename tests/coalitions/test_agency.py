"""An agency that acts for two brands: what it may ask, what it learns, and what stops it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from unittest import mock

import pytest

from cleanroom.agent import amendments, approval, approved, asking, delegations, jobs, loop, passing
from cleanroom.agent.asking import align
from cleanroom.agent.earlier import kept_result
from cleanroom.documents.job import JobDocument
from cleanroom.errors import (
    BudgetExhausted,
    CleanroomError,
    Conflict,
    InvalidInput,
    NotFound,
    PeerFault,
    PolicyRefusal,
)
from cleanroom.mediator import budgets
from cleanroom.workbench.live import LiveRoom
from tests.api.conftest import verify_rooms
from tests.cleanroom.queries.room import Measure, audience
from tests.simulation.several import Several, several

PEOPLE = [f"p{n}" for n in range(24)]
FILES = {
    "acme": {
        "crm": audience(
            PEOPLE[:16],
            {"tier": ["gold", "plain"] * 8},
            {"spend": Measure([1 << n for n in range(16)], max=1 << 16)},
        ),
        "leads": audience(PEOPLE[:4]),
    },
    "bolt": {"crm": audience(PEOPLE[8:20])},
    "douyin": {"users": audience(PEOPLE[4:], {"age": ["young", "old"] * 10})},
}
ROLES = {"bolt": "brand", "omni": "agency", "rival": "agency"}
RHO = 2.0


@dataclass
class Stage:
    """A room of two brands, a platform and two agencies, one of which both brands delegated to."""

    room: Several
    joined: dict[str, str]
    given: dict[str, str] = field(default_factory=dict)

    def delegate(self, brand: str, **changes: Any) -> str:
        wanted = {
            "agency": "omni",
            "datasets": ["crm", "douyin.users"],
            "templates": ["overlap"],
            "rho": RHO,
            "ends": int(time.time()) + 3600,
        } | changes
        party = self.room.rooms[brand]
        self.given[brand] = delegations.grant(party, delegations.draft(party, **wanted))
        return self.given[brand]

    def fields(self, brand: str, **changes: Any) -> dict[str, Any]:
        """Return the fields of an agency's question, as ``asking`` makes them."""
        return {
            "name": f"for-{brand}-{time.monotonic_ns()}",
            "template": "overlap",
            "brand": self.room.ids[brand, "crm"],
            "platform": self.room.ids["douyin", "users"],
            "alignment": self.joined[brand],
            "receiver": "brand",
            "rho": None,
            "behalf": {"agency": "omni", "delegation": self.given[brand]},
        } | changes

    def write(
        self, brand: str = "acme", parameters: Any = None, asks: str = "omni", **changes: Any
    ) -> jobs.LocalJob:
        fields = self.fields(brand, **changes)
        return jobs.write_job(self.room.rooms[asks], fields, parameters or {})

    def ask(self, brand: str = "acme", parameters: Any = None, **changes: Any) -> str:
        return str(jobs.submit(self.write(brand, parameters, **changes))["resource"]["id"])

    def run(self, identity: str) -> dict[str, Any]:
        """Let everybody work until the job has ended; the mediator shows it to the platform."""
        for _ in range(20):
            for agent in self.room.agents.values():
                agent.once(agent.client.work(0))
            self.room.service.worker().run_once()
            item: dict[str, Any] = self.room.rooms["douyin"].client.job(identity)
            if item["state"] not in ("AWAITING_APPROVAL", "STARTED", "AWAITING_DECRYPTION"):
                return item
        raise AssertionError(item["state"])


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("agency")
    noisy = {"noise": "discrete-gaussian", "rho_per_release": 0.5, "rho_budget": 3.0}
    with several(folder, FILES, (), ROLES, **noisy, approval="manual", alignments_max=9) as made:
        joined = {}
        for brand in ("acme", "bolt"):
            with made.working(brand, "douyin"):
                joined[brand] = align(made.rooms[brand], ["crm"], ["douyin.users"])
        yield Stage(made, joined)
        context = made.service.context
        with context.store.read() as transaction:
            verify_rooms(transaction, context)


@pytest.fixture
def stage(world: Stage) -> Stage:
    """Both brands delegate anew; the log is verified whole after the last test."""
    for brand in ("acme", "bolt"):
        world.delegate(brand)
    return world


def approve(stage: Stage, party: str, job: str) -> None:
    approval.approve(jobs.load(stage.room.rooms[party], job))


def answered(stage: Stage, brand: str, parameters: Any = None) -> str:
    """Ask for a brand, and let the platform's person approve."""
    job = stage.ask(brand, parameters)
    approve(stage, "douyin", job)
    item = stage.run(job)
    assert item["state"] == "SUCCESS", item["problem"]
    return job


def test_an_agency_learns_what_its_brand_received_and_nothing_else(stage: Stage) -> None:
    rooms = stage.room.rooms
    asked = {"group_by": ["platform.age"], "where": ["brand.tier in ('gold', 'plain')"]}
    job = answered(stage, "acme", asked)
    for party in ("acme", "douyin"):
        condition = jobs.load(rooms[party], job).private()["conditions"][0]
        assert condition["values"] == ["gold", "plain"], "both sides read what is asked"
    own = kept_result(rooms["acme"], job)
    found = asking.read_result(rooms["omni"], job)
    assert own is not None
    assert {"quality", "receipt"} <= set(own)
    assert found == {name: own[name] for name in own if name not in ("quality", "receipt")}
    assert not list(rooms["omni"].folder.glob("paillier*")), "it has no key that opens a release"
    for kind in ("noise-people", "names", "decrypted", "base", "passed"):
        with pytest.raises(NotFound):
            rooms["omni"].client.job_message(job, kind)
    for part in ("release", "people", "measures"):
        for party in ("omni", "rival", "bolt"):
            with pytest.raises(NotFound):
                rooms[party].client.result_bytes(job, part)
    for party in ("rival", "bolt", "douyin"):
        with pytest.raises((NotFound, PeerFault)):
            rooms[party].client.result_bytes(job, "passed")


def test_a_delegation_is_its_brands_approval_and_nobody_elses(stage: Stage) -> None:
    """The room wants a person to approve: the brand's did, when it signed the delegation."""
    job = stage.ask("acme")
    for agent in stage.room.agents.values():
        agent.once(agent.client.work(0))
    assert stage.room.rooms["douyin"].client.job(job)["approved"] == ["brand"]
    own = stage.room.document_of_two("acme", "crm", "douyin", "users", stage.joined["acme"])
    asked = jobs.submit(own)["resource"]["id"]
    stage.room.agents["acme"].once(stage.room.agents["acme"].client.work(0))
    assert stage.room.rooms["acme"].client.job(asked)["approved"] == []
    loop.refuse_by_hand(stage.room.rooms["douyin"], job, "no")
    loop.refuse_by_hand(stage.room.rooms["douyin"], asked, "no")


def test_a_brand_delegates_and_an_agency_looks_from_python(stage: Stage) -> None:
    brand, agency = (LiveRoom(stage.room.rooms[name], "pandas", str) for name in ("acme", "omni"))
    day = datetime(2099, 1, 31, tzinfo=UTC)
    made = brand.delegate("omni", ["crm", "douyin.users"], ["overlap"], 0.5, day)
    assert agency.delegations()[-1]["id"] == made
    asked = agency.overlap.preview("acme.crm", "douyin.users", group_by=["platform.age"])
    assert asked["rho"] == 0.5
    assert not asked["notices"]
    with pytest.raises(PolicyRefusal, match="without labels called tier"):
        agency.overlap.preview("bolt.crm", "douyin.users", group_by=["brand.tier"])
    brand.revoke(made)
    assert agency.delegations()[-1]["revoked"]


def test_two_brands_are_joined_by_nothing_that_an_agency_says(stage: Stage) -> None:
    rooms, acme, bolt = stage.room.rooms, stage.given["acme"], stage.given["bolt"]
    behalf = {"agency": "omni", "delegation": bolt}
    with pytest.raises(PolicyRefusal, match="of acme, not of bolt"):
        jobs.submit(stage.write("acme", behalf=behalf))
    # No data of a brand stands where a platform's does, whoever signed.
    others = [{"party": "bolt", "platform": stage.room.ids["bolt", "crm"], "alignment": "12" * 16}]
    fields = {"platform": others[0]["platform"], "alignment": others[0]["alignment"]}
    for changes in (fields, {**fields, "others": others}):
        with pytest.raises((PolicyRefusal, InvalidInput, NotFound)):
            stage.write("acme", **changes)
    with pytest.raises(CleanroomError):
        align(rooms["omni"], ["acme.crm"], ["bolt.crm"])
    with pytest.raises(PolicyRefusal, match="an agency asks"):
        document = {"alignment": {"nonce": "00"}}
        rooms["omni"].chain.say("/v1/alignments", "alignment.propose", document)
    # Each brand's agent knows its own delegations alone.
    job = stage.write("acme", behalf={"agency": "omni", "delegation": acme}).document
    with pytest.raises(CleanroomError):
        jobs.plan(rooms["bolt"], job)
    with pytest.raises(PolicyRefusal, match="of acme, not of bolt"):
        forged = job.model_copy(update={"behalf": job.behalf.model_copy(update=behalf)})
        delegations.check(jobs.plan(rooms["douyin"], forged))


def test_a_mediator_that_lies_gets_no_approval(stage: Stage) -> None:
    """Every side looks at what the brand signed itself; the brand believes nobody."""
    rooms = stage.room.rooms
    job = stage.write("acme").document
    brand, platform = jobs.plan(rooms["acme"], job), jobs.plan(rooms["douyin"], job)
    assert delegations.check(brand) == delegations.check(platform)
    wide = delegations.check(brand).model_copy(update={"rho": 900.0, "number": 77})
    invented = {"agency": "omni", "delegation": wide.identity(), "sealed": ""}
    forged = JobDocument.from_json(job.to_json() | {"behalf": invented})
    with pytest.raises(PolicyRefusal, match="signed no such delegation"):
        delegations.check(jobs.plan(rooms["acme"], forged))
    with pytest.raises(PolicyRefusal, match="signed no such delegation"):
        delegations.check(jobs.plan(rooms["douyin"], forged))
    shown = rooms["douyin"].client.delegations(rooms["douyin"].identity)
    own = next(one for one in shown if one["id"] == stage.given["acme"])
    lie = {**own, "id": wide.identity(), "delegation": wide.to_json()}
    lying = mock.patch.object(type(rooms["douyin"].client), "delegations", lambda *_: [lie])
    with lying, pytest.raises(PeerFault, match="signed a different delegation"):
        delegations.check(jobs.plan(rooms["douyin"], forged))


def test_what_was_taken_back_is_answered_by_no_honest_brand(stage: Stage) -> None:
    """Even by one whose mediator never heard of it, or forgot it."""
    rooms = stage.room.rooms
    job = stage.ask("acme")
    approve(stage, "acme", job)
    approve(stage, "douyin", job)
    delegation = stage.given["acme"]
    lost = mock.patch.object(type(rooms["acme"].client), "say", side_effect=NotFound("what?"))
    with lost, pytest.raises(NotFound):
        delegations.revoke(rooms["acme"], delegation)
    assert stage.room.service.worker().run_once()
    local = jobs.load(rooms["acme"], job)
    with pytest.raises(PolicyRefusal, match="ended the delegation"):
        local.check_open()
    with pytest.raises(PolicyRefusal, match="ended the delegation"):
        delegations.check(local)
    with pytest.raises(PolicyRefusal, match="ended the delegation"):
        approve(stage, "acme", stage.ask("acme"))
    item = stage.run(job)
    assert item["state"] == "SUCCESS", "the brand still reads what its own key opens"
    with pytest.raises(NotFound):
        passing.read(rooms["omni"], job)
    delegations.revoke(rooms["acme"], delegation)
    assert [one.revoked for one in delegations.listed(rooms["omni"]) if one.identity == delegation]
    with pytest.raises(InvalidInput, match="no delegation to you in force"):
        delegations.find(rooms["omni"], "acme", delegation)


def test_an_agency_shows_both_sides_the_same_conditions(stage: Stage) -> None:
    parameters = {"where": ["platform.age = 'young'"]}
    honest = stage.write("acme", parameters)
    other = stage.write("acme", {"where": ["platform.age = 'old'"]})
    assert honest.document.behalf is not None
    assert other.document.behalf is not None
    mixed = JobDocument.from_json(
        honest.document.to_json() | {"behalf": other.document.behalf.to_json()}
    )
    rooms = stage.room.rooms
    assert jobs.plan(rooms["douyin"], mixed).private() == honest.private()
    with pytest.raises(PeerFault, match="not those that the job names"):
        jobs.plan(rooms["acme"], mixed).private()
    assert stage.write("acme", parameters).document.question() == honest.document.question()
    assert {len(one.document.sealed) for one in (honest, other)} == {len(honest.document.sealed)}


def test_agents_keep_the_budgets_of_delegations_themselves(stage: Stage) -> None:
    """A mediator that forgets what was charged gets no more noise for it than was delegated."""
    rooms = stage.room.rooms
    small = stage.delegate("acme", rho=1.0)
    behalf = {"agency": "omni", "delegation": small}
    for party in ("acme", "douyin"):
        asked = [stage.write("acme", behalf=behalf) for _ in range(3)]
        local = [jobs.plan(rooms[party], one.document) for one in asked]
        for job in local[:2]:
            approved.record(job, delegations.check(job))
            approved.record(job, delegations.check(job))
        with pytest.raises(BudgetExhausted):
            approved.record(local[2], delegations.check(local[2]))


def test_an_agency_with_two_brands_learns_no_more_of_a_platforms_people_than_one(
    stage: Stage,
) -> None:
    rooms, policy = stage.room.rooms, stage.room.rooms["acme"].agreement.policy
    stage.delegate("acme", rho=100.0)
    stage.delegate("bolt", rho=100.0)
    with pytest.raises(BudgetExhausted):
        for number in range(9):
            for brand in ("acme", "bolt"):
                jobs.submit(stage.write(brand, rho=0.5 - number / 1000))
    with stage.room.service.context.store.read() as transaction:
        left = {
            name: budgets.ledger(transaction, rooms["acme"].identity, name, "douyin", policy).left
            for name in ("acme", "bolt", "omni")
        }
    assert left["omni"] < policy.rho_per_release
    assert left["acme"] > policy.rho_per_release or left["bolt"] > policy.rho_per_release
    # Its own ledger, here of nothing else, tells the platform the same, whatever the mediator says.
    (rooms["douyin"].folder / "approved.json").unlink(missing_ok=True)
    asked = [stage.write(brand).document for _ in range(3) for brand in ("acme", "bolt")]
    for document in asked:
        approved.record(jobs.plan(rooms["douyin"], document))
    more = jobs.plan(rooms["douyin"], stage.write("bolt").document)
    kept = mock.patch.object(approved, "_untouched", lambda *_: False)
    with kept, pytest.raises(BudgetExhausted):
        approved.record(more)


def test_nothing_is_handed_on_to_an_agency_that_left(stage: Stage) -> None:
    """Also if the mediator lets the delegation stand that ended with the amendment."""
    room = stage.room.rooms["acme"]
    stage.delegate("acme")
    job, before = jobs.plan(room, stage.write("acme").document), room.agreement
    members = tuple(card for card in before.members if card.role != "agency")
    after = amendments.follow(before.model_copy(update={"members": members}), before)
    with (
        mock.patch.object(amendments, "newest", lambda room: room.under(after)),
        mock.patch.object(jobs.LocalJob, "send_message") as send,
    ):
        passing.hand_on(job, {"status": "SUCCESS"})
    assert not send.called


def test_what_is_handed_on_is_as_long_as_the_question_makes_it(stage: Stage) -> None:
    job = jobs.plan(stage.room.rooms["acme"], stage.write("acme").document)
    sent: list[int] = []

    def keep(_job: Any, _kind: str, rows: Any) -> Any:
        sent.append(rows.size)
        raise Conflict("enough", "step-done")

    with mock.patch.object(jobs.LocalJob, "send_message", keep):
        for number, result in enumerate(
            ({"status": "SUCCESS", "total": {"people": 7}}, {"status": "SUCCESS", "quality": 10**9},
             {"status": "UNREADABLE", "detail": "x" * 900},
             {"status": "SUCCESS", "groups": ["x" * 2000]})
        ):  # fmt: skip
            again = job.document.model_copy(update={"name": f"length-{number}"})
            passing.hand_on(jobs.plan(stage.room.rooms["acme"], again), result)
    assert len(sent) == 4
    assert len(set(sent)) == 1
