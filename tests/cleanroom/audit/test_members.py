"""A mediator that lies about who joins a room, who leaves it and what ends with that is found."""

from __future__ import annotations

import time
from typing import Any

import pytest

from cleanroom.audit.bundle import Bundle
from cleanroom.audit.failures import BadEntry
from cleanroom.audit.page import markdown
from cleanroom.audit.processing import kept
from cleanroom.documents.agreement import Agreement, Card
from protocols import checkpoint as notes
from tests.cleanroom.audit.scene import RoomLog, key
from tests.cleanroom.audit.test_amendments import amended, propose, ready, sign, take, verify


def card(name: str, role: Any = "platform", of: str = "") -> dict[str, Any]:
    raw = key(of or name).verifying_key.raw.hex()
    return Card(name=name, role=role, signing_key=raw, sealing_key="cd" * 32).to_json()


def joins(log: RoomLog, *cards: dict[str, Any]) -> Agreement:
    members = log.agreement.to_json()["members"]
    return amended(log, members=[*members, *(cards or (card("video"),))])


def join(log: RoomLog, agreement: Agreement, paillier: Any = "own", party: str = "video") -> None:
    body: dict[str, Any] = {"agreement": agreement.digest()}
    given = log.paillier(party) if paillier == "own" else paillier
    log.say(party, "amendment.sign", body if given is None else body | {"paillier": given})


def bring(log: RoomLog) -> Agreement:
    agreement = joins(log)
    propose(log, agreement, "acme")
    join(log, agreement)
    sign(log, agreement, "telco", "eve")
    take(log, agreement)
    return agreement


def without(log: RoomLog, name: str) -> Agreement:
    now = log.agreement.to_json()
    members = [one for one in now["members"] if one["name"] != name]
    datasets = [one for one in now["datasets"] if one["party"] != name]
    return amended(log, members=members, datasets=datasets)


def take_out(log: RoomLog, name: str = "telco", *also: str) -> Agreement:
    """Let everybody else, and ``also`` further ones, sign that a member is taken away."""
    agreement = without(log, name)
    others = [one.name for one in agreement.members]
    propose(log, agreement, others[0])
    sign(log, agreement, *also, *others[1:])
    take(log, agreement)
    return agreement


def test_members_who_come_and_go_are_followed_and_the_report_says_when() -> None:
    log = ready()
    first = log.agreement
    log.run(log.document("q"))
    bring(log)
    log.say("video", "audit.cosign", cosigned(log), size=len(log.leaves))
    take_out(log)
    facts = {"why": "left", "datasets": [log.platform.identity()]}
    log.add("data.delete", facts=facts)
    report = verify(log, first)
    leaves = log.leaves
    bundle = Bundle(log.room, first, log.note(leaves), (), lambda: leaves)
    page, zh = markdown(bundle, report), markdown(bundle, report, "zh")
    (telco,) = [line for line in page.splitlines() if line.startswith("| telco | Platform |")]
    (video,) = [line for line in page.splitlines() if line.startswith("| video | Platform |")]
    assert "with the first agreement" in telco and "20" in telco.split("|")[5]
    assert "20" in video.split("|")[4] and not video.split("|")[5].strip()
    assert "its owner left the room: " in page and "signed by the mediator" in page
    assert "所有者已退出房间：" in zh
    ended = {one.party: one.why for one in kept(leaves) if one.noun == "datasets"}
    assert ended == {"acme": "", "telco": "left"}
    assert "members.video" in page, "the fields that the amendment changed"


def cosigned(log: RoomLog) -> dict[str, Any]:
    note = notes.cosign(log.note(log.leaves), "video", key("video"), int(time.time()))
    return {"checkpoint": note}


def unasked(log: RoomLog) -> None:
    second = amended(log, policy={"k_min": 12})
    propose(log, second, "acme")
    join(log, second)


def speaks_early(log: RoomLog) -> None:
    log.say("video", "amendment.decline", {"agreement": joins(log).digest()})


def reads_early(log: RoomLog) -> None:
    propose(log, joins(log), "acme")
    log.add("audit.read", "video")


def in_force_without_its_word(log: RoomLog) -> None:
    agreement = joins(log)
    propose(log, agreement, "acme")
    sign(log, agreement, "telco", "eve")
    log.agreement = agreement
    log.submit(log.document("q", agreement=agreement.digest()))


def no_key(log: RoomLog) -> None:
    agreement = joins(log)
    propose(log, agreement, "acme")
    join(log, agreement, None)


def another_key(log: RoomLog) -> None:
    agreement = joins(log)
    propose(log, agreement, "acme")
    join(log, agreement, log.paillier("acme"))


def a_member_gives_a_key(log: RoomLog) -> None:
    agreement = joins(log)
    propose(log, agreement, "acme")
    body = {"agreement": agreement.digest(), "paillier": log.paillier("telco")}
    log.say("telco", "amendment.sign", body)


def after_it_was_turned_down(log: RoomLog) -> None:
    agreement = joins(log)
    propose(log, agreement, "acme")
    log.say("telco", "amendment.decline", {"agreement": agreement.digest()})
    join(log, agreement)


def under_another_key_later(log: RoomLog) -> None:
    agreement = joins(log)
    propose(log, agreement, "acme")
    log.say("telco", "amendment.decline", {"agreement": agreement.digest()})
    propose(log, joins(log, card("video", of="else")), "acme")


def its_own_word_counts(log: RoomLog) -> None:
    bring(log)
    take_out(log, "telco", "telco")


def turned_down_by_who_leaves(log: RoomLog) -> None:
    agreement = without(log, "eve")
    propose(log, agreement, "acme")
    log.say("eve", "amendment.decline", {"agreement": agreement.digest()})


def speaks_on(log: RoomLog) -> None:
    bring(log)
    take_out(log)
    log.say("telco", "dataset.withdraw", {"dataset": log.platform.identity()})


def a_question_runs_on(log: RoomLog) -> None:
    bring(log)
    job = log.document("q", agreement=log.agreement.digest())
    log.submit(job)
    for party in ("acme", "telco"):
        log.approve(job, party)
    take_out(log)


def its_data_is_asked(log: RoomLog) -> None:
    bring(log)
    third = take_out(log)
    job = log.document("q", agreement=third.digest())
    log.say("acme", "job.submit", {"job": job.to_json()})


def it_comes_back(log: RoomLog) -> None:
    bring(log)
    back = [one.to_json() for one in log.agreement.members if one.name == "telco"]
    take_out(log)
    propose(log, joins(log, *back), "acme")


def by_its_key_under_another_name(log: RoomLog) -> None:
    bring(log)
    take_out(log)
    propose(log, joins(log, card("fresh", of="telco")), "acme")


def two_at_once(log: RoomLog) -> None:
    bring(log)
    now = log.agreement.to_json()
    members = [one for one in now["members"] if one["name"] in ("acme", "video")]
    datasets = [one for one in now["datasets"] if one["party"] == "acme"]
    propose(log, amended(log, members=members, datasets=datasets), "acme")


def the_last_two(log: RoomLog) -> None:
    take_out(log, "eve")
    swapped = [log.agreement.to_json()["members"][0], card("video")]
    datasets = log.agreement.to_json()["datasets"][:1]
    propose(log, amended(log, members=swapped, datasets=datasets), "acme")


def a_key_that_changes(log: RoomLog) -> None:
    members = log.agreement.to_json()["members"]
    propose(log, amended(log, members=[*members[:2], card("eve", "auditor", "else")]), "acme")


def deleted_for_another_reason(log: RoomLog) -> None:
    bring(log)
    take_out(log)
    facts = {"why": "withdrawn", "datasets": [log.platform.identity()]}
    log.add("data.delete", facts=facts)


LIES = {
    unasked: "not a member of the room at that time|is not a member of the room",
    speaks_early: "video is not a member of the room$",
    reads_early: "video is not a member of the room at that time",
    in_force_without_its_word: "names an agreement other than",
    no_key: "video gives no Paillier key",
    another_key: "Paillier key|roots",
    a_member_gives_a_key: "telco gives a Paillier key",
    after_it_was_turned_down: "video is not a member of the room at that time",
    under_another_key_later: "invited to the room before",
    its_own_word_counts: "telco signs or declines an amendment that removes it",
    turned_down_by_who_leaves: "eve signs or declines an amendment that removes it",
    speaks_on: "telco is not a member of the room at that time",
    a_question_runs_on: "withdrawn while a job uses it",
    its_data_is_asked: "uses a dataset that is WITHDRAWN",
    it_comes_back: "telco has left the room",
    by_its_key_under_another_name: "telco has left the room",
    two_at_once: "remove one member",
    the_last_two: "remove one member",
    a_key_that_changes: "the members that stay",
    deleted_for_another_reason: "a different reason from the log",
}


@pytest.mark.parametrize(
    ("lie", "reason"), LIES.items(), ids=lambda one: getattr(one, "__name__", "")
)
def test_a_mediator_that_lies_about_members_is_found(lie: Any, reason: str) -> None:
    log = ready()
    first = log.agreement
    lie(log)
    with pytest.raises(BadEntry, match=reason):
        verify(log, first)
