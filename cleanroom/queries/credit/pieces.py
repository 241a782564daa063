"""Cut a person's time into pieces of equal credit: the platform's side of an attribution job.

Between two breakpoints the set of qualifying touches does not change, and with it neither does
the credit of a conversion.  A piece becomes a few nodes of the dyadic tree over the ticks, a node
one row; no row tells its piece, its length or its rank.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cleanroom.errors import InvalidInput
from cleanroom.queries.credit.rules import WINNER_MODELS, Model, Rule
from cleanroom.queries.credit.shares import label_pieces, refill, sweep
from cleanroom.queries.credit.ticks import Clock
from cleanroom.queries.credit.vectors import CreditVectors, canonical, key_space
from protocols import limits
from protocols.dyadic import covers

U8 = npt.NDArray[np.uint8]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
U64 = npt.NDArray[np.uint64]
F64 = npt.NDArray[np.float64]

Dither = Callable[[I64, I64], U64]
"""Return 64 pseudorandom bits per (person, first tick of a piece), keyed by T and the job."""

_BLOCK = 1 << 18
"""Touches that are worked on at a time; a person is never split."""


@dataclass(frozen=True)
class Touches:
    """Hold one row per touch: person, tick, action, campaign code, and what breaks ties.

    ``person`` is a row of the secrets, ``campaign`` a code below ``campaigns`` given in the order
    of the campaigns' names (not of the file), ``order`` the digest of the row.
    """

    person: I64
    tick: I64
    action: U8
    campaign: I64
    order: U64
    campaigns: int

    def __post_init__(self) -> None:
        columns = (self.tick, self.action, self.campaign, self.order)
        if any(len(column) != len(self.person) for column in columns):
            raise ValueError("the columns of the touches differ in length")
        if len(self) and not 0 <= self.campaign.min() <= self.campaign.max() < self.campaigns:
            raise ValueError("a campaign code lies outside the domain")
        if len(self) and self.action.max() > 1:
            raise ValueError("an action is 0 for a view, 1 for a click")

    def __len__(self) -> int:
        return len(self.person)

    def take(self, rows: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> Touches:
        """Return the named rows."""
        return Touches(
            self.person[rows],
            self.tick[rows],
            self.action[rows],
            self.campaign[rows],
            self.order[rows],
            self.campaigns,
        )

    def between(self, first: int, end: int) -> Touches:
        """Return the touches in ticks ``[first, end)``."""
        return self.take((self.tick >= first) & (self.tick < end))

    def sorted_by_action(self) -> Touches:
        """Return them by (person, action, tick, campaign, digest): each action in its order."""
        keys = (self.order, self.campaign, self.tick, self.action, self.person)
        return self.take(np.lexsort(keys))

    def sorted_by_time(self) -> Touches:
        """Return them by (person, tick, view before click, campaign, digest)."""
        keys = (self.order, self.campaign, self.action, self.tick, self.person)
        return self.take(np.lexsort(keys))


@dataclass(frozen=True)
class Pieces:
    """Hold one row per piece of a person's ticks: ``[low, high)`` and the label of its credit."""

    person: I64
    low: I64
    high: I64
    label: I32
    vectors: CreditVectors

    def __len__(self) -> int:
        return len(self.person)

    def take(self, rows: slice | npt.NDArray[np.bool_]) -> Pieces:
        """Return the named pieces; the vectors stay whole."""
        return Pieces(
            self.person[rows], self.low[rows], self.high[rows], self.label[rows], self.vectors
        )


@dataclass(frozen=True)
class Nodes:
    """Hold one row per dyadic node: ticks ``[index << level, (index + 1) << level)``."""

    person: I64
    level: U8
    index: I64
    label: I32
    vectors: CreditVectors

    def __len__(self) -> int:
        return len(self.person)


def platform_pieces(
    touches: Touches,
    rule: Rule,
    clock: Clock,
    dither: Dither | None = None,
    most_vectors: int = limits.MAXIMUM_CELLS,
) -> Pieces:
    """Return the pieces of every person, by person and tick, equal neighbours merged.

    ``dither`` may be left out for rules whose winner takes all.  The first tick of a piece names
    the set of touches that qualify in it, so u is a function of T, the job and that set.  Raise
    ``InvalidInput`` if the rule makes more than ``most_vectors`` credit vectors (every one costs
    a re-randomisation; the ``sampled`` profile has one per campaign).
    """
    reach = _reach(rule, clock)
    kept = touches.between(-int(reach.max()), clock.ticks).sorted_by_action()
    labeller = _Labeller(rule, clock, touches.campaigns, dither, most_vectors)
    parts = [labeller.pieces(block, reach) for block in _blocks(kept)]
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)] if parts else None
    vectors, renumber = labeller.vectors()
    if columns is None:
        none = np.empty(0, dtype=np.int64)
        return Pieces(none, none, none, none.astype(np.int32), vectors)
    person, low, high, label = columns
    return Pieces(person, low, high, renumber[label], vectors)


def platform_nodes(
    touches: Touches,
    rule: Rule,
    clock: Clock,
    dither: Dither | None = None,
    most_vectors: int = limits.MAXIMUM_CELLS,
) -> Nodes:
    """Return the rows that the platform turns into tokens, in no useful order: shuffle them.

    All at once; for bounded memory take slices of ``platform_pieces`` through ``cover_pieces``.
    """
    return cover_pieces(platform_pieces(touches, rule, clock, dither, most_vectors))


def cover_pieces(pieces: Pieces) -> Nodes:
    """Cover every piece by maximal dyadic nodes."""
    row, level, index = covers(pieces.low, pieces.high)
    return Nodes(
        pieces.person[row],
        level.astype(np.uint8, copy=False),
        index.astype(np.int64, copy=False),
        pieces.label[row],
        pieces.vectors,
    )


def _reach(rule: Rule, clock: Clock) -> I64:
    """Return the reach in ticks of views, then of clicks."""
    windows = (rule.view_window, rule.click_window)
    return np.array([clock.reach(window, rule.strict) for window in windows], dtype=np.int64)


def _blocks(touches: Touches) -> Iterator[Touches]:
    """Yield the touches of whole people, about ``_BLOCK`` at a time."""
    begin = 0
    while begin < len(touches):
        person = touches.person[min(begin + _BLOCK, len(touches)) - 1]
        end = int(np.searchsorted(touches.person, person, side="right"))
        yield touches.take(np.arange(begin, end))
        begin = end


def _parameters(rule: Rule, clock: Clock) -> F64:
    """Return the numbers of a rule as its loop expects them."""
    if rule.model is Model.TIME_DECAY:
        return np.array([(rule.half_life or 0) / clock.resolution])
    if rule.model is Model.POSITION:
        return np.array(rule.weights, dtype=np.float64)
    if rule.model is Model.LAST_N:
        return np.array(rule.credits, dtype=np.float64)
    return np.array([float(rule.channels)])


class _Labeller:
    """Give every distinct credit vector a number, block after block."""

    def __init__(
        self, rule: Rule, clock: Clock, campaigns: int, dither: Dither | None, most: int
    ) -> None:
        self._rule, self._clock, self._campaigns, self._most = rule, clock, campaigns, most
        self._winner = rule.model in WINNER_MODELS
        self._needs_dither = not self._winner and rule.model is not Model.CHANNEL_PAIRS
        if self._needs_dither and dither is None:
            raise ValueError(f"{rule.model} needs bits to round with")
        self._dither = dither
        self._parameters = _parameters(rule, clock)
        self._sums = np.zeros(key_space(rule, campaigns), dtype=np.int64)
        self._count = 0
        self._table = np.full(1 << 12, -1, dtype=np.int32)
        self._offsets = np.zeros(1 << 11, dtype=np.int64)
        self._pool = np.zeros((2, 1 << 14), dtype=np.int64)

    def pieces(self, block: Touches, reach: I64) -> tuple[I64, I64, I64, I32]:
        """Return person, low, high and label of the pieces of a sorted block."""
        starts = np.flatnonzero(np.diff(block.person, prepend=block.person[0] - 1))
        ends = np.append(starts[1:], len(block)).astype(np.int64)
        views = np.add.reduceat((block.action == 0).astype(np.int64), starts)
        middles = starts + views
        out = np.empty((2 * len(block) + len(starts), 7), dtype=np.int64)
        ticks = self._clock.ticks
        found = out[: sweep(starts, middles, ends, block.tick, reach, ticks, out)]
        people = block.person[starts]
        labels = self._label(found, people, np.stack([middles, ends], axis=1), block)
        return _merge(people[found[:, 0]], found[:, 1], found[:, 2], labels)

    def _label(self, found: I64, people: I64, ends: I64, block: Touches) -> I32:
        labels = np.empty(len(found), dtype=np.int32)
        lengths = found[:, 4] - found[:, 3] + found[:, 6] - found[:, 5]
        size = max(int(lengths.max(initial=1)), self._rule.channels**2)
        scratch = np.empty((3, size), dtype=np.int64)
        weight = np.empty(size)
        dither = self._uniform(people[found[:, 0]], found[:, 1])
        done = 0
        while done < len(found):
            done, self._count = label_pieces(
                done, self._rule.model.code, found, ends, block.tick, block.campaign,
                self._parameters, self._rule.quanta, dither, self._rule.by_action,
                self._campaigns, self._winner, scratch, weight, self._sums,
                self._table, self._offsets, self._pool, self._count, labels,
            )  # fmt: skip
            self._make_room(size, full=done < len(found))
        return labels

    def _uniform(self, people: I64, ticks: I64) -> F64:
        """Return u in [0, 1) per piece, 53 bits of it."""
        if not self._needs_dither or self._dither is None:
            return np.zeros(len(people))
        bits = self._dither(people, ticks) >> np.uint64(11)
        return bits.astype(np.float64) * 2.0**-53

    def _make_room(self, size: int, full: bool) -> None:
        if self._count > self._most:
            raise InvalidInput(
                f"{self._rule.model} shares credit in more than {self._most} ways here:"
                " use the sampled profile, fewer campaigns or shorter windows"
            )
        if not full:
            return
        self._offsets = np.append(self._offsets, np.zeros_like(self._offsets))
        room = np.zeros((2, self._pool.shape[1] + size), dtype=np.int64)
        self._pool = np.concatenate([self._pool, room], axis=1)
        self._table = np.full(2 * len(self._table), -1, dtype=np.int32)
        refill(self._table, self._offsets, self._pool, self._count)

    def vectors(self) -> tuple[CreditVectors, I32]:
        """Return all vectors in canonical order and the new number of each."""
        offsets = self._offsets[: self._count + 1]
        keys, units = self._pool[:, : offsets[-1]]
        return canonical(offsets, keys, units, self._rule.units)


def _merge(person: I64, low: I64, high: I64, label: I32) -> tuple[I64, I64, I64, I32]:
    """Drop pieces without credit, then join neighbours of equal credit."""
    kept = label >= 0
    person, low, high, label = person[kept], low[kept], high[kept], label[kept]
    if not len(person):
        return person, low, high, label
    same = (person[1:] == person[:-1]) & (low[1:] == high[:-1]) & (label[1:] == label[:-1])
    first = np.flatnonzero(np.concatenate([[True], ~same]))
    last = np.append(first[1:], len(person)) - 1
    return person[first], low[first], high[last], label[first]
