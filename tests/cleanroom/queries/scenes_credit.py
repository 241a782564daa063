"""Scenes of the templates that give credit."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np

from cleanroom.documents.agreement import Weights
from cleanroom.queries import crediting
from cleanroom.queries.credit.vectors import KeyNames
from cleanroom.queries.hub import Hub
from tests.cleanroom.queries.harness import Measure, events, plan
from tests.cleanroom.queries.truths import (
    CAMPAIGNS,
    NOISY,
    Cells,
    Random,
    Scene,
    World,
    people,
    same,
)


def timed(**labels: list[str]) -> tuple[Any, Any]:
    rows = len(CAMPAIGNS)
    ours = events(["a"] * rows, list(range(rows)),
                  measures={} if labels else {"value": Measure([1] * rows, 900, decimals=2)},
                  labels=labels)  # fmt: skip
    theirs = events(["a"] * rows, list(range(rows)), [0] * rows,
                    labels={"campaign": list(CAMPAIGNS)})  # fmt: skip
    return ours, theirs


WHEN = {"start": 0, "end": 100, "window": "20s"}


def facts_of(cells: Cells, random: Random) -> dict[str, Any]:
    """Return the brand's facts: some conversions belong to no touch."""
    sums = [sum(one[1][at] for one in cells.values()) for at in (0, -1)]
    return {
        "conversions": sums[0] + people(random), "sums": {"value": sums[1] + 10},
        "dropped": 0, "clamped": 0, "outside": 0,
    }  # fmt: skip


def attribution(model: str, receiver: str = "brand", **more: Any) -> Scene:
    parameters = {"model": model, **WHEN, "measures": ["value"], **more}
    job = plan("attribution", parameters, *timed(), receiver=receiver, **NOISY)
    found = job.template.setting(job.question)
    names = KeyNames(found.rule, list(CAMPAIGNS))
    keys = [(crediting.key_text(names.name(key)),) for key in names.possible()]
    units = job.plan.units

    def draw(random: Random) -> World:
        cells = {}
        for key in keys:
            number = people(random)
            made = int(number * units * random.uniform(1, 2))
            cells[key] = (number * units, (made, int(made * random.uniform(500, 5000))))
        total = sum(one[1][0] for one in cells.values()) // units
        facts = facts_of(cells, random) | {"conversions": total + people(random)}
        base: dict[str, Any] = {}
        if model == "markov":
            base = {"platform.campaign": _steps(cells, random)}
            cells = {key: cells[key] for key in cells if _walked(key, base["platform.campaign"])}
        return same(cells, base=base, facts=facts if receiver == "brand" else {})

    return Scene(job, draw)


def cross_attribution() -> tuple[Scene, Hub]:
    """Return a question to one platform, and what it is to three of them."""
    parameters = {**WHEN, "resolution": "1s", "measures": ["value"], "max_conversions": 4}
    job = plan("cross_attribution", parameters, *timed(), **NOISY)
    shape = Hub(("douyin", "tmall", "weibo"), credits=job.plan.hub.credits)
    keys = list(product(shape.others, CAMPAIGNS))

    def draw(random: Random) -> World:
        cells = {}
        for key in keys:
            number = people(random) * shape.units
            made = int(number * random.uniform(1, 3)) + int(random.integers(shape.units))
            cells[key] = (number, (made, int(made * random.uniform(500, 5000))))
        total = sum(one[1][0] for one in cells.values()) // shape.units
        facts = facts_of(cells, random) | {"conversions": total + people(random)}
        return same(cells, facts=facts)

    return Scene(job, draw), shape


def shared(model: str, receiver: str = "brand", **more: Any) -> Scene:
    """Let people's credit be rounded to the parts of the plan, which the truth knows nothing of."""
    parameters = {"model": model, **WHEN, "measures": ["value"], "max_conversions": 4, **more}
    job = plan("attribution", parameters, *timed(), receiver=receiver, **NOISY)
    keys = [(name,) for name in CAMPAIGNS]

    def draw(random: Random) -> World:
        times = random.integers(1, 5, 1 + people(random) + people(random))
        amounts = [times, times * random.integers(100, 900, len(times))]
        counted, whole = rounded(keys, amounts, job.plan.parts, job.plan.units, random)
        facts = {
            "conversions": int(times.sum()) + people(random),
            "sums": {"value": int(amounts[1].sum())}, "dropped": 0, "clamped": 0, "outside": 0,
        }  # fmt: skip
        return World(counted, whole, facts=facts if receiver == "brand" else {})

    return Scene(job, draw)


def rounded(
    keys: list[tuple[str, ...]], amounts: list[Any], parts: int, units: int, random: Random
) -> tuple[Cells, Cells]:
    """Share the amounts of everybody among the keys: rounded to parts, and as they are."""
    people = len(amounts[0])
    share = random.random((people, len(keys))) * (random.random((people, len(keys))) < 0.6)
    share[share.sum(axis=1) == 0, 0] = 1
    share /= share.sum(axis=1)[:, None]
    ends = np.floor(parts * share.cumsum(axis=1) + random.random((people, 1)) + 1e-9)
    ends[:, -1] = parts
    given = np.diff(ends, axis=1, prepend=0).astype(int) * (units // parts)

    def cells(each: Any) -> Cells:
        sums = [(amount[:, None] * each).sum(axis=0).tolist() for amount in amounts]
        numbers = each.sum(axis=0).tolist()
        return {key: (numbers[at], tuple(one[at] for one in sums)) for at, key in enumerate(keys)}

    return cells(given), cells(units * share)


def _steps(cells: Cells, random: Random) -> dict[tuple[str, ...], float]:
    """Return more steps than conversions on every step that can convert."""
    ends = [*CAMPAIGNS, ""]
    return {
        (before, after): float(
            cells.get((crediting.key_text((before, after)),), (0, (0,)))[1][0] * 3
            + 50 + people(random)
        )
        for before, after in product(ends, ends) if before or after
    }  # fmt: skip


def _walked(key: tuple[str, ...], steps: Mapping[tuple[str, ...], float]) -> bool:
    return steps.get(tuple(crediting.key_labels(key[0])), 0) > 0


def purchase_intent() -> Scene:
    signed = {"intent_weights": (Weights(industry="beauty", weights={"browse": 1.0}),)}
    parameters = {"industry": "beauty", **WHEN}
    data = timed(interaction=["browse"] * len(CAMPAIGNS))
    job = plan("purchase_intent", parameters, *data, agreement=signed, **NOISY)
    units = job.plan.units * 10**6

    def draw(random: Random) -> World:
        cells = {}
        for name in CAMPAIGNS:
            number = people(random)
            cells[name,] = (number * job.plan.units, (int(number * units * random.uniform(1, 2)),))
        reached = {(name,): float(50 + people(random) + people(random)) for name in CAMPAIGNS}
        facts = {"dropped": 0, "clamped": 0, "outside": 0}
        return same(cells, base={"platform.campaign": reached}, facts=facts)

    return Scene(job, draw)


def sequence(synergy: bool) -> Scene:
    parameters = {**WHEN, "measures": ["value"], "synergy": synergy}
    names = CAMPAIGNS[:3]
    ours = events(["a"] * 3, [1, 2, 3], measures={"value": Measure([1] * 3, 900, decimals=2)})
    theirs = events(["a"] * 3, [1, 2, 3], [0] * 3, labels={"campaign": list(names)})
    job = plan("sequence", parameters, ours, theirs, **NOISY)
    found = job.template.setting(job.question)
    steps = KeyNames(found.steps, list(names))
    units = job.plan.units

    def amounts(number: int) -> tuple[int, tuple[int, ...]]:
        return number * units, (number * units, number * units * 700)

    def draw(random: Random) -> World:
        cells = {
            (crediting.key_text(steps.name(key)),): amounts(people(random))
            for key in steps.possible()
        }
        total = sum(one[0] for one in cells.values()) // units
        if synergy:
            alone = {name: int(total * random.uniform(0.3, 1)) for name in names}
            for key in KeyNames(found.pairs, list(names)).possible():
                first, second = KeyNames(found.pairs, list(names)).name(key)
                both = min(alone[first], alone[second])
                number = both if first == second else int(both * random.uniform(0, 1))
                cells[crediting.key_text(("pair", first, second)),] = amounts(number)
        facts = {"conversions": total + people(random), "sums": {"value": 5},
                 "dropped": 0, "clamped": 0, "outside": 0}  # fmt: skip
        return same(cells, facts=facts)

    return Scene(job, draw)
