"""Whatever happens to their requests, five parties get exact answers and the log stays whole.

A Hypothesis state machine decides who goes on, what happens to whose request, when an agent or the
mediator dies, and at which commit.  Three questions of a hub run at once: shared conversions, a
segment of two platforms, and a platform's people over two brands.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
)

from cleanroom.agent import activation, jobs
from cleanroom.agent.earlier import kept_result
from cleanroom.agent.logs import bundle_of
from cleanroom.agent.memory import memory_of
from cleanroom.audit import verify_audit_bundle
from tests.simulation import five as of_five
from tests.simulation.faults import AFTER, BEFORE, PASS, simulate
from tests.simulation.five import FAULTS, PARTIES, Five
from tests.simulation.house import hurried

ROUNDS = 40
"""Undisturbed turns of everybody within which every answer must be there."""

names = st.sampled_from(PARTIES)
numbers = st.integers(0, 1 << 16)


class FiveParties(RuleBasedStateMachine):
    """Five agents, the mediator, and everything that can happen between them."""

    five: Five

    def __init__(self) -> None:
        super().__init__()
        self.hurry = hurried()
        self.hurry.__enter__()
        self.leaves: list[bytes] = []

    @initialize()
    def begin(self) -> None:
        base = "/dev/shm" if Path("/dev/shm").is_dir() else None
        self.five = Five(Path(tempfile.mkdtemp(dir=base)) / "run")

    @rule(name=names)
    def go_on(self, name: str) -> None:
        self.five.go(name)

    @rule(name=names, after=st.integers(0, 12), fault=st.sampled_from(FAULTS), number=numbers)
    def disturb(self, name: str, after: int, fault: str, number: int) -> None:
        self.five.plan(name, after, fault, number)
        self.five.go(name)

    @rule()
    def restart_mediator(self) -> None:
        self.five.open()

    @rule(fault=st.sampled_from([PASS, BEFORE, AFTER]), number=numbers)
    def compute(self, fault: str, number: int) -> None:
        self.five.compute(fault, number)

    @invariant()
    def the_log_only_grows_and_nobody_speaks_out_of_turn(self) -> None:
        if not hasattr(self, "five"):
            return
        now = self.five.entries()
        assert now[: len(self.leaves)] == self.leaves
        self.leaves = now
        said: dict[str, list[int]] = {name: [] for name in PARTIES}
        for entry in map(json.loads, now):
            if entry["statement"] and entry["outcome"] == "accepted":
                statement = entry["statement"]["statement"]
                said[statement["party"]].append(statement["sequence"])
        assert all(found == list(range(len(found))) for found in said.values())

    def teardown(self) -> None:
        try:
            if hasattr(self, "five"):
                self.settle()
                self.check_answers()
                self.check_log()
                self.five.close()
                self.five.folder.parent.rmdir()
        finally:
            self.hurry.__exit__(None, None, None)

    def settle(self) -> None:
        """Disturb nothing any more: every answer comes about."""
        self.five.planned.clear()
        for _ in range(ROUNDS):
            waiting = [self.five.go(name) for name in PARTIES]
            self.five.compute()
            if set(self.five.states().values()) == {"SUCCESS"} and not any(waiting):
                return
        raise AssertionError(f"{self.five.states()} {self.five.trouble[-10:]}")

    def check_answers(self) -> None:
        asked, acme = self.five.asked, self.five.room_of("acme")
        credit = kept_result(acme, asked["credit"])
        assert credit is not None
        earned = {one["key"]["platform"]: one["conversions"] for one in credit["groups"]}
        assert earned == pytest.approx(of_five.earned())
        for name in PARTIES[2:]:
            own = jobs.load(self.five.room_of(name), asked["segment"]) if name != "tmall" else None
            found = activation.segment(own).kinds if own and activation.has_segment(own) else ()
            assert list(found) == ([of_five.in_segment()] if name == "douyin" else [])
        reach = kept_result(self.five.room_of("douyin"), asked["brands"])
        assert reach is not None
        shown = {one["key"]["known_to"]: one["people"] for one in reach["groups"]}
        assert shown == of_five.reached_by()

    def check_log(self) -> None:
        self.the_log_only_grows_and_nobody_speaks_out_of_turn()
        rooms = [self.five.room_of(name) for name in PARTIES]
        memories = [memory_of(room.home, room.identity) for room in rooms]
        verify_audit_bundle(bundle_of(rooms[0].client, rooms[0].agreement, memories))


@pytest.mark.hypothesis
def test_a_few_sequences_of_faults() -> None:
    simulate(FiveParties, examples=2, steps=10)


@pytest.mark.slow
def test_two_hundred_sequences_of_faults() -> None:
    simulate(FiveParties, examples=200, steps=25)
