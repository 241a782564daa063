"""A budget of periods: refilled at their start up to a lifetime, by everybody who counts."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from api.check import check_rows
from cleanroom.agent import approval, approved, jobs, loop, rooms
from cleanroom.agent.logs import bundle_of
from cleanroom.agent.memory import memory_of
from cleanroom.agent.room_file import RoomFile
from cleanroom.audit import verify_audit_bundle
from cleanroom.audit.bundle import parse
from cleanroom.audit.page import markdown
from cleanroom.documents.agreement import Policy
from cleanroom.errors import BudgetExhausted, InvalidInput
from cleanroom.report.consent import Reader, consent
from cleanroom.room import periods
from tests.cleanroom.agent.conftest import Place
from tests.cleanroom.queries.room import FOREVER, audience

PEOPLE = [f"p{number}" for number in range(6)]
DATA = {"acme": audience(PEOPLE[:5]), "telco": audience(PEOPLE[1:])}
HOUR = 3600
Parties = dict[str, rooms.Room]


def policy(start: int) -> Policy:
    return Policy(
        k_min=1,
        rho_per_release=0.05,
        rho_budget=0.1,
        period=HOUR,
        period_start=start,
        rho_lifetime=0.25,
        paillier_bits=512,
        expires=FOREVER,
        alignment=("dh",),
        approval="manual",
    )


@pytest.fixture
def parties(meeting: Place) -> Parties:
    return meeting.talk(DATA, policy=policy(int(time.time()) - 60))


def asked(parties: Parties, name: str) -> str:
    own = parties["acme"]
    fields = {"name": name, "template": "overlap", "receiver": "brand", "rho": None}
    ids = {one["manifest"]["party"]: one["id"] for one in own.client.datasets(own.identity)}
    fields |= {"brand": ids["acme"], "platform": ids["telco"]}
    fields["alignment"] = jobs.find_alignment(own, ids["acme"], ids["telco"])
    # The same question is answered once, so each of these has a price of its own.
    fields["rho"] = 0.05 - 0.0001 * int(name)
    return str(jobs.submit(jobs.write_job(own, fields, {}))["resource"]["id"])


def budget(parties: Parties) -> dict[str, Any]:
    return parties["acme"].client.budget(parties["acme"].identity)


def verify(parties: Parties) -> str:
    room = parties["acme"]
    memories = [memory_of(one.home, one.identity) for one in parties.values()]
    bundle = bundle_of(room.client, room.agreement, memories)
    return markdown(parse(bundle), verify_audit_bundle(bundle))


def test_the_ledger_refills_up_to_the_lifetime_and_a_clock_gone_back_revives_nothing(
    meeting: Place, parties: Parties, clock: SimpleNamespace
) -> None:
    for name in ("1", "2"):
        asked(parties, name)
    with pytest.raises(BudgetExhausted):
        asked(parties, "0")
    clock.by = HOUR
    assert (budget(parties)["period"], budget(parties)["left"]) == (1, pytest.approx(0.1))
    for name in ("3", "4"):
        asked(parties, name)
    clock.by = 0  # the first period would have nothing left either, but the second has less
    with pytest.raises(BudgetExhausted):
        asked(parties, "5")
    clock.by = 2 * HOUR
    left = budget(parties)
    assert left["left"] == pytest.approx(0.25 - left["spent_ever"]) == pytest.approx(0.051)
    asked(parties, "6")
    with pytest.raises(BudgetExhausted):
        asked(parties, "7")
    clock.by = 50 * HOUR
    with pytest.raises(BudgetExhausted):
        asked(parties, "7")
    page = verify(parties)
    assert page.count("charged in the period") == 3
    assert "in period 2, 0.2484 of 0.25 in all" in page
    check_rows(meeting.mediator)


def test_an_agent_counts_periods_by_itself(
    meeting: Place, parties: Parties, clock: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mediator forgets every charge, and every period."""
    monkeypatch.setattr("cleanroom.mediator.budgets._store", lambda *_: None)
    telco = parties["telco"]
    waiting = [asked(parties, str(number)) for number in range(7)]
    for job in waiting[:2]:
        approval.approve(jobs.load(telco, job))
    with pytest.raises(BudgetExhausted):
        approval.approve(jobs.load(telco, waiting[2]))
    clock.by = HOUR
    for job in waiting[2:4]:
        approval.approve(jobs.load(telco, job))
    clock.by = 0
    with pytest.raises(BudgetExhausted):
        approval.approve(jobs.load(telco, waiting[4]))
    clock.by = 40 * HOUR
    approval.approve(jobs.load(telco, waiting[4]))
    with pytest.raises(BudgetExhausted):
        approval.approve(jobs.load(telco, waiting[5]))
    assert approved.ledger(jobs.load(telco, waiting[5])).spent_ever == pytest.approx(0.249)
    # What was approved before one of them is what was then, whatever came after it.
    before = [approved.ledger(jobs.load(telco, job)) for job in waiting[:3]]
    assert [one.spent for one in before] == pytest.approx([0, 0.05, 0])
    assert before[2].spent_ever == pytest.approx(0.0999)


def test_a_price_given_back_in_the_next_period_is_not_spent_there(
    parties: Parties, clock: SimpleNamespace
) -> None:
    first, second = asked(parties, "1"), asked(parties, "2")
    clock.by = HOUR
    third = asked(parties, "3")
    loop.refuse_by_hand(parties["telco"], first, "not now")
    assert budget(parties)["left"] == pytest.approx(0.1 - 0.0497)
    assert budget(parties)["spent_ever"] == pytest.approx(0.0498 + 0.0497)
    loop.refuse_by_hand(parties["telco"], third, "not now")
    assert budget(parties)["left"] == pytest.approx(0.1)
    loop.refuse_by_hand(parties["telco"], second, "not now")
    assert budget(parties)["spent_ever"] == 0
    page = verify(parties)
    assert [line[-5:] for line in page.splitlines() if "charged in the" in line] == ["| 0 |"] * 2


def test_a_period_begins_a_little_early_where_the_mediator_s_clock_is_ahead(
    parties: Parties, clock: SimpleNamespace
) -> None:
    start = parties["acme"].agreement.policy.period_start or 0
    telco, earlier = parties["telco"], [asked(parties, name) for name in ("1", "2")]
    for job in earlier:
        approval.approve(jobs.load(telco, job))
    clock.by = start + HOUR + 1 - time.time()
    job = asked(parties, "3")
    clock.by -= periods.EARLY + 100
    with pytest.raises(BudgetExhausted):
        approval.approve(jobs.load(telco, job))
    clock.by += 110
    approval.approve(jobs.load(telco, job))


def test_a_room_file_says_periods_in_days(tmp_path: Path, meeting: Place) -> None:
    def written(line: str) -> RoomFile:
        file = tmp_path / "room.toml"
        file.write_text(f'[room]\nname = "spring"\n[policy]\n{line}\n')
        return RoomFile.read(file)

    cards = tuple(home.card for home in meeting.homes.values())
    found = written('period = "90d"\nrho_lifetime = 4.0\nperiod_start = 2026-01-01')
    agreement = found.agreement(cards, "log.test", "00" * 32, "00" * 16, 1e9)
    assert agreement.policy.period == 90 * 86_400
    assert periods.number(agreement.policy, 1_767_225_600 + 91 * 86_400) == 1
    agreement = written('period = "2w"\nrho_lifetime = 4.0').agreement(
        cards, "log.test", "00" * 32, "00" * 16, 1e9
    )
    assert (agreement.policy.period, agreement.policy.period_start) == (14 * 86_400, 10**9)
    for bad in ('"90"', '"0d"', "90", '"d"'):
        with pytest.raises(InvalidInput, match=r"policy\.period"):
            written(f"period = {bad}\nrho_lifetime = 4.0")
    for half in ({"period": HOUR}, {"rho_lifetime": 4.0}, {"period": HOUR, "period_start": 0}):
        with pytest.raises(InvalidInput, match="Periods need"):
            periods.check(Policy.from_json({"expires": FOREVER, **half}))
    less = {"period": HOUR, "period_start": 0, "rho_lifetime": 0.4}
    with pytest.raises(InvalidInput, match="less than"):
        periods.check(Policy.from_json({"expires": FOREVER, **less}))


def test_signers_read_what_a_period_promises_and_what_a_year_adds_up_to(meeting: Place) -> None:
    said = policy(0).model_copy(update={"rho_budget": 0.5, "rho_lifetime": 4.0, "period": 7776000})
    agreement = meeting.agreement(policy=said, rehearsal=False)
    texts = {
        language: " ".join(
            line.text
            for part in consent(agreement, "PROPOSED", Reader("acme", {}, language))
            for line in part.lines
        )
        for language in ("en", "zh")
    }
    # 365 days touch six periods of 90: 3 rho, and epsilon = 3 + 2 sqrt(3 ln 10^6) = 15.88.
    wanted = "any 365 days add up to 3 rho (epsilon 15.88), those of all periods to 4 rho"
    assert wanted in texts["en"]
    assert "in each period of 90 days, from 1970-01-01 00:00 UTC on, and 4 rho" in texts["en"]
    assert "任意 365 天内的结果合计 3 rho（epsilon 15.88）" in texts["zh"]


def test_an_agreement_without_periods_has_the_bytes_of_before() -> None:
    assert set(Policy(expires=1).to_json()).isdisjoint({"period", "period_start", "rho_lifetime"})


def test_any_stretch_of_time_touches_at_most_one_period_more_than_it_holds() -> None:
    said = policy(17).model_copy(update={"rho_lifetime": 1000.0, "rho_budget": 1.0, "period": 60})
    for seconds in (1, 59, 60, 61, 150, 180):
        touched = max(
            periods.number(said, first + seconds - 1) - periods.number(said, first) + 1
            for first in range(17, 200)
        )
        assert touched <= periods.most_within(said, seconds)


def test_an_agent_keeps_the_figure_of_a_year_though_each_period_may_begin_early(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A year of five periods: spent before the first begins, each early, the last one as well."""
    length = periods.YEAR // 5
    said = policy(0).model_copy(
        update={"rho_lifetime": 1000.0, "rho_budget": 1.0, "period": length}
    )
    job: Any = SimpleNamespace(
        charge=SimpleNamespace(rho=1.0),
        room=SimpleNamespace(agreement=SimpleNamespace(policy=said)),
    )
    charged: dict[str, approved.Charge] = {}
    begins, early = 10 * length, periods.EARLY
    times = [begins - early + 1, *(begins + n * length - early + 2 for n in range(5))]
    for now in (*times, begins + periods.YEAR - early):
        monkeypatch.setattr("time.time", lambda now=now: float(now))
        charged[str(now)] = approved._charged(job, charged)
    assert max(map(int, charged)) - min(map(int, charged)) <= periods.YEAR
    assert len(charged) == periods.most_within(said, periods.YEAR) == 7
