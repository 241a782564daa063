"""A platform that adds credit up with weights of its own making, where the brand receives.

Line "aggregates" of the table "who learns what".  Nobody can check the weights, so a single
person's conversion decides whether a group passes, or is a count that no honest platform sends.
The platform must not see which: everything that is shown to it is compared in two worlds, in one
of which the person that it chose has converted.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import Any

import numpy as np
import pytest

from cleanroom.agent import combination, results
from cleanroom.engine import combine as engine
from cleanroom.queries.plan import Plan
from protocols.errors import InvalidMessageError, RemoteError
from protocols.limits import VALUE_LIMIT
from tests.cleanroom.queries.desk import Window
from tests.cleanroom.queries.harness import Answer, Measure, ask, events
from tests.cleanroom.queries.journeys import START
from tests.coalitions.told import shown, working

NOISY = {"noise": "discrete-gaussian", "k_min": 10, "rho_per_release": 1.0}
ASKED = {"model": "linear", "start": START, "end": START + 60, "max_conversions": 1}
CAMPAIGNS = "seen by one", "seen by all"
PEOPLE = [f"p{number}" for number in range(40)]
TARGET = "p7"


def ask_about(converted: bool) -> Answer:
    """Ask for linear credit of a campaign that the target alone has seen, and of another."""
    buyers = [*(f"stranger {number}" for number in range(30)), *([TARGET] if converted else [])]
    brand = events(
        buyers, [START + 30] * len(buyers), measures={"value": Measure([5] * len(buyers), 100)}
    )
    campaign = [CAMPAIGNS[person != TARGET] for person in PEOPLE]
    platform = events(PEOPLE, [START + 10] * len(PEOPLE), None, {"campaign": campaign})
    return ask("attribution", ASKED, brand, platform, **NOISY)


def weigh(monkeypatch: pytest.MonkeyPatch, weight: int) -> None:
    """Let the platform count everybody with this weight; nobody but the target can have matched."""
    honest = combination.parts_of

    def lying(job: Any, labels: int) -> engine.Parts:
        parts = honest(job, labels)
        return replace(parts, person=np.full_like(parts.person, weight))

    monkeypatch.setattr(combination, "parts_of", lying)


def both_worlds(monkeypatch: pytest.MonkeyPatch, weight: int) -> list[tuple[Answer, int]]:
    """Ask in both worlds; with each answer, how many numbers the mediator raised to a power."""
    weigh(monkeypatch, weight)
    found = []
    for converted in (False, True):
        with working() as worked:
            found.append((ask_about(converted), sum(worked)))
    return found


def parts_read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note which parts of a release its receiver asks for: the log shows them to everybody."""
    read: list[str] = []
    answer = Window.result_bytes
    monkeypatch.setattr(
        Window, "result_bytes", lambda desk, job, part: read.append(part) or answer(desk, job, part)
    )
    return read


def left_to_the_receiver(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the harness's own look at an answer, which fails where nothing is readable."""
    look, looks = results.open_release, count()

    def not_by_the_harness(*arguments: Any) -> Any:
        return None if next(looks) % 2 == 0 else look(*arguments)

    monkeypatch.setattr(results, "open_release", not_by_the_harness)


HEAVY = 10**9
BEYOND = 2 * VALUE_LIMIT
"""Clipped to the limit of what a receiver reads as a number of people."""


@pytest.mark.parametrize("weight", [HEAVY, BEYOND])
def test_a_platform_with_made_up_weights_sees_nothing_of_whom_it_chose(monkeypatch, weight):
    """Neither from a failure, nor from the log, nor from how long the mediator works."""
    read = parts_read(monkeypatch)
    left_to_the_receiver(monkeypatch)
    (without, less), (with_target, more) = both_worlds(monkeypatch, weight)
    assert read == ["people", "measures"] * 4  # the harness fetches each answer once more
    assert shown(without) == shown(with_target)
    assert shown(with_target)["released"] is None
    assert less == more
    # The receiver alone sees it, in an answer about its own conversions.
    assert len(without.release.groups) == 0
    assert len(with_target.release.groups) == 1
    assert with_target.result is not None or weight == BEYOND  # noise decides at the limit
    last = [[one[:2] for one in answer.desk.said] for answer in (without, with_target)]
    assert last[0] == last[1] and last[1][-1] == ("brand", "job.receipt")


def weigh_sums(monkeypatch: pytest.MonkeyPatch, part: int) -> None:
    """Let the platform give everybody's conversions a part of its own making."""
    honest = combination.parts_of

    def lying(job: Any, labels: int) -> engine.Parts:
        parts = honest(job, labels)
        many = np.full(len(parts.part), part, dtype=object)
        return replace(parts, part=many, person=np.full_like(parts.person, HEAVY))

    monkeypatch.setattr(combination, "parts_of", lying)


@pytest.mark.parametrize("part", [1 << 60, 3 << 61, 1 << 70])
def test_sums_that_nobody_can_read_tell_it_nothing_either(monkeypatch, part):
    """The brand opens them and confirms all the same: what it cannot read is missing, for it."""
    weigh_sums(monkeypatch, part)
    left_to_the_receiver(monkeypatch)
    without, with_target = ask_about(converted=False), ask_about(converted=True)
    assert shown(without) == shown(with_target)
    assert [len(answer.release.groups) for answer in (without, with_target)] == [0, 1]
    said = [
        [(party, kind) for party, kind, _ in answer.desk.said] for answer in (without, with_target)
    ]
    assert said[0] == said[1]
    assert said[1][-1] == ("brand", "job.receipt")
    assert (with_target.result is None) == (part == 3 << 61)


def test_with_a_receiver_that_refuses_what_it_cannot_read_it_reads_it_from_the_refusal(monkeypatch):
    """The harness's own look at the answer refuses, as an agent would that lets it through."""
    weigh_sums(monkeypatch, 3 << 61)
    ask_about(converted=False)
    with pytest.raises(RemoteError, match="out of range"):
        ask_about(converted=True)


def test_with_the_number_of_groups_in_the_log_it_reads_who_converted(monkeypatch):
    told = [len(answer.release.groups) for answer, _ in both_worlds(monkeypatch, HEAVY)]
    assert told == [0, 1]


def test_with_work_that_follows_from_what_passes_it_reads_it_from_the_time(monkeypatch):
    monkeypatch.setattr(Plan, "people_outputs", lambda _, released: released)
    (_, less), (_, more) = both_worlds(monkeypatch, HEAVY)
    assert more == less + 1


def test_with_a_refusal_of_what_is_out_of_range_it_reads_it_from_the_failure(monkeypatch):
    clip = engine._open_counts

    def refuse(*arguments):
        counts = clip(*arguments)
        if any(abs(count) >= VALUE_LIMIT for count in counts):
            raise InvalidMessageError("a count is out of range")
        return counts

    monkeypatch.setattr(engine, "_open_counts", refuse)
    weigh(monkeypatch, BEYOND)
    ask_about(converted=False)
    with pytest.raises(InvalidMessageError, match="out of range"):
        ask_about(converted=True)
