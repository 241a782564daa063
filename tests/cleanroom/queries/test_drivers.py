"""Drivers against plain ID3 on the people themselves, and against drivers planted in a crowd."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import log2
from random import Random
from typing import Any

import numpy as np
import pytest

from cleanroom.engine.layout import SideRows
from cleanroom.engine.match import Matches
from cleanroom.engine.release import Inputs, count_people, threshold
from cleanroom.errors import InvalidInput, PolicyRefusal
from cleanroom.queries import plan as planning
from cleanroom.queries.drivers import tree
from cleanroom.queries.plan import ANY, MET, UNMET
from cleanroom.queries.registry import template
from cleanroom.queries.template import Group, Opened
from tests.cleanroom.queries.harness import ask, audience, plan

Person = Mapping[str, str]
NOISY = {"noise": "discrete-gaussian", "k_min": 50, "rho_per_release": 0.02}


# --- plain ID3, from its definition (Quinlan 1986), on people


def id3(
    people: Sequence[Person], attributes: Sequence[str], depth: int, path: tuple = ()
) -> list[tuple[dict[str, str], int, int, str | None]]:
    """Return path, people, people with the outcome and split of every node, from the root down."""
    met = [one for one in people if one["outcome"] == "yes"]
    left = [name for name in attributes if name not in dict(path)]
    gains = [(round(entropy(people) - after(people, name), 12), name) for name in left]
    best = max((gain for gain, _ in gains), default=0.0)
    split = next((name for gain, name in gains if gain == best), None)
    split = split if len(path) < depth and best > 0 else None
    nodes = [(dict(path), len(people), len(met), split)]
    for label in sorted({one[split] for one in people}) if split else ():
        below = [one for one in people if one[split] == label]
        nodes += id3(below, attributes, depth, (*path, (split, label)))
    return nodes


def entropy(people: Sequence[Person]) -> float:
    shares = [sum(one["outcome"] == end for one in people) / len(people) for end in ("yes", "no")]
    return -sum(share * log2(share) for share in shares if share)


def after(people: Sequence[Person], name: str) -> float:
    parts = [[one for one in people if one[name] == v] for v in {one[name] for one in people}]
    return sum(len(part) / len(people) * entropy(part) for part in parts)


ATTRIBUTES = ["platform.age", "brand.tier", "platform.city"]
LABELS = {"platform.age": "uvw", "brand.tier": "gs", "platform.city": "ab"}


def crowd(seed: int, size: int) -> list[Person]:
    drawn, found = Random(seed), []
    for _ in range(size):
        one = {name: drawn.choice(labels) for name, labels in LABELS.items()}
        chance = 0.2 + 0.5 * (one["brand.tier"] == "g") * (one["platform.city"] != "a")
        found.append(one | {"outcome": "yes" if drawn.random() < chance else "no"})
    return found


def files(people: Sequence[Person]) -> Any:
    ids = [f"p{number}" for number in range(len(people))]
    columns: dict[str, dict[str, list[str]]] = {"brand": {}, "platform": {}}
    for name in ATTRIBUTES:
        side, _, column = name.partition(".")
        columns[side][column] = [one[name] for one in people]
    columns["brand"]["buys"] = [one["outcome"] for one in people]
    return (
        audience([*ids, "stranger"], {n: [*v, v[0]] for n, v in columns["brand"].items()}),
        audience(ids, columns["platform"]),
    )


@pytest.mark.parametrize(("receiver", "depth"), [("brand", 2), ("platform", 3)])
def test_without_noise_it_is_plain_id3(receiver, depth):
    people = crowd(depth, 120)
    asked = {"outcome": ["brand.buys = 'yes'"], "attributes": ATTRIBUTES, "depth": depth}
    result = ask("drivers", asked, *files(people), receiver=receiver).result
    (_, number, met, split), *nodes = id3(people, ATTRIBUTES, depth)
    total = result["total"]
    assert (total["people"], total["with_outcome"], total["split_by"]) == (number, met, split)
    assert [
        (group["key"], group["people"], group["with_outcome"], group["split_by"])
        for group in result["groups"]
    ] == nodes
    assert len(nodes) > 4
    told = {one["key"]["attribute"]: one["gain"] for one in result["drivers"]}
    for name in ATTRIBUTES:
        assert told[name] == pytest.approx(entropy(people) - after(people, name), abs=1e-12)


def test_the_tree_stands_in_the_answer_in_one_piece_too():
    people = crowd(2, 120)
    asked = {"outcome": ["brand.buys = 'yes'"], "attributes": ATTRIBUTES}
    result = ask("drivers", asked, *files(people)).result
    assert [one["attribute"] for one in result["ranking"]] == [
        one["key"]["attribute"] for one in result["drivers"]
    ]
    assert [one["gain"] for one in result["ranking"]] == [one["gain"] for one in result["drivers"]]

    def listed(node, path):
        for label, below in node["children"].items():
            key = {**path, node["attribute"]: label}
            yield key, below["people"], below["with_outcome"], below["rate"], below["attribute"]
            yield from listed(below, key)

    root = result["tree"]
    assert (root["attribute"], root["people"]) == (result["total"]["split_by"], 120)
    assert list(listed(root, {})) == [
        (one["key"], one["people"], one["with_outcome"], one["rate"], one["split_by"])
        for one in result["groups"]
    ]


def test_where_leaves_people_out_and_the_outcome_does_not():
    people = crowd(5, 90)
    asked = {
        "outcome": ["brand.buys != 'no'", "platform.city = 'b'"],
        "attributes": ["brand.tier"], "depth": 1, "where": ["platform.age = 'u'"],
    }  # fmt: skip
    answer = ask("drivers", asked, *files(people))
    counted = [one for one in people if one["platform.age"] == "u"]
    met = [one for one in counted if one["outcome"] == "yes" and one["platform.city"] != "a"]
    assert answer.result["total"]["people"] == len(counted)
    assert answer.result["total"]["with_outcome"] == len(met)
    assert answer.result["where"] == ["platform.age = 'u'"]
    columns = answer.brand.document.parameters
    assert columns["where"] == ["brand.buys", "platform.age", "platform.city"]
    assert columns["outcome"] == ["brand.buys", "platform.city"]


def test_a_branch_below_the_least_leaf_is_none_and_stays_among_the_rest():
    people = [{"platform.age": "u", "outcome": "yes"}] * 3
    people += [{"platform.age": "v", "outcome": "no"}] * 20
    people += [{"platform.age": "w", "outcome": "yes"}] * 20
    ids = [f"p{number}" for number in range(len(people))]
    ours = audience(ids, {"buys": [one["outcome"] for one in people]})
    theirs = audience(ids, {"age": [one["platform.age"] for one in people]})
    asked = {"outcome": ["brand.buys = 'yes'"], "attributes": ["platform.age"], "min_leaf": 4}
    result = ask("drivers", asked, ours, theirs).result
    assert [group["key"] for group in result["groups"]] == [
        {"platform.age": "v"}, {"platform.age": "w"},
    ]  # fmt: skip
    assert result["drivers"][0]["gain"] == pytest.approx(entropy(people))
    assert result["total"]["people"] == 43


# --- a crowd of 100,000


SIX = ["platform.age", "platform.city", "brand.tier", "brand.shop", "platform.device", "brand.app"]
SIZES = dict(zip(SIX, (5, 4, 4, 3, 3, 2), strict=True))
PLANTED = ("brand.tier", "platform.age")
"""The two attributes that decide who converts; the other four say nothing."""


def planted(seed: int, people: int = 100_000) -> tuple[Any, dict[str, np.ndarray], np.ndarray]:
    """Return a planned question, and labels and outcome of a made-up crowd."""
    drawn = np.random.default_rng(seed)
    codes = {name: drawn.integers(0, size, people) for name, size in SIZES.items()}
    chance = 0.06 + 0.12 * (codes["brand.tier"] == 3) + 0.06 * (codes["platform.age"] == 1)
    met = drawn.random(people) < chance
    sides: dict[str, dict[str, list[str]]] = {"brand": {"buys": ["yes", "no"] * 3}, "platform": {}}
    for name, size in SIZES.items():
        side, _, column = name.partition(".")
        sides[side][column] = [str(min(at, size - 1)) for at in range(6)]
    ours, theirs = (audience(list("abcdef"), sides[side]) for side in ("brand", "platform"))
    asked = {"outcome": ["brand.buys = 'yes'"], "attributes": SIX}
    return plan("drivers", asked, ours, theirs, **NOISY), codes, met


def released(job: Any, codes: Mapping[str, np.ndarray], met: np.ndarray, seed: int) -> Opened:
    """Count by the engine itself, noise both shares from a seed, and open what passes."""
    drawn, rows = np.random.default_rng(seed), len(met)

    def side(name: str, marks: np.ndarray | None) -> SideRows:
        cell = np.zeros(rows, dtype=np.int64)
        for column in job.plan.cell_columns:
            if column.side == name:
                cell = cell * job.question.domain(column) + codes[str(column)]
        everybody = np.ones(rows, dtype=np.bool_)
        return SideRows(np.zeros((rows, 1, 16), np.uint8), cell, everybody, met=marks)

    def share(count: int) -> np.ndarray:
        return np.rint(drawn.normal(0, job.charge.people.scale, count)).astype(np.int64)

    brand, platform = side("brand", met), side("platform", None)
    matches = Matches(np.arange(rows), np.arange(rows))
    sizes = [job.question.domain(c) for c in job.plan.cell_columns if c.side == "platform"]
    inputs = Inputs(
        plan=job.plan, charge=job.charge, receiver_key=None, value_key=None,
        people_noise=share(job.plan.cells), slot_noise=np.zeros((job.plan.outputs, 0), np.int64),
        brand=brand, platform=platform, platform_cells=int(np.prod(sizes)), receiver="brand",
    )  # fmt: skip
    combined = brand.cell * inputs.platform_cells + platform.cell
    passed = threshold(inputs, count_people(inputs, matches, combined).tolist(), _bytes(drawn))
    peer = share(job.plan.outputs)
    groups = tuple(
        Group(key(job, one.cell), number + int(peer[one.cell]), ())
        for one, number in zip(passed.groups, passed.people, strict=True)
    )
    suppressed = len(passed.pooled.suppressed)
    return Opened(job.question, job.plan, groups, None, job.charge, suppressed)


def _bytes(drawn: np.random.Generator) -> Any:
    return drawn.bytes


def key(job: Any, cell: int) -> tuple[str, ...]:
    codes = job.question.codes(job.plan, cell)
    labels = (str(codes[one]) if one in codes else ANY for one in job.plan.columns)
    return (*labels, (UNMET, MET)[cell % 2])


def test_planted_drivers_come_first_at_a_hundred_thousand_people_and_rho_of_two_hundredths():
    job, codes, met = planted(7)
    assert (job.charge.rho, job.charge.people.scale) == (0.02, pytest.approx(5 * 22**0.5, rel=1e-9))
    for seed in range(5):
        result = template("drivers").result(released(job, codes, met, seed))
        ranked = [one["key"]["attribute"] for one in result["drivers"]]
        assert tuple(ranked[:2]) == PLANTED
        assert (result["total"]["split_by"], result["most"]) == (
            PLANTED[0], {"attribute": PLANTED[0]},
        )  # fmt: skip
        assert {group["split_by"] for group in result["groups"]} == {PLANTED[1], None}
        held = [_holds(group, codes, met) for group in result["groups"]]
        assert len(held) > 20 and sum(held) >= 0.8 * len(held)


def _holds(group: Mapping[str, Any], codes: Mapping[str, np.ndarray], met: np.ndarray) -> bool:
    inside = np.logical_and.reduce([codes[n] == int(v) for n, v in group["key"].items()])
    low, high = group["people_interval"]
    return low <= inside.sum() <= high


def test_noise_alone_splits_nobody():
    """Attributes that tell nothing: a split is taken with a chance below one in a thousand each."""
    job, codes, met = planted(7)
    mixed = np.random.default_rng(1).permutation(met)
    taken = sum(
        template("drivers").result(released(job, codes, mixed, seed))["total"]["split_by"]
        is not None
        for seed in range(5)
    )
    assert taken == 0


def test_without_the_floor_noise_splits_everybody(monkeypatch):
    monkeypatch.setattr(tree, "_exceeded", lambda _errors, _x: 0.0)
    job, codes, met = planted(7)
    mixed = np.random.default_rng(1).permutation(met)
    result = template("drivers").result(released(job, codes, mixed, 0))
    assert result["total"]["split_by"] is not None


def test_a_table_never_leaves_one_group_or_too_few_beside_what_it_releases():
    job, codes, met = planted(7, 20_000)
    groups = {group.key for group in released(job, codes, met, 3).groups}
    held_back = 0
    for margin in job.plan.margins:
        cells = range(margin.first, margin.first + margin.cells)
        hidden = sum(key(job, cell) not in groups for cell in cells)
        assert hidden == 0 or hidden == margin.cells or hidden >= 2
        held_back += hidden
    assert held_back > 0


# --- what is refused


@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [
        ({"attributes": ["brand.tier", "brand.tier"]}, PolicyRefusal, "named twice"),
        ({"attributes": ["brand.buys"]}, PolicyRefusal, "made of it"),
        ({"attributes": ["brand.nothing"]}, PolicyRefusal, "without labels called nothing"),
        ({"attributes": ["tier"]}, InvalidInput, "names no column"),
        ({"attributes": []}, InvalidInput, "attributes"),
        ({"outcome": []}, InvalidInput, "outcome"),
        ({"outcome": ["buys = 'yes'"]}, InvalidInput, "cannot be read"),
        ({"where": ["brand.buys = 'no'"]}, InvalidInput, "different columns"),
        ({"depth": 4}, InvalidInput, "depth"),
        ({"split": "luck"}, InvalidInput, "split"),
        ({"min_leaf": 0}, InvalidInput, "min_leaf"),
    ],
)
def test_what_has_no_answer_is_refused(change, kind, words):
    asked = {"outcome": ["brand.buys = 'yes'"], "attributes": ["brand.tier"], **change}
    with pytest.raises(kind, match=words):
        plan("drivers", asked, *files(crowd(1, 6)))


def test_an_outcome_in_the_open_that_no_condition_tells_is_refused():
    job = plan("drivers", {"outcome": ["brand.buys = 'yes'"], "attributes": ["brand.tier"]},
               *files(crowd(1, 6)))  # fmt: skip
    changed = job.document.model_copy(
        update={"parameters": {**job.document.parameters, "outcome": ["platform.city"]}}
    )
    with pytest.raises(InvalidInput, match="not among those with conditions"):
        template("drivers").plan(replace(job.question, job=changed))


def test_more_combinations_than_are_numbered_are_refused(monkeypatch):
    monkeypatch.setattr(planning, "MOST_COMBINATIONS", 12)
    asked = {"outcome": ["brand.buys = 'yes'"], "attributes": ATTRIBUTES, "depth": 1}
    with pytest.raises(PolicyRefusal, match="too many combinations"):
        plan("drivers", asked, *files(crowd(1, 20)))
