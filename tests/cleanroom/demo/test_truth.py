"""Recount the truth of a small example from its files, row by row, and compare every number."""

from __future__ import annotations

import csv
import json
from collections import Counter, defaultdict
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from cleanroom.demo import ExampleFiles, make_example

RANK = {"none": 0, "A": 1, "I": 2, "P": 3, "L": 4}
STEPS = ["impression", "click", "activation", "registration", "payment"]
WEEK = 7 * 86_400
Row = dict[str, Any]


def person(email: str) -> str | None:
    """Normalise an address from the definition of email:uid2:v1, without the product."""
    local, at, domain = email.strip().lower().partition("@")
    if not local or not at or "@" in domain or " " in local:
        return None
    if domain == "gmail.com":
        local = local.split("+")[0].replace(".", "")
    return f"{local}@{domain}"


class Recount:
    """Hold the files of one example as plain rows of known people."""

    def __init__(self, made: ExampleFiles) -> None:
        self.made = made
        self.truth = json.loads(made.truth.read_text())
        self.jobs = self.truth["jobs"]
        period = self.truth["period"]
        self.start, self.end = seconds(period["start"]), seconds(period["end"])
        self.brand: dict[str, Row] = {}
        self.spend: dict[str, int] = Counter()
        for row in self.read("brand.csv"):
            self.brand.setdefault(row["person"], row)
            self.spend[row["person"]] += cents(row["spend"])
        self.users: dict[str, Row] = {}
        for row in self.read("users.csv"):
            self.users.setdefault(row["person"], row)
        self.matched = self.brand.keys() & self.users.keys()

    def read(self, name: str) -> list[Row]:
        with (self.made.folder / name).open(encoding="utf-8", newline="") as file:
            rows = [{**row, "person": person(row["email"])} for row in csv.DictReader(file)]
        for row in rows:
            if "ts" in row:
                row["ts"] = seconds(row["ts"])
        return [row for row in rows if row["person"] is not None]

    def within(self, name: str) -> list[Row]:
        return [row for row in self.read(name) if self.start <= row["ts"] < self.end]


def seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def cents(text: str) -> int:
    return round(float(text) * 100)


@pytest.fixture(scope="module", params=[(300, 900, 4), (250, 200, 8)])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Recount:
    people, users, seed = request.param
    return Recount(make_example(tmp_path_factory.mktemp("truth"), people, users, seed))


def keyed(groups: list[Row]) -> dict[tuple[str, ...], Row]:
    return {tuple(group["key"].values()): group for group in groups}


def test_sizes(world: Recount) -> None:
    truth = world.truth
    sizes = (truth["customers"], truth["users"], truth["matched"])
    assert sizes == (len(world.brand), len(world.users), len(world.matched))
    assert truth["clamped"]["brand.csv"]["spend"] == sum(v > 300_000 for v in world.spend.values())


def label(row: Row, name: str) -> str:
    return row[name] or "unknown"


@pytest.mark.parametrize("job", ["overlap", "overlap-by-age-band", "overlap-by-tier"])
def test_overlap(world: Recount, job: str) -> None:
    people: Counter[tuple[str, ...]] = Counter()
    sums: Counter[tuple[str, ...]] = Counter()
    for who in world.matched:
        age, tier = label(world.users[who], "age_band"), world.brand[who]["tier"]
        both = (tier, world.users[who]["city_tier"])
        key = {"overlap": (), "overlap-by-age-band": (age,), "overlap-by-tier": both}[job]
        people[key] += 1
        sums[key] += min(world.spend[who], 300_000)
    found = world.jobs[job]
    if job != "overlap":
        groups = keyed(found["groups"])
        assert {key: group["people"] for key, group in groups.items()} == people
        assert {k: round(g["sums"]["spend"] * 100) for k, g in groups.items()} == sums
    assert found["total"]["people"] == len(world.matched)
    assert round(found["total"]["sums"]["spend"] * 100) == sum(sums.values())


def test_two_platforms(world: Recount) -> None:
    other: dict[str, Row] = {}
    for row in world.read("weibo.csv"):
        assert other.setdefault(row["person"], row) is row  # one row a person
    sides = {"douyin": world.users, "weibo": other}
    truth = world.truth["two_platforms"]
    for name, users in sides.items():
        ages = Counter(label(users[who], "age_band") for who in world.brand.keys() & users.keys())
        groups = keyed(truth["jobs"][f"at-{name}"]["groups"])
        assert {key: group["people"] for key, group in groups.items()} == {
            (age,): number for age, number in ages.items()
        }
        spent = sum(min(world.spend[who], 300_000) for who in world.brand.keys() & users.keys())
        assert round(truth["jobs"][f"at-{name}"]["total"]["sums"]["spend"] * 100) == spent
    known = Counter(
        "+".join(name for name, users in sides.items() if who in users) for who in world.brand
    )
    assert truth["known_to"] == {name: number for name, number in known.items() if name}
    assert min(truth["known_to"].values()) > 0 < known[""]


def test_the_second_platform_shows_to_people_whom_it_knows(world: Recount) -> None:
    known = {row["person"] for row in world.read("weibo.csv")}
    shown = {row["person"] for row in world.read("weibo-touches.csv")}
    assert shown <= known
    credit = world.truth["two_platforms"]["jobs"]["credit"]
    earned = sum(group["conversions"] for group in credit["groups"])
    assert round(earned, 3) == credit["total"]["attributed"] > 0
    assert {group["key"]["platform"] for group in credit["groups"]} == {"douyin", "weibo"}


def test_profile(world: Recount) -> None:
    for name in ("age_band", "city_tier"):
        base = Counter(label(row, name) for row in world.users.values())
        here = Counter(label(world.users[who], name) for who in world.matched)
        groups = keyed(world.jobs[f"profile-{name.replace('_', '-')}"]["groups"])
        assert {key[0] for key, group in groups.items() if group["base"]} == set(base)
        for (value,), group in groups.items():
            assert (group["people"], group["base"]) == (here[value], base[value])
            if base[value]:
                tgi = here[value] / len(world.matched) / (base[value] / len(world.users))
                assert group["tgi_ratio"] == pytest.approx(tgi, abs=1e-6)


def stage(world: Recount, who: str, column: str) -> int:
    return max(
        (RANK[side[who][column]] for side in (world.brand, world.users) if who in side), default=0
    )


def test_aipl_and_its_flow(world: Recount) -> None:
    names = list(RANK)
    totals: Counter[tuple[str, ...]] = Counter()
    flow: Counter[tuple[str, ...]] = Counter()
    for who in world.brand.keys() | world.users.keys():
        side = "overlap" if who in world.matched else "platform_only"
        side = "brand_only" if who not in world.users else side
        totals[names[stage(world, who, "s1")], side] += 1
        if side == "overlap":
            flow[names[stage(world, who, "s0")], names[stage(world, who, "s1")]] += 1
    found = {key: g["people"] for key, g in keyed(world.jobs["aipl"]["groups"]).items()}
    assert +Counter(found) == totals and len(found) == 15
    moves = {key: g["people"] for key, g in keyed(world.jobs["aipl-flow"]["groups"]).items()}
    assert +Counter(moves) == flow and len(moves) == 25
    open_to_move = sum(n for (a, _), n in flow.items() if 1 <= RANK[a] <= 3)
    up = sum(n for (a, b), n in flow.items() if 1 <= RANK[a] <= 3 and RANK[b] > RANK[a])
    rate = world.jobs["aipl-flow"]["total"]["conversion_rate"]
    assert rate == pytest.approx(up / open_to_move, abs=1e-6)
    assert world.jobs["health"]["conversion_rate"] == rate
    reached = sum(n for (s, side), n in totals.items() if RANK[s] and side == "overlap")
    assert world.jobs["health"]["aipl_total"] == reached
    moves = {key[0]: g["people"] for key, g in keyed(world.jobs["health"]["groups"]).items()}
    assert moves["converted"] == up and moves["lost"] == sum(flow[s, "none"] for s in "AIP")
    assert moves["converted"] + moves["kept"] + moves["lost"] == open_to_move
    assert moves["recruited"] == sum(flow["none", s] for s in "AIPL")
    assert moves["loyal"] == sum(flow["L", s] for s in "AIPL")
    assert sum(moves.values()) == len(world.matched)


def test_the_brands_stages_follow_from_its_events(world: Recount) -> None:
    for column, at in (("s0", world.start), ("s1", world.end)):
        begin = at - 90 * 86_400
        orders = Counter(r["person"] for r in world.read("orders.csv") if begin <= r["ts"] < at)
        acts: dict[str, Counter[str]] = defaultdict(Counter)
        for row in world.read("interactions.csv"):
            if begin <= row["ts"] < at:
                acts[row["person"]][row["interaction"]] += 1
        for who, row in world.brand.items():
            looks = acts[who]["browse"] + acts[who]["search"]
            interest = sum(acts[who].values()) > looks or looks > 1
            expected = "I" if interest else "A" if looks else "none"
            if orders[who]:
                expected = "L" if orders[who] > 1 else "P"
            assert row[column] == expected


def test_category_purchasing_power(world: Recount) -> None:
    spent = [min(cents(world.users[who]["category_spend"]), 200_000) for who in world.matched]
    found = world.jobs["health"]
    assert round(found["category_spend"]["sum"] * 100) == sum(spent)
    sums = [group["sums"]["category_spend"] for group in found["groups"]]
    assert round(sum(sums) * 100) == sum(spent)
    mean = sum(spent) / len(spent) / 100
    assert found["category_purchasing_power"] == pytest.approx(mean, abs=1e-6)


def test_reach_and_frequency(world: Recount) -> None:
    shown = world.read("impressions.csv")
    groups = keyed(world.jobs["reach-frequency"]["groups"])
    for summary in world.jobs["reach-frequency"]["campaigns"]:
        name = summary["campaign"]
        here = [row["person"] for row in shown if name in ("all", row["campaign"])]
        often = Counter(who for who in here if who in world.matched)
        assert summary["impressions"] == len(here)
        assert summary["matched_impressions"] == often.total()
        assert summary["reach"] == len(often)
        spread = Counter(min(times, 4) for times in often.values())
        for times, text in enumerate(("1", "2", "3", "4+"), start=1):
            assert groups[name, text]["people"] == spread[times]
        capped = sum(times <= 3 for times in often.values())
        if often:
            assert summary["mean_frequency"] == pytest.approx(often.total() / len(often), abs=1e-6)
            assert summary["share_up_to_cap"] == pytest.approx(capped / len(often), abs=1e-6)


def test_funnel(world: Recount) -> None:
    counts = {"platform": Counter[tuple[str, str]](), "both": Counter[tuple[str, str]]()}
    for row in world.read("steps.csv"):
        if row["person"] not in world.matched:
            continue
        own = STEPS.index(row["step"])
        theirs = world.brand[row["person"]]["step"]
        further = max(own, -1 if theirs == "none" else STEPS.index(theirs))
        for side, furthest in (("platform", own), ("both", further)):
            counts[side].update((row["channel"], step) for step in STEPS[: furthest + 1])
    for side, counted in counts.items():
        found = keyed(world.jobs["funnel"][side]["groups"])
        assert +Counter({key: group["people"] for key, group in found.items()}) == counted
        every = [sum(n for (_, s), n in counted.items() if s == step) for step in STEPS]
        assert world.jobs["funnel"][side]["total"]["people"] == every


def qualifying(world: Recount) -> dict[str, list[Row]]:
    touches: dict[str, list[Row]] = defaultdict(list)
    for row in world.read("touches.csv"):
        touches[row["person"]].append(row)
    return touches


def before(touches: list[Row], at: int) -> list[Row]:
    return [touch for touch in touches if touch["ts"] < at and at - touch["ts"] <= WEEK]


@pytest.mark.parametrize("model", ["last-touch", "linear"])
def test_attribution(world: Recount, model: str) -> None:
    touches = qualifying(world)
    conversions: dict[str, Fraction] = defaultdict(Fraction)
    values: dict[str, Fraction] = defaultdict(Fraction)
    orders = world.within("orders.csv")
    attributed = 0
    for order in orders:
        path = before(touches[order["person"]], order["ts"])
        attributed += bool(path)
        if model == "last-touch":
            path = sorted(path, key=lambda touch: touch["ts"])[-1:]
        for touch in path:
            conversions[touch["campaign"]] += Fraction(1, len(path))
            values[touch["campaign"]] += Fraction(cents(order["amount"]), len(path))
    found = world.jobs[model]
    for (campaign,), group in keyed(found["groups"]).items():
        assert group["conversions"] == pytest.approx(float(conversions[campaign]), abs=1e-6)
        value = float(values[campaign]) / 100
        assert group["sums"]["value"] == pytest.approx(value, abs=1e-4)
    assert found["total"]["conversions"] == len(orders)
    assert found["total"]["attributed"] == pytest.approx(attributed, abs=1e-6)
    assert found["matched"]["conversions"] == sum(o["person"] in world.matched for o in orders)
    total = sum(cents(order["amount"]) for order in orders)
    assert round(found["total"]["sums"]["value"] * 100) == total


def test_purchase_intent(world: Recount) -> None:
    touches = qualifying(world)
    counted: Counter[tuple[str, str]] = Counter()
    for act in world.within("interactions.csv"):
        path = before(touches[act["person"]], act["ts"])
        for touch in path:
            counted[touch["campaign"], act["interaction"]] += Fraction(1, len(path))  # type: ignore[assignment]
    for (campaign,), group in keyed(world.jobs["purchase-intent"]["groups"]).items():
        for name, number in group["interactions"].items():
            assert number == pytest.approx(float(counted[campaign, name]), abs=1e-6)
        shown = [row for row in world.read("touches.csv") if row["campaign"] == campaign]
        here = {r["person"] for r in shown if world.start - WEEK <= r["ts"] < world.end}
        assert group["reached"] == len(here)
        if here:
            index = 1000 * group["weighted_interactions"] / len(here)
            assert group["index"] == pytest.approx(index, rel=1e-6)


def first_orders(world: Recount) -> dict[str, Row]:
    first: dict[str, Row] = {}
    for order in sorted(world.within("orders.csv"), key=lambda order: order["ts"]):
        first.setdefault(order["person"], order)
    return first


def paths(world: Recount) -> list[tuple[Row, list[Row]]]:
    touches = qualifying(world)
    found = []
    for who, order in first_orders(world).items():
        path = sorted(before(touches[who], order["ts"]), key=lambda touch: touch["ts"])
        if path:
            found.append((order, path))
    return found


def chain(world: Recount) -> list[list[str]]:
    """Write every journey out: campaigns, then ``order`` or ``end``."""
    touches, first = qualifying(world), first_orders(world)
    earning = {order["person"] for order, _ in paths(world)}
    journeys = []
    for who, all_touches in touches.items():
        read = [t for t in all_touches if world.start - WEEK <= t["ts"] < world.end]
        read.sort(key=lambda touch: touch["ts"])
        at = first[who]["ts"] if who in earning else -1
        ahead, rest = [[t["campaign"] for t in read if (t["ts"] < at) == e] for e in (True, False)]
        journeys += [[*ahead, "order"]] if ahead else []
        journeys += [[*rest, "end"]] if rest else []
    return journeys


def orders_from_start(journeys: list[list[str]], without: str) -> float:
    """Return the chance to order by walking the chain a thousand steps."""
    onward: dict[str, Counter[str]] = defaultdict(Counter)
    for journey in journeys:
        for a, b in zip(["start", *journey], journey, strict=False):
            onward[a][b] += 1
    at, ordered = Counter({"start": 1.0}), 0.0
    for _ in range(1000):
        moved: Counter[str] = Counter()
        for state, mass in at.items():
            for target, number in onward[state].items():
                moved[target] += mass * number / onward[state].total()  # type: ignore[assignment]
        ordered += moved.pop("order", 0)
        moved.pop("end", None)
        moved.pop(without, None)
        at = moved
    return ordered


def test_markov(world: Recount) -> None:
    journeys, found = chain(world), world.jobs["markov"]
    whole = orders_from_start(journeys, "nothing")
    groups = keyed(found["groups"])
    effect = {name: 1 - orders_from_start(journeys, name) / whole for (name,) in groups}
    assert found["total"]["attributed"] == len(paths(world))
    assert found["total"]["conversions"] == len(first_orders(world))
    value = sum(cents(order["amount"]) for order, _ in paths(world)) / 100
    for (name,), group in groups.items():
        share = effect[name] / sum(effect.values())
        assert group["share"] == pytest.approx(share, abs=1e-6)
        assert group["sums"]["value"] == pytest.approx(share * value, abs=1e-3)


def test_sequence(world: Recount) -> None:
    steps: dict[tuple[str | None, str], Fraction] = defaultdict(Fraction)
    value: dict[tuple[str | None, str], Fraction] = defaultdict(Fraction)
    met: Counter[tuple[str, str]] = Counter()
    for order, path in paths(world):
        channels = [touch["channel"] for touch in path]
        for step in zip([None, *channels], channels, strict=False):
            steps[step] += Fraction(1, len(path))
            value[step] += Fraction(cents(order["amount"]), len(path))
        met.update((a, b) for a in set(channels) for b in set(channels) if a <= b)
    found = world.jobs["sequence"]
    groups = keyed(found["groups"])
    assert groups.keys() == steps.keys()
    for step, group in groups.items():
        out = sum(number for (begun, _), number in steps.items() if begun == step[0])
        assert group["conversions"] == pytest.approx(float(steps[step]), abs=1e-6)
        assert group["rate"] == pytest.approx(float(steps[step] / out), abs=1e-6)
        assert group["sums"]["value"] == pytest.approx(float(value[step]) / 100, abs=1e-4)
    pairs = keyed(found["synergy"])
    assert {pair for pair in met if pair[0] != pair[1]} <= pairs.keys()
    for (a, b), pair in pairs.items():
        expected = met[a, a] * met[b, b] / len(paths(world))
        assert pair["conversions"] == met[a, b]
        assert pair["coefficient"] == pytest.approx(met[a, b] / expected, abs=1e-6)


def test_lift(world: Recount) -> None:
    assigned = {r["person"]: (r["arm"], seconds(r["assigned_at"])) for r in world.read("trial.csv")}
    for who, row in world.users.items():
        arm, at = assigned.get(who, ("none", 0))
        assert row["arm"] == arm and (at == 0 or seconds(row["assigned_at"]) == at)
    known = {row["person"] for row in world.read("orders.csv")} & world.users.keys()
    orders: dict[str, list[int]] = defaultdict(list)
    for order in world.within("orders.csv"):
        after = order["person"] in assigned and order["ts"] > assigned[order["person"]][1]
        if order["person"] in world.matched and after:
            orders[order["person"]].append(cents(order["amount"]))
    for (arm,), group in keyed(world.jobs["lift"]["groups"]).items():
        people = [who for who in known if world.users[who]["arm"] == arm]
        assert group["people"] == len(people)
        whole = [row for row in world.users.values() if row["arm"] == arm]
        assert group["arm_people"] == len(whole)
        rate = group["conversions"] / len(whole)
        assert world.jobs["lift"]["total"][f"{arm}_rate"] == pytest.approx(rate, abs=1e-6)
        assert group["conversions"] == sum(len(orders[who]) for who in people)
        assert group["converters"] == sum(bool(orders[who]) for who in people)
        assert group["squares"]["conversions"] == sum(len(orders[who]) ** 2 for who in people)
        spent = [sum(orders[who]) for who in people]
        assert round(group["sums"]["value"] * 100) == sum(spent)
        assert round(group["squares"]["value"] * 10_000) == sum(value**2 for value in spent)
    groups, total = keyed(world.jobs["lift"]["groups"]), world.jobs["lift"]["total"]
    test, control = (
        Fraction(group["conversions"], group["arm_people"])
        for group in (groups["test",], groups["control",])
    )
    assert total["difference"] == pytest.approx(float(test - control), abs=1e-6)
    assert total["relative_lift"] == pytest.approx(float(test / control - 1), abs=1e-6)


def test_control_sees_nothing_of_the_withheld_campaign(world: Recount) -> None:
    arms = {
        world.users[row["person"]]["arm"]
        for row in world.read("impressions.csv")
        if row["campaign"] == "Retargeting"
    }
    assert "none" in arms and "control" not in arms


def test_lookalike(world: Recount) -> None:
    found = world.jobs["lookalike"]
    seeds = {row["person"] for row in world.read("seeds.csv")}
    planted = {row["person"] for row in world.read("planted.csv")}
    assert (found["seeds"], found["matched_seeds"]) == (len(seeds), len(seeds & world.matched))
    assert found["planted"] == len(planted)
    assert found["planted_among_matched_seeds"] == len(planted & seeds & world.matched)
    scores = {
        who: sum(float(row[f"f{i}"]) * part for i, part in enumerate(found["direction"]))
        for who, row in world.users.items()
    }
    rest = [scores[who] for who in scores.keys() - planted]
    wins = sum(scores[who] > other for who in planted for other in rest)
    assert found["best_auc"] == pytest.approx(wins / (len(planted) * len(rest)), abs=1e-3)
    for expansion in found["best_expansions"]:
        best = sorted(scores, key=lambda who: -scores[who])[: expansion["people"]]
        assert abs(expansion["planted"] - len(planted & set(best))) <= 1
        assert expansion["people"] == max(1, len(scores) * expansion["percent"] // 100)


def test_nobody_exceeds_the_bounds_of_the_rooms(world: Recount) -> None:
    for name, most in (("orders.csv", 10), ("interactions.csv", 10)):
        rows = world.within(name)
        assert max(Counter(row["person"] for row in rows).values()) <= most
    spent: Counter[str] = Counter()
    for order in world.within("orders.csv"):
        spent[order["person"]] += cents(order["amount"])
    assert max(spent.values()) <= 500_000


def test_planted_effects_show_in_a_larger_example(tmp_path: Path) -> None:
    jobs = json.loads(make_example(tmp_path, 30_000, 15_000, 3).truth.read_text())["jobs"]
    assert 0.12 < jobs["lift"]["total"]["relative_lift"] < 0.5
    assert 0.88 < jobs["lookalike"]["best_auc"] < 0.95
    assert jobs["lookalike"]["planted_among_matched_seeds"] > 500
    share = jobs["last-touch"]["total"]["attributed"] / jobs["last-touch"]["matched"]["conversions"]
    assert 0.05 < share < 0.6
