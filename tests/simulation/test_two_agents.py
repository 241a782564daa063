"""Whatever happens to their requests, two agents get exact answers and the log stays whole.

A Hypothesis state machine decides who goes on, whose request is dropped, doubled, replayed,
changed or answered into the void, when an agent or the mediator dies, and at which commit.  The
simulation is deterministic: a failure shrinks to the decisions that cause it.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
)

from cleanroom.agent import earlier, jobs
from cleanroom.agent.logs import bundle_of
from cleanroom.agent.memory import memory_of
from cleanroom.audit import verify_audit_bundle
from protocols import merkle
from tests.simulation import house as houses
from tests.simulation.faults import AFTER, BEFORE, FAULTS, PASS, simulate
from tests.simulation.house import SIDES, House, expected, hurried

SEQUENCES = int(os.environ.get("CLEANROOM_SEQUENCES", "1000"))
"""Of the long run: ``--hypothesis-profile=explore`` with a ``--hypothesis-seed`` for each piece."""

ROUNDS = 1500
"""Undisturbed turns of both agents within which everything must be done."""

sides = st.sampled_from(SIDES)
numbers = st.integers(0, 1 << 16)


class TwoAgents(RuleBasedStateMachine):
    """Two agents, the mediator, and everything that can happen between them."""

    house: House
    lived_through = 0

    def __init__(self) -> None:
        super().__init__()
        self.hurry = hurried()
        self.hurry.__enter__()
        self.leaves: list[bytes] = []

    @initialize()
    def begin(self) -> None:
        houses.template()
        base = "/dev/shm" if Path("/dev/shm").is_dir() else None
        self.house = House(Path(tempfile.mkdtemp(dir=base)) / "run")
        for side in SIDES:
            self.house.start(side)

    @rule(side=sides, calls=st.integers(1, 30))
    def go_on(self, side: str, calls: int) -> None:
        for _ in range(calls):
            self.house.go(side)

    @rule(side=sides, fault=st.sampled_from(FAULTS), number=numbers)
    def disturb(self, side: str, fault: str, number: int) -> None:
        self.house.go(side, fault, number)

    @rule(side=sides)
    def kill_agent(self, side: str) -> None:
        self.house.kill(side)

    @rule()
    def restart_mediator(self) -> None:
        self.house.open()

    @rule(fault=st.sampled_from([PASS, BEFORE, AFTER]), number=numbers)
    def compute(self, fault: str, number: int) -> None:
        self.house.compute(fault, number)

    @rule(seconds=st.integers(-4, 4))
    def set_clock(self, seconds: int) -> None:
        self.house.clock.shift = seconds

    @invariant()
    def the_log_only_grows(self) -> None:
        if hasattr(self, "house"):
            now = self.house.entries()
            assert now[: len(self.leaves)] == self.leaves
            self.leaves = now

    @invariant()
    def nothing_is_said_twice_or_out_of_turn(self) -> None:
        said: dict[str, list[int]] = {side: [] for side in SIDES}
        for entry in map(json.loads, self.leaves):
            if entry["statement"] and entry["outcome"] == "accepted":
                statement = entry["statement"]["statement"]
                said[statement["party"]].append(statement["sequence"])
        assert all(numbers == list(range(len(numbers))) for numbers in said.values())

    @invariant()
    def one_question_has_one_job(self) -> None:
        if hasattr(self, "house"):
            alive = ("AWAITING_APPROVAL", "STARTED", "AWAITING_DECRYPTION", "SUCCESS")
            asked = [row["question"] for row in self.house.rows("jobs") if row["state"] in alive]
            assert all(count == 1 for count in Counter(asked).values())

    def teardown(self) -> None:
        try:
            if hasattr(self, "house"):
                self.settle()
                self.check_answers()
                self.check_log()
                self.house.close()
                self.house.folder.parent.rmdir()
                TwoAgents.lived_through += 1
        finally:
            self.hurry.__exit__(None, None, None)

    def settle(self) -> None:
        """Disturb nothing any more: everything that was wanted comes about."""
        for _ in range(ROUNDS):
            for side in SIDES:
                self.house.go(side)
            self.house.compute()
            done = [row["receiver"] for row in self.house.rows("jobs", state="SUCCESS")]
            if sorted(done) == sorted(SIDES):
                break
        else:
            trouble = {side.name: side.trouble[-5:] for side in self.house.sides.values()}
            states = [row["state"] for row in self.house.rows("jobs")]
            raise AssertionError(f"nothing comes about: {states} {trouble}")
        for side in SIDES:
            for _ in range(5):
                self.house.go(side)

    def check_answers(self) -> None:
        for row in self.house.rows("jobs", state="SUCCESS"):
            room = self.house.room_of(row["receiver"])
            found = earlier.kept_result(room, jobs.load(room, row["id"]).identity)
            assert found is not None
            assert counted(found["total"]) == expected()
            for group in found["groups"]:
                assert counted(group) == expected(group["key"]["platform.age"])

    def check_log(self) -> None:
        self.the_log_only_grows()
        self.nothing_is_said_twice_or_out_of_turn()
        head = merkle.root([merkle.leaf_hash(leaf) for leaf in self.leaves])
        room = self.house.room_of("brand")
        assert self.mediator_root() == head
        memories = [memory_of(self.house.sides[side].home, room.identity) for side in SIDES]
        verify_audit_bundle(bundle_of(room.client, room.agreement, memories))

    def mediator_root(self) -> bytes:
        from cleanroom.mediator import log

        with self.house.mediator.context.store.read() as transaction:
            return log.root(transaction, self.house.room)[1]


def counted(group: dict[str, Any]) -> tuple[int, int]:
    return group["people"], int(group["sums"]["spend"])


@pytest.mark.hypothesis
def test_a_few_sequences_of_faults() -> None:
    simulate(TwoAgents, examples=5, steps=12)


@pytest.mark.slow
def test_a_thousand_sequences_of_faults() -> None:
    TwoAgents.lived_through = 0
    simulate(TwoAgents, examples=SEQUENCES, steps=25)
    print(f"{TwoAgents.lived_through} sequences of faults")
