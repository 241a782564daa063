"""Standing questions: agreed to once by both sides, run by the agents, stopped by either."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from api.app import create_app
from api.check import check_rows
from cleanroom.agent import (
    agreed,
    approval,
    asking,
    datasets,
    jobs,
    loop,
    rooms,
    runs,
    series,
    standing,
)
from cleanroom.agent.home import Home
from cleanroom.agent.logs import bundle_of
from cleanroom.agent.memory import memory_of
from cleanroom.agent.standing import Standing
from cleanroom.audit import verify_audit_bundle
from cleanroom.cli import common
from cleanroom.cli.root import app
from cleanroom.cli.run import run
from cleanroom.documents.agreement import Policy
from cleanroom.documents.job import JobDocument
from cleanroom.errors import (
    AuditFailure,
    BudgetExhausted,
    Conflict,
    InvalidInput,
    PeerFault,
    PolicyRefusal,
    Unreachable,
)
from cleanroom.mediator.bootstrap import open_mediator
from cleanroom.room import periods
from cleanroom.room import standing as rules
from cleanroom.workbench.asked import Questions
from tests.api.console.test_uploads import csrf
from tests.cleanroom.agent.conftest import PASSPHRASE, Place, meet
from tests.cleanroom.agent.test_job_page import signed_in
from tests.cleanroom.queries import room as columns
from tests.cleanroom.queries.room import FOREVER, audience

PEOPLE = [f"p{number}" for number in range(6)]
DATA = {
    "acme": audience(PEOPLE[:5], labels={"tier": ["gold", "gold", "silver", "gold", "silver"]}),
    "telco": audience(PEOPLE[1:]),
}
WEEK = 7 * 86_400
START = 120
Parties = dict[str, rooms.Room]


def policy(**changes: Any) -> Policy:
    said: dict[str, Any] = {
        "k_min": 1,
        "rho_per_release": 0.05,
        "rho_budget": 0.2,
        "paillier_bits": 512,
        "expires": FOREVER,
        "alignment": ("dh",),
        "approval": "manual",
        "realign": True,
    }
    return Policy(**said | changes)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Place, Path, str]:
    """Open a room and align its data once; each test works in a copy of all folders."""
    folder = tmp_path_factory.mktemp("prepared")
    place = meet(folder)
    return place, folder, place.talk(DATA, policy=policy())["acme"].identity


@pytest.fixture
def copied(prepared: tuple[Place, Path, str], tmp_path: Path) -> Place:
    place, folder, _ = prepared
    shutil.copytree(folder, tmp_path / "copy")
    mediator = open_mediator(tmp_path / "copy" / "mediator")
    homes = {name: Home.open(tmp_path / "copy" / name, PASSPHRASE) for name in place.homes}
    return Place(mediator, place.key, create_app(mediator), homes)


@pytest.fixture
def parties(prepared: tuple[Place, Path, str], copied: Place) -> Parties:
    identity = prepared[2]
    return {
        name: rooms.open_room(home, copied.client(name), identity)
        for name, home in copied.homes.items()
    }


def declare(room: rooms.Room, runs: int = 4, name: str = "weekly", **changes: Any) -> Standing:
    lines = {
        side: {"party": one, "name": "data"}
        for side, one in (("brand", "acme"), ("platform", "telco"))
    }
    fields = {"name": name, "template": "overlap", "receiver": "brand", "rho": None, **lines}
    parameters = changes.pop("parameters", {})
    first = int(time.time()) + START
    times = {"first": first, "every": WEEK, "until": first + (runs - 1) * WEEK}
    return standing.declare(room, {**fields, **changes}, parameters, times)


def approved(parties: Parties, **changes: Any) -> Standing:
    """Declare a standing question and let the other side approve it, by hand."""
    made = declare(parties["acme"], **changes)
    standing.approve(standing.find(parties["telco"], made.identity))
    return made


def again(parties: Parties, made: Standing) -> Standing:
    return standing.find(parties["acme"], made.identity)


def refresh(meeting: Place, parties: Parties, people: list[str]) -> None:
    """Send a new version of the platform's dataset, which the agents align by themselves."""
    data = audience(people)
    spec = columns.spec_of(data)
    datasets.upload(parties["telco"], "data", spec, columns.table_of(data))
    meeting.work()


def work(meeting: Place) -> None:
    """Let the agents and the mediator do all that waits."""
    meeting.work()
    while meeting.mediator.worker().run_once():
        meeting.work()


def verify(parties: Parties) -> str:
    room = parties["acme"]
    memories = [memory_of(one.home, one.identity) for one in parties.values()]
    report = verify_audit_bundle(bundle_of(room.client, room.first, memories))
    return " ".join(f"{one.title}: {one.found}" for one in report.steps)


def test_runs_are_asked_and_approved_by_the_agents_over_the_newest_versions(
    copied: Place, parties: Parties, clock: SimpleNamespace
) -> None:
    """Nobody approves a run by hand, though the room wants a person's approval."""
    made = approved(parties)
    work(copied)
    assert again(parties, made).asked == {}, "not due yet"
    clock.by = START
    work(copied)
    first = again(parties, made).asked[0]
    assert asking.read_result(parties["acme"], first)["status"] == "SUCCESS"
    # The second week has the same versions: the answer is that of the first, and free of charge.
    clock.by = START + WEEK
    work(copied)
    assert again(parties, made).asked == {0: first, 1: first}
    # In the third week nobody was there; in the fourth there is a newer version.
    refresh(copied, parties, PEOPLE[2:])
    clock.by = START + 3 * WEEK
    work(copied)
    found = again(parties, made)
    last = found.asked[3]
    assert last != first
    assert found.missed(time.time()) == [2]
    versions = jobs.load(parties["acme"], last).question
    assert (versions.brand.version, versions.platform.version) == (1, 2)
    ledger = parties["acme"].client.budget(parties["acme"].identity)
    assert ledger["spent"] == pytest.approx(0.1)
    assert "weekly" in verify(parties)
    assert "3 of 4 runs, missed: 3" in verify(parties)
    check_rows(copied.mediator)
    clock.by = START + 9 * WEEK
    work(copied)
    assert again(parties, made).due() is None


def test_a_stop_ends_the_run_that_goes_on_and_all_later_ones(
    copied: Place, parties: Parties, clock: SimpleNamespace
) -> None:
    made = approved(parties)
    clock.by = START
    copied.work()  # asked and approved by both, not computed
    job = again(parties, made).asked[0]
    assert parties["acme"].client.job(job)["state"] == "STARTED"
    standing.stop(standing.find(parties["telco"], made.identity), "enough")
    shown = parties["acme"].client.job(job)
    assert (shown["state"], shown["problem"]["rule"]) == ("FAILED", "standing-stopped")
    assert again(parties, made).state == "STOPPED"
    assert not copied.mediator.worker().run_once()
    clock.by = START + WEEK
    work(copied)
    assert list(again(parties, made).asked) == [0]
    assert "1 of 4 runs, stopped" in verify(parties)
    with pytest.raises(Conflict):
        standing.stop(again(parties, made), "again")


def test_who_stopped_takes_part_in_nothing_whatever_the_mediator_shows(
    parties: Parties, clock: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mediator says that it stopped, and goes on."""
    made = approved(parties)
    clock.by = START
    runs.ask_due(parties["acme"], made.identity)
    job = again(parties, made).asked[0]
    telco = parties["telco"]
    with monkeypatch.context() as lying:
        lying.setattr(
            "cleanroom.agent.http.Client.say", lambda *_: {"log_index": 0, "resource": {}}
        )
        standing.stop(standing.find(telco, made.identity), "enough")
    loaded = jobs.load(telco, job)
    with pytest.raises(PolicyRefusal, match="ended the standing"):
        approval.approve(loaded)
    assert standing.find(telco, made.identity).state == "STOPPED"


def test_a_home_approves_no_job_that_is_not_the_run_it_agreed_to(
    parties: Parties, clock: SimpleNamespace
) -> None:
    """Whatever the asker and the mediator work out together, the other side holds it back."""
    made = approved(parties, parameters={"where": ["brand.tier = 'gold'"]})
    acme, telco = parties["acme"], parties["telco"]
    honest = runs.write_run(again(parties, made), 0)

    def run(**changes: Any) -> JobDocument:
        """Write a job that says to be a run, and differs."""
        fields = rules.fields(made.document, 0, rules.Joined(*_joined(honest.document)))
        hidden = changes.pop("hidden", dict(made.opened))
        complete = {**rules.parameters(made.document, 0), **hidden, **changes.pop("parameters", {})}
        return jobs.assemble(acme, fields | changes, complete)[0]

    named = made.document.digest()
    silver = {"conditions": [{"column": "brand.tier", "test": "in", "values": ["silver"]}]}
    clock.by = START - rules.EARLY - 60
    with pytest.raises(PolicyRefusal, match="not due"):
        runs.check(jobs.plan(telco, run()))
    clock.by = START
    for changes, rule in (
        ({"name": "weekly.9"}, "standing-differs"),
        ({"rho": 0.01}, "standing-differs"),
        ({"parameters": {"group_by": ["brand.tier"]}}, "standing-differs"),
        ({"standing": {"standing": named, "run": 1}, "name": "weekly.2"}, "standing-time"),
        ({"standing": {"standing": named, "run": 4}, "name": "weekly.5"}, "standing-run"),
        ({"standing": {"standing": "ab" * 32, "run": 0}}, "standing-state"),
        ({"hidden": silver}, "standing-differs"),
    ):
        with pytest.raises(PolicyRefusal) as refusal:
            runs.check(jobs.plan(telco, run(**changes)))
        assert refusal.value.rule == rule, changes
    runs.ask_due(acme, made.identity)
    approval.approve(jobs.load(telco, again(parties, made).asked[0]))
    with pytest.raises(PolicyRefusal, match="this run is already another job"):
        runs.check(jobs.plan(telco, run()))


def _joined(document: JobDocument) -> tuple[str, str, str]:
    return document.brand, document.platform, document.alignment


def test_what_is_declared_is_refused_where_the_budget_would_not_hold_it(
    copied: Place, parties: Parties
) -> None:
    with pytest.raises(BudgetExhausted):
        declare(parties["acme"], runs=5)
    approved(parties, runs=3)
    with pytest.raises(BudgetExhausted):
        declare(parties["acme"], runs=2, name="another")
    first = declare(parties["acme"], runs=1, name="another")
    assert [one.document.name for one in standing.listed(parties["telco"])] == ["weekly", "another"]
    standing.stop(standing.find(parties["telco"], first.identity), "no")
    declare(parties["acme"], runs=1, name="third")
    assert "another" in verify(parties)


def test_the_mediator_and_the_peer_count_the_budget_by_themselves(
    parties: Parties, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = rules.check_budget
    monkeypatch.setattr(rules, "check_budget", lambda *_: None)
    made = declare(parties["acme"], runs=5)
    monkeypatch.setattr(rules, "check_budget", honest)
    with pytest.raises(BudgetExhausted):
        standing.approve(standing.find(parties["telco"], made.identity))
    with pytest.raises(AuditFailure, match="standing question"):
        verify(parties)


def test_periods_refill_for_the_runs_that_fall_into_them(parties: Parties) -> None:
    """The same figures at the mediator, at both homes and in the verifier: one function."""
    said = policy(rho_budget=0.05, period=WEEK, period_start=0, rho_lifetime=0.15)
    made = declare(parties["acme"], runs=3).document
    now = made.first - START
    longer = made.model_copy(update={"until": made.first + 3 * WEEK})
    often = made.model_copy(update={"every": WEEK // 4})
    empty = periods.ledger(said).reach(periods.number(said, now))
    left = rules.check_budget(said, empty, [(made, ())], now)
    assert (left.spent_ever, left.period - empty.period) == (pytest.approx(0.15), 2)
    for beyond in ([(longer, ())], [(often, ())], [(made, ()), (made, ())]):
        with pytest.raises(BudgetExhausted):
            rules.check_budget(said, empty, beyond, now)
    # Whoever approves reads what one period would have to hold.
    acme = parties["acme"]
    room = replace(acme, agreement=acme.agreement.model_copy(update={"policy": said}))
    told = [one.text for one in series.schedule(Standing(room, often, {}, {})).lines]
    assert "at most 0.2 of its 0.05 rho" in told
    # Runs that were asked are charged already, and those that were missed never are.
    assert rules.check_budget(said, empty, [(longer, {1})], now).spent_ever == left.spent_ever
    later = made.closes(0)
    assert rules.check_budget(said, empty, [(longer, ())], later).spent_ever == left.spent_ever


def test_a_run_that_the_budget_no_longer_holds_is_given_up_and_named(
    copied: Place, parties: Parties, clock: SimpleNamespace
) -> None:
    """Others spent it meanwhile; the agent asks once, not again and again."""
    made = approved(parties, runs=4)
    room = parties["acme"]
    for rho in (0.05, 0.0499, 0.0498):
        jobs.submit(_once(room, rho))
    clock.by = START
    assert runs.ask_due(room, made.identity)
    refresh(copied, parties, PEOPLE[1:])
    clock.by = START + WEEK
    with pytest.raises(BudgetExhausted):
        runs.ask_due(room, made.identity)
    assert not runs.ask_due(room, made.identity)
    clock.by = START + 2 * WEEK
    found = again(parties, made)
    assert (list(found.asked), found.missed(time.time())) == ([0], [1])
    assert agreed.skipped(room, made.document.digest()) == {1: "rho-budget"}
    refused = room.client.search(room.identity, kind="job.submit", outcome="refused")
    assert len(refused["entries"]) == 1
    assert "1 of 4 runs, missed: 2" not in verify(parties), "the log has not reached that time"


def _once(room: rooms.Room, rho: float) -> jobs.LocalJob:
    ids = {one["manifest"]["party"]: one["id"] for one in room.client.datasets(room.identity)}
    fields = {"name": "once", "template": "overlap", "receiver": "brand", "rho": rho}
    fields |= {"brand": ids["acme"], "platform": ids["telco"]}
    fields["alignment"] = jobs.find_alignment(room, ids["acme"], ids["telco"])
    return jobs.write_job(room, fields, {})


def test_a_run_outside_its_series_is_named_by_the_verifier(
    copied: Place, parties: Parties, clock: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = approved(parties)
    clock.by = START + WEEK
    late = runs.write_run(again(parties, made), 0)
    monkeypatch.setattr("cleanroom.mediator.standing.take_run", lambda *_: None)
    jobs.submit(late)
    with pytest.raises(AuditFailure, match=r"run 1 of the standing question weekly: .*was missed"):
        verify(parties)


def test_a_run_after_the_stop_or_about_older_versions_is_named(
    copied: Place, parties: Parties, clock: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = approved(parties)
    older = runs.write_run(again(parties, made), 0)
    refresh(copied, parties, PEOPLE)
    clock.by = START
    with pytest.raises(PolicyRefusal, match="newest"):
        jobs.submit(older)
    monkeypatch.setattr("cleanroom.mediator.standing.take_run", lambda *_: None)
    jobs.submit(older)
    with pytest.raises(AuditFailure, match=r"run 1 .*newest aligned versions"):
        verify(parties)


def test_an_amendment_ends_what_was_agreed_under_the_one_before(
    copied: Place, parties: Parties, clock: SimpleNamespace
) -> None:
    from cleanroom.agent import amendments

    made = approved(parties)
    acme = parties["acme"]
    changed = acme.agreement.model_copy(
        update={"policy": acme.agreement.policy.model_copy(update={"k_min": 2})}
    )
    following = amendments.follow(changed, acme.agreement)
    amendments.propose(acme, following)
    parties["telco"] = amendments.sign(parties["telco"], following)
    parties["acme"] = amendments.settle(acme)
    clock.by = START
    work(copied)
    found = again(parties, made)
    assert (found.state, found.shown["problem"]["rule"]) == ("STOPPED", "amended")
    assert found.asked == {}
    approved(parties, name="anew")
    assert "0 of 4 runs, stopped" in verify(parties)


def test_a_killed_agent_asks_each_run_once(
    copied: Place, parties: Parties, clock: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It dies with the statement on disk, before or after the mediator had it."""
    made = approved(parties)
    acme = parties["acme"]
    clock.by = START
    honest: Callable[..., Any] = type(acme.client).say
    for sent in (False, True):

        def killed(self: Any, *arguments: Any, sent: bool = sent) -> Any:
            if sent:
                honest(self, *arguments)
            raise Unreachable("killed")

        with monkeypatch.context() as dying:
            dying.setattr("cleanroom.agent.http.Client.say", killed)
            with pytest.raises(Unreachable):
                runs.ask_due(acme, made.identity)
    work(copied)
    found = again(parties, made)
    assert list(found.asked) == [0]
    assert asking.read_result(acme, found.asked[0])["status"] == "SUCCESS"
    asked = acme.client.search(acme.identity, kind="job.submit")["entries"]
    assert [one["outcome"] for one in asked].count("accepted") == 1


def test_in_a_room_without_people_agents_approve_and_refuse_by_themselves(
    meeting: Place, clock: SimpleNamespace
) -> None:
    parties = meeting.talk(DATA, policy=policy(approval="auto"))
    made = declare(parties["acme"], runs=2)
    # The platform never declared such a value: its agent refuses all runs at once, by a constant.
    odd = declare(
        parties["telco"], runs=1, name="odd", receiver="platform",
        parameters={"where": ["brand.tier = 'platinum'"]},
    )  # fmt: skip
    work(meeting)
    assert again(parties, made).state == "ACTIVE"
    found = standing.find(parties["telco"], odd.identity)
    assert (found.state, found.shown["problem"]["detail"]) == (
        "STOPPED",
        loop.REFUSALS["not-allowed"],
    )
    clock.by = START
    work(meeting)
    assert list(again(parties, made).asked) == [0]
    assert "odd" in verify(parties)


def test_what_cannot_stand_is_refused_when_it_is_declared(parties: Parties) -> None:
    acme = parties["acme"]
    for changes in ({"template": "lookalike"}, {"template": "profile"}):
        with pytest.raises((PolicyRefusal, InvalidInput)):
            declare(acme, **changes)
    with pytest.raises(InvalidInput, match="in the past"):
        times = {"first": int(time.time()) - 9999, "every": 60, "until": int(time.time())}
        made = declare(acme, runs=1).document.to_json()
        fields = {
            name: made[name]
            for name in ("name", "template", "receiver", "rho", "brand", "platform")
        }
        standing.declare(acme, fields, {}, times)
    with pytest.raises(InvalidInput, match="times at most"):
        declare(acme, runs=1001)
    with pytest.raises(PolicyRefusal, match="expires"):
        times = {"first": FOREVER + 1, "every": 60, "until": FOREVER + 1}
        standing.declare(acme, fields, {}, times)


def test_who_asks_approves_only_by_declaring_and_nobody_else_can(parties: Parties) -> None:
    made = declare(parties["acme"])
    with pytest.raises(PolicyRefusal, match="other side"):
        standing.approve(made)
    body = {"standing": made.document.digest()}
    with pytest.raises(Conflict, match="other side"):
        path = f"/v1/standing/{made.identity}/approvals"
        parties["acme"].chain.say(path, "standing.approve", body)


def test_a_mediator_shows_no_other_series_under_an_identifier(
    parties: Parties, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = declare(parties["acme"])
    telco = parties["telco"]
    shown = telco.client.standing(made.identity)
    document = made.document.model_copy(update={"rho": 0.1})
    for changes in (
        {"standing": document.to_json()},
        {"standing": document.to_json(), "id": document.identity()},
    ):
        monkeypatch.setattr(
            "cleanroom.agent.http.Client.standing", lambda *_, said=changes: shown | said
        )
        with pytest.raises(PeerFault):
            standing.find(telco, changes.get("id", made.identity))


def test_the_console_shows_what_is_approved_and_stops_it(copied: Place, parties: Parties) -> None:
    made = declare(parties["acme"], parameters={"where": ["brand.tier = 'gold'"]})
    browser, where = signed_in(copied, "telco"), f"/rooms/{parties['telco'].identity}/standing"
    assert "weekly" in browser.get(where).text
    assert where in browser.get(where.removesuffix("/standing")).text
    where = f"{where}/{made.identity}"
    page = browser.get(where).text
    # What was sealed to this party is opened, and the whole series is priced.
    assert "brand.tier" in page and "gold" in page
    assert "every 7 days" in page and "0.2 rho in all" in page
    digest = page.partition('name="digest" value="')[2][:64]
    form = {"csrf": csrf(page), "digest": "00" * 32}
    assert browser.post(where, data=form).status_code == 409
    assert browser.post(where, data={**form, "digest": digest}).status_code == 302
    assert again(parties, made).state == "ACTIVE"
    page = browser.get(f"{where}?language=zh", follow_redirects=True).text
    assert "每 7 天一次" in page and "批准所有执行</button>" not in page
    form = {"csrf": csrf(page), "action": "stop", "reason": "enough <b>"}
    assert browser.post(where, data=form).status_code == 302
    page = signed_in(copied, "acme").get(where).text
    assert "Stopped by telco" in page and "enough &lt;b&gt;" in page
    assert browser.get(f"{where[:-32]}{'0' * 32}").status_code == 404


FILE = """
[room]
name = "spring"
rehearsal = true
[datasets.acme.data]
file = "acme.csv"
kind = "audience"
id = { column = "id", profile = "raw:v1" }
[datasets.telco.data]
file = "telco.csv"
kind = "audience"
id = { column = "id", profile = "raw:v1" }
[[jobs]]
name = "gold"
template = "overlap"
brand = "acme.data"
platform = "telco.data"
where = ["brand.tier = 'gold'"]
[[jobs]]
name = "all"
template = "overlap"
brand = "acme.data"
platform = "telco.data"
[[standing]]
job = "gold"
every = "1w"
until = 2099-06-30
"""


def day(after: int) -> str:
    """Return a day to come: no run of the weeks before it falls near midnight of it."""
    return time.strftime("%Y-%m-%d", time.gmtime(time.time() + after * 86_400))


def test_the_commands_declare_show_approve_and_stop(
    copied: Place,
    parties: Parties,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("CLEANROOM_PASSPHRASE", PASSPHRASE)
    monkeypatch.setattr(common, "connect", lambda home: copied.client(home.card.name))
    file = tmp_path / "room.toml"

    def typed(name: str, *words: str) -> tuple[int, str]:
        monkeypatch.setenv("CLEANROOM_HOME", str(copied.homes[name].path))
        code = run(app, words)
        captured = capsys.readouterr()
        return code, captured.out if words[-1] == "--json" else captured.out + captured.err

    file.write_text(FILE)
    code, said = typed("acme", "job", "submit", str(file), "gold")
    assert code == 2 and "1,000 times at most" in said
    file.write_text(FILE.replace("2099-06-30", day(3)))
    code, said = typed("acme", "job", "submit", str(file), "gold", "--json")
    made = json.loads(said)["standing"]
    assert typed("acme", "job", "submit", str(file), "all", "--every", "1w")[0] == 2
    last = day(10)
    assert (
        typed("acme", "job", "submit", str(file), "all", "--every", "1w", "--until", last)[0] == 0
    )
    found = json.loads(typed("telco", "standing", "list", "--json")[1])
    assert [(one["name"], one["runs_at_most"], one["state"]) for one in found] == [
        ("gold", 1, "PROPOSED"), ("all", 2, "PROPOSED"),
    ]  # fmt: skip
    code, said = typed("telco", "standing", "show", "gold")
    assert code == 0 and "brand.tier" in said and "1 run" not in said
    shown = json.loads(typed("telco", "standing", "show", made, "--json")[1])
    assert shown["question"]["private"]["conditions"][0]["values"] == ["gold"]
    assert shown["rho_in_all"] == pytest.approx(0.05)
    for undecided in ((), ("--digest", "00" * 32)):
        assert typed("telco", "standing", "approve", "gold", *undecided)[0] == 2
    code, said = typed("telco", "standing", "approve", "gold", "--digest", shown["digest"])
    assert (code, "Approved." in said) == (0, True)
    for command in ("job", "standing"):
        name = "gold" if command == "job" else "all"
        assert typed("acme", command, "stop", name, "--reason", "enough")[0] == 0
    found = json.loads(typed("telco", "standing", "list", "--json")[1])
    assert {one["state"] for one in found} == {"STOPPED"}
    file.write_text(FILE.replace('job = "gold"', 'job = "gone"'))
    assert "no job gone" in typed("acme", "job", "submit", str(file), "gold")[1]


def test_a_notebook_declares_reads_and_stops(copied: Place, parties: Parties) -> None:
    sides = {
        name: Questions({room.role: room}, room.role, "pandas", print)
        for name, room in parties.items()
    }
    section = {"name": "weekly", "template": "overlap", "brand": "data", "platform": "data"}
    with pytest.raises(InvalidInput, match="duration"):
        sides["acme"].ask_every(section, "1y", "2090-01-01")
    with pytest.raises(InvalidInput, match="not a time"):
        sides["acme"].ask_every(section, "1w", "someday")
    with pytest.raises(InvalidInput, match="template"):
        sides["acme"].ask_every({"name": "weekly"}, "1w", "2090-01-01")
    made = sides["acme"].ask_every(section, "1w", day(24))
    (there,) = sides["telco"].standing("weekly")
    shown = there.shown()
    assert (shown.runs_at_most, shown.state) == (4, "PROPOSED")
    there.approve(shown.digest)
    work(copied)
    (question,) = made.questions()
    assert question.result().status == "SUCCESS"
    made.stop("enough")
    assert there.shown().state == "STOPPED"


def test_times_of_a_question_move_along_with_its_runs() -> None:
    from cleanroom.documents.standing import StandingDocument

    document = StandingDocument.from_json(
        {
            "room": "0" * 32, "name": "paths", "template": "attribution",
            "brand": {"party": "acme", "name": "orders"},
            "platform": {"party": "telco", "name": "touches"},
            "receiver": "brand", "submitter": "brand",
            "parameters": {"start": 1000, "end": 2000, "window": 7},
            "first": 3000, "every": 500, "until": 4999, "nonce": "0" * 32,
        }
    )  # fmt: skip
    assert document.runs == 4
    assert rules.parameters(document, 3) == {"start": 2500, "end": 3500, "window": 7}
    assert [document.present(now) for now in (2999, 3000, 3499, 3500, 4999, 5000)] == [
        None, 0, 0, 1, 3, None,
    ]  # fmt: skip
    assert rules.missed(document, {1}, 4000) == [0]
    assert rules.to_come(document, {3}, 4000) == [2]
