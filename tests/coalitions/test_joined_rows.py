"""A brand that receives, and puts a token of one person and one of another into each of its rows.

If a row with two matches were left out, the one person would take as many matches away as it has
rows, each of somebody whom the brand chose, and all of them from one group.  So the rows of who
receives match as often as they do, and each of the platform's rows counts by itself.
"""

from __future__ import annotations

from collections import Counter
from hashlib import sha256
from typing import Any

import numpy as np
import pytest

from cleanroom.documents.agreement import PartyRole
from cleanroom.engine.layout import SideRows
from cleanroom.engine.match import match
from cleanroom.queries.stages import STAGES
from tests.cleanroom.queries import movement
from tests.cleanroom.queries.harness import audience, events, plan_jobs
from tests.cleanroom.queries.room import sign_room
from tests.coalitions.test_ladders import ASKED, CHANNELS, MORE, STEPS

TARGET = "target"
PEOPLE = [TARGET, *(f"p{number}" for number in range(100))]
MANY = len(PEOPLE)
BRAND = audience(
    PEOPLE,
    {"step": [STEPS[0]] * MANY, "s0": ["A"] * MANY, "s1": ["P"] * MANY},
    domains={"step": STEPS, "s0": STAGES, "s1": STAGES},
)
PLATFORM = events(
    [who for who in PEOPLE for _ in CHANNELS],
    [0] * 2 * MANY,
    labels={
        "channel": CHANNELS * MANY, "step": ["click"] * 2 * MANY,
        "t0": ["none"] * 2 * MANY, "t1": ["none"] * 2 * MANY,
    },
    domains={"step": STEPS, "t0": STAGES, "t1": STAGES},
)  # fmt: skip


def side_rows(tokens: list[list[Any]], labels: list[int]) -> SideRows:
    joined = b"".join(sha256(repr(one).encode()).digest()[:16] for row in tokens for one in row)
    shaped = np.frombuffer(joined, dtype=np.uint8).reshape(len(tokens), -1, 16)
    everybody = np.ones(len(tokens), dtype=np.bool_)
    return SideRows(shaped, np.array(labels, dtype=np.int64), everybody)


def moved(name: str, receiver: PartyRole) -> tuple[float, float]:
    """Return how far the target moves what is counted, and what the noise pays for.

    ``receiver`` is who the matching takes for it.
    """
    template, parameters = ASKED[name]
    room = sign_room(template, {"brand": BRAND, "platform": PLATFORM}, (), {}, {})
    jobs = plan_jobs(room, template, parameters, "brand", None)
    table = movement.tables(jobs)["platform"]
    made = movement._made(jobs["platform"], table)
    rows = [(token, int(made.label[row])) for token, row, _ in movement._tokens(made, table)]
    own = [token for token, _ in rows if token[0] == TARGET.encode()]
    (group, _), *_ = Counter(label for _, label in rows).most_common(1)
    others = [token for token, label in rows if label == group and token not in own]
    brand = side_rows([list(both) for both in zip(own, others, strict=False)], [0] * len(own))

    def counted(kept: list[tuple[Any, int]]) -> movement.Numbers:
        platform = side_rows([[token] for token, _ in kept], [label for _, label in kept])
        found = match(brand, platform, receiver)
        return Counter(platform.cell[found.platform].tolist())

    without = [one for one in rows if one[0][0] != TARGET.encode()]
    far = movement.Movement.between(counted(rows), counted(without))
    return far.l2, jobs["brand"].plan.people_delta.l2


@pytest.mark.parametrize("name", ASKED)
def test_a_brand_that_joins_two_people_in_a_row_moves_no_more_than_with_rows_of_one(name):
    far, paid = moved(name, "brand")
    assert 1 < far <= paid * MORE[name] * (1 + 1e-12)


@pytest.mark.parametrize("name", ASKED)
def test_where_such_rows_are_left_out_one_person_empties_a_group_of_many(name):
    far, paid = moved(name, "platform")
    assert far > 2 * paid * MORE[name]
