"""``activation`` and ``exclusion``: who learns which rows, from when on, and in which files."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleanroom.agent import activation
from cleanroom.errors import NotFound, PeerFault, PolicyRefusal
from cleanroom.queries.registry import template
from tests.cleanroom.queries.harness import ask, audience, plan

PEOPLE = [f"person{number}" for number in range(12)]
GRANT = {"party": "brand", "kind": "activation", "purposes": ["spring"], "minimum": 3}
SPRING = {"purpose": "spring"}
FEW = settings(max_examples=6, deadline=None)


def activated(brand, platform, name="activation", **options):
    answer = ask(name, SPRING, audience(brand), audience(platform), grants=[GRANT], **options)
    if answer.release.matched is not None:
        matched = answer.release.matched.astype("<i8").tobytes()
        answer.desk.results["matched"] = matched
        activation.activate(answer.platform)
    return answer


@FEW
@given(
    st.sets(st.sampled_from(PEOPLE), min_size=1),
    st.lists(st.sampled_from(PEOPLE), min_size=1, unique=True),
    st.sampled_from(["activation", "exclusion"]),
)
def test_the_platform_learns_its_own_matched_rows_from_the_minimum_on(brand, platform, name):
    answer = activated(sorted(brand), platform, name)
    both = [person for person in platform if person in brand]
    if len(both) < GRANT["minimum"]:
        assert answer.release.matched is None
        assert answer.result["total"] == {"people": None}
        assert answer.result["segment"]["released"] is False
        with pytest.raises(NotFound):
            activation.segment(answer.platform)
        return
    assert activation.segment(answer.platform).kinds == (both,)
    assert answer.result["total"]["people"] == len(both)
    assert "people" in template(name).sentence(answer.result)


def test_the_brand_learns_a_noised_size_and_no_rows():
    people = [f"person{number}" for number in range(200)]
    grant = {**GRANT, "minimum": 100}
    answer = ask(
        "activation", SPRING, audience(people), audience(people), grants=[grant],
        noise="discrete-gaussian", rho_per_release=0.5,
    )  # fmt: skip
    total = answer.result["total"]
    assert answer.receiver.charge.k == 100
    assert answer.receiver.charge.people.scale == pytest.approx(1.0)
    assert total["people_sd"] == pytest.approx(2**0.5)
    assert abs(total["people"] - 200) < 20
    with pytest.raises(NotFound):
        activation.segment(answer.brand)


def test_the_files_hold_what_was_matched(tmp_path):
    people = ["=sum(a1)", "+8613800138000", "plain", "left out"]
    answer = activated(people[:3], people)
    assert activation.export(answer.platform, tmp_path / "segment.csv") == 3
    assert activation.export(answer.platform, tmp_path / "segment.txt") == 3
    with (tmp_path / "segment.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [["raw"], ["'=sum(a1)"], ["'+8613800138000"], ["plain"]]
    assert (tmp_path / "segment.txt").read_text() == "=sum(a1)\n+8613800138000\nplain\n"
    assert (tmp_path / "segment.txt").stat().st_mode & 0o077 == 0


def test_the_activation_is_said_and_signed():
    answer = activated(PEOPLE, PEOPLE)
    last = answer.desk.uploads("job.step")["platform"]
    assert last == {"job": answer.platform.identity, "step": "activated", "messages": {}}


@pytest.mark.parametrize(
    ("grants", "rule"),
    [
        ([], "grant-activation"),
        ([{**GRANT, "party": "platform"}], "grant-activation"),
        ([{**GRANT, "kind": "base-counts"}], "grant-activation"),
        ([{**GRANT, "purposes": ["autumn"]}], "activation-purpose"),
        ([{**GRANT, "purposes": []}], "activation-purpose"),
    ],
)
def test_nothing_is_activated_without_the_brands_grant_for_that_purpose(grants, rule):
    with pytest.raises(PolicyRefusal) as refused:
        plan("activation", SPRING, audience(["a"]), audience(["a"]), grants=grants)
    assert refused.value.rule == rule


def test_the_brand_is_the_receiver():
    with pytest.raises(PolicyRefusal) as refused:
        plan(
            "activation", SPRING, audience(["a"]), audience(["a"]), grants=[GRANT],
            receiver="platform",
        )  # fmt: skip
    assert refused.value.rule == "activation-receiver"


def test_a_grant_means_at_least_a_hundred_unless_it_says_otherwise():
    grant = {name: value for name, value in GRANT.items() if name != "minimum"}
    job = plan("activation", SPRING, audience(["a"]), audience(["a"]), grants=[grant])
    assert job.charge.k == 100


@pytest.mark.parametrize(
    "places", [[-1], [10**6], [0, 0], [64]], ids=["negative", "beyond", "twice", "past the end"]
)
def test_rows_that_the_platform_never_uploaded_are_refused(places):
    answer = activated(PEOPLE, PEOPLE)
    with pytest.raises(PeerFault):
        activation.own_rows(answer.platform, np.array(places))


def test_padding_cannot_be_activated():
    answer = activated(PEOPLE, PEOPLE)
    order = answer.platform.dataset.order()
    padding = (order >= len(PEOPLE)).nonzero()[0][:1]
    assert not len(activation.own_rows(answer.platform, padding))
