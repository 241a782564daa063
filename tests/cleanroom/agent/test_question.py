"""A person approves what this party's own agent planned, with what was sealed to it opened."""

from __future__ import annotations

import hashlib
import hmac
import json
from types import SimpleNamespace
from typing import Any

import pytest

from cleanroom.agent import approved, jobs, private, question
from cleanroom.agent.jobs import LocalJob
from cleanroom.agent.loop import refuse_by_hand
from cleanroom.cli import about, common
from cleanroom.cli.root import app
from cleanroom.cli.run import run
from cleanroom.documents.agreement import Policy
from cleanroom.errors import Conflict, NotFound, PeerFault
from protocols.errors import RemoteError
from protocols.sealing import seal
from tests.cleanroom.agent.conftest import PASSPHRASE, Place
from tests.cleanroom.queries.room import FOREVER, audience, events

PEOPLE = [f"p{number}" for number in range(6)]
DATA = {
    "acme": audience(PEOPLE[:5]),
    "telco": events(
        PEOPLE, [60 * at for at in range(6)], [0] * 6, labels={"campaign": ["Hero", "Feed"] * 3}
    ),
}
POLICY = Policy(
    noise="none", k_min=1, paillier_bits=512, expires=FOREVER, alignment=("dh",), approval="manual"
)
ASKED = {"campaigns": ["Hero"], "max_frequency": 2, "start": 0, "end": 600}
Asked = tuple[Place, dict[str, Any], str]


@pytest.fixture
def asked(meeting: Place) -> Asked:
    rooms = meeting.talk(DATA, templates=("reach_frequency",), policy=POLICY)
    return meeting, rooms, meeting.ask(rooms["acme"], "reach_frequency", ASKED)


def words(job: LocalJob) -> str:
    return "\n".join(
        f"{line.name}: {line.text}" for part in question.describe(job) for line in part.lines
    )


def typed(asked: Asked, monkeypatch: pytest.MonkeyPatch, party: str, *arguments: str) -> int:
    meeting, _, _ = asked
    monkeypatch.setenv("CLEANROOM_PASSPHRASE", PASSPHRASE)
    monkeypatch.setenv("CLEANROOM_HOME", str(meeting.homes[party].path))
    for module in (common, about):
        monkeypatch.setattr(module, "connect", lambda home: meeting.client(home.card.name))
    return run(app, arguments)


def test_who_approves_reads_what_is_asked_and_what_was_sealed(asked: Asked) -> None:
    _, rooms, job = asked
    shown = rooms["telco"].client.job(job)
    assert "Hero" not in json.dumps(shown)
    for room in rooms.values():
        text = words(jobs.load(room, job))
        for said in (
            "Hero",
            "acme/data v1",
            "telco/data v1",
            "acme (Brand)",
            "Highest frequency: 2",
        ):
            assert said in text, said
        assert "opened here" in text
        # A rehearsal without noise has no noised counts.
        assert "its exact count is at least 1" in text and "noised" not in text


def test_what_the_mediator_says_of_a_question_is_not_shown(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, rooms, job = asked
    room = rooms["telco"]
    honest = words(jobs.load(room, job))
    real = room.client.job

    def lying(identity: str) -> dict[str, Any]:
        shown = real(identity)
        shown["plan"] = dict.fromkeys(shown["plan"], 0)
        shown["parties"] = {"brand": "nobody", "platform": "nobody"}
        return shown

    monkeypatch.setattr(room.client, "job", lying)
    assert words(jobs.load(room, job)) == honest
    other = real(job)
    other["job"] = {**other["job"], "name": "harmless"}
    monkeypatch.setattr(room.client, "job", lambda _: other)
    with pytest.raises(PeerFault):
        jobs.load(room, job)


def test_an_approval_is_bound_to_what_was_shown(asked: Asked) -> None:
    _, rooms, job = asked
    loaded = jobs.load(rooms["telco"], job)
    shown = question.digest(loaded)
    question.check_digest(loaded, shown)
    charge = loaded.charge.__class__(**{**vars(loaded.charge), "rho": 0.2})
    dearer = LocalJob(loaded.room, loaded.document, loaded.question, loaded.plan, charge)
    for wrong in ("", shown[:-1], question.digest(dearer)):
        with pytest.raises(Conflict):
            question.check_digest(loaded, wrong)
    assert question.digest(jobs.load(rooms["acme"], job)) == shown


def test_the_command_shows_that_a_question_was_refused_by_whom_and_why(
    asked: Asked, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _, rooms, job = asked
    assert typed(asked, monkeypatch, "acme", "job", "show", job, "--json") == 0
    outcome = json.loads(capsys.readouterr().out)["outcome"]
    assert outcome == {"state": "AWAITING_APPROVAL"}
    refuse_by_hand(rooms["telco"], job, "not in June")
    assert typed(asked, monkeypatch, "acme", "job", "show", job) == 0
    shown = capsys.readouterr().out
    for told in ("Refused", "telco refused: not in June", "given back"):
        assert told in shown
    assert typed(asked, monkeypatch, "acme", "job", "show", job, "--json") == 0
    assert json.loads(capsys.readouterr().out)["outcome"] == {
        "state": "REFUSED", "party": "telco", "rule": "refused-by-person",
        "reason": "not in June", "given_back": True,
    }  # fmt: skip
    assert typed(asked, monkeypatch, "telco", "job", "show", job, "--language", "zh") == 0
    assert "telco 拒绝：not in June" in capsys.readouterr().out


def test_the_commands_show_and_refuse(
    asked: Asked, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _, rooms, job = asked
    assert typed(asked, monkeypatch, "telco", "job", "show", job) == 0
    shown = capsys.readouterr().out
    digest = question.digest(jobs.load(rooms["telco"], job))
    assert "Hero" in shown
    assert digest in shown
    assert typed(asked, monkeypatch, "telco", "job", "show", job, "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["private"] == {"campaigns": ["Hero"]}
    assert document["digest"] == digest
    wrong = ("job", "approve", job, "--digest", "00" * 32)
    assert typed(asked, monkeypatch, "telco", *wrong) not in (0, 1)
    assert rooms["telco"].client.job(job)["approved"] == []
    capsys.readouterr()
    refuse = ("job", "refuse", job, "--reason", "不是这个活动")
    assert typed(asked, monkeypatch, "telco", *refuse) == 0
    assert "refused" in capsys.readouterr().out
    last = rooms["acme"].client.entries(rooms["acme"].identity)[-1]
    assert (last["kind"], last["actor"]) == ("job.refuse", "telco")
    assert last["statement"]["statement"]["body"]["reason"] == "不是这个活动"
    capsys.readouterr()
    for command in ("watch", "result"):
        assert typed(asked, monkeypatch, "acme", "job", command, job) == 3
        told = capsys.readouterr().err
        assert "telco refused: 不是这个活动" in told
        assert "refused-by-person" in told


def test_the_command_approves_what_it_showed(
    asked: Asked, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _, rooms, job = asked
    digest = question.digest(jobs.load(rooms["telco"], job))
    assert typed(asked, monkeypatch, "telco", "job", "approve", job) == 2
    assert "There is no terminal to answer at. Give --yes." in capsys.readouterr().err
    assert rooms["telco"].client.job(job)["approved"] == []
    assert typed(asked, monkeypatch, "telco", "job", "approve", job, "--digest", digest) == 0
    assert "Hero" in capsys.readouterr().err
    assert rooms["telco"].client.job(job)["approved"] == ["platform"]


def test_a_question_of_another_room_is_not_refused_here(asked: Asked) -> None:
    meeting, rooms, job = asked
    other = meeting.propose()
    with pytest.raises(NotFound):
        refuse_by_hand(other, job, "no")
    assert rooms["acme"].client.job(job)["state"] == "AWAITING_APPROVAL"


def test_a_script_withdraws_and_closes_and_is_told(
    asked: Asked, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _, rooms, _ = asked
    room = rooms["acme"]
    own = next(
        one["id"]
        for one in room.client.datasets(room.identity)
        if one["manifest"]["party"] == "acme"
    )
    assert typed(asked, monkeypatch, "acme", "dataset", "withdraw", own) == 0
    assert "Withdrawn" in capsys.readouterr().out
    assert typed(asked, monkeypatch, "acme", "room", "close", "--reason", "over") == 0
    assert "spring is closed" in capsys.readouterr().out


def test_on_a_terminal_what_cannot_be_undone_is_asked_first(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, rooms, job = asked
    monkeypatch.setattr(common.sys.stdin, "isatty", lambda: True, raising=False)
    questions: list[str] = []

    def no(text: str, **_options: Any) -> None:
        questions.append(text)
        raise KeyboardInterrupt

    monkeypatch.setattr(common.typer, "confirm", no)
    for command in (
        ("job", "refuse", job, "--reason", "no"),
        ("job", "approve", job),
        ("room", "close", "--reason", "no"),
        ("dataset", "withdraw", "0" * 32),
    ):
        assert typed(asked, monkeypatch, "telco", *command) == 130
    assert len(questions) == 4
    room = rooms["acme"]
    assert room.client.job(job)["state"] == "AWAITING_APPROVAL"
    assert room.client.room(room.identity)["state"] == "ACTIVE"


def sealed_by(room: Any, text: bytes, peer: Any = None) -> str:
    """Return what a changed agent would put into a question in place of what it names."""
    info = private.PRIVATE + bytes.fromhex(room.identity)
    peer = peer or room.agreement.facing(room.own.name)[0]
    return seal(text, jobs.sealing_key(peer), info, room.home.signing).hex()


def test_what_was_sealed_is_what_the_question_names(asked: Asked) -> None:
    _, rooms, job = asked
    acme, loaded = rooms["acme"], jobs.load(rooms["telco"], job)
    other = sealed_by(acme, b'{"campaigns":["Feed"]}'.ljust(256))
    sealed_by(rooms["telco"], b'{"campaigns":["Hero"]}', acme.agreement.member("telco"))
    honest = loaded.document
    assert loaded.private() == {"campaigns": ["Hero"]}
    for changes in (
        {"sealed": other},
        {"private": "ab" * 32},
        {"private": None},
        {"sealed": ""},
        {
            "sealed": sealed_by(
                rooms["telco"], b'{"campaigns":["Hero"]}', acme.agreement.member("telco")
            )
        },
        {"template": "overlap"},
        {"platform": honest.brand},
    ):
        document = honest.model_copy(update=changes)
        spoilt = LocalJob(loaded.room, document, loaded.question, loaded.plan, loaded.charge)
        with pytest.raises((PeerFault, RemoteError)):
            spoilt.private()


def test_the_digest_of_what_is_private_is_of_the_pair_and_of_the_question(asked: Asked) -> None:
    _, rooms, job = asked
    fields = jobs.load(rooms["acme"], job).document.to_json()
    text = b'{"campaigns":["Hero"]}'
    peers = {name: room.agreement.facing(name)[0] for name, room in rooms.items()}
    sides = [private.digest(room, peers[name], fields, text) for name, room in rooms.items()]
    assert sides == [fields["private"]] * 2
    others = {
        private.digest(rooms["acme"], peers["acme"], {**fields, name: value}, text)
        for name, value in (("template", "overlap"), ("brand", "0" * 32), ("platform", "1" * 32))
    }
    # Whoever holds the log alone can guess the text, and has no key to try it with.
    guesses = {hashlib.sha256(text).hexdigest(), hmac.digest(bytes(32), text, "sha256").hex()}
    assert len(others | guesses | {fields["private"]}) == 6


def test_each_of_several_platforms_has_an_approval_of_its_own():
    parties = {"brand": "acme", "platform": "douyin", "platform-2": "weibo"}
    item = {"parties": parties, "approved": ["brand", "platform"]}
    named = {name: SimpleNamespace(own=SimpleNamespace(name=name)) for name in parties.values()}
    said = {name: approved.has_approved(room, item) for name, room in named.items()}
    assert said == {"acme": True, "douyin": True, "weibo": False}


def test_consent_names_the_window_that_holds_unless_a_question_says_otherwise(
    meeting: Place,
) -> None:
    times = [60 * at for at in range(6)]
    data = {
        "acme": events(PEOPLE, [600 + one for one in times], [0] * 6),
        "telco": events(PEOPLE, times, [0] * 6, labels={"campaign": ["Hero", "Feed"] * 3}),
    }
    parties = meeting.talk(data, policy=POLICY, templates=("attribution",))
    asked = {"model": "linear", "start": 0, "end": 6000, "max_conversions": 1}

    def told(job: str) -> dict[str, str]:
        parts = question.describe(jobs.load(parties["telco"], job))
        return {line.name: line.text for part in parts for line in part.lines}

    usual = told(meeting.ask(parties["acme"], "attribution", asked))
    assert usual["Window"] == "7 days" and "Ends of a window" in usual
    other = told(meeting.ask(parties["acme"], "attribution", {**asked, "window": "2d"}))
    assert other["Window"] == "2 days"
