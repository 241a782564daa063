"""Group a person's conversions by their common ancestors: the brand's side of an attribution job.

The ancestors of a person's conversions form a trie.  Nodes that hold the same conversions lie on
one line of it and form one group: at most one of them is a row of the platform, since those do
not overlap.  A person with m conversions makes at most 2m - 1 groups.  To send each conversion
with all its ancestors instead would repeat tokens, which links a person's conversions and bounds
the time between them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cleanroom.errors import InvalidInput
from protocols.compiled import compiled
from protocols.randomness import Random

U8 = npt.NDArray[np.uint8]
I64 = npt.NDArray[np.int64]
U64 = npt.NDArray[np.uint64]
Bools = npt.NDArray[np.bool_]

MAXIMUM_CONVERSIONS = 1000
"""Most conversions per person that a job may ask for: the noise grows with it."""

MAXIMUM_CAP = 1 << 53
"""Keeps the magnitudes of one person's conversions, 1000 at most, below 2^63."""


@dataclass(frozen=True)
class Conversions:
    """Hold one row per conversion: person, tick, its measures, and what breaks ties.

    ``values`` are scaled integers of shape (rows, measures), ``order`` the digest of the row.
    """

    person: I64
    tick: I64
    values: I64
    order: U64

    def __post_init__(self) -> None:
        if self.values.ndim != 2:
            raise ValueError("the measures need two dimensions: rows, measures")
        if any(len(column) != len(self.person) for column in (self.tick, self.values, self.order)):
            raise ValueError("the columns of the conversions differ in length")

    def __len__(self) -> int:
        return len(self.person)

    def take(self, rows: npt.NDArray[np.intp] | Bools) -> Conversions:
        """Return the named rows."""
        return Conversions(self.person[rows], self.tick[rows], self.values[rows], self.order[rows])


@dataclass(frozen=True)
class Bounded:
    """Hold what is left of the conversions, by (person, tick, digest), and what was cut.

    ``dropped`` conversions exceeded the number per person; ``clamped`` ones had a measure cut to
    what was left of their person's cap.  Both are for the owner's eyes.
    """

    conversions: Conversions
    dropped: int
    clamped: int


def bound(conversions: Conversions, most: int, caps: I64 | None = None) -> Bounded:
    """Keep the first ``most`` conversions of every person, then cap each person's values.

    ``caps`` has one number per measure, in its scaled units: in order of time, a value is cut to
    what its person's cap still leaves, counting magnitudes, so that a refund does not make room.
    One person therefore changes any set of sums by at most its cap.
    """
    if not 1 <= most <= MAXIMUM_CONVERSIONS:
        raise InvalidInput(f"max_conversions must be 1 to {MAXIMUM_CONVERSIONS}")
    order = np.lexsort((conversions.order, conversions.tick, conversions.person))
    by_time = conversions.take(order)
    starts = _starts(by_time.person)
    rank = np.arange(len(by_time)) - np.repeat(starts, np.diff(np.append(starts, len(by_time))))
    kept = by_time.take(rank < most)
    dropped = len(conversions) - len(kept)
    if caps is None:
        return Bounded(kept, dropped, 0)
    values = _capped(kept, _checked_caps(caps, kept.values.shape[1]))
    clamped = int((values != kept.values).any(axis=1).sum())
    return Bounded(Conversions(kept.person, kept.tick, values, kept.order), dropped, clamped)


def _checked_caps(caps: I64, measures: int) -> I64:
    caps = np.asarray(caps, dtype=np.int64)
    if caps.shape != (measures,) or (caps < 0).any() or (caps > MAXIMUM_CAP).any():
        raise InvalidInput("every measure needs one cap per person, from 0 to 2^53 units")
    return caps


def _capped(kept: Conversions, caps: I64) -> I64:
    """Cut each value to what is left of the cap, in order."""
    size = np.minimum(np.abs(kept.values), caps)
    starts = _starts(kept.person)
    lengths = np.diff(np.append(starts, len(kept)))
    running = np.cumsum(size, axis=0)
    before = running - size
    spent = before - np.repeat(before[starts], lengths, axis=0)
    left: I64 = np.clip(caps - spent, 0, size)
    return np.sign(kept.values) * left


def _starts(person: I64) -> npt.NDArray[np.intp]:
    """Return the first row of every person."""
    if not len(person):
        return np.empty(0, dtype=np.intp)
    return np.flatnonzero(np.concatenate([[True], person[1:] != person[:-1]]))


@dataclass(frozen=True)
class Groups:
    """Hold one row per group: ``length`` nodes from (``level``, ``index``) towards the root.

    The k-th node is (level + k, index >> k).  ``count`` conversions and the sums of their
    measures, shape (groups, measures), belong to all of the group's nodes.  ``primary`` marks the
    groups that hold the one conversion of their person drawn to count the person.
    """

    person: I64
    level: U8
    index: I64
    length: U8
    count: I64
    sums: I64
    primary: Bools
    depth: int

    def __len__(self) -> int:
        return len(self.person)

    def nodes(self) -> tuple[I64, U8, I64]:
        """Return group, level and index of every node, group by group, leaf to root."""
        length = self.length.astype(np.int64)
        group = np.repeat(np.arange(len(self), dtype=np.int64), length)
        up = np.arange(len(group)) - np.repeat(np.cumsum(length) - length, length)
        return group, self.level[group] + up.astype(np.uint8), self.index[group] >> up

    def padded(self) -> tuple[U8, I64, Bools]:
        """Return levels, indices and a mask of shape (groups, depth + 1), zeros beyond the nodes.

        Every group is as wide as the longest possible line, so that its width tells nothing;
        places without a node take random tokens, and each row is shuffled before it is sent.
        """
        up = np.arange(self.depth + 1)
        mask = up[None, :] < self.length[:, None]
        level = np.where(mask, self.level[:, None] + up, 0).astype(np.uint8)
        return level, np.where(mask, self.index[:, None] >> up, 0), mask


def conversion_groups(conversions: Conversions, depth: int, random: Random) -> Groups:
    """Return the groups of every person, by person; shuffle them before they are sent.

    Takes the conversions of a ``Bounded``.  ``depth`` is the clock's D.  ``random`` draws the
    primary conversion of each person, uniformly (to within 2^-54).  Raise ``ValueError`` for a
    tick outside [0, 2^depth) or rows that are not by person and tick.
    """
    person, tick = conversions.person, conversions.tick
    if len(tick) and not 0 <= tick.min() <= tick.max() < 1 << depth:
        raise ValueError("a conversion lies outside the job's ticks")
    new = np.ones(len(tick), dtype=np.bool_)
    new[1:] = (person[1:] != person[:-1]) | (tick[1:] != tick[:-1])
    if (np.lexsort((tick, person)) != np.arange(len(tick))).any():
        raise ValueError("the conversions are not by person and tick")
    leaves = np.flatnonzero(new)
    ends = np.append(leaves[1:], len(tick)).astype(np.int64)
    out = np.empty((2 * len(leaves), 5), dtype=np.int64)
    found = out[: _trie(person[leaves], tick[leaves], depth, out)]
    first, end = leaves[found[:, 3]].astype(np.int64), ends[found[:, 4]]
    level = found[:, 0]
    return Groups(
        person=person[first],
        level=level.astype(np.uint8),
        index=tick[first] >> level,
        length=(found[:, 1] - level).astype(np.uint8),
        count=end - first,
        sums=_range_sums(conversions.values, first, end),
        primary=_holds(_draw(person, random), first, end),
        depth=depth,
    )


def _range_sums(values: I64, first: I64, end: I64) -> I64:
    """Return the sums over rows [first, end); a wrap in the running sum cancels."""
    running = np.zeros((len(values) + 1, values.shape[1]), dtype=np.int64)
    np.cumsum(values, axis=0, out=running[1:])
    return running[end] - running[first]


def _draw(person: I64, random: Random) -> Bools:
    """Mark one row of every person."""
    starts = _starts(person)
    counts = np.diff(np.append(starts, len(person)))
    drawn = np.frombuffer(random(8 * len(starts)), dtype=np.uint64)
    marked = np.zeros(len(person), dtype=np.bool_)
    marked[starts + (drawn % counts.astype(np.uint64)).astype(np.intp)] = True
    return marked


def _holds(marked: Bools, first: I64, end: I64) -> Bools:
    running = np.concatenate([[0], np.cumsum(marked)])
    return np.asarray(running[end] > running[first])


@compiled(boundscheck=False)
def _trie(person: I64, tick: I64, depth: int, out: I64) -> int:
    """Write (lowest level, level above the highest, -, first leaf, last leaf) per group.

    Leaves are the distinct ticks of a person, rising.  Two neighbours meet at the level that is
    the bit length of their difference in bits; a meeting is a branch of the trie, and its subtree
    ends at the nearest higher meetings on both sides.
    """
    count = 0
    begin = 0
    root = depth + 1
    while begin < len(person):
        end = begin + 1
        while end < len(person) and person[end] == person[begin]:
            end += 1
        for leaf in range(begin, end):
            left = _meet(tick, leaf - 1) if leaf > begin else root
            right = _meet(tick, leaf) if leaf + 1 < end else root
            out[count, 0], out[count, 1] = 0, min(left, right)
            out[count, 3], out[count, 4] = leaf, leaf
            count += 1
            if leaf + 1 == end:
                continue
            left, first = root, leaf
            while first > begin and left == root:
                if _meet(tick, first - 1) > right:
                    left = _meet(tick, first - 1)
                else:
                    first -= 1
            above, last = root, leaf + 1
            while last + 1 < end and above == root:
                if _meet(tick, last) > right:
                    above = _meet(tick, last)
                else:
                    last += 1
            out[count, 0], out[count, 1] = right, min(left, above)
            out[count, 3], out[count, 4] = first, last
            count += 1
        begin = end
    return count


@compiled(boundscheck=False, inline="always")
def _meet(tick: I64, leaf: int) -> int:
    """Return the level of the lowest common ancestor of a leaf and the next one."""
    apart = tick[leaf] ^ tick[leaf + 1]
    level = 0
    while apart:
        apart >>= 1
        level += 1
    return level
