"""``aipl_flow`` and ``health`` against plaintext oracles written from their definitions."""

from __future__ import annotations

from collections import Counter
from math import sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleanroom.errors import CleanroomError, InvalidInput
from cleanroom.privacy.noise import Delta
from cleanroom.queries.health.template import MOVEMENTS, movement
from cleanroom.queries.stages import STAGES
from protocols.limits import CELL_BYTES
from tests.cleanroom.queries.harness import ask, by_key, plan
from tests.cleanroom.queries.staged import FLOW, ORDER, PARTY, PEOPLE, moves, parties

FEW = settings(max_examples=6, deadline=None)
NOISY = {
    "noise": "discrete-gaussian",
    "rho_per_release": 2.0,
    "rho_budget": 100.0,
    "paillier_bits": 512,
}
SPEND = st.fixed_dictionaries({person: st.integers(0, 5000) for person in PEOPLE})


def moved_up(moved, sources):
    """Return how many of the people of some stages moved up, of how many."""
    there = [pair for pair in moved.values() if pair[0] in sources]
    return sum(ORDER[after] > ORDER[before] for before, after in there), len(there)


@FEW
@given(PARTY, PARTY, SPEND, st.sampled_from(["brand", "platform"]))
def test_flow_counts_every_move(brand, platform, spend, receiver):
    parameters = {**FLOW, "measures": ["spend"]}
    sides = parties(brand, platform, spend)
    result = ask("aipl_flow", parameters, *sides, receiver=receiver).result
    moved = moves(brand, platform)
    expected = Counter(moved.values())
    rows = Counter(before for before, _ in moved.values())
    groups = by_key(result["groups"], "from", "to")
    assert {key: group["people"] for key, group in groups.items()} == expected
    for key, group in groups.items():
        total = sum(spend[person] for person in moved if moved[person] == key)
        assert group["row_rate"] == pytest.approx(expected[key] / rows[key[0]])
        assert group["sums"]["spend"] == pytest.approx(total / 100)
    for name, sources in (("conversion", "AIP"), ("recruited", ("none",))):
        people, of = moved_up(moved, sources)
        rate = people / of if of else None
        assert result[name] == {"people": people, "of": of, "rate": rate}
    assert result["total"]["people"] == len(moved)


@FEW
@given(PARTY, PARTY, SPEND, st.sampled_from(["brand", "platform"]))
def test_health_has_its_three_factors(brand, platform, spend, receiver):
    parameters = {**FLOW, "measure": "spend"}
    sides = parties(brand, platform, spend)
    result = ask("health", parameters, *sides, receiver=receiver).result
    moved = moves(brand, platform)
    people, of = moved_up(moved, "AIP")
    assert result["aipl_total"]["people"] == sum(after != "none" for _, after in moved.values())
    assert result["conversion"] == {"people": people, "of": of, "rate": people / of if of else None}
    mean = result["purchasing_power"]["mean"]
    if moved:
        total = sum(spend[person] for person in moved)
        assert mean == pytest.approx(total / 100 / len(moved))
    else:
        assert mean is None
    assert sum(group["people"] for group in result["groups"]) == len(moved)


def test_every_pair_of_stages_is_one_movement():
    found = {(b, a): movement(b, a) for b in ORDER for a in ORDER}
    assert set(found.values()) == set(MOVEMENTS)
    for (before, after), name in found.items():
        related = name in ("converted", "kept", "recruited", "loyal")
        assert related == (after != "none")
        assert (name in ("converted", "kept", "lost")) == (before in "AIP")
        assert (name == "converted") == (before in "AIP" and ORDER[after] > ORDER[before])


def crowd():
    """Return 750 matched people, 30 at each pair of stages before and after."""
    people = {f"p{n}": (STAGES[n % 5], STAGES[n // 5 % 5]) for n in range(750)}
    nobody = dict.fromkeys(people, ("none", "none"))
    return parties(people, nobody, dict.fromkeys(people, 1000))


@pytest.mark.parametrize("receiver", ["brand", "platform"])
def test_noised_flow_and_health_carry_intervals(receiver):
    options = {**NOISY, "receiver": receiver}
    flow = ask("aipl_flow", FLOW, *crowd(), **options)
    health = ask("health", {**FLOW, "measure": "spend"}, *crowd(), **options)
    for answer in (flow, health):
        # Of 450 people at A, I or P, 180 moved up.
        rate = answer.result["conversion"]
        low, high = rate["rate_interval"]
        assert low < rate["rate"] < high
        assert rate["rate"] == pytest.approx(0.4, abs=0.1)
        assert "rate_bounds" not in rate
    up = by_key(flow.result["groups"], "from", "to")["A", "I"]
    assert up["people_sd"] == pytest.approx(sqrt(2) * flow.receiver.charge.people.sd)
    low, high = up["row_rate_interval"]
    assert low < up["row_rate"] < high
    power = health.result["purchasing_power"]
    low, high = power["mean_interval"]
    assert low < power["mean"] < high
    assert power["mean"] == pytest.approx(10, abs=3)
    sums_sd = sqrt(2 * 6) * health.receiver.charge.slots[0].sd / 100
    assert health.result["total"]["sums_sd"]["spend"] == pytest.approx(sums_sd)


def test_pooled_moves_leave_a_range():
    moved = [("A", "P")] * 4 + [("A", "A")] * 20 + [("L", "L")] * 3
    brand = {f"p{number}": stages for number, stages in enumerate(moved)}
    sides = parties(brand, dict.fromkeys(brand, ("none", "none")), dict.fromkeys(brand, 1))
    flow = ask("aipl_flow", FLOW, *sides, k_min=5).result
    health = ask("health", {**FLOW, "measure": "spend"}, *sides, k_min=5).result
    for result in (flow, health):
        assert result["other"]["people"] == 7
        found = result["conversion"]
        assert (found["people"], found["of"]) == (0, 20)
        assert found["rate_bounds"] == pytest.approx([0, 7 / 27])
        assert "between 0.00 % and 25.93 %" in result["sentence"]
    assert health["aipl_total"]["people_bounds"] == [20, 27]
    assert health["purchasing_power"]["mean"] == pytest.approx(0.01)


def test_noise_is_scaled_to_one_person():
    flow = plan("aipl_flow", {**FLOW, "measures": ["spend"]}, *crowd(), **NOISY)
    health = plan("health", {**FLOW, "measure": "spend"}, *crowd(), **NOISY)
    for job in (flow, health):
        assert job.plan.people_delta == Delta(1, 1)
        # At most 50.00 per person, in hundredths.
        assert job.plan.slots[0].delta == Delta(5000, 5000)
        # Half of rho 2 goes to people and half to the one measure.
        assert job.charge.people.scale == pytest.approx(1 / sqrt(2))
        assert job.charge.slots[0].scale == pytest.approx(5000 / sqrt(2))


@pytest.mark.parametrize("template", ["aipl_flow", "health"])
@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"to": {"brand": "before", "platform": "new"}}, InvalidInput),
        ({"to": {"brand": "after"}}, InvalidInput),
        ({"from": "before"}, InvalidInput),
        ({"to": {"brand": "after", "platform": "never"}}, "unknown-label"),
        ({"measure": "weight", "measures": ["weight"]}, "unknown-measure"),
    ],
)
def test_bad_questions_are_refused(template, change, fault):
    own = {"measure": "spend"} if template == "health" else {"measures": ["spend"]}
    changed = {
        name: value for name, value in change.items() if "measure" not in name or name in own
    }
    with pytest.raises(CleanroomError) as refusal:
        plan(template, {**FLOW, **own, **changed}, *crowd())
    if isinstance(fault, str):
        assert refusal.value.rule == fault
    else:
        assert isinstance(refusal.value, fault)


@pytest.mark.parametrize("template", ["aipl_flow", "health"])
def test_a_stage_outside_the_five_is_refused(template):
    brand = dict.fromkeys(PEOPLE, ("A", "X"))
    own = {"measure": "spend"} if template == "health" else {}
    with pytest.raises(CleanroomError) as refusal:
        plan(template, {**FLOW, **own}, *parties(brand, brand, dict.fromkeys(PEOPLE, 1)))
    assert refusal.value.rule == "stage-values"


@pytest.mark.parametrize("template", ["aipl_flow", "health"])
def test_the_leak_table_says_that_the_map_has_a_public_shape(template):
    own = {"measure": "spend"} if template == "health" else {}
    small = parties({"a": ("A", "P")}, {"a": ("A", "L")}, {"a": 1})
    answer = ask(template, {**FLOW, **own}, *small)
    sent = answer.desk.whole(f"{answer.receiver.path}/messages/cells", "brand")
    starts = range(0, len(sent), CELL_BYTES)
    cells = [int.from_bytes(sent[start : start + 4], "little") for start in starts]
    # Anybody can count what the map merges: exactly one combination is none, none, none, none.
    assert len(cells) == 5**4
    rows = {leak.what: leak for leak in answer.receiver.template.leaks}
    if template == "aipl_flow":
        assert Counter(cells)[0] == 1
    assert "public shape" in rows["who is at which stage"].mediator
