"""No file makes more rows or credit vectors than the documents say: padding hides all of them."""

from __future__ import annotations

import secrets

import numpy as np
import pytest

from cleanroom.documents.dataset import Manifest
from cleanroom.errors import PolicyRefusal
from cleanroom.queries import bounds
from cleanroom.queries.credit.groups import Conversions, bound, conversion_groups
from cleanroom.queries.credit.pieces import Touches, platform_nodes
from cleanroom.queries.credit.rules import Model, make_rule
from cleanroom.queries.credit.ticks import SECOND, Clock
from protocols.limits import padded_size
from tests.cleanroom.queries.harness import audience, events, plan

SHARED = ["linear", "linear_distinct", "shapley", "time_decay", "position", "last_n"]
MORE = {"time_decay": {"half_life": "20s"}, "last_n": {"credits": [3.0, 2.0, 1.0]}}


def manifest(people: int, rows: int) -> Manifest:
    return Manifest(
        party="platform", peer="brand", name="data", version=1, kind="events",
        identifier_profile="raw:v1", rows=padded_size(rows), people=padded_size(people),
        nonce="00" * 16,
    )  # fmt: skip


def dither(people, ticks):
    rng = np.random.default_rng(len(people))
    return rng.integers(0, 1 << 63, len(people), dtype=np.uint64) * np.uint64(2)


def touches_at(person, tick, campaigns, rng) -> Touches:
    return Touches(
        np.asarray(person, dtype=np.int64),
        np.asarray(tick, dtype=np.int64),
        rng.integers(0, 2, len(person)).astype(np.uint8),
        rng.integers(0, campaigns, len(person)),
        rng.integers(0, 1 << 60, len(person)).astype(np.uint64),
        campaigns,
    )


@pytest.mark.parametrize("window", ["0s", "1s", "7s", "64s", "1000s", "9000s"])
@pytest.mark.parametrize("model", ["last_touch", "linear"])
def test_a_touch_makes_no_more_nodes_than_are_counted(window, model):
    rng = np.random.default_rng(7)
    for ticks in (1, 2, 63, 64, 1000, 4096):
        clock, rule = Clock(0, ticks * SECOND, SECOND), make_rule(model, window=window)
        crowds = [
            # One touch a person, at every place; many touches of one; and a random crowd.
            (np.arange(2 * ticks), np.arange(2 * ticks) - ticks),
            (np.zeros(ticks), rng.permutation(ticks)),
            (rng.integers(0, 30, 300), rng.integers(-ticks, ticks, 300)),
        ]
        for person, tick in crowds:
            order = np.lexsort((tick, person))
            found = touches_at(person[order], tick[order], 3, rng)
            made = platform_nodes(found, rule, clock, dither)
            described = manifest(len(np.unique(person)), len(person))
            assert len(made) <= bounds.nodes(described, rule, clock)


@pytest.mark.parametrize("conversions", [1, 2, 10])
def test_a_person_makes_no_more_groups_than_are_counted(conversions):
    rng = np.random.default_rng(3)
    for people, rows in ((1, 1), (1, 40), (70, 70), (90, 200), (200, 3000)):
        person = np.concatenate([np.arange(people), rng.integers(0, people, rows - people)])
        kept = Conversions(
            person, rng.integers(0, 4096, rows), np.zeros((rows, 0), dtype=np.int64),
            np.arange(rows, dtype=np.uint64),
        )  # fmt: skip
        found = conversion_groups(bound(kept, conversions).conversions, 12, secrets.token_bytes)
        assert len(found) <= bounds.groups(manifest(people, rows), conversions)


def test_the_fewest_people_behind_a_padded_number():
    least: dict[int, int] = {}
    for people in range(1, 5000):
        least.setdefault(padded_size(people), people)
    assert all(bounds.least_people(padded) <= fewest for padded, fewest in least.items())


@pytest.mark.parametrize("model", SHARED)
@pytest.mark.parametrize("campaigns", [1, 2, 5, 30])
def test_no_paths_make_more_vectors_than_are_counted(model, campaigns):
    """Every label costs and shows, so a rule is cut into so few parts that they can be counted."""
    rng = np.random.default_rng(5)
    parameters = {"model": model, "start": 0, "end": 4000, **MORE.get(model, {})}
    names = [f"c{number}" for number in range(campaigns)]
    shown = events(["a"] * campaigns, [5] * campaigns, labels={"campaign": names})
    job = plan("attribution", parameters, events(["a"], [9]), shown, noise="discrete-gaussian")
    rule = job.template.setting(job.question).rule
    person = np.sort(rng.integers(0, 400, 8000))
    found = touches_at(person, rng.integers(0, 3000, 8000), campaigns, rng)
    made = platform_nodes(found, rule, Clock(0, 4000 * SECOND, SECOND), dither)
    assert len(made.vectors) <= job.plan.made.vectors <= bounds.MOST_VECTORS
    assert rule.quanta == 1 or len(made.vectors) > campaigns or campaigns == 1


def test_the_parts_of_a_credit_are_as_many_as_the_labels_allow():
    rule = make_rule("linear")
    assert rule.model is Model.LINEAR
    assert [bounds.most_parts(rule, n) for n in (1, 2, 3, 5, 8, 60)] == [2520, 840, 36, 6, 4, 1]


def test_a_question_whose_vectors_cannot_be_counted_is_refused_by_its_documents():
    parameters = {"synergy": True, "start": 0, "end": 60}
    names = [f"c{number}" for number in range(12)]
    shown = events(["a"] * 12, [5] * 12, labels={"campaign": names})
    with pytest.raises(PolicyRefusal) as refused:
        plan("sequence", parameters, events(["a"], [9]), shown, noise="discrete-gaussian")
    assert refused.value.rule == "too-many-vectors"


def test_a_question_that_takes_more_rows_than_the_room_allows_is_refused():
    """Before anything is charged, and with the way out."""
    steps = [f"s{number}" for number in range(50)]
    shown = events(["a", "a"], [5, 5], labels={"step": ["s0"] * 2, "channel": ["x", "y"]})
    policy = {"noise": "discrete-gaussian", "rows_max": 64}
    parameters = {"steps": steps, "count": "open", "group_by": ["platform.channel"]}
    with pytest.raises(PolicyRefusal, match="smaller bounds per person") as refused:
        plan("funnel", parameters, audience(["a"]), shown, **policy)
    assert refused.value.rule == "too-many-rows"


def test_both_sides_send_as_many_rows_as_the_documents_give():
    """The mediator and the auditor hold the number against the documents as well."""
    job = plan(
        "reach_frequency", {"max_campaigns": 3}, audience(["a"]),
        events(["a"], [5], labels={"campaign": ["c"]}), noise="discrete-gaussian",
    )  # fmt: skip
    assert (job.plan.made.rows("brand"), job.plan.made.rows("platform")) == (64 * 4, 128)
