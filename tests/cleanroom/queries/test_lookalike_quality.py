"""``lookalike_quality``: the second phase finds how well a model orders who it never saw."""

from __future__ import annotations

from itertools import islice
from typing import Any

import numpy as np
import pytest

from cleanroom.agent import jobs
from cleanroom.documents.job import JobDocument
from cleanroom.errors import InvalidInput, PolicyRefusal
from cleanroom.queries.lookalike import model as lookalike_model
from cleanroom.queries.registry import template
from tests.cleanroom.queries import movement
from tests.cleanroom.queries.harness import audience, plan_jobs, run, sign_room
from tests.cleanroom.queries.test_lookalike import FEATURES, auc, base, planted

FIT = {"features": FEATURES, "minimum": 50, "holdout": 50}
GRADE = {"model": "question", "holdout": 50}


def two_phases(receiver="platform", grade=GRADE, fit=FIT, share=0.3, **policy):
    """Fit a model to a planted audience, then grade it, in one room."""
    people, features, chosen = planted(share=share)
    customers = [who for who, is_in in zip(people, chosen, strict=True) if is_in]
    sides = {"brand": audience(customers), "platform": base(people, features)}
    names = {"templates": ("lookalike", "lookalike_quality")}
    room = sign_room("lookalike", sides, (), names, policy)
    first = run(room, plan_jobs(room, "lookalike", fit, "platform", None), "platform")
    asked = {
        "id": first.receiver.identity, "job": first.receiver.document.to_json(), "state": "SUCCESS",
    }  # fmt: skip
    for side in room.rooms.values():
        side.client.jobs = lambda _room: [asked]
    room.desk.said.clear()
    planned = plan_jobs(room, "lookalike_quality", grade, receiver, None)
    return first, run(room, planned, receiver), features, customers, people


def test_the_area_is_that_of_the_held_out_seed():
    first, second, _, customers, people = two_phases()
    platform, brand = first.platform, first.brand
    score = lookalike_model.scores(
        platform.question, platform.dataset.table(), first.result["model"]
    )
    held = lookalike_model.held_out(brand.dataset.table(), brand.question.brand.nonce, 50)
    out = {who for who, is_out in zip(customers, held, strict=True) if is_out}
    positive = np.array([who in out for who in people])
    total = second.result["total"]
    assert total["people"] == positive.sum()
    # Bands of a tenth of the base hide little of the order; the base holds the positives too.
    share = positive.mean()
    against_all = (1 - share) * auc(score, positive) + share / 2
    assert total["auc"] == pytest.approx(against_all, abs=0.01)
    assert total["auc"] > 0.7
    assert "%" in template("lookalike_quality").sentence(second.result)


def test_with_noise_the_area_has_bounds_and_an_interval():
    noisy = {"noise": "discrete-gaussian", "rho_per_release": 0.5, "k_min": 10}
    total = two_phases(**noisy)[1].result["total"]
    low, high = total["auc_bounds"]
    assert low <= total["auc"] <= high
    assert total["auc_interval"][0] < total["auc"] < total["auc_interval"][1]
    assert 0.6 < total["auc"] < 0.95


def test_the_brand_does_not_receive_what_one_of_the_platforms_people_moves_far():
    """Bands are ranks: a user who leaves moves many of the brand's people into another band."""
    with pytest.raises(PolicyRefusal) as refused:
        two_phases("brand")
    assert refused.value.rule == "lookalike-receiver"
    # Of the people at the 49 borders half are held out, by chance; everybody is a customer.
    job = two_phases(grade={**GRADE, "bands": 50}, share=1.1)[1]
    jobs_of = {"brand": job.brand, "platform": job.platform}
    known = movement.tables(jobs_of)
    whole = movement.released(jobs_of, known)
    furthest = dict.fromkeys(known, 0.0)
    for side in known:
        for fewer in islice(movement.without_one(known, side), 40):
            (people,) = whole.moved(movement.released(jobs_of, fewer))
            furthest[side] = max(furthest[side], people.l2)
    assert furthest["brand"] == job.brand.plan.people_delta.l2 == 1
    assert furthest["platform"] > 3


@pytest.mark.parametrize("grade", [{**GRADE, "holdout": 20}, {**GRADE, "model": "ab" * 16}])
def test_a_model_that_is_not_there_is_refused(grade, monkeypatch):
    if grade["model"] != GRADE["model"]:
        # What a submitter's changed agent may write without looking.
        monkeypatch.setattr(jobs, "_earlier", lambda room, fields, kind, name: name)
    with pytest.raises(PolicyRefusal) as refused:
        two_phases(grade=grade)
    assert refused.value.rule == "no-earlier-result"


@pytest.mark.parametrize("name", ["x", "lookalike"])
def test_a_model_that_nobody_asked_for_is_named(name):
    with pytest.raises(InvalidInput, match=f"No lookalike {name} on these two datasets"):
        two_phases(grade={**GRADE, "model": name})


def test_the_question_holds_the_identifier_of_the_newest_model_of_a_name():
    """A second model under one name is another question, not the stored answer of the first."""
    first, second, *_ = two_phases()
    room, model = first.brand.room, first.receiver.identity
    assert second.brand.document.parameters["model"] == model
    fields = {"brand": first.brand.document.brand, "platform": first.brand.document.platform}
    document = first.receiver.document.to_json()

    def listed(state: str, **changes: str) -> dict[str, Any]:
        changed = JobDocument.from_json(document | changes)
        return {"id": changed.identity(), "job": changed.to_json(), "state": state}

    shown = [
        listed("SUCCESS", alignment="1" * 32),
        listed("SUCCESS"),
        listed("FAILED", alignment="2" * 32),
        listed("SUCCESS", template="overlap"),
        listed("SUCCESS", brand="3" * 32),
    ]
    oldest, newest, failed = (item["id"] for item in shown[:3])
    room.client.jobs = lambda _room: shown
    found = [jobs._earlier(room, fields, "lookalike", name) for name in ("question", oldest)]
    assert found == [newest, oldest]
    with pytest.raises(InvalidInput, match=failed):
        jobs._earlier(room, fields, "lookalike", failed)
