"""Bound what one person can change: what the questions' own bounds are made of.

Neighbours differ in all rows of one person, added to or removed from ONE party's data.  Each
function takes what the job declares and returns the L1 and L2 sensitivity of the vector of
released people counts, and of the vector of sums of each measure, in that measure's integer
units.  Gaussian noise is scaled by L2, Laplace noise by L1.  Public constants of a job (weights,
bounds, domains) do not change between neighbours.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from cleanroom.privacy.checks import positive, whole
from cleanroom.privacy.noise import Delta

Bounds = Mapping[str, float]
"""Per measure, the greatest magnitude of one person's value: max(|minimum|, |maximum|)."""


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """What one person changes: in the people counts, and by name in each measure's sums."""

    people: Delta
    measures: Mapping[str, Delta] = field(default_factory=dict)


def tables(count: int, bound: float = 1.0) -> Delta:
    """Return the sensitivity of ``count`` tables with at most one cell of a person in each.

    A person adds at most ``bound`` in magnitude to that one cell: L1 is count x bound, L2 is
    sqrt(count) x bound.
    """
    whole("tables", count, 1)
    positive("bound", bound)
    return Delta(count * bound, math.sqrt(count) * bound)


def places(count: int, bound: float = 1.0, *, gathered: bool = False) -> Delta:
    """Return the sensitivity of a person's ``count`` places, honestly one in each table.

    Where they are ``gathered``, whoever labels them reads the answer too: it may put all of them
    into one cell, so that L2 is L1.
    """
    found = tables(count, bound)
    return Delta(found.l1, found.l1) if gathered else found


def over(count: int, bounds: Bounds, *, gathered: bool = False) -> dict[str, Delta]:
    """Return the sensitivity of the sums of each measure over so many places of a person."""
    return {name: places(count, bound, gathered=gathered) for name, bound in bounds.items()}


def rematched(brand: int, platform: int) -> int:
    """Return how many pairs of others one person unmatches, given the tokens of each side's rows.

    A new row with n tokens meets n rows of the other side at most.  If these have one token each,
    none of them was matched before.  Otherwise each may prefer the new row to its match, which is
    then unmatched for good; of the new row's own pairs one is matched.  An old row that goes does
    the reverse.
    """
    ways = ((brand, platform), (platform, brand))
    return max((own for own, others in ways if others > 1), default=0)


def moved(delta: Delta, pairs: int, *, positive: bool) -> Delta:
    """Return the sensitivity of a person who comes and unmatches so many pairs, or the reverse.

    Each pair moves the vector by ``delta`` at most.  Where no pair lowers any number of it
    (``positive``), what comes and what goes are vectors at a right angle or less, and the squares
    of their lengths add up at most; otherwise the lengths do.
    """
    length = math.sqrt(1 + pairs**2) if positive else 1 + pairs
    return Delta((1 + pairs) * delta.l1, length * delta.l2)
