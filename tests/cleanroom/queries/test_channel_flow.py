"""``channel_flow`` against plain counting of who was seen where and moved from which stage."""

from __future__ import annotations

from collections import Counter, defaultdict
from random import Random

import pytest

from cleanroom.errors import InvalidInput, PolicyRefusal
from cleanroom.queries.stages import STAGES
from cleanroom.report.sentences import sentence
from tests.cleanroom.queries.harness import ask, audience, by_key, events, plan

CHANNELS = ["feed", "search", "tv"]
PEOPLE = [f"p{number}" for number in range(30)]
NAMES = ("platform.channel", "from", "to")
OURS = {"from": {"brand": "s0"}, "to": {"brand": "s1"}}
BOTH = {"from": {"brand": "s0", "platform": "t0"}, "to": {"brand": "s1", "platform": "t1"}}


def drawn(seed):
    """Return the brand's stages per person, and rows of (person, channel, second, stages)."""
    random = Random(seed)
    ours = {who: (random.choice(STAGES), random.choice(STAGES)) for who in PEOPLE[:24]}
    theirs = {who: (random.choice(STAGES), random.choice(STAGES)) for who in PEOPLE[4:]}
    seen = [(who, random.choice(CHANNELS), random.randrange(100))
            for who in random.choices(PEOPLE[4:], k=70)]  # fmt: skip
    return ours, [(*row, *theirs[row[0]]) for row in seen]


def files(ours, rows):
    who, channel, second, old, new = (list(column) for column in zip(*rows, strict=True))
    stages = {"s0": [one for one, _ in ours.values()], "s1": [one for _, one in ours.values()]}
    tiers = {"tier": ["gold" if at % 2 else "tin" for at in range(len(ours))]}
    theirs = {"t0": old, "t1": new}
    return (
        audience(list(ours), stages | tiers, domains=dict.fromkeys(stages, STAGES)),
        events(who, second, labels={"channel": channel, **theirs},
               domains={"channel": CHANNELS, **dict.fromkeys(theirs, STAGES)}),
    )  # fmt: skip


def counted(ours, rows, asked, start=0, end=1000):
    """Count by definition: people per channel, and over all, by their highest stages."""
    channels, ends = defaultdict(set), {}
    for who, channel, second, *stages in rows:
        if who in ours:
            own = [STAGES.index(one) for one in ours[who]]
            theirs = [STAGES.index(one) for one in stages] if "platform" in asked["to"] else [0, 0]
            ends[who] = tuple(STAGES[max(pair)] for pair in zip(own, theirs, strict=True))
            if start <= second < end:
                channels[who] |= {channel, "all"}
    return Counter((channel, *ends[who]) for who, some in channels.items() for channel in some)


@pytest.mark.parametrize("asked", [OURS, BOTH])
@pytest.mark.parametrize("seed", range(2))
def test_moves_are_those_of_the_definition(asked, seed):
    ours, rows = drawn(seed)
    result = ask("channel_flow", asked, *files(ours, rows)).result
    true = counted(ours, rows, asked)
    shown = by_key(result["groups"], *NAMES)
    assert {key: one["people"] for key, one in shown.items()} == true

    def rate(channel, before, after):
        whole = sum(n for (c, b, _), n in true.items() if (c, b) == (channel, before))
        return true[channel, before, after] / whole

    for key, one in shown.items():
        assert one["rate"] == pytest.approx(rate(*key), abs=1e-6)
        usual = rate("all", *key[1:])
        told = None if key[0] == "all" else pytest.approx(rate(*key) / usual, abs=1e-6)
        assert one["coefficient"] == told
    assert result["total"]["people"] == sum(n for (c, *_), n in true.items() if c == "all")


def test_who_came_from_where_is_told_per_channel():
    ours, rows = drawn(5)
    result = ask("channel_flow", BOTH, *files(ours, rows)).result
    starts = Counter()
    for (channel, before, _), number in counted(ours, rows, BOTH).items():
        starts[channel, before] += number
    shown = by_key(result["channels"], *NAMES[:2])
    assert {key: one["people"] for key, one in shown.items()} == starts


def test_period_and_where_say_who_counts():
    ours, rows = drawn(6)
    asked = {**OURS, "start": 30, "end": 70, "where": ["brand.tier = 'gold'"]}
    result = ask("channel_flow", asked, *files(ours, rows)).result
    gold = {who: stages for at, (who, stages) in enumerate(ours.items()) if at % 2}
    shown = by_key(result["groups"], *NAMES)
    true = counted(gold, rows, OURS, 30, 70)
    assert {key: one["people"] for key, one in shown.items()} == true


def test_channels_above_the_bound_are_dropped_and_numbers_become_lower_bounds():
    ours = dict.fromkeys(PEOPLE[:8], ("A", "P"))
    rows = [(who, channel, 0, "none", "none") for who in PEOPLE[:8] for channel in CHANNELS]
    answer = ask("channel_flow", {**OURS, "max_channels": 1}, *files(ours, rows))
    assert answer.brand.plan.people_delta.l2 == pytest.approx(2)
    single = [one for one in answer.result["groups"] if one["key"]["platform.channel"] != "all"]
    assert sum(one["people"] for one in single) == 8
    for one in single:
        assert one["people_bounds"] == [one["people"], None]
        assert one["rate"] is None and one["coefficient"] is None
    assert answer.result["total"]["people"] == 8
    (every,) = by_key(answer.result["groups"], *NAMES).keys() - {
        tuple(one["key"].values()) for one in single
    }
    assert by_key(answer.result["groups"], *NAMES)[every]["rate"] == 1
    assert every == ("all", "A", "P") and answer.result["most"] is None


def test_noised_coefficients_have_an_interval_and_the_leading_channel_is_named():
    """The smallest move that is shown, of the third channel, is pooled with those of nobody."""
    people = [f"p{number}" for number in range(1200)]
    bought = {*range(250), *range(400, 560), *range(800, 920)}
    ours = {who: ("A", "P" if at in bought else "A") for at, who in enumerate(people)}
    rows = [(who, CHANNELS[at // 400], 0, "none", "none") for at, who in enumerate(people)]
    answer = ask(
        "channel_flow", OURS, *files(ours, rows),
        noise="discrete-gaussian", k_min=10, rho_per_release=2.0,
    )  # fmt: skip
    most = answer.result["most"]
    assert most["key"] == {"platform.channel": "feed", "from": "A", "to": "P"}
    low, high = most["coefficient_interval"]
    # Twelve standard deviations: how often 95 % hold the truth is counted in test_truth.
    assert abs(most["coefficient"] - (250 / 400) / (530 / 1200)) < 3 * (high - low) and low > 1
    said = answer.receiver.template.sentence(answer.result)
    assert "feed stands out most from A to P" in said
    assert "feed 在 A 至 P 上最突出" in sentence(
        {"template": "channel_flow", **answer.result}, "zh"
    )


@pytest.mark.parametrize(
    ("change", "receiver", "rule"),
    [
        ({}, "platform", "channel-flow-receiver"),
        ({"where": ["platform.channel = 'tv'"]}, "brand", "where-of-events"),
        ({"to": {"brand": "tier"}}, "brand", "stage-values"),
        ({"group_by": ["platform.nothing"]}, "brand", "unknown-label"),
    ],
)
def test_what_cannot_be_asked_is_refused(change, receiver, rule):
    with pytest.raises(PolicyRefusal) as refused:
        plan("channel_flow", {**OURS, **change}, *files(*drawn(1)), receiver=receiver)
    assert refused.value.rule == rule


@pytest.mark.parametrize(
    "change",
    [
        {"to": {"brand": "s0"}},
        {"to": {"brand": "s1", "platform": "t1"}},
        {"from": {"brand": "s0", "platform": "t0"}, "to": {"brand": "s1", "platform": "t0"}},
        {"group_by": ["brand.tier"]},
        {"start": 5, "end": 5},
        {"max_channels": 0},
    ],
)
def test_senseless_parameters_are_refused(change):
    with pytest.raises(InvalidInput):
        plan("channel_flow", {**OURS, **change}, *files(*drawn(1)))


def test_a_channel_must_not_be_called_all():
    ours, rows = drawn(1)
    rows = [(who, "all", *rest) for who, _, *rest in rows]
    with pytest.raises(PolicyRefusal) as refused:
        brand, platform = files(ours, rows)
        platform.domains["channel"] = ["all"]
        ask("channel_flow", OURS, brand, platform)
    assert refused.value.rule == "campaign-named-all"
