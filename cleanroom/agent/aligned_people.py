"""Bring the people of a party's datasets together for an alignment, of one dataset in blocks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from cleanroom.agent.datasets import LocalDataset
from cleanroom.agent.tables import count_people, people_in_blocks
from cleanroom.agent.vault import Blocks
from protocols.sha256 import sha256_many
from protocols.strings import PackedStrings

Bytes = npt.NDArray[np.uint8]

AT_ONCE = 1 << 18
"""People of several datasets that are given at a time."""

Places = dict[str, npt.NDArray[np.int64] | slice]
"""Where each dataset's people are among the distinct people of all."""


def join_people(datasets: list[LocalDataset]) -> tuple[PackedStrings, Places]:
    """Collect the distinct identifiers of datasets, in order of first occurrence.

    Two are the same if 128 bits of their SHA-256 are: for 10^8 people two that differ are taken
    for one with probability below 2^-75.
    """
    names = [dataset.manifest.identity() for dataset in datasets]
    if len(datasets) == 1:
        return datasets[0].people(), {names[0]: slice(None)}
    tables = [dataset.people() for dataset in datasets]
    digests = np.concatenate([sha256_many(people)[:, :16] for people in tables])
    words = np.ascontiguousarray(digests).view(np.uint64)
    order = np.lexsort(words.T)  # stable: of equal ones the first stands first
    is_new = np.ones(len(order), dtype=np.bool_)
    is_new[1:] = (words[order[1:]] != words[order[:-1]]).any(axis=1)
    first = np.empty_like(order)
    first[order] = order[np.flatnonzero(is_new)][np.cumsum(is_new) - 1]
    distinct = np.sort(order[is_new])
    ends = np.cumsum([len(people) for people in tables])[:-1]
    places = np.split(np.searchsorted(distinct, first), ends)
    return PackedStrings.join(tables).take(distinct), dict(zip(names, places, strict=True))


class Entrants:
    """Hold the distinct people of datasets: one dataset's are read when they are asked for.

    Those of several are brought together in memory.
    """

    def __init__(self, datasets: list[LocalDataset]) -> None:
        self._dataset = datasets[0]
        self._joined: PackedStrings | None = None
        self._places: Places = {datasets[0].manifest.identity(): slice(None)}
        self._place = datasets[0].room.home.vault, datasets[0].folder / "table"
        self._count = count_people(*self._place)
        if len(datasets) > 1:
            self._joined, self._places = join_people(datasets)
            self._count = len(self._joined)

    def __len__(self) -> int:
        return self._count

    def whole(self) -> PackedStrings:
        """Return all of them, once: whoever is given them forgets them as soon as it can."""
        joined, self._joined = self._joined, None
        return self._dataset.people() if joined is None else joined

    def blocks(self) -> Iterator[PackedStrings]:
        """Yield them in blocks, in their order."""
        if self._joined is None:
            yield from people_in_blocks(*self._place)
            return
        for start in range(0, self._count, AT_ONCE):
            yield self._joined.slice(start, min(start + AT_ONCE, self._count))

    def divided(self, found: Bytes | Blocks) -> Iterator[tuple[str, Bytes | Blocks]]:
        """Yield each dataset with what was found of its people, of all in their order."""
        if len(self._places) == 1:
            yield from dict.fromkeys(self._places, found).items()
            return
        whole = np.concatenate([*found.blocks]) if isinstance(found, Blocks) else found
        for dataset, rows in self._places.items():
            yield dataset, whole[rows]
