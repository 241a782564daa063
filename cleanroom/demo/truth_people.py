"""Count the plain answers about people: overlap, profile, stages, lookalike.

Everything is counted with numpy from the world behind the files, by people's numbers: neither
addresses nor any part of the product that answers questions takes part.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from cleanroom.demo.population import AGE_BANDS, CITY_TIERS, MOST_SPEND, STAGES, TIERS
from cleanroom.demo.world import World

I64 = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Answer = dict[str, Any]

MOST_CATEGORY_SPEND = 200_000
"""The bound of the measure ``category_spend`` in cents."""

MOVEMENTS = ("converted", "kept", "lost", "recruited", "outside", "loyal")
UNKNOWN = "unknown"
EXPANSIONS = (1, 5, 10, 20, 30)
"""How far the platform's base is expanded, in per cent of it."""

Column = tuple[str, I64, tuple[str, ...]]


def money(cents: float) -> float:
    """Return an amount in the unit of the files."""
    return round(float(cents) / 100, 2)


def ratio(part: float, whole: float) -> float | None:
    """Return a share to six places, None of nothing."""
    return round(float(part) / float(whole), 6) if whole else None


def columns(world: World) -> dict[str, Column]:
    """Return the labels by which the example's questions group: name, codes, names of codes."""
    people = world.people
    ages = tuple(name or UNKNOWN for name in AGE_BANDS)
    found = (
        ("brand.tier", people.tier, TIERS),
        ("platform.age_band", people.age, ages),
        ("platform.city_tier", people.city, CITY_TIERS),
    )
    return {column[0]: column for column in found}


def overlap(world: World, by: tuple[Column, ...] = (), known: Bools | None = None) -> Answer:
    """Count the people of both sides, and what they spent, in all and by some labels.

    ``known`` marks whom the platform knows if it is not the first one.
    """
    there = world.people.is_user if known is None else known
    matched = np.flatnonzero(world.people.is_customer & there)
    spend = np.minimum(world.spend[matched], MOST_SPEND)
    cell = np.zeros(len(matched), dtype=np.int64)
    for _, codes, names in by:
        cell = cell * len(names) + codes[matched]
    shape = tuple(len(names) for _, _, names in by)
    groups = []
    for number in np.unique(cell) if by else ():
        places = np.unravel_index(number, shape)
        key = {name: names[at] for (name, _, names), at in zip(by, places, strict=True)}
        groups.append({"key": key, **_counted(spend[cell == number])})
    return {"groups": groups, "total": _counted(spend)}


def _counted(spend: I64) -> Answer:
    return {"people": len(spend), "sums": {"spend": money(spend.sum())}}


def match_rate(world: World) -> Answer:
    """Return how many of the customers are users: both files name people by address alone."""
    found = world.people
    rate = ratio(found.matched, found.customers)
    group = {"people": found.matched, "of": found.customers, "rate": rate}
    return {"groups": [{"key": {"identifier": "email"}, **group}]}


def profile(world: World, column: Column) -> Answer:
    """Compare the shares of a label among the matched people with those of all users."""
    name, codes, names = column
    people = world.people
    found = np.bincount(codes[people.is_matched], minlength=len(names))
    base = np.bincount(codes[people.is_user], minlength=len(names))
    groups = []
    for code, label in enumerate(names):
        share, base_share = found[code] / people.matched, base[code] / people.users
        row = {"share": ratio(share, 1), "base_share": ratio(base_share, 1)}
        tgi = {
            "tgi_ratio": ratio(share, base_share),
            "tgi_index": ratio(100 * share, base_share),
        }
        counts = {"people": int(found[code]), "base": int(base[code])}
        groups.append({"key": {name: label}, **counts, **row, **tgi})
    return {"groups": groups, "total": {"people": people.matched, "base": people.users}}


def aipl(world: World) -> Answer:
    """Count people at each stage after the month: both sides' highest, or the one side's own."""
    people, brand, platform = world.people, world.brand_stages[1], world.platform_stages[1]
    customer, user = people.is_customer, people.is_user
    sides = {
        "overlap": np.maximum(brand, platform)[customer & user],
        "brand_only": brand[customer & ~user],
        "platform_only": platform[user & ~customer],
    }
    groups = []
    for side, stages in sides.items():
        counts = np.bincount(stages, minlength=len(STAGES))
        groups += [
            {"key": {"stage": stage, "side": side}, "people": int(count)}
            for stage, count in zip(STAGES, counts, strict=True)
        ]
    reached = sum(int((stages > 0).sum()) for stages in sides.values())
    return {"groups": groups, "total": {"people": people.people, "aipl_total": reached}}


def _ends(world: World) -> list[I64]:
    """Return each matched person's stage before and after the month, the higher of both sides'."""
    matched = world.people.is_matched
    return [
        np.maximum(brand, platform)[matched]
        for brand, platform in zip(world.brand_stages, world.platform_stages, strict=True)
    ]


def _flow(world: World) -> I64:
    ends, size = _ends(world), len(STAGES)
    return np.bincount(ends[0] * size + ends[1], minlength=size * size).reshape(size, size)


def _conversion(flow: I64) -> float | None:
    """Return people who moved up over people who were in A, I or P."""
    return ratio(np.triu(flow, 1)[1:4].sum(), flow[1:4].sum())


def aipl_flow(world: World) -> Answer:
    """Count how matched people moved between the stages, from before to after the month."""
    flow = _flow(world)
    groups = [
        {
            "key": {"from": STAGES[before], "to": STAGES[after]},
            "people": int(flow[before, after]),
            "row_rate": ratio(flow[before, after], flow[before].sum()),
        }
        for before in range(len(STAGES))
        for after in range(len(STAGES))
    ]
    total = {
        "people": world.people.matched,
        "conversion_rate": _conversion(flow),
        "from_none_rate": ratio(flow[0, 1:].sum(), flow[0].sum()),
    }
    return {"groups": groups, "total": total}


def health(world: World) -> Answer:
    """Return the three factors of consumer-asset health, of the people whom both sides know."""
    matched = world.people.is_matched
    spend = np.minimum(world.people.category_spend[matched], MOST_CATEGORY_SPEND)
    before, after = _ends(world)
    met = [  # in the order of MOVEMENTS; whoever is in none of them was at L and is somewhere
        (before > 0) & (before < 4) & (after > before),
        (before > 0) & (before < 4) & (after > 0),
        (before > 0) & (before < 4),
        (before == 0) & (after > 0),
        after == 0,
    ]
    moved = np.select(met, range(len(met)), len(met))
    groups = []
    for code, name in enumerate(MOVEMENTS):
        sums = {"category_spend": money(spend[moved == code].sum())}
        people = int((moved == code).sum())
        groups.append({"key": {"movement": name}, "people": people, "sums": sums})
    return {
        "groups": groups,
        "aipl_total": int(_flow(world)[:, 1:].sum()),
        "conversion_rate": _conversion(_flow(world)),
        "category_spend": {"people": world.people.matched, "sum": money(spend.sum())},
        "category_purchasing_power": ratio(spend.sum() / 100, world.people.matched),
    }


def matched_seeds(world: World) -> int:
    """Count the seeds that are users: a lookalike sums some of them and holds out the others."""
    return int(world.people.is_user[world.seeds].sum())


def lookalike(world: World) -> Answer:
    """Describe the planted audience and what the best possible score finds of it.

    The best score is the feature vector times the planted direction, which no party knows.
    """
    people = world.people
    users = np.flatnonzero(people.is_user)
    planted = people.planted[users]
    score = people.features[users] @ people.direction
    best_first = planted[np.argsort(-score, kind="stable")]
    expansions = []
    for percent in EXPANSIONS:
        size = max(1, len(users) * percent // 100)
        found = int(best_first[:size].sum())
        expansions.append(
            {
                "percent": percent,
                "people": size,
                "planted": found,
                "precision": ratio(found, size),
                "recall": ratio(found, planted.sum()),
            }
        )
    return {
        "direction": [round(float(part), 6) for part in people.direction],
        "seeds": len(world.seeds),
        "matched_seeds": matched_seeds(world),
        "planted_among_matched_seeds": int((people.planted & people.is_user)[world.seeds].sum()),
        "base": len(users),
        "planted": int(planted.sum()),
        "best_auc": _auc(score, planted),
        "best_expansions": expansions,
    }


def _auc(score: npt.NDArray[np.float64], positive: npt.NDArray[np.bool_]) -> float | None:
    """Return the share of pairs that a score orders rightly (Mann and Whitney 1947)."""
    ranks = np.empty(len(score))
    ranks[np.argsort(score)] = np.arange(1, len(score) + 1)
    hits = int(positive.sum())
    misses = len(score) - hits
    return ratio(ranks[positive].sum() - hits * (hits + 1) / 2, hits * misses)
