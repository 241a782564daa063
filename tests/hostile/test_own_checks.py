"""What an agent checks by itself of what a mediator shows it, with a mediator that lies."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import replace
from secrets import token_bytes

import httpx
import pytest

from cleanroom.agent import (
    alignments,
    approval,
    approved,
    decryption,
    earlier,
    jobs,
    loop,
    results,
    vouch,
)
from cleanroom.agent.http import transport
from cleanroom.agent.loop import Agent
from cleanroom.agent.rooms import Room
from cleanroom.documents.agreement import MeasureTerms
from cleanroom.documents.alignment import AlignmentDocument
from cleanroom.documents.job import JobDocument
from cleanroom.documents.statement import SignedStatement
from cleanroom.errors import BudgetExhausted, NotFound, PeerFault, PolicyRefusal
from cleanroom.files import write_file
from protocols.errors import InvalidMessageError
from protocols.limits import SLOT_BITS, SLOT_OFFSET, padded_size
from tests.cleanroom.queries import harness
from tests.cleanroom.queries.harness import Measure, audience, events
from tests.cleanroom.queries.room import Signed, said_first, sign_room


def before_it_was_opened(answer):
    """Take an answer back to where it waits for its receiver."""
    for name in ("result", earlier.OPENED):
        (answer.receiver.folder / name).unlink()
    return answer


PEOPLE = [f"person{number}" for number in range(40)]
NOISY = {"noise": "discrete-gaussian", "rho_per_release": 0.2, "rho_budget": 0.5}


def room(**policy: object) -> Signed:
    brand = audience(PEOPLE, measures={"spend": Measure([100] * len(PEOPLE), 9, decimals=2)})
    platform = audience(PEOPLE, {"age": ["young", "old"] * 20})
    return sign_room("overlap", {"brand": brand, "platform": platform}, (), None, policy)


def question(signed: Signed, name: str = "question", receiver: str = "platform") -> JobDocument:
    fields = {
        "name": name,
        "template": "overlap",
        "alignment": signed.alignment,
        "receiver": receiver,
        "rho": None,
        **signed.datasets,
    }
    return jobs.write_job(signed.rooms[receiver], fields, {"measures": ["spend"]}).document


def submitted(asking: Room, document: JobDocument) -> SignedStatement:
    """Sign a question as its submitter does."""
    return said_first(asking, "job.submit", {"job": document.to_json()})


def show(room: Room, document: JobDocument, signed: SignedStatement) -> None:
    """Let the mediator show a party a job and a statement."""
    shown = {"job": document.to_json(), "statement": signed.to_json(), "messages": []}
    room.client.job = lambda _identity: shown


def test_an_agent_answers_no_question_that_nobody_asked():
    signed = room()
    owner, asking = signed.rooms["brand"], signed.rooms["platform"]
    document = question(signed)
    invented = document.model_copy(update={"name": "invented"})
    true = submitted(asking, document)
    show(owner, document, true)
    assert jobs.load(owner, document.identity()).document == document
    lies = [
        true,
        submitted(owner, invented),
        true.model_copy(update={"statement": submitted(asking, invented).statement}),
        submitted(asking, invented.model_copy(update={"rho": 0.1})),
    ]
    for lie in lies:
        show(owner, invented, lie)
        with pytest.raises((PeerFault, InvalidMessageError)):
            jobs.load(owner, invented.identity())


def test_an_agent_gives_no_noise_beyond_the_budget_that_it_signed(monkeypatch):
    """One answer under many names would let its noise be averaged away."""
    signed = room(**NOISY)
    owner = signed.rooms["brand"]
    documents = [question(signed, name) for name in ("first", "second")]
    for document in documents:
        job = jobs.plan(owner, document)
        approval.approve(job)
        approval.approve(job)
    third = jobs.plan(owner, question(signed, "third"))
    monkeypatch.setattr(owner.client, "job", lambda _name: {"state": "REFUSED"})
    with pytest.raises(PeerFault, match="no question"):
        approval.approve(third)
    asked = {item.identity(): item.to_json() for item in documents}
    shown = {name: {"job": item, "state": "RUNNING"} for name, item in asked.items()}
    monkeypatch.setattr(owner.client, "job", shown.__getitem__)
    with pytest.raises(BudgetExhausted):
        approval.approve(third)
    with pytest.raises(PolicyRefusal):
        approved.check(third)
    approved.check(job)


@pytest.mark.parametrize("what", ["rows", "decrypt", "combine", "activate", "open"])
def test_an_agent_goes_on_only_with_what_it_approved(what, monkeypatch):
    """Where people approve by hand, the mediator cannot go round them."""
    monkeypatch.setattr(vouch, "look", lambda _room: None)
    signed = room()
    owner = signed.rooms["brand"]
    document = question(signed)
    show(owner, document, submitted(signed.rooms["platform"], document))
    agent = Agent(owner.home, owner.client)
    with pytest.raises(PolicyRefusal, match="has not approved"):
        agent._job(owner, {"what": what, "id": document.identity()})


def test_a_made_up_manifest_does_not_lower_the_noise():
    """A mediator that declares smaller measures would have less noise put on the real ones."""
    signed = room(**NOISY)
    document = question(signed)
    identity = document.brand
    manifest = signed.desk.manifests[identity]
    small = MeasureTerms(name="spend", minimum=0, maximum=1, decimals=2).to_json()
    forged = jobs.peer_manifest(signed.rooms["platform"], identity).model_copy(
        update={"measures": (MeasureTerms.from_json(small),)}
    )
    signed.desk.manifests[forged.identity()] = {**manifest, "measures": [small]}
    lie = document.model_copy(update={"brand": forged.identity()})
    with pytest.raises(NotFound):
        jobs.plan(signed.rooms["brand"], lie)
    with pytest.raises(PolicyRefusal) as refused:
        jobs.plan(signed.rooms["platform"], lie)
    assert refused.value.rule == "measure-not-allowed"


@pytest.mark.parametrize("what", ["job", "people", "measures"])
def test_a_release_is_confirmed_only_for_the_bytes_that_arrived(what):
    answer = harness.ask(
        "overlap",
        {"measures": ["spend"]},
        audience(PEOPLE, measures={"spend": Measure([100] * len(PEOPLE), 9, decimals=2)}),
        audience(PEOPLE),
    )
    said = len(before_it_was_opened(answer).desk.said)
    if what == "job":
        answer.desk.release = {**answer.desk.release, "job": "0" * 32}
    else:
        key = answer.receiver.room.paillier().public
        count = len(answer.desk.results[what]) // key.ciphertext_bytes
        forged = key.encrypt_many([10**6] * count, token_bytes)
        answer.desk.results[what] = b"".join(map(key.ciphertext_to_bytes, forged))
    with pytest.raises(PeerFault):
        results.receive(answer.receiver)
    assert len(answer.desk.said) == said


def _asked_for_spend():
    return before_it_was_opened(
        harness.ask(
            "overlap",
            {"measures": ["spend"]},
            audience(PEOPLE, measures={"spend": Measure([100] * len(PEOPLE), 9, decimals=2)}),
            audience(PEOPLE),
        )
    )


def _release(answer, slot: int) -> None:
    """Let the mediator release what it likes: here a slot of its choice, or an honest sum."""
    key = answer.receiver.room.paillier().public
    count = len(answer.desk.results["measures"]) // key.ciphertext_bytes
    chosen = key.encrypt_many([slot << SLOT_BITS] * count, token_bytes)
    sent = b"".join(map(key.ciphertext_to_bytes, chosen))
    answer.desk.results["measures"] = sent
    digest = hashlib.sha256(sent).hexdigest()
    answer.desk.release = {**answer.desk.release, "measures": digest}


@pytest.mark.parametrize("slot", [SLOT_OFFSET + 100, 0, (1 << 64) - 1], ids=["fits", "low", "high"])
def test_what_a_slot_holds_shows_in_nothing_that_is_told(slot):
    """A row and a constant of the mediator's own: a refusal would compare the row's value."""
    answer = _asked_for_spend()
    _release(answer, slot)
    before = len(answer.desk.said)
    found = results.receive(answer.receiver)
    assert (found is not None) == (slot == SLOT_OFFSET + 100)
    told = answer.desk.said[before:]
    assert [kind for _, kind, _ in told] == ["job.receipt"]
    assert set(told[0][2]) == {"job", "release"}
    if found is None:
        with pytest.raises(PeerFault, match="cannot be read"):
            earlier.check_readable(answer.receiver.room, answer.receiver.identity)
    loop.refuse(answer.receiver.room, answer.receiver.identity, PeerFault("it did not fit"))
    assert len(answer.desk.said) == before + 1


def test_one_release_is_opened_and_no_other(monkeypatch):
    """Asked again and again with other constants, an agent would answer a search for the value."""
    answer = _asked_for_spend()
    honest = answer.desk.release, dict(answer.desk.results)
    _release(answer, 0)
    # Killed after it began to open, before it kept anything.
    monkeypatch.setattr(results, "open_release", lambda *_: os._exit(1))
    if (child := os.fork()) == 0:
        results.receive(answer.receiver)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
    monkeypatch.undo()
    refused = answer.desk.release, dict(answer.desk.results)
    said = len(answer.desk.said)
    answer.desk.release, answer.desk.results = honest
    with pytest.raises(PeerFault, match="a release other than"):
        results.receive(answer.receiver)
    assert len(answer.desk.said) == said
    answer.desk.release, answer.desk.results = refused
    assert results.receive(answer.receiver) is None
    assert len(answer.desk.said) == said + 1
    assert results.receive(answer.receiver) is None
    assert len(answer.desk.said) == said + 1, "a second receipt"


def test_the_base_is_drawn_once_and_the_own_one_is_exact():
    """Shown again, noise that is drawn again would go away on the average."""
    grants = [{"party": "platform", "kind": "base-counts"}]
    answer = harness.ask(
        "profile",
        {"group_by": ["platform.age"]},
        audience(PEOPLE),
        audience(PEOPLE, {"age": ["young", "old"] * 20}),
        grants=grants,
        **NOISY,
    )
    path = f"{answer.platform.path}/messages/base"
    before = answer.desk.whole(path, "platform")
    first = json.loads(answer.brand.open("base", before))
    approval.approve(answer.platform)
    assert answer.desk.whole(path, "platform") == before
    assert answer.opened.base["platform.age"] == {tuple(key): n for key, n in first[0]}
    own = harness.ask(
        "profile",
        {"group_by": ["platform.age"]},
        audience(PEOPLE),
        audience(PEOPLE, {"age": ["young", "old"] * 20}),
        receiver="platform",
        **NOISY,
    )
    assert own.opened.base["platform.age"] == {("young",): 20.0, ("old",): 20.0}


def test_what_was_decrypted_for_the_receiver_is_kept():
    signed = room(**NOISY)
    job = jobs.plan(signed.rooms["brand"], question(signed))
    approval.approve(job)
    width = job.room.paillier().public.ciphertext_bytes
    assert width
    shares = decryption._kept_shares(job)
    assert decryption._kept_shares(job) == shares


@pytest.mark.parametrize("made", ["uploaded", "for the job"])
def test_the_mediator_cannot_swap_the_names_of_two_groups(made):
    ages = {"age": ["young", "old"] * 20}
    if made == "uploaded":
        parameters = {"group_by": ["platform.age"]}
        answer = harness.ask("overlap", parameters, audience(PEOPLE), audience(PEOPLE, ages))
    else:
        times = list(range(len(PEOPLE)))
        shown = events(PEOPLE, times, labels={"campaign": ages["age"]})
        parameters = {"max_frequency": 1, "max_impressions": 0}
        answer = harness.ask("reach_frequency", parameters, audience(PEOPLE), shown)
    before_it_was_opened(answer)
    first, second, *rest = answer.desk.release["labels"]
    swapped = [{**first, "sealed": second["sealed"]}, {**second, "sealed": first["sealed"]}, *rest]
    answer.desk.release = {**answer.desk.release, "labels": swapped}
    # Nobody else may see from a refusal which groups passed: the receiver alone is told.
    assert results.receive(answer.receiver) is None
    assert "InvalidMessageError" in answer.receiver.kept_json(results.UNREADABLE)["detail"]


def test_what_a_home_holds_in_clear_tells_no_label():
    """Everything that the mediator does not know lies in the vault."""
    canary = "canary-label"
    signed = sign_room(
        "overlap",
        {"brand": audience(PEOPLE), "platform": audience(PEOPLE, {"age": [canary, "old"] * 20})},
        (),
        None,
        {},
    )
    folder = signed.rooms["platform"].folder
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert len(files) > 3
    assert not [file for file in files if canary.encode() in file.read_bytes()]


def test_an_agent_counts_alignments_itself():
    signed = room(alignments_max=1)
    owner = signed.rooms["brand"]
    document = AlignmentDocument.from_json(owner.client.alignment(signed.alignment)["document"])
    first = alignments.LocalAlignment(owner, document)
    assert alignments.check(first)
    again = document.model_copy(update={"nonce": "1" * 32})
    with pytest.raises(PolicyRefusal) as refused:
        alignments.check(alignments.LocalAlignment(owner, again))
    assert refused.value.rule == "alignments-max"


def test_a_peer_brings_no_more_people_than_its_datasets_have():
    """Every further one could be an entry of a dictionary that it tries."""
    signed = room()
    owner, peer = signed.rooms["brand"], signed.rooms["platform"].own.name
    document = AlignmentDocument.from_json(owner.client.alignment(signed.alignment)["document"])
    alignment = alignments.LocalAlignment(owner, document)
    honest = padded_size(len(PEOPLE))
    shown = {"attempt": 1, "state": "RUNNING", "counts": {peer: honest}}
    owner.client.alignment = lambda *_: shown
    assert alignments._wait_for_peer(alignment, 1, honest).peer_count == honest
    shown["counts"][peer] = honest + 1
    with pytest.raises(PolicyRefusal) as refused:
        alignments._wait_for_peer(alignment, 1, honest)
    assert refused.value.rule == "rows-max"


BASES = {
    "not a number": '[[[["young"],NaN]]]',
    "beyond all people": '[[[["young"],1e400]]]',
    "no text": "[[[[[1]],1]]]",
    "too few": "[]",
    "no document": "young",
}


@pytest.mark.parametrize("base", BASES.values(), ids=BASES)
def test_a_base_that_is_no_table_is_the_peers_fault(base):
    answer = harness.ask(
        "profile",
        {"group_by": ["platform.age"]},
        audience(PEOPLE),
        audience(PEOPLE, {"age": ["young", "old"] * 20}),
    )
    before_it_was_opened(answer)
    path = f"{answer.platform.path}/messages/base/0"
    answer.desk.blobs[path, "platform"] = answer.platform.seal("base", base.encode())
    with pytest.raises(PeerFault):
        results.receive(answer.receiver)


def test_a_date_in_retry_after_and_a_wait_without_end_are_bounded():
    def wait(text: str) -> float:
        return transport._asked_to_wait(httpx.Response(503, headers={"retry-after": text}))

    texts = ["Wed, 21 Oct 2026 07:28:00 GMT", "inf", "nan", "-1", "2", "9" * 400]
    assert [wait(text) for text in texts] == [0, 0, 0, 0, 2, transport.LONGEST_WAIT]


def test_a_file_is_not_written_through_a_link_of_somebody_else(tmp_path, monkeypatch):
    monkeypatch.setattr("cleanroom.files.os.urandom", bytes)
    (tmp_path / "theirs").write_bytes(b"before")
    (tmp_path / f".{bytes(12).hex()}.part").symlink_to(tmp_path / "theirs")
    with pytest.raises(FileExistsError):
        write_file(tmp_path / "segment.txt", b"people")
    assert (tmp_path / "theirs").read_bytes() == b"before"


def test_an_agent_counts_questions_itself():
    signed = room(jobs_max=1)
    owner = signed.rooms["brand"]
    first = jobs.plan(owner, question(signed, "first"))
    approval.approve(first)
    approval.approve(first)
    with pytest.raises(PolicyRefusal) as refused:
        approval.approve(jobs.plan(owner, question(signed, "second")))
    assert refused.value.rule == "jobs-max"


def test_a_question_of_a_live_room_spends_what_can_be_heard():
    """Questions that cost nothing to speak of would be asked without end."""
    live = {"rehearsal": False}
    policy = {**NOISY, "k_min": 10, "paillier_bits": 2048}
    sides = audience(PEOPLE), audience(PEOPLE)
    assert harness.plan("overlap", {}, *sides, rho=1e-4, agreement=live, **policy)
    with pytest.raises(PolicyRefusal) as refused:
        harness.plan("overlap", {}, *sides, rho=0.99e-4, agreement=live, **policy)
    assert refused.value.rule == "rho-floor"


def test_rows_are_made_under_the_alignment_of_the_two_datasets_alone():
    """Else a brand that works with the mediator has them met by another brand's people."""
    shown = events(PEOPLE, [0] * 40, [0] * 40, {"campaign": ["A", "B"] * 20})
    sides = {"brand": audience(PEOPLE), "platform": shown}
    signed = sign_room("reach_frequency", sides, (), None, {})
    own = harness.plan_jobs(signed, "reach_frequency", {}, "brand", None)["platform"]
    assert own.alignment.identity == own.document.alignment
    another = own.question.brand.model_copy(update={"nonce": "0" * 32})
    with pytest.raises(PeerFault, match="an alignment of different datasets"):
        replace(own, question=replace(own.question, brand=another)).alignment  # noqa: B018
