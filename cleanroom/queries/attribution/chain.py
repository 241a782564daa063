"""Report Markov credit with what noise and pooled steps leave open.

A share of credit follows from all steps at once, so its interval is found by trying: the noise is
drawn again around every released number, and the pool is spread over the steps that are held back
in the ways that move the shares most.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from cleanroom.queries import crediting
from cleanroom.queries.credit.markov import shares_of
from cleanroom.queries.reporting import everything, sum_sd
from cleanroom.queries.template import Opened
from cleanroom.words.estimate import Estimate

F64 = npt.NDArray[np.float64]

TRIED: Final = 4000
"""How many chains are tried, over all ways to spread the pool; at least so many for each:"""
LEAST_DRAWS: Final = 30

MOST_STEPS: Final = 100
"""Most steps that get all of the pool, the most frequent ones."""

RANDOM: Final = 20
"""Ways to spread it at random."""

TAIL: Final = 2.5
"""Per cent of the draws that may lie beyond either end."""


def groups(opened: Opened) -> list[dict[str, Any]]:
    """Share all that was attributed by removal effect; sums go the same way.

    Nothing is shown where everything is held back.
    """
    released = everything(opened)
    if not released:
        return []
    column = crediting.outputs_named(opened.plan)
    counted = opened.base[column]
    names = sorted({name for pair, number in counted.items() if number for name in pair} - {""})
    place = {name: row for row, name in enumerate(names)} | {"": len(names)}
    steps = np.zeros((len(names) + 1, len(names) + 1))
    for (before, after), number in ((pair, n) for pair, n in counted.items() if n):
        steps[place[before], place[after]] = number
    matched, known = np.zeros((2, len(names), len(names) + 1))
    for group in opened.groups:
        before, after = crediting.key_labels(group.key[0])
        matched[place[before], place[after]] = group.sums[0]
        known[place[before], place[after]] = 1
    shares = shares_of(steps, _filled(opened, matched, known, steps))
    ends = _ends(opened, steps, matched, known)
    whole = {
        position: crediting.slot_of(opened, released, position)
        for position in range(len(opened.plan.slots))
    }
    return [
        _group(opened, {column: name}, Estimate(float(part), "share"), end, whole)
        for name, part, end in zip(names, shares, ends.T, strict=True)
    ]


def _group(
    opened: Opened,
    key: dict[str, str],
    part: Estimate,
    ends: F64,
    whole: dict[int, Estimate],
) -> dict[str, Any]:
    """Report one campaign: its share, and that share of everything attributed."""
    uncertain = bool(opened.suppressed) or bool(opened.charge.people.scale)
    low, high = (float(end) for end in ends)

    def times(total: Estimate) -> Estimate:
        value = (part.value or 0.0) * (total.value or 0.0)
        products = [
            end * other for end in (low, high) for other in (total.low or 0, total.high or 0)
        ]
        interval = (min(products), max(products)) if uncertain else None
        return Estimate(value, total.unit, None, interval)

    shown = {"key": key, **times(whole[0]).fields("conversions")}
    shown |= Estimate(part.value, "share", None, (low, high) if uncertain else None).fields("share")
    for position, slot in enumerate(opened.plan.slots[1:], start=1):
        for kind, number in times(whole[position]).fields("sums").items():
            shown.setdefault(kind, {})[slot.measure] = number
    return shown


def _filled(opened: Opened, matched: F64, known: F64, steps: F64) -> F64:
    """Spread the pool over the steps that are held back, in proportion to how often they occur."""
    if opened.other is None:
        return matched
    weight = (1 - known) * steps[:-1]
    return matched + opened.other.sums[0] * weight / max(1.0, float(weight.sum()))


def _ends(opened: Opened, steps: F64, matched: F64, known: F64) -> F64:
    """Return the least and the most of every share: shape (2, campaigns)."""
    noise, other = opened.charge.slots[0], opened.other
    # The same answer gets the same interval every time it is reported.
    random = np.random.default_rng(0)
    sd = sum_sd(noise, opened.groups[:1] or everything(opened))
    spreads = _spreads(steps, known, random) if other else [np.zeros_like(known)]
    draws = max(LEAST_DRAWS, TRIED // len(spreads)) if noise.scale else 1
    shape = (len(spreads), draws, *matched.shape)
    drawn = matched + random.normal(0, 1, shape) * sd * known
    if other:
        pool = other.sums[0] + random.normal(0, 1, (*shape[:2], 1, 1)) * sd
        drawn += np.maximum(0.0, pool) * np.stack(spreads)[:, None]
    low, high = np.percentile(shares_of(steps, drawn), [TAIL, 100 - TAIL], axis=1)
    return np.stack([low.min(axis=0), high.max(axis=0)])


def _spreads(steps: F64, known: F64, random: np.random.Generator) -> list[F64]:
    """Return ways to spread the pool: to one missing step, or one campaign's, or all others'."""
    missing = (1 - known) * np.minimum(steps[:-1], 1)
    often = missing * steps[:-1]
    found = [missing, often]
    rows = np.eye(len(missing))[:, :, None]
    found += [often * row for row in rows] + [often * (1 - row) for row in rows]
    cells = np.argwhere(missing > 0)
    order = np.argsort(-often[tuple(cells.T)], kind="stable")[:MOST_STEPS]
    for row, column in cells[order]:
        alone = np.zeros_like(missing)
        alone[row, column] = 1
        found.append(alone)
    found += [missing * random.exponential(1, missing.shape) for _ in range(RANDOM)]
    return [weight / weight.sum() for weight in found if weight.sum()] or [np.zeros_like(known)]
