"""Bound the rows that a side makes for a job by what documents say, never by what a file holds.

Rows are padded up to these bounds, so each has to hold for every file behind a manifest.
"""

from __future__ import annotations

from dataclasses import replace
from math import comb

from cleanroom.documents.dataset import Manifest
from cleanroom.queries.credit.rules import Model, Rule
from cleanroom.queries.credit.ticks import Clock
from cleanroom.queries.credit.vectors import KeyNames

MOST_VECTORS = 1024
"""Most credit vectors that the parts of a credit are chosen for: every label costs the mediator
two encryptions, about a minute of one core in all at 3072 bits."""

PARTS = (1, 2, 4, 6, 12, 24, 36, 48, 60, 120, 180, 240, 360, 720, 840, 1260, 1680, 2520)
"""Numbers of parts to choose from: the highly composite ones (Ramanujan 1915), so that halves,
thirds and the like of a credit stay exact as long as they can."""


def pairs(manifest: Manifest, per_person: int) -> int:
    """Return the most pairs of a person and a label, ``per_person`` of each person at most."""
    return min(manifest.people * per_person, manifest.rows)


def groups(manifest: Manifest, conversions: int) -> int:
    """Return the most groups of conversions: c conversions of a person make 2c - 1 of them."""
    return min(
        manifest.people * (2 * conversions - 1), 2 * manifest.rows - least_people(manifest.people)
    )


def least_people(padded: int) -> int:
    """Return the fewest people whose number is padded to this one."""
    return padded - (1 << max(0, padded.bit_length() - 6)) + 1 if padded > 64 else 1


def nodes(manifest: Manifest, rule: Rule, clock: Clock) -> int:
    """Return the most dyadic nodes of a platform's pieces of equal credit.

    A node is there because its parent holds, inside, an end of its piece: where a touch begins or
    ceases to qualify.  An end lies inside one node of each level; of the two halves of that one,
    both can be pieces' nodes at the level where it is the middle, and one above.  No node is
    longer than the window, so a touch makes at most 2 (levels + 1) nodes, and a person one more:
    the root, which has no parent.
    """
    reach = max(
        clock.reach(window, rule.strict) for window in (rule.view_window, rule.click_window)
    )
    levels = min(clock.depth, max(1, reach).bit_length() - 1) + 1
    return 2 * (levels + 1) * manifest.rows + manifest.people


def most_parts(rule: Rule, campaigns: int, beside: int = 1) -> int:
    """Return the most parts of a credit that make few enough vectors, one at least.

    ``beside`` is how many vectors of another rule each of them may meet.
    """
    fitting = [
        parts
        for parts in PARTS
        if parts <= rule.quanta
        and vectors(replace(rule, quanta=parts), campaigns) * beside <= MOST_VECTORS
    ]
    return max(fitting, default=1)


def vectors(rule: Rule, campaigns: int) -> int:
    """Return how many credit vectors a rule can make over that many campaigns."""
    if rule.model is Model.CHANNEL_PAIRS:
        return sum(comb(campaigns, n) for n in range(1, min(rule.channels, campaigns) + 1))
    keys = len(KeyNames(rule, [""] * campaigns).possible())
    return comb(rule.units + keys - 1, keys - 1)
