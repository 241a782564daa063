"""A platform that receives, and labels all places of a person alike to see it count many times.

Reach and funnels give a person of the brand several rows, honestly one in each table.  Whoever
labels them could put all into one group; where that side reads the answer too, the noise pays for
it.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from cleanroom.queries.sensitivity import tables
from tests.cleanroom.queries import movement
from tests.cleanroom.queries.harness import ask, audience, events

PEOPLE = [f"p{number}" for number in range(4)]
CAMPAIGNS = ["Hero", "Search"]
SHOWN = events(
    [who for who in PEOPLE for _ in CAMPAIGNS],
    [0] * 8,
    [0] * 8,
    labels={"campaign": CAMPAIGNS * 4},
)
BOUGHT = audience(PEOPLE, labels={"step": ["registration", "payment"] * 2})
CLICKED = events(
    [who for who in PEOPLE for _ in CAMPAIGNS],
    [0] * 8,
    labels={"campaign": CAMPAIGNS * 4, "step": ["click"] * 8},
)
STEPS = ["click", "registration", "payment"]
ASKED = {
    "reach_frequency": ({"max_frequency": 2, "max_campaigns": 2}, audience(PEOPLE), SHOWN),
    "open funnel": (
        {"steps": STEPS, "group_by": ["platform.campaign"], "count": "open"},
        BOUGHT,
        CLICKED,
    ),
}


def moved(name, receiver="platform"):
    """Return the job, and how far a person of the brand moves what a liar labels alike."""
    parameters, brand, platform = ASKED[name]
    job = ask(name.split()[-1], parameters, brand, platform, receiver=receiver)
    jobs = {"brand": job.brand, "platform": job.platform}
    template = type(job.platform.template)
    honest = template.rows

    def one_label(self, question, data):
        made = honest(self, question, data)
        return made if data.side == "brand" else replace(made, label=0 * made.label)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(template, "rows", one_label)
        known = movement.tables(jobs)
        whole = movement.released(jobs, known)
        far = [
            whole.moved(movement.released(jobs, fewer))[0].l2
            for fewer in movement.without_one(known, "brand")
        ]
    return job.platform, max(far)


@pytest.mark.parametrize("name", ASKED)
def test_a_platform_that_labels_all_places_of_a_person_alike_is_paid_for(name):
    job, far = moved(name)
    assert far > 1, "the places of one person are in one group"
    assert far <= job.plan.people_delta.l2 == job.plan.people_delta.l1


@pytest.mark.parametrize("name", ASKED)
def test_noise_for_one_cell_in_each_table_would_not_pay_for_it(name):
    job, far = moved(name)
    assert far > tables(round(job.plan.people_delta.l1)).l2
