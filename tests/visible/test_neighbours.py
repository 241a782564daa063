"""Run real questions on neighbouring files: what the other side sees must be the same.

Every byte that a side says or sends is compared, but for what is random by declaration: digests,
salts, nonces and ciphertexts count by their length alone.  Released numbers carry noise that the
ledger pays for and are not compared.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from typing import Any

import pytest

from cleanroom.documents.agreement import Weights
from cleanroom.ingest.spec import UNKNOWN_LABEL
from tests.cleanroom.queries.harness import Answer, Data, Measure, ask, audience, events

START = 1_750_000_000
NOISY = {"noise": "discrete-gaussian", "k_min": 10, "rho_per_release": 0.5}
TIMES = {"start": START, "end": START + 60}
CROWD = [f"p{number}" for number in range(90)]
"""As many as they are padded to; one fewer is padded to as many."""

RANDOM = re.compile(r"[0-9a-f]{16,}")
STAGES = ("none", "A", "I", "P", "L")
ARMS_DECLARED = ("test", "control", UNKNOWN_LABEL)
DECLARED = (*STAGES, UNKNOWN_LABEL)


def in_turn(values: tuple[str, ...], count: int) -> list[str]:
    return [values[number % len(values)] for number in range(count)]


def crm(people: int = 90, tier: str = "") -> Data:
    tiers = in_turn(("gold", "plain"), people)
    return audience(
        CROWD[:people],
        {"tier": [tier or one for one in tiers], "s0": in_turn(STAGES, people),
         "s1": in_turn(STAGES[::-1], people)},
        {"spend": Measure([number * (not tier) for number in range(people)], 900)},
        {"tier": ("gold", "plain", UNKNOWN_LABEL), "s0": DECLARED, "s1": DECLARED},
    )  # fmt: skip


def users(people: int = 90, age: str = "", arm: str = "") -> Data:
    labels = {
        "age": [age or one for one in in_turn(("young", "old"), people)],
        "s0": in_turn(STAGES, people),
        "s1": in_turn(STAGES, people),
        "arm": [arm or one for one in in_turn(("test", "control"), people)],
    }
    domains = {
        "age": ("young", "old", UNKNOWN_LABEL),
        "s0": DECLARED,
        "s1": DECLARED,
        "arm": ARMS_DECLARED,
    }
    features = {f"f{n}": Measure([number % (n + 2) for number in range(people)], 9) for n in (0, 1)}
    return audience(CROWD[:people], labels, features, domains)


def orders(people: int = 90, late: bool = False, kind: str = "", category: str = "") -> Data:
    ids = [name for name in CROWD[:people] for _ in range(2)]
    times = [START + (500 if late else 20 + n % 30) for n in range(len(ids))]
    return events(
        ids, times,
        labels={
            "interaction": [kind or one for one in in_turn(("browse", "search"), len(ids))],
            "category": [category or one for one in in_turn(("cream", "mask", "soap"), len(ids))],
        },
        measures={"value": Measure([5 + n % 90 for n in range(len(ids))], 100)},
        domains={"interaction": ("browse", "search", UNKNOWN_LABEL),
                 "category": ("cream", "mask", "soap", UNKNOWN_LABEL)},
    )  # fmt: skip


def touches(people: int = 90, late: bool = False, campaign: str = "", arm: str = "") -> Data:
    ids = [name for name in CROWD[:people] for _ in range(2)]
    times = [START + (900 if late else (n * 7) % 40) for n in range(len(ids))]
    named = in_turn(("X", "Y", "X", "X"), len(ids))
    steps = in_turn(("click", "view"), len(ids))
    arms = [one for one in in_turn(("test", "control"), people) for _ in range(2)]
    return events(
        ids, times, [n % 2 for n in range(len(ids))],
        labels={"campaign": [campaign or one for one in named], "step": steps,
                "arm": [arm or one for one in arms]},
        domains={"campaign": ("X", "Y", UNKNOWN_LABEL), "step": ("click", "view", UNKNOWN_LABEL),
                 "arm": ARMS_DECLARED},
    )  # fmt: skip


def both_arms() -> Data:
    """Let one person, who was assigned twice, change its arm in between."""
    data = touches()
    arms = list(data.labels["arm"])
    arms[1] = "control"
    return dataclasses.replace(data, labels={**data.labels, "arm": arms})


def hole(data: Data, column: str) -> Data:
    """Empty one cell."""
    values = [UNKNOWN_LABEL, *data.labels[column][1:]]
    return dataclasses.replace(data, labels={**data.labels, column: values})


INTENT = {"intent_weights": (Weights(industry="beauty", weights={"browse": 0.5, "search": 1.0}),)}
GRANTS = [
    {"party": "platform", "kind": "public-base"},
    {"party": "platform", "kind": "base-counts"},
    {"party": "brand", "kind": "base-counts"},
    {"party": "brand", "kind": "shared-credit"},
    {"party": "brand", "kind": "activation", "purposes": ["thanks"], "minimum": 10},
]
CRM = (crm, [crm(89), crm(tier="gold"), hole(crm(), "s1")])
USERS = (users, [users(89), users(age="old"), hole(users(), "age")])
ORDERS = (orders, [orders(89), orders(late=True), hole(orders(), "interaction")])
BOUGHT = (orders, [orders(89), orders(category="soap"), hole(orders(), "category")])
TOUCHES = (touches, [touches(89), touches(late=True), hole(touches(campaign="X"), "campaign")])
ARMS = (touches, [touches(89), touches(arm="test"), both_arms()])

Side = tuple[Callable[[], Data], list[Data]]
STAGED = {"brand": "s1", "platform": "s1"}
BEFORE = {"brand": "s0", "platform": "s0"}
QUESTIONS: dict[str, tuple[str, dict[str, Any], Side, Side, str]] = {
    "overlap": (
        "overlap", {"group_by": ["platform.age"], "measures": ["spend"]}, CRM, USERS, "platform",
    ),
    "overlap of a part that is empty": (
        "overlap", {"group_by": ["platform.age"], "where": ["brand.tier = 'unknown'"]}, CRM, USERS,
        "brand",
    ),
    "reach of a part": (
        "reach_frequency", {**TIMES, "where": ["brand.tier = 'gold'"]}, CRM, TOUCHES, "brand",
    ),
    "match_rate": ("match_rate", {}, CRM, TOUCHES, "platform"),
    "profile": ("profile", {"group_by": ["platform.age"]}, CRM, USERS, "brand"),
    "aipl": ("aipl", {"stage": STAGED}, CRM, USERS, "brand"),
    "aipl_flow": ("aipl_flow", {"from": BEFORE, "to": STAGED}, CRM, USERS, "brand"),
    "health": ("health", {"from": BEFORE, "to": STAGED, "measure": "f0"}, CRM, USERS, "brand"),
    "drivers": (
        "drivers",
        {"outcome": ["brand.tier = 'gold'"], "attributes": ["platform.age", "platform.s0"]},
        CRM, USERS, "brand",
    ),
    "basket": ("basket", {"max_categories": 2, **TIMES}, BOUGHT, USERS, "brand"),
    "basket of a part": (
        "basket",
        {"categories": ["soap", "tar"], "group_by": ["platform.age"],
         "where": ["platform.s0 = 'A'"]},
        BOUGHT, USERS, "brand",
    ),
    "channel_flow": (
        "channel_flow",
        {"from": {"brand": "s0"}, "to": {"brand": "s1"}, "group_by": ["platform.campaign"],
         **TIMES},
        CRM, TOUCHES, "brand",
    ),
    "activation": ("activation", {"purpose": "thanks"}, CRM, USERS, "brand"),
    "exclusion": ("exclusion", {"purpose": "thanks"}, CRM, USERS, "brand"),
    "joint activation": (
        "joint_activation", {"purpose": "thanks", "known_to": "all", **TIMES}, CRM, TOUCHES,
        "brand",
    ),
    "reach": (
        "reach_frequency", {"campaigns": ["X", "Y"], **TIMES, "max_impressions": 9}, CRM, TOUCHES,
        "brand",
    ),
    "reach over platforms": ("cross_reach", TIMES, CRM, TOUCHES, "brand"),
    "funnel": ("funnel", {"steps": ["click", "view", "gold"]}, CRM, TOUCHES, "brand"),
    "funnel of a part": (
        "funnel", {"steps": ["click", "gold"], "where": ["brand.tier = 'gold'"]}, CRM, TOUCHES,
        "brand",
    ),
    "funnel open": (
        "funnel",
        {"steps": ["click", "moon"], "count": "open", "group_by": ["platform.campaign"]},
        CRM, TOUCHES, "platform",
    ),
    "lift": ("lift", {**TIMES, "measures": ["value"]}, ORDERS, ARMS, "brand"),
    "lookalike": (
        "lookalike", {"features": ["f0", "f1"], "minimum": 50, "holdout": 20}, CRM, USERS,
        "platform",
    ),
    "last touch": (
        "attribution", {"model": "last_touch", "measures": ["value"], **TIMES}, ORDERS, TOUCHES,
        "brand",
    ),
    "credit over platforms": (
        "cross_attribution",
        {"measures": ["value"], "resolution": "1s", "max_conversions": 2, **TIMES},
        ORDERS, TOUCHES, "brand",
    ),
    "markov": ("attribution", {"model": "markov", **TIMES}, ORDERS, TOUCHES, "brand"),
    "time decay": (
        "attribution", {"model": "time_decay", "half_life": "9s", **TIMES}, ORDERS, TOUCHES,
        "platform",
    ),
    "sequence": ("sequence", {"synergy": True, **TIMES}, ORDERS, TOUCHES, "brand"),
    "intent": ("purchase_intent", {"industry": "beauty", **TIMES}, ORDERS, TOUCHES, "brand"),
}  # fmt: skip


def asked(name: str, brand: Data, platform: Data) -> Answer:
    template, parameters, _, _, receiver = QUESTIONS[name]
    return ask(
        template, parameters, brand, platform,
        receiver=receiver, grants=GRANTS, agreement=INTENT, **NOISY,
    )  # fmt: skip


def masked(value: Any) -> Any:
    """Take out what is random by declaration."""
    if isinstance(value, dict):
        return {masked(key): masked(found) for key, found in value.items()}
    if isinstance(value, list | tuple):
        return sorted((masked(one) for one in value), key=repr)
    return RANDOM.sub("<random>", value) if isinstance(value, str) else value


def seen(answer: Answer) -> list[str]:
    """Return what a run shows of both sides: statements, sizes of what was sent, dictionaries."""
    desk = answer.desk
    return [
        *(f"{party} says {kind}: {masked(body)}" for party, kind, body in desk.said),
        *sorted(
            f"{party} sends {masked(path)}: {len(data)} bytes"
            for (path, party), data in desk.blobs.items()
        ),
        *sorted(
            f"{entry['column']}: {len(entry['sealed'])} bytes sealed"
            for one in desk.dictionaries.values()
            for entry in one["entries"]
        ),
    ]


@pytest.mark.parametrize("name", QUESTIONS)
def test_nothing_that_is_seen_of_a_side_follows_its_rows(name):
    _, _, (brand, brands), (platform, platforms), _ = QUESTIONS[name]
    before = seen(asked(name, brand(), platform()))
    pairs = [(other, platform()) for other in brands] + [(brand(), other) for other in platforms]
    for place, pair in enumerate(pairs):
        after = seen(asked(name, *pair))
        differ = [both for both in zip(before, after, strict=True) if both[0] != both[1]]
        assert not differ, (place, differ)
