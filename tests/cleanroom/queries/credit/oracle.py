"""Attribution straight from its definitions: one conversion at a time, exact fractions, no pieces.

Shares no code with the package, so that a mistake there is not a mistake here.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from fractions import Fraction


@dataclass(frozen=True)
class Touch:
    tick: int
    action: str
    campaign: int
    digest: int


@dataclass(frozen=True)
class Definition:
    """A rule in ticks, as the reference pages write it."""

    model: str
    click_window: int
    view_window: int
    strict: bool = False
    half_life: float = 1.0
    weights: tuple[float, ...] = (40, 20, 40)
    credits: tuple[float, ...] = ()
    by_action: bool = False
    channels: int = 4
    campaigns: int = 5
    ticks: int = 1 << 40

    def qualifies(self, touch: Touch, conversion: int) -> bool:
        window = self.click_window if touch.action == "click" else self.view_window
        age = conversion - touch.tick
        return age > 0 and (age < window if self.strict else age <= window)


def place(touch: Touch) -> tuple[int, bool, int, int]:
    return touch.tick, touch.action == "click", touch.campaign, touch.digest


def key_of(rule: Definition, touch: Touch) -> int:
    if rule.by_action:
        return 2 * touch.campaign + (touch.action == "click")
    return touch.campaign


def weights_of(rule: Definition, path: list[Touch], conversion: int) -> list[Fraction]:
    length = len(path)
    if rule.model == "time_decay":
        raw = [math.exp(-math.log(2) * (conversion - t.tick) / rule.half_life) for t in path]
        return [Fraction(x) / Fraction(math.fsum(raw)) for x in raw]
    if rule.model == "last_n":
        kept = [Fraction(c) for c in rule.credits[:length]]
        back = [c / sum(kept) for c in kept] + [Fraction(0)] * (length - len(kept))
        return back[::-1]
    if rule.model == "position":
        first, middle, last = (Fraction(w) for w in rule.weights)
        if length == 1:
            return [Fraction(1)]
        if length == 2:
            return [first / (first + last), last / (first + last)]
        whole = first + middle + last
        inner = middle / whole / (length - 2)
        return [first / whole, *[inner] * (length - 2), last / whole]
    return [Fraction(1, length)] * length


def credit(rule: Definition, touches: list[Touch], conversion: int) -> dict[int, Fraction]:
    """Return who gets what of one conversion; the shares add up to 1, or there are none."""
    path = sorted((t for t in touches if rule.qualifies(t, conversion)), key=place)
    if not path:
        return {}
    base = rule.campaigns + 1
    model = rule.model
    if model == "last_touch":
        return {key_of(rule, path[-1]): Fraction(1)}
    if model == "first_touch":
        return {key_of(rule, path[0]): Fraction(1)}
    if model in ("last_click", "click_then_view"):
        clicks = [t for t in path if t.action == "click"]
        if not clicks and model == "last_click":
            return {}
        return {key_of(rule, (clicks or path)[-1]): Fraction(1)}
    if model == "markov":
        read = (t for t in touches if conversion <= t.tick < rule.ticks)
        later = sorted(read, key=place)
        following = later[0].campaign if later else rule.campaigns
        return {path[-1].campaign * base + following: Fraction(1)}
    result: dict[int, Fraction] = defaultdict(Fraction)
    if model in ("linear_distinct", "shapley"):
        clicked: dict[int, bool] = defaultdict(bool)
        for touch in path:
            clicked[touch.campaign] |= touch.action == "click"
        for campaign, click in clicked.items():
            result[2 * campaign + click if rule.by_action else campaign] += Fraction(
                1, len(clicked)
            )
        return dict(result)
    if model == "sequence":
        states = [rule.campaigns, *(t.campaign for t in path)]
        for before, after in itertools.pairwise(states):
            result[before * base + after] += Fraction(1, len(path))
        return dict(result)
    if model == "channel_pairs":
        recent = list(dict.fromkeys(t.campaign for t in reversed(path)))[: rule.channels]
        pairs = itertools.combinations_with_replacement(sorted(recent), 2)
        return {a * base + b: Fraction(1) for a, b in pairs}
    for touch, share in zip(path, weights_of(rule, path, conversion), strict=True):
        result[key_of(rule, touch)] += share
    return {key: share for key, share in result.items() if share}


def ancestors(tick: int, depth: int) -> list[tuple[int, int]]:
    return [(level, tick >> level) for level in range(depth + 1)]


def common_ancestor_groups(ticks: list[int], depth: int) -> dict[tuple[int, ...], set[object]]:
    """Return {conversions: nodes that hold exactly these}."""
    holders: dict[tuple[int, int], list[int]] = defaultdict(list)
    for row, tick in enumerate(ticks):
        for node in ancestors(tick, depth):
            holders[node].append(row)
    groups: dict[tuple[int, ...], set[object]] = defaultdict(set)
    for node, rows in holders.items():
        groups[tuple(rows)].add(node)
    return dict(groups)


@dataclass
class Mediator:
    """Match plaintext stand-ins by equality and nothing else: tokens are tuples."""

    counts: Counter[int] = field(default_factory=Counter)
    values: Counter[int] = field(default_factory=Counter)
    flagged: Counter[int] = field(default_factory=Counter)

    def match(
        self,
        platform: dict[object, int],
        brand: list[tuple[list[object], int, int, bool]],
    ) -> None:
        used: set[object] = set()
        seen: set[object] = set()
        for tokens, count, value, primary in brand:
            assert seen.isdisjoint(tokens), "a token of the brand repeats"
            seen.update(tokens)
            assert len(set(tokens)) == len(tokens)
            matched = [token for token in tokens if token in platform]
            assert len(matched) <= 1, "two tokens of one group match"
            for token in matched:
                assert token not in used, "a platform token is used twice"
                used.add(token)
                self.counts[platform[token]] += count
                self.values[platform[token]] += value
                self.flagged[platform[token]] += primary
