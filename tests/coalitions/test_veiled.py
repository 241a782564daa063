"""Conversions shared among platforms: what the mediator, and a changed brand with it, make of rows.

The rows are those of the agents' own code; the join is the engine's.
"""

from __future__ import annotations

from dataclasses import replace
from unittest import mock

import numpy as np
import pytest

from cleanroom.agent import veiled_rows
from cleanroom.agent.job_rows import party_data
from cleanroom.engine import hub_credit
from cleanroom.engine.layout import SideRows
from cleanroom.engine.match import Matches, _found, match_tokens
from tests.cleanroom.queries.harness import events, plan_jobs
from tests.cleanroom.queries.room import sign_room

START, TICKS, LABELS = 1000, 12, 8
PEOPLE = [f"p{number}" for number in range(12)]
ASKED = {
    "start": START,
    "end": START + TICKS,
    "resolution": "1s",
    "window": "20s",
    "campaigns": LABELS,
    "max_conversions": 2,
}
BOUGHT = events(PEOPLE * 2, [START + turn + place // 2 for turn in (0, 6) for place in range(12)])
"""Everybody buys twice, in the first half of the period and in the second."""
SHOWN = events(PEOPLE[:9], [START - 1] * 9, labels={"campaign": ["A"] * 9})
"""One touch before the period: every tick of nine people is covered by one campaign."""
WIDTH = {"brand": 1, "platform": TICKS}


@pytest.fixture(scope="module")
def jobs():
    room = sign_room("cross_attribution", {"brand": BOUGHT, "platform": SHOWN}, (), None, {})
    return plan_jobs(room, "cross_attribution", ASKED, "brand", None)


def made_by(jobs, side):
    return jobs[side].template.rows(jobs[side].question, party_data(jobs[side]))


def sent(jobs, side, made=None) -> SideRows:
    """Return what the mediator holds of one side's rows, without any padding."""
    made = made or made_by(jobs, side)
    codes = np.arange(LABELS, dtype=np.int32)
    tokens, label = veiled_rows.make(jobs[side], made, codes, WIDTH[side], made.rows)
    return SideRows(tokens=tokens, cell=label.astype(np.int64), flag=made.flag)


def earned(jobs, brand, platform):
    return hub_credit.share(jobs["brand"].plan.hub, brand, [platform])


def test_a_match_opens_the_label_of_the_touch(jobs):
    made = made_by(jobs, "platform")
    credits = earned(jobs, sent(jobs, "brand"), sent(jobs, "platform"))
    assert len(credits.row) == 18, "both conversions of everybody who was touched"
    assert [made.names[cell] for cell in set(credits.cell.tolist())] == ["A"]


def rows_of_one_label(rows: SideRows) -> int:
    return sum(len(set(row)) == 1 for row in rows.cell.tolist())


def test_the_mediator_sees_neither_how_many_ticks_are_covered_nor_by_what(jobs):
    assert rows_of_one_label(sent(jobs, "platform")) == 0


def test_with_labels_as_they_are_it_sees_the_campaigns_of_every_person(jobs):
    honest = veiled_rows._derived

    def bare(*given):
        tokens, pad = honest(*given)
        return tokens, 0 * pad

    with mock.patch.object(veiled_rows, "_derived", bare):
        assert rows_of_one_label(sent(jobs, "platform")) == 18


def places_and_ticks(jobs):
    """Return where in its row every met token stood, and the tick that it stood for."""
    brand = made_by(jobs, "brand")
    rows, places = match_tokens(sent(jobs, "brand", brand), sent(jobs, "platform"), "brand")
    return places.platform.tolist(), brand.index[rows.brand].tolist()


def test_the_mediator_reads_no_time_from_the_place_of_a_token(jobs):
    places, ticks = places_and_ticks(jobs)
    assert len(ticks) == 18
    assert places != ticks


def test_with_tokens_in_the_order_of_ticks_it_reads_when_everybody_bought(jobs):
    with mock.patch.object(veiled_rows, "_shuffle"):
        places, ticks = places_and_ticks(jobs)
        assert places == ticks


def claimed(jobs) -> SideRows:
    """Return the rows of a brand that claims a conversion of one person at every tick."""
    made = made_by(jobs, "brand")
    one = {
        "person": np.full(TICKS, made.person[0]),
        "level": np.zeros(TICKS, dtype=np.int64),
        "index": np.arange(TICKS),
        "label": np.zeros(TICKS, dtype=np.int32),
        "flag": np.ones(TICKS, dtype=np.bool_),
    }
    return sent(jobs, "brand", replace(made, rows=TICKS, **one))


def test_a_brand_that_claims_every_tick_of_a_person_has_it_counted_once_at_most(jobs):
    """So it does not see the person past the noise, and an honest mediator tells it nothing."""
    assert len(earned(jobs, claimed(jobs), sent(jobs, "platform")).row) == 0


def test_where_a_row_may_be_met_twice_it_reads_all_ticks_that_are_covered(jobs):
    def every(brand, platform, _receiver):
        tokens, _ = _found(brand, platform)
        places = Matches(0 * tokens.brand, tokens.platform % TICKS)
        return tokens.rows(brand, platform), places

    with mock.patch.object(hub_credit, "match_tokens", every):
        assert len(earned(jobs, claimed(jobs), sent(jobs, "platform")).row) == TICKS


def test_the_stated_limit_mediator_and_brand_read_the_ticks_of_its_people_by_trying_them(jobs):
    """The brand derives a token for every tick, the mediator has those of the platform."""
    made = made_by(jobs, "platform")
    late = made.index >= 5
    fields = ("row", "person", "level", "index", "label")
    some = {name: getattr(made, name)[late] for name in fields}
    tried = claimed(jobs)
    met, _ = _found(tried, sent(jobs, "platform", replace(made, **some)))
    assert sorted(met.brand.tolist()) == list(range(5, TICKS))


def test_the_mediator_does_not_link_the_conversions_of_a_person(jobs):
    rows = match_tokens(sent(jobs, "brand"), sent(jobs, "platform"), "brand")[0]
    assert len(set(rows.platform.tolist())) == 18


def test_with_one_row_for_all_conversions_of_a_person_they_are_linked(jobs):
    honest = veiled_rows.event_tokens

    def unnumbered(known, job, purpose, level, index, **more):
        return honest(known, job, purpose, 0 * level, index, **more)

    made = made_by(jobs, "platform")
    first = made.level == 0
    once = replace(
        made, row=made.row[first] // 2, rows=9, flag=made.flag[:9],
        **{name: getattr(made, name)[first] for name in ("person", "level", "index", "label")},
    )  # fmt: skip
    with mock.patch.object(veiled_rows, "event_tokens", unnumbered):
        tokens, _ = _found(sent(jobs, "brand"), sent(jobs, "platform", once))
        met = (tokens.platform // TICKS).tolist()
        assert all(met.count(row) == 2 for row in range(9)), "two conversions meet one row"
