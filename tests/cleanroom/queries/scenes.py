"""Scenes for every template: a planned question, and true cells of every size drawn for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from itertools import combinations, product
from typing import Any

import numpy as np

from cleanroom.agent import jobs
from cleanroom.engine.hub import cells_of as cells_of_hub
from cleanroom.engine.hub import count_people
from cleanroom.queries.health.template import MOVEMENTS
from cleanroom.queries.hub import Hub
from cleanroom.queries.stages import STAGES
from tests.cleanroom.queries.harness import Measure, audience, events, plan, plan_jobs, sign_room
from tests.cleanroom.queries.scenes_credit import (
    attribution,
    cross_attribution,
    purchase_intent,
    sequence,
    shared,
)
from tests.cleanroom.queries.scenes_drivers import drivers
from tests.cleanroom.queries.truths import (
    CAMPAIGNS,
    NOISY,
    Cells,
    Random,
    Scene,
    World,
    cells_of,
    people,
    same,
)
from tests.draws import seeded

AGES = ("child", "elder", "grown", "young")
TIERS = ("gold", "iron", "tin")


def overlap() -> Scene:
    ours = audience(list("abc"), labels={"tier": list(TIERS)},
                    measures={"spend": Measure([1] * 3, 900, decimals=2)})  # fmt: skip
    theirs = audience(list("abcd"), labels={"age": list(AGES)})
    parameters = {"group_by": ["platform.age", "brand.tier"], "measures": ["spend"]}
    keys = list(product(AGES, TIERS))
    job = plan("overlap", parameters, ours, theirs, **NOISY)
    return Scene(job, lambda random: same(cells_of(keys, random, 5000.0)))


def match_rate() -> Scene:
    kinds = {"email:uid2:v1": ["a@example.com"], "idfa:v1": [None]}
    data = replace(audience(["a"]), kinds=kinds)
    job = plan("match_rate", {}, data, data, **NOISY)

    def draw(random: Random) -> World:
        cells = cells_of([("email",), ("idfa",)], random)
        facts = {
            kind: people + int(random.integers(0, 500)) for (kind,), (people, _) in cells.items()
        }
        return same(cells, facts=facts)

    return Scene(job, draw)


def profile(grants: tuple[Mapping[str, str], ...] = (), receiver: str = "brand") -> Scene:
    theirs = audience(list("abcd"), labels={"age": list(AGES)})
    parameters = {"group_by": ["platform.age"]}
    job = plan(
        "profile", parameters, audience(list("abc")), theirs, grants=grants, receiver=receiver,
        **NOISY,
    )  # fmt: skip

    def draw(random: Random) -> World:
        cells = cells_of([(age,) for age in AGES], random)
        base = {key: float(one[0] + people(random) + 200) for key, one in cells.items()}
        return same(cells, base={"platform.age": base})

    return Scene(job, draw)


def staged(*columns: str) -> Any:
    labels = {name: ["none", "A", "I", "P", "L"] for name in columns}
    measures = {"spend": Measure([1] * 5, 900, decimals=2)}
    return audience(list("abcde"), labels=labels, measures=measures)


def aipl(sides: bool) -> Scene:
    data = staged("s1")
    parameters = {"stage": {"brand": "s1", "platform": "s1"}, "sides": sides}
    job = plan("aipl", parameters, data, data, **NOISY)
    keys = list(product(STAGES, STAGES)) if sides else [(stage,) for stage in STAGES]

    def draw(random: Random) -> World:
        cells = cells_of(keys, random)
        if not sides:
            return same(cells)
        base = {
            f"{side}.s1": {
                (stage,): float(
                    people(random) + sum(one[0] for key, one in cells.items() if key[at] == stage)
                )
                for stage in STAGES
            }
            for at, side in enumerate(("brand", "platform"))
        }
        return same(cells, base=base)

    return Scene(job, draw)


FLOW = {"from": {"brand": "s1", "platform": "s1"}, "to": {"brand": "s2", "platform": "s2"}}


def aipl_flow() -> Scene:
    data = staged("s1", "s2")
    job = plan("aipl_flow", FLOW, data, data, **NOISY)
    keys = list(product(STAGES, STAGES))
    return Scene(job, lambda random: same(cells_of(keys, random)))


def channel_flow(**bounds: int) -> Scene:
    ours = audience(list("abcde"), labels={"s1": list(STAGES), "s2": list(STAGES)})
    theirs = events(list("abc"), [0] * 3, labels={"channel": list(CAMPAIGNS[:3])})
    asked = {"from": {"brand": "s1"}, "to": {"brand": "s2"}, **bounds}
    job = plan("channel_flow", asked, ours, theirs, **NOISY)
    most = bounds.get("max_channels", 3)

    def draw(random: Random) -> World:
        """Draw moves of people and where they were seen, then bound the channels."""
        crowd = 1 + people(random) + people(random)
        move = random.choice(25, crowd, p=random.dirichlet(np.full(25, 0.3)))
        seen = random.random((crowd, 3)) < random.uniform(0.1, 0.9, 3)
        kept = seen & _first_campaigns(seen.astype(int), most, random)
        every = seen.any(axis=1, keepdims=True)
        counted, whole = (_moved(np.hstack([some, every]), move) for some in (kept, seen))
        return World(counted, whole)

    return Scene(job, draw)


def _moved(seen: Any, move: Any) -> Cells:
    found: Cells = {}
    for name, who in zip((*CAMPAIGNS[:3], "all"), seen.T, strict=True):
        for cell in range(30):
            there = move == cell if cell < 25 else move // 5 == cell - 25
            found[f"{cell}|{name}",] = (int((who & there).sum()), ())
    return found


def health() -> Scene:
    data = staged("s1", "s2")
    job = plan("health", {**FLOW, "measure": "spend"}, data, data, **NOISY)
    keys = [(name,) for name in MOVEMENTS]
    return Scene(job, lambda random: same(cells_of(keys, random, 4000.0)))


def reach_frequency(receiver: str = "brand", **bounds: int) -> Scene:
    names = CAMPAIGNS[:3]
    shown = events(list("abc"), [0] * 3, [0] * 3, labels={"campaign": list(names)})
    parameters = {"max_frequency": 4, "cap": 2, **bounds}
    job = plan("reach_frequency", parameters, audience(list("abc")), shown, receiver=receiver,
               **NOISY)  # fmt: skip
    most = bounds.get("max_campaigns", len(names))
    cap = bounds.get("max_impressions", 100)

    def draw(random: Random) -> World:
        """Draw people with their impressions of every campaign, then bound them."""
        crowd = 1 + people(random) + people(random)
        chance = random.uniform(0, 0.7, len(names))
        often = random.geometric(random.uniform(0.2, 0.9, len(names)), (crowd, len(names)))
        often *= random.random((crowd, len(names))) < chance
        kept = often * _first_campaigns(often, most, random)
        known = often.sum(axis=0)
        counted = _frequencies(names, kept, often.sum(axis=1), cap, known)
        whole = _frequencies(names, often, often.sum(axis=1), 10**9, known)
        own = {"dropped_campaigns": int((kept != often).sum()),
               "clamped_impressions": int(bool(cap) and (often > cap).sum())}  # fmt: skip
        nothing = dict.fromkeys(own, 0)
        return World(counted, whole, facts=own if receiver == "platform" else {},
                     true_facts=nothing)  # fmt: skip

    return Scene(job, draw)


def _first_campaigns(often: Any, most: int, random: Random) -> Any:
    """Mark at most so many campaigns of each person, at random."""
    order = np.argsort(np.where(often > 0, random.random(often.shape), 2.0), axis=1)
    return np.argsort(order, axis=1) < most


def _frequencies(names: tuple[str, ...], often: Any, every: Any, cap: int, known: Any) -> Cells:
    found: Cells = {}
    columns = [*zip(names, often.T, known, strict=True), ("all", every, known.sum())]
    for name, times, total in columns:
        for at in range(1, 5):
            chosen = times[times == at] if at < 4 else times[times >= 4]
            key = (f"{at}{'+' * (at == 4)}|{total}|{name}",)
            sums = (int(np.minimum(chosen, cap).sum()),) if cap else ()
            found[key] = (len(chosen), sums)
    return found


def basket(**bounds: int) -> Scene:
    categories, ages = ("cream", "mask", "serum", "toner"), AGES[:2]
    ours = events(list("abcd"), [0] * 4, labels={"category": list(categories)})
    theirs = audience(list("ab"), labels={"age": list(ages)})
    job = plan("basket", {"group_by": ["platform.age"], **bounds}, ours, theirs, **NOISY)
    most = bounds.get("max_categories", len(categories))

    def draw(random: Random) -> World:
        """Draw who bought what, by age; then keep so many categories of each."""
        counted, whole = {}, {}
        missed = 0
        for age in ages:
            chance = random.uniform(0.1, 0.8, len(categories))
            bought = random.random((1 + people(random), len(categories))) < chance
            kept = bought & _first_campaigns(bought.astype(int), most, random)
            counted |= _baskets(age, kept)
            whole |= _baskets(age, bought)
            missed += int((kept != bought).any(axis=1).sum())
        return World(counted, whole, facts={"clamped_people": missed},
                     true_facts={"clamped_people": 0})  # fmt: skip

    return Scene(job, draw)


def _baskets(age: str, bought: Any) -> Cells:
    found = [bought.any(axis=1), *bought.T]
    found += [bought[:, a] & bought[:, b] for a, b in combinations(range(bought.shape[1]), 2)]
    return {(f"{cell}|{age}",): (int(who.sum()), ()) for cell, who in enumerate(found)}


STEPS = ("impression", "click", "payment")


def funnel(count: str = "closed", channels: bool = True, **bounds: int) -> Scene:
    ours = audience(list("abc"), labels={"step": list(STEPS)})
    theirs = events(list("abc"), [0] * 3,
                    labels={"channel": list(CAMPAIGNS[:3]), "step": list(STEPS)})  # fmt: skip
    parameters: dict[str, Any] = {"steps": list(STEPS), "count": count, **bounds}
    if channels:
        parameters["group_by"] = ["platform.channel"]
    job = plan("funnel", parameters, ours, theirs, **NOISY)
    names = CAMPAIGNS[:3] if channels else ("",)
    keys = [(f"{at}|{name}",) for name in names for at in range(len(STEPS))]
    clipped = bounds.get("max_channels", 3) < 3

    def draw(random: Random) -> World:
        counted = cells_of(keys, random)
        if not clipped:
            return same(counted)
        whole = {key: (one[0] + people(random), ()) for key, one in counted.items()}
        return World(counted, whole, true_facts={"dropped_channels": 0})

    return Scene(job, draw)


def lift(denominator: str) -> Scene:
    rows = {"ids": list("ab"), "labels": {"arm": ["test", "control"]}}
    arms = events(rows["ids"], [0, 0], labels=rows["labels"])
    if denominator == "arm":
        arms = arms.__class__("audience", rows["ids"], rows["labels"], {}, {}, [0, 0])
    ours = events(list("ab"), [1, 1], measures={"value": Measure([1, 1], 90, decimals=2)})
    parameters = {"start": 0, "end": 100, "measures": ["value"], "denominator": denominator}
    job = plan("lift", parameters, ours, arms, **NOISY)

    def draw(random: Random) -> World:
        cells: Cells = {}
        base = {}
        for arm in ("test", "control"):
            number = people(random) + 1
            size = number + people(random) if denominator == "arm" else number
            bought = random.random(size) < random.uniform(0.05, 0.6)
            value = bought * random.integers(100, 9000, size)
            sums = (bought.sum(), bought.sum(), value.sum(), (value * value).sum())
            cells[arm,] = (number, tuple(int(one) for one in sums))
            base[arm,] = float(size)
        facts = {"conversions": 0, "sums": {"value": 0}, "dropped": 0, "clamped": 0, "outside": 0}
        return same(cells, base={"platform.arm": base}, facts=facts)

    return Scene(job, draw)


def joint_activation() -> Scene:
    asked = {"purpose": "spring", "known_to": "first-only"}
    grant = {"party": "brand", "kind": "activation", "purposes": ["spring"], "minimum": 20}
    people = audience(list("abc"))
    job = plan("joint_activation", asked, people, people, grants=[grant], **NOISY)
    shape = Hub(("douyin", "weibo"), segment="first-only")
    keys = [shape.key(0)[0]]
    return of_several(Scene(job, lambda random: same(cells_of(keys, random))), shape)


def activation(name: str) -> Scene:
    grant = {"party": "brand", "kind": "activation", "purposes": ["spring"], "minimum": 20}
    job = plan(name, {"purpose": "spring"}, audience(list("abc")), audience(list("abc")),
               grants=[grant], **NOISY)  # fmt: skip
    return Scene(job, lambda random: same(cells_of([()], random)))


def lookalike_quality() -> Scene:
    who = [f"p{number}" for number in range(30)]
    theirs = audience(who, measures={"x": Measure(list(range(30)), 99)})
    sides = {"brand": audience(who), "platform": theirs}
    names = {"templates": ("lookalike", "lookalike_quality")}
    room = sign_room("lookalike", sides, (), names, NOISY)
    fit = {"features": ["x"], "minimum": 5, "holdout": 50}
    model = plan_jobs(room, "lookalike", fit, "platform", None)["platform"]
    parameters = {"model": model.identity, "bands": 5, "holdout": 50}
    asked = {"template": "lookalike_quality", "parameters": parameters}
    job = jobs.plan(room.rooms["platform"], model.document.model_copy(update=asked))
    keys = [(str(band),) for band in range(1, 6)]
    return Scene(job, lambda random: same(cells_of(keys, random)))


def model_of(random: Random) -> World:
    number = people(random)
    facts = {"mean": [0.1, 0.2], "covariance": [[1.0, 0.1], [0.1, 1.0]]}
    return same({(): (number, (number * 50, number * 20))}, facts=facts)


def lookalike() -> Scene:
    who = [f"p{number}" for number in range(30)]
    measures = {name: Measure(list(range(30)), 99) for name in ("x", "y")}
    parameters = {"features": ["x", "y"], "minimum": 5}
    job = plan("lookalike", parameters, audience(who), audience(who, measures=measures),
               receiver="platform", **NOISY)  # fmt: skip
    return Scene(job, model_of)


def of_several(scene: Scene, shape: Hub) -> Scene:
    """Return a scene with others of their own, each of which gives its share of the noise."""
    job = scene.job
    plan_of_all = replace(job.plan, hub=shape, cells=shape.cells, units=shape.units)
    charge = replace(job.charge, givers=len(shape.others), units=shape.units)
    return replace(scene, job=replace(job, plan=plan_of_all, charge=charge))


def cross_reach() -> Scene:
    shown = events(list("abc"), [0] * 3, [0] * 3)
    parameters = {"max_frequency": 4, "cap": 2}
    job = plan("cross_reach", parameters, audience(list("abc")), shown, **NOISY)
    shape = Hub(("douyin", "tmall", "weibo"), frequencies=4)

    def draw(random: Random) -> World:
        """Draw contacts of everybody with every platform, and count them in all three tables."""
        crowd = 1 + people(random) + people(random)
        often = random.geometric(random.uniform(0.3, 0.9, 3), (crowd, 3))
        often *= random.random((crowd, 3)) < random.uniform(0, 0.7, 3)
        held = np.minimum(often, 4).astype(np.int16)
        counts = count_people(shape, held, cells_of_hub(shape, held, np.zeros(crowd, np.int64)))
        keys = [shape.key(cell)[0] for cell in range(shape.cells)]
        return same({key: (int(n), ()) for key, n in zip(keys, counts, strict=True)})

    return of_several(Scene(job, draw), shape)


def overlap_of_hub() -> Scene:
    ours = audience(list("abc"), measures={"spend": Measure([1] * 3, 900, decimals=2)})
    job = plan("overlap", {"measures": ["spend"]}, ours, audience(list("abcd")), **NOISY)
    shape = Hub(("douyin", "tmall", "weibo"))
    keys = [shape.key(cell)[0] for cell in range(shape.cells)]
    return of_several(Scene(job, lambda random: same(cells_of(keys, random, 5000.0))), shape)


PUBLIC = ({"party": "platform", "kind": "public-base"},)
SCENES: dict[str, Callable[[], Scene]] = {
    "overlap": overlap,
    "overlap over several": overlap_of_hub,
    "cross_reach": cross_reach,
    "cross_attribution": lambda: of_several(*cross_attribution()),
    "match_rate": match_rate,
    "profile": profile,
    "profile public": lambda: profile(PUBLIC),
    "profile own": lambda: profile((), "platform"),
    "aipl": lambda: aipl(True),
    "aipl overlap": lambda: aipl(False),
    "aipl_flow": aipl_flow,
    "channel_flow": channel_flow,
    "channel_flow clipped": lambda: channel_flow(max_channels=1),
    "health": health,
    "drivers": drivers,
    "drivers gini": lambda: drivers(split="gini", depth=1),
    "drivers ratio": lambda: drivers(split="gain-ratio", min_leaf=50),
    "basket": basket,
    "basket clamped": lambda: basket(max_categories=2),
    "reach_frequency": reach_frequency,
    "reach_frequency distribution": lambda: reach_frequency(max_impressions=0),
    "reach_frequency clipped": lambda: reach_frequency(max_impressions=5, max_campaigns=2),
    "reach_frequency platform": lambda: reach_frequency("platform", max_impressions=5),
    "funnel": funnel,
    "funnel open": lambda: funnel("open"),
    "funnel of all": lambda: funnel(channels=False),
    "funnel clipped": lambda: funnel(max_channels=1),
    "attribution": lambda: attribution("last_touch"),
    "attribution platform": lambda: attribution("last_touch", "platform"),
    "attribution by action": lambda: attribution("last_touch", by_action=True),
    "attribution linear": lambda: attribution("linear"),
    "attribution rounded": lambda: shared("time_decay", half_life="5s"),
    "attribution rounded platform": lambda: shared("linear", "platform"),
    "attribution sampled": lambda: shared("linear", profile="sampled"),
    "attribution costs": lambda: attribution(
        "last_touch", brand_costs=dict.fromkeys(CAMPAIGNS, 90.0)
    ),
    "attribution markov": lambda: attribution("markov"),
    "purchase_intent": purchase_intent,
    "sequence": lambda: sequence(False),
    "sequence synergy": lambda: sequence(True),
    "lift": lambda: lift("matched"),
    "lift of arms": lambda: lift("arm"),
    "activation": lambda: activation("activation"),
    "exclusion": lambda: activation("exclusion"),
    "joint_activation": joint_activation,
    "lookalike": lookalike,
    "lookalike_quality": lookalike_quality,
}


@cache
def scene(name: str) -> Scene:
    with seeded(name):
        return SCENES[name]()
