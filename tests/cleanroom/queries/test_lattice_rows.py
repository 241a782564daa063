"""Under lattice rows every template answers what it answers under Paillier."""

from __future__ import annotations

import pytest

from tests.cleanroom.queries.harness import Measure, ask, audience, by_key

LATTICE = {"rows": ["lattice"]}
BOTH = {"rows": ["paillier", "lattice"]}


def people(count: int) -> list[str]:
    return [f"person-{number}" for number in range(count)]


SPEND = [100 * number - 700 for number in range(30)]


def crm() -> object:
    return audience(people(30), measures={"spend": Measure(SPEND, 5000, -5000, 2)})


def users() -> object:
    ages = ["old", "young", "mid"]
    return audience(people(40)[10:], labels={"age": [ages[n % 3] for n in range(30)]})


@pytest.mark.parametrize("receiver", ["brand", "platform"])
@pytest.mark.parametrize("noise", ["none", "discrete-gaussian"])
def test_an_audience_is_summed_by_group_whoever_receives(receiver, noise):
    asked = ("overlap", {"group_by": ["platform.age"], "measures": ["spend"]}, crm(), users())
    policy = {**LATTICE, "noise": noise}
    if noise != "none":
        policy |= {"rho_per_release": 100.0, "rho_budget": 1000.0}
    answer = ask(*asked, receiver=receiver, **policy)
    assert answer.receiver.lattice.keys == 1
    groups = by_key(answer.result["groups"], "platform.age")
    if noise == "none":
        truth = by_key(ask(*asked, receiver=receiver).result["groups"], "platform.age")
        assert {k: (g["people"], g["sums"]) for k, g in groups.items()} == {
            k: (g["people"], g["sums"]) for k, g in truth.items()
        }
