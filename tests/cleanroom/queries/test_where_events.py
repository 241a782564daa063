"""``where`` on questions about events: the answer is that of files without the people outside."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cleanroom.errors import InvalidInput, PolicyRefusal
from tests.cleanroom.queries.harness import Data, Measure, ask, audience, events, plan
from tests.cleanroom.queries.journeys import TIMES, Journeys

TIER = {f"p{number}": ("gold", "tin")[number % 2] for number in range(12)}
AGE = {f"p{number}": ("young", "old", "young")[number % 3] for number in range(12)}
WHERE = {
    "brand": ["brand.tier = 'gold'"],
    "platform": ["platform.age != 'old'"],
    "both": ["brand.tier = 'gold'", "platform.age = 'young'"],
}


def labelled(seed: int) -> tuple[Data, Data]:
    """Return random journeys of twelve people with a label of their own on every row."""
    brand, platform = Journeys.draw(seed).data()
    tiers, ages = [TIER[who] for who in brand.ids], [AGE[who] for who in platform.ids]
    return (
        replace(brand, labels={**brand.labels, "tier": tiers}, domains={"tier": ["gold", "tin"]}),
        replace(platform, labels={**platform.labels, "age": ages},
                domains={"campaign": list("ABC"), "age": ["old", "young"]}),
    )  # fmt: skip


def only(data: Data, kept: Any) -> Data:
    """Return a file without the rows of people who are not kept."""
    rows = [at for at, who in enumerate(data.ids) if kept(who)]

    def part(values: Any) -> Any:
        return None if values is None else [values[at] for at in rows]

    return replace(
        data, ids=part(data.ids), time=part(data.time), action=part(data.action),
        labels={name: part(values) for name, values in data.labels.items()},
        measures={name: one._replace(values=part(one.values))
                  for name, one in data.measures.items()},
    )  # fmt: skip


def without_the_others(which: str, seed: int) -> tuple[Data, Data]:
    brand, platform = labelled(seed)
    if which != "platform":
        brand = only(brand, lambda who: TIER[who] == "gold")
    if which != "brand":
        platform = only(platform, lambda who: AGE[who] == "young")
    return brand, platform


QUESTIONS = {
    "last_touch": ("attribution", {"model": "last_touch"}),
    "linear": ("attribution", {"model": "linear"}),
    "sequence": ("sequence", {}),
}


@pytest.mark.parametrize("which", WHERE)
@pytest.mark.parametrize("name", QUESTIONS)
def test_people_outside_are_counted_nowhere(name, which):
    template, asked = QUESTIONS[name]
    parameters = Journeys.draw(5).asked(**asked, window="20s")
    found = ask(template, {**parameters, "where": WHERE[which]}, *labelled(5)).result
    true = ask(template, parameters, *without_the_others(which, 5)).result
    whole = ask(template, parameters, *labelled(5)).result
    assert found["groups"] == true["groups"] != whole["groups"]
    for field in ("attributed", "sums"):
        assert found["total"].get(field) == true["total"].get(field)
    if which == "brand":
        assert found["total"] == true["total"] and found["bounds"] == true["bounds"]
    else:
        # The brand does not know which of its conversions are of people inside.
        assert found["total"]["conversions"] is None and found["total"]["unattributed"] is None
    assert found["where"] == WHERE[which]


def test_of_events_people_count_all_of_whose_rows_fulfil_it():
    brand, platform = labelled(5)
    who = next(one for one in brand.ids if list(brand.ids).count(one) > 1 and TIER[one] == "gold")
    mixed = list(brand.labels["tier"])
    mixed[list(brand.ids).index(who)] = "tin"
    parameters = Journeys.draw(5).asked(model="last_touch", window="20s")
    asked = {**parameters, "where": WHERE["brand"]}
    found = ask("attribution", asked, replace(brand, labels={"tier": mixed}), platform).result
    rest = only(brand, lambda one: TIER[one] == "gold" and one != who)
    assert found["groups"] == ask("attribution", parameters, rest, platform).result["groups"]


def trial(people: list[str], city: list[str]) -> tuple[Data, Data]:
    brand = events(people, [50] * len(people), measures={"value": Measure([5] * len(people), 9)})
    arms = audience(people, {"arm": ["test", "control", "test"] * (len(people) // 3), "city": city},
                    domains={"arm": ["test", "control"], "city": ["x", "y"]})  # fmt: skip
    return brand, replace(arms, time=[0] * len(people))


def test_a_lift_of_a_part_is_that_of_its_people():
    people = [f"p{number}" for number in range(12)]
    city = ["x" if number % 4 else "y" for number in range(12)]
    parameters = {"start": 1, "end": 100, "measures": ["value"]}
    asked = {**parameters, "where": ["platform.city = 'x'"]}
    found = ask("lift", asked, *trial(people, city)).result
    brand, arms = trial(people, city)
    inside = {who for who, where in zip(people, city, strict=True) if where == "x"}
    part = only(arms, lambda who: who in inside)
    true = ask("lift", {**parameters, "denominator": "matched"}, brand, part).result
    assert found["groups"] == true["groups"] and found["total"] == true["total"]
    assert found["total"]["denominator"] == "matched" and found["total"]["people"] == len(inside)


def test_the_accounting_is_that_of_the_whole():
    for name, (template, asked) in QUESTIONS.items():
        parameters = Journeys.draw(5).asked(**asked, window="20s")
        noisy = {"noise": "discrete-gaussian"}
        some = plan(template, {**parameters, "where": WHERE["both"]}, *labelled(5), **noisy)
        every = plan(template, parameters, *labelled(5), **noisy)
        assert some.plan.people_delta == every.plan.people_delta, name
        assert some.charge == every.charge and some.plan.made == every.plan.made


@pytest.mark.parametrize(
    ("template", "asked", "where", "rule"),
    [
        ("attribution", {"model": "markov"}, "brand.tier = 'gold'", "where-of-base"),
        ("attribution", {"model": "last_touch"}, "brand.nothing = 'x'", "unknown-label"),
        ("lift", {"denominator": "arm"}, "platform.city = 'x'", "where-of-base"),
        ("lift", {}, "brand.tier = 'gold'", "where-of-events"),
    ],
)
def test_what_no_condition_can_restrict_is_refused(template, asked, where, rule):
    people = [f"p{number}" for number in range(12)]
    files = labelled(5)
    if template == "lift":
        files = (files[0], trial(people, ["x", "y"] * 6)[1])
    with pytest.raises(PolicyRefusal) as refused:
        plan(template, {**TIMES, **asked, "where": [where]}, *files)
    assert refused.value.rule == rule


def test_an_index_of_people_reached_and_costs_are_of_everybody():
    with pytest.raises(InvalidInput, match="counts everybody"):
        asked = {**TIMES, "industry": "beauty", "where": ["brand.tier = 'gold'"]}
        plan("purchase_intent", asked, *labelled(5))
    with pytest.raises(InvalidInput, match="costs cover everybody"):
        asked = {**TIMES, "model": "linear", "where": WHERE["brand"], "brand_costs": {"A": 5.0}}
        ask("attribution", asked, *labelled(5))


def test_rows_of_a_table_are_left_out_and_people_keep_their_numbers():
    job = plan("attribution", {**TIMES, "model": "last_touch"}, *labelled(5))
    table = job.dataset.table()
    kept = table.person != table.person[0]
    some = table.only(kept)
    assert some.people is table.people and some.rows == kept.sum()
    assert np.array_equal(some.time, table.time[kept])
