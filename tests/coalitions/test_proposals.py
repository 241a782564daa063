"""What an agent checks by itself of an alignment, with a mediator that invents or changes one."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from itertools import islice

import pytest

from cleanroom.agent import alignments, approval, approved, jobs
from cleanroom.agent.rooms import Room
from cleanroom.documents.agreement import Card
from cleanroom.documents.statement import NOTHING_BEFORE, Statement, sign_statement
from cleanroom.errors import PeerFault, PolicyRefusal
from cleanroom.room.alignments import check_alignment
from protocols.alignment import Context
from protocols.limits import padded_size
from protocols.signing import SigningKey
from tests.cleanroom.queries.harness import audience
from tests.cleanroom.queries.room import Signed, proposed, sign_room

PEOPLE = [f"person{number}" for number in range(40)]


def room(**fields: object) -> Signed:
    return sign_room(
        "overlap", {"brand": audience(PEOPLE), "platform": audience(PEOPLE)}, (), fields, {}
    )


def show(signed: Signed, document, statement) -> str:
    """Let the mediator show an alignment and a statement."""
    identity = document.identity()
    signed.desk.alignments[identity] = document.to_json()
    signed.desk.proposals[identity] = statement
    return identity


def test_an_agent_takes_part_in_no_alignment_that_nobody_proposed():
    """A mediator with the peer could otherwise run any number, each with a dictionary."""
    signed = room()
    owner, peer = signed.rooms["platform"], signed.rooms["brand"]
    true = alignments.find(owner, signed.alignment).document
    said = proposed(peer, true)
    invented = true.model_copy(update={"nonce": "1" * 32})
    other = proposed(peer, invented)
    changed = said.statement.model_copy(update={"body": {"alignment": invented.to_json()}})
    job = said.statement.model_copy(update={"kind": "job.submit"})
    elsewhere = said.statement.model_copy(update={"room": "1" * 32})
    mediator = SigningKey(bytes(32))
    lies = {
        "of another alignment": said.to_json(),
        "changed": said.model_copy(update={"statement": changed}).to_json(),
        "signed by the mediator": sign_statement(other.statement, mediator).to_json(),
        "of another kind": sign_statement(
            job.model_copy(update={"body": changed.body}), peer.home.signing
        ).to_json(),
        "of another room": sign_statement(
            elsewhere.model_copy(update={"body": changed.body}), peer.home.signing
        ).to_json(),
        "under the peer's name, by this party": sign_statement(
            other.statement, owner.home.signing
        ).to_json(),
        "none": None,
        "no statement": {"statement": 1},
    }
    for name, lie in lies.items():
        identity = show(signed, invented, lie)
        with pytest.raises(PeerFault):
            alignments.find(owner, identity)
            pytest.fail(name)
    show(signed, invented, other.to_json())
    assert alignments.find(owner, invented.identity()).document == invented


def test_without_the_proposers_statement_it_takes_part(monkeypatch: pytest.MonkeyPatch):
    """The defence is the only thing between an agent and an invention of the mediator's."""
    signed = room()
    owner = signed.rooms["platform"]
    true = alignments.find(owner, signed.alignment).document
    identity = show(signed, true.model_copy(update={"nonce": "1" * 32}), None)
    monkeypatch.setattr(Room, "check_said", lambda *_: None)
    assert alignments.check(alignments.find(owner, identity))


def test_what_a_question_rests_on_was_proposed():
    """The job's own statement names an alignment; whose that is, only its proposer says."""
    signed = room()
    asking = signed.rooms["brand"]
    fields = {"name": "q", "template": "overlap", "alignment": signed.alignment, "rho": None}
    job = jobs.write_job(asking, {**fields, "receiver": "brand", **signed.datasets}, {})
    assert job.alignment.identity == signed.alignment
    signed.desk.proposals[signed.alignment] = None
    with pytest.raises(PeerFault):
        jobs.plan(signed.rooms["platform"], job.document).alignment  # noqa: B018


def test_a_member_without_a_part_in_it_proposes_no_alignment():
    """An auditor that works with the mediator signs statements too."""
    key = SigningKey(b"auditor".ljust(32))
    public = key.verifying_key.raw.hex()
    auditor = Card(name="watch", role="auditor", signing_key=public, sealing_key=public)
    signed = room()
    agreement = signed.rooms["platform"].agreement
    agreement = agreement.model_copy(update={"members": (*agreement.members, auditor)})
    owner = replace(signed.rooms["platform"], agreement=agreement)
    document = alignments.find(signed.rooms["platform"], signed.alignment).document
    document = document.model_copy(update={"room": owner.identity})
    statement = Statement(
        room=owner.identity,
        party="watch",
        kind="alignment.propose",
        sequence=0,
        previous=NOTHING_BEFORE,
        body={"alignment": document.to_json()},
    )
    identity = show(signed, document, sign_statement(statement, key).to_json())
    with pytest.raises(PeerFault, match="somebody, else"):
        alignments.find(owner, identity)
    others = document.model_copy(update={"platform": "watch"})
    identity = show(signed, others, sign_statement(statement, key).to_json())
    with pytest.raises(PeerFault, match="between other members"):
        alignments.find(owner, identity)


def test_a_dataset_is_aligned_with_the_peer_that_it_was_made_for():
    """The own manifest names its peer: what the document says of the datasets is held against it.

    In a room of two platforms the brand's file for one must not be tried by the other.
    """
    signed = room()
    owner = signed.rooms["brand"]
    other = Card(name="weibo", role="platform", signing_key="ab" * 32, sealing_key="cd" * 32)
    agreement = owner.agreement
    agreement = agreement.model_copy(update={"members": (*agreement.members, other)})
    folder = owner.home.room(owner.identity)
    folder.rename(owner.home.room(agreement.identity()))
    wide = replace(owner, agreement=agreement)
    document = alignments.find(owner, signed.alignment).document
    document = document.model_copy(update={"room": wide.identity})
    assert alignments.check(alignments.LocalAlignment(wide, document))
    theirs = alignments.peer_manifest(owner, document.platform_datasets[0])
    terms = next(one for one in agreement.datasets if one.party == "platform")
    agreed = (*agreement.datasets, terms.model_copy(update={"party": "weibo"}))
    wider = replace(wide, agreement=agreement.model_copy(update={"datasets": agreed}))
    owner.home.room(wide.identity).rename(owner.home.room(wider.identity))
    weibos = theirs.model_copy(update={"party": "weibo"})
    signed.desk.manifests[weibos.identity()] = weibos.to_json()
    changes = {
        "room": wider.identity,
        "platform": "weibo",
        "platform_datasets": (weibos.identity(),),
    }
    wrong = alignments.LocalAlignment(wider, document.model_copy(update=changes))
    with pytest.raises(PolicyRefusal) as refused:
        alignments.check(wrong)
    assert refused.value.rule == "other-peer"


def test_two_versions_of_one_dataset_share_no_alignment():
    """They would share an order, and the other side's rows would join them person for person."""
    signed = room()
    owner = signed.rooms["brand"]
    document = alignments.find(owner, signed.alignment).document
    first = alignments.peer_manifest(signed.rooms["platform"], document.brand_datasets[0])
    theirs = alignments.peer_manifest(owner, document.platform_datasets[0])
    check_alignment(owner.agreement, document, [first], [theirs])
    second = first.model_copy(update={"version": 2, "nonce": "2" * 32})
    both = (first.identity(), second.identity())
    document = document.model_copy(update={"brand_datasets": both})
    with pytest.raises(PolicyRefusal) as refused:
        check_alignment(owner.agreement, document, [first, second], [theirs])
    assert refused.value.rule == "dataset-versions"


STRANGERS = [f"stranger{number}" for number in range(1000)]


def named_by_a_dictionary(
    signed: Signed, people: int, attempts: int, monkeypatch: pytest.MonkeyPatch
) -> set[str]:
    """Let mediator and peer try a dictionary, attempt by attempt; return whom it names.

    What an attempt would tell them of the people that the peer brings, they are given.
    """
    owner, peer = signed.rooms["brand"], signed.rooms["platform"].own.name
    alignment = alignments.find(owner, signed.alignment)
    guesses, named = iter([*STRANGERS, *PEOPLE]), set()

    def exchange(_alignment: object, context: Context, *_: object) -> None:
        named.update(set(islice(guesses, context.peer_count)) & set(PEOPLE))
        raise PeerFault("The peer gave up this attempt.")

    monkeypatch.setattr(alignments, "_exchange", exchange)
    for attempt in range(1, attempts + 1):
        shown = {"attempt": attempt, "state": "RUNNING", "counts": {peer: people}}
        monkeypatch.setattr(owner.client, "alignment", lambda *_, now=shown: now)
        with suppress(PeerFault, PolicyRefusal):
            alignments.run(replace(alignment, attempt=attempt))
    return named


MOST = padded_size(len(PEOPLE))


@pytest.mark.parametrize("people", [MOST, MOST + 1, 10**6])
def test_mediator_and_peer_try_no_dictionary_in_one_alignment(
    people: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They have three attempts with as many people as the peer's datasets have: 192 entries."""
    assert named_by_a_dictionary(room(), people, 50, monkeypatch) == set()


def test_with_attempts_that_nobody_counts_they_name_everybody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(alignments, "_begin", lambda *_: None)
    assert named_by_a_dictionary(room(), MOST, 50, monkeypatch) == set(PEOPLE)


def test_with_people_that_nobody_bounds_they_name_everybody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(alignments, "check_join", lambda *_: None)
    assert named_by_a_dictionary(room(), 10**6, 1, monkeypatch) == set(PEOPLE)


def asked_with_refusals_made_up(monkeypatch: pytest.MonkeyPatch) -> int:
    """Let the mediator call every question refused; return how many the receiver approves.

    Each shows the two of them which rows of a side have what its conditions or times ask for.
    """
    noise = {"noise": "discrete-gaussian", "rho_per_release": 0.2, "rho_budget": 0.5}
    signed = sign_room(
        "overlap",
        {"brand": audience(PEOPLE), "platform": audience(PEOPLE)},
        (),
        None,
        {**noise, "jobs_max": 4},
    )
    owner, shown = signed.rooms["platform"], {}
    monkeypatch.setattr(owner.client, "job", shown.__getitem__)
    fields = {"template": "overlap", "alignment": signed.alignment, "rho": None}
    fields |= {"receiver": "platform", **signed.datasets}
    for number in range(10):
        document = jobs.write_job(owner, {"name": f"q{number}", **fields}, {}).document
        refused = {"state": "REFUSED", "problem": {"given_back": True}}
        shown[document.identity()] = {"job": document.to_json(), **refused}
        with suppress(PolicyRefusal):
            approval.approve(jobs.plan(owner, document))
            continue
        return number
    return 10


def test_refusals_that_a_mediator_makes_up_let_nobody_ask_more_than_was_agreed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert asked_with_refusals_made_up(monkeypatch) == 4


def test_with_a_count_that_refusals_lower_they_ask_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(approved, "check_jobs", lambda *_: None)
    assert asked_with_refusals_made_up(monkeypatch) == 10
