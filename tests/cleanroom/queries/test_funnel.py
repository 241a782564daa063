"""``funnel`` against a plaintext oracle, through the agents' own code and the engine."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleanroom.agent import job_rows
from cleanroom.agent.notices import notices
from cleanroom.errors import InvalidInput, PolicyRefusal
from cleanroom.queries.funnel import sensitivity
from cleanroom.queries.registry import template
from cleanroom.queries.reporting import people_sd
from tests.cleanroom.queries.harness import ask, audience, by_key, events, plan

STEPS = ["impression", "click", "registration", "payment"]
BRAND_STEPS = ["none", "registration", "payment"]
PLATFORM_STEPS = ["impression", "click"]
CHANNELS = ["feed", "search"]
PEOPLE = [f"person{number}" for number in range(8)]
CHANNEL = "platform.channel"
KEYS = (CHANNEL, "step")
FEW = settings(max_examples=6, deadline=None)

BRAND = st.dictionaries(st.sampled_from(PEOPLE), st.sampled_from(BRAND_STEPS), min_size=1)
SEEN = st.lists(
    st.tuples(st.sampled_from(PEOPLE), st.sampled_from(CHANNELS), st.sampled_from(PLATFORM_STEPS)),
    min_size=1,
    max_size=25,
)


def crm(steps):
    return audience(
        list(steps), labels={"step": list(steps.values())}, domains={"step": BRAND_STEPS}
    )


def media(rows):
    people, channels, steps = (list(column) for column in zip(*rows, strict=True))
    labels = {"channel": channels, "step": steps}
    return events(people, [0] * len(rows), labels=labels, domains={"step": PLATFORM_STEPS})


def counted(brand, rows, *, closed, channels=True):
    """Count by definition: a set of steps per matched person and channel."""
    at = {}
    for who, channel, step in rows:
        if who in brand:
            own = [brand[who]] if brand[who] in STEPS else []
            at.setdefault((who, channel if channels else ""), set(own)).add(step)
    found = Counter()
    for (_, channel), steps in at.items():
        furthest = max(STEPS.index(step) for step in steps)
        reached = STEPS[: furthest + 1] if closed else steps
        found.update((channel, step) for step in reached)
    return found


@FEW
@given(BRAND, SEEN, st.sampled_from(["brand", "platform"]), st.sampled_from(["closed", "open"]))
def test_people_per_channel_and_step(brand, rows, receiver, count):
    parameters = {"steps": STEPS, "group_by": [CHANNEL], "count": count}
    result = ask("funnel", parameters, crm(brand), media(rows), receiver=receiver).result
    groups = by_key(result["groups"], CHANNEL, "step")
    expected = counted(brand, rows, closed=count == "closed")
    assert {key: g["people"] for key, g in groups.items() if g["people"]} == expected
    channels = {channel for channel, _ in expected}
    for place, step in enumerate(STEPS[1:], start=1):
        before = sum(expected[channel, STEPS[place - 1]] for channel in channels)
        here = sum(expected[channel, step] for channel in channels)
        total = result["total"]["steps"][place]
        assert total["people"] == here
        assert total["step_rate"] == (pytest.approx(here / before, abs=1e-6) if before else None)
        for channel in channels:
            group, usual = groups[channel, step], here / before if before else None
            if expected[channel, STEPS[place - 1]]:
                rate = expected[channel, step] / expected[channel, STEPS[place - 1]]
                assert group["step_rate"] == pytest.approx(rate, abs=1e-6)
                assert group["to_all"] == (pytest.approx(rate / usual, abs=1e-5) if usual else None)
            else:
                assert group["step_rate"] is group["to_all"] is None


@FEW
@given(BRAND, SEEN)
def test_without_channels_everybody_counts_once(brand, rows):
    result = ask("funnel", {"steps": STEPS}, crm(brand), media(rows)).result
    expected = counted(brand, rows, closed=True, channels=False)
    found = {one["key"]["step"]: one["people"] for one in result["groups"] if one["people"]}
    assert found == {step: people for (_, step), people in expected.items()}
    matched = {who for who, _, _ in rows if who in brand}
    assert result["total"]["people"] == len(matched)


def test_the_steps_of_one_side_alone_make_a_funnel():
    rows = [("a", "feed", "impression"), ("a", "feed", "click"), ("b", "feed", "impression")]
    result = ask("funnel", {"steps": PLATFORM_STEPS}, audience(["a", "b"]), media(rows)).result
    assert [one["people"] for one in result["groups"]] == [2, 1]
    assert "at click: 1 person." in template("funnel").sentence(result)


def test_a_person_is_in_at_most_the_declared_channels():
    rows = [("a", channel, "click") for channel in CHANNELS]
    parameters = {"steps": PLATFORM_STEPS, "group_by": [CHANNEL], "max_channels": 1}
    answer = ask("funnel", parameters, audience(["a"]), media(rows), receiver="platform")
    assert answer.result["total"]["people"] == 1
    assert answer.result["rows"] == {"dropped_channels": 1}


@pytest.mark.parametrize("count", ["closed", "open"])
def test_the_brands_rows_do_not_tell_a_step(count):
    """Whatever the brand saw, it sends as many rows, and as many tokens in each."""
    asked = {"steps": STEPS, "count": count, "group_by": [CHANNEL]}
    brand = crm({"a": "payment", "b": "none", "c": "registration"})
    answer = ask("funnel", asked, brand, media([("a", "feed", "click")]))
    made = answer.brand.template.rows(answer.brand.question, job_rows.party_data(answer.brand))
    assert not made.label.any() and made.flag.all()
    assert made.rows == 3 * (1 if count == "closed" else len(STEPS))
    tokens = np.bincount(made.row, minlength=made.rows)
    assert 1 <= tokens.min() < tokens.max() <= answer.brand.plan.brand_tokens
    layout = job_rows.row_layout(answer.brand)
    assert layout.tokens == (len(STEPS) + 1 if count == "closed" else 2)


@pytest.mark.parametrize("count", ["closed", "open"])
def test_the_platform_has_one_row_for_each_step_that_may_come_out(count):
    """So a brand that names several steps of a person cannot have it counted twice at one."""
    rows = [(who, channel, step) for who in "abc" for channel in CHANNELS for step in
            PLATFORM_STEPS[: "abc".index(who)]] + [("a", "feed", "impression")]  # fmt: skip
    asked = {"steps": STEPS, "count": count, "group_by": [CHANNEL]}
    answer = ask("funnel", asked, crm({"a": "payment"}), media(rows))
    job = answer.platform
    made = job.template.rows(job.question, job_rows.party_data(job))
    cells = [*zip(made.person.tolist(), made.label.tolist(), strict=True)]
    assert len(cells) == len(set(cells)) <= job.plan.made.platform


@pytest.mark.parametrize("asking", ["brand", "platform"])
def test_nobody_is_at_a_step_that_neither_side_records(asking):
    """A refusal would tell, at no cost, which labels the other side has."""
    parameters = {"steps": [*STEPS, "moon landing"]}
    answer = ask(
        "funnel", parameters, crm({"a": "payment"}), media([("a", "feed", "click")]),
        receiver=asking,
    )  # fmt: skip
    assert answer.result["total"]["steps"][-1]["people"] == 0
    for job in (answer.brand, answer.platform):
        (told,) = notices(job)
        assert "moon landing" in told


def test_a_side_is_told_of_steps_that_are_not_its_own():
    job = plan("funnel", {"steps": STEPS}, audience(["a"]), media([("a", "feed", "click")]),
               receiver="platform")  # fmt: skip
    (told,) = notices(job)
    assert "payment" in told and "click" not in told


@pytest.mark.parametrize(
    "parameters",
    [{}, {"steps": []}, {"steps": ["click", "click"]}, {"steps": "click"},
     {"steps": ["click"], "group_by": ["brand.step"]},
     {"steps": ["click"], "count": "half-open"}],
)  # fmt: skip
def test_senseless_parameters_are_refused(parameters):
    with pytest.raises(InvalidInput):
        plan("funnel", parameters, crm({"a": "payment"}), media([("a", "feed", "click")]))


def test_a_missing_column_is_refused():
    parameters = {"steps": STEPS, "step": {"brand": "nothing", "platform": "step"}}
    with pytest.raises(PolicyRefusal) as refused:
        plan("funnel", parameters, crm({"a": "payment"}), media([("a", "feed", "click")]))
    assert refused.value.rule == "unknown-label"


@pytest.mark.parametrize("closed", [True, False])
def test_noise_is_scaled_to_one_person(closed):
    job = plan(
        "funnel",
        {"steps": STEPS, "group_by": [CHANNEL], "count": "closed" if closed else "open"},
        crm({"a": "payment"}),
        media([("a", channel, "click") for channel in CHANNELS]),
        noise="discrete-gaussian",
    )
    steps = len(STEPS)
    known = sensitivity.funnel(2, steps, {}, closed=closed)
    assert job.plan.people_delta == known.people
    assert job.plan.people_delta.l2 == pytest.approx(2**0.5 * (1 if closed else steps**0.5))


def test_noised_rates_carry_their_interval():
    people = [f"person{number}" for number in range(160)]
    at = [BRAND_STEPS[min(number // 40, 2)] for number in range(160)]
    brand = audience(people, labels={"step": at})
    rows = events(people, [0] * 160, labels={"step": ["click"] * 160})
    answer = ask(
        "funnel", {"steps": ["click", "registration", "payment"]}, brand, rows,
        noise="discrete-gaussian", rho_per_release=50.0,
    )  # fmt: skip
    payment = answer.result["groups"][-1]
    low, high = payment["step_rate_interval"]
    assert low < payment["step_rate"] < high
    assert payment["lower_bound"] is False
    assert abs(payment["step_rate"] - 2 / 3) < 5 * (high - low)


def test_the_mediator_holds_no_step():
    answer = ask("funnel", {"steps": STEPS, "group_by": [CHANNEL]}, crm({"a": "payment"}),
                 media([("a", "search", "click")]))  # fmt: skip
    held = b"".join(answer.desk.blobs.values()) + repr(answer.desk.said).encode()
    held += answer.receiver.document.canonical()
    assert not any(name in held for name in (b"payment", b"click", b"search", b"registration"))


@pytest.mark.parametrize("count", ["closed", "open"])
def test_the_interval_against_all_channels_holds_what_it_says(count):
    """Noise is drawn anew on the released cells; 95 % of the intervals hold the exact ratio."""
    dice = np.random.default_rng(4)
    people = [f"p{number}" for number in range(900)]
    brand = {who: BRAND_STEPS[dice.integers(3)] for who in people}
    rows = [
        (who, CHANNELS[int(dice.random() < 0.3)], step)
        for who in people
        for step in PLATFORM_STEPS[: 1 + int(dice.random() < 0.6)]
    ]
    parameters = {"steps": STEPS, "group_by": [CHANNEL], "count": count}
    options = {"noise": "discrete-gaussian", "rho_per_release": 0.2, "rho_budget": 100.0}
    answer = ask("funnel", parameters, crm(brand), media(rows), k_min=1, **options)
    exact = ask("funnel", parameters, crm(brand), media(rows)).opened
    true = {group.key: group.people for group in exact.groups}
    opened = answer.opened
    shown = tuple(replace(group, people=true[group.key]) for group in opened.groups)
    without = template("funnel").result(replace(opened, groups=shown, other=None, suppressed=0))
    ratios = {key: g["to_all"] for key, g in by_key(without["groups"], *KEYS).items()}
    deviation = {group.key: people_sd(opened.charge.people, [group]) for group in shown}
    held = []
    for _ in range(300):
        noised = tuple(
            replace(group, people=round(true[group.key] + dice.normal(0, deviation[group.key])))
            for group in opened.groups
        )
        found = template("funnel").result(replace(opened, groups=noised, other=None, suppressed=0))
        for key, group in by_key(found["groups"], *KEYS).items():
            if group.get("to_all_interval"):
                low, high = group["to_all_interval"]
                assert low <= group["to_all"] <= high
                held.append(low <= ratios[key] <= high)
    # The groups of a draw share the noise of the whole, so that 300 draws are about 300 tries.
    assert len(held) >= 900 and 0.92 < np.mean(held) < 0.985, np.mean(held)
    assert all(
        group.get("to_all_interval") is None for group in found["groups"] if not group["to_all"]
    )


@pytest.mark.parametrize("count", ["closed", "open"])
def test_where_counts_the_people_that_either_sides_labels_keep(count):
    steps = dict(zip(PEOPLE, BRAND_STEPS * 3, strict=False))
    tiers = {who: "gold" if at % 3 else "tin" for at, who in enumerate(steps)}
    cities = {who: "x" if at % 2 else "y" for at, who in enumerate(steps)}
    seen = {who: PLATFORM_STEPS[at % 2] for at, who in enumerate(steps)}
    labels = {"step": list(steps.values()), "tier": list(tiers.values())}
    brand = audience(list(steps), labels=labels, domains={"step": BRAND_STEPS})
    platform = audience(list(seen), {"step": list(seen.values()), "city": list(cities.values())})
    for where, kept in (
        (["brand.tier = 'gold'"], lambda who: tiers[who] == "gold"),
        (["platform.city = 'x'"], lambda who: cities[who] == "x"),
        (["brand.tier != 'gold'", "platform.city = 'y'"],
         lambda who: tiers[who] != "gold" and cities[who] == "y"),
    ):  # fmt: skip
        asked = {"steps": STEPS, "count": count, "where": where}
        answer = ask("funnel", asked, brand, platform)
        rows = [(who, "", seen[who]) for who in steps if kept(who)]
        true = counted(steps, rows, closed=count == "closed", channels=False)
        found = {group["key"]["step"]: group["people"] for group in answer.result["groups"]}
        assert {step: many for step, many in found.items() if many} == {
            step: many for (_, step), many in true.items()
        }
    with pytest.raises(PolicyRefusal) as refused:
        events_of = media([("person0", "feed", "click")])
        plan("funnel", {"steps": STEPS, "where": ["platform.channel = 'feed'"]}, brand, events_of)
    assert refused.value.rule == "where-of-events"
