from __future__ import annotations

from typing import Any

import pytest

from cleanroom.audit.bundle import Bundle
from cleanroom.audit.failures import BadEntry
from cleanroom.audit.page import markdown
from cleanroom.audit.verify import Report, verify_bundle
from cleanroom.documents.agreement import Agreement
from cleanroom.errors import AuditFailure
from cleanroom.privacy.accounting import Ledger
from tests.cleanroom.audit.scene import RoomLog

EVERYBODY = ("telco", "acme", "eve")


def ready(**more: Any) -> RoomLog:
    log = RoomLog(**more)
    log.open()
    log.upload()
    log.align()
    return log


def verify(log: RoomLog, first: Agreement) -> Report:
    leaves = log.leaves
    return verify_bundle(Bundle(log.room, first, log.note(leaves), (), lambda: leaves))


def amended(log: RoomLog, **changes: Any) -> Agreement:
    """Return the next version; ``policy`` adds to that of before."""
    before = log.agreement
    amends = {"room": log.room, "number": before.number + 1, "previous": before.digest()}
    policy = before.policy.to_json() | changes.pop("policy", {})
    whole = before.to_json() | {"amends": amends, "policy": policy} | changes
    return Agreement.from_json(whole)


def propose(log: RoomLog, agreement: Agreement, party: str = "telco") -> None:
    log.say(party, "amendment.propose", {"agreement": agreement.to_json()})


def sign(log: RoomLog, agreement: Agreement, *parties: str) -> None:
    for party in parties:
        log.say(party, "amendment.sign", {"agreement": agreement.digest()})


def amend(log: RoomLog, **changes: Any) -> Agreement:
    """Put the next version in force, as an honest mediator does."""
    agreement = amended(log, **changes)
    propose(log, agreement)
    sign(log, agreement, "acme", "eve")
    take(log, agreement)
    return agreement


def take(log: RoomLog, agreement: Agreement) -> None:
    """Let the mediator go by another agreement from now on."""
    log.agreement, policy = agreement, agreement.policy
    spent = log.ledger.spent_units
    log.ledger = Ledger(Ledger.of(policy.rho_budget).budget_units, spent)


def test_questions_are_held_against_the_agreement_in_force_when_they_were_asked() -> None:
    log = ready(rho_budget=0.02)
    first = log.agreement
    early = log.document("early")
    log.run(early)
    second = amend(log, policy={"k_min": 12, "rho_budget": 0.03, "rho_per_release": 0.01})
    late = log.document("late", measures=(), agreement=second.digest())
    log.run(late)
    report = verify(log, first)
    told = {step.title: step.found for step in report.steps}
    assert told["The agreement was amended by all its members together"].startswith(
        "amendments in force so far: 1;"
    )
    leaves = log.leaves
    bundle = Bundle(log.room, first, log.note(leaves), (), lambda: leaves)
    page = markdown(bundle, report)
    assert "## Amendments" in page and "policy.k_min: - 10  + 12" in page
    assert "| smallest group | 12 |" in page, "what is in force now"
    assert "## 协议修订" in markdown(bundle, report, "zh")
    with pytest.raises(AuditFailure, match="first agreement"):
        verify(log, second)


def older_named(log: RoomLog) -> None:
    before = log.chains["acme"]
    job = log.document("q")
    facts = log.submit(job)
    log.entries.pop()
    log.chains["acme"] = before
    amend(log, policy={"k_min": 12})
    log.say("acme", "job.submit", {"job": job.to_json()}, **facts)


def older_rules(log: RoomLog) -> None:
    second = amend(log, policy={"k_min": 12})
    log.submit(log.document("q", agreement=second.digest()), k=10)


def not_signed_by_all(log: RoomLog) -> None:
    second = amended(log, policy={"k_min": 12})
    propose(log, second)
    sign(log, second, "acme")
    log.agreement = second
    log.submit(log.document("q", agreement=second.digest()))


def signed_twice(log: RoomLog) -> None:
    second = amended(log, policy={"k_min": 12})
    propose(log, second)
    sign(log, second, "telco")


def two_at_once(log: RoomLog) -> None:
    propose(log, amended(log, policy={"k_min": 12}))
    propose(log, amended(log, policy={"k_min": 13}), "acme")


def after_declining(log: RoomLog) -> None:
    second = amended(log, policy={"k_min": 12})
    propose(log, second)
    log.say("acme", "amendment.decline", {"agreement": second.digest(), "reason": ""})
    sign(log, second, "acme")


def the_declined_again(log: RoomLog) -> None:
    second = amended(log, policy={"k_min": 12})
    propose(log, second)
    log.say("acme", "amendment.decline", {"agreement": second.digest(), "reason": ""})
    propose(log, second)


def the_older_again(log: RoomLog) -> None:
    first = log.agreement
    amend(log, policy={"k_min": 12})
    propose(log, first)


def another_room(log: RoomLog) -> None:
    second = amended(log, policy={"k_min": 12})
    other = second.model_copy(
        update={"amends": second.amends and second.amends.model_copy(update={"room": "9" * 32})}
    )
    propose(log, other)


def other_members(log: RoomLog) -> None:
    members = [card.to_json() for card in log.agreement.members]
    members[1]["sealing_key"] = "cd" * 32
    propose(log, amended(log, members=members))


def a_question_left_waiting(log: RoomLog) -> None:
    job = log.document("q")
    log.submit(job)
    amend(log, policy={"k_min": 12})


def a_budget_that_forgets(log: RoomLog) -> None:
    early = log.document("early")
    log.run(early)
    second = amend(log, policy={"k_min": 12})
    log.ledger = Ledger.of(log.rho_budget)
    log.submit(log.document("late", measures=(), agreement=second.digest()))


LIES = {
    older_named: "names an agreement other than",
    older_rules: "the mediator notes",
    not_signed_by_all: "names an agreement other than",
    signed_twice: "telco signs twice",
    two_at_once: "two amendments are waiting",
    after_declining: "is not waiting",
    the_declined_again: "was proposed before",
    the_older_again: "names the agreement that it follows",
    another_room: "follows an agreement other than",
    other_members: "cannot change the members that stay",
    a_question_left_waiting: "while a question waits",
    a_budget_that_forgets: "left_before",
}


@pytest.mark.parametrize(
    ("lie", "reason"), LIES.items(), ids=lambda one: getattr(one, "__name__", "")
)
def test_a_mediator_that_lies_about_an_amendment_is_found(lie: Any, reason: str) -> None:
    log = ready()
    first = log.agreement
    lie(log)
    with pytest.raises(BadEntry, match=reason):
        verify(log, first)
