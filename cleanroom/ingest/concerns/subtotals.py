"""Notice a person's rows of which one adds up the others: summed, each amount counts twice.

What marks a subtotal may be a star, a word in any language, or nothing: the amounts tell.  That one
amount is the sum of the others happens by chance, too, above all with small whole numbers; how
often, is seen when the amounts of the column are dealt out to the same rows anew.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from cleanroom.ingest.people import Integers, People, sum_by_person
from cleanroom.ingest.report import Concern

_SHARE, _CLEAR = 0.2, 0.7
"""Shares of people that tell, beyond chance: of those with three rows or more, or with two."""

_LEAST, _DEVIATIONS = 4, 5.0
"""People, and standard deviations, beyond chance that say nothing yet."""

_SEED = 20_260_604
_LARGEST = 2**60

Marks = npt.NDArray[np.bool_]


def subtotals(column: str, values: Integers, people: People) -> Iterator[tuple[Concern, int]]:
    """Yield how many people have a row whose value is the sum of their others, and the first."""
    rows = np.bincount(people.person, minlength=people.count)
    if people.count == 0 or rows.max() < 2:
        return
    chance = np.random.default_rng(_SEED).permutation(values)
    several, two = rows > 2, rows == 2
    found, often = (_adding(some, people, several) for some in (values, chance))
    many = _more(found, often, several, people, _SHARE)
    pairs, alike = (_adding(some, people, two) for some in (values, chance))
    # Two equal amounts of a person say little beside people with more rows who have no such row.
    if _more(pairs, alike, two, people, _CLEAR) and (many or not several.any()):
        found, many, several = found | pairs, True, several | two
    if many:
        first = int(np.argmax(found))
        yield Concern("subtotals", column, _count(found, people), int(several.sum())), first


def _adding(values: Integers, people: People, which: Marks) -> Marks:
    """Mark the rows of some people that are the sum of the person's others, and not zero."""
    sums = sum_by_person(values, people)[people.person]
    small = np.abs(values) < _LARGEST
    found: Marks = which[people.person] & small & (values != 0) & (sums - values == values)
    return found


def _count(found: Marks, people: People) -> int:
    return len(np.unique(people.person[found]))


def _more(found: Marks, chance: Marks, which: Marks, people: People, share: float) -> bool:
    """Tell whether clearly more people have such a row than have one by chance."""
    of, expected = int(which.sum()), _count(chance, people)
    beyond = _count(found, people) - expected
    return bool(beyond > max(share * (of - expected), _LEAST, _DEVIATIONS * np.sqrt(expected)))
