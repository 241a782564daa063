"""``reach_frequency`` against a plaintext oracle, through the agents' own code and the engine."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleanroom.agent import job_rows
from cleanroom.agent.notices import notices
from cleanroom.errors import InvalidInput, PolicyRefusal
from cleanroom.queries.reach_frequency import sensitivity
from cleanroom.queries.reach_frequency.template import tells_impressions
from cleanroom.report.html import result_tables
from cleanroom.report.sentences import sentence
from tests.cleanroom.queries.harness import ask, audience, by_key, events, plan

PEOPLE = [f"person{number}" for number in range(8)]
CAMPAIGNS = ["Hero", "Feed", "直播"]
CLICK, VIEW = 1, 0
NAMES = ("platform.campaign", "frequency")
FEW = settings(max_examples=6, deadline=None)

TARGET = st.sets(st.sampled_from(PEOPLE), min_size=1)
SHOWN = st.lists(
    st.tuples(st.sampled_from(PEOPLE), st.sampled_from(CAMPAIGNS), st.sampled_from([CLICK, VIEW])),
    max_size=40,
)
EVERY_CAMPAIGN = [("person0", campaign, VIEW) for campaign in CAMPAIGNS]


def impressions(rows, seconds=None):
    people, campaigns, actions = (list(column) for column in zip(*rows, strict=True))
    seconds = seconds or [0] * len(rows)
    return events(people, seconds, actions, labels={"campaign": campaigns})


def distribution(rows, target, most):
    """Count by definition: people per campaign, and over all, by number of views."""
    views = Counter((who, campaign) for who, campaign, action in rows if action == VIEW)
    often = Counter()
    for (who, _), times in views.items():
        often[who, "all"] += times
    found = Counter()
    for (who, campaign), times in (*views.items(), *often.items()):
        if who in target:
            found[campaign, f"{most}+" if times >= most else str(times)] += 1
    return found


@FEW
@given(TARGET, SHOWN, st.sampled_from(["brand", "platform"]))
def test_the_distribution_is_that_of_matched_views(target, shown, receiver):
    rows = [*shown, *EVERY_CAMPAIGN]
    answer = ask(
        "reach_frequency", {"max_frequency": 3}, audience(list(target)), impressions(rows),
        receiver=receiver,
    )  # fmt: skip
    groups = by_key(answer.result["groups"], *NAMES)
    assert {key: group["people"] for key, group in groups.items()} == distribution(rows, target, 3)
    assert answer.result["other"] is None


@FEW
@given(TARGET, SHOWN)
def test_a_campaign_is_summed_up_exactly(target, shown):
    rows = [*shown, *EVERY_CAMPAIGN]
    parameters = {"max_frequency": 3, "cap": 2}
    result = ask("reach_frequency", parameters, audience(list(target)), impressions(rows)).result
    views = [(who, campaign) for who, campaign, action in rows if action == VIEW]
    for one in result["campaigns"]:
        of = [who for who, campaign in views if one["campaign"] in ("all", campaign)]
        often = Counter(who for who in of if who in target)
        assert one["reach"] == len(often)
        assert one["impressions"] == len(of)
        assert one["matched_impressions"] == sum(often.values())
        assert one["mean_frequency"] == pytest.approx(sum(often.values()) / len(often), abs=1e-6)
        assert one["on_target_rate"] == pytest.approx(sum(often.values()) / len(of), abs=1e-6)
        few = sum(times <= 2 for times in often.values())
        assert one["share_up_to_cap"] == pytest.approx(few / len(often), abs=1e-6)
    reached = {who for who, _ in views if who in target}
    assert result["total"]["people"] == len(reached)


def test_without_a_sum_the_last_frequency_counts_as_its_least():
    rows = [("person0", "Hero", VIEW)] * 9 + [("person1", "Hero", VIEW)]
    parameters = {"max_frequency": 4, "max_impressions": 0}
    answer = ask("reach_frequency", parameters, audience(PEOPLE), impressions(rows))
    assert answer.receiver.plan.value_side is None
    hero = answer.result["campaigns"][0]
    assert (hero["matched_impressions"], hero["impressions_counted_up_to"]) == (5, 4)
    assert hero["mean_lower_bound"] and "on_target_rate" not in hero
    assert "at least 2.50 times" in answer.receiver.template.sentence(answer.result)


def test_a_frequency_that_is_held_back_leaves_a_lower_bound_and_no_ratio():
    # Two people of frequency 4 with each campaign: the four cells of two pool to more than k, so
    # that none of the large ones has to be held back with them.
    often = [(who, "Hero", VIEW) for who in PEOPLE[:2] for _ in range(3)]
    rows = [(who, "Hero", VIEW) for who in PEOPLE] + often
    parameters = {"max_frequency": 4, "cap": 2}
    answer = ask("reach_frequency", parameters, audience(PEOPLE), impressions(rows), k_min=3)
    assert [one["campaign"] for one in answer.result["campaigns"]] == ["Hero", "all"]
    for one in answer.result["campaigns"]:
        assert (one["reach"], one["reach_lower_bound"], one["mean_frequency"]) == (6, True, None)
        assert not {"mean_frequency_interval", "share_up_to_cap", "on_target_rate"} & set(one)
    said = answer.receiver.template.sentence(answer.result)
    assert "reached 6 to 10 people" in said and "average" not in said
    assert "6 至 10 人" in sentence({"template": "reach_frequency", **answer.result}, "zh")


def test_a_reach_of_which_every_frequency_is_held_back_is_no_zero():
    rows = [(who, "Hero", VIEW) for who in PEOPLE[:2]]
    answer = ask("reach_frequency", {}, audience(PEOPLE), impressions(rows), k_min=3)
    assert answer.result["groups"] == [] and answer.result["total"] == {"people": None}
    said = answer.receiver.template.sentence(answer.result)
    assert said == "How many people of the audience the campaigns reached is held back."
    assert "0" not in sentence({"template": "reach_frequency", **answer.result}, "zh")


def test_one_person_adds_at_most_what_is_declared():
    rows = [("person0", campaign, VIEW) for campaign in CAMPAIGNS for _ in range(5)]
    parameters = {"max_campaigns": 2, "max_impressions": 3}
    answer = ask(
        "reach_frequency", parameters, audience(PEOPLE), impressions(rows), receiver="platform"
    )
    by_campaign = [g for g in answer.result["groups"] if g["key"]["platform.campaign"] != "all"]
    assert sum(group["people"] for group in by_campaign) == 2
    assert all(group["matched_impressions"] == 3 for group in answer.result["groups"])
    assert answer.result["rows"] == {"dropped_campaigns": 1, "clamped_impressions": 3}
    columns = [column for table in result_tables(answer.result, "en") for column in table.columns]
    impressed = {one.unit for one in columns if "impressions" in one.title}
    assert impressed == {"events"}, "what is counted are rows, in no unit of a file"


def test_only_the_asked_campaigns_and_period_count():
    rows = [("person0", "Hero", VIEW), ("person0", "Feed", VIEW), ("person1", "Hero", VIEW)]
    shown = impressions(rows, seconds=[10, 11, 20])
    parameters = {"campaigns": ["Hero"], "start": 10, "end": 20}
    result = ask("reach_frequency", parameters, audience(PEOPLE), shown).result
    groups = by_key(result["groups"], *NAMES)
    assert {key: group["people"] for key, group in groups.items()} == {
        ("Hero", "1"): 1,
        ("all", "1"): 1,
    }


def test_a_campaign_that_is_declared_under_the_name_of_all_is_refused():
    shown = impressions([("a", "all", VIEW)])
    with pytest.raises(PolicyRefusal) as refused:
        plan("reach_frequency", {}, audience(["a"]), shown, receiver="platform")
    assert refused.value.rule == "campaign-named-all"


@pytest.mark.parametrize(
    ("rows", "parameters", "silent"),
    [
        ([("a", "Hero", VIEW), ("a", "Feed", CLICK)], {}, "Feed"),
        ([("a", "Hero", VIEW)], {"campaigns": ["Nobody"]}, "Nobody"),
        ([("a", "Hero", VIEW)], {"start": 5}, "Hero"),
    ],
)
@pytest.mark.parametrize("receiver", ["brand", "platform"])
def test_a_campaign_that_was_never_shown_reaches_nobody(rows, parameters, silent, receiver):
    """A refusal would tell exactly, at no cost, whether a campaign was shown in a second."""
    answer = ask(
        "reach_frequency", parameters, audience(["a"]), impressions(rows), receiver=receiver
    )
    shown = {group["key"]["platform.campaign"] for group in answer.result["groups"]}
    assert silent not in shown
    (told,) = notices(answer.platform)
    assert silent in told
    assert notices(answer.brand) == []


@pytest.mark.parametrize(
    "parameters",
    [
        {"cap": 4},
        {"group_by": []},
        {"group_by": ["brand.campaign"]},
        {"start": 10, "end": 10},
        {"max_frequency": 0},
        {"campaigns": ["Hero", "Hero"]},
    ],
)
def test_senseless_parameters_are_refused(parameters):
    with pytest.raises(InvalidInput):
        plan(
            "reach_frequency", parameters, audience(["a"]), impressions([("a", "Hero", VIEW)]),
            receiver="platform",
        )  # fmt: skip


def test_impressions_are_events():
    with pytest.raises(PolicyRefusal) as refused:
        plan("reach_frequency", {}, audience(["a"]), audience(["a"], labels={"campaign": ["x"]}))
    assert refused.value.rule == "impressions-are-events"


def test_noise_is_scaled_to_one_person():
    shown = impressions([("person0", campaign, VIEW) for campaign in CAMPAIGNS])
    parameters = {"max_campaigns": 2, "max_impressions": 30}
    job = plan("reach_frequency", parameters, audience(PEOPLE), shown, noise="discrete-gaussian")
    assert job.plan.people_delta.l2 == pytest.approx(3**0.5)
    assert job.plan.slots[0].delta.l2 == pytest.approx(30 * 3**0.5)
    assert job.plan.people_delta == sensitivity.reach_frequency(2, {}).people


def test_noised_ratios_carry_their_interval():
    people = [f"person{number}" for number in range(120)]
    rows = [(who, "Hero", VIEW) for who in [*people, *people[:60]]]
    answer = ask(
        "reach_frequency",
        {"max_frequency": 2, "cap": 1, "max_impressions": 5, "max_campaigns": 1},
        audience(people),
        impressions(rows),
        # The brand cannot tell whether anybody saw more than five: it gets a lower bound.
        receiver="platform",
        noise="discrete-gaussian",
        rho_per_release=20.0,
    )
    every = next(one for one in answer.result["campaigns"] if one["campaign"] == "all")
    low, high = every["mean_frequency_interval"]
    assert low < every["mean_frequency"] < high
    assert abs(every["mean_frequency"] - 1.5) < 5 * (high - low)
    total = answer.result["total"]
    assert total["people_sd"] == pytest.approx(2 * answer.receiver.charge.people.scale)


def test_impressions_below_the_last_frequency_follow_from_the_people():
    """Each of n people who saw a campaign twice adds two: their noised sum would say less."""
    people = [f"person{number}" for number in range(120)]
    rows = [(who, "Hero", VIEW) for at, who in enumerate(people) for _ in range(at % 3 + 1)]
    answer = ask(
        "reach_frequency", {"max_frequency": 3, "max_impressions": 100}, audience(people),
        impressions(rows), noise="discrete-gaussian", rho_per_release=2.0,
    )  # fmt: skip
    for group in answer.result["groups"]:
        times = int(group["key"]["frequency"].rstrip("+"))
        if group["key"]["frequency"] != "3+":
            assert group["matched_impressions"] == times * group["people"]
            assert group["matched_impressions_sd"] == pytest.approx(times * group["people_sd"])
        else:  # nobody of 3+ has fewer than three, whatever the noised sum says
            low = 3 * group["people_interval"][0]
            assert group["matched_impressions_bounds"][0] >= low > 0
            assert group["matched_impressions_bounds"][1] is None
    assert answer.result["total"]["matched_impressions_bounds"][0] > 100


def test_without_a_grant_the_total_of_impressions_stays_with_the_platform():
    shown = impressions([("person0", "Hero", VIEW)])
    live = {"rehearsal": False}
    options = {"noise": "discrete-gaussian", "k_min": 10, "agreement": live}
    job = plan("reach_frequency", {}, audience(PEOPLE), shown, **options)
    grant = {"party": "platform", "kind": "public-base"}
    granted = plan("reach_frequency", {}, audience(PEOPLE), shown, grants=[grant], **options)
    assert not tells_impressions(job.question)
    assert tells_impressions(granted.question)


def test_every_person_of_the_brand_has_the_same_rows():
    shown = impressions([("person0", "Hero", VIEW), ("person0", "Feed", VIEW)])
    answer = ask("reach_frequency", {}, audience(PEOPLE), shown)
    made = answer.brand.template.rows(answer.brand.question, job_rows.party_data(answer.brand))
    assert sorted(made.person.tolist()) == sorted(list(range(len(PEOPLE))) * 3)
    assert made.names == ("",) and made.flag.all() and made.values is None


def test_the_mediator_holds_no_name_and_cannot_join_a_persons_rows():
    shown = impressions([("person0", "Hero", VIEW), ("person0", "Feed", VIEW)])
    answer = ask("reach_frequency", {"campaigns": ["Hero", "Feed"]}, audience(PEOPLE), shown)
    held = b"".join(answer.desk.blobs.values()) + repr(answer.desk.said).encode()
    held += answer.receiver.document.canonical()
    assert not any(name in held for name in (b"Hero", b"Feed", b"person0"))
    tokens = answer.desk.whole(f"{answer.platform.path}/rows", "platform")
    width = job_rows.row_layout(answer.platform).width
    rows = {tokens[at : at + 16] for at in range(0, len(tokens), width)}
    assert len(rows) == len(tokens) // width
