"""A mediator that forgets what a party ended, or lets it try without end, gains nothing by it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cleanroom.agent import alignments, approval, earlier, job_rows, jobs, loop, vouch
from cleanroom.agent.loop import Agent
from cleanroom.agent.rooms import Room
from cleanroom.documents.alignment import AlignmentDocument
from cleanroom.documents.job import JobDocument
from cleanroom.documents.statement import Kind
from cleanroom.errors import BudgetExhausted, Conflict, PeerFault, PolicyRefusal, Unreachable
from cleanroom.room.states import ATTEMPTS
from protocols.limits import padded_size
from tests.hostile.test_own_checks import NOISY, PEOPLE, question, room, show, submitted


def said(owner: Room, document: JobDocument, kind: Kind) -> None:
    bodies: dict[Kind, dict[str, Any]] = {
        "dataset.withdraw": {"dataset": document.brand},
        "dataset.erase": {"datasets": ["0" * 32, document.brand]},
        "room.close": {"reason": "over"},
        "job.refuse": {"job": document.identity(), "rule": "refused-by-person", "reason": "no"},
        "job.cancel": {"job": document.identity()},
    }
    owner.chain.say("/v1/somewhere", kind, bodies[kind])


ENDINGS: tuple[Kind, ...] = (
    *("dataset.withdraw", "dataset.erase", "room.close", "job.refuse", "job.cancel"),
)


@pytest.mark.parametrize("kind", ENDINGS)
@pytest.mark.parametrize("answer", [None, Unreachable("no answer"), Conflict("no", rule="state")])
def test_a_mediator_revives_nothing_that_a_party_ended(kind, answer, monkeypatch):
    signed = room()
    owner = signed.rooms["brand"]
    document = question(signed)
    job = jobs.plan(owner, document)
    approval.approve(job)

    def refuse(*_: object) -> None:
        raise answer

    with monkeypatch.context() as lying:
        if answer is None:
            said(owner, document, kind)
        else:
            lying.setattr(type(owner.client), "say", refuse)
            with pytest.raises(type(answer)):
                said(owner, document, kind)
    with pytest.raises(PolicyRefusal) as refused:
        approval.approve(job)
    assert refused.value.rule == "ended-here"
    monkeypatch.setattr(vouch, "look", lambda _room: None)
    show(owner, document, submitted(signed.rooms["platform"], document))
    agent = Agent(owner.home, owner.client)
    for what in ("rows", "decrypt", "combine", "activate"):
        with pytest.raises(PolicyRefusal) as refused:
            agent._job(owner, {"what": what, "id": document.identity()})
        assert (refused.value.rule, loop.reason_for(refused.value)) == ("ended-here", "not-allowed")


@pytest.mark.parametrize("kind", ENDINGS)
def test_nothing_goes_on_that_another_process_ended_while_it_was_made(kind, monkeypatch):
    """Messages take minutes, and a mediator that forgets the end would take the word after them."""
    signed = room(**NOISY)
    owner = signed.rooms["brand"]
    document = question(signed)
    send, spoken = jobs.LocalJob.send_message, []
    say = type(owner.chain).say

    def noted(chain: Any, path: str, kind: Kind, *rest: Any, **options: Any) -> Any:
        answer = say(chain, path, kind, *rest, **options)
        spoken.append(kind)
        return answer

    def ends(job: jobs.LocalJob, *arguments: Any, **options: Any) -> Any:
        upload = send(job, *arguments, **options)
        if not spoken:
            said(owner, document, kind)
        return upload

    monkeypatch.setattr(type(owner.chain), "say", noted)
    monkeypatch.setattr(jobs.LocalJob, "send_message", ends)
    with pytest.raises(PolicyRefusal) as refused:
        approval.approve(jobs.plan(owner, document))
    assert (refused.value.rule, spoken) == ("ended-here", [kind])


@pytest.mark.parametrize("kind", ["dataset.withdraw", "dataset.erase", "room.close"])
def test_nothing_that_a_party_ended_is_aligned_again(kind):
    signed = room()
    owner = signed.rooms["brand"]
    shown = owner.client.alignment(signed.alignment)["document"]
    alignment = alignments.LocalAlignment(owner, AlignmentDocument.from_json(shown))
    assert alignments.check(alignment)
    said(owner, question(signed), kind)
    with pytest.raises(PolicyRefusal) as refused:
        alignments.check(alignment)
    assert refused.value.rule == "ended-here"


def test_what_the_peer_may_end_ends_nothing_here():
    """The identifier of another's dataset, mistyped, must not stop this party's questions."""
    signed = room()
    owner, document = signed.rooms["brand"], question(signed)
    owner.chain.say("/v1/somewhere", "dataset.withdraw", {"dataset": document.platform})
    approval.approve(jobs.plan(owner, document))


@pytest.mark.parametrize("shown", [lambda _turn: 1, lambda turn: turn, lambda _turn: 0])
def test_one_alignment_is_attempted_no_more_often_than_it_may_be(shown, monkeypatch):
    """Every attempt is a dictionary that the peer may try, if the mediator forgets to count."""
    signed = room()
    owner, peer = signed.rooms["brand"], signed.rooms["platform"].own.name
    document = AlignmentDocument.from_json(owner.client.alignment(signed.alignment)["document"])
    alignment = alignments.LocalAlignment(owner, document)
    turns = range(1, ATTEMPTS + 4)
    made = []

    def broken_off(*_: object) -> None:
        made.append(owner.client.alignment("")["attempt"])
        raise PeerFault("The peer gave up this attempt.")

    monkeypatch.setattr(alignments, "_exchange", broken_off)
    for turn in turns:
        now = {
            "attempt": shown(turn),
            "state": "RUNNING",
            "counts": {peer: padded_size(len(PEOPLE))},
        }
        owner.client.alignment = lambda *_, now=now: now
        with pytest.raises((PeerFault, PolicyRefusal)):
            alignments.run(replace(alignment, attempt=shown(turn)))
    honest = set(range(1, ATTEMPTS + 1))
    assert made == sorted({shown(turn) for turn in turns} & honest)


@pytest.mark.parametrize("kept", [None, earlier.OPENED, job_rows.READY])
def test_what_was_opened_or_sent_is_paid_for_whatever_the_mediator_says_of_it(kept, monkeypatch):
    """Killed while it opens an answer, a receiver has seen it or will; that the question was
    refused, by a mediator that shows the answer first, gives nothing back."""
    signed = room(**NOISY)
    owner = signed.rooms["platform"]
    asked = [question(signed, name) for name in ("first", "second", "third")]
    for document in asked[:2]:
        approval.approve(jobs.plan(owner, document))
    shown = {
        one.identity(): {
            "job": one.to_json(),
            "state": "REFUSED",
            "problem": {"given_back": True},
        }
        for one in asked
    }
    monkeypatch.setattr(owner.client, "job", shown.__getitem__)
    if kept:
        for document in asked[:2]:
            jobs.plan(owner, document).keep_json(kept, "digest")
        with pytest.raises(BudgetExhausted):
            approval.approve(jobs.plan(owner, asked[2]))
    else:
        approval.approve(jobs.plan(owner, asked[2]))
