"""Rows of every template under a lattice: which take it, and that answers stay what they were."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from cleanroom.agent.jobs import LocalJob
from cleanroom.errors import PolicyRefusal
from cleanroom.room.encryption import of_job
from protocols.limits import LATTICE_OPENINGS
from tests.cleanroom.queries import test_lift, test_lookalike, test_reach_frequency
from tests.cleanroom.queries.harness import Measure, ask, audience, by_key
from tests.cleanroom.queries.journeys import TIMES, five_people
from tests.cleanroom.queries.scenes import scene

LATTICE = {"rows": ["lattice"]}
BOTH = ("paillier", "lattice")


def people(count: int) -> list[str]:
    return [f"person-{number}" for number in range(count)]


def test_more_groups_than_a_key_may_open_take_several_keys_and_stay_exact():
    """Two keys, the second one for a few outputs; nobody notices but the owner's agent."""
    groups = LATTICE_OPENINGS + 3
    ages = [f"age-{number % groups}" for number in range(2 * groups)]
    brand = audience(people(2 * groups), measures={"spend": Measure(list(range(2 * groups)), 500)})
    platform = audience(people(2 * groups), labels={"age": ages})
    question = {"group_by": ["platform.age"], "measures": ["spend"]}
    answer = ask("overlap", question, brand, platform, **LATTICE)
    shape = answer.receiver.lattice
    assert (shape.outputs, shape.keys) == (groups + 1, 2)
    found = by_key(answer.result["groups"], "platform.age")
    spent: Counter[str] = Counter()
    for number, age in enumerate(ages):
        spent[age] += number
    assert {age: group["sums"]["spend"] for (age,), group in found.items()} == dict(spent)


ORDERS = [("a", 101, 300), ("a", 105, -200), ("b", 102, 900), ("c", 99, 50), ("d", 110, 70)]
ARMS = {"a": ("test", 100), "b": ("control", 98), "c": ("test", 97), "d": ("control", 100)}
FEATURES = np.array([[0.5, -0.25, 1.0], [-1.0, 0.125, 0.0], [0.3, 0.4, -0.5]])
VIEWS = [(f"person{n % 4}", test_reach_frequency.CAMPAIGNS[n % 3], 0) for n in range(17)]

OF_A_JOB = {
    "attribution": ({"model": "last_touch", "measures": ["value"], **TIMES}, *five_people()),
    "lift": (
        {**test_lift.PERIOD, "measures": ["value"], "max_value_per_person": 20},
        test_lift.orders_of(ORDERS),
        test_lift.trial(ARMS),
    ),
    "lookalike": (
        test_lookalike.SMALL,
        audience(["u0", "u2", "stranger"]),
        test_lookalike.base(["u0", "u1", "u2"], FEATURES),
    ),
    "reach_frequency": (
        {"max_impressions": 9},
        audience([f"person{number}" for number in range(6)]),
        test_reach_frequency.impressions(VIEWS),
    ),
}


@pytest.mark.parametrize("template", OF_A_JOB)
def test_rows_that_are_made_for_one_job_are_summed_alike(template):
    receiver = "platform" if template == "lookalike" else "brand"
    asked = (template, *OF_A_JOB[template])
    under = [ask(*asked, receiver=receiver, rows=[rows]) for rows in BOTH]
    assert [answer.receiver.lattice is None for answer in under] == [True, False]
    known = [answer.opened.groups for answer in under]
    assert any(group.sums for group in known[0])
    assert sorted(known[0], key=repr) == sorted(known[1], key=repr)


def at_a_million(job: LocalJob) -> LocalJob:
    """Return a question as it is planned about a million rows a side, in a room with both."""
    question = job.question
    sizes = {"rows": 1_000_000, "people": 1_000_000}
    sides = {
        side: manifest.model_copy(update=sizes | {"encryption": "lattice"} if one else sizes)
        for side in ("brand", "platform")
        for manifest in [question.manifest(side)]
        for one in [manifest.kind == "audience" and manifest.measures]
    }
    policy = question.agreement.policy.model_copy(update={"rows": BOTH})
    agreement = question.agreement.model_copy(update={"policy": policy})
    return replace(job, question=replace(question, agreement=agreement, **sides))


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("overlap", "lattice"),
        ("health", "lattice"),
        ("reach_frequency", "lattice"),
        ("reach_frequency distribution", None),
        ("lift", "lattice"),
        ("lookalike", "lattice"),
        ("attribution", "lattice"),
        ("attribution markov", "lattice"),
        ("attribution linear", "paillier"),
        ("purchase_intent", "paillier"),
        ("sequence", "paillier"),
    ],
)
def test_credit_that_the_platform_adds_up_is_all_that_stays_with_paillier(name, taken):
    large = at_a_million(scene(name).job)
    compiled = large.template.plan(large.question)
    assert of_job(large.question, compiled) == taken
    assert compiled.combine == (taken == "paillier")


def test_a_room_of_lattice_rows_alone_refuses_credit_that_the_platform_adds_up():
    question = {"model": "linear", "measures": ["value"], **TIMES}
    with pytest.raises(PolicyRefusal, match="rows under paillier") as refused:
        ask("attribution", question, *five_people(), **LATTICE)
    assert refused.value.rule == "row-encryption"
