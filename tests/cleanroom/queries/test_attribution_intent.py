"""The purchase intent index, against a plain sum over the definition of linear credit."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from fractions import Fraction

import pytest

from cleanroom.documents.agreement import Weights
from cleanroom.errors import InvalidInput, PolicyRefusal
from tests.cleanroom.queries.credit.oracle import Definition, Touch, credit, place
from tests.cleanroom.queries.harness import ask, by_key, events, plan
from tests.cleanroom.queries.journeys import START

WEIGHTS = {"browse": 0.1, "search": 0.35, "add_to_cart": 1.5}
SIGNED = {"intent_weights": (Weights(industry="beauty", weights=WEIGHTS),)}
ASKED = {"industry": "beauty", "start": START, "end": START + 100, "window": "20s"}


def market(seed: int = 1, people: int = 25):
    drawn = random.Random(seed)
    touches = [
        (f"p{drawn.randrange(people)}", drawn.randrange(-30, 110), drawn.choice("AB"))
        for _ in range(3 * people)
    ]
    made = [
        (f"p{drawn.randrange(people)}", second, drawn.choice(sorted(WEIGHTS)))
        for second in drawn.sample(range(100), 2 * people)
    ]
    return touches, made


def data(touches, made):
    brand = events(
        [name for name, *_ in made], [START + t for _, t, _ in made],
        labels={"interaction": [kind for *_, kind in made]},
    )  # fmt: skip
    platform = events(
        [name for name, *_ in touches], [START + t for _, t, _ in touches],
        labels={"campaign": [campaign for *_, campaign in touches]},
    )  # fmt: skip
    return brand, platform


def index_by_definition(touches, made, most: int):
    """Add w_j times linear credit up, the first ``most`` of each kind of a person only."""
    met = defaultdict(list)
    for name, second, campaign in touches:
        met[name].append(Touch(second, "view", "AB".index(campaign), 0))
    rule = Definition("linear", 20, 20, campaigns=2, ticks=100)
    seen: Counter[tuple[str, str]] = Counter()
    earned: dict[str, Fraction] = defaultdict(Fraction)
    for name, second, kind in sorted(made, key=lambda row: row[1]):
        seen[name, kind] += 1
        if seen[name, kind] > most:
            continue
        for key, part in credit(rule, sorted(met[name], key=place), second).items():
            earned["AB"[key]] += part * Fraction(str(WEIGHTS[kind]))
    reached = {c: len({n for n, t, d in touches if d == c and -20 <= t < 100}) for c in "AB"}
    return earned, reached, sum(max(0, n - most) for n in seen.values())


@pytest.mark.parametrize("receiver", ["brand", "platform"])
@pytest.mark.parametrize("most", [1, 10])
def test_the_index_is_that_of_the_definition(receiver, most):
    touches, made = market()
    parameters = {**ASKED, "max_conversions": most}
    answer = ask(
        "purchase_intent", parameters, *data(touches, made), receiver=receiver, agreement=SIGNED
    )
    earned, reached, dropped = index_by_definition(touches, made, most)
    found = by_key(answer.result["groups"], "platform.campaign")
    for campaign in "AB":
        group = found[campaign,]
        # Q = 2520 is divided by every path of up to ten touches.
        assert group["weighted_interactions"] == pytest.approx(float(earned[campaign]))
        assert group["reached"] == reached[campaign]
        assert group["index"] == pytest.approx(1000 * float(earned[campaign]) / reached[campaign])
    if receiver == "brand":
        assert answer.result["bounds"]["dropped"] == dropped
    assert "per thousand" in answer.result["sentence"]


def test_only_the_index_is_released_and_its_noise_is_that_of_the_weights():
    policy = {"noise": "discrete-gaussian", "k_min": 10}
    job = plan(
        "purchase_intent", {**ASKED, "max_conversions": 3}, *data(*market()),
        agreement=SIGNED, grants=[{"party": "platform", "kind": "public-base"}], **policy,
    )  # fmt: skip
    (slot,) = job.plan.slots
    assert slot.measure == "index"
    assert slot.delta.l2 == pytest.approx(3 * sum(WEIGHTS.values()) * 10**6 * job.plan.units)


def test_reached_people_are_granted_or_the_platforms_own():
    live = {**SIGNED, "rehearsal": False}
    policy = {"noise": "discrete-gaussian", "k_min": 10}
    with pytest.raises(PolicyRefusal) as refusal:
        plan("purchase_intent", ASKED, *data(*market()), agreement=live, **policy)
    assert refusal.value.rule == "grant-public-base"
    sides = data(*market())
    assert plan(
        "purchase_intent", ASKED, *sides, receiver="platform", agreement=live,
        grants=({"party": "brand", "kind": "shared-credit"},), **policy, paillier_bits=2048,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"industry": "cars"}, "no weights for the industry"),
        ({"interaction": "platform.campaign"}, "the brand's"),
        ({"interaction": "brand.kind"}, "without labels called kind"),
        ({"measures": ["value"]}, "index only"),
        ({"max_conversions": 400}, "per person"),
    ],
)
def test_bad_input_is_refused(wrong, sentence):
    with pytest.raises((InvalidInput, PolicyRefusal), match=sentence):
        plan("purchase_intent", {**ASKED, **wrong}, *data(*market()), agreement=SIGNED)


@pytest.mark.parametrize(
    "weights", [{"stare": 1.0}, {"browse": -0.1, "search": 1.0}, {"browse": 0.0}]
)
def test_weights_that_mean_nothing_are_refused(weights):
    signed = {"intent_weights": (Weights(industry="beauty", weights=weights),)}
    with pytest.raises(PolicyRefusal) as refusal:
        plan("purchase_intent", ASKED, *data(*market()), agreement=signed)
    assert refusal.value.rule == "intent-weights"


def test_an_interaction_without_a_weight_is_refused_by_its_owner():
    brand = events(["p1"], [START + 5], labels={"interaction": ["favourite"]})
    _, platform = data(*market())
    with pytest.raises(PolicyRefusal) as refusal:
        ask("purchase_intent", ASKED, brand, platform, agreement=SIGNED)
    assert refusal.value.rule == "interaction-without-weight"
