"""Decide which groups a job releases, from noised counts alone.

Every step looks at counts that already carry the mediator's noise, so the decisions are
post-processing and cost nothing.
"""

import math
import operator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from cleanroom.errors import InvalidInput
from cleanroom.privacy.checks import whole
from cleanroom.privacy.noise import NoiseSpec
from protocols.limits import MAXIMUM_CELLS, VALUE_LIMIT

RuleName = Literal["minimum-group-size", "complementary", "other-withheld"]
"""Why a group does not stand by itself: it is too small, it is needed so that the rest does not
give a smaller group away, or even all suppressed groups together are too small to be shown."""


@dataclass(frozen=True, slots=True)
class Suppression:
    """One reason for which ``groups`` groups are not shown by themselves.

    ``needed`` is the least noised count that would have passed: tau for a group, and the
    requirement on the whole pool where ``other`` is withheld.
    """

    rule: RuleName
    groups: int
    needed: int


@dataclass(frozen=True, slots=True)
class Pooled:
    """Cells by index, ascending: released by themselves, pooled into ``other``, suppressed.

    ``suppressed`` is every group that is not released by itself; ``other`` equals it, or is empty
    if the pool is withheld or there is nothing to pool.  The total of a result is the sum of
    ``released`` and ``other`` and never a query of its own.
    """

    released: tuple[int, ...]
    other: tuple[int, ...]
    suppressed: tuple[int, ...]
    rules: tuple[Suppression, ...]


def tau(k: int, noise: NoiseSpec, shares: int = 1) -> int:
    """Return the least noised count with which a group is released.

    ``k + ceil(4.753 sigma)`` for Gaussian noise: a group of fewer than k people passes with
    probability at most 10^-6.  For Laplace noise 13.12 scales stand in for 4.753 sigma.
    ``shares`` is how many shares of the noise a count carries when it is held against tau.
    """
    return needed_for_other(k, noise, 1, shares)


def needed_for_other(k: int, noise: NoiseSpec, groups: int, shares: int = 1) -> int:
    """Return the least noised count with which a pool of that many groups is released."""
    return whole("k", k, 1) + math.ceil(noise.margin(groups * whole("shares", shares, 1)))


def pool(noised_counts: Sequence[int], k: int, noise: NoiseSpec, shares: int = 1) -> Pooled:
    """Release groups of at least tau, pool the others, and protect the pool.

    ``noised_counts[i]`` is cell i's people plus the mediator's share.  While the pool holds a
    single group or misses its own requirement, the smallest released group moves into it (ties:
    the lowest index first).  If the pool still fails, nothing is left beside it, so nothing is
    released.  What is released therefore never leaves a rest that is one group or too small,
    whichever total a reader holds against it.

    With noise every cell of the declared domain counts, empty ones too: that a cell is empty is
    itself a fact about people.  Without noise (rehearsal) a cell of nobody is not a group.

    Raises:
        InvalidInput: for k below 1, more than 4096 cells, or counts out of range.
    """
    counts = _checked(noised_counts)
    cells = [cell for cell in range(len(counts)) if noise.scale or counts[cell]]
    threshold = tau(k, noise, shares)
    below = [cell for cell in cells if counts[cell] < threshold]
    # Descending, so that the smallest stands at the end and of equals the lowest index.
    kept = sorted(set(cells) - set(below), key=lambda cell: (counts[cell], cell), reverse=True)
    pooled = list(below)
    size = sum(counts[cell] for cell in pooled)
    while pooled and kept and not _stands(size, len(pooled), k, noise, shares):
        pooled.append(kept.pop())
        size += counts[pooled[-1]]
    shown = bool(pooled) and _stands(size, len(pooled), k, noise, shares)
    suppressed = tuple(sorted(pooled))
    return Pooled(
        tuple(sorted(kept)),
        suppressed if shown else (),
        suppressed,
        _rules(len(below), len(pooled), shown, k, noise, shares),
    )


def pool_tables(
    noised_counts: Sequence[int],
    firsts: Sequence[int],
    k: int,
    noise: NoiseSpec,
    shares: int = 1,
) -> Pooled:
    """Pool each of several tables over the same people by itself, and show none of the pools.

    Table i begins at cell ``firsts[i]``.  A reader who holds the total of one table against the
    others therefore finds no rest that is one group or too small in any of them.  The pools
    themselves would add different cuts of the same people up, which says nothing.

    Raises:
        InvalidInput: as ``pool`` does, for each table.
    """
    ends = [*firsts[1:], len(noised_counts)]
    released: list[int] = []
    suppressed: list[int] = []
    rules: dict[RuleName, Suppression] = {}
    for first, end in zip(firsts, ends, strict=True):
        found = pool(noised_counts[first:end], k, noise, shares)
        released += [first + cell for cell in found.released]
        suppressed += [first + cell for cell in found.suppressed]
        for rule in found.rules:
            known = rules.get(rule.rule, Suppression(rule.rule, 0, 0))
            groups, needed = known.groups + rule.groups, max(known.needed, rule.needed)
            rules[rule.rule] = Suppression(rule.rule, groups, needed)
    return Pooled(tuple(released), (), tuple(suppressed), tuple(rules.values()))


def _stands(size: int, groups: int, k: int, noise: NoiseSpec, shares: int) -> bool:
    # A single suppressed group never stands: it is below tau, and that is what one group needs.
    return size >= needed_for_other(k, noise, groups, shares)


def _checked(counts: Sequence[int]) -> list[int]:
    if len(counts) > MAXIMUM_CELLS:
        raise InvalidInput(f"a release has at most {MAXIMUM_CELLS} groups")
    try:
        numbers = [operator.index(count) for count in counts]
    except TypeError:
        raise InvalidInput("counts must be integers") from None
    # A true count stays below 2^61 and so does its noise.
    if any(abs(number) >= 2 * VALUE_LIMIT for number in numbers):
        raise InvalidInput("a count is out of range")
    return numbers


def _rules(
    below: int, pooled: int, shown: bool, k: int, noise: NoiseSpec, shares: int
) -> tuple[Suppression, ...]:
    if not pooled:
        return ()
    threshold = tau(k, noise, shares)
    rules = [Suppression("minimum-group-size", below, threshold)]
    if pooled > below:
        rules.append(Suppression("complementary", pooled - below, threshold))
    if not shown:
        rules.append(
            Suppression("other-withheld", pooled, needed_for_other(k, noise, pooled, shares))
        )
    return tuple(rules)
