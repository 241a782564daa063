"""Find whose the rows of a file are, by one identifier or by several, and what to say of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cleanroom.ingest.identifiers import messages, packed
from cleanroom.ingest.identifiers.names import kind_of
from cleanroom.ingest.identity import NONE, RULES, Identities, identify
from cleanroom.ingest.masking import masked
from cleanroom.ingest.people import Integers, Named, People
from cleanroom.ingest.report import Concern, Found, Identity, KindOfIdentifier
from cleanroom.ingest.tally import Tally
from cleanroom.ingest.texts import Aside, Texts
from protocols.deferred import Deferred
from protocols.strings import PackedStrings

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc

    from cleanroom.ingest.spec import DatasetSpec
else:
    pa = Deferred("pyarrow")
    pc = Deferred("pyarrow.compute")

_CROWD = 4
"""Identifiers of another kind that no person has, but who changed it often, from so many on."""


@dataclass(frozen=True)
class Examples:
    """Name an identifier that stands for others, and the first rows of two that carry it."""

    sample: str | None = None
    rows: tuple[int, ...] = ()


@dataclass(frozen=True)
class Identified:
    """Hold the distinct identifiers of each kind, and the people that they make.

    ``identities`` is None where there is one kind: every identifier is a person then.
    """

    kinds: tuple[Named, ...]
    people: People
    identities: Identities | None

    @classmethod
    def find(cls, spec: DatasetSpec, columns: Sequence[list[pa.Array] | Texts]) -> Identified:
        """Return the people of normalised columns that came in batches."""
        kinds = tuple(Named.find(batches) for batches in columns)
        if len(kinds) == 1:
            return cls(kinds, kinds[0], None)
        identities = identify(
            np.column_stack([kind.person for kind in kinds]),
            [kind_of(profile) for profile in spec.profiles],
            [_ranks(kind.values) for kind in kinds],
        )
        return cls(kinds, identities.people, identities)

    @property
    def joined(self) -> bool:
        """Tell whether rows became one person's that have not all identifiers in common."""
        joined = self.identities.joined if self.identities else ()
        return any(count for _, count in joined)

    def columns(self, spec: DatasetSpec) -> dict[str, Any]:
        """Return the fields of a table that say who the people are."""
        if self.identities is None:
            (one,), (profile,) = self.kinds, spec.profiles
            if isinstance(one.values, Texts):
                return {"people": Aside(one.values, profile), "values": Aside(one.values)}
            return {"people": messages(profile, one.values), "values": packed(one.values)}
        people, values, places, start = [], [], [], 0
        for kind, profile, kept in zip(
            self.kinds, spec.profiles, self.identities.kept.T, strict=True
        ):
            used = np.unique(kept[kept >= 0])
            place = np.full(len(kind.values) + 1, NONE, dtype=np.int64)  # the last is for NONE
            place[used] = start + np.arange(len(used))
            start += len(used)
            places.append(place[kept])
            chosen = kind.values.take(pa.array(used))
            people.append(messages(profile, chosen))
            values.append(packed(chosen))
        return {
            "people": PackedStrings.join(people),
            "values": PackedStrings.join(values),
            "identifiers": np.column_stack(places),
        }

    def examples(self) -> list[tuple[Examples, Examples]]:
        """Return, kind by kind, an identifier that joined rows and one that several people carry.

        Rows are among the usable ones; none are named where people have one identifier.
        """
        if self.identities is None:
            return []
        found = []
        for kind, (joined, _), dropped in zip(
            self.kinds, self.identities.joined, self.identities.dropped, strict=True
        ):
            several = np.flatnonzero(dropped)
            found.append(
                (
                    _example(kind, joined, self.identities.record),
                    _example(kind, several, self.identities.people.person),
                )
            )
        return found

    def report(
        self, spec: DatasetSpec, cells: list[Tally], places: Mapping[int, int], index: Integers
    ) -> Identity | None:
        """Sum up what several identifiers made of the rows; None where people have one.

        ``cells`` are what could not be used of each kind, ``index`` the row of the file of each
        usable row and ``places`` where rows of the file stand.
        """
        if self.identities is None:
            return None
        kinds = []
        for number, (one, examples) in enumerate(zip(spec.ids, self.examples(), strict=True)):
            shown = [
                (each.sample, tuple(places[int(index[row])] for row in each.rows))
                for each in examples
            ]
            kinds.append(
                KindOfIdentifier(
                    column=one.column,
                    profile=one.profile,
                    rows=int(np.count_nonzero(self.kinds[number].person >= 0)),
                    people=int(np.count_nonzero(self.identities.kept[:, number] >= 0)),
                    faults=cells[number].faults(dict(places)),
                    joined=Found(self.identities.joined[number][1], *shown[0]),
                    dropped=Found(int(self.identities.dropped[number].sum()), *shown[1]),
                    spare=self.identities.spare[number],
                )
            )
        return Identity(RULES, tuple(kinds))

    def crowds(self, spec: DatasetSpec) -> Iterator[tuple[Concern, int]]:
        """Yield the kinds of which an identifier makes one person of many, with a usable row.

        It is no person's own who has as many of another kind: a clerk typed it for customers.
        """
        for place, (joined, _) in enumerate(self.identities.joined if self.identities else ()):
            kind, crowd = self.kinds[place], np.zeros(self.kinds[place].count + 1, dtype=np.bool_)
            crowd[joined] = True  # the last is for nobody
            rows = np.flatnonzero(crowd[kind.person])
            crowd[:] = False
            for other in (*self.kinds[:place], *self.kinds[place + 1 :]):
                both = rows[other.person[rows] >= 0]
                pairs = np.unique(kind.person[both] * other.count + other.person[both])
                of = pairs // max(other.count, 1)
                crowd |= np.bincount(of, minlength=len(crowd)) >= _CROWD
            rows = rows[crowd[kind.person[rows]]]
            if len(rows):
                told = masked(kind.values[int(kind.person[rows[0]])].as_py())
                column = spec.ids[place].column
                yield (
                    Concern("joins-many", column, len(rows), len(kind.person), told),
                    int(rows[0]),
                )

    def rows_of_examples(self, index: Integers) -> Iterator[int]:
        """Yield the rows of the file that the report names."""
        for examples in self.examples():
            for each in examples:
                yield from (int(index[row]) for row in each.rows)


def _ranks(values: pa.Array) -> npt.NDArray[np.int64]:
    """Return where each value stands among all of them in UTF-8."""
    ranks = np.empty(len(values), dtype=np.int64)
    ranks[pc.array_sort_indices(values).to_numpy()] = np.arange(len(values))
    return ranks


def _example(kind: Named, identifiers: Integers, of: Integers) -> Examples:
    """Return the first of some identifiers, with its first rows in two different ones of ``of``."""
    if not len(identifiers):
        return Examples()
    rows = np.flatnonzero(kind.person == identifiers[0])
    _, first = np.unique(of[rows], return_index=True)
    text = masked(kind.values[int(identifiers[0])].as_py())
    return Examples(text, tuple(rows[np.sort(first)[:2]].tolist()))
