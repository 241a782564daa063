"""A brand whose agent answers for every category of a person, to count it more often than is paid.

Rows of one person cannot be told to be so, and the brand names which cells a person is in.  What
bounds it is the platform: it has one row per person and cell, of a label that it chooses itself.
"""

from __future__ import annotations

from dataclasses import replace
from math import sqrt

import numpy as np
import pytest

from cleanroom.queries import media
from cleanroom.queries.basket.rows import Pairs
from tests.cleanroom.queries import movement
from tests.cleanroom.queries.harness import ask, audience, events

CATEGORIES = ["cream", "mask", "serum", "toner"]
PEOPLE = [f"p{number}" for number in range(6)]


def asked(**parameters):
    bought = events(PEOPLE, [0] * 6, labels={"category": [*CATEGORIES, "cream", "mask"]})
    return ask("basket", parameters, bought, audience(PEOPLE[1:]))


def rows_of(job, change):
    """Count what a job releases before noise where the brand's agent sends other rows."""
    jobs = {"brand": job.brand, "platform": job.platform}
    honest = type(job.brand.template).rows

    def rows(self, question, data):
        made = honest(self, question, data)
        return change(made, data) if data.side == "brand" else made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(job.brand.template), "rows", rows)
        known = movement.tables(jobs)
        whole = movement.released(jobs, known)
        return [
            whole.moved(movement.released(jobs, fewer))[0]
            for fewer in movement.without_one(known, "platform")
        ]


def everything(made, data):
    """Answer every place of every person, whatever it bought."""
    people = np.arange(len(data.table.people))
    cells = Pairs(len(media.private_texts(data.private, "categories"))).cells
    index = np.tile(np.arange(cells), len(people))
    changed = media.unlabelled(np.repeat(people, cells), np.zeros_like(index), index)
    return replace(changed, facts=made.facts)


def test_a_brand_that_answers_every_place_of_a_person_moves_what_is_paid_for():
    job = asked()
    moved = rows_of(job, everything)
    cells = Pairs(len(CATEGORIES)).cells
    assert max(far.l1 for far in moved) == cells
    assert max(far.l2 for far in moved) == pytest.approx(sqrt(cells))
    assert job.brand.plan.people_delta.l2 >= sqrt(cells)


def test_the_stated_limit_below_all_categories_the_bound_is_kept_by_the_brands_agent():
    job = asked(max_categories=2)
    moved = max(far.l2 for far in rows_of(job, everything))
    assert job.brand.plan.people_delta.l2 < moved <= sqrt(Pairs(len(CATEGORIES)).cells)


def test_where_the_brand_labels_the_places_it_moves_one_group_by_all_of_them():
    """The design that was not taken: the brand labels its rows, and all places get one label."""
    job = asked()
    template = type(job.platform.template)
    honest = template.rows

    def one_label(self, question, data):
        made = honest(self, question, data)
        return made if data.side == "brand" else replace(made, label=0 * made.label)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(template, "rows", one_label)
        moved = max(far.l2 for far in rows_of(job, everything))
    assert moved == Pairs(len(CATEGORIES)).cells > 3 * job.brand.plan.people_delta.l2
