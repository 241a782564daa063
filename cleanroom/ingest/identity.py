"""Find the rows of one person in a file that names people in several ways: ``identity:v1``.

Rows with the same identifiers, each of its kind, are one record.  Kinds join records in turn, the
strongest first (``STRENGTH``); kinds that are not listed, such as a device, which is handed on,
join none.  An identifier joins the records that carry it if

- at most ``MOST_RECORDS`` carry it: what more have in common is not a person's own, and
- at most one of what was joined so far, and carries it, has an identifier of a stronger kind: two
  customers with addresses of their own and one telephone are a family, not a person.

What two people carry after that names neither: it is dropped for all of them.  Of each kind a
person keeps the one identifier that most of its rows carry, of equally many the one whose UTF-8
comes first.  Nothing of this depends on the order of the rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cleanroom.ingest.people import Integers, People

RULES = "identity:v1"

STRENGTH = ("raw", "email", "phone")
"""Kinds that join records, the strongest first: a number that a party gave, then what is reached
by one person more often than by several."""

MOST_RECORDS = 5
"""An identifier in more records joins none of them."""

NONE = -1
"""Stands where a row or a person has no identifier of a kind."""


@dataclass(frozen=True)
class Identities:
    """Hold the people of a file, the record of each row, and what each person keeps.

    ``kept`` has shape (people, kinds): the number of an identifier among those of its kind, or
    ``NONE``.  ``joined`` are, for each kind, the numbers of identifiers that joined records and
    how many records fewer that left; ``dropped`` marks the identifiers of each kind that several
    people carry, and ``spare`` counts those beyond a person's first of a kind.
    """

    people: People
    record: Integers
    kept: Integers
    joined: tuple[tuple[Integers, int], ...]
    dropped: tuple[npt.NDArray[np.bool_], ...]
    spare: tuple[int, ...]


def identify(
    numbers: Integers, kinds: Sequence[str], ranks: Sequence[npt.NDArray[np.integer]]
) -> Identities:
    """Join the rows of ``numbers`` (rows, kinds), each an identifier of its kind or ``NONE``.

    ``ranks`` says, for each kind, where an identifier stands among all of it in UTF-8.
    """
    record, first, rows = _records(numbers)
    records = numbers[first]
    group = np.arange(len(records), dtype=np.int64)
    joined = [(np.zeros(0, dtype=np.int64), 0)] * len(kinds)
    stronger: list[int] = []
    for column in (kinds.index(kind) for kind in STRENGTH if kind in kinds):
        count = len(np.unique(group))
        group, by = _join(records, group, column, stronger)
        joined[column] = by, count - len(np.unique(group))
        stronger.append(column)
    group = _in_order(group, first)
    kept, dropped, spare = zip(
        *(
            _keep(records[:, column], group, rows, rank.astype(np.int64))
            for column, rank in enumerate(ranks)
        ),
        strict=True,
    )
    people = People(group[record], len(np.unique(group)))
    return Identities(people, record, np.column_stack(kept), tuple(joined), dropped, spare)


def _records(numbers: Integers) -> tuple[Integers, Integers, Integers]:
    """Return the record of each row, and of each record its first row and how many it has."""
    code = np.zeros(len(numbers), dtype=np.int64)
    for column in numbers.T:
        # Codes stay below the number of rows, so that the next product stays far below 2^63.
        code = np.unique(code * (column.max(initial=0) + 2) + column + 1, return_inverse=True)[1]
    _, first, record, rows = np.unique(
        code, return_index=True, return_inverse=True, return_counts=True
    )
    return record, first, rows


def _join(
    records: Integers, group: Integers, column: int, stronger: Sequence[int]
) -> tuple[Integers, Integers]:
    """Return the groups after one kind has joined some, and the identifiers that did."""
    number = records[:, column]
    carries = np.flatnonzero(number >= 0)
    size = int(number.max(initial=NONE)) + 1
    anchored = np.zeros(len(group), dtype=np.bool_)
    anchored[group[(records[:, list(stronger)] >= 0).any(axis=1)]] = True
    identifier, carrier, _ = _pairs(number[carries], group[carries])
    anchors = np.bincount(identifier[anchored[carrier]], minlength=size)
    joins = np.bincount(number[carries], minlength=size) <= MOST_RECORDS
    joins &= (anchors <= 1) & (np.bincount(identifier, minlength=size) > 1)
    leader = np.full(size, len(group), dtype=np.int64)
    np.minimum.at(leader, identifier, carrier)
    held = anchored[carrier]
    leader[identifier[held]] = carrier[held]
    # What is not anchored is one record and carries one identifier of the kind: it has one leader.
    moves = joins[identifier] & ~held
    moved = np.arange(len(group), dtype=np.int64)
    moved[carrier[moves]] = leader[identifier[moves]]
    return moved[group], np.flatnonzero(joins)


def _pairs(one: Integers, other: Integers) -> tuple[Integers, Integers, Integers]:
    """Return the distinct pairs of two columns, in order, and which pair each row has."""
    size = int(other.max(initial=0)) + 1
    code, pair = np.unique(one * size + other, return_inverse=True)
    return code // size, code % size, pair


def _in_order(group: Integers, first: Integers) -> Integers:
    """Number groups in the order of their first rows."""
    row = np.full(len(group), np.iinfo(np.int64).max)
    np.minimum.at(row, group, first)
    place = np.empty_like(row)
    place[np.argsort(row, kind="stable")] = np.arange(len(row))
    return place[group]


def _keep(
    number: Integers, group: Integers, rows: Integers, rank: Integers
) -> tuple[Integers, npt.NDArray[np.bool_], int]:
    """Return what each person keeps of a kind, what several carry, and how much is to spare."""
    carries = np.flatnonzero(number >= 0)
    person, identifier, pair = _pairs(group[carries], number[carries])
    weight = np.bincount(pair, weights=rows[carries], minlength=len(person))
    dropped = np.bincount(identifier, minlength=len(rank)) > 1
    own = ~dropped[identifier]
    person, identifier, weight = person[own], identifier[own], weight[own]
    best = np.lexsort((rank[identifier], -weight, person))
    found, place = np.unique(person[best], return_index=True)
    kept = np.full(len(np.unique(group)), NONE, dtype=np.int64)
    kept[found] = identifier[best[place]]
    return kept, dropped, len(person) - len(found)
