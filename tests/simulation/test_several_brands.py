"""Questions over several brands with a platform's dataset as their hub, against plain counting."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cleanroom.agent import jobs
from cleanroom.agent.question import as_json, describe
from cleanroom.documents.job import JobDocument
from cleanroom.errors import BudgetExhausted, InvalidInput, NotFound, PolicyRefusal
from cleanroom.mediator import budgets, job_rows
from tests.api.conftest import verify_rooms
from tests.cleanroom.queries.room import Data, Measure, audience, events
from tests.simulation.several import Several, several

USERS = [f"p{n}" for n in range(20)]
TIERS = ["new" if n % 3 else "old" for n in range(20)]
START, END = 1000, 2000
BRANDS = {"zeta": "sent", "acme": "sent"}
ROLES = {"douyin": "platform", "acme": "brand", "zeta": "brand", "nova": "brand"}


def sent(first: int, people: int) -> Data:
    """Return one to four contacts of as many people, some of them outside the period."""
    rows = [
        (f"p{first + place}", START + 50 * more if place % 4 else END + more)
        for place in range(people)
        for more in range(1 + place % 4)
    ]
    return events([who for who, _ in rows], [at for _, at in rows], [0] * len(rows))


ACME, ZETA = sent(0, 13), sent(7, 30)
CONTACTS = {"acme": ACME, "zeta": ZETA}
PERIOD = {"start": START, "end": END, "max_frequency": 4, "cap": 2}
REACH = ("cross_reach", "users", BRANDS, PERIOD)
OVERLAP = (
    "overlap", "users", BRANDS, {"group_by": ["platform.tier"], "measures": ["spend"]}
)  # fmt: skip


def room(folder: Path, **policy: Any) -> Any:
    spend = Measure([1 << n for n in range(20)], max=1 << 20)
    files = {
        "douyin": {"users": audience(USERS, {"tier": TIERS}, {"spend": spend})},
        "acme": {"sent": ACME},
        "zeta": {"sent": ZETA},
        "nova": {},
    }
    return several(folder, files, roles=ROLES, **policy)


@pytest.fixture(scope="module")
def exact(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Several]:
    with room(tmp_path_factory.mktemp("exact")) as made:
        made.align("users", BRANDS)
        yield made
        context = made.service.context
        with context.store.read() as transaction:
            verify_rooms(transaction, context)


def views(data: Data) -> Counter[str]:
    return Counter(who for who, at in zip(data.ids, data.time, strict=True) if at < END * 1_000_000)


def known(who: str, counts: dict[str, Counter[str]]) -> str:
    return "+".join(name for name in BRANDS if counts[name][who])


def test_reach_over_brands_is_that_of_their_files(exact: Several) -> None:
    found = exact.ask(*REACH)
    counts = {name: views(data) for name, data in CONTACTS.items()}
    sets = Counter(known(who, counts) for who in USERS)
    often = Counter(min(4, sum(one[who] for one in counts.values())) for who in USERS)
    reached = len(USERS) - sets.pop("")
    assert set(sets) == {"acme", "zeta", "zeta+acme"}
    assert {g["key"]["known_to"]: g["people"] for g in found["groups"]} == sets
    shown = {int(g["key"]["frequency"].rstrip("+")): g["people"] for g in found["frequency"]}
    assert shown == {times: often[times] for times in range(1, 5) if often[times]}
    brands = {g["key"]["brand"]: (g["reach"], g["incremental"]) for g in found["brands"]}
    assert brands == {
        name: (sets[name] + sets["zeta+acme"], sets[name]) for name in ("zeta", "acme")
    }
    assert [one["key"] for one in found["build"]] == [{"brand": "zeta"}, {"brand": "acme"}]
    assert found["total"]["people"] == reached
    assert found["total"]["share_up_to_cap"] == pytest.approx((often[1] + often[2]) / reached)
    assert found["members"] == {"platform": "douyin", "brand": "zeta", "brand-2": "acme"}
    assert found["sentence"].startswith(f"The brands together reached {reached} people")
    assert found["receiver"] == "platform"


def test_overlap_over_brands_is_that_of_their_files(exact: Several) -> None:
    found, wanted = exact.ask(*OVERLAP), dict[tuple[str, str], tuple[int, int]]()
    counts = {name: Counter(data.ids) for name, data in CONTACTS.items()}
    for n, who in enumerate(USERS):
        people, total = wanted.get((known(who, counts), TIERS[n]), (0, 0))
        wanted[known(who, counts), TIERS[n]] = people + 1, total + (1 << n)
    groups = {
        (g["key"]["known_to"], g["key"]["platform.tier"]): (g["people"], g["sums"]["spend"])
        for g in found["groups"]
    }
    assert groups == {key: value for key, value in wanted.items() if key[0]}


def test_a_hub_of_a_platform_leaves_people_out_and_tells_nobody_which(exact: Several) -> None:
    where = {"where": ["platform.tier = 'old'"]}
    found = exact.ask("overlap", "users", BRANDS, where)
    counts = {name: Counter(data.ids) for name, data in CONTACTS.items()}
    kept = [who for who, tier in zip(USERS, TIERS, strict=True) if tier == "old"]
    wanted = Counter(known(who, counts) for who in kept)
    wanted.pop("", None)
    assert {g["key"]["known_to"]: g["people"] for g in found["groups"]} == wanted
    assert not [text for *_, text in exact.heard if "'old'" in text or '"old"' in text]
    theirs = jobs.load(exact.rooms["acme"], found["receipt"]["job"])
    assert theirs.private() == {}
    with pytest.raises(InvalidInput, match="labels of the hub"):
        exact.document("overlap", "users", BRANDS, {"where": ["brand.tier = 'old'"]})


def test_every_brand_is_asked_and_nobody_else_finds_it(exact: Several) -> None:
    job = exact.document("cross_reach", "users", BRANDS, PERIOD | {"max_frequency": 5})
    swapped = dict(reversed(BRANDS.items()))
    again = exact.document("cross_reach", "users", swapped, PERIOD | {"max_frequency": 5})
    assert again.document.question() == job.document.question()
    identity = jobs.submit(job)["resource"]["id"]
    for name in ("douyin", "zeta"):
        exact.agents[name].once(exact.agents[name].client.work(0))
    item = exact.rooms["douyin"].client.job(identity)
    assert (item["state"], item["approved"]) == ("AWAITING_APPROVAL", ["platform", "brand"])
    assert item["parties"] == {"platform": "douyin", "brand": "zeta", "brand-2": "acme"}
    with pytest.raises(NotFound):
        exact.rooms["nova"].client.job(identity)
    own = jobs.load(exact.rooms["acme"], identity)
    told = [line.text for part in describe(own) for line in part.lines]
    assert "zeta, acme" in told, "whoever approves is told with whom"
    leaks = {one["what"]: one for one in as_json(own)["leaks"]}
    hub = leaks["which of several datasets hold a person"]
    assert (hub["brand"], hub["platform"]) == ("nothing", "noised, thresholded counts")
    assert exact.run(identity)["state"] == "SUCCESS"


def rewritten(asked: jobs.LocalJob, **changes: object) -> JobDocument:
    return JobDocument.from_json(asked.document.to_json() | changes)


def test_what_a_platforms_hub_is_not_asked(exact: Several) -> None:
    asked = exact.document("overlap", "users", BRANDS, {})
    shown = exact.rooms["douyin"].client.preview(asked.document.to_json())
    assert (shown["others"], shown["cells"]) == (["zeta", "acme"], 3)
    for change in ({"receiver": "brand"}, {"submitter": "brand"}):
        with pytest.raises(PolicyRefusal, match="the owner of the hub asks and receives"):
            jobs.plan(exact.rooms["douyin"], rewritten(asked, **change))
    first, second = asked.document.to_json()["others"]
    with pytest.raises(InvalidInput, match="all brands or all platforms"):
        mixed = {name: one for name, one in second.items() if name != "brand"}
        rewritten(asked, others=[first, mixed | {"platform": second["brand"]}])
    for name, one in (("douyin", "not a brand"), ("zeta", "as the owner of a dataset")):
        liar = [first | {"party": "acme"}, second | {"party": name}]
        with pytest.raises((PolicyRefusal, InvalidInput), match=one):
            jobs.plan(exact.rooms["douyin"], rewritten(asked, others=liar))
    with pytest.raises(PolicyRefusal) as refused:
        exact.document("joint_activation", "users", BRANDS, {"known_to": "all", "purpose": "p"})
    assert refused.value.rule == "hub-side"


NOISY = {"noise": "discrete-gaussian", "rho_per_release": 50.0, "rho_budget": 120.0}


def spent(room: Several) -> list[float]:
    agreement = room.rooms["douyin"].agreement
    with room.service.context.store.read() as transaction:
        return [
            budgets.ledger(
                transaction, agreement.identity(), brand, "douyin", agreement.policy
            ).spent
            for brand in ("acme", "zeta", "nova")
        ]


def test_every_brand_adds_a_share_of_noise_and_pays_its_own_pair(tmp_path: Path) -> None:
    with room(tmp_path, **NOISY) as made:
        made.align("users", BRANDS)
        asked = made.document(*REACH)
        assert (asked.charge.givers, asked.plan.people_delta.l2) == (2, 2)
        found = made.ask(*REACH)
        sd = asked.charge.people.sd * 3**0.5
        assert found["total"]["people_sd"] == pytest.approx(sd)
        context = made.service.context
        with context.store.read() as transaction:
            row = transaction.get("jobs", id=found["receipt"]["job"])
            planned = job_rows.load(transaction, row)
        sent_by = {side: set(planned.shapes(side)) for side in planned.job.sides}
        share = {"noise-people"}
        assert sent_by == {"platform": set(), "brand": share, "brand-2": share}
        counts = {name: views(data) for name, data in CONTACTS.items()}
        reached = sum(bool(known(who, counts)) for who in USERS)
        assert abs(found["total"]["people"] - reached) < 10 * sd
        assert spent(made) == [50, 50, 0]
        with pytest.raises(BudgetExhausted):
            for most in range(5, 9):
                jobs.submit(made.document(*REACH[:3], PERIOD | {"max_frequency": most}))
        assert spent(made) == [100, 100, 0]
        refused = made.rooms["douyin"].client.jobs(made.rooms["douyin"].identity)[-1]
        said = {"job": refused["id"], "rule": "refused-by-person", "reason": "no reason was given"}
        made.rooms["acme"].chain.say(f"/v1/jobs/{refused['id']}/refuse", "job.refuse", said)
        assert spent(made) == [50, 50, 0], "one that refuses ends it, and both get it back"
        with context.store.read() as transaction:
            verify_rooms(transaction, context)
