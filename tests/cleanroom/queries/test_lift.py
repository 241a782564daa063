"""``lift`` against a plaintext oracle, and whether it finds an effect that was planted."""

from __future__ import annotations

from collections import defaultdict
from random import Random
from statistics import mean, variance

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleanroom.agent.notices import notices
from cleanroom.errors import InvalidInput, PolicyRefusal
from cleanroom.queries.lift import sensitivity
from cleanroom.queries.registry import template
from cleanroom.words.table import figures, tables
from tests.cleanroom.queries.harness import Data as File
from tests.cleanroom.queries.harness import Measure, ask, audience, by_key, events, plan

PEOPLE = [f"person{number}" for number in range(7)]
START, END = 100, 116
PERIOD = {"start": START, "end": END}
FEW = settings(max_examples=8, deadline=None)

ARMS = st.dictionaries(
    st.sampled_from(PEOPLE),
    st.tuples(st.sampled_from(["test", "control", "none"]), st.integers(START - 3, END + 2)),
)
BOTH_ARMS = {"t": ("test", START), "c": ("control", START)}
ORDERS = st.lists(
    st.tuples(st.sampled_from(PEOPLE), st.integers(START - 3, END + 2), st.integers(-500, 900)),
    max_size=20,
)
BOTH_BUY = [("t", START + 1, 100), ("c", START + 1, 100)]


def orders_of(rows):
    people, seconds, values = (list(column) for column in zip(*rows, strict=True))
    measures = {"value": Measure(values, 10, -10, decimals=2)}
    return events(people, seconds, measures=measures)


def trial(assigned):
    labels = {"arm": [arm for arm, _ in assigned.values()]}
    moments = [1_000_000 * at for _, at in assigned.values()]
    return File("audience", list(assigned), labels, {}, {}, moments)


def per_person(rows, assigned):
    """Return, by definition, each arm's people with their conversions and values."""
    known = {who for who, _, _ in rows}
    found = defaultdict(dict)
    for who, (arm, at) in assigned.items():
        if who in known and arm != "none":
            after = [v for p, t, v in rows if p == who and START <= t < END and t > at]
            found[arm][who] = (len(after), sum(after))
    return found


@FEW
@given(ARMS, ORDERS, st.sampled_from(["brand", "platform"]))
def test_every_statistic_of_both_arms(assigned, rows, receiver):
    assigned, rows = {**assigned, **BOTH_ARMS}, [*rows, *BOTH_BUY]
    parameters = {
        **PERIOD, "measures": ["value"], "max_conversions": 20, "max_value_per_person": 200.0,
    }  # fmt: skip
    answer = ask("lift", parameters, orders_of(rows), trial(assigned), receiver=receiver)
    groups = by_key(answer.result["groups"], "platform.arm")
    for arm, people in per_person(rows, assigned).items():
        group = groups[(arm,)]
        counts = [n for n, _ in people.values()]
        values = [v for _, v in people.values()]
        assert group["people"] == len(people)
        assert group["conversions"] == sum(counts)
        assert group["squares"]["conversions"] == sum(n * n for n in counts)
        assert group["sums"] == {"value": sum(values) / 100}
        assert group["squares"]["value"] == pytest.approx(sum(v * v for v in values) / 10_000)
        assert group["arm_people"] == sum(a == arm for a, _ in assigned.values())


@FEW
@given(ARMS, ORDERS)
def test_the_comparison_is_the_textbooks(assigned, rows):
    assigned = {**assigned, **BOTH_ARMS, "t2": ("test", START), "c2": ("control", START)}
    rows = [*rows, *BOTH_BUY, ("t2", START - 1, 5), ("c2", START + 9, 5)]
    parameters = {**PERIOD, "measures": ["value"], "max_conversions": 20, "denominator": "matched"}
    total = ask("lift", parameters, orders_of(rows), trial(assigned)).result["total"]
    people = per_person(rows, assigned)
    test, control = ([n for n, _ in people[arm].values()] for arm in ("test", "control"))
    assert total["test_rate"] == pytest.approx(mean(test))
    assert total["difference"] == pytest.approx(mean(test) - mean(control))
    for arm, own in (("test", test), ("control", control)):
        own_sd = (variance(own) / len(own)) ** 0.5
        assert total.get(f"{arm}_rate_sd", 0.0) == pytest.approx(own_sd, abs=1e-9)
        if own_sd > 1e-9:
            low, high = total[f"{arm}_rate_interval"]
            assert (low + high) / 2 == pytest.approx(mean(own))
            assert high - low == pytest.approx(2 * 1.96 * own_sd, rel=1e-3)
    sd = (variance(test) / len(test) + variance(control) / len(control)) ** 0.5
    assert total["difference_sd"] == pytest.approx(sd, abs=1e-9)
    assert total["relative_lift"] == pytest.approx(mean(test) / mean(control) - 1)
    spent = {arm: [v / 100 for _, v in people[arm].values()] for arm in people}
    value = total["measures"]["value"]
    assert value["difference"] == pytest.approx(mean(spent["test"]) - mean(spent["control"]))
    sd = sum(variance(each) / len(each) for each in spent.values()) ** 0.5
    assert value["difference_sd"] == pytest.approx(sd, abs=1e-9)


def planted(effect, people=600, seed=3):
    """Return orders and a trial in which the test arm buys ``effect`` times as often."""
    random = Random(seed)
    assigned, rows = {}, []
    for number in range(people):
        who, arm = f"p{number}", "test" if number % 2 else "control"
        assigned[who] = (arm, START)
        chance = 0.3 * (effect if arm == "test" else 1)
        rows.append((who, START - 2, 100))
        if random.random() < chance:
            rows.append((who, START + 1 + random.randrange(10), 100))
    return orders_of(rows), trial(assigned)


def test_a_planted_effect_is_found_and_none_where_there_is_none():
    parameters = {**PERIOD, "max_conversions": 1}
    found = ask("lift", parameters, *planted(2.0)).result["total"]
    low, high = found["relative_lift_interval"]
    assert low < 1.0 < high and low > 0.4
    assert found["p_value"] < 1e-4
    nothing = ask("lift", parameters, *planted(1.0)).result["total"]
    low, high = nothing["relative_lift_interval"]
    assert low < 0 < high
    assert nothing["p_value"] > 0.01


def test_noise_widens_the_interval_and_each_statistic_has_its_own():
    parameters = {**PERIOD, "max_conversions": 1}
    noisy = {"noise": "discrete-gaussian", "rho_per_release": 0.05, "k_min": 10}
    answer = ask("lift", parameters, *planted(2.0), **noisy)
    quiet = ask("lift", parameters, *planted(2.0)).result["total"]
    total = answer.result["total"]
    assert total["difference_sd"] > 1.3 * quiet["difference_sd"]
    assert abs(total["difference"] - quiet["difference"]) < 6 * total["difference_sd"]
    charge = answer.receiver.charge
    # Half of rho for people (two tables: the arms' sizes are noised too), a quarter per statistic.
    assert charge.people.scale == pytest.approx((2 / (2 * 0.025)) ** 0.5)
    assert [spec.scale for spec in charge.slots] == pytest.approx([(1 / (2 * 0.0125)) ** 0.5] * 2)
    group = answer.result["groups"][0]
    assert {"people_interval", "conversions_interval", "squares_sd"} <= set(group)


def test_sensitivity_is_that_of_bounded_people():
    orders, arms = planted(1.0, people=8)
    parameters = {
        **PERIOD, "measures": ["value"], "max_conversions": 3, "max_value_per_person": 20.0,
        "denominator": "matched",
    }  # fmt: skip
    job = plan("lift", parameters, orders, arms, noise="discrete-gaussian")
    known = sensitivity.lift(3, 2000)
    deltas = {slot.measure: slot.delta for slot in job.plan.slots}
    assert job.plan.people_delta == known.people
    assert deltas["conversions"] == known.measures["conversions"]
    assert deltas["value"] == known.measures["value"]
    assert deltas["squared_value"] == known.measures["squared_value"]
    assert deltas["squared_conversions"].l2 == 9


def test_only_the_declared_conversions_and_value_of_a_person_count():
    rows = [("t", START + 1 + n, 100) for n in range(5)] + [("c", START + 1, 100)]
    parameters = {
        **PERIOD, "measures": ["value"], "max_conversions": 3, "max_value_per_person": 2.5,
    }  # fmt: skip
    result = ask("lift", parameters, orders_of(rows), trial(BOTH_ARMS)).result
    test = by_key(result["groups"], "platform.arm")[("test",)]
    assert (test["conversions"], test["sums"]["value"]) == (3, 2.5)
    assert test["squares"]["value"] == 6.25
    assert result["rows"]["dropped"] == 2
    assert result["rows"]["sums"] == {"value": 3.5}


def test_a_measure_named_like_a_square_is_shown_like_any_other():
    arms = {who: ("test" if who < "c" else "control", START) for who in "abcd"}
    measures = {name: Measure([4, 2, 1, 3], 10) for name in ("squared_meters", "squares")}
    brand = events(list(arms), [START + 1] * 4, measures=measures)
    parameters = {**PERIOD, "measures": list(measures), "max_value_per_person": 9.0}
    result = ask("lift", parameters, brand, trial(arms)).result
    test = by_key(result["groups"], "platform.arm")[("test",)]
    assert test["sums"] == {"squared_meters": 6, "squares": 6}
    assert test["squares"] == {"conversions": 2, "squared_meters": 20, "squares": 20}
    (table,), rest = tables(result), figures(result)
    assert {"sums.squared_meters", "sums.squares"} <= set(table.columns)
    assert not any(name.startswith("squares") for name in table.columns)
    assert rest["total.measures.squared_meters.test_mean"].value == 3
    assert rest["total.measures.squares.control_mean"].value == 2


def test_pooled_arms_are_counted_like_one():
    result = ask("lift", {**PERIOD, "measures": ["value"]}, orders_of(BOTH_BUY), trial(BOTH_ARMS),
                 k_min=2).result  # fmt: skip
    assert not result["groups"]
    assert result["other"]["conversions"] == result["total"]["conversions"] == 2
    assert result["other"]["sums"] == result["total"]["sums"]


def refusal(platform, rule, brand=None, **parameters):
    with pytest.raises(PolicyRefusal) as refused:
        plan(
            "lift", {**PERIOD, **parameters}, brand or orders_of(BOTH_BUY), platform,
            receiver="platform",
        )  # fmt: skip
    assert refused.value.rule == rule


def test_what_cannot_be_compared_is_refused_before_it_is_asked():
    refusal(audience(["t", "c"], labels={"arm": ["test", "control"]}), "assignment-time")
    refusal(trial(BOTH_ARMS), "conversions-are-events", brand=audience(["t"]))
    refusal(trial(BOTH_ARMS), "arms-overlap", test="control")
    refusal(trial(BOTH_ARMS), "unknown-measure", measures=["weight"])
    arms = events(["t", "c"], [1, 2], labels={"arm": ["test", "control"]})
    refusal(arms, "arm-size", denominator="arm")


@pytest.mark.parametrize("receiver", ["brand", "platform"])
def test_a_person_in_both_arms_counts_in_the_arm_of_its_first_assignment(receiver):
    """A refusal would tell, at no cost, whether anybody carries two labels."""
    both = events(
        ["t", "t", "c", "c"],
        [START - 9, START - 8, START - 7, START - 6],
        labels={"arm": ["test", "control", "control", "test"]},
    )
    asked = {**PERIOD, "denominator": "matched"}
    answer = ask("lift", asked, orders_of(BOTH_BUY), both, receiver=receiver)
    alone = ask("lift", asked, orders_of(BOTH_BUY), trial(BOTH_ARMS), receiver=receiver)
    assert answer.result["groups"] == alone.result["groups"]
    (told,) = notices(answer.platform)
    assert "people of this file in both arms" in told and "assignment: 2" in told
    assert notices(alone.platform) == notices(answer.brand) == []


@pytest.mark.parametrize("receiver", ["brand", "platform"])
def test_an_empty_arm_is_an_arm_of_nobody(receiver):
    one = trial({"t": ("test", START), "c": ("none", START)})
    answer = ask("lift", PERIOD, orders_of(BOTH_BUY), one, receiver=receiver)
    assert [group["key"] for group in answer.result["groups"]] == [{"platform.arm": "test"}]
    assert answer.result["total"].get("relative_lift") is None
    (told,) = notices(answer.platform)
    assert "in the arm control" in told


def test_the_size_of_an_arm_needs_a_grant_in_a_live_room():
    live = {"noise": "discrete-gaussian", "k_min": 10, "agreement": {"rehearsal": False}}
    orders, arms = orders_of(BOTH_BUY), trial(BOTH_ARMS)
    assert plan("lift", PERIOD, orders, arms, **live).plan.base == ()
    with pytest.raises(PolicyRefusal) as refused:
        plan("lift", {**PERIOD, "denominator": "arm"}, orders, arms, **live)
    assert refused.value.rule == "grant-base-counts"
    grant = {"party": "platform", "kind": "base-counts"}
    assert plan("lift", PERIOD, orders, arms, grants=[grant], **live).plan.base


def test_an_end_before_the_start_is_refused():
    with pytest.raises(InvalidInput):
        plan("lift", {"start": 5, "end": 5}, orders_of(BOTH_BUY), trial(BOTH_ARMS))


@pytest.mark.parametrize("name", ["window", "click_window", "view_window", "boundary"])
def test_a_window_is_no_part_of_a_lift(name):
    """It would change nothing, whatever the one who asks expects of it."""
    with pytest.raises(InvalidInput, match=name):
        plan("lift", {**PERIOD, name: "7d"}, orders_of(BOTH_BUY), trial(BOTH_ARMS))


def test_the_sentence_names_the_lift():
    result = ask("lift", {**PERIOD, "max_conversions": 1}, *planted(2.0, people=200)).result
    assert "%" in template("lift").sentence(result)
    assert "p =" in template("lift").sentence(result)


def test_neither_rows_nor_question_name_an_arm():
    arms = {"x": ("exposed", START), "y": ("withheld", START)}
    rows = [("x", START + 1, 100), ("y", START + 1, 100)]
    parameters = {**PERIOD, "test": "exposed", "control": "withheld"}
    answer = ask("lift", parameters, orders_of(rows), trial(arms))
    assert {group["key"]["platform.arm"] for group in answer.result["groups"]} == {
        "exposed",
        "withheld",
    }
    held = b"".join(answer.desk.blobs.values()) + answer.receiver.document.canonical()
    assert b"exposed" not in held and b"withheld" not in held
