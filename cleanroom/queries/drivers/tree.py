"""Grow a decision tree from released counts: ID3 (Quinlan 1986) on what the noise leaves certain.

Nothing here sees a person: every number is a released one, so the tree costs no privacy.

A cell (with the outcome, without it) carries the same noise everywhere.  A split is taken where
its gain is more than noise alone would give: to second order a gain is sum_j c_j Z_j^2 over the
branches' errors if the attribute tells nothing, with c_j = w_j var(p_j) times the curvature of the
impurity, and such a sum exceeds sum c + 2 sqrt(x sum c^2) + 2 x max c with a chance below exp(-x)
(Laurent and Massart 2000, Annals of Statistics 28, 1302-1338, lemma 1).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import log, log2, sqrt
from typing import Final, Literal

Split = Literal["information-gain", "gain-ratio", "gini"]
Path = tuple[tuple[int, str], ...]
"""Attribute by its place, and the label, from the root down."""

CERTAIN: Final = log(1000)
"""By noise alone a split is taken with a chance below one in a thousand."""
LIKELY: Final = log(20)
"""Intervals hold at 95 %."""
LEAST: Final = 1e-12
"""A gain below this is rounding."""
FROM_ZERO: Final = 5.0
"""A gain is told where every branch has at least so many deviations of people of either kind."""


@dataclass(frozen=True)
class Counts:
    """People with the outcome and without it; ``variance`` is that of the noise in each."""

    met: float
    unmet: float
    variance: float = 0.0

    @property
    def people(self) -> float:
        """Return everybody."""
        return self.met + self.unmet


@dataclass(frozen=True)
class Gain:
    """What an attribute tells about the outcome among some people.

    ``value`` is the gain as released, ``noise`` what noise alone gives on average, ``floor`` what
    it hardly ever exceeds.  ``interval`` is None where the counts are too small for one.
    """

    attribute: int
    value: float
    noise: float
    floor: float
    interval: tuple[float, float] | None

    @property
    def certain(self) -> bool:
        """Tell whether it is more than noise gives."""
        return self.value > max(self.floor, LEAST)

    @property
    def order(self) -> tuple[float, int]:
        """Sort the largest first, of equals the one that was named first."""
        return (-round(self.value - self.noise, 12), self.attribute)


@dataclass(frozen=True)
class Node:
    """One group of people: how to find it, its counts, and what splits it (None for a leaf)."""

    path: Path
    counts: Counts
    split: int | None


@dataclass(frozen=True)
class Rules:
    """What a tree obeys: how deep, by which rule, and the least people of a branch of its own."""

    attributes: int
    depth: int
    split: Split
    min_leaf: int


Branches = Callable[[Path, int], tuple[Mapping[str, Counts], bool]]
"""Return the released counts below a path by label, and whether labels are held back."""


def grow(rules: Rules, root: Counts, branches: Branches) -> list[Node]:
    """Return all nodes of the tree, each before those below it."""
    nodes: list[Node] = []

    def visit(path: Path, counts: Counts) -> None:
        best = None
        if len(path) < rules.depth:
            found = [one for one in gains(rules, path, counts, branches) if one.certain]
            best = min(found, key=lambda one: one.order, default=None)
        nodes.append(Node(path, counts, best.attribute if best else None))
        if best:
            below, _ = branches(path, best.attribute)
            for label, part in shown(rules, below).items():
                visit((*path, (best.attribute, label)), part)

    visit((), root)
    return nodes


def gains(rules: Rules, path: Path, counts: Counts, branches: Branches) -> list[Gain]:
    """Return what each attribute that is not in the path tells, in the order of the attributes."""
    used = {attribute for attribute, _ in path}
    found = []
    for attribute in range(rules.attributes):
        if attribute not in used:
            below, missing = branches(path, attribute)
            parts = [*shown(rules, below).values()]
            missing = missing or len(parts) < len(below)
            found.append(gain(rules.split, attribute, parts, _rest(counts, parts, missing)))
    return found


def shown(rules: Rules, below: Mapping[str, Counts]) -> dict[str, Counts]:
    """Return the branches that are large enough to stand by themselves."""
    return {label: part for label, part in below.items() if part.people >= rules.min_leaf}


def _rest(counts: Counts, parts: Sequence[Counts], missing: bool) -> list[Counts]:
    """Return the people of a node in none of its branches; those cannot be fewer than nobody."""
    if not missing:
        return []
    met = counts.met - sum(part.met for part in parts)
    unmet = counts.unmet - sum(part.unmet for part in parts)
    variance = counts.variance + sum(part.variance for part in parts)
    rest = Counts(max(0.0, met), max(0.0, unmet), variance)
    return [rest] if rest.people > 0 else []


def gain(split: Split, attribute: int, parts: Sequence[Counts], rest: Sequence[Counts]) -> Gain:
    """Return what a partition of people tells about their outcome."""
    every = [part for part in (*parts, *rest) if part.people > 0]
    people = sum(part.people for part in every)
    if len(every) < 2 or any(min(part.met, part.unmet) < 0 for part in every):  # noqa: PLR2004
        exact = not any(part.variance for part in parts)
        return Gain(attribute, 0.0, 0.0, 0.0, (0.0, 0.0) if exact else None)
    share = sum(part.met for part in every) / people
    weights = [part.people / people for part in every]
    impurity, curvature = _impurity(split, share)
    inside = sum(w * _impurity(split, part.met / part.people)[0]
                 for w, part in zip(weights, every, strict=True))  # fmt: skip
    spread = _entropy(weights) if split == "gain-ratio" else 1.0
    errors = [
        w * curvature * _variance(part, share) / spread
        for w, part in zip(weights, every, strict=True)
    ]
    value = max(0.0, impurity - inside) / spread
    told = all(min(part.met, part.unmet) >= FROM_ZERO * sqrt(part.variance) for part in every)
    interval = _interval(value, _exceeded(errors, LIKELY)) if told else None
    return Gain(attribute, value, sum(errors), _exceeded(errors, CERTAIN), interval)


def _interval(value: float, noise: float) -> tuple[float, float]:
    """Return the interval of a gain: its root is a length, which noise moves by at most its own."""
    low, high = max(0.0, sqrt(value) - sqrt(noise)), sqrt(value) + sqrt(noise)
    return low * low, high * high


def _exceeded(errors: Sequence[float], x: float) -> float:
    """Return what a weighted sum of squared normal errors exceeds with a chance below exp(-x)."""
    root = sqrt(sum(error * error for error in errors) * x)
    return sum(errors) + 2 * root + 2 * max(errors) * x


def _variance(part: Counts, share: float) -> float:
    """Return the variance that noise gives to a branch's share of the outcome, around ``share``."""
    return part.variance * ((1 - share) ** 2 + share**2) / part.people**2


def _impurity(split: Split, share: float) -> tuple[float, float]:
    """Return how mixed people are, and half its negated second derivative by the share."""
    if split == "gini":
        return 2 * share * (1 - share), 2.0
    if not 0 < share < 1:
        return 0.0, 0.0
    return _entropy((share, 1 - share)), 1 / (2 * log(2) * share * (1 - share))


def _entropy(shares: Sequence[float]) -> float:
    """Return the entropy in bits."""
    return -sum(share * log2(share) for share in shares if share > 0)
