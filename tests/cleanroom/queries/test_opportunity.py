"""Opportunity, the stage before awareness, against plain counting; it is not an asset."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from cleanroom.errors import PolicyRefusal
from cleanroom.queries.stages import OPPORTUNITY, STAGES
from cleanroom.report.charts import picture
from tests.cleanroom.queries.harness import Measure, ask, audience, by_key, events

FLOW = {
    "from": {"brand": "before", "platform": "old"},
    "to": {"brand": "after", "platform": "new"},
}
NAMES = (("before", "after"), ("old", "new"))
LADDERS = [(OPPORTUNITY, OPPORTUNITY), (STAGES, OPPORTUNITY), (OPPORTUNITY, STAGES)]


def drawn(ladders, seed=1):
    """Return stages per person of both sides: 60 people each, 40 of them shared."""
    random = Random(seed)
    return [
        {f"p{n}": (stage(random, ladder), stage(random, ladder)) for n in range(first, first + 60)}
        for first, ladder in zip((0, 20), ladders, strict=True)
    ]


def stage(random, ladder):
    """Draw a stage, an early one more often than others."""
    return random.choice((*ladder, *ladder[:2], *ladder[:2]))


def files(sides, ladders):
    spend = {"spend": Measure([1] * 60, 50)}
    return [
        audience(
            list(people),
            labels={name: [both[at] for both in people.values()] for at, name in enumerate(names)},
            measures=spend if names[0] == "old" else {},
            domains=dict.fromkeys(names, ladder),
        )
        for people, names, ladder in zip(sides, NAMES, ladders, strict=True)
    ]


def higher(*stages):
    return max(stages, key=OPPORTUNITY.index)


def moves(brand, platform):
    return Counter(
        tuple(higher(*pair) for pair in zip(brand[who], platform[who], strict=True))
        for who in brand.keys() & platform.keys()
    )


@pytest.mark.parametrize("ladders", LADDERS)
@pytest.mark.parametrize("sides", [True, False])
def test_people_of_opportunity_are_counted_and_are_no_assets(ladders, sides):
    brand, platform = drawn(ladders)
    asked = {"stage": {"brand": "before", "platform": "old"}, "sides": sides}
    result = ask("aipl", asked, *files((brand, platform), ladders)).result
    true = Counter()
    for who in (brand.keys() | platform.keys()) if sides else (brand.keys() & platform.keys()):
        known = [side[who][0] for side in (brand, platform) if who in side]
        where = "overlap" if len(known) == 2 else "brand_only" if who in brand else "platform_only"
        true[higher(*known), where] += 1
    groups = by_key(result["groups"], "stage", "side")
    assert {key: one["people"] for key, one in groups.items() if one["people"]} == true
    assert true["O", "overlap"]
    assets = sum(n for (stage, _), n in true.items() if stage in "AIPL")
    assert result["aipl_total"]["people"] == assets
    assert "O · Opportunity" in picture(result)


@pytest.mark.parametrize("ladders", LADDERS)
def test_leaving_opportunity_for_the_brand_is_being_recruited(ladders):
    brand, platform = drawn(ladders)
    result = ask("aipl_flow", FLOW, *files((brand, platform), ladders)).result
    true = moves(brand, platform)
    shown = by_key(result["groups"], "from", "to")
    assert {key: one["people"] for key, one in shown.items()} == true
    early = Counter({move: n for move, n in true.items() if move[0] in ("none", "O")})
    assert result["recruited"]["of"] == early.total()
    assert result["recruited"]["people"] == sum(n for (_, to), n in early.items() if to in "AIPL")
    assert result["conversion"]["of"] == true.total() - early.total() - sum(
        n for (start, _), n in true.items() if start == "L"
    )
    assert result["stages"] == list(OPPORTUNITY)
    assert "O · Opportunity" in picture(result)


def test_health_counts_opportunity_as_no_relation():
    ladders = LADDERS[0]
    brand, platform = drawn(ladders)
    asked = {**FLOW, "measure": "spend"}
    result = ask("health", asked, *files((brand, platform), ladders)).result
    true = moves(brand, platform)
    shown = by_key(result["groups"], "movement")
    assert shown[("outside",)]["people"] == sum(
        n for (start, to), n in true.items() if to in ("none", "O") and start not in ("A", "I", "P")
    )
    assert shown[("lost",)]["people"] == sum(
        n for (start, to), n in true.items() if to in ("none", "O") and start in ("A", "I", "P")
    )
    assets = sum(n for (_, to), n in true.items() if to in "AIPL")
    assert result["aipl_total"]["people"] == assets


@pytest.mark.parametrize("theirs", [None, STAGES, OPPORTUNITY])
def test_channels_move_people_from_opportunity(theirs):
    random = Random(4)
    ours = {f"p{n}": (stage(random, OPPORTUNITY), stage(random, OPPORTUNITY)) for n in range(60)}
    people = [f"p{n}" for n in range(10, 70)]
    stages = {who: (stage(random, theirs or STAGES), stage(random, theirs or STAGES))
              for who in people}  # fmt: skip
    seen = [(who, random.choice(["feed", "tv"])) for who in random.choices(people, k=90)]
    asked = {"from": {"brand": "s0"}, "to": {"brand": "s1"}}
    if theirs:
        asked = {
            key: {**value, "platform": f"t{value['brand'][1]}"} for key, value in asked.items()
        }
    result = ask(
        "channel_flow",
        asked,
        audience(
            list(ours),
            {"s0": [one for one, _ in ours.values()], "s1": [one for _, one in ours.values()]},
            domains=dict.fromkeys(("s0", "s1"), OPPORTUNITY),
        ),
        events(
            [who for who, _ in seen],
            list(range(90)),
            labels={
                "channel": [channel for _, channel in seen],
                "t0": [stages[who][0] for who, _ in seen],
                "t1": [stages[who][1] for who, _ in seen],
            },
            domains={"channel": ["feed", "tv"], **dict.fromkeys(("t0", "t1"), theirs or STAGES)},
        ),
    ).result
    true = Counter()
    for who, channel in set(seen) | {(who, "all") for who, _ in seen}:
        if who in ours:
            other = stages[who] if theirs else ("none", "none")
            true[channel, *(higher(*pair) for pair in zip(ours[who], other, strict=True))] += 1
    shown = by_key(result["groups"], "platform.channel", "from", "to")
    assert {key: one["people"] for key, one in shown.items()} == true
    assert any(start == "O" for _, start, _ in true)


def test_a_column_of_other_values_is_no_column_of_stages():
    brand, platform = drawn(LADDERS[0])
    sides = files((brand, platform), LADDERS[0])
    wrong = audience(
        list(brand),
        labels={name: ["AB"] * 60 for name in NAMES[0]},
        domains=dict.fromkeys(NAMES[0], ["O", "A", "B", "AB", "none", "P"]),
    )
    with pytest.raises(PolicyRefusal, match="or O"):
        ask("aipl_flow", FLOW, wrong, sides[1])
