"""Compare every signed head that somebody holds with the tree at its size."""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from cleanroom.audit.entries import Seen
from cleanroom.errors import AuditFailure
from protocols import merkle
from protocols.checkpoint import Checkpoint

RUNS_IN_MEMORY: Final = 16
"""Runs of leaves at whose sizes the root is found at once; older heads wait for a second pass."""

WORTH_A_BATCH: Final = 256
"""Leaves from which hashing all at once is faster than one by one."""

Hashes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class _Run:
    """Leaves that were added together, and the tree before them."""

    start: int
    nodes: tuple[bytes, ...]
    hashes: Hashes

    def covers(self, size: int) -> bool:
        return self.start <= size <= self.start + len(self.hashes)

    def roots(self, sizes: Iterable[int]) -> Iterator[tuple[int, bytes]]:
        """Yield the roots at sizes within this run, given in ascending order."""
        frontier = merkle.Frontier(self.start, self.nodes)
        for size in sizes:
            extend(frontier, self.hashes[frontier.size - self.start : size - self.start])
            yield size, frontier.root()


def extend(frontier: merkle.Frontier, leaves: Hashes) -> None:
    """Add leaves the faster way."""
    if len(leaves) >= WORTH_A_BATCH:
        frontier.extend(leaves)
    else:
        for leaf in leaves:
            frontier.append(leaf.tobytes())


class Heads:
    """Grow the tree and know its root at the sizes of interest.

    ``wanted`` are sizes whose root is kept in ``roots``.  ``latest`` is the size that each member
    vouched for last, ``good`` the largest size so far at which a signed head agrees with the tree.
    """

    def __init__(self, wanted: Iterable[int]) -> None:
        self.roots: dict[int, bytes] = {0: merkle.EMPTY_ROOT}
        self.latest: dict[str, int] = {}
        self.good = 0
        self.frontier = merkle.Frontier()
        self._wanted = set(wanted)
        self._near: dict[int, bytes] = {}
        self._runs: deque[_Run] = deque(maxlen=RUNS_IN_MEMORY)
        self._late = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._late.execute("CREATE TABLE late (size INTEGER, root BLOB, whose TEXT)")

    def grow(self, hashes: Hashes, vouched: Iterable[int]) -> None:
        """Add a run of leaves, whose entries vouch for heads of these sizes."""
        start, stop = self.frontier.size, self.frontier.size + len(hashes)
        inside = {size for size in self._wanted if start < size <= stop}
        near = sorted({*vouched} | inside)
        self._near = {}
        for one in self._runs:
            self._near |= one.roots([size for size in near if one.covers(size)])
        self._runs.append(_Run(start, tuple(self.frontier.nodes), hashes))
        for size in near:
            if start < size <= stop:
                extend(self.frontier, hashes[self.frontier.size - start : size - start])
                self._near[size] = self.frontier.root()
        extend(self.frontier, hashes[self.frontier.size - start :])
        self.roots |= {size: self._near[size] for size in inside}

    def cosigned(self, entry: Seen) -> None:
        """Check the head that a member vouches for, now or in ``compare_late``."""
        head, whose = entry.head, f"{entry.actor} vouched in entry {entry.number}"
        if head is None:
            return
        if head.size in self._near:
            self._compare(head.size, head.root, self._near[head.size], whose)
        else:
            self._late.execute("INSERT INTO late VALUES (?, ?, ?)", (head.size, head.root, whose))
        self.latest[entry.actor] = head.size

    def compare(self, head: Checkpoint, whose: str) -> None:
        """Raise ``AuditFailure`` unless a head of a wanted size is that of this log."""
        self._compare(head.size, head.root, self.roots[head.size], whose)

    def compare_late(self, runs: Iterable[Hashes]) -> None:
        """Check the heads that were long past when they were vouched for, from all leaves again.

        Raises ``AuditFailure`` also if the leaves are not those of the first pass: a file may
        change while it is read.
        """
        waiting = self._late.execute("SELECT size, root, whose FROM late ORDER BY size, rowid")
        late = waiting.fetchone()
        if late is None:
            return
        frontier = merkle.Frontier()
        for hashes in runs:
            start, stop = frontier.size, frontier.size + len(hashes)
            while late and late[0] <= stop:
                extend(frontier, hashes[frontier.size - start : late[0] - start])
                self._compare(late[0], late[1], frontier.root(), late[2])
                late = waiting.fetchone()
            extend(frontier, hashes[frontier.size - start :])
        if frontier.size != self.frontier.size or frontier.root() != self.frontier.root():
            raise AuditFailure("The entries changed while they were read.")

    def _compare(self, size: int, signed: bytes, root: bytes, whose: str) -> None:
        if root != signed:
            known = f"entries {self.good} to {size - 1}"
            raise AuditFailure(
                f"{whose} for a different log of {size} entries: one of {known} was changed, or"
                " two logs were shown."
            )
        self.good = max(self.good, size)
