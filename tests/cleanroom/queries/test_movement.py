"""Every template against brute force: take each person out and see what moves, before any noise.

For small random files, either side, each person: the vector of people and the vector of each
measure move by no more than the plan says, and all of them together cost no more rho than the
ledger is charged.  Plans that add credit up are counted in parts, as a live room counts them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import pytest

from cleanroom.documents.agreement import SIDES, Weights
from cleanroom.privacy.noise import Delta
from cleanroom.queries.registry import templates
from tests.cleanroom.queries import movement
from tests.cleanroom.queries.harness import (
    Data,
    Measure,
    ask,
    audience,
    events,
    plan_jobs,
    sign_room,
)

NOISY = {"noise": "discrete-gaussian", "k_min": 1, "rho_per_release": 1.0, "paillier_bits": 1024}
SEEDS = range(2)
START, TICKS = 1_000_000, 100
PERIOD = {"start": START, "end": START + TICKS}
BOTH = ("brand", "platform")
PEOPLE = [f"p{number}" for number in range(9)]
TIERS = ["gold", "gold", "silver"]
STAGES = ["none", "A", "I", "P", "L"]
PUBLIC = tuple({"party": side, "kind": "public-base"} for side in SIDES)
Files = Callable[[Random], tuple[Data, Data]]


@dataclass(frozen=True)
class Case:
    """One question of one template, and how its files are drawn."""

    template: str
    parameters: Mapping[str, Any]
    files: Files
    receivers: tuple[str, ...] = BOTH
    grants: tuple[Mapping[str, Any], ...] = ()
    agreement: Mapping[str, Any] = field(default_factory=dict)
    vector: bool = False
    """The measures are noised as one vector: their deltas are parts of one."""


def some(drawn: Random, extra: str) -> list[str]:
    """Draw the people of one side: most of the common ones, and a stranger."""
    return [who for who in PEOPLE if drawn.random() < 0.85] + [extra]


def spent(drawn: Random, count: int, most: int, least: int = 0) -> list[int]:
    """Draw values that lie at the ends of their range as often as within."""
    return [drawn.choice((least, most, drawn.randint(least, most))) for _ in range(count)]


def people(drawn: Random) -> tuple[Data, Data]:
    brand, platform = some(drawn, "b"), some(drawn, "q")
    labels = {name: [drawn.choice(STAGES) for _ in brand] for name in ("before", "after")}
    spend = {"spend": Measure(spent(drawn, len(brand), 900, -300), 9, -3, 2)}
    cost = {"cost": Measure(spent(drawn, len(platform), 50), 50)}
    stages = {name: [drawn.choice(STAGES) for _ in platform] for name in ("old", "new")}
    cities = {"city": [drawn.choice("xyz") for _ in platform]}
    return (
        audience(brand, labels=labels, measures=spend, domains=dict.fromkeys(labels, STAGES)),
        audience(platform, labels=stages | cities, measures=cost,
                 domains=dict.fromkeys(stages, STAGES)),
    )  # fmt: skip


def impressions(drawn: Random) -> tuple[Data, Data]:
    rows = [(who, drawn.randrange(TICKS)) for who in some(drawn, "q") for _ in range(9)]
    names = [who for who, _ in rows]
    campaigns = {"campaign": ["a", "b", "c", *(drawn.choice("abc") for _ in rows[3:])]}
    cost = {"cost": Measure(spent(drawn, len(rows), 50), 50)}
    shown = events(names, [START + at for _, at in rows], [0] * len(rows), campaigns, cost)
    brand = some(drawn, "b")
    return audience(brand, labels={"tier": [drawn.choice(TIERS) for _ in brand]}), shown


def moves(drawn: Random) -> tuple[Data, Data]:
    """Stages of the brand's people, and rows of channels with stages of their own."""
    brand, _ = people(drawn)
    names = [who for who in some(drawn, "q") for _ in range(5)]
    stages = {name: [drawn.choice(STAGES) for _ in names] for name in ("old", "new")}
    channels = {"channel": ["x", "y", "z", *(drawn.choice("xyz") for _ in names[3:])]}
    return brand, events(names, [START] * len(names), labels=channels | stages,
                         domains=dict.fromkeys(stages, STAGES))  # fmt: skip


def steps(drawn: Random) -> tuple[Data, Data]:
    names = [who for who in some(drawn, "q") for _ in range(6)]
    labels = {
        "channel": [drawn.choice("xyz") for _ in names],
        "step": [drawn.choice(["impression", "click"]) for _ in names],
    }
    brand = some(drawn, "b")
    known = ["none", "registration", "payment"]
    domains = {"step": ["impression", "click"]}
    own = {"step": [drawn.choice(known) for _ in brand]}
    return (
        audience(brand, labels=own, domains={"step": known}),
        events(names, [START] * len(names), labels=labels, domains=domains),
    )


def journeys(drawn: Random) -> tuple[Data, Data]:
    """Conversions with refunds, many of one person, and touches that they follow closely."""
    bought = [(who, drawn.randrange(TICKS)) for who in some(drawn, "b") for _ in range(4)]
    met = [(who, drawn.randrange(-30, TICKS)) for who in some(drawn, "q") for _ in range(6)]
    value = {"value": Measure(spent(drawn, len(bought), 400, -400), 400, -400)}
    kinds = {
        "interaction": [drawn.choice(("browse", "add_to_cart")) for _ in bought],
        "tier": [TIERS[ord(who[-1]) % 3] for who, _ in bought],
    }
    return (
        events([who for who, _ in bought], [START + at for _, at in bought], None, kinds, value,
               {"interaction": ["browse", "add_to_cart"]}),
        events([who for who, _ in met], [START + at for _, at in met],
               [drawn.randrange(2) for _ in met],
               {"campaign": ["A", "B", "C", *(drawn.choice("ABC") for _ in met[3:])]}),
    )  # fmt: skip


def trial(drawn: Random) -> tuple[Data, Data]:
    brand, _ = journeys(drawn)
    platform = some(drawn, "q")
    sure = ["test", "test", "control", "control"]
    arms = sure + [drawn.choice(["test", "control", "none"]) for _ in platform[4:]]
    moments = [1_000_000 * (START + drawn.randrange(TICKS // 2)) for _ in platform]
    labels = {"arm": arms, "city": [drawn.choice("xyz") for _ in platform]}
    return brand, Data("audience", platform, labels, {}, {}, moments)


def vectors(drawn: Random) -> tuple[Data, Data]:
    platform = some(drawn, "q")
    features = {
        name: Measure(spent(drawn, len(platform), 10_000, -10_000), 1, -1, 4)
        for name in ("f0", "f1", "f2")
    }
    brand = some(drawn, "b")
    return (
        audience(brand, labels={"tier": [drawn.choice(TIERS) for _ in brand]}),
        audience(platform, {"city": [drawn.choice("xyz") for _ in platform]}, features),
    )


def shopping(drawn: Random) -> tuple[Data, Data]:
    """Orders of few categories, many of one person, and an audience with labels."""
    names = [who for who in some(drawn, "b") for _ in range(drawn.randrange(1, 7))]
    bought = {"category": ["u", "v", "w", "x", *(drawn.choice("uvwx") for _ in names[4:])]}
    platform = some(drawn, "q")
    cities = {"city": [drawn.choice("xyz") for _ in platform]}
    return events(names, [START] * len(names), labels=bought), audience(platform, cities)


FLOW = {"from": {"brand": "before", "platform": "old"}, "to": {"brand": "after", "platform": "new"}}
VALUE = {**PERIOD, "measures": ["value"], "window": "20s", "max_conversions": 3,
         "max_value_per_person": 700}  # fmt: skip
INTENT = {
    "intent_weights": (Weights(industry="beauty", weights={"browse": 0.1, "add_to_cart": 1.5}),)
}
LIVE = {"rehearsal": False}
"""Rehearsals tell the brand how many impressions a campaign has in all."""

SHARED = {
    "linear": {},
    "linear_distinct": {},
    "time_decay": {"half_life": "10s"},
    "position": {"weights": [40, 20, 40]},
    "last_n": {"credits": [3, 2, 1]},
    "shapley": {},
}
WINNERS = ("last_touch", "first_touch", "last_click")

CASES = {
    "overlap": Case("overlap", {"group_by": ["platform.city", "brand.before"],
                                "measures": ["spend"]}, people),
    "overlap of the platform's measure": Case("overlap", {"group_by": ["brand.after"],
                                                          "measures": ["cost"]}, people),
    "overlap of a part": Case("overlap", {"group_by": ["platform.city"], "measures": ["spend"],
                                          "where": ["platform.old != 'none'",
                                                    "brand.before in ('A', 'I', 'none')"]}, people),
    "match_rate": Case("match_rate", {}, people),
    "profile of a part": Case("profile", {"group_by": ["platform.city"], "measures": ["spend"],
                                          "where": ["platform.old in ('none', 'A')"]}, people),
    "aipl of a part": Case("aipl", {"stage": {"brand": "before", "platform": "old"},
                                    "where": ["platform.city != 'x'"]}, people),
    "aipl_flow of a part": Case("aipl_flow", {**FLOW, "where": ["platform.city in ('x', 'y')"]},
                                people),
    "health of a part": Case("health", {**FLOW, "measure": "cost",
                                        "where": ["brand.before != 'L'"]}, people),
    "profile": Case("profile", {"group_by": ["platform.city"], "measures": ["spend"]}, people),
    "profile of two columns": Case("profile", {"group_by": ["platform.city", "platform.old"],
                                               "measures": ["spend"]}, people),
    "profile, public base": Case("profile", {"group_by": ["platform.city"]}, people,
                                 grants=PUBLIC),
    "aipl": Case("aipl", {"stage": {"brand": "before", "platform": "old"}}, people),
    "aipl, public base": Case("aipl", {"stage": {"brand": "before", "platform": "old"}}, people,
                              grants=PUBLIC),
    "aipl without sides": Case("aipl", {"stage": {"brand": "before", "platform": "old"},
                                        "sides": False}, people),
    "aipl_flow": Case("aipl_flow", {**FLOW, "measures": ["spend"]}, people),
    "health": Case("health", {**FLOW, "measure": "cost"}, people),
    "drivers": Case("drivers", {"outcome": ["brand.after in ('P', 'L')"],
                                "attributes": ["platform.city", "brand.before", "platform.old"]},
                    people),
    "drivers of a part, three deep": Case("drivers", {
        "outcome": ["brand.after = 'P'", "platform.new != 'none'"], "depth": 3,
        "attributes": ["platform.city", "brand.before", "platform.old"],
        "where": ["platform.old != 'L'"]}, people),
    "basket": Case("basket", {}, shopping, receivers=("brand",)),
    "basket, two categories": Case("basket", {"max_categories": 2}, shopping,
                                   receivers=("brand",)),
    "basket of a part": Case("basket", {"group_by": ["platform.city"],
                                        "where": ["platform.city != 'z'"]}, shopping,
                             receivers=("brand",)),
    "channel_flow": Case("channel_flow", FLOW, moves, receivers=("brand",)),
    "channel_flow of a part": Case("channel_flow", {
        "from": {"brand": "before"}, "to": {"brand": "after"}, "where": ["brand.before != 'L'"]},
        moves, receivers=("brand",)),
    "channel_flow, two channels": Case("channel_flow", {**FLOW, "max_channels": 2}, moves,
                                       receivers=("brand",)),
    "reach_frequency": Case("reach_frequency", {"max_frequency": 3}, impressions, agreement=LIVE),
    "reach_frequency, two campaigns": Case("reach_frequency", {
        "max_frequency": 3, "max_campaigns": 2}, impressions, agreement=LIVE),
    "reach_frequency of a part": Case("reach_frequency", {
        "max_frequency": 3, "where": ["brand.tier = 'gold'"]}, impressions, agreement=LIVE),
    "cross_reach": Case("cross_reach", {"max_frequency": 3}, impressions, receivers=("brand",),
                        agreement=LIVE),
    "funnel": Case("funnel", {"steps": ["impression", "click", "registration", "payment"],
                              "group_by": ["platform.channel"]}, steps),
    "funnel of a part": Case("funnel", {"steps": ["impression", "click", "registration", "payment"],
                                        "group_by": ["platform.channel"],
                                        "where": ["brand.step != 'none'"]}, steps),
    "funnel, open": Case("funnel", {"steps": ["impression", "click", "registration", "payment"],
                                    "group_by": ["platform.channel"], "count": "open"}, steps),
    **{f"attribution, {model}": Case("attribution", {**VALUE, "model": model, **more}, journeys)
       for model, more in SHARED.items()},
    **{f"attribution, {model}": Case("attribution", {**VALUE, "model": model}, journeys)
       for model in WINNERS},
    "cross_attribution": Case("cross_attribution", {**VALUE, "resolution": "1s", "by_action": True},
                              journeys, receivers=("brand",)),
    "cross_attribution of a part": Case("cross_attribution", {
        **VALUE, "resolution": "1s", "where": ["brand.tier = 'gold'"]}, journeys,
        receivers=("brand",)),
    "attribution, markov": Case("attribution", {**VALUE, "model": "markov", "max_conversions": 1},
                                journeys, grants=PUBLIC),
    "attribution, sampled": Case("attribution", {**VALUE, "model": "linear", "profile": "sampled"},
                                 journeys),
    "attribution, one conversion": Case("attribution", {**VALUE, "model": "last_touch",
                                                        "max_conversions": 1}, journeys),
    "attribution of a part": Case("attribution", {
        **VALUE, "model": "last_touch",
        "where": ["brand.tier = 'gold'"]}, journeys),
    "attribution of a part, linear": Case("attribution", {
        **VALUE, "model": "linear", "where": ["platform.campaign in ('A', 'B')"]}, journeys),
    "sequence of a part": Case("sequence", {**PERIOD, "window": "20s", "measures": ["value"],
                                            "where": ["brand.tier = 'gold'"]}, journeys),
    "lift of a part": Case("lift", {**PERIOD, "measures": ["value"], "max_conversions": 3,
                                    "max_value_per_person": 700,
                                    "where": ["platform.city != 'z'"]}, trial),
    "sequence": Case("sequence", {**PERIOD, "window": "20s", "measures": ["value"]}, journeys),
    "sequence with synergy": Case("sequence", {**PERIOD, "window": "20s", "measures": ["value"],
                                               "synergy": True}, journeys),
    "purchase_intent": Case("purchase_intent", {**PERIOD, "industry": "beauty", "window": "20s",
                                                "max_conversions": 2}, journeys,
                            grants=PUBLIC, agreement=INTENT),
    "lift": Case("lift", {**PERIOD, "measures": ["value"], "max_conversions": 3,
                          "max_value_per_person": 700}, trial),
    "lift of whole arms": Case("lift", {**PERIOD, "measures": ["value"], "max_conversions": 2,
                                        "max_value_per_person": 700, "denominator": "arm"}, trial,
                               grants=({"party": "platform", "kind": "base-counts"},)),
    "lookalike": Case("lookalike", {"features": ["f0", "f1", "f2"], "minimum": 1, "holdout": 0},
                      vectors, receivers=("platform",), vector=True),
    "lookalike of a part": Case("lookalike", {
        "features": ["f0", "f1", "f2"], "minimum": 1, "holdout": 0,
        "where": ["brand.tier = 'gold'", "platform.city != 'z'"]},
        vectors, receivers=("platform",), vector=True),
    "activation of a part": Case("activation", {
        "purpose": "spring", "where": ["platform.city = 'x'", "brand.before != 'L'"]},
        people, receivers=("brand",),
        grants=({"party": "brand", "kind": "activation", "purposes": ["spring"], "minimum": 1},)),
    "activation": Case("activation", {"purpose": "spring"}, people, receivers=("brand",),
                       grants=({"party": "brand", "kind": "activation", "purposes": ["spring"],
                                "minimum": 1},)),
    "joint_activation": Case("joint_activation", {"purpose": "spring", "known_to": "all"},
                             impressions, receivers=("brand",),
                             grants=({"party": "brand", "kind": "activation",
                                      "purposes": ["spring"], "minimum": 1},)),
    "exclusion": Case("exclusion", {"purpose": "spring"}, people, receivers=("brand",),
                      grants=({"party": "brand", "kind": "activation", "purposes": ["spring"],
                               "minimum": 1},)),
}  # fmt: skip


def jobs_of(case: Case, seed: int, receiver: str) -> dict[str, Any]:
    brand, platform = case.files(Random(seed))
    sides = {"brand": brand, "platform": platform}
    room = sign_room(case.template, sides, case.grants, case.agreement, NOISY)
    return plan_jobs(room, case.template, case.parameters, receiver, None)


def test_every_template_is_moved():
    known = {case.template for case in CASES.values()} | {"lookalike_quality"}
    assert known == set(templates())


@pytest.mark.parametrize("name", CASES)
def test_nobody_moves_what_is_released_by_more_than_is_paid_for(name):
    case, furthest = CASES[name], []
    for receiver in case.receivers:
        for seed in SEEDS:
            furthest += check(jobs_of(case, seed, receiver), case.vector)
    assert max(furthest) > 0, "the files move nothing: they test nothing"


def check(jobs: Mapping[str, Any], vector: bool) -> list[float]:
    """Take everybody out once; return what part of the charge each of them uses."""
    job = jobs["brand"]
    deltas = [job.plan.people_delta, *(slot.delta for slot in job.plan.slots)]
    noises = [job.charge.people, *job.charge.slots]
    for slot in job.plan.slots:  # the file's unit is that of the file's own columns
        column = job.question.manifest(job.plan.value_side).measure(slot.measure)
        assert slot.unit != "sum" or column is not None, slot.measure
    known = movement.tables(jobs)
    whole, used = movement.released(jobs, known), []
    for side in SIDES:
        for fewer in movement.without_one(known, side):
            moved = whole.moved(movement.released(jobs, fewer))
            for delta, far in [*zip(deltas, moved, strict=True)][: 1 if vector else None]:
                assert far.l1 <= delta.l1 * (1 + 1e-12)
                assert far.l2 <= delta.l2 * (1 + 1e-12)
            rho = sum(far.l2**2 / (2 * n.scale**2) for far, n in zip(moved, noises, strict=True))
            assert rho <= job.charge.rho
            used.append(rho / job.charge.rho)
    return used


@pytest.mark.parametrize("name", ["overlap", "attribution, linear", "attribution, last_touch"])
@pytest.mark.parametrize("part", ["people", "measures"])
def test_a_bound_that_is_a_tenth_too_small_is_found(name, part):
    jobs = jobs_of(CASES[name], 0, "brand")
    plan = jobs["brand"].plan

    def less(delta: Delta) -> Delta:
        return Delta(0.9 * delta.l1, 0.9 * delta.l2)

    if part == "people":
        wrong = replace(plan, people_delta=less(plan.people_delta))
    else:
        slots = tuple(replace(slot, delta=less(slot.delta)) for slot in plan.slots)
        wrong = replace(plan, slots=slots)
    with pytest.raises(AssertionError):
        check({side: replace(job, plan=wrong) for side, job in jobs.items()}, vector=False)


def numbers(of: movement.Numbers) -> list[int]:
    """Return the numbers of a vector that are not zero, without its bases, in rising order."""
    found = ((key, number) for key, number in of.items() if number)
    return sorted(n for key, n in found if not (isinstance(key, tuple) and key[:1] == ("base",)))


DRAWN = {"basket, two categories", "channel_flow, two channels", "reach_frequency, two campaigns"}


@pytest.mark.parametrize("name", sorted(CASES.keys() - DRAWN))
def test_what_is_counted_here_is_what_the_engine_releases(name):
    """The same rows through encryption, matching and opening give the same numbers.

    Which two of a person's campaigns or categories count is drawn anew each time: not those.
    """
    case = CASES[name]
    receiver = case.receivers[0]
    answer = ask(case.template, case.parameters, *case.files(Random(0)), receiver=receiver,
                 grants=case.grants, agreement={**case.agreement, "rehearsal": True})  # fmt: skip
    jobs = {"brand": answer.brand, "platform": answer.platform}
    counted = movement.released(jobs, movement.tables(jobs))
    groups = answer.opened.groups
    if not answer.brand.plan.combine:
        # Without noise a person counts whole in every group of shared credit.
        assert numbers(counted.people) == sorted(group.people for group in groups)
    for slot, sums in enumerate(counted.slots):
        assert numbers(sums) == sorted(n for group in groups if (n := group.sums[slot]))
