"""A brand that receives, and says of a person that it is at every step or stage, to count it often.

The brand's rows name its own step or stage by their tokens alone, so nobody can check that it names
one.  What bounds it is the platform: it has one row for each step or move that may come out.
"""

from __future__ import annotations

from dataclasses import replace
from math import sqrt
from typing import Any

import numpy as np
import pytest

from cleanroom.queries import media
from cleanroom.queries.stages import STAGES
from tests.cleanroom.queries import movement
from tests.cleanroom.queries.harness import ask, audience, events

PEOPLE = [f"p{number}" for number in range(4)]
STEPS = ["click", "cart", "registration", "payment"]
CHANNELS = ["feed", "search"]
ENDS = {"from": {"brand": "s0", "platform": "t0"}, "to": {"brand": "s1", "platform": "t1"}}
BRAND = audience(PEOPLE, {"step": STEPS, "s0": ["A"] * 4, "s1": ["P"] * 4},
                 domains={"s0": STAGES, "s1": STAGES})  # fmt: skip
PLATFORM = events(
    [who for who in PEOPLE for _ in CHANNELS],
    [0] * 8,
    labels={
        "channel": CHANNELS * 4, "step": ["click"] * 4 + ["payment"] * 4,
        "t0": ["none"] * 4 + ["L"] * 4, "t1": ["none"] * 4 + ["L"] * 4,
    },
    domains={"step": STEPS, "t0": STAGES, "t1": STAGES},
)  # fmt: skip
FUNNEL = {"steps": STEPS, "group_by": ["platform.channel"]}
ASKED = {
    "closed": ("funnel", FUNNEL),
    "open": ("funnel", {**FUNNEL, "count": "open"}),
    "flow": ("channel_flow", ENDS),
}
MORE = {"closed": sqrt(len(STEPS)), "open": 1.0, "flow": sqrt((len(STAGES) ** 2 + len(STAGES)) / 2)}
"""How much further than is paid for a person can be moved: once in each cell of a channel."""


def everything(made: Any, statements: int) -> Any:
    """Make every statement of every person and place, each in a row of its own."""
    people = np.unique(made.person)
    numbers = np.arange(1 + int(made.index.max()) // statements)[:, None] * statements
    numbers = (numbers + np.arange(statements)).reshape(-1)
    person = np.repeat(people, len(numbers))
    index = np.tile(numbers, len(people))
    return replace(media.unlabelled(person, np.zeros_like(index), index), facts=made.facts)


def a_row_for_each_step_of_the_brand(made: Any) -> Any:
    """Make of a closed funnel's rows those of a design in which the brand names its step alone.

    For each person and channel there is a row for each step that the brand may be at, and for none,
    labelled with the further one of the two sides' steps.
    """
    rungs = len(STEPS) + 1
    place, statement = divmod(made.index, 2 * rungs)
    own = statement < rungs
    each, rung = np.repeat(np.flatnonzero(own), rungs), np.tile(np.arange(rungs), own.sum())
    channel, step = divmod(made.label[each], len(STEPS))
    named = np.where(rung > 0, rungs + rung, 0)
    found = media.labelled(
        made.person[each],
        np.zeros_like(each),
        place[each] * 2 * rungs + named,
        channel * len(STEPS) + np.maximum(step, rung - 1),
        made.names,
    )
    return replace(found, facts=made.facts)


def moved(name: str, platform: Any = lambda made: made) -> tuple[Any, int, float]:
    """Return the job, and how far a person moves one cell, and all of them together."""
    template, parameters = ASKED[name]
    job = ask(template, parameters, BRAND, PLATFORM)
    jobs = {"brand": job.brand, "platform": job.platform}
    made_by = type(job.brand.template)
    honest = made_by.rows
    statements = {"closed": 2 * len(STEPS) + 2, "open": 2 * len(STEPS), "flow": 110}[name]

    def lying(self: Any, question: Any, data: Any) -> Any:
        made = honest(self, question, data)
        return everything(made, statements) if data.side == "brand" else platform(made)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(made_by, "rows", lying)
        known = movement.tables(jobs)
        whole = movement.released(jobs, known)
        fewer = [movement.released(jobs, each) for each in movement.without_one(known, "platform")]
    cell = max(max((whole.people - each.people).values()) for each in fewer)
    return job.brand, cell, max(whole.moved(each)[0].l2 for each in fewer)


@pytest.mark.parametrize("name", ASKED)
def test_a_brand_that_says_everything_of_a_person_counts_it_once_in_a_cell(name):
    job, cell, far = moved(name)
    assert cell == 1
    assert 1 < far <= job.plan.people_delta.l2 * MORE[name] * (1 + 1e-12)


@pytest.mark.parametrize("name", ["closed", "flow"])
def test_the_stated_limit_it_moves_more_cells_than_are_paid_for(name):
    job, _, far = moved(name)
    assert far > job.plan.people_delta.l2


def test_with_a_row_for_each_step_of_the_brand_it_counts_a_person_many_times_in_one_cell():
    """The rows that are made here count honest people rightly, and a liar's as often as it says."""
    job, cell, far = moved("closed", a_row_for_each_step_of_the_brand)
    assert cell == len(STEPS) + 1
    assert far > 2 * job.plan.people_delta.l2 * MORE["closed"]
