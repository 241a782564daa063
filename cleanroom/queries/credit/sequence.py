"""Read in which order channels work, and which of them work together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Pair = tuple[str, str]


def step_rates(steps: Mapping[Pair, float]) -> dict[Pair, float]:
    """Return, per step (before, after), its part of all steps out of ``before``.

    ``steps`` is what the ``sequence`` model released; "" before a step is the start of a path.
    Counts that noise made negative count as zero; states without steps have no rates.
    """
    positive = {pair: max(number, 0.0) for pair, number in steps.items()}
    whole: dict[str, float] = {}
    for (before, _), number in positive.items():
        whole[before] = whole.get(before, 0.0) + number
    return {pair: n / whole[pair[0]] for pair, n in positive.items() if whole[pair[0]] > 0}


@dataclass(frozen=True)
class Synergy:
    """Two channels: conversions with both, what independence would give, and their ratio."""

    pair: Pair
    both: float
    expected: float
    coefficient: float


def synergies(pairs: Mapping[Pair, float], attributed: float) -> list[Synergy]:
    """Return the synergy of every pair: n_ab / (n_a n_b / n), the strongest first.

    ``pairs`` is what ``channel_pairs`` released: n_a under (a, a), n_ab under (a, b); n is the
    attributed conversions.  Above 1 the two meet more often than independent channels would
    before a conversion.  This describes who converted; it says nothing of what caused it.  Pairs
    whose expectation is not above zero are left out.
    """
    found = []
    for (a, b), both in pairs.items():
        if a == b or attributed <= 0:
            continue
        expected = pairs.get((a, a), 0.0) * pairs.get((b, b), 0.0) / attributed
        if expected > 0:
            found.append(Synergy((a, b), both, expected, both / expected))
    return sorted(found, key=lambda synergy: (-synergy.coefficient, synergy.pair))
