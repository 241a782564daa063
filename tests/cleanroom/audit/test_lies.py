"""A mediator that signs whatever it writes: each lie is named by the entry that tells it.

No party remembers a signed head here, only its own chain, so nothing but the entries speaks.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cleanroom.audit import verify_bundle
from cleanroom.audit.bundle import Bundle
from cleanroom.audit.failures import BadEntry
from cleanroom.audit.memory import Memory, sign_memory
from cleanroom.errors import AuditFailure
from cleanroom.privacy.accounting import Ledger
from protocols import checkpoint as notes
from tests.cleanroom.audit.scene import (
    EXPIRES,
    SPEND,
    START,
    RoomLog,
    digest,
    key,
    upload,
    whole_log,
)


def check(log: RoomLog, **options: object) -> None:
    leaves = log.leaves
    memories = tuple(
        sign_memory(log.memory(party).memory.model_copy(update={"checkpoint": None}), key(party))
        for party in ("acme", "telco")
    )
    bundle = Bundle(log.room, log.agreement, log.note(leaves), memories, lambda: leaves)
    verify_bundle(bundle, **options)


def ready(noise: str = "discrete-gaussian", **more: object) -> RoomLog:
    log = RoomLog(noise, **more)
    log.open()
    log.upload()
    log.align()
    return log


def started() -> tuple[RoomLog, object]:
    log = ready()
    job = log.document("question")
    log.submit(job)
    log.approve(job, "acme")
    log.approve(job, "telco")
    return log, job


def without_approval(log: RoomLog) -> None:
    job = log.document("question")
    log.submit(job)
    log.approve(job, "acme")
    log.release(job)


def approved_twice_by_one(log: RoomLog) -> None:
    job = log.document("question")
    log.submit(job)
    log.approve(job, "acme")
    log.approve(job, "acme")


def another_receipt(log: RoomLog) -> None:
    job = log.document("question")
    log.submit(job)
    log.approve(job, "acme")
    log.approve(job, "telco")
    log.release(job)
    log.say("acme", "job.receipt", {"job": job.identity(), "release": digest("other")})


def receipt_by_the_wrong_one(log: RoomLog) -> None:
    job = log.document("question")
    log.submit(job)
    log.approve(job, "acme")
    log.approve(job, "telco")
    release = log.release(job)
    log.say("telco", "job.receipt", {"job": job.identity(), "release": release})


def receipt_before_decryption(log: RoomLog) -> None:
    job = log.document("question", receiver="platform")
    log.submit(job)
    log.approve(job, "acme")
    log.approve(job, "telco")
    release = log.release(job)
    log.say("telco", "job.receipt", {"job": job.identity(), "release": release})


def released_twice(log: RoomLog) -> None:
    job = log.document("question")
    log.submit(job)
    log.approve(job, "acme")
    log.approve(job, "telco")
    log.release(job)
    log.release(job)


def read_by_the_peer(log: RoomLog) -> None:
    job = log.document("question")
    log.run(job)
    log.add("result.read", "telco", facts={"job": job.identity(), "part": "people"})


def read_before_release(log: RoomLog) -> None:
    job = log.document("question")
    log.submit(job)
    log.add("result.read", "acme", facts={"job": job.identity(), "part": "release"})


def asked_again_with_fresh_noise(log: RoomLog) -> None:
    log.run(log.document("question"))
    log.submit(log.document("renamed"))


def charged_too_little(log: RoomLog) -> None:
    log.submit(log.document("question"), left_after=0.9999)


def another_threshold(log: RoomLog) -> None:
    log.submit(log.document("question"), tau=11)


def a_lower_threshold_at_release(log: RoomLog) -> None:
    job = log.document("question")
    log.submit(job)
    log.approve(job, "acme")
    log.approve(job, "telco")
    log.release(job, k=1)


def more_groups_than_outputs(log: RoomLog) -> None:
    job = log.document("question")
    log.submit(job)
    log.approve(job, "acme")
    log.approve(job, "telco")
    log.release(job, released=4)


def a_job_by_the_mediator(log: RoomLog) -> None:
    job = log.document("question")
    log.add("job.submit", "acme", facts={"job": job.identity()})


def a_release_by_a_party(log: RoomLog) -> None:
    job = log.document("question")
    log.submit(job)
    log.add("job.release", "acme", facts={"job": job.identity()})


def an_auditor_who_asks(log: RoomLog) -> None:
    log.say("eve", "job.submit", {"job": log.document("question").to_json()})


def a_stranger(log: RoomLog) -> None:
    log.say("mallory", "room.close", {})


def a_stranger_reads(log: RoomLog) -> None:
    log.add("audit.read", "mallory")


def a_template_that_was_not_agreed(log: RoomLog) -> None:
    job = log.document("question", template="reach_frequency")
    log.say("acme", "job.submit", {"job": job.to_json()}, job=job.identity())


def a_withdrawn_dataset(log: RoomLog) -> None:
    log.say("acme", "dataset.withdraw", {"dataset": log.brand.identity()})
    log.submit(log.document("question"))


def a_withdrawal_under_a_running_job(log: RoomLog) -> None:
    log.submit(log.document("question"))
    log.say("acme", "dataset.withdraw", {"dataset": log.brand.identity()})


def the_peer_s_dataset_withdrawn(log: RoomLog) -> None:
    log.say("telco", "dataset.withdraw", {"dataset": log.brand.identity()})


def a_version_that_skips(log: RoomLog) -> None:
    manifest = log.brand.model_copy(update={"version": 3})
    body = {"manifest": manifest.to_json(), "dictionary": ""}
    log.say("acme", "dataset.create", body)


def more_rows_than_agreed(log: RoomLog) -> None:
    manifest = log.brand.model_copy(update={"version": 2, "rows": 20_000_001})
    log.say("acme", "dataset.create", {"manifest": manifest.to_json(), "dictionary": ""})


def a_closed_room(log: RoomLog) -> None:
    log.say("acme", "room.close", {})
    log.submit(log.document("question"))


def an_expired_room(log: RoomLog) -> None:
    log.time = (EXPIRES + 1) * 1000
    log.submit(log.document("question"))


def a_clock_that_runs_backwards(log: RoomLog) -> None:
    log.time -= 10_000
    log.add("audit.read", "eve")


def an_unknown_alignment(log: RoomLog) -> None:
    log.submit(log.document("question", alignment="f" * 32))


def too_many_alignments(log: RoomLog) -> None:
    for number in range(20):
        log.align(digest(str(number))[:32])


def proposed(log: RoomLog, **changes: object) -> None:
    document = log.proposal("4" * 32).model_copy(update=changes)
    log.say("acme", "alignment.propose", {"alignment": document.to_json()})


def an_alignment_that_names_a_dataset_twice(log: RoomLog) -> None:
    proposed(log, brand_datasets=(log.brand.identity(),) * 2)


def an_alignment_with_the_sides_swapped(log: RoomLog) -> None:
    brand, platform = log.brand.identity(), log.platform.identity()
    swapped = {"brand_datasets": (platform,), "platform_datasets": (brand,)}
    proposed(log, brand="telco", platform="acme", **swapped)


def joined(log: RoomLog, party: str, people: int) -> None:
    document = log.proposal("4" * 32)
    log.say("acme", "alignment.propose", {"alignment": document.to_json()})
    body = {"alignment": document.identity(), "attempt": 1, "count": people}
    log.say(party, "alignment.join", body)


def a_dictionary_of_the_platform(log: RoomLog) -> None:
    assert log.platform.people + 400 < log.agreement.policy.rows_max
    joined(log, "telco", log.platform.people + 400)


def a_dictionary_of_the_brand(log: RoomLog) -> None:
    """As many as the platform's dataset has, which is larger."""
    joined(log, "acme", log.platform.people)


def rows_of_the_other_side(log: RoomLog) -> None:
    document = log.proposal("4" * 32)
    log.say("acme", "alignment.propose", {"alignment": document.to_json()})
    named = {"alignment": document.identity(), "attempt": 1}
    for party, manifest in (("acme", log.brand), ("telco", log.platform)):
        log.say(party, "alignment.join", {**named, "count": manifest.people})
    tokens = {f"{log.brand.identity()}/{log.platform.identity()}": upload(1, 9000)}
    rows = {log.platform.identity(): upload(1, 9000)}
    body = {**named, "transcript": digest("t"), "tokens": tokens, "rows": rows}
    log.say("acme", "alignment.finish", body)


def vouched_for_another_log(log: RoomLog) -> None:
    root = bytes(32)
    head = notes.Checkpoint(f"{log.agreement.origin}/{log.room}", 5, root)
    log.say("acme", "audit.cosign", {"checkpoint": notes.sign(head, log.mediator)})


def vouched_for_the_future(log: RoomLog) -> None:
    head = notes.Checkpoint(f"{log.agreement.origin}/{log.room}", 500, bytes(32))
    log.say("acme", "audit.cosign", {"checkpoint": notes.sign(head, log.mediator)})


def a_cosignature_of_another(log: RoomLog) -> None:
    note = notes.cosign(log.note(), "acme", key("telco"), 5)
    log.say("acme", "audit.cosign", {"checkpoint": note})


def rows_nobody_asked_for(log: RoomLog) -> None:
    job = log.document("question")
    log.submit(job)
    log.approve(job, "acme")
    log.approve(job, "telco")
    body = {"job": job.identity(), "upload": upload(1, 5), "labels": 3}
    log.say("acme", "job.rows", body)


LIES: list[tuple[Callable[[RoomLog], None], str]] = [
    (without_approval, "a release without the approvals of all sides"),
    (approved_twice_by_one, "approves twice"),
    (another_receipt, "a release other than"),
    (receipt_by_the_wrong_one, "not the job's receiver"),
    (receipt_before_decryption, "before the values were decrypted"),
    (released_twice, "does not lead to"),
    (read_by_the_peer, "may not read"),
    (read_before_release, "before its release"),
    (asked_again_with_fresh_noise, "answered a second time"),
    (charged_too_little, "left_after 0.9999"),
    (another_threshold, "notes tau 11"),
    (a_lower_threshold_at_release, "notes k 1"),
    (more_groups_than_outputs, "more groups"),
    (a_job_by_the_mediator, "without a signature"),
    (a_release_by_a_party, "not the mediator's own"),
    (an_auditor_who_asks, "a member of role auditor does not sign job.submit"),
    (a_stranger, "mallory is not a member"),
    (a_stranger_reads, "mallory is not a member"),
    (a_template_that_was_not_agreed, "the agreement does not allow it"),
    (a_withdrawn_dataset, "WITHDRAWN"),
    (a_withdrawal_under_a_running_job, "while a job uses it"),
    (the_peer_s_dataset_withdrawn, "somebody else's"),
    (a_version_that_skips, "the next version is 2"),
    (more_rows_than_agreed, "does not allow it"),
    (a_closed_room, "the room is CLOSED"),
    (an_expired_room, "the room has expired"),
    (a_clock_that_runs_backwards, "backwards"),
    (an_unknown_alignment, "never proposed"),
    (too_many_alignments, "allows 20 alignments"),
    (an_alignment_that_names_a_dataset_twice, "a dataset twice"),
    (an_alignment_with_the_sides_swapped, "telco is not a brand"),
    (a_dictionary_of_the_platform, "have 9216 identifiers at most, not 9400"),
    (a_dictionary_of_the_brand, "have 5120 identifiers at most, not 9000"),
    (rows_of_the_other_side, "rows of somebody else's dataset"),
    (vouched_for_the_future, "entries that come later"),
    (a_cosignature_of_another, "vouches for no head"),
    (rows_nobody_asked_for, "no such rows"),
]


@pytest.mark.parametrize(("lie", "reason"), LIES, ids=lambda value: getattr(value, "__name__", ""))
def test_each_lie_is_named_by_its_entry(lie, reason):
    log = ready()
    lie(log)
    with pytest.raises(BadEntry, match=reason) as failure:
        check(log)
    assert failure.value.exit_code == 5
    # Whatever the mediator does after it, the lie is the first bad entry.
    assert failure.value.index == len(log.entries) - 1 or lie is too_many_alignments


@pytest.mark.parametrize(
    ("rows", "labels", "names", "reason"),
    [
        (5000, 1, 1, None),
        (4998, 1, 1, "sends 5000 rows"),
        (5000, 2, 2, "sends 1 labels"),
        (5000, 1, 2, "one name for every label"),
        (5000, 1, None, "sends names"),
    ],
)
def test_rows_in_a_number_that_the_documents_do_not_give_are_named(rows, labels, names, reason):
    """How many a file makes is an exact answer; a mediator that lets it through is found out."""
    log = ready(features=(SPEND,))
    job = log.document(
        "question", template="lookalike", receiver="platform", parameters={"features": ["spend"]}
    )
    log.submit(job)
    log.approve(job, "acme")
    log.approve(job, "telco")
    messages = {} if names is None else {"names": upload(1, names)}
    body = {"job": job.identity(), "upload": upload(1, rows), "labels": labels}
    log.say("acme", "job.rows", body | {"messages": messages})
    if reason is None:
        check(log)
        return
    with pytest.raises(BadEntry, match=reason) as failure:
        check(log)
    assert failure.value.index == len(log.entries) - 1


def test_more_questions_than_were_agreed_are_named():
    log = ready(jobs_max=1)
    log.run(log.document("question"))
    check(log)
    log.submit(log.document("another", receiver="platform"))
    with pytest.raises(BadEntry, match="allows 1 questions"):
        check(log)


def test_a_head_of_another_log_is_found_where_it_is_vouched_for():
    log = ready()
    vouched_for_another_log(log)
    with pytest.raises(AuditFailure, match="acme vouched in entry 12 for a different log of 5"):
        check(log)


def test_the_budget_is_never_exceeded():
    log = ready(rho_budget=0.006)
    log.run(log.document("first"))
    log.ledger = type(log.ledger).of(1.0)
    log.submit(log.document("second", receiver="platform"))
    with pytest.raises(BadEntry, match="the budget does not cover it"):
        check(log)


def test_a_statement_that_the_mediator_hides_is_missed_by_its_party():
    log = whole_log()
    hidden = max(n for n, entry in enumerate(log.entries) if entry.actor == "telco")
    del log.entries[hidden:]
    with pytest.raises(AuditFailure, match="Statements are missing: (acme|telco) remembers"):
        check(log)


def test_an_accepted_statement_that_is_called_refused_is_missed_by_its_party():
    log = ready()
    last = log.entries[-1]
    log.entries[-1] = last.model_copy(update={"outcome": "refused", "rule": "sequence"})
    with pytest.raises(AuditFailure, match="Statements are missing: telco"):
        check(log)


def test_a_log_cut_behind_what_a_party_saw_is_found():
    log = whole_log()
    leaves = log.leaves[:30]
    bundle = Bundle(log.room, log.agreement, log.note(leaves), (), lambda: leaves)
    with pytest.raises(AuditFailure, match="The log was cut: acme saw 49"):
        verify_bundle(bundle.with_memories([log.memory("acme")]))


def test_a_rehashed_log_is_found_by_a_head_that_a_party_holds():
    log = whole_log()
    kept = log.memory("acme")
    place = next(n for n, e in enumerate(log.entries) if e.kind == "audit.read")
    log.entries[place] = log.entries[place].model_copy(update={"time": log.entries[place].time + 1})
    leaves = log.leaves
    bundle = Bundle(log.room, log.agreement, log.note(leaves), (kept,), lambda: leaves)
    with pytest.raises(AuditFailure, match="one of entries 2[0-9] to .* was changed, or two logs"):
        verify_bundle(bundle)


def test_the_room_is_the_one_that_was_asked_for():
    log = whole_log("none")
    with pytest.raises(AuditFailure, match="not of"):
        verify_bundle(log.bundle(), room="f" * 32)
    with pytest.raises(AuditFailure, match="what eve remembers"):
        verify_bundle(log.bundle(), demand=("eve",))


def test_a_memory_counts_only_under_its_party_s_signature():
    log = whole_log("none")
    forged = sign_memory(log.memory("acme").memory, key("telco"))
    with pytest.raises(AuditFailure, match="not signed by it"):
        verify_bundle(log.bundle().with_memories([forged]))
    elsewhere = Memory(room="f" * 32, party="acme", sequence=0, previous="0" * 64)
    with pytest.raises(AuditFailure, match="another room"):
        verify_bundle(log.bundle().with_memories([sign_memory(elsewhere, key("acme"))]))


def test_an_older_memory_fits_a_longer_log():
    log = RoomLog("none")
    log.open()
    memories = [log.memory("acme"), log.memory("telco")]
    log.upload()
    leaves = log.leaves
    bundle = Bundle(log.room, log.agreement, log.note(leaves), tuple(memories), lambda: leaves)
    assert verify_bundle(bundle).size == 7


OF_PERIODS = {"period": 3600, "period_start": START // 1000, "rho_lifetime": 0.015}


def of_periods() -> RoomLog:
    """A budget that one question spends, three times over."""
    log = ready(rho_budget=0.005, periods=OF_PERIODS)
    log.run(log.document("first"))
    log.time = START + 3_600_000
    log.run(log.document("second", measures=()))
    return log


def test_a_ledger_that_refills_verifies():
    check(of_periods())


def test_a_period_that_is_said_to_have_begun_early_is_a_lie():
    log = of_periods()
    log.ledger = log.ledger.reach(2)
    with pytest.raises(BadEntry, match="the budget does not cover it"):
        log.submit(log.document("third", receiver="platform"))
        check(log)


def test_a_charge_that_is_noted_in_another_period_is_a_lie():
    log = ready(rho_budget=0.01, periods=OF_PERIODS | {"rho_lifetime": 1.0})
    log.submit(log.document("first"), period=1)
    with pytest.raises(BadEntry, match="notes period 1"):
        check(log)


def test_a_lifetime_that_is_exceeded_is_a_lie():
    log = of_periods()
    for hours, measures in ((2, ("spend",)), (3, ())):
        log.time = START + hours * 3_600_000
        log.ledger = Ledger.of(0.005, 4.0).reach(log.ledger.period)
        log.submit(log.document(str(hours), measures, receiver="platform"))
    with pytest.raises(BadEntry, match="the budget does not cover it"):
        check(log)
