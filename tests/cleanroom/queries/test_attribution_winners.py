"""Rules whose winner takes all: a whole job, with real tokens and ciphertexts, is exact."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cleanroom.agent import job_rows
from cleanroom.errors import InvalidInput, PolicyRefusal
from cleanroom.report import LANGUAGES
from cleanroom.report.sentences import notes
from tests.cleanroom.queries.credit.oracle import Definition
from tests.cleanroom.queries.credit.test_attribution_rules_page import table
from tests.cleanroom.queries.harness import Measure, ask, by_key, events, plan
from tests.cleanroom.queries.journeys import START, TIMES, Journeys, five_people
from tests.cleanroom.queries.room import table_of

WINNERS = ["last_touch", "first_touch", "last_click", "click_then_view"]
CAMPAIGN = "platform.campaign"


def page_row(model: str) -> dict[str, float]:
    header = ("model", "Search", "Social", "Video", "unattributed")
    (row,) = [row for row in table(*header) if row[0] == model]
    return dict(zip(header[1:], map(float, row[1:]), strict=True))


def campaigns(result: dict[str, Any], name: str = "conversions") -> dict[str, float]:
    return {group["key"][CAMPAIGN]: group[name] for group in result["groups"]}


@pytest.mark.parametrize(
    "model",
    [*WINNERS, "markov", "meta:last_click_1d", "meta:last_click_7d", "meta:last_touch_1d",
     "meta:last_touch_7d"],
)  # fmt: skip
def test_the_five_people_of_the_page(model):
    result = ask("attribution", {"model": model, **TIMES}, *five_people()).result
    expected = page_row(model)
    unattributed = expected.pop("unattributed")
    found = {name: 0.0, **campaigns(result)} if (name := "Search") else {}
    assert found == pytest.approx({k: v for k, v in expected.items() if v or k in found}, abs=5e-4)
    assert result["total"]["unattributed"] == unattributed


@pytest.mark.parametrize("receiver", ["brand", "platform"])
def test_a_report_has_conversions_sums_shares_and_what_no_touch_earned(receiver):
    parameters = {"model": "last_touch", "measures": ["value"], **TIMES}
    result = ask("attribution", parameters, *five_people(), receiver=receiver).result
    assert by_key(result["groups"], CAMPAIGN)["Search",] == {
        "key": {CAMPAIGN: "Search"}, "conversions": 3, "sums": {"value": 160.0}, "share": 0.6,
    }  # fmt: skip
    total = {"conversions": 7, "attributed": 5, "unattributed": 2, "sums": {"value": 280.0}}
    if receiver == "brand":
        assert result["total"] == {**total, "asked_sums": {"value": 390.0}}
        assert result["bounds"] == {"dropped": 0, "clamped": 0, "outside": 0}
    else:
        # The brand's own conversions stay the brand's: they are not part of the release.
        assert result["total"] == {**total, "conversions": None, "unattributed": None}
        assert "bounds" not in result
    assert "3" in result["sentence"] and "Search" in result["sentence"]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("model", WINNERS)
@pytest.mark.parametrize("boundary", ["inclusive", "strict"])
def test_random_journeys_are_attributed_by_definition(model, seed, boundary):
    journeys = Journeys.draw(seed)
    parameters = journeys.asked(
        model=model, click_window="20s", view_window="10s", boundary=boundary
    )
    result = ask("attribution", parameters, *journeys.data()).result
    definition = Definition(model, 20, 10, boundary == "strict", campaigns=3, ticks=100)
    counts, values = journeys.truth(definition)
    assert campaigns(result) == {"ABC"[key]: n for key, n in counts.items()}
    sums = {group["key"][CAMPAIGN]: group["sums"]["value"] for group in result["groups"]}
    assert sums == {"ABC"[key]: n for key, n in values.items()}
    assert result["total"]["unattributed"] == len(journeys.orders) - sum(counts.values())


def test_click_through_and_view_through_are_told_apart():
    parameters = {"model": "last_touch", "by_action": True, **TIMES}
    result = ask("attribution", parameters, *five_people()).result
    found = by_key(result["groups"], CAMPAIGN, "action")
    assert {key: group["conversions"] for key, group in found.items()} == {
        ("Search", "click-through"): 3, ("Social", "click-through"): 1,
        ("Video", "view-through"): 1,
    }  # fmt: skip


def test_file_order_never_matters():
    journeys = Journeys.draw(9)
    backwards = Journeys(journeys.touches[::-1], journeys.orders[::-1])
    parameters = journeys.asked(model="last_touch", window="20s", max_conversions=1)
    first, second = (
        ask("attribution", parameters, *j.data()).result for j in (journeys, backwards)
    )
    assert first["groups"] == second["groups"] and first["total"] == second["total"]


def test_conversions_beyond_the_bound_and_values_beyond_the_cap_are_counted():
    touches = events(["a", "b"], [START, START], [1, 1], {"campaign": ["X", "X"]})
    orders = events(
        ["a"] * 5 + ["b"], [START + 10 * n for n in (1, 2, 3, 4, 5, 1)],
        measures={"value": Measure([70, 20, 30, 40, 50, 5], 100)},
    )  # fmt: skip
    parameters = {
        "model": "last_touch", "start": START, "end": START + 45, "measures": ["value"],
        "max_conversions": 3, "max_value_per_person": 80,
    }  # fmt: skip
    result = ask("attribution", parameters, orders, touches).result
    # a: 70, 20 cut to 10, 30 cut to 0; the fourth is dropped, the fifth not asked about.
    assert result["total"]["sums"] == {"value": 85} and result["total"]["attributed"] == 4
    assert result["bounds"] == {"dropped": 1, "clamped": 2, "outside": 1}


def test_costs_give_cost_per_conversion_return_on_spend_and_a_budget():
    parameters = {
        "model": "last_touch", "measures": ["value"], **TIMES,
        "platform_costs": {"Search": 40, "Social": 10, "Video": 50.0},
    }  # fmt: skip
    answer = ask("attribution", parameters, *five_people(), receiver="platform")
    search = by_key(answer.result["groups"], CAMPAIGN)["Search",]
    assert search["cost_per_conversion"] == pytest.approx(40 / 3)
    assert search["return_on_spend"] == pytest.approx(4)
    budget = answer.result["budget"]
    assert "unmatched_costs" not in answer.result
    assert sum(budget["amounts"].values()) == pytest.approx(100) and budget["assumptions"]
    # Prices are for the parties: what the mediator gets of them is sealed.
    assert "platform_costs" not in answer.receiver.document.to_json()["parameters"]


def test_a_cost_of_what_the_answer_does_not_have_is_said() -> None:
    costs = {"Search": 40, "Serach": 10}
    parameters = {"model": "last_touch", **TIMES, "platform_costs": costs}
    conversions, touches = five_people()
    answer = ask("attribution", parameters, conversions, touches, receiver="platform")
    assert answer.result["unmatched_costs"] == ["Serach"]
    assert "Serach" not in answer.result["budget"]["amounts"]
    english, chinese = (" ".join(notes(answer.result, language)) for language in LANGUAGES)
    assert "for Serach, which the answer does not have" in english
    assert "has Search, Social, Video." in english and "Serach" in chinese
    held = {**answer.result, "suppressed": {"groups": 1, "rules": []}}
    assert "held back, or spelt differently" in " ".join(notes(held, "en"))
    # Who asks and has the campaigns is told before anything is spent, and nobody else.
    asks, file = answer.platform, table_of(touches)
    (found,) = asks.template.notices(asks.question, "platform", file, asks.private())
    assert "no campaign Serach" in found and "Search, Social, Video" in found
    assert not asks.template.notices(asks.question, "brand", file, asks.private())
    right = {"platform_costs": {"Search": 40}}
    assert not asks.template.notices(asks.question, "platform", file, right)


def test_labels_that_a_dataset_does_not_have_are_refused_with_those_that_it_has() -> None:
    parameters = {"model": "last_touch", **TIMES, "group_by": ["platform.channel"]}
    with pytest.raises(PolicyRefusal, match="without labels called channel") as refused:
        plan("attribution", parameters, *five_people())
    assert "its labels: campaign" in str(refused.value) and refused.value.rule == "unknown-label"


def test_times_come_from_the_brands_data_in_a_rehearsal_alone():
    result = ask("attribution", {"model": "last_touch"}, *five_people()).result
    assert campaigns(result) == {"Search": 3, "Social": 1, "Video": 1}
    live = {"rehearsal": False}
    policy = {"k_min": 10, "noise": "discrete-gaussian"}
    with pytest.raises(PolicyRefusal, match="start and end") as refusal:
        plan("attribution", {"model": "last_touch"}, *five_people(), agreement=live, **policy)
    assert refusal.value.rule == "times-missing"
    with pytest.raises(InvalidInput, match="brand asks"):
        plan("attribution", {"model": "last_touch"}, *five_people(), receiver="platform")


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"model": "best_touch"}, "unknown model"),
        ({"window": "-7d"}, "not a duration"),
        ({"model": "time_decay", "half_life": "0d"}, "half_life"),
        ({"model": "position", "weights": [40, 20, 41]}, "add up"),
        ({"model": "last_n", "credits": []}, "credits"),
        ({"start": 1000 * START}, "start"),
        ({"end": START}, "end must come after"),
        ({"resolution": "0s"}, "resolution"),
        ({"max_conversions": 0}, "max_conversions"),
        ({"max_conversions": 2, "model": "markov"}, "one conversion"),
        ({"max_value_per_person": {"price": 3}}, "price"),
        ({"max_value_per_person": -1, "measures": ["value"]}, "max_value_per_person"),
        ({"measures": ["price"]}, "no measure price"),
        ({"group_by": ["brand.tier"]}, "group_by"),
        ({"group_by": ["platform.channel"]}, "channel"),
        ({"model": "sequence"}, "template sequence"),
        ({"surprise": 1}, "Extra inputs"),
        ({"model": "last_touch", "half_life": "1d"}, "half_life belongs"),
        ({"platform_costs": {"Search": -1}}, "costs"),
        ({"platform_costs": {"Search": "much"}}, "costs"),
    ],
)
def test_bad_input_is_refused_before_anything_is_spent(wrong, sentence):
    parameters = {"model": "last_touch", **TIMES, **wrong}
    with pytest.raises((InvalidInput, PolicyRefusal), match=sentence):
        plan("attribution", parameters, *five_people())


def test_touches_without_actions_serve_rules_that_do_not_tell_them():
    conversions, touches = five_people()
    bare = events(touches.ids, [t // 10**6 for t in touches.time], labels=touches.labels)
    assert ask("attribution", {"model": "last_touch", **TIMES}, conversions, bare).result["groups"]
    for parameters in ({"model": "last_click"}, {"model": "first_touch", "view_window": "1d"}):
        with pytest.raises(PolicyRefusal) as refusal:
            ask("attribution", {**parameters, **TIMES}, conversions, bare, receiver="platform")
        assert refusal.value.rule == "touches-without-action"


def test_noise_comes_with_its_deviation_and_k_counts_people():
    people = [f"p{n}" for n in range(400)]
    touches = events(people, [START] * 400, [1] * 400, {"campaign": ["X", "Y"] * 200})
    orders = events(people * 2, [START + 5] * 400 + [START + 6] * 400)
    parameters = {"model": "last_touch", "start": START, "end": START + 60, "max_conversions": 2}
    policy = {"noise": "discrete-gaussian", "k_min": 10, "rho_per_release": 1.0}
    answer = ask("attribution", parameters, orders, touches, **policy)
    group = answer.result["groups"][0]
    # Half of rho on people; conversions: m = 2, rho 0.5, two shares.
    assert group["conversions_sd"] == pytest.approx(2 * 2**0.5, rel=1e-3)
    assert abs(group["conversions"] - 400) < 8 * group["conversions_sd"]
    assert (
        group["conversions_interval"][0] < group["conversions"] < group["conversions_interval"][1]
    )
    assert group["share_interval"][0] < group["share"] < group["share_interval"][1]
    assert answer.result["total"]["unattributed_interval"]
    # Two conversions a person, one of them flagged: the people are 200 a campaign, not 400.
    assert all(abs(g.people - 200) < 20 for g in answer.opened.groups)


def test_a_person_with_many_conversions_is_one_person():
    touches = events(
        ["whale", *(f"p{n}" for n in range(6))], [START] * 7, [1] * 7,
        {"campaign": ["X"] + ["Y"] * 6},
    )  # fmt: skip
    ids = ["whale"] * 9 + [f"p{n}" for n in range(6)]
    orders = events(ids, [START + 3 * n for n in range(1, 16)])
    parameters = {"model": "last_touch", "start": START, "end": START + 60}
    result = ask("attribution", parameters, orders, touches, k_min=5).result
    assert campaigns(result) == {} or campaigns(result) == {"Y": 6}
    assert "X" not in campaigns(result)


def test_the_sampled_profile_gives_every_conversion_to_one_touch():
    journeys = Journeys.draw(5, people=40)
    parameters = journeys.asked(model="linear", profile="sampled", window="20s")
    answer = ask("attribution", parameters, *journeys.data())
    counts, _ = journeys.truth(Definition("linear", 20, 20, campaigns=3, ticks=100))
    assert answer.result["total"]["attributed"] == sum(counts.values())
    assert not answer.brand.plan.combine
    assert all(isinstance(n, int) for n in campaigns(answer.result).values())


def test_both_sides_rows_are_of_one_width_and_padded():
    answer = ask("attribution", {"model": "last_touch", **TIMES}, *five_people())
    for job in (answer.brand, answer.platform):
        layout = job_rows.row_layout(job)
        data = answer.desk.whole(f"{job.path}/rows", job.room.role)
        rows = np.frombuffer(data, dtype=np.uint8).reshape(-1, layout.width)
        assert len(rows) >= 64
        assert set(rows[:, 16 * layout.tokens + 4].tolist()) <= {0, 1}
