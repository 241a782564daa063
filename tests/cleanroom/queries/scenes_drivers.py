"""Scenes for a decision tree: people of every combination of labels, counted by definition."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import combinations, product
from math import log2
from typing import Any

from cleanroom.queries.plan import ANY, MET, UNMET
from tests.cleanroom.queries.harness import audience, plan
from tests.cleanroom.queries.truths import NOISY, Cells, Random, Scene, World, people, same

LABELS = {
    "platform.age": ("child", "elder", "grown", "young"),
    "brand.tier": ("gold", "iron", "tin"),
    "platform.city": ("large", "small"),
}
NAMES = tuple(LABELS)

People = Mapping[tuple[tuple[str, ...], bool], int]
"""How many people there are by labels, in the order of the attributes, and outcome."""


def drivers(**more: Any) -> Scene:
    ours = audience(list("abc"), {"tier": [*LABELS["brand.tier"]], "buys": ["yes", "no", "no"]})
    theirs = audience(list("abcd"), {"age": [*LABELS["platform.age"]],
                                     "city": ["large", "small"] * 2})  # fmt: skip
    asked = {"outcome": ["brand.buys = 'yes'"], "attributes": [*NAMES], **more}
    job = plan("drivers", asked, ours, theirs, **NOISY)
    depth = more.get("depth", 2)

    def draw(random: Random) -> World:
        found: dict[tuple[tuple[str, ...], bool], int] = {}
        strength = random.choice([0.0, 0.3, 1.0])
        for labels in product(*LABELS.values()):
            number = people(random)
            chance = 0.3 + strength * ((labels[1] == "gold") * 0.5 - (labels[0] == "child") * 0.25)
            found[labels, True] = met = int(random.binomial(number, min(1.0, max(0.0, chance))))
            found[labels, False] = number - met
        return same(cells(found, depth), facts={"people": found})

    return Scene(job, draw, truth=lambda world, shown: truth(world.facts["people"], shown, asked))


def cells(found: People, depth: int) -> Cells:
    """Count every person once by every part of up to ``depth`` attributes."""
    counted: Counter[tuple[str, ...]] = Counter()
    for (labels, met), number in found.items():
        for size in range(depth + 1):
            for part in combinations(range(len(labels)), size):
                key = (label if at in part else ANY for at, label in enumerate(labels))
                counted[*key, MET if met else UNMET] += number
    return {key: (number, ()) for key, number in counted.items()}


def truth(found: People, shown: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is true of every node that is shown, and of every attribute."""
    everybody = below(found, {})
    split = asked.get("split", "information-gain")
    return {
        "groups": [
            {"key": group["key"], **numbers(below(found, group["key"]), everybody)}
            for group in shown["groups"]
        ],
        "other": None,
        "total": numbers(everybody, everybody),
        "drivers": [{"key": {"attribute": name}, "gain": gain(found, {}, name, split)}
                    for name in NAMES],
    }  # fmt: skip


def below(found: People, path: Mapping[str, str]) -> tuple[int, int]:
    """Return how many people have the labels of a path, with the outcome and without it."""
    chosen = [
        (met, number)
        for (labels, met), number in found.items()
        if all(labels[NAMES.index(name)] == label for name, label in path.items())
    ]
    return tuple(sum(number for one, number in chosen if one is met) for met in (True, False))


def numbers(here: tuple[int, int], everybody: tuple[int, int]) -> dict[str, Any]:
    rate, usual = (met / (met + unmet) if met + unmet else None for met, unmet in (here, everybody))
    index = 100 * rate / usual if rate is not None and usual else None
    return {"people": sum(here), "with_outcome": here[0], "rate": rate, "outcome_index": index}


def impurity(parts: Iterable[int], split: str = "information-gain") -> float:
    shares = [part / sum(parts) for part in parts if part]
    if split == "gini":
        return 1 - sum(share * share for share in shares)
    return -sum(share * log2(share) for share in shares)


def gain(found: People, path: Mapping[str, str], name: str, split: str) -> float:
    """Return Quinlan's gain of splitting some people by an attribute, or one of its kin."""
    whole = below(found, path)
    parts = [below(found, {**path, name: label}) for label in LABELS[name]]
    parts = [part for part in parts if sum(part)]
    if not sum(whole):
        return 0.0
    inside = sum(sum(part) / sum(whole) * impurity(part, split) for part in parts)
    spread = impurity([sum(part) for part in parts]) if split == "gain-ratio" else 1.0
    return (impurity(whole, split) - inside) / spread if spread else 0.0
