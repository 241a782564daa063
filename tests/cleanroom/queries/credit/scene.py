"""Random journeys full of boundary cases, and the whole job run on plaintext stand-ins."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

from cleanroom.queries.credit.groups import Conversions, Groups, bound, conversion_groups
from cleanroom.queries.credit.pieces import Nodes, Touches, platform_nodes
from cleanroom.queries.credit.rules import Rule
from cleanroom.queries.credit.ticks import Clock
from tests.cleanroom.queries.credit.oracle import Definition, Mediator, Touch

CAMPAIGNS = 5
ACTIONS = ("view", "click")
"""By their codes: at one tick a view comes before a click."""

Person = tuple[list[Touch], list[tuple[int, int]]]
"""Touches, and (tick, value) per conversion."""


@dataclass(frozen=True)
class Scene:
    people: list[Person]
    ticks: int
    rule: Rule

    @property
    def clock(self) -> Clock:
        return Clock(0, self.ticks, 1)

    @property
    def definition(self) -> Definition:
        rule = self.rule
        return Definition(
            rule.model.value, rule.click_window, rule.view_window, rule.strict,
            float(rule.half_life or 1), rule.weights, rule.credits, rule.by_action,
            rule.channels, CAMPAIGNS, self.ticks,
        )  # fmt: skip

    def touches(self, shuffle: int = 0) -> Touches:
        rows = [(i, t) for i, (touches, _) in enumerate(self.people) for t in touches]
        order = np.random.default_rng(shuffle).permutation(len(rows))
        rows = [rows[i] for i in order]
        return Touches(
            person=np.array([i for i, _ in rows], dtype=np.int64),
            tick=np.array([t.tick for _, t in rows], dtype=np.int64),
            action=np.array([ACTIONS.index(t.action) for _, t in rows], dtype=np.uint8),
            campaign=np.array([t.campaign for _, t in rows], dtype=np.int64),
            order=np.array([t.digest for _, t in rows], dtype=np.uint64),
            campaigns=CAMPAIGNS,
        )

    def conversions(self) -> Conversions:
        rows = [(i, t, v) for i, (_, made) in enumerate(self.people) for t, v in made]
        return Conversions(
            person=np.array([i for i, _, _ in rows], dtype=np.int64),
            tick=np.array([t for _, t, _ in rows], dtype=np.int64),
            values=np.array([[v] for _, _, v in rows], dtype=np.int64).reshape(-1, 1),
            order=np.arange(len(rows), dtype=np.uint64),
        )

    def nodes(self, shuffle: int = 0) -> Nodes:
        return platform_nodes(self.touches(shuffle), self.rule, self.clock, dither)

    def groups(self, most: int = 1000) -> Groups:
        kept = bound(self.conversions(), most).conversions
        return conversion_groups(kept, self.clock.depth, fixed_random)


def dither(people: npt.NDArray[np.int64], ticks: npt.NDArray[np.int64]) -> npt.NDArray[np.uint64]:
    """Stand in for the keyed hash of (T, job, piece)."""
    rows = zip(people.tolist(), ticks.tolist(), strict=True)
    digests = [hashlib.blake2b(b"%d|%d" % row, digest_size=8).digest() for row in rows]
    return np.frombuffer(b"".join(digests), dtype=np.uint64)


def fixed_random(size: int) -> bytes:
    return hashlib.shake_256(b"fixed").digest(size)


def platform_rows(nodes: Nodes) -> dict[object, int]:
    columns = (nodes.person.tolist(), nodes.level.tolist(), nodes.index.tolist())
    tokens = list(zip(*columns, strict=True))
    rows: dict[object, int] = dict(zip(tokens, nodes.label.tolist(), strict=True))
    assert len(rows) == len(nodes), "the platform repeats a node"
    return rows


def brand_rows(groups: Groups) -> list[tuple[list[object], int, int, bool]]:
    rows: list[tuple[list[object], int, int, bool]] = []
    for i in range(len(groups)):
        person, level, index = (
            int(groups.person[i]), int(groups.level[i]), int(groups.index[i])
        )  # fmt: skip
        tokens: list[object] = [(person, level + k, index >> k) for k in range(groups.length[i])]
        row = int(groups.count[i]), int(groups.sums[i, 0]), bool(groups.primary[i])
        rows.append((tokens, *row))
    return rows


@dataclass(frozen=True)
class Outcome:
    """What the mediator counted, per key, in parts of a conversion."""

    counts: dict[int, int]
    values: dict[int, int]
    flagged: Counter[int]
    attributed: int
    total: int


def run(scene: Scene) -> Outcome:
    nodes, groups = scene.nodes(), scene.groups()
    mediator = Mediator()
    mediator.match(platform_rows(nodes), brand_rows(groups))
    size = len(nodes.vectors)
    counts = np.array([mediator.counts[v] for v in range(size)], dtype=np.int64)
    values = np.array([mediator.values[v] for v in range(size)], dtype=np.int64)
    flagged: Counter[int] = Counter()
    for label, people in mediator.flagged.items():
        for key in nodes.vectors[label]:
            flagged[key] += people
    return Outcome(
        nodes.vectors.combine(counts), nodes.vectors.combine(values), flagged,
        int(counts.sum()), nodes.vectors.total,
    )  # fmt: skip


def as_fractions(counts: dict[int, int], total: int) -> dict[int, Fraction]:
    return {key: Fraction(n, total) for key, n in counts.items() if n}


@st.composite
def scenes(draw: st.DrawFn, rules: st.SearchStrategy[Rule]) -> Scene:
    rule = draw(rules)
    ticks = draw(st.integers(1, 200))
    widest = max(rule.click_window, rule.view_window)
    person = persons(ticks, widest, (rule.click_window, rule.view_window))
    return Scene(draw(st.lists(person, min_size=1, max_size=3)), ticks, rule)


@st.composite
def persons(draw: st.DrawFn, ticks: int, widest: int, windows: tuple[int, int]) -> Person:
    """Draw touches that share ticks and conversions at and around every boundary."""
    instants = draw(st.lists(st.integers(-widest - 3, ticks + 2), max_size=4))
    touches = [
        Touch(
            draw(st.sampled_from(instants)),
            draw(st.sampled_from(["click", "view"])),
            draw(st.integers(0, CAMPAIGNS - 1)),
            digest,
        )
        for digest in range(draw(st.integers(0, 8)) if instants else 0)
    ]
    near = {
        instant + shift
        for instant in instants
        for shift in (0, 1, *(w + d for w in windows for d in (-1, 0, 1)))
    }
    asked = sorted({0, ticks - 1} | {tick for tick in near if 0 <= tick < ticks})
    tick = st.one_of(st.sampled_from(asked), st.integers(0, ticks - 1))
    made = draw(st.lists(st.tuples(tick, st.integers(-50, 500)), max_size=6))
    return touches, made
