"""Journeys for the attribution templates: the page's five people, random ones, and the truth."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from tests.cleanroom.queries.credit.oracle import Definition, Touch, credit, place
from tests.cleanroom.queries.credit.test_attribution_rules_page import instant, table
from tests.cleanroom.queries.harness import Data, Measure, events

START = instant("2026-06-01T00:00:00Z") // 10**6
END = instant("2026-07-01T00:00:00Z") // 10**6
TIMES = {"start": START, "end": END}


def five_people() -> tuple[Data, Data]:
    """Return the conversions and the touches of the reference page."""
    made, met = (
        table("person", "conversion", "value"),
        table("person", "touch", "action", "campaign"),
    )
    conversions = events(
        [row[0] for row in made],
        [instant(row[1]) // 10**6 for row in made],
        measures={"value": Measure([100 * int(row[2]) for row in made], 5000, decimals=2)},
    )
    touches = events(
        [row[0] for row in met],
        [instant(row[1]) // 10**6 for row in met],
        [int(row[2] == "click") for row in met],
        {"campaign": [row[3] for row in met]},
    )
    return conversions, touches


@dataclass(frozen=True)
class Journeys:
    """Random people in 100 seconds from START: (person, second, action, campaign) and orders."""

    touches: list[tuple[str, int, int, str]]
    orders: list[tuple[str, int, int]]
    ticks: int = 100

    @classmethod
    def draw(cls, seed: int, people: int = 12, campaigns: str = "ABC") -> Journeys:
        drawn = random.Random(seed)
        touches, orders = [], []
        for number in range(people):
            name = f"p{number}"
            # Few instants, so that touches and orders often share one.
            instants = [drawn.randrange(-20, 100) for _ in range(4)]
            touches += [
                (name, drawn.choice(instants), drawn.randrange(2), drawn.choice(campaigns))
                for _ in range(drawn.randrange(6))
            ]
            near = [i + shift for i in instants for shift in (0, 1, 9, 10, 11, 20)]
            orders += [
                (name, drawn.choice(near), drawn.randrange(1, 400))
                for _ in range(drawn.randrange(4))
            ]
        orders = [row for row in orders if 0 <= row[1] < 100]
        return cls(touches, orders)

    def data(self) -> tuple[Data, Data]:
        """Return both files; neither side knows the other's people."""
        brand = events(
            [name for name, _, _ in self.orders],
            [START + second for _, second, _ in self.orders],
            measures={"value": Measure([value for *_, value in self.orders], 400)},
        )
        platform = events(
            [name for name, *_ in self.touches],
            [START + second for _, second, _, _ in self.touches],
            [action for _, _, action, _ in self.touches],
            {"campaign": [campaign for *_, campaign in self.touches]},
        )
        return brand, platform

    def asked(self, **parameters: Any) -> dict[str, Any]:
        return {"start": START, "end": START + self.ticks, "measures": ["value"], **parameters}

    def truth(
        self, definition: Definition, one: bool = False
    ) -> tuple[dict[int, Fraction], dict[int, Fraction]]:
        """Return conversions and value per key by definition, one conversion at a time."""
        met = defaultdict(list)
        names = sorted({campaign for *_, campaign in self.touches})
        for name, second, action, campaign in self.touches:
            # Touches alike in second, action and campaign give credit alike: no digest needed.
            met[name].append(Touch(second, ("view", "click")[action], names.index(campaign), 0))
        counts: dict[int, Fraction] = defaultdict(Fraction)
        values: dict[int, Fraction] = defaultdict(Fraction)
        seen: set[str] = set()
        for name, second, value in sorted(self.orders, key=lambda row: row[1]):
            if one and name in seen:
                continue
            seen.add(name)
            for key, part in credit(definition, sorted(met[name], key=place), second).items():
                counts[key] += part
                values[key] += part * value
        return dict(counts), dict(values)
