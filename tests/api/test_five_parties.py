"""Five parties say whatever they like in whatever order: what holds is what the rules say.

A state machine, driven by seeds and in the long run by Hypothesis, lets two brands, two platforms
and an agency delegate, ask, approve, refuse, cancel and take back, also what is not theirs, and
holds every answer against a model of a few lines.  The log of every run is verified at its end.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from tests.api import story
from tests.api.conftest import verify_logs
from tests.api.party import Party, World, world
from tests.api.test_members import both_aligned

PLATFORMS = ("platform", "weibo")
PARTIES = ("brand", "rival", *PLATFORMS, "omni")
ENDED = ("REFUSED", "CANCELLED", "FAILED")
MOST = 2
"""Delegations and questions of one run that rules reach back to."""

speakers = st.sampled_from((None, None, None, *PARTIES))
"""None is whoever may say it."""
abouts = st.sampled_from([("platform",), ("weibo",), PLATFORMS])
places = st.integers(0, MOST - 1)


@dataclass
class Delegated:
    """What the model knows of a delegation."""

    identity: str
    platforms: tuple[str, ...]
    stands: bool = True


@dataclass
class Asked:
    """What the model knows of a question."""

    identity: str
    key: tuple[Any, ...]
    parties: tuple[str, ...]
    delegated: Delegated | None
    state: str = "AWAITING_APPROVAL"
    approved: set[str] = field(default_factory=set)


HAPPENS = (
    *(("delegation.grant", 201), ("delegation.grant", 403), ("delegation.revoke", 200)),
    *(("job.submit", 202), ("job.submit", 200), ("job.submit", 403), ("job.submit", 404)),
    *(("job.submit", 409), ("job.approve", 200), ("job.approve", 404), ("job.approve", 403)),
    *(("job.refuse", 200), ("job.cancel", 200), ("job.cancel", 409)),
)
"""What comes up in the runs, or they would show little."""


@cache
def room() -> tuple[World, dict[str, tuple[str, str, str]]]:
    """Make the room once: both platforms are aligned with the brand, the agency has nothing."""
    home = Path(tempfile.mkdtemp()) / "mediator"
    place = next(_worlds(home))
    place.add("weibo", "platform")
    place.add("rival", "brand")
    place.add("omni", "agency")
    return place, both_aligned(place)


def _worlds(home: Path) -> Iterator[World]:
    with world(home) as place:
        yield place


class FiveParties(RuleBasedStateMachine):
    """The room, and a model of it."""

    lived_through = 0
    happened: Counter[tuple[str, int]] = Counter()
    """Answers of all runs, by kind of statement and status."""

    @initialize()
    def begin(self) -> None:
        made, self.aligned = room()
        self.folder = Path(tempfile.mkdtemp())
        shutil.copytree(made.home, self.folder / "mediator")
        self.world = replace(
            made,
            home=self.folder / "mediator",
            brand=replace(made.brand),
            platform=replace(made.platform),
            bystanders=[replace(party) for party in made.bystanders],
        )
        self.world.reopen()
        self.party = {party.name: party for party in self.world.members}
        self.given: list[Delegated] = []
        self.asked: list[Asked] = []

    def say(self, who: str, path: str, kind: str, body: dict[str, Any]) -> Any:
        answer = self.party[who].say(path, kind, body)
        FiveParties.happened[kind, answer.status_code] += 1
        return answer

    @rule(who=speakers, about=abouts)
    def grant(self, who: str | None, about: tuple[str, ...]) -> None:
        who = who or "brand"
        covered = [("brand", "crm"), *((name, "users") for name in about)]
        delegation = story.delegation(
            self.world,
            number=len(self.given) + 1,
            datasets=[{"party": party, "dataset": name} for party, name in covered],
        )
        body = {"delegation": delegation}
        answer = self.say(who, "/v1/delegations", "delegation.grant", body)
        assert answer.status_code == (201 if who == "brand" else 403)
        if who == "brand":
            identity = answer.get_json()["resource"]["id"]
            self.given.append(Delegated(identity, about))

    @rule(who=speakers, place=places)
    def revoke(self, who: str | None, place: int) -> None:
        who = who or "brand"
        for one in self.given[-MOST:][place:][:1]:
            path, body = f"/v1/delegations/{one.identity}/revoke", {"delegation": one.identity}
            answer = self.say(who, path, "delegation.revoke", body)
            fine = 200 if one.stands else 409
            assert answer.status_code == {"brand": fine, "omni": 403}.get(who, 404)
            if who == "brand" and one.stands:
                one.stands = False
                for job in self.asked:
                    if job.delegated is one and job.state not in ENDED:
                        job.state = "FAILED"

    @rule(who=speakers, about=abouts, place=st.none() | places, by_age=st.booleans())
    def ask(self, who: str | None, about: tuple[str, ...], place: int | None, by_age: bool) -> None:
        found = [] if place is None else self.given[-MOST:][place:][:1]
        one = found[0] if found else None
        who = who or ("omni" if one else "brand")
        behalf = {"agency": "omni", "delegation": one.identity} if one else None
        parameters = {"group_by": ["platform.age"]} if by_age and len(about) == 1 else {}
        joined = [self.aligned[name] for name in about]
        others = [
            {"party": name, "platform": users, "alignment": alignment}
            for name, (_, users, alignment) in zip(about, joined, strict=True)
        ]
        document = story.question(
            self.world,
            joined[0],
            name=f"q{len(self.asked)}",
            parameters=parameters,
            behalf=behalf,
            others=others if len(others) > 1 else [],
        )
        answer = self.say(who, "/v1/jobs", "job.submit", {"job": document})
        key = (about, bool(parameters), one.identity if one else None)
        expected = self._expected(who, about, one)
        same = [job for job in self.asked if job.key == key and job.state not in ENDED]
        if expected == 202 and same:
            assert answer.status_code == 200
            assert answer.get_json()["resource"]["id"] == same[0].identity
            return
        assert answer.status_code == expected, answer.get_data(as_text=True)
        if expected == 202:
            identity = answer.get_json()["resource"]["id"]
            self.asked.append(Asked(identity, key, ("brand", *about), one))

    @staticmethod
    def _expected(who: str, about: tuple[str, ...], one: Delegated | None) -> int:
        if who != ("brand" if one is None else "omni"):
            return 404
        if one is None:
            return 202
        if not one.stands:
            return 409
        return 202 if set(about) <= set(one.platforms) else 403

    @rule(wrong=speakers, place=places)
    def approve(self, wrong: str | None, place: int) -> None:
        for job in self.asked[-MOST:][place:][:1]:
            left = [name for name in job.parties if name not in job.approved]
            who = wrong or (left or ["brand"])[0]
            answer = self._act(who, job, "approvals", "job.approve", {"messages": {}})
            waits = job.state == "AWAITING_APPROVAL" and who not in job.approved
            assert answer.status_code == self._allowed(who, job, waits)
            if who in job.parties and waits:
                job.approved.add(who)
                if job.approved == set(job.parties):
                    job.state = "STARTED"

    @rule(who=speakers, place=places, refuse=st.booleans())
    def end(self, who: str | None, place: int, refuse: bool) -> None:
        who = who or "brand"
        for job in self.asked[-MOST:][place:][:1]:
            said = {"rule": "refused-by-person", "reason": "no"} if refuse else {}
            kind = ("refuse", "job.refuse") if refuse else ("cancel", "job.cancel")
            answer = self._act(who, job, *kind, said)
            runs = job.state not in ENDED
            assert answer.status_code == self._allowed(who, job, runs)
            if who in job.parties and runs:
                job.state = "REFUSED" if refuse else "CANCELLED"

    def _act(self, who: str, job: Asked, route: str, kind: str, said: dict[str, Any]) -> Any:
        path, body = f"/v1/jobs/{job.identity}/{route}", {"job": job.identity, **said}
        return self.say(who, path, kind, body)

    @staticmethod
    def _allowed(who: str, job: Asked, now: bool) -> int:
        if who == "omni":
            return 403
        if who not in job.parties:
            return 404
        return 200 if now else 409

    @invariant()
    def everybody_sees_what_is_its_own_as_it_stands(self) -> None:
        if not hasattr(self, "world"):
            return
        for name in ("omni", "weibo", "rival"):
            party: Party = self.party[name]
            items = party.get(f"/v1/jobs?room={self.world.room}").get_json()["items"]
            seen = {item["id"]: (item["state"], set(item["approved"])) for item in items}
            assert seen == {
                job.identity: (job.state, self._sides(job))
                for job in self.asked
                if name in job.parties or (name == "omni" and job.delegated)
            }

    @staticmethod
    def _sides(job: Asked) -> set[str]:
        names = ("brand", "platform", *(f"platform-{n}" for n in range(2, len(job.parties))))
        return {side for side, name in zip(names, job.parties, strict=True) if name in job.approved}

    def teardown(self) -> None:
        if hasattr(self, "world"):
            verify_logs(self.world)
            self.world.mediator.context.store.close()  # type: ignore[attr-defined]
            shutil.rmtree(self.folder)
            FiveParties.lived_through += 1


def live(seed: int, steps: int) -> None:
    """Let one room live through steps that follow from a seed."""
    drawn, machine = Random(seed), FiveParties()
    machine.begin()

    def who() -> str | None:
        return drawn.choice((None, None, None, *PARTIES))

    def about() -> tuple[str, ...]:
        return drawn.choice((("platform",), ("weibo",), PLATFORMS))

    steps_of: tuple[Callable[[], None], ...] = (
        lambda: machine.grant(who=who(), about=about()),
        lambda: machine.revoke(who=who(), place=drawn.randrange(MOST)),
        *[
            lambda: machine.ask(
                who=who(),
                about=about(),
                place=drawn.choice((None, 0, 1)),
                by_age=drawn.random() < 0.5,
            )
        ]
        * 3,
        *[lambda: machine.approve(wrong=who(), place=drawn.randrange(MOST))] * 3,
        lambda: machine.end(who=who(), place=drawn.randrange(MOST), refuse=drawn.random() < 0.5),
    )
    for step in range(steps):
        drawn.choice(steps_of)()
        if step % 4 == 0:
            machine.everybody_sees_what_is_its_own_as_it_stands()
    machine.everybody_sees_what_is_its_own_as_it_stands()
    machine.teardown()


def test_whatever_five_parties_say_holds_as_the_rules_have_it() -> None:
    FiveParties.happened.clear()
    for seed in range(2):
        live(seed, 60)
    assert set(HAPPENS) <= set(FiveParties.happened), FiveParties.happened


@pytest.mark.slow
def test_and_whatever_hypothesis_finds_for_them_to_say() -> None:
    FiveParties.lived_through = 0
    run_state_machine_as_test(
        FiveParties,
        settings=settings(
            max_examples=100,
            stateful_step_count=30,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert FiveParties.lived_through >= 100
