"""Keep the credit vectors of a job: which campaigns share a conversion, in whole parts of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cleanroom.queries.credit.rules import PATH_MODELS, Model, Rule

I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]

SEPARATOR = "\x1f"
"""Stands between the labels of a key's name: no label holds it, labels are printable."""


@dataclass(frozen=True)
class CreditVectors:
    """Map a label to its parts: key ``keys[i]`` gets ``units[i]`` of ``total``.

    Vector v is rows ``offsets[v]`` to ``offsets[v + 1]``; keys rise within a vector and vectors
    are in lexicographic order, so that numbers of labels do not depend on the order of rows.
    What a key means is in ``KeyNames``.
    """

    offsets: I64
    keys: I64
    units: I64
    total: int

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, label: int) -> dict[int, int]:
        begin, end = int(self.offsets[label]), int(self.offsets[label + 1])
        keys, units = self.keys[begin:end].tolist(), self.units[begin:end].tolist()
        return dict(zip(keys, units, strict=True))

    def __iter__(self) -> Iterator[dict[int, int]]:
        return (self[label] for label in range(len(self)))

    def encode(self, label: int) -> bytes:
        """Return the one byte string of a vector, for its pseudonym.

        A label is the pseudonym of the whole vector: a rank, or (campaign, parts), would tell
        the length of the path.
        """
        begin, end = self.offsets[label], self.offsets[label + 1]
        return np.stack([self.keys[begin:end], self.units[begin:end]]).astype(">i8").tobytes()

    def winners(self) -> I64:
        """Return the one key of every label; raise ``ValueError`` if a label shares its credit."""
        if len(self.keys) != len(self):
            raise ValueError("a credit vector names more than one key")
        return self.keys

    def terms(self) -> dict[int, tuple[I64, I64]]:
        """Return per key the labels that pay into it and their parts.

        These are the accumulators to multiply, and the exponents to raise them to.
        """
        labels = np.repeat(np.arange(len(self)), np.diff(self.offsets))
        order = np.argsort(self.keys, kind="stable")
        found, first = np.unique(self.keys[order], return_index=True)
        ends = np.append(first, len(order))[1:]
        result = {}
        for key, begin, end in zip(found.tolist(), first, ends, strict=True):
            rows = order[begin:end]
            result[key] = (labels[rows], self.units[rows])
        return result

    def combine(self, sums: I64) -> dict[int, int]:
        """Return per key the sum of parts times ``sums[label]``, in ``total``-ths, exactly."""
        return {
            key: sum(int(sums[v]) * int(n) for v, n in zip(labels, units, strict=True))
            for key, (labels, units) in self.terms().items()
        }


def canonical(offsets: I64, keys: I64, units: I64, total: int) -> tuple[CreditVectors, I32]:
    """Sort vectors lexicographically; return them and the new number of every old label."""
    pairs = list(zip(keys.tolist(), units.tolist(), strict=True))
    bounds = offsets.tolist()
    rows = [pairs[a:b] for a, b in zip(bounds, bounds[1:], strict=False)]
    order = sorted(range(len(rows)), key=rows.__getitem__)
    renumber = np.empty(len(rows), dtype=np.int32)
    renumber[order] = np.arange(len(rows), dtype=np.int32)
    flat = [pair for old in order for pair in rows[old]]
    table = np.array(flat, dtype=np.int64).reshape(-1, 2)
    lengths = np.diff(offsets)[order]
    bound = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(lengths, dtype=np.int64)])
    return CreditVectors(bound, table[:, 0].copy(), table[:, 1].copy(), total), renumber


def key_space(rule: Rule, campaigns: int) -> int:
    """Return one more than the largest key that a rule makes over that many campaigns."""
    if rule.model in PATH_MODELS:
        return (campaigns + 1) ** 2
    return 2 * campaigns if rule.by_action else campaigns


@dataclass(frozen=True)
class KeyNames:
    """Name the keys of a rule's vectors, given the campaigns in the order of their codes.

    A key is a campaign; with ``by_action`` a campaign and how it worked; for ``markov`` the last
    touch and the next one ("" for none); for ``sequence`` a step from one touch ("" for the
    start) to the next; for ``channel_pairs`` two channels, or one and itself.
    """

    rule: Rule
    campaigns: Sequence[str]

    @property
    def size(self) -> int:
        """Return one more than the largest key that can occur."""
        return key_space(self.rule, len(self.campaigns))

    def name(self, key: int) -> tuple[str, ...]:
        """Return the labels behind one key."""
        if self.rule.model in PATH_MODELS:
            first, second = divmod(key, len(self.campaigns) + 1)
            names = [*self.campaigns, ""]
            return names[first], names[second]
        if self.rule.by_action:
            return self.campaigns[key >> 1], ("view-through", "click-through")[key & 1]
        return (self.campaigns[key],)

    def possible(self) -> list[int]:
        """Return every key that can occur, rising: the declared domain of the labels."""
        count = len(self.campaigns)
        if self.rule.model is Model.MARKOV:
            return list(range(count * (count + 1)))
        if self.rule.model is Model.SEQUENCE:
            return [a * (count + 1) + b for a in range(count + 1) for b in range(count)]
        if self.rule.model is Model.CHANNEL_PAIRS:
            return [a * (count + 1) + b for a in range(count) for b in range(a, count)]
        return list(range(self.size))
