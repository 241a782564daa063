"""A question over several platforms: what each of them, the mediator and the receiver learn."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from cleanroom.agent import approval, jobs, row_spool
from cleanroom.agent.earlier import kept_result
from cleanroom.agent.job_rows import party_data
from cleanroom.agent.question import describe
from cleanroom.documents.job import JobDocument
from cleanroom.errors import BudgetExhausted, InvalidInput, NotFound, PolicyRefusal
from cleanroom.mediator import budgets, shares
from tests.api.conftest import verify_rooms
from tests.cleanroom.queries.room import Data, Measure, audience, events
from tests.simulation.several import Several, several

HUB = [f"p{n}" for n in range(24)]
TIERS = ["gold" if n % 3 == 0 else "plain" for n in range(24)]
START, END = 1000, 2000
PERIOD = {"start": START, "end": END, "max_frequency": 4, "cap": 2}
OTHERS = {"douyin": "seen", "weibo": "seen"}


def crm() -> Data:
    spend = Measure([1 << n for n in range(24)], max=1 << 24)
    return audience(HUB, {"tier": TIERS}, {"spend": spend})


def seen(first: int, people: int, inside: int) -> Data:
    """Return two or more views of as many people, of whom ``inside`` are seen in the period."""
    ids, times, campaigns = [], [], []
    for place in range(people):
        for more in range(2 + place % 2):
            ids.append(f"p{first + place}")
            near = max(0, 40 * ((first + place) % 24) - 100 + 70 * more)
            times.append(START + near if place < inside else END + more)
            campaigns.append("search" if (place + more) % 3 else "feed")
    return events(ids, times, [0] * len(ids), {"campaign": campaigns})


ORDERS = events(
    HUB + HUB[:9],
    [START + 40 * n for n in range(24)] + [START + 500 + n for n in range(9)],
    measures={"value": Measure([1 << n for n in range(33)], max=1 << 33)},
)


DOUYIN = seen(4, 12, 10)
WEIBO = seen(10, 90, 80)
WEIBO_OTHERWISE = seen(500, 90, 3)
"""As many people and views, of other people, hardly any of them in the period."""


def files(weibo: Data) -> dict[str, dict[str, Data]]:
    return {
        "acme": {"crm": crm(), "orders": ORDERS},
        "douyin": {"seen": DOUYIN},
        "weibo": {"seen": weibo},
        "tmall": {},
    }


@contextmanager
def opened(folder: Path, weibo: Data, **policy: object) -> Iterator[Several]:
    with several(folder, files(weibo), **policy) as made:
        made.align("crm", {"douyin": "seen"})
        made.align("crm", {"weibo": "seen"})
        made.align("orders", OTHERS)
        yield made
        context = made.service.context
        with context.store.read() as transaction:
            verify_rooms(transaction, context)


@dataclass
class Run:
    """A room with what came of its questions."""

    room: Several
    overlap: dict[str, Any]
    reach: dict[str, Any]
    credit: dict[str, Any]
    heard: list[str] = field(default_factory=list)
    """All that douyin was answered about the second one."""
    drawn: list[tuple[int, list[int]]] = field(default_factory=list)
    """Every share of the noise: what the test added to it, and the share."""


SWAPPED = {"weibo": "seen", "douyin": "seen"}


@pytest.fixture(scope="module")
def exact(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Ask without noise."""
    with opened(tmp_path_factory.mktemp("exact"), WEIBO) as room:
        identity = jobs.submit(room.document(*OVERLAP))["resource"]["id"]
        for name in ("acme", "douyin"):
            room.agents[name].once(room.agents[name].client.work(0))
        item = room.rooms["acme"].client.job(identity)
        assert (item["state"], item["approved"]) == ("AWAITING_APPROVAL", ["brand", "platform"])
        assert room.run(identity)["state"] == "SUCCESS"
        overlap = kept_result(room.rooms["acme"], identity)
        reach = room.ask("cross_reach", "crm", SWAPPED, PERIOD)
        yield Run(room, overlap, reach, room.ask(*CREDIT))


NOISY = {"noise": "discrete-gaussian", "rho_per_release": 50.0, "rho_budget": 250.0}
"""So little noise that every set of people is shown."""


@contextmanager
def noisy_run(folder: Path, weibo: Data) -> Iterator[Run]:
    """Ask with noise; each share is wider by a number that tells whose it is."""
    with opened(folder, weibo, **NOISY) as room:
        honest, sizes = approval.draw_share, iter((100, 10_000, 1_000_000))
        run = Run(room, {}, {}, {})

        def wider(*given: object) -> list[int]:
            size, share = next(sizes), honest(*given)
            run.drawn.append((size, share))
            return [size + one for one in share]

        with (
            mock.patch.object(approval, "draw_share", wider),
            mock.patch.object(shares, "draw_share", wider),
        ):
            run.reach = room.ask(*REACH)
        run.heard = told(room)
        run.credit = room.ask(*CREDIT)
        run.heard += told(room)
        yield run


def told(room: Several) -> list[str]:
    """Return all that douyin was answered about the last question.

    In which order two sides finished an alignment, which is over, is chance.
    """
    heard = [one for one in room.heard if one[0] == "douyin" and "/alignments/" not in one[2]]
    return [*map(masked, heard)]


@pytest.fixture(scope="module")
def noisy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    with noisy_run(tmp_path_factory.mktemp("noisy"), WEIBO) as run:
        yield run


OVERLAP = ("overlap", "crm", OTHERS, {"group_by": ["brand.tier"], "measures": ["spend"]})
REACH = ("cross_reach", "crm", OTHERS, PERIOD)
TIMED = {"start": START, "end": END, "resolution": "50s", "window": "200s", "campaigns": 3}
CREDIT = (
    "cross_attribution", "orders", OTHERS, TIMED | {"measures": ["value"], "max_conversions": 2}
)  # fmt: skip
RANDOM = re.compile(r"[0-9a-f]{16,}|\d{9,}|[A-Za-z0-9+/]{40,}={0,2}|question-\w+")
"""Identifiers and digests, times, signatures, and the names of questions."""


def masked(entry: tuple[object, ...]) -> str:
    _, method, path, status, text = entry
    return RANDOM.sub("*", f"{method} {path} {status} {text}")


def views(data: Data) -> Counter:
    return Counter(who for who, at in zip(data.ids, data.time, strict=True) if at < END * 1_000_000)


def known(who: str, *counts: tuple[str, Counter]) -> str:
    return "+".join(name for name, one in counts if one[who])


def test_the_answers_are_those_of_the_files(exact):
    held = [("douyin", Counter(set(DOUYIN.ids))), ("weibo", Counter(set(WEIBO.ids)))]
    sets = [(known(who, *held), TIERS[n], 1 << n) for n, who in enumerate(HUB)]
    found, wanted = exact.overlap, {}
    for name, tier, spend in sets:
        people, total = wanted.get((name, tier), (0, 0))
        wanted[name, tier] = people + 1, total + spend
    groups = {
        (group["key"]["known_to"], group["key"]["brand.tier"]):
        (group["people"], group["sums"]["spend"])
        for group in found["groups"]
    }  # fmt: skip
    assert groups == {key: value for key, value in wanted.items() if key[0]}
    assert found["total"]["people"] == sum(bool(name) for name, _, _ in sets)
    assert found["members"] == {"brand": "acme", "platform": "douyin", "platform-2": "weibo"}

    counts = [("weibo", views(WEIBO)), ("douyin", views(DOUYIN))]
    found, often = exact.reach, Counter(min(4, sum(one[who] for _, one in counts)) for who in HUB)
    wanted = Counter(known(who, *counts) for who in HUB)
    reached = len(HUB) - wanted.pop("")
    assert {g["key"]["known_to"]: g["people"] for g in found["groups"]} == wanted
    assert found["total"]["people"] == reached
    assert found["total"]["incremental"] == {name: wanted[name] for name, _ in counts}
    shown = {int(g["key"]["frequency"].rstrip("+")): g["people"] for g in found["frequency"]}
    assert shown == {times: often[times] for times in range(1, 5) if often[times]}
    assert found["total"]["share_up_to_cap"] == pytest.approx((often[1] + often[2]) / reached)


def step(at: int) -> int:
    return (at // 1_000_000 - START) // 50


def last_touch(data: Data, who: str, at: int) -> str:
    """Return the campaign of the last touch of somebody before a step, within four of them."""
    rows = zip(data.ids, map(step, data.time), data.labels["campaign"], strict=True)
    found = [(when, name) for one, when, name in rows if one == who and 1 <= at - when <= 4]
    return max(found, default=(0, ""))[1]


def shared_out() -> tuple[dict[tuple[str, str], list[float]], list[int]]:
    """Share every order equally among the platforms that touched its person, by definition.

    Return what each earned, and among how many each order is shared.
    """
    wanted: dict[tuple[str, str], list[float]] = {}
    among = []
    rows = zip(ORDERS.ids, ORDERS.time, ORDERS.measures["value"].values, strict=True)
    for who, at, value in rows:
        known = (("douyin", DOUYIN), ("weibo", WEIBO))
        met = [(name, last_touch(data, who, step(at))) for name, data in known]
        met = [key for key in met if key[1]]
        among.append(len(met))
        for key in met:
            earned = wanted.setdefault(key, [0.0, 0.0])
            earned[0] += 1 / len(met)
            earned[1] += value / len(met)
    return wanted, among


def by_platform(found: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(g["key"]["platform"], g["key"]["platform.campaign"]): g for g in found["groups"]}


def test_conversions_are_shared_as_dictionaries_share_them(exact):
    wanted, among = shared_out()
    found = by_platform(exact.credit)
    assert {key: [one["conversions"], one["sums"]["value"]] for key, one in found.items()} == wanted
    assert len({name for name, _ in wanted}) == 2
    assert set(among) == {0, 1, 2}
    total = exact.credit["total"]
    assert (total["conversions"], total["attributed"]) == (len(among), len(among) - among.count(0))


def test_credit_carries_a_full_share_of_every_party(noisy):
    """The interval is that of three shares of noise, and the truth lies where they put it."""
    asked = noisy.room.document(*CREDIT)
    assert (asked.charge.givers, asked.plan.units) == (2, 2)
    assert asked.plan.slots[0].delta.l2 == 2 * 2, "two conversions of a person, in halves"
    sd = asked.charge.slots[0].sd * 3**0.5 / 2
    wanted, _ = shared_out()
    found = by_platform(noisy.credit)
    assert found
    for key, one in found.items():
        assert one["conversions_sd"] == pytest.approx(sd)
        low, high = one["conversions_interval"]
        assert low <= one["conversions"] <= high
        assert abs(one["conversions"] - wanted.get(key, [0.0])[0]) < 8 * sd


def test_nobody_asks_for_an_order_between_platforms_or_for_more_than_a_row_holds(exact):
    refused = {
        "order-between-platforms": {"model": "last_touch"},
        "too-many-campaigns": {"campaigns": 1},
        "too-many-ticks": {"resolution": "1ms"},
        "times-missing": {"start": None},
    }
    for rule, change in refused.items():
        with pytest.raises(PolicyRefusal) as found:
            room_of = exact.room.document(CREDIT[0], "orders", OTHERS, CREDIT[3] | change)
            pytest.fail(f"{rule} was planned: {room_of.identity}")
        assert found.value.rule == rule
    with pytest.raises(PolicyRefusal) as found:
        exact.room.document("cross_reach", "orders", OTHERS, PERIOD)
    assert found.value.rule == "hub-kind"
    with pytest.raises(InvalidInput, match="within is one of"):
        exact.room.document(CREDIT[0], "orders", OTHERS, TIMED | {"within": "linear"})


PART = ("overlap", "crm", OTHERS, {"where": ["brand.tier = 'gold'"], "measures": ["spend"]})


def test_a_hub_leaves_people_out_by_its_own_labels_and_tells_nobody_which(exact):
    room = exact.room
    job = room.document(*PART)
    assert (job.document.sealed, job.document.parameters["where"]) == ("", ["brand.tier"])
    swapped = room.document(PART[0], "crm", SWAPPED, PART[3])
    assert swapped.document.question() == job.document.question()
    found = room.ask(*PART)
    held = [("douyin", Counter(set(DOUYIN.ids))), ("weibo", Counter(set(WEIBO.ids)))]
    wanted = Counter(known(who, *held) for who, tier in zip(HUB, TIERS, strict=True)
                     if tier == "gold")  # fmt: skip
    wanted.pop("", None)
    assert {g["key"]["known_to"]: g["people"] for g in found["groups"]} == wanted
    assert found["where"] == ["brand.tier = 'gold'"]
    assert not [text for *_, text in room.heard if "'gold'" in text or '"gold"' in text]
    identity = found["receipt"]["job"]
    for name in ("douyin", "weibo"):
        theirs = jobs.load(room.rooms[name], identity)
        assert theirs.private() == {}
        told = [line.text for part in describe(theirs) for line in part.lines]
        assert any("brand.tier" in text for text in told)
    with pytest.raises(InvalidInput, match="conditions are on labels of the hub"):
        room.document("overlap", "crm", OTHERS, {"where": ["platform.campaign = 'feed'"]})


def test_one_question_has_one_answer_and_no_others_find_it(exact):
    again = exact.room.document(OVERLAP[0], "crm", SWAPPED, OVERLAP[3])
    identity = jobs.submit(again)["resource"]["id"]
    assert identity == exact.overlap["receipt"]["job"] != again.identity
    tmall = exact.room.rooms["tmall"]
    assert tmall.client.jobs(tmall.identity) == []
    with pytest.raises(NotFound):
        tmall.client.job(identity)


def test_a_platform_sees_nothing_that_follows_from_anothers_file(noisy, tmp_path):
    with noisy_run(tmp_path / "otherwise", WEIBO_OTHERWISE) as otherwise:
        assert otherwise.reach["total"]["people"] != noisy.reach["total"]["people"]
        assert len(noisy.heard) > 10
        assert noisy.heard == otherwise.heard


def rows_of_weibo(run: Run) -> int:
    """Return how many rows of weibo another platform is told of."""
    shown = run.room.rooms["douyin"].client.job(run.reach["receipt"]["job"])
    side = next(side for side, party in shown["parties"].items() if party == "weibo")
    return int(shown["rows"][side])


def test_without_padding_it_sees_the_size_of_anothers_file(exact, noisy):
    assert rows_of_weibo(exact) == 80, "as many as were seen in the period"
    assert rows_of_weibo(noisy) == 90, "as many as the manifest says"


def tokens(run: Run, answer: dict[str, Any]) -> set[bytes]:
    held = run.room.rows[answer["receipt"]["job"]].values()
    return {token.tobytes() for rows in held for token in rows.reshape(-1, 16)}


def test_no_row_is_linked_across_questions(exact):
    first, second = tokens(exact, exact.overlap), tokens(exact, exact.reach)
    assert len(first) > 100
    assert not first & second


def test_with_the_tokens_of_the_alignment_every_row_is_linked(exact):
    honest = row_spool.event_tokens

    def same(known, _job, _purpose, *rest, **more):
        return honest(known, b"\0" * 16, "any", *rest, **more)

    def made(question) -> set[bytes]:
        job = exact.room.document(*question)
        rows = row_spool._hub_tokens(job, job.template.rows(job.question, party_data(job)))
        return {token.tobytes() for token in rows.reshape(-1, 16)}

    assert not made(OVERLAP) & made(REACH)
    with mock.patch.object(row_spool, "event_tokens", same):
        assert made(OVERLAP) == made(REACH)


def test_every_platform_adds_a_full_share_of_noise(noisy):
    """Whatever all others know of the noise, one share of full width is left on every number."""
    asked = noisy.room.document(*REACH)
    assert asked.charge.givers == 2
    assert asked.charge.people.scale == pytest.approx(2 / (2 * 50.0) ** 0.5)
    reached = sum(bool(views(DOUYIN)[who] + views(WEIBO)[who]) for who in HUB)
    total = 3 + 4  # the cell behind three sets and four frequencies
    assert len(noisy.drawn) == 3
    wanted = reached + sum(size + share[total] for size, share in noisy.drawn)
    assert noisy.reach["total"]["people"] == wanted
    assert noisy.reach["total"]["people_sd"] == pytest.approx(asked.charge.people.sd * 3**0.5)


def rewritten(run: Run, **changes: object) -> JobDocument:
    asked = run.room.document("overlap", "crm", OTHERS, {}).document.to_json()
    return JobDocument.from_json(asked | changes)


def test_nobody_is_named_for_anothers_data(exact):
    rooms = exact.room.rooms
    honest = exact.room.document("overlap", "crm", OTHERS, {}).document.to_json()["others"]
    swapped = [honest[0] | {"party": "weibo"}, honest[1] | {"party": "douyin"}]
    document = rewritten(exact, others=swapped)
    with pytest.raises(PolicyRefusal, match="as the owner of a dataset"):
        jobs.plan(rooms["acme"], document)
    with pytest.raises(PolicyRefusal, match="as the owner of a dataset"):
        rooms["acme"].chain.say("/v1/jobs", "job.submit", {"job": document.to_json()})
    for name in ("douyin", "weibo"):
        with pytest.raises(NotFound, match="is not one of your datasets"):
            jobs.plan(rooms[name], document)
    absent = [honest[0], honest[1] | {"party": "nobody"}]
    with pytest.raises(PolicyRefusal, match="nobody is not a platform"):
        jobs.plan(rooms["acme"], rewritten(exact, others=absent))
    with pytest.raises(InvalidInput, match="different parties"):
        rewritten(exact, others=[honest[0], honest[1] | {"party": "douyin"}])
    with pytest.raises(InvalidInput, match="first of others"):
        rewritten(exact, others=honest[::-1])


def test_the_hub_asks_and_receives(exact):
    own = jobs.plan(exact.room.rooms["douyin"], rewritten(exact))
    told = [line.text for part in describe(own) for line in part.lines]
    assert "douyin, weibo" in told, "whoever approves is told with whom"
    for change in ({"receiver": "platform"}, {"submitter": "platform"}):
        with pytest.raises(PolicyRefusal, match="the owner of the hub asks and receives"):
            jobs.plan(exact.room.rooms["acme"], rewritten(exact, **change))
    with pytest.raises(InvalidInput, match="labels of the hub"):
        exact.room.document("overlap", "crm", OTHERS, {"group_by": ["platform.tier"]})


def spent(run: Run) -> list[float]:
    """Return what the pairs of the brand with douyin, weibo and tmall have spent."""
    agreement = run.room.rooms["acme"].agreement
    with run.room.service.context.store.read() as transaction:
        return [
            budgets.ledger(
                transaction, agreement.identity(), "acme", platform, agreement.policy
            ).spent
            for platform in ("douyin", "weibo", "tmall")
        ]


def test_every_pair_pays_and_nobody_else(noisy):
    room, before = noisy.room, spent(noisy)
    assert before == [100, 100, 0]
    refused = room.document(*REACH[:3], PERIOD | {"max_frequency": 9})
    jobs.submit(refused)
    assert spent(noisy) == [150, 150, 0]
    said = {"job": refused.identity, "rule": "refused-by-person", "reason": "no reason was given"}
    room.rooms["weibo"].chain.say(f"{refused.path}/refuse", "job.refuse", said)
    assert spent(noisy) == before, "it is given back to both"
    with pytest.raises(BudgetExhausted):
        for most in range(10, 20):
            jobs.submit(room.document(*REACH[:3], PERIOD | {"max_frequency": most}))
    assert spent(noisy) == [250, 250, 0]
