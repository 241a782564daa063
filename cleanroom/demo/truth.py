"""Write down what is true of an example: the answer to every question of its rooms."""

from __future__ import annotations

from typing import Any

import numpy as np

from cleanroom.demo import truth_events as events
from cleanroom.demo import truth_paths as paths
from cleanroom.demo import truth_people as people
from cleanroom.demo.clock import END, START, WINDOW_DAYS, utc
from cleanroom.demo.customers import LIFT
from cleanroom.demo.population import MOST_SPEND, SEPARATION
from cleanroom.demo.sheets import Sheet
from cleanroom.demo.truth_basket import basket
from cleanroom.demo.truth_channels import channel_flow
from cleanroom.demo.truth_cross import cross_attribution
from cleanroom.demo.truth_drivers import drivers
from cleanroom.demo.world import World


def overlaps(world: World) -> dict[str, Any]:
    """Return the answers of the short room by the names of its jobs."""
    by = people.columns(world)
    tiers = (by["brand.tier"], by["platform.city_tier"])
    return {
        "overlap": people.overlap(world),
        "overlap-by-age-band": people.overlap(world, (by["platform.age_band"],)),
        "overlap-by-tier": people.overlap(world, tiers),
    }


def everything(world: World) -> dict[str, Any]:
    """Return the answers of the long room by the names of its jobs."""
    by = people.columns(world)
    return {
        **overlaps(world),
        "match-rate": people.match_rate(world),
        "profile-age-band": people.profile(world, by["platform.age_band"]),
        "profile-city-tier": people.profile(world, by["platform.city_tier"]),
        "aipl": people.aipl(world),
        "aipl-flow": people.aipl_flow(world),
        "health": people.health(world),
        "drivers": drivers(world),
        "activation": {"total": {"people": world.people.matched}},
        "exclusion": {"total": {"people": world.people.matched}},
        "joint-activation": {"total": {"people": world.people.matched}},
        "lookalike": people.lookalike(world),
        "lookalike-quality": {"matched_seeds": people.matched_seeds(world)},
        "channel-flow": channel_flow(world),
        "basket": basket(world),
        "reach-frequency": events.reach_frequency(world),
        "cross-reach": events.cross_reach(world),
        "funnel": events.funnel(world),
        "last-touch": events.attribution(world, "last_touch"),
        "linear": events.attribution(world, "linear"),
        "cross-attribution": cross_attribution(world, {"platform": world.touches}),
        "markov": paths.markov(world),
        "sequence": paths.sequence(world),
        "lift": events.lift(world),
        "purchase-intent": events.purchase_intent(world),
    }


def describe(world: World, seed: int, sheets: list[Sheet], jobs: dict[str, Any]) -> dict[str, Any]:
    """Return the document ``truth.json``: sizes, what was planted, and the answers."""
    found = world.people
    clamped = int((world.spend[: found.customers] > MOST_SPEND).sum())
    return {
        "made_up": True,
        "seed": seed,
        "customers": found.customers,
        "users": found.users,
        "matched": found.matched,
        "period": {"start": utc(START), "end": utc(END), "window_days": WINDOW_DAYS},
        "files": {sheet.name: _rows(sheet) for sheet in sheets},
        "clamped": {"brand.csv": {"spend": clamped}},
        "planted": {
            "relative_lift": LIFT,
            "lookalike_separation": SEPARATION,
            "lookalike_people": int(np.count_nonzero(found.planted & found.is_user)),
        },
        "jobs": jobs,
    }


def _rows(sheet: Sheet) -> dict[str, int]:
    usable, unusable = len(sheet.order) - sheet.repeats, sheet.unusable
    total = usable + unusable + sheet.repeats
    return {"rows": total, "usable": usable, "unusable": unusable, "duplicates": sheet.repeats}
