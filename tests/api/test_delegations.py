"""What a brand lets an agency ask: granted, used, used up, taken back, and never come back."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from cleanroom.audit.failures import AuditFailure
from cleanroom.mediator import delegations
from tests.api import story
from tests.api.conftest import verify_logs
from tests.api.party import Party, World, world
from tests.api.test_jobs import open_release
from tests.api.test_members import TERMS
from tests.api.test_rooms import entries

NOISY = {"noise": "discrete-gaussian", "rho_per_release": 0.01, "rho_budget": 0.05}


@dataclass
class Acting:
    """A room in which a brand has an agency, and what the two sides aligned."""

    world: World
    agency: Party
    aligned: tuple[str, str, str]
    number: int = 1
    """That of the brand's next delegation."""

    def delegation(self, **changes: Any) -> dict[str, Any]:
        return story.delegation(self.world, **{"number": self.number, **changes})

    def grant(self, party: Party | None = None, **changes: Any) -> Any:
        body = {"delegation": self.delegation(**changes)}
        return (party or self.world.brand).say("/v1/delegations", "delegation.grant", body)

    def granted(self, **changes: Any) -> str:
        answer = self.grant(**changes)
        assert answer.status_code == 201, answer.get_data(as_text=True)
        self.number += 1
        return str(answer.get_json()["resource"]["id"])

    def revoke(self, delegation: str, party: Party | None = None) -> Any:
        path = f"/v1/delegations/{delegation}/revoke"
        body = {"delegation": delegation}
        return (party or self.world.brand).say(path, "delegation.revoke", body)

    def document(self, delegation: str, **changes: Any) -> dict[str, Any]:
        behalf = {"agency": "omni", "delegation": delegation}
        named = {"name": f"q{len(entries(self.world, self.world.room))}", "behalf": behalf}
        return story.question(self.world, self.aligned, **{**named, **changes})

    def spoilt(self, home: Path) -> Acting:
        """Return the same room once more, to be spoilt alone."""
        shutil.copytree(self.world.home, home)
        agency = replace(self.agency)
        world = replace(
            self.world,
            home=home,
            brand=replace(self.world.brand),
            platform=replace(self.world.platform),
            bystanders=[agency],
        )
        world.reopen()
        return replace(self, world=world, agency=agency)

    def ask(self, delegation: str, party: Party | None = None, **changes: Any) -> Any:
        body = {"job": self.document(delegation, **changes)}
        return (party or self.agency).say("/v1/jobs", "job.submit", body)

    def asked(self, delegation: str, **changes: Any) -> str:
        answer = self.ask(delegation, **changes)
        assert answer.status_code == 202, answer.get_data(as_text=True)
        return str(answer.get_json()["resource"]["id"])

    def state(self, job: str) -> str:
        return str(self.world.platform.get(f"/v1/jobs/{job}").get_json()["state"])

    def pass_on(self, job: str) -> Any:
        path = f"/v1/jobs/{job}"
        sent = self.world.brand.upload(f"{path}/messages/passed", [b"x"] * 40)
        body = {"job": job, "step": "passed", "messages": {"passed": sent}}
        return self.world.brand.say(f"{path}/steps", "job.step", body)

    def answered(self, job: str) -> None:
        """Bring a question to its release."""
        for party in (self.world.brand, self.world.platform):
            story.approve(party, job)
        assert self.world.mediator.worker().run_once()


def acting(place: World, **policy: Any) -> Acting:
    place.add("weibo", "platform")
    place.add("rival", "brand")
    agency = place.add("omni", "agency")
    place.open_room(datasets=TERMS, **policy)
    return Acting(place, agency, story.align(place))


@pytest.fixture(scope="module")
def act(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Acting]:
    """Hold one room for all tests, whose log is verified at the end."""
    with world(tmp_path_factory.mktemp("delegations") / "mediator") as place:
        yield acting(place)
        verify_logs(place)


def rule(answer: Any) -> str:
    found: dict[str, Any] = answer.get_json()
    return str(found.get("rule") or found["type"].rpartition(":")[2])


def test_an_agency_asks_and_the_log_says_for_whom(act: Acting) -> None:
    delegation = act.granted()
    job = act.asked(delegation)
    said = next(e for e in entries(act.world, act.world.room) if e["kind"] == "job.submit")
    assert (said["actor"], said["facts"]["for"], said["facts"]["agency"]) == (
        *("omni", "brand", "omni"),
    )
    behalf = said["statement"]["statement"]["body"]["job"]["behalf"]
    assert behalf == {"agency": "omni", "delegation": delegation, "sealed": ""}
    act.answered(job)
    release = open_release(act.world, job)
    assert act.agency.get(f"/v1/jobs/{job}/result?part=passed").status_code == 404
    assert act.pass_on(job).status_code == 200
    assert rule(act.pass_on(job)) in ("step-done", "sealed")
    body = {"job": job, "release": release.digest()}
    act.world.brand.must_say(f"/v1/jobs/{job}/receipt", "job.receipt", body)
    assert act.agency.get(f"/v1/jobs/{job}/result?part=passed").data == b"x" * 40
    read = entries(act.world, act.world.room)[-1]
    assert (read["kind"], read["actor"], read["facts"]["part"]) == ("result.read", "omni", "passed")
    for party in (act.world.brand, act.world.platform, act.world.auditor, act.world.bystanders[0]):
        assert party.get(f"/v1/jobs/{job}/result?part=passed").status_code == 404
    for part in ("release", "people", "measures", "matched"):
        assert act.agency.get(f"/v1/jobs/{job}/result?part={part}").status_code == 404
    shown = act.agency.get(f"/v1/delegations?room={act.world.room}").get_json()["items"]
    assert shown[-1]["id"] == delegation


WRONG_GRANTS: dict[str, tuple[dict[str, Any], str]] = {
    "another room": ({"room": "12" * 16}, "other-room"),
    "for another brand": ({"brand": "rival"}, "delegation-party"),
    "to a platform": ({"agency": "platform"}, "delegation-agency"),
    "to the auditor": ({"agency": "auditor"}, "delegation-agency"),
    "to nobody": ({"agency": "nobody"}, "delegation-agency"),
    "out of turn": ({"number": 99}, "delegation-number"),
    "over": ({"ends": 1000}, "delegation-ended"),
    "a template": ({"templates": ["profile"]}, "invalid-input"),
    "a template twice": ({"templates": ["overlap", "overlap"]}, "invalid-input"),
    "another brand's data": (
        {"datasets": [{"party": "rival", "dataset": "crm"}, {"party": "platform",
         "dataset": "users"}]},
        "invalid-input",
    ),
    "unknown data": (
        {"datasets": [{"party": "brand", "dataset": "crm"}, {"party": "platform",
         "dataset": "none"}]},
        "invalid-input",
    ),
    "one side's data": (
        {"datasets": [{"party": "platform", "dataset": "touches"}, {"party": "platform",
         "dataset": "users"}]},
        "invalid-input",
    ),
    "data twice": (
        {"datasets": [{"party": "brand", "dataset": "crm"}] * 2},
        "invalid-input",
    ),
}  # fmt: skip


def test_a_brand_delegates_what_it_may_ask_itself(act: Acting) -> None:
    for what, (changes, expected) in WRONG_GRANTS.items():
        assert rule(act.grant(**changes)) == expected, what
    speakers = {party.name: party for party in act.world.members}
    for name in ("platform", "rival"):
        assert rule(act.grant(speakers[name])) == "delegation-party"
    assert rule(act.grant(act.agency)) == "agency"
    assert rule(act.grant(act.world.auditor)) == "auditor"


def test_nothing_is_asked_but_what_was_delegated(act: Acting) -> None:
    delegation = act.granted()
    other = act.granted(templates=["reach_frequency"])
    rival = {party.name: party for party in act.world.members}["rival"]
    assert act.ask(delegation, act.world.brand).status_code == 404, "its brand is not an agency"
    assert act.ask(delegation, rival).status_code == 404
    assert act.ask("12" * 16).status_code == 404
    assert rule(act.ask(other)) == "delegation-template"
    assert rule(act.ask(delegation, receiver="platform")) == "delegation-receiver"
    assert rule(act.ask(delegation, submitter="platform")) == "delegation-receiver"
    somebody = {"agency": "rival", "delegation": delegation}
    assert rule(act.ask(delegation, rival, behalf=somebody)) == "delegation-agency"
    assert act.ask(delegation, behalf=somebody).status_code == 404
    assert act.ask(delegation, behalf=None).status_code == 404, "an agency has no side of its own"
    act.world.clock.shift += 3601
    assert rule(act.ask(delegation)) == "delegation-ended"
    touches = [{"party": "brand", "dataset": "crm"}, {"party": "platform", "dataset": "touches"}]
    delegation = act.granted(datasets=touches)
    assert rule(act.ask(delegation)) == "delegation-dataset"


def test_an_agency_does_nothing_else(act: Acting) -> None:
    delegation = act.granted()
    job = act.asked(delegation)
    path = f"/v1/jobs/{job}"
    said = {
        f"{path}/approvals": ("job.approve", {"job": job, "messages": {}}),
        f"{path}/refuse": ("job.refuse", {"job": job, "rule": "refused-by-person", "reason": ""}),
        f"{path}/cancel": ("job.cancel", {"job": job}),
        f"{path}/receipt": ("job.receipt", {"job": job, "release": "00" * 32}),
        f"{path}/steps": ("job.step", {"job": job, "step": "passed", "messages": {}}),
        f"/v1/rooms/{act.world.room}/close": ("room.close", {"reason": ""}),
        f"/v1/delegations/{delegation}/revoke": ("delegation.revoke", {"delegation": delegation}),
    }
    for route, (kind, body) in said.items():
        answer = act.agency.say(route, kind, body)
        assert (answer.status_code, rule(answer)) == (403, "agency"), route
    assert act.agency.put(f"{path}/messages/passed/0", b"x").status_code == 404
    assert act.state(job) == "AWAITING_APPROVAL"
    seen = act.agency.get(f"/v1/jobs?room={act.world.room}").get_json()["items"]
    assert seen[-1]["id"] == job
    assert all(one["job"]["behalf"]["agency"] == "omni" for one in seen)
    own = story.submit(act.world, story.question(act.world, act.aligned))
    assert act.agency.get(f"/v1/jobs/{own}").status_code == 404, "the brand's own question"


def spent(act: Acting) -> dict[str, float]:
    shown = act.world.platform.get(f"/v1/budgets?room={act.world.room}").get_json()["pairs"]
    return {one["brand"]: round(one["spent"], 9) for one in shown}


def test_a_delegation_and_an_agency_have_budgets_of_their_own(place: World) -> None:
    other, described = place.add("other", "agency"), place.describe

    def narrow(**changes: Any) -> dict[str, Any]:
        made = described(**changes)
        made["datasets"][-2]["receivers"] = ["brand", "omni"]
        return made

    place.describe = narrow  # type: ignore[method-assign]
    act = acting(place, **NOISY)
    delegation = act.granted()
    act.asked(delegation, parameters={})
    act.asked(delegation, parameters={"group_by": ["platform.age"]})
    shown = act.agency.get(f"/v1/delegations?room={place.room}").get_json()["items"]
    assert shown[0]["left"] == 0.0
    more = {"job": act.document(delegation, parameters={"measures": ["spend"]})}
    sent = {"Content_Type": "application/json"}
    told = act.agency.send("POST", "/v1/jobs/preview", json.dumps(more).encode(), **sent).get_json()
    assert told["affordable"] is False
    assert told["budget_before"] > told["rho"], "the pair's ledger would cover it"
    assert rule(act.agency.say("/v1/jobs", "job.submit", more)) == "rho-budget"
    assert spent(act) == {"brand": 0.02, "rival": 0.0, "omni": 0.02, "other": 0.0}
    job = act.asked(act.granted(), parameters={})
    assert spent(act)["omni"] == 0.03
    body = {"job": job, "rule": "refused-by-person", "reason": "no"}
    place.brand.must_say(f"/v1/jobs/{job}/refuse", "job.refuse", body)
    assert spent(act) == {"brand": 0.02, "rival": 0.0, "omni": 0.02, "other": 0.0}, "given back"
    behalf = {"agency": "other", "delegation": act.granted(agency="other")}
    refused = act.ask("", other, behalf=behalf)
    assert rule(refused) == "receiver-not-allowed"
    assert "other may not receive" in refused.get_json()["detail"]


STAGES: dict[str, Callable[[Acting, str], None]] = {
    "asked": lambda _act, _job: None,
    "approved by one": lambda act, job: story.approve(act.world.platform, job) and None,
    "approved by both": lambda act, job: (
        [story.approve(one, job) for one in (act.world.brand, act.world.platform)] and None
    ),
    "released": lambda act, job: act.answered(job),
}


@pytest.mark.parametrize("stage", STAGES)
def test_what_was_taken_back_ends_at_one_entry(act: Acting, stage: str) -> None:
    delegation = act.granted()
    job = act.asked(delegation)
    STAGES[stage](act, job)
    assert act.revoke(delegation).status_code == 200
    shown = act.world.platform.get(f"/v1/jobs/{job}").get_json()
    assert (shown["state"], shown["problem"]["rule"]) == ("FAILED", "delegation-revoked")
    kinds = [entry["kind"] for entry in entries(act.world, act.world.room)[-2:]]
    assert kinds == ["job.fail", "delegation.revoke"], "nothing is asked under it at that entry"
    assert rule(act.ask(delegation)) == "delegation-revoked"
    assert rule(act.revoke(delegation)) == "delegation-revoked"
    assert not act.world.mediator.worker().run_once()


def test_an_answer_is_not_read_after_that(act: Acting) -> None:
    delegation = act.granted()
    job = act.asked(delegation)
    act.answered(job)
    release = open_release(act.world, job)
    act.pass_on(job)
    body = {"job": job, "release": release.digest()}
    act.world.brand.must_say(f"/v1/jobs/{job}/receipt", "job.receipt", body)
    path = f"/v1/jobs/{job}/result?part=passed"
    assert act.agency.get(path).status_code == 200
    act.revoke(delegation)
    assert rule(act.agency.get(path)) == "delegation-revoked"
    assert act.state(job) == "SUCCESS", "what was answered stays the brand's"


def test_what_was_taken_back_does_not_come_back(act: Acting) -> None:
    first = act.world.brand.sign("delegation.grant", {"delegation": act.delegation()})
    granted = act.world.brand.post("/v1/delegations", first)
    assert granted.status_code == 201
    delegation = granted.get_json()["resource"]["id"]
    act.revoke(delegation)
    again = act.world.brand.post("/v1/delegations", first)
    assert again.get_json()["log_index"] == granted.get_json()["log_index"], "the answer of before"
    assert rule(act.ask(delegation)) == "delegation-revoked"
    old = granted.get_json()["resource"]["delegation"]
    act.number += 1
    assert rule(act.grant(**old)) == "delegation-number", "the same document, signed anew"
    assert rule(act.ask(delegation)) == "delegation-revoked"
    new = act.granted()
    assert new != delegation
    assert act.ask(new).status_code == 202
    stranger = replace(act.world.brand, key=act.world.stranger.key)
    assert act.revoke(new, stranger).status_code == 404
    for party in (act.world.platform, act.world.auditor):
        assert act.revoke(new, party).status_code in (403, 404)


def test_a_question_races_the_end_of_its_delegation(act: Acting) -> None:
    """Whichever of the two is first in the log: nothing is asked, or runs, after that entry."""
    for number in range(1, 5):
        delegation = act.granted()
        body = {"job": act.document(delegation, name=f"n{number}")}
        question = act.agency.sign("job.submit", body)
        end = act.world.brand.sign("delegation.revoke", {"delegation": delegation})
        with ThreadPoolExecutor(2) as pool:
            asked = pool.submit(act.agency.post, "/v1/jobs", question)
            ended = pool.submit(act.world.brand.post, f"/v1/delegations/{delegation}/revoke", end)
            status = asked.result().status_code
            assert ended.result().status_code == 200
        assert status in (202, 409)
        listed = act.world.platform.get(f"/v1/jobs?room={act.world.room}").get_json()["items"]
        states = [one["state"] for one in listed if one["job"]["name"] == f"n{number}"]
        assert states == (["FAILED"] if status == 202 else [])


def blind(monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """Let the mediator forget a rule about delegations."""
    if what == "standing":
        monkeypatch.setattr(delegations, "check_standing", lambda _row: None)
    else:
        monkeypatch.setattr(delegations, "check", lambda *_: None)


LIES: dict[str, Callable[[Acting, str], Any]] = {
    "standing": lambda act, given: (act.revoke(given), act.ask(given)),
    "covered": lambda act, _given: act.ask(act.granted(templates=["reach_frequency"])),
}


@pytest.mark.parametrize("lie", LIES)
def test_the_verifier_holds_every_question_against_its_delegation(
    act: Acting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lie: str
) -> None:
    given = act.granted()
    odd = act.spoilt(tmp_path / "spoilt")
    verify_logs(odd.world)
    blind(monkeypatch, lie)
    answer = LIES[lie](odd, given)
    assert (answer[-1] if lie == "standing" else answer).status_code == 202
    with pytest.raises(AuditFailure, match="delegation"):
        verify_logs(odd.world)


def test_the_verifier_refuses_what_is_used_or_read_after_the_end(
    act: Acting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    delegation = act.granted()
    job = act.asked(delegation)
    act.answered(job)
    release = open_release(act.world, job)
    act.pass_on(job)
    used = act.spoilt(tmp_path / "used")
    body = {"job": job, "release": release.digest()}
    act.world.brand.must_say(f"/v1/jobs/{job}/receipt", "job.receipt", body)
    read = act.spoilt(tmp_path / "read")
    monkeypatch.setattr(delegations, "check_standing", lambda _row: None)
    monkeypatch.setattr(delegations, "end_jobs", lambda *_, **__: None)
    used.revoke(delegation)
    with pytest.raises(AuditFailure, match="while it is used"):
        verify_logs(used.world)
    read.revoke(delegation)
    verify_logs(read.world)
    assert read.agency.get(f"/v1/jobs/{job}/result?part=passed").status_code == 200
    with pytest.raises(AuditFailure, match="was taken back"):
        verify_logs(read.world)
