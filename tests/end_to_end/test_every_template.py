"""Every question that can be asked of made-up people is answered truly by the real programs.

One simulation without noise; each answer is held against ``truth.json``, which was counted from
the people behind the files and not from the files.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cleanroom.demo import ExampleFiles, make_example
from cleanroom.queries.registry import templates
from tests.end_to_end.conftest import cleanroom

PEOPLE, USERS, SEED = 300, 400, 1
"""The smallest example, by and large, in which every question has an answer worth comparing."""

PARTS = 2520
"""Shared credit is counted in so many parts of a conversion; a share is off by less than one."""

Answer = dict[str, Any]
Key = tuple[Any, ...]


@dataclass(frozen=True)
class Answers:
    """What was true, what was answered, and where."""

    made: ExampleFiles
    out: Path
    truth: dict[str, Answer]
    results: dict[str, Answer]
    live: list[dict[str, str]]

    def of(self, job: str) -> tuple[Answer, Answer]:
        """Return an answer and the truth."""
        return self.results[job], self.truth[job]


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    """Make the example and ask everything, once."""
    folder = tmp_path_factory.mktemp("every-template")
    made = make_example(folder / "example", PEOPLE, USERS, SEED)
    assert made.every is not None
    room = made.every.read_text("utf-8")
    # Eight features and their count need nine slots: 2,048 bits are the least that hold them.
    made.every.write_text(room.replace("[policy]\n", "[policy]\npaillier_bits = 2048\n"), "utf-8")
    done = cleanroom("simulate", str(made.every), "--out", str(folder / "out"), "--json")
    assert done.returncode == 0, done.stderr
    truth = json.loads(made.truth.read_text("utf-8"))["jobs"]
    shown = json.loads(done.stdout)
    return Answers(made, folder / "out", truth, shown["jobs"], shown["live"])


def keyed(groups: list[Answer]) -> dict[Key, Answer]:
    found = {tuple(group["key"].values()): group for group in groups}
    assert len(found) == len(groups)
    return found


def pick(group: Answer, names: tuple[str, ...]) -> Answer:
    return {name: group[name] for name in names}


def near(number: Any, tolerance: float = 2e-6) -> Any:
    """Allow for the six places to which the truth has rates."""
    return None if number is None else pytest.approx(number, rel=2e-6, abs=tolerance)


def agree(
    answer: Answer,
    truth: Answer,
    exact: tuple[str, ...],
    rates: tuple[str, ...] = (),
    count: str = "people",
) -> None:
    """Hold every group against the truth; groups of nobody need not be shown, others must be."""
    shown, true = keyed(answer["groups"]), keyed(truth["groups"])
    assert {key for key, group in true.items() if group[count]} <= shown.keys() <= true.keys()
    for key, group in shown.items():
        assert pick(group, exact) == pick(true[key], exact), key
        for name in rates:
            assert group[name] == near(true[key][name]), (key, name)


def test_every_template_is_asked_and_answered(answers: Answers) -> None:
    assert answers.results.keys() == answers.truth.keys()
    assert {result["template"] for result in answers.results.values()} == templates().keys()
    failed = {n: r.get("problem") for n, r in answers.results.items() if r["status"] != "SUCCESS"}
    assert not failed
    assert all(result["privacy"]["noise"] == "none" for result in answers.results.values())
    assert all(result["suppressed"]["groups"] == 0 for result in answers.results.values())


def test_what_a_live_room_would_refuse_of_it_is_listed(answers: Answers) -> None:
    of_jobs = {(one["about"], one["rule"]) for one in answers.live if one["about"] in answers.truth}
    assert of_jobs == {
        ("lookalike", "seed-minimum"),
        ("markov", "grant-public-base"),
        ("purchase-intent", "grant-public-base"),
    }


def test_the_log_of_all_of_it_verifies(answers: Answers) -> None:
    done = cleanroom("audit", "verify", str(answers.out / "audit.json"))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("job", ["overlap", "overlap-by-age-band", "overlap-by-tier"])
def test_overlap(answers: Answers, job: str) -> None:
    answer, truth = answers.of(job)
    if truth["groups"]:
        agree(answer, truth, ("people", "sums"))
    assert pick(answer["total"], ("people", "sums")) == truth["total"]


def test_match_rate(answers: Answers) -> None:
    agree(*answers.of("match-rate"), ("people", "of"), ("rate",))


@pytest.mark.parametrize("job", ["profile-age-band", "profile-city-tier"])
def test_profile(answers: Answers, job: str) -> None:
    answer, truth = answers.of(job)
    agree(answer, truth, ("people",), ("share", "base_share", "tgi_ratio", "tgi_index"))
    assert answer["total"]["people"] == truth["total"]["people"]
    assert answer["base"]["people"] == truth["total"]["base"]


def test_aipl(answers: Answers) -> None:
    answer, truth = answers.of("aipl")
    agree(answer, truth, ("people",))
    assert answer["total"]["people"] == truth["total"]["people"]
    assert answer["aipl_total"]["people"] == truth["total"]["aipl_total"]


def test_aipl_flow(answers: Answers) -> None:
    answer, truth = answers.of("aipl-flow")
    agree(answer, truth, ("people",), ("row_rate",))
    total = truth["total"]
    assert answer["total"]["people"] == total["people"]
    assert answer["conversion"]["rate"] == near(total["conversion_rate"])
    assert answer["recruited"]["rate"] == near(total["from_none_rate"])


def test_health(answers: Answers) -> None:
    answer, truth = answers.of("health")
    agree(answer, truth, ("people", "sums"))
    assert answer["aipl_total"]["people"] == truth["aipl_total"]
    assert answer["conversion"]["rate"] == near(truth["conversion_rate"])
    spend = truth["category_spend"]
    sums = {"category_spend": spend["sum"]}
    assert answer["total"] == {"people": spend["people"], "sums": sums}
    # The mean is money, to the cent.
    assert answer["purchasing_power"]["mean"] == near(truth["category_purchasing_power"], 0.00501)


def test_drivers(answers: Answers) -> None:
    answer, truth = answers.of("drivers")
    agree(answer, truth, ("people", "with_outcome", "split_by"), ("rate",))
    assert pick(answer["total"], ("people", "with_outcome", "split_by")) == pick(
        truth["total"], ("people", "with_outcome", "split_by")
    )
    told = {one["key"]["attribute"]: one["gain"] for one in answer["drivers"]}
    assert told == {name: near(gain) for name, gain in truth["gains"].items()}
    assert len(answer["groups"]) > len(told)


def test_channel_flow(answers: Answers) -> None:
    answer, truth = answers.of("channel-flow")
    agree(answer, truth, ("people",), ("rate", "coefficient"))
    assert answer["total"]["people"] == truth["total"]["people"]
    assert {group["key"]["platform.channel"] for group in answer["groups"]} > {"all"}


def test_basket(answers: Answers) -> None:
    answer, truth = answers.of("basket")
    agree(answer, truth, ("people",), ("support", "basket_lift"))
    categories, known = keyed(answer["categories"]), keyed(truth["categories"])
    assert {key: one["people"] for key, one in categories.items()} == {
        key: one["people"] for key, one in known.items()
    }
    assert answer["total"]["people"] == truth["total"]["people"]
    assert len(categories) == 6


@pytest.mark.parametrize("job", ["activation", "exclusion", "joint-activation"])
def test_segments(answers: Answers, job: str) -> None:
    answer, truth = answers.of(job)
    assert answer["total"] == truth["total"]
    assert answer["segment"]["released"]


def test_lookalike_finds_the_planted_audience(answers: Answers) -> None:
    answer, truth = answers.of("lookalike")
    quality = answers.results["lookalike-quality"]
    held_out = quality["total"]["people"]
    # Which seeds are held out is drawn anew in every run; each is in one of the two phases.
    assert answer["total"]["people"] + held_out == truth["matched_seeds"]
    assert held_out < truth["matched_seeds"] / 2
    weights = np.array(answer["model"]["weights"])
    # In 3,000 draws of who is held out the least cosine was 0.88.
    assert weights @ np.array(truth["direction"]) / np.linalg.norm(weights) > 0.8
    bands = [(g["key"]["platform.score band"], g["people"]) for g in quality["groups"]]
    assert held_out == sum(people for _, people in bands)
    below = sum(people * (band - 0.5) / 10 for band, people in bands)
    assert quality["total"]["auc"] == near(below / held_out)


def test_reach_and_frequency(answers: Answers) -> None:
    answer, truth = answers.of("reach-frequency")
    agree(answer, truth, ("people",))
    found = {row["campaign"]: row for row in answer["campaigns"]}
    for row in truth["campaigns"]:
        if row["reach"]:
            shown = found.pop(row["campaign"])
            counts = ("reach", "impressions", "matched_impressions")
            assert pick(shown, counts) == pick(row, counts)
            for name in ("on_target_rate", "mean_frequency", "share_up_to_cap"):
                assert shown[name] == near(row[name]), name
    assert not any(row["reach"] for row in found.values())


def test_reach_over_platforms(answers: Answers) -> None:
    answer, truth = answers.of("cross-reach")
    told = {one["key"]["frequency"]: one["people"] for one in answer["frequency"]}
    assert told == {name: people for name, people in truth["frequency"].items() if people}
    reached = truth["total"]["people"]
    assert answer["total"]["people"] == reached
    assert answer["total"]["incremental"] == {"platform": reached}
    assert answer["total"]["share_up_to_cap"] == near(truth["total"]["share_up_to_cap"])
    [only] = answer["groups"]
    assert (only["key"], only["people"]) == ({"known_to": "platform"}, reached)


def test_credit_over_platforms(answers: Answers) -> None:
    answer, truth = answers.of("cross-attribution")
    shown, groups = keyed(answer["groups"]), keyed(truth["groups"])
    assert {key: one["conversions"] for key, one in shown.items()} == {
        key: one["conversions"] for key, one in groups.items()
    }
    assert shown
    assert pick(answer["total"], truth["total"]) == truth["total"]


def test_funnel(answers: Answers) -> None:
    answer, truth = answers.results["funnel"], answers.truth["funnel"]["both"]
    agree(answer, truth, ("people",), ("step_rate", "to_all"))
    steps = answer["total"]["steps"]
    assert [step["people"] for step in steps] == truth["total"]["people"]
    for step, rate in zip(steps, truth["total"]["step_rates"], strict=True):
        assert step["step_rate"] == near(rate)


def conversions_agree(answer: Answer, truth: Answer, parts: int) -> None:
    """Hold credit against the truth: exactly where one touch wins, else to a part per order."""
    total, true = answer["total"], truth["total"]
    assert total["conversions"] == true["conversions"] > 0
    assert total["attributed"] == near(true["attributed"])
    assert total["unattributed"] == near(true["unattributed"])
    within = true["attributed"] / parts if parts else 2e-6
    value = total["sums"]["value"] / parts if parts else 1e-4
    shown, groups = keyed(answer["groups"]), keyed(truth["groups"])
    owed = {key for key, group in groups.items() if group["conversions"]}
    assert owed <= shown.keys() <= groups.keys()
    for key, group in shown.items():
        assert group["conversions"] == near(groups[key]["conversions"], within), key
        assert group["sums"]["value"] == near(groups[key]["sums"]["value"], value), key


@pytest.mark.parametrize(("job", "parts"), [("last-touch", 0), ("linear", PARTS), ("markov", 0)])
def test_attribution(answers: Answers, job: str, parts: int) -> None:
    answer, truth = answers.of(job)
    conversions_agree(answer, truth, parts)
    true = keyed(truth["groups"])
    for key, group in keyed(answer["groups"]).items():
        assert group["share"] == near(true[key]["share"], 1 / parts if parts else 2e-6)
    if job != "markov":
        assert answer["total"]["asked_sums"] == truth["total"]["sums"]


def test_sequence(answers: Answers) -> None:
    answer, truth = answers.of("sequence")
    conversions_agree(answer, truth, PARTS)
    true = keyed(truth["synergy"])
    shown = keyed(answer["synergy"])
    assert {key for key, pair in true.items() if pair["conversions"]} == shown.keys()
    for key, pair in shown.items():
        for name in ("conversions", "expected", "coefficient"):
            assert pair[name] == near(true[key][name]), (key, name)


def test_purchase_intent(answers: Answers) -> None:
    answer, truth = answers.of("purchase-intent")
    shown, true = keyed(answer["groups"]), keyed(truth["groups"])
    owed = {key for key, group in true.items() if group["weighted_interactions"]}
    assert owed and owed <= shown.keys() <= true.keys()
    for key, group in shown.items():
        weighted = true[key]["weighted_interactions"]
        # Every interaction that shares itself out is off by less than a part of its weight.
        assert group["weighted_interactions"] == near(weighted, weighted * 10 / PARTS)
        assert group["reached"] == true[key]["reached"]
        assert group["index"] == near(true[key]["index"], true[key]["index"] * 10 / PARTS)


def test_lift(answers: Answers) -> None:
    answer, truth = answers.of("lift")
    exact = ("people", "arm_people", "conversions", "squares", "sums")
    agree(answer, truth, exact)
    assert len(answer["groups"]) == 2
    for name, number in truth["total"].items():
        if name == "relative_lift" and answer["total"][name] is None:
            # So few bought without the campaign that nobody can say how many times more did with.
            assert answer["total"]["control_rate_interval"][0] <= 0
        else:
            assert answer["total"][name] == near(number), name


def test_quality_counts_what_the_files_spoil(answers: Answers) -> None:
    with (answers.made.folder / "truth.json").open("rb") as file:
        truth = json.load(file)
    files = truth["files"]
    quality = answers.results["overlap"]["quality"]
    assert quality["brand_rows"] == files["brand.csv"]["usable"]
    assert quality["platform_rows"] == files["users.csv"]["usable"]
    unusable = files["brand.csv"]["unusable"] + files["users.csv"]["unusable"]
    assert quality["unusable"] == unusable
    assert quality["clamped"] >= truth["clamped"]["brand.csv"]["spend"]
